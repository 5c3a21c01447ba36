/* The app's GETs, byte for byte, and the order in which a call is refused. */
#include "fixture.h"

#include "base/text.h"
#include "crypto/init.h"
#include "wsse/wsse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static int get(struct fixture *f, const char *path, const char *authorization,
               struct bytes **ret_json)
{
    struct asked asked = { "GET", path, authorization, "", { "", 0 } };

    return fixture_ask(f, &asked, ret_json);
}

static void must_answer(struct fixture *f, const struct asked *asked, int status,
                        const char *message)
{
    AUTO(bytes_free) struct bytes *json = NULL;
    char want[512];

    text_format(want, sizeof(want), "{\"message\":\"%s", message);
    assert_int_equal(fixture_ask(f, asked, &json), status);
    if (strncmp(json->at, want, strlen(want)) != 0)
        fail_msg("%s does not begin with %s", json->at, want);
}

/* seed 001, section 4, the example's texts; white space and our URL are ours */
static void api1_is_the_seeds_json(void **state)
{
    struct create_session req = fixture_request(METHOD_XML, AUTH_TOKEN, &fixture_xml, 1);
    AUTO(bytes_free) struct bytes *json = NULL;
    AUTO(bytes_free) struct bytes *again = NULL;
    char want[1024], token[64];
    struct created created;
    struct fixture f;

    (void)state;
    fixture_init(&f);
    f.clock.fixed_ms = f.store.now_ms = 1704084743626 - 1800000; /* 2024-01-01T04:52:23.626Z */
    fixture_open(&f);
    fixture_create(&f, &req, &created);
    assert_int_equal(get(&f, created.api1_path, "", &json), 200);
    fixture_token(json, token);
    assert_int_equal(strlen(token), 22);
    assert_null(strstr(created.api1, token));
    assert_null(strstr(created.page, token));
    text_format(want, sizeof(want),
                "{\"description\":\"Подписание документов\","
                "\"expiry_date\":\"2024-01-01T04:52:23.626Z\","
                "\"organisation\":{\"nameRu\":\"АО \\\"НИТ\\\"\",\"nameKz\":\"\\\"ҰАТ\\\" АҚ\","
                "\"nameEn\":\"NITEC\",\"bin\":\"000740000728\"},"
                "\"document\":{\"uri\":\"%s\",\"auth_type\":\"Token\",\"auth_token\":\"%s\"}}",
                created.api2, token);
    /* req 1.12 1.13 1.14 1.15 1.16 1.17 1.21 1.40 */
    assert_string_equal(json->at, want);
    assert_string_equal(fake_last(&f.journal)->name, "api1.fetched");
    assert_string_equal(fake_last(&f.journal)->ip, "10.1.2.3");
    assert_int_equal(get(&f, created.api1_path, "", &again), 200);
    assert_string_equal(again->at, json->at);
    fixture_close(&f);
}

static const struct zone_row {
    const char *zone, *want;
} zones[] = {
    /* C-23 */
    { "Z", "\"2024-01-01T04:52:23.626Z\"" },
    { "+0500", "\"2024-01-01T09:52:23.626+0500\"" },
    { "+05:00", "\"2024-01-01T09:52:23.626+05:00\"" },
    { "-0330", "\"2024-01-01T01:22:23.626-0330\"" },
};

static void the_zone_of_expiry_is_a_setting(void **state)
{
    struct create_session req = fixture_request(METHOD_XML, AUTH_NONE, &fixture_xml, 1);

    (void)state;
    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
        AUTO(bytes_free) struct bytes *json = NULL;
        struct created created;
        struct fixture f;

        fixture_init(&f);
        f.params.expiry_zone = zones[i].zone;
        f.clock.fixed_ms = f.store.now_ms = 1704084743626 - 1800000;
        fixture_open(&f);
        fixture_create(&f, &req, &created);
        assert_int_equal(get(&f, created.api1_path, "", &json), 200);
        assert_non_null(strstr(json->at, zones[i].want));
        /* req 1.17 1.20: no token without Token */
        assert_non_null(strstr(json->at, "\"auth_type\":\"None\"}}"));
        fixture_close(&f);
    }
}

/* seed 001, section 5, the examples */
#define XML_JSON                                                                                                    \
    "{\"signMethod\":\"XML\",\"version\":1,\"documentsToSign\":[{\"id\":12345,"                                     \
    "\"nameRu\":\"Документ для подписания\",\"nameKz\":\"Қол қою үшін құжат\"," \
    "\"nameEn\":\"Document for Signing\",\"meta\":[{\"name\":\"Дата создания\","                        \
    "\"value\":\"2024-01-01\"}],"                                                                                   \
    "\"documentXml\":\"<xml>Тут XML документ для подписания</xml>\"}]}"
#define CMS_JSON                                                                                                             \
    "{\"signMethod\":\"CMS_WITH_DATA\",\"version\":1,\"documentsToSign\":[{\"id\":54321,"                                    \
    "\"nameRu\":\"Договор аренды\",\"nameKz\":\"Жалға алу шарты\",\"nameEn\":\"Lease Agreement\"," \
    "\"meta\":[{\"name\":\"Номер договора\",\"value\":\"123/ABC\"}],\"document\":{\"file\":{"                   \
    "\"mime\":\"application/pdf\",\"data\":\"JVBERi0xLjcgYSBsZWFzZQo=\"}}}]}"

static void api2_is_the_seeds_json(void **state)
{
    const struct {
        enum sign_method method;
        const struct document *document;
        const char *want;
    } rows[] = {
        /* req 1.22 1.23 1.24 1.25 1.26 1.28 1.29 1.30 1.31 1.35 1.40 */
        { METHOD_XML, &fixture_xml, XML_JSON },
        { METHOD_CMS_WITH_DATA, &fixture_file, CMS_JSON },
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct create_session req = fixture_request(rows[i].method, AUTH_NONE, rows[i].document, 1);
        AUTO(bytes_free) struct bytes *json = NULL;
        struct created created;
        struct fixture f;

        fixture_init(&f);
        fixture_open(&f);
        fixture_create(&f, &req, &created);
        assert_int_equal(get(&f, created.api2_path, "", &json), 200);
        assert_string_equal(json->at, rows[i].want);
        assert_int_equal(f.store.sessions[0].session.state, SESSION_DOCUMENTS_SENT);
        assert_string_equal(fake_last(&f.journal)->name, "api2.fetched");
        fixture_close(&f);
    }
}

static void an_empty_meta_is_omitted(void **state)
{
    struct document document = fixture_file;
    struct create_session req = fixture_request(METHOD_CMS_WITH_DATA, AUTH_NONE, &document, 1);
    AUTO(bytes_free) struct bytes *json = NULL;
    struct created created;
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open(&f);
    document.meta_count = 0;
    fixture_create(&f, &req, &created);
    assert_int_equal(get(&f, created.api2_path, "", &json), 200);
    assert_null(strstr(json->at, "meta"));
    assert_non_null(strstr(json->at, "\"nameEn\":\"Lease Agreement\",\"document\":"));
    fixture_close(&f);
}

static void the_bearer_must_be_right(void **state)
{
    struct create_session req = fixture_request(METHOD_XML, AUTH_TOKEN, &fixture_xml, 1);
    AUTO(bytes_free) struct bytes *api1 = NULL;
    char token[64], header[128];
    const struct {
        const char *format;
        int want;
    } rows[] = {
        /* req 1.18 */
        { "Bearer %s", 200 },     { "bearer  %s ", 200 }, { "", 401 },
        { "Bearer", 401 },        { "Bearer ", 401 },     { "%s", 401 },
        { "Basic %s", 401 },      { "Bearer %sx", 401 },  { "Bearer %.21s", 401 },
        { "Bearer x%.21s", 401 },
    };
    struct created created;
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open(&f);
    fixture_create(&f, &req, &created);
    assert_int_equal(get(&f, created.api1_path, "", &api1), 200);
    fixture_token(api1, token);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(bytes_free) struct bytes *json = NULL;
        print_message("  %s\n", rows[i].format);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(header, sizeof(header), rows[i].format, token);
#pragma GCC diagnostic pop
        assert_int_equal(get(&f, created.api2_path, header, &json), rows[i].want);
        if (rows[i].want == 401)
            assert_string_equal(fake_last(&f.journal)->name, "bearer.wrong");
        assert_int_equal(f.wrong_token, rows[i].want == 401 && header[0]);
        assert_null(strstr(fake_last(&f.journal)->text, token));
    }
    fixture_close(&f);
}

static void unknown_tokens_are_404_in_the_callers_language(void **state)
{
    static const struct asked rows[] = {
        { "GET", "/m/AAAAAAAAAAAAAAAAAAAAAA/mgovSign", "", "", { "", 0 } },
        { "GET", "/m/AAAAAAAAAAAAAAAAAAAAAA/documents", "", "ru", { "", 0 } },
        { "PUT", "/m/AAAAAAAAAAAAAAAAAAAAAA/documents", "", "de", { "{}", 2 } },
        { "POST", "/m/AAAAAAAAAAAAAAAAAAAAAA/documents", "", "", { "", 0 } },
        { "GET", "/m/short/documents", "", "", { "", 0 } },
        { "GET", "/m//documents", "", "", { "", 0 } },
        { "GET", "/m/AAAAAAAAAAAAAAAAAAAAAA/", "", "", { "", 0 } },
        { "GET", "/m/AAAAAAAAAAAAAAAAAAAAAA", "", "", { "", 0 } },
        { "GET", "/m/AAAAAAAAAAAAAAAAAAAAAA/mgovsign", "", "", { "", 0 } },
        { "GET", "/m/AAAAAAAAAAAAAAAAAAAAAA/documents/x", "", "", { "", 0 } },
        { "GET", "/", "", "", { "", 0 } },
    };
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open(&f);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        must_answer(&f, &rows[i], 404, "Ссылка недействительна");
        assert_string_equal(fake_last(&f.journal)->name, "token.unknown");
        assert_string_equal(fake_last(&f.journal)->account, "-");
        assert_string_equal(fake_last(&f.journal)->code, "404");
        assert_true(f.wrong_token);
    }
    /* req 1.42 1.43 */
    must_answer(&f, &(struct asked){ "GET", "/m/x/documents", "", "kk", { "", 0 } }, 404,
                "Сілтеме жарамсыз");
    must_answer(&f, &(struct asked){ "GET", "/m/x/documents", "", "en;q=0.9", { "", 0 } }, 404,
                "This link is not valid");
    fixture_close(&f);
}

static void other_methods_are_405(void **state)
{
    struct create_session req = fixture_request(METHOD_XML, AUTH_NONE, &fixture_xml, 1);
    struct created created;
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open(&f);
    fixture_create(&f, &req, &created);
    const struct asked rows[] = {
        { "POST", created.api1_path, "", "en", { "", 0 } },
        { "PUT", created.api1_path, "", "en", { "", 0 } },
        { "PATCH", created.api2_path, "", "en", { "", 0 } },
        { "POST", created.api2_path, "", "en", { "", 0 } },
        { "POST", created.api2_path, "", "en", { "{\"xml\":\"\"}", 10 } },
        { "DELETE", created.api2_path, "", "en", { "", 0 } }, /* no sandbox */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        must_answer(&f, &rows[i], 405, "The app called the service in a way");
    fixture_close(&f);
}

static void final_sessions_say_why(void **state)
{
    const struct {
        enum session_state state;
        int want;
        const char *reason, *message;
    } rows[] = {
        { SESSION_EXPIRED, 403, "", "The QR code has expired" },
        { SESSION_SIGNED, 409, "", "The documents of this QR code are signed" },
        { SESSION_CANCELLED, 409, "", "The organisation has cancelled" },
        { SESSION_FAILED, 409, "", "This signing request was closed" },
        { SESSION_FAILED, 409, "refused", "You have refused" },
    };
    struct create_session req = fixture_request(METHOD_XML, AUTH_NONE, &fixture_xml, 1);
    struct created created;
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open(&f);
    fixture_create(&f, &req, &created);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        f.store.sessions[0].session.state = rows[i].state;
        f.store.sessions[0].session.reason = rows[i].reason;
        must_answer(&f, &(struct asked){ "GET", created.api1_path, "", "en", { "", 0 } },
                    rows[i].want, rows[i].message);
        must_answer(&f, &(struct asked){ "GET", created.api2_path, "", "en", { "", 0 } },
                    rows[i].want, rows[i].message);
        assert_string_equal(fake_last(&f.journal)->name, "call.refused");
    }
    fixture_close(&f);
}

static void expiry_comes_before_state_and_after_the_bearer(void **state)
{
    struct create_session req = fixture_request(METHOD_XML, AUTH_TOKEN, &fixture_xml, 1);
    struct created created;
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open(&f);
    fixture_create(&f, &req, &created);
    fixture_pass(&f, 1800000);
    must_answer(&f, &(struct asked){ "GET", created.api2_path, "", "en", { "", 0 } }, 401,
                "Access to the documents");
    must_answer(&f, &(struct asked){ "GET", created.api1_path, "", "en", { "", 0 } }, 403,
                "The QR code has expired");
    fixture_close(&f);
}

static void failures_of_ours_are_503_or_500(void **state)
{
    struct create_session req = fixture_request(METHOD_XML, AUTH_NONE, &fixture_xml, 1);
    struct created created;
    struct asked asked = { "GET", NULL, "", "en", { "", 0 } };
    struct fixture f;

    (void)state;
    fixture_init(&f);
    fixture_open(&f);
    fixture_create(&f, &req, &created);
    asked.path = created.api1_path;
    f.store.fails = ST_UNAVAILABLE;
    must_answer(&f, &asked, 503, "The service is temporarily unavailable");
    assert_string_equal(fake_last(&f.journal)->name, "call.failed");
    f.store.fails = ST_INTERNAL;
    must_answer(&f, &asked, 500, "An error happened on the server");
    f.store.fails = ST_OK;
    f.journal.full = true;
    must_answer(&f, &asked, 503, "The service is temporarily unavailable");
    asked.path = "/m/x/documents";
    must_answer(&f, &asked, 503, "The service is temporarily unavailable");
    f.journal.full = false;
    asked.path = created.api1_path;
    f.store.race = SESSION_CANCELLED; /* between look-up and change */
    must_answer(&f, &asked, 409, "The organisation has cancelled");
    fixture_close(&f);
}

static void all_urls_stand_below_the_public_one(void **state)
{
    struct create_session req = fixture_request(METHOD_XML, AUTH_NONE, &fixture_xml, 1);
    AUTO(bytes_free) struct bytes *json = NULL;
    struct created created;
    struct fixture f;

    (void)state;
    fixture_init(&f);
    f.params.public_url = "https://example.kz/sign/api"; /* route() takes /sign/api off */
    fixture_open(&f);
    fixture_create(&f, &req, &created);
    assert_int_equal(get(&f, created.api1_path, "", &json), 200);
    assert_non_null(strstr(json->at, "\"uri\":\"https://example.kz/sign/api/m/"));
    fixture_close(&f);
}

static void the_sandboxs_telephone_may_refuse(void **state)
{
    struct create_session req = fixture_request(METHOD_XML, AUTH_TOKEN, &fixture_xml, 1);
    AUTO(bytes_free) struct bytes *api1 = NULL;
    struct asked asked = { "DELETE", NULL, "", "en", { "", 0 } };
    struct created created;
    struct fixture f;
    char token[64], header[80];

    (void)state;
    fixture_init(&f);
    f.params.refusal_allowed = true;
    fixture_open(&f);
    fixture_create(&f, &req, &created);
    assert_int_equal(get(&f, created.api1_path, "", &api1), 200);
    fixture_token(api1, token);
    asked.path = created.api2_path;
    must_answer(&f, &asked, 401, "Access to the documents");
    text_format(header, sizeof(header), "Bearer %s", token);
    asked.authorization = header;
    for (int i = 0; i < 2; i++) {
        must_answer(&f, &asked, 200, "refused");
        assert_string_equal(fake_last(&f.journal)->name, "session.refused");
    }
    assert_int_equal(f.store.sessions[0].session.state, SESSION_FAILED);
    assert_string_equal(f.store.sessions[0].session.reason, "refused");
    asked.method = "GET";
    must_answer(&f, &asked, 409, "You have refused");
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(api1_is_the_seeds_json),
        cmocka_unit_test(the_zone_of_expiry_is_a_setting),
        cmocka_unit_test(api2_is_the_seeds_json),
        cmocka_unit_test(an_empty_meta_is_omitted),
        cmocka_unit_test(the_bearer_must_be_right),
        cmocka_unit_test(unknown_tokens_are_404_in_the_callers_language),
        cmocka_unit_test(other_methods_are_405),
        cmocka_unit_test(final_sessions_say_why),
        cmocka_unit_test(expiry_comes_before_state_and_after_the_bearer),
        cmocka_unit_test(failures_of_ours_are_503_or_500),
        cmocka_unit_test(all_urls_stand_below_the_public_one),
        cmocka_unit_test(the_sandboxs_telephone_may_refuse),
    };
    struct err err;

    if (crypto_init(&err) != ST_OK || wsse_init(&err) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
