#include "sandbox/openssl.h"

#include "crypto/encode.h"
#include "crypto/gost/kzgost.h"

#include <openssl/err.h>

enum { SERIAL_BYTES = 20 };

enum status openssl_fail(struct err *err, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    enum status status =
        RAISE(err, ST_INTERNAL, "%s: OpenSSL says: %s", what, reason ? reason : "no reason");

    ERR_clear_error();
    return status;
}

enum status openssl_digest_of(const EVP_PKEY *key, EVP_MD **ret_md, struct err *err)
{
    const struct kzgost_algorithm *algorithm = kzgost_of_key(key);
    EVP_MD *md = EVP_MD_fetch(NULL, algorithm ? algorithm->digest : "SHA256", NULL);

    if (!md)
        return openssl_fail(err, "digest");
    *ret_md = md;
    return ST_OK;
}

enum status openssl_bio_bytes(BIO *bio, struct bytes **ret, struct err *err)
{
    char *at = NULL;
    long len = BIO_get_mem_data(bio, &at);
    struct bytes *copy = len < 0 ? NULL : bytes_dup(slice_mem(at, (size_t)len));

    if (!copy)
        return RAISE(err, ST_NOMEM, "out of memory");
    *ret = copy;
    return ST_OK;
}

enum status openssl_random_serial(ASN1_INTEGER **ret_serial, struct err *err)
{
    uint8_t number[SERIAL_BYTES];
    AUTO(BN_free) BIGNUM *bn = NULL;

    random_fill(number, sizeof(number));
    number[0] = (uint8_t)((number[0] & 0x7f) | 0x10); /* positive, and always of full length */
    bn = BN_bin2bn(number, sizeof(number), NULL);
    if (!bn || !(*ret_serial = BN_to_ASN1_INTEGER(bn, NULL)))
        return openssl_fail(err, "serial number");
    return ST_OK;
}
