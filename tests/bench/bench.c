#include "bench/bench.h"

#include <getopt.h>
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

enum { OPTIONS_MAX = 16 };

static void refuse_option(const struct bench_option *option)
{
    if (option->text)
        (void)fprintf(stderr, "--%s: is wanted; see scripts/bench\n", option->name);
    else if (option->max)
        (void)fprintf(stderr, "--%s: a number from %zu to %zu\n", option->name, option->min,
                      option->max);
    else
        (void)fprintf(stderr, "--%s: a number, %zu at least\n", option->name, option->min);
    exit(2); /* NOLINT(concurrency-mt-unsafe): there is one thread */
}

static void take_option(const struct bench_option *option, const char *value)
{
    char *end = NULL;

    if (option->text) {
        *option->text = value;
        return;
    }
    *option->number = strtoul(value, &end, 10);
    if (!*value || *end)
        refuse_option(option);
}

static bool option_is_right(const struct bench_option *option)
{
    if (option->text)
        return *option->text || option->optional;
    return *option->number >= option->min && (!option->max || *option->number <= option->max);
}

void bench_options(const struct bench_option *options, int argc, char **argv)
{
    struct option names[OPTIONS_MAX + 1] = { { .name = NULL } };
    int got, at = 0;

    for (size_t i = 0; options[i].name; i++) {
        bench_need(i < OPTIONS_MAX, NULL, "too many options");
        names[i] = (struct option){ .name = options[i].name, .has_arg = required_argument };
    }
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    while ((got = getopt_long(argc, argv, "", names, &at)) == 0)
        take_option(&options[at], optarg);
    if (got != -1)
        exit(2); /* NOLINT(concurrency-mt-unsafe): getopt_long() has said why */
    for (; options->name; options++)
        if (!option_is_right(options))
            refuse_option(options);
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
