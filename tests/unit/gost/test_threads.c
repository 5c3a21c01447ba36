/* Many threads load, sign, verify, parse and write at once; built to be run under tsan as well. */
#include "unit/gost/help.h"

#include "crypto/gost/kzgost.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/x509.h>

enum { THREADS = 8, ROUNDS = 12 };

static const char *const types[] = { KZGOST_KEY_2004, KZGOST_KEY_2015_512 };

/* cmocka's asserts are for the main thread: workers count what went wrong. */
static atomic_int failures;

static void check(int good)
{
    if (!good)
        atomic_fetch_add(&failures, 1);
}

static int sign(EVP_PKEY *key, const char *text, uint8_t *signature, size_t *len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int done = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
               EVP_DigestSign(ctx, signature, len, (const uint8_t *)text, 4) == 1;

    EVP_MD_CTX_free(ctx);
    return done;
}

static int verify(EVP_PKEY *key, const char *text, const uint8_t *signature, size_t len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int valid = ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestVerify(ctx, signature, len, (const uint8_t *)text, 4) == 1;

    EVP_MD_CTX_free(ctx);
    return valid;
}

/* The key through its DER and back, as every certificate's is. */
static EVP_PKEY *reparsed(EVP_PKEY *key)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    const unsigned char *at = der;
    EVP_PKEY *parsed = len > 0 ? d2i_PUBKEY(NULL, &at, len) : NULL;

    OPENSSL_free(der);
    return parsed;
}

static void *share_a_key(void *vkey)
{
    EVP_PKEY *key = vkey;

    for (int i = 0; i < ROUNDS; i++) {
        uint8_t signature[128];
        size_t len = sizeof(signature);
        EVP_PKEY *parsed = reparsed(key);

        check(parsed && EVP_PKEY_eq(parsed, key) == 1);
        check(sign(key, "text", signature, &len));
        check(parsed && verify(parsed, "text", signature, len));
        check(verify(key, "text", signature, len));
        check(!verify(key, "Text", signature, len));
        EVP_PKEY_free(parsed);
    }
    ERR_clear_error();
    return NULL;
}

static void threads_share_one_key(void **state)
{
    (void)state;
    atomic_store(&failures, 0);
    for (size_t t = 0; t < 2; t++) {
        EVP_PKEY *key = new_key(types[t]);
        pthread_t threads[THREADS];

        for (int i = 0; i < THREADS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, share_a_key, key), 0);
        for (int i = 0; i < THREADS; i++)
            assert_int_equal(pthread_join(threads[i], NULL), 0);
        EVP_PKEY_free(key);
    }
    assert_int_equal(atomic_load(&failures), 0);
}

static void *load_and_use(void *arg)
{
    OSSL_LIB_CTX *libctx = arg;
    EVP_PKEY *key;

    check(kzgost_load(libctx) == 1);
    key = kzgost_generate(libctx, NULL, KZGOST_KEY_2004);
    check(key != NULL);
    EVP_PKEY_free(key);
    return NULL;
}

static void run_all(void *(*work)(void *), void *arg)
{
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, arg), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

/* The first use of the library in this process: everybody loads at once. */
static void threads_load_the_provider_at_once(void **state)
{
    OSSL_LIB_CTX *libctx = OSSL_LIB_CTX_new();

    (void)state;
    atomic_store(&failures, 0);
    run_all(load_and_use, libctx);
    run_all(load_and_use, NULL);
    kzgost_unload(libctx);
    OSSL_LIB_CTX_free(libctx);
    assert_int_equal(atomic_load(&failures), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_load_the_provider_at_once),
        cmocka_unit_test(threads_share_one_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
