/* Signing by telephone under load, against a shepd that is up: many sessions at once go from
 * createSigningSession to getSigningResult, step by step, so that all stand open together; beside
 * them the same with documents of 1 KiB, and a bare signature. Prints the time each step takes, the
 * processor it costs shepd and MariaDB, and what memory shepd holds. For scripts/bench mobile. */
#include "bench/bench.h"
#include "bench/crew.h"
#include "bench/mobile_session.h"
#include "bench/process.h"

#include "base/clock.h"
#include "crypto/bare.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    SMALL_BYTES = 1024,
    SMALL_SHARE = 4, /* of the sessions: they are for comparison */
    MARKS = 3,
    IDLE_S = 40, /* longer than shepd waits before it gives memory back */
};

/* After which share of a load's sessions memory is looked at, in percent. */
static const size_t marks[MARKS] = { 10, 50, 100 };

struct options {
    struct mobile_world world;
    size_t shepd, mariadbd; /* process ids */
    size_t sessions, parallel, kib;
};

/* ---- the steps ---- */

enum step { CREATE, SCAN, FETCH, SIGN, PUT, RESULT, STEPS };
static const char *const step_names[STEPS] = {
    [CREATE] = "createSigningSession", [SCAN] = "API №1", [FETCH] = "API №2",
    [SIGN] = "(telephone signs)",      [PUT] = "PUT",     [RESULT] = "getSigningResult",
};

/* What one step cost. */
struct cost {
    struct crew_times times;
    double shepd_ms, mariadbd_ms; /* of a processor, for each session */
    double rss_mib[MARKS];
    double peak_mib;
};

struct load {
    const struct options *options;
    size_t count;
    size_t document_bytes;
    struct mobile_session *sessions;
    enum step step; /* under way */
    struct cost costs[STEPS];
};

static enum status run_step(void *ctx, size_t item, struct err *err)
{
    struct load *load = ctx;
    struct mobile_session *session = &load->sessions[item];
    const struct mobile_world *world = &load->options->world;

    switch (load->step) {
    case CREATE:
        return mobile_create(world, load->document_bytes, session, err);
    case SCAN:
        return mobile_scan(world, session, err);
    case FETCH:
        return mobile_fetch(session, err);
    case SIGN:
        return mobile_sign(session, err);
    case PUT:
        return mobile_put(session, err);
    case RESULT:
        return mobile_result(world, session, err);
    case STEPS:
        break;
    }
    return RAISE(err, ST_INTERNAL, "no such step");
}

static void look_at_memory(void *ctx, size_t done)
{
    struct load *load = ctx;

    for (size_t i = 0; i < MARKS; i++)
        if (done == load->count * marks[i] / 100)
            load->costs[load->step].rss_mib[i] =
                process_use_of((pid_t)load->options->shepd).rss_mib;
}

static void cost_of_step(struct load *load)
{
    const struct options *o = load->options;
    const struct crew crew = { .items = load->count,
                               .threads = o->parallel,
                               .step = run_step,
                               .done = look_at_memory,
                               .ctx = load };
    struct cost *cost = &load->costs[load->step];
    struct process_use shepd = process_use_of((pid_t)o->shepd);
    struct process_use mariadbd = process_use_of((pid_t)o->mariadbd);

    (void)process_forget_peak((pid_t)o->shepd);
    cost->times = crew_run(&crew, step_names[load->step]);
    cost->shepd_ms =
        (process_use_of((pid_t)o->shepd).cpu_s - shepd.cpu_s) * 1000 / (double)load->count;
    cost->mariadbd_ms =
        (process_use_of((pid_t)o->mariadbd).cpu_s - mariadbd.cpu_s) * 1000 / (double)load->count;
    cost->peak_mib = process_use_of((pid_t)o->shepd).peak_mib;
}

static void run_load(struct load *load)
{
    load->sessions = calloc(load->count, sizeof(*load->sessions));
    bench_need(load->sessions != NULL, NULL, "out of memory");
    for (size_t i = 0; i < load->count; i++)
        load->sessions[i].number = i; /* NOLINT(clang-analyzer-core.NullDereference): see above */
    for (load->step = CREATE; load->step < STEPS; load->step++) {
        (void)fprintf(stderr, "bench: %zu documents of %zu bytes: %s\n", load->count,
                      load->document_bytes, step_names[load->step]);
        cost_of_step(load);
    }
    free(load->sessions);
    load->sessions = NULL;
}

/* ---- the bare operation ---- */

/* Milliseconds of a processor for one signature value made and verified. */
static double bare_pair_ms(const struct key *key)
{
    enum { PAIRS = 200 };
    const struct judge judge = { .algorithms = ALG_DEFAULT };
    const struct slice text = SLICE("what is signed and verified in a bare way");
    const struct scheme *scheme;
    struct err err;
    clock_t began = clock();

    for (size_t i = 0; i < PAIRS; i++) {
        AUTO(bytes_free) struct bytes *value = NULL;

        bench_need(key_sign(key, text, &value, &err) == ST_OK, &err, "key_sign");
        bench_need(bare_verify(&judge, key_cert(key), text, bytes_slice(value), &scheme), NULL,
                   "bare_verify");
    }
    return (double)(clock() - began) * 1000 / CLOCKS_PER_SEC / PAIRS;
}

/* ---- what is printed ---- */

static void print_times(const struct load *load)
{
    (void)printf("\n%zu sessions at once, each with a document of %zu KiB, %zu on the wire\n"
                 "%-22s %8s %8s %8s %8s\n",
                 load->count, load->document_bytes / 1024, load->options->parallel, "step", "/s",
                 "p50 ms", "p95 ms", "p99 ms");
    for (enum step i = CREATE; i < STEPS; i++) {
        const struct crew_times *times = &load->costs[i].times;
        (void)printf("%-22s %8.1f %8.1f %8.1f %8.1f\n", step_names[i],
                     (double)load->count / times->wall_s, times->p50_ms, times->p95_ms,
                     times->p99_ms);
    }
}

/* Processor time hardly minds who else is at work on the machine. */
static void print_costs(const struct load *large, const struct load *small, double bare_ms)
{
    double shepd_ms = 0;

    (void)printf("\nprocessor time of one session; a bare signature made and verified: %.2f ms\n"
                 "%-22s %10s %10s %10s %12s\n",
                 bare_ms, "step", "shepd ms", "bare ones", "to 1 KiB", "mariadbd ms");
    for (enum step i = CREATE; i < STEPS; i++) {
        const struct cost *cost = &large->costs[i];

        if (i == SIGN) /* no work of shepd's */
            continue;
        shepd_ms += cost->shepd_ms;
        (void)printf("%-22s %10.1f %10.1f %10.2f %12.1f\n", step_names[i], cost->shepd_ms,
                     cost->shepd_ms / bare_ms, cost->shepd_ms / small->costs[i].shepd_ms,
                     cost->mariadbd_ms);
    }
    (void)printf("%-22s %10.1f %10.1f\n", "a session", shepd_ms, shepd_ms / bare_ms);
}

static double growth_kib(const struct load *load, const double rss_mib[MARKS])
{
    size_t further = load->count * (marks[MARKS - 1] - marks[0]) / 100;

    return further ? (rss_mib[MARKS - 1] - rss_mib[0]) * 1024 / (double)further : 0;
}

static void print_memory(const struct load *load)
{
    (void)printf("\nmemory of shepd, MiB, after so many sessions of a step; KiB for each further "
                 "one\n%-22s %8zu %8zu %8zu %8s %10s\n",
                 "step", load->count * marks[0] / 100, load->count * marks[1] / 100, load->count,
                 "peak", "KiB more");
    for (enum step i = CREATE; i < STEPS; i++) {
        const struct cost *cost = &load->costs[i];
        (void)printf("%-22s %8.1f %8.1f %8.1f %8.1f %10.2f\n", step_names[i], cost->rss_mib[0],
                     cost->rss_mib[1], cost->rss_mib[2], cost->peak_mib,
                     growth_kib(load, cost->rss_mib));
    }
}

/* ---- the command line ---- */

static void read_options(int argc, char **argv, struct options *o)
{
    const struct bench_option options[] = {
        MOBILE_WORLD_OPTIONS(&o->world),
        { "shepd", .number = &o->shepd, .min = 1 },
        { "mariadbd", .number = &o->mariadbd, .min = 1 },
        { "sessions", .number = &o->sessions, .min = 10 },
        { "parallel", .number = &o->parallel, .min = 1 },
        { "kib", .number = &o->kib, .min = 1 },
        { NULL },
    };

    bench_options(options, argc, argv);
}

int main(int argc, char **argv)
{
    struct options options = { .sessions = 1000, .parallel = 64, .kib = 1024 };
    struct load small = { .options = &options, .document_bytes = SMALL_BYTES };
    struct load large = { .options = &options };

    read_options(argc, argv, &options);
    mobile_world_open(&options.world, options.parallel);
    small.count = options.sessions / SMALL_SHARE > 10 ? options.sessions / SMALL_SHARE : 10;
    large.count = options.sessions;
    large.document_bytes = options.kib * 1024;
    double start_mib = process_use_of((pid_t)options.shepd).rss_mib;
    double bare_ms = bare_pair_ms(options.world.citizen);
    run_load(&small);
    double small_mib = process_use_of((pid_t)options.shepd).rss_mib;
    run_load(&large);
    double end_mib = process_use_of((pid_t)options.shepd).rss_mib;
    (void)nanosleep(&(struct timespec){ .tv_sec = IDLE_S }, NULL);
    double idle_mib = process_use_of((pid_t)options.shepd).rss_mib;
    print_times(&small);
    print_times(&large);
    print_costs(&large, &small, bare_ms);
    print_memory(&large);
    (void)printf("at start %.1f, after the documents of 1 KiB %.1f, at the end %.1f, %d s later "
                 "%.1f\n",
                 start_mib, small_mib, end_mib, IDLE_S, idle_mib);
    mobile_world_close(&options.world);
    return 0;
}
