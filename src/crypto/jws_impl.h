/* What the judgement of a JWS needs of its reading and writing. */
#pragma once

#include "crypto/jws.h"

/* One value of `alg` (req 2.41) and the algorithms of keys that it may stand for. */
struct jws_alg {
    const char *name;
    unsigned algorithms;
};
/* NULL: no such alg. */
const struct jws_alg *jws_alg_named(struct slice name);

/* RFC 7515's signing input with the parts as they were written; a detached body is encoded by
 * BASE64URL. The caller's. */
MUST_USE enum status jws_rfc_input(struct slice header_text, struct slice payload_text,
                                   struct slice body, struct bytes **ret, struct err *err);
MUST_USE enum status jws_input_of(const struct jws *jws, struct slice body, struct bytes **ret,
                                  struct err *err);

/* LE(r) ‖ LE(s) from BE(s) ‖ BE(r) and back. The caller's; NULL when out of memory. */
struct bytes *jws_reversed(struct slice signature);
