/* Signing in НУЦ РК's enveloped profile (kz-crypto.md section 3), and what stays of a document when
 * its signatures are taken out. */
#include "wsse/c14n.h"
#include "wsse/document.h"
#include "wsse/methods.h"
#include "wsse/names.h"
#include "wsse/sign.h"
#include "wsse/xmlsig.h"

enum { SIGNATURE_BYTES = 64 << 10 };

/* Everything but the value, which cannot be known yet. */
static enum status write_signature(const struct key *key, struct slice digest, struct bytes **ret,
                                   struct err *err)
{
    const enum algorithm algorithm = key_algorithm(key);
    const struct signature_method *method = signature_method_of(algorithm);
    const struct digest_method *digest_method = digest_method_of(algorithm);
    AUTO(bytes_free) struct bytes *cert = NULL;
    AUTO(bytes_free) struct bytes *out = bytes_new(SIGNATURE_BYTES);

    if (!method || !digest_method)
        return RAISE(err, ST_INTERNAL, "no signing with a key of %s", algorithm_name(algorithm));
    if (!out)
        return RAISE(err, ST_NOMEM, "signature: out of memory");
    TRY(sign_cert_base64(key, &cert, err));
    bytes_addf(out,
               "<ds:Signature xmlns:ds=\"" NS_DS "\"><ds:SignedInfo>"
               "<ds:CanonicalizationMethod Algorithm=\"" URI_C14N "\"/>"
               "<ds:SignatureMethod Algorithm=\"%s\"/>"
               "<ds:Reference URI=\"\"><ds:Transforms>"
               "<ds:Transform Algorithm=\"" URI_ENVELOPED "\"/>"
               "<ds:Transform Algorithm=\"" URI_C14N_COMMENTS "\"/></ds:Transforms>"
               "<ds:DigestMethod Algorithm=\"%s\"/><ds:DigestValue>%s</ds:DigestValue>"
               "</ds:Reference></ds:SignedInfo><ds:SignatureValue/>"
               "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>%s</ds:X509Certificate></ds:X509Data>"
               "</ds:KeyInfo></ds:Signature>",
               method->uri, digest_method->uri, digest.at, cert->at);
    TRY(bytes_check(out, "signature", err));
    *ret = TAKE(out);
    return ST_OK;
}

/* SignedInfo sees the namespaces of the document around it, so its value comes last. */
static enum status fill_value(const struct key *key, xmlNode *signature, struct err *err)
{
    AUTO(bytes_free) struct bytes *info = NULL;
    AUTO(bytes_free) struct bytes *value = NULL;
    const xmlNode *signed_info = dom_first(signature);

    TRY(c14n_subtree(signed_info, C14N_INCLUSIVE, (size_t)4 * SIGNATURE_BYTES, &info, err));
    TRY(sign_base64(key, bytes_slice(info), &value, err));
    if (!dom_add_text(dom_next(signed_info), value->at))
        return RAISE(err, ST_NOMEM, "signature: out of memory");
    return ST_OK;
}

/* URI="" means the document without its comments, whatever the transforms say afterwards
 * (XMLDSig section 4.3.3.3). */
static enum status digest_document(const struct key *key, const xmlDoc *doc, size_t max_bytes,
                                   struct bytes **ret, struct err *err)
{
    const struct digest_method *method = digest_method_of(key_algorithm(key));
    AUTO(bytes_free) struct bytes *canonical = NULL;

    if (!method)
        return RAISE(err, ST_INTERNAL, "no signing with a key of %s",
                     algorithm_name(key_algorithm(key)));
    TRY(c14n_document(doc, C14N_INCLUSIVE, max_bytes, &canonical, err));
    return digest_base64(method, bytes_slice(canonical), ret, err);
}

/* Nothing is made that xmlsig_judge_enveloped() does not take. */
static enum status check_signatures(const xmlNode *root, struct err *err)
{
    unsigned count = 0;

    (void)dom_child(root, NS_DS, "Signature", &count);
    if (dom_is(root, NS_DS, "Signature") || dom_count(root, NS_DS, "Signature") > count)
        return RAISE_CAUSE(err, ST_CONFLICT, "signatureInside", NULL, NULL,
                           "the document holds a ds:Signature that is not a child of its element");
    if (count >= ENVELOPED_MAX_SIGNATURES)
        return RAISE_CAUSE(err, ST_CONFLICT, "alreadySigned", NULL, "16 signatures",
                           "the document has %u signatures already", count);
    return ST_OK;
}

enum status xmlsig_sign_enveloped(const struct key *key, struct slice xml,
                                  const struct xml_limits *limits, struct bytes **ret_xml,
                                  struct err *err)
{
    const bool with_declaration = slice_starts(document_skip_bom(xml), SLICE("<?xml "));
    AUTO(xmlFreeDoc) xmlDoc *doc = NULL;
    AUTO(bytes_free) struct bytes *digest = NULL;
    AUTO(bytes_free) struct bytes *text = NULL;
    xmlNode *signature = NULL;

    TRY(document_parse(xml, limits, DOCUMENT_ALLOWS_PI, &doc, err));
    TRY(check_signatures(xmlDocGetRootElement(doc), err));
    TRY(digest_document(key, doc, document_canonical_max(limits), &digest, err));
    TRY(write_signature(key, bytes_slice(digest), &text, err));
    TRY(sign_append(xmlDocGetRootElement(doc), bytes_slice(text), SIGNATURE_BYTES, &signature,
                    err));
    TRY(fill_value(key, signature, err));
    return document_write(doc, with_declaration, ret_xml, err);
}

enum status xml_content_c14n(struct slice xml, const struct xml_limits *limits,
                             struct bytes **ret_c14n, struct err *err)
{
    AUTO(xmlFreeDoc) xmlDoc *doc = NULL;
    xmlNode *root = NULL;
    xmlNode *at = NULL;

    TRY(document_parse(xml, limits, DOCUMENT_ALLOWS_PI, &doc, err));
    root = xmlDocGetRootElement(doc);
    while ((at = dom_child(root, NS_DS, "Signature", NULL))) {
        xmlUnlinkNode(at);
        xmlFreeNode(at);
    }
    return c14n_document(doc, C14N_INCLUSIVE_COMMENTS, document_canonical_max(limits), ret_c14n,
                         err);
}
