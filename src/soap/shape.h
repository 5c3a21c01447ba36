/* What gSOAP does not tell: where in a document a byte stands, and text or elements that it would
 * drop without a word. Reads canonical XML only (no DTD, CDATA or empty-element tags). */
#pragma once

#include "base/err.h"
#include "base/slice.h"

#include <stdbool.h>

enum { PLACE_TEXT = 96 };

/* A path below the root: documents/document[2]/file/data; the members of lists are numbered. */
struct place {
    char text[PLACE_TEXT];
    unsigned nth; /* of its name among its siblings, from 1 */
};

/* The innermost element whose start tag ends at or before byte `at`. */
struct place place_find(struct slice c14n, size_t at);

enum shape { SHAPE_OK, SHAPE_TEXT_BETWEEN, SHAPE_ELEMENT_IN_TEXT, SHAPE_TOO_DEEP };

/**
 * Elements named in `containers` (NULL-ended) hold no text but blanks; with strict_leaves all
 * others hold no elements. When it is not SHAPE_OK, *ret says where.
 */
enum shape shape_check(struct slice c14n, const char *const *containers, bool strict_leaves,
                       struct place *ret);
