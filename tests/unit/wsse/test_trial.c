/* The end of a judgement: what ended early is acted upon by nobody, whatever its rows say. */
#include "unit/wsse/fixture.h"
#include "wsse/trial.h"

struct row {
    enum check check;
    enum outcome outcome;
};

static const struct row is_signed = { CHECK_SIGNATURE, OUTCOME_PASSED };
static const struct row unlearnt = { CHECK_REVOCATION, OUTCOME_UNKNOWN };
static const struct row no_document = { CHECK_FORMAT, OUTCOME_FAILED };
static const struct row stranger = { CHECK_OWNER, OUTCOME_FAILED };

static const struct {
    const char *name;
    const struct row *rows[4]; /* up to the first NULL */
    bool is_whole;
    enum verdict want;
    bool is_admitted; /* where revocations that cannot be learnt are accepted */
} endings[] = {
    { "whole", { &is_signed }, true, VERDICT_VALID, true },
    { "whole, unlearnt", { &is_signed, &unlearnt }, true, VERDICT_INDETERMINATE, true },
    { "early, good so far", { &is_signed }, false, VERDICT_INVALID, false },
    { "early, unlearnt", { &is_signed, &unlearnt }, false, VERDICT_INVALID, false },
    { "early, no rows", { NULL }, false, VERDICT_INVALID, false },
    { "early, no document", { &no_document }, false, VERDICT_INDETERMINATE, false },
    { "by a failed row", { &is_signed, &unlearnt, &stranger }, false, VERDICT_INVALID, false },
};

static void what_ended_early_is_not_admitted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        AUTO(report_free) struct report *report = report_new();
        struct trial trial = { .report = report };

        for (const struct row *const *row = endings[i].rows; *row; row++)
            report_add(report, (*row)->check, (*row)->outcome, "a row");
        const enum verdict verdict = trial_verdict(&trial, endings[i].is_whole);
        if (verdict != endings[i].want || verdict != report_verdict(report) ||
            report_admits(report, UNKNOWN_ACCEPT) != endings[i].is_admitted)
            fail_msg("%s: %s: %s", endings[i].name, verdict_name(verdict), report_reason(report));
    }
}

/* The step that ended it says why better than we can. */
static void a_failed_row_stays_the_reason(void **state)
{
    AUTO(report_free) struct report *report = report_new();
    struct trial trial = { .report = report };

    (void)state;
    report_add(report, CHECK_SIGNATURE, OUTCOME_PASSED, "stands");
    report_add(report, CHECK_OWNER, OUTCOME_FAILED, "somebody else");
    assert_int_equal(trial_verdict(&trial, false), VERDICT_INVALID);
    assert_string_equal(report_reason(report), "owner: somebody else");
    assert_int_equal(report_row_count(report), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_ended_early_is_not_admitted),
        cmocka_unit_test(a_failed_row_stays_the_reason),
    };

    return cmocka_run_group_tests(tests, setup_wsse, teardown_wsse);
}
