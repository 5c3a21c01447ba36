/* What createSigningSession warns its caller of. */
#include "fixture.h"

#include "crypto/init.h"
#include "wsse/wsse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define PDF "%PDF-1.7\n"
#define CP1251 "\xcf\xf0\xe8\xe2\xe5\xf2"

/* clang-format off */
static const struct warning_row {
    enum sign_method method, own; /* own: the document's in a MIX_SIGN */
    const char *mime, *content;
    const char *want;  /* code of the document's warning; NULL: none */
    const char *field; /* below documents/document[1] */
} rows[] = {
    /* req 1.32 */
    { METHOD_CMS_WITH_DATA, 0, "text/plain", "Привет", NULL, NULL },
    { METHOD_CMS_WITH_DATA, 0, "text/plain", CP1251, "textNotUtf8", "file/data" },
    { METHOD_CMS_WITH_DATA, 0, "application/pdf", PDF, NULL, NULL },
    { METHOD_CMS_SIGN_ONLY, 0, "application/pdf", "PK\3\4", "pdfNotPdf", "file/data" },
    { METHOD_CMS_SIGN_ONLY, 0, "application/pdf", "%PDF", "pdfNotPdf", "file/data" },
    { METHOD_CMS_WITH_DATA, 0, "application/xml", "<a/>", "xmlNotShown", "file/mime" },
    { METHOD_CMS_SIGN_ONLY, 0, "application/xml", "<a/>", "xmlNotShown", "file/mime" },
    { METHOD_SIGN_BYTES_ARRAY, 0, "application/xml", "<a/>", NULL, NULL },
    { METHOD_SIGN_BYTES_ARRAY, 0, "image/png", "\x89PNG", "mimeNotShown", "file/mime" },
    { METHOD_CMS_WITH_DATA, 0, "text/xml", "<a/>", "mimeNotShown", "file/mime" },
    { METHOD_CMS_WITH_DATA, 0, "@file/pdf", PDF, "mimeNotShown", "file/mime" },
    { METHOD_CMS_WITH_DATA, 0, "Text/Plain", "a", "mimeNotShown", "file/mime" }, /* req 1.40 */
    { METHOD_XML, 0, NULL, "<a/>", NULL, NULL },
    { METHOD_MIX_SIGN, METHOD_SIGN_BYTES_ARRAY, "application/xml", "<a/>", NULL, NULL },
    { METHOD_MIX_SIGN, METHOD_CMS_WITH_DATA, "application/xml", "<a/>", "xmlNotShown", "file/mime" },
    { METHOD_MIX_SIGN, METHOD_XML, NULL, "<a/>", NULL, NULL },
};
/* clang-format on */

static struct document document_of(const struct warning_row *row)
{
    struct document document = fixture_file;

    document.method = row->own;
    document.mime = row->mime;
    document.content = slice_str(row->content);
    return document;
}

static void create(const struct create_session *create_session, struct reply *reply)
{
    struct request req = { .op = OP_CREATE_SIGNING_SESSION };
    struct fixture f;
    struct err err;

    fixture_init(&f);
    fixture_open(&f);
    req.payload.create = *create_session;
    assert_int_equal(mobile_create(f.mobile, &f.sender, &req, reply, &err), ST_OK);
    assert_string_equal(fake_last(&f.journal)->name, "session.created");
    fixture_close(&f);
}

static void each_document_has_its_warning(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
        struct reply reply = { .arena = arena };
        const struct document document = document_of(&rows[i]);
        const struct create_session request =
            fixture_request(rows[i].method, AUTH_NONE, &document, 1);
        const size_t before = rows[i].method == METHOD_MIX_SIGN; /* the session's own */
        const struct session_warning *last;

        print_message("  %s by %s\n", rows[i].mime ? rows[i].mime : "XML",
                      session_method_name(rows[i].method));
        create(&request, &reply);
        assert_int_equal(reply.created.warning_count, before + (rows[i].want != NULL));
        if (!rows[i].want)
            continue;
        last = &reply.created.warnings[before];
        assert_string_equal(last->code, rows[i].want);
        assert_memory_equal(last->field, "documents/document[1]/", 22);
        assert_string_equal(last->field + 22, rows[i].field);
        assert_true(last->text[0] != '\0');
    }
}

/* req 1.11 */
static void a_mix_needs_a_newer_app(void **state)
{
    const struct {
        const char *language, *want;
    } languages[] = {
        { "", "MIX_SIGN поддерживают приложения" },
        { "ru", "MIX_SIGN поддерживают приложения" },
        { "kk", "MIX_SIGN әдісін" },
        { "en", "MIX_SIGN needs the app of version 2.4.1 (iOS) or 1.6.77 (Android)" },
    };
    struct document document = fixture_file;

    (void)state;
    document.method = METHOD_CMS_WITH_DATA;
    for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++) {
        AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
        struct reply reply = { .arena = arena };
        struct create_session request = fixture_request(METHOD_MIX_SIGN, AUTH_NONE, &document, 1);

        request.language = languages[i].language;
        create(&request, &reply);
        assert_int_equal(reply.created.warning_count, 1);
        assert_string_equal(reply.created.warnings[0].code, "newerAppNeeded");
        assert_string_equal(reply.created.warnings[0].field, "signMethod");
        assert_memory_equal(reply.created.warnings[0].text, languages[i].want,
                            strlen(languages[i].want));
    }
}

static void every_document_may_have_one(void **state)
{
    AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
    struct reply reply = { .arena = arena };
    struct document documents[50];
    struct create_session request = fixture_request(METHOD_MIX_SIGN, AUTH_NONE, documents, 50);

    (void)state;
    for (size_t i = 0; i < 50; i++) {
        documents[i] = fixture_file;
        documents[i].id = (int64_t)i + 1;
        documents[i].method = METHOD_CMS_SIGN_ONLY;
        documents[i].mime = "application/zip";
    }
    create(&request, &reply);
    assert_int_equal(reply.created.warning_count, 51);
    assert_string_equal(reply.created.warnings[50].field, "documents/document[50]/file/mime");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_document_has_its_warning),
        cmocka_unit_test(a_mix_needs_a_newer_app),
        cmocka_unit_test(every_document_may_have_one),
    };
    struct err err;

    if (crypto_init(&err) != ST_OK || wsse_init(&err) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
