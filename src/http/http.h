/* The HTTP/1.1 front: listeners, TLS, ceilings, deadlines; libevent stays inside. One I/O thread.
 *
 * Strict (RFC 9112): what two readers could read in two ways is refused before any work, with a
 * plain text that says why, and the connection ends: doubled Content-Length, Host, Content-Type or
 * Authorization, Content-Length beside Transfer-Encoding, codings other than chunked, lone CR or
 * LF, control characters, folded headers, encoded slashes, dot segments (400, 501, 505, 417).
 * HTTP/1.0, keep-alive, pipelining, HEAD, chunked bodies and Expect: 100-continue are served;
 * methods other than GET HEAD POST PUT DELETE OPTIONS PATCH are 501. */
#pragma once

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum { HTTP_MAX_LISTENERS = 8 };

struct http_server;
struct http_request; /* one request on its way; answered exactly once */

/* Ceilings of architecture.md section 5; every one has its answer. All must be over zero. */
struct http_limits {
    size_t max_head_bytes; /* request line included: 431 */
    unsigned max_headers;  /* 431 */
    size_t max_body_bytes; /* 413, text/plain, before or while the body comes */
    /* Bodies in memory, of requests until their answer, and of answers until they are sent; a body
     * that would go over it: 503 with Retry-After. An answer is never refused. */
    size_t max_in_flight_bytes;
    unsigned max_connections; /* of all listeners: the connection is closed */
    /* Trusted peers exempt, an IPv6 caller is its /64: the connection is closed. Behind PROXY the
     * caller's address counts, behind X-Forwarded-For the proxy's. */
    unsigned max_per_address;
    /* Absolute, from the connection's beginning (PROXY header and TLS handshake included) or the
     * last answer's end: 408 when the head has begun, else closed. */
    int64_t head_deadline_ms;
    /* Absolute: from the head's end to the body's, 408; for an answer's way out, closed. */
    int64_t body_deadline_ms;
};

/* Texts are copied by http_new(). */
struct http_listener {
    const char *address;   /* "0.0.0.0:8443", "[::1]:0": numeric */
    const char *cert_file; /* PEM chain, own certificate first; NULL: no TLS */
    const char *key_file;  /* PEM, without a passphrase */
    /* Optional client certificates are verified against it, and a bad one ends the handshake;
     * NULL: not asked */
    const char *client_ca_file;
    /* PROXY v1/v2 (HAProxy), in front of TLS, demanded from trusted peers; anybody else's
     * connection is closed */
    bool proxy_protocol;
    /* A bad client certificate does not end the handshake: http_is_verified() tells. For the
     * sandbox's servers. */
    bool bad_client_stays;
};

/* Runs on the I/O thread: must hand the request on (a queue) or answer it, and never block. */
typedef void http_handler(void *ctx, struct http_request *request);

/* Told of every request that was refused before it reached the handler (413, 431, 400, 408, 503 …);
 * status 0: the connection was closed without an answer (too many, TLS, PROXY), which is told ten
 * times a second at most, the next reason then says how many more there were. Texts are borrowed
 * for the call. Runs on the I/O thread: must not block. */
typedef void http_refused_fn(void *ctx, const char *peer, int status, const char *reason);

/* Told after http_ping(), when the loop came round to it. Runs on the I/O thread: must not block.
 */
typedef void http_pinged_fn(void *ctx);

/* Borrowed for http_new() only, but for ctx. */
struct http_params {
    struct http_limits limits;
    const struct http_listener *listeners;
    size_t listener_count; /* 1 to HTTP_MAX_LISTENERS */
    const char *const
        *trusted_peers; /* CIDRs of gateways and proxies; their X-Forwarded-For counts */
    size_t trusted_peer_count;
    http_handler *handler;
    http_refused_fn *refused; /* NULL: nobody wants to know */
    http_pinged_fn *pinged;   /* NULL: http_ping() is never called */
    void *ctx;                /* of all three */
};

/* Binds, but serves nothing until http_run(). ST_INPUT: an address, a file, a CIDR or a limit that
 * cannot be used, named. Sets SIGPIPE to ignored where it was default. Caller's: http_free(). */
MUST_USE enum status http_new(const struct http_params *params, struct http_server **ret_server,
                              struct err *err);
/* The port a listener got (for port 0). */
uint16_t http_port(const struct http_server *server, size_t listener);
/* Serves in the calling thread until http_stop(). Once. ST_INTERNAL: the loop failed. */
MUST_USE enum status http_run(struct http_server *server, struct err *err);
/* From any thread or a signal thread (not a signal handler): the listeners close, idle connections
 * too; answers under way leave within grace_ms, then http_run() returns. The first call counts. */
void http_stop(struct http_server *server, int64_t grace_ms);
/* From any thread: has the loop call `pinged`, which proves that it turns. Pings that it has not
 * come round to are one; after the loop's end nobody is told. */
void http_ping(struct http_server *server);
/* New TLS certificates from the same paths (SIGHUP), for new connections; on failure (ST_INPUT
 * names the file) all listeners keep the old ones. Any thread. */
MUST_USE enum status http_reload_tls(struct http_server *server, struct err *err);
/* NULL is fine. After http_run() has returned and every request has been answered: a worker may
 * answer late, but not later than this. */
void http_free(struct http_server *server);
DEFINE_AUTO(struct http_server, http_free)

/* Readers; borrowed until the request is answered. Any thread. */
const char *http_method(const struct http_request *request); /* GET HEAD POST PUT DELETE … */
/* Percent-decoded once, no query, valid UTF-8 without controls; "*" for OPTIONS *. */
struct slice http_path(const struct http_request *request);
/* The path goes on below prefix ("/a/b"), where it begins with it: /a/b/c is /c from here on.
 * Before anybody has read it. */
void http_enter(struct http_request *request, struct slice prefix);
struct slice http_query(const struct http_request *request); /* raw, without '?' */
struct slice http_header(const struct http_request *request,
                         const char *name); /* first, any case; empty when absent */
struct slice http_body(const struct http_request *request);
/* The caller's address, numeric: the socket's, or what a trusted peer says of it by the PROXY
 * header, and then by X-Forwarded-For (rightmost hop that is not a trusted peer itself). */
const char *http_peer(const struct http_request *request);
bool http_is_tls(const struct http_request *request); /* on our own socket */
/* On our own socket the caller showed a certificate of the listener's client CA. */
bool http_is_verified(const struct http_request *request);
/* scheme://host as the caller reached us: X-Forwarded-Proto/-Host of trusted peers (the last item
 * counts), else Host, which is valid or was refused; no slash at the end. */
const char *http_base_url(const struct http_request *request);
int64_t http_received_ms(const struct http_request *request); /* monotonic, of the last body byte */

/* Date, Content-Length and Connection are added. HEAD is answered like GET: the body's length is
 * told, the body stays here. */
struct http_reply {
    int status;                 /* 200 and up */
    const char *content_type;   /* NULL: none */
    const char *const *headers; /* "Name: value", NULL-terminated; may be NULL; one with a line end
                                   in it is left out */
    struct bytes *body;         /* taken; NULL: empty */
};
/* From any thread, once; the request is gone afterwards. A caller that has hung up is no error. */
void http_answer(struct http_request *request, const struct http_reply *reply);
/* In its place: the head and so many bytes of the body, then a reset; reply NULL: nothing but the
 * reset. For the sandbox's servers, which play broken ones. */
void http_break_off(struct http_request *request, const struct http_reply *reply,
                    size_t body_bytes);
/* In its place: a byte every so many ms, from the beginning or after the head. Likewise. */
enum http_slow { HTTP_SLOW_HEAD, HTTP_SLOW_BODY };
void http_answer_slowly(struct http_request *request, const struct http_reply *reply,
                        enum http_slow from, int64_t every_ms);
/* text/plain with a newline: for refusals. */
void http_answer_text(struct http_request *request, int status, const char *text);
