/* Key management: what OpenSSL asks of a key. */
#include "crypto/gost/alg.h"
#include "crypto/gost/key.h"
#include "crypto/gost/provider.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

static void key_free(void *key)
{
    kz_key_free(key);
}

/* The reference is our decoder's: it holds the key until we take it. */
static void *key_load(const void *reference, size_t len)
{
    struct kz_key **held = (struct kz_key **)(uintptr_t)reference;
    struct kz_key *key;

    if (len != KZ_KEY_REFERENCE)
        return NULL;
    key = *held;
    *held = NULL;
    return key;
}

static int key_has(const void *vkey, int selection)
{
    const struct kz_key *key = vkey;

    if ((selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) && !key->has_public)
        return 0;
    return !(selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) || key->has_private;
}

static int key_match(const void *va, const void *vb, int selection)
{
    const struct kz_key *a = va;
    const struct kz_key *b = vb;

    if (a->alg != b->alg)
        return 0;
    if (!(selection & OSSL_KEYMGMT_SELECT_KEYPAIR))
        return 1;
    /* a private key has its public one beside it, which is equal when and only when d is */
    return a->has_public && b->has_public &&
           memcmp(a->public_key, b->public_key, 2 * a->alg->curve->size) == 0;
}

static int key_validate(const void *vkey, int selection, int check_type)
{
    const struct kz_key *key = vkey;
    const struct kz_curve *curve = key->alg->curve;

    (void)check_type;
    if (!key_has(key, selection))
        return 0;
    if ((selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) && !kz_point_check(curve, key->public_key))
        return KZ_RAISE(key->prov, KZ_R_POINT);
    if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) &&
        !kz_scalar_in_range(curve, key->private_key))
        return KZ_RAISE(key->prov, KZ_R_PRIVATE_RANGE);
    if ((selection & OSSL_KEYMGMT_SELECT_KEYPAIR) == OSSL_KEYMGMT_SELECT_KEYPAIR &&
        !kz_key_pair_matches(key))
        return KZ_RAISE(key->prov, KZ_R_PAIR);
    return 1;
}

static void *key_dup(const void *vkey, int selection)
{
    const struct kz_key *key = vkey;
    struct kz_key *copy = kz_key_new(key->prov, key->alg);

    if (!copy)
        return NULL;
    if ((selection & OSSL_KEYMGMT_SELECT_KEYPAIR) && key->has_public) {
        memcpy(copy->public_key, key->public_key, sizeof(copy->public_key));
        copy->has_public = true;
    }
    if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) && key->has_private) {
        memcpy(copy->private_key, key->private_key, sizeof(copy->private_key));
        copy->has_private = true;
    }
    return copy;
}

/* ---- parameters ---- */

static int set_sizes(const struct kz_alg *alg, OSSL_PARAM params[])
{
    const struct {
        const char *name;
        size_t value;
    } rows[] = {
        { OSSL_PKEY_PARAM_BITS, 8 * alg->curve->size },
        { OSSL_PKEY_PARAM_SECURITY_BITS, 4 * alg->curve->size },
        { OSSL_PKEY_PARAM_MAX_SIZE, 2 * alg->curve->size },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        OSSL_PARAM *p = OSSL_PARAM_locate(params, rows[i].name);

        if (p && !OSSL_PARAM_set_size_t(p, rows[i].value))
            return 0;
    }
    return 1;
}

static int set_names(const struct kz_alg *alg, OSSL_PARAM params[])
{
    const struct {
        const char *name;
        const char *value;
    } rows[] = {
        { OSSL_PKEY_PARAM_DEFAULT_DIGEST, alg->names.digest },
        { OSSL_PKEY_PARAM_MANDATORY_DIGEST, alg->names.digest }, /* no other can be used */
        { OSSL_PKEY_PARAM_GROUP_NAME, alg->names.params_oid },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        OSSL_PARAM *p = OSSL_PARAM_locate(params, rows[i].name);

        if (p && !OSSL_PARAM_set_utf8_string(p, rows[i].value))
            return 0;
    }
    return 1;
}

static int set_octets(OSSL_PARAM params[], const char *name, const uint8_t *bytes, size_t len)
{
    OSSL_PARAM *p = OSSL_PARAM_locate(params, name);

    return !p || OSSL_PARAM_set_octet_string(p, bytes, len);
}

static int key_get_params(void *vkey, OSSL_PARAM params[])
{
    const struct kz_key *key = vkey;
    size_t size = key->alg->curve->size;

    if (!set_sizes(key->alg, params) || !set_names(key->alg, params))
        return 0;
    if (key->has_public &&
        (!set_octets(params, OSSL_PKEY_PARAM_PUB_KEY, key->public_key, 2 * size) ||
         !set_octets(params, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, key->public_key, 2 * size)))
        return 0;
    return !key->has_private ||
           set_octets(params, OSSL_PKEY_PARAM_PRIV_KEY, key->private_key, size);
}

static const OSSL_PARAM *key_gettable(void *prov)
{
    static const OSSL_PARAM params[] = {
        OSSL_PARAM_size_t(OSSL_PKEY_PARAM_BITS, NULL),
        OSSL_PARAM_size_t(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
        OSSL_PARAM_size_t(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_MANDATORY_DIGEST, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)prov;
    return params;
}

/* ---- import and export: "pub" LE(x) ‖ LE(y), "priv" d little-endian ---- */

static const OSSL_PARAM *key_types(int selection)
{
    static const OSSL_PARAM params[] = {
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, NULL, 0),
        OSSL_PARAM_END,
    };

    return selection & OSSL_KEYMGMT_SELECT_KEYPAIR ? params : NULL;
}

/* The octet string of that name, when the selection wants it and it is there; else NULL. */
static const OSSL_PARAM *wanted(const OSSL_PARAM params[], const char *name, int selected)
{
    const OSSL_PARAM *p = selected ? OSSL_PARAM_locate_const(params, name) : NULL;

    return p && p->data_type == OSSL_PARAM_OCTET_STRING && p->data ? p : NULL;
}

static int key_import(void *vkey, int selection, const OSSL_PARAM params[])
{
    struct kz_key *key = vkey;
    const OSSL_PARAM *public_key =
        wanted(params, OSSL_PKEY_PARAM_PUB_KEY, selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY);
    const OSSL_PARAM *private_key =
        wanted(params, OSSL_PKEY_PARAM_PRIV_KEY, selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY);

    if (!public_key && !private_key)
        return KZ_RAISE(key->prov, KZ_R_NO_PUBLIC);
    if (public_key && !kz_key_set_public(key, public_key->data, public_key->data_size))
        return 0;
    if (private_key && !kz_key_set_private(key, private_key->data, private_key->data_size))
        return 0;
    if (public_key && memcmp(key->public_key, public_key->data, public_key->data_size) != 0)
        return KZ_RAISE(key->prov, KZ_R_PAIR); /* set_private() has put d·G there */
    return 1;
}

static int key_export(void *vkey, int selection, OSSL_CALLBACK *callback, void *arg)
{
    struct kz_key *key = vkey;
    size_t size = key->alg->curve->size;
    OSSL_PARAM params[3];
    size_t n = 0;

    if (!key_has(key, selection))
        return 0;
    if (selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY)
        params[n++] =
            OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, key->public_key, 2 * size);
    if (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY)
        params[n++] =
            OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, key->private_key, size);
    params[n] = OSSL_PARAM_construct_end();
    return callback(params, arg);
}

/* ---- generation ---- */

struct generation {
    const struct kz_provider *prov;
    const struct kz_alg *alg;
    int selection;
};

static void *generation_new(void *prov, const struct kz_alg *alg, int selection)
{
    struct generation *generation = OPENSSL_zalloc(sizeof(*generation));

    if (generation)
        *generation = (struct generation){ prov, alg, selection };
    return generation;
}

static void *generation_run(void *vgeneration, OSSL_CALLBACK *progress, void *arg)
{
    struct generation *generation = vgeneration;
    struct kz_key *key = kz_key_new(generation->prov, generation->alg);

    (void)progress;
    (void)arg;
    if (!key)
        return NULL;
    if ((generation->selection & OSSL_KEYMGMT_SELECT_KEYPAIR) && !kz_key_generate(key)) {
        kz_key_free(key);
        return NULL;
    }
    return key;
}

static void generation_free(void *generation)
{
    OPENSSL_free(generation);
}

/* OpenSSL tells neither of these three which key type it means but by the function it calls. */
#define KEYMGMT_FUNCTIONS(alg)                                                                     \
    static void *alg##_new(void *prov)                                                             \
    {                                                                                              \
        return kz_key_new(prov, &(alg));                                                           \
    }                                                                                              \
    static void *alg##_generation_new(void *prov, int selection, const OSSL_PARAM params[])        \
    {                                                                                              \
        (void)params;                                                                              \
        return generation_new(prov, &(alg), selection);                                            \
    }                                                                                              \
    static const char *alg##_operation_name(int operation)                                         \
    {                                                                                              \
        (void)operation;                                                                           \
        return (alg).names.key;                                                                    \
    }                                                                                              \
    static const OSSL_DISPATCH alg##_functions[] = {                                               \
        { OSSL_FUNC_KEYMGMT_NEW, KZ_FN(alg##_new) },                                               \
        { OSSL_FUNC_KEYMGMT_FREE, KZ_FN(key_free) },                                               \
        { OSSL_FUNC_KEYMGMT_LOAD, KZ_FN(key_load) },                                               \
        { OSSL_FUNC_KEYMGMT_HAS, KZ_FN(key_has) },                                                 \
        { OSSL_FUNC_KEYMGMT_MATCH, KZ_FN(key_match) },                                             \
        { OSSL_FUNC_KEYMGMT_VALIDATE, KZ_FN(key_validate) },                                       \
        { OSSL_FUNC_KEYMGMT_DUP, KZ_FN(key_dup) },                                                 \
        { OSSL_FUNC_KEYMGMT_GET_PARAMS, KZ_FN(key_get_params) },                                   \
        { OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, KZ_FN(key_gettable) },                                \
        { OSSL_FUNC_KEYMGMT_IMPORT, KZ_FN(key_import) },                                           \
        { OSSL_FUNC_KEYMGMT_IMPORT_TYPES, KZ_FN(key_types) },                                      \
        { OSSL_FUNC_KEYMGMT_EXPORT, KZ_FN(key_export) },                                           \
        { OSSL_FUNC_KEYMGMT_EXPORT_TYPES, KZ_FN(key_types) },                                      \
        { OSSL_FUNC_KEYMGMT_GEN_INIT, KZ_FN(alg##_generation_new) },                               \
        { OSSL_FUNC_KEYMGMT_GEN, KZ_FN(generation_run) },                                          \
        { OSSL_FUNC_KEYMGMT_GEN_CLEANUP, KZ_FN(generation_free) },                                 \
        { OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, KZ_FN(alg##_operation_name) },                   \
        { 0, NULL },                                                                               \
    }

KEYMGMT_FUNCTIONS(kz_alg_2004);
KEYMGMT_FUNCTIONS(kz_alg_2015_256);
KEYMGMT_FUNCTIONS(kz_alg_2015_512);
KEYMGMT_FUNCTIONS(kz_alg_gamma);

const OSSL_ALGORITHM kz_keymgmt_algorithms[] = {
    { KZ_NAMES_2004, KZ_PROPERTY, kz_alg_2004_functions, "GOST 34.310-2004" },
    { KZ_NAMES_2015_256, KZ_PROPERTY, kz_alg_2015_256_functions, "GOST 34.10-2015, 256 bits" },
    { KZ_NAMES_2015_512, KZ_PROPERTY, kz_alg_2015_512_functions, "GOST 34.10-2015, 512 bits" },
    { KZ_NAMES_GAMMA, KZ_PROPERTY, kz_alg_gamma_functions, "GOST 34.310-2004, TumarCSP" },
    { NULL, NULL, NULL, NULL },
};
