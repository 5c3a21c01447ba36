/* The order in which a PUT is refused, its repeats and its races. */
#include "scene.h"

#include "base/text.h"
#include "crypto/init.h"
#include "wsse/wsse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- order of checks, repeats, races ---- */

static void token_bearer_expiry_state_come_before_signatures(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, METHOD_XML, 1);
    scene_good(&s);
    fixture_pass(&s.f, 1800000);
    s.authorization[10] ^= 1;
    scene_must_put(&s, 401, "Access to the documents");
    s.authorization[10] ^= 1;
    scene_must_put(&s, 403, "The QR code has expired");
    s.f.store.sessions[0].session.expires_ms += 3600000;
    s.f.store.sessions[0].session.state = SESSION_CANCELLED;
    scene_must_put(&s, 409, "The organisation has cancelled");
    s.f.store.sessions[0].session.state = SESSION_DOCUMENTS_SENT;
    s.created.api2_path[5] ^= 1;
    scene_must_put(&s, 404, "This link is not valid");
    assert_int_equal(scene_stored(&s)->failed_puts, 0);
    scene_close(&s);
}

/* Of Eds too: test_eds.c. */
static void repeat(enum auth_type auth)
{
    static const char *const confirmations[] = { "", " \n", "{}", "{\"documentsToSign\":[]}",
                                                 "{\"status\":\"ok\"}" };
    struct scene s;

    scene_init(&s, METHOD_CMS_WITH_DATA, 1);
    s.f.store.sessions[0].session.auth = auth;
    s.authorization[0] = auth == AUTH_NONE ? '\0' : s.authorization[0];
    scene_good(&s);
    scene_must_put(&s, 200, "success");
    scene_must_put(&s, 200, "success"); /* the same bytes */
    assert_string_equal(scene_last(&s)->name, "put.repeated");
    scene_swap_text(&s, "\"version\":1", " \"version\" : 1 "); /* the same JSON */
    scene_must_put(&s, 200, "success");
    for (size_t i = 0; i < sizeof(confirmations) / sizeof(confirmations[0]); i++) {
        bytes_free(s.body);
        s.body = bytes_dup(slice_str(confirmations[i]));
        scene_must_put(&s, 200, "success");
    }
    bytes_free(TAKE(s.body));
    scene_good(&s); /* signed anew: another signature */
    scene_must_put(&s, 409, "The documents of this QR code are signed");
    scene_swap_text(&s, "Договор аренды", "Договор дарения");
    scene_must_put(&s, 409, "The documents of this QR code are signed");
    bytes_free(s.body);
    s.body = bytes_dup(SLICE("{"));
    scene_must_put(&s, 400, "The app's answer could not be read");
    assert_int_equal(s.f.store.sessions[0].signed_count, 1);
    scene_close(&s);
}

static void a_repeated_put_is_200_and_another_409(void **state)
{
    (void)state;
    repeat(AUTH_TOKEN);
    repeat(AUTH_NONE);
}

static void unreadable_bodies_are_400_and_not_counted(void **state)
{
    static const char *const bodies[] = { "",
                                          "{",
                                          "[]",
                                          "null",
                                          "{}",
                                          "{\"documentsToSign\":{}}",
                                          "{\"a\":1,\"a\":1}",
                                          "\xef\xbb\xbf{}",
                                          "x" };
    struct scene s;

    (void)state;
    scene_init(&s, METHOD_XML, 1);
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        bytes_free(s.body);
        s.body = bytes_dup(slice_str(bodies[i]));
        scene_must_put(&s, 400, "The app's answer could not be read");
    }
    assert_int_equal(scene_stored(&s)->failed_puts, 0);
    scene_close(&s);
}

static void a_body_over_its_limit_is_413(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, METHOD_XML, 1);
    mobile_free(s.f.mobile);
    s.f.params.max_put_bytes = 100;
    fixture_open(&s.f);
    scene_good(&s);
    scene_must_put(&s, 413, "The signed documents are too large");
    scene_close(&s);
}

static void the_fifth_refusal_ends_the_session(void **state)
{
    AUTO(bytes_free) struct bytes *json = NULL;
    struct scene s;

    (void)state;
    scene_init(&s, METHOD_XML, 1);
    scene_xml(&s, 0, "individual", "<xml>другой документ</xml>");
    for (int i = 0; i < 4; i++)
        scene_must_put(&s, 403, CHANGED);
    const size_t lines = s.f.journal.count;
    assert_int_equal(scene_put(&s, &json), 403);
    assert_non_null(strstr(json->at, "There are no attempts left"));
    assert_int_equal(scene_stored(&s)->state, SESSION_FAILED);
    assert_int_equal(s.f.journal.count, lines + 2); /* its end, and the PUT */
    assert_string_equal(s.f.journal.events[lines].name, "session.failed");
    assert_string_equal(s.f.journal.events[lines].signing, s.created.id);
    assert_string_equal(scene_last(&s)->name, "put.refused");
    scene_good(&s);
    scene_must_put(&s, 409, "This signing request was closed");
    scene_close(&s);
}

static void must_have_no_reason(struct scene *s)
{
    const struct session_query query = { .signing_session_id = s->created.id };
    struct reply reply = { 0 };
    struct err err;

    assert_int_equal(mobile_status(s->f.mobile, "ekzamen", &query, &reply, &err), ST_OK);
    assert_int_equal(reply.session->state, SESSION_SIGNED);
    assert_string_equal(reply.session->reason, "");
    signing_session_free(reply.session);
}

static void unknown_revocation_is_503_and_the_session_stays(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, METHOD_CMS_WITH_DATA, 1);
    scene_good(&s);
    notary_set_ocsp(notary, true);
    scene_must_put(&s, 503, "Whether your certificate is valid");
    assert_string_equal(scene_last(&s)->name, "put.deferred");
    assert_int_equal(scene_stored(&s)->state, SESSION_DOCUMENTS_SENT);
    assert_int_equal(scene_stored(&s)->failed_puts, 0);
    scene_cms(&s, 0, &(struct cms_wish){ 0 },
              "another lease"); /* what is wrong anyway is not put off */
    scene_must_put(&s, 403, CHANGED);
    scene_good(&s);
    notary_set_ocsp(notary, false);
    scene_must_put(&s, 200, "success");
    must_have_no_reason(&s);
    scene_close(&s);
}

static void unknown_revocation_is_accepted_with_a_warning_where_a_setting_says_so(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, METHOD_CMS_WITH_DATA, 1);
    mobile_free(s.f.mobile);
    s.f.params.unknown = UNKNOWN_ACCEPT;
    fixture_open(&s.f);
    notary_set_ocsp(notary, true);
    scene_cms(&s, 0, &(struct cms_wish){ 0 }, "another lease");
    scene_must_put(&s, 403, CHANGED); /* nothing else is let through */
    scene_good(&s);
    scene_must_put(&s, 200, "success");
    notary_set_ocsp(notary, false);
    assert_string_equal(scene_last(&s)->name, "put.accepted");
    assert_int_equal(scene_last(&s)->level, EVENT_WARNING);
    assert_non_null(strstr(scene_last(&s)->text, "[trust] user_unknown = accept: document 54321: "
                                                 "revocation: cannot be learnt of"));
    scene_close(&s);
}

static void an_untrusted_chain_is_refused(void **state)
{
    struct trust *none = NULL;
    struct scene s;
    struct err err;

    (void)state;
    scene_init(&s, METHOD_XML, 1);
    assert_int_equal(trust_new(&none, &err), ST_OK);
    mobile_free(s.f.mobile);
    s.f.trust = none;
    fixture_open(&s.f);
    scene_good(&s);
    scene_must_put(&s, 403, "The certificate was not issued by");
    scene_close(&s);
    trust_free(none);
}

static void an_algorithm_that_is_not_allowed_is_refused(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, METHOD_XML, 1);
    mobile_free(s.f.mobile);
    s.f.params.algorithms = ALG_GOST;
    fixture_open(&s.f);
    scene_good(&s); /* RSA */
    scene_must_put(&s, 403, "Keys of this kind are not accepted");
    scene_close(&s);
}

static void failures_of_ours_leave_the_session_to_be_signed_again(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, METHOD_XML, 1);
    scene_good(&s);
    s.f.store.fails = ST_UNAVAILABLE;
    scene_must_put(&s, 503, "The service is temporarily unavailable");
    s.f.store.fails = ST_OK;
    s.f.journal.full = true;
    scene_must_put(&s, 503, "The service is temporarily unavailable");
    assert_int_equal(scene_stored(&s)->state, SESSION_DOCUMENTS_SENT); /* unrecorded, undone */
    s.f.journal.full = false;
    scene_must_put(&s, 200, "success");
    scene_close(&s);
}

static void whose_signature_it_is_stands_in_the_journal_before_it_counts(void **state)
{
    const struct fake_event *before;
    struct scene s;

    (void)state;
    scene_init(&s, METHOD_XML, 1);
    scene_good(&s);
    s.f.store.race = SESSION_CANCELLED; /* between the line and the change */
    scene_must_put(&s, 409, "The organisation has cancelled");
    before = &s.f.journal.events[s.f.journal.count - 2];
    assert_string_equal(before->name, "put.verified");
    assert_string_equal(before->iin, "123456789011");
    assert_string_equal(before->code, "");
    assert_string_equal(scene_last(&s)->iin, ""); /* it signed nothing */
    scene_close(&s);
}

static void who_loses_a_race_is_told_so(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s, METHOD_XML, 1);
    scene_good(&s);
    s.f.store.race = SESSION_CANCELLED;
    scene_must_put(&s, 409, "The organisation has cancelled");
    scene_close(&s);
    scene_init(&s, METHOD_XML, 1);
    scene_xml(&s, 0, "individual", "<xml>другой документ</xml>");
    s.f.store.race = SESSION_EXPIRED;
    scene_must_put(&s, 403, "The QR code has expired");
    scene_close(&s);
}

/* C-07 */
static void a_post_with_documents_is_taken_for_the_put(void **state)
{
    AUTO(bytes_free) struct bytes *body = NULL;
    AUTO(bytes_free) struct bytes *json = NULL;
    struct scene s;
    struct err err;

    (void)state;
    scene_init(&s, METHOD_XML, 1);
    scene_good(&s);
    assert_int_equal(json_print(s.json, 1 << 24, &body, &err), ST_OK);
    struct asked asked = { "POST", s.created.api2_path, s.authorization, "en", bytes_slice(body) };
    assert_int_equal(fixture_ask(&s.f, &asked, &json), 200);
    assert_int_equal(scene_stored(&s)->state, SESSION_SIGNED);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token_bearer_expiry_state_come_before_signatures),
        cmocka_unit_test(a_repeated_put_is_200_and_another_409),
        cmocka_unit_test(unreadable_bodies_are_400_and_not_counted),
        cmocka_unit_test(a_body_over_its_limit_is_413),
        cmocka_unit_test(the_fifth_refusal_ends_the_session),
        cmocka_unit_test(unknown_revocation_is_503_and_the_session_stays),
        cmocka_unit_test(unknown_revocation_is_accepted_with_a_warning_where_a_setting_says_so),
        cmocka_unit_test(an_untrusted_chain_is_refused),
        cmocka_unit_test(an_algorithm_that_is_not_allowed_is_refused),
        cmocka_unit_test(failures_of_ours_leave_the_session_to_be_signed_again),
        cmocka_unit_test(whose_signature_it_is_stands_in_the_journal_before_it_counts),
        cmocka_unit_test(who_loses_a_race_is_told_so),
        cmocka_unit_test(a_post_with_documents_is_taken_for_the_put),
    };
    struct err err;

    if (crypto_init(&err) != ST_OK || wsse_init(&err) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, scene_open_notary, scene_close_notary);
}
