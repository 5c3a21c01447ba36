/* Seals over a finished exchange's evidence: a queue of sessions that wait for theirs, and the
 * seals. A row is born with the signed state (session_change.c). */
#include "store/pool.h"

enum { PAUSE_FIRST_MS = 60 * 1000, PAUSE_LAST_MS = 60 * 60 * 1000 };

struct taking {
    struct id session;
    uint32_t tries;
    bool found;
};

static int64_t pause_of(uint32_t tries)
{
    int64_t pause_ms = PAUSE_FIRST_MS;

    while (tries-- > 0 && pause_ms < PAUSE_LAST_MS)
        pause_ms *= 2;
    return pause_ms < PAUSE_LAST_MS ? pause_ms : PAUSE_LAST_MS;
}

static enum status take(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = {
        COLUMN(C_ID, struct taking, session),
        COLUMN(C_UINT32, struct taking, tries),
    };
    struct taking *taking = ctx;
    uint64_t matched = 0;

    TRY(db_first(db,
                 &(struct query){ .sql = "SELECT session_id, tries FROM evidence_seal"
                                         " WHERE due_at <= NOW(6) ORDER BY due_at LIMIT 1",
                                  .args = no_args,
                                  .columns = COLUMNS(columns) },
                 taking, &taking->found, err));
    if (!taking->found)
        return ST_OK;
    TRY(db_exec(db,
                "UPDATE evidence_seal SET due_at = " DB_NOW_PLUS ", tries = tries + 1"
                " WHERE session_id = ? AND due_at <= NOW(6)",
                ARGS(v_int(pause_of(taking->tries)), v_id(&taking->session)), &matched, err));
    taking->found = matched == 1; /* else another instance was first */
    return ST_OK;
}

enum status store_seal_take(struct store *store, struct id *ret_session, unsigned *ret_tries,
                            struct err *err)
{
    struct taking taking = { 0 };

    TRY(store_run(store, &(struct work){ .run = take, .ctx = &taking }, err));
    if (!taking.found)
        return RAISE(err, ST_NOT_FOUND, "no session waits for its seal");
    *ret_session = taking.session;
    *ret_tries = taking.tries;
    return ST_OK;
}

struct keeping {
    const struct id *session;
    const struct evidence_seal *seal;
};

static enum status keep(struct db *db, void *ctx, struct err *err)
{
    const struct keeping *keeping = ctx;
    const struct evidence_seal *seal = keeping->seal;

    return db_exec(db,
                   "UPDATE evidence_seal SET due_at = NULL, form = ?, made_at = " DB_INSTANT
                   ", seal = ? WHERE session_id = ? AND seal IS NULL",
                   ARGS(v_text(seal->is_stamped ? "T" : "BES"), v_int(seal->made_ms),
                        v_slice(seal->xml), v_id(keeping->session)),
                   NULL, err);
}

enum status store_seal_keep(struct store *store, const struct id *session,
                            const struct evidence_seal *seal, struct err *err)
{
    struct keeping keeping = { session, seal };

    return store_run(store, &(struct work){ .run = keep, .ctx = &keeping }, err);
}
