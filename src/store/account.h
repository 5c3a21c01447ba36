/* Accounts of people, what they are logged in with, and how often they failed (req 0.36, 0.37):
 * shared by every instance, changed by conditional UPDATE, timed by the database's clock. Errors as
 * store.h says. Names are valid ones (model/account.h). */
#pragma once

#include "model/account.h"
#include "store/store.h"

enum { ACCOUNTS_MAX = 200, ACCOUNT_PHC_BYTES = 128, ACCOUNT_SECRET_MAX = 64 };

struct account {
    char name[ACCOUNT_NAME_BYTES];
    enum account_role role;
    char password[ACCOUNT_PHC_BYTES]; /* argon2id PHC; never shown */
    bool must_change;                 /* its password was set by another person */
    bool blocked;                     /* by an administrator */
    bool has_totp;
    bool has_totp_pending;   /* enrolled, not confirmed yet */
    uint32_t failures;       /* in a row */
    uint32_t sessions;       /* log-ins that live or were not swept yet */
    int64_t locked_until_ms; /* 0: never was, or the last log-in was right */
    int64_t totp_step;       /* of the last code taken */
    int64_t created_ms, changed_ms;
    int64_t login_ms; /* 0: never */
    int64_t now_ms;   /* the database's clock, as of this look */
};
/* Too many wrong passwords in a row. */
bool account_is_locked(const struct account *account);

/* ST_CONFLICT: the name is taken, or there are ACCOUNTS_MAX (code tooMany). */
MUST_USE enum status store_account_add(struct store *store, const char *name,
                                       enum account_role role, const char *phc, bool must_change,
                                       struct err *err);
/* ST_NOT_FOUND. */
MUST_USE enum status store_account_find(struct store *store, const char *name, struct account *ret,
                                        struct err *err);
struct account_list {
    struct account at[ACCOUNTS_MAX];
    size_t count;
};
/* By name. *ret_list is the caller's: free(). */
MUST_USE enum status store_account_list(struct store *store, struct account_list **ret_list,
                                        struct err *err);

/* Changes. ST_NOT_FOUND; ST_CONFLICT code lastAdministrator: nobody would be left who can log in as
 * administrator. All but unlocking end the account's log-ins, so that what it may is looked at
 * afresh. */
MUST_USE enum status store_account_remove(struct store *store, const char *name, struct err *err);
MUST_USE enum status store_account_set_role(struct store *store, const char *name,
                                            enum account_role role, struct err *err);
MUST_USE enum status store_account_block(struct store *store, const char *name, struct err *err);
/* Lifts the block and the lock-out, and forgets the failures. */
MUST_USE enum status store_account_unblock(struct store *store, const char *name, struct err *err);
/* keep: SHA-256 of the cookie of the log-in that stays, 32 bytes; NULL: none. Lifts a lock-out. */
MUST_USE enum status store_account_set_password(struct store *store, const char *name,
                                                const char *phc, bool must_change,
                                                const uint8_t *keep, struct err *err);

/* ---- second factors; secrets lie sealed ---- */
/* A new secret, waiting for its first code. */
MUST_USE enum status store_totp_begin(struct store *store, const char *name, struct slice secret,
                                      struct err *err);
/* pending: the one that waits. ST_NOT_FOUND: there is none. Wipe *ret. */
struct totp_secret {
    uint8_t at[ACCOUNT_SECRET_MAX];
    size_t len;
};
MUST_USE enum status store_totp_secret(struct store *store, const char *name, bool pending,
                                       struct totp_secret *ret, struct err *err);
/* From now on the pending secret is asked for; step: of the code that proved it, which counts as
 * taken. ST_CONFLICT: none is pending. */
MUST_USE enum status store_totp_confirm(struct store *store, const char *name, int64_t step,
                                        struct err *err);
/* The second factor, and a pending one, are gone. */
MUST_USE enum status store_totp_off(struct store *store, const char *name, struct err *err);
/* Takes a code once: ST_CONFLICT when this step or a later one was taken before. */
MUST_USE enum status store_totp_take(struct store *store, const char *name, int64_t step,
                                     struct err *err);

/* ---- log-ins ---- */
struct account_limits {
    int64_t max_failures; /* in a row; with the last one the account is locked */
    int64_t lock_ms;
    int64_t idle_ms;  /* a session not used for so long is over */
    int64_t total_ms; /* and so is one as old as this */
    int64_t half_ms;  /* and one whose second factor is waited for */
    int64_t max_sessions;
};
/* A wrong password or code. A locked account is not counted, so that nobody keeps it locked for
 * ever by asking. *ret_locked: it was locked by this failure. */
MUST_USE enum status store_account_failed(struct store *store, const char *name,
                                          const struct account_limits *limits, bool *ret_locked,
                                          struct err *err);

struct account_session {
    const uint8_t *cookie_sha256; /* 32 bytes */
    const char *address;
    const char *user_agent; /* cut to what the column holds */
    bool half;              /* the second factor is still to come */
};
/* The password, or the second factor after it, was right: account as it was looked at. Forgets the
 * failures (not when it is half), removes the oldest log-ins beyond max_sessions, and begins a new
 * one; session NULL: a log-in for one command (shepctl). ST_CONFLICT: since then the account was
 * locked, blocked, or given another password or role: try again. */
MUST_USE enum status store_account_login(struct store *store, const struct account *account,
                                         const struct account_limits *limits,
                                         const struct account_session *session, struct err *err);

enum session_look {
    SESSION_LOOK_NONE,  /* no such cookie */
    SESSION_LOOK_LIVE,  /* counts as used now */
    SESSION_LOOK_HALF,  /* the second factor is waited for */
    SESSION_LOOK_ENDED, /* just now, by idleness or age: whoever is told so removed it */
};
/* Whose it is. *ret_account is filled in unless it is SESSION_LOOK_NONE. */
MUST_USE enum status store_account_look(struct store *store, const uint8_t *cookie_sha256,
                                        const struct account_limits *limits,
                                        enum session_look *ret_look, struct account *ret_account,
                                        struct err *err);
/* Log-out; gone already is fine. */
MUST_USE enum status store_account_logout(struct store *store, const uint8_t *cookie_sha256,
                                          struct err *err);
/* Removes those that nobody came back to; bounded. *ret_swept: how many. */
MUST_USE enum status store_account_sweep(struct store *store, const struct account_limits *limits,
                                         uint64_t *ret_swept, struct err *err);
