/* What was verified, for reconciliation and usage. Rows are read a page at a time and told without
 * a connection in hand, so that whoever is told may take his time and use the store himself. */
#include "base/text.h"
#include "store/coid_rows.h"
#include "store/pool.h"

#include <stdlib.h>

enum { PAGE = 64 };

/* ---- days ---- */

struct days {
    struct coid_days left; /* not told yet */
    int64_t day;           /* the first of them that has rows; 0: none has */
};

static enum status find_day(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = { COLUMN(C_INT64, struct days, day) };
    struct days *days = ctx;
    bool found = false;

    return db_first(
        db,
        &(struct query){ .sql = "SELECT MIN(day) FROM coid_call WHERE day BETWEEN ? AND ?",
                         .args = ARGS(v_int(days->left.from), v_int(days->left.to)),
                         .columns = COLUMNS(columns) },
        days, &found, err);
}

static enum status next_day(struct store *store, struct days *days, struct err *err)
{
    if (days->day)
        days->left.from = (int32_t)days->day + 1;
    return store_run(store, &(struct work){ .run = find_day, .ctx = days }, err);
}

/* ---- calls ---- */

struct call_page {
    int64_t day;
    uint8_t after[ID_BYTES]; /* the last key that was told of the day; zeros: none */
    size_t count;
    struct coid_row rows[PAGE];
};

static enum status read_calls(struct db *db, void *ctx, struct err *err)
{
    struct call_page *page = ctx;
    const struct query query = { .sql = COID_ROW_SELECT "WHERE day = ? AND idempotency_key > ?"
                                                        " ORDER BY idempotency_key LIMIT ?",
                                 .args = ARGS(v_int(page->day),
                                              v_slice(slice_mem(page->after, sizeof(page->after))),
                                              v_int(PAGE)),
                                 .columns = coid_row_columns };

    return db_rows(db, &query, RECORDS(page->rows, PAGE), &page->count, err);
}

static enum status tell_calls(struct store *store, struct call_page *page, coid_tell_call *tell,
                              void *ctx, struct err *err)
{
    memset(page->after, 0, sizeof(page->after));
    do {
        TRY(store_run(store, &(struct work){ .run = read_calls, .ctx = page }, err));
        for (size_t i = 0; i < page->count; i++)
            TRY(tell(ctx, &page->rows[i].call, err));
        if (page->count > 0)
            id_to_bytes(&page->rows[page->count - 1].call.key, page->after);
    } while (page->count == PAGE);
    return ST_OK;
}

enum status store_coid_calls(struct store *store, const struct coid_days *days,
                             coid_tell_call *tell, void *ctx, struct err *err)
{
    AUTO_FREE struct call_page *page = calloc(1, sizeof(*page));
    struct days left = { .left = *days };

    if (!page)
        return RAISE(err, ST_NOMEM, "verifications: out of memory");
    TRY(next_day(store, &left, err));
    while (left.day) {
        page->day = left.day;
        TRY(tell_calls(store, page, tell, ctx, err));
        TRY(next_day(store, &left, err));
    }
    return ST_OK;
}

/* ---- usage ---- */

struct usage_row {
    struct coid_usage usage;
    char sender_id[sizeof(((struct coid_call *)0)->sender_id)];
};

struct usage_page {
    int64_t day;
    bool begun; /* some of the day are told, up to … */
    char sender_id[sizeof(((struct coid_call *)0)->sender_id)];
    int64_t vendor;
    size_t count;
    struct usage_row rows[PAGE];
};

static const struct column usage_columns[] = {
    COLUMN(C_UINT32, struct usage_row, usage.day), /* 32 bits, and never below zero */
    COLUMN_SIZED(C_CHARS, struct usage_row, sender_id),
    COLUMN(C_INT64, struct usage_row, usage.vendor),
    COLUMN(C_INT64, struct usage_row, usage.done),
    COLUMN(C_INT64, struct usage_row, usage.refused),
    COLUMN(C_INT64, struct usage_row, usage.open),
};

static enum status read_usage(struct db *db, void *ctx, struct err *err)
{
    struct usage_page *page = ctx;
    const struct query query = {
        .sql = "SELECT day, sender_id, vendor, COUNT(IF(state = 'done', 1, NULL)),"
               " COUNT(IF(state = 'refused', 1, NULL)),"
               " COUNT(IF(state IN ('written', 'asked'), 1, NULL)) FROM coid_call"
               " WHERE day = ? AND (? = 0 OR sender_id > ? OR (sender_id = ? AND vendor > ?))"
               " GROUP BY day, sender_id, vendor ORDER BY sender_id, vendor LIMIT ?",
        .args = ARGS(v_int(page->day), v_int(page->begun), v_text(page->sender_id),
                     v_text(page->sender_id), v_int(page->vendor), v_int(PAGE)),
        .columns = COLUMNS(usage_columns)
    };

    return db_rows(db, &query, RECORDS(page->rows, PAGE), &page->count, err);
}

static enum status tell_page(struct usage_page *page, coid_tell_usage *tell, void *ctx,
                             struct err *err)
{
    for (size_t i = 0; i < page->count; i++) {
        struct usage_row *row = &page->rows[i];

        row->usage.sender_id = row->sender_id;
        TRY(tell(ctx, &row->usage, err));
        page->begun = true;
        page->vendor = row->usage.vendor;
        (void)text_copy(page->sender_id, sizeof(page->sender_id), row->sender_id);
    }
    return ST_OK;
}

static enum status tell_usage(struct store *store, struct usage_page *page, coid_tell_usage *tell,
                              void *ctx, struct err *err)
{
    page->begun = false;
    do {
        TRY(store_run(store, &(struct work){ .run = read_usage, .ctx = page }, err));
        TRY(tell_page(page, tell, ctx, err));
    } while (page->count == PAGE);
    return ST_OK;
}

enum status store_coid_usage(struct store *store, const struct coid_days *days,
                             coid_tell_usage *tell, void *ctx, struct err *err)
{
    AUTO_FREE struct usage_page *page = calloc(1, sizeof(*page));
    struct days left = { .left = *days };

    if (!page)
        return RAISE(err, ST_NOMEM, "usage: out of memory");
    TRY(next_day(store, &left, err));
    while (left.day) {
        page->day = left.day;
        TRY(tell_usage(store, page, tell, ctx, err));
        TRY(next_day(store, &left, err));
    }
    return ST_OK;
}
