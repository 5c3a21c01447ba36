/* Every certificate that a configuration names, and what it is to us: to watch its end (req 3.01).
 */
#pragma once

#include "conf/conf.h"
#include "crypto/key.h"
#include "crypto/trust.h"
#include "server/coid_room.h"
#include "server/expiry.h"
#include "server/jws_source.h"
#include "wsse/wsse.h"

/* All opened already; borrowed for the call. */
struct inventory {
    const struct conf *conf;
    const struct key *key; /* that signs our answers */
    const struct trust *trust;
    const struct pin *pins; /* of gateways */
    size_t pin_count;
    const struct jws_source *jws;
    const struct coid_room *coid; /* NULL: not offered */
};
/* ST_INPUT: a file that holds no certificate. *ret_list is the caller's: expiry_list_free(). */
MUST_USE enum status inventory_list(const struct inventory *inventory,
                                    struct expiry_list **ret_list, struct err *err);
