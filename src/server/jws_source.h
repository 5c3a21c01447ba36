/* How the answers of ЦОИД are judged (req 2.46–2.51), as configured: pinned certificates first,
 * then those of the authority's LDAP. One per service: a reload makes a new one. For src/coid. */
#pragma once

#include "base/auto.h"
#include "base/clock.h"
#include "conf/conf.h"
#include "crypto/jws.h"
#include "journal/journal.h"
#include "server/metrics.h"

struct jws_source; /* immutable but for what LDAP has told */

struct jws_source_params {
    const struct conf *conf; /* for the call only */
    struct journal *journal; /* told when a server of LDAP goes away and comes back; borrowed */
    const struct clock *clock;
    struct metric
        *calls; /* times its questions (server/outward.h); borrowed; NULL: nobody counts */
};

/* ST_INPUT: a folder of pins that holds no certificates, LDAP settings that cannot be meant.
 * Asks nobody. *ret_source is the caller's: jws_source_free(). */
MUST_USE enum status jws_source_new(const struct jws_source_params *params,
                                    struct jws_source **ret_source, struct err *err);
/* NULL is fine. */
void jws_source_free(struct jws_source *source);
DEFINE_AUTO(struct jws_source, jws_source_free)

/* Takes over what the LDAP look-ups of the service before have found. */
void jws_source_adopt(struct jws_source *source, struct jws_source *before);

/* Trusted as they stand: for struct judge. Borrowed, as is what params names. */
const struct cert *const *jws_source_pins(const struct jws_source *source, size_t *ret_count);
struct jws_params jws_source_params_of(const struct jws_source *source);
