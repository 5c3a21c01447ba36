/* What every fuzz target has: one function. Its driver is libFuzzer's (driver.c, preset fuzz) or
 * replay.c's. A target is deterministic: fixed clock, no network, no state that grows. */
#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stdlib.h>

/* Takes one foreign input. true: it went the way of success (accepted, ST_OK, VALID), which the
 * replay demands of every seed called good… and forbids to those called bad…. */
bool fuzz_take(struct slice in);

/* Aborts when a promise of the code under test is not kept. */
static inline void promise(bool kept)
{
    if (!kept)
        abort();
}
