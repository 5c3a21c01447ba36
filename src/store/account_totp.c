/* Second factors: their secrets lie sealed, bound to the account; a code counts once. */
#include "base/text.h"
#include "store/account_rows.h"
#include "store/content.h"
#include "store/pool.h"

struct totp_work {
    const char *name;
    struct slice secret;
    bool pending;
    int64_t step;
    struct totp_secret *ret;
};

static enum status run(struct store *store,
                       enum status (*step)(struct db *db, void *ctx, struct err *err),
                       struct totp_work *work, struct err *err)
{
    return store_run(store, &(struct work){ .run = step, .ctx = work, .transaction = true }, err);
}

static enum status begin(struct db *db, void *ctx, struct err *err)
{
    const struct totp_work *work = ctx;
    AUTO(bytes_free) struct bytes *sealed = NULL;
    char place[CONTENT_PLACE];
    uint64_t matched = 0;

    content_place_totp(place, work->name);
    TRY(content_seal(db, place, work->secret, &sealed, err));
    TRY(db_exec(db, "UPDATE account SET totp_pending = ? WHERE name = ?",
                ARGS(v_slice(bytes_slice(sealed)), v_text(work->name)), &matched, err));
    return matched > 0 ? ST_OK : RAISE(err, ST_NOT_FOUND, "there is no account %s", work->name);
}

enum status store_totp_begin(struct store *store, const char *name, struct slice secret,
                             struct err *err)
{
    struct totp_work work = { .name = name, .secret = secret };

    if (secret.len == 0 || secret.len > ACCOUNT_SECRET_MAX)
        return RAISE(err, ST_INPUT, "a secret has 1 to %d bytes", ACCOUNT_SECRET_MAX);
    return run(store, begin, &work, err);
}

static enum status read_secret(struct db *db, void *ctx, struct err *err)
{
    static const struct column columns[] = { { .kind = C_BYTES } };
    const struct totp_work *work = ctx;
    AUTO(bytes_wipe) struct bytes *sealed = NULL;
    char place[CONTENT_PLACE];
    bool found = false;

    TRY(db_first(db,
                 &(struct query){ .sql = work->pending
                                             ? "SELECT totp_pending FROM account WHERE name = ?"
                                             : "SELECT totp FROM account WHERE name = ?",
                                  .args = ARGS(v_text(work->name)),
                                  .columns = COLUMNS(columns) },
                 &sealed, &found, err));
    if (!sealed)
        return RAISE(err, ST_NOT_FOUND, "%s has no second factor", work->name);
    content_place_totp(place, work->name);
    struct slice secret = bytes_slice(sealed);
    TRY(content_unseal(db, place, &secret, err));
    if (secret.len > sizeof(work->ret->at))
        return RAISE(err, ST_INTERNAL, "the second factor of %s is too long", work->name);
    memcpy(work->ret->at, secret.at, secret.len);
    work->ret->len = secret.len;
    return ST_OK;
}

enum status store_totp_secret(struct store *store, const char *name, bool pending,
                              struct totp_secret *ret, struct err *err)
{
    struct totp_work work = { .name = name, .pending = pending, .ret = ret };

    return store_run(store, &(struct work){ .run = read_secret, .ctx = &work }, err);
}

static enum status confirm(struct db *db, void *ctx, struct err *err)
{
    const struct totp_work *work = ctx;
    uint64_t matched = 0;

    TRY(db_exec(db,
                "UPDATE account SET totp = totp_pending, totp_pending = NULL, totp_step = ?,"
                " changed_at = NOW(6) WHERE name = ? AND totp_pending IS NOT NULL",
                ARGS(v_int(work->step), v_text(work->name)), &matched, err));
    return matched > 0
               ? ST_OK
               : RAISE(err, ST_CONFLICT, "no second factor of %s is waited for", work->name);
}

enum status store_totp_confirm(struct store *store, const char *name, int64_t step, struct err *err)
{
    struct totp_work work = { .name = name, .step = step };

    return run(store, confirm, &work, err);
}

static enum status off(struct db *db, void *ctx, struct err *err)
{
    const struct totp_work *work = ctx;
    uint64_t matched = 0;

    TRY(db_exec(db,
                "UPDATE account SET totp = NULL, totp_pending = NULL, changed_at = NOW(6)"
                " WHERE name = ?",
                ARGS(v_text(work->name)), &matched, err));
    return matched > 0 ? ST_OK : RAISE(err, ST_NOT_FOUND, "there is no account %s", work->name);
}

enum status store_totp_off(struct store *store, const char *name, struct err *err)
{
    struct totp_work work = { .name = name };

    return run(store, off, &work, err);
}

static enum status take(struct db *db, void *ctx, struct err *err)
{
    const struct totp_work *work = ctx;
    uint64_t matched = 0;

    TRY(db_exec(db, "UPDATE account SET totp_step = ? WHERE name = ? AND totp_step < ?",
                ARGS(v_int(work->step), v_text(work->name), v_int(work->step)), &matched, err));
    return matched > 0 ? ST_OK
                       : RAISE(err, ST_CONFLICT, "this code of %s was taken before", work->name);
}

enum status store_totp_take(struct store *store, const char *name, int64_t step, struct err *err)
{
    struct totp_work work = { .name = name, .step = step };

    return run(store, take, &work, err);
}
