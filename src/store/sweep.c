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
    BATCH_AGED = 25,      /* of what is told of, each with its documents and evidence */
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
    struct expiring *batch = ctx;
    const struct query query = { .sql = "SELECT id, sender_id, state, turns_signed,"
                                        " (SELECT GREATEST(1, COUNT(*)) FROM signing_signer g"
                                        " WHERE g.session_id = signing_session.id), " DB_MS(
                                            "expires_at") " FROM signing_session"
                                                          " WHERE " SESSION_LIVE
                                                          " AND expires_at <= NOW(6)"
                                                          " ORDER BY expires_at, id LIMIT ?",
                                 .args = ARGS(v_int(SESSION_IDS)),
                                 .columns = COLUMNS(columns) };

    return db_rows(db, &query, RECORDS(batch->sessions, SESSION_IDS), &batch->count, err);
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

/* ---- what is deleted by its age, and told of ---- */

#define OLD(instant) instant " <= NOW(6) - INTERVAL ? * 1000 MICROSECOND"

/* Rows by id, each with all that hangs on it. Age is looked at again when they are deleted: what is
 * kept of a verification makes it younger. */
static const struct aged {
    const char *find;   /* how long they are kept, how many at most */
    const char *remove; /* how long they are kept, ids */
    size_t keep_ms;     /* in struct sweep */
    size_t count;       /* in struct swept */
    enum swept_kind kind;
} aged[] = {
    { "SELECT id FROM signing_session WHERE " OLD("ended_at") " ORDER BY ended_at, id LIMIT ?",
      "DELETE FROM signing_session WHERE " OLD("ended_at") " AND id IN " SESSION_IN,
      offsetof(struct sweep, evidence_keep_ms), offsetof(struct swept, deleted), SWEPT_SESSIONS },
    { "SELECT id FROM coid_evidence WHERE " OLD("kept_at") " ORDER BY kept_at, id LIMIT ?",
      "DELETE FROM coid_evidence WHERE " OLD("kept_at") " AND id IN " SESSION_IN,
      offsetof(struct sweep, coid_keep_ms), offsetof(struct swept, coid_evidence),
      SWEPT_COID_EVIDENCE },
    { "SELECT idempotency_key FROM coid_call WHERE " OLD(
          "kept_at") " ORDER BY kept_at, idempotency_key LIMIT ?",
      "DELETE FROM coid_call WHERE " OLD("kept_at") " AND idempotency_key IN " SESSION_IN,
      offsetof(struct sweep, coid_keep_ms), offsetof(struct swept, coid_calls), SWEPT_COID_CALLS },
};

struct ending {
    const struct aged *aged;
    struct id ids[BATCH_AGED];
    size_t count;
    int64_t keep_ms;
    uint64_t matched;
};

static int64_t keep_ms_of(const struct sweeping *s, size_t offset)
{
    return *(const int64_t *)((const char *)s->sweep + offset);
}

static uint64_t *count_of(const struct sweeping *s, size_t offset)
{
    return (uint64_t *)((char *)s->swept + offset);
}

static enum status find_old(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = { { .kind = C_ID } };
    struct ending *batch = ctx;
    const struct query query = { .sql = batch->aged->find,
                                 .args = ARGS(v_int(batch->keep_ms), v_int(BATCH_AGED)),
                                 .columns = COLUMNS(columns) };

    return db_rows(db, &query, RECORDS(batch->ids, BATCH_AGED), &batch->count, err);
}

static enum status delete_old(struct db *db, void *ctx, struct err *err)
{
    struct ending *batch = ctx;
    struct value values[1 + SESSION_IDS];

    values[0] = v_int(batch->keep_ms);
    for (size_t i = 0; i < SESSION_IDS; i++)
        values[1 + i] = i < batch->count ? v_id(&batch->ids[i]) : v_null();
    return db_exec(db, batch->aged->remove, (struct args){ values, 1 + SESSION_IDS },
                   &batch->matched, err);
}

static enum status delete_batch(const struct sweeping *s, struct ending *batch, struct err *err)
{
    TRY(store_run(s->store, &(struct work){ .run = find_old, .ctx = batch }, err));
    if (batch->count == 0)
        return ST_OK;
    TRY(s->sweep->tell_deleted(s->sweep->ctx, batch->aged->kind, batch->count, err));
    TRY(store_run(s->store, &(struct work){ .run = delete_old, .ctx = batch, .transaction = true },
                  err));
    *count_of(s, batch->aged->count) += batch->matched;
    return ST_OK;
}

static enum status delete_aged(const struct sweeping *s, const struct aged *aged_kind,
                               struct err *err)
{
    struct ending batch = { .aged = aged_kind,
                            .count = BATCH_AGED,
                            .keep_ms = keep_ms_of(s, aged_kind->keep_ms) };
    bool ours = true;

    for (unsigned n = 0; n < BATCHES_MAX && batch.count == BATCH_AGED; n++) {
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
    size_t keep_ms;  /* in struct sweep: its first ?; 0: it has none */
    size_t count;    /* where the rows are counted, in struct swept */
} kinds[] = {
    { "DELETE FROM claim WHERE keep_until_at <= NOW(6) AND lease_until_at <= NOW(6)"
      " ORDER BY keep_until_at, sender_id, message_id LIMIT ?",
      0, offsetof(struct swept, claims) },
    { "DELETE FROM receipt WHERE " OLD("kept_at") " ORDER BY kept_at, signature_sha256, cert_sha256"
                                                  " LIMIT ?",
      offsetof(struct sweep, evidence_keep_ms), offsetof(struct swept, receipts) },
    { "DELETE FROM coid_day WHERE " OLD(
          "changed_at") " ORDER BY changed_at, sender_id, day LIMIT ?",
      offsetof(struct sweep, coid_keep_ms), offsetof(struct swept, coid_days) },
    { "DELETE FROM coid_news WHERE " OLD("told_at") " ORDER BY told_at, sha256 LIMIT ?",
      offsetof(struct sweep, coid_keep_ms), offsetof(struct swept, coid_news) },
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
                   kind->keep_ms ? ARGS(v_int(batch->keep_ms), v_int(BATCH_ROWS))
                                 : ARGS(v_int(BATCH_ROWS)),
                   &batch->matched, err);
}

static enum status delete_kind(const struct sweeping *s, const struct kind *kind, struct err *err)
{
    struct batch batch = { .kind = kind, .matched = BATCH_ROWS };
    bool ours = true;

    if (kind->keep_ms)
        batch.keep_ms = keep_ms_of(s, kind->keep_ms);
    for (unsigned n = 0; n < BATCHES_MAX && batch.matched == BATCH_ROWS; n++) {
        TRY(go_on(s, &ours, err));
        if (!ours)
            return ST_OK;
        TRY(store_run(s->store,
                      &(struct work){ .run = run_batch, .ctx = &batch, .transaction = true }, err));
        *count_of(s, kind->count) += batch.matched;
    }
    return ST_OK;
}

static enum status sweep_all(const struct sweeping *s, struct err *err)
{
    TRY(expire(s, err));
    for (size_t i = 0; i < sizeof(aged) / sizeof(aged[0]); i++)
        TRY(delete_aged(s, &aged[i], err));
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
    if (sweep->evidence_keep_ms < 1 || sweep->coid_keep_ms < 1)
        return RAISE(err, ST_INTERNAL, "a sweep does not know how long evidence is kept");
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
