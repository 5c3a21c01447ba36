/* Making signatures: what both profiles share. No private key meets xmlsec. */
#pragma once

#include "base/bytes.h"
#include "crypto/key.h"

/* The signature value of canonical SignedInfo in base64. ST_INTERNAL: the library refused. */
MUST_USE enum status sign_base64(const struct key *key, struct slice signed_info,
                                 struct bytes **ret, struct err *err);
/* The key's certificate in base64, one line. */
MUST_USE enum status sign_cert_base64(const struct key *key, struct bytes **ret, struct err *err);
