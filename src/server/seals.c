#include "server/seals.h"

#include "base/log.h"

#include <pthread.h>
#include <time.h>

enum { LOOK_EVERY_S = 1, AFTER_TROUBLE_S = 10 };

struct seals {
    struct service *(*take)(void *ctx);
    void *ctx;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool ending; /* guarded by lock */
    pthread_t thread;
    bool running;
};

/* Seconds until there is reason to look again. A session whose seal failed has put itself off. */
static int seal_some(const struct seals *seals)
{
    AUTO(service_free) struct service *service = seals->take(seals->ctx);
    struct err err = { 0 };
    bool more = false;

    if (mobile_seal_next(service_mobile(service), &more, &err) == ST_OK)
        return more ? 0 : LOOK_EVERY_S;
    log_err(LOG_LEVEL_WARNING, "seal", &err);
    return more ? 0 : AFTER_TROUBLE_S;
}

/* Under the lock; ends early when the thread is to end. */
static void wait_s(struct seals *seals, int seconds)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += seconds;
    while (!seals->ending && pthread_cond_timedwait(&seals->changed, &seals->lock, &until) == 0)
        ;
}

static void *run(void *arg)
{
    struct seals *seals = arg;

    pthread_mutex_lock(&seals->lock);
    while (!seals->ending) {
        pthread_mutex_unlock(&seals->lock);
        const int pause_s = seal_some(seals);
        pthread_mutex_lock(&seals->lock);
        if (pause_s > 0)
            wait_s(seals, pause_s);
    }
    pthread_mutex_unlock(&seals->lock);
    return NULL;
}

enum status seals_start(struct service *(*take)(void *ctx), void *ctx, struct seals **ret_seals,
                        struct err *err)
{
    AUTO(seals_stop) struct seals *seals = calloc(1, sizeof(*seals));
    pthread_condattr_t monotonic;

    if (!seals)
        return RAISE(err, ST_NOMEM, "seals: out of memory");
    seals->take = take;
    seals->ctx = ctx;
    (void)pthread_mutex_init(&seals->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&seals->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    if (pthread_create(&seals->thread, NULL, run, seals) != 0)
        return RAISE(err, ST_NOMEM, "seals: their thread cannot be started");
    seals->running = true;
    *ret_seals = TAKE(seals);
    return ST_OK;
}

void seals_stop(struct seals *seals)
{
    if (!seals)
        return;
    if (seals->running) {
        pthread_mutex_lock(&seals->lock);
        seals->ending = true;
        pthread_cond_signal(&seals->changed);
        pthread_mutex_unlock(&seals->lock);
        (void)pthread_join(seals->thread, NULL);
    }
    (void)pthread_cond_destroy(&seals->changed);
    (void)pthread_mutex_destroy(&seals->lock);
    free(seals);
}
