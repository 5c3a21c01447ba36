#include "sandbox/tls.h"

#include "sandbox/file.h"
#include "sandbox/issue.h"
#include "sandbox/openssl.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

enum { RSA_BITS = 2048, DAY_SECONDS = 24 * 60 * 60, VALID_DAYS = 2 * 365, EXPIRED_DAYS = 30 };

struct half {
    const char *common_name;
    int from_days; /* relative to the day it is made */
    int to_days;
    const char *extensions;
};

#define CA_EXTENSIONS                                                                              \
    "[ext]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"            \
    "subjectKeyIdentifier=hash\n"
#define CLIENT_EXTENSIONS                                                                          \
    "[ext]\nbasicConstraints=critical,CA:FALSE\n"                                                  \
    "keyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=clientAuth\n"            \
    "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n"

static const struct half ca_half = { "shep-adapter sandbox TLS CA", -1, VALID_DAYS, CA_EXTENSIONS };
static const struct half client_ca_half = { "shep-adapter sandbox TLS client CA", -EXPIRED_DAYS,
                                            VALID_DAYS, CA_EXTENSIONS };
static const struct half client_half = { "shep-adapter sandbox participant", -1, VALID_DAYS,
                                         CLIENT_EXTENSIONS };
static const struct half expired_half = { "shep-adapter sandbox participant", -EXPIRED_DAYS, -1,
                                          CLIENT_EXTENSIONS };
static const struct half server_half = {
    "localhost",
    -1,
    VALID_DAYS,
    "[ext]\nbasicConstraints=critical,CA:FALSE\n"
    "keyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth\n"
    "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n"
    "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\n",
};

static enum status add_extensions(const char *text, X509 *issuer, X509 *cert, struct err *err)
{
    AUTO(NCONF_free) CONF *conf = NCONF_new(NULL);
    AUTO(BIO_free) BIO *bio = BIO_new_mem_buf(text, -1);
    X509V3_CTX ctx;

    if (!conf || !bio || NCONF_load_bio(conf, bio, NULL) != 1)
        return openssl_fail(err, "TLS certificate");
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509V3_set_nconf(&ctx, conf);
    if (X509V3_EXT_add_nconf(conf, &ctx, "ext", cert) != 1)
        return openssl_fail(err, "TLS certificate");
    return ST_OK;
}

struct issuer {
    X509 *cert; /* NULL: self-signed */
    EVP_PKEY *key;
    int64_t now_ms;
};

static enum status make_half(const struct half *half, EVP_PKEY *key, const struct issuer *by,
                             X509 **ret_cert, struct err *err)
{
    X509 *issuer = by->cert;
    time_t now = (time_t)(by->now_ms / 1000);
    AUTO(X509_free) X509 *cert = X509_new();
    AUTO(ASN1_INTEGER_free) ASN1_INTEGER *serial = NULL;
    X509_NAME *subject = cert ? X509_get_subject_name(cert) : NULL;

    TRY(openssl_random_serial(&serial, err));
    if (!subject ||
        X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                                   (const uint8_t *)half->common_name, -1, -1, 0) != 1 ||
        X509_set_version(cert, X509_VERSION_3) != 1 || X509_set_serialNumber(cert, serial) != 1 ||
        X509_set_issuer_name(cert, issuer ? X509_get_subject_name(issuer) : subject) != 1 ||
        X509_set_pubkey(cert, key) != 1 ||
        !ASN1_TIME_set(X509_getm_notBefore(cert), now + (time_t)half->from_days * DAY_SECONDS) ||
        !ASN1_TIME_set(X509_getm_notAfter(cert), now + (time_t)half->to_days * DAY_SECONDS))
        return openssl_fail(err, "TLS certificate");
    TRY(add_extensions(half->extensions, issuer ? issuer : cert, cert, err));
    if (X509_sign(cert, by->key, EVP_sha256()) <= 0)
        return openssl_fail(err, "TLS certificate");
    *ret_cert = TAKE(cert);
    return ST_OK;
}

static enum status write_cert(const char *path, X509 *cert, struct err *err)
{
    AUTO(bytes_free) struct bytes *pem = NULL;

    TRY(issue_pem(cert, &pem, err));
    return file_write(path, bytes_slice(pem), 0644, err);
}

static enum status write_key(const char *path, EVP_PKEY *key, struct err *err)
{
    AUTO(BIO_free) BIO *bio = BIO_new(BIO_s_secmem());
    AUTO(bytes_wipe) struct bytes *pem = NULL;

    if (!bio || PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
        return openssl_fail(err, "TLS key");
    TRY(openssl_bio_bytes(bio, &pem, err));
    return file_write(path, bytes_slice(pem), 0600, err);
}

enum status tls_make(const char *dir, int64_t now_ms, struct err *err)
{
    char ca_path[FILE_PATH_MAX], cert_path[FILE_PATH_MAX], key_path[FILE_PATH_MAX];
    AUTO(EVP_PKEY_free) EVP_PKEY *ca_key = NULL;
    AUTO(EVP_PKEY_free) EVP_PKEY *key = NULL;
    AUTO(X509_free) X509 *ca = NULL;
    AUTO(X509_free) X509 *cert = NULL;

    TRY(file_path(ca_path, dir, "tls/ca.pem", err));
    TRY(file_path(cert_path, dir, "tls/server.pem", err));
    TRY(file_path(key_path, dir, "tls/server.key", err));
    if (file_exists(ca_path) && file_exists(cert_path) && file_exists(key_path))
        return ST_OK;
    if (!(ca_key = EVP_RSA_gen(RSA_BITS)) || !(key = EVP_RSA_gen(RSA_BITS)))
        return openssl_fail(err, "TLS key");
    TRY(make_half(&ca_half, ca_key, &(struct issuer){ NULL, ca_key, now_ms }, &ca, err));
    TRY(make_half(&server_half, key, &(struct issuer){ ca, ca_key, now_ms }, &cert, err));
    TRY(write_key(key_path, key, err));
    TRY(write_cert(cert_path, cert, err));
    return write_cert(ca_path, ca, err);
}

/* ---- the participant's key ---- */

struct client_file {
    const char *name;
    const struct half *half;
};
static const struct client_file client_files[] = {
    { "tls/client.p12", &client_half },
    { "tls/client-expired.p12", &expired_half },
};
enum { CLIENT_FILES = sizeof(client_files) / sizeof(client_files[0]) };

static bool has_clients(char paths[CLIENT_FILES][FILE_PATH_MAX])
{
    for (size_t i = 0; i < CLIENT_FILES; i++)
        if (!file_exists(paths[i]))
            return false;
    return true;
}

static enum status make_client(const struct half *half, const struct issuer *by,
                               const char *password, const char *path, struct err *err)
{
    AUTO(EVP_PKEY_free) EVP_PKEY *key = EVP_RSA_gen(RSA_BITS);
    AUTO(X509_free) X509 *cert = NULL;
    AUTO(bytes_wipe) struct bytes *p12 = NULL;

    if (!key)
        return openssl_fail(err, "TLS key");
    TRY(make_half(half, key, by, &cert, err));
    TRY(issue_p12(key, cert, password, &p12, err));
    return file_write(path, bytes_slice(p12), 0600, err);
}

enum status tls_make_client(const char *dir, const char *password, int64_t now_ms, struct err *err)
{
    char ca_path[FILE_PATH_MAX], paths[CLIENT_FILES][FILE_PATH_MAX];
    AUTO(EVP_PKEY_free) EVP_PKEY *ca_key = NULL;
    AUTO(X509_free) X509 *ca = NULL;

    TRY(file_path(ca_path, dir, "tls/client-ca.pem", err));
    for (size_t i = 0; i < CLIENT_FILES; i++)
        TRY(file_path(paths[i], dir, client_files[i].name, err));
    if (file_exists(ca_path) && has_clients(paths))
        return ST_OK;
    ca_key = EVP_RSA_gen(RSA_BITS);
    if (!ca_key)
        return openssl_fail(err, "TLS key");
    TRY(make_half(&client_ca_half, ca_key, &(struct issuer){ NULL, ca_key, now_ms }, &ca, err));
    for (size_t i = 0; i < CLIENT_FILES; i++)
        TRY(make_client(client_files[i].half, &(struct issuer){ ca, ca_key, now_ms }, password,
                        paths[i], err));
    return write_cert(ca_path, ca, err);
}
