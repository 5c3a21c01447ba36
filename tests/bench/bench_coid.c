/* Signing by telephone while ЦОИД hangs on every call, beside the same undisturbed: rounds of both
 * in turn, so that the noise of the machine meets both alike. Prints what signing keeps of its
 * throughput, and how long the callers of ЦОИД wait. For scripts/bench coid. */
#include "bench/bench.h"
#include "bench/crew.h"
#include "bench/mobile_session.h"

#include "base/clock.h"
#include "base/text.h"
#include "sandbox/caller.h"
#include "sandbox/canonical.h"
#include "sandbox/file.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    ROUNDS_MAX = 15,
    CALLERS_MAX = 256,
    WAITS_MAX = 100000,
    CALL_MS = 60000,
    DOCUMENT_BYTES = 16 * 1024,
    SETTLE_MS = 1500, /* until every caller is in its first call */
    PAYLOAD_MAX = 1024 * 1024,
    INSIDE_MS = 30000,
    KEPT_PERCENT = 90,
    HANG_TIMES = 1000000,
};

struct options {
    struct mobile_world world;
    const char *payload_file; /* a verifyPhoto */
    const char *control_url;  /* of the sandbox's ЦОИД: http://…/coid/ */
    size_t sessions, parallel, rounds, callers, pause_ms;
};

/* ---- ЦОИД, which hangs ---- */

static void hang(const struct options *o, const char *operation)
{
    char url[512];
    struct rest_answer answer;
    struct err err;

    (void)text_format(url, sizeof(url), "%sfault?operation=%s&fault=hang&times=%d", o->control_url,
                      operation, HANG_TIMES);
    const struct rest_call call = { .method = "POST",
                                    .url = url,
                                    .max_bytes = 4096,
                                    .deadline_ms = clock_monotonic_ms() + CALL_MS };
    bench_need(rest_do(o->world.rest, &call, &answer, &err) == ST_OK, &err, url);
    bench_need(answer.status == 200, NULL, url);
    rest_answer_free(&answer);
}

static void hang_always(const struct options *o)
{
    static const char *const operations[] = { "verify",       "get",       "data", "vendors",
                                              "transactions", "actdetail", "act",  "news" };

    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
        hang(o, operations[i]);
}

/* ---- who waits for ЦОИД ---- */

enum ending { REFUSED_FAST, WAITED, ENDINGS };
static const char *const ending_names[ENDINGS] = { "refused at once", "asked in vain" };

struct waits {
    pthread_mutex_t lock;
    double took_ms[ENDINGS][WAITS_MAX];
    size_t counts[ENDINGS];
};
static struct waits waits = { .lock = PTHREAD_MUTEX_INITIALIZER };

struct callers {
    const struct options *options;
    struct bytes *payload;
    atomic_bool stop;
    pthread_t threads[CALLERS_MAX];
};

static void note(enum ending how, double took_ms)
{
    pthread_mutex_lock(&waits.lock);
    if (waits.counts[how] < WAITS_MAX)
        waits.took_ms[how][waits.counts[how]++] = took_ms;
    pthread_mutex_unlock(&waits.lock);
}

static void sleep_ms(size_t ms)
{
    (void)nanosleep(
        &(struct timespec){ .tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000 },
        NULL);
}

/* upstreamBusy or upstreamOpen: shepd let nobody through to ЦОИД. */
static bool is_fast(const struct call_answer *answer)
{
    struct canonical root;
    char code[64] = "";

    return answer->data && canonical_root(bytes_slice(answer->data), &root) &&
           canonical_child_text(&root, "code", code, sizeof(code)) &&
           (strcmp(code, "upstreamBusy") == 0 || strcmp(code, "upstreamOpen") == 0);
}

static void ask_once(const struct callers *callers)
{
    const struct call_params params = { .url = callers->options->world.url,
                                        .service_id = "COID_IDENTITY_SERVICE",
                                        .sender_id = "sandbox",
                                        .payload = bytes_slice(callers->payload),
                                        .key = callers->options->world.caller,
                                        .rest = callers->options->world.rest,
                                        .clock = clock_system(),
                                        .wait_ms = CALL_MS };
    struct call_answer answer = { .http_status = 0 };
    struct err err;
    double began = bench_now_s();

    bench_need(call_send(&params, &answer, &err) == ST_OK, &err, "verifyPhoto");
    if (strcmp(answer.code, "SCSE003") != 0)
        (void)fprintf(stderr, "bench: verifyPhoto: HTTP %ld %s %s\n", answer.http_status,
                      answer.code, answer.message);
    bench_need(strcmp(answer.code, "SCSE003") == 0, NULL, "ЦОИД was to hang");
    note(is_fast(&answer) ? REFUSED_FAST : WAITED, (bench_now_s() - began) * 1000);
    call_answer_free(&answer);
}

static void *call_on(void *arg)
{
    struct callers *callers = arg;

    while (!atomic_load(&callers->stop)) {
        ask_once(callers);
        sleep_ms(callers->options->pause_ms); /* a system that was refused tries again later */
    }
    return NULL;
}

static void begin_calls(struct callers *callers)
{
    atomic_store(&callers->stop, false);
    for (size_t i = 0; i < callers->options->callers; i++)
        bench_need(pthread_create(&callers->threads[i], NULL, call_on, callers) == 0, NULL,
                   "a thread");
    sleep_ms(SETTLE_MS);
}

static void end_calls(struct callers *callers)
{
    atomic_store(&callers->stop, true);
    for (size_t i = 0; i < callers->options->callers; i++)
        (void)pthread_join(callers->threads[i], NULL);
}

/* ---- who signs ---- */

struct signing {
    const struct options *options;
    size_t next; /* number of the first document of the round */
};

static enum status sign_one(void *ctx, size_t item, struct err *err)
{
    const struct signing *signing = ctx;
    const struct mobile_world *world = &signing->options->world;
    struct mobile_session session = { .number = signing->next + item };

    TRY(mobile_create(world, DOCUMENT_BYTES, &session, err));
    TRY(mobile_scan(world, &session, err));
    TRY(mobile_fetch(&session, err));
    TRY(mobile_sign(&session, err));
    TRY(mobile_put(&session, err));
    return mobile_result(world, &session, err);
}

static void nothing(void *ctx, size_t done)
{
    (void)ctx;
    (void)done;
}

/* Sessions per second, from createSigningSession to getSigningResult. */
static double throughput(struct signing *signing)
{
    const struct options *o = signing->options;
    const struct crew crew = { .items = o->sessions,
                               .threads = o->parallel,
                               .step = sign_one,
                               .done = nothing,
                               .ctx = signing };
    struct crew_times times = crew_run(&crew, "a session");

    signing->next += o->sessions;
    return (double)o->sessions / times.wall_s;
}

/* ---- what is printed ---- */

static void print_waits(void)
{
    double longest = 0;

    (void)printf("\ncallers of ЦОИД, which hangs\n%-22s %8s %10s %10s\n", "ending", "number",
                 "p50 ms", "max ms");
    for (enum ending i = REFUSED_FAST; i < ENDINGS; i++) {
        size_t count = waits.counts[i];

        bench_sort(waits.took_ms[i], count);
        double max = count ? waits.took_ms[i][count - 1] : 0;
        longest = max > longest ? max : longest;
        (void)printf("%-22s %8zu %10.1f %10.1f\n", ending_names[i], count,
                     count ? waits.took_ms[i][count / 2] : 0, max);
    }
    (void)printf("every one of them was answered inside %d s: %s\n", INSIDE_MS / 1000,
                 longest < INSIDE_MS ? "yes" : "NO");
}

static void run_rounds(const struct options *o, struct callers *callers)
{
    double ratio[ROUNDS_MAX];
    struct signing signing = { .options = o };

    (void)throughput(&signing); /* warm caches */
    (void)printf("%zu sessions a round, %zu at a time; %zu callers of ЦОИД, %zu ms between their "
                 "calls\n%-8s %16s %16s %8s\n",
                 o->sessions, o->parallel, o->callers, o->pause_ms, "round", "undisturbed /s",
                 "ЦОИД hangs /s", "kept");
    for (size_t i = 0; i < o->rounds; i++) {
        double alone = throughput(&signing);

        begin_calls(callers);
        double beside = throughput(&signing);
        end_calls(callers);
        ratio[i] = beside / alone;
        (void)printf("%-8zu %16.1f %14.1f %7.0f %%\n", i + 1, alone, beside, ratio[i] * 100);
        (void)fflush(stdout);
    }
    bench_sort(ratio, o->rounds);
    const double median = ratio[o->rounds / 2]; /* NOLINT(clang-analyzer-core.uninitialized.*) */
    (void)printf("median: signing keeps %.1f %% of its throughput, at least %d %% are wanted: %s\n",
                 median * 100, KEPT_PERCENT, median * 100 >= KEPT_PERCENT ? "yes" : "NO");
}

/* ---- the command line ---- */

static void read_options(int argc, char **argv, struct options *o)
{
    const struct bench_option options[] = {
        MOBILE_WORLD_OPTIONS(&o->world),
        { "payload", .text = &o->payload_file },
        { "control", .text = &o->control_url },
        { "sessions", .number = &o->sessions, .min = 1 },
        { "parallel", .number = &o->parallel, .min = 1 },
        { "rounds", .number = &o->rounds, .min = 1, .max = ROUNDS_MAX },
        { "callers", .number = &o->callers, .min = 1, .max = CALLERS_MAX },
        { "pause-ms", .number = &o->pause_ms },
        { NULL },
    };

    bench_options(options, argc, argv);
}

int main(int argc, char **argv)
{
    struct options options = {
        .sessions = 600, .parallel = 16, .rounds = 5, .callers = 40, .pause_ms = 5000
    };
    struct callers callers = { .options = &options };
    struct err err;

    read_options(argc, argv, &options);
    mobile_world_open(&options.world, options.parallel + options.callers);
    bench_need(file_read(options.payload_file, PAYLOAD_MAX, &callers.payload, &err) == ST_OK, &err,
               options.payload_file);
    hang_always(&options);
    run_rounds(&options, &callers);
    print_waits();
    bytes_free(callers.payload);
    mobile_world_close(&options.world);
    return 0;
}
