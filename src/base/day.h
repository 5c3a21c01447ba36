/* Civil days as the store and ЦОИД's reports count them: yyyymmdd, Astana's. */
#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum { DAY_TEXT = 11 }; /* 2026-11-22 with NUL */

/* yyyymmdd or yyyy-mm-dd; false: not a day of the calendar, or before 1970 or after 9999. */
bool day_parse(struct slice text, int32_t *ret);
/* The day of an instant (Unix ms); clock_use_astana() was called. */
int32_t day_of(int64_t ms);
/* The day n days later; n may be negative. */
int32_t day_add(int32_t day, int n);
/* Both included; 1 for one day, 0 or less when to is before from. */
int day_count(int32_t from, int32_t to);
/* yyyy-mm-dd */
void day_text(int32_t day, char dst[DAY_TEXT]);
