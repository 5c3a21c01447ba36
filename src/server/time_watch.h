/* Our clock, checked against time servers (req 0.52): what the journal is told of it, and when. */
#pragma once

#include "base/auto.h"
#include "base/clock.h"
#include "conf/conf.h"
#include "server/meters.h"

#include <stdbool.h>
#include <stdint.h>

struct rooms;

/* What is known of the clock; one thread looks, any may measure. */
struct time_watch;

/* steady: a clock that is never set, for pauses and ages; NULL: the monotonic one. NULL: out of
 * memory. */
struct time_watch *time_watch_new(const struct clock *steady);
/* NULL is fine. */
void time_watch_free(struct time_watch *watch);
DEFINE_AUTO(struct time_watch, time_watch_free)

/* When a check is due: asks every server of [time], a second each at most, and writes into the
 * journal what has changed: clock.right, clock.off, or, after three checks in vain, clock.unknown.
 * A server that refuses to be asked is left alone for a day, or an hour when it was asked too
 * often. The seconds until there is reason to look again (server/chore.h); troubles are logged. */
int time_watch_look(struct time_watch *watch, const struct conf *conf, const struct rooms *rooms);

/* Puts offset, its age and the number of servers into their gauges; what is not known is not there.
 */
void time_watch_measure(struct time_watch *watch, const struct meters *meters);
/* Ours less theirs, as last measured. false: it is not known. */
bool time_watch_offset(struct time_watch *watch, int64_t *ret_offset_us);
