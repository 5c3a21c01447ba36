/* One upstream behind a bulkhead and a circuit breaker: when it hangs, its callers are refused fast
 * and nobody else's work stands still (architecture.md section 3). Thread-safe.
 *
 * It lets callers pass and hears how it went; calling is rest_do()'s, and sending anything again is
 * the caller's own decision, for a comparison costs money. One pass may span several calls. */
#pragma once

#include "base/auto.h"
#include "base/clock.h"
#include "base/err.h"

#include <stdbool.h>

struct upstream;

enum { UPSTREAM_FAILURES_MAX = 64 };

struct upstream_params {
    const char *name;     /* for errors; copied */
    unsigned max_calls;   /* passes at a time */
    unsigned max_waiting; /* callers that may wait for one; more are refused at once */
    int64_t wait_ms;      /* and so long each */
    int64_t budget_ms;    /* of a pass: waiting, connecting, reading and any repeat */
    /* So many failures within the window open the breaker, whatever succeeds between them: 1 to
     * UPSTREAM_FAILURES_MAX. */
    unsigned failures;
    int64_t window_ms;
    int64_t open_ms;    /* nobody passes for so long; then one at a time, as a probe */
    unsigned successes; /* of probes, without a failure between, close it; at least 1 */
    /* The breaker's. Borrowed for the upstream's life; NULL: the monotonic one. */
    const struct clock *clock;
};

/* ST_INPUT: a number out of its range. ret_upstream is the caller's: upstream_free(). */
MUST_USE enum status upstream_new(const struct upstream_params *params,
                                  struct upstream **ret_upstream, struct err *err);
/* Other limits from now on, for a reload: who is inside stays, the breaker stands as it stood, and
 * the failures so far are forgotten. The name and the clock stay. ST_INPUT: as upstream_new(). */
MUST_USE enum status upstream_configure(struct upstream *upstream,
                                        const struct upstream_params *params, struct err *err);
/* NULL is fine. Nobody may be inside or waiting. */
void upstream_free(struct upstream *upstream);
DEFINE_AUTO(struct upstream, upstream_free)

/* Leave to call, for upstream_leave(). */
struct upstream_pass {
    int64_t deadline_ms; /* monotonic: the caller's or the end of the budget, whichever is first */
    int64_t queue_ms;    /* waited for it */
    uint64_t era;        /* the breaker's own */
};

/* What a call tells of the other side's health; which HTTP statuses are a failure is the caller's
 * knowledge (a 500 of ЦОИД's biometric side is an answer). */
enum upstream_outcome {
    UPSTREAM_UNTOLD, /* nothing: our own fault, or broken off by us */
    UPSTREAM_WELL,
    UPSTREAM_FAILED, /* no connection, TLS, no answer in time, a 5xx */
};

/**
 * Leave to call, within wait_ms. Each ST_OK wants one upstream_leave().
 *
 * deadline_ms     the caller's, monotonic
 * ST_UNAVAILABLE  code upstreamBusy: max_calls are under way and none ended in time, or too many
 *                 wait; code upstreamOpen: it failed too often lately
 * ST_TIMEOUT      the deadline is over already
 */
MUST_USE enum status upstream_enter(struct upstream *upstream, int64_t deadline_ms,
                                    struct upstream_pass *ret_pass, struct err *err);
/* An outcome that comes after the breaker has turned is not counted: it tells of an earlier time.
 */
void upstream_leave(struct upstream *upstream, const struct upstream_pass *pass,
                    enum upstream_outcome outcome);

enum upstream_state { UPSTREAM_CLOSED, UPSTREAM_OPEN, UPSTREAM_HALF_OPEN };

/* For metrics. */
struct upstream_look {
    enum upstream_state state;
    unsigned calls;
    unsigned waiting;
    uint64_t passed; /* since birth, as those below */
    uint64_t refused_busy;
    uint64_t refused_open;
    uint64_t opened; /* times that the breaker opened */
};
void upstream_look(struct upstream *upstream, struct upstream_look *ret_look);
