#include "server/fronts.h"

#include "base/log.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    FRONTS = 2,
    ADMIN_CONNECTIONS = 100,
    ADMIN_BODY = 1 << 16, /* bytes */
};

struct front {
    struct fronts *fronts;
    enum listener listener;
    struct http_server *http;
    pthread_t thread;
    bool running;
};

struct fronts {
    struct fronts_params p;
    struct front at[FRONTS]; /* by enum listener */
};

/* ---- what the loops say ---- */

static void on_request(void *ctx, struct http_request *request)
{
    const struct front *front = ctx;
    const struct fronts_params *p = &front->fronts->p;

    p->request(p->ctx, front->listener, request);
}

static void on_refused(void *ctx, const char *peer, int status, const char *reason)
{
    const struct fronts_params *p = &((const struct front *)ctx)->fronts->p;

    p->refused(p->ctx, peer, status, reason);
}

/* From the admin listener's loop to the public one's, from there to the server. */
static void on_pinged(void *ctx)
{
    const struct front *front = ctx;
    const struct fronts_params *p = &front->fronts->p;

    if (front->listener == LISTENER_ADMIN)
        http_ping(front->fronts->at[LISTENER_PUBLIC].http);
    else
        p->pinged(p->ctx);
}

/* ---- opening ---- */

static const char *or_null(const char *text)
{
    return *text ? text : NULL;
}

static enum status open_front(struct front *front, const struct http_listener *listener,
                              const struct http_limits *limits, const struct conf_http *conf,
                              struct err *err)
{
    size_t trusted = 0;

    while (conf->trusted_peers[trusted])
        trusted++;
    const struct http_params params = {
        .limits = *limits,
        .listeners = listener,
        .listener_count = 1,
        .trusted_peers = conf->trusted_peers,
        .trusted_peer_count = trusted,
        .handler = on_request,
        .refused = on_refused,
        .pinged = on_pinged,
        .ctx = front,
    };
    return http_new(&params, &front->http, err);
}

static enum status open_public(struct front *front, const struct conf_http *c, struct err *err)
{
    const struct http_listener listener = { .address = c->listen,
                                            .cert_file = or_null(c->tls_cert_file),
                                            .key_file = or_null(c->tls_key_file),
                                            .client_ca_file = or_null(c->client_ca_file),
                                            .proxy_protocol = c->proxy_protocol };
    const struct http_limits limits = { .max_head_bytes = (size_t)c->max_head_bytes,
                                        .max_headers = (unsigned)c->max_headers,
                                        .max_body_bytes = (size_t)c->max_request_bytes,
                                        .max_in_flight_bytes = (size_t)c->max_in_flight_bytes,
                                        .max_connections = (unsigned)c->max_connections,
                                        .max_per_address = (unsigned)c->max_connections_per_address,
                                        .head_deadline_ms = c->head_deadline_ms,
                                        .body_deadline_ms = c->body_deadline_ms };

    return open_front(front, &listener, &limits, c, err);
}

/* Forms and pages: what they may take is no setting. */
static enum status open_admin(struct front *front, const struct conf *conf, struct err *err)
{
    const struct http_listener listener = { .address = conf->admin.listen,
                                            .cert_file = or_null(conf->admin.tls_cert_file),
                                            .key_file = or_null(conf->admin.tls_key_file) };
    const struct http_limits limits = { .max_head_bytes = (size_t)conf->http.max_head_bytes,
                                        .max_headers = (unsigned)conf->http.max_headers,
                                        .max_body_bytes = ADMIN_BODY,
                                        .max_in_flight_bytes =
                                            (size_t)ADMIN_BODY * ADMIN_CONNECTIONS,
                                        .max_connections = ADMIN_CONNECTIONS,
                                        .max_per_address = ADMIN_CONNECTIONS,
                                        .head_deadline_ms = conf->http.head_deadline_ms,
                                        .body_deadline_ms = conf->http.body_deadline_ms };

    return open_front(front, &listener, &limits, &conf->http, err);
}

enum status fronts_open(const struct conf *conf, const struct fronts_params *params,
                        struct fronts **ret_fronts, struct err *err)
{
    AUTO(fronts_free) struct fronts *fronts = calloc(1, sizeof(*fronts));

    if (!fronts)
        return RAISE(err, ST_NOMEM, "listeners: out of memory");
    fronts->p = *params;
    for (int i = 0; i < FRONTS; i++) {
        fronts->at[i].fronts = fronts;
        fronts->at[i].listener = (enum listener)i;
    }
    TRY(open_public(&fronts->at[LISTENER_PUBLIC], &conf->http, err));
    TRY(open_admin(&fronts->at[LISTENER_ADMIN], conf, err));
    *ret_fronts = TAKE(fronts);
    return ST_OK;
}

/* ---- life ---- */

static void *run_front(void *arg)
{
    struct front *front = arg;
    struct err err = { 0 };

    if (http_run(front->http, &err) != ST_OK)
        log_err(LOG_LEVEL_ERROR, "http.stopped", &err);
    return NULL;
}

enum status fronts_start(struct fronts *fronts, struct err *err)
{
    for (int i = 0; i < FRONTS; i++) {
        struct front *front = &fronts->at[i];

        if (pthread_create(&front->thread, NULL, run_front, front) != 0)
            return RAISE(err, ST_NOMEM, "listener: its thread cannot be started");
        front->running = true;
    }
    return ST_OK;
}

uint16_t fronts_port(const struct fronts *fronts, enum listener listener)
{
    return http_port(fronts->at[listener].http, 0);
}

void fronts_ping(struct fronts *fronts)
{
    http_ping(fronts->at[LISTENER_ADMIN].http);
}

enum status fronts_reload_tls(struct fronts *fronts, struct err *err)
{
    for (int i = 0; i < FRONTS; i++)
        TRY(http_reload_tls(fronts->at[i].http, err));
    return ST_OK;
}

void fronts_drain(struct fronts *fronts, int64_t grace_ms)
{
    if (fronts && fronts->at[LISTENER_PUBLIC].running)
        http_stop(fronts->at[LISTENER_PUBLIC].http, grace_ms);
}

void fronts_stop(struct fronts *fronts, int64_t grace_ms)
{
    for (int i = 0; fronts && i < FRONTS; i++) {
        struct front *front = &fronts->at[i];

        if (!front->running)
            continue;
        http_stop(front->http, grace_ms);
        (void)pthread_join(front->thread, NULL);
        front->running = false;
    }
}

void fronts_free(struct fronts *fronts)
{
    if (!fronts)
        return;
    for (int i = 0; i < FRONTS; i++)
        http_free(fronts->at[i].http);
    free(fronts);
}
