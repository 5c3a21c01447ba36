/* OCSP (RFC 6960): the request for one certificate and the judgement of an answer's bytes. */
#pragma once

#include "base/bytes.h"
#include "crypto/cert.h"

enum ocsp_state {
    OCSP_UNUSABLE = 0, /* says nothing that may be relied upon; text tells why */
    OCSP_UNKNOWN,      /* the responder does not know the certificate */
    OCSP_REVOKED,
    OCSP_GOOD,
};

struct ocsp_query {
    const struct cert *subject;
    const struct cert *issuer;
    struct slice nonce; /* as sent; compared when the answer carries one; empty: not compared */
    int64_t now_ms;
    int64_t skew_ms;
    bool kept; /* a stored receipt: its age does not matter, the check is as of its date */
};

struct ocsp_answer {
    enum ocsp_state state;
    int64_t this_update_ms;
    int64_t revoked_ms;
    char text[320]; /* good: by whom and of when; else the reason */
};

enum { OCSP_NONCE_BYTES = 16, OCSP_ANSWER_MAX = 64 * 1024 };

/* A request with CertID by SHA-256 and this nonce; DER, the caller's. */
MUST_USE enum status ocsp_request(const struct ocsp_query *query, struct bytes **ret_der,
                                  struct err *err);
/* Signature, authority of the responder (section 4.2.2.2), CertID, times, nonce; in this order,
 * the first that fails is the reason. */
void ocsp_judge_response(const struct ocsp_query *query, struct slice der, struct ocsp_answer *ret);
/* The first http(s) address of the certificate's AIA into dst; false: none that fits. */
bool ocsp_url(const struct cert *cert, char *dst, size_t size);
