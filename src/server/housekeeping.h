/* What is done behind the answers, a piece at a time: seals, the end of contents, the sweep. Each
 * may run on any number of instances; each says after how many seconds there is reason to look
 * again (server/chore.h). Troubles are logged. */
#pragma once

#include "server/service.h"

/* Seals the evidence of a signed session (mobile_seal_next()). */
int housekeeping_seal(const struct service *service);
/* Wipes the contents of a session whose time is over (mobile_wipe_next()). */
int housekeeping_wipe(const struct service *service);
/* Expires, forgets and deletes what is past its time (store_sweep()), each expired session with its
 * line in the journal first; measures how late the other two are. */
int housekeeping_sweep(const struct service *service);
