/* Signing of an envelope that somebody else has written, as a caller's WS-Security library does. */
#include "base/clock.h"
#include "wsse/c14n.h"
#include "wsse/document.h"
#include "wsse/memory.h"
#include "wsse/names.h"
#include "wsse/sign.h"
#include "wsse/xmlsig.h"

enum { SECURITY_BYTES = 256 << 10, SECURITY_DEPTH = 16 };

struct parts {
    xmlNode *header; /* NULL: absent */
    xmlNode *body;
};

static enum status find_parts(const xmlDoc *doc, struct parts *ret, struct err *err)
{
    const xmlNode *root = xmlDocGetRootElement(doc);
    unsigned bodies = 0;
    unsigned headers = 0;

    if (!dom_is(root, NS_SOAP, "Envelope"))
        return RAISE(err, ST_FORMAT, "not a SOAP 1.1 envelope");
    ret->header = dom_child(root, NS_SOAP, "Header", &headers);
    ret->body = dom_child(root, NS_SOAP, "Body", &bodies);
    if (!ret->body || bodies != 1 || headers > 1)
        return RAISE(err, ST_FORMAT, "an envelope has one Body and at most one Header");
    if (ret->header && dom_child(ret->header, NS_WSSE, "Security", NULL))
        return RAISE(err, ST_CONFLICT, "the envelope has a Security header already");
    return ST_OK;
}

static enum status ensure_header(struct parts *parts, struct err *err)
{
    if (parts->header)
        return ST_OK;
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): find_parts() found the body */
    parts->header = xmlNewNode(parts->body->ns, BAD_CAST "Header");
    if (!parts->header || !xmlAddPrevSibling(parts->body, parts->header)) {
        xmlFreeNode(parts->header);
        return RAISE(err, ST_NOMEM, "envelope: out of memory");
    }
    /* Body may have declared its prefix for itself alone */
    if (xmlReconciliateNs(parts->header->doc, parts->header) < 0)
        return RAISE(err, ST_NOMEM, "envelope: out of memory");
    return ST_OK;
}

/* The Body's id, a fresh wsu:Id when it has none. */
static enum status ensure_id(xmlNode *body, char dst[SIGN_ID_TEXT], const char **ret_id,
                             struct err *err)
{
    const unsigned refusals = memory_refusals();
    xmlNs *ns;

    *ret_id = dom_id(body);
    if (*ret_id && strpbrk(*ret_id, "<>&\"'") != NULL) /* it is written into SignedInfo as text */
        return RAISE(err, ST_FORMAT, "the Body's id is no name");
    if (*ret_id)
        return ST_OK;
    sign_new_id(clock_now(clock_system()), dst);
    ns = xmlSearchNsByHref(body->doc, body, BAD_CAST NS_WSU);
    if (!ns || !ns->prefix)
        ns = xmlNewNs(body, BAD_CAST NS_WSU, BAD_CAST "wsu");
    if (!ns || !xmlNewNsProp(body, ns, BAD_CAST "Id", BAD_CAST dst))
        return RAISE(err, ST_FORMAT, "envelope: Body takes no wsu:Id");
    if (memory_refusals() != refusals)
        return RAISE(err, ST_NOMEM, "envelope: out of memory");
    *ret_id = dst;
    return ST_OK;
}

/* Security is parsed below an element that declares soap, and copied with what it needs of it. */
static enum status add_security(xmlNode *header, struct slice text, struct err *err)
{
    static const struct xml_limits limits = { SECURITY_BYTES, SECURITY_DEPTH };
    AUTO(bytes_free) struct bytes *wrapped = bytes_new(SECURITY_BYTES);
    AUTO(xmlFreeDoc) xmlDoc *doc = NULL;

    if (!wrapped)
        return RAISE(err, ST_NOMEM, "envelope: out of memory");
    bytes_add_str(wrapped, "<soap:Header xmlns:soap=\"" NS_SOAP "\">");
    bytes_add(wrapped, text);
    bytes_add_str(wrapped, "</soap:Header>");
    TRY(bytes_check(wrapped, "Security", err));
    TRY(document_parse(bytes_slice(wrapped), &limits, 0, &doc, err));
    if (!dom_append_copy(header, dom_first(xmlDocGetRootElement(doc))))
        return RAISE(err, ST_NOMEM, "envelope: out of memory");
    return ST_OK;
}

enum status xmlsig_sign_envelope(const struct key *key, struct slice xml,
                                 const struct xml_limits *limits, struct bytes **ret_xml,
                                 struct err *err)
{
    AUTO(xmlFreeDoc) xmlDoc *doc = NULL;
    AUTO(bytes_free) struct bytes *canonical = NULL;
    AUTO(bytes_free) struct bytes *info = NULL;
    AUTO(bytes_free) struct bytes *security = NULL;
    struct parts parts = { NULL, NULL };
    char fresh[SIGN_ID_TEXT];
    const char *id = NULL;

    TRY(document_parse(xml, limits, 0, &doc, err));
    TRY(find_parts(doc, &parts, err));
    TRY(ensure_header(&parts, err));
    TRY(ensure_id(parts.body, fresh, &id, err));
    TRY(c14n_subtree(parts.body, C14N_EXCLUSIVE, document_canonical_max(limits), &canonical, err));
    TRY(sign_write_info(key_algorithm(key), id, bytes_slice(canonical), &info, err));
    TRY(sign_write_security(key, bytes_slice(info), &security, err));
    TRY(add_security(parts.header, bytes_slice(security), err));
    return document_write(doc, slice_starts(document_skip_bom(xml), SLICE("<?xml ")), ret_xml, err);
}
