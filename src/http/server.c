/* The server's life: birth, the loop, the way back from other threads, the end. */
#include "http/front.h"

#include "base/clock.h"
#include "base/text.h"
#include "http/refusal.h"

#include <errno.h>
#include <event2/util.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { MAX_TOLD_PER_SECOND = 10 }; /* closed connections */

static void wake_up(const struct http_server *server)
{
    uint64_t one = 1;

    while (write(server->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        continue; /* EAGAIN: the counter is full, so it is awake already */
}

void front_push_answered(struct http_server *server, struct http_request *request)
{
    (void)pthread_mutex_lock(&server->lock);
    bool first = server->answered == NULL;
    request->next = NULL;
    *server->answered_end = request;
    server->answered_end = &request->next;
    (void)pthread_mutex_unlock(&server->lock);
    if (first)
        wake_up(server);
}

/* What other threads want of the loop. */
struct errand {
    struct http_request *answered;
    bool stop, ping;
};

static struct errand take_errand(struct http_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    const struct errand errand = { TAKE(server->answered), server->stop_wanted,
                                   server->ping_wanted };
    server->answered_end = &server->answered;
    server->ping_wanted = false;
    (void)pthread_mutex_unlock(&server->lock);
    return errand;
}

void front_conn_gone(struct http_server *server)
{
    if (server->stopping && !server->conns)
        (void)event_base_loopbreak(server->base);
}

/* A flood of connections must not become a flood of journal lines. */
static void tell_closed(struct http_server *server, const char *peer, const char *reason)
{
    int64_t second = clock_monotonic_ms() / 1000;
    unsigned untold = 0;
    char text[REFUSAL_TEXT];

    if (second != server->closed_second) {
        untold = server->closed_count > MAX_TOLD_PER_SECOND
                     ? server->closed_count - MAX_TOLD_PER_SECOND
                     : 0;
        server->closed_second = second;
        server->closed_count = 0;
    }
    if (++server->closed_count > MAX_TOLD_PER_SECOND)
        return;
    text_format(text, sizeof(text), untold > 0 ? "%s (and %u more before)" : "%s", reason, untold);
    server->refused(server->ctx, peer, 0, text);
}

void front_tell_refused(struct http_server *server, const char *peer, int status,
                        const char *reason)
{
    if (server->refused && status == 0)
        tell_closed(server, peer, reason);
    else if (server->refused)
        server->refused(server->ctx, peer, status, reason);
}

static void close_all(struct http_server *server)
{
    while (server->conns)
        conn_close(server->conns);
}

static void start_stopping(struct http_server *server)
{
    struct timeval wait = { .tv_sec = server->grace_ms / 1000,
                            .tv_usec = (suseconds_t)(server->grace_ms % 1000) * 1000 };
    struct conn *next = NULL;

    server->stopping = true;
    listeners_close(server);
    for (struct conn *conn = server->conns; conn; conn = next) {
        next = conn_next(conn);
        conn_drain(conn);
    }
    if (server->conns && evtimer_add(server->grace, &wait) != 0)
        close_all(server);
    if (!server->conns)
        (void)event_base_loopbreak(server->base);
}

static void on_wake(evutil_socket_t fd, short what, void *ctx)
{
    struct http_server *server = ctx;
    uint64_t count = 0;

    (void)what;
    (void)!read(fd, &count, sizeof(count));
    const struct errand errand = take_errand(server);
    if (errand.stop && !server->stopping)
        start_stopping(server);
    if (errand.ping)
        server->pinged(server->ctx);
    for (struct http_request *next = errand.answered; next;) {
        struct http_request *request = next;
        next = request->next;
        if (request->conn)
            conn_answer(request->conn, request);
        else
            http_request_free(request); /* the caller has hung up */
    }
}

static void on_grace_end(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    close_all(ctx);
}

static void on_accept_retry(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    listeners_enable(ctx, true);
}

static enum status open_loop(struct http_server *server, struct err *err)
{
    server->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (server->wake_fd < 0)
        return RAISE(err, ST_INTERNAL, "eventfd: %s", strerrordesc_np(errno));
    server->base = event_base_new();
    if (!server->base)
        return RAISE(err, ST_INTERNAL, "libevent cannot start");
    server->wake = event_new(server->base, server->wake_fd, EV_READ | EV_PERSIST, on_wake, server);
    server->grace = evtimer_new(server->base, on_grace_end, server);
    server->accept_retry = evtimer_new(server->base, on_accept_retry, server);
    if (!server->wake || !server->grace || !server->accept_retry ||
        event_add(server->wake, NULL) != 0)
        return RAISE(err, ST_NOMEM, "out of memory");
    return ST_OK;
}

static enum status parse_trusted(struct http_server *server, const struct http_params *params,
                                 struct err *err)
{
    server->trusted = calloc(params->trusted_peer_count + 1, sizeof(*server->trusted));
    if (!server->trusted)
        return RAISE(err, ST_NOMEM, "out of memory");
    for (size_t i = 0; i < params->trusted_peer_count; i++)
        if (!network_parse(slice_str(params->trusted_peers[i]), &server->trusted[i]))
            return RAISE(err, ST_INPUT, "trusted peer %s: wanted is an IP address or IP/BITS",
                         params->trusted_peers[i]);
    server->trusted_count = params->trusted_peer_count;
    return ST_OK;
}

static enum status check_limits(const struct http_limits *limits, struct err *err)
{
    if (limits->max_head_bytes == 0 || limits->max_headers == 0 || limits->max_body_bytes == 0 ||
        limits->max_in_flight_bytes == 0 || limits->max_connections == 0 ||
        limits->max_per_address == 0 || limits->head_deadline_ms <= 0 ||
        limits->body_deadline_ms <= 0)
        return RAISE(err, ST_INPUT, "every limit of the HTTP front must be over zero");
    return ST_OK;
}

/* A write to a caller who is gone is an error to be read, not a signal to die of. */
static void ignore_sigpipe(void)
{
    struct sigaction action = { 0 };

    if (sigaction(SIGPIPE, NULL, &action) != 0 || action.sa_handler != SIG_DFL)
        return;
    action.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &action, NULL);
}

enum status http_new(const struct http_params *params, struct http_server **ret_server,
                     struct err *err)
{
    AUTO(http_free) struct http_server *server = NULL;

    TRY(check_limits(&params->limits, err));
    if (params->listener_count == 0 || params->listener_count > HTTP_MAX_LISTENERS)
        return RAISE(err, ST_INPUT, "the HTTP front takes 1 to %d listeners", HTTP_MAX_LISTENERS);
    ignore_sigpipe();
    server = calloc(1, sizeof(*server));
    if (!server)
        return RAISE(err, ST_NOMEM, "out of memory");
    (void)pthread_mutex_init(&server->lock, NULL);
    server->limits = params->limits;
    server->handler = params->handler;
    server->refused = params->refused;
    server->pinged = params->pinged;
    server->ctx = params->ctx;
    server->wake_fd = -1;
    server->answered_end = &server->answered;
    server->census = census_new();
    if (!server->census)
        return RAISE(err, ST_NOMEM, "out of memory");
    TRY(parse_trusted(server, params, err));
    TRY(open_loop(server, err));
    TRY(listeners_open(server, params, err));
    *ret_server = TAKE(server);
    return ST_OK;
}

enum status http_run(struct http_server *server, struct err *err)
{
    listeners_enable(server, true);
    int result = event_base_loop(server->base, EVLOOP_NO_EXIT_ON_EMPTY);
    listeners_close(server);
    close_all(server);
    return result < 0 ? RAISE(err, ST_INTERNAL, "libevent's loop failed") : ST_OK;
}

void http_stop(struct http_server *server, int64_t grace_ms)
{
    (void)pthread_mutex_lock(&server->lock);
    if (!server->stop_wanted)
        server->grace_ms = grace_ms > 0 ? grace_ms : 0;
    server->stop_wanted = true;
    (void)pthread_mutex_unlock(&server->lock);
    wake_up(server);
}

void http_ping(struct http_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    server->ping_wanted = true;
    (void)pthread_mutex_unlock(&server->lock);
    wake_up(server);
}

void http_free(struct http_server *server)
{
    if (!server)
        return;
    for (struct http_request *next = take_errand(server).answered; next;) {
        struct http_request *request = next;
        next = request->next;
        http_request_free(request);
    }
    listeners_free(server);
    if (server->wake)
        event_free(server->wake);
    if (server->grace)
        event_free(server->grace);
    if (server->accept_retry)
        event_free(server->accept_retry);
    if (server->base)
        event_base_free(server->base);
    if (server->wake_fd >= 0)
        (void)close(server->wake_fd);
    census_free(server->census);
    free(server->trusted);
    (void)pthread_mutex_destroy(&server->lock);
    free(server);
}
