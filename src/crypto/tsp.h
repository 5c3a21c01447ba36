/* RFC 3161: requests, tokens, and the making of tokens for the sandbox's TSA. */
#pragma once

#include "base/bytes.h"
#include "crypto/key.h"
#include "crypto/trust.h"

/* A TimeStampReq over data (digest by name: the algorithm's own), certReq, random nonce. */
MUST_USE enum status tsp_request(struct slice data, enum algorithm algorithm,
                                 struct bytes **ret_der, struct err *err);
/* Takes the token out of a TimeStampResp that answers `request`: status granted, nonce and imprint
 * equal. ST_UPSTREAM otherwise. */
MUST_USE enum status tsp_response_token(struct slice response, struct slice request,
                                        struct bytes **ret_token, struct err *err);

/* Where timestamps come from; borrowed. */
struct tsp_source {
    const struct trust_io *io;
    const char *url;
    int64_t deadline_ms; /* monotonic */
};
/* Asks an authority for a token over data, imprinted by the algorithm's own digest. The token (DER)
 * is the caller's. ST_UPSTREAM, ST_TIMEOUT, ST_UNAVAILABLE: the authority. */
MUST_USE enum status tsp_fetch(const struct tsp_source *source, struct slice data,
                               enum algorithm algorithm, struct bytes **ret_token, struct err *err);
/**
 * Judges a token over `imprinted` (at == NULL: the imprint is not compared): imprint, signature,
 * signingCertificate, TSA's path, dates and EKU at genTime; with REVOCATION_PATH the revocation of
 * its certificate and path too. An imprint by SHA-1 holds with signature_only alone.
 *
 * One CHECK_TIMESTAMP row, and rows of the authority's revocation where it is judged. VALID, or
 * INDETERMINATE when nothing but that revocation cannot be learnt: *ret_at_ms is genTime with
 * both, and the unknown row keeps the document's verdict from being VALID.
 */
MUST_USE enum verdict tsp_judge(const struct judge *judge, struct slice token,
                                struct slice imprinted, struct report *report, int64_t *ret_at_ms);

/**
 * Judges a token as a document of its own, with rows of every kind: format, imprint (digest),
 * algorithm, signature, coverage, the authority's path, dates and key usage at genTime, its
 * revocation as judge->revocation says.
 *
 * data       a token or a granted TimeStampResp; DER, PEM or base64
 * imprinted  as above
 */
MUST_USE enum verdict tsp_judge_document(const struct judge *judge, struct slice data,
                                         struct slice imprinted, struct report *report);

struct tsa_params {
    const char *policy_oid;
    int64_t now_ms;
    int64_t serial;
};
/* Answers a TimeStampReq as a TSA; a rejected request is a proper rejection, not an error. */
MUST_USE enum status tsa_answer(const struct key *key, struct slice request,
                                const struct tsa_params *params, struct bytes **ret_response,
                                struct err *err);
