/*
 * The curves: scalars and points as fixed-size little-endian bytes, the form they travel in.
 *
 * A point is LE(x) ‖ LE(y). Functions return 1 for yes or done, 0 for no or failed. Thread-safe.
 * Curves of nettle: constant-time in the scalar. tc26-256-A: OpenSSL's EC_GROUP, public data only.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct ecc_curve;

enum { KZ_MAX_COORDINATE = 64 }; /* bytes */

struct kz_curve {
    size_t size;                             /* bytes of a coordinate and of a scalar */
    const uint8_t *order;                    /* q, little-endian, size bytes */
    const struct ecc_curve *(*nettle)(void); /* NULL: computed by OpenSSL, see tc26.h */
};

extern const struct kz_curve kz_curve_cryptopro_a; /* 34.310-2004: CryptoPro-A, 256 bits */
extern const struct kz_curve kz_curve_tc26_512_a;  /* 34.10-2015-512: tc26-512-A */
extern const struct kz_curve kz_curve_tc26_256_a;  /* 34.10-2015-256: tc26-256-A, cofactor 4 */

/* 0 < scalar < q? Takes the same time for every scalar. */
int kz_scalar_in_range(const struct kz_curve *curve, const uint8_t *scalar);

/* Is it a point of the curve, other than infinity, of order q? */
int kz_point_check(const struct kz_curve *curve, const uint8_t *point);

/* scalar · G; the scalar must be in range. Fails on a curve without nettle. */
int kz_point_of_scalar(const struct kz_curve *curve, const uint8_t *scalar, uint8_t *ret_point);

/* A uniform scalar in range, from the kernel's generator. */
int kz_scalar_random(const struct kz_curve *curve, uint8_t *ret_scalar);

/* len bytes of the kernel's generator. */
int kz_random(void *ret_bytes, size_t len);
