/* What OpenSSL does with these keys: requests, chains, CRLs, OCSP, CMS, timestamps, PKCS#12. */
#include "unit/gost/help.h"

#include "crypto/gost/kzgost.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/ocsp.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/ts.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static const char *const types[] = { KZGOST_KEY_2004, KZGOST_KEY_2015_512, KZGOST_KEY_GAMMA };
enum { TYPES = 3 };
static const time_t now = 1700000000; /* 2023-11-14, whatever day the test runs */

static const EVP_MD *digest_of(const EVP_PKEY *key)
{
    return EVP_get_digestbyname(kzgost_of_key(key)->digest);
}

static void set_name(X509_NAME *name, const char *common_name)
{
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                                (const unsigned char *)common_name, -1, -1, 0),
                     1);
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *extension;

    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(cert, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

/* A certificate for subject, read back from its DER: OpenSSL decodes the key when it parses. */
static X509 *new_cert(const char *name, EVP_PKEY *subject, X509 *issuer, EVP_PKEY *signer,
                      const char *usage)
{
    static long serial = 1;
    X509 *cert = X509_new();
    unsigned char *der = NULL;
    const unsigned char *at;
    int len;

    assert_non_null(cert);
    assert_int_equal(X509_set_version(cert, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++), 1);
    assert_non_null(ASN1_TIME_set(X509_getm_notBefore(cert), now - 86400));
    assert_non_null(ASN1_TIME_set(X509_getm_notAfter(cert), now + 86400));
    set_name(X509_get_subject_name(cert), name);
    assert_int_equal(X509_set_issuer_name(cert, X509_get_subject_name(issuer ? issuer : cert)), 1);
    assert_int_equal(X509_set_pubkey(cert, subject), 1);
    if (usage)
        add_extension(cert, issuer, NID_ext_key_usage, usage);
    else
        add_extension(cert, issuer, NID_basic_constraints, "critical,CA:TRUE");
    assert_true(X509_sign(cert, signer, digest_of(signer)) > 0);
    len = i2d_X509(cert, &der);
    assert_true(len > 0);
    X509_free(cert);
    at = der;
    cert = d2i_X509(NULL, &at, len);
    assert_non_null(cert);
    OPENSSL_free(der);
    return cert;
}

/* A root of one type and a leaf of another. */
struct chain {
    EVP_PKEY *root_key;
    EVP_PKEY *leaf_key;
    X509 *root;
    X509 *leaf;
};

static struct chain new_chain(const char *root_type, const char *leaf_type, const char *usage)
{
    struct chain chain = { .root_key = new_key(root_type), .leaf_key = new_key(leaf_type) };

    chain.root = new_cert("Түбір", chain.root_key, NULL, chain.root_key, NULL);
    chain.leaf = new_cert("ТЕСТОВ ТЕСТ", chain.leaf_key, chain.root, chain.root_key, usage);
    return chain;
}

static void free_chain(struct chain *chain)
{
    X509_free(chain->root);
    X509_free(chain->leaf);
    EVP_PKEY_free(chain->root_key);
    EVP_PKEY_free(chain->leaf_key);
}

static X509_STORE *store_of(X509 *root)
{
    X509_STORE *store = X509_STORE_new();

    assert_non_null(store);
    assert_int_equal(X509_STORE_add_cert(store, root), 1);
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), now);
    return store;
}

static int chain_error(X509 *leaf, X509 *root, int auth_level)
{
    X509_STORE *store = store_of(root);
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    int error;

    X509_VERIFY_PARAM_set_auth_level(X509_STORE_get0_param(store), auth_level);
    assert_int_equal(X509_STORE_CTX_init(ctx, store, leaf, NULL), 1);
    error = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    ERR_clear_error();
    return error;
}

static void a_request_is_signed_and_verified(void **state)
{
    (void)state;
    for (size_t i = 0; i < TYPES; i++) {
        EVP_PKEY *key = new_key(types[i]);
        EVP_PKEY *other = new_key(types[i]);
        X509_REQ *request = X509_REQ_new();
        const X509_ALGOR *algorithm = NULL;
        unsigned char *der = NULL;
        const unsigned char *at;
        int len;

        set_name(X509_REQ_get_subject_name(request), "ТЕСТОВ ТЕСТ");
        assert_int_equal(X509_REQ_set_pubkey(request, key), 1);
        assert_true(X509_REQ_sign(request, key, digest_of(key)) > 0);
        len = i2d_X509_REQ(request, &der);
        assert_true(len > 0);
        at = der;
        X509_REQ *parsed = d2i_X509_REQ(NULL, &at, len);
        assert_non_null(parsed);
        assert_int_equal(X509_REQ_verify(parsed, X509_REQ_get0_pubkey(parsed)), 1);
        assert_int_not_equal(X509_REQ_verify(parsed, other), 1);
        assert_int_equal(EVP_PKEY_eq(X509_REQ_get0_pubkey(parsed), key), 1);
        X509_REQ_get0_signature(parsed, NULL, &algorithm);
        assert_int_equal(OBJ_obj2nid(algorithm->algorithm),
                         kzgost_signature_nid(kzgost_of_key(key)));
        assert_int_equal(algorithm->parameter->type, V_ASN1_NULL);
        X509_REQ_free(request);
        X509_REQ_free(parsed);
        EVP_PKEY_free(key);
        EVP_PKEY_free(other);
        OPENSSL_free(der);
        ERR_clear_error();
    }
}

static void signing_with_a_foreign_digest_fails(void **state)
{
    EVP_PKEY *key = new_key(KZGOST_KEY_2015_512);
    X509_REQ *request = X509_REQ_new();

    (void)state;
    assert_int_equal(X509_REQ_set_pubkey(request, key), 1);
    assert_int_equal(X509_REQ_sign(request, key, EVP_sha512()), 0);
    ERR_clear_error();
    X509_REQ_free(request);
    EVP_PKEY_free(key);
}

static void chains_of_all_types_verify(void **state)
{
    (void)state;
    for (size_t i = 0; i < TYPES; i++) {
        for (size_t j = 0; j < TYPES; j++) {
            struct chain chain = new_chain(types[i], types[j], "emailProtection");
            struct chain stranger = new_chain(types[i], types[j], "emailProtection");

            assert_int_equal(X509_verify(chain.leaf, chain.root_key), 1);
            assert_int_equal(chain_error(chain.leaf, chain.root, 0), X509_V_OK);
            assert_int_equal(chain_error(chain.leaf, chain.root, 2), X509_V_OK);
            assert_int_equal(chain_error(chain.leaf, stranger.root, 0),
                             X509_V_ERR_CERT_SIGNATURE_FAILURE);
            assert_int_equal(X509_check_private_key(chain.leaf, chain.leaf_key), 1);
            assert_int_equal(X509_check_private_key(chain.leaf, stranger.leaf_key), 0);
            free_chain(&chain);
            free_chain(&stranger);
            ERR_clear_error();
        }
    }
}

static void crls_are_signed_and_verified(void **state)
{
    (void)state;
    for (size_t i = 0; i < TYPES; i++) {
        struct chain chain = new_chain(types[i], types[i], "emailProtection");
        X509_CRL *crl = X509_CRL_new();
        ASN1_TIME *time = ASN1_TIME_set(NULL, now);

        assert_int_equal(X509_CRL_set_version(crl, X509_CRL_VERSION_2), 1);
        assert_int_equal(X509_CRL_set_issuer_name(crl, X509_get_subject_name(chain.root)), 1);
        assert_int_equal(X509_CRL_set1_lastUpdate(crl, time), 1);
        assert_true(X509_CRL_sign(crl, chain.root_key, digest_of(chain.root_key)) > 0);
        assert_int_equal(X509_CRL_verify(crl, X509_get0_pubkey(chain.root)), 1);
        assert_int_not_equal(X509_CRL_verify(crl, X509_get0_pubkey(chain.leaf)), 1);
        ASN1_TIME_free(time);
        X509_CRL_free(crl);
        free_chain(&chain);
        ERR_clear_error();
    }
}

static void ocsp_answers_are_signed_and_verified(void **state)
{
    (void)state;
    for (size_t i = 0; i < TYPES; i++) {
        struct chain chain = new_chain(types[i], types[i], "OCSPSigning");
        OCSP_BASICRESP *answer = OCSP_BASICRESP_new();
        OCSP_CERTID *id = OCSP_cert_to_id(NULL, chain.leaf, chain.root);
        ASN1_TIME *time = ASN1_TIME_set(NULL, now);
        X509_STORE *store = store_of(chain.root);

        assert_non_null(
            OCSP_basic_add1_status(answer, id, V_OCSP_CERTSTATUS_GOOD, 0, NULL, time, NULL));
        assert_int_equal(OCSP_basic_sign(answer, chain.leaf, chain.leaf_key,
                                         digest_of(chain.leaf_key), NULL, OCSP_NOTIME),
                         1);
        assert_int_equal(OCSP_basic_verify(answer, NULL, store, 0), 1);
        X509_STORE_free(store);
        ASN1_TIME_free(time);
        OCSP_CERTID_free(id);
        OCSP_BASICRESP_free(answer);
        free_chain(&chain);
        ERR_clear_error();
    }
}

/*
 * CMS_add1_signer() leaves signatureAlgorithm empty for keys of providers, so it is set here; the
 * rest is OpenSSL's.
 */
static struct blob new_cms(const struct chain *chain, const void *content, size_t len, int type)
{
    const unsigned flags = CMS_BINARY | CMS_PARTIAL | CMS_NOSMIMECAP;
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags);
    BIO *in = BIO_new_mem_buf(content, (int)len);
    struct blob der = { NULL, 0 };
    CMS_SignerInfo *signer;
    X509_ALGOR *algorithm = NULL;
    int der_len;

    assert_non_null(cms);
    if (type != NID_pkcs7_data)
        assert_int_equal(CMS_set1_eContentType(cms, OBJ_nid2obj(type)), 1);
    signer = CMS_add1_signer(cms, chain->leaf, chain->leaf_key, digest_of(chain->leaf_key),
                             flags | CMS_CADES);
    assert_non_null(signer);
    CMS_SignerInfo_get0_algs(signer, NULL, NULL, NULL, &algorithm);
    assert_int_equal(
        X509_ALGOR_set0(algorithm,
                        OBJ_nid2obj(kzgost_signature_nid(kzgost_of_key(chain->leaf_key))),
                        V_ASN1_NULL, NULL),
        1);
    assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY), 1);
    der_len = i2d_CMS_ContentInfo(cms, &der.bytes);
    assert_true(der_len > 0);
    der.len = (size_t)der_len;
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    return der;
}

static int cms_verifies(const struct blob *der, X509 *root, BIO *content)
{
    const unsigned char *at = der->bytes;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)der->len);
    X509_STORE *store = store_of(root);
    int verdict = cms && CMS_verify(cms, NULL, store, NULL, content, CMS_BINARY) == 1;

    CMS_ContentInfo_free(cms);
    X509_STORE_free(store);
    ERR_clear_error();
    return verdict;
}

static void cms_is_signed_and_verified(void **state)
{
    (void)state;
    for (size_t i = 0; i < TYPES; i++) {
        struct chain chain = new_chain(types[i], types[i], "emailProtection");
        struct chain stranger = new_chain(types[i], types[i], "emailProtection");
        struct blob der = new_cms(&chain, "payload", 7, NID_pkcs7_data);
        BIO *content = BIO_new(BIO_s_mem());
        char *text = NULL;

        assert_true(cms_verifies(&der, chain.root, content));
        assert_int_equal(BIO_get_mem_data(content, &text), 7);
        assert_memory_equal(text, "payload", 7);
        assert_false(cms_verifies(&der, stranger.root, content));
        der.bytes[der.len - 1] ^= 1; /* the signature is last */
        assert_false(cms_verifies(&der, chain.root, content));
        BIO_free(content);
        OPENSSL_free(der.bytes);
        free_chain(&chain);
        free_chain(&stranger);
    }
}

/* TSTInfo over the bytes "payload", with the digest of the signer's algorithm. */
static struct blob new_tst_info(const EVP_PKEY *key)
{
    TS_TST_INFO *info = TS_TST_INFO_new();
    TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
    X509_ALGOR *algorithm = X509_ALGOR_new();
    ASN1_OBJECT *policy = OBJ_txt2obj("1.2.398.3.3.2.6.4", 1);
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    ASN1_GENERALIZEDTIME *time = ASN1_GENERALIZEDTIME_set(NULL, now);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    struct blob der = { NULL, 0 };
    int der_len;

    X509_ALGOR_set_md(algorithm, digest_of(key));
    assert_int_equal(EVP_Digest("payload", 7, digest, &len, digest_of(key), NULL), 1);
    assert_int_equal(TS_MSG_IMPRINT_set_algo(imprint, algorithm), 1);
    assert_int_equal(TS_MSG_IMPRINT_set_msg(imprint, digest, (int)len), 1);
    assert_int_equal(ASN1_INTEGER_set(serial, 7), 1);
    assert_int_equal(TS_TST_INFO_set_version(info, 1), 1);
    assert_int_equal(TS_TST_INFO_set_policy_id(info, policy), 1);
    assert_int_equal(TS_TST_INFO_set_msg_imprint(info, imprint), 1);
    assert_int_equal(TS_TST_INFO_set_serial(info, serial), 1);
    assert_int_equal(TS_TST_INFO_set_time(info, time), 1);
    der_len = i2d_TS_TST_INFO(info, &der.bytes);
    assert_true(der_len > 0);
    der.len = (size_t)der_len;
    TS_TST_INFO_free(info);
    TS_MSG_IMPRINT_free(imprint);
    X509_ALGOR_free(algorithm);
    ASN1_OBJECT_free(policy);
    ASN1_INTEGER_free(serial);
    ASN1_GENERALIZEDTIME_free(time);
    return der;
}

static int token_verifies(PKCS7 *token, X509 *root, const char *data)
{
    TS_VERIFY_CTX *ctx = TS_VERIFY_CTX_new();
    int verdict;

    TS_VERIFY_CTX_set_flags(ctx, TS_VFY_SIGNATURE | TS_VFY_VERSION | TS_VFY_DATA);
    TS_VERIFY_CTX_set_data(ctx, BIO_new_mem_buf(data, -1));
    TS_VERIFY_CTX_set_store(ctx, store_of(root));
    verdict = TS_RESP_verify_token(ctx, token);
    TS_VERIFY_CTX_free(ctx);
    ERR_clear_error();
    return verdict == 1;
}

/* TS_RESP_create_response() signs by PKCS#7, which OpenSSL 3.0 does for its own keys only. */
static void a_timestamp_token_made_by_cms_verifies(void **state)
{
    (void)state;
    for (size_t i = 0; i < TYPES; i++) {
        struct chain chain = new_chain(types[i], types[i], "critical,timeStamping");
        struct blob info = new_tst_info(chain.leaf_key);
        struct blob der = new_cms(&chain, info.bytes, info.len, NID_id_smime_ct_TSTInfo);
        const unsigned char *at = der.bytes;
        PKCS7 *token = d2i_PKCS7(NULL, &at, (long)der.len);

        assert_non_null(token);
        assert_true(token_verifies(token, chain.root, "payload"));
        assert_false(token_verifies(token, chain.root, "Payload"));
        PKCS7_free(token);
        OPENSSL_free(der.bytes);
        OPENSSL_free(info.bytes);
        free_chain(&chain);
    }
}

static void pkcs12_is_made_and_opened(void **state)
{
    OSSL_PROVIDER *legacy = OSSL_PROVIDER_load(NULL, "legacy");
    /* OpenSSL's default, and НУЦ РК's */
    static const int algorithms[][2] = {
        { 0, 0 },
        { NID_pbe_WithSHA1And3_Key_TripleDES_CBC, NID_pbe_WithSHA1And40BitRC2_CBC },
    };

    (void)state;
    assert_non_null(legacy);
    for (size_t i = 0; i < TYPES; i++) {
        for (size_t j = 0; j < 2; j++) {
            struct chain chain = new_chain(types[i], types[i], "emailProtection");
            PKCS12 *p12 = PKCS12_create("Qwerty12", "test", chain.leaf_key, chain.leaf, NULL,
                                        algorithms[j][0], algorithms[j][1], 1024, 1024, 0);
            EVP_PKEY *key = NULL;
            X509 *cert = NULL;

            assert_non_null(p12);
            assert_int_equal(PKCS12_parse(p12, "wrong", &key, &cert, NULL), 0);
            assert_int_equal(PKCS12_parse(p12, "Qwerty12", &key, &cert, NULL), 1);
            assert_int_equal(X509_check_private_key(cert, key), 1);
            assert_int_equal(X509_cmp(cert, chain.leaf), 0);
            PKCS12_free(p12);
            X509_free(cert);
            EVP_PKEY_free(key);
            free_chain(&chain);
            ERR_clear_error();
        }
    }
    OSSL_PROVIDER_unload(legacy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_signed_and_verified),
        cmocka_unit_test(signing_with_a_foreign_digest_fails),
        cmocka_unit_test(chains_of_all_types_verify),
        cmocka_unit_test(crls_are_signed_and_verified),
        cmocka_unit_test(ocsp_answers_are_signed_and_verified),
        cmocka_unit_test(cms_is_signed_and_verified),
        cmocka_unit_test(a_timestamp_token_made_by_cms_verifies),
        cmocka_unit_test(pkcs12_is_made_and_opened),
    };

    return cmocka_run_group_tests(tests, load_kzgost, NULL);
}
