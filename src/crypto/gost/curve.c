/* Scalars and points of the curves, by nettle where it knows the curve. */
#include "crypto/gost/curve.h"

#include "crypto/gost/limbs.h"
#include "crypto/gost/nettle_point.h"
#include "crypto/gost/tc26.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/types.h>

#include <nettle/ecc-curve.h>
#include <nettle/ecc.h>
#include <openssl/crypto.h>

enum { MAX_DRAWS = 64 }; /* one draw in 2^128 falls outside a nettle curve's order */

/* RFC 4357, 11.4: id-GostR3410-2001-CryptoPro-A-ParamSet */
static const uint8_t order_cryptopro_a[32] = {
    0x93, 0xb8, 0x61, 0xb7, 0x09, 0x1b, 0x84, 0x45, 0x00, 0xd1, 0x5a, 0x99, 0x70, 0x10, 0x61, 0x6c,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
};

/* RFC 7836, A.2: id-tc26-gost-3410-2012-512-paramSetA */
static const uint8_t order_tc26_512_a[64] = {
    0x75, 0xb2, 0x10, 0x1f, 0x41, 0xb1, 0xcd, 0xca, 0x5d, 0xb8, 0xd2, 0xfa, 0xab, 0x38, 0x4b, 0x9b,
    0x60, 0x60, 0x05, 0x4e, 0x8d, 0x2b, 0xf2, 0x6f, 0x11, 0x89, 0x8d, 0xf4, 0x32, 0x95, 0xe6, 0x27,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
};

/* RFC 7836, A.1: id-tc26-gost-3410-2012-256-paramSetA */
static const uint8_t order_tc26_256_a[32] = {
    0x67, 0x0c, 0x36, 0x6c, 0x55, 0xaf, 0x15, 0xc1, 0x35, 0x66, 0x7b, 0xc8, 0xdf, 0xcd, 0xd8, 0x0f,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x40,
};

const struct kz_curve kz_curve_cryptopro_a = {
    .size = sizeof(order_cryptopro_a),
    .order = order_cryptopro_a,
    .nettle = nettle_get_gost_gc256b,
};
const struct kz_curve kz_curve_tc26_512_a = {
    .size = sizeof(order_tc26_512_a),
    .order = order_tc26_512_a,
    .nettle = nettle_get_gost_gc512a,
};
const struct kz_curve kz_curve_tc26_256_a = {
    .size = sizeof(order_tc26_256_a),
    .order = order_tc26_256_a,
    .nettle = NULL,
};

int kz_scalar_in_range(const struct kz_curve *curve, const uint8_t *scalar)
{
    unsigned any = 0;
    unsigned borrow = 0; /* of scalar - q: set at the end when scalar < q */

    for (size_t i = 0; i < curve->size; i++) {
        any |= scalar[i];
        borrow = ((unsigned)scalar[i] - curve->order[i] - borrow) >> 8 & 1U;
    }
    return (int)((any + 0xff) >> 8 & borrow);
}

int kz_nettle_point_set(struct ecc_point *point, const uint8_t *bytes, size_t size)
{
    mpz_t x;
    mpz_t y;
    int on_curve;

    mpz_init(x);
    mpz_init(y);
    mpz_import(x, size, -1, 1, 0, 0, bytes);
    mpz_import(y, size, -1, 1, 0, 0, bytes + size);
    on_curve = ecc_point_set(point, x, y); /* also wants x, y < p; infinity has no such form */
    mpz_clear(x);
    mpz_clear(y);
    return on_curve;
}

int kz_point_check(const struct kz_curve *curve, const uint8_t *point)
{
    struct ecc_point parsed;
    int on_curve;

    if (!curve->nettle)
        return kz_tc26_point_check(point);
    ecc_point_init(&parsed, curve->nettle());
    on_curve = kz_nettle_point_set(&parsed, point, curve->size); /* cofactor 1: order q */
    ecc_point_clear(&parsed);
    return on_curve;
}

static void point_bytes(const struct ecc_point *point, size_t size, uint8_t *ret_bytes)
{
    mpz_t x;
    mpz_t y;

    mpz_init(x);
    mpz_init(y);
    ecc_point_get(point, x, y);
    memset(ret_bytes, 0, 2 * size);
    mpz_export(ret_bytes, NULL, -1, 1, 0, 0, x);
    mpz_export(ret_bytes + size, NULL, -1, 1, 0, 0, y);
    mpz_clear(x);
    mpz_clear(y);
}

int kz_point_of_scalar(const struct kz_curve *curve, const uint8_t *scalar, uint8_t *ret_point)
{
    mp_limb_t limbs[KZ_MAX_LIMBS];
    struct ecc_scalar factor;
    struct ecc_point product;

    if (!curve->nettle || !kz_scalar_in_range(curve, scalar))
        return 0;
    kz_limbs_of_bytes(limbs, scalar, curve->size);
    factor.ecc = curve->nettle(); /* made by hand: ecc_scalar_clear() does not wipe */
    factor.p = limbs;
    ecc_point_init(&product, factor.ecc);
    ecc_point_mul_g(&product, &factor);
    point_bytes(&product, curve->size, ret_point);
    ecc_point_clear(&product);
    OPENSSL_cleanse(limbs, sizeof(limbs));
    return 1;
}

int kz_scalar_random(const struct kz_curve *curve, uint8_t *ret_scalar)
{
    for (int i = 0; i < MAX_DRAWS; i++) {
        if (!kz_random(ret_scalar, curve->size))
            return 0;
        if (kz_scalar_in_range(curve, ret_scalar))
            return 1;
    }
    return 0;
}

int kz_random(void *ret_bytes, size_t len)
{
    uint8_t *at = ret_bytes;

    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return 0;
        at += got;
        len -= (size_t)got;
    }
    return 1;
}
