/* The business signature: an XMLDSig of НУЦ РК's enveloped profile inside the payload. A gateway
 * signs the transport anew with its own certificate, so this is what proves the author (req 0.29,
 * 0.30, 0.31). Source: shep-contract.md section 2. */
#pragma once

#include "base/bytes.h"
#include "model/signer.h"
#include "wsse/wsse.h"

/* Who the author must be. Borrowed; "" is not compared. */
struct author_rule {
    const char *iin;
    const char *bin;
    bool anyone; /* every trusted signer will do; otherwise iin or bin must be given */
};

/**
 * Judges every signature in the payload as a document of its own: the whole of it must be signed,
 * by certificates for signing (req 0.26), trusted, in their dates and not revoked, in an algorithm
 * of params.business_algorithms. All must stand; the author is the first whose IIN and BIN are the
 * rule's. Pins are not trusted here: a gateway is no author. Where params.business_unknown accepts
 * that revocation cannot be learnt, ret_author->unknown says why.
 *
 * deadline_ms  as for wsse_verify()
 *
 * ST_NOT_FOUND       the payload bears no signature, or there is no payload
 * ST_AUTHOR_STALE    a certificate's dates, path or revocation
 * ST_AUTHOR_FORGED   anything else that is wrong, the author included
 * ST_UNAVAILABLE     revocation cannot be learnt
 * ST_NOMEM           out of memory; inside the judgement of XML that is ST_AUTHOR_FORGED
 * err->text names the certificate at fault by its serial number, and neither IIN nor BIN.
 * *ret_author is written on ST_OK. Thread-safe.
 */
MUST_USE enum status wsse_judge_author(const struct wsse *wsse, const struct verified *env,
                                       const struct author_rule *rule, int64_t deadline_ms,
                                       struct signer *ret_author, struct err *err);

/**
 * The payload, signed as a document of its own with our key; it must travel as text.
 * ST_INTERNAL  no key, or one we do not sign with; a payload that is no XML, or cannot be signed
 *              (xmlsig_sign_enveloped())
 * ST_NOMEM     out of memory
 * *ret_signed is the caller's. Thread-safe.
 */
MUST_USE enum status wsse_sign_payload(const struct wsse *wsse, struct slice payload,
                                       struct bytes **ret_signed, struct err *err);
