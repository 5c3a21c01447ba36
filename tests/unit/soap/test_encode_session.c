/* The answers of a session that is under way or signed: status, cancellation, result. */
#include "soap/encode_kit.h"

#include "crypto/encode.h"

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

/* The answer with a session's signed CMS (document 7) and signed XML (document 9). */
struct result {
    struct reply reply;
    struct signing_session session;
    struct signed_document documents[2];
    struct evidence_item items[COUNT(evidence)]; /* of the CMS; the last is the report */
    struct document issued[2];
};

static void make_result(struct result *result)
{
    const struct signer signer = { .iin = "123456789011",
                                   .common_name = "ТЕСТОВ ТЕСТ",
                                   .subject = "CN=ТЕСТОВ ТЕСТ,C=KZ",
                                   .serial = "1a2b",
                                   .not_before_ms = now_ms - 1000,
                                   .not_after_ms = now_ms + 1000,
                                   .roles = ROLE_INDIVIDUAL | ROLE_EMPLOYEE };

    memcpy(result->items, evidence, sizeof(evidence));
    result->items[5].data.len = strlen(result->items[5].data.at);
    result->issued[0] = (struct document){ .id = 7 };
    result->issued[1] = (struct document){ .id = 9, .method = METHOD_XML };
    result->documents[0] =
        (struct signed_document){ 7, 0, SLICE("CMS\0DER"), signer, now_ms, result->items, 6 };
    result->documents[1] = (struct signed_document){ 9,      0,          slice_str(xml_content),
                                                     signer, now_ms + 5, result->items,
                                                     0 };
    result->session = (struct signing_session){ .id = { ID },
                                                .state = SESSION_SIGNED,
                                                .method = METHOD_CMS_WITH_DATA,
                                                .ended_ms = now_ms + 9,
                                                .documents = result->issued,
                                                .document_count = 2,
                                                .signed_documents = result->documents,
                                                .signed_count = 2 };
    result->reply = plain();
    result->reply.op = OP_GET_SIGNING_RESULT;
    result->reply.session = &result->session;
}

static void a_result_carries_signed_bytes_signer_checks_and_evidence(void **state)
{
    struct result result;
    AUTO(bytes_free) struct bytes *xml = NULL;

    (void)state;
    make_result(&result);
    result.reply.document_id = 7;
    xml = encode(&result.reply);
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
    struct result result;
    struct signed_document by_turn[4];
    AUTO(bytes_free) struct bytes *all = NULL;
    AUTO(bytes_free) struct bytes *one = NULL;

    (void)state;
    make_result(&result);
    for (uint32_t i = 0; i < 4; i++) {
        by_turn[i] = result.documents[i / 2];
        by_turn[i].turn = i % 2;
    }
    result.session.signed_documents = by_turn;
    result.session.signed_count = 4;
    all = encode(&result.reply);
    assert_valid(bytes_slice(all));
    assert_int_equal(count_of(bytes_slice(all), "document"), 4);
    result.reply.document_id = 7;
    one = encode(&result.reply);
    assert_valid(bytes_slice(one));
    assert_int_equal(count_of(bytes_slice(one), "document"), 2);
    assert_non_null(strstr(one->at, "<turn>1</turn>"));
    assert_non_null(strstr(one->at, "<turn>2</turn>"));
}

static void a_result_carries_the_seal_once_it_is_made(void **state) /* req 0.14 */
{
    struct result result;
    AUTO(bytes_free) struct bytes *before = NULL;
    AUTO(bytes_free) struct bytes *stamped = NULL;
    AUTO(bytes_free) struct bytes *bare = NULL;

    (void)state;
    make_result(&result);
    before = encode(&result.reply);
    assert_absent(before, "seal");
    result.session.seal = (struct evidence_seal){ SLICE("<e/>"), true, now_ms };
    stamped = encode(&result.reply);
    assert_valid(bytes_slice(stamped));
    assert_text(stamped, "seal", "XAdES-T2026-11-22T14:03:07.120+05:00PGUvPg==");
    result.session.seal.is_stamped = false;
    bare = encode(&result.reply);
    assert_valid(bytes_slice(bare));
    assert_text(bare, "form", "XAdES-BES");
}

static void a_result_says_when_its_contents_were_wiped(void **state)
{
    struct result result;
    AUTO(bytes_free) struct bytes *before = NULL;
    AUTO(bytes_free) struct bytes *after = NULL;

    (void)state;
    make_result(&result);
    before = encode(&result.reply);
    assert_absent(before, "contentWipedAt");
    result.session.wiped_ms = now_ms;
    after = encode(&result.reply);
    assert_valid(bytes_slice(after));
    assert_text(after, "contentWipedAt", "2026-11-22T14:03:07.120+05:00");
}

static void an_xml_document_comes_back_as_the_text_it_was(void **state)
{
    struct result result;
    AUTO(bytes_free) struct bytes *xml = NULL;

    (void)state;
    make_result(&result);
    result.reply.document_id = 9;
    xml = encode(&result.reply);
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
    struct result result;
    AUTO(bytes_free) struct bytes *all = NULL;
    AUTO(bytes_free) struct bytes *none = NULL;

    (void)state;
    make_result(&result);
    all = encode(&result.reply);
    assert_valid(bytes_slice(all));
    assert_int_equal(count_of(bytes_slice(all), "document"), 2);
    result.session.state = SESSION_CREATED;
    none = encode(&result.reply);
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
        struct result result;
        AUTO(bytes_free) struct bytes *xml = NULL;

        make_result(&result);
        result.items[5].data = slice_str(reports[i]);
        result.reply.document_id = 7;
        xml = encode(&result.reply);
        assert_valid(bytes_slice(xml));
        assert_text(xml, "verdict", "indeterminate");
    }
}

static void a_signed_document_that_xml_cannot_carry_is_an_error(void **state)
{
    struct result result;
    struct bytes *xml = NULL;
    struct err err;

    (void)state;
    make_result(&result);
    result.documents[1].content = SLICE("<doc>\0</doc>");
    assert_int_equal(soap_encode(shared_codec, NULL, &result.reply, &xml, &err), ST_INTERNAL);
    assert_null(xml);
}

static void fifteen_megabytes_come_back_whole_in_both_forms(void **state)
{
    enum { BIG = 15 << 20 };
    struct result result;
    char *big = malloc(BIG);

    (void)state;
    for (size_t i = 0; i < BIG; i++)
        big[i] = (char)(i * 2654435761U >> 13);
    make_result(&result);
    result.documents[0].content = slice_mem(big, BIG);
    result.reply.document_id = 7;
    for (int form = 0; form < 2; form++) {
        AUTO(bytes_free) struct bytes *xml = NULL;
        AUTO(bytes_free) struct bytes *inner = NULL;
        AUTO(bytes_free) struct bytes *back = NULL;
        const char *at, *end;
        struct err err;

        result.reply.data_as_text = form == 1;
        xml = encode(&result.reply);
        inner = form == 1 ? text_of(bytes_slice(xml), "data") : bytes_dup(bytes_slice(xml));
        at = strstr(strstr(inner->at, "<mime>"), "<data>") + strlen("<data>");
        end = strchr(at, '<');
        assert_int_equal(base64_decode(slice_mem(at, (size_t)(end - at)), BIG, &back, &err), ST_OK);
        assert_true(slice_eq(bytes_slice(back), slice_mem(big, BIG)));
    }
    free(big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
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
