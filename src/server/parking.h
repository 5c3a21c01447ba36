/* Where status calls wait for news without a worker: one poller looks for all of them once a
 * second. Thread-safe. Source: architecture.md section 3.6. */
#pragma once

#include "base/auto.h"
#include "base/err.h"
#include "flow/flow.h"
#include "store/store.h"

#include <stdbool.h>

struct parking;

/* Takes the item back to work; on the poller's thread, must not block. */
typedef void resume_fn(void *ctx, void *item);

MUST_USE enum status parking_start(struct store *store, resume_fn *resume, void *ctx,
                                   struct parking **ret_parking, struct err *err);
/* Keeps the item until its session's state changes or its time is up. false: 1,000 wait already, or
 * the parking closes; the item stays the caller's. */
MUST_USE bool parking_put(struct parking *parking, const struct flow_wait *wait, void *item);
/* Resumes all and takes no more; for a stop, while workers still run. */
void parking_close(struct parking *parking);
/* NULL is fine; after parking_close() and when nobody can call it any more. */
void parking_free(struct parking *parking);
DEFINE_AUTO(struct parking, parking_free)
