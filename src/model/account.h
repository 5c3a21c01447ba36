/* Accounts of people who look after the service: console and shepctl (req 0.36, 0.53). */
#pragma once

#include "base/slice.h"

#include <stdbool.h>

/* What an account may do. The journal of information exchange is the administrator's alone; an
 * auditor sees the journal's proof, statistics and reports of verdicts, no record of an exchange.
 */
enum account_role { ROLE_ADMINISTRATOR, ROLE_AUDITOR, ROLE_COUNT_ };

enum {
    ROLES_ADMINISTRATOR = 1 << ROLE_ADMINISTRATOR,
    ROLES_AUDITOR = 1 << ROLE_AUDITOR,
    ROLES_ALL = ROLES_ADMINISTRATOR | ROLES_AUDITOR,
};

enum { ACCOUNT_NAME_BYTES = 65 }; /* 1..64 of a-z 0-9 . _ -, not - or . first; with NUL */

/* administrator auditor */
const char *role_name(enum account_role role);
/* Exact case; false when the text is none of them. */
bool role_parse(struct slice text, enum account_role *ret);
bool account_name_is_valid(const char *name);
