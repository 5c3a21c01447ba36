/* One issuer's lists from the network, verified and joined. */
#pragma once

#include "base/auto.h"
#include "crypto/crl_index.h"
#include "crypto/crl_points.h"
#include "server/outward.h"

struct fetcher; /* used by one thread; calls out one at a time, beside the OCSP pool */

/* own: addresses of the configuration, by enum crl_kind; archive: where every list that is taken is
 * kept as it came (server/lists_archive.h), "" for nowhere; both copied. outward: for the lines
 * about each download, borrowed for the fetcher's life. ST_NOMEM. */
MUST_USE enum status fetcher_new(const struct crl_urls own[2], const char *archive,
                                 const struct outward *outward, struct fetcher **ret_fetcher,
                                 struct err *err);
/* NULL is fine. */
void fetcher_free(struct fetcher *fetcher);
DEFINE_AUTO(struct fetcher, fetcher_free)
/* Breaks off the run under way, and refuses those to come. From any thread. */
void fetcher_cancel(struct fetcher *fetcher);

/* Borrowed for the call. */
struct fetch_order {
    const struct cert *issuer;
    const struct crl_urls *base, *delta; /* as certificates say; the configuration goes first */
    const struct crl_index *held;        /* NULL: none */
    int64_t fresh_ms;                    /* Unix; a held base that lives longer is not fetched
                                            again, its delta alone is */
};

/**
 * Each address is tried in order until a list of the issuer comes from it. A delta that does not
 * apply to the held base makes the base be fetched too; a delta that cannot be had leaves the base
 * alone, which is no failure where the base is still inside its dates. A list that the archive does
 * not take is not taken: evidence would name what nobody has.
 * ret_index is the caller's. Errors are of the last address tried.
 */
MUST_USE enum status fetcher_run(struct fetcher *fetcher, const struct fetch_order *order,
                                 struct crl_index **ret_index, struct err *err);
/* Why the last run did without a delta that is named somewhere; "" when it had it. */
const char *fetcher_note(const struct fetcher *fetcher);
