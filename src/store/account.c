/* Accounts: made, looked at, changed. */
#include "store/account.h"

#include "base/text.h"
#include "store/account_rows.h"
#include "store/pool.h"

static bool parse_role(struct slice word, void *member)
{
    return role_parse(word, member);
}

static const struct column columns[] = {
    COLUMN_SIZED(C_CHARS, struct account_row, account.name),
    COLUMN_WORD(struct account_row, account.role, parse_role, NULL),
    COLUMN_SIZED(C_CHARS, struct account_row, account.password),
    COLUMN(C_UINT32, struct account_row, must_change),
    COLUMN(C_UINT32, struct account_row, blocked),
    COLUMN(C_UINT32, struct account_row, has_totp),
    COLUMN(C_UINT32, struct account_row, has_totp_pending),
    COLUMN(C_UINT32, struct account_row, account.failures),
    COLUMN(C_UINT32, struct account_row, account.sessions),
    COLUMN(C_INT64, struct account_row, account.locked_until_ms),
    COLUMN(C_INT64, struct account_row, account.totp_step),
    COLUMN(C_INT64, struct account_row, account.created_ms),
    COLUMN(C_INT64, struct account_row, account.changed_ms),
    COLUMN(C_INT64, struct account_row, account.login_ms),
    COLUMN(C_INT64, struct account_row, account.now_ms),
};
const struct columns account_columns = COLUMNS(columns);

void account_of_row(const struct account_row *row, struct account *ret)
{
    *ret = row->account;
    ret->must_change = row->must_change != 0;
    ret->blocked = row->blocked != 0;
    ret->has_totp = row->has_totp != 0;
    ret->has_totp_pending = row->has_totp_pending != 0;
}

bool account_is_locked(const struct account *account)
{
    return account->locked_until_ms > account->now_ms;
}

static enum status no_such(const char *name, struct err *err)
{
    return RAISE(err, ST_NOT_FOUND, "there is no account %s", name);
}

enum status account_find(struct db *db, const char *name, struct account *ret, struct err *err)
{
    struct account_row row = { 0 };
    bool found = false;

    TRY(db_first(
        db,
        &(struct query){ .sql = "SELECT " ACCOUNT_COLUMNS " FROM account AS a WHERE a.name = ?",
                         .args = ARGS(v_text(name)),
                         .columns = account_columns },
        &row, &found, err));
    if (!found)
        return no_such(name, err);
    account_of_row(&row, ret);
    return ST_OK;
}

/* ---- looking ---- */

struct look {
    const char *name;
    struct account *account;
    struct account_list *list;
};

static enum status find(struct db *db, void *ctx, struct err *err)
{
    struct look *look = ctx;

    return account_find(db, look->name, look->account, err);
}

enum status store_account_find(struct store *store, const char *name, struct account *ret,
                               struct err *err)
{
    struct look look = { .name = name, .account = ret };

    return store_run(store, &(struct work){ .run = find, .ctx = &look }, err);
}

static enum status list(struct db *db, void *ctx, struct err *err)
{
    struct account_list *all = ((struct look *)ctx)->list;
    AUTO(rows_close) struct rows *rows = NULL;
    struct account_row row = { 0 };
    bool more = true;

    all->count = 0;
    TRY(rows_open(db,
                  &(struct query){ .sql = "SELECT " ACCOUNT_COLUMNS
                                          " FROM account AS a ORDER BY a.name LIMIT ?",
                                   .args = ARGS(v_int(ACCOUNTS_MAX)),
                                   .columns = account_columns },
                  &rows, err));
    for (;;) {
        TRY(rows_next(rows, &row, &more, err));
        if (!more || all->count == ACCOUNTS_MAX)
            return ST_OK;
        account_of_row(&row, &all->at[all->count++]);
    }
}

enum status store_account_list(struct store *store, struct account_list **ret_list, struct err *err)
{
    AUTO_FREE struct account_list *all = calloc(1, sizeof(*all));
    struct look look = { .list = all };

    if (!all)
        return RAISE(err, ST_NOMEM, "accounts");
    TRY(store_run(store, &(struct work){ .run = list, .ctx = &look }, err));
    *ret_list = TAKE(all);
    return ST_OK;
}

/* ---- changes ---- */

struct change {
    const char *name;
    enum account_role role;
    const char *phc;
    bool must_change;
    const uint8_t *keep;
    enum status (*make)(struct db *db, const struct change *change, struct err *err);
};

static enum status count(struct db *db, const char *sql, struct args args, uint32_t *ret,
                         struct err *err)
{
    static const struct column one[] = { { .kind = C_UINT32 } };
    bool found = false;

    return db_first(db, &(struct query){ .sql = sql, .args = args, .columns = COLUMNS(one) }, ret,
                    &found, err);
}

/* Changes on which the number of accounts hangs stand in line, on all nodes of a cluster. */
static enum status guard(struct db *db, struct err *err)
{
    return db_exec(db, "UPDATE account_guard SET changes = changes + 1 WHERE id = 1", no_args, NULL,
                   err);
}

static enum status add(struct db *db, void *ctx, struct err *err)
{
    const struct change *change = ctx;
    uint32_t accounts = 0;

    TRY(guard(db, err));
    TRY(count(db, "SELECT COUNT(*) FROM account", no_args, &accounts, err));
    if (accounts >= ACCOUNTS_MAX)
        return RAISE_CAUSE(err, ST_CONFLICT, "tooMany", NULL, "200 accounts",
                           "there are %d accounts, which is the most", ACCOUNTS_MAX);
    enum status status =
        db_exec(db,
                "INSERT INTO account (name, role, password, must_change, created_at, changed_at)"
                " VALUES (?, ?, ?, ?, NOW(6), NOW(6))",
                ARGS(v_text(change->name), v_text(role_name(change->role)), v_text(change->phc),
                     v_int(change->must_change)),
                NULL, err);
    if (status == ST_CONFLICT)
        return RAISE(err, ST_CONFLICT, "there is an account %s already", change->name);
    return status;
}

enum status store_account_add(struct store *store, const char *name, enum account_role role,
                              const char *phc, bool must_change, struct err *err)
{
    struct change change = { .name = name, .role = role, .phc = phc, .must_change = must_change };

    if (!account_name_is_valid(name))
        return RAISE(err, ST_INPUT,
                     "a name has 1 to 64 of a-z 0-9 . _ - and begins with neither "
                     "- nor .");
    return store_run(store, &(struct work){ .run = add, .ctx = &change, .transaction = true }, err);
}

/* Ends its log-ins, but for one. */
static enum status end_sessions(struct db *db, const char *name, const uint8_t *keep,
                                struct err *err)
{
    static const uint8_t none[32] = { 0 };

    return db_exec(db, "DELETE FROM account_session WHERE account = ? AND cookie_sha256 <> ?",
                   ARGS(v_text(name), v_sha256(keep ? keep : none)), NULL, err);
}

/* In a transaction: the account is there; the change; somebody is left who may do everything. */
static enum status run_change(struct db *db, void *ctx, struct err *err)
{
    const struct change *change = ctx;
    struct account before = { .blocked = true };
    uint32_t left = 0;

    TRY(guard(db, err));
    TRY(account_find(db, change->name, &before, err));
    TRY(change->make(db, change, err));
    TRY(end_sessions(db, change->name, change->keep, err));
    TRY(count(db, "SELECT COUNT(*) FROM account WHERE role = 'administrator' AND blocked = 0",
              no_args, &left, err));
    if (left == 0 && before.role == ROLE_ADMINISTRATOR && !before.blocked)
        return RAISE_CAUSE(err, ST_CONFLICT, "lastAdministrator", NULL, NULL,
                           "%s is the last administrator: make another one first", change->name);
    return ST_OK;
}

static enum status change_account(struct store *store, struct change change, struct err *err)
{
    return store_run(store,
                     &(struct work){ .run = run_change, .ctx = &change, .transaction = true }, err);
}

static enum status make_removed(struct db *db, const struct change *change, struct err *err)
{
    return db_exec(db, "DELETE FROM account WHERE name = ?", ARGS(v_text(change->name)), NULL, err);
}

enum status store_account_remove(struct store *store, const char *name, struct err *err)
{
    return change_account(store, (struct change){ .name = name, .make = make_removed }, err);
}

static enum status make_role(struct db *db, const struct change *change, struct err *err)
{
    return db_exec(db, "UPDATE account SET role = ?, changed_at = NOW(6) WHERE name = ?",
                   ARGS(v_text(role_name(change->role)), v_text(change->name)), NULL, err);
}

enum status store_account_set_role(struct store *store, const char *name, enum account_role role,
                                   struct err *err)
{
    return change_account(store, (struct change){ .name = name, .role = role, .make = make_role },
                          err);
}

static enum status make_blocked(struct db *db, const struct change *change, struct err *err)
{
    return db_exec(db, "UPDATE account SET blocked = 1, changed_at = NOW(6) WHERE name = ?",
                   ARGS(v_text(change->name)), NULL, err);
}

enum status store_account_block(struct store *store, const char *name, struct err *err)
{
    return change_account(store, (struct change){ .name = name, .make = make_blocked }, err);
}

static enum status make_password(struct db *db, const struct change *change, struct err *err)
{
    return db_exec(db,
                   "UPDATE account SET password = ?, must_change = ?, failures = 0,"
                   " locked_until = NULL, changed_at = NOW(6) WHERE name = ?",
                   ARGS(v_text(change->phc), v_int(change->must_change), v_text(change->name)),
                   NULL, err);
}

enum status store_account_set_password(struct store *store, const char *name, const char *phc,
                                       bool must_change, const uint8_t *keep, struct err *err)
{
    return change_account(store,
                          (struct change){ .name = name,
                                           .phc = phc,
                                           .must_change = must_change,
                                           .keep = keep,
                                           .make = make_password },
                          err);
}

static enum status unblock(struct db *db, void *ctx, struct err *err)
{
    const struct change *change = ctx;
    uint64_t matched = 0;

    TRY(db_exec(db,
                "UPDATE account SET blocked = 0, failures = 0, locked_until = NULL,"
                " changed_at = NOW(6) WHERE name = ?",
                ARGS(v_text(change->name)), &matched, err));
    return matched > 0 ? ST_OK : no_such(change->name, err);
}

enum status store_account_unblock(struct store *store, const char *name, struct err *err)
{
    struct change change = { .name = name };

    return store_run(store, &(struct work){ .run = unblock, .ctx = &change }, err);
}
