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
/* Seals the next closed file of the journal, or of shepctl's own beside it (journal/seal.h). What
 * was done already is the chore's own: where the next look begins, per folder. */
enum { HOUSEKEEPING_FOLDERS = 2 };
struct journal_seals {
    uint64_t from[HOUSEKEEPING_FOLDERS]; /* seq */
};
int housekeeping_seal_journal(const struct service *service, struct journal_seals *seals);
/* Writes the line that says how many the disk refused, as soon as it takes lines again, with no
 * request to come by for it (journal_recover()). */
int housekeeping_recover_journal(const struct service *service);
/* Makes the months to come in the journal's table (store_months_ahead()); daily. */
int housekeeping_months(const struct service *service);
