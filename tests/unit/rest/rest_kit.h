/* What the tests of outward calls share. */
#pragma once

#include "peer.h"
#include "rest/rest.h"

enum { LONG_MS = 20000 };

/* An answer of 200 with JSON. */
extern const char good[];

/* ca: the name of its certs.h file; NULL: the system's. The caller's. */
struct rest *make_rest(const char *ca, unsigned max_parallel);
