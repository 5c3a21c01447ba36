/* Which signature algorithms each kind of signature may use, as the configuration says (C-28). */
#pragma once

#include "conf/conf.h"
#include "crypto/algorithm.h"

enum signature_kind {
    KIND_TRANSPORT, /* of requests */
    KIND_USER,      /* of citizens' documents */
    KIND_BUSINESS,  /* inside payloads */
    KIND_TIMESTAMP,
    KIND_JWS, /* of answers; its forms know no SHA-1 */
    KIND_COUNT_,
};

/* enum algorithm bits. RSA with SHA-1 is among them only where sha1_profiles names the kind. */
unsigned allowed_algorithms(const struct conf *conf, enum signature_kind kind);
