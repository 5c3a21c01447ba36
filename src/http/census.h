/* How many connections each address has. One thread. */
#pragma once

#include "base/auto.h"
#include "http/peer.h"

struct census;

/* NULL when out of memory. */
struct census *census_new(void);
/* false: the address, as address_caller() has it, has max already, or out of memory. */
bool census_enter(struct census *census, const struct address *address, unsigned max);
void census_leave(struct census *census, const struct address *address);
/* NULL is fine. */
void census_free(struct census *census);
DEFINE_AUTO(struct census, census_free)
