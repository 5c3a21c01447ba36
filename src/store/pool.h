/* Connections lent to one piece of work at a time, and the retries around it. For this room only.
 */
#pragma once

#include "store/db.h"

/* One try of a piece of work; it may be called again from the start, so it changes nothing but the
 * database and what it fills in ctx afresh each time. */
struct work {
    enum status (*run)(struct db *db, void *ctx, struct err *err);
    void *ctx;
    bool transaction; /* false: its statements stand alone, each bears being run again */
    bool snapshot;    /* of a transaction that only reads: it sees all rows as of one moment */
};

/* Runs it on a connection of the pool: START TRANSACTION and a checked COMMIT around it, again from
 * the start on deadlock and certification errors (bounded in number and time), once again when an
 * idle connection turns out to be dead. */
MUST_USE enum status store_run(struct store *store, const struct work *work, struct err *err);
