/* Leases: work for one instance at a time, by rows of the table `lease` and the database's clock.
 * For this room only. */
#pragma once

#include "store/store.h"

/* Whoever holds a lease: the instance and one run of its work, so that two threads of one instance
 * exclude each other too. */
struct lease {
    const char *name;
    char holder[256];
};

struct lease lease_of(const char *name, const char *instance);
/* Takes it, or extends it when it is ours. *ret_taken false: somebody else holds it. */
MUST_USE enum status lease_take(struct store *store, const struct lease *lease, int64_t ms,
                                bool *ret_taken, struct err *err);
/* Gives it up if it is still ours. */
MUST_USE enum status lease_release(struct store *store, const struct lease *lease, struct err *err);
