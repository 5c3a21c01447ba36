/*
 * tc26-256-A, the curve of 34.10-2015-256, which nettle lacks: by OpenSSL's EC_GROUP.
 *
 * Not constant-time, so public data only: points are checked and signatures verified, never made.
 * Bytes as in curve.h; 1 yes, 0 no or out of memory. Thread-safe.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* On the curve, not infinity, and of order q: the cofactor is 4, a quarter of the points pass. */
int kz_tc26_point_check(const uint8_t *point);

/* r and s are in range already (kz_scalar_in_range); digest is 32 bytes. */
int kz_tc26_verify(const uint8_t *point, const uint8_t *digest, const uint8_t *signature);
