/* Civil days: what is one, and how they are counted. */
#include "base/day.h"

#include "base/clock.h"
#include "support/cmocka.h"

static void a_day_is_read_with_dashes_or_without_and_must_be_in_the_calendar(void **state)
{
    static const struct {
        const char *text;
        int32_t day; /* 0: none */
    } rows[] = {
        { "20261122", 20261122 },   { "2026-11-22", 20261122 },
        { "2024-02-29", 20240229 }, { "2023-02-29", 0 },
        { "20260631", 0 },          { "20261300", 0 },
        { "20260001", 0 },          { "2026-1-22", 0 },
        { "2026/11/22", 0 },        { "", 0 },
        { "2026112", 0 },           { "202611220", 0 },
        { "2026112x", 0 },          { "+2261122", 0 },
        { "19691231", 0 },          { "1970-01-01", 19700101 },
        { "99991231", 99991231 },   { "2026-11-2\xd2", 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int32_t day = 0;

        assert_int_equal(day_parse(slice_str(rows[i].text), &day), rows[i].day != 0);
        assert_int_equal(day, rows[i].day);
    }
}

static void days_are_counted_over_months_and_leap_years(void **state)
{
    char text[DAY_TEXT];

    (void)state;
    assert_int_equal(day_count(20261122, 20261122), 1);
    assert_int_equal(day_count(20240101, 20241231), 366);
    assert_int_equal(day_count(20250101, 20251231), 365);
    assert_int_equal(day_count(20261122, 20261121), 0);
    assert_int_equal(day_add(20241231, 1), 20250101);
    assert_int_equal(day_add(20240301, -1), 20240229);
    day_text(20240301, text);
    assert_string_equal(text, "2024-03-01");
}

static void an_instant_has_the_day_that_is_written_in_astana(void **state)
{
    struct err err;

    (void)state;
    assert_int_equal(clock_use_astana(&err), ST_OK);
    assert_int_equal(day_of(1795374000000 - 1), 20261122); /* 23:59:59.999 +05:00 */
    assert_int_equal(day_of(1795374000000), 20261123);
    assert_int_equal(day_of(0), 19700101);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_is_read_with_dashes_or_without_and_must_be_in_the_calendar),
        cmocka_unit_test(days_are_counted_over_months_and_leap_years),
        cmocka_unit_test(an_instant_has_the_day_that_is_written_in_astana),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
