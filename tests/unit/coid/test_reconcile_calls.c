/* What a reconciliation asks ЦОИД for, and what becomes of it when ЦОИД does not answer. */
#include "kit.h"

#include "base/day.h"
#include "base/text.h"

#include <string.h>

enum { CALLS = 4, TRACE = FAR_CALLS + 1 };

#define MINE "30db268b-438d-40cd-80d7-8e7ee2fe7601"
#define T(day, time, key)                                                                          \
    "{\"vendor_name\":\"Verigram\",\"datetime\":\"" day " " time                                   \
    "\",\"similarity\":0.5,\"x_idempotency_key\":\"" key "\"}"
#define NONE STEP(200, "[]")
#define ACT(date, count)                                                                           \
    STEP(200, "[{\"date\":\"" date "\",\"vendorName\":\"Verigram с 1 по 1000\",\"count\":" count   \
              ",\"price\":210.0,\"amount\":210.0}]")
#define ASKED_MS INT64_C(1772693100000) /* 2026-03-05 11:45 of Astana */

/* The calls that the store tells: the fake has single rows alone. */
static struct coid_call calls[CALLS];
static size_t call_count;

enum status store_coid_calls(struct store *store, const struct coid_days *days,
                             coid_tell_call *tell, void *ctx, struct err *err)
{
    (void)store;
    for (size_t i = 0; i < call_count; i++)
        if (calls[i].day >= days->from && calls[i].day <= days->to)
            TRY(tell(ctx, &calls[i], err));
    return ST_OK;
}

static void begin_done(int32_t day, int64_t asked_ms)
{
    struct coid_call *call = &calls[call_count++];

    *call = (struct coid_call){ .state = COID_DONE, .day = day, .asked_ms = asked_ms };
    assert_true(id_parse(SLICE(MINE), &call->key));
    (void)text_copy(call->vendor_name, sizeof(call->vendor_name), "Verigram");
    (void)text_copy(call->result, sizeof(call->result), "0.5");
}

static enum status count(void *ctx, const struct coid_finding *finding, struct err *err)
{
    unsigned *found = ctx;

    (void)err;
    *found |= 1u << finding->difference;
    return ST_OK;
}

/* An answer holds the next day too; each comparison counts once. */
static const struct far_step usual[] = {
    NONE,
    STEP(200, "[" T("05.03.2026", "11:45:00", MINE) "," T("06.03.2026", "09:00:00", "next") "]"),
    STEP(200, "[" T("06.03.2026", "09:00:00", "next") "]"),
    NONE,
    ACT("2026-03-05", "1"),
};

static const struct row {
    const char *name;
    int32_t from, to;
    struct far_step steps[8];
    const char *trace;
    enum status want;
    unsigned found; /* bits of enum coid_difference */
    bool acts_compared;
    const char *code;
} rows[] = {
    { .name = "no transaction and no act",
      .from = 20260305,
      .to = 20260305,
      .steps = { STEP(404, ""), STEP(404, ""), STEP(404, ""), STEP(404, "") },
      .trace = "TTTa",
      .found = 1u << COID_UNKNOWN_THERE },
    { .name = "one failure of a call is forgiven",
      .from = 20260305,
      .to = 20260305,
      .steps = { STEP(504, ""), NONE, NONE, NONE, STEP(502, ""), ACT("2026-03-05", "0") },
      .trace = "TTTTaa",
      .found = 1u << COID_UNKNOWN_THERE | 1u << COID_COUNT_DIFFERS,
      .acts_compared = true },
    { .name = "two are not",
      .from = 20260305,
      .to = 20260305,
      .steps = { NONE, STEP(504, ""), STEP(504, "") },
      .trace = "TTT",
      .want = ST_UPSTREAM,
      .code = "upstreamTimeout" },
    { .name = "what is not proven is not compared",
      .from = 20260305,
      .to = 20260305,
      .steps = { { .http = 200, .body = "[]", .sign = SIGN_FORGED },
                 { .http = 200, .body = "[]", .sign = SIGN_FORGED } },
      .trace = "TT",
      .want = ST_UPSTREAM,
      .code = "answerForged" },
    { .name = "two months have two acts",
      .from = 20251231,
      .to = 20260101,
      .steps = { NONE, NONE, NONE, NONE, STEP(404, ""), NONE },
      .trace = "TTTTaa" },
    { .name = "a period that is none asks nobody",
      .from = 20260305,
      .to = 20260304,
      .trace = "",
      .want = ST_INPUT,
      .code = "periodInvalid" },
};

/* req 3.06 3.15 C-18 */
static void transactions_are_asked_for_day_by_day_and_the_act_without_a_leading_zero(void **state)
{
    struct kit kit;
    struct coid_reconciled sums;
    unsigned found = 0;
    char trace[TRACE];

    (void)state;
    kit_init(&kit);
    kit_open(&kit);
    call_count = 0;
    begin_done(20260305, ASKED_MS);
    far_script(kit.far, usual, COUNT(usual));
    const struct coid_days days = { 20260305, 20260306 };
    assert_ok(coid_reconcile(kit.coid, &days, count, &found, &sums, &kit.err), &kit.err);
    far_trace(kit.far, true, trace);
    assert_string_equal(trace, "TTTTa");
    assert_non_null(strstr(far_call_of(kit.far, 'T', 1)->line,
                           "GET /v1/report/transactions/20260305/20260306 "));
    assert_non_null(strstr(far_call_of(kit.far, 'a', 0)->line, "GET /v1/report/actdetail/2026/3 "));
    assert_int_equal(found, 1u << COID_UNKNOWN_HERE);
    assert_int_equal(sums.here, 1);
    assert_int_equal(sums.there, 2);
    assert_int_equal(sums.differences, 1);
    assert_true(sums.acts_compared);
    assert_int_equal(fake_count(&kit.journal, "coid.asked"), 5);
    assert_string_equal(fake_event(&kit.journal, "coid.asked", 0)->account, "-");
    kit_close(&kit);
}

static void what_cannot_be_learnt_is_no_difference(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *row = &rows[i];
        const struct coid_days days = { row->from, row->to };
        struct kit kit;
        struct coid_reconciled sums = { 0 };
        unsigned found = 0;
        char trace[TRACE];

        kit_init(&kit);
        kit_open(&kit);
        call_count = 0;
        begin_done(20260305, ASKED_MS);
        far_script(kit.far, row->steps, strlen(row->trace));
        enum status status = coid_reconcile(kit.coid, &days, count, &found, &sums, &kit.err);
        far_trace(kit.far, true, trace);
        if (status != row->want || found != row->found || strcmp(trace, row->trace) != 0 ||
            sums.acts_compared != row->acts_compared)
            fail_msg("%s: %s, found %x, asked %s: %s", row->name, status_name(status), found, trace,
                     status == ST_OK ? "" : kit.err.text);
        if (row->code)
            assert_string_equal(kit.err.code, row->code);
        kit_close(&kit);
    }
}

/* Transactions matter up to the day of the last repeat, acts and transactions not beyond today. */
static void a_late_repeat_is_looked_for_and_the_future_is_not(void **state)
{
    const int32_t today = day_of(NOW_MS);
    const struct coid_days late = { 20260305, 20260305 };
    const struct coid_days future = { today, day_add(today, 60) };
    static const struct far_step none = NONE;
    struct far_step steps[8];
    struct kit kit;
    struct coid_reconciled sums;
    unsigned found = 0;
    char trace[TRACE];

    (void)state;
    for (size_t i = 0; i < COUNT(steps); i++)
        steps[i] = none;
    kit_init(&kit);
    kit_open(&kit);
    call_count = 0;
    begin_done(20260305, ASKED_MS + 3 * INT64_C(86400000));
    far_script(kit.far, steps, COUNT(steps));
    assert_ok(coid_reconcile(kit.coid, &late, count, &found, &sums, &kit.err), &kit.err);
    far_trace(kit.far, true, trace);
    assert_string_equal(trace, "TTTTTTa"); /* 4 to 9 March */
    far_script(kit.far, steps, COUNT(steps));
    assert_ok(coid_reconcile(kit.coid, &future, count, &found, &sums, &kit.err), &kit.err);
    far_trace(kit.far, true, trace);
    assert_string_equal(trace, "TTa");
    kit_close(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transactions_are_asked_for_day_by_day_and_the_act_without_a_leading_zero),
        cmocka_unit_test(what_cannot_be_learnt_is_no_difference),
        cmocka_unit_test(a_late_repeat_is_looked_for_and_the_future_is_not),
    };

    return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
