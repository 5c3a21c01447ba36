#include "unit/gost/help.h"

#include "crypto/gost/kzgost.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

int load_kzgost(void **state)
{
    (void)state;
    return kzgost_load(NULL) == 1 ? 0 : -1;
}

struct blob unhex(const char *hex)
{
    long len = 0;
    unsigned char *bytes = OPENSSL_hexstr2buf(hex, &len);
    struct blob blob = { NULL, 0 };

    assert_non_null(bytes);
    blob.bytes = malloc((size_t)len + 1);
    assert_non_null(blob.bytes);
    memcpy(blob.bytes, bytes, (size_t)len);
    blob.len = (size_t)len;
    OPENSSL_free(bytes);
    return blob;
}

void assert_hex(const uint8_t *bytes, size_t len, const char *hex)
{
    struct blob want = unhex(hex);

    assert_int_equal(len, want.len);
    assert_memory_equal(bytes, want.bytes, len);
    free(want.bytes);
}

void reverse(uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len / 2; i++) {
        uint8_t swap = bytes[i];

        bytes[i] = bytes[len - 1 - i];
        bytes[len - 1 - i] = swap;
    }
}

struct blob shared_file(const char *path)
{
    enum { MAX_FILE = 1 << 20 };
    const char *root = secure_getenv("SHEP_SHARED");
    char name[512];
    struct blob blob = { NULL, 0 };
    FILE *file;

    (void)snprintf(name, sizeof(name), "%s/vectors/%s", root ? root : "../shared", path);
    file = fopen(name, "rb");
    if (!file)
        return blob;
    blob.bytes = malloc(MAX_FILE);
    assert_non_null(blob.bytes);
    blob.len = fread(blob.bytes, 1, MAX_FILE, file);
    (void)fclose(file);
    return blob;
}

EVP_PKEY *new_key(const char *type)
{
    EVP_PKEY *key = kzgost_generate(NULL, NULL, type);

    assert_non_null(key);
    return key;
}

EVP_PKEY *key_from_bytes(const char *type, const uint8_t *public_key, size_t public_len,
                         const uint8_t *private_key, size_t private_len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;
    OSSL_PARAM params[3];
    size_t n = 0;

    assert_non_null(ctx);
    if (public_key)
        params[n++] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                                        (void *)(uintptr_t)public_key, public_len);
    if (private_key)
        params[n++] = OSSL_PARAM_construct_octet_string(
            OSSL_PKEY_PARAM_PRIV_KEY, (void *)(uintptr_t)private_key, private_len);
    params[n] = OSSL_PARAM_construct_end();
    assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
    if (EVP_PKEY_fromdata(ctx, &key, private_key ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                          params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    return key;
}

int verifies(EVP_PKEY *key, struct blob signature, const void *text, size_t len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int verdict;

    assert_non_null(ctx);
    assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key), 1);
    verdict = EVP_DigestVerify(ctx, signature.bytes, signature.len, text, len);
    EVP_MD_CTX_free(ctx);
    return verdict == 1;
}

static struct blob copy_of(const uint8_t *bytes, size_t len)
{
    struct blob copy = { malloc(len), len };

    assert_non_null(copy.bytes);
    memcpy(copy.bytes, bytes, len);
    return copy;
}

struct blob sign_text(EVP_PKEY *key, const void *text, size_t len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t signature[512];
    size_t want = 0;
    size_t got = sizeof(signature);

    assert_non_null(ctx);
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key), 1);
    assert_int_equal(EVP_DigestSign(ctx, NULL, &want, text, len), 1);
    assert_int_equal(EVP_DigestSign(ctx, signature, &got, text, len), 1);
    assert_int_equal(got, want);
    EVP_MD_CTX_free(ctx);
    return copy_of(signature, got);
}

struct blob key_octets(EVP_PKEY *key, const char *name)
{
    uint8_t octets[256];
    size_t len = 0;

    assert_int_equal(EVP_PKEY_get_octet_string_param(key, name, octets, sizeof(octets), &len), 1);
    return copy_of(octets, len);
}

struct blob join(const char *head, const uint8_t *tail, size_t tail_len)
{
    struct blob start = unhex(head);
    struct blob whole = { malloc(start.len + tail_len + 1), start.len + tail_len };

    assert_non_null(whole.bytes);
    memcpy(whole.bytes, start.bytes, start.len);
    memcpy(whole.bytes + start.len, tail, tail_len);
    free(start.bytes);
    return whole;
}

struct blob public_form(EVP_PKEY *key)
{
    struct blob der = { NULL, 0 };
    int len = i2d_PUBKEY(key, &der.bytes);

    assert_true(len > 0);
    der.len = (size_t)len;
    return der;
}

struct blob private_form(EVP_PKEY *key)
{
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    struct blob der = { NULL, 0 };
    int len;

    assert_non_null(info);
    len = i2d_PKCS8_PRIV_KEY_INFO(info, &der.bytes);
    assert_true(len > 0);
    der.len = (size_t)len;
    PKCS8_PRIV_KEY_INFO_free(info);
    return der;
}

EVP_PKEY *decode_key(const uint8_t *bytes, size_t len, int selection, size_t *ret_left)
{
    const char *structure =
        selection == EVP_PKEY_PUBLIC_KEY ? "SubjectPublicKeyInfo" : "PrivateKeyInfo";
    EVP_PKEY *key = NULL;
    const unsigned char *at = bytes;
    OSSL_DECODER_CTX *ctx =
        OSSL_DECODER_CTX_new_for_pkey(&key, "DER", structure, NULL, selection, NULL, NULL);

    assert_non_null(ctx);
    *ret_left = len;
    if (OSSL_DECODER_from_data(ctx, &at, ret_left) != 1) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    OSSL_DECODER_CTX_free(ctx);
    ERR_clear_error();
    return key;
}
