/* Detached signatures: over content given beside the document, and of an element in it. */
#include "crypto/encode.h"
#include "unit/wsse/fixture.h"
#include "unit/wsse/xmlsec1.h"
#include "wsse/names.h"

#include <openssl/evp.h>
#include <stdio.h>

#define CONTENT "<a  b='1'>\n<!-- x -->text</a>"
#define C14N_AS(uri) "<ds:Transforms><ds:Transform Algorithm=\"" uri "\"/></ds:Transforms>"

static const struct slice none = { NULL, 0 };

struct expectation {
    enum check culprit; /* CHECK_COUNT_: valid */
    const char *words;  /* in the reason, or in what is covered */
};

static bool is_judged(const char *xml, struct slice content, struct expectation want)
{
    const struct judge how = pki_judge(pki_of(KEYS_RSA));
    AUTO(report_free) struct report *report = report_new();
    const enum verdict verdict =
        xmlsig_judge_detached(&how, slice_str(xml), content, &usual_limits, report);
    const bool is_valid = want.culprit == CHECK_COUNT_;
    const char *said = is_valid ? report_covers(report) : report_reason(report);

    if ((verdict == VERDICT_VALID) == is_valid && report_culprit(report) == want.culprit &&
        (verdict == VERDICT_INDETERMINATE) == (want.culprit == CHECK_FORMAT) &&
        report_signer_count(report) == is_valid && strstr(said, want.words))
        return true;
    print_message("%s: %s\n", said, xml);
    print_report(report);
    return false;
}

/* ---- the content is outside ---- */

/* A ds:Signature by itself over that digest, cut or grown to so many bytes. */
static char *over_digest(const char *attrs, const char *transforms, const char *digested,
                         size_t bytes)
{
    unsigned char value[EVP_MAX_MD_SIZE] = { 0 };
    size_t len = 0;
    AUTO(bytes_free) struct bytes *digest = NULL;
    AUTO_FREE char *references = NULL;

    assert_int_equal(EVP_Q_digest(NULL, "SHA256", NULL, digested, strlen(digested), value, &len),
                     1);
    digest = base64_encode(slice_mem(value, bytes));
    references = soap_join((const char *const[]){
        "<ds:Reference", attrs, ">", transforms, "<ds:DigestMethod Algorithm=\"", URI_DIGEST_SHA256,
        "\"/><ds:DigestValue>", digest->at, "</ds:DigestValue></ds:Reference>", NULL });
    return xml_sign("", &(struct soap_params){ .references = references }, "", rsa_key());
}

static char *over(const char *attrs, const char *transforms, const char *digested)
{
    return over_digest(attrs, transforms, digested, 32);
}

static void a_digest_of_another_length_is_another(void **state)
{
    static const size_t lengths[] = { 0, 1, 31, 33, 64 };

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        AUTO_FREE char *xml = over_digest("", "", CONTENT, lengths[i]);

        assert_true(is_judged(xml, SLICE(CONTENT),
                              (struct expectation){ CHECK_DIGEST, "is not what was signed" }));
    }
}

static void content_is_named_but_never_fetched(void **state) /* req 0.13 */
{
    static const struct {
        const char *attrs;
        struct expectation want;
    } uris[] = {
        { "", { CHECK_COUNT_, "the given content, 29 bytes" } },
        { " URI=\"a.xml\"", { CHECK_COUNT_, "which the signature calls \"a.xml\"" } },
        { " URI=\"folder/a%20b.xml\"", { CHECK_COUNT_, "folder/a%20b.xml" } },
        { " URI=\"../a:b\"", { CHECK_COUNT_, "../a:b" } },
        { " URI=\"cid:part@host\"", { CHECK_COUNT_, "cid:part@host" } },
        { " URI=\"\"", { CHECK_COVERAGE, "the signature's own document" } },
        { " URI=\"#a\"", { CHECK_COVERAGE, "the signature's own document" } },
        { " URI=\"a.xml#a\"", { CHECK_COVERAGE, "the signature's own document" } },
        { " URI=\"cid:\"", { CHECK_COVERAGE, "neither a file name nor cid:" } },
        { " URI=\"http://127.0.0.1/a\"", { CHECK_COVERAGE, "neither a file name nor cid:" } },
        { " URI=\"file:///etc/passwd\"", { CHECK_COVERAGE, "neither a file name nor cid:" } },
        { " URI=\"HTTP:a\"", { CHECK_COVERAGE, "neither a file name nor cid:" } },
        { " URI=\"//host/a\"", { CHECK_COVERAGE, "neither a file name nor cid:" } },
        { " URI=\"urn:a\"", { CHECK_COVERAGE, "neither a file name nor cid:" } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
        AUTO_FREE char *xml = over(uris[i].attrs, "", CONTENT);

        assert_true(is_judged(xml, SLICE(CONTENT), uris[i].want));
    }
}

static void content_is_bytes_or_xml_as_its_transform_says(void **state)
{
    static const struct {
        const char *transforms;
        const char *digested;
        const char *content;
        struct expectation want;
    } cases[] = {
        { "", CONTENT, CONTENT, { CHECK_COUNT_, "29 bytes" } },
        { "", CONTENT, CONTENT " ", { CHECK_DIGEST, "is not what was signed" } },
        { "", CONTENT, "", { CHECK_DIGEST, "the given content, 0 bytes" } },
        { "", "", "", { CHECK_COUNT_, "0 bytes" } },
        { C14N_AS(URI_C14N), "<a b=\"1\">\ntext</a>", CONTENT, { CHECK_COUNT_, "read as XML" } },
        { C14N_AS(URI_C14N_COMMENTS),
          "<a b=\"1\">\n<!-- x -->text</a>",
          CONTENT,
          { CHECK_COUNT_, "read as XML" } },
        { C14N_AS(URI_C14N),
          "<a xmlns:n=\"urn:n\"></a>",
          "<a xmlns:n='urn:n'/>",
          { CHECK_COUNT_, "read as XML" } },
        { C14N_AS(URI_EXC_C14N), "<a></a>", "<a xmlns:n='urn:n'/>", { CHECK_COUNT_, "" } },
        { C14N_AS(URI_EXC_C14N_COMMENTS),
          "<a><!--x--></a>",
          "<a xmlns:n='urn:n'><!--x--></a>",
          { CHECK_COUNT_, "" } },
        { C14N_AS(URI_C14N), CONTENT, CONTENT, { CHECK_DIGEST, "is not what was signed" } },
        { C14N_AS(URI_C14N), "text", "text", { CHECK_DIGEST, "the content must be XML" } },
        { C14N_AS(URI_C14N), "<a></a>", "<!DOCTYPE a><a/>", { CHECK_DIGEST, "DTD" } },
        { C14N_AS(NS_DS "base64"), "text", "dGV4dA==", { CHECK_COVERAGE, "nor one C14N" } },
        { C14N_AS(URI_ENVELOPED), CONTENT, CONTENT, { CHECK_COVERAGE, "nor one C14N" } },
        { C14N_AS("http://www.w3.org/TR/1999/REC-xslt-19991116"),
          CONTENT,
          CONTENT,
          { CHECK_COVERAGE, "nor one C14N" } },
        { "<ds:Transforms>" XML_C14N XML_C14N "</ds:Transforms>",
          CONTENT,
          CONTENT,
          { CHECK_COVERAGE, "nor one C14N" } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO_FREE char *xml = over("", cases[i].transforms, cases[i].digested);

        assert_true(is_judged(xml, slice_str(cases[i].content), cases[i].want));
    }
}

static void exclusive_prefixes_of_content_and_signed_info_count(void **state)
{
    static const char transforms[] =
        "<ds:Transforms><ds:Transform Algorithm=\"" URI_EXC_C14N
        "\"><ec:InclusiveNamespaces xmlns:ec=\"" NS_EC "\" PrefixList=\"n #default\"/>"
        "</ds:Transform></ds:Transforms>";
    AUTO_FREE char *xml =
        over("", transforms, "<x:a xmlns=\"urn:d\" xmlns:n=\"urn:n\" xmlns:x=\"urn:x\"></x:a>");
    const char *content = "<x:a xmlns:x='urn:x' xmlns:n='urn:n' xmlns:m='urn:m' xmlns='urn:d'/>";

    (void)state;
    assert_true(is_judged(xml, slice_str(content), (struct expectation){ CHECK_COUNT_, "" }));
}

static void without_its_content_there_is_nothing_to_judge(void **state)
{
    AUTO_FREE char *xml = over("", "", CONTENT);
    static const struct expectation want = { CHECK_FORMAT, "its content is not given" };

    (void)state;
    assert_true(is_judged(xml, none, want));
    assert_true(is_judged("<a/>", none, (struct expectation){ CHECK_FORMAT, "no ds:Signature" }));
    assert_true(is_judged("text", none, (struct expectation){ CHECK_FORMAT, "not XML" }));
    assert_true(is_judged("<a/>", SLICE(CONTENT),
                          (struct expectation){ CHECK_FORMAT, "content is given" }));
}

static void an_edited_signature_names_its_check(void **state)
{
    static const struct {
        const char *from;
        const char *to;
        struct expectation want;
    } edits[] = {
        { "<ds:DigestMethod", " <ds:DigestMethod", { CHECK_SIGNATURE, "does not belong" } },
        { "<ds:DigestValue>", "<ds:DigestValue>A", { CHECK_DIGEST, "is not what was signed" } },
        { "<ds:SignatureValue>", "<ds:SignatureValue>AAAA", { CHECK_SIGNATURE, "" } },
        { "<ds:SignatureValue>", "<ds:SignatureValue>*", { CHECK_SIGNATURE, "" } },
        { URI_SIGN_RSA_SHA256, NS_DS "hmac-sha1", { CHECK_ALGORITHM, "is not accepted" } },
        { URI_SIGN_RSA_SHA256, URI_SIGN_RSA_SHA1, { CHECK_ALGORITHM, "is not allowed" } },
        { URI_SIGN_RSA_SHA256, URI_SIGN_GOST2004, { CHECK_ALGORITHM, "key RSA" } },
        { URI_DIGEST_SHA256, URI_DIGEST_SHA1, { CHECK_ALGORITHM, "is not allowed" } },
        { "</ds:Signature>", "<ds:Object/></ds:Signature>", { CHECK_COVERAGE, "holds Object" } },
        { URI_C14N "\"", URI_EXC_C14N "\"", { CHECK_SIGNATURE, "does not belong" } },
        { URI_C14N "\"", URI_C14N "#x\"", { CHECK_COVERAGE, "C14N is demanded" } },
        { "<ds:Reference>", "<ds:Reference URI=\"x\">", { CHECK_SIGNATURE, "does not belong" } },
    };
    AUTO_FREE char *good = over("", "", CONTENT);

    (void)state;
    for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
        AUTO_FREE char *edited = soap_replace(good, edits[i].from, edits[i].to);

        assert_true(is_judged(edited, SLICE(CONTENT), edits[i].want));
    }
}

/* ---- the content stands beside the signature ---- */

#define BESIDE(uri, transforms)                                                                    \
    "<ds:Reference URI=\"" uri "\">" transforms XML_DIGEST "</ds:Reference>"
#define EXCLUSIVE C14N_AS(URI_EXC_C14N)

static const struct {
    const char *name;
    const char *before;
    const char *references;
    const char *after;
    struct expectation want;
} beside[] = {
    { "alone",
      "<r><d Id=\"x\">1</d>",
      BESIDE("#x", EXCLUSIVE),
      "</r>",
      { CHECK_COUNT_, "the element d with the id \"x\", child 1 of r" } },
    { "behind the signature",
      "<r>",
      BESIDE("#x", EXCLUSIVE),
      "<d Id=\"x\">1</d></r>",
      { CHECK_COUNT_, "child 2 of r" } },
    { "inclusive",
      "<r xmlns:n=\"urn:n\"><d Id=\"x\">1</d>",
      BESIDE("#x", C14N_AS(URI_C14N)),
      "</r>",
      { CHECK_COUNT_, "child 1 of r" } },
    { "others beside it",
      "<r><e/><d id=\"x\">1</d>",
      BESIDE("#x", EXCLUSIVE),
      "<e/></r>",
      { CHECK_COUNT_, "child 2 of r; not signed: 2 elements beside it" } },
    { "xml:id",
      "<r><d xml:id=\"x\">1</d>",
      BESIDE("#x", EXCLUSIVE),
      "</r>",
      { CHECK_COUNT_, "child 1 of r" } },
    { "an id that stands twice",
      "<r><d Id=\"x\">1</d><d Id=\"x\">2</d>",
      BESIDE("#x", EXCLUSIVE),
      "</r>",
      { CHECK_COVERAGE, "stands 2 times" } },
    { "an id that stands twice in other letters",
      "<r><d Id=\"x\">1</d><d ID=\"x\">2</d>",
      BESIDE("#x", EXCLUSIVE),
      "</r>",
      { CHECK_COVERAGE, "stands 2 times" } },
    { "an id that no element has",
      "<r><d Id=\"x\">1</d>",
      BESIDE("#y", EXCLUSIVE),
      "</r>",
      { CHECK_COVERAGE, "stands 0 times" } },
    { "deeper",
      "<r><w><d Id=\"x\">1</d></w>",
      BESIDE("#x", EXCLUSIVE),
      "</r>",
      { CHECK_COVERAGE, "not that of an element beside" } },
    { "the document element",
      "<r Id=\"x\">",
      BESIDE("#x", EXCLUSIVE),
      "</r>",
      { CHECK_COVERAGE, "not that of an element beside" } },
    { "an XPointer",
      "<r><d Id=\"x\">1</d>",
      BESIDE("#xpointer(id('x'))", EXCLUSIVE),
      "</r>",
      { CHECK_COVERAGE, "not a plain" } },
    { "the whole document",
      "<r><d Id=\"x\">1</d>",
      BESIDE("", EXCLUSIVE),
      "</r>",
      { CHECK_COVERAGE, "not a plain" } },
    { "no URI",
      "<r><d Id=\"x\">1</d>",
      "<ds:Reference>" XML_DIGEST "</ds:Reference>",
      "</r>",
      { CHECK_COVERAGE, "not a plain" } },
    { "enveloped-signature",
      "<r><d Id=\"x\">1</d>",
      BESIDE("#x", C14N_AS(URI_ENVELOPED)),
      "</r>",
      { CHECK_COVERAGE, "nor one C14N" } },
    { "two References",
      "<r><d Id=\"x\">1</d><d Id=\"y\">1</d>",
      BESIDE("#x", EXCLUSIVE) BESIDE("#y", EXCLUSIVE),
      "</r>",
      { CHECK_COVERAGE, "more than 1 ds:Reference" } },
    { "two Signatures",
      "<r><d Id=\"x\">1</d><ds:Signature xmlns:ds=\"" NS_DS "\"/>",
      BESIDE("#x", EXCLUSIVE),
      "</r>",
      { CHECK_COVERAGE, "2 ds:Signature in the document" } },
    { "a signature that is buried",
      "<r><w><d Id=\"x\">1</d>",
      BESIDE("#x", EXCLUSIVE),
      "</w></r>",
      { CHECK_COVERAGE, "not a child of the document element" } },
};

static void an_element_beside_the_signature_is_named(void **state)
{
    unsigned failures = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
        const struct soap_params shape = { .references = beside[i].references };
        AUTO_FREE char *xml = xml_sign(beside[i].before, &shape, beside[i].after, rsa_key());

        if (!is_judged(xml, none, beside[i].want)) {
            print_message("%s\n", beside[i].name);
            failures++;
        }
    }
    assert_int_equal(failures, 0);
}

/* The signed element in another place, another one in its own. */
static void a_wrapped_element_is_refused(void **state)
{
    static const struct {
        const char *from;
        const char *to;
        struct expectation want;
    } edits[] = {
        { "<d Id=\"x\">1</d>", "<d Id=\"x\">2</d>", { CHECK_DIGEST, "was changed" } },
        { "<d Id=\"x\">1</d>", "<d>2</d><w><d Id=\"x\">1</d></w>", { CHECK_COVERAGE, "beside" } },
        { "<d Id=\"x\">1</d>",
          "<d Id=\"x\">2</d><w><d Id=\"x\">1</d></w>",
          { CHECK_COVERAGE, "stands 2 times" } },
        { "<d Id=\"x\">1</d>",
          "<d>2</d><d Id=\"x\">1</d>",
          { CHECK_COUNT_, "child 2 of r; not signed: 1 element beside it" } },
        { "</ds:KeyInfo>", "<d Id=\"x\">1</d></ds:KeyInfo>", { CHECK_COVERAGE, "2 times" } },
        { "<ds:Signature ", "<ds:Signature Id=\"x\" ", { CHECK_COVERAGE, "2 times" } },
    };
    const struct soap_params shape = { .references = BESIDE("#x", EXCLUSIVE) };
    AUTO_FREE char *good = xml_sign("<r><d Id=\"x\">1</d>", &shape, "</r>", rsa_key());

    (void)state;
    for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
        AUTO_FREE char *edited = soap_replace(good, edits[i].from, edits[i].to);

        assert_true(is_judged(edited, none, edits[i].want));
    }
    /* the signed element leaves for the Signature itself */
    AUTO_FREE char *without = soap_replace(good, "<d Id=\"x\">1</d>", "<d>2</d>");
    AUTO_FREE char *inside =
        soap_replace(without, "</ds:KeyInfo>", "<d Id=\"x\">1</d></ds:KeyInfo>");
    assert_true(is_judged(inside, none, (struct expectation){ CHECK_COVERAGE, "beside" }));
}

static void a_document_is_told_from_others(void **state)
{
    static const struct {
        const char *xml;
        enum document_kind kind;
    } kinds[] = {
        { "<ds:Signature xmlns:ds=\"" NS_DS "\"/>", DOCUMENT_DETACHED },
        { "<ds:Signature xmlns:ds=\"" NS_DS "\"><ds:Object/></ds:Signature>", DOCUMENT_OTHER },
        { "<a><ds:Signature xmlns:ds=\"" NS_DS "\"><ds:SignedInfo><ds:Reference URI=\"#x\"/>"
          "</ds:SignedInfo></ds:Signature></a>",
          DOCUMENT_DETACHED },
        { "<a><ds:Signature xmlns:ds=\"" NS_DS "\"><ds:SignedInfo><ds:Reference URI=\"\"/>"
          "</ds:SignedInfo></ds:Signature></a>",
          DOCUMENT_ENVELOPED },
        { "<a><ds:Signature xmlns:ds=\"" NS_DS "\"/></a>", DOCUMENT_ENVELOPED },
        { "<a/>", DOCUMENT_OTHER },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        assert_int_equal(xml_document_kind(slice_str(kinds[i].xml), &usual_limits), kinds[i].kind);
}

/* ---- signing ---- */

static void what_we_sign_is_valid_and_xmlsec1_agrees(void **state)
{
    static const struct judge only = { .signature_only = true };
    const bool ask = have_xmlsec1();

    (void)state;
    for (enum keys keys = 0; keys < KEYS_COUNT; keys++) {
        AUTO(bytes_free) struct bytes *out = NULL;
        AUTO(report_free) struct report *report = report_new();
        struct err err;

        assert_ok(
            xmlsig_sign_detached(pki_of(keys)->leaf.key, SLICE(CONTENT), "a%20b.xml", &out, &err),
            &err);
        assert_int_equal(
            xmlsig_judge_detached(&only, bytes_slice(out), SLICE(CONTENT), &usual_limits, report),
            VERDICT_VALID);
        assert_int_equal(xml_document_kind(bytes_slice(out), &usual_limits), DOCUMENT_DETACHED);
        struct question question = { .xml = out->at,
                                     .cert = pki_of(keys)->leaf.cert,
                                     .content_name = "a b.xml",
                                     .content = CONTENT };
        if (!ask || keys != KEYS_RSA)
            continue;
        assert_int_equal(xmlsec1_verify(&question), 0);
        question.content = CONTENT "\n";
        assert_int_not_equal(xmlsec1_verify(&question), 0);
    }
}

/* xmlsec1 reads the content as XML by its own road. */
static void xmlsec1_agrees_on_a_transform(void **state)
{
    AUTO_FREE char *xml = over(" URI=\"a.xml\"", EXCLUSIVE, "<a b=\"1\">\ntext</a>");
    const struct question question = {
        .xml = xml, .cert = pki_of(KEYS_RSA)->leaf.cert, .content_name = "a.xml", .content = CONTENT
    };

    (void)state;
    if (!have_xmlsec1())
        skip();
    assert_int_equal(xmlsec1_verify(&question), 0);
}

static void a_uri_that_needs_escapes_is_refused(void **state)
{
    static const char *const uris[] = { "",      "a b", "a\"b", "a<b", "a&b",
                                        "urn:a", "//a", "a#b",  "a?b", "ә" };

    (void)state;
    for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
        struct bytes *out = NULL;
        struct err err;

        assert_int_equal(xmlsig_sign_detached(rsa_key(), SLICE(CONTENT), uris[i], &out, &err),
                         ST_FORMAT);
        assert_null(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_digest_of_another_length_is_another),
        cmocka_unit_test(content_is_named_but_never_fetched),
        cmocka_unit_test(content_is_bytes_or_xml_as_its_transform_says),
        cmocka_unit_test(exclusive_prefixes_of_content_and_signed_info_count),
        cmocka_unit_test(without_its_content_there_is_nothing_to_judge),
        cmocka_unit_test(an_edited_signature_names_its_check),
        cmocka_unit_test(an_element_beside_the_signature_is_named),
        cmocka_unit_test(a_wrapped_element_is_refused),
        cmocka_unit_test(a_document_is_told_from_others),
        cmocka_unit_test(what_we_sign_is_valid_and_xmlsec1_agrees),
        cmocka_unit_test(xmlsec1_agrees_on_a_transform),
        cmocka_unit_test(a_uri_that_needs_escapes_is_refused),
    };

    return cmocka_run_group_tests(tests, setup_wsse, teardown_wsse);
}
