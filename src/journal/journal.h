/* The text journal: the write-ahead log. A line is on disk (fsync) before its call returns; lines
 * of several threads share one fsync. Source: payloads.md section 4, req 0.41–0.61. Thread-safe. */
#pragma once

#include "base/auto.h"
#include "base/clock.h"
#include "base/err.h"
#include "model/event.h"
#include "model/peer.h"
#include "model/reply.h"
#include "model/request.h"

struct journal;

struct journal_params {
    const char *dir;            /* /var/log/shepd; files journal-YYYYMMDD-SEQ.log, mode 0600 */
    const char *instance;       /* source="shepd/INSTANCE" */
    struct slice pseudonym_key; /* HMAC key of IIN pseudonyms (C-27); copied */
    size_t max_file_bytes;      /* a full file is closed between two lines */
    const struct clock *clock;
};

/* Opens, cuts a torn last line (and writes journal.recovered), checks the chain's end. One process
 * at a time per folder (lock file): ST_CONFLICT. */
MUST_USE enum status journal_open(const struct journal_params *params, struct journal **ret_journal,
                                  struct err *err);
/* NULL is fine. */
void journal_close(struct journal *journal);
DEFINE_AUTO(struct journal, journal_close)

/* ST_UNAVAILABLE: the disk refuses (full, read-only); nothing was recorded; counted, and said in a
 * line of its own once writing works again. */
MUST_USE enum status journal_write(struct journal *journal, const struct event *event,
                                   struct err *err);
/* exchange.received: before any effect. */
MUST_USE enum status journal_received(struct journal *journal, const struct peer *peer,
                                      const struct request *req, struct err *err);
/* exchange.answered: before the answer leaves; req is NULL when none could be read. reason is for
 * the text of a Fault or SCSE003, "" otherwise. */
MUST_USE enum status journal_answered(struct journal *journal, const struct peer *peer,
                                      const struct request *req, const struct reply *reply,
                                      const char *reason, struct err *err);
/* The keyed pseudonym of an IIN as the journal writes it (hex, 16 characters), for searching. */
void journal_pseudonym(const struct journal *journal, const char *iin, char ret[17]);

struct shipper; /* a thread that feeds one sink from the text journal, durable by the sink's
                   position */
MUST_USE enum status shipper_start(struct journal *journal, const struct event_sink *sink,
                                   struct shipper **ret_shipper, struct err *err);
uint64_t shipper_lag(const struct shipper *shipper); /* lines written and not yet shipped */
/* Ships what it can within grace_ms, then stops. NULL is fine. */
void shipper_stop(struct shipper *shipper, int64_t grace_ms);
