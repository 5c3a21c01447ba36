/* The journal's table as a sink: many rows by one INSERT, each once by its key. */
#include "base/text.h"
#include "store/months.h"
#include "store/months_impl.h"
#include "store/pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum {
    ROWS_MAX = 5000,   /* of one transaction */
    INSERT_ROWS = 500, /* of one full INSERT: it is kept prepared, so its text is parsed once */
    COLUMNS_OF_EVENT = 20,
    SQL_BYTES = 64 * 1024,
    INSTANT_TEXT = 32,
    INSTANCE_BYTES = 256,
};

#define INSERT_HEAD                                                                                \
    "INSERT INTO journal_event (day, instance, seq, id, written_at, start_at, end_at, level,"      \
    " category, event, account, ip, exchange, message_id, session_id, signing, code, iin, text,"   \
    " line) VALUES "
#define INSERT_ROW "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
/* Rows that are there already stay as they are; other errors are errors. */
#define INSERT_TAIL " ON DUPLICATE KEY UPDATE seq = VALUES(seq)"

#define INSTANT_MAX_MS INT64_C(253402300799999) /* the last one of 9999 */

/* A text as the column takes it: the journal keeps foreign bytes, the table holds UTF-8 only; the
 * line itself, which has them escaped, is stored beside. */
static struct value v_foreign(const char *text)
{
    return text && !text_is_utf8(slice_str(text)) ? v_text("(not UTF-8, see line)") : v_text(text);
}

static struct value v_maybe_id(const char *text)
{
    struct id id;

    return id_parse(slice_str(text), &id) ? v_id(&id) : v_null();
}

/* The instants of a row as texts of DATETIME(6), UTC. */
struct instants {
    char written[INSTANT_TEXT], start[INSTANT_TEXT], end[INSTANT_TEXT];
};

/* What no DATETIME holds becomes 1970. */
static struct value v_instant(int64_t ms, char text[INSTANT_TEXT])
{
    const time_t seconds = (time_t)(ms / 1000);
    struct tm tm;

    if (ms < 0 || ms > INSTANT_MAX_MS || !gmtime_r(&seconds, &tm))
        return v_text("1970-01-01");
    (void)text_format(text, INSTANT_TEXT, "%04d-%02d-%02d %02d:%02d:%02d.%03d", tm.tm_year + 1900,
                      tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                      (int)(ms % 1000));
    return v_text(text);
}

static void fill_row(const struct event_row *row, struct instants *instants, struct value *values)
{
    const struct event *event = &row->event;
    const struct value all[COLUMNS_OF_EVENT] = {
        v_int(row->day),
        v_slice(row->instance),
        v_int((int64_t)row->seq),
        v_maybe_id(row->id),
        v_instant(row->at_ms, instants->written),
        v_instant(event->start_ms, instants->start),
        v_instant(event->end_ms, instants->end),
        v_text(event_level_name(event->level)),
        v_text(row->category),
        v_foreign(event->name),
        v_foreign(event->account),
        v_foreign(event->ip),
        v_maybe_id(event->exchange),
        v_foreign(event->message_id),
        v_foreign(event->session_id),
        v_maybe_id(event->signing),
        v_foreign(event->code),
        v_foreign(event->iin),
        v_foreign(event->text),
        v_slice(row->line),
    };

    memcpy(values, all, sizeof(all));
}

struct batch {
    const struct event_row *rows;
    size_t count;
    struct instants *instants; /* of INSERT_ROWS rows */
    struct value *values;      /* likewise */
};

static struct bytes *insert_text(size_t rows)
{
    struct bytes *sql = bytes_new(SQL_BYTES);

    if (!sql)
        return NULL;
    bytes_add_str(sql, INSERT_HEAD);
    for (size_t i = 0; i < rows; i++)
        bytes_add_str(sql, i ? "," INSERT_ROW : INSERT_ROW);
    bytes_add_str(sql, INSERT_TAIL);
    return sql;
}

static pthread_once_t full_once = PTHREAD_ONCE_INIT;
static char full_text[SQL_BYTES]; /* "": without memory */

static void make_full_text(void)
{
    AUTO(bytes_free) struct bytes *sql = insert_text(INSERT_ROWS);

    if (sql)
        (void)text_copy_slice(full_text, sizeof(full_text), bytes_slice(sql));
}

static enum status insert_rows(struct db *db, size_t count, struct args args, struct err *err)
{
    AUTO(bytes_free) struct bytes *sql = NULL;

    (void)pthread_once(&full_once, make_full_text);
    if (count == INSERT_ROWS && full_text[0])
        return db_exec(db, full_text, args, NULL, err);
    sql = insert_text(count);
    if (!sql)
        return RAISE(err, ST_NOMEM, "journal's table: out of memory");
    TRY(bytes_check(sql, "journal's INSERT", err));
    return db_exec_once(db, bytes_slice(sql), args, err);
}

/* A server that took over from another may lack what that one had: then the shipper must go back,
 * or there would be a hole for ever. */
static enum status follow_on(struct db *db, const struct event_row *first, struct err *err)
{
    char instance[INSTANCE_BYTES];
    int64_t last = 0;

    if (!text_copy_slice(instance, sizeof(instance), first->instance))
        return RAISE(err, ST_INPUT, "journal's table: an instance's name of %zu bytes",
                     first->instance.len);
    TRY(months_position(db, instance, &last, err));
    if (first->seq > (uint64_t)last + 1)
        return RAISE(err, ST_CONFLICT,
                     "journal's table: it ends with line %lld and was to go on with %llu",
                     (long long)last, (unsigned long long)first->seq);
    return ST_OK;
}

static enum status insert(struct db *db, void *ctx, struct err *err)
{
    const struct batch *batch = ctx;

    TRY(follow_on(db, batch->rows, err));
    for (size_t done = 0; done < batch->count;) {
        const size_t left = batch->count - done, n = left < INSERT_ROWS ? left : INSERT_ROWS;

        for (size_t i = 0; i < n; i++)
            fill_row(&batch->rows[done + i], &batch->instants[i],
                     batch->values + i * COLUMNS_OF_EVENT);
        TRY(insert_rows(db, n, (struct args){ batch->values, n * COLUMNS_OF_EVENT }, err));
        done += n;
    }
    return ST_OK;
}

static enum status put(void *ctx, const struct event_row *rows, size_t n, struct err *err)
{
    AUTO_FREE struct instants *instants = calloc(INSERT_ROWS, sizeof(*instants));
    AUTO_FREE struct value *values = calloc(INSERT_ROWS, COLUMNS_OF_EVENT * sizeof(*values));
    struct batch batch = { rows, n, instants, values };

    if (n > ROWS_MAX)
        return RAISE(err, ST_INTERNAL, "journal's table: %zu rows at once", n);
    if (!instants || !values)
        return RAISE(err, ST_NOMEM, "journal's table: out of memory");
    return n == 0
               ? ST_OK
               : store_run(ctx, &(struct work){ .run = insert, .ctx = &batch, .transaction = true },
                           err);
}

static enum status position(void *ctx, struct slice instance, uint64_t *ret_seq, struct err *err)
{
    char name[INSTANCE_BYTES];

    if (!text_copy_slice(name, sizeof(name), instance))
        return RAISE(err, ST_INPUT, "journal's table: an instance's name of %zu bytes",
                     instance.len);
    return store_journal_position(ctx, name, ret_seq, err);
}

struct event_sink store_event_sink(struct store *store)
{
    return (struct event_sink){ .ctx = store, .put = put, .position = position };
}
