/* What tells of revocations, judged for its own sake: a list, an OCSP answer (req 0.22, 0.24). */
#pragma once

#include "crypto/trust.h"

/* judge->pins, judge->extra and judge->trust are where the issuer is looked for; judge->now_ms is
 * the time at which path and dates are judged. Thread-safe, both. */

/* A list: issuer's signature, path, dates of list and issuer. data: DER, PEM or base64. An issuer
 * that is not there is OUTCOME_UNKNOWN. What it covers tells its number and how much it holds. */
MUST_USE enum verdict crl_judge(const struct judge *judge, struct slice data,
                                struct report *report);

/* An OCSPResponse: the responder's signature and authority (RFC 6960 section 4.2.2.2), the issuer's
 * path, dates. The verdict is on the answer; the status that it tells stands in what it covers. */
MUST_USE enum verdict ocsp_judge(const struct judge *judge, struct slice der,
                                 struct report *report);
