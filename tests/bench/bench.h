/* Timing side by side: what the bench programs share. They measure and never fail for being slow.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* One operation; false: it went wrong, and the program ends. */
typedef bool bench_operation(void *ctx);

/* Seconds of CLOCK_MONOTONIC. */
double bench_now_s(void);
/* Ends the program with the error's text unless right. err may be NULL. */
void bench_need(bool right, const struct err *err, const char *what);

/* --NAME VALUE on the command line, and where the value goes. */
struct bench_option {
    const char *name;  /* NULL ends a table of them */
    const char **text; /* either this: wanted, unless it is optional, … */
    bool optional;
    size_t *number;  /* … or this, set to what counts without the option, */
    size_t min, max; /* and its limits; max 0: none */
};
/* Ends the program with a word about the option that is unknown, absent or beyond its limits. */
void bench_options(const struct bench_option *options, int argc, char **argv);

/* Ascending. */
void bench_sort(double *values, size_t count);

/* "name   value unit": one line. */
void bench_line(const char *name, double value, const char *unit);

struct bench_pair {
    const char *name;
    bench_operation *ours;
    void *ours_ctx;
    bench_operation *bare; /* what it is compared with */
    void *bare_ctx;
};
/* Runs both in turn, a slice of time each, over an odd number of rounds, and prints one line: the
 * medians per second and the median of the rounds' ratios (times ours cost what bare costs). The
 * noise of the machine meets both alike. */
void bench_duel(const struct bench_pair *pair);
