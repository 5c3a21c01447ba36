#include "sandbox/centre_hold.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define NOBODY_DUE INT64_MAX

struct hold {
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    struct held *at;
    size_t count;
    bool ends;
};

void held_release(struct held *held)
{
    held->reply.headers = (const char *const *)held->headers;
    if (held->broken_off && held->body_bytes == 0) {
        bytes_free(TAKE(held->reply.body));
        http_break_off(held->request, NULL, 0);
    } else if (held->broken_off) {
        http_break_off(held->request, &held->reply, held->body_bytes);
    } else {
        http_answer_slowly(held->request, &held->reply, held->slow_from, held->slow_ms);
    }
    held->reply.headers = NULL;
    for (size_t i = 0; i < HELD_HEADERS; i++)
        free(TAKE(held->headers[i]));
}

/* Locked. Takes out one that is due; else says when the next one is. */
static bool take_due(struct hold *hold, int64_t now_ms, struct held *ret, int64_t *ret_next_ms)
{
    *ret_next_ms = NOBODY_DUE;
    for (size_t i = 0; i < hold->count; i++) {
        if (hold->at[i].due_ms <= now_ms) {
            *ret = hold->at[i];
            hold->at[i] = hold->at[--hold->count];
            return true;
        }
        if (hold->at[i].due_ms < *ret_next_ms)
            *ret_next_ms = hold->at[i].due_ms;
    }
    return false;
}

static void wait_until(struct hold *hold, int64_t due_ms)
{
    const struct timespec until = { .tv_sec = due_ms / 1000,
                                    .tv_nsec = (long)(due_ms % 1000) * 1000000 };

    if (due_ms == NOBODY_DUE)
        (void)pthread_cond_wait(&hold->changed, &hold->lock);
    else
        (void)pthread_cond_timedwait(&hold->changed, &hold->lock, &until);
}

static void *run(void *ctx)
{
    struct hold *hold = ctx;
    struct held held;
    int64_t next_ms;

    (void)pthread_mutex_lock(&hold->lock);
    while (!hold->ends) {
        if (!take_due(hold, clock_monotonic_ms(), &held, &next_ms)) {
            wait_until(hold, next_ms);
            continue;
        }
        (void)pthread_mutex_unlock(&hold->lock);
        held_release(&held);
        (void)pthread_mutex_lock(&hold->lock);
    }
    (void)pthread_mutex_unlock(&hold->lock);
    return NULL;
}

enum status hold_new(struct hold **ret_hold, struct err *err)
{
    struct hold *hold = calloc(1, sizeof(*hold));
    pthread_condattr_t monotonic;

    if (!hold)
        return RAISE(err, ST_NOMEM, "out of memory");
    hold->at = calloc(HOLD_MAX, sizeof(*hold->at));
    (void)pthread_mutex_init(&hold->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&hold->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    if (!hold->at || pthread_create(&hold->thread, NULL, run, hold) != 0) {
        free(hold->at);
        free(hold);
        return RAISE(err, ST_INTERNAL, "cannot start a thread");
    }
    *ret_hold = hold;
    return ST_OK;
}

void hold_free(struct hold *hold)
{
    if (!hold)
        return;
    (void)pthread_mutex_lock(&hold->lock);
    hold->ends = true;
    (void)pthread_cond_signal(&hold->changed);
    (void)pthread_mutex_unlock(&hold->lock);
    (void)pthread_join(hold->thread, NULL);
    for (size_t i = 0; i < hold->count; i++) {
        hold->at[i].broken_off = true;
        hold->at[i].body_bytes = 0;
        held_release(&hold->at[i]);
    }
    (void)pthread_cond_destroy(&hold->changed);
    (void)pthread_mutex_destroy(&hold->lock);
    free(hold->at);
    free(hold);
}

void hold_add(struct hold *hold, const struct held *held)
{
    struct held now = *held;
    bool full;

    (void)pthread_mutex_lock(&hold->lock);
    full = hold->count == HOLD_MAX;
    if (!full)
        hold->at[hold->count++] = *held;
    (void)pthread_cond_signal(&hold->changed);
    (void)pthread_mutex_unlock(&hold->lock);
    if (full)
        held_release(&now);
}
