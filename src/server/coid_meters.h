/* What is counted of ЦОИД, for /metrics (server/meters.h). */
#pragma once

#include "coid/coid.h"
#include "rest/upstream.h"
#include "server/meters.h"

/* Counts calls and comparisons into meters, which must live as long. */
struct coid_observer coid_meters_observer(const struct meters *meters);

/* How its bulkhead and breaker stand now; upstream NULL: it is not offered, and nothing is shown.
 */
void coid_meters_look(const struct meters *meters, struct upstream *upstream);
