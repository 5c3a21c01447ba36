/* The table of the algorithms, and the questions callers may ask of it. */
#include "crypto/gost/alg.h"

#include <string.h>
#include <strings.h>

#include <openssl/evp.h>
#include <openssl/objects.h>

const struct kz_alg kz_alg_2004 = {
    .names = {
        .key = KZGOST_KEY_2004,
        .digest = KZGOST_DIGEST_34311_95,
        .signature = "kz-gost2004-with-gost34311-95",
        .key_oid = KZ_OID_KEY_2004,
        .params_oid = KZ_OID_PARAMS_2004,
        .digest_param = KZ_OID_DIGEST_PARAM_2004,
        .digest_oid = KZ_OID_DIGEST_34311_95,
        .signature_oid = KZ_OID_SIGNATURE_2004,
        .digest_bytes = GOSTHASH94_DIGEST_SIZE,
        .coordinate_bytes = 32,
        .can_sign = 1,
    },
    .digest = &kz_gost34311_95,
    .curve = &kz_curve_cryptopro_a,
    .private_form = KZ_PRIVATE_INTEGER,
    .description = "GOST 34.310-2004",
};

const struct kz_alg kz_alg_2015_256 = {
    .names = {
        .key = KZGOST_KEY_2015_256,
        .digest = KZGOST_DIGEST_2015_256,
        .signature = "kz-gost2015-256-with-streebog256",
        .key_oid = KZ_OID_KEY_2015_256,
        .params_oid = KZ_OID_PARAMS_2015_256,
        .digest_param = KZ_OID_DIGEST_2015_256,
        .digest_oid = KZ_OID_DIGEST_2015_256,
        .signature_oid = KZ_OID_SIGNATURE_2015_256,
        .digest_bytes = STREEBOG256_DIGEST_SIZE,
        .coordinate_bytes = 32,
        .can_sign = 0,
    },
    .digest = &kz_streebog256,
    .curve = &kz_curve_tc26_256_a,
    .private_form = KZ_PRIVATE_NONE,
    .description = "GOST 34.10-2015",
};

const struct kz_alg kz_alg_2015_512 = {
    .names = {
        .key = KZGOST_KEY_2015_512,
        .digest = KZGOST_DIGEST_2015_512,
        .signature = "kz-gost2015-512-with-streebog512",
        .key_oid = KZ_OID_KEY_2015_512,
        .params_oid = KZ_OID_PARAMS_2015_512,
        .digest_param = KZ_OID_DIGEST_2015_512,
        .digest_oid = KZ_OID_DIGEST_2015_512,
        .signature_oid = KZ_OID_SIGNATURE_2015_512,
        .digest_bytes = STREEBOG512_DIGEST_SIZE,
        .coordinate_bytes = 64,
        .can_sign = 1,
    },
    .digest = &kz_streebog512,
    .curve = &kz_curve_tc26_512_a,
    .private_form = KZ_PRIVATE_OCTETS,
    .description = "GOST 34.10-2015",
};

/* The same mathematics as 34.310-2004 in the dress of TumarCSP. */
const struct kz_alg kz_alg_gamma = {
    .names = {
        .key = KZGOST_KEY_GAMMA,
        .digest = KZGOST_DIGEST_GAMMA,
        .signature = "kz-gamma-with-gamma34311-95",
        .key_oid = KZ_OID_KEY_GAMMA,
        .params_oid = "",
        .digest_param = "",
        .digest_oid = KZ_OID_DIGEST_GAMMA,
        .signature_oid = KZ_OID_SIGNATURE_GAMMA,
        .digest_bytes = GOSTHASH94_DIGEST_SIZE,
        .coordinate_bytes = 32,
        .can_sign = 1,
    },
    .digest = &kz_gamma34311_95,
    .curve = &kz_curve_cryptopro_a,
    .private_form = KZ_PRIVATE_INTEGER,
    .family = KZ_FAMILY_TUMAR,
    .description = "GOST 34.310-2004, TumarCSP",
};

const uint8_t kz_blob_header[KZ_BLOB_HEADER] = { 0x06, 0x02, 0x00, 0x00, 0x3a, 0xaa, 0x00, 0x00,
                                                 0x00, 0x45, 0x43, 0x31, 0x00, 0x02, 0x00, 0x00 };

const struct kz_alg *const kz_algs[] = { &kz_alg_2004, &kz_alg_2015_256, &kz_alg_2015_512,
                                         &kz_alg_gamma };
_Static_assert(sizeof(kz_algs) / sizeof(kz_algs[0]) == KZ_ALGS, "KZ_ALGS counts kz_algs");

const struct kzgost_algorithm *kzgost_by_name(const char *name)
{
    if (!name)
        return NULL;
    for (size_t i = 0; i < KZ_ALGS; i++) {
        const struct kzgost_algorithm *names = &kz_algs[i]->names;

        if (strcasecmp(name, names->key) == 0 || strcasecmp(name, names->signature) == 0 ||
            strcmp(name, names->key_oid) == 0 || strcmp(name, names->signature_oid) == 0)
            return names;
    }
    return NULL;
}

const struct kzgost_algorithm *kzgost_of_key(const EVP_PKEY *key)
{
    for (size_t i = 0; key && i < KZ_ALGS; i++) {
        if (EVP_PKEY_is_a(key, kz_algs[i]->names.key))
            return &kz_algs[i]->names;
    }
    return NULL;
}

const struct kzgost_algorithm *const *kzgost_all(size_t *ret_count)
{
    static const struct kzgost_algorithm *const all[KZ_ALGS] = {
        &kz_alg_2004.names,
        &kz_alg_2015_256.names,
        &kz_alg_2015_512.names,
        &kz_alg_gamma.names,
    };

    *ret_count = KZ_ALGS;
    return all;
}

int kzgost_key_nid(const struct kzgost_algorithm *algorithm)
{
    return OBJ_txt2nid(algorithm->key_oid);
}

int kzgost_digest_nid(const struct kzgost_algorithm *algorithm)
{
    return OBJ_txt2nid(algorithm->digest_oid);
}

int kzgost_signature_nid(const struct kzgost_algorithm *algorithm)
{
    return OBJ_txt2nid(algorithm->signature_oid);
}

EVP_PKEY *kzgost_generate(OSSL_LIB_CTX *libctx, const char *propq, const char *key)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(libctx, key, propq);
    EVP_PKEY *pair = NULL;

    if (ctx && EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_generate(ctx, &pair) != 1)
        pair = NULL;
    EVP_PKEY_CTX_free(ctx);
    return pair;
}
