/* CMS SignedData (RFC 5652) as НУЦ РК's clients make it: judged and made. Thread-safe. */
#pragma once

#include "base/bytes.h"
#include "crypto/key.h"
#include "crypto/trust.h"

/**
 * Judges a CMS: every signer, signed attributes (contentType, messageDigest, signingCertificateV2),
 * key or signature OID in signatureAlgorithm, timestamp token (RFC 3161 over the signature value).
 *
 * data         DER, PEM or base64
 * detached     the content when it is outside; at == NULL: it must be inside
 * ret_content  with an attached content: a copy of it, the caller's; untouched otherwise. May be
 * NULL. Written whatever the verdict: only VERDICT_VALID makes it trustworthy.
 */
MUST_USE enum verdict cms_judge(const struct judge *judge, struct slice data, struct slice detached,
                                struct report *report, struct bytes **ret_content);

struct cms_params {
    bool detached;
    int64_t signing_time_ms; /* the signingTime attribute */
    /* Fetches a timestamp token: POSTs the TimeStampReq to tsp_url. NULL: no timestamp. */
    const struct trust_io *io;
    const char *tsp_url;
    int64_t deadline_ms;
};
/* Signs; DER, the caller's. ST_UPSTREAM, ST_TIMEOUT: the TSA. */
MUST_USE enum status cms_sign(const struct key *key, struct slice content,
                              const struct cms_params *params, struct bytes **ret_der,
                              struct err *err);

/**
 * A CMS without the content inside, nothing else changed: the same signers, attributes, timestamps
 * and certificates, so that cms_judge() says of it and the content what it said before. One
 * that is detached already stays so.
 *
 * data       DER, PEM or base64
 * ST_FORMAT  it is no SignedData
 * *ret_der is the caller's.
 */
MUST_USE enum status cms_detach(struct slice data, struct bytes **ret_der, struct err *err);

/* When the first signer says that he signed: the signingTime attribute, which nobody but him
 * vouches for. data: DER, PEM or base64. ST_FORMAT: no SignedData, or it does not say. */
MUST_USE enum status cms_signing_time(struct slice data, int64_t *ret_ms, struct err *err);
