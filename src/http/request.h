/* A request between its head and its answer. Built and freed on the I/O thread; in between whoever
 * got it from the handler reads it and writes its answer. */
#pragma once

#include "http/head.h"
#include "http/peer.h"

struct conn;

struct http_request {
    struct http_server *server;
    struct conn *conn;         /* NULL: the caller has hung up; I/O thread only */
    struct http_request *next; /* among the answered */
    struct arena *arena;
    struct head head;
    bool tls;
    bool verified; /* the caller showed a certificate that verified */
    char peer[ADDRESS_TEXT];
    const char *base_url; /* the arena's */
    char *body;
    size_t body_len;
    size_t body_cap; /* what the in-flight account is charged */
    int64_t received_ms;
    struct bytes *reply_head; /* up to, not including, Connection and the empty line */
    struct bytes *reply_body;
    bool broken_off; /* a reset follows what there is of the reply */
    enum http_slow slow_from;
    int64_t slow_ms; /* between two bytes; 0: at once */
};

/**
 * Reads a whole head; the request is the caller's, http_request_free().
 * Fills everything the head tells; the caller's address and base URL follow.
 */
enum refusal request_new(struct http_server *server, struct slice head,
                         struct http_request **ret_request);
/* Also pays its body back to the in-flight account. NULL is fine. */
void http_request_free(struct http_request *request);
DEFINE_AUTO(struct http_request, http_request_free)

/* Who called and by which URL, X-Forwarded-* included when from is trusted. */
enum refusal request_set_origin(struct http_request *request, const struct address *from,
                                bool trusted, const char *local_host);

/* Makes room for want more bytes of body, within the ceilings. */
enum refusal request_reserve(struct http_request *request, size_t want, size_t expected);

/* The head of an answer without Connection and the empty line; NULL when out of memory. */
struct bytes *reply_head_new(const struct http_reply *reply, size_t body_len);
