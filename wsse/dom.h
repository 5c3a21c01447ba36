/* Reading a libxml2 tree by namespace and position. Everything returned is borrowed from the tree.
 */
#pragma once

#include "base/auto.h"
#include "base/slice.h"

#include <libxml/tree.h>
#include <stdbool.h>

DEFINE_AUTO(xmlDoc, xmlFreeDoc)

/* An element of this namespace (NULL: none) and local name. */
bool dom_is(const xmlNode *node, const char *ns, const char *name);

/* The first element child, the next element sibling; NULL when there is none. */
xmlNode *dom_first(const xmlNode *parent);
xmlNode *dom_next(const xmlNode *node);

/* The element child of that name; NULL when there is none. *ret_count: how many there are. */
xmlNode *dom_child(const xmlNode *parent, const char *ns, const char *name, unsigned *ret_count);

/* Element children, and nothing else but blanks and comments. */
bool dom_holds_elements_only(const xmlNode *node);
/* No comment and no processing instruction anywhere below. */
bool dom_is_plain(const xmlNode *node);
/* Elements of any name anywhere below. */
size_t dom_count_all(const xmlNode *node);
/* All that canonical XML looks at, below and with it: attributes and namespace declarations too. */
size_t dom_count_nodes(const xmlNode *node);
/* Elements of that name anywhere below. */
size_t dom_count(const xmlNode *node, const char *ns, const char *name);

/* The text of an element that holds text alone; false when an element, a comment or a processing
 * instruction stands in it, so that no two readers can see two values. */
bool dom_leaf(const xmlNode *node, struct slice *ret_text);

/* An attribute's value; NULL when absent. ns NULL: unqualified. */
const char *dom_attr(const xmlNode *node, const char *ns, const char *name);

/* The element's wsu:Id, else its unqualified Id; NULL when it has neither. */
xmlAttr *dom_id_attr(const xmlNode *node);
const char *dom_id(const xmlNode *node);
/* The first attribute named id in any case and namespace with that value; NULL: none. */
xmlAttr *dom_find_id(const xmlDoc *doc, const char *id);
/* How many attributes named id in any case and namespace have that value, in the whole document. */
size_t dom_id_uses(const xmlDoc *doc, const char *id);

/* Changes; false, NULL: out of memory, and the document is not to be used any more. */
/* A copy of the element with all below, as the last child of parent; borrowed. */
xmlNode *dom_append_copy(xmlNode *parent, xmlNode *element);
bool dom_add_text(xmlNode *element, const char *text);
