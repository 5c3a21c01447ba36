/* Known answers of the digests, by every name and on both of OpenSSL's roads. */
#include "unit/gost/help.h"

#include "crypto/gost/kzgost.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/objects.h>

/* GOST R 34.11-2012, A.1 and A.2 (RFC 6986, 10.1 and 10.2); M2 is text in windows-1251 */
static const char m1[] = "012345678901234567890123456789012345678901234567890123456789012";
static const char m2[] = "\xd1\xe5\x20\xe2\xe5\xf2\xf0\xe8\x2c\x20\xd1\xf2\xf0\xe8\xe1\xee\xe6\xe8"
                         "\x20\xe2\xed\xf3\xf6\xe8\x2c\x20\xe2\xe5\xfe\xf2\xfa\x20\xf1\x20\xec\xee"
                         "\xf0\xff\x20\xf1\xf2\xf0\xe5\xeb\xe0\xec\xe8\x20\xed\xe0\x20\xf5\xf0\xe0"
                         "\xe1\xf0\xfb\xff\x20\xef\xeb\xfa\xea\xfb\x20\xc8\xe3\xee\xf0\xe5\xe2\xfb";

static const struct {
    const char *digest;
    const char *oid;
    const char *text;
    const char *want;
} answers[] = {
    { KZGOST_DIGEST_2015_512, "1.2.398.3.10.1.3.3", m1,
      "1b54d01a4af5b9d5cc3d86d68d285462b19abc2475222f35c085122be4ba1ffa"
      "00ad30f8767b3a82384c6574f024c311e2a481332b08ef7f41797891c1646f48" },
    { KZGOST_DIGEST_2015_512, "1.2.398.3.10.1.3.3", m2,
      "1e88e62226bfca6f9994f1f2d51569e0daf8475a3b0fe61a5300eee46d961376"
      "035fe83549ada2b8620fcd7c496ce5b33f0cb9dddc2b6460143b03dabac9fb28" },
    { KZGOST_DIGEST_2015_256, "1.2.398.3.10.1.3.2", m1,
      "9d151eefd8590b89daa6ba6cb74af9275dd051026bb149a452fd84e5e57b5500" },
    { KZGOST_DIGEST_2015_256, "1.2.398.3.10.1.3.2", m2,
      "9dd2fe4e90409e5da87f53976d7405b0c0cac628fc669a741d50063c557e8f50" },
    /* the examples of GOST R 34.11-94, A.3 (RFC 5831, 7.3), whose S-box is the test parameter set
     */
    { KZGOST_DIGEST_34311_95, "1.2.398.3.10.1.3.1", "This is message, length=32 bytes",
      "b1c466d37519b82e8319819ff32595e047a28cb6f83eff1c6916a815a637fffa" },
    { KZGOST_DIGEST_34311_95, "1.2.398.3.10.1.3.1",
      "Suppose the original message has length = 50 bytes",
      "471aba57a60a770d3a76130635c1fbea4ef14de51f78b4ae57dd893b62f55208" },
    { KZGOST_DIGEST_34311_95, "1.2.398.3.10.1.3.1", "",
      "ce85b99cc46752fffee35cab9a7b0278abb4c2d2055cff685af4912c49490f8d" },
    { KZGOST_DIGEST_34311_95, "1.2.398.3.10.1.3.1", "abc",
      "f3134348c44fb1b2a277729e2285ebb5cb5e0f29c975bc753b70497c06a4d51d" },
};
enum { ANSWERS = sizeof(answers) / sizeof(answers[0]) };

static void check(const EVP_MD *md, const char *text, const char *want)
{
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    assert_int_equal(EVP_Digest(text, strlen(text), out, &len, md, NULL), 1);
    assert_int_equal(len, EVP_MD_get_size(md));
    assert_hex(out, len, want);
}

static void digests_give_the_published_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ANSWERS; i++) {
        const char *names[] = { answers[i].digest, answers[i].oid };

        for (size_t j = 0; j < 2; j++) {
            EVP_MD *md = EVP_MD_fetch(NULL, names[j], "provider=kzgost");

            assert_non_null(md);
            check(md, answers[i].text, answers[i].want);
            EVP_MD_free(md);
        }
    }
}

/* OpenSSL 3.0 takes this road inside X.509 and CMS */
static void digests_found_by_nid_give_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < ANSWERS; i++) {
        int nid = OBJ_txt2nid(answers[i].oid);

        assert_int_not_equal(nid, NID_undef);
        assert_string_equal(OBJ_nid2sn(nid), answers[i].digest);
        check(EVP_get_digestbynid(nid), answers[i].text, answers[i].want);
        check(EVP_get_digestbyname(answers[i].digest), answers[i].text, answers[i].want);
    }
}

static void digests_do_not_care_how_the_text_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < ANSWERS; i++) {
        EVP_MD *md = EVP_MD_fetch(NULL, answers[i].digest, NULL);
        size_t len = strlen(answers[i].text);

        for (size_t cut = 0; cut <= len; cut++) {
            EVP_MD_CTX *ctx = EVP_MD_CTX_new();
            EVP_MD_CTX *copy = EVP_MD_CTX_new();
            unsigned char out[EVP_MAX_MD_SIZE];
            unsigned out_len = 0;

            assert_int_equal(EVP_DigestInit_ex2(ctx, md, NULL), 1);
            assert_int_equal(EVP_DigestUpdate(ctx, answers[i].text, cut), 1);
            assert_int_equal(EVP_MD_CTX_copy_ex(copy, ctx), 1);
            assert_int_equal(EVP_DigestUpdate(ctx, "spoilt", 6), 1); /* the copy is its own */
            assert_int_equal(EVP_DigestUpdate(copy, answers[i].text + cut, len - cut), 1);
            assert_int_equal(EVP_DigestFinal_ex(copy, out, &out_len), 1);
            assert_hex(out, out_len, answers[i].want);
            EVP_MD_CTX_free(ctx);
            EVP_MD_CTX_free(copy);
        }
        EVP_MD_free(md);
    }
}

static void a_million_letters_are_digested(void **state)
{
    enum { MILLION = 1000000 };
    char *text = malloc(MILLION + 1);
    EVP_MD *md = EVP_MD_fetch(NULL, KZGOST_DIGEST_34311_95, NULL);

    (void)state;
    assert_non_null(text);
    memset(text, 'a', MILLION);
    text[MILLION] = '\0';
    check(md, text, "5c00ccc2734cdd3332d3d4749576e3c1a7dbaf0e7ea74e9fa602413c90a129fa");
    EVP_MD_free(md);
    free(text);
}

static void sizes_are_those_of_the_standard(void **state)
{
    static const struct {
        const char *digest;
        int size;
        int block;
    } rows[] = {
        { KZGOST_DIGEST_34311_95, 32, 32 },
        { KZGOST_DIGEST_2015_256, 32, 64 },
        { KZGOST_DIGEST_2015_512, 64, 64 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        EVP_MD *md = EVP_MD_fetch(NULL, rows[i].digest, NULL);

        assert_int_equal(EVP_MD_get_size(md), rows[i].size);
        assert_int_equal(EVP_MD_get_block_size(md), rows[i].block);
        EVP_MD_free(md);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_give_the_published_answers),
        cmocka_unit_test(digests_found_by_nid_give_the_same),
        cmocka_unit_test(digests_do_not_care_how_the_text_is_cut),
        cmocka_unit_test(a_million_letters_are_digested),
        cmocka_unit_test(sizes_are_those_of_the_standard),
    };

    return cmocka_run_group_tests(tests, load_kzgost, NULL);
}
