/* The walks that are under way: a table with ceilings in number, bytes and time, in which the
 * oldest makes room. Thread-safe. */
#pragma once

#include "base/clock.h"
#include "sandbox/walk.h"

enum { WALKS_ID_TEXT = 33 }; /* 128 random bits in hex, with NUL */

struct walks;

struct walks_params {
    const struct clock *clock; /* borrowed for the table's life */
    size_t max;
    size_t max_bytes; /* of the documents of all walks, when there are several */
    int64_t life_ms;
};

/* ST_NOMEM. */
MUST_USE enum status walks_new(const struct walks_params *params, struct walks **ret_walks,
                               struct err *err);
/* NULL is fine. No walk may be taken. */
void walks_free(struct walks *walks);
DEFINE_AUTO(struct walks, walks_free)

/* Puts a walk in, which becomes the table's, and tells its id. ST_NOMEM: it is still the caller's.
 */
MUST_USE enum status walks_add(struct walks *walks, struct walk *walk, char ret_id[WALKS_ID_TEXT],
                               struct err *err);

/* A walk in the hands of one thread; whoever else asks for it waits. */
struct walks_held;
/* NULL: no such walk, or no more. Give it back by walks_return(). */
struct walks_held *walks_take(struct walks *walks, struct slice id);
struct walk *walks_walk(const struct walks_held *held);
const char *walks_id(const struct walks_held *held);
void walks_return(struct walks *walks, struct walks_held *held);
