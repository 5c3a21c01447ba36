/* Reading a libxml2 tree by namespace and position. */
#include "wsse/dom.h"
#include "wsse/memory.h"

#include "wsse/names.h"

static bool is_text(const xmlNode *node)
{
    return node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE;
}

static bool is_named(const xmlNode *node, const char *name)
{
    return xmlStrEqual(node->name, BAD_CAST name);
}

bool dom_is(const xmlNode *node, const char *ns, const char *name)
{
    if (!node || node->type != XML_ELEMENT_NODE || !is_named(node, name))
        return false;
    if (!ns)
        return !node->ns;
    return node->ns && xmlStrEqual(node->ns->href, BAD_CAST ns);
}

static xmlNode *element_from(xmlNode *node)
{
    while (node && node->type != XML_ELEMENT_NODE)
        node = node->next;
    return node;
}

xmlNode *dom_first(const xmlNode *parent)
{
    return parent ? element_from(parent->children) : NULL;
}

xmlNode *dom_next(const xmlNode *node)
{
    return node ? element_from(node->next) : NULL;
}

xmlNode *dom_child(const xmlNode *parent, const char *ns, const char *name, unsigned *ret_count)
{
    xmlNode *found = NULL;
    unsigned count = 0;

    for (xmlNode *node = dom_first(parent); node; node = dom_next(node)) {
        if (!dom_is(node, ns, name))
            continue;
        if (!found)
            found = node;
        count++;
    }
    if (ret_count)
        *ret_count = count;
    return found;
}

bool dom_holds_elements_only(const xmlNode *node)
{
    for (const xmlNode *child = node->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE || child->type == XML_COMMENT_NODE)
            continue;
        if (!is_text(child) || !xmlIsBlankNode(child))
            return false;
    }
    return true;
}

/* The node after this one in document order, never leaving root; NULL at the end. */
static const xmlNode *walk(const xmlNode *node, const xmlNode *root)
{
    if (node->type == XML_ELEMENT_NODE && node->children)
        return node->children;
    while (node != root && !node->next)
        node = node->parent;
    return node == root ? NULL : node->next;
}

bool dom_is_plain(const xmlNode *node)
{
    for (const xmlNode *at = node; at; at = walk(at, node))
        if (at->type != XML_ELEMENT_NODE && !is_text(at))
            return false;
    return true;
}

size_t dom_count_all(const xmlNode *node)
{
    size_t count = 0;

    for (const xmlNode *at = walk(node, node); at; at = walk(at, node))
        count += at->type == XML_ELEMENT_NODE;
    return count;
}

size_t dom_count_nodes(const xmlNode *node)
{
    size_t count = 0;

    for (const xmlNode *at = node; at; at = walk(at, node)) {
        count++;
        if (at->type != XML_ELEMENT_NODE)
            continue;
        for (const xmlAttr *attr = at->properties; attr; attr = attr->next)
            count++;
        for (const xmlNs *ns = at->nsDef; ns; ns = ns->next)
            count++;
    }
    return count;
}

size_t dom_count(const xmlNode *node, const char *ns, const char *name)
{
    size_t count = 0;

    for (const xmlNode *at = walk(node, node); at; at = walk(at, node))
        count += dom_is(at, ns, name);
    return count;
}

bool dom_leaf(const xmlNode *node, struct slice *ret_text)
{
    const xmlNode *child = node->children;

    if (!child) {
        *ret_text = (struct slice){ "", 0 };
        return true;
    }
    if (child->next || !is_text(child))
        return false;
    *ret_text = slice_str((const char *)child->content);
    return true;
}

/* NULL for a value that is not one text, which no document without a DTD has. */
static const char *attr_value(const xmlAttr *attr)
{
    const xmlNode *text = attr->children;

    if (!text)
        return "";
    return text->next || !is_text(text) ? NULL : (const char *)text->content;
}

static bool attr_is(const xmlAttr *attr, const char *ns, const char *name)
{
    if (!xmlStrEqual(attr->name, BAD_CAST name))
        return false;
    if (!ns)
        return !attr->ns;
    return attr->ns && xmlStrEqual(attr->ns->href, BAD_CAST ns);
}

static xmlAttr *find_attr(const xmlNode *node, const char *ns, const char *name)
{
    for (xmlAttr *attr = node->properties; attr; attr = attr->next)
        if (attr_is(attr, ns, name))
            return attr;
    return NULL;
}

const char *dom_attr(const xmlNode *node, const char *ns, const char *name)
{
    const xmlAttr *attr = find_attr(node, ns, name);

    return attr ? attr_value(attr) : NULL;
}

xmlAttr *dom_id_attr(const xmlNode *node)
{
    xmlAttr *attr = find_attr(node, NS_WSU, "Id");

    return attr ? attr : find_attr(node, NULL, "Id");
}

const char *dom_id(const xmlNode *node)
{
    const xmlAttr *attr = dom_id_attr(node);

    return attr ? attr_value(attr) : NULL;
}

/* The next of an element's attributes named id in any case and namespace with that value. */
static xmlAttr *id_from(xmlAttr *attr, const char *id)
{
    for (; attr; attr = attr->next) {
        const char *value = NULL;

        if (xmlStrcasecmp(attr->name, BAD_CAST "id") != 0)
            continue;
        value = attr_value(attr);
        if (value && strcmp(value, id) == 0)
            return attr;
    }
    return NULL;
}

xmlAttr *dom_find_id(const xmlDoc *doc, const char *id)
{
    const xmlNode *root = xmlDocGetRootElement(doc);

    for (const xmlNode *at = root; at; at = walk(at, root)) {
        xmlAttr *attr = at->type == XML_ELEMENT_NODE ? id_from(at->properties, id) : NULL;

        if (attr)
            return attr;
    }
    return NULL;
}

static size_t id_uses_of(const xmlNode *element, const char *id)
{
    size_t uses = 0;

    for (xmlAttr *attr = id_from(element->properties, id); attr; attr = id_from(attr->next, id))
        uses++;
    return uses;
}

size_t dom_id_uses(const xmlDoc *doc, const char *id)
{
    const xmlNode *root = xmlDocGetRootElement(doc);
    size_t uses = 0;

    for (const xmlNode *at = root; at; at = walk(at, root))
        if (at->type == XML_ELEMENT_NODE)
            uses += id_uses_of(at, id);
    return uses;
}

/* libxml2's dictionary of names tells nobody when it got no memory. */
static bool has_names(const xmlNode *node)
{
    if (!node->name)
        return false;
    for (const xmlAttr *attr = node->properties; attr; attr = attr->next)
        if (!attr->name)
            return false;
    for (const xmlNode *at = node->children; at; at = at->next)
        if (at->type == XML_ELEMENT_NODE && !has_names(at))
            return false;
    return true;
}

xmlNode *dom_append_copy(xmlNode *parent, xmlNode *element)
{
    const unsigned refusals = memory_refusals();
    xmlNode *copy = xmlDocCopyNode(element, parent->doc, 1);

    if (!copy || !xmlAddChild(parent, copy)) {
        xmlFreeNode(copy);
        return NULL;
    }
    return memory_refusals() == refusals && has_names(copy) ? copy : NULL;
}

bool dom_add_text(xmlNode *element, const char *text)
{
    const unsigned refusals = memory_refusals();

    xmlNodeAddContent(element, BAD_CAST text);
    return element && memory_refusals() == refusals;
}
