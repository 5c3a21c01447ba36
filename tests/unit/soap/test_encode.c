/* Answers and Faults as XML: ids, texts, a created session, errors. */
#include "soap/encode_kit.h"

/* req 0.69 */
static void an_answer_carries_code_ids_and_astanas_time(void **state)
{
    struct reply reply = plain();
    AUTO(bytes_free) struct bytes *xml = encode(&reply);

    (void)state;
    assert_valid(bytes_slice(xml));
    assert_text(xml, "messageId", ID);
    assert_text(xml, "correlationId", "m-1");
    assert_text(xml, "responseDate", "2026-11-22T14:03:07.120+05:00");
    assert_text(xml, "code", "SCSS001");
    assert_text(xml, "message", "Успешная обработка");
    assert_absent(xml, "sessionId");
    assert_absent(xml, "data");
    assert_true(slice_starts(
        bytes_slice(xml), SLICE("<typ:SendMessageResponse xmlns:typ=\"" TYP_NS "\"><response>")));
}

static void shep_s_session_id_is_echoed_when_it_is_one(void **state)
{
    static const struct {
        const char *given;
        bool echoed;
    } cases[] = {
        { GUID, true },
        { "", false },
        { "{}", false },
        { "01234567-89ab-cdef-0123-456789abcdef", false },
        { "{01234567-89ab-cdef-0123-456789abcdeg}", false },
        { "{01234567-89ab-cdef-0123-456789abcdef}x", false },
        { "{01234567-89ab-cdef-0123-456789abcdef", false },
        { NULL, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reply reply = plain();
        AUTO(bytes_free) struct bytes *xml = NULL;

        reply.session_id = cases[i].given;
        xml = encode(&reply);
        assert_valid(bytes_slice(xml));
        assert_int_equal(count_of(bytes_slice(xml), "sessionId"), cases[i].echoed);
    }
}

static void the_status_message_is_cut_at_250_whole_characters(void **state)
{
    struct reply reply = plain();
    AUTO(bytes_free) struct bytes *long_text = bytes_new(4096);
    AUTO(bytes_free) struct bytes *xml = NULL;
    AUTO(bytes_free) struct bytes *text = NULL;

    (void)state;
    bytes_add_str(long_text, "x");
    for (int i = 0; i < 300; i++)
        bytes_add_str(long_text, "ё");
    reply.message = long_text->at;
    xml = encode(&reply);
    assert_valid(bytes_slice(xml));
    text = text_of(bytes_slice(xml), "message");
    assert_int_equal(text->len, 1 + 2 * 249);
    assert_true(slice_starts(bytes_slice(long_text), bytes_slice(text)));
}

static struct reply created(void)
{
    struct reply reply = plain();

    reply.op = OP_CREATE_SIGNING_SESSION;
    reply.created = (struct session_created){
        .signing_session_id = { ID },
        .state = SESSION_CREATED,
        .expires_ms = now_ms + 1800000,
        .qr_text = "mobileSign:https://h/m/t/mgovSign?a=1&b=<2>",
        .qr_png = SLICE("\x89PNG\r\n\x1a\n\0\0"),
        .link = "https://m.egov.kz/mobileSign/?link=https://h/m/t/mgovSign",
        .business_link = "https://m.egov.kz/businessSign/?link=https://h/m/t/mgovSign",
        .page_url = "https://h/sign/x",
    };
    return reply;
}

static void assert_created(const struct bytes *xml)
{
    assert_valid(bytes_slice(xml));
    assert_text(xml, "signingSessionId", ID);
    assert_text(xml, "state", "created");
    assert_text(xml, "expiresAt", "2026-11-22T14:33:07.120+05:00");
    assert_text(xml, "qrText", "mobileSign:https://h/m/t/mgovSign?a=1&b=<2>");
    assert_text(xml, "qrPng", "iVBORw0KGgoAAA==");
    assert_text(xml, "link", "https://m.egov.kz/mobileSign/?link=https://h/m/t/mgovSign");
    assert_text(xml, "businessLink", "https://m.egov.kz/businessSign/?link=https://h/m/t/mgovSign");
    assert_text(xml, "pageUrl", "https://h/sign/x");
}

static void a_created_session_is_answered_as_elements(void **state)
{
    struct reply reply = created();
    AUTO(bytes_free) struct bytes *xml = encode(&reply);

    (void)state;
    assert_created(xml);
    assert_non_null(strstr(xml->at, "<data><s:createSigningSessionResponse><signingSessionId>"));
}

static void a_request_that_came_as_text_is_answered_as_text(void **state)
{
    struct reply reply = created();
    AUTO(bytes_free) struct bytes *xml = NULL;
    AUTO(bytes_free) struct bytes *inner = NULL;

    (void)state;
    reply.data_as_text = true;
    xml = encode(&reply);
    assert_valid(bytes_slice(xml));
    assert_non_null(strstr(xml->at, "<data xsi:type=\"xs:string\">&lt;s:createSigningSession"));
    assert_int_equal(count_of(bytes_slice(xml), "qrText"), 0);
    inner = text_of(bytes_slice(xml), "data");
    assert_created(inner);
    assert_true(slice_starts(bytes_slice(inner),
                             SLICE("<s:createSigningSessionResponse xmlns:s=\"" SIGNING_NS "\">")));
}

/* req 1.32 */
static void warnings_stand_behind_the_links(void **state)
{
    struct session_warning warnings[] = {
        { "newerAppNeeded", "signMethod", "MIX_SIGN …" },
        { "pdfNotPdf", "documents/document[2]/file/data", "«%PDF-»" },
    };
    struct reply reply = created();
    AUTO(bytes_free) struct bytes *without = encode(&reply);
    AUTO(bytes_free) struct bytes *xml = NULL;

    (void)state;
    assert_absent(without, "warnings");
    reply.created.warnings = warnings;
    reply.created.warning_count = 2;
    xml = encode(&reply);
    assert_created(xml);
    assert_non_null(strstr(xml->at,
                           "</pageUrl><warnings><warning><code>newerAppNeeded</code>"
                           "<field>signMethod</field><text>MIX_SIGN …</text></warning><warning>"
                           "<code>pdfNotPdf</code><field>documents/document[2]/file/data</field>"
                           "<text>«%PDF-»</text></warning></warnings></s:create"));
}

/* req 0.70, 0.71 */
static void an_error_carries_its_detail_in_data(void **state)
{
    struct reply reply = plain();
    AUTO(bytes_free) struct bytes *xml = NULL;
    AUTO(bytes_free) struct bytes *text = NULL;

    (void)state;
    reply.code = "SCSE002";
    reply.has_detail = true;
    reply.detail = (struct error_detail){ "fieldInvalid", "documents/document[2]/file/data",
                                          "base64", "", "" };
    xml = encode(&reply);
    assert_valid(bytes_slice(xml));
    assert_non_null(strstr(xml->at, "<data><e:error><code>fieldInvalid</code>"));
    assert_text(xml, "field", "documents/document[2]/file/data");
    assert_text(xml, "limit", "base64");
    assert_absent(xml, "upstreamStatus");
    reply.detail.upstream_status = "523";
    reply.detail.upstream_text = "GBDFL is\x01 unavailable \xFF";
    reply.data_as_text = true;
    text = encode(&reply);
    assert_valid(bytes_slice(text));
    assert_non_null(strstr(text->at, "&lt;e:error xmlns:e="));
}

static void what_xml_cannot_carry_is_replaced_and_never_breaks_the_answer(void **state)
{
    struct reply reply = plain();
    AUTO(bytes_free) struct bytes *xml = NULL;

    (void)state;
    reply.message = "a\x01"
                    "b\xFF"
                    "c\xEF\xBF\xBF"
                    "d\r\n\t<&>\"']]>\xF0\x9F\x98\x80";
    xml = encode(&reply);
    assert_valid(bytes_slice(xml));
    assert_text(xml, "message",
                "a\xEF\xBF\xBD"
                "b\xEF\xBF\xBD"
                "c\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
                "d\r\n\t<&>\"']]>\xF0\x9F\x98\x80");
}

static void a_fault_names_its_code_and_who_is_to_blame(void **state)
{
    static const struct {
        bool server;
        const char *code;
    } cases[] = { { false, "soap:Client" }, { true, "soap:Server" } };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct reply reply = plain();
        AUTO(bytes_free) struct bytes *xml = NULL;

        reply.kind = REPLY_FAULT;
        reply.code = "SCE006";
        reply.message = "Транспортная подпись неверна: <digest>";
        reply.fault_of_server = cases[i].server;
        reply.session_id = GUID;
        xml = encode(&reply);
        assert_valid(bytes_slice(xml));
        assert_text(xml, "faultcode", cases[i].code);
        assert_text(xml, "faultstring", reply.message);
        assert_text(xml, "errorCode", "SCE006");
        assert_text(xml, "errorMessage", reply.message);
        assert_text(xml, "errorDate", "2026-11-22T14:03:07.120+05:00");
        assert_text(xml, "sessionId", GUID);
        assert_true(
            slice_starts(bytes_slice(xml), SLICE("<soap:Fault xmlns:soap=\"" SOAP_NS "\"")));
        assert_non_null(strstr(xml->at, "<detail><typ:SendMessageFault1_SendMessageFault>"));
    }
}

static void a_kept_answer_leaves_byte_for_byte(void **state)
{
    struct reply reply = plain();
    AUTO(bytes_free) struct bytes *kept = bytes_dup(SLICE("<any>\0bytes</any>"));
    AUTO(bytes_free) struct bytes *xml = NULL;

    (void)state;
    reply.kept = kept;
    xml = encode(&reply);
    assert_true(slice_eq(bytes_slice(xml), bytes_slice(kept)));
    assert_ptr_not_equal(xml, kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_carries_code_ids_and_astanas_time),
        cmocka_unit_test(shep_s_session_id_is_echoed_when_it_is_one),
        cmocka_unit_test(the_status_message_is_cut_at_250_whole_characters),
        cmocka_unit_test(a_created_session_is_answered_as_elements),
        cmocka_unit_test(warnings_stand_behind_the_links),
        cmocka_unit_test(a_request_that_came_as_text_is_answered_as_text),
        cmocka_unit_test(an_error_carries_its_detail_in_data),
        cmocka_unit_test(what_xml_cannot_carry_is_replaced_and_never_breaks_the_answer),
        cmocka_unit_test(a_fault_names_its_code_and_who_is_to_blame),
        cmocka_unit_test(a_kept_answer_leaves_byte_for_byte),
    };
    return cmocka_run_group_tests(tests, open_codec, close_codec);
}
