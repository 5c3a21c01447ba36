/* SHA-1 in each place where a signature may hold it: refused, unless the list of that place names
 * it (C-28). */
#include "unit/crypto/path_maker.h"

#include "crypto/cms.h"
#include "crypto/tsp.h"

#include <openssl/cms.h>
#include <openssl/ts.h>
#include <string.h>

enum { LISTS = 3 };
/* none, documents, timestamps */
static const struct {
    unsigned documents, timestamps;
} lists[LISTS] = { { 0, 0 }, { ALG_DEFAULT | ALG_RSA_SHA1, 0 }, { 0, ALG_DEFAULT | ALG_RSA_SHA1 } };

static const struct slice content = { "content", 7 };

static struct made leaf_made(const struct made *ca)
{
    return made_new(&(struct made_params){ .cn = "leaf",
                                           .key_type = "RSA",
                                           .usage = "critical,digitalSignature,nonRepudiation" },
                    ca);
}

static struct bytes *cms_by(const struct made *made, const char *digest)
{
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_BINARY | CMS_PARTIAL);
    BIO *data = BIO_new_mem_buf(content.at, (int)content.len);
    EVP_MD *md = EVP_MD_fetch(NULL, digest, NULL);
    unsigned char *der = NULL;

    assert_non_null(CMS_add1_signer(cms, made->x509, made->pkey, md, CMS_BINARY));
    assert_int_equal(CMS_final(cms, data, NULL, CMS_BINARY), 1);
    int len = i2d_CMS_ContentInfo(cms, &der);
    struct bytes *bytes = bytes_dup(slice_mem(der, (size_t)len));
    OPENSSL_free(der);
    EVP_MD_free(md);
    BIO_free(data);
    CMS_ContentInfo_free(cms);
    return bytes;
}

static TS_MSG_IMPRINT *imprint_of(struct slice data, const char *digest)
{
    TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
    X509_ALGOR *algor = X509_ALGOR_new();
    unsigned char value[EVP_MAX_MD_SIZE];
    size_t len = 0;

    assert_int_equal(EVP_Q_digest(NULL, digest, NULL, data.at, data.len, value, &len), 1);
    assert_int_equal(X509_ALGOR_set0(algor, OBJ_nid2obj(OBJ_txt2nid(digest)), V_ASN1_NULL, NULL),
                     1);
    assert_int_equal(TS_MSG_IMPRINT_set_algo(imprint, algor), 1);
    assert_int_equal(TS_MSG_IMPRINT_set_msg(imprint, value, (int)len), 1);
    X509_ALGOR_free(algor);
    return imprint;
}

/* Signed by OpenSSL, with the signing certificate among its attributes. */
static struct bytes *sign_info(const struct made *tsa, struct slice info, const char *digest)
{
    const unsigned flags = CMS_BINARY | CMS_PARTIAL | CMS_CADES;
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags);
    BIO *data = BIO_new_mem_buf(info.at, (int)info.len);
    EVP_MD *md = EVP_MD_fetch(NULL, digest, NULL);
    unsigned char *der = NULL;

    assert_int_equal(CMS_set1_eContentType(cms, OBJ_nid2obj(NID_id_smime_ct_TSTInfo)), 1);
    assert_non_null(CMS_add1_signer(cms, tsa->x509, tsa->pkey, md, flags));
    assert_int_equal(CMS_final(cms, data, NULL, CMS_BINARY), 1);
    int len = i2d_CMS_ContentInfo(cms, &der);
    struct bytes *token = bytes_dup(slice_mem(der, (size_t)len));
    OPENSSL_free(der);
    EVP_MD_free(md);
    BIO_free(data);
    CMS_ContentInfo_free(cms);
    return token;
}

/* A token over the content, which our own authority would not make over SHA-1. */
static struct bytes *token_by(const struct made *tsa, const char *digest, const char *signature)
{
    TS_TST_INFO *info = TS_TST_INFO_new();
    TS_MSG_IMPRINT *imprint = imprint_of(content, digest);
    ASN1_OBJECT *policy = OBJ_txt2obj("1.2.398.3.3.2.6.2", 1);
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    ASN1_GENERALIZEDTIME *at = ASN1_GENERALIZEDTIME_set(NULL, (time_t)(NOW_MS / 1000));
    unsigned char *der = NULL;

    ASN1_INTEGER_set(serial, 7);
    assert_true(TS_TST_INFO_set_version(info, 1) && TS_TST_INFO_set_policy_id(info, policy) &&
                TS_TST_INFO_set_msg_imprint(info, imprint) &&
                TS_TST_INFO_set_serial(info, serial) && TS_TST_INFO_set_time(info, at));
    int len = i2d_TS_TST_INFO(info, &der);
    struct bytes *token = sign_info(tsa, slice_mem(der, (size_t)len), signature);
    OPENSSL_free(der);
    ASN1_GENERALIZEDTIME_free(at);
    ASN1_INTEGER_free(serial);
    ASN1_OBJECT_free(policy);
    TS_MSG_IMPRINT_free(imprint);
    TS_TST_INFO_free(info);
    return token;
}

/* want: by list, whether it is valid. */
static void check(const char *what, const struct bytes *document, bool is_token,
                  const struct pki *pki, const bool want[LISTS])
{
    for (size_t i = 0; i < LISTS; i++) {
        AUTO(report_free) struct report *report = report_new();
        struct judge judge = pki_judge(pki);
        enum verdict verdict;

        judge.algorithms = lists[i].documents;
        judge.timestamp_algorithms = lists[i].timestamps;
        if (is_token)
            verdict = tsp_judge_document(&judge, bytes_slice(document), content, report);
        else
            verdict =
                cms_judge(&judge, bytes_slice(document), (struct slice){ NULL, 0 }, report, NULL);
        if ((verdict == VERDICT_VALID) != want[i])
            fail_msg("%s, list %zu: %s, %s", what, i, verdict_name(verdict), report_reason(report));
    }
}

static void a_cms_over_sha1_needs_the_list_of_documents(void **state)
{
    struct pki *pki = pki_new("RSA");
    struct made leaf = leaf_made(&pki->ca);
    AUTO(bytes_free) struct bytes *old = cms_by(&leaf, "SHA1");
    AUTO(bytes_free) struct bytes *good = cms_by(&leaf, "SHA256");
    AUTO(bytes_free) struct bytes *worse = cms_by(&leaf, "MD5");

    (void)state;
    check("SHA-256", good, false, pki, (const bool[]){ true, true, true });
    check("SHA-1", old, false, pki, (const bool[]){ false, true, false });
    check("MD5", worse, false, pki, (const bool[]){ false, false, false });
    made_free(&leaf);
    pki_free(pki);
}

static void a_timestamp_over_sha1_needs_the_list_of_timestamps(void **state)
{
    struct pki *pki = pki_new("RSA");
    AUTO(bytes_free) struct bytes *imprint = token_by(&pki->tsa, "SHA1", "SHA256");
    AUTO(bytes_free) struct bytes *signature = token_by(&pki->tsa, "SHA256", "SHA1");
    AUTO(bytes_free) struct bytes *good = token_by(&pki->tsa, "SHA256", "SHA256");

    (void)state;
    check("SHA-256", good, true, pki, (const bool[]){ true, true, true });
    check("signature SHA-1", signature, true, pki, (const bool[]){ false, false, true });
    check("imprint SHA-1", imprint, true, pki, (const bool[]){ false, false, true });
    pki_free(pki);
}

/* An intermediate signed over SHA-1, under a signer and under a timestamp authority. */
static void a_link_over_sha1_needs_the_list_of_what_it_vouches_for(void **state)
{
    static const struct spec specs[] = {
        { .id = "root", .place = FOLDER },
        { .id = "ca", .by = "root", .place = FOLDER, .digest = "SHA1" },
        { .id = "leaf", .by = "ca", .place = SIGNER },
        { .id = NULL },
    };
    static const bool want[LISTS] = { false, true, false };
    struct chain chain;

    (void)state;
    chain_make(&chain, specs, "RSA");
    for (size_t i = 0; i < LISTS; i++) {
        AUTO(report_free) struct report *report = report_new();
        struct judge judge = chain_judge(&chain);
        judge.algorithms = lists[i].documents;
        judge.timestamp_algorithms = lists[i].timestamps;
        assert_int_equal(trust_judge(&judge, chain.signer, report) == VERDICT_VALID, want[i]);
        if (!want[i])
            assert_int_equal(report_culprit(report), CHECK_PATH);
    }
    chain_clear(&chain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cms_over_sha1_needs_the_list_of_documents),
        cmocka_unit_test(a_timestamp_over_sha1_needs_the_list_of_timestamps),
        cmocka_unit_test(a_link_over_sha1_needs_the_list_of_what_it_vouches_for),
    };

    return cmocka_run_group_tests(tests, setup_crypto, path_maker_teardown);
}
