/* The signature and digest methods of XML signatures as two tables. */
#include "wsse/methods.h"

#include "crypto/encode.h"
#include "crypto/gost/kzgost.h"
#include "crypto/ossl.h"
#include "wsse/names.h"
#include "wsse/transforms.h"
#include "wsse/xmlsig.h"

#include <openssl/evp.h>
#include <xmlsec/openssl/crypto.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* The first row of an algorithm is the one we sign with. */
static const struct signature_method signature_methods[] = {
    { URI_SIGN_GOST2015_512, ALG_GOST2015_512, transform_sign_gost2015_512 },
    { URI_SIGN_GOST2004, ALG_GOST2004, transform_sign_gost2004 },
    { URI_SIGN_GOST2015_256, ALG_GOST2015_256, transform_sign_gost2015_256 },
    { URI_SIGN_RSA_SHA256, ALG_RSA_SHA256, xmlSecOpenSSLTransformRsaSha256GetKlass },
    { URI_SIGN_RSA_SHA1, ALG_RSA_SHA1, xmlSecOpenSSLTransformRsaSha1GetKlass },
    { URI_SIGN_RSA_SHA1_MORE, ALG_RSA_SHA1, transform_sign_rsa_sha1_more },
};

static const struct digest_method digest_methods[] = {
    { URI_DIGEST_2015_512, ALG_GOST2015_512, KZGOST_DIGEST_2015_512, transform_digest_2015_512 },
    { URI_DIGEST_34311, ALG_GOST2004, KZGOST_DIGEST_34311_95, transform_digest_34311 },
    { URI_DIGEST_2015_256, ALG_GOST2015_256, KZGOST_DIGEST_2015_256, transform_digest_2015_256 },
    { URI_DIGEST_SHA256, ALG_RSA_SHA256, "SHA256", xmlSecOpenSSLTransformSha256GetKlass },
    { URI_DIGEST_SHA1, ALG_RSA_SHA1, "SHA1", xmlSecOpenSSLTransformSha1GetKlass },
    { URI_DIGEST_SHA1_MORE, ALG_RSA_SHA1, "SHA1", transform_digest_sha1_more },
};

const struct signature_method *signature_method_find(const char *uri)
{
    for (size_t i = 0; uri && i < COUNT(signature_methods); i++)
        if (strcmp(signature_methods[i].uri, uri) == 0)
            return &signature_methods[i];
    return NULL;
}

const struct digest_method *digest_method_find(const char *uri)
{
    for (size_t i = 0; uri && i < COUNT(digest_methods); i++)
        if (strcmp(digest_methods[i].uri, uri) == 0)
            return &digest_methods[i];
    return NULL;
}

/* 2015-256 verifies only (kz-crypto.md section 2), SHA-1 is not made any more. */
static bool is_signed_with(enum algorithm algorithm)
{
    return algorithm == ALG_GOST2015_512 || algorithm == ALG_GOST2004 ||
           algorithm == ALG_RSA_SHA256;
}

const struct signature_method *signature_method_of(enum algorithm algorithm)
{
    for (size_t i = 0; is_signed_with(algorithm) && i < COUNT(signature_methods); i++)
        if (signature_methods[i].algorithm == algorithm)
            return &signature_methods[i];
    return NULL;
}

static const struct digest_method *digest_method_by(enum algorithm algorithm)
{
    for (size_t i = 0; i < COUNT(digest_methods); i++)
        if (digest_methods[i].algorithm == algorithm)
            return &digest_methods[i];
    return NULL;
}

const struct digest_method *digest_method_of(enum algorithm algorithm)
{
    return is_signed_with(algorithm) ? digest_method_by(algorithm) : NULL;
}

enum status xml_digest(enum algorithm algorithm, struct slice data, const char **ret_uri,
                       struct bytes **ret_base64, struct err *err)
{
    const struct digest_method *method = digest_method_by(algorithm);

    if (!method)
        return RAISE(err, ST_NOT_FOUND, "no digest method of %s", algorithm_name(algorithm));
    TRY(digest_base64(method, data, ret_base64, err));
    *ret_uri = method->uri;
    return ST_OK;
}

bool algorithm_fits_key(enum algorithm method, enum algorithm key)
{
    const unsigned rsa = ALG_RSA_SHA256 | ALG_RSA_SHA1;

    return method == key || ((method & rsa) && (key & rsa));
}

enum status digest_base64(const struct digest_method *method, struct slice data, struct bytes **ret,
                          struct err *err)
{
    unsigned char value[EVP_MAX_MD_SIZE];
    size_t len = 0;
    struct bytes *text = NULL;

    if (EVP_Q_digest(NULL, method->md, NULL, data.at, data.len, value, &len) != 1)
        return ossl_raise(err, ST_INTERNAL, "digest");
    text = base64_encode(slice_mem(value, len));
    if (!text)
        return RAISE(err, ST_NOMEM, "digest: out of memory");
    *ret = text;
    return ST_OK;
}
