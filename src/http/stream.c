#include "http/stream.h"

#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

bool stream_start_tls(struct stream *stream, SSL_CTX *context)
{
    stream->ssl = SSL_new(context);
    if (!stream->ssl || SSL_set_fd(stream->ssl, stream->fd) != 1)
        return false;
    SSL_set_accept_state(stream->ssl);
    return true;
}

/* What OpenSSL says about a call that did not succeed. */
static enum stream_result ssl_result(struct stream *stream, int result)
{
    switch (SSL_get_error(stream->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        stream->wanted = EV_READ;
        return STREAM_AGAIN;
    case SSL_ERROR_WANT_WRITE:
        stream->wanted = EV_WRITE;
        return STREAM_AGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return STREAM_EOF;
    default:
        return STREAM_BROKEN;
    }
}

static enum stream_result plain_result(struct stream *stream, short wanted)
{
    stream->wanted = wanted;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? STREAM_AGAIN : STREAM_BROKEN;
}

enum stream_result stream_handshake(struct stream *stream)
{
    ERR_clear_error();
    int result = SSL_do_handshake(stream->ssl);
    return result == 1 ? STREAM_DATA : ssl_result(stream, result);
}

/* Without a certificate the result is X509_V_OK as well: nothing failed. */
bool stream_is_verified(const struct stream *stream)
{
    return stream->ssl && SSL_get0_peer_certificate(stream->ssl) &&
           SSL_get_verify_result(stream->ssl) == X509_V_OK;
}

enum stream_result stream_read(struct stream *stream, char *to, size_t room, size_t *ret_len)
{
    if (stream->ssl) {
        ERR_clear_error();
        int got = SSL_read(stream->ssl, to, room > INT_MAX ? INT_MAX : (int)room);
        if (got <= 0)
            return ssl_result(stream, got);
        *ret_len = (size_t)got;
        return STREAM_DATA;
    }
    ssize_t got = recv(stream->fd, to, room, 0);
    if (got < 0)
        return plain_result(stream, EV_READ);
    *ret_len = (size_t)got;
    return got == 0 ? STREAM_EOF : STREAM_DATA;
}

enum stream_result stream_write(struct stream *stream, struct slice from, size_t *ret_len)
{
    if (stream->ssl) {
        ERR_clear_error();
        int put = SSL_write(stream->ssl, from.at, from.len > INT_MAX ? INT_MAX : (int)from.len);
        if (put <= 0)
            return ssl_result(stream, put);
        *ret_len = (size_t)put;
        return STREAM_DATA;
    }
    ssize_t put = send(stream->fd, from.at, from.len, MSG_NOSIGNAL);
    if (put < 0)
        return plain_result(stream, EV_WRITE);
    *ret_len = (size_t)put;
    return STREAM_DATA;
}

void stream_finish(struct stream *stream)
{
    ERR_clear_error();
    if (stream->ssl)
        (void)SSL_shutdown(stream->ssl); /* close_notify; nobody waits for the other's */
    (void)shutdown(stream->fd, SHUT_WR);
}

void stream_close(struct stream *stream)
{
    SSL_free(stream->ssl);
    stream->ssl = NULL;
    (void)close(stream->fd);
    stream->fd = -1;
}

void stream_make_abrupt(const struct stream *stream)
{
    const struct linger none = { .l_onoff = 1, .l_linger = 0 };

    (void)setsockopt(stream->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
}
