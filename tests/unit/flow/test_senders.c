/* Who is let in: the sender, its gateway, its password, the message's date, and whose business
 * signature it bears. */
#include "world.h"

/* req 0.16, 0.17, 0.31, 0.32, payloads.md section 3 */
static void a_caller_must_be_who_it_says_and_may_do_what_it_asks(void **state)
{
    static const struct {
        const char *name, *sender, *password, *service, *date, *bin, *iin, *pin;
        enum status want;
    } cases[] = {
        { "by BIN and password", "ekzamen", "secret", NULL, NULL, NULL, NULL, "", ST_OK },
        { "by IIN", "person", "", NULL, NULL, "", NULL, "", ST_OK },
        { "through its gateway", "ekzamen", "secret", NULL, NULL, "999999999999", NULL, "shep-2026",
          ST_OK },
        { "only through its gateway", "gated", "", NULL, NULL, NULL, NULL, "shep-2026", ST_OK },
        { "unknown sender", "nobody", "", NULL, NULL, NULL, NULL, "", ST_FORGED },
        { "wrong password", "ekzamen", "guess", NULL, NULL, NULL, NULL, "", ST_FORGED },
        { "no password", "ekzamen", "", NULL, NULL, NULL, NULL, "", ST_FORGED },
        { "another BIN", "ekzamen", "secret", NULL, NULL, "999999999999", NULL, "", ST_FORGED },
        { "no BIN", "ekzamen", "secret", NULL, NULL, "", NULL, "", ST_FORGED },
        { "another IIN", "person", "", NULL, NULL, NULL, "999999999999", "", ST_FORGED },
        { "another's gateway", "person", "", NULL, NULL, NULL, NULL, "shep-2026", ST_FORGED },
        { "an unknown gateway", "ekzamen", "secret", NULL, NULL, NULL, NULL, "old", ST_FORGED },
        { "gated, but by itself", "gated", "", NULL, NULL, NULL, NULL, "", ST_FORGED },
        { "unknown service", "ekzamen", "secret", "NOPE", NULL, NULL, NULL, "", ST_SERVICE },
        { "allowed but not served", "ekzamen", "secret", "OTHER", NULL, NULL, NULL, "",
          ST_SERVICE },
        { "yesterday, a bare date", "ekzamen", "secret", NULL, "2026-11-21", NULL, NULL, "",
          ST_OK },
        { "25 hours ago", "ekzamen", "secret", NULL, "2026-11-21T12:00:00", NULL, NULL, "",
          ST_STALE },
        { "in two days", "ekzamen", "secret", NULL, "2026-11-24", NULL, NULL, "", ST_STALE },
        { "no date at all", "ekzamen", "secret", NULL, "soon", NULL, NULL, "", ST_FORMAT },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO(reply_free) struct reply *reply = NULL;
        struct request req = request_of(cases[i].sender, cases[i].password);
        struct err err = { 0 };

        fake = (typeof(fake)){ .claims = { CLAIM_MINE } };
        if (cases[i].service)
            req.info.service_id = cases[i].service;
        if (cases[i].date)
            req.info.message_date = cases[i].date;
        if (cases[i].bin)
            (void)snprintf(req.signer.bin, sizeof(req.signer.bin), "%s", cases[i].bin);
        if (cases[i].iin)
            (void)snprintf(req.signer.iin, sizeof(req.signer.iin), "%s", cases[i].iin);
        (void)snprintf(req.signer.pin, sizeof(req.signer.pin), "%s", cases[i].pin);
        enum status got = run(&req, &reply, &err);
        if (got != cases[i].want)
            fail_msg("%s: %s (%s)", cases[i].name, status_name(got), err.text);
        assert_int_equal(fake.ran, cases[i].want == ST_OK);
        assert_null(strstr(err.text, "guess"));
    }
}

/* payloads.md section 3; req 0.29, 0.30 */
static void a_business_signature_is_judged_and_demanded_by_the_senders_rule(void **state)
{
    static const struct {
        const char *name, *sender;
        enum status judge; /* ST_NOT_FOUND: the payload is not signed */
        enum status want;
        bool judged, has_author, signs;
    } cases[] = {
        { "verified when it is there", "ekzamen", ST_OK, ST_OK, true, true, false },
        { "not demanded", "ekzamen", ST_NOT_FOUND, ST_OK, true, false, false },
        { "wrong though not demanded", "ekzamen", ST_AUTHOR_FORGED, ST_AUTHOR_FORGED, true, false,
          false },
        { "out of date", "ekzamen", ST_AUTHOR_STALE, ST_AUTHOR_STALE, true, false, false },
        { "not to be learnt", "ekzamen", ST_UNAVAILABLE, ST_UNAVAILABLE, true, false, false },
        { "no memory", "ekzamen", ST_NOMEM, ST_NOMEM, true, false, false },
        { "demanded and there, answered in kind", "signing", ST_OK, ST_OK, true, true, true },
        { "demanded and absent", "signing", ST_NOT_FOUND, ST_AUTHOR_UNSIGNED, true, false, false },
        { "demanded in this service", "in signing", ST_NOT_FOUND, ST_AUTHOR_UNSIGNED, true, false,
          true },
        { "there in this service", "in signing", ST_OK, ST_OK, true, true, true },
        { "demanded in another", "in other", ST_NOT_FOUND, ST_OK, true, false, false },
        { "ignored", "deaf", ST_AUTHOR_FORGED, ST_OK, false, false, false },
        { "nobody may call: nothing is judged", "nobody", ST_OK, ST_FORGED, false, false, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO(reply_free) struct reply *reply = NULL;
        struct request req = request_of(cases[i].sender, "secret");
        struct err err = { 0 };

        fake = (typeof(fake)){ .claims = { CLAIM_MINE },
                               .author_fails = cases[i].judge == ST_OK ? 0 : cases[i].judge };
        enum status got = run(&req, &reply, &err);
        if (got != cases[i].want)
            fail_msg("%s: %s (%s)", cases[i].name, status_name(got), err.text);
        if (fake.judged != cases[i].judged || req.has_author != cases[i].has_author ||
            req.sign_answer != cases[i].signs || fake.ran != (got == ST_OK))
            fail_msg("%s: judged %d author %d signs %d ran %d", cases[i].name, fake.judged,
                     req.has_author, req.sign_answer, fake.ran);
        assert_int_equal(fake.claim_calls, got == ST_OK); /* no claim before the author is known */
        if (reply)
            assert_true(reply->sign_payload == cases[i].signs &&
                        reply->data_as_text == cases[i].signs);
        if (fake.judged)
            assert_string_equal(fake.rule.bin, "123456789021");
    }
}

/* Its reason is flow_run()'s to give, when the request is on record. */
static void who_may_not_call_has_no_author_and_no_fetches(void **state)
{
    const struct flow_params params = { .senders = senders, .sender_count = SENDERS };
    const struct peer peer = { .deadline_ms = 1 };
    AUTO(flows_free) struct flows *flows = NULL;
    struct err err;

    (void)state;
    assert_int_equal(flows_new(&params, &flows, &err), ST_OK);
    for (int i = 0; i < 2; i++) {
        struct request req = request_of(i ? "ekzamen" : "nobody", "guess");

        fake = (typeof(fake)){ 0 };
        assert_int_equal(flow_author(flows, &peer, NULL, &req, &err), ST_OK);
        assert_false(fake.judged || req.has_author);
    }
}

/* The demand does not rest on the one who calls flow_author() first. */
static void a_demand_is_not_met_by_forgetting_to_look(void **state)
{
    const struct clock clock = clock_fixed_at(NOW_MS);
    const struct flow_params params = { .senders = senders,
                                        .sender_count = SENDERS,
                                        .signing_service_id = "EGOVMOBILE_QR_SIGN_SERVICE",
                                        .message_window_ms = DAY_MS,
                                        .clock = &clock };
    const struct peer peer = { .deadline_ms = 1 };
    const struct request req = request_of("signing", "");
    AUTO(flows_free) struct flows *flows = NULL;
    AUTO(reply_free) struct reply *reply = NULL;
    struct err err;

    (void)state;
    assert_int_equal(flows_new(&params, &flows, &err), ST_OK);
    assert_int_equal(flow_run(flows, &peer, &req, &reply, &err), ST_AUTHOR_UNSIGNED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_caller_must_be_who_it_says_and_may_do_what_it_asks),
        cmocka_unit_test(a_business_signature_is_judged_and_demanded_by_the_senders_rule),
        cmocka_unit_test(who_may_not_call_has_no_author_and_no_fetches),
        cmocka_unit_test(a_demand_is_not_met_by_forgetting_to_look),
    };
    struct err err;

    if (clock_use_astana(&err) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
