/* ЦОИД's calls: what is asked where. For src/coid only. */
#pragma once

#include "coid/ask.h"

struct call {
    enum asked asked;
    enum operation op; /* whose evidence the answer is */
    const char *method;
    size_t path;                        /* in struct coid_paths */
    const char *names[PATH_VALUES + 1]; /* {…} that its path must have, and no others */
    bool keyed;                         /* x-idempotency-key goes with it (C-04) */
    bool once;                          /* never sent a second time by itself (req 3.06) */
};
const struct call *call_of(enum asked asked);
/* The URL with its values and query; the errand's arena's. */
MUST_USE enum status call_url(const struct errand *errand, const struct call *call,
                              const struct question *question, const char **ret, struct err *err);
