/* Many threads over many items, one step: how long each item took. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct crew {
    size_t items;
    size_t threads;                                               /* items on the wire at once */
    enum status (*step)(void *ctx, size_t item, struct err *err); /* not ST_OK ends the program */
    void (*done)(void *ctx, size_t count); /* count items are through, each count once */
    void *ctx;
};

struct crew_times {
    double wall_s;
    double p50_ms, p95_ms, p99_ms;
};
/* Runs the step once for every item; `what` names it where it fails. */
struct crew_times crew_run(const struct crew *crew, const char *what);
