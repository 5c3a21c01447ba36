/* The cryptographic part: digests and signature value, by xmlsec1. */
#pragma once

#include "base/bytes.h"
#include "crypto/cert.h"
#include "wsse/policy.h"

struct outside {
    struct slice content;
    const struct xml_limits *limits;
};

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

/**
 * The same where the one Reference is to content that is not of the document: by libxml2's C14N and
 * the room crypto, for xmlsec1 would go and look for it. With a Transform, which is a C14N, content
 * is XML and keeps the limits; without, its bytes are what is digested.
 */
bool proof_verify_outside(struct trial *trial, const struct plan *plan,
                          const struct signature *signature, const struct cert *cert,
                          const struct outside *outside);

/* The signature method goes with the certificate's key: the row CHECK_ALGORITHM. */
bool proof_fits(struct trial *trial, const struct plan *plan, const struct cert *cert);

/* Is ds:SignatureValue that of ds:SignedInfo by this certificate's key? No row: it tells which of
 * several certificates is the signer's. */
bool proof_is_made_by(const struct trial *trial, const struct signature *signature,
                      const struct cert *cert);
