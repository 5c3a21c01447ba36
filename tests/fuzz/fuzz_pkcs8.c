/* Fuzzes private keys (PKCS#8 PrivateKeyInfo) through OpenSSL's decoders and those of the KZ
 * provider: what is read as a GOST key must sign and verify. */
#include "crypto/ossl.h"
#include "crypto/scheme.h"
#include "world.h"

#include <openssl/err.h>

static void sign(EVP_PKEY *key, const struct scheme *scheme)
{
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *signer = EVP_MD_CTX_new();
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *verifier = EVP_MD_CTX_new();
    const unsigned char data[] = "data";
    unsigned char signature[1024];
    size_t len = sizeof(signature);

    promise(signer && verifier);
    if (EVP_DigestSignInit_ex(signer, NULL, scheme->digest, NULL, NULL, key, NULL) != 1 ||
        EVP_DigestSign(signer, signature, &len, data, sizeof(data)) != 1)
        return;
    promise(EVP_DigestVerifyInit_ex(verifier, NULL, scheme->digest, NULL, NULL, key, NULL) == 1);
    promise(EVP_DigestVerify(verifier, signature, len, data, sizeof(data)) == 1);
}

bool fuzz_take(struct slice in)
{
    const unsigned char *at = slice_u8(in);

    (void)world();
    AUTO(EVP_PKEY_free) EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &at, (long)in.len);
    ERR_clear_error();
    if (!key)
        return false;
    const struct scheme *scheme = scheme_of_key(key);
    if (scheme && (scheme->algorithm & ALG_GOST))
        sign(key, scheme);
    ERR_clear_error();
    return true;
}
