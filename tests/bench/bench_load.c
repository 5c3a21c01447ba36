/* Signed exchanges at a given rate against a shepd that is up, whatever it takes for them (open
 * loop): createSigningSession and getSigningStatus in turn, and of every so many sessions one is
 * signed to its end. Prints how long they took, from the moment each was due: its caller's own
 * signature, the line, the wait for its turn and the judging of the answer included.
 *
 * --record FILE   a line for each answer, as soon as it is there: what, messageId, exchange, HTTP
 *                 status, code, signing session, milliseconds since it was due; tabs between them
 * --patient yes   a caller that got no answer, or SCSE003, sends the same messageId again
 *
 * Ends after --seconds, or by SIGTERM when those are out whose turn has come; status 1: an exchange
 * did not end with SCSS001. For scripts/bench load, and for tests that disturb what it talks to. */
#include "bench/bench.h"
#include "bench/mobile_session.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"
#include "sandbox/caller.h"
#include "sandbox/canonical.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    THREADS_MAX = 256,
    EXCHANGES_MAX = 1000000,
    CALL_MS = 40000,     /* longer than an exchange may take */
    AGAIN_MS = 100,      /* a patient caller's pause */
    INSIST_MS = 120000,  /* and its patience */
    MEAN_LIMIT_S = 10,   /* req 0.06 */
    LONGEST_LIMIT_S = 30 /* req 0.05 */
};

struct options {
    struct mobile_world world;
    const char *record;
    const char *patient;
    size_t per_hour, seconds, threads, whole; /* whole: every so many sessions one is signed */
};

enum kind { CREATE, STATUS, TELEPHONE, RESULT, KINDS };
static const char *const kind_names[KINDS] = {
    [CREATE] = "createSigningSession",
    [STATUS] = "getSigningStatus",
    [TELEPHONE] = "(telephone: four steps)",
    [RESULT] = "getSigningResult",
};

struct load {
    struct options options;
    int record_fd;
    double began_s;
    atomic_size_t next; /* exchange that is due */
    pthread_mutex_t lock;
    char session[40]; /* the newest one, for getSigningStatus */
    double *took_ms[KINDS];
    size_t counts[KINDS];
    atomic_size_t failures, repeats;
};

static volatile sig_atomic_t is_over;

static void end(int number)
{
    (void)number;
    is_over = 1;
}

static void sleep_s(double seconds)
{
    struct timespec rest = { .tv_sec = (time_t)seconds,
                             .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9) };

    if (seconds > 0)
        (void)nanosleep(&rest, NULL);
}

static void note(struct load *load, enum kind kind, double due_s)
{
    pthread_mutex_lock(&load->lock);
    if (load->counts[kind] < EXCHANGES_MAX)
        load->took_ms[kind][load->counts[kind]++] = (bench_now_s() - due_s) * 1000;
    pthread_mutex_unlock(&load->lock);
}

/* ---- one exchange ---- */

struct exchange {
    enum kind kind;
    char payload[1024];
    char message_id[64];
    double due_s;
};

/* One write: lines of several threads do not mix. */
static void record(const struct load *load, const struct exchange *exchange,
                   const struct call_answer *answer, const char *session)
{
    char line[1024];

    if (load->record_fd < 0)
        return;
    (void)text_format(line, sizeof(line), "%s\t%s\t%s\t%ld\t%s\t%s\t%.1f\n",
                      kind_names[exchange->kind], exchange->message_id, answer->message_id,
                      answer->http_status, answer->code, session,
                      (bench_now_s() - exchange->due_s) * 1000);
    bench_need(write(load->record_fd, line, strlen(line)) == (ssize_t)strlen(line), NULL,
               "the record");
}

/* One try. session, in and out: what the answer says of it. */
static enum status try_once(struct load *load, const struct exchange *exchange,
                            struct mobile_session *session, struct err *err)
{
    const struct call_params params = { .url = load->options.world.url,
                                        .service_id = "EGOVMOBILE_QR_SIGN_SERVICE",
                                        .sender_id = "sandbox",
                                        .message_id = exchange->message_id,
                                        .payload = slice_str(exchange->payload),
                                        .key = load->options.world.caller,
                                        .rest = load->options.world.rest,
                                        .clock = clock_system(),
                                        .wait_ms = CALL_MS };
    struct call_answer answer = { .http_status = 0 };
    struct canonical root;
    enum status status = ST_OK;

    TRY(call_send(&params, &answer, err));
    if (answer.data && canonical_root(bytes_slice(answer.data), &root)) {
        (void)canonical_child_text(&root, "signingSessionId", session->id, sizeof(session->id));
        (void)canonical_child_text(&root, "qrText", session->qr, sizeof(session->qr));
    }
    record(load, exchange, &answer, session->id);
    if (strcmp(answer.code, "SCSS001") != 0)
        status = RAISE(err, strcmp(answer.code, "SCSE003") == 0 ? ST_UNAVAILABLE : ST_UPSTREAM,
                       "HTTP %ld %s %s", answer.http_status, answer.code, answer.message);
    call_answer_free(&answer);
    return status;
}

static bool fail(struct load *load, const char *what, const struct err *err)
{
    (void)fprintf(stderr, "bench: %s: %s\n", what, err->text);
    atomic_fetch_add(&load->failures, 1);
    return false;
}

/* Sends it, again and again for a patient caller. false: it did not end well. */
static bool exchange_run(struct load *load, struct exchange *exchange,
                         struct mobile_session *session)
{
    const double until_s = bench_now_s() + INSIST_MS / 1000.0;
    struct id id = id_new(clock_now(clock_system()));
    struct err err;

    (void)text_copy(exchange->message_id, sizeof(exchange->message_id), id.text);
    while (try_once(load, exchange, session, &err) != ST_OK) {
        if (!load->options.patient || bench_now_s() > until_s)
            return fail(load, kind_names[exchange->kind], &err);
        atomic_fetch_add(&load->repeats, 1);
        sleep_s(AGAIN_MS / 1000.0);
    }
    note(load, exchange->kind, exchange->due_s);
    return true;
}

/* ---- what the callers want ---- */

static bool create(struct load *load, size_t number, double due_s, struct mobile_session *session)
{
    struct exchange exchange = { .kind = CREATE, .due_s = due_s };

    session->id[0] = '\0';
    (void)text_format(
        exchange.payload, sizeof(exchange.payload),
        "<s:createSigningSession xmlns:s=\"urn:shep-adapter:signing:1\"><description>Сеанс %zu"
        "</description><signMethod>CMS_WITH_DATA</signMethod><authType>Token</authType><documents>"
        "<document><id>1</id><nameRu>Договор</nameRu><nameKz>Шарт</nameKz><nameEn>Contract</nameEn>"
        "<file><mime>text/plain</mime><data>0JTQvtCz0L7QstC+0YA=</data></file></document>"
        "</documents></s:createSigningSession>",
        number);
    if (!exchange_run(load, &exchange, session))
        return false;
    pthread_mutex_lock(&load->lock);
    memcpy(load->session, session->id, sizeof(load->session));
    pthread_mutex_unlock(&load->lock);
    return true;
}

static void ask(struct load *load, enum kind kind, double due_s, struct mobile_session *session)
{
    struct exchange exchange = { .kind = kind, .due_s = due_s };

    (void)text_format(exchange.payload, sizeof(exchange.payload),
                      "<s:%s xmlns:s=\"urn:shep-adapter:signing:1\"><signingSessionId>%s"
                      "</signingSessionId></s:%s>",
                      kind_names[kind], session->id, kind_names[kind]);
    (void)exchange_run(load, &exchange, session);
}

/* The citizen's part: scan, fetch, sign, PUT; then the result. */
static void finish(struct load *load, struct mobile_session *session)
{
    const struct mobile_world *world = &load->options.world;
    double due_s = bench_now_s();
    struct err err;

    if (mobile_scan(world, session, &err) != ST_OK || mobile_fetch(session, &err) != ST_OK ||
        mobile_sign(session, &err) != ST_OK || mobile_put(session, &err) != ST_OK) {
        (void)fail(load, "the telephone", &err);
    } else {
        note(load, TELEPHONE, due_s);
        ask(load, RESULT, bench_now_s(), session);
    }
    phone_free(session->phone);
}

static void run_due(struct load *load, size_t number, double due_s)
{
    const size_t whole = load->options.whole;
    struct mobile_session session = { .number = number };

    pthread_mutex_lock(&load->lock);
    memcpy(session.id, load->session, sizeof(session.id));
    pthread_mutex_unlock(&load->lock);
    if (number % 2 == 1 && session.id[0] != '\0')
        ask(load, STATUS, due_s, &session);
    else if (create(load, number, due_s, &session) && whole > 0 && (number / 2) % whole == 0)
        finish(load, &session);
}

/* Each takes the next exchange, waits until it is due, and sees it through. */
static void *work(void *arg)
{
    struct load *load = arg;
    const double every_s = 3600.0 / (double)load->options.per_hour;

    for (;;) {
        size_t number = atomic_fetch_add(&load->next, 1);
        double due_s = load->began_s + (double)number * every_s;

        if (due_s >= load->began_s + (double)load->options.seconds)
            return NULL;
        for (double left; !is_over && (left = due_s - bench_now_s()) > 0;)
            sleep_s(left > 0.1 ? 0.1 : left);
        if (is_over)
            return NULL;
        run_due(load, number, due_s);
    }
}

/* ---- what is printed ---- */

/* Nearest rank. */
static double percentile(const double *sorted, size_t count, size_t percent)
{
    size_t rank = (count * percent + 99) / 100;

    return sorted[rank ? rank - 1 : 0];
}

static double print_kind(const char *name, double *took_ms, size_t count, double *sum_ms)
{
    double sum = 0;

    bench_sort(took_ms, count);
    for (size_t i = 0; i < count; i++)
        sum += took_ms[i];
    *sum_ms += sum;
    if (count == 0)
        return 0;
    (void)printf("%-26s %8zu %9.1f %9.1f %9.1f %9.1f\n", name, count, sum / (double)count,
                 percentile(took_ms, count, 50), percentile(took_ms, count, 95),
                 took_ms[count - 1]);
    return took_ms[count - 1];
}

static void print_all(struct load *load, double took_s)
{
    double sum_ms = 0, longest_ms = 0;
    size_t count = 0;

    (void)printf("%zu exchanges an hour for %.0f s, each waited for from the moment it was due\n"
                 "%-26s %8s %9s %9s %9s %9s\n",
                 load->options.per_hour, took_s, "", "number", "mean ms", "p50 ms", "p95 ms",
                 "max ms");
    for (enum kind i = CREATE; i < KINDS; i++) {
        double none = 0;
        double max_ms = print_kind(kind_names[i], load->took_ms[i], load->counts[i],
                                   i == TELEPHONE ? &none : &sum_ms);

        if (i == TELEPHONE) /* four requests and a signature of its own */
            continue;
        longest_ms = max_ms > longest_ms ? max_ms : longest_ms;
        count += load->counts[i];
    }
    (void)printf(
        "exchanges %zu, errors %zu, sent again %zu; mean %.1f ms (at most %d s, req 0.06), "
        "longest %.1f ms (at most %d s, req 0.05)\n",
        count, atomic_load(&load->failures), atomic_load(&load->repeats),
        count ? sum_ms / (double)count : 0, MEAN_LIMIT_S, longest_ms, LONGEST_LIMIT_S);
}

/* ---- the command line ---- */

static void read_options(int argc, char **argv, struct options *o)
{
    const struct bench_option options[] = {
        MOBILE_WORLD_OPTIONS(&o->world),
        { "record", .text = &o->record, .optional = true },
        { "patient", .text = &o->patient, .optional = true },
        { "per-hour", .number = &o->per_hour, .min = 1 },
        { "seconds", .number = &o->seconds, .min = 1 },
        { "threads", .number = &o->threads, .min = 1, .max = THREADS_MAX },
        { "whole", .number = &o->whole },
        { NULL },
    };

    bench_options(options, argc, argv);
}

static void load_open(struct load *load)
{
    const struct sigaction action = { .sa_handler = end };
    const char *path = load->options.record;

    mobile_world_open(&load->options.world, load->options.threads);
    load->record_fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    bench_need(!path || load->record_fd >= 0, NULL, "the record");
    bench_need(sigaction(SIGTERM, &action, NULL) == 0, NULL, "SIGTERM");
    for (enum kind i = CREATE; i < KINDS; i++) {
        load->took_ms[i] = calloc(EXCHANGES_MAX, sizeof(double));
        bench_need(load->took_ms[i] != NULL, NULL, "out of memory");
    }
}

int main(int argc, char **argv)
{
    static struct load load = {
        .options = { .per_hour = 2000, .seconds = 60, .threads = 64, .whole = 50 },
        .lock = PTHREAD_MUTEX_INITIALIZER,
    };
    pthread_t threads[THREADS_MAX];

    read_options(argc, argv, &load.options);
    load_open(&load);
    load.began_s = bench_now_s();
    for (size_t i = 0; i < load.options.threads; i++)
        bench_need(pthread_create(&threads[i], NULL, work, &load) == 0, NULL, "a thread");
    for (size_t i = 0; i < load.options.threads; i++)
        (void)pthread_join(threads[i], NULL);
    print_all(&load, bench_now_s() - load.began_s);
    for (enum kind i = CREATE; i < KINDS; i++)
        free(load.took_ms[i]);
    mobile_world_close(&load.options.world);
    return atomic_load(&load.failures) > 0;
}
