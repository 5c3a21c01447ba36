#include "bench/crew.h"

#include "bench/bench.h"

#include <pthread.h>
#include <stdlib.h>

struct shift {
    const struct crew *crew;
    const char *what;
    double *took_ms; /* of each item */
    pthread_mutex_t lock;
    size_t next, through;
};

/* false: none is left. */
static bool take(struct shift *shift, size_t *ret_item)
{
    bool is_left;

    pthread_mutex_lock(&shift->lock);
    is_left = shift->next < shift->crew->items;
    if (is_left)
        *ret_item = shift->next++;
    pthread_mutex_unlock(&shift->lock);
    return is_left;
}

static void put_down(struct shift *shift)
{
    pthread_mutex_lock(&shift->lock);
    shift->through++;
    shift->crew->done(shift->crew->ctx, shift->through);
    pthread_mutex_unlock(&shift->lock);
}

static void *work(void *arg)
{
    struct shift *shift = arg;
    size_t item;
    struct err err;

    while (take(shift, &item)) {
        double began = bench_now_s();

        bench_need(shift->crew->step(shift->crew->ctx, item, &err) == ST_OK, &err, shift->what);
        shift->took_ms[item] = (bench_now_s() - began) * 1000;
        put_down(shift);
    }
    return NULL;
}

/* Nearest rank. */
static double percentile(const double *sorted, size_t count, size_t percent)
{
    size_t rank = (count * percent + 99) / 100;

    return sorted[rank ? rank - 1 : 0];
}

struct crew_times crew_run(const struct crew *crew, const char *what)
{
    struct shift shift = { .crew = crew,
                           .what = what,
                           .took_ms = calloc(crew->items, sizeof(double)),
                           .lock = PTHREAD_MUTEX_INITIALIZER };
    pthread_t *threads = calloc(crew->threads, sizeof(*threads));
    struct crew_times times = { .wall_s = bench_now_s() };

    bench_need(shift.took_ms && threads, NULL, "out of memory");
    for (size_t i = 0; i < crew->threads; i++)
        bench_need(pthread_create(&threads[i], NULL, work, &shift) == 0, NULL, "a thread");
    for (size_t i = 0; i < crew->threads; i++)
        (void)pthread_join(threads[i], NULL);
    times.wall_s = bench_now_s() - times.wall_s;
    bench_sort(shift.took_ms, crew->items);
    times.p50_ms = percentile(shift.took_ms, crew->items, 50);
    times.p95_ms = percentile(shift.took_ms, crew->items, 95);
    times.p99_ms = percentile(shift.took_ms, crew->items, 99);
    free(shift.took_ms);
    free(threads);
    return times;
}
