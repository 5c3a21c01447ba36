/* Attacks by the shape of the signature: References, transforms, algorithms, KeyInfo, comments,
 * DTD. Where it can be, the signature value and the digests are right, so that nothing but the
 * policy stands in the way. */
#include "crypto/encode.h"
#include "unit/wsse/corpus.h"
#include "unit/wsse/fixture.h"
#include "wsse/names.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#define TIMESTAMP(attrs)                                                                           \
    "<wsu:Timestamp " SOAP_WSU " " attrs "><wsu:Created>2026-11-22T08:59:00Z</wsu:Created>"        \
    "<wsu:Expires>2026-11-22T09:05:00Z</wsu:Expires></wsu:Timestamp>"
#define DIGESTS                                                                                    \
    "<ds:DigestMethod Algorithm=\"@digest-method@\"/><ds:DigestValue>@digest@</ds:DigestValue>"
#define EXC "<ds:Transform Algorithm=\"" URI_EXC_C14N "\"/>"
#define REFERENCE(attrs, transforms)                                                               \
    "<ds:Reference" attrs "><ds:Transforms>" transforms "</ds:Transforms>" DIGESTS "</"            \
    "ds:Reference>"
#define BODY_REFERENCE SOAP_REFERENCE("#" SOAP_BODY_ID)

#define MADE(name, ...)                                                                            \
    static char *name(const char *good, const struct key *key)                                     \
    {                                                                                              \
        (void)good;                                                                                \
        return soap_make(&(struct soap_params){ __VA_ARGS__ }, key);                               \
    }
#define REPLACED(name, from, to)                                                                   \
    static char *name(const char *good, const struct key *key)                                     \
    {                                                                                              \
        (void)key;                                                                                 \
        return soap_replace(good, from, to);                                                       \
    }

/* References */
MADE(reference_to_header, .references = SOAP_REFERENCE("#h"),
     .before_security = "<x xmlns=\"urn:x\" Id=\"h\"/>")
MADE(reference_to_security, .references = SOAP_REFERENCE("#s"),
     .security_attrs = " Id=\"s\" soap:mustUnderstand=\"1\"")
MADE(reference_to_child_of_body, .references = SOAP_REFERENCE("#c"), .body = "<m Id=\"c\"><x/></m>")
MADE(empty_uri, .references = SOAP_REFERENCE(""))
MADE(no_uri, .references = REFERENCE("", EXC))
MADE(bare_hash, .references = SOAP_REFERENCE("#"))
MADE(xpointer_root, .references = SOAP_REFERENCE("#xpointer(/)"))
MADE(xpointer_id, .references = SOAP_REFERENCE("#xpointer(id('" SOAP_BODY_ID "'))"))
MADE(xpointer_injected, .references = SOAP_REFERENCE("#a')|id('" SOAP_BODY_ID),
     .body_attrs = SOAP_WSU " wsu:Id=\"a')|id('" SOAP_BODY_ID "\"")
MADE(http_uri, .references = SOAP_REFERENCE("http://127.0.0.1/body.xml"))
MADE(file_uri, .references = SOAP_REFERENCE("file:///etc/passwd"))
MADE(relative_uri, .references = SOAP_REFERENCE("body.xml#" SOAP_BODY_ID))
MADE(escaped_uri, .references = SOAP_REFERENCE("#body%2D1"))
MADE(two_to_body, .references = BODY_REFERENCE BODY_REFERENCE)
MADE(three_references, .references = BODY_REFERENCE SOAP_REFERENCE("#ts") SOAP_REFERENCE("#h"),
     .after_signature = TIMESTAMP("wsu:Id=\"ts\""), .before_security = "<x Id=\"h\"/>")
MADE(no_reference, .references = "")
MADE(timestamp_only, .references = SOAP_REFERENCE("#ts"),
     .after_signature = TIMESTAMP("wsu:Id=\"ts\""))
MADE(foreign_timestamp, .references = BODY_REFERENCE SOAP_REFERENCE("#ts"),
     .before_security = TIMESTAMP("wsu:Id=\"ts\""))
MADE(nested_timestamp, .references = BODY_REFERENCE SOAP_REFERENCE("#ts"),
     .after_signature = "<wrap>" TIMESTAMP("wsu:Id=\"ts\"") "</wrap>")
MADE(two_timestamps, .references = BODY_REFERENCE SOAP_REFERENCE("#ts"),
     .after_signature = TIMESTAMP("wsu:Id=\"ts\"") TIMESTAMP("wsu:Id=\"old\""))
MADE(timestamp_and_header, .references = SOAP_REFERENCE("#ts") SOAP_REFERENCE("#h"),
     .after_signature = TIMESTAMP("wsu:Id=\"ts\""), .before_security = "<x Id=\"h\"/>")

/* Transforms */
MADE(no_transforms,
     .references = "<ds:Reference URI=\"#" SOAP_BODY_ID "\">" DIGESTS "</ds:Reference>")
MADE(xpath, .references = REFERENCE(
                " URI=\"#" SOAP_BODY_ID "\"",
                "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\">"
                "<ds:XPath>false()</ds:XPath></ds:Transform>"))
MADE(xpath_filter2,
     .references = REFERENCE(" URI=\"#" SOAP_BODY_ID "\"",
                             "<ds:Transform "
                             "Algorithm=\"http://www.w3.org/2002/06/xmldsig-filter2\"/>" EXC))
MADE(xslt, .references =
               REFERENCE(" URI=\"#" SOAP_BODY_ID "\"",
                         "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\">"
                         "<xsl:stylesheet xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" "
                         "version=\"1.0\"/></ds:Transform>"))
MADE(base64, .references = REFERENCE(" URI=\"#" SOAP_BODY_ID "\"",
                                     "<ds:Transform Algorithm=\"" NS_DS "base64\"/>"))
MADE(enveloped, .references = REFERENCE(" URI=\"#" SOAP_BODY_ID "\"",
                                        "<ds:Transform Algorithm=\"" URI_ENVELOPED "\"/>" EXC))
MADE(exc_twice, .references = REFERENCE(" URI=\"#" SOAP_BODY_ID "\"", EXC EXC))
MADE(three_transforms, .references = REFERENCE(" URI=\"#" SOAP_BODY_ID "\"", EXC EXC EXC))
MADE(inclusive, .references = REFERENCE(" URI=\"#" SOAP_BODY_ID "\"",
                                        "<ds:Transform Algorithm=\"" URI_C14N "\"/>"))
MADE(exc_comments,
     .references = REFERENCE(" URI=\"#" SOAP_BODY_ID "\"",
                             "<ds:Transform Algorithm=\"" URI_EXC_C14N_COMMENTS "\"/>"))
MADE(str_transform, .references = REFERENCE(" URI=\"#" SOAP_BODY_ID "\"",
                                            "<ds:Transform Algorithm=\"" WSS_2004
                                            "soap-message-security-1.0#STR-Transform\"/>"))
MADE(unknown_transform,
     .references = REFERENCE(" URI=\"#" SOAP_BODY_ID "\"", "<ds:Transform Algorithm=\"urn:x\"/>"))
MADE(c14n_inclusive, .c14n_method = "<ds:CanonicalizationMethod Algorithm=\"" URI_C14N "\"/>")
MADE(c14n_comments,
     .c14n_method = "<ds:CanonicalizationMethod Algorithm=\"" URI_EXC_C14N_COMMENTS "\"/>")
MADE(c14n_parameter, .c14n_method = "<ds:CanonicalizationMethod Algorithm=\"" URI_EXC_C14N
                                    "\"><x/></ds:CanonicalizationMethod>")
MADE(prefix_bomb,
     .c14n_method = "<ds:CanonicalizationMethod Algorithm=\"" URI_EXC_C14N
                    "\"><ec:InclusiveNamespaces xmlns:ec=\"" NS_EC
                    "\" PrefixList=\"a b c d e f g h i j k l m n o p q r s t u v w x y "
                    "z a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f "
                    "g h i j k l m n o p q r s t u v w x y z\"/>"
                    "</ds:CanonicalizationMethod>")

/* 64 lookups for each of 40,000 elements. */
static char *prefixes_times_elements(const char *good, const struct key *key)
{
    struct bytes *body = bytes_new(1 << 20);
    char *xml = NULL;

    (void)good;
    bytes_add_str(body, "<m>");
    for (size_t i = 0; i < 40000; i++)
        bytes_add_str(body, "<b/>");
    bytes_add_str(body, "</m>");
    xml = soap_make(
        &(struct soap_params){
            .body = body->at,
            .references =
                REFERENCE(" URI=\"#" SOAP_BODY_ID "\"",
                          "<ds:Transform Algorithm=\"" URI_EXC_C14N
                          "\"><ec:InclusiveNamespaces xmlns:ec=\"" NS_EC
                          "\" PrefixList=\"a b c d e f g h i j k l m n o p q r s t u v w x "
                          "y z a b c d e f g h i j k l m n o p q r s t u v w x y z a b c "
                          "d e f g h i j k l\"/></ds:Transform>") },
        key);
    bytes_free(body);
    return xml;
}

/* Algorithms */
MADE(sha1_signature, .sign_method = URI_SIGN_RSA_SHA1)
MADE(sha1_more_signature, .sign_method = URI_SIGN_RSA_SHA1_MORE)
MADE(sha1_digest, .references = "<ds:Reference URI=\"#" SOAP_BODY_ID "\"><ds:Transforms>" EXC
                                "</ds:Transforms><ds:DigestMethod Algorithm=\"" URI_DIGEST_SHA1
                                "\"/><ds:DigestValue>AAAAAAAAAAAAAAAAAAAAAAAAAAA=</ds:DigestValue>"
                                "</ds:Reference>")
MADE(md5_digest,
     .references = "<ds:Reference URI=\"#" SOAP_BODY_ID "\"><ds:Transforms>" EXC
                   "</ds:Transforms><ds:DigestMethod Algorithm=\"" URI_MORE "md5"
                   "\"/><ds:DigestValue>AAAAAAAAAAAAAAAAAAAAAA==</ds:DigestValue></ds:Reference>")
MADE(dsa_signature, .sign_method = NS_DS "dsa-sha1")
MADE(ecdsa_signature, .sign_method = URI_MORE "ecdsa-sha256")
MADE(gost_over_rsa, .sign_method = URI_SIGN_GOST2015_512)
MADE(no_algorithm, .sign_method = "")
MADE(pss_parameters, .sign_method_content = "<x:RSAPSSParams xmlns:x=\"urn:x\"/>")

/* HMAC with the public key, which everybody knows, as its secret (CVE-2009-0217's kin). */
static char *hmac(const struct key *key, const char *method, const char *md, const char *length)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    size_t mac_len = 0;
    unsigned char *spki = NULL;
    const int len = i2d_PUBKEY(key_pkey(key), &spki);
    struct bytes *value = NULL;
    char *xml = NULL;

    assert_true(len > 0);
    assert_non_null(EVP_Q_mac(NULL, "HMAC", NULL, md, NULL, spki, (size_t)len,
                              (const unsigned char *)"x", 1, mac, sizeof(mac), &mac_len));
    value = base64_encode(slice_mem(mac, mac_len));
    xml = soap_make(&(struct soap_params){ .sign_method = method,
                                           .sign_method_content = length,
                                           .value = value->at },
                    key);
    bytes_free(value);
    OPENSSL_free(spki);
    return xml;
}

static char *hmac_sha1(const char *good, const struct key *key)
{
    (void)good;
    return hmac(key, NS_DS "hmac-sha1", "SHA1", NULL);
}

static char *hmac_sha256_wanted(const char *good, const struct key *key)
{
    (void)good;
    return hmac(key, URI_MORE "hmac-sha256", "SHA256", NULL);
}

static char *hmac_truncated(const char *good, const struct key *key)
{
    (void)good;
    return hmac(key, NS_DS "hmac-sha1", "SHA1", "<ds:HMACOutputLength>0</ds:HMACOutputLength>");
}

static char *rsa_truncated(const char *good, const struct key *key)
{
    (void)good;
    return soap_make(&(struct soap_params){ .sign_method_content =
                                                "<ds:HMACOutputLength>8</ds:HMACOutputLength>" },
                     key);
}

/* KeyInfo */
#define X509_TYPE " ValueType=\"" URI_X509V3 "\""
#define BASE64_TYPE " EncodingType=\"" URI_BASE64_BINARY "\""

static char *other_certificate(const char *good, const struct key *key)
{
    const struct cert *other = pki_of(KEYS_RSA)->ca.cert;
    AUTO(bytes_free) struct bytes *mine = base64_encode(cert_der(key_cert(key)));
    AUTO(bytes_free) struct bytes *theirs = base64_encode(cert_der(other));

    return soap_replace(good, mine->at, theirs->at);
}

/* Signed by a stranger's key that calls itself as ours is called. */
static char *self_signed(const char *good, const struct key *key)
{
    struct made stranger = made_new(&(struct made_params){ .cn = "ТЕСТОВ ТЕСТ",
                                                           .iin = "123456789011",
                                                           .bin = "123456789021",
                                                           .key_type = "RSA",
                                                           .usage = "critical,digitalSignature" },
                                    NULL);
    char *xml = soap_make(&(struct soap_params){ 0 }, stranger.key);

    (void)good;
    (void)key;
    made_free(&stranger);
    return xml;
}

MADE(no_key_info, .key_info = "")
MADE(key_value, .key_info = "<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus>"
                            "<ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>"
                            "</ds:KeyInfo>")
MADE(key_name, .key_info = "<ds:KeyInfo><ds:KeyName>good</ds:KeyName></ds:KeyInfo>")
MADE(retrieval,
     .key_info = "<ds:KeyInfo><ds:RetrievalMethod URI=\"http://127.0.0.1/\"/></ds:KeyInfo>")
MADE(two_references_to_keys,
     .key_info = "<ds:KeyInfo><wsse:SecurityTokenReference><wsse:KeyIdentifier" X509_TYPE
                 ">@cert@</wsse:KeyIdentifier></wsse:SecurityTokenReference><ds:X509Data>"
                 "<ds:X509Certificate>@cert@</ds:X509Certificate></ds:X509Data></ds:KeyInfo>")
MADE(subject_key_identifier,
     .key_info = SOAP_KEY_INFO("<wsse:KeyIdentifier ValueType=\"" WSS_2004
                               "x509-token-profile-1.0#X509SubjectKeyIdentifier\">AAAA"
                               "</wsse:KeyIdentifier>"))
MADE(hex_identifier,
     .key_info = SOAP_KEY_INFO("<wsse:KeyIdentifier" X509_TYPE " EncodingType=\"urn:hex\">@cert@"
                               "</wsse:KeyIdentifier>"))
MADE(comment_in_certificate, .key_info = SOAP_KEY_INFO("<wsse:KeyIdentifier" X509_TYPE BASE64_TYPE
                                                       "><!-- -->@cert@</wsse:KeyIdentifier>"))
MADE(not_a_certificate, .key_info = SOAP_KEY_INFO("<wsse:KeyIdentifier" X509_TYPE BASE64_TYPE
                                                  ">AAAA</wsse:KeyIdentifier>"))
MADE(not_base64, .key_info = SOAP_KEY_INFO("<wsse:KeyIdentifier" X509_TYPE BASE64_TYPE
                                           ">!!!</wsse:KeyIdentifier>"))
MADE(token_elsewhere, .key_info = SOAP_KEY_INFO("<wsse:Reference URI=\"#bst\"/>"),
     .before_security = "<wsse:BinarySecurityToken xmlns:wsse=\"" NS_WSSE "\" " SOAP_WSU
                        " wsu:Id=\"bst\"" X509_TYPE BASE64_TYPE
                        ">@cert@</wsse:BinarySecurityToken>")
MADE(token_twice, .key_info = SOAP_KEY_INFO("<wsse:Reference URI=\"#bst\"/>"),
     .before_signature = "<wsse:BinarySecurityToken " SOAP_WSU
                         " wsu:Id=\"bst\"" X509_TYPE BASE64_TYPE
                         ">@cert@</wsse:BinarySecurityToken>",
     .before_security = "<x Id=\"bst\"/>")
MADE(token_of_path, .key_info = SOAP_KEY_INFO("<wsse:Reference URI=\"#bst\"/>"),
     .before_signature = "<wsse:BinarySecurityToken " SOAP_WSU
                         " wsu:Id=\"bst\" ValueType=\"" WSS_2004
                         "x509-token-profile-1.0#X509PKIPathv1\">@cert@"
                         "</wsse:BinarySecurityToken>")
MADE(token_by_url, .key_info = SOAP_KEY_INFO("<wsse:Reference URI=\"http://127.0.0.1/cert\"/>"))
MADE(embedded, .key_info = SOAP_KEY_INFO("<wsse:Embedded/>"))
MADE(unpinned, .key_info = SOAP_KEY_INFO("<ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>"
                                         "CN=CA,C=KZ</ds:X509IssuerName><ds:X509SerialNumber>7"
                                         "</ds:X509SerialNumber></ds:X509IssuerSerial>"
                                         "</ds:X509Data>"))

/* Objects, comments, text */
MADE(object, .in_signature = "<ds:Object/>")
MADE(manifest,
     .in_signature = "<ds:Object><ds:Manifest>" BODY_REFERENCE "</ds:Manifest></ds:Object>")
MADE(nested_signature, .after_signature = "<wrap><ds:Signature xmlns:ds=\"" NS_DS "\"/></wrap>")
REPLACED(comment_in_digest, "<ds:DigestValue>", "<ds:DigestValue><!-- AAAA -->")
REPLACED(comment_in_signed_info, "<ds:Reference ", "<!-- x --><ds:Reference ")
REPLACED(comment_in_value, "<ds:SignatureValue>", "<ds:SignatureValue><!-- x -->")
REPLACED(text_in_signed_info, "<ds:Reference ", "x<ds:Reference ")
REPLACED(blank_in_signed_info, "<ds:Reference ", "\n<ds:Reference ")
REPLACED(text_in_signature, "<ds:KeyInfo>", "x<ds:KeyInfo>")
REPLACED(element_in_digest, "<ds:DigestValue>", "<ds:DigestValue><x/>")
REPLACED(empty_value, "<ds:SignatureValue>", "<ds:SignatureValue/><ds:SignatureValue>")
REPLACED(pi_in_body, "m-1", "m-<?x?>1")
REPLACED(pi_in_header, "<wsse:Security ", "<?x?><wsse:Security ")
REPLACED(entity, "m-1", "&m;")
REPLACED(dtd, "<soap:Envelope ", "<!DOCTYPE x><soap:Envelope ")
REPLACED(dtd_entity, "<soap:Envelope ", "<!DOCTYPE x [<!ENTITY m \"m-1\">]><soap:Envelope ")
REPLACED(dtd_id, "<soap:Envelope ",
         "<!DOCTYPE x [<!ATTLIST x y ID \"" SOAP_BODY_ID "\">]><soap:Envelope ")
REPLACED(dtd_external, "<soap:Envelope ",
         "<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><soap:Envelope ")

/* Header */
REPLACED(signature_outside, "<wsse:Security xmlns:wsse=\"" NS_WSSE "\" soap:mustUnderstand=\"1\">",
         "<wsse:Security xmlns:wsse=\"" NS_WSSE "\"/><w xmlns:wsse=\"" NS_WSSE "\">")

static char *outside(const char *good, const struct key *key)
{
    AUTO_FREE char *open = signature_outside(good, key);

    return soap_replace(open, "</wsse:Security>", "</w>");
}

static char *deeper(const char *good, const struct key *key)
{
    AUTO_FREE char *open = soap_replace(good, "<ds:Signature ", "<w><ds:Signature ");

    (void)key;
    return soap_replace(open, "</ds:Signature>", "</ds:Signature></w>");
}

static char *no_signature(const char *good, const struct key *key)
{
    AUTO_FREE char *signature = soap_cut(good, "<ds:Signature ", "</ds:Signature>");

    (void)key;
    return soap_replace(good, signature, "");
}

static char *no_security(const char *good, const struct key *key)
{
    AUTO_FREE char *security = soap_cut(good, "<wsse:Security ", "</wsse:Security>");

    (void)key;
    return soap_replace(good, security, "");
}

static char *no_header(const char *good, const struct key *key)
{
    AUTO_FREE char *header = soap_cut(good, "<soap:Header>", "</soap:Header>");

    (void)key;
    return soap_replace(good, header, "");
}

REPLACED(for_another_actor, " soap:mustUnderstand=\"1\"", " soap:actor=\"urn:somebody\"")
REPLACED(unknown_header, "<wsse:Security ",
         "<x:Transaction xmlns:x=\"urn:x\" soap:mustUnderstand=\"1\"/><wsse:Security ")
REPLACED(other_namespace, "xmlns:soap=\"" NS_SOAP "\"", "xmlns:soap=\"urn:soap\"")

static char *soap12(const char *good, const struct key *key)
{
    (void)key;
    return soap_replace(good, NS_SOAP, "http://www.w3.org/2003/05/soap-envelope");
}

#define NOT_BODY "not that of soap:Body"
#define NOT_PLAIN "is not a plain \"#id\""
#define ONLY_EXC "only exclusive C14N is allowed"

const struct attack shape_attacks[] = {
    { "Reference to a header", ST_FORGED, NOT_BODY, reference_to_header },
    { "Reference to Security", ST_FORGED, NOT_BODY, reference_to_security },
    { "Reference to a child of Body", ST_FORGED, NOT_BODY, reference_to_child_of_body },
    { "empty URI", ST_FORGED, NOT_PLAIN, empty_uri },
    { "no URI", ST_FORGED, "has no URI", no_uri },
    { "a bare #", ST_FORGED, NOT_PLAIN, bare_hash },
    { "xpointer(/)", ST_FORGED, NOT_PLAIN, xpointer_root },
    { "xpointer(id())", ST_FORGED, NOT_PLAIN, xpointer_id },
    { "XPointer injected by the id", ST_FORGED, NOT_PLAIN, xpointer_injected },
    { "http: URI", ST_FORGED, NOT_PLAIN, http_uri },
    { "file: URI", ST_FORGED, NOT_PLAIN, file_uri },
    { "relative URI", ST_FORGED, NOT_PLAIN, relative_uri },
    { "percent-encoded URI", ST_FORGED, NOT_PLAIN, escaped_uri },
    { "two References to Body", ST_FORGED, "two ds:Reference to soap:Body", two_to_body },
    { "a third Reference", ST_FORGED, "more than 2 ds:Reference", three_references },
    { "no Reference", ST_FORGED, "no ds:Reference", no_reference },
    { "Timestamp signed, Body not", ST_FORGED, "soap:Body is not signed", timestamp_only },
    { "Timestamp outside Security", ST_FORGED, NOT_BODY, foreign_timestamp },
    { "Timestamp deeper in Security", ST_FORGED, NOT_BODY, nested_timestamp },
    { "two Timestamps", ST_FORGED, "2 wsu:Timestamp", two_timestamps },
    { "Timestamp and a header, not Body", ST_FORGED, NOT_BODY, timestamp_and_header },

    { "no transforms", ST_FORGED, "0 ds:Transform", no_transforms },
    { "XPath", ST_FORGED, "parameter other than", xpath },
    { "XPath filter 2", ST_FORGED, "2 ds:Transform", xpath_filter2 },
    { "XSLT", ST_FORGED, "parameter other than", xslt },
    { "base64", ST_FORGED, ONLY_EXC, base64 },
    { "enveloped-signature", ST_FORGED, "2 ds:Transform", enveloped },
    { "exclusive C14N twice", ST_FORGED, "2 ds:Transform", exc_twice },
    { "three transforms", ST_FORGED, "more than 2 ds:Transform", three_transforms },
    { "inclusive C14N", ST_FORGED, ONLY_EXC, inclusive },
    { "exclusive C14N with comments", ST_FORGED, ONLY_EXC, exc_comments },
    { "STR-Transform", ST_FORGED, ONLY_EXC, str_transform },
    { "unknown transform", ST_FORGED, ONLY_EXC, unknown_transform },
    { "SignedInfo by inclusive C14N", ST_FORGED, ONLY_EXC, c14n_inclusive },
    { "SignedInfo with comments", ST_FORGED, ONLY_EXC, c14n_comments },
    { "C14N with an unknown parameter", ST_FORGED, "parameter other than", c14n_parameter },
    { "inclusive prefixes for too many elements", ST_FORGED, "64 inclusive prefixes",
      prefixes_times_elements },
    { "too many inclusive prefixes", ST_FORGED, "more than 64 prefixes", prefix_bomb },

    { "RSA-SHA1", ST_FORGED, "not allowed", sha1_signature },
    { "RSA-SHA1 by the URI of no standard", ST_FORGED, "not allowed", sha1_more_signature },
    { "SHA-1 digest", ST_FORGED, "digest method " URI_DIGEST_SHA1 " is not allowed", sha1_digest },
    { "MD5 digest", ST_FORGED, "not accepted", md5_digest },
    { "DSA", ST_FORGED, "not accepted", dsa_signature },
    { "ECDSA", ST_FORGED, "not accepted", ecdsa_signature },
    { "a GOST method over an RSA key", ST_FORGED, "the certificate's key", gost_over_rsa },
    { "empty signature method", ST_FORGED, "not accepted", no_algorithm },
    { "parameters of the signature method", ST_FORGED, "none is allowed", pss_parameters },
    { "HMAC-SHA1 with the public key", ST_FORGED, "not accepted", hmac_sha1 },
    { "HMAC-SHA256 with the public key", ST_FORGED, "not accepted", hmac_sha256_wanted },
    { "HMAC truncated to nothing", ST_FORGED, "HMACOutputLength", hmac_truncated },
    { "HMACOutputLength for RSA", ST_FORGED, "HMACOutputLength", rsa_truncated },

    { "another's certificate", ST_FORGED, "does not belong", other_certificate },
    { "a stranger's certificate", ST_STALE, NULL, self_signed },
    { "no KeyInfo", ST_FORGED, "names 0 certificates", no_key_info },
    { "KeyValue", ST_FORGED, "names 0 certificates", key_value },
    { "KeyName", ST_FORGED, "names 0 certificates", key_name },
    { "RetrievalMethod", ST_FORGED, "names 0 certificates", retrieval },
    { "two certificates", ST_FORGED, "names 2 certificates", two_references_to_keys },
    { "SubjectKeyIdentifier", ST_FORGED, "not an X509v3 certificate", subject_key_identifier },
    { "hex KeyIdentifier", ST_FORGED, "not Base64Binary", hex_identifier },
    { "comment in the certificate", ST_FORGED, "more than base64", comment_in_certificate },
    { "not a certificate", ST_FORGED, "not a certificate", not_a_certificate },
    { "not base64", ST_FORGED, "not base64", not_base64 },
    { "token outside Security", ST_FORGED, "no wsse:BinarySecurityToken", token_elsewhere },
    { "token's id twice", ST_FORGED, "more than once", token_twice },
    { "token of a path", ST_FORGED, "not an X509v3 certificate", token_of_path },
    { "token by URL", ST_FORGED, "no wsse:BinarySecurityToken", token_by_url },
    { "Embedded", ST_FORGED, "is not accepted", embedded },
    { "IssuerSerial of nobody pinned", ST_FORGED, "no pinned certificate", unpinned },

    { "Object", ST_FORGED, "ds:Signature holds Object", object },
    { "Manifest", ST_FORGED, "ds:Signature holds Object", manifest },
    { "a second Signature deeper", ST_FORGED, "2 ds:Signature", nested_signature },
    { "comment in DigestValue", ST_FORGED, "comment stands in ds:SignedInfo", comment_in_digest },
    { "comment in SignedInfo", ST_FORGED, "comment stands", comment_in_signed_info },
    { "comment in SignatureValue", ST_FORGED, "more than text", comment_in_value },
    { "text in SignedInfo", ST_FORGED, "text stands", text_in_signed_info },
    { "blank added in SignedInfo", ST_FORGED, "does not belong", blank_in_signed_info },
    { "text in Signature", ST_FORGED, "text stands", text_in_signature },
    { "element in DigestValue", ST_FORGED, "ds:DigestValue holds more than text",
      element_in_digest },
    { "two SignatureValues", ST_FORGED, "SignatureValue", empty_value },
    { "processing instruction in Body", ST_FORMAT, "processing instructions", pi_in_body },
    { "processing instruction in Header", ST_FORMAT, "processing instructions", pi_in_header },
    { "undeclared entity", ST_FORMAT, "not well-formed", entity },
    { "DTD", ST_FORMAT, "DTD", dtd },
    { "DTD with an entity", ST_FORMAT, "DTD", dtd_entity },
    { "DTD with an ID", ST_FORMAT, "DTD", dtd_id },
    { "DTD from a file", ST_FORMAT, "DTD", dtd_external },

    { "Signature outside Security", ST_UNSIGNED, "elsewhere does not count", outside },
    { "Signature deeper in Security", ST_FORGED, "not a child of wsse:Security", deeper },
    { "no Signature", ST_UNSIGNED, "holds no ds:Signature", no_signature },
    { "no Security", ST_UNSIGNED, "no wsse:Security header", no_security },
    { "no Header", ST_UNSIGNED, "no wsse:Security header", no_header },
    { "Security for somebody else", ST_UNSIGNED, "elsewhere does not count", for_another_actor },
    { "a header that must be understood", ST_FORMAT, "Transaction must be understood",
      unknown_header },
    { "Envelope of no SOAP", ST_FORMAT, "not a SOAP 1.1 Envelope", other_namespace },
    { "SOAP 1.2", ST_FORMAT, "not a SOAP 1.1 Envelope", soap12 },
};
const size_t shape_attack_count = sizeof(shape_attacks) / sizeof(shape_attacks[0]);
