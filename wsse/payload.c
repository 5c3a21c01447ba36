/* The payload in `data`. It is read from the canonical bytes that were signed, in which there are
 * no comments and no CDATA: every reader sees the same values (shep-contract.md section 2). */
#include "wsse/c14n.h"
#include "wsse/document.h"
#include "wsse/memory.h"
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

/* ---- a business signature inside ---- */

static bool bears_signature(const xmlNode *root)
{
    return dom_is(root, NS_DS, "Signature") || dom_count(root, NS_DS, "Signature") > 0;
}

/* The namespaces it takes from outside are declared on its root. */
static enum status write_alone(xmlNode *element, struct bytes **ret, struct err *err)
{
    const unsigned refusals = memory_refusals();
    AUTO(xmlFreeDoc) xmlDoc *doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *copy = doc ? xmlDocCopyNode(element, doc, 1) : NULL;

    if (!copy)
        return RAISE(err, ST_NOMEM, "payload: out of memory");
    (void)xmlDocSetRootElement(doc, copy);
    if (memory_refusals() != refusals)
        return RAISE(err, ST_NOMEM, "payload: out of memory");
    return document_write(doc, false, ret, err);
}

enum status payload_document(const xmlNode *body, struct bytes **ret, struct err *err)
{
    xmlNode *data = NULL;
    xmlNode *root = NULL;

    TRY(find_data(body, &data, err));
    root = dom_first(data);
    return root && bears_signature(root) ? write_alone(root, ret, err) : ST_OK;
}

/* What a business signature will be judged by must be what the transport's covers: it may differ
 * in namespaces that nothing uses, and in comments. */
static enum status check_alone(const xmlNode *root, const struct xml_limits *limits,
                               const struct verified *env, struct err *err)
{
    const struct xml_limits wide = { document_canonical_max(limits), limits->max_depth };
    AUTO(xmlFreeDoc) xmlDoc *doc = NULL;
    AUTO(bytes_free) struct bytes *alone = NULL;
    AUTO(bytes_free) struct bytes *inside = NULL;

    if (!env->authored)
        return RAISE(err, ST_FORGED, "the signed payload did not stand in the message");
    TRY(document_parse(bytes_slice(env->authored), &wide, 0, &doc, err));
    TRY(c14n_document(doc, C14N_EXCLUSIVE, wide.max_bytes, &alone, err));
    TRY(c14n_subtree(root, C14N_EXCLUSIVE, wide.max_bytes, &inside, err));
    if (!slice_eq(bytes_slice(alone), bytes_slice(inside)))
        return RAISE(err, ST_FORGED,
                     "the signed payload is not what the message's signature covers");
    return ST_OK;
}

/* Keeps the signed document, and leaves in the tree what is for the decoder. */
static enum status take_signatures(xmlNode *root, enum payload_form form,
                                   const struct xml_limits *limits, struct verified *env,
                                   struct err *err)
{
    xmlNode *signature = NULL;

    if (!bears_signature(root))
        return ST_OK;
    if (form == PAYLOAD_TEXT)
        TRY(document_write(root->doc, false, &env->authored, err));
    TRY(check_alone(root, limits, env, err));
    while ((signature = dom_child(root, NS_DS, "Signature", NULL))) {
        xmlUnlinkNode(signature);
        xmlFreeNode(signature);
    }
    return ST_OK;
}

/* ---- the payload ---- */

static enum status keep_payload(xmlNode *root, enum payload_form form,
                                const struct xml_limits *limits, struct verified *env,
                                struct err *err)
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
    TRY(take_signatures(root, form, limits, env, err));
    TRY(c14n_subtree(root, C14N_EXCLUSIVE, document_canonical_max(limits), &env->payload_c14n,
                     err));
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
    return keep_payload(xmlDocGetRootElement(doc), PAYLOAD_TEXT, limits, env, err);
}

static enum status read_data(const xmlNode *data, const struct xml_limits *limits,
                             struct verified *env, struct err *err)
{
    xmlNode *root = dom_first(data);
    struct slice text;

    if (!root && dom_leaf(data, &text))
        return read_text(text, limits, env, err);
    if (!root || dom_next(root) || !dom_holds_elements_only(data))
        return REJECT(env, "payloadNotOneElement",
                      "data holds neither one element nor the text of one XML document");
    return keep_payload(root, PAYLOAD_ELEMENT, limits, env, err);
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
