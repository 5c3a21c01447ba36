/* Time, injected. Instants are milliseconds of Unix time (UTC); civil time is Astana's. */
#pragma once

#include "base/err.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* Tests own one of these; the service uses clock_system(). */
struct clock {
    int64_t (*now_ms)(const struct clock *clock); /* Unix time */
    int64_t fixed_ms;                             /* for clock_fixed_at() */
};

const struct clock *clock_system(void);
struct clock clock_fixed_at(int64_t now_ms);
int64_t clock_now(const struct clock *clock);

/* Monotonic milliseconds for deadlines: never set back, meaningless outside the process. */
int64_t clock_monotonic_ms(void);

/**
 * Makes local time Astana's (tzdata's Asia/Almaty; req 0.19). Once, before threads start.
 * ST_INTERNAL  the zone is not installed (package tzdata)
 */
MUST_USE enum status clock_use_astana(struct err *err);

enum { TIME_TEXT = 40 }; /* room for any of the texts below, with NUL */

void time_utc_text(int64_t ms, char dst[TIME_TEXT]); /* 2026-11-22T09:03:07.120Z */
void time_utc_offset_text(int64_t ms,
                          char dst[TIME_TEXT]); /* 2026-11-22T14:03:07.120+05:00, Astana's offset */
void time_astana_date(int64_t ms, char dst[TIME_TEXT]);    /* 22:11:2026 (req 0.42) */
void time_astana_time(int64_t ms, char dst[TIME_TEXT]);    /* 14:03:07 */
void time_astana_time_ms(int64_t ms, char dst[TIME_TEXT]); /* 14:03:07.120 */
void time_astana_minute(int64_t ms, char dst[TIME_TEXT]);  /* 22-11-2026, 14:03 (req 1.46) */

struct time_span {
    int64_t from_ms;
    int64_t to_ms; /* == from_ms for an instant; the day's last millisecond for a bare date */
};

/**
 * Reads xsd:dateTime or xsd:date as real callers write them: zone Z, ±hh:mm, ±hhmm or none (then
 * Astana's), fraction of any length, blanks around; a bare date is that whole day.
 * false: not a date. Source: shep-contract.md section 1, payloads.md section 3.
 */
bool time_parse(struct slice text, struct time_span *ret);
