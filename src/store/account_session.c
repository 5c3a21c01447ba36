/* Log-ins: failures counted, sessions begun, used, ended. */
#include "base/text.h"
#include "store/account_rows.h"
#include "store/pool.h"

enum { AGENT_MAX = 255, ADDRESS_MAX = 64, SWEEP_ROWS = 1000 };

#define UNLOCKED "(locked_until IS NULL OR locked_until <= NOW(6))"
#define AGE(column) column " > NOW(6) - INTERVAL ? * 1000 MICROSECOND"
/* Arguments: half_ms, idle_ms, total_ms. */
#define LIVE "IF(half = 1, " AGE("created_at") ", " AGE("seen_at") " AND " AGE("created_at") ")"

/* ---- failures ---- */

struct failure {
    const char *name;
    const struct account_limits *limits;
    bool locked;
};

/* A lock-out that is over begins a new row of failures. MariaDB assigns from left to right. */
static enum status fail(struct db *db, void *ctx, struct err *err)
{
    struct failure *failure = ctx;
    const struct account_limits *limits = failure->limits;
    struct account after;
    uint64_t matched = 0;

    failure->locked = false;
    TRY(db_exec(db,
                "UPDATE account SET failures = IF(locked_until IS NULL, failures + 1, 1),"
                " locked_until = IF(failures >= ?, " DB_NOW_PLUS ", NULL)"
                " WHERE name = ? AND " UNLOCKED,
                ARGS(v_int(limits->max_failures), v_int(limits->lock_ms), v_text(failure->name)),
                &matched, err));
    if (matched == 0)
        return ST_OK;
    TRY(account_find(db, failure->name, &after, err));
    failure->locked = account_is_locked(&after);
    return ST_OK;
}

enum status store_account_failed(struct store *store, const char *name,
                                 const struct account_limits *limits, bool *ret_locked,
                                 struct err *err)
{
    struct failure failure = { .name = name, .limits = limits };

    TRY(store_run(store, &(struct work){ .run = fail, .ctx = &failure, .transaction = true }, err));
    *ret_locked = failure.locked;
    return ST_OK;
}

/* ---- a log-in ---- */

struct login_work {
    const struct account *account;
    const struct account_limits *limits;
    const struct account_session *session;
};

/* The oldest make room. */
static enum status make_room(struct db *db, const struct login_work *work, struct err *err)
{
    return db_exec(db,
                   "DELETE FROM account_session WHERE account = ? AND cookie_sha256 NOT IN (SELECT"
                   " cookie_sha256 FROM (SELECT cookie_sha256 FROM account_session WHERE account ="
                   " ? ORDER BY created_at DESC, cookie_sha256 LIMIT ?) AS kept)",
                   ARGS(v_text(work->account->name), v_text(work->account->name),
                        v_int(work->limits->max_sessions - 1)),
                   NULL, err);
}

static enum status begin_session(struct db *db, const struct login_work *work, struct err *err)
{
    const struct account_session *session = work->session;
    char address[ADDRESS_MAX + 1], agent[AGENT_MAX + 1];

    (void)text_copy(address, sizeof(address), session->address);
    (void)text_copy(agent, sizeof(agent), session->user_agent);
    text_make_plain(agent);
    TRY(make_room(db, work, err));
    return db_exec(db,
                   "INSERT INTO account_session (cookie_sha256, account, half, created_at, seen_at,"
                   " address, user_agent) VALUES (?, ?, ?, NOW(6), NOW(6), ?, ?)",
                   ARGS(v_sha256(session->cookie_sha256), v_text(work->account->name),
                        v_int(session->half), v_text(address), v_text(agent)),
                   NULL, err);
}

/* As the account was looked at: what was compared with the password is still the password. */
static enum status login(struct db *db, void *ctx, struct err *err)
{
    const struct login_work *work = ctx;
    const struct account *account = work->account;
    const bool whole = !work->session || !work->session->half;
    uint64_t matched = 0;

    TRY(db_exec(db,
                "UPDATE account SET failures = IF(?, 0, failures),"
                " locked_until = IF(?, NULL, locked_until), login_at = IF(?, NOW(6), login_at)"
                " WHERE name = ? AND password = ? AND role = ? AND blocked = 0 AND " UNLOCKED,
                ARGS(v_int(whole), v_int(whole), v_int(whole), v_text(account->name),
                     v_text(account->password), v_text(role_name(account->role))),
                &matched, err));
    if (matched == 0)
        return RAISE(err, ST_CONFLICT, "the account %s was changed or locked meanwhile",
                     account->name);
    return work->session ? begin_session(db, work, err) : ST_OK;
}

enum status store_account_login(struct store *store, const struct account *account,
                                const struct account_limits *limits,
                                const struct account_session *session, struct err *err)
{
    struct login_work work = { account, limits, session };

    return store_run(store, &(struct work){ .run = login, .ctx = &work, .transaction = true }, err);
}

/* ---- a session ---- */

struct look_work {
    const uint8_t *cookie_sha256;
    const struct account_limits *limits;
    enum session_look look;
    struct account account;
};

struct session_row {
    char account[ACCOUNT_NAME_BYTES];
    uint32_t half;
};

static enum status find_session(struct db *db, const uint8_t *cookie_sha256,
                                struct session_row *row, bool *ret_found, struct err *err)
{
    static const struct column columns[] = {
        COLUMN_SIZED(C_CHARS, struct session_row, account),
        COLUMN(C_UINT32, struct session_row, half),
    };

    return db_first(db,
                    &(struct query){ .sql = "SELECT account, half FROM account_session"
                                            " WHERE cookie_sha256 = ?",
                                     .args = ARGS(v_sha256(cookie_sha256)),
                                     .columns = COLUMNS(columns) },
                    row, ret_found, err);
}

static enum status use(struct db *db, const struct look_work *work, bool *ret_live, struct err *err)
{
    const struct account_limits *limits = work->limits;
    uint64_t matched = 0;

    TRY(db_exec(db, "UPDATE account_session SET seen_at = NOW(6) WHERE cookie_sha256 = ? AND " LIVE,
                ARGS(v_sha256(work->cookie_sha256), v_int(limits->half_ms), v_int(limits->idle_ms),
                     v_int(limits->total_ms)),
                &matched, err));
    *ret_live = matched > 0;
    return ST_OK;
}

static enum status end(struct db *db, const uint8_t *cookie_sha256, bool *ret_ended,
                       struct err *err)
{
    uint64_t matched = 0;

    TRY(db_exec(db, "DELETE FROM account_session WHERE cookie_sha256 = ?",
                ARGS(v_sha256(cookie_sha256)), &matched, err));
    *ret_ended = matched > 0;
    return ST_OK;
}

/* A blocked account has no sessions: its block ended them. */
static enum status look(struct db *db, void *ctx, struct err *err)
{
    struct look_work *work = ctx;
    struct session_row row = { .half = 1 };
    bool found = false, live = false, ended = false;

    work->look = SESSION_LOOK_NONE;
    TRY(use(db, work, &live, err));
    TRY(find_session(db, work->cookie_sha256, &row, &found, err));
    if (!found)
        return ST_OK;
    TRY(account_find(db, row.account, &work->account, err));
    if (!live)
        TRY(end(db, work->cookie_sha256, &ended, err));
    if (live && !work->account.blocked)
        work->look = row.half ? SESSION_LOOK_HALF : SESSION_LOOK_LIVE;
    else if (ended)
        work->look = SESSION_LOOK_ENDED;
    return ST_OK;
}

enum status store_account_look(struct store *store, const uint8_t *cookie_sha256,
                               const struct account_limits *limits, enum session_look *ret_look,
                               struct account *ret_account, struct err *err)
{
    struct look_work work = { .cookie_sha256 = cookie_sha256, .limits = limits };

    TRY(store_run(store, &(struct work){ .run = look, .ctx = &work, .transaction = true }, err));
    *ret_look = work.look;
    *ret_account = work.account;
    return ST_OK;
}

static enum status end_one(struct db *db, void *ctx, struct err *err)
{
    bool ended;

    return end(db, ctx, &ended, err);
}

enum status store_account_logout(struct store *store, const uint8_t *cookie_sha256, struct err *err)
{
    return store_run(store, &(struct work){ .run = end_one, .ctx = (void *)cookie_sha256 }, err);
}

struct sweep_work {
    const struct account_limits *limits;
    uint64_t swept;
};

/* Those that are twice as old as they may be: whoever comes back soon is told why. */
static enum status sweep(struct db *db, void *ctx, struct err *err)
{
    struct sweep_work *work = ctx;
    const struct account_limits *limits = work->limits;

    return db_exec(db,
                   "DELETE FROM account_session WHERE seen_at < NOW(6) - INTERVAL ? * 1000"
                   " MICROSECOND LIMIT ?",
                   ARGS(v_int(2 * limits->total_ms), v_int(SWEEP_ROWS)), &work->swept, err);
}

enum status store_account_sweep(struct store *store, const struct account_limits *limits,
                                uint64_t *ret_swept, struct err *err)
{
    struct sweep_work work = { .limits = limits };

    TRY(store_run(store, &(struct work){ .run = sweep, .ctx = &work }, err));
    *ret_swept = work.swept;
    return ST_OK;
}
