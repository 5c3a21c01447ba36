/* XAdES, ETSI TS 101 903 v1.2.2 (2004-04; req 0.14): XML signatures that carry their signer's
 * certificate, the time and, as XAdES-T, a timestamp. Judged and made. Thread-safe. */
#pragma once

#include "base/bytes.h"
#include "crypto/key.h"
#include "crypto/trust.h"
#include "wsse/wsse.h"

/**
 * Judges one XAdES-BES or XAdES-T, namespace v1.2.2 or v1.3.2:
 * - enveloped (ds:Signature a child of the document element, ds:Reference URI="") or enveloping (it
 *   is the document element, and the ds:Reference names another ds:Object of it);
 * - exactly two ds:Reference: to the document and to its own SignedProperties;
 * - exactly one QualifyingProperties, Target the Signature's Id;
 * - SigningCertificate names the certificate of ds:KeyInfo, by digest, issuer and serial number;
 * - no signature policy but an implied one, for what it demands is not known here;
 * - each SignatureTimeStamp is over the C14N of ds:SignatureValue; the earliest time becomes that
 *   of the signer's path and dates. SigningTime is what the signer claims: it may lie neither
 *   behind that time nor in the future.
 * Other unsigned properties are told, not judged: nothing rests on them.
 *
 * Rows: format, algorithm, digest, signature, coverage, timestamp, then trust_judge()'s; the first
 * refusal ends it. judge->timestamp_required demands XAdES-T. No ds:Signature: a format row alone.
 */
MUST_USE enum verdict xades_judge(const struct judge *judge, struct slice xml,
                                  const struct xml_limits *limits, struct report *report);

struct xades_params {
    int64_t signing_time_ms;
    /* Fetches the timestamp: POSTs a TimeStampReq to tsp_url. NULL: XAdES-BES, without one. */
    const struct trust_io *io;
    const char *tsp_url;
    int64_t deadline_ms; /* monotonic */
};
/**
 * Signs an XML document as an enveloped XAdES v1.2.2: XAdES-T with a timestamp, else XAdES-BES.
 *
 * ST_FORMAT    not XML, DTD, depth, size
 * ST_CONFLICT  there is a signature already (code alreadySigned)
 * ST_INTERNAL  a key we do not sign with
 * ST_UPSTREAM, ST_TIMEOUT, ST_UNAVAILABLE  the timestamp authority
 * *ret_xml is the caller's.
 */
MUST_USE enum status xades_seal(const struct key *key, struct slice xml,
                                const struct xades_params *params, const struct xml_limits *limits,
                                struct bytes **ret_xml, struct err *err);
