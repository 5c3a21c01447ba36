/* Revocation lists as they came, signed, kept for good under the SHA-256 of their DER, which is how
 * the evidence of a signature names them: whoever judges it again reads them from here. */
#pragma once

#include "base/err.h"
#include "crypto/crl.h"

/**
 * Writes DIR/SHA256.crl unless it is there; synced, and never half written.
 * data: what was verified as crl, in whatever armour it came
 * ST_UNAVAILABLE  the disk does not take it (text names path and reason)
 */
MUST_USE enum status archive_list(const char *dir, const struct crl *crl, struct slice data,
                                  struct err *err);
