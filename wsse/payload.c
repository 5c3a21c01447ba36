/* The payload in `data`. It is read from the canonical bytes that were signed, in which there are
 * no comments and no CDATA: every reader sees the same values (shep-contract.md section 2). */
#include "wsse/c14n.h"
#include "wsse/document.h"
#include "wsse/names.h"
#include "wsse/wsse_impl.h"

/* The child elements of that local name, in any namespace: callers qualify them as they like. */
static enum status find_one(const xmlNode *parent, const char *name, xmlNode **ret, struct err *err)
{
    xmlNode *found = NULL;

    for (xmlNode *at = dom_first(parent); at; at = dom_next(at)) {
        if (!xmlStrEqual(at->name, BAD_CAST name))
            continue;
        if (found)
            return RAISE_CAUSE(err, ST_FORMAT, "elementTwice", name, NULL,
                               "the element %s stands there twice", name);
        found = at;
    }
    *ret = found;
    return ST_OK;
}

/* SendMessage/request/requestData/data, or the same of a response; NULL when there is none. */
static enum status find_data(const xmlNode *body, xmlNode **ret, struct err *err)
{
    static const char *const paths[][3] = { { "request", "requestData", "data" },
                                            { "response", "responseData", "data" } };
    xmlNode *message = dom_first(body);

    if (dom_next(message))
        return RAISE(err, ST_FORMAT, "soap:Body holds more than one element");
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        xmlNode *at = message;

        for (size_t step = 0; at && step < 3; step++)
            TRY(find_one(at, paths[i][step], &at, err));
        if (at) {
            *ret = at;
            return ST_OK;
        }
    }
    *ret = NULL;
    return ST_OK;
}

static enum status keep_payload(const xmlNode *root, enum payload_form form, size_t max_bytes,
                                struct verified *env, struct err *err)
{
    const char *name = (const char *)root->name;
    const char *ns = root->ns ? (const char *)root->ns->href : "";
    struct bytes *names = bytes_new(strlen(name) + strlen(ns) + 2);

    env->payload_names = names;
    if (!names)
        return RAISE(err, ST_NOMEM, "payload: out of memory");
    bytes_add(names, slice_mem(name, strlen(name) + 1));
    bytes_add_str(names, ns);
    TRY(bytes_check(names, "payload", err));
    TRY(c14n_subtree(root, C14N_EXCLUSIVE, max_bytes, &env->payload_c14n, err));
    env->payload = (struct payload){ form, bytes_slice(env->payload_c14n), names->at,
                                     names->at + strlen(name) + 1 };
    return ST_OK;
}

/* A wrong payload is an error in the business data: kept for verified_payload(). */
#define REJECT(env, code, ...)                                                                     \
    ((void)RAISE_CAUSE(&(env)->payload_err, ST_INPUT, (code), "data", NULL, __VA_ARGS__), ST_OK)

static enum status read_text(struct slice text, const struct xml_limits *limits,
                             struct verified *env, struct err *err)
{
    AUTO(xmlFreeDoc) xmlDoc *doc = NULL;
    struct err cause;

    text = slice_trim(document_skip_bom(slice_trim(text)));
    if (text.len == 0)
        return ST_OK;
    if (document_parse(text, limits, DOCUMENT_IS_DECODED, &doc, &cause) != ST_OK) {
        if (cause.status == ST_NOMEM)
            return RAISE(err, ST_NOMEM, "payload: out of memory");
        return REJECT(env, "payloadNotXml", "the text in data: %.180s", cause.text);
    }
    return keep_payload(xmlDocGetRootElement(doc), PAYLOAD_TEXT, document_canonical_max(limits),
                        env, err);
}

static enum status read_data(const xmlNode *data, const struct xml_limits *limits,
                             struct verified *env, struct err *err)
{
    const xmlNode *root = dom_first(data);
    struct slice text;

    if (!root && dom_leaf(data, &text))
        return read_text(text, limits, env, err);
    if (!root || dom_next(root) || !dom_holds_elements_only(data))
        return REJECT(env, "payloadNotOneElement",
                      "data holds neither one element nor the text of one XML document");
    return keep_payload(root, PAYLOAD_ELEMENT, document_canonical_max(limits), env, err);
}

static void empty(xmlNode *node)
{
    while (node->children) {
        xmlNode *child = node->children;

        xmlUnlinkNode(child);
        xmlFreeNode(child);
    }
}

enum status payload_split(struct slice canonical_body, const struct xml_limits *limits,
                          struct verified *env, struct err *err)
{
    const struct xml_limits canonical = { document_canonical_max(limits), limits->max_depth };
    AUTO(xmlFreeDoc) xmlDoc *doc = NULL;
    xmlNode *body = NULL;
    xmlNode *data = NULL;

    TRY(document_parse(canonical_body, &canonical, 0, &doc, err));
    body = xmlDocGetRootElement(doc);
    if (!dom_is(body, NS_SOAP, "Body"))
        return RAISE(err, ST_FORGED, "what is signed is not soap:Body");
    TRY(find_data(body, &data, err));
    if (data) {
        TRY(read_data(data, limits, env, err));
        empty(data);
    }
    return c14n_document(doc, C14N_EXCLUSIVE, canonical.max_bytes, &env->body, err);
}
