/* An enveloped signature without its document, and back (wsse/xmlsig.h). */
#include "wsse/document.h"
#include "wsse/names.h"
#include "wsse/xmlsig.h"

enum status xmlsig_detach(struct slice xml, const struct xml_limits *limits,
                          struct bytes **ret_signature, struct err *err)
{
    AUTO(xmlFreeDoc) xmlDoc *doc = NULL;
    AUTO(xmlFreeDoc) xmlDoc *alone = NULL;
    unsigned count = 0;

    TRY(document_parse(xml, limits, DOCUMENT_ALLOWS_PI, &doc, err));
    const xmlNode *root = xmlDocGetRootElement(doc);
    xmlNode *signature = dom_child(root, NS_DS, "Signature", &count);
    if (count != 1 || dom_is(root, NS_DS, "Signature") || dom_count(root, NS_DS, "Signature") != 1)
        return RAISE(err, ST_CONFLICT, "the document does not hold one enveloped ds:Signature");
    alone = xmlNewDoc(BAD_CAST "1.0");
    if (!alone || !dom_append_copy((xmlNode *)alone, signature))
        return RAISE(err, ST_NOMEM, "signature: out of memory");
    return document_write(alone, false, ret_signature, err);
}

enum status xmlsig_attach(struct slice content, struct slice signature,
                          const struct xml_limits *limits, struct bytes **ret_xml, struct err *err)
{
    const bool with_declaration = slice_starts(document_skip_bom(content), SLICE("<?xml "));
    AUTO(xmlFreeDoc) xmlDoc *doc = NULL;
    AUTO(xmlFreeDoc) xmlDoc *alone = NULL;

    TRY(document_parse(content, limits, DOCUMENT_ALLOWS_PI, &doc, err));
    TRY(document_parse(signature, limits, DOCUMENT_ALLOWS_PI, &alone, err));
    if (!dom_is(xmlDocGetRootElement(alone), NS_DS, "Signature"))
        return RAISE(err, ST_FORMAT, "the signature is not a ds:Signature alone");
    if (dom_count(xmlDocGetRootElement(doc), NS_DS, "Signature") > 0 ||
        dom_is(xmlDocGetRootElement(doc), NS_DS, "Signature"))
        return RAISE(err, ST_CONFLICT, "the content holds a ds:Signature already");
    if (!dom_append_copy(xmlDocGetRootElement(doc), xmlDocGetRootElement(alone)))
        return RAISE(err, ST_NOMEM, "signature: out of memory");
    return document_write(doc, with_declaration, ret_xml, err);
}
