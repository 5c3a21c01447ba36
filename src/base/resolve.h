/* Addresses of a server by its name, within a deadline. Thread-safe.
 *
 * getaddrinfo() has no deadline, so a name is looked up in a thread of its own, which is left to
 * itself when the time is over; four such at most. An address needs no thread. */
#pragma once

#include "base/endpoint.h"
#include "base/err.h"

#include <stdint.h>
#include <sys/socket.h>

enum { RESOLVE_ADDRESSES = 4, RESOLVE_LOOKUPS = 4 };

struct resolved {
    struct {
        struct sockaddr_storage address;
        socklen_t len;
    } all[RESOLVE_ADDRESSES];
    size_t count; /* 1 at least */
};

/* deadline_ms: monotonic. ST_UPSTREAM: no such name, or no resolver; ST_TIMEOUT; ST_UNAVAILABLE:
 * too many look-ups hang. */
MUST_USE enum status resolve(const struct endpoint *endpoint, int64_t deadline_ms,
                             struct resolved *ret, struct err *err);
