/* Reads canonical XML (C14N 1.0) as text: well-formed by construction, every element with an end
 * tag, every attribute in double quotes. For answers that wsse has parsed under its guards and
 * written out canonically; never for bytes from outside. Names are matched by local name. */
#pragma once

#include "base/bytes.h"
#include "base/slice.h"

#include <stdbool.h>

/* Borrowed from the text; parent points at the element it was found in, NULL for the root. */
struct canonical {
    const struct canonical *parent;
    struct slice whole; /* from < of the start tag to > of the end tag */
    struct slice start; /* the start tag */
    struct slice inner; /* what stands between the tags */
    struct slice local; /* name without prefix */
};

/* The document element. false: none, or the text is not canonical XML. */
bool canonical_root(struct slice xml, struct canonical *ret);
/* The first child element, with this local name when it is not NULL. parent must outlive *ret. */
bool canonical_child(const struct canonical *parent, const char *local, struct canonical *ret);
/* The text in an element, references resolved, comments left out; of child elements too. NULL when
 * out of memory. The caller's. */
struct bytes *canonical_text(const struct canonical *element);
/* The trimmed text of the first child of that name, cut where dst ends. false: there is none, and
 * dst stays as it was. */
bool canonical_child_text(const struct canonical *parent, const char *local, char *dst,
                          size_t size);
/* The element as a document of its own: namespaces it uses from its ancestors are declared. NULL
 * when out of memory. The caller's. */
struct bytes *canonical_copy(const struct canonical *element);

/* Text as content of an element: & < > and CR escaped. */
void canonical_escape(struct bytes *dst, struct slice text);
