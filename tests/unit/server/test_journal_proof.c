/* When the daily proof of the journal is due: by Astana's clock (req 0.19). */
#include "server/journal_proof.h"

#include "base/clock.h"
#include "support/cmocka.h"

#define HOUR_MS INT64_C(3600000)
#define NOON INT64_C(1795330800000) /* 2026-11-22 12:00, Astana */

static void the_hour_is_astanas_and_always_ahead(void **state)
{
    static const struct {
        int64_t after_noon_ms, hour, want_ms; /* after noon */
    } rows[] = {
        { 0, 13, HOUR_MS },
        { 0, 12, 24 * HOUR_MS }, /* it strikes now: tomorrow */
        { -1, 12, 0 },
        { 1, 12, 24 * HOUR_MS },
        { 0, 4, 16 * HOUR_MS },
        { 12 * HOUR_MS - 1, 0, 12 * HOUR_MS }, /* the last millisecond of a day */
        { 12 * HOUR_MS, 0, 36 * HOUR_MS },
        { 12 * HOUR_MS - 1, 23, 35 * HOUR_MS },
        { -7 * HOUR_MS - 1, 5, -7 * HOUR_MS }, /* midnight of UTC */
        { 1800123, 12, 24 * HOUR_MS },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const int64_t got = journal_proof_next(NOON + rows[i].after_noon_ms, rows[i].hour) - NOON;
        if (got != rows[i].want_ms)
            fail_msg("row %zu: %lld, not %lld", i, (long long)got, (long long)rows[i].want_ms);
    }
}

static void there_is_no_news_before_the_first(void **state)
{
    AUTO(journal_proof_free) struct journal_proof *proof = journal_proof_new();
    struct proof_news news[PROOF_FOLDERS];

    (void)state;
    assert_non_null(proof);
    journal_proof_news(proof, news);
    assert_string_equal(news[0].folder, "journal");
    assert_string_equal(news[1].folder, "ctl");
    for (size_t i = 0; i < PROOF_FOLDERS; i++)
        assert_int_equal(news[i].word, PROOF_NEVER);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hour_is_astanas_and_always_ahead),
        cmocka_unit_test(there_is_no_news_before_the_first),
    };
    struct err err;

    if (clock_use_astana(&err) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
