/* A journal line as a message of RFC 5424 (req 0.34), and how messages stand in a stream (RFC 6587
 * section 3.4.1). Nothing but bytes: no network, no clock. Thread-safe.
 *
 *   <PRI>1 TIMESTAMP HOSTNAME shepd - MSGID [shepd@N …][meta …][origin …] BOM text
 *
 * The PARAMs of shepd@N bear the names of the journal's keys, empty ones are left out; start and
 * end are whole timestamps. The same line is the same bytes whenever it is sent, so PROCID is nil:
 * the line does not say which process wrote it. */
#pragma once

#include "base/bytes.h"
#include "model/event.h"

enum {
    SYSLOG_MESSAGE_MIN = 2048, /* what every receiver should take: RFC 5424 section 6.1 */
    SYSLOG_MESSAGE_MAX = 65000,
    SYSLOG_HOSTNAME_MAX = 255,
    SYSLOG_MSGID_MAX = 32,
};

/* What is the same in every message of one sender. */
struct syslog_head {
    unsigned facility;    /* 0 … 23 */
    const char *hostname; /* what is not visible ASCII in it is left out; "" is nil */
    unsigned enterprise;  /* private enterprise number N in our SD-ID */
    const char *version;  /* of shepd */
    size_t max_bytes;     /* of a message, SYSLOG_MESSAGE_MIN … SYSLOG_MESSAGE_MAX */
};

/* Appends the message. What is too long for max_bytes is cut between two characters and ends in
 * LINE_CUT: the text first, which gets what the rest leaves; a PARAM-VALUE has a sixteenth of
 * max_bytes. Control characters stand as \n and \xNN (journal/line.h), so that a message is one
 * line; bytes_check() tells of a lost write. */
void syslog_message(const struct syslog_head *head, const struct event_row *row, struct bytes *out);

/* Appends MSG-LEN SP SYSLOG-MSG: octet counting. */
void syslog_frame(struct slice message, struct bytes *out);
