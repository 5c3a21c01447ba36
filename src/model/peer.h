/* One exchange as seen from outside: who called, since when, until when. */
#pragma once

#include "base/id.h"

#include <stdint.h>

struct peer {
    struct id exchange;  /* our id, the same in every log line and table */
    char address[64];    /* caller's IP as numeric text, behind trusted proxies too */
    int64_t start_ms;    /* Unix time of the last request byte */
    int64_t deadline_ms; /* monotonic (clock_monotonic_ms); everything ends before it (req 0.05) */
};
