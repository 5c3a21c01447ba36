#include "certs.h"

#include "base/text.h"
#include "support/cmocka.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

static char folder[] = "/tmp/shep-certs-XXXXXX";
static const char *const files[] = { "ca.pem",      "ca.key",      "server.pem", "server.key",
                                     "server2.pem", "server2.key", "client.pem", "client.key",
                                     "foreign.pem", "foreign.key", "used.pem",   "used.key" };

const char *certs_path(const char *name, char dst[CERT_PATH])
{
    assert_true(text_format(dst, CERT_PATH, "%s/%s", folder, name));
    return dst;
}

static FILE *open_file(const char *name, const char *suffix, const char *mode)
{
    char path[CERT_PATH];
    char full[32];

    assert_true(text_format(full, sizeof(full), "%s%s", name, suffix));
    FILE *file = fopen(certs_path(full, path), mode);
    assert_non_null(file);
    return file;
}

static void add_extension(X509 *cert, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    assert_non_null(extension);
    assert_int_equal(X509_add_ext(cert, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static void fill(X509 *cert, EVP_PKEY *key, const char *name, bool ca)
{
    static long serial = 1000;

    assert_int_equal(X509_set_version(cert, 2), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(cert), -3600));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(cert), 86400));
    assert_int_equal(X509_set_pubkey(cert, key), 1);
    assert_int_equal(X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                                                (const unsigned char *)name, -1, -1, 0),
                     1);
    add_extension(cert, NID_basic_constraints, ca ? "critical,CA:TRUE" : "CA:FALSE");
    if (!ca)
        add_extension(cert, NID_subject_alt_name,
                      strcmp(name, "client") == 0 ? "DNS:client.example"
                                                  : "IP:127.0.0.1,IP:::1,DNS:localhost");
}

/* issuer NULL: self-signed. The key is the caller's. */
static EVP_PKEY *make(const char *name, X509 **issuer, EVP_PKEY *issuer_key)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    bool ca = !*issuer;

    assert_non_null(key);
    assert_non_null(cert);
    fill(cert, key, name, ca);
    assert_int_equal(X509_set_issuer_name(cert, X509_get_subject_name(ca ? cert : *issuer)), 1);
    assert_true(X509_sign(cert, ca ? key : issuer_key, EVP_sha256()) > 0);
    FILE *file = open_file(name, ".pem", "we");
    assert_int_equal(PEM_write_X509(file, cert), 1);
    fclose(file);
    file = open_file(name, ".key", "we");
    assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(file);
    if (ca)
        *issuer = cert;
    else
        X509_free(cert);
    return key;
}

void certs_make(void)
{
    static const char *const leaves[] = { "server", "server2", "client" };
    X509 *ca = NULL;
    X509 *foreign = NULL;

    assert_non_null(mkdtemp(folder));
    EVP_PKEY *ca_key = make("ca", &ca, NULL);
    for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
        EVP_PKEY_free(make(leaves[i], &ca, ca_key));
    EVP_PKEY_free(make("foreign", &foreign, NULL));
    EVP_PKEY_free(ca_key);
    X509_free(ca);
    X509_free(foreign);
}

void certs_remove(void)
{
    char path[CERT_PATH];

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        (void)unlink(certs_path(files[i], path));
    (void)rmdir(folder);
}

int setup_certs(void **state)
{
    (void)state;
    certs_make();
    return 0;
}

int teardown_certs(void **state)
{
    (void)state;
    certs_remove();
    return 0;
}

void certs_copy(const char *src, const char *dst)
{
    char buf[8192];
    FILE *from = open_file(src, "", "re");
    FILE *to = open_file(dst, "", "we");
    size_t len = fread(buf, 1, sizeof(buf), from);

    assert_true(len > 0 && len < sizeof(buf));
    assert_int_equal(fwrite(buf, 1, len, to), len);
    fclose(from);
    fclose(to);
}
