#include "bench/bare_operation.h"

#include <nettle/dsa.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecc.h>
#include <nettle/ecdsa.h>
#include <nettle/gostdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <sys/random.h>

enum { RSA_BITS = 2048, RSA_BYTES = RSA_BITS / 8, DIGEST_MAX = 64, SHA256_BYTES = 32 };

struct bare {
    uint8_t digest[DIGEST_MAX];
    size_t digest_len;
    /* GOST */
    const struct ecc_curve *curve; /* NULL: RSA */
    struct ecc_scalar key;
    struct ecc_point point;
    struct dsa_signature signature;
    /* RSA */
    EVP_PKEY *pkey;
    EVP_PKEY_CTX *signer;
    EVP_PKEY_CTX *verifier;
    uint8_t value[RSA_BYTES];
};

static void fill(void *ctx, size_t length, uint8_t *dst)
{
    (void)ctx;
    if (getrandom(dst, length, 0) != (ssize_t)length)
        abort();
}

static bool ready_rsa(struct bare *bare)
{
    bare->pkey = EVP_RSA_gen(RSA_BITS);
    bare->signer = bare->pkey ? EVP_PKEY_CTX_new(bare->pkey, NULL) : NULL;
    bare->verifier = bare->pkey ? EVP_PKEY_CTX_new(bare->pkey, NULL) : NULL;
    bare->digest_len = SHA256_BYTES;
    return bare->signer && bare->verifier && EVP_PKEY_sign_init(bare->signer) == 1 &&
           EVP_PKEY_CTX_set_rsa_padding(bare->signer, RSA_PKCS1_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(bare->signer, EVP_sha256()) == 1 &&
           EVP_PKEY_verify_init(bare->verifier) == 1 &&
           EVP_PKEY_CTX_set_rsa_padding(bare->verifier, RSA_PKCS1_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(bare->verifier, EVP_sha256()) == 1;
}

static bool ready_gost(struct bare *bare, enum algorithm algorithm)
{
    bool large = algorithm == ALG_GOST2015_512;

    bare->curve = large ? nettle_get_gost_gc512a() : nettle_get_gost_gc256b();
    bare->digest_len = large ? 64 : 32;
    ecc_scalar_init(&bare->key, bare->curve);
    ecc_point_init(&bare->point, bare->curve);
    dsa_signature_init(&bare->signature);
    gostdsa_generate_keypair(&bare->point, &bare->key, NULL, fill);
    return true;
}

struct bare *bare_new(enum algorithm algorithm)
{
    struct bare *bare = calloc(1, sizeof(*bare));

    if (!bare)
        return NULL;
    fill(NULL, sizeof(bare->digest), bare->digest);
    bool ready = algorithm == ALG_RSA_SHA256 ? ready_rsa(bare) : ready_gost(bare, algorithm);
    if (ready && bare_sign(bare) && bare_check(bare))
        return bare;
    bare_free(bare);
    return NULL;
}

void bare_free(struct bare *bare)
{
    if (!bare)
        return;
    if (bare->curve) {
        ecc_scalar_clear(&bare->key);
        ecc_point_clear(&bare->point);
        dsa_signature_clear(&bare->signature);
    }
    EVP_PKEY_CTX_free(bare->signer);
    EVP_PKEY_CTX_free(bare->verifier);
    EVP_PKEY_free(bare->pkey);
    free(bare);
}

bool bare_sign(void *ctx)
{
    struct bare *bare = ctx;
    size_t len = sizeof(bare->value);

    if (!bare->curve)
        return EVP_PKEY_sign(bare->signer, bare->value, &len, bare->digest, bare->digest_len) == 1;
    gostdsa_sign(&bare->key, NULL, fill, bare->digest_len, bare->digest, &bare->signature);
    return true;
}

bool bare_check(void *ctx)
{
    struct bare *bare = ctx;

    if (!bare->curve)
        return EVP_PKEY_verify(bare->verifier, bare->value, sizeof(bare->value), bare->digest,
                               bare->digest_len) == 1;
    return gostdsa_verify(&bare->point, bare->digest_len, bare->digest, &bare->signature) == 1;
}
