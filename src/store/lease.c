#include "store/lease.h"

#include "base/text.h"
#include "store/pool.h"

struct lease lease_of(const char *name, const char *instance)
{
    struct lease lease = { .name = name };
    struct id run = id_new(clock_now(clock_system())); /* unique; its time does not matter */

    (void)text_format(lease.holder, sizeof(lease.holder), "%.200s/%s", instance, run.text);
    return lease;
}

struct take {
    const struct lease *lease;
    int64_t ms;
    bool taken;
};

static enum status take(struct db *db, void *ctx, struct err *err)
{
    struct take *take = ctx;
    const struct lease *lease = take->lease;
    uint64_t matched = 0;

    TRY(db_exec(db,
                "INSERT IGNORE INTO lease (name, holder, until_at) VALUES (?, '', '1970-01-01')",
                ARGS(v_text(lease->name)), NULL, err));
    TRY(db_exec(
        db,
        "UPDATE lease SET holder = ?, until_at = " DB_NOW_PLUS
        " WHERE name = ? AND (until_at <= NOW(6) OR holder = ?)",
        ARGS(v_text(lease->holder), v_int(take->ms), v_text(lease->name), v_text(lease->holder)),
        &matched, err));
    take->taken = matched == 1;
    return ST_OK;
}

enum status lease_take(struct store *store, const struct lease *lease, int64_t ms, bool *ret_taken,
                       struct err *err)
{
    struct take ctx = { .lease = lease, .ms = ms };

    TRY(store_run(store, &(struct work){ .run = take, .ctx = &ctx }, err));
    *ret_taken = ctx.taken;
    return ST_OK;
}

static enum status release(struct db *db, void *ctx, struct err *err)
{
    const struct lease *lease = ctx;

    return db_exec(db, "UPDATE lease SET until_at = '1970-01-01' WHERE name = ? AND holder = ?",
                   ARGS(v_text(lease->name), v_text(lease->holder)), NULL, err);
}

enum status lease_release(struct store *store, const struct lease *lease, struct err *err)
{
    struct lease copy = *lease;

    return store_run(store, &(struct work){ .run = release, .ctx = &copy }, err);
}
