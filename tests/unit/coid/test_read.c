/* Comparisons and the four lists, and what holds for all that is read. */
#include "dump.h"
#include "pictures.h"

#include "base/clock.h"
#include "crypto/encode.h"
#include "support/cmocka.h"

#define WITH(members) "{'iin':'123456789012','result':0.9" members "}"
#define THEN(lines) "iin=123456789012\nresult=0.9\n" lines

struct row {
    const char *json, *want;
};

static void assert_rows(enum told told, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_told(told, rows[i].json, rows[i].want);
}

/* req 2.15, req 2.17, req 3.09, req 3.13: 002 6.1 and 6.2, 003 9.3 and 9.5; C-16 */
static void a_comparison_is_read_with_every_field_and_with_the_few_of_the_memo(void **state)
{
    static const struct row rows[] = {
        { "{'iin':'123456789012','vendor':'VisionLabs','result':0.9959589839,"
          "'x_idempotency_key':'CD0305201705','photo':'/9j/4AQWESDQWERSSDSDSDSDSDSDSD',"
          "'requisites':{'name':'ТОО \\'Наименование организации\\'','bin':'123456789012'},"
          "'requestDate':'2024-10-17T11:49:01.337+00:00'}",
          "iin=123456789012\nvendor=VisionLabs\nresult=0.9959589839\n"
          "x_idempotency_key=CD0305201705\nphoto=image/jpeg\n 22 bytes\nrequisites:\n"
          " name=ТОО 'Наименование организации'\n bin=123456789012\n"
          "requestDate=2024-10-17T11:49:01.337+00:00 (2024-10-17T16:49:01.337+05:00)\n" },
        { "{'iin':'123456789012','vendor':'VisionLabs','result':0.9990431553,"
          "'x_idempotency_key':'ce1e755f-e966-4b42-85a2-49b417016666'}",
          "iin=123456789012\nvendor=VisionLabs\nresult=0.9990431553\n"
          "x_idempotency_key=ce1e755f-e966-4b42-85a2-49b417016666\n" },
        { WITH(",'photo':''"), THEN("") },
        { WITH(",'photo':null,'requisites':null,'requestDate':'-','vendor':'-'"), THEN("") },
        { WITH(",'requisites':{}"), THEN("") },
        { WITH(",'requisites':{'name':'-','bin':null}"), THEN("") },
        { WITH(",'requisites':{'bin':940140000385}"), THEN("requisites:\n bin=940140000385\n") },
    };

    (void)state;
    assert_rows(VERIFICATION, rows, COUNT(rows));
}

/* C-11 */
static void a_number_stands_for_a_string_and_a_string_for_a_number(void **state)
{
    static const struct row rows[] = {
        { "{'iin':101350000012,'result':'0.85'}", "iin=101350000012\nresult=0.85\n" },
        { "{'iin':350000012,'result':1}", "iin=000350000012\nresult=1\n" }, /* lost zeros */
        { "{'iin':0,'result':0}", "iin=000000000000\nresult=0\n" },
        { "{'iin':1234567890123,'result':0.0}", "iin=1234567890123\nresult=0\n" },
        { "{'iin':1.5,'result':-0.0}", "iin=1.5\nresult=0\n" },
        { "{'iin':'1','result':'  0.99  '}", "iin=1\nresult=0.99\n" },
        { "{'iin':'1','result':'1e-1'}", "iin=1\nresult=0.1\n" },
        { "{'iin':'1','result':0.014690000000000002}", "iin=1\nresult=0.014690000000000002\n" },
        { "{'iin':'1','result':9e-7}", "iin=1\nresult=0.0000009\n" },
        { WITH(",'vendor':3,'x_idempotency_key':20170503"),
          "iin=123456789012\nvendor=3\nresult=0.9\nx_idempotency_key=20170503\n" },
        { WITH(",'vendor':true"), "iin=123456789012\nvendor=true\nresult=0.9\n" },
    };

    (void)state;
    assert_rows(VERIFICATION, rows, COUNT(rows));
}

static void names_are_known_in_whatever_case(void **state)
{
    static const struct row rows[] = {
        { "{'Iin':'1','RESULT':0.5,'X_Idempotency_Key':'k'}",
          "iin=1\nresult=0.5\nx_idempotency_key=k\n" },
        { "{'iin':'1','Iin':'2','result':0.5}", "iin=1\nresult=0.5\nextra Iin='2'\n" },
        { "{'Iin':'-','iin':'2','result':0.5}", "iin=2\nresult=0.5\n" },
    };

    (void)state;
    assert_rows(VERIFICATION, rows, COUNT(rows));
}

/* flows.md section 2: unknown members are kept and handed on */
static void what_no_field_takes_is_handed_on_with_its_path_in_its_order(void **state)
{
    static const struct row rows[] = {
        { WITH(",'liveness':{'score':0.50,'at':[1, 2]},'trace':null,'note':'-'"),
          THEN("extra liveness={'score':0.5,'at':[1,2]}\nextra trace=null\nextra note='-'\n") },
        { WITH(",'vendor':{'id':1}"), THEN("extra vendor={'id':1}\n") },
        { WITH(",'photo':5"), THEN("extra photo=5\n") },
        { WITH(",'requisites':'ТОО'"), THEN("extra requisites='ТОО'\n") },
        { WITH(",'requisites':{'kbe':17}"), THEN("extra requisites.kbe=17\n") },
        { WITH(",'requestDate':['2024-10-17']"), THEN("extra requestDate=['2024-10-17']\n") },
        { WITH(",'requestDate':'вчера'"), THEN("requestDate=вчера ()\n") },
        { WITH(",'z':1,'a':2"), THEN("extra z=1\nextra a=2\n") },
        { WITH(",'':false"), THEN("extra =false\n") },
    };

    (void)state;
    assert_rows(VERIFICATION, rows, COUNT(rows));
}

static void a_comparison_without_its_result_or_iin_is_refused(void **state)
{
    static const struct {
        const char *json, *field, *limit, *says;
    } cases[] = {
        { "{'iin':'1'}", "result", "", "missing" },
        { "{'iin':'1','result':null}", "result", "", "missing" },
        { "{'iin':'1','result':'-'}", "result", "", "missing" },
        { "{'iin':'1','result':'high'}", "result", "", "cannot be read" },
        { "{'iin':'1','result':'0,99'}", "result", "", "cannot be read" },
        { "{'iin':'1','result':'0x1'}", "result", "", "cannot be read" },
        { "{'iin':'1','result':'nan'}", "result", "", "cannot be read" },
        { "{'iin':'1','result':'infinity'}", "result", "", "cannot be read" },
        { "{'iin':'1','result':true}", "result", "", "cannot be read" },
        { "{'iin':'1','result':[0.9]}", "result", "", "cannot be read" },
        { "{'iin':'1','result':1.0000001}", "result", "0..1", "beyond" },
        { "{'iin':'1','result':99.59}", "result", "0..1", "beyond" },
        { "{'iin':'1','result':-0.01}", "result", "0..1", "beyond" },
        { "{'iin':'1','result':1e300}", "result", "0..1", "beyond" },
        { "{'iin':'1','result':'1e300'}", "result", "0..1", "beyond" },
        { "{'result':0.9}", "iin", "", "missing" },
        { "{'iin':{'code':'1'},'result':0.9}", "iin", "", "cannot be read" },
        { WITH(",'photo':'no base64!'"), "photo", "", "not base64" },
        { WITH(",'photo':'QUJD='"), "photo", "", "not base64" },
        { WITH(",'photo':'QUJD-_=='"), "photo", "", "not base64" },
        { "{}", "iin", "", "missing" },
        { "[]", "iin", "", "no JSON object" },
        { "'text'", "iin", "", "no JSON object" },
        { "null", "iin", "", "no JSON object" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_spoilt(VERIFICATION, cases[i].json, cases[i].field, cases[i].limit, cases[i].says);
}

/* req 2.15: as the content is, whatever it is called */
static void a_photo_comes_back_byte_for_byte_with_its_type(void **state)
{
    AUTO(bytes_free) struct bytes *png = make_png(64, 48);
    AUTO(bytes_free) struct bytes *text = base64_encode(bytes_slice(png));
    AUTO(bytes_free) struct bytes *body = bytes_new(1 << 16);
    AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
    AUTO(json_free) struct json *json = NULL;
    const struct json_limits limits = { 1 << 16, 8, 100 };
    struct coid_verification told;
    struct err err;

    (void)state;
    bytes_addf(body, "{\"iin\":\"1\",\"result\":0.5,\"photo\":\"%.40s \\r\\n\\t%s\"}", text->at,
               text->at + 40);
    assert_int_equal(json_parse(bytes_slice(body), &limits, &json, &err), ST_OK);
    assert_int_equal(read_verification(reading_new(arena), json, &told, &err), ST_OK);
    assert_string_equal(told.photo_type, "image/png");
    assert_true(slice_eq(told.photo, bytes_slice(png)));
}

static void a_photo_of_no_known_kind_is_octets(void **state)
{
    (void)state;
    assert_told(VERIFICATION, WITH(",'photo':'QUJD'"),
                THEN("photo=application/octet-stream\n 3 bytes\n"));
}

/* req 2.23, req 3.08, C-24 */
static void vendors_are_read_however_many_there_are(void **state)
{
    static const struct row rows[] = {
        { "{'vendors':[{'id':1,'name':'VisionLabs'},{'id':2,'name':'FORENSICS'}]}",
          "1=VisionLabs\n2=FORENSICS\n" },
        { "{'vendors':[{'id':1,'name':'VisionLabs'},{'id':2,'name':'FORENSICS'},"
          "{'id':3,'name':'Verigram'},{'id':4,'name':'Biometric.kz'},"
          "{'id':5,'name':'BTSDigital'}]}",
          "1=VisionLabs\n2=FORENSICS\n3=Verigram\n4=Biometric.kz\n5=BTSDigital\n" },
        { "{'vendors':[]}", "" },
        { "{'vendors':{'id':'7','name':'Alone','tariff':2}}", "7=Alone\nextra vendors.tariff=2\n" },
        { "{'vendors':[{'id':1.0,'name':'A'},null,'-','B',{'id':' 2 ','name':3}],'at':'now'}",
          "1=A\n2=3\nextra vendors[3]='B'\nextra at='now'\n" },
    };

    (void)state;
    assert_rows(VENDORS, rows, COUNT(rows));
    assert_spoilt(VENDORS, "{}", "vendors", "", "missing");
    assert_spoilt(VENDORS, "[]", "vendors", "", "no JSON object");
    assert_spoilt(VENDORS, "{'vendors':'all'}", "vendors", "", "cannot be read");
    assert_spoilt(VENDORS, "{'vendors':[{'id':1.5,'name':'A'}]}", "vendors[0].id", "", "cannot");
    assert_spoilt(VENDORS, "{'vendors':[{'id':1,'name':'A'},{'id':2}]}", "vendors[1].name", "",
                  "missing");
}

/* req 2.24, req 3.15, req 3.17 */
static void transactions_are_read_with_similarities_as_they_are(void **state)
{
    static const struct row rows[] = {
        { "[{'vendor_name':'Verigram','datetime':'24.09.2021 09:03:45',"
          "'similarity':0.014690000000000002,"
          "'x_idempotency_key':'30db268b-438d-40cd-80d7-8e7ee2fe76f6'},"
          "{'vendor_name':'VisionLabs','datetime':'24.09.2021 09:49:31',"
          "'similarity':0.9959589839,"
          "'x_idempotency_key':'f7597db2-ee57-4ed6-b9d9-c4e5c4204ff6'},"
          "{'vendor_name':'VisionLabs','datetime':'24.09.2021 10:01:39','similarity':0.0,"
          "'x_idempotency_key':'8c6dfd0f-4df4-4f04-b01d-0962c6abc269'},"
          "{'vendor_name':'FORENSICS','datetime':'24.09.2021 10:03:18',"
          "'similarity':0.9773761034011841,"
          "'x_idempotency_key':'416b1f26-2b99-4939-b1ff-016fe7a193b9'}]",
          "-\nvendor_name=Verigram\ndatetime=24.09.2021 09:03:45 (2021-09-24T09:03:45+06:00)\n"
          "similarity=0.014690000000000002\n"
          "x_idempotency_key=30db268b-438d-40cd-80d7-8e7ee2fe76f6\n"
          "-\nvendor_name=VisionLabs\ndatetime=24.09.2021 09:49:31 (2021-09-24T09:49:31+06:00)\n"
          "similarity=0.9959589839\nx_idempotency_key=f7597db2-ee57-4ed6-b9d9-c4e5c4204ff6\n"
          "-\nvendor_name=VisionLabs\ndatetime=24.09.2021 10:01:39 (2021-09-24T10:01:39+06:00)\n"
          "similarity=0\nx_idempotency_key=8c6dfd0f-4df4-4f04-b01d-0962c6abc269\n"
          "-\nvendor_name=FORENSICS\ndatetime=24.09.2021 10:03:18 (2021-09-24T10:03:18+06:00)\n"
          "similarity=0.9773761034011841\n"
          "x_idempotency_key=416b1f26-2b99-4939-b1ff-016fe7a193b9\n" },
        { "[]", "" },
        { "[{'vendor_name':'A','similarity':'0.5','tariff':1},{},7]",
          "-\nvendor_name=A\nsimilarity=0.5\n-\nextra [0].tariff=1\nextra [2]=7\n" },
        { "[{'similarity':'unknown'}]", "-\nextra [0].similarity='unknown'\n" },
    };

    (void)state;
    assert_rows(TRANSACTIONS, rows, COUNT(rows));
    assert_spoilt(TRANSACTIONS, "{'error':'none'}", "transactions", "", "no JSON array");
    assert_spoilt(TRANSACTIONS, "null", "transactions", "", "no JSON array");
}

/* req 2.25 */
static void the_rows_of_an_act_are_read_with_their_tariff_steps(void **state)
{
    static const struct row rows[] = {
        { "[{'date':'2022-01-01','vendorName':'Verigram с 1 по 1000','count':1000,"
          "'price':210.0,'amount':210000.0},"
          "{'date':'2022-01-01','vendorName':'Verigram с 1001 по 3000','count':1,"
          "'price':111.0,'amount':111.0}]",
          "-\ndate=2022-01-01 (2022-01-01)\nvendorName=Verigram с 1 по 1000\ncount=1000\n"
          "price=210\namount=210000\n"
          "-\ndate=2022-01-01 (2022-01-01)\nvendorName=Verigram с 1001 по 3000\ncount=1\n"
          "price=111\namount=111\n" },
        { "[]", "" },
        { "[{'count':'12','price':'7.50','amount':1e2,'vat':0.12}]",
          "-\ncount=12\nprice=7.5\namount=100\nextra [0].vat=0.12\n" },
        { "[{'count':0,'price':'по договору'}]", "-\ncount=0\nextra [0].price='по договору'\n" },
    };

    (void)state;
    assert_rows(ACT_ROWS, rows, COUNT(rows));
    assert_spoilt(ACT_ROWS, "[{'count':1},{'date':'2022-01-01'}]", "[1].count", "", "missing");
    assert_spoilt(ACT_ROWS, "[{'count':1.5}]", "[0].count", "", "cannot be read");
    assert_spoilt(ACT_ROWS, "[{'count':9007199254740993}]", "[0].count", "", "cannot be read");
    assert_spoilt(ACT_ROWS, "[{'count':1},{'count':-1}]", "[1].count", "", "below zero");
    assert_spoilt(ACT_ROWS, "{}", "rows", "", "no JSON array");
}

/* req 2.26, req 3.14 */
static void news_keep_their_lines(void **state)
{
    static const struct row rows[] = {
        { "[{'date':'2021-10-29','subject':'касательно плановых работ на стороне АО \\'НИТ\\'',"
          "'text':'Здравствуйте!\\nВ период с 21:00 часов.\\n'}]",
          "-\ndate=2021-10-29 (2021-10-29)\n"
          "subject=касательно плановых работ на стороне АО 'НИТ'\n"
          "text=Здравствуйте!\nВ период с 21:00 часов.\n\n" },
        { "[]", "" },
        { "[{'subject':'A','id':7}]", "-\nsubject=A\nextra [0].id=7\n" },
    };

    (void)state;
    assert_rows(NEWS, rows, COUNT(rows));
    assert_spoilt(NEWS, "'none'", "news", "", "no JSON array");
}

/* ---- what is much ---- */

/* `before` item,item,… `after` */
static struct bytes *many(const char *before, const char *item, size_t n, const char *after)
{
    struct bytes *json = bytes_new(64 << 20);

    bytes_add_str(json, before);
    for (size_t i = 0; i < n; i++)
        bytes_addf(json, "%s%s", i ? "," : "", item);
    bytes_add_str(json, after);
    assert_false(json->failed);
    return json;
}

static void a_list_is_taken_up_to_its_ceiling(void **state)
{
    static const struct {
        enum told told;
        const char *before, *item, *after, *limit, *field;
        size_t max;
    } lists[] = {
        { VENDORS, "{\"vendors\":[", "{\"id\":1,\"name\":\"A\"}", "]}", "1000 items", "vendors",
          1000 },
        { TRANSACTIONS, "[", "{}", "]", "100000 items", "transactions", 100000 },
        { ACT_ROWS, "[", "{\"count\":1}", "]", "10000 items", "rows", 10000 },
        { NEWS, "[", "{}", "]", "10000 items", "news", 10000 },
        { PERSON, "{\"person\":{\"documents\":{\"document\":[", "{}", "]}}}", "1000 items",
          "person.documents.document", 1000 },
        { PERSON, "{\"person\":{\"addresses\":[", "{}", "]}}", "1000 items", "person.addresses",
          1000 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(lists); i++) {
        AUTO(bytes_free)
        struct bytes *full = many(lists[i].before, lists[i].item, lists[i].max, lists[i].after);
        AUTO(bytes_free)
        struct bytes *over = many(lists[i].before, lists[i].item, lists[i].max + 1, lists[i].after);
        AUTO(bytes_free) struct bytes *taken = dump_json(lists[i].told, bytes_slice(full));

        assert_null(strstr(taken->at, "answerInvalid"));
        assert_spoilt(lists[i].told, over->at, lists[i].field, lists[i].limit, "too many");
    }
}

static void a_new_field_in_every_row_of_the_largest_report_is_handed_on(void **state)
{
    AUTO(bytes_free) struct bytes *json = many("[", "{\"tariff\":2}", 100000, "]");
    AUTO(bytes_free) struct bytes *got = dump_json(TRANSACTIONS, bytes_slice(json));
    AUTO(bytes_free) struct bytes *more = many("[", "{\"a\":1,\"b\":2}", 50001, "]");

    (void)state;
    assert_non_null(strstr(got->at, "\nextra [99999].tariff=2\n"));
    assert_spoilt(TRANSACTIONS, more->at, "[50000]", "100000 unknown members", "too many");
}

static void an_answer_larger_than_the_arena_is_out_of_memory(void **state)
{
    AUTO(bytes_free) struct bytes *body = many("[", "{\"text\":\"0123456789\"}", 1000, "]");
    AUTO(arena_free) struct arena *arena = arena_new(10000);
    AUTO(json_free) struct json *json = NULL;
    const struct json_limits limits = { 1 << 20, 8, 10000 };
    struct coid_answer told = { 0 };
    struct err err;

    (void)state;
    assert_int_equal(json_parse(bytes_slice(body), &limits, &json, &err), ST_OK);
    assert_int_equal(read_news(reading_new(arena), json, &told, &err), ST_NOMEM);
    assert_null(told.told.news.at);
}

static void values_as_deep_as_json_may_be_are_handed_on(void **state)
{
    AUTO(bytes_free) struct bytes *json = bytes_new(4096);

    (void)state;
    bytes_add_str(json, "{'iin':'1','result':0.5,'deep':");
    for (int i = 0; i < 60; i++)
        bytes_add_str(json, "[");
    for (int i = 0; i < 60; i++)
        bytes_add_str(json, "]");
    bytes_add_str(json, "}");
    assert_told(VERIFICATION, json->at,
                "iin=1\nresult=0.5\nextra deep=[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
                "[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_comparison_is_read_with_every_field_and_with_the_few_of_the_memo),
        cmocka_unit_test(a_number_stands_for_a_string_and_a_string_for_a_number),
        cmocka_unit_test(names_are_known_in_whatever_case),
        cmocka_unit_test(what_no_field_takes_is_handed_on_with_its_path_in_its_order),
        cmocka_unit_test(a_comparison_without_its_result_or_iin_is_refused),
        cmocka_unit_test(a_photo_comes_back_byte_for_byte_with_its_type),
        cmocka_unit_test(a_photo_of_no_known_kind_is_octets),
        cmocka_unit_test(vendors_are_read_however_many_there_are),
        cmocka_unit_test(transactions_are_read_with_similarities_as_they_are),
        cmocka_unit_test(the_rows_of_an_act_are_read_with_their_tariff_steps),
        cmocka_unit_test(news_keep_their_lines),
        cmocka_unit_test(a_list_is_taken_up_to_its_ceiling),
        cmocka_unit_test(a_new_field_in_every_row_of_the_largest_report_is_handed_on),
        cmocka_unit_test(an_answer_larger_than_the_arena_is_out_of_memory),
        cmocka_unit_test(values_as_deep_as_json_may_be_are_handed_on),
    };
    struct err err;

    return clock_use_astana(&err) == ST_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
