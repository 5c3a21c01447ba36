#include "http/conn.h"

#include "http/conn_state.h"

#include <netinet/tcp.h>

enum { MAX_STEPS = 64 }; /* of one connection before the others have their turn */

void conn_set_deadline(struct conn *conn, int64_t ms)
{
    struct timeval wait = { .tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000 };

    if (evtimer_add(&conn->timer, &wait) != 0)
        event_active(&conn->timer, EV_TIMEOUT, 0); /* no memory for a deadline: it is now */
}

enum step conn_wait(struct conn *conn, short what)
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

enum step conn_after(struct conn *conn, enum stream_result result)
{
    switch (result) {
    case STREAM_DATA:
        return STEP_NEXT;
    case STREAM_AGAIN:
        return conn_wait(conn, conn->stream.wanted);
    default:
        return STEP_CLOSE;
    }
}

void conn_take_in(struct conn *conn, size_t n)
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

static enum step (*const steps[])(struct conn *conn) = {
    [CONN_PROXY] = step_proxy,   [CONN_TLS] = step_tls,     [CONN_HEAD] = step_head,
    [CONN_BODY] = step_body,     [CONN_WORK] = step_work,   [CONN_SEND] = step_send,
    [CONN_LINGER] = step_linger, [CONN_RESET] = step_reset,
};

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
        run(conn, conn_refuse(conn, REFUSAL_HEAD_LATE));
    else if (conn->state == CONN_BODY)
        run(conn, conn_refuse(conn, REFUSAL_BODY_LATE));
    else if (conn->state == CONN_SEND && conn->slow_ms > 0)
        run(conn, STEP_NEXT); /* its next byte */
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

void conn_accept(struct listener *listener, int fd, const struct sockaddr *from)
{
    struct conn *conn = conn_new(listener, fd, from);

    if (!conn) {
        (void)evutil_closesocket(fd);
        return;
    }
    conn_set_deadline(conn, listener->server->limits.head_deadline_ms);
    run(conn, conn_admit(conn));
}

void conn_answer(struct conn *conn, struct http_request *request)
{
    bool broken_off = request->broken_off;
    bool keep = request->head.keep_alive && !conn->server->stopping;
    struct bytes *head = TAKE(request->reply_head);
    struct bytes *body = TAKE(request->reply_body);

    if (head)
        bytes_add_str(head, !keep                  ? "Connection: close\r\n\r\n"
                            : request->head.http11 ? "\r\n"
                                                   : "Connection: keep-alive\r\n\r\n");
    if (strcmp(request->head.method, "HEAD") == 0)
        bytes_free(TAKE(body));
    conn->slow_ms = request->slow_ms;
    conn->slow_from = request->slow_from == HTTP_SLOW_BODY ? bytes_slice(head).len : 0;
    conn->request = NULL;
    http_request_free(request);
    conn_set_deadline(conn, conn->server->limits.body_deadline_ms);
    if (broken_off && !head) {
        conn->state = CONN_RESET;
        run(conn, STEP_NEXT);
        return;
    }
    run(conn,
        conn_send(conn, head, body, broken_off ? CONN_RESET : (keep ? CONN_HEAD : CONN_LINGER)));
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
    conn_drop_out(conn);
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
