#include "rest/rest.h"

#include "base/text.h"
#include "rest/answer.h"
#include "rest/client_key.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

enum {
    MAX_HEAD_BYTES = 64 * 1024, /* of an answer */
    MAX_IDLE_CONNECTIONS = 4,   /* per handle */
    MAX_HEADERS = 32,           /* of a call */
    SERVER_TEXT = 128,
};

DEFINE_AUTO(struct curl_slist, curl_slist_free_all)
DEFINE_AUTO(CURLU, curl_url_cleanup)
DEFINE_AUTO(char, curl_free)

struct rest {
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t released;
    CURL **idle; /* a stack: the handle used last has the freshest connections */
    unsigned idle_count;
    unsigned born;
    unsigned max_parallel;
    atomic_bool cancelled;
    char *ca_file;
    char *user_agent;
    const char *const *hosts; /* borrowed; NULL: all */
    struct key *client;       /* NULL: none */
};

/* What one call collects. */
struct receiver {
    struct bytes *body;
    size_t head_bytes;
    bool head_too_long;
    bool body_too_long;
};

static const char *const methods[] = { "GET", "POST", "PUT", "DELETE" };

static bool curl_ready; /* written once, by init_curl() */

static void init_curl(void)
{
    struct sigaction action = { 0 };

    curl_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    if (sigaction(SIGPIPE, NULL, &action) != 0 || action.sa_handler != SIG_DFL)
        return;
    action.sa_handler = SIG_IGN; /* OpenSSL writes to sockets that may be gone */
    (void)sigaction(SIGPIPE, &action, NULL);
}

static enum status init_pool(struct rest *rest, const struct rest_params *params, struct err *err)
{
    pthread_condattr_t monotonic;

    (void)pthread_mutex_init(&rest->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&rest->released, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    atomic_init(&rest->cancelled, false);
    rest->max_parallel = params->max_parallel;
    rest->hosts = params->hosts;
    rest->idle = calloc(params->max_parallel, sizeof(*rest->idle));
    rest->ca_file = params->ca_file ? strdup(params->ca_file) : NULL;
    rest->user_agent = params->user_agent ? strdup(params->user_agent) : NULL;
    if (!rest->idle || (params->ca_file && !rest->ca_file) ||
        (params->user_agent && !rest->user_agent))
        return RAISE(err, ST_NOMEM, "out of memory");
    return ST_OK;
}

enum status rest_new(const struct rest_params *params, struct rest **ret_rest, struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    AUTO(rest_free) struct rest *rest = NULL;

    if (pthread_once(&once, init_curl) != 0 || !curl_ready)
        return RAISE(err, ST_INTERNAL, "libcurl cannot start");
    if (params->max_parallel == 0)
        return RAISE(err, ST_INPUT, "outward calls: max_parallel must be over zero");
    if (params->ca_file && access(params->ca_file, R_OK) != 0)
        return RAISE(err, ST_INPUT, "CA bundle %s: %s", params->ca_file, strerrordesc_np(errno));
    rest = calloc(1, sizeof(*rest));
    if (!rest)
        return RAISE(err, ST_NOMEM, "out of memory");
    TRY(init_pool(rest, params, err));
    const struct clock *clock = params->clock ? params->clock : clock_system();
    if (params->client)
        TRY(client_key_open(params->client, params->client_of_any_date ? NULL : clock,
                            &rest->client, err));
    *ret_rest = TAKE(rest);
    return ST_OK;
}

void rest_free(struct rest *rest)
{
    if (!rest)
        return;
    for (unsigned i = 0; i < rest->idle_count; i++)
        curl_easy_cleanup(rest->idle[i]);
    free(rest->idle);
    free(rest->ca_file);
    free(rest->user_agent);
    key_free(rest->client);
    (void)pthread_cond_destroy(&rest->released);
    (void)pthread_mutex_destroy(&rest->lock);
    free(rest);
}

const struct cert *rest_client_cert(const struct rest *rest)
{
    return rest->client ? key_cert(rest->client) : NULL;
}

void rest_cancel(struct rest *rest)
{
    atomic_store(&rest->cancelled, true);
    (void)pthread_mutex_lock(&rest->lock);
    (void)pthread_cond_broadcast(&rest->released);
    (void)pthread_mutex_unlock(&rest->lock);
}

/* libcurl asks about once a second while nothing happens. */
static int on_progress(void *ctx, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up)
{
    const struct rest *rest = ctx;

    (void)down_total, (void)down, (void)up_total, (void)up;
    return atomic_load(&rest->cancelled);
}

/* Waits for a handle that is idle or may be born; false: not before the deadline. */
static bool reserve(struct rest *rest, int64_t deadline_ms, CURL **ret_idle)
{
    struct timespec until = { .tv_sec = deadline_ms / 1000,
                              .tv_nsec = deadline_ms % 1000 * 1000000 };
    bool in_time = true;

    (void)pthread_mutex_lock(&rest->lock);
    while (in_time && !atomic_load(&rest->cancelled) && rest->idle_count == 0 &&
           rest->born == rest->max_parallel)
        in_time = pthread_cond_timedwait(&rest->released, &rest->lock, &until) != ETIMEDOUT;
    *ret_idle = NULL;
    if (rest->idle_count > 0)
        *ret_idle = rest->idle[--rest->idle_count];
    else if (rest->born < rest->max_parallel)
        rest->born++;
    else
        in_time = false;
    bool got = *ret_idle != NULL || in_time;
    (void)pthread_mutex_unlock(&rest->lock);
    return got;
}

/* curl NULL: the handle could not be born. */
static void release(struct rest *rest, CURL *curl)
{
    (void)pthread_mutex_lock(&rest->lock);
    if (curl)
        rest->idle[rest->idle_count++] = curl;
    else
        rest->born--;
    (void)pthread_cond_signal(&rest->released);
    (void)pthread_mutex_unlock(&rest->lock);
}

/* scheme://host:port of a URL: paths and queries carry tokens, and credentials stand before @. */
static void server_of(const char *url, char dst[SERVER_TEXT])
{
    const char *host = strstr(url, "://");
    size_t scheme = host ? (size_t)(host - url) + 3 : 0;
    size_t len = strcspn(url + scheme, "/?#");
    const char *at = memrchr(url + scheme, '@', len);
    size_t skip = at ? (size_t)(at + 1 - (url + scheme)) : 0;

    text_format(dst, SERVER_TEXT, "%.*s%.*s", (int)scheme, url, (int)(len - skip),
                url + scheme + skip);
}

static size_t on_body(const char *at, size_t size, size_t n, void *ctx)
{
    struct receiver *receiver = ctx;
    const struct bytes *body = receiver->body;

    receiver->body_too_long = size * n > body->max - body->len;
    if (receiver->body_too_long)
        return 0; /* ends the call */
    bytes_add(receiver->body, (struct slice){ at, size * n });
    return body->failed ? 0 : size * n;
}

static size_t on_head(const char *at, size_t size, size_t n, void *ctx)
{
    struct receiver *receiver = ctx;

    (void)at;
    receiver->head_bytes += size * n;
    receiver->head_too_long = receiver->head_bytes > MAX_HEAD_BYTES;
    return receiver->head_too_long ? 0 : size * n;
}

static bool add_header(struct curl_slist **list, const char *header)
{
    struct curl_slist *longer = curl_slist_append(*list, header);

    if (longer)
        *list = longer;
    return longer != NULL;
}

static enum status make_headers(const struct rest_call *call, struct curl_slist **ret_list,
                                struct err *err)
{
    AUTO(curl_slist_free_all) struct curl_slist *list = NULL;
    bool typed = false;
    bool ok = add_header(&list, "Expect:"); /* no 100-continue: it costs a round trip or a second */

    for (size_t i = 0; call->headers && call->headers[i]; i++) {
        if (i >= MAX_HEADERS || strpbrk(call->headers[i], "\r\n"))
            return RAISE(err, ST_INPUT, "outward call: header %zu cannot be sent", i + 1);
        typed |= strncasecmp(call->headers[i], "content-type:", 13) == 0;
        ok = ok && add_header(&list, call->headers[i]);
    }
    if (!typed)
        ok = ok && add_header(&list, "Content-Type:"); /* not libcurl's guess */
    if (!ok)
        return RAISE(err, ST_NOMEM, "out of memory");
    *ret_list = TAKE(list);
    return ST_OK;
}

static bool host_is_allowed(const struct rest *rest, const char *host)
{
    if (!rest->hosts)
        return true;
    for (const char *const *allowed = rest->hosts; *allowed; allowed++)
        if (strcasecmp(*allowed, host) == 0)
            return true;
    return false;
}

/* libcurl gives one code for a bad URL and for a bad answer, so the URL is looked at before; by its
 * own parser, so that the host judged is the host called. */
static enum status check_url(const struct rest *rest, const char *url, const char *server,
                             struct err *err)
{
    AUTO(curl_url_cleanup) CURLU *parts = curl_url();
    AUTO(curl_free) char *scheme = NULL;
    AUTO(curl_free) char *host = NULL;

    if (!parts)
        return RAISE(err, ST_NOMEM, "out of memory");
    if (curl_url_set(parts, CURLUPART_URL, url, 0) != CURLUE_OK ||
        curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
        (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
        return RAISE(err, ST_INPUT, "%s: not an http or https URL", server);
    if (!host_is_allowed(rest, host))
        return RAISE_CAUSE(err, ST_INPUT, "hostNotAllowed", NULL, NULL,
                           "%s: its host is not on the list of those that may be called", server);
    return ST_OK;
}

static const char *method_of(const struct rest_call *call)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (strcmp(call->method, methods[i]) == 0)
            return methods[i];
    return NULL;
}

static CURLcode on_tls(CURL *curl, void *ssl_ctx, void *ctx)
{
    (void)curl;
    return client_key_show(ctx, ssl_ctx) ? CURLE_OK : CURLE_SSL_CERTPROBLEM;
}

/* What holds for every call, whoever asks. */
static bool set_rules(const struct rest *rest, CURL *curl)
{
    bool ok =
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_NOPROXY, "*") == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_MAXCONNECTS, (long)MAX_IDLE_CONNECTIONS) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_XFERINFODATA, rest) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L) == CURLE_OK;

    if (ok && rest->ca_file) /* without the second line the system's folder would count too */
        ok = curl_easy_setopt(curl, CURLOPT_CAINFO, rest->ca_file) == CURLE_OK &&
             curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) == CURLE_OK;
    if (ok && rest->user_agent)
        ok = curl_easy_setopt(curl, CURLOPT_USERAGENT, rest->user_agent) == CURLE_OK;
    if (ok && rest->client)
        ok = curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, on_tls) == CURLE_OK &&
             curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, rest->client) == CURLE_OK;
    return ok;
}

static bool set_request(CURL *curl, const struct rest_call *call, const char *method)
{
    bool sends = call->body.len > 0 || method[0] == 'P'; /* POST, PUT */

    if (curl_easy_setopt(curl, CURLOPT_URL, call->url) != CURLE_OK)
        return false;
    if (sends && (curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len) !=
                      CURLE_OK ||
                  curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
                                   call->body.len > 0 ? call->body.at : "") != CURLE_OK))
        return false;
    return curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, (long)call->once) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method) == CURLE_OK;
}

static bool set_receiver(CURL *curl, struct receiver *receiver, int64_t left_ms)
{
    return curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEDATA, receiver) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_head) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HEADERDATA, receiver) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)left_ms) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)left_ms) == CURLE_OK;
}

/* A server may close an idle connection just as we use it again. libcurl then sends again by itself
 * where the answer does not begin, but not where the body was still on its way: we do. Nobody does
 * on a connection that is new. */
static CURLcode call_out(CURL *curl, const struct rest_call *call, const struct receiver *receiver)
{
    CURLcode code = curl_easy_perform(curl);
    const int64_t left_ms = call->deadline_ms - clock_monotonic_ms();
    long connections = 1;

    if (call->once || code != CURLE_SEND_ERROR || receiver->head_bytes > 0 || left_ms <= 0 ||
        curl_easy_getinfo(curl, CURLINFO_NUM_CONNECTS, &connections) != CURLE_OK ||
        connections > 0 || curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L) != CURLE_OK ||
        curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)left_ms) != CURLE_OK)
        return code;
    return curl_easy_perform(curl);
}

static enum status judge(CURLcode code, const struct receiver *receiver, const char *server,
                         const char *detail, struct err *err)
{
    char limit[32];

    if (receiver->body_too_long || receiver->head_too_long) {
        size_t max = receiver->body_too_long ? receiver->body->max : MAX_HEAD_BYTES;
        text_format(limit, sizeof(limit), "%zu bytes", max);
        return RAISE_CAUSE(err, ST_UPSTREAM, "answerTooLong", NULL, limit,
                           "%s: the answer is over %s", server, limit);
    }
    if (receiver->body->failed)
        return RAISE(err, ST_NOMEM, "out of memory");
    switch (code) {
    case CURLE_OK:
        return ST_OK;
    case CURLE_OPERATION_TIMEDOUT:
        return RAISE(err, ST_TIMEOUT, "%s: no whole answer in time", server);
    case CURLE_ABORTED_BY_CALLBACK:
        return RAISE(err, ST_UNAVAILABLE, "%s: the call was broken off", server);
    case CURLE_OUT_OF_MEMORY: /* also libcurl's word for a head line over its 100 KB */
        return RAISE(err, ST_UPSTREAM, "%s: an endless head, or out of memory", server);
    default:
        return RAISE(err, ST_UPSTREAM, "%s: %s", server,
                     detail[0] ? detail : curl_easy_strerror(code));
    }
}

static enum status check_wanted(const struct rest_call *call, struct err *err)
{
    size_t count = 0;

    while (call->wanted && call->wanted[count])
        if (count++ == REST_WANTED_MAX)
            return RAISE(err, ST_INPUT, "outward call: more than %d headers are wanted",
                         REST_WANTED_MAX);
    return ST_OK;
}

static enum status perform(const struct rest *rest, CURL *curl, const struct rest_call *call,
                           struct rest_answer *ret_answer, struct err *err)
{
    AUTO(curl_slist_free_all) struct curl_slist *headers = NULL;
    AUTO(bytes_free) struct bytes *body = bytes_new(call->max_bytes);
    struct receiver receiver = { .body = body };
    const char *method = method_of(call);
    char detail[CURL_ERROR_SIZE] = "";
    char server[SERVER_TEXT];

    server_of(call->url, server);
    if (!body)
        return RAISE(err, ST_NOMEM, "out of memory");
    if (!method)
        return RAISE(err, ST_INPUT, "outward call: method %s is not known", call->method);
    TRY(check_url(rest, call->url, server, err));
    TRY(check_wanted(call, err));
    TRY(make_headers(call, &headers, err));
    int64_t left_ms = call->deadline_ms - clock_monotonic_ms();
    if (left_ms <= 0)
        return RAISE(err, ST_TIMEOUT, "%s: no time left to call it", server);
    if (!set_rules(rest, curl) || !set_request(curl, call, method) ||
        !set_receiver(curl, &receiver, left_ms) ||
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) != CURLE_OK ||
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail) != CURLE_OK)
        return RAISE(err, ST_INTERNAL, "libcurl lacks a feature we need");
    TRY(judge(call_out(curl, call, &receiver), &receiver, server, detail, err));
    return answer_take(curl, call, server, TAKE(body), ret_answer, err);
}

static enum status do_timed(struct rest *rest, const struct rest_call *call,
                            struct rest_answer *ret_answer, struct rest_times *times,
                            struct err *err)
{
    CURL *curl = NULL;
    int64_t came_ms = clock_monotonic_ms();

    if (atomic_load(&rest->cancelled))
        return RAISE(err, ST_UNAVAILABLE, "outward calls are at an end");
    bool reserved = reserve(rest, call->deadline_ms, &curl);
    times->queue_ms = clock_monotonic_ms() - came_ms;
    if (!reserved)
        return RAISE(err, ST_UNAVAILABLE, "%u outward calls are under way already",
                     rest->max_parallel);
    if (!curl)
        curl = curl_easy_init();
    enum status status =
        curl ? perform(rest, curl, call, ret_answer, err) : RAISE(err, ST_NOMEM, "out of memory");
    if (curl) {
        answer_times(curl, call->url, times);
        curl_easy_reset(curl); /* keeps its connections, forgets our buffers */
    }
    release(rest, curl);
    return status;
}

enum status rest_do(struct rest *rest, const struct rest_call *call, struct rest_answer *ret_answer,
                    struct err *err)
{
    struct rest_times times = { -1, -1, -1, -1 };
    int64_t came_ms = clock_monotonic_ms();

    enum status status = do_timed(rest, call, ret_answer, &times, err);
    times.total_ms = clock_monotonic_ms() - came_ms;
    if (call->times)
        *call->times = times;
    return status;
}

enum status rest_fetch(void *ctx, const struct fetch *fetch, struct bytes **ret_answer,
                       struct err *err)
{
    char type[160] = "";
    char accept[160] = "";
    const char *headers[3] = { NULL };
    size_t n = 0;
    struct rest_answer answer = { 0 };
    struct rest_call call = { .method = fetch->content_type ? "POST" : "GET",
                              .url = fetch->url,
                              .headers = headers,
                              .body = fetch->body,
                              .max_bytes = fetch->max_bytes,
                              .deadline_ms = fetch->deadline_ms };

    if (fetch->content_type &&
        text_format(type, sizeof(type), "Content-Type: %s", fetch->content_type))
        headers[n++] = type;
    if (fetch->accept && text_format(accept, sizeof(accept), "Accept: %s", fetch->accept))
        headers[n++] = accept;
    TRY(rest_do(ctx, &call, &answer, err));
    if (answer.status == 200) {
        *ret_answer = answer.body;
        return ST_OK;
    }
    rest_answer_free(&answer);
    char server[SERVER_TEXT];
    server_of(fetch->url, server);
    (void)RAISE(err, ST_UPSTREAM, "%s: answered with HTTP status %ld", server, answer.status);
    err_set_upstream(err, (int)answer.status, SLICE(""));
    return ST_UPSTREAM;
}
