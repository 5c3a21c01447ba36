/* Key encodings that are not exact: all refused, whatever OpenSSL's own parsers would let pass. */
#include "unit/gost/help.h"

#include "crypto/gost/kzgost.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>

enum { PUBLIC = EVP_PKEY_PUBLIC_KEY, PRIVATE = EVP_PKEY_KEYPAIR };

static const char *const types[] = { KZGOST_KEY_2004, KZGOST_KEY_2015_512 };
static const size_t sizes[] = { 32, 64 };
enum { TYPES = 2 };

static void assert_refused(const uint8_t *bytes, size_t len, int selection)
{
    size_t left = 0;

    assert_null(decode_key(bytes, len, selection, &left));
}

/* LE(x) ‖ LE(y) of CryptoPro-A's generator */
static struct blob generator(void)
{
    uint8_t one[32] = { 1 };
    EVP_PKEY *key = key_from_bytes(KZGOST_KEY_2004, NULL, 0, one, sizeof(one));
    struct blob point;

    assert_non_null(key);
    point = key_octets(key, OSSL_PKEY_PARAM_PUB_KEY);
    EVP_PKEY_free(key);
    return point;
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < TYPES; i++) {
        EVP_PKEY *key = new_key(types[i]);
        struct blob pub = public_form(key);
        struct blob priv = private_form(key);

        for (size_t len = 0; len < pub.len; len++)
            assert_refused(pub.bytes, len, PUBLIC);
        for (size_t len = 0; len < priv.len; len++)
            assert_refused(priv.bytes, len, PRIVATE);
        OPENSSL_free(pub.bytes);
        OPENSSL_free(priv.bytes);
        EVP_PKEY_free(key);
    }
}

/* Whatever bit of the structure around the key is another: refused, or not taken for this key. */
static void every_bit_of_the_structure_matters(void **state)
{
    (void)state;
    for (size_t i = 0; i < TYPES; i++) {
        EVP_PKEY *key = new_key(types[i]);
        struct blob ders[] = { public_form(key), private_form(key) };
        size_t keys[] = { 2 * sizes[i], sizes[i] + (i == 0) };

        for (size_t d = 0; d < 2; d++) {
            for (size_t bit = 0; bit < 8 * (ders[d].len - keys[d]); bit++) {
                ders[d].bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
                assert_refused(ders[d].bytes, ders[d].len, d == 0 ? PUBLIC : PRIVATE);
                ders[d].bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
            }
            OPENSSL_free(ders[d].bytes);
        }
        EVP_PKEY_free(key);
    }
}

static void what_follows_a_key_is_left_to_the_caller(void **state)
{
    (void)state;
    for (size_t i = 0; i < TYPES; i++) {
        EVP_PKEY *key = new_key(types[i]);
        struct blob pub = public_form(key);
        uint8_t *longer = calloc(1, pub.len + 5);
        size_t left = 0;
        EVP_PKEY *back;

        assert_non_null(longer);
        memcpy(longer, pub.bytes, pub.len);
        back = decode_key(longer, pub.len + 5, PUBLIC, &left);
        assert_non_null(back);
        assert_int_equal(left, 5);
        EVP_PKEY_free(back);
        EVP_PKEY_free(key);
        OPENSSL_free(pub.bytes);
        free(longer);
    }
}

/* Each row is a head, the same 32 bytes of d, and a tail. */
static const struct {
    const char *name;
    const char *head; /* before d */
    const char *tail; /* after it; NULL: no d either */
    int good;
} rows[] = {
    { "the reference",
      "304E020100302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A010301010004"
      "220220",
      "", 1 },
    { "no digest in the parameters",
      "3042020100301906092A830E030A01010101300C060A2A830E030A010101010104220220", "", 1 },
    { "attributes after the key",
      "3050020100302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A010301010004"
      "220220",
      "A000", 1 },
    { "garbage after the key",
      "3050020100302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A010301010004"
      "220220",
      "0500", 0 },
    { "attributes, then garbage",
      "3052020100302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A010301010004"
      "220220",
      "A0000500", 0 },
    { "garbage beside the INTEGER",
      "3050020100302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A010301010004"
      "240220",
      "0500", 0 },
    { "version 1",
      "304E020101302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A010301010004"
      "220220",
      "", 0 },
    { "long form of a short length outside",
      "30814E020100302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A0103010100"
      "04220220",
      "", 0 },
    { "long form of a short length inside",
      "304F020100302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A010301010004"
      "23028120",
      "", 0 },
    { "indefinite length",
      "3080020100302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A010301010004"
      "220220",
      "0000", 0 },
    { "another parameter set",
      "304E020100302506092A830E030A010101013018060A2A830E030A0101010102060A2A830E030A010301010004"
      "220220",
      "", 0 },
    { "another digest",
      "304C020100302306092A830E030A010101013016060A2A830E030A010101010106082A830E030A010303042202"
      "20",
      "", 0 },
    { "NULL for parameters", "3036020100300D06092A830E030A01010101050004220220", "", 0 },
    { "no parameters", "3034020100300B06092A830E030A0101010104220220", "", 0 },
    { "a third parameter",
      "3050020100302706092A830E030A01010101301A060A2A830E030A0101010101060A2A830E030A010301010005"
      "0004220220",
      "", 0 },
    { "OCTET STRING in place of the INTEGER",
      "304E020100302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A010301010004"
      "220420",
      "", 0 },
    { "a zero before the INTEGER",
      "304F020100302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A010301010004"
      "23022100",
      "", 0 },
    { "a negative INTEGER",
      "304F020100302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A010301010004"
      "230221FF",
      "", 0 },
    { "a negative INTEGER of 32 bytes",
      "304E020100302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A0103010100"
      "042202209112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F30",
      NULL, 0 },
    { "a length with a zero before it",
      "3082004E020100302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A0103010100"
      "04220220",
      "", 0 },
    { "a short length in a long form with a zero",
      "3051020100302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A0103010100"
      "042502820020",
      "", 0 },
    { "33 bytes of INTEGER",
      "304F020100302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A010301010004"
      "23022101",
      "", 0 },
    { "an empty INTEGER",
      "302E020100302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A010301010004"
      "020200",
      NULL, 0 },
    { "INTEGER zero",
      "302F020100302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A010301010004"
      "03020100",
      NULL, 0 },
    { "INTEGER q",
      "304F020100302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A010301010004"
      "23022100FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF6C611070995AD10045841B09B761B893",
      NULL, 0 },
    { "a private key of 2015-256",
      "304C020100302306092A830E030A010102013016060A2A830E030A010102010106082A830E030A010302042204"
      "20",
      "", 0 },
    { "31 bytes of 2015-512",
      "304C020100302306092A830E030A010102023016060A2A830E030A010102020106082A830E030A010303042204"
      "20",
      "", 0 },
};

static void only_the_exact_encoding_of_a_private_key_is_taken(void **state)
{
    static const char d_hex[] = "1112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F30";

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char hex[512];
        struct blob der;
        size_t left = 0;
        EVP_PKEY *key;

        (void)snprintf(hex, sizeof(hex), "%s%s%s", rows[i].head, rows[i].tail ? d_hex : "",
                       rows[i].tail ? rows[i].tail : "");
        der = unhex(hex);
        key = decode_key(der.bytes, der.len, PRIVATE, &left);
        if ((key != NULL) != rows[i].good)
            fail_msg("%s: %s", rows[i].name, key ? "taken" : "refused");
        EVP_PKEY_free(key);
        free(der.bytes);
    }
}

static const struct {
    const char *name;
    const char *head; /* before the point, 2004's generator */
    const char *tail;
    int good;
} public_rows[] = {
    { "the reference",
      "306C302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A0103010100034300044"
      "0",
      "", 1 },
    { "no digest in the parameters",
      "3060301906092A830E030A01010101300C060A2A830E030A01010101010343000440", "", 1 },
    { "garbage after the BIT STRING",
      "306E302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A0103010100034300044"
      "0",
      "0500", 0 },
    { "garbage after the OCTET STRING",
      "306E302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A0103010100034500044"
      "0",
      "0500", 0 },
    { "unused bits",
      "306C302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A0103010100034301044"
      "0",
      "", 0 },
    { "the point without its OCTET STRING",
      "306A302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A0103010100034100",
      "", 0 },
    { "an uncompressed-point mark before it",
      "306D302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A0103010100034400044"
      "104",
      "", 0 },
    { "one byte more",
      "306D302506092A830E030A010101013018060A2A830E030A0101010101060A2A830E030A010"
      "30101000344000441",
      "00", 0 },
    { "the point of another type",
      "306A302306092A830E030A010102023016060A2A830E030A010102020106082A830E030A0103030343000440",
      "", 0 },
    { "the curve of another type",
      "306A302306092A830E030A010102013016060A2A830E030A010102010106082A830E030A0103020343000440",
      "", 0 },
    { "Russia's OID",
      "3066301F06082A85030701010101301306072A85030202230106082A850307010102020343000440", "", 0 },
};

static void only_the_exact_encoding_of_a_public_key_is_taken(void **state)
{
    struct blob point = generator();

    (void)state;
    for (size_t i = 0; i < sizeof(public_rows) / sizeof(public_rows[0]); i++) {
        struct blob start = join(public_rows[i].head, point.bytes, point.len);
        size_t left = 0;
        size_t tail_len = strlen(public_rows[i].tail) / 2;
        uint8_t *whole = realloc(start.bytes, start.len + tail_len + 1);
        EVP_PKEY *key;

        assert_non_null(whole);
        if (tail_len > 0) {
            struct blob tail = unhex(public_rows[i].tail);

            memcpy(whole + start.len, tail.bytes, tail.len);
            free(tail.bytes);
        }
        key = decode_key(whole, start.len + tail_len, PUBLIC, &left);
        if ((key != NULL) != public_rows[i].good)
            fail_msg("%s: %s", public_rows[i].name, key ? "taken" : "refused");
        EVP_PKEY_free(key);
        free(whole);
    }
    free(point.bytes);
}

/* 30 81 AC … written as 30 82 00 AC …: the same length in a byte too many */
static void a_length_with_a_leading_zero_is_refused(void **state)
{
    EVP_PKEY *key = new_key(KZGOST_KEY_2015_512);
    struct blob pub = public_form(key);
    uint8_t *longer = malloc(pub.len + 1);

    (void)state;
    assert_non_null(longer);
    assert_int_equal(pub.bytes[1], 0x81);
    longer[0] = pub.bytes[0];
    longer[1] = 0x82;
    longer[2] = 0;
    memcpy(longer + 3, pub.bytes + 2, pub.len - 2);
    assert_refused(longer, pub.len + 1, PUBLIC);
    free(longer);
    OPENSSL_free(pub.bytes);
    EVP_PKEY_free(key);
}

/* A head that promises more than the ceiling is not waited for. */
static void an_element_beyond_the_ceiling_is_refused(void **state)
{
    enum { HUGE = 1 << 20 };
    static const uint8_t heads[][10] = {
        { 0x30, 0x82, 0x40, 0x00 },
        { 0x30, 0x83, 0x0f, 0xff, 0xfb },
        { 0x30, 0x84, 0xff, 0xff, 0xff, 0xff },
        { 0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
        { 0x30, 0xff },
    };
    uint8_t *bytes = calloc(1, HUGE);

    (void)state;
    assert_non_null(bytes);
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        memcpy(bytes, heads[i], sizeof(heads[i]));
        assert_refused(bytes, HUGE, PUBLIC);
        assert_refused(bytes, HUGE, PRIVATE);
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_bit_of_the_structure_matters),
        cmocka_unit_test(what_follows_a_key_is_left_to_the_caller),
        cmocka_unit_test(only_the_exact_encoding_of_a_private_key_is_taken),
        cmocka_unit_test(only_the_exact_encoding_of_a_public_key_is_taken),
        cmocka_unit_test(a_length_with_a_leading_zero_is_refused),
        cmocka_unit_test(an_element_beyond_the_ceiling_is_refused),
    };

    return cmocka_run_group_tests(tests, load_kzgost, NULL);
}
