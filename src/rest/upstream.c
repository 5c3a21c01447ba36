#include "rest/upstream.h"

#include "base/text.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

enum { NAME_TEXT = 48 };

struct upstream {
    char name[NAME_TEXT];
    pthread_mutex_t lock;          /* guards what follows */
    pthread_cond_t changed;        /* a call ended, or the breaker turned */
    struct upstream_params params; /* its name is not ours to read */
    struct upstream_look look;
    uint64_t era; /* counts the turns of the breaker */
    int64_t opened_ms;
    bool probing;                             /* half-open: one is inside */
    unsigned successes;                       /* half-open: of probes */
    uint64_t failures;                        /* closed: in this era */
    int64_t failed_ms[UPSTREAM_FAILURES_MAX]; /* a ring of the last params.failures */
};

static int64_t monotonic_now(const struct clock *clock)
{
    (void)clock;
    return clock_monotonic_ms();
}

static const struct clock monotonic = { .now_ms = monotonic_now };

static bool is_sound(const struct upstream_params *p)
{
    return p->name && p->max_calls > 0 && p->wait_ms >= 0 && p->budget_ms > 0 && p->failures > 0 &&
           p->failures <= UPSTREAM_FAILURES_MAX && p->window_ms > 0 && p->open_ms > 0 &&
           p->successes > 0;
}

static enum status check(const struct upstream_params *params, struct err *err)
{
    if (is_sound(params))
        return ST_OK;
    return RAISE(err, ST_INPUT, "upstream %s: a limit is out of its range",
                 params->name ? params->name : "without a name");
}

enum status upstream_new(const struct upstream_params *params, struct upstream **ret_upstream,
                         struct err *err)
{
    TRY(check(params, err));
    struct upstream *upstream = calloc(1, sizeof(*upstream));
    if (!upstream)
        return RAISE(err, ST_NOMEM, "out of memory");
    text_copy(upstream->name, sizeof(upstream->name), params->name);
    upstream->params = *params;
    upstream->params.name = NULL;
    if (!params->clock)
        upstream->params.clock = &monotonic;
    (void)pthread_mutex_init(&upstream->lock, NULL);
    (void)pthread_cond_init(&upstream->changed, NULL);
    *ret_upstream = upstream;
    return ST_OK;
}

enum status upstream_configure(struct upstream *upstream, const struct upstream_params *params,
                               struct err *err)
{
    TRY(check(params, err));
    (void)pthread_mutex_lock(&upstream->lock);
    const struct clock *clock = upstream->params.clock;
    upstream->params = *params;
    upstream->params.name = NULL;
    upstream->params.clock = clock;
    upstream->failures = 0; /* their ring has another length */
    (void)pthread_cond_broadcast(&upstream->changed);
    (void)pthread_mutex_unlock(&upstream->lock);
    return ST_OK;
}

void upstream_free(struct upstream *upstream)
{
    if (!upstream)
        return;
    (void)pthread_cond_destroy(&upstream->changed);
    (void)pthread_mutex_destroy(&upstream->lock);
    free(upstream);
}

/* ---- the breaker, with the lock held ---- */

static void turn(struct upstream *upstream, enum upstream_state state, int64_t now_ms)
{
    upstream->look.state = state;
    upstream->era++;
    upstream->probing = false;
    upstream->successes = 0;
    upstream->failures = 0;
    if (state == UPSTREAM_OPEN) {
        upstream->opened_ms = now_ms;
        upstream->look.opened++;
    }
    (void)pthread_cond_broadcast(&upstream->changed);
}

static bool lets_pass(struct upstream *upstream)
{
    int64_t now_ms = clock_now(upstream->params.clock);

    if (upstream->look.state == UPSTREAM_OPEN &&
        now_ms - upstream->opened_ms >= upstream->params.open_ms)
        turn(upstream, UPSTREAM_HALF_OPEN, now_ms);
    return upstream->look.state == UPSTREAM_CLOSED ||
           (upstream->look.state == UPSTREAM_HALF_OPEN && !upstream->probing);
}

static void count_failure(struct upstream *upstream)
{
    unsigned limit = upstream->params.failures;
    int64_t now_ms = clock_now(upstream->params.clock);

    upstream->failed_ms[upstream->failures++ % limit] = now_ms;
    int64_t first_ms = upstream->failed_ms[upstream->failures % limit]; /* of the last `limit` */
    if (upstream->failures >= limit && now_ms - first_ms < upstream->params.window_ms)
        turn(upstream, UPSTREAM_OPEN, now_ms);
}

static void end_probe(struct upstream *upstream, enum upstream_outcome outcome)
{
    int64_t now_ms = clock_now(upstream->params.clock);

    upstream->probing = false;
    if (outcome == UPSTREAM_FAILED)
        turn(upstream, UPSTREAM_OPEN, now_ms);
    else if (outcome == UPSTREAM_WELL && ++upstream->successes == upstream->params.successes)
        turn(upstream, UPSTREAM_CLOSED, now_ms);
}

/* ---- the bulkhead, with the lock held ---- */

static enum status refuse_open(struct upstream *upstream, struct err *err)
{
    upstream->look.refused_open++;
    return RAISE_CAUSE(err, ST_UNAVAILABLE, "upstreamOpen", NULL, NULL,
                       "%s: it failed too often lately and is not called for a while",
                       upstream->name);
}

static enum status refuse_busy(struct upstream *upstream, struct err *err)
{
    char limit[32];

    upstream->look.refused_busy++;
    text_format(limit, sizeof(limit), "%u calls", upstream->params.max_calls);
    return RAISE_CAUSE(err, ST_UNAVAILABLE, "upstreamBusy", NULL, limit,
                       "%s: %s are under way already", upstream->name, limit);
}

/* false: not before the instant. */
static bool wait_until(struct upstream *upstream, int64_t until_ms)
{
    const struct timespec until = { .tv_sec = until_ms / 1000,
                                    .tv_nsec = until_ms % 1000 * 1000000 };

    upstream->look.waiting++;
    bool in_time = pthread_cond_clockwait(&upstream->changed, &upstream->lock, CLOCK_MONOTONIC,
                                          &until) != ETIMEDOUT;
    upstream->look.waiting--;
    return in_time;
}

/* The breaker is asked again after each wait: it may have opened meanwhile. */
static enum status take_place(struct upstream *upstream, int64_t until_ms, struct err *err)
{
    for (bool in_time = true;;) {
        if (!lets_pass(upstream))
            return refuse_open(upstream, err);
        if (upstream->look.calls < upstream->params.max_calls)
            break;
        if (!in_time || upstream->look.waiting >= upstream->params.max_waiting)
            return refuse_busy(upstream, err);
        in_time = wait_until(upstream, until_ms);
    }
    upstream->look.calls++;
    upstream->look.passed++;
    upstream->probing = upstream->look.state == UPSTREAM_HALF_OPEN;
    return ST_OK;
}

static int64_t earlier(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

enum status upstream_enter(struct upstream *upstream, int64_t deadline_ms,
                           struct upstream_pass *ret_pass, struct err *err)
{
    int64_t came_ms = clock_monotonic_ms();

    if (deadline_ms <= came_ms)
        return RAISE(err, ST_TIMEOUT, "%s: no time left to call it", upstream->name);
    (void)pthread_mutex_lock(&upstream->lock);
    int64_t end_ms = earlier(deadline_ms, came_ms + upstream->params.budget_ms);
    int64_t wait_end_ms = earlier(end_ms, came_ms + upstream->params.wait_ms);
    enum status status = take_place(upstream, wait_end_ms, err);
    uint64_t era = upstream->era;
    (void)pthread_mutex_unlock(&upstream->lock);
    if (status == ST_OK)
        *ret_pass = (struct upstream_pass){ end_ms, clock_monotonic_ms() - came_ms, era };
    return status;
}

void upstream_leave(struct upstream *upstream, const struct upstream_pass *pass,
                    enum upstream_outcome outcome)
{
    (void)pthread_mutex_lock(&upstream->lock);
    upstream->look.calls--;
    if (pass->era == upstream->era) {
        if (upstream->look.state == UPSTREAM_HALF_OPEN)
            end_probe(upstream, outcome);
        else if (outcome == UPSTREAM_FAILED)
            count_failure(upstream);
    }
    (void)pthread_cond_signal(&upstream->changed);
    (void)pthread_mutex_unlock(&upstream->lock);
}

void upstream_look(struct upstream *upstream, struct upstream_look *ret_look)
{
    (void)pthread_mutex_lock(&upstream->lock);
    *ret_look = upstream->look;
    (void)pthread_mutex_unlock(&upstream->lock);
}
