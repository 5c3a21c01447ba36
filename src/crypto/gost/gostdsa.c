/* Signing by nettle's low-level functions, whose memory we own and wipe; verifying by its others.
 */
#include "crypto/gost/gostdsa.h"

#include "crypto/gost/alg.h"
#include "crypto/gost/limbs.h"
#include "crypto/gost/nettle_point.h"
#include "crypto/gost/tc26.h"

#include <string.h>

#include <nettle/ecc-curve.h>
#include <nettle/gostdsa.h>
#include <nettle/hmac.h>
#include <openssl/crypto.h>

enum { MAX_DRAWS = 64 }; /* a draw fails once in 2^128 */

/*
 * GOST 34.10, step 2: e = digest mod q, or 1 when that is 0. nettle reduces, but takes only a zero
 * digest for zero; a digest equal to q (the one other multiple on its curves) would have it sign
 * with e = 0, which gives the private key away.
 */
static const uint8_t *never_zero(const struct kz_alg *alg, const uint8_t *digest)
{
    static const uint8_t one[KZ_MAX_DIGEST] = { 1 };

    return memcmp(digest, alg->curve->order, alg->curve->size) == 0 ? one : digest;
}

/* All that signing must wipe, but nettle's scratch. */
struct signing {
    struct hmac_streebog512_ctx hmac;
    uint8_t fresh[64]; /* from the kernel */
    uint8_t nonce[STREEBOG512_DIGEST_SIZE];
    mp_limb_t d[KZ_MAX_LIMBS];
    mp_limb_t k[KZ_MAX_LIMBS];
    mp_limb_t r[KZ_MAX_LIMBS];
    mp_limb_t s[KZ_MAX_LIMBS];
};

static int draw_nonce(struct signing *work, const struct kz_alg *alg, const uint8_t *private_key,
                      const uint8_t *digest)
{
    for (int i = 0; i < MAX_DRAWS; i++) {
        if (!kz_random(work->fresh, sizeof(work->fresh)))
            return 0;
        hmac_streebog512_set_key(&work->hmac, alg->curve->size, private_key);
        hmac_streebog512_update(&work->hmac, alg->digest->size, digest);
        hmac_streebog512_update(&work->hmac, sizeof(work->fresh), work->fresh);
        hmac_streebog512_digest(&work->hmac, sizeof(work->nonce), work->nonce);
        if (kz_scalar_in_range(alg->curve, work->nonce)) {
            kz_limbs_of_bytes(work->k, work->nonce, alg->curve->size);
            return 1;
        }
    }
    return 0;
}

static int sign_with(struct signing *work, mp_limb_t *scratch, const struct kz_alg *alg,
                     const uint8_t *private_key, const uint8_t *digest, uint8_t *ret_signature)
{
    size_t size = alg->curve->size;
    const uint8_t *e = never_zero(alg, digest);

    kz_limbs_of_bytes(work->d, private_key, size);
    for (int i = 0; i < MAX_DRAWS; i++) {
        if (!draw_nonce(work, alg, private_key, digest))
            return 0;
        ecc_gostdsa_sign(alg->curve->nettle(), work->d, work->k, alg->digest->size, e, work->r,
                         work->s, scratch);
        kz_bytes_of_limbs(ret_signature, work->r, size);
        kz_bytes_of_limbs(ret_signature + size, work->s, size);
        if (kz_scalar_in_range(alg->curve, ret_signature) &&
            kz_scalar_in_range(alg->curve, ret_signature + size))
            return 1;
    }
    return 0;
}

int kz_gostdsa_sign(const struct kz_alg *alg, const uint8_t *private_key, const uint8_t *digest,
                    uint8_t *ret_signature)
{
    struct signing work;
    mp_limb_t *scratch;
    size_t scratch_bytes;
    int done;

    if (!alg->curve->nettle || !kz_scalar_in_range(alg->curve, private_key))
        return 0;
    scratch_bytes = (size_t)ecc_gostdsa_sign_itch(alg->curve->nettle()) * sizeof(mp_limb_t);
    scratch = OPENSSL_malloc(scratch_bytes);
    if (!scratch)
        return 0;
    done = sign_with(&work, scratch, alg, private_key, digest, ret_signature);
    OPENSSL_clear_free(scratch, scratch_bytes);
    OPENSSL_cleanse(&work, sizeof(work));
    return done;
}

static int verify_by_nettle(const struct kz_alg *alg, const uint8_t *public_key,
                            const uint8_t *digest, const uint8_t *signature)
{
    size_t size = alg->curve->size;
    struct ecc_point point;
    struct dsa_signature parsed;
    int valid;

    ecc_point_init(&point, alg->curve->nettle());
    dsa_signature_init(&parsed);
    mpz_import(parsed.r, size, -1, 1, 0, 0, signature);
    mpz_import(parsed.s, size, -1, 1, 0, 0, signature + size);
    valid = kz_nettle_point_set(&point, public_key, size) &&
            gostdsa_verify(&point, alg->digest->size, never_zero(alg, digest), &parsed);
    dsa_signature_clear(&parsed);
    ecc_point_clear(&point);
    return valid;
}

int kz_gostdsa_verify(const struct kz_alg *alg, const uint8_t *public_key, const uint8_t *digest,
                      const uint8_t *signature)
{
    if (!kz_scalar_in_range(alg->curve, signature) ||
        !kz_scalar_in_range(alg->curve, signature + alg->curve->size))
        return 0;
    if (!alg->curve->nettle)
        return kz_tc26_verify(public_key, digest, signature);
    return verify_by_nettle(alg, public_key, digest, signature);
}
