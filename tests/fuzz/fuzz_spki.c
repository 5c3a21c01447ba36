/* Fuzzes public keys (SubjectPublicKeyInfo) through OpenSSL's decoders and those of the KZ
 * provider: what is read must write, read and compare as the same key. */
#include "crypto/ossl.h"
#include "world.h"

#include <openssl/err.h>
#include <openssl/x509.h>

bool fuzz_take(struct slice in)
{
    const unsigned char *at = slice_u8(in);
    AUTO(der_free) unsigned char *der = NULL;

    (void)world();
    AUTO(EVP_PKEY_free) EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)in.len);
    ERR_clear_error();
    if (!key)
        return false;
    int len = i2d_PUBKEY(key, &der);
    if (len <= 0 || !EVP_PKEY_get0_provider(key))
        return false;
    const unsigned char *again_at = der;
    AUTO(EVP_PKEY_free) EVP_PKEY *again = d2i_PUBKEY(NULL, &again_at, len);
    promise(again != NULL && EVP_PKEY_eq(key, again) == 1);
    ERR_clear_error();
    return true;
}
