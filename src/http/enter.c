/* A connection before its first head: its ceilings, the PROXY header, the TLS handshake. */
#include "http/conn_state.h"

#include <errno.h>

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
    return conn->trusted || conn->counted
               ? start_tls(conn)
               : conn_turn_away(conn, "too many connections of this address");
}

enum step step_proxy(struct conn *conn)
{
    char peek[512];
    ssize_t got = recv(conn->stream.fd, peek, sizeof(peek), MSG_PEEK);

    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return conn_wait(conn, EV_READ);
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
        return conn_turn_away(conn, "malformed PROXY header");
    case PROXY_ADDRESS:
    case PROXY_LOCAL:
        break;
    }
    free(TAKE(conn->proxy));
    return enter(conn);
}

enum step step_tls(struct conn *conn)
{
    enum stream_result result = stream_handshake(&conn->stream);

    if (result == STREAM_BROKEN)
        return conn_turn_away(conn, "the TLS handshake failed");
    if (result == STREAM_DATA)
        conn->state = CONN_HEAD;
    return conn_after(conn, result);
}

/* Only a trusted peer may speak for another: its header is awaited, anybody else is refused. */
enum step conn_admit(struct conn *conn)
{
    if (conn->server->conn_count > conn->server->limits.max_connections)
        return conn_turn_away(conn, "too many connections");
    if (!conn->listener->params.proxy_protocol)
        return enter(conn);
    if (!networks_hold(front_trusted(conn->server), &conn->peer))
        return conn_turn_away(conn, "only trusted peers may connect to a PROXY listener");
    conn->proxy = calloc(1, sizeof(*conn->proxy));
    conn->state = CONN_PROXY;
    return conn->proxy ? STEP_NEXT : STEP_CLOSE;
}
