/* An answer of each of ЦОИД's operations with everything in it that coid.xsd has. */
#pragma once

#include "model/reply.h"

#define COID_ID "0193a5c0-7b2e-7c3d-8e4f-0123456789ab"

/* Static, but for the struct itself. */
struct coid_answer coid_whole(enum operation op);
