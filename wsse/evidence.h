/* The sealed evidence of a signed session (wsdl/evidence.xsd), read so that a document of it can be
 * judged again: what was known when it was accepted. */
#pragma once

#include "base/bytes.h"
#include "crypto/trust.h"
#include "wsse/wsse.h"

struct kept_evidence {
    int64_t accepted_ms;       /* Unix: when the document was accepted */
    struct evidence *evidence; /* owned: evidence_free() */
};

/**
 * Reads what is kept of the document whose signed bytes these are. It says nothing about the seal:
 * xades_judge() does, over the same bytes.
 *
 * ST_FORMAT     not XML, or not such evidence
 * ST_NOT_FOUND  none of its documents has the SHA-256 of signed_bytes
 * ST_NOMEM
 */
MUST_USE enum status kept_evidence_read(struct slice xml, const struct xml_limits *limits,
                                        struct slice signed_bytes, struct kept_evidence *ret,
                                        struct err *err);
