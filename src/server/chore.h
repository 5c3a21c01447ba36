/* A thread that does one thing again and again, behind the answers. */
#pragma once

#include "base/auto.h"
#include "base/err.h"

struct chore;

/* Does a piece of it; the seconds until there is reason to look again, 0: at once. */
typedef int chore_fn(void *ctx);

/* *ret_chore is the caller's. ST_NOMEM: its thread cannot be started. */
MUST_USE enum status chore_start(chore_fn *run, void *ctx, struct chore **ret_chore,
                                 struct err *err);
/* Waits for the piece under way. NULL is fine. */
void chore_stop(struct chore *chore);
DEFINE_AUTO(struct chore, chore_stop)
