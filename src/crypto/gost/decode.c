/* Decoders: a key out of SubjectPublicKeyInfo and PrivateKeyInfo in DER (PEM is OpenSSL's work). */
#include "crypto/gost/alg.h"
#include "crypto/gost/der.h"
#include "crypto/gost/key.h"
#include "crypto/gost/provider.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

enum { MAX_OBJECT = 16384 }; /* bytes; a key of ours has 200, attributes may follow it */

struct decoder {
    const struct kz_provider *prov;
    const struct kz_alg *alg;
};

/* One DER element off the BIO, its length in *ret_len; 0 when there is none within the ceiling. */
static int read_object(const struct kz_provider *prov, OSSL_CORE_BIO *bio, uint8_t *object,
                       size_t *ret_len)
{
    size_t have = 0;
    size_t want = 2;

    while (have < want) {
        size_t got = 0;

        if (!prov->bio_read(bio, object + have, want - have, &got) || got == 0)
            return 0;
        have += got;
        if (have == 2 && object[1] > 0x80 && object[1] <= 0x80 + (KZ_DER_HEAD - 2))
            want = 2 + (size_t)(object[1] & 0x7f);
        else if (have == want && kz_der_element_len(object, have) > have)
            want = kz_der_element_len(object, have);
        if (want > MAX_OBJECT)
            return 0;
    }
    *ret_len = have;
    return kz_der_element_len(object, have) == have;
}

/* AlgorithmIdentifier's content after the OID: SEQUENCE { parameter set, digest OPTIONAL }. */
static int take_parameters(struct kz_der *algorithm, const struct kz_alg *alg)
{
    struct kz_der params;

    if (alg->family == KZ_FAMILY_TUMAR) /* NULL, or left out */
        return algorithm->left == 0 ||
               (kz_der_take_last(algorithm, KZ_NULL, &params) && params.left == 0);
    return kz_der_take_last(algorithm, KZ_SEQUENCE, &params) &&
           kz_der_take_oid(&params, alg->names.params_oid) &&
           (params.left == 0 || kz_der_take_oid(&params, alg->names.digest_param)) &&
           params.left == 0;
}

/* The point within the BIT STRING's content, all of it: OCTET STRING { point } or a key blob. */
static int take_point(struct kz_der *bits, const struct kz_alg *alg, struct kz_der *ret_point)
{
    if (alg->family != KZ_FAMILY_TUMAR)
        return kz_der_take_last(bits, KZ_OCTET_STRING, ret_point);
    if (bits->left < KZ_BLOB_HEADER || memcmp(bits->at, kz_blob_header, KZ_BLOB_HEADER) != 0)
        return 0;
    *ret_point = (struct kz_der){ bits->at + KZ_BLOB_HEADER, bits->left - KZ_BLOB_HEADER };
    return 1;
}

/* BIT STRING with LE(x) ‖ LE(y) in it, the last of SubjectPublicKeyInfo. */
static int public_key(struct kz_der *info, struct kz_key *key)
{
    struct kz_der bits;
    struct kz_der point;

    if (!kz_der_take_last(info, KZ_BIT_STRING, &bits) || bits.left == 0 || bits.at[0] != 0)
        return KZ_RAISE(key->prov, KZ_R_ENCODING);
    bits.at++; /* the number of unused bits: none */
    bits.left--;
    if (!take_point(&bits, key->alg, &point))
        return KZ_RAISE(key->prov, KZ_R_ENCODING);
    return kz_key_set_public(key, point.at, point.left);
}

/* INTEGER, big-endian: turned into the fixed-size little-endian form. */
static int take_integer(struct kz_der *in, size_t size, uint8_t *ret_scalar)
{
    struct kz_der number;

    if (!kz_der_take_last(in, KZ_INTEGER, &number) || number.left == 0 || number.at[0] >= 0x80 ||
        (number.left > 1 && number.at[0] == 0 && number.at[1] < 0x80))
        return 0; /* empty, negative, or with a zero too many */
    if (number.at[0] == 0) {
        number.at++;
        number.left--;
    }
    if (number.left > size)
        return 0;
    memset(ret_scalar, 0, size);
    for (size_t i = 0; i < number.left; i++)
        ret_scalar[i] = number.at[number.left - 1 - i];
    return 1;
}

static int take_octets(struct kz_der *in, size_t size, uint8_t *ret_scalar)
{
    struct kz_der octets;

    if (!kz_der_take_last(in, KZ_OCTET_STRING, &octets) || octets.left != size)
        return 0;
    memcpy(ret_scalar, octets.at, size);
    return 1;
}

/* OCTET STRING { d }, then [0] attributes OPTIONAL: the last of PrivateKeyInfo. */
static int private_key(struct kz_der *info, struct kz_key *key)
{
    uint8_t scalar[KZ_MAX_COORDINATE];
    size_t size = key->alg->curve->size;
    struct kz_der octets;
    struct kz_der attributes;
    int done;

    if (!key->alg->names.can_sign)
        return KZ_RAISE(key->prov, KZ_R_VERIFY_ONLY);
    if (!kz_der_take(info, KZ_OCTET_STRING, &octets) ||
        (info->left > 0 && !kz_der_take_last(info, KZ_CONTEXT_0, &attributes)))
        return KZ_RAISE(key->prov, KZ_R_ENCODING);
    done = key->alg->private_form == KZ_PRIVATE_INTEGER ? take_integer(&octets, size, scalar)
                                                        : take_octets(&octets, size, scalar);
    done = done ? kz_key_set_private(key, scalar, size) : KZ_RAISE(key->prov, KZ_R_ENCODING);
    OPENSSL_cleanse(scalar, sizeof(scalar));
    return done;
}

/* Both structures begin alike: [version,] AlgorithmIdentifier, the key. */
struct structure {
    int has_version;
    int (*take_key)(struct kz_der *info, struct kz_key *key);
};

static const struct structure subject_public_key_info = { 0, public_key };
static const struct structure private_key_info = { 1, private_key };

static int take_version(struct kz_der *info)
{
    struct kz_der version;

    return kz_der_take(info, KZ_INTEGER, &version) && version.left == 1 && version.at[0] == 0;
}

/* Whose key is it? Whatever does not read like this is left to other decoders. */
static int is_ours(struct kz_der object, const struct structure *structure,
                   const struct kz_alg *alg, struct kz_der *ret_info, struct kz_der *ret_algorithm)
{
    return kz_der_take_last(&object, KZ_SEQUENCE, ret_info) &&
           (!structure->has_version || take_version(ret_info)) &&
           kz_der_take(ret_info, KZ_SEQUENCE, ret_algorithm) &&
           kz_der_take_oid(ret_algorithm, alg->names.key_oid);
}

/* Hands the key to OpenSSL, which asks our keymgmt's load() for it by this reference. */
static int hand_over(struct kz_key *key, OSSL_CALLBACK *callback, void *arg)
{
    int type = OSSL_OBJECT_PKEY;
    struct kz_key *reference = key;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type),
        OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_TYPE, (char *)key->alg->names.key,
                                         0),
        OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_REFERENCE, &reference,
                                          KZ_KEY_REFERENCE),
        OSSL_PARAM_construct_end(),
    };
    int done = callback(params, arg);

    kz_key_free(reference); /* NULL by now when load() took it */
    return done;
}

static int decode_object(const struct decoder *decoder, struct kz_der object,
                         const struct structure *structure, OSSL_CALLBACK *callback, void *arg)
{
    struct kz_der info;
    struct kz_der algorithm;
    struct kz_key *key;

    if (!is_ours(object, structure, decoder->alg, &info, &algorithm))
        return 1; /* no error, no key: others may try */
    if (!take_parameters(&algorithm, decoder->alg))
        return KZ_RAISE(decoder->prov, KZ_R_PARAMETERS);
    key = kz_key_new(decoder->prov, decoder->alg);
    if (!key)
        return KZ_RAISE(decoder->prov, KZ_R_NOMEM);
    if (!structure->take_key(&info, key)) {
        kz_key_free(key);
        return 0;
    }
    return hand_over(key, callback, arg);
}

static int decode(const struct decoder *decoder, OSSL_CORE_BIO *bio,
                  const struct structure *structure, OSSL_CALLBACK *callback, void *arg)
{
    uint8_t *object = OPENSSL_malloc(MAX_OBJECT);
    size_t len = 0;
    int done = 1;

    if (!object)
        return KZ_RAISE(decoder->prov, KZ_R_NOMEM);
    if (read_object(decoder->prov, bio, object, &len))
        done = decode_object(decoder, (struct kz_der){ object, len }, structure, callback, arg);
    OPENSSL_clear_free(object, MAX_OBJECT);
    return done;
}

/* ---- the provider's functions ---- */

static int decode_public(void *decoder, OSSL_CORE_BIO *bio, int selection, OSSL_CALLBACK *callback,
                         void *arg, OSSL_PASSPHRASE_CALLBACK *passphrase, void *passphrase_arg)
{
    (void)selection;
    (void)passphrase;
    (void)passphrase_arg;
    return decode(decoder, bio, &subject_public_key_info, callback, arg);
}

static int decode_private(void *decoder, OSSL_CORE_BIO *bio, int selection, OSSL_CALLBACK *callback,
                          void *arg, OSSL_PASSPHRASE_CALLBACK *passphrase, void *passphrase_arg)
{
    (void)selection;
    (void)passphrase;
    (void)passphrase_arg;
    return decode(decoder, bio, &private_key_info, callback, arg);
}

/* Who asks for a private key, public part included, is served by PrivateKeyInfo alone. */
static int public_selection(void *prov, int selection)
{
    (void)prov;
    return selection == 0 || ((selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) &&
                              !(selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY));
}

static int private_selection(void *prov, int selection)
{
    (void)prov;
    return selection == 0 || (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY);
}

static void *decoder_new(const struct kz_provider *prov, const struct kz_alg *alg)
{
    struct decoder *decoder = OPENSSL_zalloc(sizeof(*decoder));

    if (decoder)
        *decoder = (struct decoder){ prov, alg };
    return decoder;
}

static void decoder_free(void *decoder)
{
    OPENSSL_free(decoder);
}

#define DECODER_FUNCTIONS(alg, form)                                                               \
    static const OSSL_DISPATCH alg##_##form##_functions[] = {                                      \
        { OSSL_FUNC_DECODER_NEWCTX, KZ_FN(alg##_new) },                                            \
        { OSSL_FUNC_DECODER_FREECTX, KZ_FN(decoder_free) },                                        \
        { OSSL_FUNC_DECODER_DOES_SELECTION, KZ_FN(form##_selection) },                             \
        { OSSL_FUNC_DECODER_DECODE, KZ_FN(decode_##form) },                                        \
        { 0, NULL },                                                                               \
    }

#define DECODERS(alg)                                                                              \
    static void *alg##_new(void *prov)                                                             \
    {                                                                                              \
        return decoder_new(prov, &(alg));                                                          \
    }                                                                                              \
    DECODER_FUNCTIONS(alg, public);                                                                \
    DECODER_FUNCTIONS(alg, private)

DECODERS(kz_alg_2004);
DECODERS(kz_alg_2015_256);
DECODERS(kz_alg_2015_512);
DECODERS(kz_alg_gamma);

#define PUBLIC KZ_PROPERTY ",input=der,structure=SubjectPublicKeyInfo"
#define PRIVATE KZ_PROPERTY ",input=der,structure=PrivateKeyInfo"

const OSSL_ALGORITHM kz_decoder_algorithms[] = {
    { KZ_NAMES_2004, PUBLIC, kz_alg_2004_public_functions, NULL },
    { KZ_NAMES_2004, PRIVATE, kz_alg_2004_private_functions, NULL },
    { KZ_NAMES_2015_256, PUBLIC, kz_alg_2015_256_public_functions, NULL },
    { KZ_NAMES_2015_256, PRIVATE, kz_alg_2015_256_private_functions, NULL },
    { KZ_NAMES_2015_512, PUBLIC, kz_alg_2015_512_public_functions, NULL },
    { KZ_NAMES_2015_512, PRIVATE, kz_alg_2015_512_private_functions, NULL },
    { KZ_NAMES_GAMMA, PUBLIC, kz_alg_gamma_public_functions, NULL },
    { KZ_NAMES_GAMMA, PRIVATE, kz_alg_gamma_private_functions, NULL },
    { NULL, NULL, NULL, NULL },
};
