#include "http/conn.h"

#include "base/clock.h"
#include "base/text.h"
#include "http/chunk.h"
#include "http/front.h"
#include "http/proxy.h"
#include "http/stream.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <netinet/tcp.h>

enum {
    FIRST_IN_BYTES = 2048,
    MAX_READ_BYTES = 256 * 1024,  /* of a body at a time */
    MAX_MERGED_BYTES = 16 * 1024, /* a body that travels in the head's packet */
    MAX_STEPS = 64,               /* of one connection before the others have their turn */
    LINGER_IDLE_MS = 2000,        /* a caller who still sends gets so long to read our refusal */
    LINGER_TOTAL_MS = 10000,
    LINGER_BYTES = 32 << 20, /* over the ceiling that it may have broken */
    LOCAL_HOST_TEXT = ADDRESS_TEXT + 10,
};

enum state { CONN_PROXY, CONN_TLS, CONN_HEAD, CONN_BODY, CONN_WORK, CONN_SEND, CONN_LINGER };
enum step { STEP_NEXT, STEP_WAIT, STEP_CLOSE };

struct conn {
    struct http_server *server;
    const struct listener *listener;
    struct conn *prev;
    struct conn *next;
    struct stream stream;
    struct event io;
    struct event timer;
    short interest; /* what io waits for */
    enum state state;
    enum state after; /* of CONN_SEND */
    struct address peer;
    bool trusted;
    bool counted;  /* in the census */
    bool finished; /* the caller sends nothing more */
    struct proxy *proxy;
    char *in; /* heads, chunked bodies, and what follows too early */
    size_t in_len;
    size_t in_cap;
    size_t seen; /* by head_find_end() */
    struct chunk chunk;
    struct http_request *request;
    struct bytes *out_head;
    struct bytes *out_body;
    size_t out_pos;
    size_t out_charge; /* on the in-flight account */
    int64_t linger_end_ms;
    size_t linger_left;
};

static void set_deadline(struct conn *conn, int64_t ms)
{
    struct timeval wait = { .tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000 };

    if (evtimer_add(&conn->timer, &wait) != 0)
        event_active(&conn->timer, EV_TIMEOUT, 0); /* no memory for a deadline: it is now */
}

static enum step wait_for(struct conn *conn, short what)
{
    if (what == conn->interest)
        return STEP_WAIT;
    if (conn->interest)
        (void)event_del(&conn->io);
    conn->interest = what;
    if (what == 0)
        return STEP_WAIT;
    (void)event_assign(&conn->io, conn->server->base, conn->stream.fd, (short)(what | EV_PERSIST),
                       event_get_callback(&conn->io), conn);
    return event_add(&conn->io, NULL) == 0 ? STEP_WAIT : STEP_CLOSE;
}

static void take_in(struct conn *conn, size_t n)
{
    conn->in_len -= n;
    if (conn->in_len > 0) {
        memmove(conn->in, conn->in + n, conn->in_len);
        return;
    }
    free(conn->in);
    conn->in = NULL;
    conn->in_cap = 0;
}

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
        take_in(conn, 0);
    return result;
}

static enum step after_read(struct conn *conn, enum stream_result result)
{
    switch (result) {
    case STREAM_DATA:
        return STEP_NEXT;
    case STREAM_AGAIN:
        return wait_for(conn, conn->stream.wanted);
    default:
        return STEP_CLOSE;
    }
}

/* --- Sending --- */

static void drop_out(struct conn *conn)
{
    conn->server->in_flight_bytes -= conn->out_charge;
    conn->out_charge = 0;
    conn->out_pos = 0;
    bytes_free(TAKE(conn->out_head));
    bytes_free(TAKE(conn->out_body));
}

/* Starts sending; a small body travels with its head. Both are taken. */
static enum step send_out(struct conn *conn, struct bytes *head, struct bytes *body,
                          enum state after)
{
    conn->out_head = head;
    conn->out_body = body;
    conn->out_pos = 0;
    conn->after = after;
    conn->state = CONN_SEND;
    if (!head || head->failed)
        return STEP_CLOSE;
    if (body && body->len <= MAX_MERGED_BYTES && body->len < head->max - head->len) {
        bytes_add(head, bytes_slice(body));
        bytes_free(TAKE(conn->out_body));
    }
    conn->out_charge = bytes_slice(conn->out_body).len;
    conn->server->in_flight_bytes += conn->out_charge; /* never refused, but counted */
    return head->failed ? STEP_CLOSE : STEP_NEXT;
}

static void tell_refused(const struct conn *conn, int status, const char *reason)
{
    char peer[ADDRESS_TEXT];

    address_text(&conn->peer, peer);
    front_tell_refused(conn->server,
                       conn->request && conn->request->peer[0] ? conn->request->peer : peer, status,
                       reason);
}

/* Closed without an answer: there is nobody yet who would understand one. */
static enum step turn_away(const struct conn *conn, const char *reason)
{
    tell_refused(conn, 0, reason);
    return STEP_CLOSE;
}

/* A refusal in plain words; the connection ends with it. */
static enum step refuse(struct conn *conn, enum refusal refusal)
{
    static const char *const retry[] = { "Retry-After: 1", NULL };
    char text[REFUSAL_TEXT];
    struct http_reply reply = { .status = refusal_status(refusal),
                                .content_type = "text/plain; charset=utf-8" };

    refusal_text(refusal, &conn->server->limits, text);
    if (reply.status == 503)
        reply.headers = retry;
    tell_refused(conn, reply.status, text);
    bool bodiless = conn->request && strcmp(conn->request->head.method, "HEAD") == 0;
    http_request_free(TAKE(conn->request));
    struct bytes *head = reply_head_new(&reply, strlen(text) + 1);
    if (head) {
        bytes_add_str(head, "Connection: close\r\n\r\n");
        if (!bodiless)
            bytes_addf(head, "%s\n", text);
    }
    set_deadline(conn, conn->server->limits.body_deadline_ms);
    return send_out(conn, head, NULL, CONN_LINGER);
}

static struct slice unsent(const struct conn *conn)
{
    struct slice head = bytes_slice(conn->out_head);

    if (conn->out_pos < head.len)
        return slice_skip(head, conn->out_pos);
    return slice_skip(bytes_slice(conn->out_body), conn->out_pos - head.len);
}

static enum step start_linger(struct conn *conn)
{
    if (conn->finished)
        return STEP_CLOSE;
    stream_finish(&conn->stream);
    conn->linger_end_ms = clock_monotonic_ms() + LINGER_TOTAL_MS;
    conn->linger_left = conn->server->limits.max_body_bytes + LINGER_BYTES;
    conn->state = CONN_LINGER;
    take_in(conn, conn->in_len);
    return STEP_NEXT;
}

static enum step step_send(struct conn *conn)
{
    struct slice rest = unsent(conn);
    size_t put = 0;

    if (rest.len > 0) {
        enum stream_result result = stream_write(&conn->stream, rest, &put);
        conn->out_pos += put;
        return after_read(conn, result);
    }
    drop_out(conn);
    if (conn->after == CONN_LINGER)
        return start_linger(conn);
    if (conn->after == CONN_HEAD) {
        set_deadline(conn, conn->server->limits.head_deadline_ms);
        if (conn->server->stopping && conn->in_len == 0)
            return STEP_CLOSE;
    }
    conn->state = conn->after;
    return STEP_NEXT;
}

/* Reads and drops what the caller still sends, so that a reset does not take our answer away. */
static enum step step_linger(struct conn *conn)
{
    char dropped[16 * 1024];
    int64_t left_ms = conn->linger_end_ms - clock_monotonic_ms();
    ssize_t got = recv(conn->stream.fd, dropped, sizeof(dropped), 0);

    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        set_deadline(conn, left_ms < LINGER_IDLE_MS ? (left_ms > 0 ? left_ms : 0) : LINGER_IDLE_MS);
        return wait_for(conn, EV_READ);
    }
    if (got <= 0 || left_ms <= 0 || (size_t)got > conn->linger_left)
        return STEP_CLOSE;
    conn->linger_left -= (size_t)got;
    return STEP_NEXT;
}

/* --- Before the first head --- */

static enum step start_tls(struct conn *conn)
{
    SSL_CTX *context = listener_tls(conn->listener);

    conn->state = context ? CONN_TLS : CONN_HEAD;
    bool ok = !context || stream_start_tls(&conn->stream, context);
    SSL_CTX_free(context); /* our reference; the SSL has its own */
    return ok ? STEP_NEXT : STEP_CLOSE;
}

/* The caller's address is known: counted, unless it is a trusted peer's. */
static enum step enter(struct conn *conn)
{
    conn->trusted = networks_hold(front_trusted(conn->server), &conn->peer);
    if (!conn->trusted)
        conn->counted =
            census_enter(conn->server->census, &conn->peer, conn->server->limits.max_per_address);
    return conn->trusted || conn->counted ? start_tls(conn)
                                          : turn_away(conn, "too many connections of this address");
}

static enum step step_proxy(struct conn *conn)
{
    char peek[512];
    ssize_t got = recv(conn->stream.fd, peek, sizeof(peek), MSG_PEEK);

    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return wait_for(conn, EV_READ);
    if (got <= 0)
        return STEP_CLOSE;
    size_t share = proxy_share(conn->proxy, (struct slice){ peek, (size_t)got });
    if (share == 0 || recv(conn->stream.fd, peek, share, 0) != (ssize_t)share)
        return STEP_CLOSE;
    proxy_add(conn->proxy, (struct slice){ peek, share });
    switch (proxy_read(conn->proxy, &conn->peer)) {
    case PROXY_MORE:
        return STEP_NEXT;
    case PROXY_BAD:
        return turn_away(conn, "malformed PROXY header");
    case PROXY_ADDRESS:
    case PROXY_LOCAL:
        break;
    }
    free(TAKE(conn->proxy));
    return enter(conn);
}

static enum step step_tls(struct conn *conn)
{
    enum stream_result result = stream_handshake(&conn->stream);

    if (result == STREAM_BROKEN)
        return turn_away(conn, "the TLS handshake failed");
    if (result == STREAM_DATA)
        conn->state = CONN_HEAD;
    return after_read(conn, result);
}

/* --- Heads and bodies --- */

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
    set_deadline(conn, conn->server->limits.body_deadline_ms);
    if (!head->expect_continue || conn->in_len > 0)
        return STEP_NEXT;
    return send_out(conn, bytes_dup(SLICE("HTTP/1.1 100 Continue\r\n\r\n")), NULL, CONN_BODY);
}

static enum step start_request(struct conn *conn, size_t head_len)
{
    char host[LOCAL_HOST_TEXT] = "";
    enum refusal refusal =
        request_new(conn->server, (struct slice){ conn->in, head_len }, &conn->request);

    take_in(conn, head_len);
    conn->seen = 0;
    if (refusal != REFUSAL_NONE)
        return refuse(conn, refusal);
    conn->request->conn = conn;
    conn->request->listener = conn->listener->index;
    conn->request->tls = conn->stream.ssl != NULL;
    if (conn->request->head.host.len == 0)
        local_host(conn, host);
    refusal = request_set_origin(conn->request, &conn->peer, conn->trusted, host);
    if (refusal == REFUSAL_NONE)
        refusal = check_announced(conn, &conn->request->head);
    return refusal == REFUSAL_NONE ? start_body(conn) : refuse(conn, refusal);
}

/* Empty lines before a request line are forgiven (RFC 9112 section 2.2). */
static void skip_empty_lines(struct conn *conn)
{
    size_t n = 0;

    while (conn->in_len - n >= 2 && memcmp(conn->in + n, "\r\n", 2) == 0)
        n += 2;
    if (n > 0) {
        take_in(conn, n);
        conn->seen = 0;
    }
}

static enum step step_head(struct conn *conn)
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
        return refuse(conn, refusal);
    if (end > 0)
        return start_request(conn, end);
    return conn->finished ? STEP_CLOSE : after_read(conn, fill_in(conn));
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
        return refusal == REFUSAL_NONE ? STEP_NEXT : refuse(conn, refusal);
    }
    room = room < left ? room : left;
    if (conn->in_len > 0) {
        got = room < conn->in_len ? room : conn->in_len;
        memcpy(request->body + request->body_len, conn->in, got);
        take_in(conn, got);
        request->body_len += got;
        return STEP_NEXT;
    }
    enum stream_result result = stream_read(&conn->stream, request->body + request->body_len,
                                            room < MAX_READ_BYTES ? room : MAX_READ_BYTES, &got);
    request->body_len += got;
    return after_read(conn, result);
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
        return refuse(conn, refusal);
    take_in(conn, conn->in_len - in.len);
    return chunk_done(&conn->chunk) ? hand_over(conn) : after_read(conn, fill_in(conn));
}

static enum step step_body(struct conn *conn)
{
    return conn->request->head.chunked ? read_chunked(conn) : read_counted(conn);
}

/* While the handler works: notes a hang-up, keeps what the caller sends too early. */
static enum step step_work(struct conn *conn)
{
    if (conn->finished || conn->in_len >= conn->server->limits.max_head_bytes)
        return wait_for(conn, 0);
    enum stream_result result = fill_in(conn);
    if (result == STREAM_EOF) {
        conn->finished = true; /* it may still read: half-closed */
        return wait_for(conn, 0);
    }
    return after_read(conn, result);
}

static enum step (*const steps[])(struct conn *conn) = {
    [CONN_PROXY] = step_proxy,   [CONN_TLS] = step_tls,   [CONN_HEAD] = step_head,
    [CONN_BODY] = step_body,     [CONN_WORK] = step_work, [CONN_SEND] = step_send,
    [CONN_LINGER] = step_linger,
};

/* --- The engine --- */

static void run(struct conn *conn, enum step step)
{
    for (unsigned i = 0; step == STEP_NEXT && i < MAX_STEPS; i++)
        step = steps[conn->state](conn);
    if (step == STEP_CLOSE)
        conn_close(conn);
    else if (step == STEP_NEXT)
        event_active(&conn->io, EV_READ, 0); /* the others first */
}

static void on_io(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    run(ctx, STEP_NEXT);
}

static void on_deadline(evutil_socket_t fd, short what, void *ctx)
{
    struct conn *conn = ctx;

    (void)fd;
    (void)what;
    if (conn->state == CONN_HEAD && conn->in_len > 0)
        run(conn, refuse(conn, REFUSAL_HEAD_LATE));
    else if (conn->state == CONN_BODY)
        run(conn, refuse(conn, REFUSAL_BODY_LATE));
    else
        conn_close(conn);
}

static struct conn *conn_new(struct listener *listener, int fd, const struct sockaddr *from)
{
    struct http_server *server = listener->server;
    struct conn *conn = calloc(1, sizeof(*conn));
    int on = 1;

    if (!conn)
        return NULL;
    conn->server = server;
    conn->listener = listener;
    conn->stream.fd = fd;
    conn->peer = address_of(from);
    (void)event_assign(&conn->io, server->base, fd, EV_READ | EV_PERSIST, on_io, conn);
    (void)evtimer_assign(&conn->timer, server->base, on_deadline, conn);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    conn->next = server->conns;
    if (conn->next)
        conn->next->prev = conn;
    server->conns = conn;
    server->conn_count++;
    return conn;
}

/* Only a trusted peer may speak for another: its header is awaited, anybody else is refused. */
static enum step admit(struct conn *conn)
{
    if (conn->server->conn_count > conn->server->limits.max_connections)
        return turn_away(conn, "too many connections");
    if (!conn->listener->params.proxy_protocol)
        return enter(conn);
    if (!networks_hold(front_trusted(conn->server), &conn->peer))
        return turn_away(conn, "only trusted peers may connect to a PROXY listener");
    conn->proxy = calloc(1, sizeof(*conn->proxy));
    conn->state = CONN_PROXY;
    return conn->proxy ? STEP_NEXT : STEP_CLOSE;
}

void conn_accept(struct listener *listener, int fd, const struct sockaddr *from)
{
    struct conn *conn = conn_new(listener, fd, from);

    if (!conn) {
        (void)evutil_closesocket(fd);
        return;
    }
    set_deadline(conn, listener->server->limits.head_deadline_ms);
    run(conn, admit(conn));
}

void conn_answer(struct conn *conn, struct http_request *request)
{
    bool keep = request->head.keep_alive && !conn->server->stopping;
    struct bytes *head = TAKE(request->reply_head);
    struct bytes *body = TAKE(request->reply_body);

    if (head)
        bytes_add_str(head, !keep                  ? "Connection: close\r\n\r\n"
                            : request->head.http11 ? "\r\n"
                                                   : "Connection: keep-alive\r\n\r\n");
    if (strcmp(request->head.method, "HEAD") == 0)
        bytes_free(TAKE(body));
    conn->request = NULL;
    http_request_free(request);
    set_deadline(conn, conn->server->limits.body_deadline_ms);
    run(conn, send_out(conn, head, body, keep ? CONN_HEAD : CONN_LINGER));
}

void conn_drain(struct conn *conn)
{
    if (conn->state == CONN_PROXY || conn->state == CONN_TLS ||
        (conn->state == CONN_HEAD && conn->in_len == 0))
        conn_close(conn);
}

void conn_close(struct conn *conn)
{
    struct http_server *server = conn->server;

    (void)event_del(&conn->io);
    (void)evtimer_del(&conn->timer);
    drop_out(conn);
    if (conn->request && conn->state == CONN_WORK)
        conn->request->conn = NULL; /* the handler's still; its answer will be dropped */
    else
        http_request_free(conn->request);
    if (conn->counted)
        census_leave(server->census, &conn->peer);
    if (conn->prev)
        conn->prev->next = conn->next;
    else
        server->conns = conn->next;
    if (conn->next)
        conn->next->prev = conn->prev;
    stream_close(&conn->stream);
    free(conn->proxy);
    free(conn->in);
    free(conn);
    server->conn_count--;
    front_conn_gone(server);
}

struct conn *conn_next(const struct conn *conn)
{
    return conn->next;
}
