/* What a reload replaces: configuration, trust, keys, pins, senders, and the rooms built from them.
 * Immutable and shared by reference: an exchange keeps the one it began with. */
#pragma once

#include "base/auto.h"
#include "conf/conf.h"
#include "crypto/key.h"
#include "server/coid_room.h"
#include "server/exchange.h"
#include "server/expiry.h"
#include "server/rooms.h"

struct service;

/* Builds from a configuration, which it takes over on ST_OK. ST_INPUT: a key, certificate or trust
 * folder that cannot be used, named. */
MUST_USE enum status service_new(const struct conf *conf, const struct rooms *rooms,
                                 struct service **ret_service, struct err *err);
struct service *service_ref(struct service *service);
/* Gives one reference back. NULL is fine. */
void service_free(struct service *service);
DEFINE_AUTO(struct service, service_free)

/* Takes over what the service before has learnt of the outside: for a reload. */
void service_adopt(struct service *service, struct service *before);

const struct conf *service_conf(const struct service *service);
const struct road *service_road(const struct service *service);
struct mobile *service_mobile(const struct service *service);
/* NULL: ЦОИД is not offered. */
struct coid_room *service_coid(const struct service *service);
const struct rooms *service_rooms(const struct service *service);
/* That signs what is ours: answers, seals. */
const struct key *service_key(const struct service *service);
const struct trust *service_trust(const struct service *service);
/* Every certificate that this configuration names. */
const struct expiry_list *service_certificates(const struct service *service);
