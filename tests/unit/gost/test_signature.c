/* Signatures: made, verified, and every way of spoiling them. */
#include "unit/gost/help.h"

#include "crypto/gost/kzgost.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>

static const char text[] = "Қазақстан Республикасының Ұлттық куәландырушы орталығы";
enum { TEXT = sizeof(text) - 1 };

static const struct {
    const char *type;
    size_t size; /* bytes of r and of s */
    const char *q;
    const char *foreign_digest;
} signers[] = {
    { KZGOST_KEY_2004, 32, "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF6C611070995AD10045841B09B761B893",
      KZGOST_DIGEST_2015_256 },
    { KZGOST_KEY_2015_512, 64,
      "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
      "27E69532F48D89116FF22B8D4E0560609B4B38ABFAD2B85DCACDB1411F10B275",
      "SHA512" },
};
enum { SIGNERS = sizeof(signers) / sizeof(signers[0]) };

static void a_signature_verifies_with_its_key_and_text_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIGNERS; i++) {
        EVP_PKEY *key = new_key(signers[i].type);
        EVP_PKEY *other = new_key(signers[i].type);
        struct blob pub = key_octets(key, OSSL_PKEY_PARAM_PUB_KEY);
        EVP_PKEY *public_only = key_from_bytes(signers[i].type, pub.bytes, pub.len, NULL, 0);
        struct blob signature = sign_text(key, text, TEXT);

        assert_int_equal(signature.len, 2 * signers[i].size);
        assert_true(verifies(key, signature, text, TEXT));
        assert_true(verifies(public_only, signature, text, TEXT));
        assert_false(verifies(other, signature, text, TEXT));
        assert_false(verifies(key, signature, text, TEXT - 1));
        assert_false(verifies(key, signature, "", 0));
        EVP_PKEY_free(key);
        EVP_PKEY_free(other);
        EVP_PKEY_free(public_only);
        free(pub.bytes);
        free(signature.bytes);
    }
}

static void many_keys_sign_many_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIGNERS; i++) {
        for (size_t round = 0; round < 64; round++) {
            EVP_PKEY *key = new_key(signers[i].type);
            struct blob signature = sign_text(key, text, round);

            assert_true(verifies(key, signature, text, round));
            free(signature.bytes);
            EVP_PKEY_free(key);
        }
    }
}

static void no_two_signatures_share_their_nonce(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIGNERS; i++) {
        EVP_PKEY *key = new_key(signers[i].type);
        struct blob first = sign_text(key, text, TEXT);
        struct blob second = sign_text(key, text, TEXT);

        assert_memory_not_equal(first.bytes, second.bytes, signers[i].size);
        free(first.bytes);
        free(second.bytes);
        EVP_PKEY_free(key);
    }
}

static void every_bit_of_a_signature_matters(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIGNERS; i++) {
        EVP_PKEY *key = new_key(signers[i].type);
        struct blob signature = sign_text(key, text, TEXT);

        for (size_t bit = 0; bit < 8 * signature.len; bit++) {
            signature.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
            assert_false(verifies(key, signature, text, TEXT));
            signature.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        assert_true(verifies(key, signature, text, TEXT));
        free(signature.bytes);
        EVP_PKEY_free(key);
    }
}

/* Writes q + add over one half of a signature. */
static void put_order(uint8_t *half, size_t size, const char *q, unsigned long add)
{
    BIGNUM *n = NULL;

    assert_true(BN_hex2bn(&n, q) > 0 && BN_add_word(n, add));
    assert_int_equal(BN_bn2lebinpad(n, half, (int)size), size);
    BN_free(n);
}

static void zero_and_out_of_range_numbers_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIGNERS; i++) {
        size_t size = signers[i].size;
        EVP_PKEY *key = new_key(signers[i].type);
        struct blob signature = sign_text(key, text, TEXT);
        uint8_t keep[64];

        for (size_t half = 0; half < 2; half++) {
            uint8_t *number = signature.bytes + half * size;

            memcpy(keep, number, size);
            memset(number, 0, size);
            assert_false(verifies(key, signature, text, TEXT));
            put_order(number, size, signers[i].q, 0);
            assert_false(verifies(key, signature, text, TEXT));
            put_order(number, size, signers[i].q, 1);
            assert_false(verifies(key, signature, text, TEXT));
            memset(number, 0xff, size);
            assert_false(verifies(key, signature, text, TEXT));
            memcpy(number, keep, size);
        }
        memset(signature.bytes, 0, signature.len);
        assert_false(verifies(key, signature, text, TEXT));
        free(signature.bytes);
        EVP_PKEY_free(key);
    }
}

static void other_lengths_and_orders_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIGNERS; i++) {
        EVP_PKEY *key = new_key(signers[i].type);
        struct blob signature = sign_text(key, text, TEXT);
        struct blob other = { calloc(1, 256), 0 };

        memcpy(other.bytes, signature.bytes, signature.len);
        for (other.len = 0; other.len <= 130; other.len++)
            assert_int_equal(verifies(key, other, text, TEXT), other.len == signature.len);
        other.len = signature.len;
        reverse(other.bytes, other.len); /* BE(s) ‖ BE(r), Russia's order */
        assert_false(verifies(key, other, text, TEXT));
        reverse(other.bytes, other.len / 2); /* LE(s) ‖ BE(r) */
        assert_false(verifies(key, other, text, TEXT));
        reverse(other.bytes + other.len / 2, other.len / 2); /* LE(s) ‖ LE(r) */
        assert_false(verifies(key, other, text, TEXT));
        free(other.bytes);
        free(signature.bytes);
        EVP_PKEY_free(key);
    }
}

static void another_digest_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIGNERS; i++) {
        const struct kzgost_algorithm *algorithm = kzgost_by_name(signers[i].type);
        const char *own[] = { algorithm->digest, algorithm->digest_oid };
        EVP_PKEY *key = new_key(signers[i].type);

        for (size_t j = 0; j < 2; j++) {
            EVP_MD_CTX *ctx = EVP_MD_CTX_new();

            assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, own[j], NULL, NULL, key, NULL), 1);
            EVP_MD_CTX_free(ctx);
        }
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        assert_int_not_equal(
            EVP_DigestSignInit_ex(ctx, NULL, signers[i].foreign_digest, NULL, NULL, key, NULL), 1);
        assert_int_not_equal(
            EVP_DigestVerifyInit_ex(ctx, NULL, signers[i].foreign_digest, NULL, NULL, key, NULL),
            1);
        EVP_MD_CTX_free(ctx);
        EVP_PKEY_free(key);
        ERR_clear_error();
    }
}

static void a_digest_of_the_wrong_length_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIGNERS; i++) {
        size_t size = kzgost_by_name(signers[i].type)->digest_bytes;
        EVP_PKEY *key = new_key(signers[i].type);
        EVP_PKEY_CTX *sign = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
        EVP_PKEY_CTX *verify = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
        uint8_t digest[65] = { 7 };
        uint8_t signature[128];
        size_t len = sizeof(signature);

        assert_int_equal(EVP_PKEY_sign_init(sign), 1);
        assert_int_equal(EVP_PKEY_verify_init(verify), 1);
        assert_int_equal(EVP_PKEY_sign(sign, signature, &len, digest, size), 1);
        assert_int_equal(len, 2 * signers[i].size);
        assert_int_equal(EVP_PKEY_verify(verify, signature, len, digest, size), 1);
        assert_int_not_equal(EVP_PKEY_verify(verify, signature, len, digest, size - 1), 1);
        assert_int_not_equal(EVP_PKEY_verify(verify, signature, len, digest, size + 1), 1);
        digest[size - 1] ^= 1;
        assert_int_not_equal(EVP_PKEY_verify(verify, signature, len, digest, size), 1);
        assert_int_not_equal(EVP_PKEY_sign(sign, signature, &len, digest, size - 1), 1);
        assert_int_not_equal(EVP_PKEY_sign(sign, signature, &len, digest, size + 1), 1);
        len = 2 * signers[i].size - 1;
        assert_int_not_equal(EVP_PKEY_sign(sign, signature, &len, digest, size), 1);
        EVP_PKEY_CTX_free(sign);
        EVP_PKEY_CTX_free(verify);
        EVP_PKEY_free(key);
        ERR_clear_error();
    }
}

/* GOST 34.10, step 2: e = digest mod q, and 1 when that is zero */
static void digests_that_are_zero_modulo_q_are_signed(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIGNERS; i++) {
        size_t size = signers[i].size;
        EVP_PKEY *key = new_key(signers[i].type);
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
        uint8_t zero[64] = { 0 };
        uint8_t order[64];
        uint8_t one[64] = { 1 };
        uint8_t signature[128];
        size_t len = sizeof(signature);

        put_order(order, size, signers[i].q, 0);
        assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
        assert_int_equal(EVP_PKEY_sign(ctx, signature, &len, zero, size), 1);
        assert_int_equal(EVP_PKEY_verify_init(ctx), 1);
        assert_int_equal(EVP_PKEY_verify(ctx, signature, len, zero, size), 1);
        assert_int_equal(EVP_PKEY_verify(ctx, signature, len, order, size), 1);
        assert_int_equal(EVP_PKEY_verify(ctx, signature, len, one, size), 1);
        EVP_PKEY_CTX_free(ctx);
        EVP_PKEY_free(key);
    }
}

static void a_public_key_does_not_sign(void **state)
{
    EVP_PKEY *key = new_key(KZGOST_KEY_2015_512);
    struct blob pub = key_octets(key, OSSL_PKEY_PARAM_PUB_KEY);
    EVP_PKEY *public_only = key_from_bytes(KZGOST_KEY_2015_512, pub.bytes, pub.len, NULL, 0);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    (void)state;
    assert_int_not_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, public_only), 1);
    assert_string_equal(ERR_reason_error_string(ERR_peek_last_error()), "key has no private part");
    ERR_clear_error();
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    EVP_PKEY_free(public_only);
    free(pub.bytes);
}

static void text_may_come_in_pieces_and_the_context_be_used_again(void **state)
{
    EVP_PKEY *key = new_key(KZGOST_KEY_2015_512);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    uint8_t bytes[128];
    struct blob signature = { bytes, sizeof(bytes) };

    (void)state;
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key), 1);
    for (size_t i = 0; i < TEXT; i++)
        assert_int_equal(EVP_DigestSignUpdate(ctx, text + i, 1), 1);
    assert_int_equal(EVP_MD_CTX_copy_ex(copy, ctx), 1);
    assert_int_equal(EVP_DigestSignFinal(ctx, bytes, &signature.len), 1);
    assert_true(verifies(key, signature, text, TEXT));
    assert_int_equal(EVP_DigestSignUpdate(copy, "!", 1), 1);
    assert_int_equal(EVP_DigestSignFinal(copy, bytes, &signature.len), 1);
    assert_false(verifies(key, signature, text, TEXT));
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, NULL), 1); /* the same key again */
    assert_int_equal(EVP_DigestSign(ctx, bytes, &signature.len, (const uint8_t *)text, TEXT), 1);
    assert_true(verifies(key, signature, text, TEXT));
    EVP_MD_CTX_free(ctx);
    EVP_MD_CTX_free(copy);
    EVP_PKEY_free(key);
}

/*
 * RFC 9215, A.2: a request, a certificate and a CRL of one key on tc26-256-A. There a signature is
 * BE(s) ‖ BE(r), the whole reverse of ours; the point is written alike.
 */
static const char rfc9215_point[] =
    "742795D4BEE884DDF2850FEC03EA3FAF1844E01D9DA60B645093A55E26DFC399"
    "78F596CF4D4D0C6CF1D18943D94493D16B9EC0A16D512D2E127CC4691A6318E2";

static const struct {
    const char *name;
    const char *tbs;
    const char *signature;
} rfc9215[] = {
    { "request",
      "307902010030123110300E060355040313074578616D706C65305E301706082A85030701010101"
      "300B06092A85030701020101010343000440742795D4BEE884DDF2850FEC03EA3FAF1844E01D9D"
      "A60B645093A55E26DFC39978F596CF4D4D0C6CF1D18943D94493D16B9EC0A16D512D2E127CC469"
      "1A6318E2A000",
      "1BDC2A1317679B66232F63EA16FF7C64CCAAB9AD855FC6E18091661DB79D48121D0E1DA5BE347C"
      "6F1B5256C7AEAC200AD64AC77A6F5B3A0E097318E7AE6EE769" },
    { "certificate",
      "3081D3A00302010202010A300A06082A8503070101030230123110300E06035504031307457861"
      "6D706C653020170D3031303130313030303030305A180F32303530313233313030303030305A30"
      "123110300E060355040313074578616D706C65305E301706082A85030701010101300B06092A85"
      "030701020101010343000440742795D4BEE884DDF2850FEC03EA3FAF1844E01D9DA60B645093A5"
      "5E26DFC39978F596CF4D4D0C6CF1D18943D94493D16B9EC0A16D512D2E127CC4691A6318E2A313"
      "3011300F0603551D130101FF040530030101FF",
      "140B4DA9124B09CB0D5CE928EE874273A310129492EC0E29369E3B791248578C1D0E1DA5BE347C"
      "6F1B5256C7AEAC200AD64AC77A6F5B3A0E097318E7AE6EE769" },
    { "CRL",
      "3041020101300A06082A8503070101030230123110300E060355040313074578616D706C65170D"
      "3134303130313030303030305A170D3134303130323030303030305A",
      "14BD68087C3B903C7AA28B07FEB2E7BD6FE0963F563267359F5CD8EAB45059AD1D0E1DA5BE347C"
      "6F1B5256C7AEAC200AD64AC77A6F5B3A0E097318E7AE6EE769" },
};

static void signatures_of_rfc_9215_verify_on_tc26_256_a(void **state)
{
    struct blob point = unhex(rfc9215_point);
    EVP_PKEY *key = key_from_bytes(KZGOST_KEY_2015_256, point.bytes, point.len, NULL, 0);

    (void)state;
    assert_non_null(key);
    for (size_t i = 0; i < sizeof(rfc9215) / sizeof(rfc9215[0]); i++) {
        struct blob tbs = unhex(rfc9215[i].tbs);
        struct blob signature = unhex(rfc9215[i].signature);

        assert_false(verifies(key, signature, tbs.bytes, tbs.len));
        reverse(signature.bytes, signature.len);
        assert_true(verifies(key, signature, tbs.bytes, tbs.len));
        tbs.bytes[tbs.len - 1] ^= 1;
        assert_false(verifies(key, signature, tbs.bytes, tbs.len));
        tbs.bytes[tbs.len - 1] ^= 1;
        for (size_t bit = 0; bit < 8 * signature.len; bit += 3) {
            signature.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
            assert_false(verifies(key, signature, tbs.bytes, tbs.len));
            signature.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        free(tbs.bytes);
        free(signature.bytes);
    }
    EVP_PKEY_free(key);
    free(point.bytes);
}

/* q of tc26-256-A has 255 bits: r + q and s + q fit into 32 bytes and are the same modulo q */
static void numbers_above_q_do_not_pass_for_their_remainders(void **state)
{
    static const char q_hex[] = "400000000000000000000000000000000FD8CDDFC87B6635C115AF556C360C67";
    struct blob point = unhex(rfc9215_point);
    EVP_PKEY *key = key_from_bytes(KZGOST_KEY_2015_256, point.bytes, point.len, NULL, 0);
    struct blob tbs = unhex(rfc9215[0].tbs);
    struct blob signature = unhex(rfc9215[0].signature);

    (void)state;
    reverse(signature.bytes, signature.len);
    assert_true(verifies(key, signature, tbs.bytes, tbs.len));
    for (size_t half = 0; half < 2; half++) {
        uint8_t *number = signature.bytes + 32 * half;
        BIGNUM *n = BN_lebin2bn(number, 32, NULL);
        BIGNUM *q = NULL;

        assert_true(BN_hex2bn(&q, q_hex) > 0 && BN_add(n, n, q));
        assert_int_equal(BN_bn2lebinpad(n, number, 32), 32);
        assert_false(verifies(key, signature, tbs.bytes, tbs.len));
        assert_true(BN_sub(n, n, q));
        assert_int_equal(BN_bn2lebinpad(n, number, 32), 32);
        assert_true(verifies(key, signature, tbs.bytes, tbs.len));
        BN_free(n);
        BN_free(q);
    }
    EVP_PKEY_free(key);
    free(point.bytes);
    free(tbs.bytes);
    free(signature.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_verifies_with_its_key_and_text_alone),
        cmocka_unit_test(many_keys_sign_many_texts),
        cmocka_unit_test(no_two_signatures_share_their_nonce),
        cmocka_unit_test(every_bit_of_a_signature_matters),
        cmocka_unit_test(zero_and_out_of_range_numbers_are_refused),
        cmocka_unit_test(other_lengths_and_orders_are_refused),
        cmocka_unit_test(another_digest_is_refused),
        cmocka_unit_test(a_digest_of_the_wrong_length_is_refused),
        cmocka_unit_test(digests_that_are_zero_modulo_q_are_signed),
        cmocka_unit_test(a_public_key_does_not_sign),
        cmocka_unit_test(text_may_come_in_pieces_and_the_context_be_used_again),
        cmocka_unit_test(signatures_of_rfc_9215_verify_on_tc26_256_a),
        cmocka_unit_test(numbers_above_q_do_not_pass_for_their_remainders),
    };

    return cmocka_run_group_tests(tests, load_kzgost, NULL);
}
