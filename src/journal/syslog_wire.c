#include "journal/syslog_wire.h"

#include "base/clock.h"
#include "base/resolve.h"
#include "journal/syslog_tls.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* clang-tidy: strerror() is not thread-safe, this one is */
#define WHY strerrordesc_np(errno)

enum {
    KEEP_IDLE_S = 30, /* then a silent connection is probed, */
    KEEP_EVERY_S = 10,
    KEEP_PROBES = 3,         /* and given up */
    DRAIN_BYTES = 64 * 1024, /* that a look takes at most */
};

struct wire_stop {
    int fd; /* an eventfd: readable once the end is set */
    _Atomic int64_t end_ms;
};

struct wire {
    int fd;
    bool datagrams;
    struct wire_stop *stop;
    int64_t io_ms;
    struct tls_session *tls; /* NULL: none */
};

/* ---- waiting ---- */

struct wire_stop *wire_stop_new(void)
{
    struct wire_stop *stop = calloc(1, sizeof(*stop));

    if (!stop)
        return NULL;
    stop->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (stop->fd < 0) {
        free(stop);
        return NULL;
    }
    atomic_store(&stop->end_ms, INT64_MAX);
    return stop;
}

void wire_stop_at(struct wire_stop *stop, int64_t monotonic_ms)
{
    atomic_store(&stop->end_ms, monotonic_ms);
    (void)eventfd_write(stop->fd, 1); /* wakes who waits, to count anew */
}

bool wire_stop_due(struct wire_stop *stop)
{
    return clock_monotonic_ms() >= atomic_load(&stop->end_ms);
}

void wire_stop_free(struct wire_stop *stop)
{
    if (!stop)
        return;
    (void)close(stop->fd);
    free(stop);
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Until the socket allows one of the events. */
static enum status await(const struct wire *wire, short events, int64_t deadline_ms,
                         struct err *err)
{
    struct pollfd all[] = { { .fd = wire->fd, .events = events },
                            { .fd = wire->stop->fd, .events = POLLIN } };

    for (;;) {
        const int64_t end_ms = sooner(deadline_ms, atomic_load(&wire->stop->end_ms));
        const int64_t left_ms = end_ms - clock_monotonic_ms();

        if (left_ms <= 0)
            return wire_stop_due(wire->stop)
                       ? RAISE(err, ST_UNAVAILABLE, "it is to end")
                       : RAISE(err, ST_TIMEOUT, "the receiver does nothing in time");
        int n = poll(all, 2, (int)sooner(left_ms, INT32_MAX));
        if (n < 0 && errno != EINTR)
            return RAISE(err, ST_INTERNAL, "poll: %s", WHY);
        if (n > 0 && all[0].revents)
            return ST_OK;
        if (n > 0)
            all[1].fd = -1; /* it stays readable; the end is counted from here on */
    }
}

/* ---- opening ---- */

static void close_fd(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

/* A peer that vanished is noticed: data that nobody acknowledges within io_ms, and silence. */
static void watch_peer(int fd, int64_t io_ms)
{
    const int on = 1;
    const int idle = KEEP_IDLE_S;
    const int every = KEEP_EVERY_S;
    const int probes = KEEP_PROBES;
    const unsigned patience = (unsigned)io_ms;

    /* each of them only makes it sooner: without, the deadlines remain */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof(every));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof(patience));
}

static enum status finish_connect(const struct wire *wire, int64_t deadline_ms, struct err *err)
{
    int code = 0;
    socklen_t len = sizeof(code);

    TRY(await(wire, POLLOUT, deadline_ms, err));
    if (getsockopt(wire->fd, SOL_SOCKET, SO_ERROR, &code, &len) != 0)
        code = errno;
    return code == 0 ? ST_OK : RAISE(err, ST_UPSTREAM, "no connection: %s", strerrordesc_np(code));
}

/* One address; wire->fd is the socket, also of a try that failed. */
static enum status connect_one(struct wire *wire, const struct resolved *to, size_t i,
                               int64_t deadline_ms, struct err *err)
{
    const struct sockaddr *address = (const struct sockaddr *)&to->all[i].address;
    const int type = wire->datagrams ? SOCK_DGRAM : SOCK_STREAM;

    close_fd(&wire->fd);
    wire->fd = socket(address->sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (wire->fd < 0)
        return RAISE(err, ST_UNAVAILABLE, "no socket: %s", WHY);
    if (!wire->datagrams)
        watch_peer(wire->fd, wire->io_ms);
    if (connect(wire->fd, address, to->all[i].len) == 0)
        return ST_OK;
    if (errno != EINPROGRESS)
        return RAISE(err, ST_UPSTREAM, "no connection: %s", WHY);
    return finish_connect(wire, deadline_ms, err);
}

static enum status shake(struct wire *wire, struct wire_tls *tls, int64_t deadline_ms,
                         struct err *err)
{
    TRY(tls_session_new(tls, wire->fd, &wire->tls, err));
    for (short want = 0;;) {
        TRY(tls_shake(wire->tls, &want, err));
        if (want == 0)
            return ST_OK;
        TRY(await(wire, want, deadline_ms, err));
    }
}

enum status wire_open(const struct wire_params *params, struct wire **ret_wire, struct err *err)
{
    AUTO(wire_close) struct wire *wire = calloc(1, sizeof(*wire));
    const int64_t deadline_ms = clock_monotonic_ms() + params->connect_ms;
    struct resolved to = { .count = 0 };
    enum status status = ST_INTERNAL;

    if (!wire)
        return RAISE(err, ST_NOMEM, "syslog: out of memory");
    *wire = (struct wire){
        .fd = -1, .datagrams = params->datagrams, .stop = params->stop, .io_ms = params->io_ms
    };
    TRY(resolve(params->endpoint, sooner(deadline_ms, atomic_load(&params->stop->end_ms)), &to,
                err));
    for (size_t i = 0; i < to.count && status != ST_OK; i++) {
        /* each of several addresses gets its share of what is left */
        const int64_t now_ms = clock_monotonic_ms();
        const int64_t share_ms = (deadline_ms - now_ms) / (int64_t)(to.count - i);

        status = connect_one(wire, &to, i, now_ms + share_ms, err);
    }
    if (status != ST_OK)
        return status;
    if (params->tls)
        TRY(shake(wire, params->tls, deadline_ms, err));
    *ret_wire = TAKE(wire);
    return ST_OK;
}

void wire_close(struct wire *wire)
{
    if (!wire)
        return;
    tls_session_free(wire->tls);
    close_fd(&wire->fd);
    free(wire);
}

/* ---- sending ---- */

static bool must_wait(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK;
}

/* One step: *ret_done bytes, or *ret_want. */
static enum status send_some(struct wire *wire, struct slice data, size_t *ret_done,
                             short *ret_want, struct err *err)
{
    ssize_t n;

    if (wire->tls)
        return tls_write(wire->tls, data, ret_done, ret_want, err);
    *ret_done = 0;
    *ret_want = 0;
    n = send(wire->fd, data.at, data.len, MSG_NOSIGNAL);
    /* what an earlier datagram met is told here once, and is nobody's business: best effort */
    if (n < 0 && wire->datagrams && errno == ECONNREFUSED)
        n = send(wire->fd, data.at, data.len, MSG_NOSIGNAL);
    if (n >= 0)
        *ret_done = (size_t)n;
    else if (must_wait())
        *ret_want = POLLOUT;
    else if (errno != EINTR && !(wire->datagrams && errno == ECONNREFUSED))
        return RAISE(err, ST_UPSTREAM, "the connection broke: %s", WHY);
    else if (errno != EINTR)
        *ret_done = data.len; /* lost, as datagrams may be */
    return ST_OK;
}

enum status wire_send(struct wire *wire, struct slice data, struct err *err)
{
    int64_t deadline_ms = clock_monotonic_ms() + wire->io_ms;

    while (data.len > 0) {
        size_t done = 0;
        short want = 0;

        TRY(send_some(wire, data, &done, &want, err));
        data = slice_skip(data, done);
        if (done > 0)
            deadline_ms = clock_monotonic_ms() + wire->io_ms;
        else if (want)
            TRY(await(wire, want, deadline_ms, err));
        if (data.len > 0 && wire_stop_due(wire->stop))
            return RAISE(err, ST_UNAVAILABLE, "it is to end");
    }
    return ST_OK;
}

/* ---- receiving ---- */

static enum status receive_some(struct wire *wire, char *ret_data, size_t size, size_t *ret_got,
                                short *ret_want, struct err *err)
{
    ssize_t n;

    *ret_got = 0;
    *ret_want = 0;
    if (wire->tls)
        TRY(tls_read(wire->tls, ret_data, size, ret_got, ret_want, err));
    else if ((n = recv(wire->fd, ret_data, size, 0)) > 0)
        *ret_got = (size_t)n;
    else if (n < 0 && (must_wait() || errno == EINTR))
        *ret_want = POLLIN;
    else if (n < 0)
        return RAISE(err, ST_UPSTREAM, "the connection broke: %s", WHY);
    if (*ret_got == 0 && *ret_want == 0)
        return RAISE(err, ST_UPSTREAM, "the receiver closed the connection");
    return ST_OK;
}

enum status wire_receive(struct wire *wire, char *ret_data, size_t size, size_t *ret_got,
                         struct err *err)
{
    const int64_t deadline_ms = clock_monotonic_ms() + wire->io_ms;

    for (short want = 0;;) {
        TRY(receive_some(wire, ret_data, size, ret_got, &want, err));
        if (*ret_got > 0)
            return ST_OK;
        TRY(await(wire, want, deadline_ms, err));
    }
}

enum status wire_look(struct wire *wire, struct err *err)
{
    char dropped[4096];
    size_t total = 0;

    if (wire->datagrams)
        return ST_OK;
    while (total < DRAIN_BYTES) {
        size_t got = 0;
        short want = 0;

        TRY(receive_some(wire, dropped, sizeof(dropped), &got, &want, err));
        if (got == 0)
            return ST_OK;
        total += got;
    }
    return ST_OK;
}
