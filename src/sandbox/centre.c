/* ЦОИД's listener: whom it lets in, which operation is meant, what becomes of the answer. */
#include "sandbox/centre_impl.h"

#include "base/log.h"
#include "base/text.h"
#include "sandbox/file.h"

#include <stdlib.h>

enum {
    STOP_GRACE_MS = 100,
    NEVER_MS = 120 * 1000, /* what a caller may take for ever, and memory cannot */
    CERT_MAX = 65536,
    LISTEN_TEXT = 64,
};

static const struct http_limits limits = {
    .max_head_bytes = 65536,
    .max_headers = 100,
    .max_body_bytes = (size_t)32 * 1024 * 1024,
    .max_in_flight_bytes = (size_t)512 * 1024 * 1024,
    .max_connections = 4096,
    .max_per_address = 4096,
    .head_deadline_ms = 60000,
    .body_deadline_ms = 60000,
};

/* ---- which operation ---- */

static const struct route {
    const char *method;
    const char *path; /* '*' stands for one part of it */
    enum centre_operation operation;
    centre_run_fn *run;
} routes[] = {
    { "POST", "/verify", CENTRE_VERIFY, centre_verify },
    { "GET", "/verify", CENTRE_GET, centre_get },
    { "POST", "/data", CENTRE_DATA, centre_data },
    { "POST", "/personal_data", CENTRE_DATA, centre_data },
    { "POST", "/personel_data", CENTRE_DATA, centre_data },
    { "GET", "/vendors", CENTRE_VENDORS, centre_vendors },
    { "GET", "/news", CENTRE_NEWS, centre_news },
    { "GET", "/report/transactions/*/*", CENTRE_TRANSACTIONS, centre_transactions },
    { "GET", "/report/actdetail/*/*", CENTRE_ACTDETAIL, centre_actdetail },
    { "GET", "/report/act/*/*", CENTRE_ACT, centre_act },
};
enum { ROUTES = sizeof(routes) / sizeof(routes[0]) };

static bool fits(struct slice path, const char *pattern)
{
    for (; *pattern; pattern++) {
        if (*pattern == '*') {
            if (path.len == 0 || path.at[0] == '/')
                return false;
            while (path.len > 0 && path.at[0] != '/')
                path = slice_skip(path, 1);
        } else if (path.len == 0 || path.at[0] != *pattern) {
            return false;
        } else {
            path = slice_skip(path, 1);
        }
    }
    return path.len == 0;
}

/* NULL: none; *ret_known: another method has the path. */
static const struct route *find_route(const struct centre_call *call, bool *ret_known)
{
    const char *method = http_method(call->request);

    *ret_known = false;
    for (size_t i = 0; i < ROUTES; i++) {
        if (!fits(call->path, routes[i].path))
            continue;
        *ret_known = true;
        if (strcmp(routes[i].method, method) == 0)
            return &routes[i];
    }
    return NULL;
}

/* ---- the answer's way out ---- */

/* "Name: value" as the next of the held headers. */
static void add_header(struct held *held, const char *name, const char *value)
{
    size_t size = strlen(name) + strlen(value) + sizeof(": ");
    char *line = malloc(size);
    size_t i = 0;

    while (held->headers[i])
        i++;
    held->headers[i] = line;
    if (line)
        (void)text_format(line, size, "%s: %s", name, value);
}

/* What a 200 carries (seed 002 annex 3 and section 6.3). */
static void add_headers(struct held *held, const struct centre_call *call,
                        const struct centre_answer *answer)
{
    AUTO(bytes_free) struct bytes *jws = NULL;
    enum sign_form form = call->fault ? call->fault->sign : SIGN_WELL;
    struct err err;

    if (answer->status != 200)
        return;
    if (centre_sign(&call->centre->signer, form, bytes_slice(answer->body), &jws, &err) != ST_OK)
        log_err(LOG_LEVEL_ERROR, "centre.sign", &err);
    if (jws)
        add_header(held, "x-jws-signature", jws->at);
    if (call->operation == CENTRE_DATA)
        add_header(held, "x-idempotency-key", call->key);
}

static void send_off(struct centre_call *call, struct http_request *request,
                     struct centre_answer *answer)
{
    struct centre *centre = call->centre;
    struct held held = { .request = request };
    enum fault_end end = call->fault ? call->fault->end : FAULT_ANSWER;
    const bool slow = end == FAULT_SLOW_HEAD || end == FAULT_SLOW_BODY;

    add_headers(&held, call, answer);
    held.due_ms = clock_monotonic_ms() + (end == FAULT_HANG ? NEVER_MS : call->delay_ms);
    held.broken_off = end == FAULT_HANG || end == FAULT_RESET || end == FAULT_CUT;
    held.slow_from = end == FAULT_SLOW_BODY ? HTTP_SLOW_BODY : HTTP_SLOW_HEAD;
    held.slow_ms = slow ? call->delay_ms : 0;
    held.body_bytes = end == FAULT_CUT ? bytes_slice(answer->body).len / 2 : 0;
    held.reply = (struct http_reply){ .status = answer->status,
                                      .content_type = answer->content_type,
                                      .body = TAKE(answer->body) };
    if ((call->delay_ms > 0 && !slow) || end == FAULT_HANG)
        hold_add(centre->hold, &held);
    else
        held_release(&held);
}

/* Locked. The operation, and what the fault makes of a good answer. */
static void run(struct centre_call *call, const struct route *route, struct centre_answer *ret)
{
    struct centre *centre = call->centre;

    call->operation = route->operation;
    call->now_ms = clock_now(centre->clock) + centre->shift_ms;
    centre->requests[route->operation]++;
    call->fault = fault_queue_take(&centre->faults[route->operation], &call->delay_ms);
    if (call->fault && !call->fault->runs) {
        if (call->fault->status)
            centre_say_fault(call, ret, call->fault);
        return;
    }
    route->run(call, ret);
    if (!call->fault)
        return;
    if (ret->status != 200) /* refused: there is nothing that could go wrong with it */
        call->fault = NULL;
    else if (call->fault->status)
        centre_say_fault(call, ret, call->fault);
    else
        fault_apply(call->fault, ret);
}

static void handle(void *ctx, struct http_request *request)
{
    struct centre *centre = ctx;
    struct centre_call call = { .centre = centre,
                                .request = request,
                                .path = http_path(request),
                                .who = http_path(request),
                                .now_ms = clock_now(centre->clock) };
    struct centre_answer answer = { .status = 0 };
    const struct route *route = NULL;
    bool known = false;

    if (slice_starts(call.path, SLICE(CENTRE_ROOT "/"))) {
        call.path = slice_skip(call.path, strlen(CENTRE_ROOT));
        route = find_route(&call, &known);
    }
    call.who = call.path;
    if (!http_is_verified(request)) {
        centre_say_no(&call, &answer, 400, NULL);
    } else if (!route) {
        centre_say_no(&call, &answer, known ? 405 : 404, NULL);
    } else {
        (void)pthread_mutex_lock(&centre->lock);
        run(&call, route, &answer);
        (void)pthread_mutex_unlock(&centre->lock);
    }
    send_off(&call, request, &answer);
    centre_answer_clear(&answer);
}

/* ---- life ---- */

static void *serve(void *ctx)
{
    const struct centre *centre = ctx;
    struct err err;

    if (http_run(centre->server, &err) != ST_OK)
        log_err(LOG_LEVEL_ERROR, "centre.run", &err);
    return NULL;
}

static enum status open_key(const struct centre_params *params, const char *name,
                            struct key **ret_key, struct err *err)
{
    char path[FILE_PATH_MAX], pass[FILE_PATH_MAX], relative[128];
    const char *dir = pki_dir(params->pki);

    (void)text_format(relative, sizeof(relative), "%s/%s.p12", params->family->name, name);
    TRY(file_path(path, dir, relative, err));
    TRY(file_path(pass, dir, "pass", err));
    if (!file_exists(path))
        return RAISE(err, ST_INPUT,
                     "%s: there is none: shepctl sandbox init %s makes what is missing", path, dir);
    return key_open(&(struct key_source){ path, pass, NULL, NULL }, ret_key, err);
}

/* The participant signs its requests with the adapter's key of either family. */
static enum status load_pins(struct centre *centre, const char *dir, struct err *err)
{
    char path[FILE_PATH_MAX], name[128];

    for (size_t f = 0; f < FAMILY_COUNT && centre->pin_count < CENTRE_PINS_MAX; f++) {
        AUTO(bytes_free) struct bytes *pem = NULL;

        if (families[f].algorithm == ALG_RSA_SHA256)
            continue;
        (void)text_format(name, sizeof(name), "%s/%s.pem", families[f].name,
                          centre->participant->name);
        TRY(file_path(path, dir, name, err));
        TRY(file_read(path, CERT_MAX, &pem, err));
        TRY(cert_parse(bytes_slice(pem), &centre->pins[centre->pin_count], err));
        centre->pin_count++;
    }
    TRY(file_path(path, dir, "trust", err));
    TRY(trust_new(&centre->trust, err));
    return trust_add_dir(centre->trust, path, err);
}

static enum status open_bills(struct centre *centre, const char *dir, struct err *err)
{
    char path[FILE_PATH_MAX];

    TRY(file_path(path, dir, "coid", err));
    TRY(file_make_dir(path, 0755, err));
    TRY(file_path(path, dir, "coid/transactions", err));
    return bills_open(path, &centre->bills, err);
}

static enum status bind_at(struct centre *centre, const char *dir, const char *listen,
                           struct err *err)
{
    char cert[FILE_PATH_MAX], key[FILE_PATH_MAX], ca[FILE_PATH_MAX];
    const struct http_listener listener = { .address = listen,
                                            .cert_file = cert,
                                            .key_file = key,
                                            .client_ca_file = ca,
                                            .bad_client_stays = true };
    const struct http_params http = { .limits = limits,
                                      .listeners = &listener,
                                      .listener_count = 1,
                                      .handler = handle,
                                      .ctx = centre };
    const char *colon = strrchr(listen, ':'); /* http_new() demands one */

    TRY(file_path(cert, dir, "tls/server.pem", err));
    TRY(file_path(key, dir, "tls/server.key", err));
    TRY(file_path(ca, dir, "tls/client-ca.pem", err));
    TRY(http_new(&http, &centre->server, err));
    if (!text_format(centre->url, sizeof(centre->url), "https://%.*s:%u" CENTRE_ROOT,
                     (int)(colon - listen), listen, (unsigned)centre_port(centre)))
        return RAISE(err, ST_INPUT, "listen address too long: %s", listen);
    return ST_OK;
}

/* Where nobody says it: at the authority's host, one port further on, or a free one. */
static enum status bind_somewhere(struct centre *centre, const struct pki *pki, struct err *err)
{
    const char *host = pki_base_url(pki) + strlen("http://");
    const char *colon = strrchr(host, ':');
    long port = colon ? strtol(colon + 1, NULL, 10) : 80;
    int len = colon ? (int)(colon - host) : (int)strlen(host);
    char listen[LISTEN_TEXT];

    if (text_format(listen, sizeof(listen), "%.*s:%ld", len, host, port + 1) &&
        bind_at(centre, pki_dir(pki), listen, err) == ST_OK)
        return ST_OK;
    return bind_at(centre, pki_dir(pki), "127.0.0.1:0", err);
}

enum status centre_new(const struct centre_params *params, struct centre **ret_centre,
                       struct err *err)
{
    AUTO(centre_free) struct centre *centre = calloc(1, sizeof(*centre));
    const char *dir = pki_dir(params->pki);

    if (!centre)
        return RAISE(err, ST_NOMEM, "out of memory");
    (void)pthread_mutex_init(&centre->lock, NULL);
    centre->clock = params->clock;
    centre->participant = holder_find("adapter");
    TRY(open_key(params, "coid", &centre->key, err));
    TRY(open_key(params, "coid-expired", &centre->expired, err));
    centre->signer = (struct centre_signer){ centre->key, centre->expired, params->jws };
    TRY(load_pins(centre, dir, err));
    TRY(open_bills(centre, dir, err));
    TRY(hold_new(&centre->hold, err));
    if (params->listen)
        TRY(bind_at(centre, dir, params->listen, err));
    else
        TRY(bind_somewhere(centre, params->pki, err));
    if (pthread_create(&centre->thread, NULL, serve, centre) != 0)
        return RAISE(err, ST_INTERNAL, "cannot start a thread");
    centre->runs = true;
    *ret_centre = TAKE(centre);
    return ST_OK;
}

/* What is held back is answered only when nobody can ask for more. */
void centre_free(struct centre *centre)
{
    if (!centre)
        return;
    if (centre->runs) {
        http_stop(centre->server, STOP_GRACE_MS);
        (void)pthread_join(centre->thread, NULL);
    }
    hold_free(centre->hold);
    http_free(centre->server);
    bills_free(centre->bills);
    for (size_t i = 0; i < centre->pin_count; i++)
        cert_free(centre->pins[i]);
    trust_free(centre->trust);
    key_free(centre->key);
    key_free(centre->expired);
    (void)pthread_mutex_destroy(&centre->lock);
    free(centre);
}

uint16_t centre_port(const struct centre *centre)
{
    return http_port(centre->server, 0);
}

const char *centre_url(const struct centre *centre)
{
    return centre->url;
}
