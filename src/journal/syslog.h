/* The text journal as messages of RFC 5424 to one receiver (req 0.34): a sink for a shipper.
 *
 * What each transport promises, docs/OPERATIONS.md says it to operators:
 *   relp, relp-tls  at least once, in order: the position is the last line acknowledged
 *   tcp, tls        after every connection anew the last resend_lines lines once more, for what was
 *                   under way when one broke is lost without notice
 *   udp             from now on, nobody learns what arrived
 * What comes twice bears the same id and is the same bytes. The position is a file in the journal's
 * folder, which may lag behind, never run ahead. */
#pragma once

#include "base/auto.h"
#include "base/err.h"
#include "journal/syslog_line.h"

#include <stdbool.h>
#include <stdint.h>

enum syslog_transport {
    SYSLOG_UDP,  /* RFC 5426 */
    SYSLOG_TCP,  /* RFC 6587, octet counting */
    SYSLOG_TLS,  /* RFC 5425 */
    SYSLOG_RELP, /* and the same in TLS */
    SYSLOG_RELP_TLS,
};
/* udp tcp tls relp relp-tls; false: another word. */
bool syslog_transport_parse(const char *word, enum syslog_transport *ret);
/* Where it listens when an address names no port. */
const char *syslog_default_port(enum syslog_transport transport);
/* local0 … 23 of RFC 5424 section 6.2.1 by their usual names; false: another word. */
bool syslog_facility_parse(const char *word, unsigned *ret);

struct syslog_params { /* texts are borrowed for syslog_open() only */
    enum syslog_transport transport;
    const char *address; /* host, host:port, [IPv6]:port */
    const char *dir;     /* the journal's: the position is kept there, as syslog.position */
    struct syslog_head head;
    const char *tls_ca_file, *tls_name; /* tls, relp-tls; name "": the address' host */
    const char *tls_cert_file, *tls_key_file;
    int64_t connect_ms, io_ms;
    uint64_t resend_lines;
};

struct syslog;
/* Reads files, does not connect. ST_INPUT: a setting or a file of TLS, named; ST_FORMAT: the file
 * of the position is damaged. *ret_syslog is the caller's. */
MUST_USE enum status syslog_open(const struct syslog_params *params, struct syslog **ret_syslog,
                                 struct err *err);
/* For shipper_start(); borrows. */
struct event_sink syslog_sink(struct syslog *syslog);
/* "relp 10.0.0.5:2514": for messages. */
const char *syslog_name(const struct syslog *syslog);
/* Whatever it waits for then ends after grace_ms; call it before shipper_stop(). Thread-safe. */
void syslog_end(struct syslog *syslog, int64_t grace_ms);

/* Lines that were in no file any more when their turn came. */
struct syslog_gap {
    uint64_t first, last; /* seq; of several gaps the outermost ones */
    uint64_t lines;       /* 0: none since it was asked last */
};
/* Thread-safe. */
struct syslog_gap syslog_take_gap(struct syslog *syslog);
/* Keeps the position. After shipper_stop(). NULL is fine. */
void syslog_close(struct syslog *syslog);
DEFINE_AUTO(struct syslog, syslog_close)
