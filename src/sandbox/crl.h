/* Revocation lists of the sandbox, made when asked for from the index (RFC 5280 section 5).
 * Bases appear at midnight UTC and say what was revoked by then; the delta says what came since.
 * They are numbered apart, as НУЦ РК's are (kz-crypto.md section 7). */
#pragma once

#include "base/bytes.h"
#include "crypto/key.h"
#include "sandbox/index.h"

enum crl_form { CRL_BASE, CRL_DELTA, CRL_ROOT /* of the root: always empty */ };

/* DER, the caller's. issuer: the CA, or the root for CRL_ROOT. ST_INTERNAL. */
MUST_USE enum status crl_make(const struct key *issuer, const char *family,
                              const struct index *index, enum crl_form form, int64_t now_ms,
                              struct bytes **ret_der, struct err *err);
