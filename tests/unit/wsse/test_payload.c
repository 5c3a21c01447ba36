/* What stands in `data`, in every form callers send it (shep-contract.md section 2). */
#include "unit/wsse/fixture.h"

#define P "<p:r xmlns:p=\"urn:p\"><v>1</v></p:r>"
#define ESCAPED "&lt;p:r xmlns:p=\"urn:p\">&lt;v>1&lt;/v>&lt;/p:r>"
#define XSI " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""

static const struct {
    const char *name;
    const char *data; /* the element data */
    enum payload_form form;
    const char *code; /* of the refusal; NULL: none */
} payloads[] = {
    { "no data", "", PAYLOAD_NONE, NULL },
    { "empty data", "<data/>", PAYLOAD_NONE, NULL },
    { "blank data", "<data> \n&#13; </data>", PAYLOAD_NONE, NULL },
    { "nil data", "<data" XSI " xsi:nil=\"true\"/>", PAYLOAD_NONE, NULL },
    { "an element", "<data>" P "</data>", PAYLOAD_ELEMENT, NULL },
    { "an element and blanks", "<data>\n  " P "\n</data>", PAYLOAD_ELEMENT, NULL },
    { "an element and a comment", "<data><!-- x -->" P "</data>", PAYLOAD_ELEMENT, NULL },
    { "an element typed", "<data" XSI " xmlns:cs=\"urn:c\" xsi:type=\"cs:Request\">" P "</data>",
      PAYLOAD_ELEMENT, NULL },
    { "an element called a string", "<data" XSI " xsi:type=\"xs:string\">" P "</data>",
      PAYLOAD_ELEMENT, NULL },
    { "its prefix declared outside", "<data xmlns:p=\"urn:p\"><p:r><v>1</v></p:r></data>",
      PAYLOAD_ELEMENT, NULL },
    { "data in a namespace", "<n:data xmlns:n=\"urn:n\">" P "</n:data>", PAYLOAD_ELEMENT, NULL },
    { "text", "<data" XSI " xsi:type=\"xs:string\">" ESCAPED "</data>", PAYLOAD_TEXT, NULL },
    { "text with a declaration",
      "<data>&lt;?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>" ESCAPED "</data>",
      PAYLOAD_TEXT, NULL },
    { "text of .NET",
      "<data>&lt;?xml version=\"1.0\" encoding=\"utf-16\"?>&#13;\n" ESCAPED "</data>", PAYLOAD_TEXT,
      NULL },
    { "text with blanks before its declaration",
      "<data>\n &lt;?xml version=\"1.0\"?>" ESCAPED "\n</data>", PAYLOAD_TEXT, NULL },
    { "text with a BOM", "<data> \xEF\xBB\xBF&lt;?xml version=\"1.0\"?>" ESCAPED "</data>",
      PAYLOAD_TEXT, NULL },
    { "CDATA", "<data><![CDATA[" P "]]></data>", PAYLOAD_TEXT, NULL },
    { "CDATA in pieces",
      "<data><![CDATA[<p:r xmlns:p=\"urn:p\"><v>1]]><![CDATA[</v></p:r>]]></data>", PAYLOAD_TEXT,
      NULL },
    { "text cut by a comment",
      "<data>&lt;p:r xmlns:p=\"urn:p\">&lt;v><!-- x -->1&lt;/v>&lt;/p:r></data>", PAYLOAD_TEXT,
      NULL },
    { "text in the namespace of xsi",
      "<data xmlns=\"http://www.w3.org/2001/XMLSchema-instance\" type=\"xsd:string\">" ESCAPED
      "</data>",
      PAYLOAD_TEXT, NULL },
    { "text that is no XML", "<data>hello</data>", PAYLOAD_NONE, "payloadNotXml" },
    { "text cut off", "<data>&lt;a></data>", PAYLOAD_NONE, "payloadNotXml" },
    { "text of two documents", "<data>&lt;a/>&lt;b/></data>", PAYLOAD_NONE, "payloadNotXml" },
    { "text with a DTD", "<data>&lt;!DOCTYPE a>&lt;a/></data>", PAYLOAD_NONE, "payloadNotXml" },
    { "text escaped twice", "<data>&amp;lt;a/></data>", PAYLOAD_NONE, "payloadNotXml" },
    { "text with an instruction", "<data>&lt;?x?>&lt;a/></data>", PAYLOAD_NONE, "payloadNotXml" },
    { "two elements", "<data><a/><b/></data>", PAYLOAD_NONE, "payloadNotOneElement" },
    { "an element and text", "<data>x<a/></data>", PAYLOAD_NONE, "payloadNotOneElement" },
};

static void check(const char *name, const struct verified *env, size_t i)
{
    struct payload payload = { 0 };
    struct err err = { 0 };
    const enum status status = verified_payload(env, &payload, &err);

    if (payloads[i].code) {
        if (status != ST_INPUT || strcmp(err.code, payloads[i].code) != 0)
            fail_msg("%s: %s %s", name, err.code, err.text);
        assert_string_equal(err.field, "data");
        return;
    }
    if (status != ST_OK || payload.form != payloads[i].form)
        fail_msg("%s: %s, form %d", name, err.text, payload.form);
    if (payload.form == PAYLOAD_NONE)
        return;
    assert_true(slice_eq_str(payload.c14n, P));
    assert_string_equal(payload.name, "r");
    assert_string_equal(payload.ns, "urn:p");
}

static void the_payload_is_read_in_every_form(void **state) /* req 0.63 */
{
    const struct wsse_params params = wsse_usual(KEYS_RSA);
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);

    (void)state;
    for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
        AUTO_FREE char *body = soap_message(payloads[i].data);
        AUTO_FREE char *xml = soap_make(&(struct soap_params){ .body = body }, rsa_key());
        AUTO(verified_free) struct verified *env = expect_verified(wsse, xml);

        check(payloads[i].name, env, i);
        /* gSOAP sees data, but nothing of what stands in it */
        assert_null(strstr(verified_body(env).at, "urn:p"));
        assert_non_null(strstr(verified_body(env).at, "<messageId>m-1</messageId>"));
    }
}

static void what_stands_there_twice_is_refused(void **state)
{
    static const char *const bodies[] = {
        "<m><request><requestData><data/><data/></requestData></request></m>",
        "<m><request><requestData><data/></requestData><requestData/></request></m>",
        "<m><request><requestData/></request><x:request xmlns:x=\"urn:x\"/></m>",
        "<m/><m/>",
    };
    const struct wsse_params params = wsse_usual(KEYS_RSA);
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);

    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        AUTO_FREE char *xml = soap_make(&(struct soap_params){ .body = bodies[i] }, rsa_key());

        assert_true(is_refused(wsse, bodies[i], xml, ST_FORMAT, NULL));
    }
}

static void other_bodies_have_no_payload(void **state)
{
    static const char *const bodies[] = {
        "",
        "<data><a/></data>",
        "<m><data><a/></data></m>",
        "<soap:Fault><faultcode>soap:Client</faultcode><detail><data><a/></data></detail></"
        "soap:Fault>",
    };
    const struct wsse_params params = wsse_usual(KEYS_RSA);
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);

    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        AUTO_FREE char *xml = soap_make(&(struct soap_params){ .body = bodies[i] }, rsa_key());
        AUTO(verified_free) struct verified *env = expect_verified(wsse, xml);
        struct payload payload;
        struct err err;

        assert_ok(verified_payload(env, &payload, &err), &err);
        assert_int_equal(payload.form, PAYLOAD_NONE);
    }
}

static void the_payload_of_an_answer_is_read_too(void **state)
{
    const struct wsse_params params = wsse_usual(KEYS_GOST2015);
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
    AUTO(bytes_free) struct bytes *out = NULL;
    AUTO(verified_free) struct verified *env = NULL;
    struct payload payload;
    struct err err;

    (void)state;
    assert_ok(wsse_sign(wsse,
                        SLICE("<t:SendMessageResponse xmlns:t=\"urn:t\"><response><responseData>"
                              "<data>" P "</data></responseData></response>"
                              "</t:SendMessageResponse>"),
                        &out, &err),
              &err);
    env = expect_verified(wsse, out->at);
    assert_ok(verified_payload(env, &payload, &err), &err);
    assert_int_equal(payload.form, PAYLOAD_ELEMENT);
    assert_true(slice_eq_str(payload.c14n, P));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_payload_is_read_in_every_form),
        cmocka_unit_test(what_stands_there_twice_is_refused),
        cmocka_unit_test(other_bodies_have_no_payload),
        cmocka_unit_test(the_payload_of_an_answer_is_read_too),
    };

    return cmocka_run_group_tests(tests, setup_wsse, teardown_wsse);
}
