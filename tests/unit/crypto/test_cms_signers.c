/* The signers of a CMS: who they must be, all of them, and that it is the content they signed
 * (req 0.15). */
#include "unit/crypto/cms_kit.h"

#include "crypto/gost/kzgost.h"
#include "crypto/signed_data.h"

static void signer_is_judged_like_any(void **state) /* req 0.16–0.27 */
{
    struct made auth =
        made_new(&(struct made_params){ .cn = "AUTH", .usage = "digitalSignature,keyEncipherment" },
                 &pki->ca);
    struct made expired =
        made_new(&(struct made_params){ .cn = "OLD",
                                        .usage = "digitalSignature,nonRepudiation",
                                        .from_ms = NOW_MS - 9LL * DAY_MS,
                                        .to_ms = NOW_MS - DAY_MS },
                 &pki->ca);
    struct made stranger = made_new(
        &(struct made_params){ .cn = "SELF", .usage = "digitalSignature,nonRepudiation" }, NULL);
    struct judge judge = pki_judge(pki);
    const struct {
        const struct made *signer;
        enum check culprit;
    } rows[] = { { &auth, CHECK_KEY_USAGE }, { &expired, CHECK_DATES }, { &stranger, CHECK_PATH } };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(bytes_free) struct bytes *cms = sign_text(rows[i].signer, false, NULL);
        expect_cms(&judge, bytes_slice(cms), no_content, VERDICT_INVALID, rows[i].culprit);
        judge.signature_only = true;
        expect_cms(&judge, bytes_slice(cms), no_content, VERDICT_VALID, CHECK_COUNT_);
        judge.signature_only = false;
    }
    AUTO(bytes_free) struct bytes *cms = sign_text(&pki->leaf, false, NULL);
    judge.expect_iin = "123456789012";
    expect_cms(&judge, bytes_slice(cms), no_content, VERDICT_INVALID, CHECK_OWNER);
    judge.expect_iin = NULL;
    judge.timestamp_required = true;
    expect_cms(&judge, bytes_slice(cms), no_content, VERDICT_INVALID, CHECK_TIMESTAMP);
    judge.timestamp_required = false;
    judge.algorithms = ALG_RSA_SHA256;
    expect_cms(&judge, bytes_slice(cms), no_content, VERDICT_INVALID, CHECK_ALGORITHM);
    made_free(&auth);
    made_free(&expired);
    made_free(&stranger);
}

/* Two signers over one content; `second` signs too. */
static struct bytes *sign_twice(const struct made *first, const struct made *second)
{
    const struct made *const signers[] = { first, second };
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_BINARY | CMS_PARTIAL);
    BIO *in = BIO_new_mem_buf(signed_text.at, (int)signed_text.len);
    unsigned char *der = NULL;

    for (size_t i = 0; i < 2; i++) {
        EVP_MD *md = EVP_MD_fetch(NULL, KZGOST_DIGEST_2015_512, NULL);
        CMS_SignerInfo *info = CMS_add1_signer(cms, signers[i]->x509, signers[i]->pkey, md,
                                               CMS_BINARY | CMS_PARTIAL | CMS_NOSMIMECAP);
        X509_ALGOR *algorithm = NULL;
        CMS_SignerInfo_get0_algs(info, NULL, NULL, NULL, &algorithm);
        /* the first as old CMS do: the KEY's OID */
        X509_ALGOR_set0(
            algorithm,
            OBJ_nid2obj(OBJ_txt2nid(i ? "1.2.398.3.10.1.1.2.3.2" : "1.2.398.3.10.1.1.2.2")),
            V_ASN1_NULL, NULL);
        EVP_MD_free(md);
    }
    assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY | CMS_PARTIAL), 1);
    int len = i2d_CMS_ContentInfo(cms, &der);
    struct bytes *result = bytes_dup(slice_mem(der, (size_t)len));
    OPENSSL_free(der);
    BIO_free(in);
    CMS_ContentInfo_free(cms);
    return result;
}

static void every_signer_must_pass(void **state)
{
    struct made second = made_new(
        &(struct made_params){ .cn = "ВТОРОЙ", .usage = "digitalSignature,nonRepudiation" },
        &pki->ca);
    struct made auth =
        made_new(&(struct made_params){ .cn = "AUTH", .usage = "digitalSignature,keyEncipherment" },
                 &pki->ca);
    struct judge judge = pki_judge(pki);
    AUTO(bytes_free) struct bytes *both = sign_twice(&pki->leaf, &second);
    AUTO(bytes_free) struct bytes *half = sign_twice(&pki->leaf, &auth);
    AUTO(report_free) struct report *report = report_new();
    AUTO(report_free) struct report *bad = report_new();

    (void)state;
    expect_cms(&judge, bytes_slice(both), no_content, VERDICT_VALID, CHECK_COUNT_);
    expect_cms(&judge, bytes_slice(half), no_content, VERDICT_INVALID, CHECK_KEY_USAGE);
    (void)!cms_judge(&judge, bytes_slice(both), no_content, report, NULL);
    assert_int_equal(report_signer_count(report), 2);
    (void)!cms_judge(&judge, bytes_slice(half), no_content, bad, NULL);
    assert_non_null(strstr(report_reason(bad), "signer "));
    for (size_t i = 0; i < 2; i++) { /* the SET OF signers is sorted by its bytes */
        const bool is_auth = strstr(report_signer(bad, i)->subject, "AUTH") != NULL;

        assert_int_equal(report_signer_verdict(report, i), VERDICT_VALID);
        assert_int_equal(report_signer_verdict(bad, i), is_auth ? VERDICT_INVALID : VERDICT_VALID);
        assert_string_not_equal(report_signer_covers(report, i), "");
    }
    made_free(&second);
    made_free(&auth);
}

static void signing_certificate_must_be_the_signers(void **state)
{
    struct judge judge = pki_judge(pki);
    AUTO(bytes_free) struct bytes *cms = sign_text(&pki->leaf, false, NULL);
    /* the same name, number and key in another certificate */
    X509 *twin = X509_dup(pki->leaf.x509);
    struct cert *cert = NULL;
    AUTO(bytes_free) struct bytes *bare = NULL;
    struct err err;

    (void)state;
    X509_gmtime_adj(X509_getm_notAfter(twin), 0);
    ASN1_TIME_set(X509_getm_notAfter(twin), (time_t)(NOW_MS / 1000 + 1000));
    EVP_MD *md = EVP_MD_fetch(NULL, KZGOST_DIGEST_2015_512, NULL);
    assert_true(X509_sign(twin, pki->ca.pkey, md) > 0);
    EVP_MD_free(md);
    assert_ok(cert_wrap(twin, &cert, &err), &err);
    /* the signer's own certificate taken out of the message, the twin handed in */
    const struct signed_data_params make = { .content_nid = NID_pkcs7_data,
                                             .without_cert = true,
                                             .signing_time_ms = NOW_MS };
    CMS_ContentInfo *lone = NULL;
    assert_ok(signed_data_make(pki->leaf.key, signed_text, &make, &lone, &err), &err);
    assert_ok(signed_data_der(lone, &bare, &err), &err);
    CMS_ContentInfo_free(lone);
    expect_cms(&judge, bytes_slice(bare), no_content, VERDICT_INVALID, CHECK_SIGNATURE);
    const struct cert *extra[] = { cert };
    judge.extra = extra;
    judge.extra_count = 1;
    expect_cms(&judge, bytes_slice(bare), no_content, VERDICT_INVALID, CHECK_SIGNATURE);
    extra[0] = pki->leaf.cert;
    expect_cms(&judge, bytes_slice(bare), no_content, VERDICT_VALID, CHECK_COUNT_);
    cert_free(cert);
    X509_free(twin);
}

/* What is shown must be what is signed: by type, and inside as well as outside. */
static void content_of_another_type_or_place_is_not_covered(void **state)
{
    const struct signed_data_params make = { .content_nid = NID_id_smime_ct_TSTInfo,
                                             .signing_time_ms = NOW_MS };
    struct judge judge = pki_judge(pki);
    CMS_ContentInfo *cms = NULL;
    AUTO(bytes_free) struct bytes *retyped = NULL;
    AUTO(bytes_free) struct bytes *stuffed = NULL;
    AUTO(bytes_free) struct bytes *detached = sign_text(&pki->leaf, true, NULL);
    struct err err;

    (void)state;
    assert_ok(signed_data_make(pki->leaf.key, signed_text, &make, &cms, &err), &err);
    assert_int_equal(CMS_set1_eContentType(cms, OBJ_nid2obj(NID_pkcs7_data)), 1);
    assert_ok(signed_data_der(cms, &retyped, &err), &err);
    expect_cms(&judge, bytes_slice(retyped), no_content, VERDICT_INVALID, CHECK_COVERAGE);
    CMS_ContentInfo_free(cms);
    const unsigned char *at = slice_u8(bytes_slice(detached));
    cms = d2i_CMS_ContentInfo(NULL, &at, (long)detached->len);
    assert_int_equal(CMS_set_detached(cms, 0), 1);
    ASN1_OCTET_STRING **inside = CMS_get0_content(cms);
    ASN1_OCTET_STRING_set(*inside, (const unsigned char *)"other", 5);
    assert_ok(signed_data_der(cms, &stuffed, &err), &err);
    expect_cms(&judge, bytes_slice(stuffed), signed_text, VERDICT_INVALID, CHECK_DIGEST);
    CMS_ContentInfo_free(cms);
}

static void attributes_of_another_signature_are_no_content(void **state)
{
    /* Without signed attributes the signature is over the content; content that is the DER of
     * signed attributes would make a second document of the same signature. */
    struct judge judge = pki_judge(pki);
    const char *set_of = "\x31\x03\x02\x01\x05";
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_BINARY | CMS_PARTIAL);
    EVP_MD *md = EVP_MD_fetch(NULL, KZGOST_DIGEST_2015_512, NULL);

    (void)state;
    CMS_SignerInfo *info = CMS_add1_signer(cms, pki->leaf.x509, pki->leaf.pkey, md,
                                           CMS_BINARY | CMS_PARTIAL | CMS_NOATTR);
    X509_ALGOR *algorithm = NULL;
    CMS_SignerInfo_get0_algs(info, NULL, NULL, NULL, &algorithm);
    X509_ALGOR_set0(algorithm, OBJ_nid2obj(OBJ_txt2nid("1.2.398.3.10.1.1.2.3.2")), V_ASN1_NULL,
                    NULL);
    BIO *in = BIO_new_mem_buf(set_of, 5);
    if (CMS_final(cms, in, NULL, CMS_BINARY | CMS_PARTIAL) == 1) {
        unsigned char *der = NULL;
        int len = i2d_CMS_ContentInfo(cms, &der);
        expect_cms(&judge, slice_mem(der, (size_t)len), no_content, VERDICT_INVALID,
                   CHECK_SIGNATURE);
        OPENSSL_free(der);
    } else {
        print_message("OpenSSL does not sign so with these keys\n");
    }
    BIO_free(in);
    EVP_MD_free(md);
    CMS_ContentInfo_free(cms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signer_is_judged_like_any),
        cmocka_unit_test(every_signer_must_pass),
        cmocka_unit_test(signing_certificate_must_be_the_signers),
        cmocka_unit_test(content_of_another_type_or_place_is_not_covered),
        cmocka_unit_test(attributes_of_another_signature_are_no_content),
    };

    return cmocka_run_group_tests(tests, setup_pki, teardown_pki);
}
