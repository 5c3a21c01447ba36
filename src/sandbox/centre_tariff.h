/* Vendors of ЦОИД (seed 003 section 9.2) and what a comparison costs (seed 002 section 6.6: the
 * price of a step is that of each comparison within it). For src/sandbox/centre only. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { TARIFF_VENDORS = 5, TARIFF_STEPS = 4 };

struct tariff_vendor {
    int id;
    const char *name;
    double prices[TARIFF_STEPS]; /* tenge */
};
extern const struct tariff_vendor tariff_vendors[TARIFF_VENDORS];
/* NULL: no such vendor. */
const struct tariff_vendor *tariff_find(int64_t id);

struct tariff_step {
    int64_t from, to; /* the how-manieth comparisons of a month, both included; to 0: no end */
};
extern const struct tariff_step tariff_steps[TARIFF_STEPS];
/* How many of a month's comparisons fall into the step. */
int64_t tariff_share(const struct tariff_step *step, int64_t count);
