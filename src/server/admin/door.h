/* Who may come in: name, password and second factor against the accounts in the store, for the
 * console and for commands of shepctl. Wrong ones count, whoever asks; what a caller is told never
 * says which of name, password and lock-out it was (req 0.36, 0.53). Thread-safe. */
#pragma once

#include "base/auto.h"
#include "conf/conf.h"
#include "model/event.h"
#include "store/account.h"

struct door; /* what one process remembers */

enum {
    DOOR_WAITING_MAX = 4, /* tries at a time: each password costs 19 MiB and its time */
    PASSWORD_CHARS_MIN = 12,
    PASSWORD_CHARS_MAX = 128,
    PASSWORD_BYTES = 4 * PASSWORD_CHARS_MAX + 1,
};

/* *ret_door is the caller's. ST_NOMEM. */
MUST_USE enum status door_new(struct door **ret_door, struct err *err);
/* NULL is fine. */
void door_free(struct door *door);
DEFINE_AUTO(struct door, door_free)

struct account_limits door_limits(const struct conf_admin *conf);

/* Where a door stands. */
struct doorway {
    struct door *door;
    struct store *store;
    struct account_limits limits;
};

enum door_outcome {
    DOOR_UNKNOWN, /* no such account */
    DOOR_PASSWORD,
    DOOR_LOCKED,  /* after too many failures, for a while */
    DOOR_BLOCKED, /* by an administrator */
    DOOR_CODE,
    DOOR_CODE_USED,   /* right, and taken before */
    DOOR_CODE_WANTED, /* the password is right; the second factor is still to come */
    DOOR_OPEN,
};

struct door_try {
    const char *name;
    struct slice password;
    const char *code; /* NULL: none was given */
};

struct door_answer {
    enum door_outcome outcome;
    bool known;             /* there is such an account: */
    struct account account; /* as it was before this try */
    bool locked_now;        /* by this failure */
};

/* Counts failures; a right one is not yet a log-in: store_account_login(). Costs the same whether
 * the account is there or not. ST_UNAVAILABLE also when DOOR_WAITING_MAX others are being judged.
 */
MUST_USE enum status door_judge(const struct doorway *way, const struct door_try *try,
                                struct door_answer *ret, struct err *err);
/* The second factor alone, after a password that was right. */
MUST_USE enum status door_judge_code(const struct doorway *way, const struct account *account,
                                     const char *code, struct door_answer *ret, struct err *err);
/* The password alone, of somebody who is logged in. */
MUST_USE enum status door_judge_password(const struct doorway *way, const struct account *account,
                                         struct slice password, struct door_answer *ret,
                                         struct err *err);

enum { DOOR_TEXT = 200 };
/* The journal's words on it: auth.login, auth.failed, auth.locked; code DOOR_OPEN is said by the
 * caller once it holds. Address and times are the caller's. text holds the event's. The account is
 * named only where there is one: people type passwords into the wrong field. */
void door_event(const struct door_answer *answer, char text[DOOR_TEXT], struct event *ret);

enum password_fault {
    PASSWORD_FINE = 0,
    PASSWORD_SHORT,
    PASSWORD_LONG,
    PASSWORD_TEXT, /* not UTF-8, or control characters */
    PASSWORD_NAME, /* the account's name, or made of it and little else */
    PASSWORD_SAME, /* one character, or two in turn, again and again */
};
/* NIST SP 800-63B section 5.1.1.2: length counts (in characters), no rules of composition, but
 * neither the name nor a repetition. */
enum password_fault password_check(const char *name, struct slice password);
/* In English, for shepctl and errors. */
const char *password_fault_text(enum password_fault fault);
