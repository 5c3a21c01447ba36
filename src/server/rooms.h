/* What is opened once and lives as long as the process: store, journal, codec, outward HTTP. */
#pragma once

#include "base/auto.h"
#include "base/clock.h"
#include "conf/conf.h"
#include "crypto/ocsp_cache.h"
#include "crypto/trust.h"
#include "crypto/vault.h"
#include "journal/journal.h"
#include "journal/syslog.h"
#include "rest/rest.h"
#include "rest/upstream.h"
#include "server/admin/door.h"
#include "server/admin/statistics.h"
#include "server/journal_proof.h"
#include "server/lists.h"
#include "server/meters.h"
#include "server/strangers.h"
#include "server/time_watch.h"
#include "soap/soap.h"
#include "store/store.h"

#include <stdatomic.h>

struct rooms {
    const struct clock *clock;
    struct meters meters;
    struct vault *vault; /* a reload changes its keys: server.c */
    struct store *store;
    struct journal *journal;
    struct shipper *shipper;
    struct syslog *syslog; /* NULL: no receiver is configured */
    struct shipper *syslog_shipper;
    struct codec *codec;
    struct rest *rest;
    struct upstream *coid; /* ЦОИД's bulkhead and breaker: reloads do not forget how it is */
    struct lists *lists;
    struct ocsp_cache *answers;
    struct strangers *strangers;
    struct door *door;               /* log-ins to the console */
    struct strangers *door_failures; /* addresses that failed there */
    struct time_watch *time_watch;
    struct journal_proof *proof;   /* what came of the daily one */
    struct statistics *statistics; /* the console's, of all instances */
    atomic_bool stopping;          /* SIGTERM came: no new requests, please */
    struct trust_io trust_io;      /* fetch by rest, receipts in store, CRLs by lists */
};

/* Opens in the order of need: store (and its schema), journal, shipper. *ret_rooms is the caller's.
 */
MUST_USE enum status rooms_open(const struct conf *conf, struct rooms **ret_rooms, struct err *err);
/* Ends what still asks other systems in the background, so that nothing follows service.stopped.
 * NULL is fine. */
void rooms_quieten(struct rooms *rooms);
/* Ships what the journal still holds, then closes. NULL is fine. */
void rooms_close(struct rooms *rooms);
DEFINE_AUTO(struct rooms, rooms_close)
