#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 9 };

static const double slice_s = 0.08; /* of each operation in each round */

double bench_now_s(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

void bench_need(bool right, const struct err *err, const char *what)
{
    if (right)
        return;
    (void)fprintf(stderr, "bench: %s: %s\n", what, err ? err->text : "failed");
    (void)fflush(stdout);
    _exit(1);
}

void bench_line(const char *name, double value, const char *unit)
{
    (void)printf("%-44s %12.*f %s\n", name, value < 100 ? 2 : 0, value, unit);
    (void)fflush(stdout);
}

/* Operations per second over one slice. */
static double run(bench_operation *operation, void *ctx, const char *name)
{
    double began = bench_now_s();
    double took;
    size_t count = 0;

    do {
        bench_need(operation(ctx), NULL, name);
        count++;
        took = bench_now_s() - began;
    } while (took < slice_s);
    return (double)count / took;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

void bench_sort(double *values, size_t count)
{
    qsort(values, count, sizeof(values[0]), compare);
}

static double median(double values[ROUNDS])
{
    bench_sort(values, ROUNDS);
    return values[ROUNDS / 2];
}

void bench_duel(const struct bench_pair *pair)
{
    double ours[ROUNDS];
    double bare[ROUNDS];
    double ratio[ROUNDS];

    (void)run(pair->bare, pair->bare_ctx, pair->name); /* warm caches */
    (void)run(pair->ours, pair->ours_ctx, pair->name);
    for (size_t i = 0; i < ROUNDS; i++) {
        bare[i] = run(pair->bare, pair->bare_ctx, pair->name);
        ours[i] = run(pair->ours, pair->ours_ctx, pair->name);
        ratio[i] = bare[i] / ours[i];
    }
    (void)printf("%-44s %10.0f /s   bare %10.0f /s   ratio %6.2f\n", pair->name, median(ours),
                 median(bare), median(ratio));
    (void)fflush(stdout);
}
