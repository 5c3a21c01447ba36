/* Logins with an authentication key (authType Eds, req 1.19): each counts once. */
#include "store/pool.h"
#include "store/session_rows.h"

#define OF_LIVE " WHERE id = ? AND " SESSION_LIVE " AND expires_at > NOW(6)"

struct login_call {
    const struct id *session;
    const struct login *login;
    const char *reason;
    bool seen; /* before */
    struct login_tally tally;
    uint32_t matches;
};

static enum status not_live(struct err *err)
{
    return RAISE(err, ST_CONFLICT, "the session is not live, or is not there");
}

/* A reason that an earlier refused login left says nothing any more; that of a refused PUT does. */
static enum status accept(struct db *db, void *ctx, struct err *err)
{
    struct login_call *call = ctx;
    const struct login *login = call->login;
    uint64_t matched = 0;
    enum status status;

    call->seen = false;
    TRY(db_exec(db,
                "UPDATE signing_session SET reason = IF(reason LIKE '" STORE_LOGIN_REASON
                "%', '', reason)" OF_LIVE,
                ARGS(v_id(call->session)), &matched, err));
    if (matched == 0)
        return not_live(err);
    status = db_exec(
        db,
        "INSERT INTO signing_login (session_id, login_sha256, iin, bin, at)"
        " VALUES (?, ?, ?, ?, NOW(6))",
        ARGS(v_id(call->session), v_sha256(login->sha256), v_text(login->iin), v_text(login->bin)),
        NULL, err);
    call->seen = status == ST_CONFLICT;
    return call->seen ? ST_OK : status;
}

enum status store_login_accept(struct store *store, const struct id *session,
                               const struct login *login, bool *ret_seen, struct err *err)
{
    struct login_call call = { .session = session, .login = login };

    TRY(store_run(store, &(struct work){ .run = accept, .ctx = &call, .transaction = true }, err));
    *ret_seen = call.seen;
    return ST_OK;
}

static enum status refuse(struct db *db, void *ctx, struct err *err)
{
    const struct login_call *call = ctx;
    uint64_t matched = 0;

    TRY(db_exec(db,
                "UPDATE signing_session SET refused_logins = refused_logins + 1,"
                " reason = CONCAT('" STORE_LOGIN_REASON "', ?)" OF_LIVE,
                ARGS(v_text(call->reason), v_id(call->session)), &matched, err));
    return matched > 0 ? ST_OK : not_live(err);
}

enum status store_login_refuse(struct store *store, const struct id *session, const char *reason,
                               struct err *err)
{
    struct login_call call = { .session = session, .reason = reason };

    return store_run(store, &(struct work){ .run = refuse, .ctx = &call, .transaction = true },
                     err);
}

static enum status count(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = {
        COLUMN(C_UINT32, struct login_call, tally.refused),
        COLUMN(C_UINT32, struct login_call, tally.accepted),
    };
    struct login_call *call = ctx;
    bool found = false;

    TRY(db_first(
        db,
        &(struct query){ .sql = "SELECT refused_logins, (SELECT COUNT(*) FROM signing_login WHERE"
                                " session_id = id) FROM signing_session WHERE id = ?",
                         .args = ARGS(v_id(call->session)),
                         .columns = COLUMNS(columns) },
        call, &found, err));
    return found ? ST_OK : RAISE(err, ST_NOT_FOUND, "no such session");
}

enum status store_login_count(struct store *store, const struct id *session,
                              struct login_tally *ret_tally, struct err *err)
{
    struct login_call call = { .session = session };

    TRY(store_run(store, &(struct work){ .run = count, .ctx = &call }, err));
    *ret_tally = call.tally;
    return ST_OK;
}

static enum status find(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = { COLUMN(C_UINT32, struct login_call, matches) };
    struct login_call *call = ctx;
    const char *bin = call->login->bin;
    bool found = false;

    return db_first(
        db,
        &(struct query){
            .sql = "SELECT COUNT(*) FROM signing_login WHERE session_id = ?"
                   " AND iin <> '' AND iin = ? AND (bin = '' OR ? = '' OR bin = ?)",
            .args = ARGS(v_id(call->session), v_text(call->login->iin), v_text(bin), v_text(bin)),
            .columns = COLUMNS(columns) },
        call, &found, err);
}

enum status store_login_has(struct store *store, const struct id *session, const char *iin,
                            const char *bin, bool *ret_has, struct err *err)
{
    const struct login who = { .iin = iin, .bin = bin };
    struct login_call call = { .session = session, .login = &who };

    TRY(store_run(store, &(struct work){ .run = find, .ctx = &call }, err));
    *ret_has = call.matches > 0;
    return ST_OK;
}
