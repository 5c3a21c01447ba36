/* ЦОИД's control: what it does next, and what it has billed. */
#include "sandbox/centre_impl.h"

#include "base/log.h"
#include "http/form.h"

#include <inttypes.h>
#include <stdlib.h>

enum { TEXT_MAX = 65536, NUMBER_TEXT = 24, DEFAULT_TIMES = 1 };
#define SHIFT_MAX_S (INT64_C(10) * 366 * 86400)

bool centre_owns(struct slice path)
{
    return slice_starts(path, SLICE("/coid/"));
}

static void answer(struct http_request *request, const char *content_type, struct bytes *body)
{
    const struct http_reply reply = { .status = 200, .content_type = content_type, .body = body };

    if (body && !body->failed) {
        http_answer(request, &reply);
        return;
    }
    bytes_free(body);
    http_answer_text(request, 503, "out of memory");
}

/* ---- what is here ---- */

static void tell_all(struct centre *centre, struct http_request *request)
{
    struct bytes *text = bytes_new(TEXT_MAX);

    if (!text) {
        answer(request, "", NULL);
        return;
    }
    bytes_addf(text,
               "ЦОИД of the sandbox: %s\n\nGET  /coid/people\nGET  /coid/bills\n"
               "POST /coid/fault?operation=O&fault=F[&times=N][&ms=N]\n"
               "POST /coid/fault?operation=O&fault=none\n"
               "POST /coid/clock?shift_s=N\nPOST /coid/reset\n\nOperations:",
               centre->url);
    for (size_t i = 0; i < CENTRE_OPERATIONS; i++)
        bytes_addf(text, " %s", centre_operation_names[i]);
    bytes_add_str(text, "\n\nPeople (any other IIN of 12 digits is somebody plain):\n");
    for (size_t i = 0; i < people_count(); i++)
        bytes_addf(text, "  %s  %-15s %s\n", people_at(i)->iin, people_at(i)->name,
                   people_at(i)->about);
    bytes_add_str(text, "\nFaults:\n");
    for (size_t i = 0; i < faults_count(); i++)
        bytes_addf(text, "  %-19s  %s\n", faults_at(i)->name, faults_at(i)->about);
    answer(request, "text/plain; charset=utf-8", text);
}

static void tell_people(struct centre *centre, struct http_request *request)
{
    struct bytes *json = bytes_new(TEXT_MAX);

    (void)centre;
    if (json) {
        bytes_add_str(json, "{");
        for (size_t i = 0; i < people_count(); i++)
            centre_add_member(json, people_at(i)->name, people_at(i)->iin);
        bytes_add_str(json, "}");
    }
    answer(request, "application/json", json);
}

/* A key's count is how often it was billed. */
static void tell_bills(struct centre *centre, struct http_request *request)
{
    struct bytes *json = bytes_new(CENTRE_BODY_MAX);

    if (!json) {
        answer(request, "", NULL);
        return;
    }
    (void)pthread_mutex_lock(&centre->lock);
    bytes_addf(json, "{\"comparisons\":%zu,\"repeats\":%" PRIu64 ",\"requests\":{",
               bills_count(centre->bills), centre->repeats);
    for (size_t i = 0; i < CENTRE_OPERATIONS; i++)
        bytes_addf(json, "%s\"%s\":%" PRIu64, i > 0 ? "," : "", centre_operation_names[i],
                   centre->requests[i]);
    bytes_add_str(json, "},\"keys\":{");
    for (size_t i = 0; i < bills_count(centre->bills); i++)
        bytes_addf(json, "%s\"%s\":1", i > 0 ? "," : "", bills_at(centre->bills, i)->key);
    (void)pthread_mutex_unlock(&centre->lock);
    bytes_add_str(json, "}}");
    answer(request, "application/json", json);
}

/* ---- what is asked for ---- */

/* fallback where the query names none; false: no number of from to to. */
static bool number(const struct http_request *request, const char *name, int64_t fallback,
                   int64_t to, int64_t *ret)
{
    char text[NUMBER_TEXT];
    char *end = NULL;

    *ret = fallback;
    if (!form_value(http_query(request), name, text, sizeof(text)) || !text[0])
        return true;
    *ret = strtoll(text, &end, 10);
    return *end == '\0' && *ret >= 0 && *ret <= to;
}

static bool operation(const struct http_request *request, enum centre_operation *ret)
{
    char text[NUMBER_TEXT];

    if (form_value(http_query(request), "operation", text, sizeof(text)))
        for (size_t i = 0; i < CENTRE_OPERATIONS; i++)
            if (strcmp(text, centre_operation_names[i]) == 0) {
                *ret = (enum centre_operation)i;
                return true;
            }
    return false;
}

static void forget_faults(struct centre *centre, enum centre_operation which)
{
    (void)pthread_mutex_lock(&centre->lock);
    centre->faults[which].count = 0;
    (void)pthread_mutex_unlock(&centre->lock);
}

static void set_fault(struct centre *centre, struct http_request *request)
{
    char name[64] = "";
    struct fault_wish wish = { .times = 0 };
    enum centre_operation which;
    bool added;

    if (form_value(http_query(request), "fault", name, sizeof(name)))
        wish.fault = faults_find(slice_str(name));
    if (!wish.fault && strcmp(name, "none") == 0 && operation(request, &which)) {
        forget_faults(centre, which);
        http_answer_text(request, 200, "ok");
        return;
    }
    if (!wish.fault || !operation(request, &which) ||
        !number(request, "times", DEFAULT_TIMES, FAULT_TIMES_MAX, &wish.times) || wish.times < 1 ||
        !number(request, "ms", wish.fault->ms, FAULT_MS_MAX, &wish.ms)) {
        http_answer_text(request, 400, "unknown operation or fault, or a number out of its range");
        return;
    }
    (void)pthread_mutex_lock(&centre->lock);
    added = fault_queue_add(&centre->faults[which], &wish);
    (void)pthread_mutex_unlock(&centre->lock);
    http_answer_text(request, added ? 200 : 409, added ? "ok" : "too many faults are waiting");
}

static void set_clock(struct centre *centre, struct http_request *request)
{
    int64_t shift_s = 0;

    if (!number(request, "shift_s", -1, SHIFT_MAX_S, &shift_s) || shift_s < 0) {
        http_answer_text(request, 400, "shift_s: seconds from now on, ten years at most");
        return;
    }
    (void)pthread_mutex_lock(&centre->lock);
    centre->shift_ms = shift_s * 1000;
    (void)pthread_mutex_unlock(&centre->lock);
    http_answer_text(request, 200, "ok");
}

static void reset(struct centre *centre, struct http_request *request)
{
    enum status status;
    struct err err;

    (void)pthread_mutex_lock(&centre->lock);
    memset(centre->faults, 0, sizeof(centre->faults));
    memset(centre->requests, 0, sizeof(centre->requests));
    centre->repeats = 0;
    centre->shift_ms = 0;
    status = bills_clear(centre->bills, &err);
    (void)pthread_mutex_unlock(&centre->lock);
    if (status != ST_OK)
        log_err(LOG_LEVEL_ERROR, "centre.reset", &err);
    http_answer_text(request, status == ST_OK ? 200 : 500, status == ST_OK ? "ok" : err.text);
}

/* ---- routes ---- */

static const struct {
    const char *method, *path;
    void (*run)(struct centre *centre, struct http_request *request);
} controls[] = {
    { "GET", "/coid/", tell_all },        { "GET", "/coid/people", tell_people },
    { "GET", "/coid/bills", tell_bills }, { "POST", "/coid/fault", set_fault },
    { "POST", "/coid/clock", set_clock }, { "POST", "/coid/reset", reset },
};

void centre_control(struct centre *centre, struct http_request *request)
{
    bool known = false;

    for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
        if (!slice_eq_str(http_path(request), controls[i].path))
            continue;
        known = true;
        if (strcmp(http_method(request), controls[i].method) == 0) {
            controls[i].run(centre, request);
            return;
        }
    }
    http_answer_text(request, known ? 405 : 404, known ? "method not allowed" : "not found");
}
