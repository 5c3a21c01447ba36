/* Signed XML for tests. */
#include "unit/wsse/soap_maker.h"

#include "crypto/encode.h"
#include "unit/crypto/fixture.h"
#include "wsse/names.h"

#include <libxml/c14n.h>
#include <libxml/parser.h>
#include <openssl/evp.h>
#include <stdio.h>

static const struct {
    enum algorithm algorithm;
    const char *sign;
    const char *digest;
    const char *md;
} methods[] = {
    { ALG_GOST2015_512, URI_SIGN_GOST2015_512, URI_DIGEST_2015_512, "1.2.398.3.10.1.3.3" },
    { ALG_GOST2004, URI_SIGN_GOST2004, URI_DIGEST_34311, "1.2.398.3.10.1.3.1" },
    { ALG_RSA_SHA256, URI_SIGN_RSA_SHA256, URI_DIGEST_SHA256, "SHA256" },
};

static size_t method_of(const struct key *key)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (methods[i].algorithm == key_algorithm(key))
            return i;
    fail_msg("no such key");
    return 0;
}

char *soap_join(const char *const *parts)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    for (; *parts; parts++)
        assert_true(fputs(*parts, out) >= 0);
    assert_int_equal(fclose(out), 0);
    return text;
}

char *soap_replace(const char *xml, const char *from, const char *to)
{
    const char *at = strstr(xml, from);
    char *head = NULL;
    char *whole = NULL;

    if (!at)
        fail_msg("no %s in the text", from);
    head = strndup(xml, (size_t)(at - xml));
    whole = soap_join((const char *const[]){ head, to, at + strlen(from), NULL });
    free(head);
    return whole;
}

static char *replace_all(char *xml, const char *from, const char *to)
{
    while (strstr(xml, from)) {
        char *next = soap_replace(xml, from, to);

        free(xml);
        xml = next;
    }
    return xml;
}

char *soap_cut(const char *xml, const char *start, const char *end)
{
    const char *at = strstr(xml, start);
    const char *stop = at ? strstr(at + strlen(start), end) : NULL;

    if (!at || !stop) {
        fail_msg("no %s … %s in the text", start, end);
        return NULL;
    }
    return strndup(at, (size_t)(stop - at) + strlen(end));
}

char *soap_message(const char *data_element)
{
    return soap_join((const char *const[]){
        "<t:SendMessage xmlns:t=\"http://bip.bee.kz/SyncChannel/v10/Types\"><request><requestInfo>"
        "<messageId>m-1</messageId><serviceId>S</serviceId>"
        "<messageDate>2026-11-22T14:00:00+05:00</messageDate>"
        "<sender><senderId>good</senderId></sender></requestInfo><requestData>",
        data_element, "</requestData></request></t:SendMessage>", NULL });
}

/* Finding by local name is enough here. */
static xmlNode *find(xmlNode *node, const char *name)
{
    for (; node; node = node->next) {
        xmlNode *below = NULL;

        if (node->type != XML_ELEMENT_NODE)
            continue;
        if (xmlStrEqual(node->name, BAD_CAST name))
            return node;
        below = find(node->children, name);
        if (below)
            return below;
    }
    return NULL;
}

static xmlNode *find_id(xmlNode *node, const char *id)
{
    for (; node; node = node->next) {
        xmlNode *below = NULL;

        if (node->type != XML_ELEMENT_NODE)
            continue;
        for (xmlAttr *attr = node->properties; attr; attr = attr->next)
            if (xmlStrcasecmp(attr->name, BAD_CAST "id") == 0 && attr->children &&
                xmlStrEqual(attr->children->content, BAD_CAST id))
                return node;
        below = find_id(node->children, id);
        if (below)
            return below;
    }
    return NULL;
}

static int is_below(void *apex, xmlNode *node, xmlNode *parent)
{
    const bool is_node = node->type != XML_NAMESPACE_DECL && node->type != XML_ATTRIBUTE_NODE;

    for (node = is_node ? node : parent; node && node != apex;)
        node = node->parent;
    return node != NULL;
}

enum { MAX_PREFIXES = 128 };

/* The PrefixList of the step's InclusiveNamespaces, split in place. */
static void split_prefixes(xmlNode *step, char *list, size_t size, xmlChar *ret[MAX_PREFIXES])
{
    const xmlNode *parameter = step ? find(step->children, "InclusiveNamespaces") : NULL;
    xmlChar *value = parameter ? xmlGetProp(parameter, BAD_CAST "PrefixList") : NULL;
    char *rest = list;
    size_t count = 0;

    assert_true(snprintf(list, size, "%s", value ? (char *)value : "") < (int)size);
    xmlFree(value);
    for (char *word; (word = strsep(&rest, " ")) && count + 1 < MAX_PREFIXES;)
        if (*word)
            ret[count++] = BAD_CAST word;
    ret[count] = NULL;
}

static struct bytes *canonical(xmlNode *apex, xmlNode *step)
{
    char list[256];
    xmlChar *prefixes[MAX_PREFIXES];
    xmlChar *uri = step ? xmlGetProp(step, BAD_CAST "Algorithm") : NULL;
    const int mode =
        uri && xmlStrstr(uri, BAD_CAST "20010315") ? XML_C14N_1_0 : XML_C14N_EXCLUSIVE_1_0;
    xmlOutputBuffer *out = xmlAllocOutputBuffer(NULL);
    struct bytes *copy = NULL;

    split_prefixes(step, list, sizeof(list), prefixes);
    assert_true(xmlC14NExecute(apex->doc, is_below, apex, mode, prefixes, 0, out) >= 0);
    copy = bytes_dup(slice_mem(xmlOutputBufferGetContent(out), xmlOutputBufferGetSize(out)));
    assert_true(xmlOutputBufferClose(out) >= 0);
    xmlFree(uri);
    return copy;
}

static xmlDoc *parse(const char *xml)
{
    const int options = XML_PARSE_NONET | XML_PARSE_HUGE | XML_PARSE_NOERROR;
    xmlDoc *doc = xmlReadMemory(xml, (int)strlen(xml), NULL, NULL, options);

    if (!doc)
        fail_msg("the test's own text is not XML: %.400s", xml);
    return doc;
}

/* The parent of the parent of the first text that is this mark. */
static xmlNode *find_mark(xmlNode *node, const char *mark)
{
    for (; node; node = node->next) {
        xmlNode *below = NULL;

        if (node->type == XML_TEXT_NODE && xmlStrEqual(node->content, BAD_CAST mark))
            return node->parent->parent;
        below = find_mark(node->children, mark);
        if (below)
            return below;
    }
    return NULL;
}

static bool is_enveloped(xmlNode *transform)
{
    xmlChar *uri = transform ? xmlGetProp(transform, BAD_CAST "Algorithm") : NULL;
    const bool is = uri && xmlStrEqual(uri, BAD_CAST URI_ENVELOPED);

    xmlFree(uri);
    return is;
}

/* What enveloped-signature means, when it is the first of the transforms: the Signature goes. The
 * transform that counts is left. */
static xmlNode *apply_enveloped(const xmlNode *reference, xmlNode *transform)
{
    xmlNode *signature = reference->parent->parent;

    if (!is_enveloped(transform))
        return transform;
    xmlUnlinkNode(signature); /* the caller lets go of it */
    for (transform = transform->next; transform && transform->type != XML_ELEMENT_NODE;)
        transform = transform->next;
    return transform;
}

/* The child's Algorithm is one of the two URIs: SHA-1, whatever the key's own digest is. */
static bool names(const xmlNode *parent, const char *child, const char *uri, const char *more)
{
    const xmlNode *method = find(parent->children, child);
    xmlChar *value = method ? xmlGetProp(method, BAD_CAST "Algorithm") : NULL;
    const bool is =
        value && (xmlStrEqual(value, BAD_CAST uri) || xmlStrEqual(value, BAD_CAST more));

    xmlFree(value);
    return is;
}

/* Of the node it means, or of the root when it means no node of the document. */
static struct bytes *digest_of(const char *xml, const char *md)
{
    xmlDoc *doc = parse(xml);
    xmlNode *root = xmlDocGetRootElement(doc);
    const xmlNode *at = find_mark(root, "@digest@"); /* the Reference */
    xmlChar *uri = xmlGetProp(at, BAD_CAST "URI");
    if (names(at, "DigestMethod", URI_DIGEST_SHA1, URI_DIGEST_SHA1_MORE))
        md = "SHA1";
    xmlNode *target = uri && uri[0] == '#' ? find_id(root, (char *)uri + 1) : NULL;
    xmlNode *signature = at->parent->parent;
    xmlNode *step = apply_enveloped(at, find(at->children, "Transform"));
    AUTO(bytes_free) struct bytes *data = canonical(target ? target : root, step);
    unsigned char value[EVP_MAX_MD_SIZE];
    size_t len = 0;

    assert_int_equal(EVP_Q_digest(NULL, md, NULL, data->at, data->len, value, &len), 1);
    xmlFree(uri);
    if (!signature->parent)
        xmlFreeNode(signature);
    xmlFreeDoc(doc);
    return base64_encode(slice_mem(value, len));
}

static char *fill_digests(char *xml, const char *md)
{
    while (strstr(xml, ">@digest@<")) {
        AUTO(bytes_free) struct bytes *value = digest_of(xml, md);
        char *next = soap_replace(xml, "@digest@", value->at);

        free(xml);
        xml = next;
    }
    return xml;
}

/* Our own key_sign() does not sign over SHA-1 any more. */
static struct bytes *sign_sha1(const struct key *key, struct slice data)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char value[512];
    size_t len = sizeof(value);

    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha1(), NULL, key_pkey(key)), 1);
    assert_int_equal(EVP_DigestSign(ctx, value, &len, slice_u8(data), data.len), 1);
    EVP_MD_CTX_free(ctx);
    return bytes_dup(slice_mem(value, len));
}

static char *fill_value(char *xml, const struct key *key)
{
    xmlDoc *doc = parse(xml);
    xmlNode *marked = find_mark(xmlDocGetRootElement(doc), "@value@"); /* the Signature */
    xmlNode *info = find(marked ? marked->children : xmlDocGetRootElement(doc), "SignedInfo");
    AUTO(bytes_free)
    struct bytes *data = canonical(info, find(info->children, "CanonicalizationMethod"));
    AUTO(bytes_free) struct bytes *raw = NULL;
    AUTO(bytes_free) struct bytes *text = NULL;
    struct err err;

    if (names(info, "SignatureMethod", URI_SIGN_RSA_SHA1, URI_SIGN_RSA_SHA1_MORE))
        raw = sign_sha1(key, bytes_slice(data));
    else
        assert_ok(key_sign(key, bytes_slice(data), &raw, &err), &err);
    text = base64_encode(bytes_slice(raw));
    xmlFreeDoc(doc);
    return replace_all(xml, "@value@", text->at);
}

char *soap_fill(const char *marked, const struct key *key)
{
    const size_t method = method_of(key);
    AUTO(bytes_free) struct bytes *cert = base64_encode(cert_der(key_cert(key)));
    char *xml = replace_all(strdup(marked), "@cert@", cert->at);

    xml = replace_all(xml, "@sign-method@", methods[method].sign);
    xml = replace_all(xml, "@digest-method@", methods[method].digest);
    xml = fill_digests(xml, methods[method].md);
    return strstr(xml, "@value@") ? fill_value(xml, key) : xml;
}

static const char *or_else(const char *given, const char *usual)
{
    return given ? given : usual;
}

char *soap_make(const struct soap_params *p, const struct key *key)
{
    static const char ns_wsse[] = NS_WSSE;
    char *message = soap_message("<data><p:payload xmlns:p=\"urn:p\">1</p:payload></data>");
    char *marked = soap_join((const char *const[]){
        or_else(p->declaration, ""),
        "<soap:Envelope xmlns:soap=\"",
        NS_SOAP,
        "\"",
        or_else(p->envelope_attrs, ""),
        "><soap:Header>",
        or_else(p->before_security, ""),
        "<wsse:Security xmlns:wsse=\"",
        ns_wsse,
        "\"",
        or_else(p->security_attrs, " soap:mustUnderstand=\"1\""),
        ">",
        or_else(p->before_signature, ""),
        "<ds:Signature xmlns:ds=\"",
        NS_DS,
        "\"><ds:SignedInfo>",
        or_else(p->c14n_method, "<ds:CanonicalizationMethod Algorithm=\"" URI_EXC_C14N "\"/>"),
        "<ds:SignatureMethod Algorithm=\"",
        or_else(p->sign_method, "@sign-method@"),
        "\">",
        or_else(p->sign_method_content, ""),
        "</ds:SignatureMethod>",
        or_else(p->references, SOAP_REFERENCE("#" SOAP_BODY_ID)),
        "</ds:SignedInfo><ds:SignatureValue>",
        or_else(p->value, "@value@"),
        "</ds:SignatureValue>",
        or_else(p->key_info,
                SOAP_KEY_INFO("<wsse:KeyIdentifier EncodingType=\"" URI_BASE64_BINARY
                              "\" ValueType=\"" URI_X509V3 "\">@cert@</wsse:KeyIdentifier>")),
        or_else(p->in_signature, ""),
        "</ds:Signature>",
        or_else(p->after_signature, ""),
        "</wsse:Security>",
        or_else(p->after_security, ""),
        "</soap:Header><soap:Body ",
        or_else(p->body_attrs, SOAP_WSU " wsu:Id=\"" SOAP_BODY_ID "\""),
        ">",
        or_else(p->body, message),
        "</soap:Body></soap:Envelope>",
        NULL });
    char *filled = soap_fill(marked, key);

    free(marked);
    free(message);
    return filled;
}

char *xml_sign(const char *before, const struct soap_params *p, const char *after,
               const struct key *key)
{
    char *marked = soap_join((const char *const[]){
        before, "<ds:Signature xmlns:ds=\"", NS_DS, "\"><ds:SignedInfo>",
        or_else(p->c14n_method, "<ds:CanonicalizationMethod Algorithm=\"" URI_C14N "\"/>"),
        "<ds:SignatureMethod Algorithm=\"", or_else(p->sign_method, "@sign-method@"), "\">",
        or_else(p->sign_method_content, ""), "</ds:SignatureMethod>",
        or_else(p->references, XML_REFERENCE("")), "</ds:SignedInfo><ds:SignatureValue>",
        or_else(p->value, "@value@"), "</ds:SignatureValue>",
        or_else(p->key_info, XML_KEY_INFO("<ds:X509Certificate>@cert@</ds:X509Certificate>")),
        or_else(p->in_signature, ""), "</ds:Signature>", after, NULL });
    char *filled = soap_fill(marked, key);

    free(marked);
    return filled;
}
