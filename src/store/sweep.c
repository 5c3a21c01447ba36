/* Housekeeping in bounded batches, by one instance at a time.
 *
 * That a session's time is over is told before it is marked, and so are deletions. Nothing else can
 * become of it in between, for no change takes an overdue session (session_change.c). A crash
 * between the two, or a lease that ran out on a slow disk, has it told again: a line twice is
 * better than none. */
#include "store/lease.h"
#include "store/pool.h"
#include "store/session_rows.h"

enum {
    LEASE_MS = 60 * 1000, /* longer than a batch: it is renewed before each */
    BATCH_ROWS = 500,     /* keeps each transaction, and Galera's write set, small */
    BATCH_SESSIONS = 25,  /* each with all its documents and evidence */
    BATCHES_MAX = 40,     /* of one kind in one sweep; the next goes on */
    EXPIRE_BATCHES_MAX = 200,
    BACKLOG_MAX = 10000,
};

#define SEAL_LATE_MS (INT64_C(2) * 60 * 1000)
#define WIPE_LATE_MS (INT64_C(60) * 60 * 1000)

struct sweeping {
    struct store *store;
    const struct sweep *sweep;
    struct lease lease;
    struct swept *swept;
};

/* *ret_ours false: the lease ran out, and another instance is at it. */
static enum status go_on(const struct sweeping *s, bool *ret_ours, struct err *err)
{
    return lease_take(s->store, &s->lease, LEASE_MS, ret_ours, err);
}

/* ---- sessions whose time is over ---- */

struct expiring {
    struct overdue sessions[SESSION_IDS];
    size_t count;
    size_t told; /* the first of them */
    uint64_t matched;
};

static enum status find_overdue(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = {
        COLUMN(C_ID, struct overdue, id),
        COLUMN_SIZED(C_CHARS, struct overdue, sender_id),
        COLUMN_WORD(struct overdue, state, parse_state, NULL),
        COLUMN(C_UINT32, struct overdue, turns),
        COLUMN(C_UINT32, struct overdue, turns_wanted),
        COLUMN(C_INT64, struct overdue, expires_ms),
    };
    AUTO(rows_close) struct rows *rows = NULL;
    struct expiring *batch = ctx;
    bool more = true;

    batch->count = 0;
    TRY(rows_open(db,
                  &(struct query){ .sql = "SELECT id, sender_id, state, turns_signed,"
                                          " (SELECT GREATEST(1, COUNT(*)) FROM signing_signer g"
                                          " WHERE g.session_id = signing_session.id), " DB_MS(
                                              "expires_at") " FROM signing_session"
                                                            " WHERE " SESSION_LIVE
                                                            " AND expires_at <= NOW(6)"
                                                            " ORDER BY expires_at, id LIMIT ?",
                                   .args = ARGS(v_int(SESSION_IDS)),
                                   .columns = COLUMNS(columns) },
                  &rows, err));
    while (more && batch->count < SESSION_IDS) {
        TRY(rows_next(rows, &batch->sessions[batch->count], &more, err));
        batch->count += more;
    }
    return ST_OK;
}

static enum status mark_told(struct db *db, void *ctx, struct err *err)
{
    struct expiring *batch = ctx;
    struct value ids[SESSION_IDS];

    for (size_t i = 0; i < SESSION_IDS; i++)
        ids[i] = i < batch->told ? v_id(&batch->sessions[i].id) : v_null();
    return db_exec(db,
                   "UPDATE signing_session SET state = 'expired', ended_at = expires_at"
                   " WHERE " SESSION_LIVE " AND expires_at <= NOW(6) AND id IN " SESSION_IN,
                   (struct args){ ids, SESSION_IDS }, &batch->matched, err);
}

/* What was told is marked, also when telling failed on the way. */
static enum status expire_batch(const struct sweeping *s, struct expiring *batch, struct err *err)
{
    const struct sweep *sweep = s->sweep;
    enum status status = ST_OK;
    struct err cause;

    TRY(store_run(s->store, &(struct work){ .run = find_overdue, .ctx = batch }, err));
    batch->told = 0;
    while (status == ST_OK && batch->told < batch->count) {
        status = sweep->tell_expired(sweep->ctx, &batch->sessions[batch->told], &cause);
        batch->told += status == ST_OK;
    }
    if (batch->told > 0) {
        TRY(store_run(s->store,
                      &(struct work){ .run = mark_told, .ctx = batch, .transaction = true }, err));
        s->swept->expired += batch->matched;
    }
    if (status != ST_OK)
        *err = cause;
    return status;
}

static enum status expire(const struct sweeping *s, struct err *err)
{
    struct expiring batch = { .count = SESSION_IDS };
    bool ours = true;

    for (unsigned n = 0; n < EXPIRE_BATCHES_MAX && batch.count == SESSION_IDS; n++) {
        TRY(go_on(s, &ours, err));
        if (!ours)
            return ST_OK;
        TRY(expire_batch(s, &batch, err));
    }
    return ST_OK;
}

/* ---- sessions of which nothing is to be left ---- */

struct ending {
    struct id sessions[BATCH_SESSIONS];
    size_t count;
    int64_t keep_ms;
    uint64_t matched;
};

static enum status find_old(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = { { .kind = C_ID } };
    AUTO(rows_close) struct rows *rows = NULL;
    struct ending *batch = ctx;
    bool more = true;

    batch->count = 0;
    TRY(rows_open(db,
                  &(struct query){ .sql =
                                       "SELECT id FROM signing_session"
                                       " WHERE ended_at <= NOW(6) - INTERVAL ? * 1000 MICROSECOND"
                                       " ORDER BY ended_at, id LIMIT ?",
                                   .args = ARGS(v_int(batch->keep_ms), v_int(BATCH_SESSIONS)),
                                   .columns = COLUMNS(columns) },
                  &rows, err));
    while (more && batch->count < BATCH_SESSIONS) {
        TRY(rows_next(rows, &batch->sessions[batch->count], &more, err));
        batch->count += more;
    }
    return ST_OK;
}

static enum status delete_old(struct db *db, void *ctx, struct err *err)
{
    struct ending *batch = ctx;
    struct value ids[SESSION_IDS];

    for (size_t i = 0; i < SESSION_IDS; i++)
        ids[i] = i < batch->count ? v_id(&batch->sessions[i]) : v_null();
    return db_exec(db, "DELETE FROM signing_session WHERE id IN " SESSION_IN,
                   (struct args){ ids, SESSION_IDS }, &batch->matched, err);
}

static enum status delete_batch(const struct sweeping *s, struct ending *batch, struct err *err)
{
    TRY(store_run(s->store, &(struct work){ .run = find_old, .ctx = batch }, err));
    if (batch->count == 0)
        return ST_OK;
    TRY(s->sweep->tell_deleted(s->sweep->ctx, batch->count, err));
    TRY(store_run(s->store, &(struct work){ .run = delete_old, .ctx = batch, .transaction = true },
                  err));
    s->swept->deleted += batch->matched;
    return ST_OK;
}

static enum status delete_sessions(const struct sweeping *s, struct err *err)
{
    struct ending batch = { .count = BATCH_SESSIONS, .keep_ms = s->sweep->evidence_keep_ms };
    bool ours = true;

    for (unsigned n = 0; n < BATCHES_MAX && batch.count == BATCH_SESSIONS; n++) {
        TRY(go_on(s, &ours, err));
        if (!ours)
            return ST_OK;
        TRY(delete_batch(s, &batch, err));
    }
    return ST_OK;
}

/* ---- what nobody is told of ---- */

static const struct kind {
    const char *sql; /* how many rows at most is its last ? */
    int64_t rows;
    bool by_age;  /* its first ? is how long evidence is kept */
    size_t count; /* where the rows are counted, in struct swept */
} kinds[] = {
    { "DELETE FROM claim WHERE keep_until_at <= NOW(6) AND lease_until_at <= NOW(6)"
      " ORDER BY keep_until_at, sender_id, message_id LIMIT ?",
      BATCH_ROWS, false, offsetof(struct swept, claims) },
    { "DELETE FROM receipt WHERE kept_at <= NOW(6) - INTERVAL ? * 1000 MICROSECOND"
      " ORDER BY kept_at, signature_sha256, cert_sha256 LIMIT ?",
      BATCH_ROWS, true, offsetof(struct swept, receipts) },
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

static enum status delete_kind(const struct sweeping *s, const struct kind *kind, struct err *err)
{
    const uint64_t full = (uint64_t)kind->rows;
    struct batch batch = { kind, s->sweep->evidence_keep_ms, full };
    uint64_t *count = (uint64_t *)((char *)s->swept + kind->count);
    bool ours = true;

    for (unsigned n = 0; n < BATCHES_MAX && batch.matched == full; n++) {
        TRY(go_on(s, &ours, err));
        if (!ours)
            return ST_OK;
        TRY(store_run(s->store,
                      &(struct work){ .run = run_batch, .ctx = &batch, .transaction = true }, err));
        *count += batch.matched;
    }
    return ST_OK;
}

static enum status sweep_all(const struct sweeping *s, struct err *err)
{
    TRY(expire(s, err));
    TRY(delete_sessions(s, err));
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        TRY(delete_kind(s, &kinds[i], err));
    return ST_OK;
}

enum status store_sweep(struct store *store, const struct sweep *sweep, struct swept *ret,
                        struct err *err)
{
    const struct sweeping s = { store, sweep, lease_of("sweep", sweep->instance), ret };
    struct err ignored;
    bool ours = false;

    *ret = (struct swept){ 0 };
    TRY(go_on(&s, &ours, err));
    if (!ours)
        return ST_OK;
    enum status status = sweep_all(&s, err);
    if (lease_release(store, &s.lease, &ignored) != ST_OK)
        return status; /* it runs out by itself */
    return status;
}

/* ---- how late the rest is ---- */

struct counting {
    struct backlog backlog;
    int64_t keep_ms;
};

static enum status count_late(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = {
        COLUMN(C_INT64, struct counting, backlog.seals),
        COLUMN(C_INT64, struct counting, backlog.wipes),
    };
    struct counting *counting = ctx;
    bool found = false;

    return db_first(
        db,
        &(struct query){
            .sql = "SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM evidence_seal e"
                   " JOIN signing_session s ON s.id = e.session_id WHERE e.due_at IS NOT NULL"
                   " AND s.ended_at <= NOW(6) - INTERVAL ? * 1000 MICROSECOND LIMIT ?) seals),"
                   " (SELECT COUNT(*) FROM (SELECT 1 FROM signing_session WHERE wiped_at IS NULL"
                   " AND ended_at <= NOW(6) - INTERVAL ? * 1000 MICROSECOND LIMIT ?) wipes)",
            .args = ARGS(v_int(SEAL_LATE_MS), v_int(BACKLOG_MAX),
                         v_int(counting->keep_ms + WIPE_LATE_MS), v_int(BACKLOG_MAX)),
            .columns = COLUMNS(columns) },
        counting, &found, err);
}

enum status store_backlog(struct store *store, int64_t keep_ms, struct backlog *ret,
                          struct err *err)
{
    struct counting counting = { .keep_ms = keep_ms };

    TRY(store_run(store, &(struct work){ .run = count_late, .ctx = &counting }, err));
    *ret = counting.backlog;
    return ST_OK;
}
