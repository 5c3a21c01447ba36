/* Revocation lists of the sandbox, made when asked for from the index (RFC 5280 section 5).
 * Bases appear at midnight UTC and say what was revoked by then; the delta says what came since.
 * They are numbered apart, as НУЦ РК's are (kz-crypto.md section 7). */
#pragma once

#include "base/bytes.h"
#include "crypto/key.h"
#include "sandbox/index.h"

enum crl_form { CRL_BASE, CRL_DELTA, CRL_ROOT /* of the root: always empty */ };

struct crl_wish {
    const struct key *issuer; /* the CA, or the root for CRL_ROOT */
    const char *family;
    enum crl_form form;
    int64_t now_ms;
};
/* DER, the caller's. ST_INTERNAL. */
MUST_USE enum status crl_make(const struct crl_wish *wish, const struct index *index,
                              struct bytes **ret_der, struct err *err);
