/* Point check and signature verification on tc26-256-A. */
#include "crypto/gost/tc26.h"

#include "crypto/gost/auto.h"

#include <openssl/bn.h>
#include <openssl/ec.h>

enum { SIZE = 32 }; /* bytes of a coordinate, of r, of s, of the digest */

DEFINE_AUTO(BIGNUM, BN_free)
DEFINE_AUTO(BN_CTX, BN_CTX_free)
DEFINE_AUTO(EC_GROUP, EC_GROUP_free)
DEFINE_AUTO(EC_POINT, EC_POINT_free)

/* RFC 7836, A.1: id-tc26-gost-3410-2012-256-paramSetA, in the Weierstrass form */
static const char p_hex[] = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffd97";
static const char a_hex[] = "c2173f1513981673af4892c23035a27ce25e2013bf95aa33b22c656f277e7335";
static const char b_hex[] = "295f9bae7428ed9ccc20e7c359a9d41a22fccd9108e17bf7ba9337a6f8ae9513";
static const char q_hex[] = "400000000000000000000000000000000fd8cddfc87b6635c115af556c360c67";
static const char x_hex[] = "91e38443a5e82c0d880923425712b2bb658b9196932e02c78b2582fe742daa28";
static const char y_hex[] = "32879423ab1a0375895786c4bb46e9565fde0b5344766740af268adb32322e5c";

static BIGNUM *number(const char *hex)
{
    BIGNUM *n = NULL;

    return BN_hex2bn(&n, hex) > 0 ? n : NULL;
}

/* NULL when out of memory. */
static EC_GROUP *group_new(BN_CTX *ctx)
{
    AUTO(BN_free) BIGNUM *p = number(p_hex);
    AUTO(BN_free) BIGNUM *a = number(a_hex);
    AUTO(BN_free) BIGNUM *b = number(b_hex);
    AUTO(BN_free) BIGNUM *q = number(q_hex);
    AUTO(BN_free) BIGNUM *x = number(x_hex);
    AUTO(BN_free) BIGNUM *y = number(y_hex);
    AUTO(EC_GROUP_free) EC_GROUP *group = NULL;
    AUTO(EC_POINT_free) EC_POINT *generator = NULL;

    if (!p || !a || !b || !q || !x || !y || !ctx)
        return NULL;
    group = EC_GROUP_new_curve_GFp(p, a, b, ctx);
    generator = group ? EC_POINT_new(group) : NULL;
    if (!generator || !EC_POINT_set_affine_coordinates(group, generator, x, y, ctx) ||
        !EC_GROUP_set_generator(group, generator, q, NULL)) /* OpenSSL finds the cofactor */
        return NULL;
    return TAKE(group);
}

/* NULL unless the bytes are a point of the curve (with x, y < p) and of order q. */
static EC_POINT *point_new(const EC_GROUP *group, const uint8_t *bytes, BN_CTX *ctx)
{
    AUTO(BN_free) BIGNUM *x = BN_lebin2bn(bytes, SIZE, NULL);
    AUTO(BN_free) BIGNUM *y = BN_lebin2bn(bytes + SIZE, SIZE, NULL);
    AUTO(BN_free) BIGNUM *p = number(p_hex);
    AUTO(EC_POINT_free) EC_POINT *point = EC_POINT_new(group);
    AUTO(EC_POINT_free) EC_POINT *product = EC_POINT_new(group);

    if (!x || !y || !p || !point || !product || BN_cmp(x, p) >= 0 || BN_cmp(y, p) >= 0)
        return NULL;
    if (!EC_POINT_set_affine_coordinates(group, point, x, y, ctx) ||
        !EC_POINT_mul(group, product, NULL, point, EC_GROUP_get0_order(group), ctx) ||
        !EC_POINT_is_at_infinity(group, product))
        return NULL;
    return TAKE(point);
}

int kz_tc26_point_check(const uint8_t *point)
{
    AUTO(BN_CTX_free) BN_CTX *ctx = BN_CTX_new();
    AUTO(EC_GROUP_free) EC_GROUP *group = group_new(ctx);
    AUTO(EC_POINT_free) EC_POINT *parsed = group ? point_new(group, point, ctx) : NULL;

    return parsed != NULL;
}

/* GOST 34.10, 6.2, steps 3 to 5: C = (s/e)·G - (r/e)·Q. NULL when out of memory. */
static EC_POINT *commitment(const EC_GROUP *group, const EC_POINT *key, const uint8_t *digest,
                            const BIGNUM *r, const BIGNUM *s, BN_CTX *ctx)
{
    const BIGNUM *q = EC_GROUP_get0_order(group);
    AUTO(BN_free) BIGNUM *e = BN_lebin2bn(digest, SIZE, NULL);
    AUTO(BN_free) BIGNUM *v = BN_new();
    AUTO(BN_free) BIGNUM *z1 = BN_new();
    AUTO(BN_free) BIGNUM *z2 = BN_new();
    AUTO(EC_POINT_free) EC_POINT *point = EC_POINT_new(group);

    if (!e || !v || !z1 || !z2 || !point || !BN_nnmod(e, e, q, ctx) ||
        (BN_is_zero(e) && !BN_one(e)))
        return NULL;
    if (!BN_mod_inverse(v, e, q, ctx) || !BN_mod_mul(z1, s, v, q, ctx) ||
        !BN_mod_mul(z2, r, v, q, ctx) || !BN_sub(z2, q, z2) ||
        !EC_POINT_mul(group, point, z1, key, z2, ctx))
        return NULL;
    return TAKE(point);
}

int kz_tc26_verify(const uint8_t *point, const uint8_t *digest, const uint8_t *signature)
{
    AUTO(BN_CTX_free) BN_CTX *ctx = BN_CTX_new();
    AUTO(EC_GROUP_free) EC_GROUP *group = group_new(ctx);
    AUTO(EC_POINT_free) EC_POINT *key = group ? point_new(group, point, ctx) : NULL;
    AUTO(BN_free) BIGNUM *r = BN_lebin2bn(signature, SIZE, NULL);
    AUTO(BN_free) BIGNUM *s = BN_lebin2bn(signature + SIZE, SIZE, NULL);
    AUTO(BN_free) BIGNUM *x = BN_new();
    AUTO(EC_POINT_free) EC_POINT *c = NULL;

    if (!key || !r || !s || !x)
        return 0;
    c = commitment(group, key, digest, r, s, ctx);
    if (!c || EC_POINT_is_at_infinity(group, c) ||
        !EC_POINT_get_affine_coordinates(group, c, x, NULL, ctx) ||
        !BN_nnmod(x, x, EC_GROUP_get0_order(group), ctx))
        return 0;
    return BN_cmp(x, r) == 0;
}
