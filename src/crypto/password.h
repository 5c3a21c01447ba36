/* Senders' passwords: argon2id in PHC form ($argon2id$…), remembered as HMAC once verified. */
#pragma once

#include "base/auto.h"
#include "base/err.h"
#include "base/slice.h"

struct passwords; /* the memory of verified ones under a per-process key; thread-safe */

struct passwords *passwords_new(void);
void passwords_free(struct passwords *passwords);
DEFINE_AUTO(struct passwords, passwords_free)
/* True when the password is that of the PHC string. At most 1,024 remembered; others are computed
 * one at a time (19 MiB each), so a flood of wrong ones takes no memory. Thread-safe. */
bool passwords_match(struct passwords *passwords, const char *phc, struct slice password);
/* A PHC string for a new password; ret holds 128 bytes. */
MUST_USE enum status password_hash(struct slice password, char ret[128], struct err *err);
