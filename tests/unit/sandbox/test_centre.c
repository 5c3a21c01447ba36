/* ЦОИД of the sandbox over real mutual TLS: every operation, every refusal, bills. */
#include "unit/sandbox/centre_kit.h"

#include "base/text.h"
#include "crypto/encode.h"
#include "json/json.h"

#include <string.h>
#include <zip.h>

static const struct jws_settings usual = { .input = JWS_INPUT_BODY };

static const struct json_limits limits = { 1 << 20, 32, 10000 };

/* A good answer is signed by ЦОИД and is JSON; the caller's. */
static struct json *good_json(struct kit *kit, const struct told *told)
{
    struct json *json = NULL;
    struct err err;

    if (told->status != 200)
        fail_msg("%ld %s", told->status, told->body->at);
    assert_string_equal(told->content_type, "application/json");
    assert_int_equal(kit_judge(kit, told, JWS_INPUT_BODY, true), VERDICT_VALID);
    assert_ok(json_parse(bytes_slice(told->body), &limits, &json, &err), &err);
    return json;
}

static const char *text_of(const struct json *object, const char *name)
{
    static char text[256];
    struct slice value;

    assert_true(json_string(json_member(object, name), &value));
    assert_true(text_copy_slice(text, sizeof(text), value));
    return text;
}

/* req 2.12–2.15, 2.17, 3.13 */
static void a_comparison_is_told_and_told_again_without_its_photo(void **state)
{
    struct kit kit;
    double result = 0;

    (void)state;
    kit_start(&kit, 0, usual);
    struct told told = kit_verify(&kit, "CD0305201705", MAN, 1);
    struct json *json = good_json(&kit, &told);
    assert_string_equal(text_of(json, "iin"), MAN);
    assert_string_equal(text_of(json, "vendor"), "VisionLabs");
    assert_string_equal(text_of(json, "x_idempotency_key"), "CD0305201705");
    assert_true(json_real(json_member(json, "result"), &result) && result == 0.9959589839);
    assert_memory_equal(strstr(told.body->at, "\"photo\":\"") + 9, "/9j/4AAQ", 8);
    assert_string_equal(text_of(json_member(json, "requisites"), "bin"), "987654321013");
    assert_int_equal(strlen(text_of(json, "requestDate")), strlen("2024-10-17T11:49:01.337+00:00"));
    json_free(json);
    told_clear(&told);

    told = ASK(&kit, "GET", "/verify", NO_BODY, "x-idempotency-key: CD0305201705");
    json = good_json(&kit, &told);
    assert_string_equal(text_of(json, "photo"), "");
    assert_true(json_real(json_member(json, "result"), &result) && result == 0.9959589839);
    json_free(json);
    told_clear(&told);
    kit_stop(&kit);
}

/* req 2.18, 2.20, 2.22, 3.10–3.12 */
static void personal_data_come_for_a_signed_consent(void **state)
{
    static const char *const paths[] = { "/data", "/personal_data", "/personel_data",
                                         "/data?mcdb=1" };
    struct kit kit;

    (void)state;
    kit_start(&kit, 0, usual);
    struct told told = kit_verify(&kit, "one", MAN, 3);
    told_clear(&told);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        told = kit_data(&kit, paths[i], "one");
        struct json *json = good_json(&kit, &told);
        const struct json *person = json_member(json, "person");
        assert_string_equal(text_of(person, "iin"), MAN);
        assert_string_equal(text_of(json_member(person, "gender"), "nameRu"), "Мужской");
        assert_int_equal(json_count(json_member(json_member(person, "documents"), "document")), 2);
        assert_int_equal(json_member(person, "mobilephone") != NULL, i == 3);
        assert_string_equal(told.key, "one");
        json_free(json);
        told_clear(&told);
    }
    assert_int_equal(kit_billed(&kit), 1);
    kit_stop(&kit);
}

static void everybody_has_a_person_that_is_strict_json(void **state)
{
    static const struct {
        const char *iin, *text;
    } rows[] = {
        { "900101400013", "\"deathDate\":\"-\"" },
        { "900101300027", "\"code\":398" },
        { "900101300037", "\"foreignData\":{\"districtName\":\"BAYERN\"" },
        { "900101300047", "\"hairColour\"" },
        { PLAIN, "\"birthDate\":\"1985-06-15\"" },
        { "000000000000", "\"iin\":\"000000000000\"" },
        { "999999999999", "\"iin\":\"999999999999\"" },
    };
    struct kit kit;

    (void)state;
    kit_start(&kit, 0, usual);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct told told = kit_verify(&kit, rows[i].iin, rows[i].iin, 2);
        json_free(good_json(&kit, &told));
        assert_int_equal(strstr(told.body->at, "photo") == NULL, i == 0); /* req 3.09 */
        told_clear(&told);
        told = kit_data(&kit, "/data?mcdb=1", rows[i].iin);
        json_free(good_json(&kit, &told));
        expect_told(&told, 200, rows[i].text);
        told_clear(&told);
    }
    kit_stop(&kit);
}

/* req 2.23, 2.26, 3.08, 3.14 */
static void vendors_and_news_are_told(void **state)
{
    struct kit kit;

    (void)state;
    kit_start(&kit, 0, usual);
    struct told told = ASK(&kit, "GET", "/vendors", NO_BODY, "Accept: application/json");
    struct json *json = good_json(&kit, &told);
    assert_int_equal(json_count(json_member(json, "vendors")), 5);
    expect_told(&told, 200, "{\"id\":4,\"name\":\"Biometric.kz\"}");
    json_free(json);
    told_clear(&told);
    told = ASK(&kit, "GET", "/news", NO_BODY, "Accept: application/json");
    json = good_json(&kit, &told);
    assert_string_equal(text_of(json_item(json, 0), "date"), "2021-10-29");
    json_free(json);
    told_clear(&told);
    kit_stop(&kit);
}

/* ---- refusals ---- */

static const struct {
    const char *method, *path, *key, *type;
    unsigned width, height;
    long status;
    const char *text;
} refused[] = {
    { "POST", "/verify?iin=" PLAIN "&vendor=1", NULL, PHOTO_TYPE, 480, 640, 400, "" },
    { "POST", "/verify?iin=" PLAIN "&vendor=1", "a b", PHOTO_TYPE, 480, 640, 400, "" },
    { "POST", "/verify?iin=85061545012&vendor=1", "r", PHOTO_TYPE, 480, 640, 400, "" },
    { "POST", "/verify?iin=" PLAIN, "r", PHOTO_TYPE, 480, 640, 400, "" },
    { "POST", "/verify?iin=" PLAIN "&vendor=one", "r", PHOTO_TYPE, 480, 640, 400, "" },
    { "POST", "/verify?iin=" PLAIN "&vendor=1", "r", "Content-Type: application/json", 480, 640,
      400, "" },
    { "POST", "/verify?iin=" PLAIN "&vendor=6", "r", PHOTO_TYPE, 480, 640, 404,
      "Vendor not found" },
    { "POST", "/verify?iin=900101300097&vendor=1", "r", PHOTO_TYPE, 480, 640, 404,
      "No one person find! Possibly bad IIN" },
    { "POST", "/verify?iin=" PLAIN "&vendor=1", "r", PHOTO_TYPE, 479, 640, 406, "изображению" },
    { "POST", "/verify?iin=" PLAIN "&vendor=1", "r", PHOTO_TYPE, 640, 479, 406, "изображению" },
    { "POST", "/verify?iin=" PLAIN "&vendor=1", "r", PHOTO_TYPE, 639, 639, 406, "изображению" },
    { "POST", "/verify?iin=" PLAIN "&vendor=1", "r", PHOTO_TYPE, 4097, 640, 406, "изображению" },
    { "POST", "/verify?iin=" PLAIN "&vendor=1", "r", PHOTO_TYPE, 640, 4097, 406, "изображению" },
    { "POST", "/verify?iin=900101300106&vendor=1", "r", PHOTO_TYPE, 480, 640, 500,
      "на фото более 1 лица" },
    { "POST", "/verify?iin=900101300116&vendor=1", "r", PHOTO_TYPE, 480, 640, 500,
      "лицо не распознано" },
    { "POST", "/verify?iin=900101300126&vendor=1", "r", PHOTO_TYPE, 480, 640, 500,
      "не качественное изображение" },
    { "POST", "/verify?iin=900101300136&vendor=1", "r", PHOTO_TYPE, 480, 640, 523,
      "GBDFL is unavailable" },
    { "POST", "/verify?iin=900101300146&vendor=1", "r", PHOTO_TYPE, 480, 640, 523,
      "Error obtaining KDP token" },
    { "POST", "/verify?iin=900101300245&vendor=1", "r", PHOTO_TYPE, 480, 640, 502, "<html>" },
    { "GET", "/verify", NULL, NULL, 0, 0, 400, "" },
    { "GET", "/verify", "never-seen", NULL, 0, 0, 404, "SIMILARITY for Idempotency Key not found" },
    { "POST", "/data", "r", "Content-Type: application/json", 0, 0, 400, "" },
    { "PUT", "/verify", "r", NULL, 0, 0, 405, "Method Not Allowed" },
    { "GET", "/data", "r", NULL, 0, 0, 405, "Method Not Allowed" },
    { "POST", "/vendors", "r", NULL, 0, 0, 405, "Method Not Allowed" },
    { "GET", "/vendor", NULL, NULL, 0, 0, 404, "Not Found" },
    { "GET", "/report/transactions/20261101", NULL, NULL, 0, 0, 404, "Not Found" },
    { "GET", "/report/transactions/20261131/20261101", NULL, NULL, 0, 0, 400, "" },
    { "GET", "/report/transactions/2026-11-01/2026-11-02", NULL, NULL, 0, 0, 400, "" },
    { "GET", "/report/actdetail/2026/13", NULL, NULL, 0, 0, 400, "" },
    { "GET", "/report/actdetail/2026/08", NULL, NULL, 0, 0, 400, "" }, /* «без 0 в начале строки» */
    { "GET", "/report/act/26/8", NULL, NULL, 0, 0, 400, "" },
};

/* req 2.31, 2.38, 2.39 */
static void what_the_real_one_refuses_is_refused_unsigned_and_unbilled(void **state)
{
    struct kit kit;

    (void)state;
    kit_start(&kit, 0, usual);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        char key[128] = "Accept: application/json";
        const char *type = refused[i].type ? refused[i].type : "Accept-Language: ru";

        if (refused[i].key)
            assert_true(text_format(key, sizeof(key), "x-idempotency-key: %s", refused[i].key));
        struct told told = ASK(
            &kit, refused[i].method, refused[i].path,
            refused[i].width ? kit_photo(refused[i].width, refused[i].height) : NO_BODY, key, type);
        expect_told(&told, refused[i].status, refused[i].text);
        assert_null(told.jws);
        told_clear(&told);
    }
    assert_int_equal(kit_billed(&kit), 0);
    kit_stop(&kit);
}

static void expect_refused_consent(struct kit *kit, const struct key *by, const char *over,
                                   const char *sent)
{
    AUTO(bytes_free) struct bytes *jws = NULL;
    char line[4096] = "Accept: application/json";
    struct err err;

    if (by) {
        assert_ok(jws_sign(by, slice_str(over), &usual, &jws, &err), &err);
        assert_true(text_format(line, sizeof(line), "x-jws-signature: %s", jws->at));
    }
    struct told told = ASK(kit, "POST", "/data", slice_str(sent), "x-idempotency-key: k", line,
                           "Content-Type: application/json");
    expect_told(&told, 400, "Bad Request");
    told_clear(&told);
}

/* req 2.19, 2.36 */
static void a_consent_with_a_wrong_signature_or_none_is_400(void **state)
{
    static const char body[] = "{\"Data\":{\"confirmation\":\"да\"}}";
    AUTO(key_free) struct key *adapter = sandbox_key("gost2015", "adapter");
    AUTO(key_free) struct key *caller = sandbox_key("gost2015", "caller");
    struct kit kit;

    (void)state;
    kit_start(&kit, 0, usual);
    struct told told = kit_verify(&kit, "k", MAN, 1);
    told_clear(&told);
    expect_refused_consent(&kit, adapter, "{}", body); /* other bytes */
    expect_refused_consent(&kit, caller, body, body);  /* somebody else */
    expect_refused_consent(&kit, NULL, body, body);
    expect_refused_consent(&kit, adapter, "{\"Data\":{}}", "{\"Data\":{}}"); /* no consent */
    expect_refused_consent(&kit, adapter, "text", "text");
    kit_stop(&kit);
}

static void data_are_refused_later_than_a_day_below_85_percent_and_for_unknown_keys(void **state)
{
    static const struct {
        const char *iin;
        const char *shift_s;
        long status;
        const char *text;
    } rows[] = {
        { MAN, "86400", 200, "person" },          { MAN, "86401", 406, "24 часов" },
        { "900101300077", "0", 200, "person" },   { "900101300087", "0", 406, "ниже 85%" },
        { "900101300057", "0", 406, "ниже 85%" }, { "900101300067", "0", 406, "ниже 85%" },
        { "900101300156", "0", 523, "KDP" },      { "900101300166", "0", 504, "Gateway" },
        { "900101300255", "0", 502, "<html>" },
    };
    struct kit kit;

    (void)state;
    kit_start(&kit, 0, usual);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char key[32], path[64];

        assert_true(text_format(key, sizeof(key), "key-%zu", i));
        bytes_free(kit_control(&kit, "POST", "/coid/clock?shift_s=0"));
        struct told told = kit_verify(&kit, key, rows[i].iin, 1);
        expect_told(&told, 200, rows[i].iin);
        told_clear(&told);
        assert_true(text_format(path, sizeof(path), "/coid/clock?shift_s=%s", rows[i].shift_s));
        bytes_free(kit_control(&kit, "POST", path));
        told = kit_data(&kit, "/data", key);
        expect_told(&told, rows[i].status, rows[i].text);
        told_clear(&told);
    }
    struct told told = kit_data(&kit, "/data", "unknown");
    expect_told(&told, 404, "SIMILARITY for Idempotency Key not found");
    told_clear(&told);
    kit_stop(&kit);
}

/* C-12 */
static void the_words_of_a_refusal_stand_in_three_places(void **state)
{
    struct kit kit;
    bool in_message = false, in_error = false, alone = false;

    (void)state;
    kit_start(&kit, 0, usual);
    for (int i = 0; i < 3; i++) {
        static const char words[] = "SIMILARITY for Idempotency Key not found";
        char header[64];

        assert_true(text_format(header, sizeof(header), "x-idempotency-key: no-%d", i));
        struct told told = ASK(&kit, "GET", "/verify", NO_BODY, header);
        in_message |= strstr(told.body->at, "\"message\":\"SIMILARITY") != NULL;
        in_error |= strstr(told.body->at, "\"error\":\"SIMILARITY") != NULL;
        alone |= strcmp(told.body->at, words) == 0;
        told_clear(&told);
    }
    assert_true(in_message && in_error && alone);
    kit_stop(&kit);
}

/* ---- who is let in ---- */

/* 400 in words, over a connection that was shown the key of that name, or none. */
static void expect_shut_out(struct kit *kit, const char *name)
{
    char url[256], ca[FILE_PATH_MAX], p12[FILE_PATH_MAX], pass[FILE_PATH_MAX];
    const struct rest_call call = { .method = "GET", .url = url };
    const struct key_source source = { name ? sandbox_path(name, p12) : NULL,
                                       sandbox_path("pass", pass), NULL, NULL };
    const struct rest_params params = { .ca_file = sandbox_path("tls/ca.pem", ca),
                                        .max_parallel = 1,
                                        .client = name ? &source : NULL,
                                        .client_of_any_date = true };
    AUTO(rest_free) struct rest *rest = NULL;
    struct told told;
    struct err err;

    assert_true(text_format(url, sizeof(url), "%s/vendors", centre_url(kit->centre)));
    assert_ok(rest_new(&params, &rest, &err), &err);
    assert_ok(kit_try(kit, rest, &call, &told, &err), &err);
    expect_told(&told, 400, "\"error\":\"Bad Request\",\"path\":\"/identity/1.1.0/vendors\"");
    assert_null(told.jws);
    told_clear(&told);
}

/* req 2.38, 3.02, 3.04 */
static void nobody_without_the_participants_certificate_gets_anything(void **state)
{
    struct kit kit;

    (void)state;
    kit_start(&kit, 0, usual);
    expect_shut_out(&kit, NULL);
    expect_shut_out(&kit, "tls/client-expired.p12");
    expect_shut_out(&kit, "rsa/individual-auth.p12"); /* another authority's */
    kit_stop(&kit);
}

/* ---- bills ---- */

/* C-26 */
static void a_key_is_billed_once_and_a_restart_forgets_none(void **state)
{
    struct kit kit;

    (void)state;
    kit_start(&kit, 0, usual);
    for (int i = 0; i < 3; i++) {
        struct told told = kit_verify(&kit, "same", MAN, 1);
        expect_told(&told, i == 0 ? 200 : 406, i == 0 ? "VisionLabs" : "повтор значения");
        told_clear(&told);
    }
    struct told told = kit_verify(&kit, "other", MAN, 1);
    told_clear(&told);
    assert_int_equal(kit_billed(&kit), 2);
    kit_restart(&kit);
    assert_int_equal(kit_billed(&kit), 2);
    told = kit_verify(&kit, "same", MAN, 1);
    expect_told(&told, 406, "повтор значения");
    told_clear(&told);
    told = ASK(&kit, "GET", "/verify", NO_BODY, "x-idempotency-key: other");
    expect_told(&told, 200, "\"result\":0.9959589839");
    told_clear(&told);
    AUTO(bytes_free) struct bytes *bills = kit_control(&kit, "GET", "/coid/bills");
    assert_non_null(strstr(bills->at, "\"keys\":{\"same\":1,\"other\":1}"));
    assert_non_null(strstr(bills->at, "\"repeats\":1,\"requests\":{\"verify\":1,\"get\":1,"));
    kit_stop(&kit);
}

/* req 2.24, 2.25, 3.15–3.17 */
static void reports_tell_what_was_billed_on_which_day(void **state)
{
    struct kit kit;
    struct err err;

    (void)state;
    kit_start(&kit, 0, usual);
    kit.clock = clock_fixed_at(INT64_C(1633028400000)); /* 2021-09-30 19:00 UTC: October already */
    struct told told = kit_verify(&kit, "first", "900101300067", 3);
    told_clear(&told);
    told = kit_verify(&kit, "second", MAN, 5);
    told_clear(&told);

    told = ASK(&kit, "GET", "/report/transactions/20211001/20211001", NO_BODY, "Accept: */*");
    expect_told(&told, 200,
                "[{\"vendor_name\":\"Verigram\",\"datetime\":\"01.10.2021 01:00:00\","
                "\"similarity\":0.0,\"x_idempotency_key\":\"first\"},{\"vendor_name\"");
    told_clear(&told);
    told = ASK(&kit, "GET", "/report/transactions/20210901/20210930", NO_BODY, "Accept: */*");
    assert_string_equal(told.body->at, "[]");
    told_clear(&told);
    told = ASK(&kit, "GET", "/report/actdetail/2021/10", NO_BODY, "Accept: */*");
    assert_string_equal(told.body->at,
                        "[{\"date\":\"2021-10-01\",\"vendorName\":\"Verigram с 1 по 1000\","
                        "\"count\":1,\"price\":210.0,\"amount\":210.0},"
                        "{\"date\":\"2021-10-01\",\"vendorName\":\"BTSDigital с 1 по 1000\","
                        "\"count\":1,\"price\":190.0,\"amount\":190.0}]");
    told_clear(&told);
    told = ASK(&kit, "GET", "/report/actdetail/2021/9", NO_BODY, "Accept: */*");
    assert_string_equal(told.body->at, "[]");
    told_clear(&told);

    told = ASK(&kit, "GET", "/report/act/2021/10", NO_BODY, "Accept: */*");
    AUTO(json_free) struct json *json = NULL;
    AUTO(bytes_free) struct bytes *zip = NULL;
    struct slice base64;
    char text[2048] = "";
    assert_ok(json_parse(bytes_slice(told.body), &limits, &json, &err), &err);
    assert_true(json_string(json_member(json, "binary"), &base64));
    assert_ok(base64_decode(base64, 65536, &zip, &err), &err);
    zip_source_t *source = zip_source_buffer_create(zip->at, zip->len, 0, NULL);
    zip_t *archive = zip_open_from_source(source, ZIP_RDONLY, NULL);
    assert_non_null(archive);
    assert_int_equal(zip_get_num_entries(archive, 0), 1);
    assert_string_equal(zip_get_name(archive, 0, 0), "act_10-10-01_K9000666.txt");
    zip_file_t *entry = zip_fopen_index(archive, 0, 0);
    assert_true(zip_fread(entry, text, sizeof(text) - 1) > 0);
    assert_non_null(strstr(text, "Verigram с 1 по 1000"));
    (void)zip_fclose(entry);
    zip_discard(archive);
    told_clear(&told);
    kit_stop(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_comparison_is_told_and_told_again_without_its_photo),
        cmocka_unit_test(personal_data_come_for_a_signed_consent),
        cmocka_unit_test(everybody_has_a_person_that_is_strict_json),
        cmocka_unit_test(vendors_and_news_are_told),
        cmocka_unit_test(what_the_real_one_refuses_is_refused_unsigned_and_unbilled),
        cmocka_unit_test(a_consent_with_a_wrong_signature_or_none_is_400),
        cmocka_unit_test(data_are_refused_later_than_a_day_below_85_percent_and_for_unknown_keys),
        cmocka_unit_test(the_words_of_a_refusal_stand_in_three_places),
        cmocka_unit_test(nobody_without_the_participants_certificate_gets_anything),
        cmocka_unit_test(a_key_is_billed_once_and_a_restart_forgets_none),
        cmocka_unit_test(reports_tell_what_was_billed_on_which_day),
    };

    return cmocka_run_group_tests(tests, sandbox_setup, sandbox_teardown);
}
