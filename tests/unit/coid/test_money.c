/* One (senderId, messageId) never causes two comparisons: every order of answers, silences and
 * resets, and rows that a dead process left (C-26; flows.md section 2). test_kept.c: with what is
 * on record. */
#include "kit.h"

#include "base/text.h"

#include <stdlib.h>

enum { STEPS = 6, SHORT_CALL_MS = 700 };

#define NO_ANSWER                                                                                  \
    {                                                                                              \
        .end = END_RESET                                                                           \
    }
#define TORN                                                                                       \
    {                                                                                              \
        .http = 200, .body = kit_result, .end = END_RESET_IN_BODY                                  \
    }
#define SILENT                                                                                     \
    {                                                                                              \
        .end = END_SILENT                                                                          \
    }
#define SILENT_IN_BODY                                                                             \
    {                                                                                              \
        .http = 200, .body = kit_result, .end = END_SILENT_IN_BODY                                 \
    }
#define PLAIN STEP(404, PLAIN_404)
#define PAGE STEP(404, "<html><title>404 Not Found</title></html>")
#define KNOWN STEP(406, "{\"error\":\"x-idempotency-key is not unique\"}")
#define UNCLEAR STEP(406, "{\"error\":\"Not Acceptable\"}")
#define BAD_IMAGE STEP(406, "{\"message\":\"Image does not meet the requirements\"}")

static const struct row {
    const char *name;
    enum kit_before before;
    struct far_step steps[STEPS];
    const char *trace; /* P: a POST, G: a GET */
    enum status want;
    const char *code;
    enum coid_state state; /* of the row afterwards */
} rows[] = {
    { "a comparison", NOTHING, { RESULT }, "P", ST_OK, "", COID_DONE },
    /* a doubt: what became of it? */
    { "a reset before the answer", NOTHING, { NO_ANSWER, RESULT }, "PG", ST_OK, "", COID_DONE },
    { "a reset in the answer", NOTHING, { TORN, RESULT }, "PG", ST_OK, "", COID_DONE },
    { "silence", NOTHING, { SILENT, RESULT }, "PG", ST_OK, "", COID_DONE },
    { "silence in the answer", NOTHING, { SILENT_IN_BODY, RESULT }, "PG", ST_OK, "", COID_DONE },
    { "502", NOTHING, { STEP(502, ""), RESULT }, "PG", ST_OK, "", COID_DONE },
    { "504", NOTHING, { STEP(504, ""), RESULT }, "PG", ST_OK, "", COID_DONE },
    /* it never arrived: once more with the same key */
    { "lost, made anew", NOTHING, { NO_ANSWER, MISSING, RESULT }, "PGP", ST_OK, "", COID_DONE },
    { "502, made anew", NOTHING, { STEP(502, ""), MISSING, RESULT }, "PGP", ST_OK, "", COID_DONE },
    { "lost, plainly said", NOTHING, { NO_ANSWER, PLAIN, RESULT }, "PGP", ST_OK, "", COID_DONE },
    { "lost twice, made",
      NOTHING,
      { NO_ANSWER, MISSING, NO_ANSWER, RESULT },
      "PGPG",
      ST_OK,
      "",
      COID_DONE },
    { "no third POST",
      NOTHING,
      { NO_ANSWER, MISSING, STEP(504, ""), MISSING, RESULT },
      "PGPG",
      ST_UPSTREAM,
      "upstreamTimeout",
      COID_ASKED },
    { "no GET either",
      NOTHING,
      { NO_ANSWER, NO_ANSWER },
      "PG",
      ST_UPSTREAM,
      "upstreamUnreachable",
      COID_ASKED },
    { "the GET says 502",
      NOTHING,
      { NO_ANSWER, STEP(502, "") },
      "PG",
      ST_UPSTREAM,
      "upstreamUnavailable",
      COID_ASKED },
    { "the GET finds another 404",
      NOTHING,
      { NO_ANSWER, PAGE },
      "PG",
      ST_UPSTREAM,
      "upstreamStatus",
      COID_ASKED },
    { "the GET finds an empty 404",
      NOTHING,
      { NO_ANSWER, STEP(404, "") },
      "PG",
      ST_UPSTREAM,
      "upstreamStatus",
      COID_ASKED },
    { "the GET says 406",
      NOTHING,
      { NO_ANSWER, KNOWN },
      "PG",
      ST_UPSTREAM,
      "notAcceptable",
      COID_ASKED },
    { "the GET says 500",
      NOTHING,
      { NO_ANSWER, STEP(500, "") },
      "PG",
      ST_UPSTREAM,
      "upstreamBiometric",
      COID_ASKED },
    /* 406: the key is known, or the image is not acceptable */
    { "the key was known", NOTHING, { KNOWN, RESULT }, "PG", ST_OK, "", COID_DONE },
    { "the image is refused",
      NOTHING,
      { UNCLEAR, MISSING },
      "PG",
      ST_INPUT,
      "imageRefused",
      COID_REFUSED },
    { "the image is refused, and none of the key",
      NOTHING,
      { UNCLEAR, PLAIN },
      "PG",
      ST_INPUT,
      "imageRefused",
      COID_REFUSED },
    { "the key is known, and plainly no result",
      NOTHING,
      { KNOWN, PLAIN },
      "PG",
      ST_UPSTREAM,
      "notAcceptable",
      COID_ASKED },
    { "the key was known, unsaid", NOTHING, { UNCLEAR, RESULT }, "PG", ST_OK, "", COID_DONE },
    { "the key is known, and no result yet",
      NOTHING,
      { KNOWN, MISSING },
      "PG",
      ST_UPSTREAM,
      "notAcceptable",
      COID_ASKED },
    { "the image, in so many words",
      NOTHING,
      { BAD_IMAGE },
      "P",
      ST_INPUT,
      "imageRefused",
      COID_REFUSED },
    { "the first may be under way",
      NOTHING,
      { NO_ANSWER, MISSING, KNOWN, MISSING },
      "PGPG",
      ST_UPSTREAM,
      "notAcceptable",
      COID_ASKED },
    { "406, and the GET is silent",
      NOTHING,
      { KNOWN, SILENT },
      "PG",
      ST_TIMEOUT,
      "timeout",
      COID_ASKED },
    /* for good */
    { "nobody",
      NOTHING,
      { STEP(404, "{\"message\":\"No one person find! Possibly bad IIN\"}") },
      "P",
      ST_INPUT,
      "personNotFound",
      COID_REFUSED },
    { "no such vendor",
      NOTHING,
      { STEP(404, "Vendor not found") },
      "P",
      ST_INPUT,
      "vendorNotFound",
      COID_REFUSED },
    { "somebody or something",
      NOTHING,
      { PLAIN },
      "P",
      ST_INPUT,
      "upstreamNotFound",
      COID_REFUSED },
    { "the biometric side",
      NOTHING,
      { STEP(500, "{\"error\":\"Internal Server Error\"}") },
      "P",
      ST_UPSTREAM,
      "upstreamBiometric",
      COID_REFUSED },
    { "two faces",
      NOTHING,
      { STEP(500, "{\"message\":\"На фото более 1 лица\"}") },
      "P",
      ST_INPUT,
      "imageRefused",
      COID_REFUSED },
    /* for good, it says; but a POST before it may have been compared: the GET knows */
    { "a 500 behind a doubt",
      NOTHING,
      { NO_ANSWER, MISSING, STEP(500, ""), RESULT },
      "PGPG",
      ST_OK,
      "",
      COID_DONE },
    { "a refused image behind a doubt",
      NOTHING,
      { STEP(504, ""), MISSING, BAD_IMAGE, RESULT },
      "PGPG",
      ST_OK,
      "",
      COID_DONE },
    { "a 500 behind another process",
      LEFT_ASKED_NOW,
      { MISSING, STEP(500, ""), RESULT },
      "GPG",
      ST_OK,
      "",
      COID_DONE },
    { "a 500 behind a doubt, not compared",
      NOTHING,
      { NO_ANSWER, MISSING, STEP(500, ""), MISSING },
      "PGPG",
      ST_UPSTREAM,
      "upstreamBiometric",
      COID_REFUSED },
    { "a 500 behind a doubt, never again",
      NOTHING,
      { NO_ANSWER, MISSING, STEP(500, ""), STEP(502, "") },
      "PGPG",
      ST_UPSTREAM,
      "upstreamBiometric",
      COID_REFUSED },
    { "nobody behind a doubt, and then none",
      NOTHING,
      { NO_ANSWER, MISSING, STEP(404, "No one person find"), STEP(502, "") },
      "PGPG",
      ST_UPSTREAM,
      "upstreamUnavailable",
      COID_ASKED },
    { "a plain 404 behind a doubt",
      NOTHING,
      { NO_ANSWER, MISSING, PLAIN, RESULT },
      "PGPG",
      ST_OK,
      "",
      COID_DONE },
    { "nothing but plain 404s behind a doubt",
      NOTHING,
      { NO_ANSWER, PLAIN, PLAIN, PLAIN },
      "PGPG",
      ST_INPUT,
      "upstreamNotFound",
      COID_REFUSED },
    /* not compared, and it may be tried again */
    { "400", NOTHING, { STEP(400, "") }, "P", ST_UPSTREAM, "upstreamBadRequest", COID_ASKED },
    { "403", NOTHING, { STEP(403, "") }, "P", ST_UPSTREAM, "upstreamForbidden", COID_ASKED },
    { "523",
      NOTHING,
      { STEP(523, "GBDFL is unavailable") },
      "P",
      ST_UPSTREAM,
      "gbdflUnavailable",
      COID_ASKED },
    { "503", NOTHING, { STEP(503, "") }, "P", ST_UPSTREAM, "upstreamStatus", COID_ASKED },
    { "a foreign 404", NOTHING, { PAGE }, "P", ST_UPSTREAM, "upstreamStatus", COID_ASKED },
    /* who died: the key is asked for first */
    { "written, then dead", LEFT_WRITTEN, { MISSING, RESULT }, "GP", ST_OK, "", COID_DONE },
    { "written, yet compared", LEFT_WRITTEN, { RESULT }, "G", ST_OK, "", COID_DONE },
    { "asked, and compared", LEFT_ASKED_NOW, { RESULT }, "G", ST_OK, "", COID_DONE },
    { "asked, and lost", LEFT_ASKED_NOW, { MISSING, RESULT }, "GP", ST_OK, "", COID_DONE },
    { "asked, and plainly lost", LEFT_ASKED_NOW, { PLAIN, RESULT }, "GP", ST_OK, "", COID_DONE },
    { "asked, and a proxy's 404",
      LEFT_ASKED_NOW,
      { PAGE },
      "G",
      ST_UPSTREAM,
      "upstreamStatus",
      COID_ASKED },
    { "asked, and nobody answers",
      LEFT_ASKED_NOW,
      { STEP(502, "") },
      "G",
      ST_UPSTREAM,
      "upstreamUnavailable",
      COID_ASKED },
    { "asked, perhaps under way",
      LEFT_ASKED_NOW,
      { MISSING, KNOWN, MISSING },
      "GPG",
      ST_UPSTREAM,
      "notAcceptable",
      COID_ASKED },
    { "asked long ago, the image",
      LEFT_ASKED_LONG_AGO,
      { MISSING, UNCLEAR, MISSING },
      "GPG",
      ST_INPUT,
      "imageRefused",
      COID_REFUSED },
    { "asked long ago, and under way still",
      LEFT_ASKED_LONG_AGO,
      { MISSING, KNOWN, MISSING },
      "GPG",
      ST_UPSTREAM,
      "notAcceptable",
      COID_ASKED },
    { "asked, lost twice",
      LEFT_ASKED_NOW,
      { MISSING, NO_ANSWER, MISSING, RESULT },
      "GPGP",
      ST_OK,
      "",
      COID_DONE },
};

/* All calls of one row bear its one key. */
static void check_keys(const struct row *row, struct kit *kit)
{
    char header[80];

    (void)text_format(header, sizeof(header), "x-idempotency-key: %s\r\n",
                      fake_row(&kit->store)->key.text);
    for (size_t i = 0; i < kit->far->call_count; i++)
        if (kit->far->trace[i] != 'V' && !strstr(kit->far->calls[i].head, header))
            fail_msg("%s: call %zu has another key", row->name, i);
}

static size_t count_steps(const struct row *row)
{
    size_t count = STEPS;

    while (count > 0 && row->steps[count - 1].http == 0 && row->steps[count - 1].end == END_WELL)
        count--;
    return count;
}

static void check_row(const struct row *row)
{
    struct kit kit;

    kit_init(&kit);
    kit.params.call_ms = strstr(row->name, "ilen") ? SHORT_CALL_MS : kit.params.call_ms;
    kit_open(&kit);
    kit_ask_photo(&kit, "m1");
    kit_plant(&kit, row->before);
    const enum status status = kit_run(&kit, row->steps, count_steps(row));
    if (status != row->want || strcmp(kit.err.code, row->code) != 0)
        fail_msg("%s: %s %s: %s", row->name, status_name(status), kit.err.code, kit.err.text);
    kit_traced(&kit, row->name, row->trace);
    check_keys(row, &kit);
    if (fake_row(&kit.store)->state != row->state)
        fail_msg("%s: the row is %d", row->name, fake_row(&kit.store)->state);
    assert_int_equal(fake_count(&kit.journal, "coid.refused"), row->state == COID_REFUSED);
    if (status == ST_OK)
        assert_string_equal(kit_answer(&kit)->told.verification.result, "0.95");
    kit_close(&kit);
}

/* req 2.35, 3.06, 3.13 */
static void after_any_answer_a_comparison_is_paid_for_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        check_row(&rows[i]);
}

/* A connection that was used before may be dead, and what is sent into it in doubt: a comparison
 * has one of its own. */
static void a_comparison_goes_out_on_a_connection_of_its_own(void **state)
{
    static const struct far_step steps[] = { RESULT };
    struct kit kit;

    (void)state;
    kit_init(&kit);
    kit.params.call_ms = SHORT_CALL_MS;
    kit_open(&kit);
    kit.far->vendors.stays = true;
    kit_ask_photo(&kit, "m1");
    assert_ok(kit_run(&kit, steps, 1), &kit.err);
    kit_traced(&kit, "its own", "P");
    kit_close(&kit);
}

/* ЦОИД's own 404 ends the row, a proxy's leaves it open. */
static void who_comes_again_after_a_404_is_told_the_same_or_compared(void **state)
{
    static const struct {
        struct far_step first, then[2];
        const char *trace; /* of the repeat */
        enum status want, again;
        const char *code;
    } cases[] = {
        { PLAIN, { { 0 } }, "", ST_INPUT, ST_INPUT, "upstreamNotFound" },
        { PAGE, { PLAIN, RESULT }, "GP", ST_UPSTREAM, ST_OK, "upstreamStatus" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct kit kit;

        kit_init(&kit);
        kit_open(&kit);
        kit_ask_photo(&kit, "m1");
        assert_int_equal(kit_run(&kit, &cases[i].first, 1), cases[i].want);
        assert_string_equal(kit.err.code, cases[i].code);
        const struct err first = kit.err;
        assert_int_equal(kit_run(&kit, cases[i].then, strlen(cases[i].trace)), cases[i].again);
        kit_traced(&kit, cases[i].code, cases[i].trace);
        if (cases[i].again != ST_OK) {
            assert_string_equal(kit.err.code, first.code);
            assert_string_equal(kit.err.text, first.text);
            assert_int_equal(kit.err.upstream_status, 404);
            assert_string_equal(kit.err.upstream_text, "Not Found");
        }
        kit_close(&kit);
    }
}

static void a_limit_or_another_payload_is_the_senders_own_fault(void **state)
{
    static const struct far_step steps[] = { RESULT };
    struct kit kit;

    (void)state;
    kit_init(&kit);
    kit.sender.daily_limit = 1;
    kit_open(&kit);
    kit_ask_photo(&kit, "m1");
    assert_ok(kit_run(&kit, steps, 1), &kit.err);
    kit_ask_photo(&kit, "m2");
    assert_int_equal(kit_run(&kit, steps, 1), ST_INPUT);
    assert_string_equal(kit.err.code, "dailyLimit");
    assert_string_equal(kit.err.limit, "1");
    kit_traced(&kit, "limit", "");
    kit_ask_photo(&kit, "m1");
    kit.req.payload_sha256[1] = 1;
    assert_int_equal(kit_run(&kit, steps, 1), ST_INPUT);
    assert_string_equal(kit.err.code, "messageIdReused");
    kit_traced(&kit, "reused", "");
    kit_close(&kit);
}

/* Astana's, and at its midnight the next one begins. */
static void the_limit_is_of_a_day_of_astana(void **state)
{
    static const int64_t midnight_ms = 1795374000000; /* 2026-11-22T19:00:00Z */
    static const struct far_step steps[] = { RESULT };
    struct kit kit;

    (void)state;
    kit_init(&kit);
    kit.clock.fixed_ms = midnight_ms - 1;
    kit.sender.daily_limit = 1;
    kit_open(&kit);
    kit_ask_photo(&kit, "m1");
    assert_ok(kit_run(&kit, steps, 1), &kit.err);
    kit_ask_photo(&kit, "m2");
    assert_int_equal(kit_run(&kit, steps, 1), ST_INPUT);
    assert_string_equal(kit.err.code, "dailyLimit");
    kit.clock.fixed_ms = midnight_ms;
    assert_ok(kit_run(&kit, steps, 1), &kit.err);
    assert_int_equal(kit.store.rows[0].call.day, 20261122);
    assert_int_equal(kit.store.rows[1].call.day, 20261123);
    kit_close(&kit);
}

/* A result next to nothing has more digits than are kept: it was compared all the same. */
static void a_result_next_to_nothing_ends_the_row(void **state)
{
    static const struct far_step steps[] = {
        STEP(200, "{\"iin\":\"" KIT_IIN "\",\"vendor\":\"V\",\"result\":1.2345678901234567e-17,"
                  "\"x_idempotency_key\":\"$KEY\"}"),
    };
    struct kit kit;

    (void)state;
    kit_begin(&kit);
    assert_ok(kit_run(&kit, steps, 1), &kit.err);
    assert_string_equal(kit_answer(&kit)->told.verification.result,
                        "0.000000000000000012345678901234567");
    assert_int_equal(fake_row(&kit.store)->state, COID_DONE);
    assert_string_equal(fake_row(&kit.store)->result, "0.00000000000000001234567890123");
    assert_ok(kit_run(&kit, NULL, 0), &kit.err);
    assert_int_equal(kit.far->call_count, 0);
    kit_close(&kit);
}

/* As with personal data (test_person.c): to others its key is one that never was. */
static void another_senders_result_is_not_asked_for(void **state)
{
    static const struct far_step steps[] = { RESULT };
    struct kit kit;

    (void)state;
    kit_begin(&kit);
    assert_ok(kit_run(&kit, steps, 1), &kit.err);
    kit_ask_result(&kit, "m2", fake_row(&kit.store)->key.text);
    const char *owner = kit.sender.sender_id;
    kit.sender.sender_id = "other";
    assert_int_equal(kit_run(&kit, steps, 1), ST_INPUT);
    assert_string_equal(kit.err.code, "verificationUnknown");
    assert_string_equal(kit.err.field, "idempotencyKey");
    assert_null(kit.reply.coid);
    kit_traced(&kit, "another sender", "");
    kit.sender.sender_id = owner;
    assert_ok(kit_run(&kit, steps, 1), &kit.err);
    kit_close(&kit);
}

/* getVerification ends what verifyPhoto left open (req 2.17, 3.13). */
static void who_asks_for_the_result_ends_the_row(void **state)
{
    static const struct far_step lost[] = { NO_ANSWER, NO_ANSWER }, steps[] = { RESULT };
    struct kit kit;

    (void)state;
    kit_begin(&kit);
    assert_int_equal(kit_run(&kit, lost, 2), ST_UPSTREAM);
    kit_ask_result(&kit, "m2", fake_row(&kit.store)->key.text);
    assert_ok(kit_run(&kit, steps, 1), &kit.err);
    kit_traced(&kit, "result", "G");
    assert_int_equal(fake_row(&kit.store)->state, COID_DONE);
    assert_string_equal(fake_row(&kit.store)->result, "0.95");
    assert_int_equal(fake_count(&kit.journal, "coid.recovered"), 1);
    kit_ask_photo(&kit, "m1");
    assert_ok(kit_run(&kit, NULL, 0), &kit.err); /* from the GET's evidence */
    kit_close(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_any_answer_a_comparison_is_paid_for_once),
        cmocka_unit_test(a_comparison_goes_out_on_a_connection_of_its_own),
        cmocka_unit_test(who_comes_again_after_a_404_is_told_the_same_or_compared),
        cmocka_unit_test(a_limit_or_another_payload_is_the_senders_own_fault),
        cmocka_unit_test(the_limit_is_of_a_day_of_astana),
        cmocka_unit_test(a_result_next_to_nothing_ends_the_row),
        cmocka_unit_test(another_senders_result_is_not_asked_for),
        cmocka_unit_test(who_asks_for_the_result_ends_the_row),
    };

    return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
