#include "server/route.h"

#include "base/log.h"
#include "base/text.h"
#include "server/admin/console.h"
#include "server/coid_meters.h"
#include "server/diary.h"
#include "server/doorstep.h"
#include "server/exchange.h"
#include "server/gauges.h"
#include "server/health.h"
#include "server/outward.h"
#include "server/page.h"

#include <stdio.h>
#include <strings.h>

#define SOAP_PATH "/shep/SyncChannel"
#define XML_TYPE "text/xml; charset=utf-8"

typedef void handler_fn(const struct visit *visit);

static struct peer peer_of(const struct service *service, const struct http_request *request)
{
    const struct road *road = service_road(service);
    int64_t waited_ms = clock_monotonic_ms() - http_received_ms(request);
    struct peer peer = {
        .start_ms = clock_now(road->clock) - waited_ms,
        .deadline_ms = http_received_ms(request) + service_conf(service)->limits.exchange_ms,
    };

    peer.exchange = id_new(peer.start_ms);
    text_copy(peer.address, sizeof(peer.address), http_peer(request));
    return peer;
}

/* text/xml, application/xml or application/soap+xml in UTF-8, or no type at all: what callers
 * really send (shep-contract.md section 1). */
static bool is_xml_type(struct slice type)
{
    static const char *const types[] = { "text/xml", "application/xml", "application/soap+xml" };
    char text[128];

    if (type.len == 0)
        return true;
    text_copy_slice(text, sizeof(text), type);
    const char *charset = strcasestr(text, "charset=");
    if (charset && !strcasestr(charset, "utf-8") && !strcasestr(charset, "us-ascii"))
        return false;
    size_t len = strcspn(text, "; \t");
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (len == strlen(types[i]) && strncasecmp(text, types[i], len) == 0)
            return true;
    return false;
}

struct pending {
    struct service *service; /* a reference: it ends with the configuration it began with */
    struct http_request *request;
    struct peer peer;
    struct request *req; /* NULL: refused before it was known */
};

static void pending_free(struct pending *pending)
{
    request_free(pending->req);
    service_free(pending->service);
    free(pending);
}

static void measure(const struct pending *pending, const struct answer *answer)
{
    const struct rooms *rooms = service_rooms(pending->service);
    int64_t took_ms = clock_now(rooms->clock) - pending->peer.start_ms;
    enum operation op = pending->req ? pending->req->op : OP_NONE;
    char status[12];

    text_format(status, sizeof(status), "%d", answer->http_status);
    metric_observe(rooms->meters.all[METER_EXCHANGE],
                   &(struct metric_sample){ { status }, (double)took_ms / 1000 });
    metric_count(rooms->meters.all[METER_EXCHANGES],
                 &(struct metric_sample){ { gauges_service(op), operation_name(op),
                                            *answer->code ? answer->code : "none", answer->reason },
                                          1 });
}

static void finish(struct pending *pending, const struct err *refused)
{
    struct answer answer = { 0 };
    struct err err = { 0 };

    outward_for(&pending->peer);
    enum status answered = exchange_answer(service_road(pending->service), &pending->peer,
                                           pending->req, refused, &answer, &err);
    outward_for(NULL);
    if (answered == ST_OK) {
        const struct http_reply reply = { answer.http_status, XML_TYPE, NULL, answer.bytes };
        http_answer(pending->request, &reply);
    } else {
        log_err(LOG_LEVEL_ERROR, "exchange.unanswered", &err);
        http_answer_text(pending->request, 500, "no signed answer could be made");
    }
    measure(pending, &answer);
    pending_free(pending);
}

void route_resume(struct pending *pending)
{
    finish(pending, NULL);
}

void route_give_up(struct pending *pending)
{
    http_answer_text(pending->request, 503, "busy: try again in a moment");
    pending_free(pending);
}

static void run_exchange(const struct visit *visit)
{
    const struct road *road = service_road(visit->service);
    struct pending *pending = calloc(1, sizeof(*pending));
    struct flow_wait wait;
    struct err cause = { 0 };

    if (!pending) {
        http_answer_text(visit->request, 503, "busy: try again in a moment");
        return;
    }
    pending->service = service_ref(visit->service);
    pending->request = visit->request;
    pending->peer = peer_of(visit->service, visit->request);
    outward_for(&pending->peer);
    enum status received =
        exchange_receive(road, &pending->peer, http_body(visit->request), &pending->req, &cause);
    outward_for(NULL);
    if (received == ST_OK && flow_waits(road->flows, &pending->peer, pending->req, &wait) &&
        parking_put(visit->parking, &wait, pending))
        return; /* the parking's now */
    finish(pending, received == ST_OK ? NULL : &cause);
}

static void soap_post(const struct visit *visit)
{
    struct http_request *request = visit->request;

    if (!is_xml_type(http_header(request, "Content-Type"))) {
        route_refused(visit->service, http_peer(request), 415, "Content-Type");
        http_answer_text(request, 415,
                         "Content-Type: text/xml, application/xml or "
                         "application/soap+xml in UTF-8 is understood");
    } else if (clock_monotonic_ms() >=
               http_received_ms(request) + service_conf(visit->service)->limits.exchange_ms) {
        route_refused(visit->service, http_peer(request), 503, "waited too long for a worker");
        http_answer_text(request, 503, "busy: try again");
    } else {
        run_exchange(visit);
    }
}

/* What was refused is on record, whoever asked for it (req 0.38). */
static void refuse_path(const struct visit *visit, const char *why)
{
    route_refused(visit->service, http_peer(visit->request), 404, why);
    http_answer_text(visit->request, 404, why);
}

/* The path of public_url: a proxy may or may not take it off. */
static struct slice public_path(const struct service *service)
{
    struct slice url = slice_str(service_conf(service)->http.public_url);
    const char *host = memmem(url.at, url.len, "://", 3);
    const char *path = host ? strchr(host + 3, '/') : NULL;

    return slice_str(path);
}

/* As the caller reached us; where that is the host of public_url, its path belongs to it. */
static const char *base_url(const struct visit *visit)
{
    const char *base = http_base_url(visit->request);
    const char *public_url = service_conf(visit->service)->http.public_url;
    size_t len = strlen(base);

    return public_url && strncmp(public_url, base, len) == 0 && public_url[len] == '/' ? public_url
                                                                                       : base;
}

static void give_contract(const struct visit *visit, struct slice name)
{
    struct http_request *request = visit->request;
    AUTO(bytes_free) struct bytes *address = bytes_new(1024);
    struct bytes *text = NULL;
    struct err err = { 0 };

    if (address)
        bytes_addf(address, "%s" SOAP_PATH, base_url(visit));
    if (!address || address->failed || soap_contract(name, address->at, &text, &err) != ST_OK) {
        refuse_path(visit, "there is no such file of the contract");
        return;
    }
    const struct http_reply reply = { 200, XML_TYPE, NULL, text };
    http_answer(request, &reply);
}

static void soap_get(const struct visit *visit)
{
    struct slice query = http_query(visit->request);

    if (query.len == 4 && strncasecmp(query.at, "wsdl", 4) == 0)
        give_contract(visit, SLICE("SyncChannel.wsdl"));
    else
        refuse_path(visit, "the contract is at " SOAP_PATH "?wsdl");
}

static void wsdl_file(const struct visit *visit)
{
    give_contract(visit, slice_skip(http_path(visit->request), strlen("/wsdl/")));
}

static void measure_telephone(const struct visit *visit, const struct peer *peer, int http_status)
{
    const struct rooms *rooms = service_rooms(visit->service);
    int64_t took_ms = clock_now(rooms->clock) - peer->start_ms;
    char status[12];

    text_format(status, sizeof(status), "%d", http_status);
    metric_observe(
        rooms->meters.all[METER_TELEPHONE],
        &(struct metric_sample){ { http_method(visit->request), status }, (double)took_ms / 1000 });
}

static void telephone(const struct visit *visit)
{
    struct http_request *request = visit->request;
    const struct peer peer = peer_of(visit->service, request);
    const struct mobile_call call = {
        .method = http_method(request),
        .path = http_path(request),
        .authorization = http_header(request, "Authorization"),
        .accept_language = http_header(request, "Accept-Language"),
        .body = http_body(request),
        .peer = &peer,
    };
    struct mobile_answer answer = { 0 };

    if (doorstep_refuses(visit->service, request))
        return;
    outward_for(&peer);
    mobile_handle(service_mobile(visit->service), &call, &answer);
    outward_for(NULL);
    if (answer.wrong_token)
        doorstep_wrong_token(visit->service, request);
    measure_telephone(visit, &peer, answer.status);
    const struct http_reply reply = { answer.status, "application/json; charset=utf-8", NULL,
                                      answer.json };
    http_answer(request, &reply);
}

static void page(const struct visit *visit)
{
    page_handle(visit->service, visit->request);
}

static void console(const struct visit *visit)
{
    console_handle(visit->service, visit->request);
}

static void health_live(const struct visit *visit)
{
    http_answer_text(visit->request, 200, "live");
}

static void health_ready(const struct visit *visit)
{
    struct health health;

    health_look(visit->service, &health);
    const struct http_reply reply = { health.ready ? 200 : 503, "text/plain; charset=utf-8", NULL,
                                      health_text(&health) };
    http_answer(visit->request, &reply);
}

static void metrics(const struct visit *visit)
{
    const struct rooms *rooms = service_rooms(visit->service);
    struct bytes *text = NULL;
    struct err err = { 0 };

    expiry_measure(service_certificates(visit->service), clock_now(rooms->clock),
                   rooms->meters.all[METER_CERTIFICATE_END],
                   rooms->meters.all[METER_CERTIFICATE_DAYS]);
    time_watch_measure(rooms->time_watch, &rooms->meters);
    journal_proof_measure(rooms->proof, &rooms->meters);
    coid_meters_look(&rooms->meters, service_coid(visit->service) ? rooms->coid : NULL);
    gauges_look(rooms, visit->work);
    if (metrics_text(rooms->meters.registry, &text, &err) != ST_OK) {
        http_answer_text(visit->request, 503, err.text);
        return;
    }
    const struct http_reply reply = { 200, "text/plain; version=0.0.4; charset=utf-8", NULL, text };
    http_answer(visit->request, &reply);
}

static const struct row {
    enum listener listener;
    const char *methods; /* separated by blanks; "*": the handler judges them itself */
    const char *path; /* with a trailing '/': everything below it; with an '*' more: itself, too */
    handler_fn *handler;
} rows[] = {
    { LISTENER_PUBLIC, "POST", SOAP_PATH, soap_post },
    { LISTENER_PUBLIC, "GET HEAD", SOAP_PATH, soap_get },
    { LISTENER_PUBLIC, "GET HEAD", "/wsdl/", wsdl_file },
    { LISTENER_PUBLIC, "*", "/m/", telephone },
    { LISTENER_PUBLIC, "GET HEAD", "/sign/", page },
    { LISTENER_ADMIN, "GET HEAD", "/health/live", health_live },
    { LISTENER_ADMIN, "GET HEAD", "/health/ready", health_ready },
    { LISTENER_ADMIN, "GET HEAD", "/metrics", metrics },
    { LISTENER_ADMIN, "*", "/admin", console },
    { LISTENER_ADMIN, "*", "/admin/*", console },
};

static bool path_matches(const struct row *row, struct slice path)
{
    size_t len = strlen(row->path);

    if (row->path[len - 1] == '*')
        return slice_starts(path, slice_mem(row->path, len - 1));
    if (row->path[len - 1] == '/')
        return path.len > len && slice_starts(path, slice_str(row->path));
    return slice_eq_str(path, row->path);
}

static bool method_matches(const char *methods, const char *method)
{
    size_t len = strlen(method);

    if (strcmp(methods, "*") == 0)
        return true;
    for (const char *at = methods; (at = strstr(at, method)); at += len)
        if ((at == methods || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            return true;
    return false;
}

static void refuse_method(const struct visit *visit, const char *allowed)
{
    static const char why[] = "this path does not take that method";
    char allow[64];
    const char *headers[] = { allow, NULL };

    text_format(allow, sizeof(allow), "Allow: %s", allowed);
    const struct http_reply reply = { 405, "text/plain; charset=utf-8", headers,
                                      bytes_dup(SLICE("this path does not take that method\n")) };
    route_refused(visit->service, http_peer(visit->request), 405, why);
    http_answer(visit->request, &reply);
}

void route(const struct visit *visit)
{
    struct http_request *request = visit->request;
    char allowed[48] = "";

    if (visit->listener == LISTENER_PUBLIC)
        http_enter(request, public_path(visit->service));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        size_t len = strlen(allowed);
        if (row->listener != visit->listener || !path_matches(row, http_path(request)))
            continue;
        if (method_matches(row->methods, http_method(request))) {
            row->handler(visit);
            return;
        }
        text_format(allowed + len, sizeof(allowed) - len, "%s%s", len ? ", " : "", row->methods);
    }
    if (*allowed)
        refuse_method(visit, allowed);
    else
        refuse_path(visit, "there is nothing at this path");
}

void route_refused(const struct service *service, const char *peer, int status, const char *reason)
{
    const struct road *road = service_road(service);
    char code[8];

    text_format(code, sizeof(code), "%d", status);
    const struct event event = {
        .level = EVENT_WARNING,
        .name = "http.refused",
        .ip = peer,
        .code = code,
        .text = reason,
    };
    (void)diary_note(road->journal, road->clock, &event);
}
