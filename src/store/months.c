#include "store/months.h"

#include "store/lease.h"
#include "store/months_impl.h"
#include "store/pool.h"

#include <stdlib.h>

enum {
    LEASE_MS = 10 * 60 * 1000,
    NAME_BYTES = 32, /* of a partition */
    SQL_BYTES = 128 * MONTHS_AT_ONCE + 256,
};

/* ---- the calendar ---- */

int32_t month_add(int32_t month, int n)
{
    int32_t count = month / 100 * 12 + month % 100 - 1 + n;

    return count / 12 * 100 + count % 12 + 1;
}

bool month_parse(struct slice text, int32_t *ret)
{
    int32_t month = 0;

    if (text.len != 6 && !(text.len == 7 && text.at[4] == '-'))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (i == 4 && text.len == 7)
            continue;
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        month = month * 10 + text.at[i] - '0';
    }
    if (month < 197001 || month % 100 < 1 || month % 100 > 12)
        return false;
    *ret = month;
    return true;
}

/* ---- the months of the table ---- */

struct partition {
    char name[NAME_BYTES];
};

/* pYYYYMM; 0: another, rest. */
static int32_t month_of_name(const char *name)
{
    int32_t month = 0;

    return name[0] == 'p' && month_parse(slice_str(name + 1), &month) ? month : 0;
}

enum status months_read(struct db *db, struct months *ret, struct err *err)
{
    static const struct column columns[] = { COLUMN_SIZED(C_CHARS, struct partition, name) };
    AUTO(rows_close) struct rows *rows = NULL;
    struct partition partition;
    bool more = true;

    ret->count = 0;
    TRY(rows_open(db,
                  &(struct query){ .sql = "SELECT partition_name FROM information_schema.partitions"
                                          " WHERE table_schema = DATABASE()"
                                          " AND table_name = 'journal_event'"
                                          " AND partition_name IS NOT NULL"
                                          " ORDER BY partition_ordinal_position",
                                   .columns = COLUMNS(columns) },
                  &rows, err));
    for (;;) {
        TRY(rows_next(rows, &partition, &more, err));
        if (!more)
            return ST_OK;
        const int32_t month = month_of_name(partition.name);
        if (month && ret->count == MONTHS_MAX)
            return RAISE(err, ST_INTERNAL, "journal's table: over %d months", MONTHS_MAX);
        if (month)
            ret->at[ret->count++] = month;
    }
}

enum status month_read_now(struct db *db, int32_t *ret, struct err *err)
{
    static const struct column columns[] = { { .kind = C_INT64 } };
    int64_t month = 0;
    bool found = false;

    TRY(db_first(
        db,
        &(struct query){ .sql = "SELECT CAST(DATE_FORMAT(NOW(6), '%Y%m') AS SIGNED INTEGER)",
                         .columns = COLUMNS(columns) },
        &month, &found, err));
    *ret = (int32_t)month;
    return ST_OK;
}

/* ---- ahead ---- */

struct ahead {
    unsigned made;
};

/* The first month to make. Rows of what is older than all that can be made join the first one. */
static enum status first_missing(struct db *db, const struct months *months, int32_t now,
                                 int32_t *ret, struct err *err)
{
    static const struct column columns[] = { { .kind = C_INT64 } };
    const int32_t oldest = month_add(now, MONTHS_AHEAD + 1 - MONTHS_AT_ONCE);
    int64_t day = 0;
    bool found = false;

    if (months->count > 0) {
        *ret = month_add(months->at[months->count - 1], 1);
        return ST_OK;
    }
    TRY(db_first(
        db,
        &(struct query){ .sql = "SELECT MIN(day) FROM journal_event", .columns = COLUMNS(columns) },
        &day, &found, err));
    *ret = day && day / 100 < now ? (int32_t)(day / 100) : now;
    if (*ret < oldest)
        *ret = oldest;
    return ST_OK;
}

static enum status make_months(struct db *db, int32_t from, int32_t to, unsigned *ret_made,
                               struct err *err)
{
    AUTO(bytes_free) struct bytes *sql = bytes_new(SQL_BYTES);
    unsigned made = 0;

    if (!sql)
        return RAISE(err, ST_NOMEM, "journal's table: out of memory");
    bytes_add_str(sql, ALTER_EVENTS " REORGANIZE PARTITION rest INTO (");
    for (int32_t month = from; month <= to && made < MONTHS_AT_ONCE; month = month_add(month, 1)) {
        bytes_addf(sql, "PARTITION p%d VALUES LESS THAN (%d), ", month, month_add(month, 1) * 100);
        made++;
    }
    bytes_add_str(sql, "PARTITION rest VALUES LESS THAN MAXVALUE)");
    TRY(bytes_check(sql, "journal's months", err));
    if (made > 0)
        TRY(db_run(db, bytes_slice(sql), err));
    *ret_made = made;
    return ST_OK;
}

static enum status go_ahead(struct db *db, void *ctx, struct err *err)
{
    struct ahead *ahead = ctx;
    struct months months;
    int32_t now, from;

    ahead->made = 0;
    TRY(months_read(db, &months, err));
    TRY(month_read_now(db, &now, err));
    TRY(first_missing(db, &months, now, &from, err));
    return make_months(db, from, month_add(now, MONTHS_AHEAD), &ahead->made, err);
}

enum status store_months_ahead(struct store *store, const char *instance, unsigned *ret_made,
                               struct err *err)
{
    const struct lease lease = lease_of(MONTHS_LEASE, instance);
    struct ahead ahead = { 0 };
    struct err ignored;
    bool ours = false;

    *ret_made = 0;
    TRY(lease_take(store, &lease, LEASE_MS, &ours, err));
    if (!ours)
        return ST_OK;
    enum status status = store_run(store, &(struct work){ .run = go_ahead, .ctx = &ahead }, err);
    (void)!lease_release(store, &lease, &ignored); /* it runs out by itself */
    TRY(status);
    *ret_made = ahead.made;
    return ST_OK;
}

/* ---- what is online ---- */

struct look {
    int32_t month;
    bool online;
};

static enum status look_online(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = { { .kind = C_INT64 } };
    struct look *look = ctx;
    struct months months;
    int64_t restored = 0;
    bool found = false;

    TRY(months_read(db, &months, err));
    TRY(db_first(db,
                 &(struct query){ .sql = "SELECT COUNT(*) FROM journal_restored WHERE month = ?"
                                         " AND restored_at IS NOT NULL AND until_at > NOW(6)",
                                  .args = ARGS(v_int(look->month)),
                                  .columns = COLUMNS(columns) },
                 &restored, &found, err));
    look->online = restored > 0 || months.count == 0 || look->month >= months.at[0];
    return ST_OK;
}

enum status store_month_is_online(struct store *store, int32_t month, bool *ret_online,
                                  struct err *err)
{
    struct look look = { .month = month };

    TRY(store_run(store, &(struct work){ .run = look_online, .ctx = &look }, err));
    *ret_online = look.online;
    return ST_OK;
}

static enum status now_of(struct db *db, void *ctx, struct err *err)
{
    return month_read_now(db, ctx, err);
}

enum status store_month_now(struct store *store, int32_t *ret_month, struct err *err)
{
    return store_run(store, &(struct work){ .run = now_of, .ctx = ret_month }, err);
}
