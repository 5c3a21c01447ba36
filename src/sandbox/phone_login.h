/* How the app shows who holds the telephone where auth_type is Eds (req 1.19). */
#pragma once

#include "base/bytes.h"
#include "base/err.h"
#include "crypto/key.h"

#include <stdint.h>

/* {"xml":"…"}: a login with this URL of API №2 and this time (Unix), signed with the authentication
 * key. The caller's. ST_INTERNAL: a key we do not sign with. */
MUST_USE enum status phone_login_make(const struct key *auth_key, const char *uri, int64_t now_ms,
                                      struct bytes **ret_json, struct err *err);
