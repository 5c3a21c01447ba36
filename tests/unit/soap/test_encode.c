#include "soap/support.h"

#include "base/clock.h"
#include "crypto/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ID "0193a5c0-7b2e-7c3d-8e4f-0123456789ab"
#define GUID "{01234567-89ab-cdef-0123-456789ABCDEF}"

static struct codec *codec;

/* 2026-11-22T14:03:07.120+05:00 */
static const int64_t now_ms = 1795338187120;

static struct reply plain(void)
{
    return (struct reply){ .kind = REPLY_RESPONSE,
                           .code = "SCSS001",
                           .message = "Успешная обработка",
                           .session_id = "",
                           .date_ms = now_ms,
                           .message_id = ID,
                           .correlation_id = "m-1" };
}

static struct bytes *encode(const struct reply *reply)
{
    struct bytes *body = NULL;
    struct err err;

    if (soap_encode(codec, NULL, reply, &body, &err) != ST_OK)
        fail_msg("%s", err.text);
    return body;
}

static void assert_text(const struct bytes *xml, const char *element, const char *want)
{
    AUTO(bytes_free) struct bytes *text = text_of(bytes_slice(xml), element);

    if (!text || strcmp(text->at, want) != 0)
        fail_msg("%s is %s in %.600s", element, text ? text->at : "absent", xml->at);
}

static void assert_absent(const struct bytes *xml, const char *element)
{
    if (count_of(bytes_slice(xml), element) != 0)
        fail_msg("%s in %.600s", element, xml->at);
}

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

static void status_shows_only_what_has_happened(void **state)
{
    struct signing_session session = { .id = { ID },
                                       .state = SESSION_SCANNED,
                                       .reason = "",
                                       .created_ms = now_ms,
                                       .scanned_ms = now_ms + 1,
                                       .expires_ms = now_ms + 1000,
                                       .failed_puts = 3 };
    struct reply reply = plain();
    AUTO(bytes_free) struct bytes *early = NULL;
    AUTO(bytes_free) struct bytes *late = NULL;

    (void)state;
    reply.op = OP_GET_SIGNING_STATUS;
    reply.session = &session;
    early = encode(&reply);
    assert_valid(bytes_slice(early));
    assert_text(early, "state", "scanned");
    assert_text(early, "createdAt", "2026-11-22T14:03:07.120+05:00");
    assert_text(early, "scannedAt", "2026-11-22T14:03:07.121+05:00");
    assert_text(early, "failedPuts", "3");
    assert_absent(early, "reason");
    assert_absent(early, "documentsSentAt");
    assert_absent(early, "endedAt");
    session.state = SESSION_FAILED;
    session.reason = "signature: wrong";
    session.documents_sent_ms = now_ms + 2;
    session.ended_ms = now_ms + 3;
    late = encode(&reply);
    assert_valid(bytes_slice(late));
    assert_text(late, "reason", "signature: wrong");
    assert_text(late, "documentsSentAt", "2026-11-22T14:03:07.122+05:00");
    assert_text(late, "endedAt", "2026-11-22T14:03:07.123+05:00");
}

static void a_cancelled_session_says_so(void **state)
{
    struct signing_session session = { .id = { ID }, .state = SESSION_CANCELLED };
    struct reply reply = plain();
    AUTO(bytes_free) struct bytes *xml = NULL;

    (void)state;
    reply.op = OP_CANCEL_SIGNING_SESSION;
    reply.session = &session;
    xml = encode(&reply);
    assert_valid(bytes_slice(xml));
    assert_text(xml, "state", "cancelled");
}

static void status_shows_each_named_signer_and_how_many_have_signed(void **state)
{
    const struct expected_signer signers[] = { { "123456789011", "", 0, now_ms },
                                               { "", "123456789021", ROLE_CEO | ROLE_HR, 0 } };
    const struct signed_turn turn = { .turn = 0, .signed_ms = now_ms };
    struct signing_session session = { .id = { ID },
                                       .state = SESSION_DOCUMENTS_SENT,
                                       .signers = signers,
                                       .signer_count = 2,
                                       .turns = &turn,
                                       .turn_count = 1 };
    struct reply reply = plain();
    AUTO(bytes_free) struct bytes *named = NULL;
    AUTO(bytes_free) struct bytes *anybody = NULL;

    (void)state;
    reply.op = OP_GET_SIGNING_STATUS;
    reply.session = &session;
    named = encode(&reply);
    assert_valid(bytes_slice(named));
    assert_text(named, "signedCount", "1");
    assert_text(named, "signerCount", "2");
    assert_text(named, "signers", "1234567890112026-11-22T14:03:07.120+05:00123456789021ceohr");
    session.signer_count = 0;
    anybody = encode(&reply);
    assert_valid(bytes_slice(anybody));
    assert_text(anybody, "signerCount", "1");
    assert_absent(anybody, "signers");
}

static const struct evidence_item evidence[] = {
    { EVIDENCE_CERTIFICATE, { "CERT", 4 } },
    { EVIDENCE_CERTIFICATE, { "CA", 2 } },
    { EVIDENCE_OCSP, { "OCSP", 4 } },
    { EVIDENCE_CRL, { "issuer 14", 9 } },
    { EVIDENCE_TSP, { "TSP", 3 } },
    { EVIDENCE_REPORT,
      { "{\"verdict\":\"valid\",\"checks\":[{\"name\":\"signature\",\"ok\":true,\"detail\":"
        "\"good\"},"
        "{\"name\":\"timestamp\",\"ok\":true,\"detail\":\"\",\"outcome\":\"skipped\"},"
        "{\"name\":\"path\",\"ok\":false,\"detail\":\"<x>\"}]}",
        0 } },
};

static const char *const xml_content =
    "<doc>\r\n\t\xD1\x91 &amp; <ds:Signature xmlns:ds=\"d\">s</ds:Signature></doc>";

/* A session with a signed CMS (document 7) and a signed XML (document 9). */
static void make_signed(struct signing_session *session, struct signed_document documents[2],
                        struct evidence_item items[6], struct document issued[2])
{
    const struct signer signer = { .iin = "123456789011",
                                   .common_name = "ТЕСТОВ ТЕСТ",
                                   .subject = "CN=ТЕСТОВ ТЕСТ,C=KZ",
                                   .serial = "1a2b",
                                   .not_before_ms = now_ms - 1000,
                                   .not_after_ms = now_ms + 1000,
                                   .roles = ROLE_INDIVIDUAL | ROLE_EMPLOYEE };

    memcpy(items, evidence, sizeof(evidence));
    items[5].data.len = strlen(items[5].data.at);
    issued[0] = (struct document){ .id = 7 };
    issued[1] = (struct document){ .id = 9, .method = METHOD_XML };
    documents[0] = (struct signed_document){ 7, 0, SLICE("CMS\0DER"), signer, now_ms, items, 6 };
    documents[1] =
        (struct signed_document){ 9, 0, slice_str(xml_content), signer, now_ms + 5, items, 0 };
    *session = (struct signing_session){ .id = { ID },
                                         .state = SESSION_SIGNED,
                                         .method = METHOD_CMS_WITH_DATA,
                                         .ended_ms = now_ms + 9,
                                         .documents = issued,
                                         .document_count = 2,
                                         .signed_documents = documents,
                                         .signed_count = 2 };
}

static void a_result_carries_signed_bytes_signer_checks_and_evidence(void **state)
{
    struct signing_session session;
    struct signed_document documents[2];
    struct evidence_item items[6];
    struct document issued[2];
    struct reply reply = plain();
    AUTO(bytes_free) struct bytes *xml = NULL;

    (void)state;
    make_signed(&session, documents, items, issued);
    reply.op = OP_GET_SIGNING_RESULT;
    reply.session = &session;
    reply.document_id = 7;
    xml = encode(&reply);
    assert_valid(bytes_slice(xml));
    assert_int_equal(count_of(bytes_slice(xml), "document"), 1);
    assert_text(xml, "id", "7");
    assert_text(xml, "signMethod", "CMS_WITH_DATA");
    assert_text(xml, "file", "application/pkcs7-mimeQ01TAERFUg==");
    assert_text(xml, "signer",
                "123456789011ТЕСТОВ ТЕСТCN=ТЕСТОВ ТЕСТ,C=KZ1a2b2026-11-22T14:03:06.120+05:00"
                "2026-11-22T14:03:08.120+05:00individualemployeeQ0VSVA==");
    assert_text(xml, "verdict", "valid");
    assert_text(xml, "checks", "signatureokgoodtimestampskippedpathfailed<x>");
    assert_int_equal(count_of(bytes_slice(xml), "detail"), 2);
    assert_int_equal(count_of(bytes_slice(xml), "kind"), 6);
    assert_non_null(strstr(xml->at, "<kind>timestamp</kind><data>VFNQ</data>"));
}

static void a_document_stands_in_the_result_once_for_each_turn(void **state)
{
    struct signing_session session;
    struct signed_document documents[2], by_turn[4];
    struct evidence_item items[6];
    struct document issued[2];
    struct reply reply = plain();
    AUTO(bytes_free) struct bytes *all = NULL;
    AUTO(bytes_free) struct bytes *one = NULL;

    (void)state;
    make_signed(&session, documents, items, issued);
    for (uint32_t i = 0; i < 4; i++) {
        by_turn[i] = documents[i / 2];
        by_turn[i].turn = i % 2;
    }
    session.signed_documents = by_turn;
    session.signed_count = 4;
    reply.op = OP_GET_SIGNING_RESULT;
    reply.session = &session;
    all = encode(&reply);
    assert_valid(bytes_slice(all));
    assert_int_equal(count_of(bytes_slice(all), "document"), 4);
    reply.document_id = 7;
    one = encode(&reply);
    assert_valid(bytes_slice(one));
    assert_int_equal(count_of(bytes_slice(one), "document"), 2);
    assert_non_null(strstr(one->at, "<turn>1</turn>"));
    assert_non_null(strstr(one->at, "<turn>2</turn>"));
}

static void a_result_carries_the_seal_once_it_is_made(void **state) /* req 0.14 */
{
    struct signing_session session;
    struct signed_document documents[2];
    struct evidence_item items[6];
    struct document issued[2];
    struct reply reply = plain();
    AUTO(bytes_free) struct bytes *before = NULL;
    AUTO(bytes_free) struct bytes *stamped = NULL;
    AUTO(bytes_free) struct bytes *bare = NULL;

    (void)state;
    make_signed(&session, documents, items, issued);
    reply.op = OP_GET_SIGNING_RESULT;
    reply.session = &session;
    before = encode(&reply);
    assert_absent(before, "seal");
    session.seal = (struct evidence_seal){ SLICE("<e/>"), true, now_ms };
    stamped = encode(&reply);
    assert_valid(bytes_slice(stamped));
    assert_text(stamped, "seal", "XAdES-T2026-11-22T14:03:07.120+05:00PGUvPg==");
    session.seal.is_stamped = false;
    bare = encode(&reply);
    assert_valid(bytes_slice(bare));
    assert_text(bare, "form", "XAdES-BES");
}

static void a_result_says_when_its_contents_were_wiped(void **state)
{
    struct signing_session session;
    struct signed_document documents[2];
    struct evidence_item items[6];
    struct document issued[2];
    struct reply reply = plain();
    AUTO(bytes_free) struct bytes *before = NULL;
    AUTO(bytes_free) struct bytes *after = NULL;

    (void)state;
    make_signed(&session, documents, items, issued);
    reply.op = OP_GET_SIGNING_RESULT;
    reply.session = &session;
    before = encode(&reply);
    assert_absent(before, "contentWipedAt");
    session.wiped_ms = now_ms;
    after = encode(&reply);
    assert_valid(bytes_slice(after));
    assert_text(after, "contentWipedAt", "2026-11-22T14:03:07.120+05:00");
}

static void an_xml_document_comes_back_as_the_text_it_was(void **state)
{
    struct signing_session session;
    struct signed_document documents[2];
    struct evidence_item items[6];
    struct document issued[2];
    struct reply reply = plain();
    AUTO(bytes_free) struct bytes *xml = NULL;

    (void)state;
    make_signed(&session, documents, items, issued);
    reply.op = OP_GET_SIGNING_RESULT;
    reply.session = &session;
    reply.document_id = 9;
    xml = encode(&reply);
    assert_valid(bytes_slice(xml));
    assert_text(xml, "signMethod", "XML");
    assert_text(xml, "documentXml", xml_content);
    assert_absent(xml, "file");
    assert_text(xml, "verdict", "indeterminate"); /* no report, no yes */
    assert_absent(xml, "check");
    assert_absent(xml, "certificate");
}

static void all_documents_come_when_none_is_named_and_none_before_the_signature(void **state)
{
    struct signing_session session;
    struct signed_document documents[2];
    struct evidence_item items[6];
    struct document issued[2];
    struct reply reply = plain();
    AUTO(bytes_free) struct bytes *all = NULL;
    AUTO(bytes_free) struct bytes *none = NULL;

    (void)state;
    make_signed(&session, documents, items, issued);
    reply.op = OP_GET_SIGNING_RESULT;
    reply.session = &session;
    all = encode(&reply);
    assert_valid(bytes_slice(all));
    assert_int_equal(count_of(bytes_slice(all), "document"), 2);
    session.state = SESSION_CREATED;
    none = encode(&reply);
    assert_valid(bytes_slice(none));
    assert_absent(none, "documents");
    assert_absent(none, "signedAt");
}

static void a_report_that_is_no_report_is_indeterminate(void **state)
{
    static const char *const reports[] = { "", "{", "[]", "{\"verdict\":true,\"checks\":{}}",
                                           "{\"verdict\":\"yes\",\"checks\":[1,{}]}" };

    (void)state;
    for (size_t i = 0; i < sizeof(reports) / sizeof(reports[0]); i++) {
        struct signing_session session;
        struct signed_document documents[2];
        struct evidence_item items[6];
        struct document issued[2];
        struct reply reply = plain();
        AUTO(bytes_free) struct bytes *xml = NULL;

        make_signed(&session, documents, items, issued);
        items[5].data = slice_str(reports[i]);
        reply.op = OP_GET_SIGNING_RESULT;
        reply.session = &session;
        reply.document_id = 7;
        xml = encode(&reply);
        assert_valid(bytes_slice(xml));
        assert_text(xml, "verdict", "indeterminate");
    }
}

static void a_signed_document_that_xml_cannot_carry_is_an_error(void **state)
{
    struct signing_session session;
    struct signed_document documents[2];
    struct evidence_item items[6];
    struct document issued[2];
    struct reply reply = plain();
    struct bytes *xml = NULL;
    struct err err;

    (void)state;
    make_signed(&session, documents, items, issued);
    documents[1].content = SLICE("<doc>\0</doc>");
    reply.op = OP_GET_SIGNING_RESULT;
    reply.session = &session;
    assert_int_equal(soap_encode(codec, NULL, &reply, &xml, &err), ST_INTERNAL);
    assert_null(xml);
}

static void fifteen_megabytes_come_back_whole_in_both_forms(void **state)
{
    enum { BIG = 15 << 20 };
    struct signing_session session;
    struct signed_document documents[2];
    struct evidence_item items[6];
    struct document issued[2];
    struct reply reply = plain();
    char *big = malloc(BIG);

    (void)state;
    for (size_t i = 0; i < BIG; i++)
        big[i] = (char)(i * 2654435761U >> 13);
    make_signed(&session, documents, items, issued);
    documents[0].content = slice_mem(big, BIG);
    reply.op = OP_GET_SIGNING_RESULT;
    reply.session = &session;
    reply.document_id = 7;
    for (int form = 0; form < 2; form++) {
        AUTO(bytes_free) struct bytes *xml = NULL;
        AUTO(bytes_free) struct bytes *inner = NULL;
        AUTO(bytes_free) struct bytes *back = NULL;
        const char *at, *end;
        struct err err;

        reply.data_as_text = form == 1;
        xml = encode(&reply);
        inner = form == 1 ? text_of(bytes_slice(xml), "data") : bytes_dup(bytes_slice(xml));
        at = strstr(strstr(inner->at, "<mime>"), "<data>") + strlen("<data>");
        end = strchr(at, '<');
        assert_int_equal(base64_decode(slice_mem(at, (size_t)(end - at)), BIG, &back, &err), ST_OK);
        assert_true(slice_eq(bytes_slice(back), slice_mem(big, BIG)));
    }
    free(big);
}

static int open_codec(void **state)
{
    struct err err;

    (void)state;
    codec = new_codec();
    return clock_use_astana(&err) == ST_OK ? 0 : -1;
}

static int close_codec(void **state)
{
    (void)state;
    codec_free(codec);
    return 0;
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
        cmocka_unit_test(status_shows_only_what_has_happened),
        cmocka_unit_test(status_shows_each_named_signer_and_how_many_have_signed),
        cmocka_unit_test(a_document_stands_in_the_result_once_for_each_turn),
        cmocka_unit_test(a_cancelled_session_says_so),
        cmocka_unit_test(a_result_carries_signed_bytes_signer_checks_and_evidence),
        cmocka_unit_test(a_result_carries_the_seal_once_it_is_made),
        cmocka_unit_test(a_result_says_when_its_contents_were_wiped),
        cmocka_unit_test(an_xml_document_comes_back_as_the_text_it_was),
        cmocka_unit_test(all_documents_come_when_none_is_named_and_none_before_the_signature),
        cmocka_unit_test(a_report_that_is_no_report_is_indeterminate),
        cmocka_unit_test(a_signed_document_that_xml_cannot_carry_is_an_error),
        cmocka_unit_test(fifteen_megabytes_come_back_whole_in_both_forms),
    };
    return cmocka_run_group_tests(tests, open_codec, close_codec);
}
