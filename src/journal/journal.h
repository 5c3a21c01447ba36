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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journal;

struct journal_params {
    const char *dir;            /* /var/log/shepd, made when absent, set to mode 0700 (req 0.53);
                                   files journal-YYYYMMDD-FIRSTSEQ.log, mode 0600 */
    const char *instance;       /* source="shepd/INSTANCE"; 1..64 of A-Z a-z 0-9 . _ - */
    struct slice pseudonym_key; /* HMAC-SHA256 key of IIN pseudonyms (C-27), 16 bytes at least;
                                   copied, wiped in the end */
    size_t max_file_bytes;      /* a full file is closed between two lines, and so is yesterday's by
                                   the first line of a day (Astana's); 64 KiB at least */
    const struct clock *clock;  /* borrowed */
    /* Told of every event that is on disk, by the thread that wrote it; NULL: nobody. */
    void (*wrote)(void *ctx, const struct event *event);
    void *ctx;
};

/**
 * Opens the folder's journal, or begins one: checks the last file's chain, cuts a torn last line
 * and writes journal.recovered with the number of bytes cut.
 *
 * ST_CONFLICT     another process has the folder (lock file; code journalLocked), it holds another
 *                 instance's journal, or the chain is broken in the middle: nothing is touched
 * ST_UNAVAILABLE  the folder cannot be made, read or written
 * ST_INPUT        a parameter, named
 */
MUST_USE enum status journal_open(const struct journal_params *params, struct journal **ret_journal,
                                  struct err *err);
/* NULL is fine. */
void journal_close(struct journal *journal);
DEFINE_AUTO(struct journal, journal_close)

/* One line, on disk when it returns. Values too long for a line of 16 KiB are cut and marked; an
 * IIN that slipped into event->text is replaced by its pseudonym. event->iin becomes ` iin=<16
 * hex>` at the end of the text.
 * ST_UNAVAILABLE: the disk refuses (full, read-only); nothing was recorded; counted, and said in a
 * line journal.refused, an alert, once writing works again. */
MUST_USE enum status journal_write(struct journal *journal, const struct event *event,
                                   struct err *err);
/* Tries to write the line journal.refused that is due, so that a journal with no traffic recovers
 * too. ST_OK when none is due. ST_UNAVAILABLE: the disk still refuses. */
MUST_USE enum status journal_recover(struct journal *journal, struct err *err);
/* exchange.received: before any effect; and a warning revocation.accepted for a signer whose
 * revocation is not known (struct signer, unknown). */
MUST_USE enum status journal_received(struct journal *journal, const struct peer *peer,
                                      const struct request *req, struct err *err);
/* exchange.answered: before the answer leaves; req is NULL when none could be read. reason is for
 * the text of a Fault or SCSE003, "" otherwise. An answer given again names in its text the
 * exchange that made it: again=ID, which is the answer's own messageId. */
MUST_USE enum status journal_answered(struct journal *journal, const struct peer *peer,
                                      const struct request *req, const struct reply *reply,
                                      const char *reason, struct err *err);
/* The keyed pseudonym of an IIN as the journal writes it (hex, 16 characters), for searching. */
void journal_pseudonym(const struct journal *journal, const char *iin, char ret[17]);

struct journal_stats {
    uint64_t lines;   /* written since it was opened */
    uint64_t syncs;   /* fsyncs for them: fewer than lines when threads share them */
    uint64_t refused; /* lines the disk refused since it was opened */
    uint64_t unsaid;  /* of refused, those that no line has told of yet: the disk still refuses, or
                         nobody has tried since */
    uint64_t seq;     /* of the last line on disk, 0: none yet */
};
struct journal_stats journal_stats(struct journal *journal);

struct shipper; /* a thread that feeds one sink from the text journal, durable by the sink's
                   position */
/* Borrows the journal, which must outlive it; copies the sink. A failing sink is tried again for
 * ever, with pauses of 50 ms to 5 s. */
MUST_USE enum status shipper_start(struct journal *journal, const struct event_sink *sink,
                                   struct shipper **ret_shipper, struct err *err);
/* Lines written and not known to be shipped. */
uint64_t shipper_lag(const struct shipper *shipper);
/* true: its last try failed, *ret_err says why. */
bool shipper_failing(const struct shipper *shipper, struct err *ret_err);
/* Ships what it can within grace_ms, then stops; a put() under way is waited for. NULL is fine. */
void shipper_stop(struct shipper *shipper, int64_t grace_ms);
