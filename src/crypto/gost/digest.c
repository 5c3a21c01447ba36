/* The digests of nettle, behind one interface and as provider functions. */
#include "crypto/gost/digest.h"

#include "crypto/gost/alg.h"
#include "crypto/gost/provider.h"

#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

/* ---- the maths: nettle's own functions, under one signature ---- */

static void gost94_init(union kz_digest_state *state)
{
    gosthash94_init(&state->gost94);
}

static void gost94_update(union kz_digest_state *state, size_t len, const uint8_t *bytes)
{
    gosthash94_update(&state->gost94, len, bytes);
}

static void gost94_finish(union kz_digest_state *state, size_t len, uint8_t *ret_digest)
{
    gosthash94_digest(&state->gost94, len, ret_digest);
}

static void streebog256_start(union kz_digest_state *state)
{
    streebog256_init(&state->streebog);
}

static void streebog512_start(union kz_digest_state *state)
{
    streebog512_init(&state->streebog);
}

static void streebog_update(union kz_digest_state *state, size_t len, const uint8_t *bytes)
{
    streebog512_update(&state->streebog, len, bytes);
}

static void streebog256_finish(union kz_digest_state *state, size_t len, uint8_t *ret_digest)
{
    streebog256_digest(&state->streebog, len, ret_digest);
}

static void streebog512_finish(union kz_digest_state *state, size_t len, uint8_t *ret_digest)
{
    streebog512_digest(&state->streebog, len, ret_digest);
}

const struct kz_digest kz_gost34311_95 = {
    .name = KZGOST_DIGEST_34311_95,
    .oid = KZ_OID_DIGEST_34311_95,
    .size = GOSTHASH94_DIGEST_SIZE,
    .block = GOSTHASH94_BLOCK_SIZE,
    .init = gost94_init,
    .update = gost94_update,
    .finish = gost94_finish,
};

const struct kz_digest kz_gamma34311_95 = {
    .name = KZGOST_DIGEST_GAMMA,
    .oid = KZ_OID_DIGEST_GAMMA,
    .size = GOSTHASH94_DIGEST_SIZE,
    .block = GOSTHASH94_BLOCK_SIZE,
    .init = gost94_init,
    .update = gost94_update,
    .finish = gost94_finish,
};

const struct kz_digest kz_streebog256 = {
    .name = KZGOST_DIGEST_2015_256,
    .oid = KZ_OID_DIGEST_2015_256,
    .size = STREEBOG256_DIGEST_SIZE,
    .block = STREEBOG256_BLOCK_SIZE,
    .init = streebog256_start,
    .update = streebog_update,
    .finish = streebog256_finish,
};

const struct kz_digest kz_streebog512 = {
    .name = KZGOST_DIGEST_2015_512,
    .oid = KZ_OID_DIGEST_2015_512,
    .size = STREEBOG512_DIGEST_SIZE,
    .block = STREEBOG512_BLOCK_SIZE,
    .init = streebog512_start,
    .update = streebog_update,
    .finish = streebog512_finish,
};

void kz_hash_start(struct kz_hash *hash, const struct kz_digest *digest)
{
    memset(hash, 0, sizeof(*hash));
    hash->digest = digest;
    digest->init(&hash->state);
}

void kz_hash_add(struct kz_hash *hash, const void *bytes, size_t len)
{
    if (len > 0)
        hash->digest->update(&hash->state, len, bytes);
}

void kz_hash_end(struct kz_hash *hash, uint8_t *ret_digest)
{
    hash->digest->finish(&hash->state, hash->digest->size, ret_digest);
}

/* ---- the provider's functions ---- */

static void *hash_new(const struct kz_digest *digest)
{
    struct kz_hash *hash = OPENSSL_zalloc(sizeof(*hash));

    if (hash)
        kz_hash_start(hash, digest);
    return hash;
}

static void hash_free(void *hash)
{
    OPENSSL_clear_free(hash, sizeof(struct kz_hash)); /* what was hashed may be secret */
}

static void *hash_dup(void *hash)
{
    return OPENSSL_memdup(hash, sizeof(struct kz_hash));
}

static int hash_init(void *hash, const OSSL_PARAM params[])
{
    (void)params;
    kz_hash_start(hash, ((struct kz_hash *)hash)->digest);
    return 1;
}

static int hash_update(void *hash, const unsigned char *bytes, size_t len)
{
    kz_hash_add(hash, bytes, len);
    return 1;
}

static int hash_final(void *vhash, unsigned char *out, size_t *ret_len, size_t room)
{
    struct kz_hash *hash = vhash;

    if (room < hash->digest->size)
        return 0;
    kz_hash_end(hash, out);
    *ret_len = hash->digest->size;
    return 1;
}

static int digest_params(const struct kz_digest *digest, OSSL_PARAM params[])
{
    OSSL_PARAM *p = OSSL_PARAM_locate(params, OSSL_DIGEST_PARAM_BLOCK_SIZE);

    if (p && !OSSL_PARAM_set_size_t(p, digest->block))
        return 0;
    p = OSSL_PARAM_locate(params, OSSL_DIGEST_PARAM_SIZE);
    if (p && !OSSL_PARAM_set_size_t(p, digest->size))
        return 0;
    p = OSSL_PARAM_locate(params, OSSL_DIGEST_PARAM_XOF);
    if (p && !OSSL_PARAM_set_int(p, 0))
        return 0;
    p = OSSL_PARAM_locate(params, OSSL_DIGEST_PARAM_ALGID_ABSENT);
    return !p || OSSL_PARAM_set_int(p, 0); /* AlgorithmIdentifier.parameters is NULL, not absent */
}

static const OSSL_PARAM *digest_gettable(void *prov)
{
    static const OSSL_PARAM params[] = {
        OSSL_PARAM_size_t(OSSL_DIGEST_PARAM_BLOCK_SIZE, NULL),
        OSSL_PARAM_size_t(OSSL_DIGEST_PARAM_SIZE, NULL),
        OSSL_PARAM_int(OSSL_DIGEST_PARAM_XOF, NULL),
        OSSL_PARAM_int(OSSL_DIGEST_PARAM_ALGID_ABSENT, NULL),
        OSSL_PARAM_END,
    };

    (void)prov;
    return params;
}

/* OpenSSL hands neither function a context that would tell the digests apart. */
#define DIGEST_FUNCTIONS(digest)                                                                   \
    static void *digest##_new(void *prov)                                                          \
    {                                                                                              \
        (void)prov;                                                                                \
        return hash_new(&(digest));                                                                \
    }                                                                                              \
    static int digest##_params(OSSL_PARAM params[])                                                \
    {                                                                                              \
        return digest_params(&(digest), params);                                                   \
    }                                                                                              \
    static const OSSL_DISPATCH digest##_functions[] = {                                            \
        { OSSL_FUNC_DIGEST_NEWCTX, KZ_FN(digest##_new) },                                          \
        { OSSL_FUNC_DIGEST_FREECTX, KZ_FN(hash_free) },                                            \
        { OSSL_FUNC_DIGEST_DUPCTX, KZ_FN(hash_dup) },                                              \
        { OSSL_FUNC_DIGEST_INIT, KZ_FN(hash_init) },                                               \
        { OSSL_FUNC_DIGEST_UPDATE, KZ_FN(hash_update) },                                           \
        { OSSL_FUNC_DIGEST_FINAL, KZ_FN(hash_final) },                                             \
        { OSSL_FUNC_DIGEST_GET_PARAMS, KZ_FN(digest##_params) },                                   \
        { OSSL_FUNC_DIGEST_GETTABLE_PARAMS, KZ_FN(digest_gettable) },                              \
        { 0, NULL },                                                                               \
    }

DIGEST_FUNCTIONS(kz_gost34311_95);
DIGEST_FUNCTIONS(kz_gamma34311_95);
DIGEST_FUNCTIONS(kz_streebog256);
DIGEST_FUNCTIONS(kz_streebog512);

const OSSL_ALGORITHM kz_digest_algorithms[] = {
    { KZGOST_DIGEST_34311_95 ":" KZ_OID_DIGEST_34311_95 ":" KZ_OID_DIGEST_PARAM_2004, KZ_PROPERTY,
      kz_gost34311_95_functions, "GOST 34.311-95" },
    { KZGOST_DIGEST_2015_256 ":" KZ_OID_DIGEST_2015_256, KZ_PROPERTY, kz_streebog256_functions,
      "GOST 34.11-2015, 256 bits" },
    { KZGOST_DIGEST_2015_512 ":" KZ_OID_DIGEST_2015_512, KZ_PROPERTY, kz_streebog512_functions,
      "GOST 34.11-2015, 512 bits" },
    { KZGOST_DIGEST_GAMMA ":" KZ_OID_DIGEST_GAMMA, KZ_PROPERTY, kz_gamma34311_95_functions,
      "GOST 34.311-95, TumarCSP" },
    { NULL, NULL, NULL, NULL },
};
