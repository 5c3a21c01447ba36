/* The end of contents: what is left of a signed document, and what is not wiped. */
#include "scene.h"

#include "crypto/cms.h"
#include "crypto/init.h"
#include "wsse/xmlsig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { KEEP_MS = 30 * 60 * 1000 };

static const struct xml_limits limits = { 32 << 20, 64 };

/* A signed and sealed session whose time is over. */
static void open_signed(struct scene *s, enum sign_method method, size_t documents)
{
    scene_init(s, method, documents);
    mobile_free(s->f.mobile);
    s->f.params.seal_key = notary_key(notary, "rsa", "adapter");
    s->f.params.content_keep_ms = KEEP_MS;
    fixture_open(&s->f);
    scene_good(s);
    scene_must_put(s, 200, "success");
}

static void seal(struct scene *s)
{
    struct err err = { 0 };
    bool more = false;

    assert_int_equal(mobile_seal_next(s->f.mobile, &more, &err), ST_OK);
    assert_true(more);
}

static enum status wipe_next(struct scene *s, bool *ret_more)
{
    struct err err = { 0 };
    const enum status status = mobile_wipe_next(s->f.mobile, ret_more, &err);

    if (status != ST_OK)
        assert_true(err.text[0] != '\0');
    return status;
}

static void must_wipe(struct scene *s)
{
    bool more = false;

    fixture_pass(&s->f, KEEP_MS);
    assert_int_equal(wipe_next(s, &more), ST_OK);
    assert_true(more);
    assert_true(scene_stored(s)->wiped_ms > 0);
}

static struct slice left(const struct scene *s, size_t i)
{
    return s->f.store.sessions[0].signed_documents[i].content;
}

static enum verdict judge_left(const struct scene *s, enum sign_method method, struct slice issued)
{
    const struct judge how = { .now_ms = s->f.clock.fixed_ms, .signature_only = true };
    const struct slice signature = left(s, 0);
    AUTO(report_free) struct report *report = report_new();
    AUTO(bytes_free) struct bytes *whole = NULL;
    struct err err;

    if (method != METHOD_XML)
        return cms_judge(&how, signature, issued, report, NULL);
    assert_int_equal(xmlsig_attach(issued, signature, &limits, &whole, &err), ST_OK);
    return xmlsig_judge_enveloped(&how, bytes_slice(whole), &limits, report);
}

static void the_signature_stays_and_holds_with_the_document_brought(void **state)
{
    static const enum sign_method methods[] = { METHOD_XML, METHOD_CMS_WITH_DATA,
                                                METHOD_CMS_SIGN_ONLY };

    (void)state;
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        const struct slice issued =
            methods[i] == METHOD_XML ? fixture_xml.content : fixture_file.content;
        struct scene s;

        open_signed(&s, methods[i], 1);
        seal(&s);
        must_wipe(&s);
        assert_int_equal(scene_stored(&s)->documents[0].content.len, 0);
        assert_null(memmem(left(&s, 0).at, left(&s, 0).len, issued.at, issued.len));
        assert_int_equal(judge_left(&s, methods[i], issued), VERDICT_VALID);
        assert_int_not_equal(judge_left(&s, methods[i], SLICE("<other/>")), VERDICT_VALID);
        assert_string_equal(scene_last(&s)->name, "session.wiped");
        assert_string_equal(scene_last(&s)->text,
                            "contents of 1 documents are wiped, 1 signatures stay");
        scene_close(&s);
    }
}

/* A bare signature has no content in it. */
static void signed_bytes_stay_as_they_are(void **state)
{
    struct scene s;

    (void)state;
    open_signed(&s, METHOD_CMS_SIGN_ONLY, 2);
    seal(&s);
    s.f.store.sessions[0].session.method = METHOD_SIGN_BYTES_ARRAY;
    s.f.store.sessions[0].signed_documents[1].content = SLICE("{\"signature\":\"\"}");
    AUTO(bytes_free) struct bytes *before = bytes_dup(left(&s, 1));
    must_wipe(&s);
    assert_true(slice_eq(left(&s, 1), bytes_slice(before)));
    assert_int_equal(scene_stored(&s)->documents[1].content.len, 0);
    scene_close(&s);
}

static void nothing_is_wiped_before_its_time_or_its_seal(void **state)
{
    struct scene s;
    bool more = true;

    (void)state;
    open_signed(&s, METHOD_CMS_WITH_DATA, 1);
    fixture_pass(&s.f, KEEP_MS);
    assert_int_equal(wipe_next(&s, &more), ST_OK);
    assert_false(more); /* the seal is not made */
    scene_close(&s);
    open_signed(&s, METHOD_CMS_WITH_DATA, 1);
    seal(&s);
    fixture_pass(&s.f, KEEP_MS - 1);
    assert_int_equal(wipe_next(&s, &more), ST_OK);
    assert_false(more);
    must_wipe(&s);
    assert_int_equal(wipe_next(&s, &more), ST_OK);
    assert_false(more); /* once */
    scene_close(&s);
}

static void expect_failure(const struct scene *s, size_t count)
{
    const struct journal *journal = &s->f.journal;
    size_t found = 0;

    for (size_t i = 0; i < journal->count; i++)
        found += strcmp(journal->events[i].name, "session.wipe_failed") == 0;
    assert_int_equal(found, count);
    assert_int_equal(scene_last(s)->level, EVENT_WARNING);
    assert_string_equal(scene_last(s)->signing, s->created.id);
    assert_string_equal(scene_last(s)->account, scene_stored(s)->sender_id);
    assert_non_null(strstr(scene_last(s)->text, "its signature alone would not hold"));
}

/* Whatever is wrong with it, the last copy is not the one to be thrown away. */
static void a_signature_that_would_not_hold_alone_keeps_its_content(void **state)
{
    struct scene s;
    bool more = false;

    (void)state;
    open_signed(&s, METHOD_CMS_WITH_DATA, 2);
    seal(&s);
    s.f.store.sessions[0].signed_documents[0].content = left(&s, 1);
    fixture_pass(&s.f, KEEP_MS);
    assert_int_equal(wipe_next(&s, &more), ST_INTERNAL);
    assert_true(more);
    assert_int_equal(scene_stored(&s)->wiped_ms, 0);
    assert_true(scene_stored(&s)->documents[0].content.len > 0);
    expect_failure(&s, 1);
    assert_int_equal(wipe_next(&s, &more), ST_OK);
    assert_false(more); /* not yet again */
    expect_failure(&s, 1);
    fixture_pass(&s.f, 3600000);
    assert_int_equal(wipe_next(&s, &more), ST_INTERNAL);
    expect_failure(&s, 2);
    scene_close(&s);
}

/* The app knows nothing of it. */
static void a_put_after_the_end_is_answered_as_before(void **state)
{
    struct scene s;

    (void)state;
    open_signed(&s, METHOD_CMS_WITH_DATA, 1);
    seal(&s);
    must_wipe(&s);
    scene_must_put(&s, 200, "success"); /* the same bytes */
    scene_swap_text(&s, "\"id\":", "\"id\": ");
    scene_must_put(&s, 409, "");
    s.body->len = 0;
    scene_must_put(&s, 200, "success"); /* a confirmation */
    scene_close(&s);
}

static void a_store_that_is_away_wipes_nothing(void **state)
{
    struct scene s;
    bool more = true;

    (void)state;
    open_signed(&s, METHOD_XML, 1);
    seal(&s);
    fixture_pass(&s.f, KEEP_MS);
    s.f.store.fails = ST_UNAVAILABLE;
    assert_int_equal(wipe_next(&s, &more), ST_UNAVAILABLE);
    assert_false(more);
    s.f.store.fails = ST_OK;
    assert_int_equal(wipe_next(&s, &more), ST_OK);
    assert_true(more);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_signature_stays_and_holds_with_the_document_brought),
        cmocka_unit_test(signed_bytes_stay_as_they_are),
        cmocka_unit_test(nothing_is_wiped_before_its_time_or_its_seal),
        cmocka_unit_test(a_signature_that_would_not_hold_alone_keeps_its_content),
        cmocka_unit_test(a_put_after_the_end_is_answered_as_before),
        cmocka_unit_test(a_store_that_is_away_wipes_nothing),
    };
    struct err err;

    if (clock_use_astana(&err) != ST_OK || crypto_init(&err) != ST_OK || wsse_init(&err) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, scene_open_notary, scene_close_notary);
}
