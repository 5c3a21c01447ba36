/* The journal's lines about the service itself: of its keys, files, clock, lists, receivers, of its
 * start and its end. Nobody's account and address stand behind them, and they begin and end now;
 * what differs is said, the rest is filled in here, and in the same way for all of them. */
#pragma once

#include "base/clock.h"
#include "journal/journal.h"

#include <stdbool.h>

/**
 * Writes the event with what it leaves out: account and ip NULL become "-", start_ms and end_ms 0
 * become the clock's now. On disk when it returns.
 *
 * journal, clock, event  borrowed for the call
 *
 * As journal_write(). For callers that go on otherwise, or not at all, when it fails.
 */
MUST_USE enum status diary_write(struct journal *journal, const struct clock *clock,
                                 const struct event *event, struct err *err);
/* The same for those who can do nothing but say in the log that the line is lost (journal.lost).
 * true: it is on disk. */
bool diary_note(struct journal *journal, const struct clock *clock, const struct event *event);
