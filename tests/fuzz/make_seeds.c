/* Makes pki/ and the seeds of signed formats: fuzz_seeds DIR, where DIR is tests/fuzz. Keys are
 * random and thrown away, so all files are made anew together. */
#include "make_seeds.h"

#include "base/text.h"
#include "crypto/cms.h"
#include "crypto/crl_der.h"
#include "crypto/encode.h"
#include "crypto/ocsp.h"
#include "crypto/ossl.h"
#include "crypto/tsp.h"
#include "unit/crypto/crl_maker.h"
#include "unit/crypto/responder.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <sys/stat.h>

const char *const seed_families[KEYS_COUNT] = { "rsa", "gost2015", "gost2004" };
static const char *root;

static void write_file(const char *path, struct slice data)
{
    FILE *file = fopen(path, "wbe");

    assert_non_null(file);
    assert_int_equal(fwrite(data.at, 1, data.len, file), data.len);
    assert_int_equal(fclose(file), 0);
}

void seed_write(const char *target, const char *name, struct slice data)
{
    char path[512];

    assert_true(text_format(path, sizeof(path), "%s/corpus/%s", root, target));
    (void)mkdir(path, 0755);
    assert_true(text_format(path, sizeof(path), "%s/corpus/%s/%s", root, target, name));
    write_file(path, data);
}

void seed_write_pki(const char *name, struct slice data)
{
    char path[512];

    assert_true(text_format(path, sizeof(path), "%s/pki/%s", root, name));
    write_file(path, data);
}

void seed_give(const char *target, const char *name, struct bytes *data)
{
    assert_non_null(data);
    seed_write(target, name, bytes_slice(data));
    bytes_free(data);
}

static const char *of_family(char dst[SEED_NAME], const char *fmt, size_t family)
{
    (void)snprintf(dst, SEED_NAME, "%s_%s", fmt, seed_families[family]);
    return dst;
}

static void certificates(size_t family)
{
    const struct pki *pki = pki_of((enum keys)family);
    const struct {
        const char *role;
        const struct made *made;
    } rows[] = { { "root", &pki->root }, { "ca", &pki->ca }, { "leaf", &pki->leaf } };
    char name[SEED_NAME];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        (void)snprintf(name, sizeof(name), "%s-%s.der", seed_families[family], rows[i].role);
        seed_write_pki(name, cert_der(rows[i].made->cert));
    }
    seed_write("cert", of_family(name, "good", family), cert_der(pki->leaf.cert));
}

static void other_certificates(void)
{
    const struct pki *pki = pki_of(KEYS_GOST2015);
    AUTO(bytes_free) struct bytes *base64 = base64_encode(cert_der(pki->leaf.cert));
    AUTO(bytes_free) struct bytes *pem = bytes_new(1 << 16);
    struct cert *points =
        with_points(&pki->leaf, &pki->ca, "URI:http://crl.test/a.crl", "URI:http://crl.test/d.crl");

    bytes_add_str(pem, "a name\n-----BEGIN CERTIFICATE-----\n");
    bytes_add(pem, bytes_slice(base64));
    bytes_add_str(pem, "\n-----END CERTIFICATE-----\n");
    seed_write("cert", "good.pem", bytes_slice(pem));
    seed_write("cert", "good.base64", bytes_slice(base64));
    seed_write("cert", "good_points", cert_der(points));
    seed_write("cert", "name", SLICE("CN=ТЕСТОВ ТЕСТ,serialNumber=IIN123456789011, C = KZ"));
    cert_free(points);
}

static void keys(size_t family)
{
    const struct pki *pki = pki_of((enum keys)family);
    char name[SEED_NAME];
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(pki->leaf.pkey, &der);
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pki->leaf.pkey);

    assert_true(len > 0);
    seed_write("spki", of_family(name, "good", family), slice_mem(der, (size_t)len));
    OPENSSL_free(der);
    der = NULL;
    len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
    assert_true(len > 0);
    seed_write("pkcs8", of_family(name, "good", family), slice_mem(der, (size_t)len));
    OPENSSL_free(der);
    PKCS8_PRIV_KEY_INFO_free(info);
}

static void write_pem(const char *name, const struct made *made, const EVP_CIPHER *cipher)
{
    AUTO(BIO_free_all) BIO *out = BIO_new(BIO_s_mem());
    char *at = NULL;

    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(out, made->pkey, cipher, "fuzz", 4, NULL, NULL),
                     1);
    assert_int_equal(PEM_write_bio_X509(out, made->x509), 1);
    long len = BIO_get_mem_data(out, &at);
    seed_write("pem", name, slice_mem(at, (size_t)len));
}

static void pem(size_t family)
{
    const struct made *leaf = &pki_of((enum keys)family)->leaf;
    char name[SEED_NAME];

    write_pem(of_family(name, "good_open", family), leaf, NULL);
    write_pem(of_family(name, "good_closed", family), leaf, EVP_aes_256_cbc());
}

/* НУЦ РК's old algorithms and OpenSSL's of today; a low count of iterations, for speed. */
static void p12(size_t family)
{
    const struct pki *pki = pki_of((enum keys)family);
    const struct {
        const char *name;
        int key_nid, cert_nid;
    } rows[] = { { "good_old", NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
                   NID_pbe_WithSHA1And40BitRC2_CBC },
                 { "good_new", NID_aes_256_cbc, NID_aes_256_cbc } };
    char name[SEED_NAME];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned char *der = NULL;
        PKCS12 *made = PKCS12_create("fuzz", "key", pki->leaf.pkey, pki->leaf.x509, NULL,
                                     rows[i].key_nid, rows[i].cert_nid, 2, 2, 0);
        assert_non_null(made);
        int len = i2d_PKCS12(made, &der);
        assert_true(len > 0);
        seed_write("p12", of_family(name, rows[i].name, family), slice_mem(der, (size_t)len));
        OPENSSL_free(der);
        PKCS12_free(made);
    }
}

static void cms(size_t family)
{
    const struct key *key = pki_of((enum keys)family)->leaf.key;
    struct responder responder = { .pki = pki_of((enum keys)family) };
    const struct trust_io io = responder_io(&responder);
    const struct cms_params rows[] = {
        { .signing_time_ms = NOW_MS },
        { .signing_time_ms = NOW_MS, .detached = true },
        { .signing_time_ms = NOW_MS,
          .io = &io,
          .tsp_url = "http://tsp.test/",
          .deadline_ms = clock_monotonic_ms() + DAY_MS },
    };
    static const char *const names[] = { "good_attached", "good_detached", "good_stamped" };
    char name[SEED_NAME];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bytes *der = NULL;
        struct err err;
        assert_ok(cms_sign(key, SLICE(SEED_CONTENT), &rows[i], &der, &err), &err);
        seed_give("cms", of_family(name, names[i], family), der);
    }
}

static void timestamps(void)
{
    const struct tsa_params usual = { "1.2.398.3.3.2.6.4", NOW_MS, 77 };
    AUTO(bytes_free) struct bytes *request = NULL;
    char name[SEED_NAME];
    struct err err;

    assert_ok(tsp_request(SLICE(SEED_CONTENT), ALG_RSA_SHA256, &request, &err), &err);
    seed_write_pki("tsp-request.der", bytes_slice(request));
    for (size_t family = 0; family < KEYS_COUNT; family++) {
        struct bytes *answer = NULL;
        struct bytes *token = NULL;
        const struct key *key = pki_of((enum keys)family)->tsa.key;
        assert_ok(tsa_answer(key, bytes_slice(request), &usual, &answer, &err), &err);
        assert_ok(tsp_response_token(bytes_slice(answer), bytes_slice(request), &token, &err),
                  &err);
        seed_give("tsp", of_family(name, "good_answer", family), answer);
        seed_give("tsp", of_family(name, "good_token", family), token);
    }
    struct bytes *rejection = NULL;
    assert_ok(tsa_answer(pki_of(KEYS_RSA)->tsa.key, SLICE("?"), &usual, &rejection, &err), &err);
    seed_give("tsp", "bad_rejection", rejection);
}

static void ocsp(size_t family)
{
    const struct pki *pki = pki_of((enum keys)family);
    static const struct {
        const char *name;
        int status;
    } rows[] = { { "good", V_OCSP_CERTSTATUS_GOOD },
                 { "bad_revoked", V_OCSP_CERTSTATUS_REVOKED },
                 { "bad_unknown", V_OCSP_CERTSTATUS_UNKNOWN } };
    char name[SEED_NAME];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct responder responder = { .pki = pki, .status = rows[i].status };
        if (i > 0 && family > 0)
            continue;
        seed_give("ocsp", of_family(name, rows[i].name, family),
                  responder_answer(&responder, pki->leaf.cert, pki->ca.cert));
    }
    if (family == 0) {
        struct responder later = { .pki = pki, .try_later = true };
        seed_give("ocsp", "bad_try_later", responder_answer(&later, pki->leaf.cert, pki->ca.cert));
    }
}

static void crl(void)
{
    const struct pki *pki = pki_of(KEYS_RSA);
    AUTO(bytes_free) struct bytes *entries = many_entries(6);
    AUTO(bytes_free) struct bytes *extensions = bytes_new(1 << 16);

    add_entry(entries, &(struct entry_params){ .serial = SLICE("\x05"), .reason = 1 });
    add_entry(entries, &(struct entry_params){
                           .serial = SLICE("\x06"), .date = "20510711112455Z", .reason = 6 });
    add_extension(extensions, CRL_EXT_IDP, true, SLICE("\x30\x03\x81\x01\xff"));
    add_extension(extensions, CRL_EXT_FRESHEST, false,
                  SLICE("\x30\x11\x30\x0f\xa0\x0d\xa0\x0b\x86\x09http://d/"));
    add_extension(extensions, CRL_EXT_NUMBER, false, SLICE("\x02\x01\x05"));
    seed_write("crl", "good_entries", bytes_slice(entries));
    seed_write("crl", "good_extensions", bytes_slice(extensions));
    seed_give("crl", "good_base",
              make_crl(&(struct crl_params){
                  .issuer = &pki->ca, .number = 14, .entries = bytes_slice(entries) }));
    seed_give("crl", "good_delta",
              make_crl(&(struct crl_params){ .issuer = &pki->ca, .number = 3, .base_number = 14 }));
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: fuzz_seeds tests/fuzz\n");
        return 2;
    }
    root = argv[1];
    setup_wsse(NULL);
    seed_write_pki("content.txt", SLICE(SEED_CONTENT));
    for (size_t family = 0; family < KEYS_COUNT; family++) {
        certificates(family);
        keys(family);
        p12(family);
        pem(family);
        cms(family);
        ocsp(family);
    }
    other_certificates();
    timestamps();
    crl();
    seeds_of_xml();
    seeds_of_json();
    teardown_wsse(NULL);
    return 0;
}
