/* What the daemon does behind the answers, each in a thread of its own: one table of chores. */
#pragma once

#include "server/chore.h"
#include "server/service.h"

struct chores;

struct chores_params {
    void *ctx;
    /* The service as it is now; the caller gives the reference back. */
    struct service *(*service)(void *ctx);
    chore_fn *prove_life;       /* the watchdog's; NULL: nobody watches */
    struct expiry_watch *watch; /* borrowed */
    const char *conf_path;      /* borrowed */
    const char *journal_dir;    /* for the call only */
};
/* *ret_chores is the caller's; on failure too, when it is not NULL. ST_NOMEM. */
MUST_USE enum status chores_start(const struct chores_params *params, struct chores **ret_chores,
                                  struct err *err);
/* Waits for the pieces under way. NULL is fine. */
void chores_stop(struct chores *chores);

/* Certificates that end: into journal and log, each once per stage. For start and reload, too. */
void chores_look_at_dates(const struct service *service, struct expiry_watch *watch);
