/* Asking responders about one certificate, live (req 0.22). */
#pragma once

#include "crypto/ocsp_cache.h"
#include "crypto/trust.h"

struct ocsp_inquiry {
    const struct judge *judge; /* its io, its clock and its deadline */
    const struct cert *subject, *issuer;
    const struct ocsp_urls *urls;
    bool has_lists; /* lists can answer in the responders' place: they get less time, and those
                       that failed a moment ago are left alone (ocsp_cache_is_ailing()) */
};

/**
 * Each responder in order until one says good or revoked; each has an equal share of the time that
 * is left. Those that could not be reached or said that they are out of order (tryLater,
 * internalError) are asked once more, after judge->io->pause, when there is time. What a responder
 * does not know the next one may.
 *
 * ret_spared  a responder was left alone: asking again without has_lists may bring more
 * ret_said  what the best of them said: der NULL and the last one's failure in answer.text when
 *           nothing may be relied upon; bytes_free(ret_said->der)
 */
void ocsp_ask(const struct ocsp_inquiry *inquiry, struct ocsp_said *ret_said, bool *ret_spared);
