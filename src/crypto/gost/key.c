/* Life of a key, and the checks every key passes on its way in. */
#include "crypto/gost/key.h"

#include "crypto/gost/provider.h"

#include <string.h>

#include <openssl/crypto.h>

struct kz_key *kz_key_new(const struct kz_provider *prov, const struct kz_alg *alg)
{
    struct kz_key *key = OPENSSL_zalloc(sizeof(*key));

    if (!key)
        return NULL;
    key->prov = prov;
    key->alg = alg;
    atomic_init(&key->references, 1);
    return key;
}

struct kz_key *kz_key_take(struct kz_key *key)
{
    if (key)
        atomic_fetch_add_explicit(&key->references, 1, memory_order_relaxed);
    return key;
}

void kz_key_free(struct kz_key *key)
{
    if (key && atomic_fetch_sub_explicit(&key->references, 1, memory_order_acq_rel) == 1)
        OPENSSL_clear_free(key, sizeof(*key));
}

int kz_key_set_public(struct kz_key *key, const uint8_t *point, size_t len)
{
    if (len != 2 * key->alg->curve->size)
        return KZ_RAISE(key->prov, KZ_R_KEY_LENGTH);
    if (!kz_point_check(key->alg->curve, point))
        return KZ_RAISE(key->prov, KZ_R_POINT);
    memcpy(key->public_key, point, len);
    key->has_public = true;
    return 1;
}

int kz_key_set_private(struct kz_key *key, const uint8_t *scalar, size_t len)
{
    if (!key->alg->names.can_sign)
        return KZ_RAISE(key->prov, KZ_R_VERIFY_ONLY);
    if (len != key->alg->curve->size)
        return KZ_RAISE(key->prov, KZ_R_KEY_LENGTH);
    if (!kz_point_of_scalar(key->alg->curve, scalar, key->public_key))
        return KZ_RAISE(key->prov, KZ_R_PRIVATE_RANGE);
    memcpy(key->private_key, scalar, len);
    key->has_public = true;
    key->has_private = true;
    return 1;
}

int kz_key_generate(struct kz_key *key)
{
    uint8_t scalar[KZ_MAX_COORDINATE];
    int done = 0;

    if (!key->alg->names.can_sign)
        return KZ_RAISE(key->prov, KZ_R_VERIFY_ONLY);
    if (kz_scalar_random(key->alg->curve, scalar))
        done = kz_key_set_private(key, scalar, key->alg->curve->size);
    else
        (void)KZ_RAISE(key->prov, KZ_R_RANDOM);
    OPENSSL_cleanse(scalar, sizeof(scalar));
    return done;
}

int kz_key_pair_matches(const struct kz_key *key)
{
    uint8_t point[KZ_MAX_POINT];

    return key->has_private && kz_point_of_scalar(key->alg->curve, key->private_key, point) &&
           memcmp(point, key->public_key, 2 * key->alg->curve->size) == 0;
}
