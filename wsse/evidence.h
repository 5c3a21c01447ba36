/* The sealed evidence of a signed session (wsdl/evidence.xsd), read so that a document of it can be
 * judged again: what was known when it was accepted. */
#pragma once

#include "base/bytes.h"
#include "crypto/trust.h"
#include "wsse/wsse.h"

struct kept_evidence {
    int64_t accepted_ms;       /* Unix: when the document was accepted */
    struct evidence *evidence; /* owned: evidence_free() */
    bool is_of_issued; /* found by what was issued: whose signature it was is not said yet */
};

/* What is at hand of a document. */
struct kept_document {
    struct slice signed_bytes;
    struct slice content; /* what was issued for signing; at == NULL: it is not at hand */
};

/**
 * Reads what is kept of the document with these signed bytes; when there is none, of all documents
 * that were issued with this content, for a signature whose content was wiped is another file. It
 * says nothing about the seal: xades_judge() does, over the same bytes.
 *
 * ST_FORMAT     not XML, or not such evidence
 * ST_NOT_FOUND  none of its documents has the SHA-256 of the one or the other
 * ST_NOMEM
 */
MUST_USE enum status kept_evidence_read(struct slice xml, const struct xml_limits *limits,
                                        const struct kept_document *document,
                                        struct kept_evidence *ret, struct err *err);
