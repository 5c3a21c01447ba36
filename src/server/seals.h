/* A thread that seals the evidence of signed sessions, one after the other (mobile_seal_next()). */
#pragma once

#include "base/auto.h"
#include "base/err.h"
#include "server/service.h"

struct seals;

/* take: lends the present service by a reference that the thread gives back. ST_NOMEM. */
MUST_USE enum status seals_start(struct service *(*take)(void *ctx), void *ctx,
                                 struct seals **ret_seals, struct err *err);
/* Waits for the seal under way, 25 s at most. NULL is fine. */
void seals_stop(struct seals *seals);
DEFINE_AUTO(struct seals, seals_stop)
