/* Outward HTTP by libcurl: deadlines in all, ceilings, TLS verified. Implements crypto's fetch. */
#pragma once

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "crypto/trust.h"

struct rest; /* a pool of easy handles with kept-alive connections; thread-safe */

struct rest_params {
    const char *ca_file;   /* PEM bundle for https; NULL: the system's */
    unsigned max_parallel; /* calls at a time; one more waits until its deadline */
    const char *user_agent;
};

MUST_USE enum status rest_new(const struct rest_params *params, struct rest **ret_rest,
                              struct err *err);
/* NULL is fine. No call may be under way. */
void rest_free(struct rest *rest);
DEFINE_AUTO(struct rest, rest_free)

struct rest_call {
    const char *method; /* GET POST PUT DELETE */
    const char *url;
    const char *const *headers; /* "Name: value", NULL-terminated; may be NULL */
    struct slice body;
    size_t max_bytes;    /* of the answer */
    int64_t deadline_ms; /* monotonic, name lookup and connecting included */
};
struct rest_answer {
    long status; /* HTTP */
    char content_type[128];
    struct bytes *body;
};
void rest_answer_free(struct rest_answer *answer); /* frees the body, not the struct */

/**
 * One call; redirects are not followed.
 * ST_UPSTREAM     connection refused, reset, TLS, malformed or over-long answer
 * ST_TIMEOUT      the deadline
 * ST_UNAVAILABLE  no handle free before the deadline
 */
MUST_USE enum status rest_do(struct rest *rest, const struct rest_call *call,
                             struct rest_answer *ret_answer, struct err *err);

/* trust_io.fetch: any status but 200 is ST_UPSTREAM. ctx is the struct rest. */
MUST_USE enum status rest_fetch(void *ctx, const struct fetch *fetch, struct bytes **ret_answer,
                                struct err *err);
