/* Months that leave the journal's table, and come back for a while. */
#include "base/text.h"
#include "store/lease.h"
#include "store/months_impl.h"
#include "store/pool.h"

#include <stdlib.h>

enum {
    LEASE_MS = 10 * 60 * 1000,
    INSTANCES_MAX = 256,
    RESTORED_MAX = 120,
    DELETE_ROWS = 5000,
    DELETE_BATCHES_MAX = 20000,
};

/* ---- whether the archive has it all ---- */

struct span {
    char instance[256];
    int64_t first, last;
};

/* Rows of the days from..to without `to`. */
struct days {
    int64_t from, to;
};

static enum status read_spans(struct db *db, const struct days *days, struct span *spans,
                              size_t *ret_count, struct err *err)
{
    static const struct column columns[] = {
        COLUMN_SIZED(C_CHARS, struct span, instance),
        COLUMN(C_INT64, struct span, first),
        COLUMN(C_INT64, struct span, last),
    };
    const struct query query = { .sql = "SELECT instance, MIN(seq), MAX(seq) FROM journal_event"
                                        " WHERE day >= ? AND day < ? GROUP BY instance LIMIT ?",
                                 .args =
                                     ARGS(v_int(days->from), v_int(days->to), v_int(INSTANCES_MAX)),
                                 .columns = COLUMNS(columns) };

    return db_rows(db, &query, RECORDS(spans, INSTANCES_MAX), ret_count, err);
}

/* Records of the archive never overlap (store_archived_add()), so their lines can be counted. */
static enum status count_archived(struct db *db, const struct span *span, int64_t *ret,
                                  struct err *err)
{
    static const struct column columns[] = { { .kind = C_INT64 } };
    bool found = false;

    return db_first(
        db,
        &(struct query){
            .sql = "SELECT CAST(IFNULL(SUM(LEAST(last_seq, ?) - GREATEST(first_seq, ?) + 1), 0)"
                   " AS SIGNED INTEGER) FROM journal_archived"
                   " WHERE instance = ? AND first_seq <= ? AND last_seq >= ?",
            .args = ARGS(v_int(span->last), v_int(span->first), v_text(span->instance),
                         v_int(span->last), v_int(span->first)),
            .columns = COLUMNS(columns) },
        ret, &found, err);
}

/* why: "" when every line is in the archive. */
static enum status is_archived(struct db *db, const struct days *days, char why[256],
                               struct err *err)
{
    AUTO_FREE struct span *spans = calloc(INSTANCES_MAX, sizeof(*spans));
    size_t count = 0;

    if (!spans)
        return RAISE(err, ST_NOMEM, "journal's table: out of memory");
    TRY(read_spans(db, days, spans, &count, err));
    if (count == INSTANCES_MAX) {
        (void)text_copy(why, 256, "it has lines of too many instances");
        return ST_OK;
    }
    for (size_t i = 0; i < count; i++) {
        const int64_t want = spans[i].last - spans[i].first + 1;
        int64_t have = 0;

        TRY(count_archived(db, &spans[i], &have, err));
        if (have >= want)
            continue;
        (void)text_format(why, 256,
                          "%lld of the lines %lld to %lld of %.64s are not in the archive",
                          (long long)(want - have), (long long)spans[i].first,
                          (long long)spans[i].last, spans[i].instance);
        return ST_OK;
    }
    why[0] = '\0';
    return ST_OK;
}

/* ---- what was restored ---- */

struct restored {
    int64_t month;
    int64_t over; /* 1: its time is */
};
struct ending {
    struct months months;
    struct restored restored[RESTORED_MAX];
    size_t restored_count;
    struct month_end end; /* of one month */
    int64_t rows;         /* taken out by one batch */
    bool dry_run;
    bool first; /* the month is the table's first one */
};

static enum status read_all(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = {
        COLUMN(C_INT64, struct restored, month),
        COLUMN(C_INT64, struct restored, over),
    };
    struct ending *ending = ctx;

    TRY(months_read(db, &ending->months, err));
    const struct query query = { .sql = "SELECT month, until_at <= NOW(6) FROM journal_restored"
                                        " ORDER BY month LIMIT ?",
                                 .args = ARGS(v_int(RESTORED_MAX)),
                                 .columns = COLUMNS(columns) };

    return db_rows(db, &query, RECORDS(ending->restored, RESTORED_MAX), &ending->restored_count,
                   err);
}

/* Its rows stand in the table's first month now: they go row by row, and are no more online. */
static enum status begin_removal(struct db *db, void *ctx, struct err *err)
{
    struct ending *ending = ctx;
    struct month_end *end = &ending->end;
    const struct days days = { end->month * 100LL, month_add(end->month, 1) * 100LL };

    TRY(is_archived(db, &days, end->why, err));
    if (end->why[0] || ending->dry_run)
        return ST_OK;
    return db_exec(db,
                   "UPDATE journal_restored SET restored_at = NULL"
                   " WHERE month = ? AND until_at <= NOW(6)",
                   ARGS(v_int(end->month)), NULL, err);
}

static enum status remove_rows(struct db *db, void *ctx, struct err *err)
{
    struct ending *ending = ctx;
    uint64_t matched = 0;

    TRY(db_exec(db, "DELETE FROM journal_event WHERE day >= ? AND day < ? LIMIT ?",
                ARGS(v_int(ending->end.month * 100LL),
                     v_int(month_add(ending->end.month, 1) * 100LL), v_int(DELETE_ROWS)),
                &matched, err));
    ending->rows = (int64_t)matched;
    if (matched == DELETE_ROWS)
        return ST_OK;
    return db_exec(db, "DELETE FROM journal_restored WHERE month = ?",
                   ARGS(v_int(ending->end.month)), NULL, err);
}

static enum status take_out(struct store *store, struct ending *ending, struct err *err)
{
    TRY(store_run(store, &(struct work){ .run = begin_removal, .ctx = ending, .transaction = true },
                  err));
    if (ending->end.why[0] || ending->dry_run)
        return ST_OK;
    ending->rows = DELETE_ROWS;
    for (int n = 0; ending->rows == DELETE_ROWS; n++) {
        if (n == DELETE_BATCHES_MAX)
            return RAISE(err, ST_UNAVAILABLE, "month %d has over %d rows: the next run goes on",
                         ending->end.month, DELETE_ROWS * DELETE_BATCHES_MAX);
        TRY(store_run(
            store, &(struct work){ .run = remove_rows, .ctx = ending, .transaction = true }, err));
    }
    return ST_OK;
}

/* ---- dropping ---- */

/* A line that comes into the month between the look and the drop is one of an instance whose text
 * journal waited for months: it stands there, and goes into the archive like the others. */
static enum status drop(struct db *db, void *ctx, struct err *err)
{
    struct ending *ending = ctx;
    struct month_end *end = &ending->end;
    const struct days days = { 0, month_add(end->month, 1) * 100LL };
    char sql[128];

    TRY(is_archived(db, &days, end->why, err));
    if (end->why[0] || ending->dry_run)
        return ST_OK;
    (void)text_format(sql, sizeof(sql), ALTER_EVENTS " DROP PARTITION p%d", end->month);
    return db_run(db, slice_str(sql), err);
}

/* What was restored stands in the first month, and would go with it. */
static bool is_waited_for(struct ending *ending)
{
    for (size_t i = 0; i < ending->restored_count; i++)
        if (!ending->restored[i].over) {
            (void)text_format(ending->end.why, sizeof(ending->end.why),
                              "month %lld, which was restored, is still wanted",
                              (long long)ending->restored[i].month);
            return true;
        }
    return false;
}

static enum status end_months(struct store *store, const struct months_end *p,
                              struct ending *ending, struct err *err)
{
    TRY(store_run(store, &(struct work){ .run = read_all, .ctx = ending }, err));
    for (size_t i = 0; i < ending->restored_count; i++) {
        ending->end = (struct month_end){ .month = (int32_t)ending->restored[i].month };
        if (!ending->restored[i].over)
            continue;
        TRY(take_out(store, ending, err));
        ending->end.gone = !ending->end.why[0];
        TRY(p->tell(p->ctx, &ending->end, err));
    }
    /* one month at least stays, for a table cannot be without */
    for (size_t i = 0; i + 1 < ending->months.count && ending->months.at[i] < p->keep; i++) {
        ending->end = (struct month_end){ .month = ending->months.at[i] };
        if (!is_waited_for(ending))
            TRY(store_run(store, &(struct work){ .run = drop, .ctx = ending }, err));
        ending->end.gone = !ending->end.why[0];
        TRY(p->tell(p->ctx, &ending->end, err));
        if (!ending->end.gone)
            return ST_OK;
    }
    return ST_OK;
}

enum status store_months_end(struct store *store, const struct months_end *params, struct err *err)
{
    const struct lease lease = lease_of(MONTHS_LEASE, params->instance);
    AUTO_FREE struct ending *ending = calloc(1, sizeof(*ending));
    struct err ignored;
    bool ours = false;

    if (!ending)
        return RAISE(err, ST_NOMEM, "journal's table: out of memory");
    ending->dry_run = params->dry_run;
    TRY(lease_take(store, &lease, LEASE_MS, &ours, err));
    if (!ours)
        return RAISE(err, ST_CONFLICT, "another instance is at the journal's months");
    enum status status = end_months(store, params, ending, err);
    (void)!lease_release(store, &lease, &ignored); /* it runs out by itself */
    return status;
}

/* ---- coming back ---- */

struct restore {
    int32_t month;
    int64_t days;
};

static enum status restore(struct db *db, void *ctx, struct err *err)
{
    const struct restore *r = ctx;
    struct months months;

    TRY(months_read(db, &months, err));
    if (months.count == 0 || r->month >= months.at[0])
        return RAISE(err, ST_CONFLICT, "month %d is in the table: it was not dropped", r->month);
    return db_exec(db,
                   "INSERT INTO journal_restored (month, restored_at, until_at)"
                   " VALUES (?, NULL, NOW(6) + INTERVAL ? DAY)"
                   " ON DUPLICATE KEY UPDATE until_at = VALUES(until_at)",
                   ARGS(v_int(r->month), v_int(r->days)), NULL, err);
}

enum status store_month_restore(struct store *store, int32_t month, int64_t days, struct err *err)
{
    struct restore ctx = { month, days };

    return store_run(store, &(struct work){ .run = restore, .ctx = &ctx, .transaction = true },
                     err);
}

static enum status restored(struct db *db, void *ctx, struct err *err)
{
    const int32_t *month = ctx;
    uint64_t matched = 0;

    TRY(db_exec(db,
                "UPDATE journal_restored SET restored_at = NOW(6)"
                " WHERE month = ? AND until_at > NOW(6)",
                ARGS(v_int(*month)), &matched, err));
    return matched == 1
               ? ST_OK
               : RAISE(err, ST_CONFLICT, "month %d is not to be restored any more", *month);
}

enum status store_month_restored(struct store *store, int32_t month, struct err *err)
{
    return store_run(store, &(struct work){ .run = restored, .ctx = &month }, err);
}
