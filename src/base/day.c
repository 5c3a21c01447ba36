#include "base/day.h"

#include "base/text.h"

#include <time.h>

enum { DAY_S = 24 * 60 * 60, YEAR_MIN = 1970, YEAR_MAX = 9999 };

/* Days since 1970-01-01. */
static int64_t serial(int32_t day)
{
    struct tm tm = { .tm_year = day / 10000 - 1900,
                     .tm_mon = day / 100 % 100 - 1,
                     .tm_mday = day % 100 };

    return (int64_t)timegm(&tm) / DAY_S;
}

static int32_t from_tm(const struct tm *tm)
{
    return (tm->tm_year + 1900) * 10000 + (tm->tm_mon + 1) * 100 + tm->tm_mday;
}

static int32_t from_serial(int64_t days)
{
    time_t s = (time_t)(days * DAY_S);
    struct tm tm;

    (void)gmtime_r(&s, &tm);
    return from_tm(&tm);
}

bool day_parse(struct slice text, int32_t *ret)
{
    char digits[9];
    int32_t day = 0;

    if (text.len == 10 && text.at[4] == '-' && text.at[7] == '-')
        (void)text_format(digits, sizeof(digits), "%.4s%.2s%.2s", text.at, text.at + 5,
                          text.at + 8);
    else if (text.len == 8)
        (void)text_copy_slice(digits, sizeof(digits), text);
    else
        return false;
    if (!text_is_digits(slice_str(digits), 8))
        return false;
    for (const char *at = digits; *at; at++)
        day = day * 10 + (*at - '0');
    /* the 31st of June comes back as another day */
    if (day / 10000 < YEAR_MIN || day / 10000 > YEAR_MAX || from_serial(serial(day)) != day)
        return false;
    *ret = day;
    return true;
}

int32_t day_of(int64_t ms)
{
    time_t s = (time_t)(ms / 1000 - (ms % 1000 < 0));
    struct tm tm;

    (void)localtime_r(&s, &tm);
    return from_tm(&tm);
}

int32_t day_add(int32_t day, int n)
{
    return from_serial(serial(day) + n);
}

int day_count(int32_t from, int32_t to)
{
    return (int)(serial(to) - serial(from)) + 1;
}

void day_text(int32_t day, char dst[DAY_TEXT])
{
    (void)text_format(dst, DAY_TEXT, "%04d-%02d-%02d", day / 10000 % 10000, day / 100 % 100,
                      day % 100);
}
