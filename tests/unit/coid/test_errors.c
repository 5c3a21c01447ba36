/* The whole table of ЦОИД's errors, asked of every operation (annex 4, flows.md section 3): code,
 * status and words for the caller, the breaker's opinion for us. */
#include "kit.h"

#include "base/text.h"
#include "pictures.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

static const struct operation_row {
    enum operation op;
    char letter;
} operations[] = {
    { OP_VERIFY_PHOTO, 'P' }, { OP_GET_VERIFICATION, 'G' }, { OP_GET_PERSON_DATA, 'D' },
    { OP_GET_VENDORS, 'V' },  { OP_GET_TRANSACTIONS, 'T' }, { OP_GET_ACT_DETAIL, 'a' },
    { OP_GET_ACT, 'A' },      { OP_GET_NEWS, 'N' },
};

static const struct row {
    const char *letters; /* the operations */
    int http;
    const char *body;
    enum status want;
    const char *code;
    const char *says; /* upstreamText */
} rows[] = {
    { "PGDVTaAN", 400, "{\"error\":\"Bad Request\"}", ST_UPSTREAM, "upstreamBadRequest",
      "Bad Request" },
    { "PGDVTaAN", 401, "", ST_UPSTREAM, "upstreamForbidden", "" },
    { "PGDVTaAN", 403,
      "{\"timestamp\":\"2021-09-27T10:17:44.098+00:00\",\"status\":403,\"error\":\"Forbidden\","
      "\"path\":\"/identity/1.1.0/\"}",
      ST_UPSTREAM, "upstreamForbidden", "Forbidden" },
    { "PGDVTaAN", 404, "{\"message\":\"No one person find! Possibly bad IIN\"}", ST_INPUT,
      "personNotFound", "No one person find! Possibly bad IIN" },
    { "PGDVTaAN", 404, "{\"error\":\"Vendor not found\"}", ST_INPUT, "vendorNotFound",
      "Vendor not found" },
    { "GDVTaAN", 404, "SIMILARITY for Idempotency Key not found", ST_INPUT, "similarityNotFound",
      "SIMILARITY for Idempotency Key not found" },
    { "P", 404, "SIMILARITY for Idempotency Key not found", ST_UPSTREAM, "similarityNotFound",
      "SIMILARITY for Idempotency Key not found" },
    { "TaA", 404, "", ST_INPUT, "reportNotFound", "" },
    { "TaA", 404, "<title>404 Not Found</title>", ST_INPUT, "reportNotFound", "404 Not Found" },
    { "TaA", 404, PLAIN_404, ST_INPUT, "reportNotFound", "Not Found" },
    /* ЦОИД does not say what it did not find */
    { "G", 404, PLAIN_404, ST_INPUT, "similarityNotFound", "Not Found" },
    { "PDVN", 404, PLAIN_404, ST_INPUT, "upstreamNotFound", "Not Found" },
    { "PDVN", 404, "{\"error\":\"Not Found\"}", ST_INPUT, "upstreamNotFound", "Not Found" },
    /* nor is it ЦОИД who says it: a proxy, or a path that is wrong in our settings */
    { "PGDVN", 404, "<title>404 Not Found</title>", ST_UPSTREAM, "upstreamStatus",
      "404 Not Found" },
    { "PGDVN", 404, "Not Found", ST_UPSTREAM, "upstreamStatus", "Not Found" },
    { "PGDVN", 404, "{\"message\":\"no Route matched\"}", ST_UPSTREAM, "upstreamStatus",
      "no Route matched" },
    { "PGDVN", 404, "{\"status\":502,\"error\":\"x\"}", ST_UPSTREAM, "upstreamStatus", "x" },
    { "PGDVN", 404, "", ST_UPSTREAM, "upstreamStatus", "" },
    { "PGDVTaAN", 405, "", ST_UPSTREAM, "upstreamMethod", "" },
    { "D", 406, "{\"message\":\"More than 24 hours have passed\"}", ST_INPUT, "dataTooLate",
      "More than 24 hours have passed" },
    { "D", 406, "{\"message\":\"Результат верификации ниже 85%\"}", ST_INPUT, "dataBelowThreshold",
      "Результат верификации ниже 85%" },
    { "D", 406, "{\"message\":\"verification of 2024 cannot be used\"}", ST_INPUT, "notAcceptable",
      "verification of 2024 cannot be used" },
    { "GVTaAN", 406, "", ST_INPUT, "notAcceptable", "" },
    { "P", 406, "{\"message\":\"Изображение не соответствует требованиям\"}", ST_INPUT,
      "imageRefused", "Изображение не соответствует требованиям" },
    { "P", 500, "{\"message\":\"more than 1 face\"}", ST_INPUT, "imageRefused",
      "more than 1 face" },
    { "P", 500, "{\"message\":\"Лицо не распознано\"}", ST_INPUT, "imageRefused",
      "Лицо не распознано" },
    { "P", 500, "{\"message\":\"некачественное изображение\"}", ST_INPUT, "imageRefused",
      "некачественное изображение" },
    { "P", 500,
      "{\"message\":\"Не удалось выполнить биометрическое сравнение по запросу участника: сервис "
      "поставщика алгоритма вернул отказ, на переданном фото не найдено лицо\"}",
      ST_INPUT, "imageRefused", "Не удалось выполнить" },
    { "P", 500, "{\"message\":\"the interface failed\"}", ST_UPSTREAM, "upstreamBiometric",
      "the interface failed" },
    { "GDVTaAN", 500, "{\"message\":\"photo\"}", ST_UPSTREAM, "upstreamBiometric", "photo" },
    { "DVTaAN", 502, "<html><body><h1>502 Bad Gateway</h1></body></html>", ST_UPSTREAM,
      "upstreamUnavailable", "502 Bad Gateway" },
    { "GDVTaAN", 504, "", ST_UPSTREAM, "upstreamTimeout", "" },
    { "PGDVTaAN", 523, "{\"error\":\"GBDFL is unavailable\"}", ST_UPSTREAM, "gbdflUnavailable",
      "GBDFL is unavailable" },
    { "PGDVTaAN", 523, "Error obtaining KDP token", ST_UPSTREAM, "kdpUnavailable",
      "Error obtaining KDP token" },
    { "PGDVTaAN", 523, "", ST_UPSTREAM, "upstreamStatus", "" },
    { "PGDVTaAN", 503, "", ST_UPSTREAM, "upstreamStatus", "" },
    { "PGDVTaAN", 302, "", ST_UPSTREAM, "upstreamStatus", "" },
    { "PGDVTaAN", 418, "{\"error\":\"I'm a teapot\"", ST_UPSTREAM, "upstreamStatus", "teapot" },
    /* 2xx that say nothing */
    { "PGDVTaAN", 200, "", ST_UPSTREAM, "answerInvalid", "" },
    { "PGDVTaAN", 200, "{\"iin\":\"900101", ST_UPSTREAM, "answerInvalid", "" },
    { "PGDVTaAN", 200, "{\"a\":1,\"a\":2}", ST_UPSTREAM, "answerInvalid", "" },
    { "PGDVTaAN", 200, "{\"result\":NaN}", ST_UPSTREAM, "answerInvalid", "" },
    { "PGDVTaAN", 200, "{\"result\":1e999}", ST_UPSTREAM, "answerInvalid", "" },
    { "PGDVTaAN", 200,
      "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
      ST_UPSTREAM, "answerInvalid", "" },
    { "PGDVTaAN", 204, "", ST_UPSTREAM, "answerInvalid", "" },
    { "PGDVTaA", 200, "{}", ST_UPSTREAM, "answerInvalid", "" },
    { "PGDVTaAN", 200, "null", ST_UPSTREAM, "answerInvalid", "" },
};

static void check(struct kit *kit, const struct row *row, const struct operation_row *operation)
{
    const struct far_step step = STEP(row->http, row->body);
    char trace[FAR_CALLS + 1];
    char letter[2] = { operation->letter, '\0' };

    kit->far->vendors.http = 0; /* the script's from here on */
    kit_ask(kit, operation->op, kit->store.rows[0].call.key.text);
    const enum status status = kit_run(kit, &step, 1);
    if (status != row->want || strcmp(kit->err.code, row->code) != 0)
        fail_msg("%s %d %s: %s %s: %s", letter, row->http, row->body, status_name(status),
                 kit->err.code, kit->err.text);
    if (!strstr(kit->err.upstream_text, row->says) || (!row->says[0] && kit->err.upstream_text[0]))
        fail_msg("%s %d: «%s»", letter, row->http, kit->err.upstream_text);
    assert_int_equal(kit->err.upstream_status, row->http);
    far_trace(kit->far, true, trace);
    assert_string_equal(trace, letter); /* one call, whatever it said */
    assert_null(kit->reply.coid);
}

/* req 2.38, 2.39, C-12 */
static void each_error_has_its_code_whatever_was_asked(void **state)
{
    const struct far_step result = STEP(200, kit_result);

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t k = 0; k < COUNT(operations); k++) {
            struct kit kit;

            if (!strchr(rows[i].letters, operations[k].letter))
                continue;
            kit_init(&kit);
            kit_open(&kit);
            kit_ask_photo(&kit, "m1");
            assert_ok(kit_run(&kit, &result, 1), &kit.err);
            check(&kit, &rows[i], &operations[k]);
            kit_close(&kit);
        }
}

/* The breaker opens for what does not work, and for nothing that is an answer. */
static void the_breaker_counts_what_does_not_work(void **state)
{
    static const struct {
        struct far_step step;
        bool opens;
    } cases[] = {
        { STEP(502, ""), true },
        { STEP(503, ""), true },
        { STEP(504, ""), true },
        { STEP(500, ""), true },
        { { .end = END_RESET }, true },
        { { .http = 200, .body = "[]", .end = END_RESET_IN_BODY }, true },
        { { .end = END_SILENT }, true },
        { STEP(400, ""), false },
        { STEP(403, ""), false },
        { STEP(404, ""), false },
        { STEP(406, ""), false },
        { STEP(523, "GBDFL is unavailable"), false },
        { STEP(200, "[]"), false },
        { { .http = 200, .body = "[]", .sign = SIGN_FORGED }, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct kit kit;
        struct upstream_look look;

        kit_init(&kit);
        kit.upstream_params.failures = 1;
        kit.params.call_ms = 700;
        kit_open(&kit);
        kit_ask(&kit, OP_GET_NEWS, "");
        (void)!kit_run(&kit, &cases[i].step, 1);
        upstream_look(kit.upstream, &look);
        if ((look.state == UPSTREAM_OPEN) != cases[i].opens || look.calls != 0)
            fail_msg("case %zu: state %d, %u inside", i, look.state, look.calls);
        const enum status status = kit_run(&kit, &(const struct far_step)STEP(200, "[]"), 1);
        assert_int_equal(status, cases[i].opens ? ST_UNAVAILABLE : ST_OK);
        if (cases[i].opens)
            assert_string_equal(kit.err.code, "upstreamOpen");
        kit_close(&kit);
    }
}

/* A comparison that ЦОИД's biometric side refuses says nothing against ЦОИД. */
static void a_500_of_a_comparison_is_an_answer(void **state)
{
    struct kit kit;
    struct upstream_look look;

    (void)state;
    kit_init(&kit);
    kit.upstream_params.failures = 1;
    kit_open(&kit);
    kit_ask_photo(&kit, "m1");
    assert_int_equal(kit_run(&kit, &(const struct far_step)STEP(500, ""), 1), ST_UPSTREAM);
    upstream_look(kit.upstream, &look);
    assert_int_equal(look.state, UPSTREAM_CLOSED);
    kit_close(&kit);
}

/* The GET that came after it was quick; who waits for comparisons waits all the same. */
static void a_comparison_without_answer_counts_although_its_result_was_had(void **state)
{
    static const struct far_step steps[] = { { .end = END_RESET }, STEP(200, kit_result) };
    struct kit kit;
    struct upstream_look look;

    (void)state;
    kit_init(&kit);
    kit.upstream_params.failures = 1;
    kit_open(&kit);
    kit_ask_photo(&kit, "m1");
    assert_ok(kit_run(&kit, steps, 2), &kit.err);
    upstream_look(kit.upstream, &look);
    assert_int_equal(look.state, UPSTREAM_OPEN);
    kit_close(&kit);
}

/* What the service counts: each call that went out, each comparison that was made. */
struct tally {
    unsigned calls, well, compared;
};

static void on_called(void *ctx, const struct coid_called *called)
{
    struct tally *tally = ctx;

    tally->calls++;
    tally->well += called->code[0] == '\0';
    assert_true(called->times.line.total_ms >= 0);
    assert_int_equal(called->http_status == 200, called->code[0] == '\0');
}

static void on_compared(void *ctx, const char *vendor_name)
{
    struct tally *tally = ctx;

    assert_string_equal(vendor_name, "VisionLabs");
    tally->compared++;
}

static void an_observer_hears_of_each_call_and_of_each_comparison_once(void **state)
{
    static const struct far_step steps[] = { STEP(502, ""), STEP(200, kit_result) };
    struct tally tally = { 0 };
    struct kit kit;

    (void)state;
    kit_init(&kit);
    kit.params.observer = (struct coid_observer){ &tally, on_called, on_compared };
    kit_open(&kit);
    kit_ask_photo(&kit, "m1");
    for (int i = 0; i < 2; i++)
        assert_ok(kit_run(&kit, steps, 2), &kit.err);
    assert_int_equal(tally.calls, 3); /* vendors, POST, GET */
    assert_int_equal(tally.well, 2);
    assert_int_equal(tally.compared, 1);
    kit_close(&kit);
}

/* ---- where the time of a call went ---- */

struct timed {
    struct coid_called last;
    struct upstream *upstream;
    struct upstream_pass pass;
};

static void keep_last(void *ctx, const struct coid_called *called)
{
    ((struct timed *)ctx)->last = *called;
}

/* The last call's line tells what the observer was told. */
static void check_line(const struct kit *kit, const struct coid_called *called)
{
    const struct coid_times *t = &called->times;
    const size_t count = fake_count(&kit->journal, "coid.told");
    const char *text = fake_event(&kit->journal, "coid.told", count - 1)->text;
    char want[256];

    assert_true(text_format(want, sizeof(want),
                            " wait_ms=%lld queue_ms=%lld connect_ms=%lld first_byte_ms=%lld "
                            "total_ms=%lld judge_ms=%lld verdict=",
                            (long long)t->wait_ms, (long long)t->line.queue_ms,
                            (long long)t->line.connect_ms, (long long)t->line.first_byte_ms,
                            (long long)t->line.total_ms, (long long)t->judge_ms));
    if (!strstr(text, want))
        fail_msg("«%s» is not in «%s»", want, text);
}

static void a_call_tells_how_far_it_came_and_how_long_each_step_took(void **state)
{
    static const struct {
        struct far_step step;
        bool answers, is_judged;
    } cases[] = {
        { STEP(200, "[]"), true, true },
        { STEP(502, ""), true, true },
        { { .http = 200, .body = "[]", .sign = SIGN_FORGED }, true, true },
        { { .end = END_RESET }, false, false },
        { { .end = END_SILENT }, false, false },
        { { .http = 200, .body = "[]", .end = END_SILENT_IN_BODY }, true, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct timed timed = { 0 };
        struct kit kit;

        kit_init(&kit);
        kit.params.observer = (struct coid_observer){ .ctx = &timed, .called = keep_last };
        kit.params.call_ms = 400;
        kit_open(&kit);
        kit_ask(&kit, OP_GET_NEWS, "");
        const int64_t began_ms = clock_monotonic_ms();
        (void)!kit_run(&kit, &cases[i].step, 1);
        const struct coid_times *t = &timed.last.times;
        assert_in_range(t->line.total_ms, 0, clock_monotonic_ms() - began_ms);
        assert_true(t->wait_ms >= 0 && t->line.queue_ms >= 0 && t->line.connect_ms >= 0);
        if ((t->line.first_byte_ms >= 0) != cases[i].answers ||
            (t->judge_ms >= 0) != cases[i].is_judged)
            fail_msg("case %zu: first byte %lld, judge %lld", i, (long long)t->line.first_byte_ms,
                     (long long)t->judge_ms);
        if (cases[i].step.end == END_SILENT)
            assert_true(t->line.total_ms >= 390);
        check_line(&kit, &timed.last);
        kit_close(&kit);
    }
}

enum { WAITS_MS = 60 };

/* Leaves the bulkhead when somebody has waited before it for a while. */
static void *leave_late(void *ctx)
{
    struct timed *timed = ctx;
    struct upstream_look look = { 0 };

    while (look.waiting == 0) {
        sched_yield();
        upstream_look(timed->upstream, &look);
    }
    const int64_t until_ms = clock_monotonic_ms() + WAITS_MS;
    while (clock_monotonic_ms() < until_ms)
        sched_yield();
    upstream_leave(timed->upstream, &timed->pass, UPSTREAM_WELL);
    return NULL;
}

static void the_wait_for_a_place_is_told_by_the_first_call(void **state)
{
    static const struct far_step steps[] = { STEP(502, ""), STEP(200, kit_result) };
    struct timed timed = { 0 };
    pthread_t thread;
    struct kit kit;

    (void)state;
    kit_init(&kit);
    kit.params.observer = (struct coid_observer){ .ctx = &timed, .called = keep_last };
    kit.upstream_params.max_calls = 1;
    kit.upstream_params.wait_ms = 20000;
    kit_open(&kit);
    timed.upstream = kit.upstream;
    assert_ok(upstream_enter(kit.upstream, clock_monotonic_ms() + 1000, &timed.pass, &kit.err),
              &kit.err);
    kit_ask_photo(&kit, "m1");
    assert_int_equal(pthread_create(&thread, NULL, leave_late, &timed), 0);
    assert_ok(kit_run(&kit, steps, 2), &kit.err);
    assert_int_equal(pthread_join(thread, NULL), 0);
    for (size_t i = 0; i < 3; i++) { /* vendors, POST, GET */
        const char *text = fake_event(&kit.journal, "coid.told", i)->text;
        const long long wait_ms = strtoll(strstr(text, "wait_ms=") + strlen("wait_ms="), NULL, 10);

        if (i == 0 ? wait_ms < WAITS_MS : wait_ms != 0)
            fail_msg("call %zu: %s", i, text);
    }
    kit_close(&kit);
}

static void expect_no_call(struct kit *kit, enum status want, const char *code)
{
    char trace[FAR_CALLS + 1];

    assert_int_equal(kit_run(kit, NULL, 0), want);
    assert_string_equal(kit->err.code, code);
    far_trace(kit->far, true, trace);
    assert_string_equal(trace, "");
}

/* Refused before anything is on record: what was never let in has no row, and costs nothing of the
 * day's limit. What has a row already is told from there. */
static void a_full_bulkhead_refuses_at_once_and_asks_nothing(void **state)
{
    static const struct far_step result = STEP(200, kit_result);
    struct kit kit;
    struct upstream_pass passes[2];

    (void)state;
    kit_init(&kit);
    kit.sender.daily_limit = 2;
    kit_open(&kit);
    kit_ask_photo(&kit, "m1");
    assert_ok(kit_run(&kit, &result, 1), &kit.err);
    for (int i = 0; i < 2; i++)
        assert_ok(upstream_enter(kit.upstream, clock_monotonic_ms() + 1000, &passes[i], &kit.err),
                  &kit.err);
    kit_ask_photo(&kit, "m2");
    expect_no_call(&kit, ST_UNAVAILABLE, "upstreamBusy");
    assert_int_equal(kit.store.row_count, 1);
    kit_ask_photo(&kit, "m1");
    expect_no_call(&kit, ST_OK, "");
    kit.req.payload_sha256[1] = 1;
    expect_no_call(&kit, ST_INPUT, "messageIdReused");
    kit.req.payload_sha256[1] = 0;
    fake_row(&kit.store)->state = COID_ASKED; /* open: it is not asked for now, and stays */
    kit.store.evidence_count = 0;
    expect_no_call(&kit, ST_UNAVAILABLE, "upstreamBusy");
    assert_int_equal(fake_row(&kit.store)->state, COID_ASKED);
    for (int i = 0; i < 2; i++)
        upstream_leave(kit.upstream, &passes[i], UPSTREAM_WELL);
    kit_ask_photo(&kit, "m3");
    assert_ok(kit_run(&kit, &result, 1), &kit.err);
    kit_close(&kit);
}

/* req 2.04, 2.08, 2.31: what can be judged here never gets as far as a row. */
static void what_is_wrong_with_a_comparison_is_refused_before_it_has_a_key(void **state)
{
    AUTO(bytes_free) struct bytes *small = make_png(639, 480);
    const struct {
        const char *iin;
        struct slice photo; /* empty: a good one */
        const char *code, *field, *says;
    } wrong[] = {
        { "90010130012", { 0 }, "iinInvalid", "iin", "12 digits" },
        { "90010130012a", { 0 }, "iinInvalid", "iin", "12 digits" },
        { KIT_IIN, { 0 }, "iinInvalid", "iin", "control digit" },
        { "900101300126", bytes_slice(small), "imageTooSmall", "photo", "rule 5 of annex 1" },
        { "900101300126", SLICE("GIF89a"), "imageType", "photo", "PNG nor JPEG" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct kit kit;

        kit_init(&kit);
        kit.params.iin_check_digit = true;
        kit_open(&kit);
        kit_ask_photo(&kit, "m1");
        kit.req.payload.verify_photo.iin = wrong[i].iin;
        if (wrong[i].photo.len > 0)
            kit.req.payload.verify_photo.photo = wrong[i].photo;
        expect_no_call(&kit, ST_INPUT, wrong[i].code);
        assert_string_equal(kit.err.field, wrong[i].field);
        assert_non_null(strstr(kit.err.text, wrong[i].says));
        assert_int_equal(kit.store.row_count, 0);
        kit_close(&kit);
    }
}

static void a_call_without_time_is_not_begun(void **state)
{
    struct kit kit;
    char trace[FAR_CALLS + 1];

    (void)state;
    kit_init(&kit);
    kit.left_ms = 3100; /* three seconds are for the answer */
    kit_open(&kit);
    kit_ask_photo(&kit, "m1");
    assert_int_equal(kit_run(&kit, NULL, 0), ST_TIMEOUT);
    assert_string_equal(kit.err.code, "timeout");
    far_trace(kit.far, true, trace);
    assert_string_equal(trace, "");
    assert_int_equal(fake_row(&kit.store)->state, COID_WRITTEN);
    kit_close(&kit);
}

/* Nobody listens: nothing was sent, and there is nothing to ask for. */
static void what_was_never_sent_is_not_asked_for(void **state)
{
    struct kit kit;

    (void)state;
    kit_init(&kit);
    kit.params.base_url = "http://127.0.0.1:1/v1";
    kit_open(&kit);
    kit_ask_photo(&kit, "m1");
    assert_int_equal(kit_run(&kit, NULL, 0), ST_UPSTREAM);
    assert_string_equal(kit.err.code, "upstreamUnreachable");
    assert_int_equal(fake_count(&kit.journal, "coid.asked"), 2); /* the vendors, one POST */
    kit_close(&kit);
}

/* Budget and call are below the 30 s of an exchange (flows.md section 2). */
static void all_calls_of_an_operation_end_within_its_budget(void **state)
{
    static const struct far_step silent[] = {
        { .end = END_SILENT }, { .end = END_SILENT }, { .end = END_SILENT }, { .end = END_SILENT }
    };
    struct kit kit;

    (void)state;
    kit_init(&kit);
    kit.params.call_ms = 700;
    kit.params.budget_ms = 1500;
    kit_open(&kit);
    kit_ask_photo(&kit, "m1");
    const int64_t began_ms = clock_monotonic_ms();
    assert_int_equal(kit_run(&kit, silent, 4), ST_TIMEOUT);
    assert_in_range(clock_monotonic_ms() - began_ms, 700, 6000);
    kit_close(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_error_has_its_code_whatever_was_asked),
        cmocka_unit_test(the_breaker_counts_what_does_not_work),
        cmocka_unit_test(a_500_of_a_comparison_is_an_answer),
        cmocka_unit_test(a_comparison_without_answer_counts_although_its_result_was_had),
        cmocka_unit_test(an_observer_hears_of_each_call_and_of_each_comparison_once),
        cmocka_unit_test(a_call_tells_how_far_it_came_and_how_long_each_step_took),
        cmocka_unit_test(the_wait_for_a_place_is_told_by_the_first_call),
        cmocka_unit_test(a_full_bulkhead_refuses_at_once_and_asks_nothing),
        cmocka_unit_test(what_is_wrong_with_a_comparison_is_refused_before_it_has_a_key),
        cmocka_unit_test(a_call_without_time_is_not_begun),
        cmocka_unit_test(what_was_never_sent_is_not_asked_for),
        cmocka_unit_test(all_calls_of_an_operation_end_within_its_budget),
    };

    return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
