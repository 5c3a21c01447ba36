#include "soap/support.h"

#include "base/clock.h"

#include <libxml/c14n.h>
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct codec *new_codec(void)
{
    const struct codec_params params = { 4, 1 << 20, 50, 1 << 20 };
    struct codec *codec = NULL;
    struct err err;

    assert_int_equal(codec_new(&params, &codec, &err), ST_OK);
    return codec;
}

struct codec *shared_codec;

int open_codec(void **state)
{
    struct err err;

    (void)state;
    shared_codec = new_codec();
    return clock_use_astana(&err) == ST_OK ? 0 : -1;
}

int close_codec(void **state)
{
    (void)state;
    codec_free(shared_codec);
    return 0;
}

static xmlDoc *parse(struct slice xml)
{
    xmlDoc *doc = xmlReadMemory(xml.at, (int)xml.len, NULL, NULL, XML_PARSE_NONET | XML_PARSE_HUGE);

    if (!doc)
        fail_msg("not well-formed: %.300s", xml.at);
    return doc;
}

struct bytes *canonical(const char *xml)
{
    xmlDoc *doc = parse(slice_str(xml));
    xmlChar *text = NULL;
    struct bytes *bytes;
    int len = xmlC14NDocDumpMemory(doc, NULL, XML_C14N_EXCLUSIVE_1_0, NULL, 0, &text);

    assert_true(len > 0);
    bytes = bytes_dup(slice_mem(text, (size_t)len));
    xmlFree(text);
    xmlFreeDoc(doc);
    return bytes;
}

static xmlNode *find(xmlNode *node, const char *name);

struct bytes *body_of_vector(const char *name)
{
    const char *shared = secure_getenv("SHEP_SHARED");
    char path[512];
    xmlDoc *file, *alone;
    xmlNode *body;
    xmlChar *text = NULL;
    struct bytes *bytes;

    (void)snprintf(path, sizeof(path), "%s/vectors/wsse/%s", shared ? shared : "../shared", name);
    if (access(path, R_OK) != 0)
        return NULL;
    file = xmlReadFile(path, NULL, XML_PARSE_NONET);
    alone = xmlNewDoc(BAD_CAST "1.0");
    body = find(xmlDocGetRootElement(file), "Body");
    assert_non_null(body);
    xmlDocSetRootElement(alone, xmlDocCopyNode(body, alone, 1));
    assert_true(xmlC14NDocDumpMemory(alone, NULL, XML_C14N_EXCLUSIVE_1_0, NULL, 0, &text) > 0);
    bytes = bytes_dup(slice_str((const char *)text));
    xmlFree(text);
    xmlFreeDoc(alone);
    xmlFreeDoc(file);
    return bytes;
}

/* Name and namespace of the root, in texts that live as long as the test. */
static void name_root(const char *xml, struct payload *payload)
{
    static char name[64], ns[128];
    xmlDoc *doc = parse(slice_str(xml));
    xmlNode *root = xmlDocGetRootElement(doc);

    (void)snprintf(name, sizeof(name), "%s", (const char *)root->name);
    (void)snprintf(ns, sizeof(ns), "%s", root->ns ? (const char *)root->ns->href : "");
    payload->name = name;
    payload->ns = ns;
    xmlFreeDoc(doc);
}

enum status decode(struct codec *codec, const char *send_message, const char *payload,
                   struct request **ret, struct err *err)
{
    static const struct signer signer = { .iin = "123456789011" };
    AUTO(bytes_free) struct bytes *xml = bytes_new(64 << 20);
    AUTO(bytes_free) struct bytes *body = NULL;
    AUTO(bytes_free) struct bytes *c14n = payload ? canonical(payload) : NULL;
    struct parts parts = { .signer = &signer };

    bytes_add_str(xml, "<soap:Body xmlns:soap='" SOAP_NS "'>");
    bytes_add_str(xml, send_message);
    bytes_add_str(xml, "</soap:Body>");
    body = canonical(xml->at);
    parts.body = bytes_slice(body);
    if (payload) {
        parts.payload = (struct payload){ .form = PAYLOAD_ELEMENT, .c14n = bytes_slice(c14n) };
        name_root(payload, &parts.payload);
    }
    return soap_decode_parts(codec, &parts, ret, err);
}

static const char all_schemas[] =
    "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>"
    "<xs:import namespace='" TYP_NS "' schemaLocation='wsdl/SyncChannelTypes.xsd'/>"
    "<xs:import namespace='" SIGNING_NS "' schemaLocation='wsdl/signing.xsd'/>"
    "<xs:import namespace='" COID_NS "' schemaLocation='wsdl/coid.xsd'/>"
    "<xs:import namespace='urn:shep-adapter:common:1' schemaLocation='wsdl/common.xsd'/>"
    "</xs:schema>";

static xmlNode *first_element(xmlNode *parent)
{
    xmlNode *node = parent->children;

    while (node && node->type != XML_ELEMENT_NODE)
        node = node->next;
    return node;
}

static xmlNode *find(xmlNode *node, const char *name)
{
    xmlNode *hit = NULL;

    for (; node && !hit; node = node->next)
        if (node->type == XML_ELEMENT_NODE)
            hit = xmlStrEqual(node->name, BAD_CAST name) ? node : find(node->children, name);
    return hit;
}

/* Lives as long as the test. */
static xmlSchema *contract(void)
{
    static xmlSchema *schema;
    xmlSchemaParserCtxt *parser;

    if (!schema) {
        parser = xmlSchemaNewMemParserCtxt(all_schemas, (int)sizeof(all_schemas) - 1);
        schema = xmlSchemaParse(parser);
        xmlSchemaFreeParserCtxt(parser);
    }
    assert_non_null(schema);
    return schema;
}

void assert_valid(struct slice xml)
{
    xmlSchemaValidCtxt *valid = xmlSchemaNewValidCtxt(contract());
    xmlDoc *doc = parse(xml);
    xmlNode *node = xmlDocGetRootElement(doc);

    if (xmlStrEqual(node->name, BAD_CAST "Fault"))
        node = first_element(find(node, "detail"));
    if (xmlSchemaValidateOneElement(valid, node) != 0)
        fail_msg("not valid by wsdl/: %.2000s", xml.at);
    xmlSchemaFreeValidCtxt(valid);
    xmlFreeDoc(doc);
}

struct bytes *text_of(struct slice xml, const char *name)
{
    xmlDoc *doc = parse(xml);
    xmlNode *node = find(xmlDocGetRootElement(doc), name);
    struct bytes *text = NULL;
    xmlChar *content = node ? xmlNodeGetContent(node) : NULL;

    if (content)
        text = bytes_dup(slice_str((const char *)content));
    xmlFree(content);
    xmlFreeDoc(doc);
    return text;
}

static size_t count(const xmlNode *node, const char *name)
{
    size_t n = 0;

    for (; node; node = node->next)
        if (node->type == XML_ELEMENT_NODE)
            n += (size_t)xmlStrEqual(node->name, BAD_CAST name) + count(node->children, name);
    return n;
}

size_t count_of(struct slice xml, const char *name)
{
    xmlDoc *doc = parse(xml);
    size_t n = count(xmlDocGetRootElement(doc), name);

    xmlFreeDoc(doc);
    return n;
}
