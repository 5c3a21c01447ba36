/* Numbers that the rooms keep themselves and that are looked at when somebody asks for /metrics,
 * and the words of labels (server/meters.h). */
#pragma once

#include "base/work.h"
#include "model/event.h"
#include "model/request.h"
#include "server/rooms.h"

/* Journal, workers, revocation lists, OCSP. */
void gauges_look(const struct rooms *rooms, struct work *work);

/* journal_params.wrote; ctx: the struct meters. */
void gauges_wrote(void *ctx, const struct event *event);
/* swept counts after a failure, too: what was done until then. */
void gauges_swept(const struct meters *meters, enum status status, const struct swept *swept);

/* signing, coid; "-": no operation. A label, so never what a caller wrote. */
const char *gauges_service(enum operation op);
