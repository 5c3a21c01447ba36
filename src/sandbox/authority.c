#include "sandbox/authority.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "crypto/encode.h"
#include "crypto/tsp.h"
#include "http/http.h"
#include "sandbox/booth.h"
#include "sandbox/centre.h"
#include "sandbox/crl.h"
#include "sandbox/file.h"
#include "sandbox/ocsp.h"
#include "sandbox/pki.h"

#include <stdlib.h>

enum {
    ADDRESS_TEXT = 128,
    STOP_GRACE_MS = 1000,
    INDEX_TEXT_MAX = 16384,
    IN_FLIGHT_MAX = 64 * 1024 * 1024 /* PDFs of the telephone on their way out */
};

struct authority {
    const struct pki *pki;
    struct centre *centre;
    struct http_server *server;
    struct booth *booth;
    char url[ADDRESS_TEXT];
};

static const struct http_limits limits = {
    .max_head_bytes = 16384,
    .max_headers = 100,
    .max_body_bytes = 65536,
    .max_in_flight_bytes = IN_FLIGHT_MAX,
    .max_connections = 256,
    .max_per_address = 256,
    .head_deadline_ms = 10000,
    .body_deadline_ms = 10000,
};

/* What a route is given: the service, and what its path named. */
struct asked {
    const struct authority *authority;
    const struct family *family;
    struct slice body;
    int64_t now_ms;
    enum ocsp_mood mood;
};

/* ---- what is served ---- */

static enum status serve_ocsp(const struct asked *a, struct bytes **ret, struct err *err)
{
    AUTO(index_free) struct index *index = NULL;

    TRY(index_load(pki_dir(a->authority->pki), &index, err));
    const struct ocsp_wish wish = { a->authority->pki, a->family, index, a->mood };
    return ocsp_answer(&wish, a->body, ret, err);
}

static enum status serve_tsp(const struct asked *a, struct bytes **ret, struct err *err)
{
    int64_t serial = 0;
    struct tsa_params params = { .policy_oid = a->family->tsa_policy, .now_ms = a->now_ms };

    random_fill(&serial, sizeof(serial));
    params.serial = serial & INT64_MAX;
    return tsa_answer(pki_key(a->authority->pki, a->family, KIND_TSA), a->body, &params, ret, err);
}

static enum status serve_crl(const struct asked *a, enum kind issuer, enum crl_form form,
                             struct bytes **ret, struct err *err)
{
    AUTO(index_free) struct index *index = NULL;

    TRY(index_load(pki_dir(a->authority->pki), &index, err));
    const struct crl_wish wish = { pki_key(a->authority->pki, a->family, issuer), a->family->name,
                                   form, a->now_ms };
    return crl_make(&wish, index, ret, err);
}

static enum status serve_base(const struct asked *a, struct bytes **ret, struct err *err)
{
    return serve_crl(a, KIND_CA, CRL_BASE, ret, err);
}

static enum status serve_delta(const struct asked *a, struct bytes **ret, struct err *err)
{
    return serve_crl(a, KIND_CA, CRL_DELTA, ret, err);
}

static enum status serve_root_crl(const struct asked *a, struct bytes **ret, struct err *err)
{
    return serve_crl(a, KIND_ROOT, CRL_ROOT, ret, err);
}

static enum status serve_cert(const struct asked *a, enum kind role, struct bytes **ret,
                              struct err *err)
{
    struct bytes *der = bytes_dup(cert_der(key_cert(pki_key(a->authority->pki, a->family, role))));

    if (!der)
        return RAISE(err, ST_NOMEM, "out of memory");
    *ret = der;
    return ST_OK;
}

static enum status serve_ca(const struct asked *a, struct bytes **ret, struct err *err)
{
    return serve_cert(a, KIND_CA, ret, err);
}

static enum status serve_root(const struct asked *a, struct bytes **ret, struct err *err)
{
    return serve_cert(a, KIND_ROOT, ret, err);
}

/* Responders with a fault each (sandbox/ocsp.h), for whoever tests what a caller makes of them. */
#define MISBEHAVING(after, mood)                                                                   \
    {                                                                                              \
        "POST", "/ocsp/", (after), "application/ocsp-response", serve_ocsp, (mood)                 \
    }

static const struct route {
    const char *method;
    const char *before; /* of the family's name in the path */
    const char *after;
    const char *content_type;
    enum status (*serve)(const struct asked *asked, struct bytes **ret, struct err *err);
    enum ocsp_mood mood;
} routes[] = {
    { "POST", "/ocsp/", "", "application/ocsp-response", serve_ocsp, MOOD_NONE },
    { "POST", "/tsp/", "", "application/timestamp-reply", serve_tsp, MOOD_NONE },
    { "GET", "/crl/", ".crl", "application/pkix-crl", serve_base, MOOD_NONE },
    { "GET", "/crl/", "-delta.crl", "application/pkix-crl", serve_delta, MOOD_NONE },
    { "GET", "/crl/", "-root.crl", "application/pkix-crl", serve_root_crl, MOOD_NONE },
    { "GET", "/cert/", "-ca.cer", "application/pkix-cert", serve_ca, MOOD_NONE },
    { "GET", "/cert/", "-root.cer", "application/pkix-cert", serve_root, MOOD_NONE },
    MISBEHAVING("/try-later", MOOD_TRY_LATER),
    MISBEHAVING("/internal-error", MOOD_INTERNAL_ERROR),
    MISBEHAVING("/no-nonce", MOOD_NO_NONCE),
    MISBEHAVING("/wrong-nonce", MOOD_WRONG_NONCE),
    MISBEHAVING("/no-next-update", MOOD_NO_NEXT_UPDATE),
    MISBEHAVING("/expired", MOOD_EXPIRED),
    MISBEHAVING("/future", MOOD_FUTURE),
    MISBEHAVING("/other-issuer", MOOD_OTHER_ISSUER),
    MISBEHAVING("/unauthorised", MOOD_UNAUTHORISED),
    MISBEHAVING("/stranger", MOOD_STRANGER),
    MISBEHAVING("/unknown", MOOD_UNKNOWN),
};

enum { ROUTE_COUNT = sizeof(routes) / sizeof(routes[0]) };

/* ---- HTTP ---- */

/* The family that stands between before and after; a slash at the end is let pass. */
static const struct family *match(const struct route *route, struct slice path)
{
    size_t before = strlen(route->before);
    size_t after = strlen(route->after);

    if (after == 0 && path.len > before && path.at[path.len - 1] == '/')
        path.len--;
    if (path.len < before + after || !slice_starts(path, slice_str(route->before)) ||
        !slice_eq_str(slice_skip(path, path.len - after), route->after))
        return NULL;
    return family_find((struct slice){ path.at + before, path.len - before - after });
}

static void answer_index(struct http_request *request, const struct authority *authority)
{
    struct bytes *text = bytes_new(INDEX_TEXT_MAX);
    const struct http_reply reply = { .status = 200,
                                      .content_type = "text/plain; charset=utf-8",
                                      .body = text };

    if (!text) {
        http_answer_text(request, 503, "out of memory");
        return;
    }
    bytes_add_str(text, "Test НУЦ РК of the shep-adapter sandbox.\n");
    for (size_t f = 0; f < FAMILY_COUNT; f++)
        for (size_t i = 0; i < ROUTE_COUNT; i++)
            bytes_addf(text, "%-4s %s%s%s%s\n", routes[i].method, authority->url, routes[i].before,
                       families[f].name, routes[i].after);
    bytes_addf(text, "GET  %s/phone/\n", authority->url);
    if (authority->centre)
        bytes_addf(text, "GET  %s/coid/\n", authority->url);
    http_answer(request, &reply);
}

static void serve(const struct route *route, const struct asked *asked,
                  struct http_request *request)
{
    struct http_reply reply = { .status = 200, .content_type = route->content_type };
    struct err err;

    if (route->serve(asked, &reply.body, &err) != ST_OK) {
        log_err(LOG_LEVEL_ERROR, "authority.failed", &err);
        http_answer_text(request, 500, "internal error");
        return;
    }
    http_answer(request, &reply);
}

/* Answers on the I/O thread: the sandbox serves one person, and a signature costs a millisecond.
 * The telephone waits for others, and has threads of its own. */
static void handle(void *ctx, struct http_request *request)
{
    const struct authority *authority = ctx;
    struct slice path = http_path(request);
    bool known = false;

    if (booth_owns(path)) {
        booth_handle(authority->booth, request);
        return;
    }
    if (authority->centre && centre_owns(path)) {
        centre_control(authority->centre, request);
        return;
    }
    for (size_t i = 0; i < ROUTE_COUNT; i++) {
        const struct asked asked = { .authority = authority,
                                     .family = match(&routes[i], path),
                                     .body = http_body(request),
                                     .now_ms = clock_now(clock_system()),
                                     .mood = routes[i].mood };

        if (!asked.family)
            continue;
        known = true;
        if (strcmp(http_method(request), routes[i].method) == 0) {
            serve(&routes[i], &asked, request);
            return;
        }
    }
    if (slice_eq_str(path, "/"))
        answer_index(request, authority);
    else if (known)
        http_answer_text(request, 405, "method not allowed");
    else
        http_answer_text(request, 404, "not found");
}

/* ---- life ---- */

enum status authority_new(const struct authority_params *params, struct authority **ret_authority,
                          struct err *err)
{
    const char *listen =
        params->listen ? params->listen : pki_base_url(params->pki) + strlen("http://");
    const struct http_listener listener = { .address = listen };
    AUTO(authority_free) struct authority *authority = calloc(1, sizeof(*authority));
    const struct http_params http = { .limits = limits,
                                      .listeners = &listener,
                                      .listener_count = 1,
                                      .handler = handle,
                                      .ctx = authority };
    struct booth_params booth = { .pki = params->pki,
                                  .hosts = params->phone_hosts,
                                  .clock = clock_system() };
    const char *colon = strrchr(listen, ':'); /* http_new() demands one */
    size_t host_len = colon ? (size_t)(colon - listen) : 0;

    if (!authority)
        return RAISE(err, ST_NOMEM, "out of memory");
    authority->pki = params->pki;
    authority->centre = params->centre;
    TRY(http_new(&http, &authority->server, err));
    if (!text_format(authority->url, sizeof(authority->url), "http://%.*s:%u", (int)host_len,
                     listen, (unsigned)authority_port(authority)))
        return RAISE(err, ST_INPUT, "listen address too long: %s", listen);
    booth.authority_url = authority->url;
    TRY(booth_new(&booth, &authority->booth, err));
    *ret_authority = TAKE(authority);
    return ST_OK;
}

uint16_t authority_port(const struct authority *authority)
{
    return http_port(authority->server, 0);
}

const char *authority_url(const struct authority *authority)
{
    return authority->url;
}

enum status authority_run(struct authority *authority, struct err *err)
{
    return http_run(authority->server, err);
}

void authority_stop(struct authority *authority)
{
    http_stop(authority->server, STOP_GRACE_MS);
}

void authority_free(struct authority *authority)
{
    if (!authority)
        return;
    booth_free(authority->booth); /* answers what it still has in hand */
    http_free(authority->server);
    free(authority);
}
