#include "base/work.h"

#include <pthread.h>
#include <stdlib.h>

struct work {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    work_fn *fn;
    void *ctx;
    void **ring; /* max items, `queued` of them from `first` */
    size_t max, first, queued;
    size_t busy;      /* threads that run an item */
    uint64_t refused; /* for want of room */
    bool closing;
    pthread_t *threads;
    size_t thread_count; /* started */
};

/* The next item, or NULL when the pool closes and the queue is empty. was_busy: the one before is
 * done. */
static void *take(struct work *work, bool was_busy)
{
    void *item = NULL;

    pthread_mutex_lock(&work->lock);
    work->busy -= was_busy;
    while (work->queued == 0 && !work->closing)
        pthread_cond_wait(&work->filled, &work->lock);
    if (work->queued > 0) {
        item = work->ring[work->first];
        work->first = (work->first + 1) % work->max;
        work->queued--;
        work->busy++;
    }
    pthread_mutex_unlock(&work->lock);
    return item;
}

static void *run(void *arg)
{
    struct work *work = arg;

    for (void *item = take(work, false); item; item = take(work, true))
        work->fn(work->ctx, item);
    return NULL;
}

bool work_push(struct work *work, void *item)
{
    bool room;

    pthread_mutex_lock(&work->lock);
    room = !work->closing && work->queued < work->max;
    if (room) {
        work->ring[(work->first + work->queued) % work->max] = item;
        work->queued++;
        pthread_cond_signal(&work->filled);
    }
    work->refused += !room;
    pthread_mutex_unlock(&work->lock);
    return room;
}

void work_look(struct work *work, struct work_look *ret_look)
{
    pthread_mutex_lock(&work->lock);
    *ret_look = (struct work_look){ .threads = work->thread_count,
                                    .busy = work->busy,
                                    .queued = work->queued,
                                    .max_queued = work->max,
                                    .refused = work->refused };
    pthread_mutex_unlock(&work->lock);
}

static enum status start_threads(struct work *work, size_t threads, struct err *err)
{
    while (work->thread_count < threads) {
        if (pthread_create(&work->threads[work->thread_count], NULL, run, work) != 0)
            return RAISE(err, ST_NOMEM, "workers: thread %zu of %zu cannot be started",
                         work->thread_count + 1, threads);
        work->thread_count++;
    }
    return ST_OK;
}

enum status work_start(size_t threads, size_t max_queued, work_fn *fn, void *ctx,
                       struct work **ret_work, struct err *err)
{
    AUTO(work_stop) struct work *work = calloc(1, sizeof(*work));

    if (!work)
        return RAISE(err, ST_NOMEM, "workers: out of memory");
    (void)pthread_mutex_init(&work->lock, NULL); /* neither can fail on Linux with defaults */
    (void)pthread_cond_init(&work->filled, NULL);
    work->fn = fn;
    work->ctx = ctx;
    work->max = max_queued;
    work->ring = calloc(max_queued, sizeof(*work->ring));
    work->threads = calloc(threads, sizeof(*work->threads));
    if (!work->ring || !work->threads)
        return RAISE(err, ST_NOMEM, "workers: out of memory");
    TRY(start_threads(work, threads, err));
    *ret_work = TAKE(work);
    return ST_OK;
}

void work_stop(struct work *work)
{
    if (!work)
        return;
    pthread_mutex_lock(&work->lock);
    work->closing = true;
    pthread_cond_broadcast(&work->filled);
    pthread_mutex_unlock(&work->lock);
    for (size_t i = 0; i < work->thread_count; i++)
        (void)pthread_join(work->threads[i], NULL);
    pthread_cond_destroy(&work->filled);
    pthread_mutex_destroy(&work->lock);
    free(work->threads);
    free(work->ring);
    free(work);
}
