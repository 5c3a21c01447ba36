/* What of the journal lies in the archive, on record for all instances. */
#include "base/text.h"
#include "store/months.h"
#include "store/months_impl.h"
#include "store/pool.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE_ROWS = 256 };

/* ---- the position ---- */

struct position {
    const char *instance;
    int64_t seq;
};

static enum status find_position(struct db *db, void *ctx, struct err *err)
{
    struct position *p = ctx;

    return months_position(db, p->instance, &p->seq, err);
}

enum status months_position(struct db *db, const char *instance, int64_t *ret_seq, struct err *err)
{
    static const struct column columns[] = { { .kind = C_INT64 } };
    bool found = false;

    return db_first(
        db,
        &(struct query){
            .sql = "SELECT GREATEST("
                   "IFNULL((SELECT MAX(seq) FROM journal_event WHERE instance = ?), 0), "
                   "IFNULL((SELECT MAX(last_seq) FROM journal_archived WHERE instance = ?), 0))",
            .args = ARGS(v_text(instance), v_text(instance)),
            .columns = COLUMNS(columns) },
        ret_seq, &found, err);
}

enum status store_journal_position(struct store *store, const char *instance, uint64_t *ret_seq,
                                   struct err *err)
{
    struct position p = { .instance = instance };

    TRY(store_run(store, &(struct work){ .run = find_position, .ctx = &p }, err));
    *ret_seq = (uint64_t)p.seq;
    return ST_OK;
}

/* ---- a record ---- */

struct record {
    struct archived file;
    int64_t first, last, month, first_day, last_day, removed_ms;
};

static const struct column columns[] = {
    COLUMN_SIZED(C_CHARS, struct record, file.instance),
    COLUMN(C_INT64, struct record, first),
    COLUMN(C_INT64, struct record, last),
    COLUMN_SIZED(C_CHARS, struct record, file.file),
    COLUMN(C_INT64, struct record, month),
    COLUMN(C_INT64, struct record, first_day),
    COLUMN(C_INT64, struct record, last_day),
    COLUMN_SIZED(C_FIXED, struct record, file.sha256),
    COLUMN(C_INT64, struct record, removed_ms),
};

#define SELECT_RECORD                                                                              \
    "SELECT instance, first_seq, last_seq, file, month, first_day, last_day, sha256, " DB_MS(      \
        "removed_at") " FROM journal_archived "

static void settle(struct record *record)
{
    struct archived *file = &record->file;

    file->first = (uint64_t)record->first;
    file->last = (uint64_t)record->last;
    file->month = (int32_t)record->month;
    file->first_day = (int32_t)record->first_day;
    file->last_day = (int32_t)record->last_day;
    file->removed_ms = record->removed_ms;
}

static bool is_same(const struct archived *a, const struct archived *b)
{
    return a->first == b->first && a->last == b->last && strcmp(a->file, b->file) == 0 &&
           memcmp(a->sha256, b->sha256, sizeof(a->sha256)) == 0;
}

/* Whoever adds stands in line, on all nodes of a cluster: a look for records that overlap locks
 * none that are not there yet. */
static enum status stand_in_line(struct db *db, struct err *err)
{
    return db_exec(db,
                   "INSERT INTO lease (name, holder, until_at) VALUES ('journal archived', '',"
                   " NOW(6)) ON DUPLICATE KEY UPDATE until_at = NOW(6)",
                   no_args, NULL, err);
}

static enum status add(struct db *db, void *ctx, struct err *err)
{
    const struct archived *file = ctx;
    struct record record = { .first = 0 };
    bool found = false;

    TRY(stand_in_line(db, err));
    TRY(db_first(db,
                 &(struct query){ .sql = SELECT_RECORD "WHERE instance = ? AND first_seq <= ?"
                                                       " AND last_seq >= ? LIMIT 1",
                                  .args = ARGS(v_text(file->instance), v_int((int64_t)file->last),
                                               v_int((int64_t)file->first)),
                                  .columns = COLUMNS(columns) },
                 &record, &found, err));
    settle(&record);
    if (found && is_same(&record.file, file))
        return ST_OK;
    if (found)
        return RAISE(err, ST_CONFLICT,
                     "the archive has lines of %s already, as %s: they are not the same",
                     file->file, record.file.file);
    return db_exec(db,
                   "INSERT INTO journal_archived (instance, first_seq, last_seq, file, month,"
                   " first_day, last_day, sha256, line_count, archived_at)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NOW(6))",
                   ARGS(v_text(file->instance), v_int((int64_t)file->first),
                        v_int((int64_t)file->last), v_text(file->file), v_int(file->month),
                        v_int(file->first_day), v_int(file->last_day), v_sha256(file->sha256),
                        v_int((int64_t)(file->last - file->first + 1))),
                   NULL, err);
}

enum status store_archived_add(struct store *store, const struct archived *file, struct err *err)
{
    struct archived copy = *file;

    return store_run(store, &(struct work){ .run = add, .ctx = &copy, .transaction = true }, err);
}

static enum status removed(struct db *db, void *ctx, struct err *err)
{
    const struct archived *file = ctx;

    return db_exec(db,
                   "UPDATE journal_archived SET removed_at = NOW(6)"
                   " WHERE instance = ? AND first_seq = ? AND removed_at IS NULL",
                   ARGS(v_text(file->instance), v_int((int64_t)file->first)), NULL, err);
}

enum status store_archived_removed(struct store *store, const struct archived *file,
                                   struct err *err)
{
    struct archived copy = *file;

    return store_run(store, &(struct work){ .run = removed, .ctx = &copy }, err);
}

/* ---- all of them ---- */

struct page {
    int32_t from, to;
    struct archived after; /* the last one told of; month 0: none */
    struct archived files[PAGE_ROWS];
    size_t count;
};

static enum status read_page(struct db *db, void *ctx, struct err *err)
{
    AUTO(rows_close) struct rows *rows = NULL;
    struct page *page = ctx;
    struct record record = { .first = 0 };
    bool more = true;

    page->count = 0;
    TRY(rows_open(
        db,
        &(struct query){ .sql = SELECT_RECORD
                         "WHERE month BETWEEN ? AND ? AND (month, instance, first_seq) > (?, ?, ?)"
                         " ORDER BY month, instance, first_seq LIMIT ?",
                         .args = ARGS(v_int(page->from), v_int(page->to), v_int(page->after.month),
                                      v_text(page->after.instance),
                                      v_int((int64_t)page->after.first), v_int(PAGE_ROWS)),
                         .columns = COLUMNS(columns) },
        &rows, err));
    while (page->count < PAGE_ROWS) {
        TRY(rows_next(rows, &record, &more, err));
        if (!more)
            break;
        settle(&record);
        page->files[page->count++] = record.file;
    }
    return ST_OK;
}

enum status store_archived_each(struct store *store, int32_t from, int32_t to,
                                enum status (*tell)(void *ctx, const struct archived *file,
                                                    struct err *err),
                                void *ctx, struct err *err)
{
    AUTO_FREE struct page *page = calloc(1, sizeof(*page));

    if (!page)
        return RAISE(err, ST_NOMEM, "journal's archive: out of memory");
    page->from = from;
    page->to = to;
    do {
        TRY(store_run(store, &(struct work){ .run = read_page, .ctx = page }, err));
        for (size_t i = 0; i < page->count; i++)
            TRY(tell(ctx, &page->files[i], err));
        if (page->count > 0)
            page->after = page->files[page->count - 1];
    } while (page->count == PAGE_ROWS);
    return ST_OK;
}
