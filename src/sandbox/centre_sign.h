/* The x-jws-signature of ЦОИД's answers, right and wrong. For src/sandbox/centre only. */
#pragma once

#include "crypto/jws.h"

enum sign_form {
    SIGN_WELL,
    SIGN_NOT,         /* no header at all */
    SIGN_OTHER_BYTES, /* a good signature, of something else */
    SIGN_GARBAGE,     /* no JWS */
    SIGN_UNKNOWN_KID, /* a kid that no certificate has */
    SIGN_EXPIRED,     /* by the key whose certificate has run out */
};

/* Borrowed. */
struct centre_signer {
    const struct key *key;
    const struct key *expired;
    struct jws_settings settings;
};

/* *ret_text is the caller's, NULL with SIGN_NOT. */
MUST_USE enum status centre_sign(const struct centre_signer *signer, enum sign_form form,
                                 struct slice body, struct bytes **ret_text, struct err *err);
