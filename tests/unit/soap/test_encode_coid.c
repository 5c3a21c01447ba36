/* The answers of ЦОИД's operations as XML, each judged by coid.xsd. */
#include "soap/coid_answers.h"
#include "soap/encode_kit.h"

#include <stdlib.h>

static const struct {
    enum operation op;
    const char *root;
} operations[] = {
    { OP_VERIFY_PHOTO, "verifyPhotoResponse" },
    { OP_GET_VERIFICATION, "getVerificationResponse" },
    { OP_GET_PERSON_DATA, "getPersonDataResponse" },
    { OP_GET_VENDORS, "getVendorsResponse" },
    { OP_GET_TRANSACTIONS, "getTransactionsResponse" },
    { OP_GET_ACT_DETAIL, "getActDetailResponse" },
    { OP_GET_ACT, "getActResponse" },
    { OP_GET_NEWS, "getNewsResponse" },
};

static struct reply reply_of(enum operation op, const struct coid_answer *answer)
{
    struct reply reply = plain();

    reply.op = op;
    reply.coid = answer;
    return reply;
}

/* The payload by itself, valid. The caller's. */
static struct bytes *told(enum operation op, const struct coid_answer *answer)
{
    struct reply reply = reply_of(op, answer);
    AUTO(bytes_free) struct bytes *xml = NULL;
    struct bytes *payload;

    reply.data_as_text = true;
    xml = encode(&reply);
    assert_valid(bytes_slice(xml));
    payload = text_of(bytes_slice(xml), "data");
    assert_valid(bytes_slice(payload));
    return payload;
}

/* What stands between the tags of the first element of that name. */
static void assert_inner(const struct bytes *xml, const char *name, const char *want)
{
    char open[64], close[64];
    const char *from, *to;

    (void)snprintf(open, sizeof(open), "<%s>", name);
    (void)snprintf(close, sizeof(close), "</%s>", name);
    from = strstr(xml->at, open);
    to = from ? strstr(from, close) : NULL;
    if (!to) {
        fail_msg("no %s in %.600s", name, xml->at);
        return;
    }
    from += strlen(open);
    if ((size_t)(to - from) != strlen(want) || strncmp(from, want, strlen(want)) != 0)
        fail_msg("%s is %.*s", name, (int)(to - from), from);
}

static void every_answer_is_valid_with_all_there_can_be_and_with_nothing(void **state)
{
    static const struct coid_answer nothing;

    (void)state;
    for (size_t i = 0; i < COUNT(operations); i++) {
        struct coid_answer whole = coid_whole(operations[i].op);
        struct coid_answer bare = nothing;
        struct reply reply = reply_of(operations[i].op, &whole);
        AUTO(bytes_free) struct bytes *xml = encode(&reply);
        AUTO(bytes_free) struct bytes *payload = told(operations[i].op, &whole);
        AUTO(bytes_free) struct bytes *least = NULL;
        char start[128];

        if (operations[i].op == OP_VERIFY_PHOTO || operations[i].op == OP_GET_VERIFICATION) {
            bare.told.verification.idempotency_key = COID_ID;
            bare.told.verification.result = "0";
        } else {
            bare.idempotency_key = COID_ID;
        }
        least = told(operations[i].op, &bare);
        assert_valid(bytes_slice(xml));
        (void)snprintf(start, sizeof(start), "<c:%s xmlns:c=\"" COID_NS "\">", operations[i].root);
        assert_true(slice_starts(bytes_slice(payload), slice_str(start)));
        assert_true(slice_starts(bytes_slice(least), slice_str(start)));
        (void)snprintf(start, sizeof(start), "<data><c:%s>", operations[i].root);
        assert_non_null(strstr(xml->at, start));
        assert_inner(payload, "proof",
                     "<evidenceId>" COID_ID "</evidenceId>"
                     "<receivedAt>2026-11-22T14:03:07.120+05:00</receivedAt><signed>true</signed>"
                     "<algorithm>ECGOST34310</algorithm><signer>CN=ЦОИД</signer>"
                     "<signerSerial>1a2b</signerSerial>");
        assert_inner(payload, "extras",
                     "<member><path>person.hairColour</path><json>\"&lt;рыжий&gt;\"</json></member>"
                     "<member><path>documents.document[2].note</path>"
                     "<json>{\"a\":[1,2.50]}</json></member>");
        assert_inner(least, "proof", "<signed>false</signed>");
        assert_absent(least, "extras");
    }
}

static void a_verification_says_what_it_was_and_what_it_allows(void **state)
{
    struct coid_answer answer = coid_whole(OP_VERIFY_PHOTO);
    AUTO(bytes_free) struct bytes *passed = told(OP_VERIFY_PHOTO, &answer);
    AUTO(bytes_free) struct bytes *failed = NULL;

    (void)state;
    assert_text(passed, "idempotencyKey", COID_ID);
    assert_text(passed, "iin", "780202300018");
    assert_text(passed, "vendor", "VisionLabs");
    assert_text(passed, "result", "0.9959589839");
    assert_text(passed, "passed", "true");
    assert_text(passed, "dataUntil", "2026-11-23T14:03:07.120+05:00");
    assert_inner(passed, "photo", "<contentType>image/jpeg</contentType><data>/9j/AA==</data>");
    assert_text(passed, "name", "ТОО \"Наименование <организации>\"");
    assert_text(passed, "bin", "123456789012");
    assert_non_null(strstr(passed->at, "<requestDate value=\"2024-10-17T16:49:01.337+05:00\">"
                                       "2024-10-17T11:49:01.337+00:00</requestDate>"));
    answer.told.verification.passed = false;
    answer.told.verification.result = "0";
    answer.told.verification.data_until = "";
    answer.told.verification.photo = SLICE("");
    answer.told.verification.has_requisites = false;
    answer.told.verification.request_date = (struct coid_date){ "", "" };
    failed = told(OP_GET_VERIFICATION, &answer);
    assert_text(failed, "result", "0");
    assert_text(failed, "passed", "false");
    assert_absent(failed, "dataUntil");
    assert_absent(failed, "photo"); /* req 2.17 */
    assert_absent(failed, "requisites");
    assert_absent(failed, "requestDate");
}

#define CHANGED                                                                                    \
    "<changeDate value=\"2013-09-19T08:44:33+05:00\">2013-09-19T09:44:33+06:00</changeDate>"
#define TERM(name, code, ru, kz)                                                                   \
    "<" name "><code>" code "</code><nameRu>" ru "</nameRu><nameKz>" kz "</nameKz>" CHANGED        \
    "</" name ">"
#define PLACE                                                                                      \
    TERM("country", "398", "КАЗАХСТАН", "ҚАЗАҚСТАН")                                               \
    TERM("district", "1904", "АКТЮБИНСКАЯ", "АҚТӨБЕ") TERM("region", "1910", "АКТАУ", "АКТАУ")
#define ADDRESS                                                                                    \
    PLACE                                                                                          \
    "<foreignData><districtName>ОБЛАСТЬ</districtName><regionName>РАЙОН</regionName>"  \
    "</foreignData><city>АКТАУ</city><street>МКР 7</street><building>153/8</building>"     \
    "<corpus>2</corpus><flat>15</flat><beginDate>2008-01-23</beginDate>"                           \
    "<endDate value=\"2010-01-23\">2010-01-23</endDate>" TERM("status", "1", "ПОСТОЯННЫЙ",         \
                                                              "ТҰРАҚТЫ")                           \
        TERM("invalidity", "0", "НЕТ", "ЖОҚ") "<arCode>0201300012345678</arCode>"

/* flows.md section 2: the names and the order of ГБД ФЛ */
static void a_person_comes_name_for_name_and_in_order(void **state)
{
    static const char want[] =
        "<iin>780202300018</iin><surname>ОМАРОВ</surname><name>ШАЯН</name>"
        "<patronymic>ОМАРОВИЧ</patronymic><engFirstName>SHAYAN</engFirstName>"
        "<engSurname>OMAROV</engSurname><birthDate value=\"1978-02-02\">1978-02-02</birthDate>"
        "<deathDate>когда-то</deathDate>" TERM("gender", "1", "Мужской",
                                               "Ер") TERM("nationality", "005", "КАЗАХ", "ҚАЗАҚ")
            TERM("citizenship", "398", "КАЗАХСТАН", "ҚАЗАҚСТАН") TERM(
                "lifeStatus", "0", "Нормальный",
                "Қалыпты") "<birthPlace>" PLACE
                           "<foreignData><regionName>АЛМАТИНСКИЙ</regionName></foreignData>"
                           "<city>АКТАУ</city></birthPlace><regAddress>" ADDRESS "</regAddress>"
                           "<documents><document>" TERM(
                               "type", "002", "УДОСТОВЕРЕНИЕ РК",
                               "ҚР ЖЕКЕ КУӘЛІГІ") "<number>012345678</number><series>А</series>"
                                                  "<beginDate "
                                                  "value=\"2001-09-07\">2001-09-07</beginDate>"
                                                  "<endDate "
                                                  "value=\"2013-08-04\">2013-08-04</endDate>" TERM(
                                                      "issueOrganization", "002",
                                                      "МИНИСТЕРСТВО ВНУТРЕННИХ ДЕЛ РК", "ҚР ІІМ")
                                                      TERM("status", "00", "ДЕЙСТВИТЕЛЕН",
                                                           "ЖАРАМДЫ") "<invalidityDate "
                                                                      "value=\"2013-08-04\">04.08."
                                                                      "2013</invalidityDate>"
                                                                      "<surname>ОМАРОВ</"
                                                                      "surname><name>ШАЯН</"
                                                                      "name><patronymic>ОМАРОВИЧ</"
                                                                      "patronymic>"
                                                                      "<birthDate "
                                                                      "value=\"1978-02-02\">1978-"
                                                                      "02-02</birthDate></"
                                                                      "document><document></"
                                                                      "document>"
                                                                      "</"
                                                                      "documents><addresses><"
                                                                      "address>" TERM("type", "2",
                                                                                      "ВРЕМЕННЫЙ",
                                                                                      "УАҚЫТША")
                                                                          ADDRESS
        "</address></addresses><removed>false</removed><mobilephone>+77001234567</mobilephone>";
    const struct coid_answer answer = coid_whole(OP_GET_PERSON_DATA);
    AUTO(bytes_free) struct bytes *xml = told(OP_GET_PERSON_DATA, &answer);

    (void)state;
    assert_inner(xml, "person", want);
}

static void what_a_person_has_not_is_left_out(void **state)
{
    static const struct coid_person nobody;
    struct coid_answer answer = coid_whole(OP_GET_PERSON_DATA);
    AUTO(bytes_free) struct bytes *xml = NULL;

    (void)state;
    answer.told.person = nobody;
    xml = told(OP_GET_PERSON_DATA, &answer);
    assert_inner(xml, "person", "");
}

static void lists_and_acts_come_row_by_row(void **state)
{
    static const struct {
        enum operation op;
        const char *name, *want;
    } cases[] = {
        { OP_GET_VENDORS, "vendors",
          "<vendor><id>1</id><name>VisionLabs</name></vendor>"
          "<vendor><id>2</id><name>FORENSICS</name></vendor>" },
        { OP_GET_TRANSACTIONS, "transactions",
          "<transaction><vendorName>Verigram</vendorName>"
          "<dateTime value=\"2021-09-24T09:03:45+06:00\">24.09.2021 09:03:45</dateTime>"
          "<similarity>0.01469</similarity><idempotencyKey>CD0305</idempotencyKey></transaction>"
          "<transaction><vendorName>VisionLabs</vendorName>"
          "<dateTime value=\"2021-09-24T10:01:39+06:00\">24.09.2021 10:01:39</dateTime>"
          "<similarity>0</similarity><idempotencyKey>8c6dfd0f</idempotencyKey></transaction>" },
        { OP_GET_ACT_DETAIL, "rows",
          "<row><date value=\"2022-01-01\">2022-01-01</date>"
          "<vendorName>Verigram с 1 по 1000</vendorName><count>1000</count><price>210</price>"
          "<amount>210000.5</amount></row>" },
        { OP_GET_ACT, "zip", "UEsFBg==" },
        { OP_GET_ACT, "files",
          "<file><name>act-8-2021.txt</name><text>Акт&#xD;\n1;2\n</text></file>" },
        { OP_GET_NEWS, "news",
          "<item><date value=\"2021-10-29\">2021-10-29</date><subject>касательно \"НИТ\"</subject>"
          "<text>Здравствуйте!\n</text></item>" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct coid_answer answer = coid_whole(cases[i].op);
        AUTO(bytes_free) struct bytes *xml = told(cases[i].op, &answer);

        assert_inner(xml, cases[i].name, cases[i].want);
    }
}

/* req 3.17 */
static void a_thousand_transactions_are_one_answer(void **state)
{
    enum { MANY = 1000 };
    struct coid_transaction *rows = calloc(MANY, sizeof(*rows));
    struct coid_answer answer = coid_whole(OP_GET_TRANSACTIONS);
    AUTO(bytes_free) struct bytes *xml = NULL;

    (void)state;
    assert_non_null(rows);
    for (size_t i = 0; i < MANY; i++)
        rows[i] = answer.told.transactions.at[i % 2];
    answer.told.transactions.at = rows;
    answer.told.transactions.count = MANY;
    xml = told(OP_GET_TRANSACTIONS, &answer);
    free(rows);
    assert_int_equal(count_of(bytes_slice(xml), "transaction"), MANY);
}

static void what_xml_cannot_carry_is_replaced_wherever_it_stands(void **state)
{
    static const struct coid_news item = { { "2021\x01", "" }, "a\xFF", "\x1B[31m\xEF\xBF\xBE]]>" };
    static const struct coid_extra extra = { "n\x02", "\"\x03\"" };
    struct coid_answer answer = { .told.news = { &item, 1 }, .extras = &extra, .extra_count = 1 };
    AUTO(bytes_free) struct bytes *xml = told(OP_GET_NEWS, &answer);

    (void)state;
    assert_text(xml, "date", "2021\xEF\xBF\xBD");
    assert_text(xml, "subject", "a\xEF\xBF\xBD");
    assert_text(xml, "text",
                "\xEF\xBF\xBD[31m\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
                "]]>");
    assert_text(xml, "path", "n\xEF\xBF\xBD");
    assert_text(xml, "json", "\"\xEF\xBF\xBD\"");
}

/* What would break the caller's validation does not leave. */
static void a_number_that_is_no_decimal_is_our_own_fault(void **state)
{
    static const struct {
        const char *result;
        enum status want;
    } cases[] = {
        { "1", ST_OK },          { "0.0", ST_OK },
        { "-0.5", ST_OK },       { ".5", ST_OK },
        { "1.", ST_OK },         { "0.00000000000000012345678901234567", ST_OK },
        { "1e-5", ST_INTERNAL }, { "1.2.3", ST_INTERNAL },
        { "NaN", ST_INTERNAL },  { "0,5", ST_INTERNAL },
        { ".", ST_INTERNAL },    { "-", ST_INTERNAL },
        { "0.5 ", ST_INTERNAL },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct coid_answer answer = coid_whole(OP_VERIFY_PHOTO);
        struct reply reply = reply_of(OP_VERIFY_PHOTO, &answer);
        AUTO(bytes_free) struct bytes *xml = NULL;
        struct err err;

        answer.told.verification.result = cases[i].result;
        assert_int_equal(soap_encode(shared_codec, NULL, &reply, &xml, &err), cases[i].want);
        if (xml)
            assert_valid(bytes_slice(xml));
    }
}

static void money_of_more_digits_than_readers_take_is_our_own_fault(void **state)
{
    static const struct {
        const char *amount;
        enum status want;
    } cases[] = {
        { "1234567890123456.78", ST_OK },
        { "1234567890123456.789", ST_INTERNAL },
        { "1e5", ST_INTERNAL },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct coid_act_row row = { .count = 1, .amount = cases[i].amount };
        const struct coid_answer answer = { .told.act_rows = { &row, 1 } };
        const struct reply reply = reply_of(OP_GET_ACT_DETAIL, &answer);
        AUTO(bytes_free) struct bytes *xml = NULL;
        struct err err;

        assert_int_equal(soap_encode(shared_codec, NULL, &reply, &xml, &err), cases[i].want);
        if (xml)
            assert_valid(bytes_slice(xml));
    }
}

static void a_reply_without_what_was_told_is_our_own_fault(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(operations); i++) {
        const struct reply reply = reply_of(operations[i].op, NULL);
        AUTO(bytes_free) struct bytes *xml = NULL;
        struct err err;

        assert_int_equal(soap_encode(shared_codec, NULL, &reply, &xml, &err), ST_INTERNAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_is_valid_with_all_there_can_be_and_with_nothing),
        cmocka_unit_test(a_verification_says_what_it_was_and_what_it_allows),
        cmocka_unit_test(a_person_comes_name_for_name_and_in_order),
        cmocka_unit_test(what_a_person_has_not_is_left_out),
        cmocka_unit_test(lists_and_acts_come_row_by_row),
        cmocka_unit_test(a_thousand_transactions_are_one_answer),
        cmocka_unit_test(what_xml_cannot_carry_is_replaced_wherever_it_stands),
        cmocka_unit_test(a_number_that_is_no_decimal_is_our_own_fault),
        cmocka_unit_test(money_of_more_digits_than_readers_take_is_our_own_fault),
        cmocka_unit_test(a_reply_without_what_was_told_is_our_own_fault),
    };
    return cmocka_run_group_tests(tests, open_codec, close_codec);
}
