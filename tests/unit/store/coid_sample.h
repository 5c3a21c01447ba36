/* Verifications and evidence of ЦОИД for the store's tests. */
#pragma once

#include "store/coid.h"

enum { COID_DAY = 20261122 };

/* Fresh key and exchange; no limit. number: makes payloads, IINs' last digits and photos differ. */
struct coid_begin coid_begin_of(const char *message, unsigned number);
/* Begins, and demands that it works. */
struct coid_call coid_begun(struct store *store, const struct coid_begin *begin, bool want_fresh);
/* DONE with a result, or REFUSED with a status. */
struct coid_end coid_done(void);
struct coid_end coid_refused(void);
/* A verified answer to verifyPhoto with everything in it. */
struct coid_evidence coid_evidence_of(const struct id *key, const char *body);
