/* Our seal over the evidence of a signed session: what it holds, who may wait for it, who fails. */
#include "scene.h"

#include "base/text.h"
#include "crypto/encode.h"
#include "crypto/init.h"
#include "wsse/xades.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct xml_limits limits = { 32 << 20, 64 };

/* A signed session whose mobile seals with the adapter's key. */
static void open_signed(struct scene *s, const char *family, const char *tsp_url, size_t documents)
{
    scene_init(s, METHOD_CMS_WITH_DATA, documents);
    mobile_free(s->f.mobile);
    s->f.params.seal_key = notary_key(notary, family, "adapter");
    s->f.params.seal_tsp_url = tsp_url;
    fixture_open(&s->f);
    scene_good(s);
    scene_must_put(s, 200, "success");
}

static enum status seal_next(struct scene *s, bool *ret_more)
{
    struct err err = { 0 };
    const enum status status = mobile_seal_next(s->f.mobile, ret_more, &err);

    if (status != ST_OK)
        assert_true(err.text[0] != '\0');
    return status;
}

static const struct evidence_seal *kept(const struct scene *s)
{
    return &s->f.store.sessions[0].seal;
}

static enum verdict judge(const struct scene *s, struct slice xml, bool stamped)
{
    const struct judge how = { .trust = notary_trust(notary),
                               .now_ms = s->f.clock.fixed_ms,
                               .purpose = PURPOSE_SIGN,
                               .skew_ms = s->f.params.skew_ms, /* the notary's clock runs */
                               .timestamp_required = stamped };
    AUTO(report_free) struct report *report = report_new();
    const enum verdict verdict = xades_judge(&how, xml, &limits, report);

    if (verdict != VERDICT_VALID)
        print_message("%s\n", report_reason(report));
    return verdict;
}

static void a_signed_session_is_sealed_once(void **state) /* req 0.14 */
{
    static const char *const families[] = { "gost2015", "gost2004", "rsa" };

    (void)state;
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        struct scene s;
        char url[64];
        bool more = false;

        (void)snprintf(url, sizeof(url), "http://tsp.test/tsp/%s", families[i]);
        open_signed(&s, families[i], url, 2);
        assert_int_equal(seal_next(&s, &more), ST_OK);
        assert_true(more && kept(&s)->is_stamped);
        assert_int_equal(judge(&s, kept(&s)->xml, true), VERDICT_VALID);
        assert_string_equal(scene_last(&s)->name, "session.sealed");
        assert_int_equal(seal_next(&s, &more), ST_OK);
        assert_false(more);
        scene_close(&s);
    }
}

static void a_seal_holds_everything_that_was_kept(void **state)
{
    AUTO(bytes_free) struct bytes *content = NULL;
    struct scene s;
    bool more = false;

    (void)state;
    open_signed(&s, "gost2015", NULL, 1);
    assert_int_equal(seal_next(&s, &more), ST_OK);
    const struct signed_document *document = &s.f.store.sessions[0].signed_documents[0];
    for (size_t i = 0; i < document->evidence_count; i++) {
        AUTO(bytes_free) struct bytes *data = base64_encode(document->evidence[i].data);
        assert_non_null(strstr(kept(&s)->xml.at, data->at));
    }
    uint8_t hash[SHA256_BYTES];
    sha256(document->content, hash);
    AUTO(bytes_free) struct bytes *digest = base64_encode(slice_mem(hash, sizeof(hash)));
    assert_non_null(strstr(kept(&s)->xml.at, digest->at));
    assert_non_null(strstr(kept(&s)->xml.at, s.created.id));
    assert_non_null(strstr(kept(&s)->xml.at, "<verdict>valid</verdict>"));
    scene_close(&s);
}

static void any_change_of_the_evidence_breaks_the_seal(void **state)
{
    struct scene s;
    bool more = false;

    (void)state;
    open_signed(&s, "rsa", NULL, 1);
    assert_int_equal(seal_next(&s, &more), ST_OK);
    AUTO(bytes_free) struct bytes *xml = bytes_dup(kept(&s)->xml);
    assert_int_equal(judge(&s, bytes_slice(xml), false), VERDICT_VALID);
    for (const char *at = xml->at; (at = strstr(at, "<data>")); at++) {
        char *place = xml->at + (at - xml->at) + 6 + 20;
        const char was = *place;

        *place = was == 'A' ? 'B' : 'A';
        assert_int_equal(judge(&s, bytes_slice(xml), false), VERDICT_INVALID);
        *place = was;
    }
    scene_close(&s);
}

static void without_an_authority_a_seal_has_no_timestamp(void **state)
{
    struct scene s;
    bool more = false;

    (void)state;
    open_signed(&s, "gost2015", NULL, 1);
    assert_int_equal(seal_next(&s, &more), ST_OK);
    assert_true(more && kept(&s)->xml.len > 0);
    assert_false(kept(&s)->is_stamped);
    assert_int_equal(judge(&s, kept(&s)->xml, false), VERDICT_VALID);
    assert_non_null(strstr(scene_last(&s)->text, "XAdES-BES"));
    scene_close(&s);
}

/* The acceptance stands, the seal waits; at last it goes without. */
static void an_authority_that_is_away_delays_the_seal_and_nothing_else(void **state)
{
    struct trust_io away = { 0 };
    struct scene s;
    bool more = false;
    unsigned tries = 1;

    (void)state;
    open_signed(&s, "gost2015", "http://tsp.test/tsp/gost2015", 1);
    mobile_free(s.f.mobile);
    s.f.io = &away;
    fixture_open(&s.f);
    assert_int_equal(scene_stored(&s)->state, SESSION_SIGNED);
    assert_int_equal(seal_next(&s, &more), ST_UPSTREAM);
    assert_int_equal(kept(&s)->xml.len, 0);
    assert_int_equal(seal_next(&s, &more), ST_OK); /* not yet again */
    assert_false(more);
    for (; kept(&s)->xml.len == 0 && tries < 1000; tries++) {
        fixture_pass(&s.f, 3600000);
        (void)!seal_next(&s, &more);
    }
    assert_int_equal(tries, 101);
    assert_false(kept(&s)->is_stamped);
    scene_close(&s);
}

/* A crash in between loses neither the seal nor that there was one. */
static void a_seal_is_on_record_before_it_is_kept(void **state)
{
    struct scene s;
    bool more = false;

    (void)state;
    open_signed(&s, "rsa", NULL, 1);
    s.f.journal.full = true;
    assert_int_equal(seal_next(&s, &more), ST_UNAVAILABLE);
    assert_int_equal(kept(&s)->xml.len, 0);
    s.f.journal.full = false;
    fixture_pass(&s.f, 3600000);
    assert_int_equal(seal_next(&s, &more), ST_OK);
    const struct fake_event *before = &s.f.journal.events[s.f.journal.count - 2];
    assert_string_equal(before->name, "seal.made");
    assert_string_equal(before->signing, s.created.id);
    assert_string_equal(scene_last(&s)->name, "session.sealed");
    scene_close(&s);
}

static void a_store_that_is_away_keeps_the_session_waiting(void **state)
{
    struct scene s;
    bool more = true;

    (void)state;
    open_signed(&s, "rsa", NULL, 1);
    s.f.store.fails = ST_UNAVAILABLE;
    assert_int_equal(seal_next(&s, &more), ST_UNAVAILABLE);
    assert_false(more);
    s.f.store.fails = ST_OK;
    assert_int_equal(seal_next(&s, &more), ST_OK);
    assert_true(kept(&s)->xml.len > 0);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signed_session_is_sealed_once),
        cmocka_unit_test(a_seal_holds_everything_that_was_kept),
        cmocka_unit_test(any_change_of_the_evidence_breaks_the_seal),
        cmocka_unit_test(without_an_authority_a_seal_has_no_timestamp),
        cmocka_unit_test(an_authority_that_is_away_delays_the_seal_and_nothing_else),
        cmocka_unit_test(a_seal_is_on_record_before_it_is_kept),
        cmocka_unit_test(a_store_that_is_away_keeps_the_session_waiting),
    };

    struct err err;

    if (clock_use_astana(&err) != ST_OK || crypto_init(&err) != ST_OK || wsse_init(&err) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, scene_open_notary, scene_close_notary);
}
