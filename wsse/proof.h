/* The cryptographic part: digests and signature value, by xmlsec1. */
#pragma once

#include "base/bytes.h"
#include "crypto/cert.h"
#include "wsse/policy.h"

/**
 * Verifies the signature as planned with the certificate's key. Rows: CHECK_DIGEST,
 * CHECK_SIGNATURE. Afterwards it looks at which nodes were digested: CHECK_COVERAGE.
 *
 * signature_node  borrowed; the ids of the plan are registered in its document
 * ret_signed      the bytes that were digested for the Reference plan->body; the caller's, may be
 *                 NULL when nobody wants them
 */
bool proof_verify(struct trial *trial, const struct plan *plan, xmlNode *signature_node,
                  const struct cert *cert, struct bytes **ret_signed);
