/* SubjectPublicKeyInfo and PrivateKeyInfo: exact bytes, round trips, and everything not exact. */
#include "unit/gost/help.h"

#include "crypto/gost/kzgost.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

enum { PUBLIC = EVP_PKEY_PUBLIC_KEY, PRIVATE = EVP_PKEY_KEYPAIR };

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

static struct blob join(const char *head, const uint8_t *tail, size_t tail_len)
{
    struct blob start = unhex(head);
    struct blob whole = { malloc(start.len + tail_len + 1), start.len + tail_len };

    assert_non_null(whole.bytes);
    memcpy(whole.bytes, start.bytes, start.len);
    memcpy(whole.bytes + start.len, tail, tail_len);
    free(start.bytes);
    return whole;
}

/* Decodes by whatever decoder wants it; *left is what was not used. */
static EVP_PKEY *decode(const uint8_t *bytes, size_t len, int selection, size_t *left)
{
    const char *structure = selection == PUBLIC ? "SubjectPublicKeyInfo" : "PrivateKeyInfo";
    EVP_PKEY *key = NULL;
    const unsigned char *at = bytes;
    OSSL_DECODER_CTX *ctx =
        OSSL_DECODER_CTX_new_for_pkey(&key, "DER", structure, NULL, selection, NULL, NULL);

    assert_non_null(ctx);
    *left = len;
    if (OSSL_DECODER_from_data(ctx, &at, left) != 1) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    OSSL_DECODER_CTX_free(ctx);
    ERR_clear_error();
    return key;
}

static void assert_refused(const uint8_t *bytes, size_t len, int selection)
{
    size_t left = 0;

    assert_null(decode(bytes, len, selection, &left));
}

static struct blob public_form(EVP_PKEY *key)
{
    struct blob der = { NULL, 0 };
    int len = i2d_PUBKEY(key, &der.bytes);

    assert_true(len > 0);
    der.len = (size_t)len;
    return der;
}

static struct blob private_form(EVP_PKEY *key)
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
            again = decode(der.bytes, der.len, PRIVATE, &left);
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

static void every_truncation_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIGNING; i++) {
        EVP_PKEY *key = new_key(forms[i].type);
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
    for (size_t i = 0; i < SIGNING; i++) {
        EVP_PKEY *key = new_key(forms[i].type);
        struct blob ders[] = { public_form(key), private_form(key) };
        size_t keys[] = { 2 * forms[i].size, forms[i].size + (i == 0) };

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
    for (size_t i = 0; i < SIGNING; i++) {
        EVP_PKEY *key = new_key(forms[i].type);
        struct blob pub = public_form(key);
        uint8_t *longer = calloc(1, pub.len + 5);
        size_t left = 0;
        EVP_PKEY *back;

        assert_non_null(longer);
        memcpy(longer, pub.bytes, pub.len);
        back = decode(longer, pub.len + 5, PUBLIC, &left);
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
        key = decode(der.bytes, der.len, PRIVATE, &left);
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
    struct blob point = point_of(0);

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
        key = decode(whole, start.len + tail_len, PUBLIC, &left);
        if ((key != NULL) != public_rows[i].good)
            fail_msg("%s: %s", public_rows[i].name, key ? "taken" : "refused");
        EVP_PKEY_free(key);
        free(whole);
    }
    free(point.bytes);
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
    assert_null(strstr(text, "d:\n"));
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
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_bit_of_the_structure_matters),
        cmocka_unit_test(what_follows_a_key_is_left_to_the_caller),
        cmocka_unit_test(only_the_exact_encoding_of_a_private_key_is_taken),
        cmocka_unit_test(only_the_exact_encoding_of_a_public_key_is_taken),
        cmocka_unit_test(an_element_beyond_the_ceiling_is_refused),
        cmocka_unit_test(text_shows_the_private_key_only_when_asked),
    };

    return cmocka_run_group_tests(tests, load_kzgost, NULL);
}
