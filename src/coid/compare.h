/* One comparison, paid for once (C-26; flows.md section 2). For src/coid only. */
#pragma once

#include "coid/ask.h"

/**
 * Brings the errand's verification to its end and reads what was told of it.
 *
 * call     its row as store_coid_begin() told it; afterwards as it is now
 * fresh    the row was made now: nobody has sent anything with its key
 * ST_INPUT, ST_UPSTREAM  refused for good, now or before; or as ask(): then the same messageId may
 *                        come again
 */
MUST_USE enum status compare(struct errand *errand, struct coid_call *call, bool fresh,
                             const struct question *post, struct coid_answer *ret, struct err *err);
