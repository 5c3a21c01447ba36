/* Housekeeping in bounded batches, by one instance at a time. */
#include "store/lease.h"
#include "store/pool.h"
#include "store/session_rows.h"

enum {
    LEASE_MS = 60 * 1000,
    BATCH_ROWS = 500, /* keeps each transaction, and Galera's write set, small */
    BATCHES_MAX = 40, /* of one kind in one sweep; the next goes on */
};

static const char *const sweeps[] = {
    "UPDATE signing_session SET state = 'expired', ended_at = expires_at WHERE " SESSION_LIVE
    " AND expires_at <= NOW(6) ORDER BY expires_at, id LIMIT ?",
    "DELETE FROM claim WHERE keep_until_at <= NOW(6) AND lease_until_at <= NOW(6)"
    " ORDER BY keep_until_at, sender_id, message_id LIMIT ?",
};

struct batch {
    const char *sql;
    uint64_t matched;
};

static enum status run_batch(struct db *db, void *ctx, struct err *err)
{
    struct batch *batch = ctx;

    return db_exec(db, batch->sql, ARGS(v_int(BATCH_ROWS)), &batch->matched, err);
}

static enum status sweep(struct store *store, uint64_t *ret_done, struct err *err)
{
    uint64_t done = 0;

    for (size_t i = 0; i < sizeof(sweeps) / sizeof(sweeps[0]); i++) {
        struct batch batch = { .sql = sweeps[i], .matched = BATCH_ROWS };

        for (unsigned n = 0; n < BATCHES_MAX && batch.matched == BATCH_ROWS; n++) {
            TRY(store_run(store,
                          &(struct work){ .run = run_batch, .ctx = &batch, .transaction = true },
                          err));
            done += batch.matched;
        }
    }
    *ret_done = done;
    return ST_OK;
}

enum status store_sweep(struct store *store, const char *instance, uint64_t *ret_done,
                        struct err *err)
{
    struct lease lease = lease_of("sweep", instance);
    struct err ignored;
    bool taken = false;

    TRY(lease_take(store, &lease, LEASE_MS, &taken, err));
    if (!taken) {
        *ret_done = 0;
        return ST_OK;
    }
    enum status status = sweep(store, ret_done, err);
    if (lease_release(store, &lease, &ignored) != ST_OK)
        return status; /* it runs out by itself */
    return status;
}
