/* Revocation lists of the authorities that sign for those who speak to us: fetched in the
 * background before they end, verified, kept on disk, asked without the network (req 0.24, 0.25).
 */
#pragma once

#include "base/auto.h"
#include "base/clock.h"
#include "conf/conf.h"
#include "crypto/crl_index.h"
#include "journal/journal.h"
#include "server/metrics.h"

struct lists; /* thread-safe */

/* Borrowed but for the secret, which is used for the call only. */
struct lists_params {
    const struct conf_trust *conf; /* for the call only */
    struct slice secret;           /* the key that closes files of lists is derived from it */
    struct journal *journal;
    const struct clock *clock;
    struct metric *calls; /* times its downloads (server/outward.h); NULL: nobody counts */
};

/* Makes the folder when it is absent and starts the thread. ST_INPUT: an address or a path too many
 * or too long; ST_NOMEM. A folder that cannot be made is said in the log: lists then live in
 * memory.
 */
MUST_USE enum status lists_start(const struct lists_params *params, struct lists **ret_lists,
                                 struct err *err);
/* New crl_… settings, from any thread: a download under way is broken off, and every list is
 * fetched anew by them. Nothing happens when they are the same. Errors as of lists_start(). */
MUST_USE enum status lists_configure(struct lists *lists, const struct conf_trust *conf,
                                     struct err *err);
/* Breaks off a download under way. NULL is fine. */
void lists_stop(struct lists *lists);
DEFINE_AUTO(struct lists, lists_stop)

/* A certificate is judged: its issuer's lists will be wanted. The first time they are read from
 * disk, and fetched by where the certificate says they are. */
void lists_see(struct lists *lists, const struct cert *subject, const struct cert *issuer);
enum { LISTS_MAX = 16 }; /* issuers */

/* The lists of one issuer, for numbers: of the newer of base and delta. */
struct list_look {
    char issuer[256];   /* its certificate's common name */
    uint8_t sha256[32]; /* … and fingerprint */
    int64_t this_update_ms, next_update_ms;
};
/* Issuers whose lists are here; returns how many. */
size_t lists_look(struct lists *lists, struct list_look ret_looks[LISTS_MAX]);

/* trust_io.find_crl: waits until deadline_ms (monotonic) for the first try to fetch the lists of an
 * issuer that was not known yet, and for nothing else. */
MUST_USE enum status lists_find(struct lists *lists, const struct cert *subject,
                                const struct cert *issuer, int64_t deadline_ms,
                                struct crl_index **ret_index, struct err *err);
