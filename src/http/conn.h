/* One connection: PROXY header, TLS, heads, bodies, answers, each under its absolute deadline.
 *
 * This is our own HTTP/1.1 on libevent's loop, not evhttp: evhttp 2.1.12 buffers a whole body
 * before anybody is asked (no in-flight ceiling is possible), loses line ends and folds headers
 * before the callback (no strictness is possible), times each byte and not the whole, and leaves no
 * way to read a PROXY header in front of TLS. bufferevent_openssl reads ahead without bound unless
 * watermarks are set, and stalls on bytes inside OpenSSL when they are; so sockets are read
 * straight into the head's or the body's own place. */
#pragma once

#include "http/peer.h"

struct conn;
struct http_request;
struct listener;

/* Takes a fresh non-blocking socket; closes it when a ceiling says so. */
void conn_accept(struct listener *listener, int fd, const struct sockaddr *from);
/* The request's answer is there; the request is taken. */
void conn_answer(struct conn *conn, struct http_request *request);
/* The server stops: idle connections go at once, the others after their answer. */
void conn_drain(struct conn *conn);
void conn_close(struct conn *conn);
struct conn *conn_next(const struct conn *conn);
