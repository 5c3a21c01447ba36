/* What the journal and the log are told of the receiver of syslog: once when it is lost, once when
 * it is back. One that comes and goes makes no storm, for each of these lines goes to it, too. */
#pragma once

#include "model/event.h"

struct rooms;

/* Zeroed at first; of one thread. Counted in looks, a second each. */
struct syslog_watch {
    bool lost;
    unsigned bad, good; /* looks in a row */
    unsigned steady;    /* of them that it must be good to be back */
};
enum syslog_word { SYSLOG_NO_NEWS, SYSLOG_LOST, SYSLOG_BACK };
/* One look: lost after three bad ones, back after `steady` good ones: five, and twice as many each
 * time it is lost again within ten minutes, five minutes at most. */
enum syslog_word syslog_watch_step(struct syslog_watch *watch, bool failing);

/* The look of a chore (server/chore.h): writes syslog.lost, syslog.back and syslog.skipped. Does
 * nothing when no receiver is configured. The seconds until the next. */
int syslog_watch_look(struct syslog_watch *watch, const struct rooms *rooms);
