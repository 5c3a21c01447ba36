#include "wsse/login.h"

#include "base/text.h"
#include "crypto/encode.h"
#include "wsse/c14n.h"
#include "wsse/document.h"
#include "wsse/names.h"

static bool is_bare(const xmlNode *element)
{
    return !element->properties;
}

/* The one child of that name, its text into dst. */
static enum status read_leaf(const xmlNode *login, const char *name, char *dst, size_t size,
                             struct err *err)
{
    unsigned count = 0;
    const xmlNode *leaf = dom_child(login, NULL, name, &count);
    struct slice text;

    if (count != 1)
        return RAISE(err, ST_FORMAT, "login: %u elements %s, not one", count, name);
    if (!is_bare(leaf) || !dom_leaf(leaf, &text))
        return RAISE(err, ST_FORMAT, "login: %s does not hold text alone", name);
    if (!text_copy_slice(dst, size, text))
        return RAISE(err, ST_FORMAT, "login: %s is longer than %zu bytes", name, size - 1);
    return ST_OK;
}

static enum status check_shape(const xmlNode *root, struct err *err)
{
    unsigned signatures = 0, elements = 0;

    if (!dom_is(root, NULL, "login"))
        return RAISE(err, ST_FORMAT, "login: the document element is not login");
    (void)dom_child(root, NS_DS, "Signature", &signatures);
    if (signatures != 1)
        return RAISE(err, ST_FORMAT, "login: %u signatures, not one", signatures);
    for (const xmlNode *at = dom_first(root); at; at = dom_next(at))
        elements++;
    if (elements != 3 || !is_bare(root) || !dom_is_plain(root) || !dom_holds_elements_only(root))
        return RAISE(err, ST_FORMAT,
                     "login: holds something beside url, timeStamp and its Signature");
    return ST_OK;
}

/* Changes the tree: last. */
static enum status digest_content(xmlNode *root, const struct xml_limits *limits,
                                  uint8_t ret[SHA256_BYTES], struct err *err)
{
    xmlNode *signature = dom_child(root, NS_DS, "Signature", NULL);
    AUTO(bytes_free) struct bytes *content = NULL;

    xmlUnlinkNode(signature);
    xmlFreeNode(signature);
    TRY(c14n_subtree(root, C14N_EXCLUSIVE, document_canonical_max(limits), &content, err));
    sha256(bytes_slice(content), ret);
    return ST_OK;
}

enum status login_xml_read(struct slice xml, const struct xml_limits *limits, struct login_xml *ret,
                           struct err *err)
{
    AUTO(xmlFreeDoc) xmlDoc *doc = NULL;
    struct login_xml login = { .url = "" };
    xmlNode *root;

    TRY(document_parse(xml, limits, 0, &doc, err));
    root = xmlDocGetRootElement(doc);
    TRY(check_shape(root, err));
    TRY(read_leaf(root, "url", login.url, sizeof(login.url), err));
    TRY(read_leaf(root, "timeStamp", login.time_stamp, sizeof(login.time_stamp), err));
    TRY(digest_content(root, limits, login.content_sha256, err));
    *ret = login;
    return ST_OK;
}
