/* CMS_SIGN_ONLY, SIGN_BYTES_ARRAY and MIX_SIGN: what is issued, and every kind of answer
 * (req 1.08, 1.10, 1.11, 1.23, 1.27, 1.31–1.36). XML and CMS_WITH_DATA are in test_verify.c. */
#include "scene.h"
#include "support/cmocka.h"

#include "base/text.h"
#include "crypto/bytes_judge.h"
#include "crypto/encode.h"
#include "crypto/init.h"
#include "wsse/wsse.h"

/* ---- what is issued: the examples of seed 001, section 5 ---- */

#define PDF "%PDF-1.7\n"
#define PDF_BASE64 "JVBERi0xLjcK"
#define INVOICE "<?xml version=\"1.0\" encoding=\"UTF-8\"?><invoice>...</invoice>"

static const struct meta_item created_on = { "Дата создания", "2024-01-02" };
static const struct meta_item iin = { "ИИН", "87654321" };

static const struct document agreement = {
    .id = 67890,
    .name = { "Соглашение о неразглашении", "Құпиялылық туралы келісім",
              "Non-Disclosure Agreement" },
    .meta = &created_on,
    .meta_count = 1,
    .content = { PDF, sizeof(PDF) - 1 },
    .mime = "application/pdf",
};

static const struct document arrays[] = {
    { .id = 1, .name = { "TEXT", "TEXT", "TEXT" }, .content = { "123", 3 }, .mime = "text/plain" },
    { .id = 2,
      .name = { "PDF", "PDF", "PDF" },
      .meta = &iin,
      .meta_count = 1,
      .content = { PDF, sizeof(PDF) - 1 },
      .mime = "application/pdf" },
    { .id = 3,
      .name = { "XML", "XML", "XML" },
      .content = { INVOICE, sizeof(INVOICE) - 1 },
      .mime = "application/xml" },
};

#define ORDER "<xml>Тут XML документ для подписания</xml>"
static const struct document mixed[] = {
    { .id = 11223,
      .method = METHOD_CMS_SIGN_ONLY,
      .name = { "Протокол собрания", "Отырыс хаттамасы", "Meeting Minutes" },
      .content = { PDF, sizeof(PDF) - 1 },
      .mime = "application/pdf" },
    { .id = 44556,
      .method = METHOD_XML,
      .name = { "Поручение", "Тапсырма", "Assignment" },
      .content = { ORDER, sizeof(ORDER) - 1 } },
};

static const struct issue_row {
    const char *name;
    enum sign_method method;
    const struct document *documents;
    size_t count;
    const char *want;
} issues[] = {
    /* req 1.08 1.31 1.35 */
    { "CMS_SIGN_ONLY", METHOD_CMS_SIGN_ONLY, &agreement, 1,
      "{\"signMethod\":\"CMS_SIGN_ONLY\",\"version\":1,\"documentsToSign\":[{\"id\":67890,"
      "\"nameRu\":\"Соглашение о неразглашении\",\"nameKz\":\"Құпиялылық туралы келісім\","
      "\"nameEn\":\"Non-Disclosure Agreement\",\"meta\":[{\"name\":\"Дата создания\",\"value\":"
      "\"2024-01-02\"}],\"document\":{\"file\":{\"mime\":\"application/pdf\",\"data\":\"" PDF_BASE64
      "\"}}}]}" },
    /* req 1.10 1.34 1.35: the order of members does not matter */
    { "SIGN_BYTES_ARRAY", METHOD_SIGN_BYTES_ARRAY, arrays, 3,
      "{\"documentsToSign\":[{\"id\":1,\"nameRu\":\"TEXT\",\"nameKz\":\"TEXT\",\"nameEn\":\"TEXT\","
      "\"document\":{\"file\":{\"mime\":\"text/plain\",\"data\":\"123\"}}},{\"id\":2,\"nameRu\":"
      "\"PDF\",\"nameKz\":\"PDF\",\"nameEn\":\"PDF\",\"meta\":[{\"name\":\"ИИН\",\"value\":"
      "\"87654321\"}],\"document\":{\"file\":{\"mime\":\"application/pdf\",\"data\":\"" PDF_BASE64
      "\"}}},{\"id\":3,\"nameRu\":\"XML\",\"nameKz\":\"XML\",\"nameEn\":\"XML\",\"document\":{"
      "\"file\":{\"mime\":\"application/xml\",\"data\":\"<?xml version=\\\"1.0\\\" "
      "encoding=\\\"UTF-8\\\"?><invoice>...</invoice>\"}}}],\"version\":1,\"signMethod\":"
      "\"SIGN_BYTES_ARRAY\"}" },
    /* req 1.11 1.27 1.35 */
    { "MIX_SIGN", METHOD_MIX_SIGN, mixed, 2,
      "{\"signMethod\":\"MIX_SIGN\",\"version\":1,\"documentsToSign\":[{\"id\":11223,"
      "\"signMethod\":\"CMS_SIGN_ONLY\",\"nameRu\":\"Протокол собрания\",\"nameKz\":"
      "\"Отырыс хаттамасы\",\"nameEn\":\"Meeting Minutes\",\"document\":{\"file\":{\"mime\":"
      "\"application/pdf\",\"data\":\"" PDF_BASE64 "\"}}},{\"id\":44556,\"signMethod\":\"XML\","
      "\"nameRu\":\"Поручение\",\"nameKz\":\"Тапсырма\",\"nameEn\":\"Assignment\","
      "\"documentXml\":\"" ORDER "\"}]}" },
};

static struct json *parse(const char *text)
{
    const struct json_limits limits = { 65536, 16, 1000 };
    struct json *json = NULL;
    struct err err;

    if (json_parse(slice_str(text), &limits, &json, &err) != ST_OK)
        fail_msg("%s: %s", text, err.text);
    return json;
}

static void api2_is_the_seeds_example(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(issues) / sizeof(issues[0]); i++) {
        AUTO(json_free) struct json *want = parse(issues[i].want);
        struct scene s;

        scene_init_documents(&s, issues[i].method, issues[i].documents, issues[i].count);
        if (!json_equal(s.json, want))
            fail_msg("%s is not the example", issues[i].name);
        scene_close(&s);
    }
}

static bool journal_holds(const struct fixture *f, const char *name)
{
    for (size_t i = 0; i < f->journal.count; i++)
        if (strcmp(f->journal.events[i].name, name) == 0)
            return f->journal.events[i].level == EVENT_WARNING;
    return false;
}

/* req 1.11, 1.42: such an app says no Accept-Language, and cannot sign a MIX_SIGN */
static void a_mix_fetched_by_an_old_app_is_journaled(void **state)
{
    static const struct {
        enum sign_method method;
        const char *language;
        bool want;
    } rows[] = {
        { METHOD_MIX_SIGN, "", true },       { METHOD_MIX_SIGN, " ", true },
        { METHOD_MIX_SIGN, "ru", false },    { METHOD_MIX_SIGN, "de", false },
        { METHOD_CMS_SIGN_ONLY, "", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(bytes_free) struct bytes *json = NULL;
        bool is_mix = rows[i].method == METHOD_MIX_SIGN;
        struct scene s;

        scene_init_documents(&s, rows[i].method, is_mix ? mixed : &agreement, is_mix ? 2 : 1);
        assert_false(journal_holds(&s.f, "app.outdated"));
        const struct asked asked = {
            "GET", s.created.api2_path, s.authorization, rows[i].language, { "", 0 }
        };
        assert_int_equal(fixture_ask(&s.f, &asked, &json), 200);
        assert_int_equal(journal_holds(&s.f, "app.outdated"), rows[i].want);
        assert_string_equal(scene_last(&s)->name, "api2.fetched");
        scene_close(&s);
    }
}

/* ---- what comes back ---- */

static void set_value(struct scene *s, size_t i, struct slice value)
{
    assert_true(json_replace_string(scene_file(s, i), "data", value));
}

/* A bare signature of signed_data by a holder, beside another's certificate or his own. */
static void put_bytes(struct scene *s, size_t i, struct slice signed_data, const char *holder,
                      const char *shown)
{
    AUTO(bytes_free) struct bytes *result = NULL;
    AUTO(bytes_free) struct bytes *other = NULL;
    AUTO(json_free) struct json *json = NULL;
    AUTO(json_free) struct json *foreign = NULL;
    AUTO(bytes_free) struct bytes *text = NULL;
    struct slice certificate;
    struct err err;

    assert_int_equal(bytes_sign(notary_key(notary, "rsa", holder), signed_data, &result, &err),
                     ST_OK);
    assert_int_equal(bytes_sign(notary_key(notary, "rsa", shown), signed_data, &other, &err),
                     ST_OK);
    json = parse(result->at);
    foreign = parse(other->at);
    assert_true(json_string(json_member(foreign, "certificate"), &certificate));
    assert_true(json_replace_string(json, "certificate", certificate));
    assert_int_equal(json_print(json, 65536, &text, &err), ST_OK);
    set_value(s, i, bytes_slice(text));
}

static void bytes_by(struct scene *s, const char *holder)
{
    put_bytes(s, 0, arrays[0].content, holder, holder);
    put_bytes(s, 1, SLICE(PDF_BASE64), holder, holder);
    put_bytes(s, 2, arrays[2].content, holder, holder);
}

#define BYTES_ROW(name, holder)                                                                    \
    static void name(struct scene *s)                                                              \
    {                                                                                              \
        bytes_by(s, holder);                                                                       \
    }
BYTES_ROW(bytes_good, "individual")

static void bytes_decoded(struct scene *s)
{
    bytes_good(s);
    put_bytes(s, 1, arrays[1].content, "individual", "individual");
}
static void bytes_other_data(struct scene *s)
{
    bytes_good(s);
    put_bytes(s, 0, SLICE("124"), "individual", "individual");
}
static void bytes_other_certificate(struct scene *s)
{
    bytes_good(s);
    put_bytes(s, 0, arrays[0].content, "individual", "individual-2");
}
static void bytes_swapped(struct scene *s)
{
    bytes_good(s);
    put_bytes(s, 0, arrays[2].content, "individual", "individual");
    put_bytes(s, 2, arrays[0].content, "individual", "individual");
}
BYTES_ROW(bytes_auth_key, "individual-auth")
BYTES_ROW(bytes_expired, "individual-expired")
BYTES_ROW(bytes_revoked, "individual-revoked")
BYTES_ROW(bytes_other_person, "individual-2")

static void bytes_two_people(struct scene *s)
{
    bytes_good(s);
    put_bytes(s, 2, arrays[2].content, "individual-2", "individual-2");
}
static void bytes_unsigned(struct scene *s)
{
    (void)s;
}
static void bytes_no_certificate(struct scene *s)
{
    bytes_good(s);
    set_value(s, 0, SLICE("{\"signature\":\"AAAA\"}"));
}
static void bytes_empty(struct scene *s)
{
    bytes_good(s);
    set_value(s, 0, SLICE(""));
}

static void only_by(struct scene *s, const struct cms_wish *given, const char *content)
{
    struct cms_wish wish = *given;

    wish.detached = true;
    scene_cms(s, 0, &wish, content);
}

#define ONLY_ROW(name, content, ...)                                                               \
    static void name(struct scene *s)                                                              \
    {                                                                                              \
        only_by(s, &(struct cms_wish){ __VA_ARGS__ }, content);                                    \
    }
ONLY_ROW(only_good, PDF, 0)
ONLY_ROW(only_gost2015, PDF, .family = "gost2015")
ONLY_ROW(only_gost2004, PDF, .family = "gost2004")
ONLY_ROW(only_other_content, PDF " ", 0)

static void only_other_content_inside(struct scene *s)
{
    const struct cms_wish wish = { 0 };
    scene_cms(s, 0, &wish, PDF " ");
}
ONLY_ROW(only_no_stamp, PDF, .stamp = STAMP_NONE)
ONLY_ROW(only_auth_key, PDF, .holder = "individual-auth")

static void mix_by(struct scene *s, const char *cms_holder, const char *xml_holder)
{
    only_by(s, &(struct cms_wish){ .holder = cms_holder }, PDF);
    scene_xml(s, 1, xml_holder, ORDER);
}
static void mix_good(struct scene *s)
{
    mix_by(s, "individual", "individual");
}
static void mix_one_unsigned(struct scene *s)
{
    only_good(s);
}
static void mix_two_people(struct scene *s)
{
    mix_by(s, "individual", "individual-2");
}
static void mix_other_method(struct scene *s)
{
    mix_good(s);
    scene_swap_text(s, "\"signMethod\":\"CMS_SIGN_ONLY\"", "\"signMethod\":\"CMS_WITH_DATA\"");
}
static void mix_lost_method(struct scene *s)
{
    mix_good(s);
    scene_swap_text(s, "\"signMethod\":\"CMS_SIGN_ONLY\",", "");
}

#define BYTES METHOD_SIGN_BYTES_ARRAY, arrays, 3
#define ONLY METHOD_CMS_SIGN_ONLY, &agreement, 1
#define MIX METHOD_MIX_SIGN, mixed, 2

static const struct put_row {
    const char *name;
    void (*sign)(struct scene *s);
    enum sign_method method;
    const struct document *documents;
    size_t count;
    int status;
    const char *message, *reason; /* what the citizen and what the journal reads */
} answers[] = {
    /* req 1.08 */
    { "a CMS without data", only_good, ONLY, 200, "success", "" },
    { "of 2015-512", only_gost2015, ONLY, 200, "success", "" },
    { "of 34.310", only_gost2004, ONLY, 200, "success", "" },
    { "over other content", only_other_content, ONLY, 403, CONTENT, "digest" },
    { "with other content inside", only_other_content_inside, ONLY, 403, "", "document 67890" },
    { "without a timestamp", only_no_stamp, ONLY, 403, "The signature has no valid time",
      "timestamp" },
    { "by an AUTH key", only_auth_key, ONLY, 403, "This key is not meant", "keyUsage" },
    /* req 1.10 1.33 1.34 */
    { "bytes as they stand", bytes_good, BYTES, 200, "success", "" },
    { "bytes that base64 stands for", bytes_decoded, BYTES, 200, "success", "" },
    { "other bytes", bytes_other_data, BYTES, 403, CONTENT, "signature" },
    { "bytes of each other", bytes_swapped, BYTES, 403, CONTENT, "signature" },
    { "bytes, another's certificate", bytes_other_certificate, BYTES, 403, CONTENT, "signature" },
    { "bytes by an AUTH key", bytes_auth_key, BYTES, 403, "This key is not meant", "keyUsage" },
    { "bytes, expired", bytes_expired, BYTES, 403, "Your certificate has expired", "dates" },
    { "bytes, revoked", bytes_revoked, BYTES, 403, "Your certificate has been revoked",
      "revocation" },
    { "bytes, another person", bytes_other_person, BYTES, 403, "Somebody else must", "owner" },
    { "bytes by two people", bytes_two_people, BYTES, 403, "", "document 3" },
    { "bytes unsigned", bytes_unsigned, BYTES, 403, FORMAT, "format" },
    { "bytes without a certificate", bytes_no_certificate, BYTES, 403, FORMAT, "certificate" },
    { "bytes, empty", bytes_empty, BYTES, 403, FORMAT, "document 1" },
    /* req 1.11 1.27 */
    { "a mix", mix_good, MIX, 200, "success", "" },
    { "a mix, one unsigned", mix_one_unsigned, MIX, 403, FORMAT, "document 44556" },
    { "a mix by two people", mix_two_people, MIX, 403, "", "document 44556" },
    { "a mix, another method", mix_other_method, MIX, 403, CHANGED, "signMethod of document 1" },
    { "a mix, a method lost", mix_lost_method, MIX, 403, CHANGED, "signMethod of document 1" },
};

static void every_put_gets_its_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        const struct put_row *row = &answers[i];
        struct scene s;

        print_message("  %s\n", row->name);
        scene_init_documents(&s, row->method, row->documents, row->count);
        row->sign(&s);
        scene_must_end(&s, row->status, row->message, row->reason);
        scene_close(&s);
    }
}

/* A text as it stands inside a JSON string. */
static void add_quoted(struct bytes *b, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '"' || text.at[i] == '\\')
            bytes_add_str(b, "\\");
        bytes_add(b, (struct slice){ text.at + i, 1 });
    }
}

/* Seed 001, section 5, the signed example as it stands: its order of members, its white space, and
 * signatures in place of BASE64_SIGNATURE_STRING (req 1.33, 1.35). */
static void the_seeds_signed_example_is_accepted(void **state)
{
    static const char *const pieces[] = {
        "{\n\"documentsToSign\": [\n{\n\"id\": 1,\n\"nameRu\": \"TEXT\",\n\"nameKz\": \"TEXT\",\n"
        "\"nameEn\": \"TEXT\",\n\"document\": {\n\"file\": {\n\"mime\": "
        "\"text/plain\",\n\"data\":\n\"",
        "\"\n}\n}\n},\n{\n\"id\": 2,\n\"nameRu\": \"PDF\",\n\"nameKz\": \"PDF\",\n\"nameEn\": "
        "\"PDF\",\n"
        "\"meta\": [\n{\n\"name\": \"ИИН\",\n\"value\": \"87654321\"\n}\n],\n\"document\": "
        "{\n\"file\": "
        "{\n\"mime\": \"application/pdf\",\n\"data\":\n\"",
        "\"\n}\n}\n},\n{\n\"id\": 3,\n\"nameRu\": \"XML\",\n\"nameKz\": \"XML\",\n\"nameEn\": "
        "\"XML\",\n"
        "\"document\": {\n\"file\": {\n\"mime\": \"application/xml\",\n\"data\":\n\"",
    };
    struct slice value;
    struct scene s;

    (void)state;
    scene_init_documents(&s, BYTES);
    bytes_good(&s);
    s.body = bytes_new(65536);
    for (size_t i = 0; i < 3; i++) {
        assert_true(json_string(json_member(scene_file(&s, i), "data"), &value));
        assert_true(slice_starts(value, SLICE("{\"signature\":\"")));
        bytes_add_str(s.body, pieces[i]);
        add_quoted(s.body, value);
    }
    bytes_add_str(s.body,
                  "\"\n}\n}\n}\n],\n\"version\": 1,\n\"signMethod\": \"SIGN_BYTES_ARRAY\"\n}");
    assert_false(s.body->failed);
    scene_must_put(&s, 200, "success");
    assert_int_equal(scene_stored(&s)->state, SESSION_SIGNED);
    scene_close(&s);
}

/* C-08: which of the two readings matched is on record. */
static void the_reading_that_matched_is_told(void **state)
{
    const struct signed_document *document;
    struct scene s;

    (void)state;
    scene_init_documents(&s, BYTES);
    bytes_decoded(&s);
    scene_must_put(&s, 200, "success");
    document = s.f.store.sessions[0].signed_documents;
    for (size_t i = 0; i < 3; i++) {
        const struct evidence_item *last = &document[i].evidence[document[i].evidence_count - 1];
        const char *want = i == 1 ? "base64 stands for" : "as they stand";
        assert_int_equal(last->kind, EVIDENCE_REPORT);
        assert_non_null(memmem(last->data.at, last->data.len, want, strlen(want)));
        assert_memory_equal(document[i].content.at, "{\"signature\":\"", 14);
    }
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(api2_is_the_seeds_example),
        cmocka_unit_test(a_mix_fetched_by_an_old_app_is_journaled),
        cmocka_unit_test(every_put_gets_its_answer),
        cmocka_unit_test(the_seeds_signed_example_is_accepted),
        cmocka_unit_test(the_reading_that_matched_is_told),
    };
    struct err err;

    if (crypto_init(&err) != ST_OK || wsse_init(&err) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, scene_open_notary, scene_close_notary);
}
