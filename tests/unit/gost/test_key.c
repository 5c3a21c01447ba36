/* Keys: what is let in, what is refused, what OpenSSL is told about them. */
#include "unit/gost/help.h"

#include "crypto/gost/kzgost.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

/* Big-endian hex as the standards print it. */
struct curve {
    const char *type;
    size_t size;
    const char *p;
    const char *a;
    const char *b;
    const char *q;
    const char *x;
    const char *y;
};

static const struct curve curves[] = {
    { /* RFC 4357, 11.4: CryptoPro-A */
      KZGOST_KEY_2004, 32, "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFD97",
      "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFD94", "A6",
      "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF6C611070995AD10045841B09B761B893", "01",
      "8D91E471E0989CDA27DF505A453F2B7635294F2DDF23E3B122ACC99C9E9F1E14" },
    { /* RFC 7836, A.2: tc26-512-A */
      KZGOST_KEY_2015_512, 64,
      "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
      "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFDC7",
      "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
      "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFDC4",
      "E8C2505DEDFC86DDC1BD0B2B6667F1DA34B82574761CB0E879BD081CFD0B6265"
      "EE3CB090F30D27614CB4574010DA90DD862EF9D4EBEE4761503190785A71C760",
      "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
      "27E69532F48D89116FF22B8D4E0560609B4B38ABFAD2B85DCACDB1411F10B275",
      "03",
      "7503CFE87A836AE3A61B8816E25450E6CE5E1C93ACF1ABC1778064FDCBEFA921"
      "DF1626BE4FD036E93D75E6A50E3A41E98028FE5FC235F5B889A589CB5215F2A4" },
    { /* RFC 7836, A.1: tc26-256-A */
      KZGOST_KEY_2015_256, 32, "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFD97",
      "C2173F1513981673AF4892C23035A27CE25E2013BF95AA33B22C656F277E7335",
      "295F9BAE7428ED9CCC20E7C359A9D41A22FCCD9108E17BF7BA9337A6F8AE9513",
      "400000000000000000000000000000000FD8CDDFC87B6635C115AF556C360C67",
      "91E38443A5E82C0D880923425712B2BB658B9196932E02C78B2582FE742DAA28",
      "32879423AB1A0375895786C4BB46E9565FDE0B5344766740AF268ADB32322E5C" },
};
enum { SIGNING_CURVES = 2, CURVES = 3 };

/* Little-endian bytes of a number given in hex. */
static void put(uint8_t *out, size_t size, const char *hex)
{
    BIGNUM *n = NULL;

    assert_true(BN_hex2bn(&n, hex) > 0);
    assert_int_equal(BN_bn2lebinpad(n, out, (int)size), size);
    BN_free(n);
}

static void put_generator(uint8_t *point, const struct curve *c)
{
    put(point, c->size, c->x);
    put(point + c->size, c->size, c->y);
}

static EVP_PKEY *public_key(const struct curve *c, const uint8_t *point, size_t len)
{
    EVP_PKEY *key = key_from_bytes(c->type, point, len, NULL, 0);

    ERR_clear_error();
    return key;
}

static EVP_PKEY *private_key(const struct curve *c, const uint8_t *d, size_t len)
{
    EVP_PKEY *key = key_from_bytes(c->type, NULL, 0, d, len);

    ERR_clear_error();
    return key;
}

static void assert_refused(EVP_PKEY *key)
{
    assert_null(key);
}

static void one_times_the_generator_is_the_generator(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIGNING_CURVES; i++) {
        uint8_t d[64] = { 1 };
        uint8_t want[128];
        EVP_PKEY *key = private_key(&curves[i], d, curves[i].size);
        struct blob got;

        assert_non_null(key);
        got = key_octets(key, OSSL_PKEY_PARAM_PUB_KEY);
        put_generator(want, &curves[i]);
        assert_int_equal(got.len, 2 * curves[i].size);
        assert_memory_equal(got.bytes, want, got.len);
        free(got.bytes);
        EVP_PKEY_free(key);
    }
}

/* (q-1)·G = -G: the largest private key, and the same x with the other y */
static void the_largest_private_key_gives_the_mirrored_generator(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIGNING_CURVES; i++) {
        const struct curve *c = &curves[i];
        uint8_t d[64];
        uint8_t want[128];
        EVP_PKEY *key;
        struct blob got;
        BIGNUM *p = NULL;
        BIGNUM *y = NULL;

        put(d, c->size, c->q);
        d[0]--;
        key = private_key(c, d, c->size);
        assert_non_null(key);
        got = key_octets(key, OSSL_PKEY_PARAM_PUB_KEY);
        put(want, c->size, c->x);
        assert_true(BN_hex2bn(&p, c->p) > 0 && BN_hex2bn(&y, c->y) > 0 && BN_sub(y, p, y));
        assert_int_equal(BN_bn2lebinpad(y, want + c->size, (int)c->size), c->size);
        assert_memory_equal(got.bytes, want, 2 * c->size);
        BN_free(p);
        BN_free(y);
        free(got.bytes);
        EVP_PKEY_free(key);
    }
}

static void private_keys_out_of_range_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIGNING_CURVES; i++) {
        const struct curve *c = &curves[i];
        uint8_t d[65] = { 0 };

        assert_refused(private_key(c, d, c->size)); /* zero */
        put(d, c->size, c->q);
        assert_refused(private_key(c, d, c->size)); /* q */
        d[0]++;
        assert_refused(private_key(c, d, c->size)); /* q + 1 */
        memset(d, 0xff, sizeof(d));
        assert_refused(private_key(c, d, c->size));
        memset(d, 0, sizeof(d));
        d[0] = 5;
        assert_refused(private_key(c, d, c->size - 1));
        assert_refused(private_key(c, d, c->size + 1));
        assert_refused(private_key(c, d, 0));
    }
}

static void points_off_the_curve_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < CURVES; i++) {
        const struct curve *c = &curves[i];
        uint8_t point[130] = { 0 };
        EVP_PKEY *good;

        assert_refused(public_key(c, point, 2 * c->size)); /* (0, 0) */
        memset(point, 0xff, sizeof(point));
        assert_refused(public_key(c, point, 2 * c->size)); /* coordinates above p */
        put_generator(point, c);
        good = public_key(c, point, 2 * c->size);
        assert_non_null(good);
        EVP_PKEY_free(good);
        assert_refused(public_key(c, point, 2 * c->size - 1));
        assert_refused(public_key(c, point, 2 * c->size + 1));
        assert_refused(public_key(c, point, 0));
        for (size_t bit = 0; bit < 16 * c->size; bit += 7) {
            point[bit / 8] ^= (uint8_t)(1U << bit % 8);
            assert_refused(public_key(c, point, 2 * c->size));
            point[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
    }
}

/* The same point modulo p written with a coordinate not below p: x = 1 + p would fit in 32 bytes.
 */
static void coordinates_not_below_p_are_refused(void **state)
{
    const struct curve *c = &curves[0];
    uint8_t point[64];

    (void)state;
    put_generator(point, c);
    put(point, c->size, "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFD98");
    assert_refused(public_key(c, point, sizeof(point)));
}

static EC_GROUP *group_of(const struct curve *c, BN_CTX *ctx)
{
    BIGNUM *p = NULL;
    BIGNUM *a = NULL;
    BIGNUM *b = NULL;
    EC_GROUP *group;

    assert_true(BN_hex2bn(&p, c->p) > 0 && BN_hex2bn(&a, c->a) > 0 && BN_hex2bn(&b, c->b) > 0);
    group = EC_GROUP_new_curve_GFp(p, a, b, ctx);
    BN_free(p);
    BN_free(a);
    BN_free(b);
    assert_non_null(group);
    return group;
}

/* Points of tc26-256-A with small x, found by trying: three in four are not of order q. */
static void points_of_the_curve_off_the_main_subgroup_are_refused(void **state)
{
    const struct curve *c = &curves[2];
    BN_CTX *ctx = BN_CTX_new();
    EC_GROUP *group = group_of(c, ctx);
    EC_POINT *point = EC_POINT_new(group);
    EC_POINT *product = EC_POINT_new(group);
    BIGNUM *x = BN_new();
    BIGNUM *y = BN_new();
    BIGNUM *q = NULL;
    int seen[2] = { 0, 0 }; /* off, on */

    (void)state;
    assert_true(BN_hex2bn(&q, c->q) > 0);
    for (unsigned long try = 1; try < 80; try++) {
        uint8_t bytes[64];
        EVP_PKEY *key;
        int on;

        assert_true(BN_set_word(x, try));
        ERR_clear_error();
        if (!EC_POINT_set_compressed_coordinates(group, point, x, 0, ctx))
            continue; /* no point has this x */
        assert_true(EC_POINT_get_affine_coordinates(group, point, x, y, ctx));
        assert_true(EC_POINT_mul(group, product, NULL, point, q, ctx));
        on = EC_POINT_is_at_infinity(group, product);
        assert_int_equal(BN_bn2lebinpad(x, bytes, 32), 32);
        assert_int_equal(BN_bn2lebinpad(y, bytes + 32, 32), 32);
        key = public_key(c, bytes, sizeof(bytes));
        assert_int_equal(key != NULL, on);
        EVP_PKEY_free(key);
        seen[on]++;
    }
    assert_true(seen[0] > 10 && seen[1] > 3);
    BN_free(q);
    BN_free(x);
    BN_free(y);
    EC_POINT_free(point);
    EC_POINT_free(product);
    EC_GROUP_free(group);
    BN_CTX_free(ctx);
}

static void the_256_bit_key_of_2015_only_verifies(void **state)
{
    uint8_t d[32] = { 1 };

    (void)state;
    assert_null(kzgost_generate(NULL, NULL, KZGOST_KEY_2015_256));
    assert_refused(private_key(&curves[2], d, sizeof(d)));
    ERR_clear_error();
}

static void a_private_key_with_a_strange_public_one_is_refused(void **state)
{
    EVP_PKEY *a = new_key(KZGOST_KEY_2015_512);
    EVP_PKEY *b = new_key(KZGOST_KEY_2015_512);
    struct blob pub_a = key_octets(a, OSSL_PKEY_PARAM_PUB_KEY);
    struct blob pub_b = key_octets(b, OSSL_PKEY_PARAM_PUB_KEY);
    struct blob priv_a = key_octets(a, OSSL_PKEY_PARAM_PRIV_KEY);
    EVP_PKEY *same =
        key_from_bytes(KZGOST_KEY_2015_512, pub_a.bytes, pub_a.len, priv_a.bytes, priv_a.len);

    (void)state;
    assert_non_null(same);
    assert_int_equal(EVP_PKEY_eq(a, same), 1);
    assert_null(
        key_from_bytes(KZGOST_KEY_2015_512, pub_b.bytes, pub_b.len, priv_a.bytes, priv_a.len));
    ERR_clear_error();
    EVP_PKEY_free(a);
    EVP_PKEY_free(b);
    EVP_PKEY_free(same);
    free(pub_a.bytes);
    free(pub_b.bytes);
    free(priv_a.bytes);
}

static void openssl_is_told_sizes_and_digest(void **state)
{
    (void)state;
    for (size_t i = 0; i < CURVES; i++) {
        const struct kzgost_algorithm *algorithm = kzgost_by_name(curves[i].type);
        uint8_t point[128];
        char digest[64];
        EVP_PKEY *key;

        put_generator(point, &curves[i]);
        key = public_key(&curves[i], point, 2 * curves[i].size);
        assert_non_null(key);
        assert_ptr_equal(kzgost_of_key(key), algorithm);
        assert_int_equal(EVP_PKEY_get_bits(key), 8 * curves[i].size);
        assert_int_equal(EVP_PKEY_get_security_bits(key), 4 * curves[i].size);
        assert_int_equal(EVP_PKEY_get_size(key), 2 * curves[i].size);
        assert_int_equal(EVP_PKEY_get_default_digest_name(key, digest, sizeof(digest)), 2);
        assert_string_equal(digest, algorithm->digest); /* 2: this one and no other */
        assert_int_equal(kzgost_digest_nid(algorithm), OBJ_sn2nid(algorithm->digest));
        EVP_PKEY_free(key);
    }
}

static void keys_are_compared_by_type_and_point(void **state)
{
    EVP_PKEY *a = new_key(KZGOST_KEY_2004);
    EVP_PKEY *b = new_key(KZGOST_KEY_2004);
    EVP_PKEY *c = new_key(KZGOST_KEY_2015_512);
    EVP_PKEY *copy = EVP_PKEY_dup(a);

    (void)state;
    assert_non_null(copy);
    assert_int_equal(EVP_PKEY_eq(a, a), 1);
    assert_int_equal(EVP_PKEY_eq(a, copy), 1);
    assert_int_not_equal(EVP_PKEY_eq(a, b), 1);
    assert_int_not_equal(EVP_PKEY_eq(a, c), 1);
    EVP_PKEY_free(a);
    EVP_PKEY_free(b);
    EVP_PKEY_free(c);
    EVP_PKEY_free(copy);
}

static void generated_keys_pass_every_check_of_openssl(void **state)
{
    static const char *const types[] = { KZGOST_KEY_2004, KZGOST_KEY_2015_512 };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        EVP_PKEY *key = new_key(types[i]);
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);

        assert_int_equal(EVP_PKEY_check(ctx), 1);
        assert_int_equal(EVP_PKEY_public_check(ctx), 1);
        assert_int_equal(EVP_PKEY_private_check(ctx), 1);
        assert_int_equal(EVP_PKEY_pairwise_check(ctx), 1);
        EVP_PKEY_CTX_free(ctx);
        EVP_PKEY_free(key);
    }
}

static void the_table_answers_by_name_and_oid(void **state)
{
    size_t count = 0;
    const struct kzgost_algorithm *const *all = kzgost_all(&count);
    EVP_PKEY *rsa = EVP_RSA_gen(1024);

    (void)state;
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++) {
        int digest = 0;
        int key = 0;

        assert_ptr_equal(kzgost_by_name(all[i]->key), all[i]);
        assert_ptr_equal(kzgost_by_name(all[i]->signature), all[i]);
        assert_ptr_equal(kzgost_by_name(all[i]->key_oid), all[i]);
        assert_ptr_equal(kzgost_by_name(all[i]->signature_oid), all[i]);
        assert_true(OBJ_find_sigid_algs(kzgost_signature_nid(all[i]), &digest, &key));
        assert_int_equal(digest, kzgost_digest_nid(all[i]));
        assert_int_equal(key, kzgost_key_nid(all[i]));
    }
    assert_null(kzgost_by_name("rsaEncryption"));
    assert_null(kzgost_by_name(NULL));
    assert_null(kzgost_of_key(rsa));
    assert_null(kzgost_of_key(NULL));
    EVP_PKEY_free(rsa);
}

static void loading_again_changes_nothing(void **state)
{
    int nid = kzgost_signature_nid(kzgost_by_name(KZGOST_KEY_2004));

    (void)state;
    assert_int_equal(kzgost_load(NULL), 1);
    assert_int_equal(kzgost_signature_nid(kzgost_by_name(KZGOST_KEY_2004)), nid);
}

static void a_context_of_its_own_has_the_algorithms_too(void **state)
{
    OSSL_LIB_CTX *libctx = OSSL_LIB_CTX_new();
    EVP_PKEY *key;

    (void)state;
    assert_null(kzgost_generate(libctx, NULL, KZGOST_KEY_2004));
    ERR_clear_error();
    assert_int_equal(kzgost_load(libctx), 1);
    assert_int_equal(kzgost_load(libctx), 1);
    key = kzgost_generate(libctx, "provider=kzgost", KZGOST_KEY_2004);
    assert_non_null(key);
    EVP_PKEY_free(key);
    kzgost_unload(libctx);
    OSSL_LIB_CTX_free(libctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_times_the_generator_is_the_generator),
        cmocka_unit_test(the_largest_private_key_gives_the_mirrored_generator),
        cmocka_unit_test(private_keys_out_of_range_are_refused),
        cmocka_unit_test(points_off_the_curve_are_refused),
        cmocka_unit_test(coordinates_not_below_p_are_refused),
        cmocka_unit_test(points_of_the_curve_off_the_main_subgroup_are_refused),
        cmocka_unit_test(the_256_bit_key_of_2015_only_verifies),
        cmocka_unit_test(a_private_key_with_a_strange_public_one_is_refused),
        cmocka_unit_test(openssl_is_told_sizes_and_digest),
        cmocka_unit_test(keys_are_compared_by_type_and_point),
        cmocka_unit_test(generated_keys_pass_every_check_of_openssl),
        cmocka_unit_test(the_table_answers_by_name_and_oid),
        cmocka_unit_test(loading_again_changes_nothing),
        cmocka_unit_test(a_context_of_its_own_has_the_algorithms_too),
    };

    return cmocka_run_group_tests(tests, load_kzgost, NULL);
}
