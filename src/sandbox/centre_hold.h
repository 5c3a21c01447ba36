/* Answers that come later: kept by a thread of their own, so that nobody else waits. For
 * src/sandbox/centre only. Thread-safe. */
#pragma once

#include "base/auto.h"
#include "base/err.h"
#include "http/http.h"

#include <stdint.h>

struct hold;

enum { HOLD_MAX = 4096, HELD_HEADERS = 2 };

/* One request and its answer, which is taken. */
struct held {
    struct http_request *request;
    struct http_reply reply;         /* its headers are those below */
    char *headers[HELD_HEADERS + 1]; /* "Name: value", owned; NULL at the end */
    bool broken_off; /* by a reset, after so many bytes of its body; 0: instead of it */
    size_t body_bytes;
    enum http_slow slow_from;
    int64_t slow_ms; /* between two bytes of it; 0: at once */
    int64_t due_ms;  /* monotonic */
};
/* Answers now. */
void held_release(struct held *held);

MUST_USE enum status hold_new(struct hold **ret_hold, struct err *err);
/* What is still held is broken off without a byte. NULL is fine. */
void hold_free(struct hold *hold);
DEFINE_AUTO(struct hold, hold_free)
/* Takes it; when HOLD_MAX are held already it is released at once. */
void hold_add(struct hold *hold, const struct held *held);
