/* Who comes with wrong tokens: an address that has shown too many of them is a stranger, and is not
 * heard until its window ends. A table of fixed size; the caller's clock; thread-safe. */
#pragma once

#include "base/auto.h"
#include "http/peer.h"

#include <stdint.h>

struct strangers;

struct strangers_limit {
    unsigned max;      /* wrong tokens of one address; with the last one it becomes a stranger */
    int64_t window_ms; /* from an address' first wrong token */
};

enum { STRANGERS_MAX = 4096 }; /* addresses */

/* NULL when out of memory. */
struct strangers *strangers_new(void);
/* NULL is fine. */
void strangers_free(struct strangers *strangers);
DEFINE_AUTO(struct strangers, strangers_free)

/* Milliseconds for which the address is not heard yet; 0: it may speak. now_ms here and below:
 * clock_monotonic_ms(). */
int64_t strangers_wait_ms(struct strangers *strangers, const struct address *address,
                          int64_t now_ms);

/* Counts a wrong token. true: the address became a stranger by it, which is told once in a window.
 * The address counts as address_caller() has it. When there is no room, an address is forgotten
 * that has nothing to lose any more, else the one that is furthest from being a stranger, and a
 * stranger only among strangers: the one that would be heard again first. */
bool strangers_count(struct strangers *strangers, const struct strangers_limit *limit,
                     const struct address *address, int64_t now_ms);
