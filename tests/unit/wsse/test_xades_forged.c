/* XAdES, forged: sealed documents that were changed, and shapes that are signed as they should be
 * and yet no XAdES as we accept it. */
#include "unit/wsse/xades_maker.h"
#include "unit/wsse/xades_scene.h"
#include "wsse/names.h"

static void a_changed_seal_is_not_valid(void **state) /* req 0.14 */
{
    static const struct {
        const char *from;
        const char *to;
        enum check culprit;
        const char *words;
    } changes[] = {
        { "<v>1</v>", "<v>2</v>", CHECK_DIGEST, "the whole document" },
        { "</r>", " </r>", CHECK_DIGEST, "the whole document" },
        { "T09:00:00.000Z", "T08:00:00.000Z", CHECK_DIGEST, "SignedProperties" },
        { "CN=CA<", "CN=CB<", CHECK_DIGEST, "SignedProperties" },
        { "Target=\"#id-", "Target=\"#ie-", CHECK_COVERAGE, "Target" },
        { "Target=\"#id-", "Target=\"id-", CHECK_COVERAGE, "Target" },
        { " Target=", " x=", CHECK_COVERAGE, "Target" },
        { "<xades:Include URI=\"#id-", "<xades:Include URI=\"#ie-", CHECK_TIMESTAMP, "includes" },
        { "<xades:EncapsulatedTimeStamp>MII", "<xades:EncapsulatedTimeStamp>MIJ", CHECK_TIMESTAMP,
          "not a timestamp token" },
        { "<xades:EncapsulatedTimeStamp>", "<xades:XMLTimeStamp/><xades:EncapsulatedTimeStamp>",
          CHECK_TIMESTAMP, "EncapsulatedTimeStamp" },
        { "Type=\"" URI_SIGNED_PROPERTIES_122, "Type=\"urn:x", CHECK_COVERAGE, "Type" },
        { "</ds:Object>", "</ds:Object><ds:Object/>", CHECK_COVERAGE, "2 ds:Object" },
        { "</ds:Object>", "</ds:Object><ds:Object/><ds:Object/>", CHECK_COVERAGE, "Object" },
        { "</ds:Object>", "<x/></ds:Object>", CHECK_COVERAGE, "beside it" },
        { "<xades:SignedProperties ", "<xades:UnsignedProperties/><xades:SignedProperties ",
          CHECK_COVERAGE, "SignedProperties, which is not allowed there" },
        { "</xades:UnsignedSignatureProperties>",
          "<xades:Nonsense/></xades:UnsignedSignatureProperties>", CHECK_COVERAGE, "Nonsense" },
        { "<ds:SignatureValue Id=\"", "<ds:SignatureValue x=\"1\" Id=\"", CHECK_TIMESTAMP,
          "other data" },
        { "</r>", "<ds:Signature xmlns:ds=\"" NS_DS "\"/></r>", CHECK_COVERAGE, "2 ds:Signature" },
        { "<r>", "<w><r>", CHECK_FORMAT, "XML" },
    };
    const struct judge how = pki_judge(pki_of(KEYS_RSA));
    AUTO(bytes_free) struct bytes *out = scene_seal(KEYS_RSA, "<r><v>1</v></r>");

    (void)state;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        AUTO_FREE char *xml = soap_replace(out->at, changes[i].from, changes[i].to);

        scene_expect(&how, xml, changes[i].culprit, changes[i].words);
    }
}

static void a_moved_signature_is_not_valid(void **state)
{
    const struct judge how = pki_judge(pki_of(KEYS_RSA));
    AUTO(bytes_free) struct bytes *out = scene_seal(KEYS_RSA, "<r><v>1</v></r>");
    AUTO_FREE char *wrapped = soap_join((const char *const[]){ "<w>", out->at, "</w>", NULL });
    AUTO_FREE char *signature = soap_cut(out->at, "<ds:Signature ", "</ds:Signature>");
    AUTO_FREE char *moved =
        soap_join((const char *const[]){ "<r><v>1</v><v>evil</v>", signature, "</r>", NULL });

    (void)state;
    scene_expect(&how, wrapped, CHECK_COVERAGE, "not a child");
    scene_expect(&how, moved, CHECK_DIGEST, "the whole document");
    scene_expect(&how, signature, CHECK_COVERAGE, "1 ds:Object in the signature; 2");
    scene_expect(&how, "<a/>", CHECK_FORMAT, "no ds:Signature");
}

static void a_signature_without_properties_is_no_xades(void **state)
{
    const struct judge how = pki_judge(pki_of(KEYS_RSA));
    AUTO(bytes_free) struct bytes *out = NULL;
    struct err err;

    (void)state;
    assert_ok(xmlsig_sign_enveloped(rsa_key(), SLICE("<a/>"), &usual_limits, &out, &err), &err);
    scene_expect(&how, out->at, CHECK_FORMAT, "without XAdES' QualifyingProperties");
}

/* Signed as it should be, and yet not XAdES as we accept it. */
static const struct {
    struct xades_parts parts;
    enum check culprit;
    const char *words;
} forged[] = {
    { { .certificate = "<x:SigningCertificate>" XADES_CERT("@cert-digest@", "CN=OTHER,C=KZ",
                                                           "@serial@") "</x:SigningCertificate>" },
      CHECK_SIGNATURE,
      "another issuer or serial" },
    { { .certificate = "<x:SigningCertificate>" XADES_CERT("@cert-digest@", "@issuer@",
                                                           "12345") "</x:SigningCertificate>" },
      CHECK_SIGNATURE,
      "another issuer or serial" },
    { { .certificate = "" }, CHECK_COVERAGE, "no SigningCertificate" },
    { { .certificate = "<x:SigningCertificate/>" }, CHECK_COVERAGE, "no SigningCertificate" },
    { { .references = XADES_DOCUMENT_REFERENCE }, CHECK_COVERAGE, "1 ds:Reference" },
    { { .references = XADES_PROPERTIES_REFERENCE }, CHECK_COVERAGE, "1 ds:Reference" },
    { { .references = XADES_DOCUMENT_REFERENCE XADES_DOCUMENT_REFERENCE },
      CHECK_COVERAGE,
      "SignedProperties is not signed" },
    { { .references = XADES_PROPERTIES_REFERENCE XADES_PROPERTIES_REFERENCE },
      CHECK_COVERAGE,
      "both ds:Reference" },
    { { .references = XADES_DOCUMENT_REFERENCE XADES_PROPERTIES_REFERENCE_AS("#v", XADES_TYPE) },
      CHECK_COVERAGE,
      "URI is \"#v\"" },
    { { .references = XADES_DOCUMENT_REFERENCE XADES_PROPERTIES_REFERENCE_AS("#sp", "urn:x") },
      CHECK_COVERAGE,
      "Type" },
    { { .references =
            XADES_DOCUMENT_REFERENCE XADES_PROPERTIES_REFERENCE XADES_PROPERTIES_REFERENCE },
      CHECK_COVERAGE,
      "more than 2 ds:Reference" },
    { { .properties = "<x:SignedProperties Id=\"sp\"/>" },
      CHECK_COVERAGE,
      "no SigningCertificate" },
    { { .properties = "<x:SignedProperties Id=\"sp\"/><x:SignedProperties Id=\"sp2\"/>" },
      CHECK_COVERAGE,
      "QualifyingProperties holds SignedProperties" },
    { { .properties = "<x:SignedProperties Id=\"s\"/>" }, CHECK_COVERAGE, "stands more than once" },
    { { .target = "#sp" }, CHECK_COVERAGE, "Target" },
    { { .behind = "<x:SignaturePolicyIdentifier><x:SignaturePolicyId/>"
                  "</x:SignaturePolicyIdentifier>" },
      CHECK_COVERAGE,
      "policy" },
    { { .behind = "<x:SigningTime>2026-11-22T09:00:00Z</x:SigningTime>" },
      CHECK_COVERAGE,
      "SigningTime, which is not allowed there" },
    { { .behind = "text" }, CHECK_COVERAGE, "text stands" },
    { { .time = "<x:SigningTime>2026-11-22T09:06:00Z</x:SigningTime>" },
      CHECK_TIMESTAMP,
      "in the future" },
    { { .time = "<x:SigningTime>yesterday</x:SigningTime>" }, CHECK_TIMESTAMP, "no time" },
    { { .time = "<x:SigningTime><x/></x:SigningTime>" }, CHECK_COVERAGE, "more than text" },
    { { .ns = "http://uri.etsi.org/01903/v1.1.1#" },
      CHECK_FORMAT,
      "without XAdES' QualifyingProperties" },
    { { .objects = "" }, CHECK_FORMAT, "without XAdES' QualifyingProperties" },
    { { .stamps = "<x:UnsignedProperties Id=\"sp\"/>" },
      CHECK_COVERAGE,
      "the id sp stands 2 times" },
    { { .content = "<v>1</v>", .references = XADES_DOCUMENT_REFERENCE XADES_PROPERTIES_REFERENCE },
      CHECK_COVERAGE,
      "ds:Object with the content" },
    { { .content = "<v>1</v></ds:Object><ds:Object>",
        .references = XADES_CONTENT_REFERENCE XADES_PROPERTIES_REFERENCE },
      CHECK_COVERAGE,
      "ds:Signature holds Object" },
    { { .stamps = "<x:UnsignedProperties><x:UnsignedSignatureProperties><x:CounterSignature>"
                  "<x:QualifyingProperties/></x:CounterSignature></x:UnsignedSignatureProperties>"
                  "</x:UnsignedProperties>" },
      CHECK_COVERAGE,
      "more than one QualifyingProperties" },
};

static void another_signing_certificate_is_refused(void **state) /* req 0.14 */
{
    const struct judge how = pki_judge(pki_of(KEYS_RSA));
    const struct xades_parts parts = { .named = pki_of(KEYS_RSA)->ca.cert };
    AUTO_FREE char *xml = xades_make(&parts, rsa_key());

    (void)state;
    scene_expect(&how, xml, CHECK_SIGNATURE, "SigningCertificate does not name");
}

static void a_forged_shape_is_not_valid(void **state) /* req 0.14 */
{
    struct judge how = pki_judge(pki_of(KEYS_RSA));

    (void)state;
    how.skew_ms = INT64_C(5) * 60 * 1000;
    for (size_t i = 0; i < sizeof(forged) / sizeof(forged[0]); i++) {
        struct xades_parts parts = forged[i].parts;

        if (parts.properties || parts.objects || parts.ns) /* there is no "#sp" to be digested */
            parts.references = XADES_DOCUMENT_REFERENCE XADES_DOCUMENT_REFERENCE;
        AUTO_FREE char *xml = xades_make(&parts, rsa_key());

        scene_expect(&how, xml, forged[i].culprit, forged[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_changed_seal_is_not_valid),
        cmocka_unit_test(a_moved_signature_is_not_valid),
        cmocka_unit_test(a_signature_without_properties_is_no_xades),
        cmocka_unit_test(another_signing_certificate_is_refused),
        cmocka_unit_test(a_forged_shape_is_not_valid),
    };

    return cmocka_run_group_tests(tests, setup_wsse, teardown_wsse);
}
