/* Keys from PKCS#12, their signatures, passwords of senders, hashes and base64. */
#include "unit/crypto/fixture.h"

#include "base/text.h"
#include "crypto/encode.h"
#include "crypto/gost/kzgost.h"
#include "crypto/password.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool verifies(const struct key *key, struct slice data, struct slice sig)
{
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    return EVP_DigestVerifyInit(ctx, NULL, NULL, NULL,
                                X509_get0_pubkey(cert_x509(key_cert(key)))) == 1 &&
           EVP_DigestVerify(ctx, slice_u8(sig), sig.len, slice_u8(data), data.len) == 1;
}

static void every_kind_of_key_signs(void **state)
{
    static const struct {
        const char *type;
        enum algorithm algorithm;
        size_t len;
    } rows[] = { { KZGOST_KEY_2015_512, ALG_GOST2015_512, 128 },
                 { KZGOST_KEY_2004, ALG_GOST2004, 64 },
                 { "RSA", ALG_RSA_SHA256, 256 } };
    struct err err;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct made made =
            made_new(&(struct made_params){ .cn = "X", .key_type = rows[i].type }, NULL);
        AUTO(bytes_free) struct bytes *sig = NULL;
        assert_int_equal(key_algorithm(made.key), rows[i].algorithm);
        assert_ok(key_sign(made.key, SLICE("data"), &sig, &err), &err);
        assert_int_equal(sig->len, rows[i].len);
        assert_true(verifies(made.key, SLICE("data"), bytes_slice(sig)));
        assert_false(verifies(made.key, SLICE("Data"), bytes_slice(sig)));
        made_free(&made);
    }
}

static struct bytes *p12_of(EVP_PKEY *pkey, X509 *x509)
{
    PKCS12 *p12 = PKCS12_create("Пароль1", "key", pkey, x509, NULL, 0, 0, 1, 1, 0);
    unsigned char *der = NULL;
    int len = i2d_PKCS12(p12, &der);
    struct bytes *result = bytes_dup(slice_mem(der, (size_t)len));

    OPENSSL_free(der);
    PKCS12_free(p12);
    return result;
}

static void a_wrong_password_or_file_is_told(void **state)
{
    struct made made = made_new(&(struct made_params){ .cn = "X" }, NULL);
    AUTO(bytes_free) struct bytes *good = p12_of(made.pkey, made.x509);
    AUTO(bytes_free) struct bytes *lone_key = p12_of(made.pkey, NULL);
    AUTO(bytes_free) struct bytes *lone_cert = p12_of(NULL, made.x509);
    AUTO(key_free) struct key *key = NULL;
    char too_long[1100];
    const struct {
        struct slice p12, password;
        const char *text;
    } rows[] = {
        { bytes_slice(good), SLICE("wrong"), "wrong password" },
        { bytes_slice(good), SLICE(""), "wrong password" },
        { bytes_slice(good), SLICE("Пароль1\0x"), "NUL" },
        { bytes_slice(good), { too_long, sizeof(too_long) }, "1024" },
        { SLICE("nonsense"), SLICE("x"), "not a PKCS#12" },
        { SLICE(""), SLICE("x"), "not a PKCS#12" },
        { bytes_slice(lone_key), SLICE("Пароль1"), "no certificate" },
        { bytes_slice(lone_cert), SLICE("Пароль1"), "no private key" },
    };
    struct err err;

    (void)state;
    memset(too_long, 'a', sizeof(too_long));
    assert_ok(key_open_p12(bytes_slice(good), SLICE("Пароль1"), &key, &err), &err);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct key *none = NULL;
        assert_int_equal(key_open_p12(rows[i].p12, rows[i].password, &none, &err), ST_INPUT);
        if (!strstr(err.text, rows[i].text))
            fail_msg("«%s» does not say «%s»", err.text, rows[i].text);
        assert_null(none);
    }
    made_free(&made);
}

static void a_foreign_certificate_is_forged(void **state)
{
    struct made one = made_new(&(struct made_params){ .cn = "X" }, NULL);
    struct made two = made_new(&(struct made_params){ .cn = "Y" }, NULL);
    STACK_OF(X509) *others = sk_X509_new_null();
    unsigned char *der = NULL;
    struct key *none = NULL;
    struct err err;

    (void)state;
    sk_X509_push(others, two.x509);
    PKCS12 *p12 = PKCS12_create("p", "key", one.pkey, NULL, others, 0, 0, 1, 1, 0);
    int len = i2d_PKCS12(p12, &der);
    assert_int_equal(key_open_p12(slice_mem(der, (size_t)len), SLICE("p"), &none, &err), ST_FORGED);
    OPENSSL_free(der);
    PKCS12_free(p12);
    sk_X509_free(others);
    made_free(&one);
    made_free(&two);
}

static void write_file(const char *path, struct slice content)
{
    FILE *file = fopen(path, "wbe");

    assert_non_null(file);
    assert_int_equal(fwrite(content.at, 1, content.len, file), content.len);
    assert_int_equal(fclose(file), 0);
}

static void files_are_read_and_named_in_errors(void **state)
{
    static const struct slice passwords[] = { { "Пароль1", 13 },
                                              { "Пароль1\n", 14 },
                                              { "Пароль1\r\nsecond line\n", 28 } };
    struct made made = made_new(&(struct made_params){ .cn = "X" }, NULL);
    AUTO(bytes_free) struct bytes *p12 = p12_of(made.pkey, made.x509);
    char dir[] = "/tmp/key-XXXXXX";
    char p12_path[64];
    char pass_path[64];
    struct key *none = NULL;
    struct err err;

    (void)state;
    assert_non_null(mkdtemp(dir));
    text_format(p12_path, sizeof(p12_path), "%s/key.p12", dir);
    text_format(pass_path, sizeof(pass_path), "%s/pass", dir);
    write_file(p12_path, bytes_slice(p12));
    for (size_t i = 0; i < 3; i++) {
        AUTO(key_free) struct key *key = NULL;
        write_file(pass_path, passwords[i]);
        assert_ok(key_open(&(struct key_source){ p12_path, pass_path, NULL, NULL }, &key, &err),
                  &err);
    }
    write_file(pass_path, SLICE("wrong"));
    assert_int_equal(key_open(&(struct key_source){ p12_path, pass_path, NULL, NULL }, &none, &err),
                     ST_INPUT);
    assert_non_null(strstr(err.text, "key.p12: PKCS#12: wrong password"));
    assert_int_equal(
        key_open(&(struct key_source){ "/nonexistent.p12", pass_path, NULL, NULL }, &none, &err),
        ST_NOT_FOUND);
    assert_non_null(strstr(err.text, "/nonexistent.p12"));
    (void)unlink(p12_path);
    (void)unlink(pass_path);
    (void)rmdir(dir);
    made_free(&made);
}

/* The vectors' README: all open with Qwerty12 and their keys match their certificates. */
static void real_key_files_open_and_sign(void **state)
{
    static const struct {
        const char *file;
        enum algorithm algorithm;
    } rows[] = {
        { "p12/rsa_individual.p12", ALG_RSA_SHA256 },
        { "p12/gost2015_individual_1.p12", ALG_GOST2015_512 },
        { "p12/gost2015_individual_2.p12", ALG_GOST2015_512 },
        { "p12/gost2015_legal_entity.p12", ALG_GOST2015_512 },
        { "p12/gost2015_information_system.p12", ALG_GOST2015_512 },
        { "p12/2004_ceo_revoked.p12", ALG_GOST2004 },
    };
    struct err err;

    (void)state;
    if (!have_vectors())
        skip();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(key_free) struct key *key = vector_key(rows[i].file);
        AUTO(bytes_free) struct bytes *sig = NULL;
        assert_int_equal(key_algorithm(key), rows[i].algorithm);
        assert_ok(key_sign(key, SLICE("data"), &sig, &err), &err);
        assert_true(verifies(key, SLICE("data"), bytes_slice(sig)));
    }
}

static void passwords_match_their_hash_and_no_other(void **state)
{
    AUTO(passwords_free) struct passwords *passwords = passwords_new();
    char phc[128];
    char again[128];
    char long_one[2000];
    struct err err;

    (void)state;
    assert_ok(password_hash(SLICE("пароль"), phc, &err), &err);
    assert_ok(password_hash(SLICE("пароль"), again, &err), &err);
    assert_true(strncmp(phc, "$argon2id$v=19$m=19456,t=2,p=1$", 31) == 0);
    assert_string_not_equal(phc, again); /* salted */
    for (int i = 0; i < 2; i++) {        /* computed, then remembered */
        assert_true(passwords_match(passwords, phc, SLICE("пароль")));
        assert_false(passwords_match(passwords, phc, SLICE("Пароль")));
        assert_false(passwords_match(passwords, phc, SLICE("")));
    }
    assert_true(passwords_match(passwords, again, SLICE("пароль")));
    assert_false(passwords_match(passwords, "", SLICE("")));
    assert_false(passwords_match(passwords, "$argon2id$nonsense", SLICE("x")));
    memset(long_one, 'a', sizeof(long_one));
    assert_false(passwords_match(passwords, phc, slice_mem(long_one, sizeof(long_one))));
    assert_int_equal(password_hash(SLICE(""), phc, &err), ST_INPUT);
    assert_int_equal(password_hash(slice_mem(long_one, sizeof(long_one)), phc, &err), ST_INPUT);
}

/* A cheap hash made elsewhere: argon2 "password" with salt "somesaltsomesalt". */
static void a_remembered_password_is_quick(void **state)
{
    AUTO(passwords_free) struct passwords *passwords = passwords_new();
    char phc[128];
    struct err err;

    (void)state;
    assert_ok(password_hash(SLICE("p"), phc, &err), &err);
    assert_true(passwords_match(passwords, phc, SLICE("p")));
    int64_t from_ms = clock_monotonic_ms();
    for (int i = 0; i < 2000; i++)
        assert_true(passwords_match(passwords, phc, SLICE("p")));
    /* 2,000 argon2 would take half a minute and more */
    assert_true(clock_monotonic_ms() - from_ms < 10000);
}

static void hashes_have_their_known_answers(void **state)
{
    static const struct {
        const char *data;
        const char *hex;
    } rows[] = {
        { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
        { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    };
    uint8_t hash[32];
    char hex[65];
    char long_key[131];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        sha256(slice_str(rows[i].data), hash);
        text_hex(slice_mem(hash, 32), hex);
        assert_string_equal(hex, rows[i].hex);
    }
    /* RFC 4231 test cases 2 and 6 */
    hmac_sha256(SLICE("Jefe"), SLICE("what do ya want for nothing?"), hash);
    text_hex(slice_mem(hash, 32), hex);
    assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(long_key, 0xaa, sizeof(long_key));
    hmac_sha256(slice_mem(long_key, sizeof(long_key)),
                SLICE("Test Using Larger Than Block-Size Key - Hash Key First"), hash);
    text_hex(slice_mem(hash, 32), hex);
    assert_string_equal(hex, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void base64_goes_both_ways(void **state) /* RFC 4648 section 10 */
{
    static const struct {
        const char *data, *text, *url;
    } rows[] = { { "", "", "" },
                 { "f", "Zg==", "Zg" },
                 { "fo", "Zm8=", "Zm8" },
                 { "foo", "Zm9v", "Zm9v" },
                 { "foob", "Zm9vYg==", "Zm9vYg" },
                 { "fooba", "Zm9vYmE=", "Zm9vYmE" },
                 { "foobar", "Zm9vYmFy", "Zm9vYmFy" },
                 { "\xfb\xff\xfe", "+//+", "-__-" } };
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct slice data = slice_str(rows[i].data);
        AUTO(bytes_free) struct bytes *text = base64_encode(data);
        AUTO(bytes_free) struct bytes *url = base64url_encode(data);
        AUTO(bytes_free) struct bytes *back = NULL;
        AUTO(bytes_free) struct bytes *back_url = NULL;
        assert_string_equal(text->at, rows[i].text);
        assert_string_equal(url->at, rows[i].url);
        assert_ok(base64_decode(bytes_slice(text), data.len, &back, &err), &err);
        assert_true(slice_eq(bytes_slice(back), data));
        assert_ok(base64url_decode(bytes_slice(url), data.len, &back_url, &err), &err);
        assert_true(slice_eq(bytes_slice(back_url), data));
    }
}

static void base64_is_lenient_only_as_promised(void **state)
{
    static const struct {
        const char *text;
        enum status status;
    } rows[] = {
        { " Zm\r\n9v\tYg = =\n", ST_OK },
        { "Zm9vYg", ST_OK },
        { "Zm9vYmE", ST_OK },
        { "Zm9vY", ST_INPUT },
        { "Zm9vYg=", ST_INPUT },
        { "Zm9vYg===", ST_INPUT },
        { "Zm9v=", ST_INPUT },
        { "====", ST_INPUT },
        { "Zg==Zg==", ST_INPUT },
        { "Zm9v!", ST_INPUT },
        { "Zm-_", ST_INPUT },
        { "Zm9vYmFyZm9v", ST_INPUT },
        { "Zm9vYmFyZg", ST_INPUT },
    };
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(bytes_free) struct bytes *back = NULL;
        if (base64_decode(slice_str(rows[i].text), 6, &back, &err) != rows[i].status)
            fail_msg("«%s»", rows[i].text);
    }
    struct bytes *none = NULL;
    assert_int_equal(base64_decode(SLICE("Zm9vYmFy"), 5, &none, &err), ST_INPUT);
    assert_non_null(strstr(err.text, "5 bytes"));
}

/* Whole groups are read many at a time: wherever a blank or a wrong character stands, the same. */
static void large_base64_is_read_as_small_is(void **state)
{
    enum { BYTES = 3000, PLACES = 1100 };
    char data[BYTES];
    struct err err;

    (void)state;
    for (size_t i = 0; i < BYTES; i++)
        data[i] = (char)(i * 7 + i / 256);
    AUTO(bytes_free) struct bytes *text = base64_encode(slice_mem(data, BYTES));
    for (size_t i = 0; i < PLACES; i++) {
        AUTO(bytes_free) struct bytes *blank = bytes_new(text->len + 1);
        AUTO(bytes_free) struct bytes *back = NULL;
        struct bytes *none = NULL;

        bytes_add(blank, slice_mem(text->at, i));
        bytes_add_str(blank, "\n");
        bytes_add(blank, slice_skip(bytes_slice(text), i));
        assert_ok(base64_decode(bytes_slice(blank), BYTES, &back, &err), &err);
        assert_true(slice_eq(bytes_slice(back), slice_mem(data, BYTES)));
        blank->at[i] = '!';
        assert_int_equal(base64_decode(bytes_slice(blank), BYTES, &none, &err), ST_INPUT);
        assert_int_equal(strtoul(strrchr(err.text, ' '), NULL, 10), i + 1);
    }
    struct bytes *none = NULL;
    assert_int_equal(base64_decode(bytes_slice(text), BYTES - 1, &none, &err), ST_INPUT);
}

static void equality_takes_constant_time_and_is_right(void **state)
{
    (void)state;
    assert_true(equal_constant_time(SLICE("abc"), SLICE("abc")));
    assert_true(equal_constant_time(SLICE(""), SLICE("")));
    assert_false(equal_constant_time(SLICE("abc"), SLICE("abd")));
    assert_false(equal_constant_time(SLICE("abc"), SLICE("ab")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_key_signs),
        cmocka_unit_test(a_wrong_password_or_file_is_told),
        cmocka_unit_test(a_foreign_certificate_is_forged),
        cmocka_unit_test(files_are_read_and_named_in_errors),
        cmocka_unit_test(real_key_files_open_and_sign),
        cmocka_unit_test(passwords_match_their_hash_and_no_other),
        cmocka_unit_test(a_remembered_password_is_quick),
        cmocka_unit_test(hashes_have_their_known_answers),
        cmocka_unit_test(base64_goes_both_ways),
        cmocka_unit_test(base64_is_lenient_only_as_promised),
        cmocka_unit_test(large_base64_is_read_as_small_is),
        cmocka_unit_test(equality_takes_constant_time_and_is_right),
    };

    return cmocka_run_group_tests(tests, setup_crypto, NULL);
}
