/* Making XAdES v1.2.2: enveloped, XAdES-BES or XAdES-T. */
#include "base/clock.h"
#include "crypto/encode.h"
#include "crypto/ossl.h"
#include "crypto/tsp.h"
#include "wsse/c14n.h"
#include "wsse/document.h"
#include "wsse/methods.h"
#include "wsse/names.h"
#include "wsse/sign.h"
#include "wsse/xades.h"

#include <openssl/bn.h>
#include <openssl/x509.h>

enum { SIGNATURE_BYTES = 128 << 10, STAMP_BYTES = 512 << 10 };

/* What a signature is made of; each text is the maker's. */
struct making {
    const struct key *key;
    const struct xades_params *params;
    const struct signature_method *method;
    const struct digest_method *digest;
    char id[SIGN_ID_TEXT];
    xmlDoc *doc;
    xmlNode *signature; /* in the document */
};

/* X509IssuerName as RFC 2253 writes it, in UTF-8; X509SerialNumber in decimal. */
static enum status write_issuer_serial(const struct cert *cert, struct bytes *out, struct err *err)
{
    const unsigned long flags = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
    AUTO(BIO_free_all) BIO *name = BIO_new(BIO_s_mem());
    AUTO(BN_free)
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert_x509(cert)), NULL);
    AUTO(ossl_text_free) char *serial = number ? BN_bn2dec(number) : NULL;
    char *at = NULL;
    long len;

    if (!name || !serial ||
        X509_NAME_print_ex(name, X509_get_issuer_name(cert_x509(cert)), 0, flags) < 0)
        return ossl_raise(err, ST_NOMEM, "signature");
    len = BIO_get_mem_data(name, &at);
    bytes_add_str(out, "<xades:IssuerSerial><ds:X509IssuerName>");
    bytes_add_xml(out, slice_mem(at, len > 0 ? (size_t)len : 0));
    bytes_addf(out,
               "</ds:X509IssuerName><ds:X509SerialNumber>%s</ds:X509SerialNumber>"
               "</xades:IssuerSerial>",
               serial);
    return ST_OK;
}

static enum status write_signed_properties(const struct making *making, struct bytes *out,
                                           struct err *err)
{
    const struct cert *cert = key_cert(making->key);
    AUTO(bytes_free) struct bytes *digest = NULL;
    char time[TIME_TEXT];

    TRY(digest_base64(making->digest, cert_der(cert), &digest, err));
    time_utc_text(making->params->signing_time_ms, time);
    bytes_addf(out,
               "<xades:SignedProperties Id=\"%s-signed\"><xades:SignedSignatureProperties>"
               "<xades:SigningTime>%s</xades:SigningTime>"
               "<xades:SigningCertificate><xades:Cert><xades:CertDigest>"
               "<ds:DigestMethod Algorithm=\"%s\"/><ds:DigestValue>%s</ds:DigestValue>"
               "</xades:CertDigest>",
               making->id, time, making->digest->uri, digest->at);
    TRY(write_issuer_serial(cert, out, err));
    bytes_add_str(out, "</xades:Cert></xades:SigningCertificate></xades:SignedSignatureProperties>"
                       "</xades:SignedProperties>");
    return ST_OK;
}

static void write_signed_info(const struct making *making, struct slice digest, struct bytes *out)
{
    bytes_addf(out,
               "<ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"" URI_EXC_C14N "\"/>"
               "<ds:SignatureMethod Algorithm=\"%s\"/>"
               "<ds:Reference URI=\"\"><ds:Transforms>"
               "<ds:Transform Algorithm=\"" URI_ENVELOPED "\"/>"
               "<ds:Transform Algorithm=\"" URI_C14N "\"/></ds:Transforms>"
               "<ds:DigestMethod Algorithm=\"%s\"/><ds:DigestValue>%s</ds:DigestValue>"
               "</ds:Reference>",
               making->method->uri, making->digest->uri, digest.at);
    bytes_addf(out,
               "<ds:Reference Type=\"" URI_SIGNED_PROPERTIES_122 "\" URI=\"#%s-signed\">"
               "<ds:Transforms><ds:Transform Algorithm=\"" URI_EXC_C14N "\"/></ds:Transforms>"
               "<ds:DigestMethod Algorithm=\"%s\"/><ds:DigestValue/></ds:Reference>"
               "</ds:SignedInfo>",
               making->id, making->digest->uri);
}

/* Everything but the digest of the properties and the value, which need it to stand in its place.
 */
static enum status write_signature(const struct making *making, struct slice digest,
                                   struct bytes **ret, struct err *err)
{
    AUTO(bytes_free) struct bytes *cert = NULL;
    AUTO(bytes_free) struct bytes *out = bytes_new(SIGNATURE_BYTES);

    if (!out)
        return RAISE(err, ST_NOMEM, "signature: out of memory");
    TRY(sign_cert_base64(making->key, &cert, err));
    bytes_addf(out, "<ds:Signature xmlns:ds=\"" NS_DS "\" Id=\"%s\">", making->id);
    write_signed_info(making, digest, out);
    bytes_addf(out,
               "<ds:SignatureValue Id=\"%s-value\"/>"
               "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>%s</ds:X509Certificate></ds:X509Data>"
               "</ds:KeyInfo><ds:Object><xades:QualifyingProperties xmlns:xades=\"" NS_XADES_122
               "\" Target=\"#%s\">",
               making->id, cert->at, making->id);
    TRY(write_signed_properties(making, out, err));
    bytes_add_str(out, "</xades:QualifyingProperties></ds:Object></ds:Signature>");
    TRY(bytes_check(out, "signature", err));
    *ret = TAKE(out);
    return ST_OK;
}

/* URI="" is the document without its comments (XMLDSig section 4.3.3.3). */
static enum status digest_document(const struct making *making, const struct xml_limits *limits,
                                   struct bytes **ret, struct err *err)
{
    AUTO(bytes_free) struct bytes *canonical = NULL;

    TRY(c14n_document(making->doc, C14N_INCLUSIVE, document_canonical_max(limits), &canonical,
                      err));
    return digest_base64(making->digest, bytes_slice(canonical), ret, err);
}

static xmlNode *part(const struct making *making, const char *name)
{
    return dom_child(making->signature, NS_DS, name, NULL);
}

static xmlNode *qualifying(const struct making *making)
{
    return dom_first(part(making, "Object"));
}

static enum status fill_properties_digest(const struct making *making, struct err *err)
{
    const xmlNode *reference = dom_child(part(making, "SignedInfo"), NS_DS, "Reference", NULL);
    AUTO(bytes_free) struct bytes *canonical = NULL;
    AUTO(bytes_free) struct bytes *digest = NULL;

    TRY(c14n_subtree(dom_first(qualifying(making)), C14N_EXCLUSIVE, SIGNATURE_BYTES, &canonical,
                     err));
    TRY(digest_base64(making->digest, bytes_slice(canonical), &digest, err));
    if (!dom_add_text(dom_child(dom_next(reference), NS_DS, "DigestValue", NULL), digest->at))
        return RAISE(err, ST_NOMEM, "signature: out of memory");
    return ST_OK;
}

static enum status fill_value(const struct making *making, struct err *err)
{
    AUTO(bytes_free) struct bytes *info = NULL;
    AUTO(bytes_free) struct bytes *value = NULL;

    TRY(c14n_subtree(part(making, "SignedInfo"), C14N_EXCLUSIVE, SIGNATURE_BYTES, &info, err));
    TRY(sign_base64(making->key, bytes_slice(info), &value, err));
    if (!dom_add_text(part(making, "SignatureValue"), value->at))
        return RAISE(err, ST_NOMEM, "signature: out of memory");
    return ST_OK;
}

/* v1.2.2 clause 7.3: over the canonical ds:SignatureValue, the element and its content. */
static enum status add_timestamp(const struct making *making, struct err *err)
{
    const struct xades_params *params = making->params;
    const struct tsp_source source = { params->io, params->tsp_url, params->deadline_ms };
    AUTO(bytes_free) struct bytes *canonical = NULL;
    AUTO(bytes_free) struct bytes *token = NULL;
    AUTO(bytes_free) struct bytes *text = NULL;
    AUTO(bytes_free) struct bytes *out = bytes_new(STAMP_BYTES);
    xmlNode *node = NULL;

    TRY(c14n_subtree(part(making, "SignatureValue"), C14N_EXCLUSIVE, SIGNATURE_BYTES, &canonical,
                     err));
    TRY(tsp_fetch(&source, bytes_slice(canonical), key_algorithm(making->key), &token, err));
    text = base64_encode(bytes_slice(token));
    if (!text || !out)
        return RAISE(err, ST_NOMEM, "timestamp: out of memory");
    bytes_addf(out,
               "<xades:UnsignedProperties xmlns:xades=\"" NS_XADES_122 "\">"
               "<xades:UnsignedSignatureProperties><xades:SignatureTimeStamp>"
               "<xades:Include URI=\"#%s-value\"/>"
               "<ds:CanonicalizationMethod xmlns:ds=\"" NS_DS "\" Algorithm=\"" URI_EXC_C14N
               "\"/><xades:EncapsulatedTimeStamp>%s</xades:EncapsulatedTimeStamp>"
               "</xades:SignatureTimeStamp></xades:UnsignedSignatureProperties>"
               "</xades:UnsignedProperties>",
               making->id, text->at);
    TRY(bytes_check(out, "timestamp", err));
    return sign_append(qualifying(making), bytes_slice(out), STAMP_BYTES, &node, err);
}

static enum status sign(struct making *making, const struct xml_limits *limits, struct err *err)
{
    AUTO(bytes_free) struct bytes *digest = NULL;
    AUTO(bytes_free) struct bytes *text = NULL;

    TRY(digest_document(making, limits, &digest, err));
    TRY(write_signature(making, bytes_slice(digest), &text, err));
    TRY(sign_append(xmlDocGetRootElement(making->doc), bytes_slice(text), SIGNATURE_BYTES,
                    &making->signature, err));
    TRY(fill_properties_digest(making, err));
    TRY(fill_value(making, err));
    return making->params->tsp_url ? add_timestamp(making, err) : ST_OK;
}

/* Nothing is made that xades_judge() does not take. */
static bool is_signed(const xmlNode *root)
{
    return dom_is(root, NS_DS, "Signature") || dom_child(root, NS_DS, "Signature", NULL);
}

enum status xades_seal(const struct key *key, struct slice xml, const struct xades_params *params,
                       const struct xml_limits *limits, struct bytes **ret_xml, struct err *err)
{
    const bool with_declaration = slice_starts(document_skip_bom(xml), SLICE("<?xml "));
    const enum algorithm algorithm = key_algorithm(key);
    struct making making = { .key = key,
                             .params = params,
                             .method = signature_method_of(algorithm),
                             .digest = digest_method_of(algorithm) };
    AUTO(xmlFreeDoc) xmlDoc *doc = NULL;

    if (!making.method || !making.digest)
        return RAISE(err, ST_INTERNAL, "no signing with a key of %s", algorithm_name(algorithm));
    TRY(document_parse(xml, limits, DOCUMENT_ALLOWS_PI, &doc, err));
    if (is_signed(xmlDocGetRootElement(doc)))
        return RAISE_CAUSE(err, ST_CONFLICT, "alreadySigned", NULL, NULL,
                           "the document is signed already; a seal stands alone");
    making.doc = doc;
    sign_new_id(params->signing_time_ms, making.id);
    TRY(sign(&making, limits, err));
    return document_write(doc, with_declaration, ret_xml, err);
}
