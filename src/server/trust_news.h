/* What a reload changes of whom we trust, for the journal (req 0.37). */
#pragma once

#include "base/clock.h"
#include "crypto/trust.h"
#include "journal/journal.h"

/**
 * Writes trust.added and trust.removed, a line for each certificate that came or went: kind,
 * subject, SHA-256. At most 64 lines of a kind; one more then says how many are left out.
 *
 * before, after  borrowed for the call
 */
void trust_news_write(struct journal *journal, const struct clock *clock,
                      const struct trust *before, const struct trust *after);
