/* The payloads of ЦОИД's eight operations: values, what is refused, the ceilings. */
#include "soap/support.h"
#include "support/cmocka.h"

#include <stdio.h>

#define ROOT(name, inner) "<c:" name " xmlns:c='" COID_NS "'>" inner "</c:" name ">"
#define KEY "0193a5c0-7b2e-7c3d-8e4f-0123456789ab"
#define IIN "<iin>123456789011</iin>"
#define PHOTO "<photo><contentType>image/png</contentType><data>\n aGVs\n bG8=\n</data></photo>"
#define CONSENT                                                                                    \
    "<consent>" IIN "<fullName> ТЕСТОВ ТЕСТ </fullName><text> Я, ТЕСТОВ &amp; "   \
    "…\n</text></consent>"
#define VERIFY(inner) ROOT("verifyPhoto", inner)
#define GET(inner) ROOT("getVerification", inner)
#define PERSON(inner) ROOT("getPersonData", "<idempotencyKey>" KEY "</idempotencyKey>" inner)
#define DAYS(from, to)                                                                             \
    ROOT("getTransactions", "<fromDate>" from "</fromDate><toDate>" to "</toDate>")
#define DETAIL(year, month) ROOT("getActDetail", "<year>" year "</year><month>" month "</month>")
#define ACT(inner) ROOT("getAct", "<year>2021</year><month>8</month>" inner)

static struct request *take(const char *payload)
{
    struct request *req = NULL;
    struct err err;

    if (decode(shared_codec, MESSAGE("<data/>"), payload, &req, &err) != ST_OK)
        fail_msg("%s", err.text);
    if (req->op == OP_NONE)
        fail_msg("%.300s: %s (%s, %s)", payload, req->payload_err.text, req->payload_err.code,
                 req->payload_err.field);
    return req;
}

/* The same for what must be valid by coid.xsd too. */
static struct request *take_valid(const char *payload)
{
    assert_valid(slice_str(payload));
    return take(payload);
}

/* req 2.04 */
static void a_photo_comes_with_iin_and_vendor(void **state)
{
    AUTO(request_free)
    struct request *req = take_valid(VERIFY(IIN "<vendor>2147483647</vendor>" PHOTO));

    (void)state;
    assert_int_equal(req->op, OP_VERIFY_PHOTO);
    assert_string_equal(req->operation_name, "verifyPhoto");
    assert_string_equal(req->payload.verify_photo.iin, "123456789011");
    assert_int_equal(req->payload.verify_photo.vendor, 2147483647);
    assert_true(slice_eq_str(req->payload.verify_photo.photo, "hello"));
}

/* req 2.02, 2.19: without the consent it is refused, see below */
static void personal_data_is_asked_for_with_key_and_consent(void **state)
{
    AUTO(request_free) struct request *whole = take_valid(PERSON("<mcdb>1</mcdb>" CONSENT));
    AUTO(request_free)
    struct request *least = take_valid(PERSON("<consent>" IIN "<fullName>Т</fullName></consent>"));
    const struct coid_get_person_data *asked = &whole->payload.get_person_data;

    (void)state;
    assert_int_equal(whole->op, OP_GET_PERSON_DATA);
    assert_string_equal(asked->idempotency_key, KEY);
    assert_true(asked->mcdb);
    assert_string_equal(asked->consent.iin, "123456789011");
    assert_string_equal(asked->consent.full_name, "ТЕСТОВ ТЕСТ");
    assert_string_equal(asked->consent.text, " Я, ТЕСТОВ & …\n"); /* it will be signed: as it is */
    assert_false(least->payload.get_person_data.mcdb);
    assert_string_equal(least->payload.get_person_data.consent.text, "");
}

static void queries_take_key_period_and_month(void **state)
{
    AUTO(request_free)
    struct request *key = take_valid(GET("<idempotencyKey>" KEY "</idempotencyKey>"));
    AUTO(request_free) struct request *days = take_valid(DAYS("2024-02-29", "2024-03-01+06:00"));
    AUTO(request_free) struct request *detail = take_valid(DETAIL("9999", "12"));
    AUTO(request_free) struct request *act = take_valid(ACT("<unpacked>true</unpacked>"));
    AUTO(request_free) struct request *packed = take_valid(ACT(""));

    (void)state;
    assert_int_equal(key->op, OP_GET_VERIFICATION);
    assert_string_equal(key->payload.get_verification.idempotency_key, KEY);
    assert_int_equal(days->op, OP_GET_TRANSACTIONS);
    assert_int_equal(days->payload.get_transactions.from_day, 20240229);
    assert_int_equal(days->payload.get_transactions.to_day, 20240301);
    assert_int_equal(detail->op, OP_GET_ACT_DETAIL);
    assert_int_equal(detail->payload.get_act.year, 9999);
    assert_int_equal(detail->payload.get_act.month, 12);
    assert_int_equal(act->op, OP_GET_ACT);
    assert_int_equal(act->payload.get_act.year, 2021);
    assert_int_equal(act->payload.get_act.month, 8);
    assert_true(act->payload.get_act.unpacked);
    assert_false(packed->payload.get_act.unpacked);
}

static void vendors_and_news_are_asked_for_with_nothing(void **state)
{
    static const struct {
        const char *payload;
        enum operation op;
    } cases[] = {
        { ROOT("getVendors", ""), OP_GET_VENDORS },
        { "<getVendors xmlns='" COID_NS "'></getVendors>", OP_GET_VENDORS },
        { "<getNews xmlns='" COID_NS "'/>", OP_GET_NEWS },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO(request_free) struct request *req = take_valid(cases[i].payload);

        assert_int_equal(req->op, cases[i].op);
    }
}

static void fields_may_come_in_any_order_and_qualified(void **state)
{
    static const char *const payloads[] = {
        VERIFY("<photo><data>aGVsbG8=</data></photo><vendor> 1 </vendor><iin> 123456789011 </iin>"),
        "<verifyPhoto xmlns='" COID_NS "'>" IIN "<vendor>1</vendor>" PHOTO "</verifyPhoto>",
        "<x:verifyPhoto xmlns:x='" COID_NS "'><x:photo><x:contentType/><x:data>aGVsbG8=</x:data>"
        "</x:photo><x:iin>123456789011</x:iin><x:vendor>1</x:vendor></x:verifyPhoto>",
        "<c:verifyPhoto xmlns:c='" COID_NS "' xmlns:i='http://www.w3.org/2001/XMLSchema-instance' "
        "xmlns:q='urn:q' i:type='q:T'><iin i:type='q:string' id='x'>123456789011</iin>"
        "<vendor>1</vendor>" PHOTO "</c:verifyPhoto>",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(payloads); i++) {
        AUTO(request_free) struct request *req = take(payloads[i]);

        assert_string_equal(req->payload.verify_photo.iin, "123456789011");
        assert_int_equal(req->payload.verify_photo.vendor, 1);
        assert_true(slice_eq_str(req->payload.verify_photo.photo, "hello"));
    }
}

static const struct {
    const char *payload, *code, *field, *limit;
} refused[] = {
    { "<verifyPhoto/>", "unknownOperation", "requestData/data", COID_NS },
    { "<s:verifyPhoto xmlns:s='" SIGNING_NS "'/>", "unknownOperation", "requestData/data",
      COID_NS },
    { "<c:getSigningStatus xmlns:c='" COID_NS "'/>", "unknownOperation", "requestData/data",
      SIGNING_NS },
    { ROOT("verifyPhotoResponse", ""), "unknownOperation", "requestData/data", "" },
    { VERIFY(""), "fieldMissing", "iin", "" },
    { VERIFY("<iin> </iin>"), "fieldMissing", "iin", "" },
    { VERIFY("<iin>12345678901</iin>"), "fieldInvalid", "iin", "12 digits" },
    { VERIFY("<iin>1234567890123</iin>"), "fieldInvalid", "iin", "12 digits" },
    { VERIFY("<iin>12345678901a</iin>"), "fieldInvalid", "iin", "12 digits" },
    { VERIFY(IIN), "fieldMissing", "vendor", "" },
    { VERIFY(IIN "<vendor>VisionLabs</vendor>"), "fieldInvalid", "vendor", "0..2147483647" },
    { VERIFY(IIN "<vendor>-1</vendor>"), "fieldInvalid", "vendor", "0..2147483647" },
    { VERIFY(IIN "<vendor>2147483648</vendor>"), "fieldInvalid", "vendor", "0..2147483647" },
    { VERIFY(IIN "<vendor>1</vendor>"), "fieldMissing", "photo", "" },
    { VERIFY(IIN "<vendor>1</vendor><photo/>"), "fieldMissing", "photo/data", "" },
    { VERIFY(IIN "<vendor>1</vendor><photo><data>=</data></photo>"), "fieldInvalid", "photo/data",
      "base64" },
    { VERIFY(IIN "<vendor>1</vendor><photo><data>a*b=</data></photo>"), "fieldInvalid",
      "photo/data", "base64" },
    { VERIFY(IIN "<vendor>1</vendor>" PHOTO PHOTO), "fieldInvalid", "photo[2]", "once" },
    { VERIFY(IIN "<vendor>1</vendor><photo>aGVsbG8=</photo>"), "fieldInvalid", "photo", "" },
    { VERIFY(IIN "<colour>red</colour><vendor>1</vendor>" PHOTO), "fieldUnknown", "colour", "" },
    { VERIFY(IIN "<vendor>1</vendor><photo><name>a.png</name><data>aGVsbG8=</data></photo>"),
      "fieldUnknown", "photo/name", "" },
    { GET(""), "fieldMissing", "idempotencyKey", "" },
    { GET("<idempotencyKey>CD0305201705</idempotencyKey>"), "fieldInvalid", "idempotencyKey",
      "UUID" },
    { GET("<idempotencyKey>" KEY KEY "</idempotencyKey>"), "fieldTooLong", "idempotencyKey",
      "64 characters" },
    { GET("<idempotencyKey>" KEY "</idempotencyKey>" IIN), "fieldUnknown", "iin", "" },
    { ROOT("getPersonData", CONSENT), "fieldMissing", "idempotencyKey", "" },
    { PERSON(""), "consentMissing", "consent", "" },
    { PERSON("<consent><iin/><fullName> </fullName></consent>"), "consentMissing", "consent", "" },
    { PERSON("<consent>" IIN "</consent>"), "fieldMissing", "consent/fullName", "" },
    { PERSON("<consent><fullName>Т</fullName></consent>"), "fieldMissing", "consent/iin", "" },
    { PERSON("<consent><iin>1</iin><fullName>Т</fullName></consent>"), "fieldInvalid",
      "consent/iin", "12 digits" },
    { PERSON("<consent>" IIN "<fullName>Т</fullName><signed>true</signed></consent>"),
      "fieldUnknown", "consent/signed", "" },
    { PERSON("<mcdb>yes</mcdb>" CONSENT), "fieldInvalid", "mcdb", "true, false, 1, 0" },
    { ROOT("getVendors", IIN), "fieldUnknown", "iin", "" },
    { ROOT("getVendors", "all"), "fieldInvalid", "", "" },
    { ROOT("getNews", "<since>2021-01-01</since>"), "fieldUnknown", "since", "" },
    { ROOT("getTransactions", ""), "fieldMissing", "fromDate", "" },
    { DAYS("2021-09-01", " "), "fieldMissing", "toDate", "" },
    { DAYS("20210901", "2021-09-02"), "fieldInvalid", "fromDate", "xs:date" },
    { DAYS("2021-09-31", "2021-10-02"), "fieldInvalid", "fromDate", "xs:date" },
    { DAYS("2021-9-1", "2021-10-02"), "fieldInvalid", "fromDate", "xs:date" },
    { DAYS("2021-02-01", "2021-02-29"), "fieldInvalid", "toDate", "xs:date" },
    { DAYS("2021-02-01", "2021-02-28T00:00:00"), "fieldInvalid", "toDate", "xs:date" },
    { DAYS("2021-02-01", "2021-02-28+5"), "fieldInvalid", "toDate", "xs:date" },
    { DETAIL("1999", "1"), "fieldInvalid", "year", "2000..9999" },
    { DETAIL("10000", "1"), "fieldInvalid", "year", "2000..9999" },
    { DETAIL("2021", "0"), "fieldInvalid", "month", "1..12" },
    { DETAIL("2021", "13"), "fieldInvalid", "month", "1..12" },
    { DETAIL("2021", ""), "fieldMissing", "month", "" },
    { ROOT("getActDetail", "<year>2021</year><month>1</month><unpacked>true</unpacked>"),
      "fieldUnknown", "unpacked", "" },
    { ACT("<unpacked>maybe</unpacked>"), "fieldInvalid", "unpacked", "true, false, 1, 0" },
};

/* req 0.70 */
static void a_payload_that_cannot_be_read_says_code_field_and_limit(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
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
    }
}

/* A payload with n times `unit` at the place of the %. */
static struct bytes *filled(const char *shape, const char *unit, size_t n)
{
    struct bytes *xml = bytes_new(64 << 20);
    const char *at = strchr(shape, '%');

    bytes_add(xml, slice_mem(shape, (size_t)(at - shape)));
    for (size_t i = 0; i < n; i++)
        bytes_add_str(xml, unit);
    bytes_add_str(xml, at + 1);
    return xml;
}

static void ceilings_hold_for_photo_and_texts(void **state)
{
    static const char photo[] = VERIFY(IIN "<vendor>1</vendor><photo><data>%</data></photo>");
    static const char type[] = VERIFY(
        IIN "<vendor>1</vendor><photo><contentType>%</contentType><data>AA==</data></photo>");
    static const char name[] = PERSON("<consent>" IIN "<fullName>%</fullName></consent>");
    static const char text[] =
        PERSON("<consent>" IIN "<fullName>Т</fullName><text>%</text></consent>");
    static const struct {
        const char *shape, *unit;
        size_t n;
        const char *code, *field, *limit;
    } cases[] = {
        { photo, "AAAA", 349525, "", "", "" }, /* 1 MiB - 1 */
        { photo, "AAAA", 349526, "photoTooLarge", "photo/data", "1048576 bytes" },
        { type, "ё", 100, "", "", "" },
        { type, "ё", 101, "fieldTooLong", "photo/contentType", "100 characters" },
        { name, "ё", 300, "", "", "" },
        { name, "ё", 301, "fieldTooLong", "consent/fullName", "300 characters" },
        { text, "ё", 4000, "", "", "" },
        { text, "ё", 4001, "fieldTooLong", "consent/text", "4000 characters" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO(bytes_free) struct bytes *xml = filled(cases[i].shape, cases[i].unit, cases[i].n);
        AUTO(request_free) struct request *req = NULL;
        struct err err;

        assert_int_equal(decode(shared_codec, MESSAGE("<data/>"), xml->at, &req, &err), ST_OK);
        assert_string_equal(req->payload_err.code, cases[i].code);
        assert_string_equal(req->payload_err.field, cases[i].field);
        assert_string_equal(req->payload_err.limit, cases[i].limit);
        assert_int_equal(req->op == OP_NONE, cases[i].code[0] != 0);
    }
}

static void the_ceiling_of_photos_is_a_setting(void **state)
{
    const struct codec_params params = {
        .pool = 1, .max_document_bytes = 1, .max_documents = 1, .max_photo_bytes = 4
    };
    AUTO(codec_free) struct codec *codec = NULL;
    AUTO(request_free) struct request *four = NULL;
    AUTO(request_free) struct request *five = NULL;
    struct err err;

    (void)state;
    assert_int_equal(codec_new(&params, &codec, &err), ST_OK);
    assert_int_equal(decode(codec, MESSAGE("<data/>"),
                            VERIFY(IIN "<vendor>1</vendor><photo><data>aGVsbA==</data></photo>"),
                            &four, &err),
                     ST_OK);
    assert_int_equal(four->op, OP_VERIFY_PHOTO);
    assert_int_equal(
        decode(codec, MESSAGE("<data/>"), VERIFY(IIN "<vendor>1</vendor>" PHOTO), &five, &err),
        ST_OK);
    assert_string_equal(five->payload_err.code, "photoTooLarge");
    assert_string_equal(five->payload_err.limit, "4 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_photo_comes_with_iin_and_vendor),
        cmocka_unit_test(personal_data_is_asked_for_with_key_and_consent),
        cmocka_unit_test(queries_take_key_period_and_month),
        cmocka_unit_test(vendors_and_news_are_asked_for_with_nothing),
        cmocka_unit_test(fields_may_come_in_any_order_and_qualified),
        cmocka_unit_test(a_payload_that_cannot_be_read_says_code_field_and_limit),
        cmocka_unit_test(ceilings_hold_for_photo_and_texts),
        cmocka_unit_test(the_ceiling_of_photos_is_a_setting),
    };
    return cmocka_run_group_tests(tests, open_codec, close_codec);
}
