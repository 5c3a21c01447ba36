/* A look at the bytes of a document before the parser sees them. */
#pragma once

#include "base/err.h"
#include "base/slice.h"

#include <stdbool.h>

/**
 * Refuses what would be costly or unclear to parse: a document type declaration, a tag with more
 * than max_attributes attributes (libxml2 compares each with each), more than max_depth elements
 * open at once (libxml2 remembers their names). Linear.
 * ST_FORMAT  one of these, or markup that does not end
 */
MUST_USE enum status markup_check(struct slice xml, size_t max_attributes, int max_depth,
                                  struct err *err);

/* The encoding in the XML declaration; empty when none is declared. Borrowed. */
struct slice markup_encoding(struct slice xml);
