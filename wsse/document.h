/* Parsing XML from outside under guards: the only way a foreign byte becomes a tree. */
#pragma once

#include "base/bytes.h"
#include "base/err.h"
#include "base/slice.h"
#include "wsse/dom.h"
#include "wsse/wsse.h"

/* What bounds the work a document can cause beside its bytes and depth. The parser compares each
 * attribute of a tag with the others, and canonical XML repeats namespaces and escapes. */
enum {
    DOCUMENT_MAX_NODES = 1000000,  /* elements, attributes, namespace declarations, comments … */
    DOCUMENT_MAX_ATTRIBUTES = 256, /* of one tag, namespace declarations included */
    DOCUMENT_MAX_NAMESPACES = 256, /* in scope at one place */
    DOCUMENT_MAX_URI = 1024,       /* bytes of a namespace URI */
};

enum document_flag {
    DOCUMENT_ALLOWS_PI = 1 << 0,  /* SOAP 1.1 section 3 forbids processing instructions */
    DOCUMENT_IS_DECODED = 1 << 1, /* already characters: an encoding in its declaration is void */
};

/**
 * Parses UTF-8 (a BOM allowed). No network, no DTD, no entities but the predefined; CDATA becomes
 * text. A declared encoding other than UTF-8 or US-ASCII is refused.
 *
 * ST_FORMAT  not well-formed, DTD, a limit broken (err->limit), encoding
 * ST_NOMEM   out of memory
 * *ret_doc is the caller's: xmlFreeDoc(). Thread-safe.
 */
MUST_USE enum status document_parse(struct slice xml, const struct xml_limits *limits,
                                    unsigned flags, xmlDoc **ret_doc, struct err *err);

/* The tree as UTF-8 text, not indented. The caller's. ST_NOMEM. */
MUST_USE enum status document_write(xmlDoc *doc, bool with_declaration, struct bytes **ret,
                                    struct err *err);

/* A ceiling for the canonical form of a document that keeps the limits. */
size_t document_canonical_max(const struct xml_limits *limits);

/* xml without a UTF-8 byte order mark. */
struct slice document_skip_bom(struct slice xml);
