/* A pool of threads and the bounded queue in front of it. Thread-safe. */
#pragma once

#include "base/auto.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct work;

/* Runs one item; several at a time. */
typedef void work_fn(void *ctx, void *item);

MUST_USE enum status work_start(size_t threads, size_t max_queued, work_fn *fn, void *ctx,
                                struct work **ret_work, struct err *err);
/* Hands an item on; false when the queue is full or closing: the item stays the caller's. Never
 * blocks. */
MUST_USE bool work_push(struct work *work, void *item);
/* How it stands, for numbers. */
struct work_look {
    size_t threads, busy; /* of them */
    size_t queued, max_queued;
    uint64_t refused; /* items for which there was no room, since it was started */
};
void work_look(struct work *work, struct work_look *ret_look);
/* Runs what is queued, then ends the threads and frees. NULL is fine. */
void work_stop(struct work *work);
DEFINE_AUTO(struct work, work_stop)
