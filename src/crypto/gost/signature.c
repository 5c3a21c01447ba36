/* Signatures: over a digest, or over bytes that are digested on the way. */
#include "crypto/gost/alg.h"
#include "crypto/gost/gostdsa.h"
#include "crypto/gost/key.h"
#include "crypto/gost/provider.h"

#include <string.h>
#include <strings.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <openssl/x509.h>

struct signature {
    const struct kz_provider *prov;
    struct kz_key *key; /* one of its owners */
    struct kz_hash hash;
};

static void *signature_new(void *prov, const char *propq)
{
    struct signature *signature = OPENSSL_zalloc(sizeof(*signature));

    (void)propq;
    if (signature)
        signature->prov = prov;
    return signature;
}

static void signature_free(void *vsignature)
{
    struct signature *signature = vsignature;

    if (!signature)
        return;
    kz_key_free(signature->key);
    OPENSSL_clear_free(signature, sizeof(*signature));
}

static void *signature_dup(void *vsignature)
{
    struct signature *signature = vsignature;
    struct signature *copy = OPENSSL_memdup(signature, sizeof(*signature));

    if (copy)
        copy->key = kz_key_take(signature->key);
    return copy;
}

/* The digest's name as anybody may spell it: short name or OID. */
static int is_digest_of(const struct kz_alg *alg, const char *name)
{
    return strcasecmp(name, alg->names.digest) == 0 || strcmp(name, alg->names.digest_oid) == 0 ||
           (alg->names.digest_param[0] && strcmp(name, alg->names.digest_param) == 0);
}

static int check_digest(const struct signature *signature, const char *name)
{
    if (!name || !*name)
        return 1;
    if (!signature->key)
        return KZ_RAISE(signature->prov, KZ_R_NO_KEY);
    return is_digest_of(signature->key->alg, name) || KZ_RAISE(signature->prov, KZ_R_DIGEST);
}

static int set_ctx_params(void *vsignature, const OSSL_PARAM params[])
{
    const OSSL_PARAM *p =
        params ? OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_DIGEST) : NULL;
    const char *name = NULL;

    if (!p)
        return 1;
    return OSSL_PARAM_get_utf8_string_ptr(p, &name) && check_digest(vsignature, name);
}

static int set_key(struct signature *signature, struct kz_key *key)
{
    if (!key)
        return signature->key || KZ_RAISE(signature->prov, KZ_R_NO_KEY);
    kz_key_take(key);
    kz_key_free(signature->key);
    signature->key = key;
    return 1;
}

static int sign_init(void *vsignature, void *key, const OSSL_PARAM params[])
{
    struct signature *signature = vsignature;

    if (!set_key(signature, key))
        return 0;
    if (!signature->key->has_private)
        return KZ_RAISE(signature->prov, KZ_R_NO_PRIVATE);
    return set_ctx_params(signature, params);
}

static int verify_init(void *vsignature, void *key, const OSSL_PARAM params[])
{
    struct signature *signature = vsignature;

    if (!set_key(signature, key))
        return 0;
    if (!signature->key->has_public)
        return KZ_RAISE(signature->prov, KZ_R_NO_PUBLIC);
    return set_ctx_params(signature, params);
}

/* LE(r) ‖ LE(s) backwards is BE(s) ‖ BE(r), and the other way round. */
static void reverse(const uint8_t *from, size_t len, uint8_t *to)
{
    for (size_t i = 0; i < len; i++)
        to[i] = from[len - 1 - i];
}

/* len bytes, as the family writes them. */
static int make(const struct kz_key *key, const uint8_t *digest, size_t len, uint8_t *ret_bytes)
{
    uint8_t rs[KZ_MAX_SIGNATURE];

    if (!kz_gostdsa_sign(key->alg, key->private_key, digest, rs))
        return 0;
    if (key->alg->family == KZ_FAMILY_TUMAR)
        reverse(rs, len, ret_bytes);
    else
        memcpy(ret_bytes, rs, len);
    return 1;
}

static int sign(void *vsignature, unsigned char *out, size_t *ret_len, size_t room,
                const unsigned char *digest, size_t digest_len)
{
    struct signature *signature = vsignature;
    const struct kz_key *key = signature->key;
    size_t len;

    if (!key || !key->has_private)
        return KZ_RAISE(signature->prov, KZ_R_NO_PRIVATE);
    len = 2 * key->alg->curve->size;
    if (!out) {
        *ret_len = len;
        return 1;
    }
    if (room < len)
        return KZ_RAISE(signature->prov, KZ_R_BUFFER);
    if (digest_len != key->alg->digest->size)
        return KZ_RAISE(signature->prov, KZ_R_DIGEST_LENGTH);
    if (!make(key, digest, len, out))
        return KZ_RAISE(signature->prov, KZ_R_RANDOM);
    *ret_len = len;
    return 1;
}

/* A signature that does not fit is no error, only no: 0 without a word, as OpenSSL's own. */
static int verify(void *vsignature, const unsigned char *bytes, size_t len,
                  const unsigned char *digest, size_t digest_len)
{
    struct signature *signature = vsignature;
    const struct kz_key *key = signature->key;
    uint8_t rs[KZ_MAX_SIGNATURE];

    if (!key || !key->has_public)
        return KZ_RAISE(signature->prov, KZ_R_NO_PUBLIC);
    if (digest_len != key->alg->digest->size)
        return KZ_RAISE(signature->prov, KZ_R_DIGEST_LENGTH);
    if (len != 2 * key->alg->curve->size)
        return 0;
    if (key->alg->family == KZ_FAMILY_TUMAR) {
        reverse(bytes, len, rs);
        bytes = rs;
    }
    return kz_gostdsa_verify(key->alg, key->public_key, digest, bytes);
}

/* ---- with the digest included ---- */

static int digest_sign_init(void *vsignature, const char *digest, void *key,
                            const OSSL_PARAM params[])
{
    struct signature *signature = vsignature;

    if (!sign_init(signature, key, params) || !check_digest(signature, digest))
        return 0;
    kz_hash_start(&signature->hash, signature->key->alg->digest);
    return 1;
}

static int digest_verify_init(void *vsignature, const char *digest, void *key,
                              const OSSL_PARAM params[])
{
    struct signature *signature = vsignature;

    if (!verify_init(signature, key, params) || !check_digest(signature, digest))
        return 0;
    kz_hash_start(&signature->hash, signature->key->alg->digest);
    return 1;
}

static int digest_update(void *vsignature, const unsigned char *bytes, size_t len)
{
    struct signature *signature = vsignature;

    if (!signature->hash.digest)
        return KZ_RAISE(signature->prov, KZ_R_NO_KEY);
    kz_hash_add(&signature->hash, bytes, len);
    return 1;
}

static int digest_sign_final(void *vsignature, unsigned char *out, size_t *ret_len, size_t room)
{
    struct signature *signature = vsignature;
    uint8_t digest[KZ_MAX_DIGEST];

    if (!signature->hash.digest)
        return KZ_RAISE(signature->prov, KZ_R_NO_KEY);
    if (!out)
        return sign(signature, NULL, ret_len, 0, NULL, 0);
    kz_hash_end(&signature->hash, digest);
    return sign(signature, out, ret_len, room, digest, signature->hash.digest->size);
}

static int digest_verify_final(void *vsignature, const unsigned char *bytes, size_t len)
{
    struct signature *signature = vsignature;
    uint8_t digest[KZ_MAX_DIGEST];

    if (!signature->hash.digest)
        return KZ_RAISE(signature->prov, KZ_R_NO_KEY);
    kz_hash_end(&signature->hash, digest);
    return verify(signature, bytes, len, digest, signature->hash.digest->size);
}

/* ---- parameters ---- */

/* The signature's AlgorithmIdentifier, DER: OID and NULL. */
static int set_algorithm_id(const struct signature *signature, OSSL_PARAM *p)
{
    X509_ALGOR *algorithm = X509_ALGOR_new();
    ASN1_OBJECT *oid = OBJ_txt2obj(signature->key->alg->names.signature_oid, 1);
    unsigned char *der = NULL;
    int len = 0;
    int done;

    if (algorithm && oid && X509_ALGOR_set0(algorithm, oid, V_ASN1_NULL, NULL)) {
        oid = NULL; /* algorithm owns it now */
        len = i2d_X509_ALGOR(algorithm, &der);
    }
    done = len > 0 && OSSL_PARAM_set_octet_string(p, der, (size_t)len);
    OPENSSL_free(der);
    ASN1_OBJECT_free(oid);
    X509_ALGOR_free(algorithm);
    return done;
}

static int get_ctx_params(void *vsignature, OSSL_PARAM params[])
{
    const struct signature *signature = vsignature;
    OSSL_PARAM *p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);

    if (!signature->key)
        return KZ_RAISE(signature->prov, KZ_R_NO_KEY);
    if (p && !set_algorithm_id(signature, p))
        return 0;
    p = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_DIGEST);
    return !p || OSSL_PARAM_set_utf8_string(p, signature->key->alg->names.digest);
}

static const OSSL_PARAM *gettable_ctx_params(void *signature, void *prov)
{
    static const OSSL_PARAM params[] = {
        OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)signature;
    (void)prov;
    return params;
}

static const OSSL_PARAM *settable_ctx_params(void *signature, void *prov)
{
    static const OSSL_PARAM params[] = {
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)signature;
    (void)prov;
    return params;
}

static const OSSL_DISPATCH functions[] = {
    { OSSL_FUNC_SIGNATURE_NEWCTX, KZ_FN(signature_new) },
    { OSSL_FUNC_SIGNATURE_FREECTX, KZ_FN(signature_free) },
    { OSSL_FUNC_SIGNATURE_DUPCTX, KZ_FN(signature_dup) },
    { OSSL_FUNC_SIGNATURE_SIGN_INIT, KZ_FN(sign_init) },
    { OSSL_FUNC_SIGNATURE_SIGN, KZ_FN(sign) },
    { OSSL_FUNC_SIGNATURE_VERIFY_INIT, KZ_FN(verify_init) },
    { OSSL_FUNC_SIGNATURE_VERIFY, KZ_FN(verify) },
    { OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, KZ_FN(digest_sign_init) },
    { OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, KZ_FN(digest_update) },
    { OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, KZ_FN(digest_sign_final) },
    { OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_INIT, KZ_FN(digest_verify_init) },
    { OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_UPDATE, KZ_FN(digest_update) },
    { OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_FINAL, KZ_FN(digest_verify_final) },
    { OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, KZ_FN(get_ctx_params) },
    { OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, KZ_FN(gettable_ctx_params) },
    { OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, KZ_FN(set_ctx_params) },
    { OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, KZ_FN(settable_ctx_params) },
    { 0, NULL },
};

const OSSL_ALGORITHM kz_signature_algorithms[] = {
    { KZ_NAMES_2004, KZ_PROPERTY, functions, "GOST 34.310-2004" },
    { KZ_NAMES_2015_256, KZ_PROPERTY, functions, "GOST 34.10-2015, 256 bits" },
    { KZ_NAMES_2015_512, KZ_PROPERTY, functions, "GOST 34.10-2015, 512 bits" },
    { KZ_NAMES_GAMMA, KZ_PROPERTY, functions, "GOST 34.310-2004, TumarCSP" },
    { NULL, NULL, NULL, NULL },
};
