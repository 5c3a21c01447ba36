/* What comes in: heads, bodies, and what a caller sends while its request is worked on. */
#include "base/clock.h"
#include "base/text.h"
#include "http/conn_state.h"

enum {
    FIRST_IN_BYTES = 2048,
    MAX_READ_BYTES = 256 * 1024, /* of a body at a time */
    LOCAL_HOST_TEXT = ADDRESS_TEXT + 10,
};

/* Reads into the connection's buffer, which grows up to the head's ceiling and never beyond. */
static enum stream_result fill_in(struct conn *conn)
{
    size_t max = conn->server->limits.max_head_bytes;
    size_t got = 0;

    if (conn->in_len == conn->in_cap) {
        size_t cap = conn->in_cap > 0 ? conn->in_cap * 2 : FIRST_IN_BYTES;
        char *in = realloc(conn->in, cap < max ? cap : max);
        if (!in)
            return STREAM_BROKEN;
        conn->in = in;
        conn->in_cap = cap < max ? cap : max;
    }
    enum stream_result result =
        stream_read(&conn->stream, conn->in + conn->in_len, conn->in_cap - conn->in_len, &got);
    conn->in_len += got;
    if (conn->in_len == 0)
        conn_take_in(conn, 0);
    return result;
}

static void local_host(const struct conn *conn, char dst[LOCAL_HOST_TEXT])
{
    struct sockaddr_storage local = { 0 };
    socklen_t len = sizeof(local);
    char ip[ADDRESS_TEXT];

    (void)getsockname(conn->stream.fd, (struct sockaddr *)&local, &len);
    struct address address = address_of((const struct sockaddr *)&local);
    address_text(&address, ip);
    text_format(dst, LOCAL_HOST_TEXT, strchr(ip, ':') ? "[%s]:%u" : "%s:%u", ip,
                (unsigned)conn->listener->port);
}

/* The body is whole: from here on the request is the handler's, until its answer. */
static enum step hand_over(struct conn *conn)
{
    conn->request->received_ms = clock_monotonic_ms();
    (void)evtimer_del(&conn->timer);
    conn->state = CONN_WORK;
    conn->server->handler(conn->server->ctx, conn->request);
    return STEP_NEXT;
}

static enum refusal check_announced(const struct conn *conn, const struct head *head)
{
    const struct http_limits *limits = &conn->server->limits;

    if (head->content_length > limits->max_body_bytes)
        return REFUSAL_BODY_BYTES;
    if (head->content_length > 0 &&
        (head->content_length > limits->max_in_flight_bytes ||
         conn->server->in_flight_bytes > limits->max_in_flight_bytes - head->content_length))
        return REFUSAL_IN_FLIGHT;
    return REFUSAL_NONE;
}

static enum step start_body(struct conn *conn)
{
    const struct head *head = &conn->request->head;

    if (!head->chunked && head->content_length == 0)
        return hand_over(conn);
    conn->chunk = (struct chunk){ 0 };
    conn->state = CONN_BODY;
    conn_set_deadline(conn, conn->server->limits.body_deadline_ms);
    if (!head->expect_continue || conn->in_len > 0)
        return STEP_NEXT;
    return conn_send(conn, bytes_dup(SLICE("HTTP/1.1 100 Continue\r\n\r\n")), NULL, CONN_BODY);
}

static enum step start_request(struct conn *conn, size_t head_len)
{
    char host[LOCAL_HOST_TEXT] = "";
    enum refusal refusal =
        request_new(conn->server, (struct slice){ conn->in, head_len }, &conn->request);

    conn_take_in(conn, head_len);
    conn->seen = 0;
    if (refusal != REFUSAL_NONE)
        return conn_refuse(conn, refusal);
    conn->request->conn = conn;
    conn->request->tls = conn->stream.ssl != NULL;
    conn->request->verified = stream_is_verified(&conn->stream);
    if (conn->request->head.host.len == 0)
        local_host(conn, host);
    refusal = request_set_origin(conn->request, &conn->peer, conn->trusted, host);
    if (refusal == REFUSAL_NONE)
        refusal = check_announced(conn, &conn->request->head);
    return refusal == REFUSAL_NONE ? start_body(conn) : conn_refuse(conn, refusal);
}

/* Empty lines before a request line are forgiven (RFC 9112 section 2.2). */
static void skip_empty_lines(struct conn *conn)
{
    size_t n = 0;

    while (conn->in_len - n >= 2 && memcmp(conn->in + n, "\r\n", 2) == 0)
        n += 2;
    if (n > 0) {
        conn_take_in(conn, n);
        conn->seen = 0;
    }
}

enum step step_head(struct conn *conn)
{
    size_t max = conn->server->limits.max_head_bytes;
    size_t end = 0;

    if (conn->seen <= 1) /* a lone CR may have been looked at */
        skip_empty_lines(conn);
    enum refusal refusal =
        head_find_end((struct slice){ conn->in, conn->in_len }, &conn->seen, &end);
    if (refusal == REFUSAL_NONE && end == 0 && conn->in_len >= max)
        refusal = REFUSAL_HEAD_BYTES;
    if (refusal != REFUSAL_NONE)
        return conn_refuse(conn, refusal);
    if (end > 0)
        return start_request(conn, end);
    return conn->finished ? STEP_CLOSE : conn_after(conn, fill_in(conn));
}

static enum step read_counted(struct conn *conn)
{
    struct http_request *request = conn->request;
    size_t expected = (size_t)request->head.content_length;
    size_t left = expected - request->body_len;
    size_t room = request->body_cap - request->body_len;
    size_t got = 0;

    if (left == 0)
        return hand_over(conn);
    if (room == 0) {
        enum refusal refusal = request_reserve(request, 1, expected);
        return refusal == REFUSAL_NONE ? STEP_NEXT : conn_refuse(conn, refusal);
    }
    room = room < left ? room : left;
    if (conn->in_len > 0) {
        got = room < conn->in_len ? room : conn->in_len;
        memcpy(request->body + request->body_len, conn->in, got);
        conn_take_in(conn, got);
        request->body_len += got;
        return STEP_NEXT;
    }
    enum stream_result result = stream_read(&conn->stream, request->body + request->body_len,
                                            room < MAX_READ_BYTES ? room : MAX_READ_BYTES, &got);
    request->body_len += got;
    return conn_after(conn, result);
}

static enum refusal add_chunk(struct http_request *request, struct slice data)
{
    size_t max = request->server->limits.max_body_bytes;

    if (data.len > max - request->body_len)
        return REFUSAL_BODY_BYTES;
    enum refusal refusal = request_reserve(request, data.len, max);
    if (refusal != REFUSAL_NONE)
        return refusal;
    memcpy(request->body + request->body_len, data.at, data.len);
    request->body_len += data.len;
    return REFUSAL_NONE;
}

static enum step read_chunked(struct conn *conn)
{
    struct slice in = { conn->in, conn->in_len };
    enum refusal refusal = REFUSAL_NONE;
    struct slice data = { "", 0 };

    do {
        refusal = chunk_next(&conn->chunk, &in, &data);
        if (refusal == REFUSAL_NONE && data.len > 0)
            refusal = add_chunk(conn->request, data);
    } while (refusal == REFUSAL_NONE && data.len > 0);
    if (refusal != REFUSAL_NONE)
        return conn_refuse(conn, refusal);
    conn_take_in(conn, conn->in_len - in.len);
    return chunk_done(&conn->chunk) ? hand_over(conn) : conn_after(conn, fill_in(conn));
}

enum step step_body(struct conn *conn)
{
    return conn->request->head.chunked ? read_chunked(conn) : read_counted(conn);
}

/* While the handler works: notes a hang-up, keeps what the caller sends too early. */
enum step step_work(struct conn *conn)
{
    if (conn->finished || conn->in_len >= conn->server->limits.max_head_bytes)
        return conn_wait(conn, 0);
    enum stream_result result = fill_in(conn);
    if (result == STREAM_EOF) {
        conn->finished = true; /* it may still read: half-closed */
        return conn_wait(conn, 0);
    }
    return conn_after(conn, result);
}
