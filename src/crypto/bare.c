#include "crypto/bare.h"

#include <openssl/err.h>

/* By preference: an RSA key may have two, SHA-1 only where a setting names it. */
static const enum algorithm preference[] = { ALG_GOST2015_512, ALG_GOST2004,   ALG_GOST2015_256,
                                             ALG_GAMMA,        ALG_RSA_SHA256, ALG_RSA_SHA1 };

enum { PREFERENCES = sizeof(preference) / sizeof(preference[0]) };

/* The i-th of them, when the key is of its type and the judgement allows it. */
static const struct scheme *scheme_at(const struct judge *judge, const struct cert *cert, size_t i)
{
    unsigned allowed = judge->algorithms ? judge->algorithms : (unsigned)ALG_DEFAULT;
    const struct scheme *scheme = scheme_of_algorithm(preference[i]);
    const EVP_PKEY *key = X509_get0_pubkey(cert_x509(cert));

    return scheme && key && (scheme->algorithm & allowed) && EVP_PKEY_is_a(key, scheme->key_type)
               ? scheme
               : NULL;
}

const struct scheme *bare_scheme(const struct judge *judge, const struct cert *cert)
{
    const struct scheme *scheme = NULL;

    for (size_t i = 0; !scheme && i < PREFERENCES; i++)
        scheme = scheme_at(judge, cert, i);
    ERR_clear_error(); /* of a key that cannot be read */
    return scheme;
}

const struct scheme *bare_judge_algorithm(const struct judge *judge, const struct cert *cert,
                                          struct report *report)
{
    const struct scheme *scheme = bare_scheme(judge, cert);

    report_add(report, CHECK_ALGORITHM, scheme ? OUTCOME_PASSED : OUTCOME_FAILED, "%s%s",
               scheme ? scheme->name : algorithm_name(cert_algorithm(cert)),
               scheme ? "" : " is not allowed");
    return scheme;
}

static bool verify_by(const struct scheme *scheme, const struct cert *cert, struct slice data,
                      struct slice signature)
{
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    return ctx &&
           EVP_DigestVerifyInit_ex(ctx, NULL, scheme->digest, NULL, NULL,
                                   X509_get0_pubkey(cert_x509(cert)), NULL) == 1 &&
           EVP_DigestVerify(ctx, slice_u8(signature), signature.len, slice_u8(data), data.len) == 1;
}

bool bare_verify(const struct judge *judge, const struct cert *cert, struct slice data,
                 struct slice signature, const struct scheme **ret_scheme)
{
    for (size_t i = 0; i < PREFERENCES; i++) {
        const struct scheme *scheme = scheme_at(judge, cert, i);
        if (scheme && verify_by(scheme, cert, data, signature)) {
            ERR_clear_error();
            *ret_scheme = scheme;
            return true;
        }
    }
    return false;
}
