/* OCSP answers of the sandbox (RFC 6960): whatever is asked gets a well-formed answer. */
#pragma once

#include "base/bytes.h"
#include "sandbox/index.h"
#include "sandbox/pki.h"

/**
 * Answers a DER OCSPRequest for certificates of one family, signed by its responder, nonce echoed.
 * What the index does not know, or another CA's, is unknown; what cannot be read gets
 * malformedRequest. *ret_der is the caller's. ST_INTERNAL.
 */
MUST_USE enum status ocsp_answer(const struct pki *pki, const struct family *family,
                                 const struct index *index, struct slice request,
                                 struct bytes **ret_der, struct err *err);
