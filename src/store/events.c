/* The journal's table as a sink: many rows by one INSERT, each once by its key. */
#include "base/text.h"
#include "store/months.h"
#include "store/pool.h"

#include <stdlib.h>

enum { ROWS_MAX = 1000, COLUMNS_OF_EVENT = 20, SQL_BYTES = 1024 * 1024, INSTANCE_BYTES = 256 };

#define INSERT_HEAD                                                                                \
    "INSERT INTO journal_event (day, instance, seq, id, written_at, start_at, end_at, level,"      \
    " category, event, account, ip, exchange, message_id, session_id, signing, code, iin, text,"   \
    " line) VALUES "
#define INSERT_ROW                                                                                 \
    "(?, ?, ?, ?, " DB_INSTANT ", " DB_INSTANT ", " DB_INSTANT                                     \
    ", ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
/* Rows that are there already stay as they are; other errors are errors. */
#define INSERT_TAIL " ON DUPLICATE KEY UPDATE seq = VALUES(seq)"

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

static void fill_row(const struct event_row *row, struct value *values)
{
    const struct event *event = &row->event;
    const struct value all[COLUMNS_OF_EVENT] = {
        v_int(row->day),
        v_slice(row->instance),
        v_int((int64_t)row->seq),
        v_maybe_id(row->id),
        v_int(row->at_ms),
        v_int(event->start_ms),
        v_int(event->end_ms),
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
    struct slice sql;
    struct args args;
};

static enum status insert(struct db *db, void *ctx, struct err *err)
{
    const struct batch *batch = ctx;

    return db_exec_once(db, batch->sql, batch->args, err);
}

static enum status insert_rows(struct store *store, const struct event_row *rows, size_t n,
                               struct err *err)
{
    AUTO(bytes_free) struct bytes *sql = bytes_new(SQL_BYTES);
    AUTO_FREE struct value *values = calloc(n, COLUMNS_OF_EVENT * sizeof(*values));

    if (!sql || !values)
        return RAISE(err, ST_NOMEM, "journal's table: out of memory");
    bytes_add_str(sql, INSERT_HEAD);
    for (size_t i = 0; i < n; i++) {
        bytes_add_str(sql, i ? ", " INSERT_ROW : INSERT_ROW);
        fill_row(&rows[i], values + i * COLUMNS_OF_EVENT);
    }
    bytes_add_str(sql, INSERT_TAIL);
    TRY(bytes_check(sql, "journal's INSERT", err));
    struct batch batch = { bytes_slice(sql), { values, n * COLUMNS_OF_EVENT } };
    return store_run(store, &(struct work){ .run = insert, .ctx = &batch, .transaction = true },
                     err);
}

static enum status put(void *ctx, const struct event_row *rows, size_t n, struct err *err)
{
    if (n > ROWS_MAX)
        return RAISE(err, ST_INTERNAL, "journal's table: %zu rows at once", n);
    return n > 0 ? insert_rows(ctx, rows, n, err) : ST_OK;
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
