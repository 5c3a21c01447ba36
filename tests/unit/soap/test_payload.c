#include "soap/support.h"

#include "crypto/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CREATE(inner)                                                                              \
    "<s:createSigningSession xmlns:s='" SIGNING_NS "'>" inner "</s:createSigningSession>"
#define HEAD "<description>Договор</description><signMethod>CMS_WITH_DATA</signMethod>"
#define DOC(inner) "<document><id>1</id><nameRu>Файл</nameRu>" inner "</document>"
#define FILE_ "<file><mime>application/pdf</mime><data>aGVsbG8=</data></file>"
#define DOCS "<documents>" DOC(FILE_) "</documents>"
#define STATUS(inner) "<s:getSigningStatus xmlns:s='" SIGNING_NS "'>" inner "</s:getSigningStatus>"
#define RESULT(inner) "<s:getSigningResult xmlns:s='" SIGNING_NS "'>" inner "</s:getSigningResult>"
#define CANCEL(inner)                                                                              \
    "<s:cancelSigningSession xmlns:s='" SIGNING_NS "'>" inner "</s:cancelSigningSession>"
#define ID "0193a5c0-7b2e-7c3d-8e4f-0123456789ab"

/* The example of payloads.md section 3 with values in it. */
static const char whole[] = CREATE(
    "<description>Договор №1 &lt;&amp;&gt;</description><language>kk</language>"
    "<expiresInSeconds>1800</expiresInSeconds><signMethod>MIX_SIGN</signMethod>"
    "<authType>None</authType>"
    "<organisation><nameRu>АО</nameRu><nameKz>АҚ</nameKz><nameEn>JSC</nameEn>"
    "<bin>123456789021</bin></organisation>"
    "<signers><signer><iin>123456789011</iin><bin>123456789021</bin><role>individual</role>"
    "<role>ceo</role></signer><signer/></signers><backUrl>https://example.kz/back?a=1&amp;b=2</"
    "backUrl>"
    "<documents><document><id>1</id><nameRu>Файл</nameRu><nameKz>Құжат</nameKz>"
    "<nameEn>File</nameEn><meta><item><name>Номер</name><value>7</value></item>"
    "<item><name>Пусто</name><value/></item></meta><signMethod>CMS_SIGN_ONLY</signMethod>"
    "<file><mime>application/pdf</mime><data>\n aGVs\n bG8=\n</data></file></document>"
    "<document><id>2147483647</id><nameRu>XML</nameRu><signMethod>XML</signMethod>"
    "<documentXml>&lt;doc a=\"1\"&gt;х&amp;amp;у&lt;/doc&gt;</documentXml></document></documents>");

static struct request *take(const char *payload)
{
    struct request *req = NULL;
    struct err err;

    assert_valid(slice_str(MESSAGE("<data/>")));
    if (decode(shared_codec, MESSAGE("<data/>"), payload, &req, &err) != ST_OK)
        fail_msg("%s", err.text);
    if (req->op == OP_NONE)
        fail_msg("%.300s: %s (%s, %s)", payload, req->payload_err.text, req->payload_err.code,
                 req->payload_err.field);
    return req;
}

static void a_create_request_is_read_field_by_field(void **state)
{
    AUTO(request_free) struct request *req = take(whole);
    const struct create_session *create = &req->payload.create;
    const struct document *documents = create->documents;

    (void)state;
    assert_valid(slice_str(whole));
    assert_int_equal(req->op, OP_CREATE_SIGNING_SESSION);
    assert_string_equal(req->operation_name, "createSigningSession");
    assert_string_equal(create->description, "Договор №1 <&>");
    assert_string_equal(create->language, "kk");
    assert_int_equal(create->expires_in_seconds, 1800);
    assert_int_equal(create->method, METHOD_MIX_SIGN);
    assert_int_equal(create->auth, AUTH_NONE);
    assert_true(create->has_organisation);
    assert_string_equal(create->organisation.name.kz, "АҚ");
    assert_string_equal(create->organisation.bin, "123456789021");
    assert_int_equal(create->signer_count, 2);
    assert_string_equal(create->signers[0].iin, "123456789011");
    assert_string_equal(create->signers[0].bin, "123456789021");
    assert_int_equal(create->signers[0].roles, ROLE_INDIVIDUAL | ROLE_CEO);
    assert_string_equal(create->signers[1].iin, "");
    assert_int_equal(create->signers[1].roles, 0);
    assert_string_equal(create->back_url, "https://example.kz/back?a=1&b=2");
    assert_int_equal(create->document_count, 2);
    assert_int_equal(documents[0].id, 1);
    assert_string_equal(documents[0].name.ru, "Файл");
    assert_string_equal(documents[0].name.kz, "Құжат");
    assert_string_equal(documents[0].name.en, "File");
    assert_int_equal(documents[0].meta_count, 2);
    assert_string_equal(documents[0].meta[0].name, "Номер");
    assert_string_equal(documents[0].meta[0].value, "7");
    assert_string_equal(documents[0].meta[1].value, "");
    assert_int_equal(documents[0].method, METHOD_CMS_SIGN_ONLY);
    assert_string_equal(documents[0].mime, "application/pdf");
    assert_true(slice_eq_str(documents[0].content, "hello"));
    assert_int_equal(documents[1].id, 2147483647);
    assert_null(documents[1].mime);
    assert_true(slice_eq_str(documents[1].content, "<doc a=\"1\">х&amp;у</doc>"));
}

static void absent_and_empty_optional_fields_get_the_defaults_of_the_xsd(void **state)
{
    static const char *const payloads[] = {
        CREATE(HEAD DOCS),
        CREATE("<language/><expiresInSeconds/><authType/><organisation/><signers/><backUrl/>" HEAD
               "<documents>" DOC(
                   "<meta/><signMethod/><nameKz/><nameEn/><documentXml/>" FILE_) "</documents>"),
        CREATE(HEAD "<documents>" DOC(
            "<file><mime/><data/></file><documentXml>x</documentXml>") "</documents>"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
        AUTO(request_free) struct request *req = take(payloads[i]);
        const struct create_session *create = &req->payload.create;

        assert_string_equal(create->language, "");
        assert_int_equal(create->expires_in_seconds, 0);
        assert_int_equal(create->auth, AUTH_TOKEN);
        assert_string_equal(create->organisation.bin, "");
        assert_string_equal(create->organisation.name.ru, "");
        assert_int_equal(create->signer_count, 0);
        assert_string_equal(create->back_url, "");
        assert_int_equal(create->documents[0].method, METHOD_NONE);
        assert_string_equal(create->documents[0].name.kz, "");
        assert_int_equal(create->documents[0].meta_count, 0);
    }
}

static void fields_may_come_in_any_order_and_qualified(void **state)
{
    static const char *const payloads[] = {
        CREATE("<documents><document>" FILE_
               "<nameRu>Ф</nameRu><id> 1 </id></document></documents><signMethod> CMS_WITH_DATA "
               "</signMethod><description>Договор</description>"),
        "<createSigningSession xmlns='" SIGNING_NS "'>" HEAD DOCS "</createSigningSession>",
        "<s:createSigningSession xmlns:s='" SIGNING_NS
        "'><s:description>Договор</s:description><s:signMethod>CMS_WITH_DATA</s:signMethod>"
        "<s:documents><s:document><s:id>1</s:id><s:nameRu>Ф</s:nameRu><s:file>"
        "<s:mime>application/pdf</s:mime><s:data>aGVsbG8=</s:data></s:file></s:document>"
        "</s:documents></s:createSigningSession>",
        "<s:createSigningSession xmlns:s='" SIGNING_NS
        "' xmlns:i='http://www.w3.org/2001/XMLSchema-instance' xmlns:q='urn:q' i:type='q:T'>"
        "<description i:type='q:string' id='x'>Договор</description>"
        "<language i:nil='true'/><signMethod>CMS_WITH_DATA</signMethod>" DOCS
        "</s:createSigningSession>",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
        AUTO(request_free) struct request *req = take(payloads[i]);

        assert_string_equal(req->payload.create.description, "Договор");
        assert_int_equal(req->payload.create.method, METHOD_CMS_WITH_DATA);
        assert_true(slice_eq_str(req->payload.create.documents[0].content, "hello"));
    }
}

static void queries_take_the_session_and_their_option(void **state)
{
    AUTO(request_free)
    struct request *status =
        take(STATUS("<waitSeconds>20</waitSeconds><signingSessionId> " ID " </signingSessionId>"));
    AUTO(request_free)
    struct request *result =
        take(RESULT("<signingSessionId>" ID "</signingSessionId><documentId>7</documentId>"));
    AUTO(request_free)
    struct request *all = take(RESULT("<signingSessionId>" ID "</signingSessionId><documentId/>"));
    AUTO(request_free)
    struct request *cancel = take(CANCEL("<signingSessionId>" ID "</signingSessionId>"));

    (void)state;
    assert_int_equal(status->op, OP_GET_SIGNING_STATUS);
    assert_string_equal(status->payload.query.signing_session_id, ID);
    assert_int_equal(status->payload.query.wait_seconds, 20);
    assert_int_equal(result->op, OP_GET_SIGNING_RESULT);
    assert_int_equal(result->payload.query.document_id, 7);
    assert_int_equal(all->payload.query.document_id, 0);
    assert_int_equal(cancel->op, OP_CANCEL_SIGNING_SESSION);
    assert_string_equal(cancel->payload.query.signing_session_id, ID);
}

static void the_hash_is_of_the_canonical_payload(void **state)
{
    AUTO(request_free) struct request *req = take(whole);
    AUTO(bytes_free) struct bytes *c14n = canonical(whole);
    uint8_t want[SHA256_BYTES];

    (void)state;
    sha256(bytes_slice(c14n), want);
    assert_memory_equal(req->payload_sha256, want, sizeof(want));
}

#define TEXT_501                                                                                   \
    "12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012" \
    "34567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234" \
    "56789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456" \
    "78901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678" \
    "90123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890" \
    "123456789012345678901234567890123456789ё1"

static const struct {
    const char *payload, *code, *field, *limit;
} refused[] = {
    { NULL, "payloadMissing", "requestData/data", "" },
    { "<s:createSession xmlns:s='" SIGNING_NS "'/>", "unknownOperation", "requestData/data", "" },
    { "<createSigningSession/>", "unknownOperation", "requestData/data", SIGNING_NS },
    { "<s:createSigningSession xmlns:s='urn:shep-adapter:signing:2'/>", "unknownOperation",
      "requestData/data", SIGNING_NS },
    { CREATE(""), "fieldMissing", "description", "" },
    { CREATE("<description> </description>"), "fieldMissing", "description", "" },
    { CREATE("<description>d</description>"), "fieldMissing", "signMethod", "" },
    { CREATE(HEAD), "fieldMissing", "documents/document", "" },
    { CREATE(HEAD "<documents/>"), "fieldMissing", "documents/document", "" },
    { CREATE(HEAD "<documents><document/></documents>"), "fieldMissing", "documents/document[1]/id",
      "" },
    { CREATE(HEAD "<documents>" DOC(FILE_) "<document><id>2</id>" FILE_ "</document></documents>"),
      "fieldMissing", "documents/document[2]/nameRu", "" },
    { CREATE(HEAD "<documents>" DOC("") "</documents>"), "fieldMissing",
      "documents/document[1]/file", "file or documentXml" },
    { CREATE(HEAD "<documents>" DOC(FILE_ "<documentXml>x</documentXml>") "</documents>"),
      "fieldInvalid", "documents/document[1]", "file or documentXml" },
    { CREATE(HEAD "<documents>" DOC("<file><data>aGVsbG8=</data></file>") "</documents>"),
      "fieldMissing", "documents/document[1]/file/mime", "" },
    { CREATE(HEAD "<documents>" DOC("<file><mime>a/b</mime></file>") "</documents>"),
      "fieldMissing", "documents/document[1]/file/data", "" },
    { CREATE(HEAD "<documents>" DOC(FILE_)
                 DOC("<file><mime>a/b</mime><data>a*b=</data></file>") "</documents>"),
      "fieldInvalid", "documents/document[2]/file/data", "base64" },
    { CREATE(HEAD "<documents><document><id>0</id></document></documents>"), "fieldInvalid",
      "documents/document[1]/id", "1..2147483647" },
    { CREATE(HEAD "<documents><document><id>1x</id></document></documents>"), "fieldInvalid",
      "documents/document[1]/id", "1..2147483647" },
    { CREATE(HEAD "<documents><document><id>99999999999999999999</id></document></documents>"),
      "fieldInvalid", "documents/document[1]/id", "1..2147483647" },
    { CREATE(HEAD "<documents>" DOC("<signMethod>PDF</signMethod>" FILE_) "</documents>"),
      "fieldInvalid", "documents/document[1]/signMethod", "signMethod of signing.xsd" },
    { CREATE(HEAD
             "<documents>" DOC("<meta><item><value>v</value></item></meta>" FILE_) "</documents>"),
      "fieldMissing", "documents/document[1]/meta/item[1]/name", "" },
    { CREATE("<description>d</description><signMethod>cms_with_data</signMethod>" DOCS),
      "fieldInvalid", "signMethod", "signMethod of signing.xsd" }, /* req 1.40 */
    { CREATE(HEAD "<authType>token</authType>" DOCS), "fieldInvalid", "authType",
      "Token, None, Eds" },
    { CREATE(HEAD "<language>RU</language>" DOCS), "fieldInvalid", "language", "ru, kk, en" },
    { CREATE(HEAD "<expiresInSeconds>soon</expiresInSeconds>" DOCS), "fieldInvalid",
      "expiresInSeconds", "1..2147483647" },
    { CREATE(HEAD "<expiresInSeconds>-5</expiresInSeconds>" DOCS), "fieldInvalid",
      "expiresInSeconds", "1..2147483647" },
    { CREATE(HEAD "<organisation><bin>12345</bin></organisation>" DOCS), "fieldInvalid",
      "organisation/bin", "12 digits" },
    { CREATE(HEAD "<signers><signer/><signer><iin>12345678901a</iin></signer></signers>" DOCS),
      "fieldInvalid", "signers/signer[2]/iin", "12 digits" },
    { CREATE(HEAD "<signers><signer><role>ceo</role><role>king</role></signer></signers>" DOCS),
      "fieldInvalid", "signers/signer[1]/role[2]", "role of signing.xsd" },
    { CREATE(HEAD "<organisation><nameRu>" TEXT_501 "</nameRu></organisation>" DOCS),
      "fieldTooLong", "organisation/nameRu", "500 characters" },
    { CREATE(HEAD "<colour>red</colour>" DOCS), "fieldUnknown", "colour", "" },
    { CREATE(HEAD "<documents>" DOC(FILE_)
                 DOC("<x:size xmlns:x='urn:x' a='&gt;'>1</x:size>" FILE_) "</documents>"),
      "fieldUnknown", "documents/document[2]/size", "" },
    { CREATE(HEAD "<documents>" DOC("<file><mime>a/b</mime><data>aGVsbG8=</data>"
                                    "<name>f.pdf</name></file>") "</documents>"),
      "fieldUnknown", "documents/document[1]/file/name", "" },
    { CREATE(HEAD DOCS HEAD), "fieldInvalid", "description[2]", "once" },
    { CREATE(HEAD DOCS DOCS), "fieldInvalid", "documents[2]", "once" },
    { CREATE(HEAD "text" DOCS), "fieldInvalid", "", "" },
    { CREATE(HEAD "<documents>oops" DOC(FILE_) "</documents>"), "fieldInvalid", "documents", "" },
    { CREATE("<description>a<b>c</b></description>"), "fieldInvalid", "description", "" },
    { CREATE(HEAD "<documents>" DOC("<documentXml><doc/></documentXml>") "</documents>"),
      "fieldInvalid", "documents/document[1]/documentXml", "" },
    { STATUS(""), "fieldMissing", "signingSessionId", "" },
    { STATUS("<signingSessionId>42</signingSessionId>"), "fieldInvalid", "signingSessionId",
      "UUID" },
    { STATUS("<signingSessionId>" ID "</signingSessionId><waitSeconds>21</waitSeconds>"),
      "fieldInvalid", "waitSeconds", "0..20" },
    { STATUS("<signingSessionId>" ID "</signingSessionId><documentId>1</documentId>"),
      "fieldUnknown", "documentId", "" },
    { RESULT("<signingSessionId>" ID "</signingSessionId><documentId>0</documentId>"),
      "fieldInvalid", "documentId", "1..2147483647" },
    { CANCEL("<signingSessionId/>"), "fieldMissing", "signingSessionId", "" },
};

/* req 0.70 */
static void a_payload_that_cannot_be_read_says_code_field_and_limit(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        AUTO(request_free) struct request *req = NULL;
        struct err err;
        const struct err *why;

        if (decode(shared_codec, MESSAGE("<data/>"), refused[i].payload, &req, &err) != ST_OK)
            fail_msg("%s: %s", refused[i].payload, err.text);
        why = &req->payload_err;
        if (req->op != OP_NONE || why->status != ST_INPUT)
            fail_msg("%.400s: was read", refused[i].payload);
        if (strcmp(why->code, refused[i].code) != 0 || strcmp(why->field, refused[i].field) != 0 ||
            strcmp(why->limit, refused[i].limit) != 0)
            fail_msg("%.400s: code %s, field %s, limit %s: %s", refused[i].payload, why->code,
                     why->field, why->limit, why->text);
        assert_string_equal(req->info.message_id, "m-1"); /* the envelope is known all the same */
    }
}

/* n documents of len bytes of base64 each. */
static struct bytes *many(unsigned n, size_t len)
{
    struct bytes *xml = bytes_new(64 << 20);

    bytes_add_str(xml, "<s:createSigningSession xmlns:s='" SIGNING_NS "'>" HEAD "<documents>");
    for (unsigned i = 1; i <= n; i++) {
        bytes_addf(xml, "<document><id>%u</id><nameRu>n</nameRu><file><mime>a/b</mime><data>", i);
        memset(bytes_extend(xml, len), 'A', len);
        bytes_add_str(xml, "</data></file></document>");
    }
    bytes_add_str(xml, "</documents></s:createSigningSession>");
    return xml;
}

static void ceilings_hold_for_the_number_and_the_size_of_documents(void **state)
{
    static const struct {
        unsigned n;
        size_t len;
        const char *code, *limit;
    } cases[] = {
        { 50, 4, "", "" },
        { 51, 4, "tooManyDocuments", "50 documents" },
        { 3000, 4, "tooManyDocuments", "50 documents" },
        { 1, 1398096, "", "" }, /* the codec of these tests takes 1 MiB */
        { 1, 1398096 + 8, "documentsTooLarge", "1048576 bytes" },
        { 4, 1048576, "documentsTooLarge", "1048576 bytes" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(bytes_free) struct bytes *xml = many(cases[i].n, cases[i].len);
        AUTO(request_free) struct request *req = NULL;
        struct err err;

        assert_int_equal(decode(shared_codec, MESSAGE("<data/>"), xml->at, &req, &err), ST_OK);
        assert_string_equal(req->payload_err.code, cases[i].code);
        assert_string_equal(req->payload_err.limit, cases[i].limit);
        assert_int_equal(req->op == OP_NONE, cases[i].code[0] != 0);
    }
}

static void text_that_is_no_xml_reaches_the_reply_as_payload_not_xml(void **state)
{
    static const struct signer signer = { .iin = "" };
    struct err cause = { .status = ST_INPUT, .code = "payloadNotXml" };
    AUTO(bytes_free)
    struct bytes *body = canonical("<soap:Body xmlns:soap='" SOAP_NS
                                   "'>" MESSAGE("<data>no xml</data>") "</soap:Body>");
    AUTO(request_free) struct request *req = NULL;
    struct parts parts = { .body = bytes_slice(body),
                           .signer = &signer,
                           .payload = { .form = PAYLOAD_TEXT },
                           .payload_err = &cause };
    struct err err;

    (void)state;
    assert_int_equal(soap_decode_parts(shared_codec, &parts, &req, &err), ST_OK);
    assert_int_equal(req->op, OP_NONE);
    assert_true(req->data_as_text);
    assert_string_equal(req->payload_err.code, "payloadNotXml");
    assert_string_equal(req->operation_name, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_create_request_is_read_field_by_field),
        cmocka_unit_test(absent_and_empty_optional_fields_get_the_defaults_of_the_xsd),
        cmocka_unit_test(fields_may_come_in_any_order_and_qualified),
        cmocka_unit_test(queries_take_the_session_and_their_option),
        cmocka_unit_test(the_hash_is_of_the_canonical_payload),
        cmocka_unit_test(a_payload_that_cannot_be_read_says_code_field_and_limit),
        cmocka_unit_test(ceilings_hold_for_the_number_and_the_size_of_documents),
        cmocka_unit_test(text_that_is_no_xml_reaches_the_reply_as_payload_not_xml),
    };
    return cmocka_run_group_tests(tests, open_codec, close_codec);
}
