/* XAdES: what we make, by a second implementation too; its timestamps, and what others make. */
#include "base/clock.h"
#include "unit/crypto/responder.h"
#include "unit/wsse/xades_maker.h"
#include "unit/wsse/xades_scene.h"
#include "unit/wsse/xmlsec1.h"
#include "wsse/names.h"
#include "wsse/xades.h"

#define DS_XMLNS " xmlns:ds=\"" NS_DS "\""

static const char *const documents[] = {
    "<a/>",
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a>тест</a>",
    "\xEF\xBB\xBF<?xml version=\"1.0\"?><!-- before --><?pi x?><a xmlns=\"urn:a\" "
    "xmlns:b=\"urn:b\" xmlns:xades=\"urn:other\" xml:lang=\"kk\" b:c='&quot;'><!-- inside --> "
    "<b:d/>]]&gt;<![CDATA[<x>]]>&#13;</a><!-- behind -->",
    "<ds:a xmlns:ds=\"urn:not-ds\"><ds:b/></ds:a>",
};
enum { DOCUMENTS = sizeof(documents) / sizeof(documents[0]) };

/* ---- made ---- */

static void a_sealed_document_is_valid(void **state) /* req 0.14 */
{
    (void)state;
    for (enum keys keys = 0; keys < KEYS_COUNT; keys++)
        for (size_t i = 0; i < DOCUMENTS; i++) {
            struct judge how = pki_judge(pki_of(keys));
            AUTO(bytes_free)
            struct bytes *bes = scene_seal_by(&pki_of(keys)->leaf, documents[i], NULL);
            AUTO(bytes_free) struct bytes *stamped = scene_seal(keys, documents[i]);

            scene_expect(&how, bes->at, CHECK_COUNT_, NULL);
            scene_expect(&how, stamped->at, CHECK_COUNT_, NULL);
            how.timestamp_required = true;
            scene_expect(&how, bes->at, CHECK_TIMESTAMP, "one is demanded");
            scene_expect(&how, stamped->at, CHECK_COUNT_, NULL);
            assert_int_equal(strstr(documents[i], "<?xml") != NULL,
                             strncmp(bes->at, "<?xml", 5) == 0);
        }
}

static void a_report_tells_what_is_signed_by_whom_and_when(void **state) /* req 0.14 */
{
    const struct judge how = pki_judge(pki_of(KEYS_GOST2015));
    AUTO(bytes_free) struct bytes *xml = scene_seal(KEYS_GOST2015, "<a/>");
    AUTO(report_free) struct report *report = report_new();

    (void)state;
    assert_int_equal(xades_judge(&how, bytes_slice(xml), &usual_limits, report), VERDICT_VALID);
    assert_string_equal(report_covers(report), "the whole document, SignedProperties");
    assert_string_equal(report_algorithm(report), "ГОСТ 34.10-2015-512");
    assert_int_equal(report_timestamp(report), NOW_MS);
    assert_int_equal(report_signer_count(report), 1);
    assert_string_equal(report_signer(report, 0)->iin, "123456789011");
    assert_string_equal(report_row(report, 0).detail, "XAdES-T (ETSI TS 101 903 v1.2.2)");
}

static void the_evidence_begins_with_the_signer(void **state)
{
    struct judge how = pki_judge(pki_of(KEYS_RSA));
    AUTO(bytes_free) struct bytes *xml = scene_seal(KEYS_RSA, "<a/>");
    AUTO(evidence_free) struct evidence *evidence = evidence_new();
    AUTO(report_free) struct report *report = report_new();
    unsigned tokens = 0;

    (void)state;
    how.evidence = evidence;
    assert_int_equal(xades_judge(&how, bytes_slice(xml), &usual_limits, report), VERDICT_VALID);
    assert_int_equal(evidence_kind(evidence, 0), EVIDENCE_CERTIFICATE);
    assert_true(slice_eq(evidence_data(evidence, 0), cert_der(pki_of(KEYS_RSA)->leaf.cert)));
    for (size_t i = 0; i < evidence_count(evidence); i++)
        tokens += evidence_kind(evidence, i) == EVIDENCE_TSP;
    assert_int_equal(tokens, 1);
}

static void a_seal_has_the_elements_of_the_standard(void **state) /* TS 101 903 v1.2.2 */
{
    static const char *const wanted[] = {
        "Type=\"" URI_SIGNED_PROPERTIES_122 "\"",
        "<xades:QualifyingProperties xmlns:xades=\"" NS_XADES_122 "\" Target=\"#id-",
        "<xades:SigningTime>2026-11-22T09:00:00.000Z</xades:SigningTime>",
        "<xades:SigningCertificate><xades:Cert><xades:CertDigest><ds:DigestMethod "
        "Algorithm=\"" URI_DIGEST_2015_512 "\"/>",
        "<ds:X509IssuerName>C=KZ,CN=CA</ds:X509IssuerName>",
        "<xades:SignatureTimeStamp><xades:Include URI=\"#id-",
        "<xades:EncapsulatedTimeStamp>MII",
    };
    AUTO(bytes_free) struct bytes *xml = scene_seal(KEYS_GOST2015, "<a/>");

    (void)state;
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        if (!strstr(xml->at, wanted[i]))
            fail_msg("no %s in %s", wanted[i], xml->at);
}

static int by_xmlsec1(const char *xml)
{
    return xmlsec1_verify(&(struct question){
        .xml = xml, .cert = key_cert(rsa_key()), .id_element = NS_XADES_122 ":SignedProperties" });
}

static void xmlsec1_verifies_our_seal(void **state)
{
    (void)state;
    if (!have_xmlsec1())
        skip();
    for (size_t i = 0; i < DOCUMENTS; i++) {
        AUTO(bytes_free) struct bytes *out = scene_seal(KEYS_RSA, documents[i]);
        AUTO_FREE char *edited = soap_replace(out->at, "T09:00:00.000Z", "T09:00:01.000Z");

        assert_int_equal(by_xmlsec1(out->at), 0);
        assert_int_not_equal(by_xmlsec1(edited), 0);
    }
}

static void what_cannot_be_sealed_is_refused(void **state)
{
    struct responder away = { .pki = pki_of(KEYS_RSA), .unreachable = true };
    const struct trust_io io = responder_io(&away);
    const struct xades_params bes = { .signing_time_ms = NOW_MS };
    const struct xades_params stamped = {
        .signing_time_ms = NOW_MS, .io = &io, .tsp_url = "http://tsp.test/", .deadline_ms = 1
    };
    AUTO(bytes_free) struct bytes *once = scene_seal_by(&pki_of(KEYS_RSA)->leaf, "<a/>", NULL);
    const struct {
        struct slice xml;
        const struct xades_params *params;
        enum status status;
    } refused[] = {
        { SLICE("<!DOCTYPE a><a/>"), &bes, ST_FORMAT },
        { SLICE("text"), &bes, ST_FORMAT },
        { bytes_slice(once), &bes, ST_CONFLICT },
        { SLICE("<Signature xmlns=\"" NS_DS "\"/>"), &bes, ST_CONFLICT },
        { SLICE("<a/>"), &stamped, ST_UNAVAILABLE },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct bytes *out = NULL;
        struct err err;

        assert_int_equal(
            xades_seal(rsa_key(), refused[i].xml, refused[i].params, &usual_limits, &out, &err),
            refused[i].status);
        assert_null(out);
    }
}

/* ---- timestamps ---- */

static void a_timestamp_moves_the_time_of_the_signer(void **state)
{
    const struct pki *pki = pki_of(KEYS_GOST2015);
    struct made short_lived = made_new(
        &(struct made_params){
            .cn = "SHORT", .usage = "digitalSignature,nonRepudiation", .to_ms = NOW_MS + DAY_MS },
        &pki->ca);
    struct responder tsa = { .pki = pki };
    struct judge how = pki_judge(pki);
    AUTO(bytes_free) struct bytes *stamped = scene_seal_by(&short_lived, "<a/>", &tsa);
    AUTO(bytes_free) struct bytes *bare = scene_seal_by(&short_lived, "<a/>", NULL);

    (void)state;
    how.now_ms = NOW_MS + 30LL * DAY_MS;
    scene_expect(&how, bare->at, CHECK_DATES, "expired");
    scene_expect(&how, stamped->at, CHECK_COUNT_, NULL);
    made_free(&short_lived);
}

static void a_bad_timestamp_is_named(void **state) /* req 0.14 */
{
    const struct pki *pki = pki_of(KEYS_GOST2015);
    struct bad_tsas bad = bad_tsas_make(&pki->ca);
    struct responder rows[] = { { .tsa = &bad.not_tsa },
                                { .tsa = &bad.foreign },
                                { .tsa = &bad.old },
                                { .tsa_time_ms = NOW_MS + 60000 },
                                { .tsa_time_ms = NOW_MS - 60000 } };
    static const char *const texts[] = { "keyUsage", "path", "dates", "in the future",
                                         "behind the timestamp's time" };
    struct judge how = pki_judge(pki);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        rows[i].pki = pki;
        AUTO(bytes_free) struct bytes *xml = scene_seal_by(&pki->leaf, "<a/>", &rows[i]);
        scene_expect(&how, xml->at, CHECK_TIMESTAMP, texts[i]);
        how.signature_only = true;
        scene_expect(&how, xml->at, CHECK_COUNT_, NULL);
        how.signature_only = false;
    }
    bad_tsas_free(&bad);
}

static void a_timestamp_of_another_signature_is_refused(void **state) /* req 0.14 */
{
    const struct judge how = pki_judge(pki_of(KEYS_RSA));
    AUTO(bytes_free) struct bytes *one = scene_seal(KEYS_RSA, "<a/>");
    AUTO(bytes_free) struct bytes *two = scene_seal(KEYS_RSA, "<b/>");
    const char *end = "</xades:EncapsulatedTimeStamp>";
    AUTO_FREE char *its = soap_cut(one->at, "<xades:EncapsulatedTimeStamp>", end);
    AUTO_FREE char *others = soap_cut(two->at, "<xades:EncapsulatedTimeStamp>", end);
    AUTO_FREE char *spliced = soap_replace(one->at, its, others);

    (void)state;
    scene_expect(&how, spliced, CHECK_TIMESTAMP, "other data");
}

static void c14n_of_a_timestamp_is_as_said_or_as_others_take_it(void **state)
{
    static const struct {
        const char *head;
        bool exclusive; /* the token's */
        enum check culprit;
    } rows[] = {
        { "<x:Include URI=\"#v\"/><ds:CanonicalizationMethod Algorithm=\"" URI_EXC_C14N "\"/>",
          true, CHECK_COUNT_ },
        { "<x:Include URI=\"#v\"/><ds:CanonicalizationMethod Algorithm=\"" URI_C14N "\"/>", false,
          CHECK_COUNT_ },
        { "<ds:CanonicalizationMethod Algorithm=\"" URI_EXC_C14N "\"/>", true, CHECK_COUNT_ },
        { "<ds:CanonicalizationMethod Algorithm=\"" URI_EXC_C14N "\"/>", false, CHECK_TIMESTAMP },
        { "<ds:CanonicalizationMethod Algorithm=\"" URI_C14N "\"/>", true, CHECK_TIMESTAMP },
        { "<ds:CanonicalizationMethod Algorithm=\"urn:c14n\"/>", true, CHECK_TIMESTAMP },
        { "", false, CHECK_COUNT_ },
        { "", true, CHECK_COUNT_ }, /* as ds:SignedInfo */
        { "<x:Include URI=\"#s\"/>", true, CHECK_TIMESTAMP },
        { "<x:Include URI=\"#v\"/><x:Include URI=\"#s\"/>", true, CHECK_TIMESTAMP },
    };
    const struct judge how = pki_judge(pki_of(KEYS_RSA));
    const struct key *tsa = pki_of(KEYS_RSA)->tsa.key;
    AUTO_FREE char *bare = xades_make(&(struct xades_parts){ 0 }, rsa_key());

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_FREE char *stamp = xades_stamp(bare, rows[i].head, tsa, rows[i].exclusive);
        AUTO_FREE char *tail =
            soap_join((const char *const[]){ stamp, "</x:QualifyingProperties>", NULL });
        AUTO_FREE char *xml = soap_replace(bare, "</x:QualifyingProperties>", tail);

        scene_expect(&how, xml, rows[i].culprit, NULL);
    }
}

/* ---- made by others ---- */

/* Nothing rests on them: they are told. */
static void properties_beyond_the_timestamp_are_told(void **state)
{
    const struct judge how = pki_judge(pki_of(KEYS_RSA));
    AUTO(bytes_free) struct bytes *out = scene_seal(KEYS_RSA, "<r/>");
    AUTO_FREE char *xml =
        soap_replace(out->at, "</xades:UnsignedSignatureProperties>",
                     "<xades:CertificateValues/></xades:UnsignedSignatureProperties>");
    AUTO(report_free) struct report *report = report_new();

    (void)state;
    assert_int_equal(xades_judge(&how, slice_str(xml), &usual_limits, report), VERDICT_VALID);
    assert_non_null(strstr(report_row(report, 0).detail, "not judged: CertificateValues"));
}

static void what_others_make_is_valid(void **state)
{
    static const struct xades_parts rows[] = {
        { 0 },
        { .ns = NS_XADES_132,
          .references = XADES_DOCUMENT_REFERENCE XADES_PROPERTIES_REFERENCE_AS(
              "#sp", URI_SIGNED_PROPERTIES_132) },
        { .references = XADES_PROPERTIES_REFERENCE XADES_DOCUMENT_REFERENCE },
        { .references = XADES_REFERENCE("", "", XADES_TRANSFORMS(XADES_TRANSFORM(URI_ENVELOPED)),
                                        "@doc@") XADES_PROPERTIES_REFERENCE },
        { .time = "" },
        { .time = "<x:SigningTime>2026-11-22T14:00:00+05:00</x:SigningTime>" },
        { .behind = "<x:SignaturePolicyIdentifier><x:SignaturePolicyImplied/>"
                    "</x:SignaturePolicyIdentifier>" },
        { .behind = "<x:SignatureProductionPlace/><x:SignerRole/>" },
        { .content = "<v>1</v>", .references = XADES_CONTENT_REFERENCE XADES_PROPERTIES_REFERENCE },
        { .certificate = "<x:SigningCertificate>" XADES_CERT("AAAA", "CN=X", "1") XADES_CERT(
              "@cert-digest@", "CN = CA, C = KZ", "@serial@") "</x:SigningCertificate>" },
    };

    (void)state;
    for (enum keys keys = 0; keys < KEYS_COUNT; keys++)
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            const struct judge how = pki_judge(pki_of(keys));
            AUTO_FREE char *xml = xades_make(&rows[i], pki_of(keys)->leaf.key);

            scene_expect(&how, xml, CHECK_COUNT_, NULL);
        }
}

/* A ds:Reference without ds:Transforms is by the inclusive C14N (XMLDSig section 4.3.3.2). */
static void a_reference_without_transforms_is_read_as_the_standard_says(void **state)
{
    const struct judge how = pki_judge(pki_of(KEYS_RSA));
    const char *const reference = XADES_REFERENCE("#sp", " Type=\"" XADES_TYPE "\"", "", "@sp@");
    const struct xades_parts said = { .references = XADES_DOCUMENT_REFERENCE XADES_REFERENCE(
                                          "#sp", " Type=\"" XADES_TYPE "\"",
                                          XADES_TRANSFORMS(XADES_TRANSFORM(URI_C14N)),
                                          "@digest@") };
    AUTO_FREE char *one = xades_make(&said, rsa_key());
    AUTO_FREE char *its = soap_cut(strstr(one, "URI=\"#sp\""), "<ds:DigestValue>", "</");
    AUTO_FREE char *digest = soap_replace(its, "<ds:DigestValue>", "");
    AUTO_FREE char *bare = soap_replace(reference, "@sp@</", digest);
    AUTO_FREE char *references =
        soap_join((const char *const[]){ XADES_DOCUMENT_REFERENCE, bare, NULL });
    AUTO_FREE char *xml = xades_make(&(struct xades_parts){ .references = references }, rsa_key());

    (void)state;
    scene_expect(&how, one, CHECK_COUNT_, NULL);
    scene_expect(&how, xml, CHECK_COUNT_, NULL);
}

/* With the whole path judged, of a timestamp authority that nobody knows anything about. */
static void an_authority_of_unknown_revocation_leaves_the_verdict_open(void **state)
{
    struct responder responder = { .pki = pki_of(KEYS_RSA), .signer = &pki_of(KEYS_RSA)->ca };
    const struct trust_io io = responder_io(&responder);
    struct judge how = pki_judge(pki_of(KEYS_RSA));
    AUTO(bytes_free) struct bytes *stamped = scene_seal(KEYS_RSA, "<a/>");
    AUTO(report_free) struct report *report = report_new();
    AUTO(evidence_free) struct evidence *evidence = evidence_new();
    size_t kinds[EVIDENCE_REPORT + 1] = { 0 };

    (void)state;
    how.revocation = REVOCATION_OCSP;
    how.scope = REVOCATION_PATH;
    how.io = &io;
    how.evidence = evidence;
    assert_int_equal(xades_judge(&how, slice_str(stamped->at), &usual_limits, report),
                     VERDICT_INDETERMINATE);
    assert_int_equal(report_timestamp(report), NOW_MS);
    assert_non_null(strstr(report_reason(report), "of the timestamp authority's certificate"));
    assert_true(report_admits(report, UNKNOWN_ACCEPT));
    for (size_t i = 0; i < evidence_count(evidence); i++)
        kinds[evidence_kind(evidence, i)]++;
    /* signer, CA, root, and the authority behind them */
    assert_int_equal(kinds[EVIDENCE_CERTIFICATE], 4);
    assert_true(slice_eq(evidence_data(evidence, 0), cert_der(pki_of(KEYS_RSA)->leaf.cert)));
    assert_int_equal(kinds[EVIDENCE_TSP], 1);
    assert_int_equal(kinds[EVIDENCE_OCSP], 1);
    responder_clear(&responder);
}

static void the_signer_is_judged_like_any(void **state)
{
    const struct pki *pki = pki_of(KEYS_RSA);
    AUTO(bytes_free) struct bytes *xml = scene_seal(KEYS_RSA, "<a/>");
    struct judge how = pki_judge(pki_of(KEYS_GOST2015));

    (void)state;
    scene_expect(&how, xml->at, CHECK_TIMESTAMP, "path");
    how = pki_judge(pki);
    how.algorithms = ALG_GOST;
    scene_expect(&how, xml->at, CHECK_ALGORITHM, "not allowed");
    how = pki_judge(pki);
    how.expect_iin = "123456789012";
    scene_expect(&how, xml->at, CHECK_OWNER, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sealed_document_is_valid),
        cmocka_unit_test(a_report_tells_what_is_signed_by_whom_and_when),
        cmocka_unit_test(the_evidence_begins_with_the_signer),
        cmocka_unit_test(a_seal_has_the_elements_of_the_standard),
        cmocka_unit_test(xmlsec1_verifies_our_seal),
        cmocka_unit_test(what_cannot_be_sealed_is_refused),
        cmocka_unit_test(properties_beyond_the_timestamp_are_told),
        cmocka_unit_test(a_timestamp_moves_the_time_of_the_signer),
        cmocka_unit_test(a_bad_timestamp_is_named),
        cmocka_unit_test(a_timestamp_of_another_signature_is_refused),
        cmocka_unit_test(c14n_of_a_timestamp_is_as_said_or_as_others_take_it),
        cmocka_unit_test(what_others_make_is_valid),
        cmocka_unit_test(a_reference_without_transforms_is_read_as_the_standard_says),
        cmocka_unit_test(the_signer_is_judged_like_any),
        cmocka_unit_test(an_authority_of_unknown_revocation_leaves_the_verdict_open),
    };

    return cmocka_run_group_tests(tests, setup_wsse, teardown_wsse);
}
