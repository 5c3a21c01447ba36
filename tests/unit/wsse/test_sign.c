/* What we emit, to the letter and by a second implementation; the enveloped profile. */
#include "unit/wsse/fixture.h"
#include "unit/wsse/xmlsec1.h"
#include "wsse/names.h"

static struct bytes *sign(enum keys keys, const char *content)
{
    const struct wsse_params params = wsse_usual(keys);
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
    struct bytes *out = NULL;
    struct err err;

    assert_ok(wsse_sign(wsse, slice_str(content), &out, &err), &err);
    return out;
}

static void an_answer_looks_as_the_contract_says(void **state) /* shep-contract.md section 4 */
{
    static const char *const wanted[] = {
        "<soap:Envelope xmlns:soap=\"" NS_SOAP
        "\"><soap:Header><wsse:Security xmlns:wsse=\"" NS_WSSE
        "\" soap:mustUnderstand=\"1\"><ds:Signature xmlns:ds=\"" NS_DS "\">",
        "<ds:CanonicalizationMethod Algorithm=\"" URI_EXC_C14N "\">",
        "<ds:Reference URI=\"#id-",
        " wsu:Id=\"id-",
        "<wsse:KeyIdentifier EncodingType=\"" URI_BASE64_BINARY "\" ValueType=\"" URI_X509V3
        "\">MII",
    };
    static const char *const unwanted[] = { "\r", "\n", "InclusiveNamespaces", "Timestamp",
                                            "<?xml" };

    (void)state;
    for (enum keys keys = 0; keys < KEYS_COUNT; keys++) {
        AUTO(bytes_free) struct bytes *xml = sign(keys, "<a/>");

        for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
            assert_non_null(strstr(xml->at, wanted[i]));
        for (size_t i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++)
            assert_null(strstr(xml->at, unwanted[i]));
        assert_null(strstr(strstr(xml->at, "<ds:Signature ") + 1, "<ds:Signature "));
    }
}

static void two_answers_have_two_ids(void **state)
{
    AUTO(bytes_free) struct bytes *one = sign(KEYS_RSA, "<a/>");
    AUTO(bytes_free) struct bytes *two = sign(KEYS_RSA, "<a/>");
    AUTO_FREE char *id = soap_cut(one->at, "URI=\"#id-", "\"");

    (void)state;
    assert_null(strstr(two->at, id));
}

/* The bytes of the answer stay: a QName in a value needs its unused namespace. */
static void unused_namespaces_stay_in_the_answer(void **state)
{
    const char *content =
        "<a xmlns:xs=\"urn:xs\" xmlns:xsi=\"urn:xsi\" xsi:type=\"xs:string\">t</a>";
    AUTO(bytes_free) struct bytes *xml = sign(KEYS_GOST2015, content);

    (void)state;
    assert_non_null(strstr(xml->at, content));
}

static void carriage_returns_become_line_feeds(void **state)
{
    const struct wsse_params params = wsse_usual(KEYS_RSA);
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
    AUTO(bytes_free) struct bytes *xml = sign(KEYS_RSA, "<a>1\r\n2\r3\n4\r</a>");

    (void)state;
    assert_non_null(strstr(xml->at, "<a>1\n2\n3\n4\n</a>"));
    verified_free(expect_verified(wsse, xml->at));
}

static void content_that_is_not_one_element_is_not_signed(void **state)
{
    static const char *const contents[] = {
        "",
        "text",
        "<a/><b/>",
        "<a/>text",
        "<a>",
        "</soap:Body><soap:Body><a/>",
        "<a/></soap:Body><x/><soap:Body>",
        "<a/></soap:Body></soap:Envelope>",
        "<?xml version=\"1.0\"?><a/>",
        "<!DOCTYPE a><a/>",
        "<x:a/>",
    };
    const struct wsse_params params = wsse_usual(KEYS_RSA);
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);

    (void)state;
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        struct bytes *out = NULL;
        struct err err;

        assert_int_equal(wsse_sign(wsse, slice_str(contents[i]), &out, &err), ST_INTERNAL);
        assert_null(out);
    }
}

static void without_a_key_nothing_is_signed(void **state)
{
    struct wsse_params params = wsse_usual(KEYS_RSA);
    struct bytes *out = NULL;
    struct err err;

    (void)state;
    params.key = NULL;
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
    assert_int_equal(wsse_sign(wsse, SLICE("<a/>"), &out, &err), ST_INTERNAL);
}

/* A second implementation. */

static int by_xmlsec1(const char *xml)
{
    return xmlsec1_verify(&(struct question){
        .xml = xml, .cert = key_cert(rsa_key()), .id_element = NS_SOAP ":Body" });
}

static void xmlsec1_verifies_our_answer(void **state)
{
    AUTO(bytes_free)
    struct bytes *xml = sign(
        KEYS_RSA, "<t:a xmlns:t=\"urn:t\" b=\"1\" a='2'>&#13;\r\n<c/><![CDATA[<>]]> тест</t:a>");
    AUTO_FREE char *edited = soap_replace(xml->at, "тест", "текст");

    (void)state;
    if (!have_xmlsec1())
        skip();
    assert_int_equal(by_xmlsec1(xml->at), 0);
    assert_int_not_equal(by_xmlsec1(edited), 0);
}

/* Envelopes of somebody else's. */

#define ENVELOPE(attrs, header, body)                                                              \
    "<s:Envelope xmlns:s=\"" NS_SOAP "\"" attrs ">" header body "</s:Envelope>"

static const char *const envelopes[] = {
    ENVELOPE("", "", "<s:Body><a/></s:Body>"),
    ENVELOPE("", "<s:Header/>", "<s:Body>\n<a xmlns=\"urn:a\"/>\n</s:Body>"),
    ENVELOPE("", "<s:Header><x xmlns=\"urn:x\"/></s:Header>", "<s:Body Id=\"mine\"><a/></s:Body>"),
    ENVELOPE(" " SOAP_WSU, "", "<s:Body wsu:Id=\"mine\"><a/></s:Body>"),
    ENVELOPE(" xmlns:u=\"" NS_WSU "\"", "", "<s:Body><a/></s:Body>"),
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" ENVELOPE(
        "", "<!-- x -->", "<b:Body xmlns:b=\"" NS_SOAP "\"><a>т&#13;</a></b:Body>"),
};

static void an_envelope_is_signed_where_it_stands(void **state)
{
    const struct wsse_params params = wsse_usual(KEYS_GOST2015);
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);

    (void)state;
    for (enum keys keys = 0; keys < KEYS_COUNT; keys++)
        for (size_t i = 0; i < sizeof(envelopes) / sizeof(envelopes[0]); i++) {
            AUTO(bytes_free) struct bytes *out = NULL;
            struct err err;

            assert_ok(xmlsig_sign_envelope(pki_of(keys)->leaf.key, slice_str(envelopes[i]),
                                           &usual_limits, &out, &err),
                      &err);
            verified_free(expect_verified(wsse, out->at));
            assert_int_equal(xml_document_kind(bytes_slice(out), &usual_limits), DOCUMENT_ENVELOPE);
        }
}

static void an_envelope_that_cannot_be_signed_is_refused(void **state)
{
    static const struct {
        const char *xml;
        enum status status;
    } refused[] = {
        { "<a/>", ST_FORMAT },
        { "<!DOCTYPE a><a/>", ST_FORMAT },
        { ENVELOPE("", "", ""), ST_FORMAT },
        { ENVELOPE("", "<s:Body/>", "<s:Body/>"), ST_FORMAT },
        { ENVELOPE("", "", "<s:Body Id=\"a&amp;b\"/>"), ST_FORMAT },
        { ENVELOPE("", "<s:Header><w:Security xmlns:w=\"" NS_WSSE "\"/></s:Header>", "<s:Body/>"),
          ST_CONFLICT },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct bytes *out = NULL;
        struct err err;

        assert_int_equal(
            xmlsig_sign_envelope(rsa_key(), slice_str(refused[i].xml), &usual_limits, &out, &err),
            refused[i].status);
        assert_null(out);
    }
}

/* НУЦ РК's enveloped profile. */

static const char *const documents[] = {
    "<a/>",
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a>тест</a>",
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?><a>&#13;\n</a>",
    "\xEF\xBB\xBF<?xml version=\"1.0\"?><!-- before --><?pi x?><a xmlns=\"urn:a\" "
    "xmlns:b=\"urn:b\" "
    "xml:lang=\"kk\" b:c='&quot;'><!-- inside --> <b:d/>]]&gt;<![CDATA[<x>]]></a><!-- behind -->",
    "<ds:a xmlns:ds=\"urn:not-ds\"><ds:b/></ds:a>",
    "<a><b><s:Signature xmlns:s=\"urn:not-ds\">not a ds:Signature</s:Signature></b></a>",
};

static struct bytes *sign_enveloped(enum keys keys, const char *xml)
{
    struct bytes *out = NULL;
    struct err err;

    assert_ok(
        xmlsig_sign_enveloped(pki_of(keys)->leaf.key, slice_str(xml), &usual_limits, &out, &err),
        &err);
    return out;
}

static struct bytes *content(struct slice xml)
{
    struct bytes *c14n = NULL;
    struct err err;

    assert_ok(xml_content_c14n(xml, &usual_limits, &c14n, &err), &err);
    return c14n;
}

static enum check judge_enveloped(enum keys keys, const char *xml)
{
    const struct judge how = pki_judge(pki_of(keys));
    AUTO(report_free) struct report *report = report_new();

    return xmlsig_judge_enveloped(&how, slice_str(xml), &usual_limits, report) == VERDICT_VALID
               ? CHECK_COUNT_
               : report_culprit(report);
}

static void a_signed_document_is_valid_and_unchanged(void **state) /* req 0.13, 0.66 */
{
    (void)state;
    for (enum keys keys = 0; keys < KEYS_COUNT; keys++)
        for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
            AUTO(bytes_free) struct bytes *out = sign_enveloped(keys, documents[i]);
            AUTO(bytes_free) struct bytes *before = content(slice_str(documents[i]));
            AUTO(bytes_free) struct bytes *after = content(bytes_slice(out));

            if (judge_enveloped(keys, out->at) != CHECK_COUNT_)
                fail_msg("not valid: %s", out->at);
            assert_true(slice_eq(bytes_slice(before), bytes_slice(after)));
            assert_int_equal(strstr(documents[i], "<?xml") != NULL,
                             strncmp(out->at, "<?xml", 5) == 0);
            assert_int_equal(xml_document_kind(bytes_slice(out), &usual_limits),
                             DOCUMENT_ENVELOPED);
        }
}

static void xmlsec1_verifies_our_document(void **state)
{
    (void)state;
    if (!have_xmlsec1())
        skip();
    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
        AUTO(bytes_free) struct bytes *out = sign_enveloped(KEYS_RSA, documents[i]);

        assert_int_equal(by_xmlsec1(out->at), 0);
    }
}

static void a_changed_document_is_not_valid(void **state)
{
    static const struct {
        const char *from;
        const char *to;
        enum check culprit;
    } changes[] = {
        { "<v>1</v>", "<v>2</v>", CHECK_DIGEST },
        { "<v>1</v>", "<v>1</v><v/>", CHECK_DIGEST },
        { "</r>", " </r>", CHECK_DIGEST },
        { "URI=\"\"", "URI=\"#x\"", CHECK_COVERAGE },
        { "enveloped-signature\"", "base64\"", CHECK_COVERAGE },
        { "<ds:Transform Algorithm=\"" URI_ENVELOPED "\"/>", "", CHECK_COVERAGE },
        { "<ds:Transform Algorithm=\"" URI_C14N_COMMENTS "\"/>", "", CHECK_COVERAGE },
        { "<ds:KeyInfo>", "<ds:KeyInfo><ds:X509Data/>", CHECK_SIGNATURE },
        { "<ds:CanonicalizationMethod Algorithm=\"" URI_C14N,
          "<ds:CanonicalizationMethod Algorithm=\"" URI_EXC_C14N, CHECK_SIGNATURE },
        { "</ds:Signature>", "<ds:Object/></ds:Signature>", CHECK_COVERAGE },
        { "</r>", "<ds:Signature xmlns:ds=\"" NS_DS "\"/></r>", CHECK_COVERAGE },
        { "<r>", "<w><r>", CHECK_FORMAT },
    };
    AUTO(bytes_free) struct bytes *out = sign_enveloped(KEYS_RSA, "<r><v>1</v></r>");

    (void)state;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        AUTO_FREE char *xml = soap_replace(out->at, changes[i].from, changes[i].to);

        if (judge_enveloped(KEYS_RSA, xml) != changes[i].culprit)
            fail_msg("%s: %s", changes[i].to, check_name(judge_enveloped(KEYS_RSA, xml)));
    }
}

static void a_wrapped_document_is_not_valid(void **state)
{
    AUTO(bytes_free) struct bytes *out = sign_enveloped(KEYS_RSA, "<r><v>1</v></r>");
    AUTO_FREE char *wrapped = soap_join((const char *const[]){ "<w>", out->at, "</w>", NULL });
    AUTO_FREE char *signature = soap_cut(out->at, "<ds:Signature", "</ds:Signature>");
    AUTO_FREE char *moved =
        soap_join((const char *const[]){ "<r><v>1</v><v>evil</v>", signature, "</r>", NULL });
    AUTO_FREE char *alone = strdup(signature);

    (void)state;
    assert_int_equal(judge_enveloped(KEYS_RSA, wrapped), CHECK_COVERAGE);
    assert_int_equal(judge_enveloped(KEYS_RSA, moved), CHECK_DIGEST);
    assert_int_equal(judge_enveloped(KEYS_RSA, alone), CHECK_FORMAT);
}

static void a_document_that_cannot_be_signed_is_refused(void **state)
{
    static const struct {
        const char *xml;
        enum status status;
        const char *code;
    } refused[] = {
        { "<!DOCTYPE a><a/>", ST_FORMAT, "xmlDtd" },
        { "hello", ST_FORMAT, "" },
        { "<ds:Signature xmlns:ds=\"" NS_DS "\"/>", ST_CONFLICT, "signatureInside" },
        { "<a><b><ds:Signature xmlns:ds=\"" NS_DS "\"/></b></a>", ST_CONFLICT, "signatureInside" },
        { "<a xmlns:ds=\"" NS_DS "\"><ds:Signature/><ds:Signature/><ds:Signature/><ds:Signature/>"
          "<ds:Signature/><ds:Signature/><ds:Signature/><ds:Signature/><ds:Signature/>"
          "<ds:Signature/><ds:Signature/><ds:Signature/><ds:Signature/><ds:Signature/>"
          "<ds:Signature/><ds:Signature/></a>",
          ST_CONFLICT, "alreadySigned" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct bytes *out = NULL;
        struct err err;

        assert_int_equal(
            xmlsig_sign_enveloped(rsa_key(), slice_str(refused[i].xml), &usual_limits, &out, &err),
            refused[i].status);
        assert_string_equal(err.code, refused[i].code);
        assert_null(out);
    }
}

static void content_tells_changes_from_signatures(void **state)
{
    static const char *const same[] = { "<a b='1' c='2'><d/></a>",
                                        "<?xml version='1.0'?><a  c=\"2\"\n"
                                        "b='1' ><d></d></a>\n" };
    static const char *const other[] = { "<a b='1' c='2'><d/> </a>", "<a b='1' c='3'><d/></a>",
                                         "<a b='1' c='2'><d/><!-- x --></a>",
                                         "<a b='1' c='2'><d/><s:Signature xmlns:s='urn:x'/></a>" };
    AUTO(bytes_free) struct bytes *wanted = content(slice_str(same[0]));
    AUTO(bytes_free) struct bytes *equal = content(slice_str(same[1]));

    (void)state;
    assert_true(slice_eq(bytes_slice(wanted), bytes_slice(equal)));
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        AUTO(bytes_free) struct bytes *found = content(slice_str(other[i]));

        assert_false(slice_eq(bytes_slice(wanted), bytes_slice(found)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_looks_as_the_contract_says),
        cmocka_unit_test(two_answers_have_two_ids),
        cmocka_unit_test(unused_namespaces_stay_in_the_answer),
        cmocka_unit_test(carriage_returns_become_line_feeds),
        cmocka_unit_test(content_that_is_not_one_element_is_not_signed),
        cmocka_unit_test(without_a_key_nothing_is_signed),
        cmocka_unit_test(xmlsec1_verifies_our_answer),
        cmocka_unit_test(an_envelope_is_signed_where_it_stands),
        cmocka_unit_test(an_envelope_that_cannot_be_signed_is_refused),
        cmocka_unit_test(a_signed_document_is_valid_and_unchanged),
        cmocka_unit_test(xmlsec1_verifies_our_document),
        cmocka_unit_test(a_changed_document_is_not_valid),
        cmocka_unit_test(a_wrapped_document_is_not_valid),
        cmocka_unit_test(a_document_that_cannot_be_signed_is_refused),
        cmocka_unit_test(content_tells_changes_from_signatures),
    };

    return cmocka_run_group_tests(tests, setup_wsse, teardown_wsse);
}
