/* Keys in PEM: PKCS#8 (RFC 5958), encrypted or not, or PKCS#1; and certificates beside them. */
#include "crypto/key_impl.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

DEFINE_AUTO(PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free)
DEFINE_AUTO(X509_SIG, X509_SIG_free)

enum { OBJECTS_MAX = 64 /* of one file */ };

/* One object of the file as OpenSSL hands it out. */
struct pem_object {
    char *name;
    char *header;
    unsigned char *data; /* may be a private key */
    long len;
};

static void object_clear(struct pem_object *object)
{
    OPENSSL_free(object->name);
    OPENSSL_free(object->header);
    OPENSSL_clear_free(object->data, (size_t)object->len);
    *object = (struct pem_object){ 0 };
}

static enum status set_key(struct key_parts *parts, EVP_PKEY *pkey, struct err *err)
{
    if (!pkey)
        return ossl_raise(err, ST_INPUT, "PEM: the private key cannot be read");
    parts->pkey = pkey;
    return ST_OK;
}

static enum status take_plain(const struct pem_object *object, const char *secret,
                              struct key_parts *parts, struct err *err)
{
    const unsigned char *at = object->data;
    AUTO(PKCS8_PRIV_KEY_INFO_free)
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, object->len);

    (void)secret;
    return set_key(parts, info ? EVP_PKCS82PKEY(info) : NULL, err);
}

static enum status take_encrypted(const struct pem_object *object, const char *secret,
                                  struct key_parts *parts, struct err *err)
{
    const unsigned char *at = object->data;
    AUTO(X509_SIG_free) X509_SIG *closed = d2i_X509_SIG(NULL, &at, object->len);

    if (!closed)
        return ossl_raise(err, ST_INPUT, "PEM: the private key cannot be read");
    if (!secret)
        return RAISE_CAUSE(err, ST_INPUT, "passwordMissing", NULL, NULL,
                           "PEM: the private key is encrypted, its password is wanted");
    AUTO(PKCS8_PRIV_KEY_INFO_free)
    PKCS8_PRIV_KEY_INFO *info = PKCS8_decrypt(closed, secret, (int)strlen(secret));
    if (!info) {
        ERR_clear_error();
        return RAISE_CAUSE(err, ST_INPUT, "wrongPassword", NULL, NULL, "PEM: wrong password");
    }
    return set_key(parts, EVP_PKCS82PKEY(info), err);
}

static enum status take_rsa(const struct pem_object *object, const char *secret,
                            struct key_parts *parts, struct err *err)
{
    const unsigned char *at = object->data;

    (void)secret;
    if (object->header[0] != '\0') /* one round of MD5 guards it */
        return RAISE(err, ST_INPUT,
                     "PEM: encrypted in the old way; openssl pkcs8 -topk8 makes a PKCS#8 of it");
    return set_key(parts, d2i_PrivateKey(EVP_PKEY_RSA, NULL, &at, object->len), err);
}

static enum status take_cert(const struct pem_object *object, const char *secret,
                             struct key_parts *parts, struct err *err)
{
    const unsigned char *at = object->data;
    AUTO(X509_free) X509 *x509 = d2i_X509(NULL, &at, object->len);

    (void)secret;
    if (!x509 || at != object->data + object->len)
        return ossl_raise(err, ST_INPUT, "PEM: a certificate cannot be read");
    return key_parts_add(parts, x509, err);
}

/* Whatever else a file holds (parameters, requests) is nothing to us. */
static const struct {
    const char *name;
    bool is_key;
    enum status (*take)(const struct pem_object *object, const char *secret,
                        struct key_parts *parts, struct err *err);
} kinds[] = {
    { PEM_STRING_PKCS8INF, true, take_plain }, { PEM_STRING_PKCS8, true, take_encrypted },
    { PEM_STRING_RSA, true, take_rsa },        { PEM_STRING_X509, false, take_cert },
    { PEM_STRING_X509_OLD, false, take_cert },
};

static enum status take(const struct pem_object *object, const char *secret,
                        struct key_parts *parts, struct err *err)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(object->name, kinds[i].name) != 0)
            continue;
        if (kinds[i].is_key && parts->pkey)
            return RAISE(err, ST_INPUT, "PEM: two private keys in it");
        return kinds[i].take(object, secret, parts, err);
    }
    return ST_OK;
}

enum status key_parts_pem(struct slice pem, const char *secret, struct key_parts *parts,
                          struct err *err)
{
    enum status status = ST_OK;

    if (pem.len > KEY_FILE_MAX)
        return RAISE_CAUSE(err, ST_INPUT, "keyTooLarge", NULL, "1048576 bytes",
                           "PEM: %zu bytes, the limit is %d", pem.len, KEY_FILE_MAX);
    AUTO(BIO_free_all) BIO *in = BIO_new_mem_buf(pem.at, (int)pem.len);
    if (!in)
        return ossl_raise(err, ST_NOMEM, "PEM");
    for (int n = 0; status == ST_OK && n < OBJECTS_MAX; n++) {
        struct pem_object object = { 0 };
        if (PEM_read_bio(in, &object.name, &object.header, &object.data, &object.len) != 1)
            break;
        status = take(&object, secret, parts, err);
        object_clear(&object);
    }
    if (status != ST_OK)
        return status;
    int reason = ERR_GET_REASON(ERR_peek_last_error());
    if (reason != 0 && reason != PEM_R_NO_START_LINE)
        return ossl_raise(err, ST_INPUT, "PEM");
    ERR_clear_error();
    return ST_OK;
}
