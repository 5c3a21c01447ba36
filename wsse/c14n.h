/* Canonical XML into bounded bytes: inclusive 1.0 and exclusive 1.0 (W3C). */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

#include <libxml/tree.h>

enum c14n_mode { C14N_INCLUSIVE, C14N_INCLUSIVE_COMMENTS, C14N_EXCLUSIVE };

/**
 * The whole document, or with apex the subtree below and with it, seen in its context.
 *
 * ST_FORMAT  cannot be canonicalised (a relative namespace URI)
 * ST_NOMEM   out of memory, or more than max_bytes
 */
MUST_USE enum status c14n_document(const xmlDoc *doc, enum c14n_mode mode, size_t max_bytes,
                                   struct bytes **ret, struct err *err);
MUST_USE enum status c14n_subtree(const xmlNode *apex, enum c14n_mode mode, size_t max_bytes,
                                  struct bytes **ret, struct err *err);
