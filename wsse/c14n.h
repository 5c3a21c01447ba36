/* Canonical XML into bounded bytes: inclusive 1.0 and exclusive 1.0 (W3C). */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

#include <libxml/tree.h>

enum c14n_mode {
    C14N_INCLUSIVE,
    C14N_INCLUSIVE_COMMENTS,
    C14N_EXCLUSIVE,
    C14N_EXCLUSIVE_COMMENTS,
};

struct c14n_job {
    const xmlDoc *doc;
    const xmlNode *apex; /* the subtree below and with it, seen in its context; NULL: all of doc */
    enum c14n_mode mode;
    const char *prefixes; /* of ec:InclusiveNamespaces, blanks between them; NULL: none */
    size_t max_bytes;
};

/**
 * ST_FORMAT  cannot be canonicalised (a relative namespace URI), or over 64 prefixes
 * ST_NOMEM   out of memory, or more than max_bytes
 */
MUST_USE enum status c14n_run(const struct c14n_job *job, struct bytes **ret, struct err *err);

/* The same in short, without prefixes. */
MUST_USE enum status c14n_document(const xmlDoc *doc, enum c14n_mode mode, size_t max_bytes,
                                   struct bytes **ret, struct err *err);
MUST_USE enum status c14n_subtree(const xmlNode *apex, enum c14n_mode mode, size_t max_bytes,
                                  struct bytes **ret, struct err *err);
