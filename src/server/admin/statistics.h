/* Numbers of the journal's table over all instances, for the console: hour by hour and day by day,
 * the last seven days. Counted when somebody looks, each line once, in bounded pieces. Statistics
 * alone: no id of an exchange, nobody's IIN (req 0.53). Thread-safe. */
#pragma once

#include "base/auto.h"
#include "store/lookup.h"

enum {
    STATISTICS_HOURS = 7 * 24,
    STATISTICS_KINDS = 2000,   /* of events by day, code and reason; the rest is not counted */
    STATISTICS_SENDERS = 1000, /* of today's by sender and code */
    STATISTICS_BUCKETS = 72, /* quarter octaves of a millisecond; the last has all above 3.7 min */
};

struct hour_numbers {
    int64_t hour;                                      /* of Unix time */
    int64_t exchanges, good, business, failed, faults; /* SCSS001, SCSE002, SCSE003, Faults */
    int64_t sum_ms, max_ms;
    int64_t p95_ms; /* at most: a bucket's upper end */
};
struct kind_numbers {
    int32_t day;
    char event[65], code[65], reason[65];
    int64_t count;
};
struct sender_numbers {
    int32_t day;
    char account[65], code[65];
    int64_t count, last_ms;
};

struct statistics;
struct statistics *statistics_new(void); /* NULL: out of memory */
/* NULL is fine. */
void statistics_free(struct statistics *statistics);
DEFINE_AUTO(struct statistics, statistics_free)

/* Counts what has come since, until deadline_ms (monotonic); when somebody else is at it, that is
 * waited for. *ret_whole: all that was there is counted. */
MUST_USE enum status statistics_count(struct statistics *statistics, struct store *store,
                                      int64_t now_ms, int64_t deadline_ms, bool *ret_whole,
                                      struct err *err);
/* The hours that end with now's, the oldest first. */
void statistics_hours(struct statistics *statistics, int64_t now_ms, size_t count,
                      struct hour_numbers *ret);
/* Copies, sorted as they came; the arena's. NULL: out of memory. */
const struct kind_numbers *statistics_kinds(struct statistics *statistics, struct arena *arena,
                                            size_t *ret_count);
const struct sender_numbers *statistics_senders(struct statistics *statistics, struct arena *arena,
                                                size_t *ret_count);
