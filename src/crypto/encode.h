/* Hashes, HMAC, randomness and base64, by OpenSSL. */
#pragma once

#include "base/bytes.h"
#include "base/err.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum { SHA256_BYTES = 32 };

void sha256(struct slice data, uint8_t ret[SHA256_BYTES]);
void hmac_sha256(struct slice key, struct slice data, uint8_t ret[SHA256_BYTES]);
/* Constant time for equal lengths. */
bool equal_constant_time(struct slice a, struct slice b);
void random_fill(void *at, size_t len); /* aborts when the kernel has no entropy */

/* Standard alphabet with padding, one line. NULL when out of memory. */
struct bytes *base64_encode(struct slice data);
/* URL alphabet without padding (RFC 4648 section 5). */
struct bytes *base64url_encode(struct slice data);
/**
 * Reads the standard alphabet; white space anywhere is skipped, padding must be right when given
 * and may be missing. max_bytes bounds the result. ST_INPUT  not base64, or longer than max_bytes
 */
MUST_USE enum status base64_decode(struct slice text, size_t max_bytes, struct bytes **ret,
                                   struct err *err);
/* The same for the URL alphabet. */
MUST_USE enum status base64url_decode(struct slice text, size_t max_bytes, struct bytes **ret,
                                      struct err *err);
