#include "server/server.h"

#include "base/id.h"
#include "base/log.h"
#include "base/work.h"
#include "crypto/init.h"
#include "server/chores.h"
#include "server/config_news.h"
#include "server/diary.h"
#include "server/fronts.h"
#include "server/route.h"
#include "server/service.h"
#include "server/supervisor.h"
#include "server/trust_news.h"
#include "wsse/wsse.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    DRAIN_MS = 35000,     /* for exchanges under way at SIGTERM: their 30 s and a little */
    COID_GRACE_MS = 5000, /* for calls of ЦОИД under way: a comparison is paid for */
    COID_LOOK_MS = 20,
};

struct server {
    const char *conf_path;
    struct rooms *rooms;
    pthread_mutex_t lock; /* guards `service` */
    struct service *service;
    struct work *work;
    unsigned workers; /* of work */
    struct parking *parking;
    struct fronts *fronts;
    struct chores *chores;
    struct expiry_watch *watch;
    struct supervisor supervisor;
};

/* What the queue holds: the watchdog's ping, a request, an exchange that waited, or a refusal that
 * wants its line in the journal. */
struct job {
    bool ping; /* being taken is all it wants */
    enum listener listener;
    struct http_request *request;
    struct pending *pending;
    /* none of them: a refusal */
    int status;
    char peer[64];
    char reason[128];
};

static struct service *take_service(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    struct service *service = service_ref(server->service);
    pthread_mutex_unlock(&server->lock);
    return service;
}

static void run_job(void *ctx, void *item)
{
    struct server *server = ctx;
    AUTO_FREE struct job *job = item;
    AUTO(service_free) struct service *service = take_service(server);

    supervisor_worked(&server->supervisor);
    if (job->ping)
        return;
    if (job->request)
        route(
            &(struct visit){ service, job->listener, job->request, server->parking, server->work });
    else if (job->pending)
        route_resume(job->pending);
    else
        route_refused(service, job->peer, job->status, job->reason);
}

static void on_request(void *ctx, enum listener listener, struct http_request *request)
{
    struct server *server = ctx;
    AUTO_FREE struct job *job = calloc(1, sizeof(*job));

    if (job) {
        job->listener = listener;
        job->request = request;
    }
    if (job && work_push(server->work, job))
        (void)TAKE(job);
    else
        http_answer_text(request, 503, "busy: try again in a moment");
}

static void on_resume(void *ctx, void *item)
{
    struct server *server = ctx;
    AUTO_FREE struct job *job = calloc(1, sizeof(*job));

    if (job)
        job->pending = item;
    if (job && work_push(server->work, job))
        (void)TAKE(job);
    else
        route_give_up(item);
}

static void on_refused(void *ctx, const char *peer, int status, const char *reason)
{
    struct server *server = ctx;
    AUTO_FREE struct job *job = calloc(1, sizeof(*job));

    if (!job)
        return;
    job->status = status;
    (void)snprintf(job->peer, sizeof(job->peer), "%s", peer);
    (void)snprintf(job->reason, sizeof(job->reason), "%s", reason);
    if (work_push(server->work, job))
        (void)TAKE(job);
    else
        log_warning("http.refused", "ip=%s status=%d text=\"%s\"", peer, status, reason);
}

/* From the loops to the workers. When the queue is full, what stands in it will be taken in the
 * ping's place. */
static void on_pinged(void *ctx)
{
    struct server *server = ctx;
    AUTO_FREE struct job *job = calloc(1, sizeof(*job));

    supervisor_passed(&server->supervisor);
    if (job)
        job->ping = true;
    if (job && work_push(server->work, job))
        (void)TAKE(job);
}

static struct service *service_now(void *ctx)
{
    return take_service(ctx);
}

/* For the watchdog: the ping goes through both loops to a worker. */
static int prove_life(void *ctx)
{
    struct server *server = ctx;

    if (supervisor_round(&server->supervisor))
        fronts_ping(server->fronts);
    return server->supervisor.round_s;
}

/* The service's own life in the journal: reloaded, stopped. */
static void note_life(struct server *server, const char *name, enum event_level level,
                      const char *text)
{
    const struct event event = { .level = level, .name = name, .text = text };

    (void)diary_note(server->rooms->journal, server->rooms->clock, &event);
}

/* Without this line it does not serve. */
static enum status write_started(struct server *server, struct err *err)
{
    const struct event event = { .level = EVENT_NOTICE,
                                 .name = "service.started",
                                 .text = "shepd" };

    return diary_write(server->rooms->journal, server->rooms->clock, &event, err);
}

static enum status load_service(const char *conf_path, const struct rooms *rooms,
                                struct service **ret_service, struct err *err)
{
    AUTO(conf_free) const struct conf *conf = NULL;

    TRY(conf_load(conf_path, &conf, err));
    TRY(service_new(conf, rooms, ret_service, err));
    (void)TAKE(conf);
    return ST_OK;
}

/* [http] workers counts from a restart on, so a reload is held to those that run: ЦОИД's callers
 * must not be able to hold them all. */
static enum status configure_coid(const struct server *server, const struct conf *conf,
                                  struct err *err)
{
    const struct upstream_params limits = coid_room_limits(conf);

    if (*conf->coid.base_url && limits.max_calls + limits.max_waiting >= server->workers)
        return RAISE(err, ST_INPUT,
                     "[coid] max_calls and max_waiting together must be below the %u workers that "
                     "run; more of them want a restart",
                     server->workers);
    return upstream_configure(server->rooms->coid, &limits, err);
}

/* What counts from now on, by its settings; keys and trust may have changed without one. */
static void say_reloaded(struct server *server, const struct conf *before, const struct conf *after)
{
    char news[CONFIG_NEWS_BYTES];
    char text[CONFIG_NEWS_BYTES + 64];

    config_news(before, after, news);
    (void)snprintf(text, sizeof(text), "configuration, keys and trust; settings: %s",
                   *news ? news : "as they were");
    log_info("reload.done", "config=%s", server->conf_path);
    note_life(server, "config.reloaded", EVENT_NOTICE, text);
}

/* A reload that fails leaves everything as it was and says why. */
static bool reload(struct server *server)
{
    AUTO(vault_close) struct vault *keys = NULL;
    struct service *fresh = NULL;
    struct err err = { 0 };

    if (load_service(server->conf_path, server->rooms, &fresh, &err) != ST_OK ||
        vault_open(service_conf(fresh)->store.content_keys_file, &keys, &err) != ST_OK ||
        fronts_reload_tls(server->fronts, &err) != ST_OK ||
        lists_configure(server->rooms->lists, &service_conf(fresh)->trust, &err) != ST_OK ||
        configure_coid(server, service_conf(fresh), &err) != ST_OK) {
        service_free(fresh);
        log_err(LOG_LEVEL_ERROR, "reload.refused", &err);
        metric_count(server->rooms->meters.all[METER_RELOADS],
                     &(struct metric_sample){ { "refused" }, 1 });
        note_life(server, "config.refused", EVENT_ERROR, err.text);
        return false;
    }
    vault_replace(server->rooms->vault, TAKE(keys));
    service_adopt(fresh, server->service); /* this thread alone replaces it */
    pthread_mutex_lock(&server->lock);
    struct service *old = server->service;
    server->service = fresh;
    pthread_mutex_unlock(&server->lock);
    trust_news_write(server->rooms->journal, server->rooms->clock, service_trust(old),
                     service_trust(fresh));
    say_reloaded(server, service_conf(old), service_conf(fresh));
    service_free(old);
    metric_count(server->rooms->meters.all[METER_RELOADS],
                 &(struct metric_sample){ { "done" }, 1 });
    chores_look_at_dates(fresh, server->watch);
    return true;
}

static void block_signals(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGTERM);
    (void)sigaddset(set, SIGINT);
    (void)sigaddset(set, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file-size limit refuses a journal line, it kills nobody */
}

static void wait_for_end(struct server *server, const sigset_t *set)
{
    int signal_number = 0;

    supervisor_ready("serving");
    while (sigwait(set, &signal_number) == 0 && signal_number == SIGHUP) {
        supervisor_reloading();
        supervisor_ready(reload(server) ? "serving, reloaded"
                                        : "serving, the last reload was refused: see the log");
    }
    atomic_store(&server->rooms->stopping, true);
    supervisor_stopping();
}

/* The host part of "host:port" with the port really bound. */
static void print_ready(struct server *server)
{
    const struct conf *conf = service_conf(server->service);
    const char *listen[] = { conf->http.listen, conf->admin.listen };
    int host[2];

    for (int i = 0; i < 2; i++) {
        const char *colon = strrchr(listen[i], ':');
        host[i] = colon ? (int)(colon - listen[i]) : (int)strlen(listen[i]);
    }
    (void)printf("READY shep=%.*s:%u admin=%.*s:%u\n", host[0], listen[0],
                 fronts_port(server->fronts, LISTENER_PUBLIC), host[1], listen[1],
                 fronts_port(server->fronts, LISTENER_ADMIN));
    (void)fflush(stdout);
}

static enum status serve(struct server *server, const sigset_t *set, struct err *err)
{
    const struct conf *conf = service_conf(server->service);

    server->workers = (unsigned)conf->http.workers;
    supervisor_open(&server->supervisor, conf->limits.exchange_ms);
    TRY(work_start(server->workers, (size_t)conf->http.max_queued, run_job, server, &server->work,
                   err));
    TRY(parking_start(server->rooms->store, on_resume, server, &server->parking, err));
    TRY(fronts_open(
        conf,
        &(const struct fronts_params){
            .request = on_request, .refused = on_refused, .pinged = on_pinged, .ctx = server },
        &server->fronts, err));
    TRY(write_started(server, err));
    chores_look_at_dates(server->service, server->watch);
    TRY(chores_start(
        &(struct chores_params){ .ctx = server,
                                 .service = service_now,
                                 .prove_life = server->supervisor.round_s > 0 ? prove_life : NULL,
                                 .watch = server->watch,
                                 .conf_path = server->conf_path,
                                 .journal_dir = conf->journal.dir },
        &server->chores, err));
    TRY(fronts_start(server->fronts, err));
    print_ready(server);
    wait_for_end(server, set);
    return ST_OK;
}

static bool coid_is_called(const struct server *server)
{
    struct upstream_look look;

    upstream_look(server->rooms->coid, &look);
    return look.calls + look.waiting > 0;
}

/* What is with ЦОИД gets a moment, and what hangs is broken off: its callers ask again, and then
 * ЦОИД is asked first what became of it. */
static void leave_coid(struct server *server)
{
    struct coid_room *room = server->service ? service_coid(server->service) : NULL;
    const struct timespec pause = { .tv_nsec = COID_LOOK_MS * 1000000L };
    const int64_t end_ms = clock_monotonic_ms() + COID_GRACE_MS;

    if (!room)
        return;
    while (coid_is_called(server) && clock_monotonic_ms() < end_ms)
        (void)nanosleep(&pause, NULL);
    coid_room_cancel(room);
}

/* In reverse of serve(): no new requests, what is under way is answered, then the rooms close. */
static void close_server(struct server *server)
{
    if (server->parking)
        parking_close(server->parking); /* who waits is answered now */
    fronts_drain(server->fronts, DRAIN_MS);
    leave_coid(server);
    fronts_stop(server->fronts, DRAIN_MS);
    work_stop(server->work);
    parking_free(server->parking);
    chores_stop(server->chores);
    fronts_free(server->fronts);
    service_free(server->service);
    rooms_quieten(server->rooms);
    if (server->rooms)
        note_life(server, "service.stopped", EVENT_NOTICE, "shepd");
    expiry_watch_free(server->watch);
    rooms_close(server->rooms);
}

static enum status open_server(struct server *server, struct err *err)
{
    AUTO(conf_free) const struct conf *conf = NULL;

    TRY(clock_use_astana(err));
    server->watch = expiry_watch_new();
    if (!server->watch)
        return RAISE(err, ST_NOMEM, "start: out of memory");
    TRY(crypto_init(err));
    TRY(wsse_init(err));
    TRY(conf_load(server->conf_path, &conf, err));
    TRY(rooms_open(conf, &server->rooms, err));
    TRY(service_new(conf, server->rooms, &server->service, err));
    (void)TAKE(conf);
    return ST_OK;
}

enum status server_run(const char *conf_path, struct err *err)
{
    struct server server = { .conf_path = conf_path };
    sigset_t set;

    block_signals(&set); /* before the first thread, which would take them to its own end */
    (void)pthread_mutex_init(&server.lock, NULL);
    enum status done = open_server(&server, err);
    if (done == ST_OK)
        done = serve(&server, &set, err);
    close_server(&server);
    return done;
}
