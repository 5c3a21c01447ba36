/* The TumarCSP/GAMMA family: its OIDs, the key blob, BE(s) ‖ BE(r), and nothing else beside them.
 */
#include "unit/gost/help.h"

#include "crypto/gost/kzgost.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#define TEXT "подпись"

/* SEQUENCE { SEQUENCE { OID 1.3.6.1.4.1.6801.1.5.8, NULL }, BIT STRING { blob header … */
#define HEAD                                                                                       \
    "3063300e060a2b06010401b51101050805000351000602000"                                            \
    "03aaa00000045433100020000"
enum { HEAD_BYTES = 37, BLOB_AT = 21, SIGNATURE = 64 };

static void a_public_key_is_a_key_blob(void **state)
{
    EVP_PKEY *key = new_key(KZGOST_KEY_GAMMA);
    struct blob point = key_octets(key, "pub");
    struct blob wanted = join(HEAD, point.bytes, point.len);
    struct blob form = public_form(key);
    size_t left = 0;

    (void)state;
    assert_int_equal(point.len, 64);
    assert_int_equal(form.len, wanted.len);
    assert_memory_equal(form.bytes, wanted.bytes, form.len);
    EVP_PKEY *again = decode_key(form.bytes, form.len, OSSL_KEYMGMT_SELECT_PUBLIC_KEY, &left);
    assert_non_null(again);
    assert_true(EVP_PKEY_is_a(again, KZGOST_KEY_GAMMA));
    assert_int_equal(EVP_PKEY_eq(key, again), 1);
    EVP_PKEY_free(again);
    EVP_PKEY_free(key);
    OPENSSL_free(form.bytes);
    free(wanted.bytes);
    free(point.bytes);
}

static void parameters_may_be_absent_and_nothing_else(void **state)
{
    static const struct {
        const char *head;
        int good;
    } rows[] = {
        { HEAD, 1 },
        { "3061300c060a2b06010401b511010508035100"
          "06020000"
          "3aaa0000"
          "00454331"
          "00020000",
          1 },
        { "3064300f060a2b06010401b5110105080500000351000602000"
          "03aaa00000045433100020000",
          0 },
        { "3065300f060a2b06010401b51101050802010003510006020000"
          "3aaa00000045433100020000",
          0 },
        { "3063300e060a2b06010401b51101050905000351000602000"
          "03aaa00000045433100020000",
          0 },
        { "3055300e060a2b06010401b511010508050003430004"
          "40",
          0 }, /* НУЦ РК's OCTET STRING */
    };
    EVP_PKEY *key = new_key(KZGOST_KEY_GAMMA);
    struct blob point = key_octets(key, "pub");

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct blob form = join(rows[i].head, point.bytes, point.len);
        size_t left = 0;
        EVP_PKEY *read = decode_key(form.bytes, form.len, OSSL_KEYMGMT_SELECT_PUBLIC_KEY, &left);
        if ((read != NULL) != rows[i].good)
            fail_msg("row %zu", i);
        EVP_PKEY_free(read);
        free(form.bytes);
    }
    ERR_clear_error();
    free(point.bytes);
    EVP_PKEY_free(key);
}

static void every_byte_of_the_blob_counts(void **state)
{
    EVP_PKEY *key = new_key(KZGOST_KEY_GAMMA);
    struct blob form = public_form(key);

    (void)state;
    assert_int_equal(form.len, HEAD_BYTES + 64);
    for (size_t i = BLOB_AT; i < form.len; i++) {
        size_t left = 0;
        form.bytes[i] ^= 1;
        EVP_PKEY *read = decode_key(form.bytes, form.len, OSSL_KEYMGMT_SELECT_PUBLIC_KEY, &left);
        /* another point is on the curve only by the wildest chance */
        if (read)
            fail_msg("byte %zu", i);
        form.bytes[i] ^= 1;
    }
    ERR_clear_error();
    OPENSSL_free(form.bytes);
    EVP_PKEY_free(key);
}

/* The mathematics are those of 34.310-2004, the signature is written backwards. */
static void a_signature_is_that_of_2004_reversed(void **state)
{
    EVP_PKEY *key = new_key(KZGOST_KEY_GAMMA);
    struct blob point = key_octets(key, "pub");
    struct blob d = key_octets(key, "priv");
    EVP_PKEY *twin = key_from_bytes(KZGOST_KEY_2004, point.bytes, point.len, d.bytes, d.len);
    struct blob signature = sign_text(key, TEXT, strlen(TEXT));

    (void)state;
    assert_int_equal(signature.len, SIGNATURE);
    assert_int_equal(verifies(key, signature, TEXT, strlen(TEXT)), 1);
    assert_int_equal(verifies(twin, signature, TEXT, strlen(TEXT)), 0);
    reverse(signature.bytes, signature.len);
    assert_int_equal(verifies(twin, signature, TEXT, strlen(TEXT)), 1);
    assert_int_equal(verifies(key, signature, TEXT, strlen(TEXT)), 0);
    assert_int_not_equal(EVP_PKEY_eq(key, twin), 1);
    free(signature.bytes);
    free(point.bytes);
    free(d.bytes);
    EVP_PKEY_free(twin);
    EVP_PKEY_free(key);
}

static void every_changed_byte_of_a_signature_is_seen(void **state)
{
    EVP_PKEY *key = new_key(KZGOST_KEY_GAMMA);
    struct blob signature = sign_text(key, TEXT, strlen(TEXT));

    (void)state;
    for (size_t i = 0; i < signature.len; i++) {
        signature.bytes[i] ^= 1;
        assert_int_equal(verifies(key, signature, TEXT, strlen(TEXT)), 0);
        signature.bytes[i] ^= 1;
    }
    assert_int_equal(verifies(key, signature, "text", 4), 0);
    signature.len--;
    assert_int_equal(verifies(key, signature, TEXT, strlen(TEXT)), 0);
    free(signature.bytes);
    EVP_PKEY_free(key);
}

static void a_private_key_comes_back(void **state)
{
    EVP_PKEY *key = new_key(KZGOST_KEY_GAMMA);
    struct blob form = private_form(key);
    size_t left = 0;
    EVP_PKEY *again = decode_key(form.bytes, form.len, EVP_PKEY_KEYPAIR, &left);

    (void)state;
    assert_non_null(again);
    struct blob signature = sign_text(again, TEXT, strlen(TEXT));
    assert_int_equal(verifies(key, signature, TEXT, strlen(TEXT)), 1);
    free(signature.bytes);
    EVP_PKEY_free(again);
    OPENSSL_free(form.bytes);
    EVP_PKEY_free(key);
}

static void a_request_is_made_read_and_verified(void **state)
{
    EVP_PKEY *key = new_key(KZGOST_KEY_GAMMA);
    const struct kzgost_algorithm *names = kzgost_of_key(key);
    X509_REQ *request = X509_REQ_new();
    unsigned char *der = NULL;

    (void)state;
    assert_int_equal(X509_REQ_set_pubkey(request, key), 1);
    assert_true(X509_REQ_sign(request, key, EVP_get_digestbyname(names->digest)) > 0);
    int len = i2d_X509_REQ(request, &der);
    const unsigned char *at = der;
    X509_REQ *again = d2i_X509_REQ(NULL, &at, len);
    assert_non_null(again);
    const X509_ALGOR *algorithm;
    const ASN1_OBJECT *oid;
    int type;
    char text[64];
    X509_REQ_get0_signature(again, NULL, &algorithm);
    X509_ALGOR_get0(&oid, &type, NULL, algorithm);
    assert_true(OBJ_obj2txt(text, sizeof(text), oid, 1) > 0);
    assert_string_equal(text, "1.3.6.1.4.1.6801.1.2.2");
    assert_int_equal(type, V_ASN1_NULL);
    assert_int_equal(X509_REQ_verify(again, X509_REQ_get0_pubkey(again)), 1);
    X509_REQ_free(again);
    der[len - 1] ^= 1;
    at = der;
    again = d2i_X509_REQ(NULL, &at, len);
    assert_int_not_equal(X509_REQ_verify(again, key), 1);
    ERR_clear_error();
    X509_REQ_free(again);
    X509_REQ_free(request);
    OPENSSL_free(der);
    EVP_PKEY_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_public_key_is_a_key_blob),
        cmocka_unit_test(parameters_may_be_absent_and_nothing_else),
        cmocka_unit_test(every_byte_of_the_blob_counts),
        cmocka_unit_test(a_signature_is_that_of_2004_reversed),
        cmocka_unit_test(every_changed_byte_of_a_signature_is_seen),
        cmocka_unit_test(a_private_key_comes_back),
        cmocka_unit_test(a_request_is_made_read_and_verified),
    };

    return cmocka_run_group_tests(tests, load_kzgost, NULL);
}
