/* Contents whose time is over: a queue of ended sessions, and what stays of them. */
#include "store/content.h"
#include "store/pool.h"

enum { PAUSE_MS = 60 * 60 * 1000 }; /* until a session that could not be wiped is tried again */

/* SQL: not wiped, not put off, nothing of it waits to be sealed as evidence. */
#define WIPE_DUE                                                                                   \
    " wiped_at IS NULL AND (wipe_due_at IS NULL OR wipe_due_at <= NOW(6))"                         \
    " AND NOT EXISTS (SELECT 1 FROM evidence_seal e WHERE e.session_id = signing_session.id"       \
    " AND e.seal IS NULL)"

struct taking {
    struct id session;
    int64_t keep_ms;
    bool found;
};

static enum status take(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = { COLUMN(C_ID, struct taking, session) };
    struct taking *taking = ctx;
    uint64_t matched = 0;

    TRY(db_first(db,
                 &(struct query){ .sql = "SELECT id FROM signing_session"
                                         " WHERE ended_at <= NOW(6) - INTERVAL ? * 1000 MICROSECOND"
                                         " AND" WIPE_DUE " ORDER BY ended_at LIMIT 1",
                                  .args = ARGS(v_int(taking->keep_ms)),
                                  .columns = COLUMNS(columns) },
                 taking, &taking->found, err));
    if (!taking->found)
        return ST_OK;
    TRY(db_exec(db,
                "UPDATE signing_session SET wipe_due_at = " DB_NOW_PLUS
                " WHERE id = ? AND wiped_at IS NULL"
                " AND (wipe_due_at IS NULL OR wipe_due_at <= NOW(6))",
                ARGS(v_int(PAUSE_MS), v_id(&taking->session)), &matched, err));
    taking->found = matched == 1; /* else another instance was first */
    return ST_OK;
}

enum status store_wipe_take(struct store *store, int64_t keep_ms, struct id *ret_session,
                            struct err *err)
{
    struct taking taking = { .keep_ms = keep_ms };

    TRY(store_run(store, &(struct work){ .run = take, .ctx = &taking }, err));
    if (!taking.found)
        return RAISE(err, ST_NOT_FOUND, "no session's content is to be wiped");
    *ret_session = taking.session;
    return ST_OK;
}

struct wiping {
    const struct id *session;
    const struct signed_document *left;
    size_t count;
    bool done;
};

static enum status reduce(struct db *db, const struct wiping *wiping,
                          const struct signed_document *left, struct err *err)
{
    AUTO(bytes_free) struct bytes *sealed = NULL;
    char place[CONTENT_PLACE];

    content_place_signed(place, wiping->session, left->id, left->turn);
    TRY(content_seal(db, place, left->content, &sealed, err));
    return db_exec(db,
                   "UPDATE signed_document SET content = ?"
                   " WHERE session_id = ? AND document_id = ? AND turn = ?",
                   ARGS(v_slice(bytes_slice(sealed)), v_id(wiping->session), v_int(left->id),
                        v_int(left->turn)),
                   NULL, err);
}

static enum status wipe(struct db *db, void *ctx, struct err *err)
{
    struct wiping *wiping = ctx;
    uint64_t matched = 0;

    TRY(db_exec(db,
                "UPDATE signing_session SET wiped_at = NOW(6) WHERE id = ? AND wiped_at IS NULL",
                ARGS(v_id(wiping->session)), &matched, err));
    wiping->done = matched == 1;
    if (!wiping->done)
        return ST_OK;
    for (size_t i = 0; i < wiping->count; i++)
        TRY(reduce(db, wiping, &wiping->left[i], err));
    return db_exec(db, "UPDATE signing_document SET content = '' WHERE session_id = ?",
                   ARGS(v_id(wiping->session)), NULL, err);
}

enum status store_wipe_keep(struct store *store, const struct id *session,
                            const struct signed_document *left, size_t count, bool *ret_done,
                            struct err *err)
{
    struct wiping wiping = { .session = session, .left = left, .count = count };

    TRY(store_run(store, &(struct work){ .run = wipe, .ctx = &wiping, .transaction = true }, err));
    *ret_done = wiping.done;
    return ST_OK;
}
