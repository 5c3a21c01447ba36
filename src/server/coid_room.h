/* ЦОИД as one service has it (flows.md section 2): the keys, trust, paths and limits of its
 * configuration. A reload makes a new one; bulkhead and breaker are the rooms' and go on. */
#pragma once

#include "coid/coid.h"
#include "conf/conf.h"
#include "crypto/trust.h"
#include "server/jws_source.h"

struct coid_room; /* thread-safe */

/* Borrowed for the room's life. */
struct coid_room_params {
    const struct conf *conf; /* its [coid] base_url is set */
    const struct trust *trust;
    const struct trust_io *io;
    struct jws_source *jws;
    struct upstream *upstream; /* of coid_room_limits(); outlives the room */
    struct store *store;
    struct journal *journal;
    const struct clock *clock;
    struct coid_observer observer;
};
/**
 * ST_INPUT, ST_NOT_FOUND, ST_FORGED, ST_UNAVAILABLE  a key, the CA or a limit cannot be used; named
 *
 * A certificate that has ended is no reason: its end is an alert of its own (server/expiry.h), and
 * signing by telephone does not depend on it. Calls nobody. *ret_room is the caller's:
 * coid_room_free().
 */
MUST_USE enum status coid_room_new(const struct coid_room_params *params,
                                   struct coid_room **ret_room, struct err *err);
/* NULL is fine. */
void coid_room_free(struct coid_room *room);
DEFINE_AUTO(struct coid_room, coid_room_free)

/* Borrowed from the room. */
struct coid *coid_room_coid(const struct coid_room *room);
const struct key *coid_room_sign_key(const struct coid_room *room);
const struct cert *coid_room_client_cert(const struct coid_room *room);

/* Breaks off every call under way and refuses further ones: for the end. */
void coid_room_cancel(struct coid_room *room);

/* The bulkhead and breaker that conf wants. */
struct upstream_params coid_room_limits(const struct conf *conf);
