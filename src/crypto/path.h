/* A certificate path under construction, between its search and its check. */
#pragma once

#include "crypto/trust_impl.h"

/**
 * Checks a whole path, signer first, anchor last, whose links are already known to be signed: CA
 * flags, key usage, path lengths, name constraints, critical extensions, strength of keys and
 * digests. Dates are left out.
 *
 * sha1  SHA-1 under a link's signature is accepted; weaker ones and short keys never are
 * why   set when it returns false; names the certificate
 */
bool path_check(const struct cert *const *certs, size_t count, bool sha1, char why[WHY_MAX]);
/* Writes "NAME, serial N: REASON". */
void path_blame(const struct cert *cert, const char *reason, char why[WHY_MAX]);
