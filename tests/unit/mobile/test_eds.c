/* A session with authType Eds from door to signature: the order of checks, and who signs is who
 * logged in (req 0.36, 1.16, 1.19, 1.22). */
#include "entrance.h"

#include "base/text.h"
#include "crypto/init.h"
#include "wsse/wsse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void must_ask(struct scene *s, const char *method, struct slice body, int status,
                     const char *message)
{
    const struct asked asked = { method, s->created.api2_path, "Bearer x", "en", body };
    AUTO(bytes_free) struct bytes *json = NULL;
    char want[512];

    text_format(want, sizeof(want), "{\"message\":\"%s", message);
    assert_int_equal(fixture_ask(&s->f, &asked, &json), status);
    if (strncmp(json->at, want, strlen(want)) != 0)
        fail_msg("%s: %s does not begin with %s", method, json->at, want);
}

static void documents_are_not_to_be_had_without_a_login(void **state)
{
    struct scene s;

    (void)state;
    entrance_open(&s, METHOD_XML);
    must_ask(&s, "GET", SLICE(""), 401, LOGIN_FIRST);
    assert_string_equal(scene_last(&s)->name, "login.missing");
    must_ask(&s, "PUT", SLICE("{}"), 401, LOGIN_FIRST);
    must_ask(&s, "POST", SLICE("{\"documentsToSign\":[]}"), 401, LOGIN_FIRST);
    must_ask(&s, "DELETE", SLICE(""), 401, LOGIN_FIRST);
    must_ask(&s, "PATCH", SLICE(""), 405, "The app called the service in a way");
    assert_int_equal(scene_stored(&s)->state, SESSION_SCANNED);
    entrance_must_login(&s, &(struct login_wish){ 0 }, 200, "\"XML\"");
    must_ask(&s, "GET", SLICE(""), 401, LOGIN_FIRST); /* each fetch is a login of its own */
    must_ask(&s, "PUT", SLICE("{}"), 400, "The app's answer could not be read");
    scene_close(&s);
}

static void the_person_who_logged_in_signs(void **state)
{
    static const enum sign_method methods[] = { METHOD_XML, METHOD_CMS_WITH_DATA };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct scene s;

        entrance_open(&s, methods[i]);
        entrance_must_login(&s, &(struct login_wish){ 0 }, 200, "\"");
        scene_good(&s);
        scene_must_put(&s, 200, "success");
        assert_string_equal(scene_last(&s)->name, "put.accepted");
        assert_int_equal(scene_stored(&s)->state, SESSION_SIGNED);
        scene_close(&s);
    }
}

static void another_signer_than_who_logged_in_is_403(void **state)
{
    struct scene s;

    (void)state;
    entrance_open(&s, METHOD_XML);
    entrance_must_login(&s, &(struct login_wish){ 0 }, 200, "\"XML\"");
    scene_xml(&s, 0, "individual-2", NULL);
    scene_must_put(&s, 403, LOGIN_OTHER);
    assert_string_equal(scene_last(&s)->name, "put.refused");
    assert_string_equal(scene_stored(&s)->reason,
                        "owner: signed by another person than who logged in");
    assert_int_equal(scene_stored(&s)->failed_puts, 1);
    entrance_must_login(&s, &(struct login_wish){ .holder = "individual-2-auth" }, 200, "\"XML\"");
    scene_xml(&s, 0, "individual-2", NULL);
    scene_must_put(&s, 200, "success");
    scene_close(&s);
}

/* Who logs in as somebody of a company may sign as himself, and the other way round. */
static void a_bin_counts_where_both_name_one(void **state)
{
    static const struct {
        const char *login, *signer, *bin; /* bin: the login's, changed */
        int want;
    } rows[] = {
        { "individual-auth", "legal-entity", NULL, 200 },
        { "legal-entity-auth", "individual", NULL, 200 },
        { "legal-entity-auth", "ceo", NULL, 200 },
        { "legal-entity-auth", "ceo", "987654321013", 403 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scene s;

        entrance_open(&s, METHOD_XML);
        entrance_must_login(&s, &(struct login_wish){ .holder = rows[i].login }, 200, "\"XML\"");
        if (rows[i].bin)
            text_copy(s.f.store.sessions[0].logins[0].bin, 16, rows[i].bin);
        scene_xml(&s, 0, rows[i].signer, NULL);
        scene_must_put(&s, rows[i].want, rows[i].want == 200 ? "success" : LOGIN_OTHER);
        scene_close(&s);
    }
}

/* C-07 */
static void a_post_with_documents_is_taken_for_the_put(void **state)
{
    AUTO(bytes_free) struct bytes *body = NULL;
    struct scene s;
    struct err err;

    (void)state;
    entrance_open(&s, METHOD_XML);
    entrance_must_login(&s, &(struct login_wish){ 0 }, 200, "\"XML\"");
    scene_good(&s);
    assert_int_equal(json_print(s.json, 1 << 24, &body, &err), ST_OK);
    must_ask(&s, "POST", bytes_slice(body), 200, "success");
    assert_int_equal(scene_stored(&s)->state, SESSION_SIGNED);
    scene_close(&s);
}

/* flows.md section 1, «third PUT» */
static void a_confirmation_of_a_signed_session_is_200(void **state)
{
    static const char *const confirmations[] = { "", "{}", "{\"documentsToSign\":[]}" };
    struct scene s;

    (void)state;
    entrance_open(&s, METHOD_XML);
    entrance_must_login(&s, &(struct login_wish){ 0 }, 200, "\"XML\"");
    scene_good(&s);
    scene_must_put(&s, 200, "success");
    scene_must_put(&s, 200, "success");
    assert_string_equal(scene_last(&s)->name, "put.repeated");
    for (size_t i = 0; i < sizeof(confirmations) / sizeof(confirmations[0]); i++)
        must_ask(&s, "PUT", slice_str(confirmations[i]), 200, "success");
    scene_close(&s);
}

static void token_expiry_and_state_come_before_the_login(void **state)
{
    AUTO(bytes_free) struct bytes *xml = NULL;
    AUTO(bytes_free) struct bytes *body = NULL;
    struct signing_session *stored;
    struct scene s;

    (void)state;
    entrance_open(&s, METHOD_XML);
    stored = &s.f.store.sessions[0].session;
    xml = entrance_xml(&s, &(struct login_wish){ 0 });
    body = entrance_body(bytes_slice(xml));
    stored->state = SESSION_CANCELLED;
    entrance_must_post(&s, bytes_slice(body), 409, "The organisation has cancelled");
    stored->state = SESSION_SIGNED;
    entrance_must_post(&s, bytes_slice(body), 409, "The documents of this QR code are signed");
    stored->state = SESSION_SCANNED;
    stored->expires_ms = s.f.store.now_ms;
    entrance_must_post(&s, bytes_slice(body), 403, "The QR code has expired");
    entrance_must_post(&s, SLICE("x"), 403, "The QR code has expired");
    must_ask(&s, "PUT", SLICE("{}"), 401, LOGIN_FIRST); /* as a wrong Bearer would be */
    s.created.api2_path[5] ^= 1;
    entrance_must_post(&s, bytes_slice(body), 404, "This link is not valid");
    assert_int_equal(s.f.store.sessions[0].tally.refused, 0);
    scene_close(&s);
}

static void failures_of_ours_are_503_and_the_next_login_counts(void **state)
{
    struct scene s;

    (void)state;
    entrance_open(&s, METHOD_XML);
    s.f.store.fails = ST_UNAVAILABLE;
    entrance_must_login(&s, &(struct login_wish){ 0 }, 503, "The service is temporarily");
    s.f.store.fails = ST_OK;
    s.f.journal.full = true;
    entrance_must_login(&s, &(struct login_wish){ 0 }, 503, "The service is temporarily");
    assert_int_equal(s.f.store.sessions[0].tally.accepted, 0); /* unrecorded, it does not count */
    s.f.journal.full = false;
    s.f.store.race = SESSION_CANCELLED;
    entrance_must_login(&s, &(struct login_wish){ 0 }, 409, "The organisation has cancelled");
    s.f.store.sessions[0].session.state = SESSION_SCANNED;
    entrance_must_login(&s, &(struct login_wish){ 0 }, 200, "\"XML\"");
    scene_close(&s);
}

static void a_refusal_of_the_sandboxs_telephone_needs_a_login_too(void **state)
{
    struct scene s;

    (void)state;
    entrance_open(&s, METHOD_XML);
    mobile_free(s.f.mobile);
    s.f.params.refusal_allowed = true;
    fixture_open(&s.f);
    must_ask(&s, "DELETE", SLICE(""), 401, LOGIN_FIRST);
    entrance_must_login(&s, &(struct login_wish){ 0 }, 200, "\"XML\"");
    must_ask(&s, "DELETE", SLICE(""), 200, "refused");
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_not_to_be_had_without_a_login),
        cmocka_unit_test(the_person_who_logged_in_signs),
        cmocka_unit_test(another_signer_than_who_logged_in_is_403),
        cmocka_unit_test(a_bin_counts_where_both_name_one),
        cmocka_unit_test(a_post_with_documents_is_taken_for_the_put),
        cmocka_unit_test(a_confirmation_of_a_signed_session_is_200),
        cmocka_unit_test(token_expiry_and_state_come_before_the_login),
        cmocka_unit_test(failures_of_ours_are_503_and_the_next_login_counts),
        cmocka_unit_test(a_refusal_of_the_sandboxs_telephone_needs_a_login_too),
    };
    struct err err;

    if (crypto_init(&err) != ST_OK || wsse_init(&err) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, scene_open_notary, scene_close_notary);
}
