/* Encoders: SubjectPublicKeyInfo and PrivateKeyInfo (plain or encrypted), in DER and PEM. */
#include "crypto/gost/alg.h"
#include "crypto/gost/auto.h"
#include "crypto/gost/encode_text.h"
#include "crypto/gost/key.h"
#include "crypto/gost/provider.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

enum { MAX_PASSPHRASE = 1024 }; /* bytes, as much as OpenSSL itself takes */

DEFINE_AUTO(BIO, BIO_free_all)
DEFINE_AUTO(PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free)
DEFINE_AUTO(X509_ALGOR, X509_ALGOR_free)
DEFINE_AUTO(X509_PUBKEY, X509_PUBKEY_free)
DEFINE_AUTO(X509_SIG, X509_SIG_free)

struct encoder {
    const struct kz_provider *prov;
    bool encrypt;       /* a cipher was asked for: never fall back to plain */
    EVP_CIPHER *cipher; /* for PrivateKeyInfo */
};

/* OpenSSL's memory, the caller's. */
struct der {
    unsigned char *bytes;
    int len;
};

/* ---- the structures ---- */

/*
 * AlgorithmIdentifier.parameters of a key, SEQUENCE { parameter set, digest }: the same ASN.1 as an
 * AlgorithmIdentifier whose parameter is an OID. The caller's; NULL when out of memory.
 */
static ASN1_STRING *parameters_new(const struct kz_alg *alg)
{
    AUTO(X509_ALGOR_free) X509_ALGOR *pair = X509_ALGOR_new();
    ASN1_OBJECT *set = OBJ_txt2obj(alg->names.params_oid, 1);
    ASN1_OBJECT *digest = OBJ_txt2obj(alg->names.digest_param, 1);

    if (!pair || !set || !digest || !X509_ALGOR_set0(pair, set, V_ASN1_OBJECT, digest)) {
        ASN1_OBJECT_free(set);
        ASN1_OBJECT_free(digest);
        return NULL;
    }
    return ASN1_item_pack(pair, ASN1_ITEM_rptr(X509_ALGOR), NULL);
}

/* One primitive element of at most 64 KiB. */
static int element(int tag, const uint8_t *content, size_t len, struct der *ret_der)
{
    int total = ASN1_object_size(0, (int)len, tag);
    unsigned char *bytes = total > 0 ? OPENSSL_malloc((size_t)total) : NULL;
    unsigned char *at = bytes;

    if (!bytes)
        return 0;
    ASN1_put_object(&at, 0, (int)len, tag, V_ASN1_UNIVERSAL);
    memcpy(at, content, len);
    *ret_der = (struct der){ bytes, total };
    return 1;
}

/* A positive INTEGER out of little-endian bytes: big-endian, no zero too many, none too few. */
static int integer_element(const uint8_t *scalar, size_t size, struct der *ret_der)
{
    uint8_t number[1 + KZ_MAX_COORDINATE] = { 0 };
    size_t skip = 0;
    int done;

    for (size_t i = 0; i < size; i++)
        number[size - i] = scalar[i];
    while (skip < size && number[skip] == 0 && number[skip + 1] < 0x80)
        skip++;
    done = element(V_ASN1_INTEGER, number + skip, 1 + size - skip, ret_der);
    OPENSSL_cleanse(number, sizeof(number));
    return done;
}

/* What the BIT STRING holds: OCTET STRING { point }, or the point behind its key blob's header. */
static int point_element(const struct kz_key *key, struct der *ret_der)
{
    size_t len = 2 * key->alg->curve->size;
    uint8_t *blob;

    if (key->alg->family != KZ_FAMILY_TUMAR)
        return element(V_ASN1_OCTET_STRING, key->public_key, len, ret_der);
    blob = OPENSSL_malloc(KZ_BLOB_HEADER + len);
    if (!blob)
        return 0;
    memcpy(blob, kz_blob_header, KZ_BLOB_HEADER);
    memcpy(blob + KZ_BLOB_HEADER, key->public_key, len);
    *ret_der = (struct der){ blob, (int)(KZ_BLOB_HEADER + len) };
    return 1;
}

/* Parameters of an AlgorithmIdentifier. */
struct parameters {
    int type;            /* V_ASN1_… */
    ASN1_STRING *string; /* NULL for V_ASN1_NULL */
};

static int take_parameters(const struct kz_alg *alg, struct parameters *ret)
{
    *ret = (struct parameters){ V_ASN1_NULL, NULL };
    if (alg->family == KZ_FAMILY_TUMAR)
        return 1;
    *ret = (struct parameters){ V_ASN1_SEQUENCE, parameters_new(alg) };
    return ret->string != NULL;
}

/* The caller's; NULL when out of memory. */
static X509_PUBKEY *public_info_new(const struct kz_key *key)
{
    AUTO(X509_PUBKEY_free) X509_PUBKEY *info = X509_PUBKEY_new();
    struct parameters parameters = { V_ASN1_NULL, NULL };
    ASN1_OBJECT *oid = OBJ_txt2obj(key->alg->names.key_oid, 1);
    struct der point = { NULL, 0 };

    if (info && oid && take_parameters(key->alg, &parameters) && point_element(key, &point) &&
        X509_PUBKEY_set0_param(info, oid, parameters.type, parameters.string, point.bytes,
                               point.len))
        return TAKE(info); /* it owns all three */
    ASN1_STRING_free(parameters.string);
    ASN1_OBJECT_free(oid);
    OPENSSL_free(point.bytes);
    return NULL;
}

/* The caller's; NULL when out of memory. */
static PKCS8_PRIV_KEY_INFO *private_info_new(const struct kz_key *key)
{
    AUTO(PKCS8_PRIV_KEY_INFO_free) PKCS8_PRIV_KEY_INFO *info = PKCS8_PRIV_KEY_INFO_new();
    struct parameters parameters = { V_ASN1_NULL, NULL };
    ASN1_OBJECT *oid = OBJ_txt2obj(key->alg->names.key_oid, 1);
    size_t size = key->alg->curve->size;
    struct der d = { NULL, 0 };
    int done = key->alg->private_form == KZ_PRIVATE_INTEGER
                   ? integer_element(key->private_key, size, &d)
                   : element(V_ASN1_OCTET_STRING, key->private_key, size, &d);

    if (done && info && oid && take_parameters(key->alg, &parameters) &&
        PKCS8_pkey_set0(info, oid, 0, parameters.type, parameters.string, d.bytes, d.len))
        return TAKE(info); /* it owns all three, and wipes d */
    ASN1_STRING_free(parameters.string);
    ASN1_OBJECT_free(oid);
    OPENSSL_clear_free(d.bytes, (size_t)d.len);
    return NULL;
}

/* ---- the writers: each fills a memory BIO ---- */

struct passphrase {
    OSSL_PASSPHRASE_CALLBACK *ask;
    void *arg;
};

static int public_info(const struct kz_key *key, BIO *out, bool pem)
{
    AUTO(X509_PUBKEY_free) X509_PUBKEY *info = public_info_new(key);

    if (!info)
        return KZ_RAISE(key->prov, KZ_R_NOMEM);
    return pem ? PEM_write_bio_X509_PUBKEY(out, info) : i2d_X509_PUBKEY_bio(out, info);
}

/* The caller's; NULL with an error raised. */
static X509_SIG *encrypted_new(const struct encoder *encoder, PKCS8_PRIV_KEY_INFO *info,
                               const struct passphrase *passphrase)
{
    char text[MAX_PASSPHRASE];
    size_t len = 0;
    X509_SIG *encrypted = NULL;

    if (!encoder->cipher)
        (void)KZ_RAISE(encoder->prov, KZ_R_CIPHER);
    else if (!passphrase->ask ||
             !passphrase->ask(text, sizeof(text), &len, NULL, passphrase->arg) ||
             len > sizeof(text))
        (void)KZ_RAISE(encoder->prov, KZ_R_PASSPHRASE);
    else
        encrypted = PKCS8_encrypt(-1, encoder->cipher, text, (int)len, NULL, 0, 0, info);
    OPENSSL_cleanse(text, sizeof(text));
    return encrypted;
}

static int private_info(const struct encoder *encoder, const struct kz_key *key, BIO *out,
                        const struct passphrase *passphrase, bool encrypt, bool pem)
{
    AUTO(PKCS8_PRIV_KEY_INFO_free) PKCS8_PRIV_KEY_INFO *info = private_info_new(key);
    AUTO(X509_SIG_free) X509_SIG *encrypted = NULL;

    if (!info)
        return KZ_RAISE(key->prov, KZ_R_NOMEM);
    if (!encrypt)
        return pem ? PEM_write_bio_PKCS8_PRIV_KEY_INFO(out, info)
                   : i2d_PKCS8_PRIV_KEY_INFO_bio(out, info);
    encrypted = encrypted_new(encoder, info, passphrase);
    if (!encrypted)
        return 0;
    return pem ? PEM_write_bio_PKCS8(out, encrypted) : i2d_PKCS8_bio(out, encrypted);
}

typedef int write_fn(const struct encoder *encoder, const struct kz_key *key, BIO *out,
                     const struct passphrase *passphrase);

static int write_public_der(const struct encoder *encoder, const struct kz_key *key, BIO *out,
                            const struct passphrase *passphrase)
{
    (void)encoder;
    (void)passphrase;
    return public_info(key, out, false);
}

static int write_public_pem(const struct encoder *encoder, const struct kz_key *key, BIO *out,
                            const struct passphrase *passphrase)
{
    (void)encoder;
    (void)passphrase;
    return public_info(key, out, true);
}

static int write_private_der(const struct encoder *encoder, const struct kz_key *key, BIO *out,
                             const struct passphrase *passphrase)
{
    return private_info(encoder, key, out, passphrase, encoder->encrypt, false);
}

static int write_private_pem(const struct encoder *encoder, const struct kz_key *key, BIO *out,
                             const struct passphrase *passphrase)
{
    return private_info(encoder, key, out, passphrase, encoder->encrypt, true);
}

static int write_encrypted_der(const struct encoder *encoder, const struct kz_key *key, BIO *out,
                               const struct passphrase *passphrase)
{
    return private_info(encoder, key, out, passphrase, true, false);
}

static int write_encrypted_pem(const struct encoder *encoder, const struct kz_key *key, BIO *out,
                               const struct passphrase *passphrase)
{
    return private_info(encoder, key, out, passphrase, true, true);
}

/* ---- the provider's functions ---- */

static void *encoder_new(void *prov)
{
    struct encoder *encoder = OPENSSL_zalloc(sizeof(*encoder));

    if (encoder)
        encoder->prov = prov;
    return encoder;
}

static void encoder_free(void *vencoder)
{
    struct encoder *encoder = vencoder;

    if (!encoder)
        return;
    EVP_CIPHER_free(encoder->cipher);
    OPENSSL_free(encoder);
}

static int encoder_set_params(void *vencoder, const OSSL_PARAM params[])
{
    struct encoder *encoder = vencoder;
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, OSSL_ENCODER_PARAM_CIPHER);
    const OSSL_PARAM *properties = OSSL_PARAM_locate_const(params, OSSL_ENCODER_PARAM_PROPERTIES);
    const char *name = NULL;
    const char *propq = NULL;

    if (!p)
        return 1;
    if (!OSSL_PARAM_get_utf8_string_ptr(p, &name) ||
        (properties && !OSSL_PARAM_get_utf8_string_ptr(properties, &propq)))
        return 0;
    EVP_CIPHER_free(encoder->cipher);
    encoder->cipher = NULL;
    encoder->encrypt = name != NULL;
    if (!name)
        return 1;
    encoder->cipher = EVP_CIPHER_fetch(NULL, name, propq);
    return encoder->cipher || KZ_RAISE(encoder->prov, KZ_R_CIPHER);
}

static const OSSL_PARAM *encoder_settable(void *prov)
{
    static const OSSL_PARAM params[] = {
        OSSL_PARAM_utf8_string(OSSL_ENCODER_PARAM_CIPHER, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_ENCODER_PARAM_PROPERTIES, NULL, 0),
        OSSL_PARAM_END,
    };

    (void)prov;
    return params;
}

/* Private before public: who wants both wants the private key's structure. */
static int private_selection(void *encoder, int selection)
{
    (void)encoder;
    return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0;
}

static int public_selection(void *encoder, int selection)
{
    (void)encoder;
    return (selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) &&
           !(selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY);
}

/* Hands the memory BIO's bytes to OpenSSL's. */
static int flush(const struct kz_provider *prov, BIO *memory, OSSL_CORE_BIO *out)
{
    char *bytes = NULL;
    long len = BIO_get_mem_data(memory, &bytes);
    size_t written = 0;

    return len > 0 && prov->bio_write(out, bytes, (size_t)len, &written) && written == (size_t)len;
}

static int check_parts(const struct kz_key *key, int selection)
{
    if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) && !key->has_private)
        return KZ_RAISE(key->prov, KZ_R_NO_PRIVATE);
    return key->has_public || KZ_RAISE(key->prov, KZ_R_NO_PUBLIC);
}

static int encode(const struct encoder *encoder, OSSL_CORE_BIO *out, const struct kz_key *key,
                  int selection, write_fn *write, const struct passphrase *passphrase)
{
    AUTO(BIO_free_all) BIO *memory = BIO_new(BIO_s_mem()); /* wiped when freed */

    if (!memory)
        return KZ_RAISE(encoder->prov, KZ_R_NOMEM);
    return key && check_parts(key, selection) && write(encoder, key, memory, passphrase) &&
           flush(encoder->prov, memory, out);
}

static int encode_text(void *encoder, OSSL_CORE_BIO *out, const void *key,
                       const OSSL_PARAM abstract[], int selection, OSSL_PASSPHRASE_CALLBACK *ask,
                       void *arg)
{
    const struct encoder *self = encoder;
    AUTO(BIO_free_all) BIO *memory = BIO_new(BIO_s_mem());

    (void)abstract; /* keys of other providers' making are not ours to encode */
    (void)ask;
    (void)arg;
    if (!memory)
        return KZ_RAISE(self->prov, KZ_R_NOMEM);
    return key && check_parts(key, selection) && kz_print_key(memory, key, selection) &&
           flush(self->prov, memory, out);
}

static const OSSL_DISPATCH text_functions[] = {
    { OSSL_FUNC_ENCODER_NEWCTX, KZ_FN(encoder_new) },
    { OSSL_FUNC_ENCODER_FREECTX, KZ_FN(encoder_free) },
    { OSSL_FUNC_ENCODER_ENCODE, KZ_FN(encode_text) },
    { 0, NULL },
};

#define ENCODER(form, part, selected)                                                              \
    static int encode_##form(void *encoder, OSSL_CORE_BIO *out, const void *key,                   \
                             const OSSL_PARAM abstract[], int selection,                           \
                             OSSL_PASSPHRASE_CALLBACK *ask, void *arg)                             \
    {                                                                                              \
        (void)abstract;                                                                            \
        (void)selection;                                                                           \
        return encode(encoder, out, key, (selected), write_##form,                                 \
                      &(const struct passphrase){ ask, arg });                                     \
    }                                                                                              \
    static const OSSL_DISPATCH form##_functions[] = {                                              \
        { OSSL_FUNC_ENCODER_NEWCTX, KZ_FN(encoder_new) },                                          \
        { OSSL_FUNC_ENCODER_FREECTX, KZ_FN(encoder_free) },                                        \
        { OSSL_FUNC_ENCODER_SET_CTX_PARAMS, KZ_FN(encoder_set_params) },                           \
        { OSSL_FUNC_ENCODER_SETTABLE_CTX_PARAMS, KZ_FN(encoder_settable) },                        \
        { OSSL_FUNC_ENCODER_DOES_SELECTION, KZ_FN(part##_selection) },                             \
        { OSSL_FUNC_ENCODER_ENCODE, KZ_FN(encode_##form) },                                        \
        { 0, NULL },                                                                               \
    }

ENCODER(public_der, public, OSSL_KEYMGMT_SELECT_PUBLIC_KEY);
ENCODER(public_pem, public, OSSL_KEYMGMT_SELECT_PUBLIC_KEY);
ENCODER(private_der, private, OSSL_KEYMGMT_SELECT_PRIVATE_KEY);
ENCODER(private_pem, private, OSSL_KEYMGMT_SELECT_PRIVATE_KEY);
ENCODER(encrypted_der, private, OSSL_KEYMGMT_SELECT_PRIVATE_KEY);
ENCODER(encrypted_pem, private, OSSL_KEYMGMT_SELECT_PRIVATE_KEY);

#define OUTPUT(names, form, structure, functions)                                                  \
    {                                                                                              \
        names, KZ_PROPERTY ",output=" form ",structure=" structure, functions, NULL                \
    }
#define PUBLIC_OUTPUTS(names)                                                                      \
    OUTPUT(names, "der", "SubjectPublicKeyInfo", public_der_functions),                            \
        OUTPUT(names, "pem", "SubjectPublicKeyInfo", public_pem_functions),                        \
    {                                                                                              \
        names, KZ_PROPERTY ",output=text", text_functions, NULL                                    \
    }
#define PRIVATE_OUTPUTS(names)                                                                     \
    OUTPUT(names, "der", "PrivateKeyInfo", private_der_functions),                                 \
        OUTPUT(names, "pem", "PrivateKeyInfo", private_pem_functions),                             \
        OUTPUT(names, "der", "EncryptedPrivateKeyInfo", encrypted_der_functions),                  \
        OUTPUT(names, "pem", "EncryptedPrivateKeyInfo", encrypted_pem_functions)

const OSSL_ALGORITHM kz_encoder_algorithms[] = {
    PUBLIC_OUTPUTS(KZ_NAMES_2004),      PRIVATE_OUTPUTS(KZ_NAMES_2004),
    PUBLIC_OUTPUTS(KZ_NAMES_2015_256),  PUBLIC_OUTPUTS(KZ_NAMES_2015_512),
    PRIVATE_OUTPUTS(KZ_NAMES_2015_512), PUBLIC_OUTPUTS(KZ_NAMES_GAMMA),
    PRIVATE_OUTPUTS(KZ_NAMES_GAMMA),    { NULL, NULL, NULL, NULL },
};
