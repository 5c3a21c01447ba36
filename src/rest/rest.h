/* Outward HTTP by libcurl: deadlines in all, ceilings, TLS verified. Implements crypto's fetch.
 *
 * HTTP/1.1 over http and https only; redirects, proxies of the environment, cookies and .netrc are
 * not followed, set or read. TLS 1.2 or later, the chain and the name are verified always. */
#pragma once

#include "base/auto.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"
#include "crypto/key.h"
#include "crypto/trust.h"

struct rest; /* a pool of easy handles with kept-alive connections; thread-safe */

struct rest_params {
    const char *ca_file; /* PEM bundle for https, and nothing else is trusted; NULL: the system's */
    unsigned max_parallel;  /* calls at a time; one more waits until its deadline */
    const char *user_agent; /* NULL: none is sent */
    /* The only hosts that are called, NULL at the end, whatever the port; IPv6 in brackets. A name
     * is compared as it stands in the URL, case apart. Borrowed for rest's life; NULL: all. */
    const char *const *hosts;
    /* Whom we are to servers that ask: an RSA key in a file with its certificate and chain (req
     * 3.02), shown to every https server of this pool. Borrowed for rest_new(); NULL: nobody. */
    const struct key_source *client;
    const struct clock *clock; /* for the dates of that certificate; NULL: clock_system() */
    /* It is shown whatever its dates: somebody else watches them, and an end of theirs must not
     * keep us from starting. */
    bool client_of_any_date;
};

/* ST_INPUT: the bundle cannot be read, or max_parallel is 0. What client_key_open() says of the
 * client's key (rest/client_key.h). Sets SIGPIPE to ignored where it was default. ret_rest is the
 * caller's: rest_free(). */
MUST_USE enum status rest_new(const struct rest_params *params, struct rest **ret_rest,
                              struct err *err);
/* NULL is fine. No call may be under way. */
void rest_free(struct rest *rest);
DEFINE_AUTO(struct rest, rest_free)
/* The certificate we show, to watch its end (req 3.01). Borrowed from rest; NULL: none. */
const struct cert *rest_client_cert(const struct rest *rest);
/* Breaks off what is under way, within about a second, and refuses all that comes after: for the
 * end, so that nobody waits for a peer that hangs. Thread-safe. */
void rest_cancel(struct rest *rest);

enum {
    REST_WANTED_MAX = 8,
    REST_WANTED_BYTES = 16 * 1024, /* of one wanted header's value */
};

/* Where a call's time went; milliseconds, -1 where it never came so far. */
struct rest_times {
    int64_t queue_ms;      /* the wait for a handle */
    int64_t connect_ms;    /* then: name lookup, TCP and TLS; 0 when a connection was at hand */
    int64_t first_byte_ms; /* likewise without the queue: the answer's head begins */
    int64_t total_ms;      /* all in all */
};

/* Borrowed for the call. */
struct rest_call {
    const char *method; /* GET POST PUT DELETE */
    const char *url;
    const char *const *headers; /* "Name: value", NULL-terminated; may be NULL */
    struct slice body;   /* empty: none with GET and DELETE, an empty one with POST and PUT */
    size_t max_bytes;    /* of the answer's body; its head has 64 KiB */
    int64_t deadline_ms; /* monotonic, name lookup, connecting and the wait for a handle included */
    /* Names of headers of the answer, NULL-terminated, REST_WANTED_MAX at most; may be NULL */
    const char *const *wanted;
    /* For what costs money: goes out on a connection of its own and never a second time, so times'
     * connect_ms of -1 proves that nothing of it left. */
    bool once;
    struct rest_times *times; /* written however the call ends; may be NULL */
};
struct rest_answer {
    long status;            /* HTTP, whatever it is */
    char content_type[128]; /* "" when absent; cut when longer */
    struct bytes *body;     /* never NULL on ST_OK */
    /* Values in the order of rest_call.wanted, without blanks around; NULL: not there */
    char *headers[REST_WANTED_MAX];
};
void rest_answer_free(struct rest_answer *answer); /* frees what it holds, not the struct */

/**
 * One call; redirects are not followed. An idle connection that turns out to be dead is replaced
 * and the call sent again, unless it says once: calls must bear that, as our outward effects do.
 *
 * A wanted header that comes twice is refused: none of those we want is a list, so somebody on the
 * way added one, and whichever we took, others may have judged by the other (RFC 9110 section 5.3).
 *
 * ST_INPUT        the URL is malformed or neither http nor https, the method is not ours, or too
 *                 much is wanted; code hostNotAllowed: its host is not among rest_params.hosts
 * ST_UPSTREAM     no such host, connection refused, reset, TLS, malformed or over-long answer
 *                 (code answerTooLong, limit with its unit, field: the wanted header); code
 *                 headerTwice, field: the wanted header
 * ST_TIMEOUT      the deadline
 * ST_UNAVAILABLE  no handle free before the deadline; rest_cancel() was called
 *
 * Errors name the server, never path, query or credentials. Writes ret_answer only on ST_OK; then
 * rest_answer_free().
 */
MUST_USE enum status rest_do(struct rest *rest, const struct rest_call *call,
                             struct rest_answer *ret_answer, struct err *err);

/* trust_io.fetch: any status but 200 is ST_UPSTREAM. ctx is the struct rest. */
MUST_USE enum status rest_fetch(void *ctx, const struct fetch *fetch, struct bytes **ret_answer,
                                struct err *err);
