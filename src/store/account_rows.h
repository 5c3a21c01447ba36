/* How rows of account and struct account correspond. For this room only. */
#pragma once

#include "store/account.h"
#include "store/db.h"

#define ACCOUNT_COLUMNS                                                                                                          \
    "a.name, a.role, a.password, a.must_change, a.blocked, a.totp IS NOT NULL,"                                                  \
    " a.totp_pending IS NOT NULL, a.failures,"                                                                                   \
    " (SELECT COUNT(*) FROM account_session WHERE account = a.name), " DB_MS(                                                    \
        "a.locked_until") ", a.totp_step, " DB_MS("a.created_at") ", " DB_MS("a.changed_at") ","                                 \
                                                                                             " " DB_MS("a.login_at") ", " DB_MS( \
                                                                                                 "NOW(6)")

/* A row as it is read. */
struct account_row {
    struct account account;
    uint32_t must_change, blocked, has_totp, has_totp_pending;
};
extern const struct columns account_columns;
void account_of_row(const struct account_row *row, struct account *ret);
/* The one of that name, in whatever transaction this is. ST_NOT_FOUND. */
MUST_USE enum status account_find(struct db *db, const char *name, struct account *ret,
                                  struct err *err);
