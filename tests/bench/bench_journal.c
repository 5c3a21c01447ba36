/* What the journal costs an exchange: the same signed exchanges at a shepd and at one that is
 * linked without journal (no_journal.c), on one database, in turn, so that the noise of the machine
 * meets both alike. One caller at a time shows what an exchange waits for, several what it costs.
 * For scripts/bench journal. */
#include "bench/bench.h"
#include "bench/crew.h"
#include "bench/mobile_session.h"
#include "bench/process.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS_MAX = 31, DOCUMENT_BYTES = 1024 };

enum side { WITH, WITHOUT, SIDES };

struct options {
    struct mobile_world world; /* url: the one with journal */
    const char *without;       /* url of the other one */
    size_t pids[SIDES];
    size_t rounds, exchanges, parallel;
};

struct load {
    const struct mobile_world *world;
    struct mobile_session *sessions;
};

/* What an exchange took, in milliseconds. */
struct cost {
    double wall, middle, cpu;
};

static enum status create(void *ctx, size_t item, struct err *err)
{
    const struct load *load = ctx;

    return mobile_create(load->world, DOCUMENT_BYTES, &load->sessions[item], err);
}

static void nothing(void *ctx, size_t done)
{
    (void)ctx;
    (void)done;
}

static struct cost measure(const struct options *o, enum side side, size_t parallel,
                           struct mobile_session *sessions)
{
    struct mobile_world world = o->world;
    const pid_t pid = (pid_t)o->pids[side];
    struct load load = { &world, sessions };

    if (side == WITHOUT)
        world.url = o->without;
    const struct crew crew = {
        .items = o->exchanges, .threads = parallel, .step = create, .done = nothing, .ctx = &load
    };
    const double before = process_use_of(pid).cpu_s;
    const struct crew_times times = crew_run(&crew, "createSigningSession");
    const double each = 1000 / (double)o->exchanges;

    return (struct cost){ times.wall_s * each, times.p50_ms,
                          (process_use_of(pid).cpu_s - before) * each };
}

static double median(double *values, size_t count)
{
    bench_sort(values, count);
    return values[count / 2];
}

static void print_row(const char *name, double pairs[SIDES][ROUNDS_MAX], size_t rounds)
{
    double ratio[ROUNDS_MAX];

    for (size_t i = 0; i < rounds; i++)
        ratio[i] = pairs[WITHOUT][i] > 0 ? pairs[WITH][i] / pairs[WITHOUT][i] : 0;
    double of_ratio = median(ratio, rounds);
    double with = median(pairs[WITH], rounds);
    double without = median(pairs[WITHOUT], rounds);
    (void)printf("  %-34s %8.2f %8.2f %8.2f\n", name, with, without, of_ratio);
}

static void duel(const struct options *o, size_t parallel, struct mobile_session *sessions)
{
    static double wall[SIDES][ROUNDS_MAX], middle[SIDES][ROUNDS_MAX], cpu[SIDES][ROUNDS_MAX];

    for (enum side side = WITH; side < SIDES; side++)
        (void)measure(o, side, parallel, sessions); /* warm caches */
    for (size_t i = 0; i < o->rounds; i++)
        for (size_t n = 0; n < SIDES; n++) {
            enum side side = (n + i) % SIDES; /* each begins as often */
            struct cost cost = measure(o, side, parallel, sessions);

            wall[side][i] = cost.wall;
            middle[side][i] = cost.middle;
            cpu[side][i] = cost.cpu;
        }
    (void)printf("%zu at a time, %zu rounds of %zu createSigningSession; medians\n"
                 "  %-34s %8s %8s %8s\n",
                 parallel, o->rounds, o->exchanges, "milliseconds of one exchange", "with",
                 "without", "ratio");
    print_row("its caller waits (p50)", middle, o->rounds);
    print_row("the machine is busy with it", wall, o->rounds);
    print_row("processor of shepd", cpu, o->rounds);
    (void)fflush(stdout);
}

static void read_options(int argc, char **argv, struct options *o)
{
    const struct bench_option options[] = {
        MOBILE_WORLD_OPTIONS(&o->world),
        { "without", .text = &o->without },
        { "pid", .number = &o->pids[WITH], .min = 1 },
        { "without-pid", .number = &o->pids[WITHOUT], .min = 1 },
        { "rounds", .number = &o->rounds, .min = 1, .max = ROUNDS_MAX },
        { "exchanges", .number = &o->exchanges, .min = 1 },
        { "parallel", .number = &o->parallel, .min = 1 },
        { NULL },
    };

    bench_options(options, argc, argv);
}

int main(int argc, char **argv)
{
    struct options options = { .rounds = 9, .exchanges = 100, .parallel = 16 };

    read_options(argc, argv, &options);
    mobile_world_open(&options.world, options.parallel);
    struct mobile_session *sessions = calloc(options.exchanges, sizeof(*sessions));
    bench_need(sessions != NULL, NULL, "out of memory");
    for (size_t i = 0; i < options.exchanges; i++)
        sessions[i].number = i; /* NOLINT(clang-analyzer-core.NullDereference): see above */
    duel(&options, 1, sessions);
    duel(&options, options.parallel, sessions);
    free(sessions);
    mobile_world_close(&options.world);
    return 0;
}
