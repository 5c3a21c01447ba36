/* Enveloped signatures that are properly made and still must not be accepted: shapes, methods,
 * transforms, values, key information. Each refusal names its check. */
#include "crypto/encode.h"
#include "unit/wsse/fixture.h"
#include "wsse/names.h"

#include <stdio.h>

#define BEFORE "<r><v Id=\"v\">1</v>"
#define AFTER "</r>"
#define TRANSFORM(uri) "<ds:Transform Algorithm=\"" uri "\"/>"
#define REFERENCE(attrs, transforms, digest)                                                       \
    "<ds:Reference " attrs "><ds:Transforms>" transforms "</ds:Transforms>" digest "</"            \
    "ds:Reference>"
#define WITH_TRANSFORMS(transforms) REFERENCE("URI=\"\"", transforms, XML_DIGEST)
#define DIGEST(method, value)                                                                      \
    "<ds:DigestMethod Algorithm=\"" method "\"/><ds:DigestValue>" value "</ds:DigestValue>"
#define WITH_DIGEST(method, value)                                                                 \
    REFERENCE("URI=\"\"", XML_ENVELOPED XML_C14N, DIGEST(method, value))
#define C14N_METHOD(attrs, content)                                                                \
    "<ds:CanonicalizationMethod " attrs ">" content "</ds:CanonicalizationMethod>"
#define CERT "<ds:X509Certificate>@cert@</ds:X509Certificate>"
#define INCLUSIVE "Algorithm=\"" URI_C14N "\""

static const struct {
    const char *name;
    struct soap_params shape;
    enum check culprit;
    const char *words;
} attacks[] = {
    /* References */
    { "no Reference", { .references = "" }, CHECK_COVERAGE, "has no ds:Reference" },
    { "two References to the document",
      { .references = XML_REFERENCE("") XML_REFERENCE("") },
      CHECK_COVERAGE,
      "more than 1 ds:Reference" },
    { "a Reference to an element",
      { .references = XML_REFERENCE("#v") },
      CHECK_COVERAGE,
      "\"#v\"" },
    { "a Reference by XPointer",
      { .references = XML_REFERENCE("#xpointer(/)") },
      CHECK_COVERAGE,
      "#xpointer(/)" },
    { "a Reference to a file",
      { .references = XML_REFERENCE("file:///etc/passwd") },
      CHECK_COVERAGE,
      "file:///etc/passwd" },
    { "a Reference without URI",
      { .references = REFERENCE("", XML_ENVELOPED XML_C14N, XML_DIGEST) },
      CHECK_COVERAGE,
      "has no URI" },
    { "a URI of another namespace in front",
      { .references = REFERENCE("ds:URI=\"#v\" URI=\"\"", XML_ENVELOPED XML_C14N, XML_DIGEST) },
      CHECK_DIGEST,
      "cannot be computed" },
    { "a Manifest instead of a Reference",
      { .references = "<ds:Manifest>" XML_REFERENCE("") "</ds:Manifest>" },
      CHECK_COVERAGE,
      "ds:SignedInfo holds Manifest" },
    /* transforms */
    { "XSLT",
      { .references = WITH_TRANSFORMS(
            XML_ENVELOPED TRANSFORM("http://www.w3.org/TR/1999/REC-xslt-19991116")) },
      CHECK_COVERAGE,
      "are not enveloped-signature and C14N" },
    { "XPath",
      { .references = WITH_TRANSFORMS(
            XML_ENVELOPED TRANSFORM("http://www.w3.org/TR/1999/REC-xpath-19991116")) },
      CHECK_COVERAGE,
      "are not enveloped-signature and C14N" },
    { "XPath with its expression",
      { .references = WITH_TRANSFORMS(
            XML_ENVELOPED
            "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\">"
            "<ds:XPath>self::v</ds:XPath></ds:Transform>") },
      CHECK_COVERAGE,
      "a parameter other than" },
    { "XPath Filter 2",
      { .references =
            WITH_TRANSFORMS(XML_ENVELOPED TRANSFORM("http://www.w3.org/2002/06/xmldsig-filter2")) },
      CHECK_COVERAGE,
      "are not enveloped-signature and C14N" },
    { "base64",
      { .references = WITH_TRANSFORMS(XML_ENVELOPED TRANSFORM(NS_DS "base64")) },
      CHECK_COVERAGE,
      "are not enveloped-signature and C14N" },
    { "a third transform",
      { .references = WITH_TRANSFORMS(XML_ENVELOPED XML_C14N XML_C14N) },
      CHECK_COVERAGE,
      "more than 2 ds:Transform" },
    { "no transforms",
      { .references = "<ds:Reference URI=\"\">" XML_DIGEST "</ds:Reference>" },
      CHECK_COVERAGE,
      "are not enveloped-signature and C14N" },
    { "C14N in front of enveloped-signature",
      { .references = WITH_TRANSFORMS(XML_C14N XML_ENVELOPED) },
      CHECK_COVERAGE,
      "are not enveloped-signature and C14N" },
    { "enveloped-signature twice",
      { .references = WITH_TRANSFORMS(XML_ENVELOPED XML_ENVELOPED) },
      CHECK_COVERAGE,
      "are not enveloped-signature and C14N" },
    { "C14N 1.1",
      { .references =
            WITH_TRANSFORMS(XML_ENVELOPED TRANSFORM("http://www.w3.org/2006/12/xml-c14n11")) },
      CHECK_COVERAGE,
      "are not enveloped-signature and C14N" },
    /* methods */
    { "HMAC", { .sign_method = NS_DS "hmac-sha1" }, CHECK_ALGORITHM, "hmac-sha1 is not accepted" },
    { "HMAC with SHA-256",
      { .sign_method = URI_MORE "hmac-sha256" },
      CHECK_ALGORITHM,
      "hmac-sha256 is not accepted" },
    { "a truncated HMAC",
      { .sign_method = URI_MORE "hmac-sha256",
        .sign_method_content = "<ds:HMACOutputLength>1</ds:HMACOutputLength>" },
      CHECK_ALGORITHM,
      "has the parameter HMACOutputLength" },
    { "a truncated RSA",
      { .sign_method_content = "<ds:HMACOutputLength>8</ds:HMACOutputLength>" },
      CHECK_ALGORITHM,
      "has the parameter HMACOutputLength" },
    { "RSA with SHA-1", { .sign_method = URI_SIGN_RSA_SHA1 }, CHECK_ALGORITHM, "is not allowed" },
    { "a SHA-1 digest",
      { .references = WITH_DIGEST(URI_DIGEST_SHA1, "@digest@") },
      CHECK_ALGORITHM,
      "sha1 is not allowed" },
    { "an MD5 digest",
      { .references = WITH_DIGEST(URI_MORE "md5", "@digest@") },
      CHECK_ALGORITHM,
      "md5 is not accepted" },
    { "the method of another key",
      { .sign_method = URI_SIGN_GOST2015_512 },
      CHECK_ALGORITHM,
      "the certificate's key RSA" },
    { "C14N by XPath",
      { .c14n_method =
            C14N_METHOD("Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"", "") },
      CHECK_COVERAGE,
      "C14N is demanded" },
    { "C14N by nothing",
      { .c14n_method = C14N_METHOD("", "") },
      CHECK_COVERAGE,
      "has no Algorithm" },
    { "C14N named in another namespace",
      { .c14n_method = C14N_METHOD("xmlns:a=\"urn:a\" a:" INCLUSIVE, "") },
      CHECK_COVERAGE,
      "has no Algorithm" },
    { "an element of another namespace",
      { .c14n_method = "<x:CanonicalizationMethod xmlns:x=\"urn:x\" " INCLUSIVE "/>" },
      CHECK_COVERAGE,
      "does not start with ds:CanonicalizationMethod" },
    { "a hundred prefixes at each element",
      { .c14n_method = C14N_METHOD(
            "Algorithm=\"" URI_EXC_C14N "\"",
            "<ec:InclusiveNamespaces xmlns:ec=\"" NS_EC
            "\" PrefixList=\"a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a "
            "a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a\"/>") },
      CHECK_COVERAGE,
      "more than 64 prefixes" },
    /* values */
    { "an empty value", { .value = "" }, CHECK_SIGNATURE, "is empty" },
    { "a blank value", { .value = " \n " }, CHECK_SIGNATURE, "is empty" },
    { "a value that is not base64", { .value = "*" }, CHECK_SIGNATURE, "is not base64" },
    { "a truncated value", { .value = "QUJD" }, CHECK_SIGNATURE, "does not belong" },
    { "a comment in the value",
      { .value = "<!-- x -->@value@" },
      CHECK_SIGNATURE,
      "holds more than text" },
    { "an empty digest",
      { .references = WITH_DIGEST("@digest-method@", "") },
      CHECK_DIGEST,
      "the whole document" },
    { "a truncated digest",
      { .references = WITH_DIGEST("@digest-method@", "QUJD") },
      CHECK_DIGEST,
      "the whole document" },
    { "a digest that is not base64",
      { .references = WITH_DIGEST("@digest-method@", "*") },
      CHECK_DIGEST,
      "the whole document" },
    { "a comment in the digest",
      { .references = WITH_DIGEST("@digest-method@", "<!-- x -->@digest@") },
      CHECK_COVERAGE,
      "ds:SignedInfo" },
    { "a comment in SignedInfo",
      { .c14n_method = "<!-- x -->" C14N_METHOD(INCLUSIVE, "") },
      CHECK_COVERAGE,
      "a comment stands in ds:SignedInfo" },
    { "a processing instruction in SignedInfo",
      { .c14n_method = "<?x y?>" C14N_METHOD(INCLUSIVE, "") },
      CHECK_COVERAGE,
      "stands in ds:SignedInfo" },
    { "text in SignedInfo",
      { .c14n_method = "text" C14N_METHOD(INCLUSIVE, "") },
      CHECK_COVERAGE,
      "text stands between" },
    /* what more a Signature may hold */
    { "an Object", { .in_signature = "<ds:Object/>" }, CHECK_COVERAGE, "holds Object" },
    { "a Manifest in an Object",
      { .in_signature = "<ds:Object><ds:Manifest/></ds:Object>" },
      CHECK_COVERAGE,
      "holds Object" },
    { "another element", { .in_signature = "<x xmlns=\"urn:x\"/>" }, CHECK_COVERAGE, "holds x" },
    { "text behind KeyInfo", { .in_signature = "text" }, CHECK_COVERAGE, "text stands between" },
    /* key information */
    { "no KeyInfo", { .key_info = "" }, CHECK_SIGNATURE, "names 0 certificates" },
    { "a bare key",
      { .key_info = "<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>AQAB</ds:Modulus>"
                    "<ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo>" },
      CHECK_SIGNATURE,
      "a bare key or a name of one is not accepted" },
    { "a key by its name",
      { .key_info = "<ds:KeyInfo><ds:KeyName>good</ds:KeyName></ds:KeyInfo>" },
      CHECK_SIGNATURE,
      "names 0 certificates" },
    { "a key from elsewhere",
      { .key_info = "<ds:KeyInfo><ds:RetrievalMethod URI=\"#v\"/></ds:KeyInfo>" },
      CHECK_SIGNATURE,
      "names 0 certificates" },
    { "two X509Data",
      { .key_info = "<ds:KeyInfo><ds:X509Data>" CERT "</ds:X509Data><ds:X509Data>" CERT
                    "</ds:X509Data></ds:KeyInfo>" },
      CHECK_SIGNATURE,
      "names 2 certificates" },
    { "an issuer nobody pinned",
      { .key_info = XML_KEY_INFO("<ds:X509IssuerSerial><ds:X509IssuerName>CN=x</ds:X509IssuerName>"
                                 "<ds:X509SerialNumber>1</ds:X509SerialNumber>"
                                 "</ds:X509IssuerSerial>") },
      CHECK_SIGNATURE,
      "no pinned certificate" },
    { "a certificate that is none",
      { .key_info = XML_KEY_INFO("<ds:X509Certificate>QUJD</ds:X509Certificate>") },
      CHECK_SIGNATURE,
      "is not a certificate" },
    { "an element in the certificate",
      { .key_info = XML_KEY_INFO("<ds:X509Certificate><x/>@cert@</ds:X509Certificate>") },
      CHECK_SIGNATURE,
      "holds more than base64" },
    { "nine certificates",
      { .key_info = XML_KEY_INFO(CERT CERT CERT CERT CERT CERT CERT CERT CERT) },
      CHECK_SIGNATURE,
      "more than 8 certificates" },
};

static bool is_judged(const char *name, const char *xml, enum check culprit, const char *words)
{
    const struct judge how = pki_judge(pki_of(KEYS_RSA));
    AUTO(report_free) struct report *report = report_new();
    const enum verdict verdict =
        xmlsig_judge_enveloped(&how, slice_str(xml), &usual_limits, report);

    if ((verdict == VERDICT_VALID) == (culprit == CHECK_COUNT_) &&
        report_culprit(report) == culprit && strstr(report_reason(report), words))
        return true;
    print_message("%s: %s\n", name, report_reason(report));
    return false;
}

static void a_signature_of_another_shape_names_its_check(void **state)
{
    AUTO_FREE char *good = xml_sign(BEFORE, &(struct soap_params){ 0 }, AFTER, rsa_key());
    unsigned failures = 0;

    (void)state;
    assert_true(is_judged("good", good, CHECK_COUNT_, ""));
    for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
        AUTO_FREE char *evil = xml_sign(BEFORE, &attacks[i].shape, AFTER, rsa_key());

        failures += !is_judged(attacks[i].name, evil, attacks[i].culprit, attacks[i].words);
    }
    assert_int_equal(failures, 0);
}

/* Changes to a good document after it was signed. */
static void an_edit_names_its_check(void **state)
{
    static const struct {
        const char *from;
        const char *to;
        enum check culprit;
    } edits[] = {
        { "<ds:SignatureMethod", " <ds:SignatureMethod", CHECK_SIGNATURE },
        { "<ds:SignedInfo>", "<ds:SignedInfo\n>", CHECK_COUNT_ }, /* says the same */
        { "<v Id=\"v\">1</v>", "<v Id='v'><![CDATA[1]]></v>", CHECK_COUNT_ },
        { "<v Id=\"v\">1</v>", "<v Id=\"v\">1<!-- x --></v>", CHECK_COUNT_ }, /* URI="" */
        { "<v Id=\"v\">1</v>", "<v Id=\"v\">1<?x y?></v>", CHECK_DIGEST },
        { "<r>", "<r xmlns:a=\"urn:a\">", CHECK_DIGEST },
        { "<r>", "<r xmlns=\"urn:a\">", CHECK_DIGEST },
        { "<r>", "<r xml:lang=\"kk\">", CHECK_DIGEST },
        { "<ds:Signature ", "<ds:Signature xmlns:a=\"urn:a\" ", CHECK_SIGNATURE },
        { "<ds:Signature xmlns:ds=\"" NS_DS "\">", "<ds:Signature xmlns:ds=\"" NS_DS "#\">",
          CHECK_FORMAT },
        { "<ds:SignatureValue>", "<ds:SignatureValue>\n", CHECK_COUNT_ },
        { "<ds:KeyInfo>", "<ds:KeyInfo><ds:KeyName>x</ds:KeyName>", CHECK_COUNT_ },
        { "xmldsig#enveloped-signature", "xmldsig#enveloped-signature ", CHECK_COVERAGE },
    };
    AUTO_FREE char *good = xml_sign(BEFORE, &(struct soap_params){ 0 }, AFTER, rsa_key());

    (void)state;
    for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
        AUTO_FREE char *edited = soap_replace(good, edits[i].from, edits[i].to);

        assert_true(is_judged(edits[i].to, edited, edits[i].culprit, ""));
    }
}

/* ---- several certificates ---- */

static char *as_element(const struct cert *cert)
{
    AUTO(bytes_free) struct bytes *text = base64_encode(cert_der(cert));

    return soap_join(
        (const char *const[]){ "<ds:X509Certificate>", text->at, "</ds:X509Certificate>", NULL });
}

static char *signed_with_certs(const char *const *elements)
{
    AUTO_FREE char *joined = soap_join(elements);
    AUTO_FREE char *key_info = soap_join((const char *const[]){
        "<ds:KeyInfo><ds:X509Data>", joined, "</ds:X509Data></ds:KeyInfo>", NULL });

    return xml_sign(BEFORE, &(struct soap_params){ .key_info = key_info }, AFTER, rsa_key());
}

static enum verdict judge_by_root(const char *xml, struct report *report)
{
    AUTO(trust_free) struct trust *root_alone = NULL;
    struct judge how = pki_judge(pki_of(KEYS_RSA));
    struct err err;

    assert_ok(trust_new(&root_alone, &err), &err);
    assert_ok(trust_add(root_alone, pki_of(KEYS_RSA)->root.cert, &err), &err);
    how.trust = root_alone;
    return xmlsig_judge_enveloped(&how, slice_str(xml), &usual_limits, report);
}

static void of_several_certificates_the_signers_is_found_and_the_others_help(void **state)
{
    const struct pki *pki = pki_of(KEYS_RSA);
    AUTO_FREE char *leaf = as_element(pki->leaf.cert);
    AUTO_FREE char *ca = as_element(pki->ca.cert);
    AUTO_FREE char *other = as_element(pki_of(KEYS_GOST2015)->leaf.cert);
    const struct {
        const char *const elements[4];
        enum check culprit;
        const char *words;
    } cases[] = {
        { { leaf, ca }, CHECK_COUNT_, "" },
        { { ca, leaf }, CHECK_COUNT_, "" },
        { { other, ca, leaf }, CHECK_COUNT_, "" },
        { { leaf }, CHECK_PATH, "" },
        { { other, leaf }, CHECK_PATH, "" },
        { { other, ca }, CHECK_SIGNATURE, "none of the 2 certificates" },
        { { ca }, CHECK_SIGNATURE, "does not belong" },
        { { leaf, "<ds:X509Certificate>QUJD</ds:X509Certificate>" },
          CHECK_SIGNATURE,
          "is not a certificate" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO_FREE char *xml = signed_with_certs(cases[i].elements);
        AUTO(report_free) struct report *report = report_new();
        const enum verdict verdict = judge_by_root(xml, report);

        if (report_culprit(report) != cases[i].culprit ||
            !strstr(report_reason(report), cases[i].words))
            fail_msg("case %zu: %s", i, report_reason(report));
        if (verdict == VERDICT_VALID)
            assert_string_equal(report_signer(report, 0)->serial,
                                cert_signer(pki->leaf.cert)->serial);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_of_another_shape_names_its_check),
        cmocka_unit_test(an_edit_names_its_check),
        cmocka_unit_test(of_several_certificates_the_signers_is_found_and_the_others_help),
    };

    return cmocka_run_group_tests(tests, setup_wsse, teardown_wsse);
}
