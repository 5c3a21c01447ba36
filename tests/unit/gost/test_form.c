/* SubjectPublicKeyInfo and PrivateKeyInfo: exact bytes, round trips, passphrases, text. */
#include "unit/gost/help.h"

#include "crypto/gost/kzgost.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

/* The bytes before the key itself, as in certificates and key stores of НУЦ РК. */
static const struct {
    const char *type;
    const char *public_head;
    const char *private_head;
    size_t size;
} forms[] = {
    { KZGOST_KEY_2004,
      "306C302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A0103010100"
      "0343000440",
      "304E020100302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A0103010100"
      "04220220",
      32 },
    { KZGOST_KEY_2015_512,
      "3081AC302306092A830E030A010102023016060A2A830E030A010102020106082A830E030A010303"
      "03818400048180",
      "306C020100302306092A830E030A010102023016060A2A830E030A010102020106082A830E030A010303"
      "04420440",
      64 },
    { KZGOST_KEY_2015_256,
      "306A302306092A830E030A010102013016060A2A830E030A010102010106082A830E030A010302"
      "0343000440",
      NULL, 32 },
};
enum { SIGNING = 2, FORMS = 3 };

/* a point of each curve: the generator, little-endian, made once */
static struct blob point_of(size_t form)
{
    static const char *const tc26_256_a =
        "28AA2D74FE82258BC7022E9396918B65BBB21257422309880D2CE8A54384E391"
        "5C2E3232DB8A26AF40677644530BDE5F56E946BBC486578975031AAB23948732";

    if (form == 2)
        return unhex(tc26_256_a);
    uint8_t one[64] = { 1 };
    EVP_PKEY *key = key_from_bytes(forms[form].type, NULL, 0, one, forms[form].size);
    assert_non_null(key);
    struct blob point = key_octets(key, OSSL_PKEY_PARAM_PUB_KEY);
    EVP_PKEY_free(key);
    return point;
}

static void public_keys_are_written_to_the_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < FORMS; i++) {
        struct blob point = point_of(i);
        EVP_PKEY *key = key_from_bytes(forms[i].type, point.bytes, point.len, NULL, 0);
        struct blob want = join(forms[i].public_head, point.bytes, point.len);
        struct blob got;

        assert_non_null(key);
        got = public_form(key);
        assert_int_equal(got.len, want.len);
        assert_memory_equal(got.bytes, want.bytes, want.len);
        OPENSSL_free(got.bytes);
        free(want.bytes);
        free(point.bytes);
        EVP_PKEY_free(key);
    }
}

/* d = 0x0102…20 in 2004 is INTEGER, big-endian; in 2015 OCTET STRING, little-endian */
static void private_keys_are_written_to_the_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIGNING; i++) {
        uint8_t d[64];
        EVP_PKEY *key;
        struct blob want;
        struct blob got;

        for (size_t j = 0; j < forms[i].size; j++)
            d[j] = (uint8_t)(0x60 - j);
        key = key_from_bytes(forms[i].type, NULL, 0, d, forms[i].size);
        assert_non_null(key);
        if (i == 0)
            reverse(d, forms[i].size);
        want = join(forms[i].private_head, d, forms[i].size);
        got = private_form(key);
        assert_int_equal(got.len, want.len);
        assert_memory_equal(got.bytes, want.bytes, want.len);
        OPENSSL_free(got.bytes);
        free(want.bytes);
        EVP_PKEY_free(key);
    }
}

/* INTEGER has no leading zeros but the one that keeps it positive */
static void integers_of_every_length_come_back(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 32; len++) {
        for (unsigned top = 0x7f; top <= 0x80; top++) {
            uint8_t d[32] = { 0 };
            size_t left = 0;
            struct blob der;
            struct blob back;
            EVP_PKEY *key;
            EVP_PKEY *again;

            d[0] = 1;
            d[len - 1] = (uint8_t)top;
            key = key_from_bytes(KZGOST_KEY_2004, NULL, 0, d, sizeof(d));
            assert_non_null(key);
            der = private_form(key);
            again = decode_key(der.bytes, der.len, EVP_PKEY_KEYPAIR, &left);
            assert_non_null(again);
            assert_int_equal(left, 0);
            back = key_octets(again, OSSL_PKEY_PARAM_PRIV_KEY);
            assert_memory_equal(back.bytes, d, sizeof(d));
            free(back.bytes);
            OPENSSL_free(der.bytes);
            EVP_PKEY_free(key);
            EVP_PKEY_free(again);
        }
    }
}

static void keys_survive_der_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIGNING; i++) {
        for (size_t round = 0; round < 16; round++) {
            EVP_PKEY *key = new_key(forms[i].type);
            struct blob pub = public_form(key);
            struct blob priv = private_form(key);
            const unsigned char *at = pub.bytes;
            EVP_PKEY *public_key = d2i_PUBKEY(NULL, &at, (long)pub.len);
            EVP_PKEY *private_key;

            assert_non_null(public_key);
            assert_int_equal(EVP_PKEY_eq(key, public_key), 1);
            at = priv.bytes;
            private_key = d2i_AutoPrivateKey(NULL, &at, (long)priv.len);
            assert_non_null(private_key);
            assert_int_equal(EVP_PKEY_eq(key, private_key), 1);
            struct blob signature = sign_text(private_key, "text", 4);
            assert_true(verifies(public_key, signature, "text", 4));
            free(signature.bytes);
            EVP_PKEY_free(key);
            EVP_PKEY_free(public_key);
            EVP_PKEY_free(private_key);
            OPENSSL_free(pub.bytes);
            OPENSSL_free(priv.bytes);
        }
    }
}

static EVP_PKEY *pem_back(BIO *bio, const char *passphrase)
{
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)(uintptr_t)passphrase);

    ERR_clear_error();
    return key;
}

static int bio_begins_with(BIO *bio, const char *start)
{
    char *text = NULL;
    long len = BIO_get_mem_data(bio, &text);

    return len > (long)strlen(start) && memcmp(text, start, strlen(start)) == 0;
}

static void keys_survive_pem_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIGNING; i++) {
        EVP_PKEY *key = new_key(forms[i].type);
        BIO *bio = BIO_new(BIO_s_mem());
        EVP_PKEY *back;

        assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
        assert_true(bio_begins_with(bio, "-----BEGIN PUBLIC KEY-----"));
        back = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
        assert_int_equal(EVP_PKEY_eq(key, back), 1);
        EVP_PKEY_free(back);
        assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
        assert_true(bio_begins_with(bio, "-----BEGIN PRIVATE KEY-----"));
        back = pem_back(bio, NULL);
        assert_int_equal(EVP_PKEY_eq(key, back), 1);
        EVP_PKEY_free(back);
        EVP_PKEY_free(key);
        BIO_free(bio);
    }
}

static void a_key_with_a_passphrase_is_never_written_plain(void **state)
{
    static const unsigned char passphrase[] = "Qwerty12";

    (void)state;
    for (size_t i = 0; i < SIGNING; i++) {
        EVP_PKEY *key = new_key(forms[i].type);
        BIO *bio = BIO_new(BIO_s_mem());
        EVP_PKEY *back;

        assert_int_equal(
            PEM_write_bio_PrivateKey(bio, key, EVP_aes_256_cbc(), passphrase, 8, NULL, NULL), 1);
        assert_true(bio_begins_with(bio, "-----BEGIN ENCRYPTED PRIVATE KEY-----"));
        BIO *copy = BIO_new(BIO_s_mem());
        char *text = NULL;
        long len = BIO_get_mem_data(bio, &text);
        assert_int_equal(BIO_write(copy, text, (int)len), len);
        assert_null(pem_back(copy, "wrong"));
        back = pem_back(bio, "Qwerty12");
        assert_int_equal(EVP_PKEY_eq(key, back), 1);
        EVP_PKEY_free(back);
        BIO_free(copy);
        assert_int_equal(i2d_PKCS8PrivateKey_bio(bio, key, EVP_aes_128_cbc(),
                                                 (const char *)passphrase, 8, NULL, NULL),
                         1);
        back = d2i_PKCS8PrivateKey_bio(bio, NULL, NULL, (void *)(uintptr_t)passphrase);
        assert_int_equal(EVP_PKEY_eq(key, back), 1);
        EVP_PKEY_free(back);
        EVP_PKEY_free(key);
        BIO_free(bio);
    }
}

static void text_shows_the_private_key_only_when_asked(void **state)
{
    EVP_PKEY *key = new_key(KZGOST_KEY_2004);
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    long len;

    (void)state;
    assert_int_equal(EVP_PKEY_print_public(bio, key, 0, NULL), 1);
    assert_int_equal(BIO_write(bio, "", 1), 1);
    len = BIO_get_mem_data(bio, &text);
    assert_true(len > 200);
    assert_non_null(strstr(text, "Public-Key: (GOST 34.310-2004, 256 bit)\nX:\n    "));
    assert_non_null(strstr(text, "\nParameter set: 1.2.398.3.10.1.1.1.1.1\n"));
    assert_null(strstr(text, "\nd:\n")); /* hex lines end alike */
    assert_int_equal(EVP_PKEY_print_private(bio, key, 4, NULL), 1);
    assert_int_equal(BIO_write(bio, "", 1), 1);
    assert_true(BIO_get_mem_data(bio, &text) > len);
    text += strlen(text) + 1;
    assert_non_null(strstr(text, "    Private-Key: (GOST 34.310-2004, 256 bit)\n    d:\n        "));
    BIO_free(bio);
    EVP_PKEY_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_keys_are_written_to_the_byte),
        cmocka_unit_test(private_keys_are_written_to_the_byte),
        cmocka_unit_test(integers_of_every_length_come_back),
        cmocka_unit_test(keys_survive_der_and_back),
        cmocka_unit_test(keys_survive_pem_and_back),
        cmocka_unit_test(a_key_with_a_passphrase_is_never_written_plain),
        cmocka_unit_test(text_shows_the_private_key_only_when_asked),
    };

    return cmocka_run_group_tests(tests, load_kzgost, NULL);
}
