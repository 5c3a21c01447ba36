/* Housekeeping in bounded batches, by one instance at a time. */
#include "store/lease.h"
#include "store/pool.h"
#include "store/session_rows.h"

enum {
    LEASE_MS = 60 * 1000,
    BATCH_ROWS = 500,    /* keeps each transaction, and Galera's write set, small */
    BATCH_SESSIONS = 25, /* each with all its documents and evidence */
    BATCHES_MAX = 40,    /* of one kind in one sweep; the next goes on */
};

static const struct kind {
    const char *sql; /* how many rows at most is its last ? */
    int64_t rows;
    bool by_age;  /* its first ? is how long evidence is kept */
    size_t count; /* where the rows are counted, in struct swept */
} kinds[] = {
    { "UPDATE signing_session SET state = 'expired', ended_at = expires_at WHERE " SESSION_LIVE
      " AND expires_at <= NOW(6) ORDER BY expires_at, id LIMIT ?",
      BATCH_ROWS, false, offsetof(struct swept, expired) },
    { "DELETE FROM claim WHERE keep_until_at <= NOW(6) AND lease_until_at <= NOW(6)"
      " ORDER BY keep_until_at, sender_id, message_id LIMIT ?",
      BATCH_ROWS, false, offsetof(struct swept, claims) },
    { "DELETE FROM signing_session WHERE ended_at <= NOW(6) - INTERVAL ? * 1000 MICROSECOND"
      " ORDER BY ended_at, id LIMIT ?",
      BATCH_SESSIONS, true, offsetof(struct swept, deleted) },
};

struct batch {
    const struct kind *kind;
    int64_t keep_ms;
    uint64_t matched;
};

static enum status run_batch(struct db *db, void *ctx, struct err *err)
{
    struct batch *batch = ctx;
    const struct kind *kind = batch->kind;

    return db_exec(db, kind->sql,
                   kind->by_age ? ARGS(v_int(batch->keep_ms), v_int(kind->rows))
                                : ARGS(v_int(kind->rows)),
                   &batch->matched, err);
}

static enum status sweep(struct store *store, int64_t keep_ms, struct swept *ret, struct err *err)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const uint64_t full = (uint64_t)kinds[i].rows;
        struct batch batch = { .kind = &kinds[i], .keep_ms = keep_ms, .matched = full };
        uint64_t *count = (uint64_t *)((char *)ret + kinds[i].count);

        for (unsigned n = 0; n < BATCHES_MAX && batch.matched == full; n++) {
            TRY(store_run(store,
                          &(struct work){ .run = run_batch, .ctx = &batch, .transaction = true },
                          err));
            *count += batch.matched;
        }
    }
    return ST_OK;
}

enum status store_sweep(struct store *store, const char *instance, int64_t evidence_keep_ms,
                        struct swept *ret, struct err *err)
{
    struct lease lease = lease_of("sweep", instance);
    struct err ignored;
    bool taken = false;

    *ret = (struct swept){ 0 };
    TRY(lease_take(store, &lease, LEASE_MS, &taken, err));
    if (!taken)
        return ST_OK;
    enum status status = sweep(store, evidence_keep_ms, ret, err);
    if (lease_release(store, &lease, &ignored) != ST_OK)
        return status; /* it runs out by itself */
    return status;
}
