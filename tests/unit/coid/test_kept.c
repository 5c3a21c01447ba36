/* One (senderId, messageId) never causes two comparisons: by what is on record of the first. It is
 * said again without a call, also by another adapter or after a death, and where the store or the
 * journal goes away nothing is lost and nothing doubled (C-26; flows.md section 2). */
#include "kit.h"

#include "base/text.h"

/* The same messageId once more: whatever is settled costs no call. */
static void what_has_ended_is_said_again_without_a_call(void **state)
{
    static const struct {
        struct far_step step;
        enum status want;
        const char *code;
        int http;
    } ends[] = {
        { RESULT, ST_OK, "", 0 },
        { STEP(500, "{\"message\":\"boom\"}"), ST_UPSTREAM, "upstreamBiometric", 500 },
        { STEP(500, "photo: no face"), ST_INPUT, "imageRefused", 500 },
        { STEP(404, "No one person find! Possibly bad IIN"), ST_INPUT, "personNotFound", 404 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ends); i++) {
        struct kit kit;
        char said[160], until[64] = "";
        struct id evidence = { "" };

        kit_init(&kit);
        kit_open(&kit);
        kit_ask_photo(&kit, "m1");
        assert_int_equal(kit_run(&kit, &ends[i].step, 1), ends[i].want);
        (void)text_copy(said, sizeof(said), kit.err.upstream_text);
        if (ends[i].want == ST_OK) {
            evidence = kit_answer(&kit)->proof.evidence;
            (void)text_copy(until, sizeof(until), kit_answer(&kit)->told.verification.data_until);
        }
        kit_restart(&kit);
        kit.clock.fixed_ms += 3600000;
        assert_int_equal(kit_run(&kit, NULL, 0), ends[i].want);
        assert_int_equal(kit.far->call_count, 0);
        assert_string_equal(kit.err.code, ends[i].code);
        assert_string_equal(kit.err.upstream_text, said);
        assert_int_equal(kit.err.upstream_status, ends[i].http);
        if (ends[i].want == ST_OK) {
            const struct coid_answer *again = kit_answer(&kit);
            assert_string_equal(again->proof.evidence.text, evidence.text);
            assert_string_equal(again->proof.algorithm, "GOST3410-2015-512");
            assert_true(again->proof.signer[0] && again->proof.signer_serial[0]);
            assert_string_equal(again->told.verification.data_until, until);
            assert_int_equal(again->told.verification.photo.len, 10);
        }
        kit_close(&kit);
    }
}

/* Whatever dies in between: the message comes again to a new process, and ЦОИД, which compares a
 * key once, is never paid twice. */
static void a_store_that_goes_away_at_any_step_loses_and_doubles_nothing(void **state)
{
    static const struct far_step first[] = { RESULT }, second[] = { RESULT };
    static const struct {
        const char *fails;
        const char *traces[2]; /* of the first run, and of the second */
    } cases[] = {
        { "begin", { "", "P" } }, { "asking", { "", "G" } }, { "keep", { "P", "G" } },
        { "done", { "P", "" } },  { "find", { "P", "" } },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct kit kit;

        kit_init(&kit);
        kit_open(&kit);
        kit_ask_photo(&kit, "m1");
        kit.store.fails = cases[i].fails;
        kit.store.fails_after = strcmp(cases[i].fails, "keep") == 0 ? 1 : 0; /* the vendors' */
        if (kit_run(&kit, first, 1) != ST_UNAVAILABLE)
            fail_msg("%s: %s", cases[i].fails, kit.err.text);
        assert_null(kit.reply.coid); /* no answer leaves that is not kept */
        kit_traced(&kit, cases[i].fails, cases[i].traces[0]);
        kit.store.fails = NULL;
        kit_restart(&kit);
        assert_ok(kit_run(&kit, second, 1), &kit.err);
        kit_traced(&kit, cases[i].fails, cases[i].traces[1]);
        assert_int_equal(fake_row(&kit.store)->state, COID_DONE);
        kit_close(&kit);
    }
}

/* Nothing goes out that is not on record, and no answer leaves that is not. */
static void a_journal_that_is_full_stops_the_call_before_it_goes(void **state)
{
    static const struct far_step steps[] = { RESULT };
    static const struct {
        const char *event, *trace;
    } cases[] = { { "coid.key_written", "" }, { "coid.asked", "" }, { "coid.told", "P" } };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct kit kit;

        kit_init(&kit);
        kit_open(&kit);
        kit_ask_photo(&kit, "m0"); /* the vendors are known now */
        assert_ok(kit_run(&kit, steps, 1), &kit.err);
        kit_ask_photo(&kit, "m1");
        kit.journal.full_at = cases[i].event;
        assert_int_equal(kit_run(&kit, steps, 1), ST_UNAVAILABLE);
        assert_null(kit.reply.coid);
        kit_traced(&kit, cases[i].event, cases[i].trace);
        kit_close(&kit);
    }
}

/* What another adapter was told of the row. */
static void plant_evidence(struct kit *kit, struct coid_evidence evidence)
{
    char body[160];

    evidence.key = fake_row(&kit->store)->key;
    (void)text_format(body, sizeof(body),
                      "{\"iin\":\"" KIT_IIN "\",\"vendor\":\"V\",\"result\":0.9,"
                      "\"x_idempotency_key\":\"%s\"}",
                      evidence.key.text);
    evidence.body = slice_str(body);
    assert_ok(store_coid_evidence_keep(&kit->store, &evidence, &kit->err), &kit->err);
}

/* Another adapter was thought dead, and ends the row while ours is at it. */
static void who_comes_second_gives_the_answer_of_the_first(void **state)
{
    static const struct far_step nobody[] = {
        STEP(404, "No one person find! Possibly bad IIN"),
    };
    struct coid_evidence evidence = { .op = OP_VERIFY_PHOTO,
                                      .sender_id = "bank",
                                      .message_id = "m1",
                                      .request_jws = "",
                                      .jws = "",
                                      .verdict = "unsigned" };
    struct kit kit;

    (void)state;
    kit_begin(&kit);
    kit_plant(&kit, LEFT_WRITTEN);
    evidence.id = evidence.exchange = id_new(NOW_MS);
    plant_evidence(&kit, evidence);
    kit.store.rival = COID_DONE; /* before asking: no POST */
    assert_ok(kit_run(&kit, &(const struct far_step)MISSING, 1), &kit.err);
    kit_traced(&kit, "before the POST", "G");
    assert_string_equal(kit_answer(&kit)->told.verification.result, "0.9");

    kit.store.row_count = 0; /* after it: what ЦОИД compared counts, and not our refusal */
    kit_plant(&kit, LEFT_WRITTEN);
    plant_evidence(&kit, evidence);
    const struct far_step steps[] = { MISSING, nobody[0] };
    kit.store.rival_at_end = COID_DONE;
    assert_ok(kit_run(&kit, steps, 2), &kit.err);
    kit_traced(&kit, "before the end", "GP");
    assert_int_equal(fake_row(&kit.store)->state, COID_DONE);
    kit_close(&kit);
}

/* The process died between the evidence and the end of the row. */
static void evidence_that_is_there_already_ends_the_row_without_a_call(void **state)
{
    static const struct far_step steps[] = { RESULT };
    struct kit kit;

    (void)state;
    kit_begin(&kit);
    kit.store.fails = "done";
    assert_int_equal(kit_run(&kit, steps, 1), ST_UNAVAILABLE);
    assert_int_equal(fake_row(&kit.store)->state, COID_ASKED);
    kit.store.fails = NULL;
    assert_ok(kit_run(&kit, NULL, 0), &kit.err);
    assert_int_equal(kit.far->call_count, 0);
    assert_int_equal(fake_count(&kit.journal, "coid.recovered"), 1);
    kit_close(&kit);
}

/* What was let through unsigned, and had no effect yet, counts for nothing once that is over. */
static void unsigned_evidence_ends_no_row_where_signatures_are_demanded(void **state)
{
    static const struct far_step bare[] = {
        { .http = 200, .body = kit_result, .sign = SIGN_NONE },
    };
    static const struct far_step steps[] = { RESULT };
    struct kit kit;

    (void)state;
    kit_init(&kit);
    kit.params.unsigned_accepted = true;
    kit_open(&kit);
    kit_ask_photo(&kit, "m1");
    kit.store.fails = "done";
    assert_int_equal(kit_run(&kit, bare, 1), ST_UNAVAILABLE);
    kit.store.fails = NULL;
    kit.params.unsigned_accepted = false;
    kit_restart(&kit);
    assert_ok(kit_run(&kit, steps, 1), &kit.err);
    kit_traced(&kit, "asked anew", "G");
    assert_true(kit_answer(&kit)->proof.is_signed);
    kit_close(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_ended_is_said_again_without_a_call),
        cmocka_unit_test(a_store_that_goes_away_at_any_step_loses_and_doubles_nothing),
        cmocka_unit_test(a_journal_that_is_full_stops_the_call_before_it_goes),
        cmocka_unit_test(who_comes_second_gives_the_answer_of_the_first),
        cmocka_unit_test(evidence_that_is_there_already_ends_the_row_without_a_call),
        cmocka_unit_test(unsigned_evidence_ends_no_row_where_signatures_are_demanded),
    };

    return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
