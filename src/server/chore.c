#include "server/chore.h"

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

struct chore {
    chore_fn *run;
    void *ctx;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool ending; /* guarded by lock */
    pthread_t thread;
    bool running;
};

/* Under the lock; ends early when the thread is to end. */
static void wait_s(struct chore *chore, int seconds)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += seconds;
    while (!chore->ending && pthread_cond_timedwait(&chore->changed, &chore->lock, &until) == 0)
        ;
}

static void *run(void *arg)
{
    struct chore *chore = arg;

    pthread_mutex_lock(&chore->lock);
    while (!chore->ending) {
        pthread_mutex_unlock(&chore->lock);
        const int pause_s = chore->run(chore->ctx);
        pthread_mutex_lock(&chore->lock);
        if (pause_s > 0)
            wait_s(chore, pause_s);
    }
    pthread_mutex_unlock(&chore->lock);
    return NULL;
}

enum status chore_start(chore_fn *fn, void *ctx, struct chore **ret_chore, struct err *err)
{
    AUTO(chore_stop) struct chore *chore = calloc(1, sizeof(*chore));
    pthread_condattr_t monotonic;

    if (!chore)
        return RAISE(err, ST_NOMEM, "chore: out of memory");
    chore->run = fn;
    chore->ctx = ctx;
    (void)pthread_mutex_init(&chore->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&chore->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    if (pthread_create(&chore->thread, NULL, run, chore) != 0)
        return RAISE(err, ST_NOMEM, "chore: its thread cannot be started");
    chore->running = true;
    *ret_chore = TAKE(chore);
    return ST_OK;
}

void chore_stop(struct chore *chore)
{
    if (!chore)
        return;
    if (chore->running) {
        pthread_mutex_lock(&chore->lock);
        chore->ending = true;
        pthread_cond_signal(&chore->changed);
        pthread_mutex_unlock(&chore->lock);
        (void)pthread_join(chore->thread, NULL);
    }
    (void)pthread_cond_destroy(&chore->changed);
    (void)pthread_mutex_destroy(&chore->lock);
    free(chore);
}
