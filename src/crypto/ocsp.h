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
enum { OCSP_STATES = OCSP_GOOD + 1 };
/* unusable, unknown, revoked, good. */
const char *ocsp_state_name(enum ocsp_state state);

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
    bool again; /* unusable for now: the responder itself says that it is out of order (tryLater,
                   internalError) */
    int64_t this_update_ms;
    int64_t next_update_ms; /* 0: none in the answer */
    int64_t revoked_ms;
    int reason; /* enum crl_reason, -1: not given */
    /* whose word it is */
    char responder[256];      /* common name */
    const char *algorithm;    /* of its signature, for people; static; NULL: unusable */
    bool responder_revocable; /* delegated, and without id-pkix-ocsp-nocheck: it may be revoked
                                 itself, RFC 6960 section 4.2.2.2.1 */
    char text[320];           /* good: of when; else the reason */
};

enum {
    OCSP_NONCE_BYTES = 16,
    OCSP_ANSWER_MAX = 64 * 1024,
    OCSP_URLS_MAX = 4,
    OCSP_URL_BYTES = 1024,
};

/* Responders, in the order in which they are asked. */
struct ocsp_urls {
    size_t count;
    char at[OCSP_URLS_MAX][OCSP_URL_BYTES];
};

/* A request with CertID by SHA-256 and this nonce; DER, the caller's. */
MUST_USE enum status ocsp_request(const struct ocsp_query *query, struct bytes **ret_der,
                                  struct err *err);
/* Signature, authority of the responder (section 4.2.2.2), CertID, times, nonce; in this order,
 * the first that fails is the reason. */
void ocsp_judge_response(const struct ocsp_query *query, struct slice der, struct ocsp_answer *ret);
/* The certificate of who signed the answer, judged by ocsp_judge_response() before; NULL: it cannot
 * be read. The caller's. */
struct cert *ocsp_responder(const struct ocsp_query *query, struct slice der);
/* The http(s) addresses of the certificate's AIA, in the order written. */
void ocsp_urls_of(const struct cert *cert, struct ocsp_urls *ret);
/* Addresses separated by blanks, as a setting holds them; what does not fit is left out. */
void ocsp_urls_read(const char *text, struct ocsp_urls *ret);
