#include "server/admin/door.h"

#include "base/text.h"
#include "crypto/encode.h"
#include "crypto/password.h"
#include "crypto/totp.h"

#include <stdatomic.h>
#include <strings.h>

enum { HALF_MS = 5 * 60 * 1000, NAME_REST_MIN = 6 };

struct door {
    struct passwords *passwords;
    char nobodys[128]; /* a hash that no password has, for accounts that are not there */
    atomic_int waiting;
};

enum status door_new(struct door **ret_door, struct err *err)
{
    AUTO(door_free) struct door *door = calloc(1, sizeof(*door));
    uint8_t secret[SHA256_BYTES];

    if (!door || !(door->passwords = passwords_new()))
        return RAISE(err, ST_NOMEM, "log-ins: out of memory");
    random_fill(secret, sizeof(secret));
    TRY(password_hash(slice_mem(secret, sizeof(secret)), door->nobodys, err));
    *ret_door = TAKE(door);
    return ST_OK;
}

void door_free(struct door *door)
{
    if (!door)
        return;
    if (door->passwords)
        passwords_free(door->passwords);
    free(door);
}

struct account_limits door_limits(const struct conf_admin *conf)
{
    return (struct account_limits){
        .max_failures = conf->max_failures,
        .lock_ms = conf->lock_s * 1000,
        .idle_ms = conf->idle_s * 1000,
        .total_ms = conf->session_s * 1000,
        .half_ms = HALF_MS,
        .max_sessions = conf->max_sessions,
    };
}

/* ---- judging ---- */

/* A few at a time: a flood of guesses must not take every worker. */
static enum status match(struct door *door, const char *phc, struct slice password, bool *ret_right,
                         struct err *err)
{
    if (atomic_fetch_add(&door->waiting, 1) >= DOOR_WAITING_MAX) {
        atomic_fetch_sub(&door->waiting, 1);
        return RAISE_CAUSE(err, ST_UNAVAILABLE, "doorBusy", NULL, NULL,
                           "too many log-ins are being checked: try again in a moment");
    }
    *ret_right = passwords_match(door->passwords, phc, password);
    atomic_fetch_sub(&door->waiting, 1);
    return ST_OK;
}

static enum status count_failure(const struct doorway *way, struct door_answer *answer,
                                 enum door_outcome outcome, struct err *err)
{
    answer->outcome = outcome;
    return store_account_failed(way->store, answer->account.name, &way->limits, &answer->locked_now,
                                err);
}

/* Whoever cannot come in anyway waits as long as everybody. */
static enum status judge_password(const struct doorway *way, struct slice password,
                                  struct door_answer *answer, struct err *err)
{
    const struct account *account = &answer->account;
    const bool may = answer->known && !account->blocked && !account_is_locked(account);
    bool right = false;

    TRY(match(way->door, may ? account->password : way->door->nobodys, password, &right, err));
    if (!answer->known)
        answer->outcome = DOOR_UNKNOWN;
    else if (account->blocked)
        answer->outcome = DOOR_BLOCKED;
    else if (account_is_locked(account))
        answer->outcome = DOOR_LOCKED;
    else if (!right)
        return count_failure(way, answer, DOOR_PASSWORD, err);
    else
        answer->outcome = account->has_totp ? DOOR_CODE_WANTED : DOOR_OPEN;
    return ST_OK;
}

static enum status judge_code(const struct doorway *way, const char *code,
                              struct door_answer *answer, struct err *err)
{
    const struct account *account = &answer->account;
    struct totp_secret secret = { .len = 0 };
    int64_t step = -1;

    if (account->blocked || account_is_locked(account)) {
        answer->outcome = account->blocked ? DOOR_BLOCKED : DOOR_LOCKED;
        return ST_OK;
    }
    TRY(store_totp_secret(way->store, account->name, false, &secret, err));
    enum status status =
        totp_find(slice_mem(secret.at, secret.len), account->now_ms, slice_str(code), &step, err);
    explicit_bzero(&secret, sizeof(secret));
    TRY(status);
    if (step < 0)
        return count_failure(way, answer, DOOR_CODE, err);
    status = store_totp_take(way->store, account->name, step, err);
    if (status == ST_CONFLICT)
        return count_failure(way, answer, DOOR_CODE_USED, err);
    TRY(status);
    answer->outcome = DOOR_OPEN;
    return ST_OK;
}

enum status door_judge(const struct doorway *way, const struct door_try *try,
                       struct door_answer *ret, struct err *err)
{
    enum status found = ST_NOT_FOUND;

    *ret = (struct door_answer){ .outcome = DOOR_UNKNOWN };
    if (account_name_is_valid(try->name))
        found = store_account_find(way->store, try->name, &ret->account, err);
    if (found != ST_OK && found != ST_NOT_FOUND)
        return found;
    ret->known = found == ST_OK;
    TRY(judge_password(way, try->password, ret, err));
    return ret->outcome == DOOR_CODE_WANTED && try->code ? judge_code(way, try->code, ret, err)
                                                         : ST_OK;
}

enum status door_judge_code(const struct doorway *way, const struct account *account,
                            const char *code, struct door_answer *ret, struct err *err)
{
    *ret = (struct door_answer){ .known = true, .account = *account };
    return judge_code(way, code, ret, err);
}

enum status door_judge_password(const struct doorway *way, const struct account *account,
                                struct slice password, struct door_answer *ret, struct err *err)
{
    *ret = (struct door_answer){ .known = true, .account = *account };
    TRY(judge_password(way, password, ret, err));
    if (ret->outcome == DOOR_CODE_WANTED)
        ret->outcome = DOOR_OPEN;
    return ST_OK;
}

/* ---- the journal's words ---- */

void door_event(const struct door_answer *answer, char text[DOOR_TEXT], struct event *ret)
{
    static const char *const reasons[] = {
        [DOOR_UNKNOWN] = "no such account",
        [DOOR_PASSWORD] = "wrong password",
        [DOOR_LOCKED] = "locked after too many failures",
        [DOOR_BLOCKED] = "blocked by an administrator",
        [DOOR_CODE] = "wrong code of the second factor",
        [DOOR_CODE_USED] = "code of the second factor was taken before",
        [DOOR_CODE_WANTED] = "second factor is missing",
        [DOOR_OPEN] = "logged in",
    };
    const bool open = answer->outcome == DOOR_OPEN;

    if (open)
        (void)text_format(text, DOOR_TEXT, "logged in as %s%s", role_name(answer->account.role),
                          answer->account.has_totp ? " with a second factor" : "");
    else
        (void)text_format(text, DOOR_TEXT, "log-in refused: %s%s", reasons[answer->outcome],
                          answer->locked_now ? "; the account is locked for a while by it" : "");
    *ret = (struct event){
        .level = open ? EVENT_NOTICE : EVENT_WARNING,
        .name = open                 ? "auth.login"
                : answer->locked_now ? "auth.locked"
                                     : "auth.failed",
        .account = answer->known ? answer->account.name : "-",
        .text = text,
    };
}

/* ---- what a password may be ---- */

static bool is_plain_text(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] < ' ' || s.at[i] == 0x7f)
            return false;
    return text_is_utf8(s);
}

static size_t count_characters(struct slice s)
{
    size_t count = 0;

    for (size_t i = 0; i < s.len; i++)
        count += ((unsigned char)s.at[i] & 0xc0) != 0x80;
    return count;
}

static bool repeats(struct slice s, size_t period)
{
    for (size_t i = period; i < s.len; i++)
        if (s.at[i] != s.at[i - period])
            return false;
    return true;
}

/* The name somewhere in it, and too little beside it. */
static bool leans_on_name(const char *name, struct slice password)
{
    size_t len = strlen(name);

    for (size_t i = 0; i + len <= password.len; i++)
        if (strncasecmp(password.at + i, name, len) == 0)
            return password.len - len < NAME_REST_MIN;
    return false;
}

enum password_fault password_check(const char *name, struct slice password)
{
    if (!is_plain_text(password))
        return PASSWORD_TEXT;
    size_t characters = count_characters(password);
    if (characters < PASSWORD_CHARS_MIN)
        return PASSWORD_SHORT;
    if (characters > PASSWORD_CHARS_MAX)
        return PASSWORD_LONG;
    if (leans_on_name(name, password))
        return PASSWORD_NAME;
    return repeats(password, 1) || repeats(password, 2) ? PASSWORD_SAME : PASSWORD_FINE;
}

const char *password_fault_text(enum password_fault fault)
{
    static const char *const texts[] = {
        [PASSWORD_FINE] = "fine",
        [PASSWORD_SHORT] = "a password has 12 characters at least",
        [PASSWORD_LONG] = "a password has 128 characters at most",
        [PASSWORD_TEXT] = "a password is UTF-8 without control characters",
        [PASSWORD_NAME] = "a password must not be the account's name with little beside it",
        [PASSWORD_SAME] = "a password must not be a repetition",
    };

    return texts[fault];
}
