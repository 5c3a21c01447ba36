/* Requests to other systems on record: before they go, and how they ended (req 0.39, 0.40). For
 * what trust_io, lists, LDAP and the clock ask; ЦОИД's calls have lines of their own
 * (src/coid/ask.c), and an answer that a cache knows is no request.
 *
 * What is not on record does not go: a journal that refuses makes the question fail. */
#pragma once

#include "base/clock.h"
#include "crypto/trust.h"
#include "journal/journal.h"
#include "model/peer.h"
#include "rest/rest.h"
#include "server/metrics.h"

struct outward { /* borrowed */
    struct journal *journal;
    const struct clock *clock;
    struct metric *calls; /* METER_OUTWARD_CALL; NULL: nobody counts */
};

/* On whose behalf this thread works from now on: exchange id and address of the lines. Borrowed
 * until the next call; NULL: nobody, as in the background. Questions are asked rooms below, by
 * whoever judges a signature, through interfaces that know of no exchange. */
void outward_for(const struct peer *peer);

/* One question under way; borrowed. */
struct outward_call {
    const char *purpose; /* ocsp timestamp issuer crl ldap time */
    const char *server;  /* a URL, of which scheme, host and port are told, or host:port */
    const char *about;   /* "" or more, in the form key=value */
    int64_t start_ms;    /* outward_asked() sets it */
};
/* upstream.asked. ST_UNAVAILABLE: it must not go. */
MUST_USE enum status outward_asked(const struct outward *outward, struct outward_call *call,
                                   struct err *err);
/* upstream.told, and its time to the metric. why: of a failure, NULL: none; bytes: of the answer.
 */
void outward_told(const struct outward *outward, const struct outward_call *call, size_t bytes,
                  const struct err *why);

/* rest_fetch() between the two; its purpose is told by the content type, get_purpose without one.
 */
MUST_USE enum status outward_fetch(const struct outward *outward, struct rest *rest,
                                   const char *get_purpose, const struct fetch *what,
                                   struct bytes **ret_answer, struct err *err);
