#include "unit/crypto/fixture.h"

#include "base/text.h"
#include "crypto/gost/kzgost.h"

#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int setup_crypto(void **state)
{
    struct err err;

    (void)state;
    assert_ok(clock_use_astana(&err), &err);
    assert_ok(crypto_init(&err), &err);
    return 0;
}

void vector_path(const char *name, char *dst, size_t size)
{
    const char *shared = secure_getenv("SHEP_SHARED");

    assert_true(text_format(dst, size, "%s/vectors/%s", shared ? shared : "../shared", name));
}

struct trust *vector_trust(void)
{
    static const char *const folders[] = { "ca-production", "ca-test" };
    struct trust *trust = NULL;
    struct err err;
    char path[512];

    assert_ok(trust_new(&trust, &err), &err);
    for (size_t i = 0; i < COUNT(folders); i++) {
        vector_path(folders[i], path, sizeof(path));
        assert_ok(trust_add_dir(trust, path, &err), &err);
    }
    return trust;
}

bool have_vectors(void)
{
    char path[512];

    vector_path("README.md", path, sizeof(path));
    if (access(path, R_OK) == 0)
        return true;
    print_message("SKIP: no ../shared\n");
    return false;
}

struct bytes *vector(const char *name)
{
    enum { VECTOR_MAX = 1048576 };
    char path[512];

    vector_path(name, path, sizeof(path));
    FILE *file = fopen(path, "rbe");
    struct bytes *content = bytes_new(VECTOR_MAX);
    if (!file || !content) {
        fail_msg("%s cannot be opened", path);
        return NULL;
    }
    char *place = bytes_extend(content, VECTOR_MAX);
    assert_non_null(place);
    content->len = fread(place, 1, VECTOR_MAX, file);
    (void)fclose(file);
    return content;
}

struct cert *vector_cert(const char *name)
{
    AUTO(bytes_free) struct bytes *data = vector(name);
    struct cert *cert = NULL;
    struct err err;

    assert_ok(cert_parse(bytes_slice(data), &cert, &err), &err);
    return cert;
}

struct key *vector_key(const char *name)
{
    AUTO(bytes_free) struct bytes *data = vector(name);
    struct key *key = NULL;
    struct err err;

    assert_ok(key_open_p12(bytes_slice(data), SLICE("Qwerty12"), &key, &err), &err);
    return key;
}

static EVP_PKEY *new_pkey(const char *type)
{
    EVP_PKEY *pkey = strcmp(type, "RSA") == 0       ? EVP_RSA_gen(2048)
                     : strcmp(type, "RSA1024") == 0 ? EVP_RSA_gen(1024)
                                                    : kzgost_generate(NULL, NULL, type);

    assert_non_null(pkey);
    return pkey;
}

static void add_name(X509_NAME *name, const char *type, const char *prefix, const char *value)
{
    char text[256];

    if (!value)
        return;
    assert_true(text_format(text, sizeof(text), "%s%s", prefix, value));
    assert_int_equal(X509_NAME_add_entry_by_txt(name, type, MBSTRING_UTF8,
                                                (const unsigned char *)text, -1, -1, 0),
                     1);
}

static void add_extension(X509 *x509, X509V3_CTX *ctx, int nid, const char *value)
{
    if (!value)
        return;
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, ctx, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(x509, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static void add_extensions(X509 *x509, const struct made_params *p, X509 *issuer)
{
    X509V3_CTX ctx;
    char aia[256];

    X509V3_set_ctx(&ctx, issuer, x509, NULL, NULL, 0);
    X509V3_set_ctx_nodb(&ctx);
    add_extension(x509, &ctx, NID_basic_constraints, p->ca ? "critical,CA:TRUE" : NULL);
    add_extension(x509, &ctx, NID_key_usage, p->usage);
    add_extension(x509, &ctx, NID_ext_key_usage, p->eku);
    add_extension(x509, &ctx, NID_subject_key_identifier, "hash");
    add_extension(x509, &ctx, NID_id_pkix_OCSP_noCheck, p->no_check ? "ignored" : NULL);
    if (p->ocsp_url) {
        assert_true(text_format(aia, sizeof(aia), "OCSP;URI:%s", p->ocsp_url));
        add_extension(x509, &ctx, NID_info_access, aia);
    }
}

static void set_serial(X509 *x509, const char *decimal)
{
    static long counter = 1000;
    BIGNUM *number = NULL;

    if (!decimal) {
        assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x509), ++counter), 1);
        return;
    }
    assert_true(BN_dec2bn(&number, decimal) > 0);
    assert_non_null(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)));
    BN_free(number);
}

static struct key *as_key(EVP_PKEY *pkey, X509 *x509)
{
    PKCS12 *p12 = PKCS12_create("pass", "key", pkey, x509, NULL, 0, 0, 1, 1, 0);
    unsigned char *der = NULL;
    struct key *key = NULL;
    struct err err;

    assert_non_null(p12);
    int len = i2d_PKCS12(p12, &der);
    assert_true(len > 0);
    assert_ok(key_open_p12(slice_mem(der, (size_t)len), SLICE("pass"), &key, &err), &err);
    OPENSSL_free(der);
    PKCS12_free(p12);
    return key;
}

static void sign_x509(X509 *x509, EVP_PKEY *pkey)
{
    const struct kzgost_algorithm *gost = kzgost_of_key(pkey);
    EVP_MD *md = EVP_MD_fetch(NULL, gost ? gost->digest : "SHA256", NULL);

    assert_true(X509_sign(x509, pkey, md) > 0);
    EVP_MD_free(md);
}

struct made made_new(const struct made_params *p, const struct made *issuer)
{
    struct made made = { .pkey = new_pkey(p->key_type ? p->key_type : KZGOST_KEY_2015_512) };
    X509 *x509 = X509_new();
    X509_NAME *subject = X509_get_subject_name(x509);
    int64_t from_ms = p->from_ms ? p->from_ms : NOW_MS - DAY_MS;
    int64_t to_ms = p->to_ms ? p->to_ms : NOW_MS + 365LL * DAY_MS;
    struct err err;

    assert_int_equal(X509_set_version(x509, X509_VERSION_3), 1);
    set_serial(x509, p->serial);
    add_name(subject, "CN", "", p->cn);
    add_name(subject, "serialNumber", "IIN", p->iin);
    add_name(subject, "C", "", "KZ");
    add_name(subject, "OU", "BIN", p->bin);
    X509_set_issuer_name(x509, issuer ? X509_get_subject_name(issuer->x509) : subject);
    if (p->issuer_cn) {
        X509_NAME *name = X509_NAME_new();
        add_name(name, "CN", "", p->issuer_cn);
        add_name(name, "C", "", "KZ");
        X509_set_issuer_name(x509, name);
        X509_NAME_free(name);
    }
    ASN1_TIME_set(X509_getm_notBefore(x509), (time_t)(from_ms / 1000));
    ASN1_TIME_set(X509_getm_notAfter(x509), (time_t)(to_ms / 1000));
    assert_int_equal(X509_set_pubkey(x509, made.pkey), 1);
    add_extensions(x509, p, issuer ? issuer->x509 : x509);
    sign_x509(x509, issuer ? issuer->pkey : made.pkey);
    unsigned char *der = NULL;
    int len = i2d_X509(x509, &der);
    assert_ok(cert_parse(slice_mem(der, (size_t)len), &made.cert, &err), &err);
    OPENSSL_free(der);
    made.x509 = x509;
    made.key = as_key(made.pkey, x509);
    return made;
}

void made_free(struct made *made)
{
    key_free(made->key);
    cert_free(made->cert);
    X509_free(made->x509);
    EVP_PKEY_free(made->pkey);
}

struct pki *pki_new(const char *key_type)
{
    struct pki *pki = calloc(1, sizeof(*pki));
    const char *type = key_type ? key_type : KZGOST_KEY_2015_512;
    struct err err;

    assert_non_null(pki);
    pki->root = made_new(
        &(struct made_params){
            .cn = "ROOT", .key_type = type, .ca = true, .usage = "critical,keyCertSign,cRLSign" },
        NULL);
    pki->ca = made_new(
        &(struct made_params){
            .cn = "CA", .key_type = type, .ca = true, .usage = "critical,keyCertSign,cRLSign" },
        &pki->root);
    pki->leaf = made_new(&(struct made_params){ .cn = "ТЕСТОВ ТЕСТ",
                                                .iin = "123456789011",
                                                .bin = "123456789021",
                                                .key_type = type,
                                                .usage = "critical,digitalSignature,nonRepudiation",
                                                .eku = "emailProtection,1.2.398.3.3.4.1.2,"
                                                       "1.2.398.3.3.4.1.2.1",
                                                .ocsp_url = "http://ocsp.test/" },
                         &pki->ca);
    pki->ocsp = made_new(
        &(struct made_params){
            .cn = "OCSP", .key_type = type, .usage = "digitalSignature", .eku = "OCSPSigning" },
        &pki->ca);
    pki->tsa = made_new(&(struct made_params){ .cn = "TSA",
                                               .key_type = type,
                                               .usage = "critical,digitalSignature",
                                               .eku = "critical,timeStamping" },
                        &pki->ca);
    assert_ok(trust_new(&pki->trust, &err), &err);
    assert_ok(trust_add(pki->trust, pki->root.cert, &err), &err);
    assert_ok(trust_add(pki->trust, pki->ca.cert, &err), &err);
    return pki;
}

void pki_free(struct pki *pki)
{
    made_free(&pki->root);
    made_free(&pki->ca);
    made_free(&pki->leaf);
    made_free(&pki->ocsp);
    made_free(&pki->tsa);
    trust_free(pki->trust);
    free(pki);
}

struct judge pki_judge(const struct pki *pki)
{
    return (struct judge){ .trust = pki->trust, .now_ms = NOW_MS, .purpose = PURPOSE_SIGN };
}

void print_report(const struct report *report)
{
    for (size_t i = 0; i < report_row_count(report); i++)
        print_message("  %s: %s: %s\n", check_name(report_row(report, i).check),
                      outcome_name(report_row(report, i).outcome), report_row(report, i).detail);
}

void expect_report(const struct report *report, enum verdict given, enum verdict verdict,
                   enum check culprit)
{
    bool alone = report_culprit(report) == culprit;

    for (size_t i = 0; i < report_row_count(report); i++)
        alone &= report_row(report, i).outcome != OUTCOME_FAILED ||
                 report_row(report, i).check == culprit;
    if (given != verdict || !alone)
        print_report(report);
    assert_string_equal(verdict_name(given), verdict_name(verdict));
    assert_string_equal(check_name(report_culprit(report)), check_name(culprit));
    assert_true(alone);
}
