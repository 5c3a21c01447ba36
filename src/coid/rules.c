/* The rules that need nobody else (flows.md section 2). */
#include "base/day.h"
#include "base/text.h"
#include "coid/internal.h"

#include <stdio.h>

enum { IIN_DIGITS = 12, PERIOD_DAYS_MAX = 366, YEAR_MIN = 2000, YEAR_MAX = 9999 };

/* The control digit: a weighted sum modulo 11, by a second row of weights when the first gives 10,
 * which no digit can be. */
static bool has_check_digit(const char *iin)
{
    static const int weights[2][IIN_DIGITS - 1] = {
        { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 },
        { 3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2 },
    };
    int rest = 10;

    for (int row = 0; row < 2 && rest == 10; row++) {
        rest = 0;
        for (int i = 0; i < IIN_DIGITS - 1; i++)
            rest += weights[row][i] * (iin[i] - '0');
        rest %= 11;
    }
    return rest == iin[IIN_DIGITS - 1] - '0';
}

enum status rule_iin(const struct coid *coid, const char *iin, const char *field, struct err *err)
{
    if (!text_is_digits(slice_str(iin), IIN_DIGITS))
        return RAISE_CAUSE(err, ST_INPUT, "iinInvalid", field, "12 digits", "an IIN is 12 digits");
    if (coid->p.iin_check_digit && !has_check_digit(iin))
        return RAISE_CAUSE(err, ST_INPUT, "iinInvalid", field, NULL,
                           "the control digit of the IIN is wrong");
    return ST_OK;
}

static bool is_day(int32_t day)
{
    char text[16];
    int32_t same;

    (void)text_format(text, sizeof(text), "%08d", (int)day);
    return day_parse(slice_str(text), &same);
}

enum status rule_period(const struct coid *coid, int32_t from, int32_t to, struct err *err)
{
    const int32_t tomorrow = day_add(day_of(clock_now(coid->p.clock)), 1);
    char limit[DAY_TEXT];

    if (!is_day(from) || !is_day(to) || from > to)
        return RAISE_CAUSE(err, ST_INPUT, "periodInvalid", "fromDate", NULL,
                           "fromDate is after toDate, or one of them is no day");
    if (to > tomorrow) {
        day_text(tomorrow, limit);
        return RAISE_CAUSE(err, ST_INPUT, "periodInvalid", "toDate", limit,
                           "toDate is in the future");
    }
    if (day_count(from, to) > PERIOD_DAYS_MAX)
        return RAISE_CAUSE(err, ST_INPUT, "periodInvalid", "fromDate", "366 days",
                           "the period is longer than 366 days");
    return ST_OK;
}

enum status rule_month(const struct coid *coid, int64_t year, int64_t month, struct err *err)
{
    const int32_t now = day_of(clock_now(coid->p.clock)) / 100;
    char limit[16];

    if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12)
        return RAISE_CAUSE(err, ST_INPUT, "monthInvalid", "month", NULL, "there is no such month");
    if (year * 100 + month > now) {
        (void)text_format(limit, sizeof(limit), "%d-%02d", (int)now / 100, (int)now % 100);
        return RAISE_CAUSE(err, ST_INPUT, "monthInvalid", "month", limit,
                           "the month has not begun");
    }
    return ST_OK;
}
