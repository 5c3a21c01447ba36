/* The module and the library in one process: the same tables of OpenSSL, registered once. */
#include "unit/gost/help.h"

#include "crypto/gost/kzgost.h"

#include <stdlib.h>

#include <openssl/objects.h>
#include <openssl/provider.h>

/* KZGOST_MODULE_DIR: the folder of kzgost.so, from CMake */

static OSSL_PROVIDER *load_module(OSSL_LIB_CTX *libctx)
{
    OSSL_PROVIDER *module;

    assert_int_equal(OSSL_PROVIDER_set_default_search_path(libctx, KZGOST_MODULE_DIR), 1);
    module = OSSL_PROVIDER_load(libctx, KZGOST_PROVIDER);
    assert_non_null(module);
    return module;
}

static struct blob signed_by(EVP_PKEY *key)
{
    struct blob signature = sign_text(key, "text", 4);

    assert_true(verifies(key, signature, "text", 4));
    return signature;
}

static void the_library_joins_the_module_and_the_module_the_library(void **state)
{
    OSSL_LIB_CTX *other = OSSL_LIB_CTX_new();
    OSSL_PROVIDER *standard = OSSL_PROVIDER_load(other, "default");
    OSSL_PROVIDER *module = load_module(other);
    int nid = OBJ_sn2nid(KZGOST_DIGEST_2015_512);

    (void)state;
    assert_int_not_equal(nid, NID_undef);
    assert_int_equal(kzgost_load(other), 1); /* the module is there already */
    assert_int_equal(kzgost_load(NULL), 1);
    assert_int_equal(OBJ_sn2nid(KZGOST_DIGEST_2015_512), nid);

    /* a key of the module, verified by the library */
    EVP_PKEY *key = kzgost_generate(other, NULL, KZGOST_KEY_2015_512);
    assert_non_null(key);
    struct blob signature = signed_by(key);
    struct blob point = key_octets(key, "pub");
    EVP_PKEY *ours = key_from_bytes(KZGOST_KEY_2015_512, point.bytes, point.len, NULL, 0);
    assert_non_null(ours);
    assert_true(verifies(ours, signature, "text", 4));

    free(signature.bytes);
    free(point.bytes);
    EVP_PKEY_free(key);
    EVP_PKEY_free(ours);
    kzgost_unload(other); /* loaded nothing there, gives nothing back */
    OSSL_PROVIDER_unload(module);
    OSSL_PROVIDER_unload(standard);
    OSSL_LIB_CTX_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_library_joins_the_module_and_the_module_the_library),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
