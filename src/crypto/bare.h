/* A bare signature value, without CMS or XML around it: over given bytes, by a certificate's key.
 * What SIGN_BYTES_ARRAY and JWS share. Thread-safe. */
#pragma once

#include "crypto/cert_impl.h"
#include "crypto/report.h"
#include "crypto/scheme.h"
#include "crypto/trust.h"

/* The first algorithm of the certificate's key that the judgement allows; NULL: none. */
const struct scheme *bare_scheme(const struct judge *judge, const struct cert *cert);
/* The same with its row: CHECK_ALGORITHM. */
const struct scheme *bare_judge_algorithm(const struct judge *judge, const struct cert *cert,
                                          struct report *report);
/* Is this the signature of data by the certificate's key, with one of its allowed algorithms?
 * *ret_scheme is that one; untouched when false. Then OpenSSL's queue is the
 * caller's to empty: ossl_clear() tells whether memory ran out. */
bool bare_verify(const struct judge *judge, const struct cert *cert, struct slice data,
                 struct slice signature, const struct scheme **ret_scheme);
