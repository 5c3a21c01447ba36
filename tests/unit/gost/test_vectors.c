/* Real artefacts of НУЦ РК, as far as OpenSSL's own functions judge them: ../shared/vectors
 * (req 0.28). */
#include "unit/gost/help.h"

#include "crypto/gost/kzgost.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/ts.h>
#include <openssl/x509.h>

enum { SKIP = 77 };

static const char *const ca[] = {
    "ca-production/root_gost_2020.cer", "ca-production/root_gost_2022.pem",
    "ca-production/nca_gost.pem",       "ca-production/nca_gost_2022.pem",
    "ca-test/root_test_gost_2022.cer",  "ca-test/nca_gost2022_test.cer",
    "ca-test/nca_gost_test.crt",
};
enum { CAS = sizeof(ca) / sizeof(ca[0]) };

static X509 *base64_cert(struct blob file)
{
    BIO *bio = BIO_push(BIO_new(BIO_f_base64()), BIO_new_mem_buf(file.bytes, (int)file.len));
    X509 *cert;

    BIO_set_flags(bio, file.len > 70 && !memchr(file.bytes, '\n', 70) ? BIO_FLAGS_BASE64_NO_NL : 0);
    cert = d2i_X509_bio(bio, NULL);
    BIO_free_all(bio);
    return cert;
}

/* DER, PEM or bare base64, as authorities publish them. */
static X509 *load_cert(const char *path)
{
    struct blob file = shared_file(path);
    const unsigned char *at = file.bytes;
    BIO *bio = BIO_new_mem_buf(file.bytes, (int)file.len);
    X509 *cert = d2i_X509(NULL, &at, (long)file.len);

    if (!cert)
        cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    if (!cert)
        cert = base64_cert(file);
    if (!cert)
        fail_msg("%s does not parse", path);
    BIO_free(bio);
    free(file.bytes);
    ERR_clear_error();
    return cert;
}

static int signed_by(const char *path, const char *issuer_path)
{
    X509 *cert = load_cert(path);
    X509 *issuer = load_cert(issuer_path);
    int verdict = X509_verify(cert, X509_get0_pubkey(issuer)) == 1;

    X509_free(cert);
    X509_free(issuer);
    ERR_clear_error();
    return verdict;
}

static void authorities_certificates_are_signed_by_whom_they_say(void **state)
{
    static const struct {
        const char *cert;
        const char *issuer;
        int want;
    } rows[] = {
        { "ca-production/root_gost_2022.pem", "ca-production/root_gost_2022.pem", 1 },
        { "ca-production/root_gost_2020.cer", "ca-production/root_gost_2020.cer", 1 },
        { "ca-production/nca_gost_2022.pem", "ca-production/root_gost_2022.pem", 1 },
        { "ca-test/nca_gost2022_test.cer", "ca-test/root_test_gost_2022.cer", 1 },
        { "ca-test/root_test_gost_2022.cer", "ca-test/root_test_gost_2022.cer", 1 },
        { "ca-production/nca_gost_2022.pem", "ca-production/nca_gost_2022.pem", 0 },
        { "ca-production/nca_gost_2022.pem", "ca-test/root_test_gost_2022.cer", 0 },
        { "ca-production/nca_gost_2022.pem", "ca-production/root_gost_2020.cer", 0 },
        { "ca-production/nca_gost.pem", "ca-production/root_gost_2020.cer", 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (signed_by(rows[i].cert, rows[i].issuer) != rows[i].want)
            fail_msg("%s by %s: not %d", rows[i].cert, rows[i].issuer, rows[i].want);
    }
}

static void every_byte_of_a_real_certificate_matters(void **state)
{
    X509 *root = load_cert("ca-production/root_gost_2022.pem");
    X509 *cert = load_cert("ca-production/nca_gost_2022.pem");
    unsigned char *der = NULL;
    int len = i2d_X509(cert, &der);
    size_t broken = 0;

    (void)state;
    for (int i = 0; i < len; i++) {
        const unsigned char *at = der;

        der[i] ^= 0x01;
        X509 *spoilt = d2i_X509(NULL, &at, len);
        if (spoilt && X509_verify(spoilt, X509_get0_pubkey(root)) == 1)
            fail_msg("byte %d may be changed", i);
        broken += spoilt == NULL;
        X509_free(spoilt);
        der[i] ^= 0x01;
        ERR_clear_error();
    }
    assert_true(broken < (size_t)len / 2); /* most of them did parse and were judged */
    OPENSSL_free(der);
    X509_free(cert);
    X509_free(root);
}

static void public_keys_are_written_back_to_the_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < CAS; i++) {
        X509 *cert = load_cert(ca[i]);
        EVP_PKEY *key = X509_get0_pubkey(cert);
        unsigned char *want = NULL;
        unsigned char *got = NULL;
        int want_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &want);
        int got_len;

        assert_non_null(key);
        assert_non_null(kzgost_of_key(key));
        got_len = i2d_PUBKEY(key, &got);
        assert_int_equal(got_len, want_len);
        assert_memory_equal(got, want, (size_t)want_len);
        OPENSSL_free(want);
        OPENSSL_free(got);
        X509_free(cert);
    }
}

static X509_CRL *load_crl(const char *path)
{
    struct blob file = shared_file(path);
    const unsigned char *at = file.bytes;
    BIO *bio = BIO_new_mem_buf(file.bytes, (int)file.len);
    X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)file.len);

    if (!crl)
        crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
    BIO_free(bio);
    free(file.bytes);
    assert_non_null(crl);
    return crl;
}

static void crls_verify_under_their_issuer_alone(void **state)
{
    static const char *const crls[] = { "crl/nca_gost2022_test.crl",
                                        "crl/nca_gost2022_d_test.crl" };
    X509 *issuer = load_cert("ca-test/nca_gost2022_test.cer");
    X509 *other = load_cert("ca-test/root_test_gost_2022.cer");

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        X509_CRL *crl = load_crl(crls[i]);

        assert_int_equal(X509_CRL_verify(crl, X509_get0_pubkey(issuer)), 1);
        assert_int_not_equal(X509_CRL_verify(crl, X509_get0_pubkey(other)), 1);
        X509_CRL_free(crl);
    }
    X509_free(issuer);
    X509_free(other);
    ERR_clear_error();
}

static void ocsp_answers_carry_their_responders_signature(void **state)
{
    static const char *const answers[] = { "ocsp/individual_2015_revoked.der",
                                           "ocsp/ceo_2015_revoked.der" };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct blob file = shared_file(answers[i]);
        const unsigned char *at = file.bytes;
        OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)file.len);
        OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
        X509_STORE *none = X509_STORE_new();

        assert_non_null(basic);
        assert_int_equal(OCSP_basic_verify(basic, NULL, none, OCSP_NOVERIFY), 1);
        X509_STORE_free(none);
        OCSP_BASICRESP_free(basic);
        OCSP_RESPONSE_free(response);
        free(file.bytes);
    }
}

static CMS_ContentInfo *load_cms(const char *path)
{
    struct blob file = shared_file(path);
    const unsigned char *at = file.bytes;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)file.len);

    free(file.bytes);
    assert_non_null(cms);
    return cms;
}

static int cms_verifies(CMS_ContentInfo *cms, BIO *content)
{
    BIO *out = BIO_new(BIO_s_mem());
    int verdict =
        CMS_verify(cms, NULL, NULL, content, out, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) == 1;

    BIO_free(out);
    ERR_clear_error();
    return verdict;
}

static void cms_documents_verify(void **state)
{
    CMS_ContentInfo *attached = load_cms("cms/gost2015_attached.der");
    CMS_ContentInfo *detached = load_cms("cms/gost2015_detached.der");
    struct blob text = shared_file("cms/gost2015_document.txt");
    BIO *content = BIO_new_mem_buf(text.bytes, (int)text.len);
    BIO *longer;

    (void)state;
    assert_true(cms_verifies(attached, NULL));
    assert_true(cms_verifies(detached, content));
    BIO_free(content);
    text.bytes[text.len] = '\n';
    longer = BIO_new_mem_buf(text.bytes, (int)text.len + 1);
    assert_false(cms_verifies(detached, longer));
    BIO_free(longer);
    CMS_ContentInfo_free(attached);
    CMS_ContentInfo_free(detached);
    free(text.bytes);
}

/* The signature of a token's signer over its content; the path to a root is another matter. */
static int token_verifies(const unsigned char *der, long len)
{
    PKCS7 *token = d2i_PKCS7(NULL, &der, len);
    BIO *out = BIO_new(BIO_s_mem());
    int verdict;

    assert_non_null(token);
    verdict = PKCS7_verify(token, NULL, NULL, NULL, out, PKCS7_NOVERIFY) == 1;
    BIO_free(out);
    PKCS7_free(token);
    ERR_clear_error();
    return verdict;
}

static void timestamp_tokens_verify(void **state)
{
    struct blob file = shared_file("tsp/token.der");
    CMS_ContentInfo *cms = load_cms("cms/gost2015_attached.der");
    CMS_SignerInfo *signer = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
    int at = CMS_unsigned_get_attr_by_NID(signer, NID_id_smime_aa_timeStampToken, -1);
    ASN1_TYPE *value;

    (void)state;
    assert_true(token_verifies(file.bytes, (long)file.len));
    file.bytes[file.len - 1] ^= 1; /* the signature is last */
    assert_false(token_verifies(file.bytes, (long)file.len));
    assert_true(at >= 0);
    value = X509_ATTRIBUTE_get0_type(CMS_unsigned_get_attr(signer, at), 0);
    assert_int_equal(value->type, V_ASN1_SEQUENCE);
    assert_true(token_verifies(value->value.sequence->data, value->value.sequence->length));
    CMS_ContentInfo_free(cms);
    free(file.bytes);
}

static const struct {
    const char *path;
    const char *type; /* NULL: RSA */
} stores[] = {
    { "p12/2004_ceo_revoked.p12", KZGOST_KEY_2004 },
    { "p12/gost2015_individual_1.p12", KZGOST_KEY_2015_512 },
    { "p12/gost2015_individual_2.p12", KZGOST_KEY_2015_512 },
    { "p12/gost2015_information_system.p12", KZGOST_KEY_2015_512 },
    { "p12/gost2015_legal_entity.p12", KZGOST_KEY_2015_512 },
    { "p12/rsa_individual.p12", NULL },
};

/* PrivateKeyInfo out of НУЦ РК's own hand, for comparison with ours. */
static void assert_written_like(EVP_PKEY *key, PKCS12 *p12)
{
    STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(p12);
    PKCS8_PRIV_KEY_INFO *ours = EVP_PKEY2PKCS8(key);
    unsigned char *got = NULL;
    int got_len = i2d_PKCS8_PRIV_KEY_INFO(ours, &got);
    int compared = 0;

    for (int i = 0; i < sk_PKCS7_num(safes); i++) {
        PKCS7 *safe = sk_PKCS7_value(safes, i);
        STACK_OF(PKCS12_SAFEBAG) *bags =
            PKCS7_type_is_data(safe) ? PKCS12_unpack_p7data(safe) : NULL;

        for (int j = 0; bags && j < sk_PKCS12_SAFEBAG_num(bags); j++) {
            PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, j);
            PKCS8_PRIV_KEY_INFO *info = PKCS12_SAFEBAG_get_nid(bag) == NID_pkcs8ShroudedKeyBag
                                            ? PKCS12_decrypt_skey(bag, "Qwerty12", -1)
                                            : NULL;
            unsigned char *want = NULL;
            int want_len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &want) : 0;

            if (info) {
                assert_int_equal(got_len, want_len);
                assert_memory_equal(got, want, (size_t)want_len);
                compared++;
            }
            OPENSSL_free(want);
            PKCS8_PRIV_KEY_INFO_free(info);
        }
        sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    }
    assert_int_equal(compared, 1);
    OPENSSL_free(got);
    PKCS8_PRIV_KEY_INFO_free(ours);
    sk_PKCS7_pop_free(safes, PKCS7_free);
}

/* d·G is the certificate's point: PKCS12_parse() itself picks the certificate by that */
static void key_stores_open_and_sign(void **state)
{
    OSSL_PROVIDER *legacy = OSSL_PROVIDER_load(NULL, "legacy");

    (void)state;
    assert_non_null(legacy);
    for (size_t i = 0; i < sizeof(stores) / sizeof(stores[0]); i++) {
        struct blob file = shared_file(stores[i].path);
        const unsigned char *at = file.bytes;
        PKCS12 *p12 = d2i_PKCS12(NULL, &at, (long)file.len);
        EVP_PKEY *key = NULL;
        X509 *cert = NULL;
        struct blob signature;

        assert_non_null(p12);
        assert_int_equal(PKCS12_parse(p12, "Qwerty13", &key, &cert, NULL), 0);
        assert_int_equal(PKCS12_parse(p12, "Qwerty12", &key, &cert, NULL), 1);
        assert_non_null(cert);
        assert_int_equal(X509_check_private_key(cert, key), 1);
        assert_true(EVP_PKEY_is_a(key, stores[i].type ? stores[i].type : "RSA"));
        signature = sign_text(key, "text", 4);
        assert_true(verifies(X509_get0_pubkey(cert), signature, "text", 4));
        if (stores[i].type)
            assert_written_like(key, p12);
        free(signature.bytes);
        X509_free(cert);
        EVP_PKEY_free(key);
        PKCS12_free(p12);
        free(file.bytes);
        ERR_clear_error();
    }
    OSSL_PROVIDER_unload(legacy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(authorities_certificates_are_signed_by_whom_they_say),
        cmocka_unit_test(every_byte_of_a_real_certificate_matters),
        cmocka_unit_test(public_keys_are_written_back_to_the_byte),
        cmocka_unit_test(crls_verify_under_their_issuer_alone),
        cmocka_unit_test(ocsp_answers_carry_their_responders_signature),
        cmocka_unit_test(cms_documents_verify),
        cmocka_unit_test(timestamp_tokens_verify),
        cmocka_unit_test(key_stores_open_and_sign),
    };
    struct blob there = shared_file(ca[0]);

    if (!there.bytes) {
        puts("SKIP: real artefacts, no ../shared");
        return SKIP;
    }
    free(there.bytes);
    return cmocka_run_group_tests(tests, load_kzgost, NULL);
}
