#include "http/request.h"

#include "base/text.h"
#include "http/front.h"

#include <time.h>

enum {
    FIRST_BODY_BYTES = 16 * 1024,
    MAX_REPLY_HEAD = 64 * 1024,
    ARENA_PER_FIELD = 64, /* bytes of the arena: the table of headers and its rounding */
};

static const struct {
    int status;
    const char *text;
} reasons[] = {
    { 200, "OK" },
    { 201, "Created" },
    { 202, "Accepted" },
    { 204, "No Content" },
    { 301, "Moved Permanently" },
    { 302, "Found" },
    { 303, "See Other" },
    { 304, "Not Modified" },
    { 307, "Temporary Redirect" },
    { 308, "Permanent Redirect" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 406, "Not Acceptable" },
    { 408, "Request Timeout" },
    { 409, "Conflict" },
    { 410, "Gone" },
    { 413, "Content Too Large" },
    { 415, "Unsupported Media Type" },
    { 417, "Expectation Failed" },
    { 422, "Unprocessable Content" },
    { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" },
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 504, "Gateway Timeout" },
    { 505, "HTTP Version Not Supported" },
    { 523, "Origin Is Unreachable" },
};

static const char *reason_of(int status)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].status == status)
            return reasons[i].text;
    return "Other";
}

static enum refusal read_head(struct http_request *request, struct slice head)
{
    const struct http_limits *limits = &request->server->limits;

    request->arena = arena_new(3 * limits->max_head_bytes + 4096 +
                               (size_t)limits->max_headers * ARENA_PER_FIELD);
    char *copy = request->arena ? arena_text(request->arena, head) : NULL;
    if (!copy)
        return REFUSAL_MEMORY;
    return head_parse((struct slice){ copy, head.len }, limits->max_headers, request->arena,
                      &request->head);
}

enum refusal request_new(struct http_server *server, struct slice head,
                         struct http_request **ret_request)
{
    struct http_request *request = calloc(1, sizeof(*request));

    if (!request)
        return REFUSAL_MEMORY;
    request->server = server;
    enum refusal refusal = read_head(request, head);
    if (refusal == REFUSAL_NONE)
        *ret_request = request;
    else
        http_request_free(request);
    return refusal;
}

void http_request_free(struct http_request *request)
{
    if (!request)
        return;
    request->server->in_flight_bytes -= request->body_cap;
    free(request->body);
    bytes_free(request->reply_head);
    bytes_free(request->reply_body);
    arena_free(request->arena);
    free(request);
}

static void follow_forwarded(struct http_request *request, struct address *hop)
{
    struct networks trusted = front_trusted(request->server);

    for (size_t i = request->head.field_count; i > 0; i--) {
        const struct head_field *field = &request->head.fields[i - 1];
        if (slice_eq_nocase(field->name, "x-forwarded-for") &&
            !forwarded_walk(trusted, field->value, hop))
            return;
    }
}

/* The word of the proxy nearest to us: the last item of the last such header. */
static struct slice last_item(const struct head *head, const char *name)
{
    for (size_t i = head->field_count; i > 0; i--) {
        struct slice value = head->fields[i - 1].value;
        if (!slice_eq_nocase(head->fields[i - 1].name, name))
            continue;
        const char *comma = memrchr(value.at, ',', value.len);
        return slice_trim(comma ? slice_skip(value, (size_t)(comma + 1 - value.at)) : value);
    }
    return (struct slice){ "", 0 };
}

enum refusal request_set_origin(struct http_request *request, const struct address *from,
                                bool trusted, const char *local_host)
{
    static const char *const schemes[] = { "http", "https" };
    struct slice host = request->head.host.len > 0 ? request->head.host : slice_str(local_host);
    const char *scheme = schemes[request->tls ? 1 : 0];
    struct address caller = *from;

    if (trusted) {
        struct slice said_host = last_item(&request->head, "x-forwarded-host");
        struct slice said_scheme = last_item(&request->head, "x-forwarded-proto");
        follow_forwarded(request, &caller);
        if (head_is_host(said_host))
            host = said_host;
        for (size_t i = 0; i < 2; i++)
            if (slice_eq_nocase(said_scheme, schemes[i]))
                scheme = schemes[i];
    }
    address_text(&caller, request->peer);
    size_t size = host.len + sizeof("https://");
    char *url = arena_alloc(request->arena, size);
    if (!url)
        return REFUSAL_MEMORY;
    text_format(url, size, "%s://%.*s", scheme, (int)host.len, host.at);
    request->base_url = url;
    return REFUSAL_NONE;
}

enum refusal request_reserve(struct http_request *request, size_t want, size_t expected)
{
    struct http_server *server = request->server;
    size_t need = request->body_len + want;
    size_t cap = request->body_cap * 2;

    if (need <= request->body_cap)
        return REFUSAL_NONE;
    if (cap < FIRST_BODY_BYTES)
        cap = FIRST_BODY_BYTES;
    if (cap > expected)
        cap = expected;
    if (cap < need)
        cap = need;
    size_t more = cap - request->body_cap;
    if (more > server->limits.max_in_flight_bytes ||
        server->in_flight_bytes > server->limits.max_in_flight_bytes - more)
        return REFUSAL_IN_FLIGHT;
    char *body = realloc(request->body, cap);
    if (!body)
        return REFUSAL_MEMORY;
    request->body = body;
    request->body_cap = cap;
    server->in_flight_bytes += more;
    return REFUSAL_NONE;
}

static bool is_clean(const char *text)
{
    return !strpbrk(text, "\r\n");
}

struct bytes *reply_head_new(const struct http_reply *reply, size_t body_len)
{
    AUTO(bytes_free) struct bytes *head = bytes_new(MAX_REPLY_HEAD);
    time_t now = time(NULL);
    struct tm tm;
    char date[40];

    if (!head || !gmtime_r(&now, &tm) ||
        strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm) == 0)
        return NULL;
    bytes_addf(head, "HTTP/1.1 %d %s\r\nDate: %s\r\n", reply->status, reason_of(reply->status),
               date);
    if (reply->content_type && is_clean(reply->content_type))
        bytes_addf(head, "Content-Type: %s\r\n", reply->content_type);
    if (reply->status != 204 && reply->status != 304)
        bytes_addf(head, "Content-Length: %zu\r\n", body_len);
    for (size_t i = 0; reply->headers && reply->headers[i]; i++)
        if (is_clean(reply->headers[i])) /* a line end in a value would start a header of its own */
            bytes_addf(head, "%s\r\n", reply->headers[i]);
    return head->failed ? NULL : TAKE(head);
}

void http_answer(struct http_request *request, const struct http_reply *reply)
{
    request->reply_head = reply_head_new(reply, bytes_slice(reply->body).len);
    request->reply_body = reply->body;
    front_push_answered(request->server, request);
}

void http_answer_text(struct http_request *request, int status, const char *text)
{
    struct bytes *body = bytes_new(strlen(text) + 1);
    struct http_reply reply = { .status = status, .content_type = "text/plain; charset=utf-8" };

    if (body) {
        bytes_add_str(body, text);
        bytes_add(body, SLICE("\n"));
    }
    reply.body = body;
    http_answer(request, &reply);
}

void http_break_off(struct http_request *request, const struct http_reply *reply, size_t body_bytes)
{
    request->broken_off = true;
    if (reply)
        request->reply_head = reply_head_new(reply, bytes_slice(reply->body).len);
    if (reply && reply->body && body_bytes < reply->body->len)
        reply->body->len = body_bytes;
    request->reply_body = reply ? reply->body : NULL;
    front_push_answered(request->server, request);
}

void http_answer_slowly(struct http_request *request, const struct http_reply *reply,
                        enum http_slow from, int64_t every_ms)
{
    request->slow_from = from;
    request->slow_ms = every_ms;
    http_answer(request, reply);
}

const char *http_method(const struct http_request *request)
{
    return request->head.method;
}

struct slice http_path(const struct http_request *request)
{
    return request->head.path;
}

void http_enter(struct http_request *request, struct slice prefix)
{
    struct slice rest = slice_starts(request->head.path, prefix)
                            ? slice_skip(request->head.path, prefix.len)
                            : (struct slice){ "", 0 };

    if (rest.len > 0 && rest.at[0] == '/')
        request->head.path = rest;
}

struct slice http_query(const struct http_request *request)
{
    return request->head.query.at ? request->head.query : (struct slice){ "", 0 };
}

struct slice http_header(const struct http_request *request, const char *name)
{
    return head_value(&request->head, name);
}

struct slice http_body(const struct http_request *request)
{
    return request->body ? (struct slice){ request->body, request->body_len }
                         : (struct slice){ "", 0 };
}

const char *http_peer(const struct http_request *request)
{
    return request->peer;
}

bool http_is_tls(const struct http_request *request)
{
    return request->tls;
}

bool http_is_verified(const struct http_request *request)
{
    return request->verified;
}

const char *http_base_url(const struct http_request *request)
{
    return request->base_url;
}

int64_t http_received_ms(const struct http_request *request)
{
    return request->received_ms;
}
