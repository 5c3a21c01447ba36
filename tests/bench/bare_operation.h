/* The bare signature operation of each algorithm, without certificate, encoding or provider: GOST
 * by nettle, RSA by OpenSSL. What the cost of ours is measured against. */
#pragma once

#include "crypto/algorithm.h"

#include <stdbool.h>

struct bare;

/* A key pair of its own and a signature of a random digest. NULL: the library refused. */
struct bare *bare_new(enum algorithm algorithm);
void bare_free(struct bare *bare);
/* bench_operation, both. */
bool bare_sign(void *bare);
bool bare_check(void *bare);
