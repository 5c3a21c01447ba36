#include "base/clock.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t system_now_ms(const struct clock *clock)
{
    struct timespec now;

    (void)clock;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t fixed_now_ms(const struct clock *clock)
{
    return clock->fixed_ms;
}

const struct clock *clock_system(void)
{
    static const struct clock system_clock = { .now_ms = system_now_ms };

    return &system_clock;
}

struct clock clock_fixed_at(int64_t now_ms)
{
    return (struct clock){ .now_ms = fixed_now_ms, .fixed_ms = now_ms };
}

int64_t clock_now(const struct clock *clock)
{
    return clock->now_ms(clock);
}

int64_t clock_monotonic_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum status clock_use_astana(struct err *err)
{
    if (access("/usr/share/zoneinfo/Asia/Almaty", R_OK) != 0)
        return RAISE(err, ST_INTERNAL, "time zone Asia/Almaty is not installed (package tzdata)");
    if (setenv("TZ", "Asia/Almaty", 1) != 0)
        return RAISE(err, ST_NOMEM, "TZ: out of memory");
    tzset();
    return ST_OK;
}

static int64_t floor_seconds(int64_t ms, int *ret_ms)
{
    int64_t s = ms / 1000;
    int64_t rest = ms % 1000;

    if (rest < 0) {
        rest += 1000;
        s--;
    }
    *ret_ms = (int)rest;
    return s;
}

static int split_local(int64_t ms, struct tm *ret)
{
    int rest;
    time_t s = (time_t)floor_seconds(ms, &rest);

    (void)localtime_r(&s, ret);
    return rest;
}

void time_utc_text(int64_t ms, char dst[TIME_TEXT])
{
    struct tm tm;
    int rest;
    time_t s = (time_t)floor_seconds(ms, &rest);

    (void)gmtime_r(&s, &tm);
    text_format(dst, TIME_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900,
                tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, rest);
}

void time_utc_offset_text(int64_t ms, char dst[TIME_TEXT])
{
    struct tm tm;
    int rest = split_local(ms, &tm);
    long offset = tm.tm_gmtoff / 60;

    text_format(dst, TIME_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d.%03d%c%02ld:%02ld",
                tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                rest, offset < 0 ? '-' : '+', labs(offset) / 60, labs(offset) % 60);
}

void time_astana_date(int64_t ms, char dst[TIME_TEXT])
{
    struct tm tm;

    (void)split_local(ms, &tm);
    text_format(dst, TIME_TEXT, "%02d:%02d:%04d", tm.tm_mday, tm.tm_mon + 1, tm.tm_year + 1900);
}

void time_astana_time(int64_t ms, char dst[TIME_TEXT])
{
    struct tm tm;

    (void)split_local(ms, &tm);
    text_format(dst, TIME_TEXT, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void time_astana_time_ms(int64_t ms, char dst[TIME_TEXT])
{
    struct tm tm;
    int rest = split_local(ms, &tm);

    text_format(dst, TIME_TEXT, "%02d:%02d:%02d.%03d", tm.tm_hour, tm.tm_min, tm.tm_sec, rest);
}

void time_astana_minute(int64_t ms, char dst[TIME_TEXT])
{
    struct tm tm;

    (void)split_local(ms, &tm);
    text_format(dst, TIME_TEXT, "%02d-%02d-%04d, %02d:%02d", tm.tm_mday, tm.tm_mon + 1,
                tm.tm_year + 1900, tm.tm_hour, tm.tm_min);
}

/* Takes exactly n digits off the front of *s. */
static bool take_digits(struct slice *s, size_t n, int *ret)
{
    if (s->len < n || !text_is_digits((struct slice){ s->at, n }, n))
        return false;
    *ret = 0;
    for (size_t i = 0; i < n; i++)
        *ret = *ret * 10 + (s->at[i] - '0');
    *s = slice_skip(*s, n);
    return true;
}

static bool take_char(struct slice *s, char c)
{
    if (s->len == 0 || s->at[0] != c)
        return false;
    *s = slice_skip(*s, 1);
    return true;
}

/* Of the Gregorian calendar; month from 0. */
static int days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month] + (month == 1 && leap);
}

static bool take_date(struct slice *s, struct tm *tm)
{
    if (!take_digits(s, 4, &tm->tm_year) || !take_char(s, '-') || !take_digits(s, 2, &tm->tm_mon) ||
        !take_char(s, '-') || !take_digits(s, 2, &tm->tm_mday))
        return false;
    tm->tm_mon -= 1;
    if (tm->tm_mon < 0 || tm->tm_mon >= 12 || tm->tm_mday < 1 ||
        tm->tm_mday > days_in_month(tm->tm_year, tm->tm_mon))
        return false;
    tm->tm_year -= 1900;
    return true;
}

/* The first three fraction digits count, any further are dropped. */
static bool take_fraction(struct slice *s, int *ret_ms)
{
    int weight = 100;

    *ret_ms = 0;
    if (!take_char(s, '.'))
        return true;
    if (s->len == 0 || s->at[0] < '0' || s->at[0] > '9')
        return false;
    while (s->len > 0 && s->at[0] >= '0' && s->at[0] <= '9') {
        *ret_ms += weight * (s->at[0] - '0');
        weight /= 10;
        *s = slice_skip(*s, 1);
    }
    return true;
}

static bool take_time(struct slice *s, struct tm *tm, int *ret_ms)
{
    if (!take_digits(s, 2, &tm->tm_hour) || !take_char(s, ':') || !take_digits(s, 2, &tm->tm_min) ||
        !take_char(s, ':') || !take_digits(s, 2, &tm->tm_sec) || !take_fraction(s, ret_ms))
        return false;
    return tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec < 61;
}

/* Z, +hh:mm, +hhmm, or nothing; *ret_offset in minutes. */
static bool take_zone(struct slice *s, bool *ret_given, int *ret_offset)
{
    int hours;
    int minutes;

    *ret_given = s->len > 0;
    *ret_offset = 0;
    if (s->len == 0 || take_char(s, 'Z') || take_char(s, 'z'))
        return s->len == 0;
    bool minus = s->at[0] == '-';
    if (!take_char(s, '+') && !take_char(s, '-'))
        return false;
    if (!take_digits(s, 2, &hours))
        return false;
    (void)take_char(s, ':');
    if (!take_digits(s, 2, &minutes) || hours > 14 || minutes > 59)
        return false;
    *ret_offset = (minus ? -1 : 1) * (hours * 60 + minutes);
    return s->len == 0;
}

static int64_t to_ms(struct tm tm, bool zoned, int offset)
{
    tm.tm_isdst = -1;
    time_t s = zoned ? timegm(&tm) - (time_t)offset * 60 : mktime(&tm);
    return (int64_t)s * 1000;
}

bool time_parse(struct slice text, struct time_span *ret)
{
    struct slice s = slice_trim(text);
    struct tm tm = { 0 };
    int ms = 0;
    bool zoned;
    int offset;

    if (!take_date(&s, &tm))
        return false;
    bool bare = s.len == 0 || (s.at[0] != 'T' && s.at[0] != ' ');
    if (!bare) {
        s = slice_skip(s, 1);
        if (!take_time(&s, &tm, &ms))
            return false;
    }
    if (!take_zone(&s, &zoned, &offset))
        return false;
    ret->from_ms = to_ms(tm, zoned, offset) + ms;
    ret->to_ms = ret->from_ms;
    if (bare) {
        tm.tm_mday++;
        ret->to_ms = to_ms(tm, zoned, offset) - 1;
    }
    return true;
}
