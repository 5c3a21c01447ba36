/* RELP, the protocol of librelp and rsyslog's imrelp, as a client: each message is acknowledged by
 * the receiver. Source: librelp's doc/relp.html, version 0. For this room only.
 *
 * Not librelp itself: its client tells nobody which messages were acknowledged, looks names up
 * without a deadline and counts its own by the wall clock. */
#pragma once

#include "base/auto.h"
#include "base/err.h"
#include "base/slice.h"
#include "journal/syslog_wire.h"

#include <stdint.h>

enum { RELP_WINDOW = 128 }; /* messages under way at most */

struct relp;
/* Opens the session on a connection; wire is borrowed and must outlive it.
 * ST_UPSTREAM: it speaks no RELP, or takes no syslog. */
MUST_USE enum status relp_open(struct wire *wire, const char *version, struct relp **ret_relp,
                               struct err *err);
/* Hands one message over; waits while RELP_WINDOW are not acknowledged.
 * ST_UPSTREAM: the receiver refused a message, ends the session, or says what no RELP is. */
MUST_USE enum status relp_send(struct relp *relp, struct slice message, struct err *err);
/* Waits until all are acknowledged. */
MUST_USE enum status relp_flush(struct relp *relp, struct err *err);
/* How many messages were acknowledged, without a gap, since the session was opened; right also
 * after a failure. */
uint64_t relp_acknowledged(const struct relp *relp);
/* Says good-bye without waiting for an answer. NULL is fine. */
void relp_close(struct relp *relp);
DEFINE_AUTO(struct relp, relp_close)
