/* XAdES documents for tests. */
#include "unit/wsse/xades_maker.h"

#include "crypto/encode.h"
#include "crypto/tsp.h"
#include "unit/crypto/fixture.h"
#include "wsse/names.h"

#include <openssl/bn.h>
#include <openssl/evp.h>

static const char *or_else(const char *given, const char *usual)
{
    return given ? given : usual;
}

/* All occurrences; to must not hold from. */
static char *fill(char *xml, const char *from, const char *to)
{
    while (strstr(xml, from)) {
        char *next = soap_replace(xml, from, to);

        free(xml);
        xml = next;
    }
    return xml;
}

static char *digest_of(struct slice data, const char *md)
{
    unsigned char value[EVP_MAX_MD_SIZE];
    size_t len = 0;

    assert_int_equal(EVP_Q_digest(NULL, md, NULL, data.at, data.len, value, &len), 1);
    AUTO(bytes_free) struct bytes *text = base64_encode(slice_mem(value, len));
    return strdup(text->at);
}

static char *fill_cert(char *xml, const struct cert *cert)
{
    AUTO_FREE char *digest = digest_of(cert_der(cert), "SHA256");
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert_x509(cert)), NULL);
    char *serial = BN_bn2dec(number);

    xml = fill(xml, "@cert-digest@", digest);
    xml = fill(xml, "@issuer@", cert_signer(cert)->issuer);
    xml = fill(xml, "@serial@", serial);
    OPENSSL_free(serial);
    BN_free(number);
    return xml;
}

static const char *md_of(const struct key *key)
{
    return key_algorithm(key) == ALG_RSA_SHA256 ? "SHA256"
           : key_algorithm(key) == ALG_GOST2004 ? "1.2.398.3.10.1.3.1"
                                                : "1.2.398.3.10.1.3.3";
}

static const char head_of[] =
    "<ds:Signature xmlns:ds=\"" NS_DS "\" xmlns:more=\"urn:more\" Id=\"s\"><ds:SignedInfo>"
    "<ds:CanonicalizationMethod Algorithm=\"" URI_EXC_C14N "\"/>"
    "<ds:SignatureMethod Algorithm=\"@sign-method@\"/>";
static const char value_and_key[] =
    "</ds:SignedInfo><ds:SignatureValue Id=\"v\">@value@</ds:SignatureValue>"
    "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>@cert@</ds:X509Certificate></ds:X509Data>"
    "</ds:KeyInfo>";

static char *write(const struct xades_parts *p)
{
    AUTO_FREE char *properties = soap_join((const char *const[]){
        "<x:SignedProperties Id=\"sp\"><x:SignedSignatureProperties>", or_else(p->time, XADES_TIME),
        or_else(p->certificate,
                "<x:SigningCertificate>" XADES_CERT("@cert-digest@", "@issuer@",
                                                    "@serial@") "</x:SigningCertificate>"),
        or_else(p->behind, ""), "</x:SignedSignatureProperties></x:SignedProperties>", NULL });
    AUTO_FREE char *object = soap_join((const char *const[]){
        "<ds:Object><x:QualifyingProperties xmlns:x=\"@x@\" Target=\"", or_else(p->target, "#s"),
        "\">", or_else(p->properties, properties), or_else(p->stamps, ""),
        "</x:QualifyingProperties></ds:Object>", NULL });

    return soap_join((const char *const[]){
        p->content ? "" : "<doc><v>1</v>",
        head_of,
        or_else(p->references, XADES_DOCUMENT_REFERENCE XADES_PROPERTIES_REFERENCE),
        value_and_key,
        p->content ? "<ds:Object Id=\"o\">" : "",
        or_else(p->content, ""),
        p->content ? "</ds:Object>" : "",
        or_else(p->objects, object),
        "</ds:Signature>",
        p->content ? "" : "</doc>",
        NULL,
    });
}

char *xades_make(const struct xades_parts *p, const struct key *key)
{
    AUTO_FREE char *digest = digest_of(SLICE(XADES_DOCUMENT), md_of(key));
    AUTO_FREE char *marked = write(p);

    marked = fill(marked, "@x@", or_else(p->ns, NS_XADES_122));
    marked = fill(marked, "@doc@", digest);
    marked = fill_cert(marked, p->named ? p->named : key_cert(key));
    return soap_fill(marked, key);
}

/* A leaf's canonical form is what is written, with the namespaces in scope: of the exclusive one
 * only its own. */
static char *token_over(const char *xml, const struct key *tsa, bool exclusive)
{
    const struct tsa_params params = { "1.2.398.3.3.2.6.4", NOW_MS, 5 };
    AUTO_FREE char *value = soap_cut(xml, "<ds:SignatureValue ", "</ds:SignatureValue>");
    AUTO_FREE char *canonical = soap_replace(
        value, "<ds:SignatureValue ",
        exclusive ? "<ds:SignatureValue xmlns:ds=\"" NS_DS "\" "
                  : "<ds:SignatureValue xmlns:ds=\"" NS_DS "\" xmlns:more=\"urn:more\" ");
    AUTO(bytes_free) struct bytes *request = NULL;
    AUTO(bytes_free) struct bytes *response = NULL;
    AUTO(bytes_free) struct bytes *token = NULL;
    struct err err;

    assert_ok(tsp_request(slice_str(canonical), key_algorithm(tsa), &request, &err), &err);
    assert_ok(tsa_answer(tsa, bytes_slice(request), &params, &response, &err), &err);
    assert_ok(tsp_response_token(bytes_slice(response), bytes_slice(request), &token, &err), &err);
    AUTO(bytes_free) struct bytes *text = base64_encode(bytes_slice(token));
    return strdup(text->at);
}

static const char stamp_end[] =
    "</x:EncapsulatedTimeStamp></x:SignatureTimeStamp></x:UnsignedSignatureProperties>"
    "</x:UnsignedProperties>";

char *xades_stamp(const char *xml, const char *head, const struct key *tsa, bool exclusive)
{
    AUTO_FREE char *token = token_over(xml, tsa, exclusive);

    return soap_join((const char *const[]){
        "<x:UnsignedProperties><x:UnsignedSignatureProperties><x:SignatureTimeStamp>", head,
        "<x:EncapsulatedTimeStamp>", token, stamp_end, NULL });
}
