/* The server's inside: what connections, listeners and requests share. I/O thread only, but for
 * what the lock guards. */
#pragma once

#include "http/census.h"
#include "http/conn.h"
#include "http/request.h"
#include "http/tls.h"

#include <event2/event.h>
#include <event2/listener.h>
#include <pthread.h>

struct listener {
    struct http_server *server;
    struct http_listener params; /* copies of the texts */
    struct evconnlistener *evconn;
    uint16_t port;
    SSL_CTX *tls; /* guarded by the server's lock; NULL: plain */
};

struct http_server {
    struct http_limits limits;
    http_handler *handler;
    http_refused_fn *refused;
    http_pinged_fn *pinged;
    void *ctx;
    struct listener *listeners;
    size_t listener_count;
    struct network *trusted;
    size_t trusted_count;
    struct event_base *base;
    struct event *wake;         /* somebody wrote to wake_fd */
    struct event *grace;        /* the end of http_stop()'s patience */
    struct event *accept_retry; /* after running out of descriptors */
    int wake_fd;
    struct census *census;
    struct conn *conns;
    unsigned conn_count;
    size_t in_flight_bytes;
    int64_t closed_second; /* the second that closed_count counts in */
    unsigned closed_count; /* connections closed without an answer in it */
    bool stopping;

    pthread_mutex_t lock; /* guards what follows, and the listeners' tls */
    struct http_request *answered;
    struct http_request **answered_end;
    bool stop_wanted;
    bool ping_wanted;
    int64_t grace_ms;
};

static inline struct networks front_trusted(const struct http_server *server)
{
    return (struct networks){ server->trusted, server->trusted_count };
}

/* server.c: to the I/O thread; any thread. */
void front_push_answered(struct http_server *server, struct http_request *request);
/* A connection is gone; ends the loop when it was the last one of a stopping server. */
void front_conn_gone(struct http_server *server);

/* Tells the owner, if it wants to know; status 0: closed without an answer. */
void front_tell_refused(struct http_server *server, const char *peer, int status,
                        const char *reason);

/* listen.c */
MUST_USE enum status listeners_open(struct http_server *server, const struct http_params *params,
                                    struct err *err);
void listeners_enable(struct http_server *server, bool enable);
/* The sockets only, so that a successor may bind. */
void listeners_close(struct http_server *server);
void listeners_free(struct http_server *server);
/* The listener's present TLS context with a reference of the caller's; NULL: plain. */
SSL_CTX *listener_tls(const struct listener *listener);
