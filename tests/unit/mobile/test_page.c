/* What the signing page learns of a session, and what it does not. */
#include "fixture.h"

#include "crypto/init.h"
#include "wsse/wsse.h"

#include "support/cmocka.h"

static struct mobile_page find(struct fixture *f, const struct created *created,
                               enum language language)
{
    struct mobile_page page;
    struct err err;

    if (mobile_page_find(f->mobile, slice_str(created->page), language, &page, &err) != ST_OK)
        fail_msg("%s", err.text);
    return page;
}

static void open_with(struct fixture *f, const struct create_session *req, struct created *created)
{
    fixture_init(f);
    fixture_open(f);
    fixture_create(f, req, created);
}

static void the_page_is_found_by_its_id_only(void **state)
{
    struct create_session req = fixture_request(METHOD_XML, AUTH_NONE, &fixture_xml, 1);
    struct mobile_page page;
    struct created created;
    struct fixture f;
    struct err err;

    (void)state;
    open_with(&f, &req, &created);
    page = find(&f, &created, LANGUAGE_RU);
    assert_int_equal(page.state, SESSION_CREATED);
    assert_string_equal(page.qr_text + 11, created.api1);
    assert_non_null(strstr(page.link, created.api1));
    assert_non_null(strstr(page.business_link, "businessSign"));
    assert_string_equal(page.why, "");
    const struct slice others[] = { slice_str(created.id), { created.api1_path + 3, 22 } };
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(mobile_page_find(f.mobile, others[i], LANGUAGE_RU, &page, &err),
                         ST_NOT_FOUND);
    fixture_close(&f);
}

static void the_time_left_is_the_databases_and_runs_out(void **state)
{
    struct create_session req = fixture_request(METHOD_XML, AUTH_NONE, &fixture_xml, 1);
    struct mobile_page page;
    struct created created;
    struct fixture f;

    (void)state;
    open_with(&f, &req, &created);
    f.store.now_ms += 1000; /* the database's clock alone */
    page = find(&f, &created, LANGUAGE_RU);
    assert_int_equal(page.expires_ms, NOW_MS + 1800000);
    assert_int_equal(page.left_ms, 1799000);
    f.store.now_ms += 1799000;
    page = find(&f, &created, LANGUAGE_RU);
    assert_int_equal(page.state, SESSION_EXPIRED);
    assert_int_equal(page.left_ms, 0);
    assert_false(page.was_opened);
    fixture_close(&f);
}

static void the_organisation_and_the_way_back_are_shown_in_the_visitors_language(void **state)
{
    struct create_session req = fixture_request(METHOD_XML, AUTH_NONE, &fixture_xml, 1);
    struct created created;
    struct fixture f;

    (void)state;
    req.has_organisation = true;
    req.organisation.name = (struct names){ "Банк", "Банкі", "Bank" };
    req.back_url = "https://bank.example/done?a=1";
    open_with(&f, &req, &created);
    assert_string_equal(find(&f, &created, LANGUAGE_RU).organisation, "Банк");
    assert_string_equal(find(&f, &created, LANGUAGE_KK).organisation, "Банкі");
    assert_string_equal(find(&f, &created, LANGUAGE_EN).organisation, "Bank");
    assert_string_equal(find(&f, &created, LANGUAGE_EN).back_url, "https://bank.example/done?a=1");
    assert_int_equal(find(&f, &created, LANGUAGE_EN).signer_count, 1);
    assert_int_equal(find(&f, &created, LANGUAGE_EN).signed_count, 0);
    fixture_close(&f);
}

static const struct {
    const char *reason; /* as the store keeps it */
    enum message want;
} refusals[] = {
    { "document 1: owner: IIN * instead of *", MSG_OWNER },
    { "document 12: keyUsage: not for signing", MSG_KEY_USAGE },
    { "document 1: dates: expired", MSG_DATES },
    { "document 1: revocation: revoked", MSG_REVOKED },
    { "document 1: timestamp: there is none", MSG_TIMESTAMP },
    { "document 1: signature: wrong", MSG_CONTENT },
    { "document 1: signer: another signer than of the first document", MSG_SIGNERS },
    { "the JSON is not the issued one at documentsToSign/0/id", MSG_CHANGED },
    { "document 1: ownership", MSG_CHANGED }, /* begins like a check, and is none */
    { "owner: signed by another person than who logged in", MSG_LOGIN_OTHER },
};

static const struct {
    const char *reason;
    enum message want;
} logins[] = {
    { "format: login: the document element is not login", MSG_LOGIN_INVALID },
    { "url: not below [http] public_url", MSG_LOGIN_ADDRESS },
    { "timeStamp: 400 s behind our clock, at most 300 s are allowed", MSG_LOGIN_TIME },
    { "replay: this login was accepted before", MSG_LOGIN_SEEN },
    { "keyUsage: not an authentication certificate", MSG_LOGIN_KEY },
    { "signer: the certificate names no IIN", MSG_LOGIN_KEY },
    { "signature: wrong", MSG_LOGIN_INVALID },
    { "dates: expired", MSG_DATES },
    { "owner: none of the expected signers", MSG_OWNER },
    { "", MSG_LOGIN_INVALID },
};

static void a_refused_login_is_explained_until_one_is_accepted(void **state)
{
    struct create_session req = fixture_request(METHOD_XML, AUTH_EDS, &fixture_xml, 1);

    (void)state;
    for (size_t i = 0; i < COUNT(logins); i++) {
        struct created created;
        struct fixture f;
        struct err err;
        struct id id;
        bool seen;

        open_with(&f, &req, &created);
        assert_true(id_parse(slice_str(created.id), &id));
        assert_int_equal(store_login_refuse(&f.store, &id, logins[i].reason, &err), ST_OK);
        assert_string_equal(find(&f, &created, LANGUAGE_RU).why,
                            message_text(logins[i].want, LANGUAGE_RU));
        assert_int_equal(find(&f, &created, LANGUAGE_RU).refusals, 0);
        assert_int_equal(store_login_accept(&f.store, &id,
                                            &(struct login){ (const uint8_t[32]){ 1 }, "1", "" },
                                            &seen, &err),
                         ST_OK);
        assert_string_equal(find(&f, &created, LANGUAGE_RU).why, "");
        fixture_close(&f);
    }
}

static void a_refused_signature_is_explained_in_the_visitors_words(void **state)
{
    struct create_session req = fixture_request(METHOD_XML, AUTH_NONE, &fixture_xml, 1);

    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        enum session_state now;
        struct created created;
        struct fixture f;
        struct err err;
        struct id id;

        open_with(&f, &req, &created);
        assert_true(id_parse(slice_str(created.id), &id));
        for (uint32_t n = 1; n <= 5; n++) { /* the fifth ends it */
            struct mobile_page page;
            assert_int_equal(
                store_session_refuse_put(&f.store, &id, refusals[i].reason, &now, &err), ST_OK);
            page = find(&f, &created, LANGUAGE_KK);
            assert_int_equal(page.refusals, n);
            assert_int_equal(page.state, n == 5 ? SESSION_FAILED : SESSION_CREATED);
            assert_string_equal(page.why, message_text(refusals[i].want, LANGUAGE_KK));
        }
        fixture_close(&f);
    }
}

static void a_refusal_by_the_citizen_is_none_of_the_signature(void **state)
{
    struct create_session req = fixture_request(METHOD_XML, AUTH_NONE, &fixture_xml, 1);
    struct created created;
    struct fixture f;
    struct err err;
    struct id id;

    (void)state;
    open_with(&f, &req, &created);
    assert_true(id_parse(slice_str(created.id), &id));
    assert_int_equal(store_session_end(&f.store, &id, SESSION_FAILED, "refused", &err), ST_OK);
    assert_string_equal(find(&f, &created, LANGUAGE_EN).why,
                        message_text(MSG_REFUSED, LANGUAGE_EN));
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_is_found_by_its_id_only),
        cmocka_unit_test(the_time_left_is_the_databases_and_runs_out),
        cmocka_unit_test(the_organisation_and_the_way_back_are_shown_in_the_visitors_language),
        cmocka_unit_test(a_refused_login_is_explained_until_one_is_accepted),
        cmocka_unit_test(a_refused_signature_is_explained_in_the_visitors_words),
        cmocka_unit_test(a_refusal_by_the_citizen_is_none_of_the_signature),
    };
    struct err err;

    if (crypto_init(&err) != ST_OK || wsse_init(&err) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
