#include "store/lines.h"

#include "base/text.h"
#include "store/pool.h"

#include <stdlib.h>

enum {
    PAGE_LINES = 2000,
    PAGE_BYTES = 48 * 1024 * 1024, /* of lines: 16 KiB each, and a little */
};

struct row {
    char instance[256];
    int64_t seq;
    const char *line;
};

struct page {
    const struct lines_wanted *wanted;
    struct row last;
    struct arena *arena;
    struct row rows[PAGE_LINES];
    size_t count;
};

static enum status read_page(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = {
        COLUMN_SIZED(C_CHARS, struct row, instance),
        COLUMN(C_INT64, struct row, seq),
        COLUMN(C_TEXT, struct row, line),
    };
    struct page *page = ctx;
    struct db_memory memory = { .arena = page->arena };
    const struct query query = { .sql = "SELECT instance, seq, line FROM journal_event"
                                        " WHERE day = ? AND (instance > ? OR (instance = ?"
                                        " AND seq > ?)) AND (? = '' OR LOCATE(?, line) > 0)"
                                        " ORDER BY instance, seq LIMIT ?",
                                 .args = ARGS(v_int(page->wanted->day), v_text(page->last.instance),
                                              v_text(page->last.instance), v_int(page->last.seq),
                                              v_text(page->wanted->needle),
                                              v_text(page->wanted->needle), v_int(PAGE_LINES)),
                                 .columns = COLUMNS(columns),
                                 .memory = &memory };

    return db_rows(db, &query, RECORDS(page->rows, PAGE_LINES), &page->count, err);
}

static enum status read_on(struct store *store, struct page *page, struct err *err)
{
    AUTO(arena_free) struct arena *arena = arena_new(PAGE_BYTES);

    if (!arena)
        return RAISE(err, ST_NOMEM, "journal's table: out of memory");
    page->arena = arena;
    TRY(store_run(store, &(struct work){ .run = read_page, .ctx = page }, err));
    for (size_t i = 0; i < page->count; i++)
        TRY(page->wanted->line(page->wanted->ctx, slice_str(page->rows[i].line), err));
    if (page->count > 0)
        page->last = page->rows[page->count - 1];
    return ST_OK;
}

enum status store_journal_lines(struct store *store, const struct lines_wanted *wanted,
                                struct err *err)
{
    AUTO_FREE struct page *page = calloc(1, sizeof(*page));

    if (!page)
        return RAISE(err, ST_NOMEM, "journal's table: out of memory");
    page->wanted = wanted;
    do
        TRY(read_on(store, page, err));
    while (page->count == PAGE_LINES);
    return ST_OK;
}

/* ---- one line ---- */

struct one {
    const char *instance;
    uint64_t seq;
    struct bytes *line;
};

static enum status read_one(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = { COLUMN(C_BYTES, struct one, line) };
    struct one *one = ctx;
    bool found = false;

    bytes_free(one->line); /* of a try before */
    one->line = NULL;
    return db_first(db,
                    &(struct query){ .sql = "SELECT line FROM journal_event"
                                            " WHERE instance = ? AND seq = ?",
                                     .args = ARGS(v_text(one->instance), v_int((int64_t)one->seq)),
                                     .columns = COLUMNS(columns) },
                    one, &found, err);
}

enum status store_journal_line(struct store *store, const char *instance, uint64_t seq,
                               struct bytes **ret_line, struct err *err)
{
    struct one one = { .instance = instance, .seq = seq };

    enum status status = store_run(store, &(struct work){ .run = read_one, .ctx = &one }, err);
    if (status == ST_OK && !one.line && !(one.line = bytes_new(1)))
        status = RAISE(err, ST_NOMEM, "journal's table: out of memory");
    if (status == ST_OK)
        *ret_line = one.line;
    else
        bytes_free(one.line);
    return status;
}
