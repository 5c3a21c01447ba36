/* OCSP answers of the sandbox (RFC 6960): whatever is asked gets a well-formed answer. */
#pragma once

#include "base/bytes.h"
#include "sandbox/index.h"
#include "sandbox/pki.h"

/* What a responder may do wrong, for whoever tests against it. */
enum ocsp_mood {
    MOOD_NONE,
    MOOD_TRY_LATER,      /* tryLater, as at an outage */
    MOOD_INTERNAL_ERROR, /* internalError */
    MOOD_NO_NONCE,       /* the request's nonce is left out, which is allowed */
    MOOD_WRONG_NONCE,
    MOOD_NO_NEXT_UPDATE, /* allowed: the answer is of now alone */
    MOOD_EXPIRED,        /* nextUpdate an hour ago */
    MOOD_FUTURE,         /* thisUpdate in an hour */
    MOOD_OTHER_ISSUER,   /* about the same number of another issuer: its CertID is the root's */
    MOOD_UNAUTHORISED,   /* signed by a certificate of the CA that is not for OCSP (the TSA's) */
    MOOD_STRANGER,       /* signed by the responder of another family's CA */
    MOOD_UNKNOWN,        /* knows no certificate */
};

struct ocsp_wish {
    const struct pki *pki;
    const struct family *family;
    const struct index *index;
    enum ocsp_mood mood;
};
/**
 * Answers a DER OCSPRequest for certificates of one family, signed by its responder, nonce echoed.
 * What the index does not know, or another CA's, is unknown; what cannot be read gets
 * malformedRequest. *ret_der is the caller's. ST_INTERNAL.
 */
MUST_USE enum status ocsp_answer(const struct ocsp_wish *wish, struct slice request,
                                 struct bytes **ret_der, struct err *err);
