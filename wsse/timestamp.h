/* The wsu:Timestamp of a Security header. */
#pragma once

#include "wsse/envelope.h"

/* A signed Timestamp: Created not in the future, Expires not past, by the judge's clock and skew;
 * without Expires it does not expire (WS-Security 1.1 section 10). An unsigned one says nothing and
 * is reported as skipped, as is any with judge->signature_only. Row: CHECK_TIMESTAMP. */
bool timestamp_check(struct trial *trial, const struct envelope *envelope, bool is_signed);
