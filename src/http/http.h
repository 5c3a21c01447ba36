/* The HTTP/1.1 front: listeners, TLS, ceilings, deadlines; libevent stays inside. One I/O thread.
 */
#pragma once

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

struct http_server;
struct http_request; /* one request on its way; answered exactly once */

/* Ceilings of architecture.md section 5; every one has its answer. */
struct http_limits {
    size_t max_head_bytes;      /* 431 */
    unsigned max_headers;       /* 431 */
    size_t max_body_bytes;      /* 413, text/plain */
    size_t max_in_flight_bytes; /* bodies of all requests together: 503 */
    unsigned max_connections;   /* the connection is closed */
    unsigned max_per_address;   /* trusted peers exempt: the connection is closed */
    int64_t
        head_deadline_ms; /* absolute, from the connection's or last answer's end: 408 or closed */
    int64_t body_deadline_ms; /* absolute, from the head's end */
};

struct http_listener {
    const char *address;   /* "0.0.0.0:8443", "[::1]:0" */
    const char *cert_file; /* PEM chain; NULL: no TLS */
    const char *key_file;
    const char
        *client_ca_file; /* optional client certificates are verified against it; NULL: not asked */
    bool
        proxy_protocol; /* PROXY v1/v2 (HAProxy) demanded from trusted peers, refused from others */
};

/* Runs on the I/O thread: must hand the request on (a queue) or answer it, and never block. */
typedef void http_handler(void *ctx, struct http_request *request);

/* Told of every request that was refused before it reached the handler (413, 431, 400, 408, 503 …;
 * 0: the connection was closed without an answer). Runs on the I/O thread: must not block. */
typedef void http_refused_fn(void *ctx, const char *peer, int status, const char *reason);

struct http_params {
    struct http_limits limits;
    const struct http_listener *listeners;
    size_t listener_count;
    const char *const
        *trusted_peers; /* CIDRs of gateways and proxies; their X-Forwarded-For counts */
    size_t trusted_peer_count;
    http_handler *handler;
    http_refused_fn *refused; /* NULL: nobody wants to know */
    void *ctx;                /* of both */
};

/* Binds, but serves nothing until http_run(). ST_INPUT: an address, a file or a CIDR that cannot be
 * used. */
MUST_USE enum status http_new(const struct http_params *params, struct http_server **ret_server,
                              struct err *err);
/* The port a listener got (for port 0). */
uint16_t http_port(const struct http_server *server, size_t listener);
/* Serves in the calling thread until http_stop(). */
MUST_USE enum status http_run(struct http_server *server, struct err *err);
/* From any thread or a signal thread: no new connections; answers under way leave within grace_ms,
 * then http_run() returns. */
void http_stop(struct http_server *server, int64_t grace_ms);
/* New TLS certificates from the same paths (SIGHUP); the old ones stay on failure. Any thread. */
MUST_USE enum status http_reload_tls(struct http_server *server, struct err *err);
/* NULL is fine; not while http_run() runs. */
void http_free(struct http_server *server);
DEFINE_AUTO(struct http_server, http_free)

/* Readers; borrowed until the request is answered. Any thread. */
size_t http_listener_of(const struct http_request *request);
const char *http_method(const struct http_request *request); /* GET HEAD POST PUT DELETE … */
struct slice http_path(const struct http_request
                           *request); /* percent-decoded once, no query; refused when malformed */
struct slice http_query(const struct http_request *request); /* raw, without '?' */
struct slice http_header(const struct http_request *request,
                         const char *name); /* first, any case; empty when absent */
struct slice http_body(const struct http_request *request);
const char *http_peer(const struct http_request *request); /* the caller's address, numeric */
bool http_is_tls(const struct http_request *request);
/* scheme://host as the caller reached us: X-Forwarded-Proto/-Host of trusted peers, else Host. */
const char *http_base_url(const struct http_request *request);
int64_t http_received_ms(const struct http_request *request); /* monotonic, of the last body byte */

struct http_reply {
    int status;
    const char *content_type;
    const char *const *headers; /* "Name: value", NULL-terminated; may be NULL */
    struct bytes *body;         /* taken; NULL: empty */
};
/* From any thread, once; the request is gone afterwards. A caller that has hung up is no error. */
void http_answer(struct http_request *request, const struct http_reply *reply);
/* text/plain with a newline: for refusals. */
void http_answer_text(struct http_request *request, int status, const char *text);
