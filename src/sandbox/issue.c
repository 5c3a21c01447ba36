#include "sandbox/issue.h"

#include "crypto/gost/kzgost.h"
#include "sandbox/openssl.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <string.h>

enum {
    RSA_BITS = 2048,
    P12_ITERATIONS = 1024, /* of НУЦ РК's own files */
    P12_SALT_BYTES = 8,
    CONF_MAX = 4096,
    DER_MAX = 65536,
    DAY_SECONDS = 24 * 60 * 60,
};

static const char *const kzgost_names[] = {
    [ALG_GOST2004] = KZGOST_KEY_2004,
    [ALG_GOST2015_512] = KZGOST_KEY_2015_512,
};

enum status issue_key(const struct family *family, EVP_PKEY **ret_key, struct err *err)
{
    EVP_PKEY *key = family->algorithm == ALG_RSA_SHA256
                        ? EVP_RSA_gen(RSA_BITS)
                        : kzgost_generate(NULL, NULL, kzgost_names[family->algorithm]);

    if (!key)
        return openssl_fail(err, "key generation");
    *ret_key = key;
    return ST_OK;
}

/* ---- the name ---- */

/* Prefixed numbers stand in one attribute: serialNumber=IIN…, OU=BIN…. */
static bool name_add(X509_NAME *name, int nid, const char *prefix, const char *value)
{
    char text[256];

    if (!value)
        return true;
    if (snprintf(text, sizeof(text), "%s%s", prefix, value) >= (int)sizeof(text))
        return false;
    return X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8, (const uint8_t *)text, -1, -1, 0) ==
           1;
}

static enum status make_subject(const struct family *family, const struct entity *entity,
                                X509_NAME **ret_name, struct err *err)
{
    bool is_authority = entity->kind == KIND_ROOT || entity->kind == KIND_CA;
    const char *own_cn = entity->kind == KIND_ROOT ? family->root_cn : family->ca_cn;
    const char *late_cn = entity->in_directory ? entity->common_name : NULL;
    const struct {
        int nid;
        const char *prefix;
        const char *value;
    } rows[] = {
        { NID_userId, "", entity->uid },
        { NID_commonName, "", is_authority ? own_cn : (late_cn ? NULL : entity->common_name) },
        { NID_surname, "", entity->surname },
        { NID_serialNumber, "IIN", entity->iin },
        { NID_countryName, "", "KZ" },
        { NID_organizationName, "", entity->organisation },
        { NID_organizationalUnitName, "BIN", entity->bin },
        { NID_givenName, "", entity->patronymic },
        { NID_commonName, "", late_cn },
    };
    AUTO(X509_NAME_free) X509_NAME *name = X509_NAME_new();

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (!name || !name_add(name, rows[i].nid, rows[i].prefix, rows[i].value))
            return openssl_fail(err, "subject name");
    *ret_name = TAKE(name);
    return ST_OK;
}

/* ---- extensions, written as OpenSSL's configuration ---- */

/* What follows from the kind alone; modern adds keyAgreement where НУЦ's 2022 CA does. */
static const struct kind_row {
    const char *key_usage;
    bool agrees;
    const char *old_policy_individual;
    const char *old_policy_legal;
    bool ocsp; /* AIA names the responder */
} kinds[] = {
    [KIND_ROOT] = { "keyCertSign,cRLSign", false, "1.2.398.3.1.1", "1.2.398.3.1.1", false },
    [KIND_CA] = { "keyCertSign,cRLSign", false, "1.2.398.3.3.1.1", "1.2.398.3.3.1.1", false },
    [KIND_OCSP] = { "digitalSignature", false, "1.2.398.3.3.1.1", "1.2.398.3.3.1.1", false },
    [KIND_TSA] = { "digitalSignature,nonRepudiation", false, "1.2.398.3.3.1.1", "1.2.398.3.3.1.1",
                   true },
    [KIND_SIGN] = { "digitalSignature,nonRepudiation", true, "1.2.398.3.3.2.3", "1.2.398.3.3.2.1",
                    true },
    [KIND_AUTH] = { "digitalSignature,keyEncipherment", false, "1.2.398.3.3.2.4", "1.2.398.3.3.2.2",
                    true },
    [KIND_SYSTEM] = { "digitalSignature,nonRepudiation", true, "1.2.398.3.3.2.1", "1.2.398.3.3.2.1",
                      true },
};

static const char *policy_of(const struct family *family, const struct entity *entity)
{
    const struct kind_row *row = &kinds[entity->kind];

    if (family->modern)
        return entity->kind == KIND_ROOT ? "1.2.398.3.1.2" : "1.2.398.3.3.2";
    return entity->bin ? row->old_policy_legal : row->old_policy_individual;
}

static void add_addresses(struct bytes *text, const struct issue_params *p)
{
    const char *base = p->base_url;
    const char *family = p->family->name;

    switch (p->entity->kind) {
    case KIND_ROOT:
    case KIND_OCSP: /* nocheck: nobody asks about a responder */
        break;
    case KIND_CA:
        bytes_addf(text,
                   "crlDistributionPoints=URI:%s/crl/%s-root.crl\n"
                   "authorityInfoAccess=caIssuers;URI:%s/cert/%s-root.cer\n",
                   base, family, base, family);
        break;
    default:
        bytes_addf(text,
                   "crlDistributionPoints=URI:%s/crl/%s.crl\n"
                   "freshestCRL=URI:%s/crl/%s-delta.crl\n"
                   "authorityInfoAccess=OCSP;URI:%s/ocsp/%s,caIssuers;URI:%s/cert/%s-ca.cer\n",
                   base, family, base, family, base, family, base, family);
        break;
    }
}

static enum status extension_text(const struct issue_params *p, struct bytes **ret_text,
                                  struct err *err)
{
    const struct entity *entity = p->entity;
    const struct kind_row *row = &kinds[entity->kind];
    bool is_ca = entity->kind == KIND_ROOT || entity->kind == KIND_CA;
    bool is_holder = entity->kind >= KIND_SIGN;
    AUTO(bytes_free) struct bytes *text = bytes_new(CONF_MAX);

    if (!text)
        return RAISE(err, ST_NOMEM, "out of memory");
    bytes_add_str(text, "[ext]\n");
    if (is_ca)
        bytes_add_str(text, "basicConstraints=critical,CA:TRUE\n");
    bytes_addf(text, "keyUsage=critical,%s%s\n", row->key_usage,
               row->agrees && p->family->modern ? ",keyAgreement" : "");
    if (entity->eku)
        bytes_addf(text, "extendedKeyUsage=%s\n", entity->eku);
    bytes_add_str(text, "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n"
                        "certificatePolicies=@policy\n");
    if (entity->kind == KIND_OCSP)
        bytes_add_str(text, "noCheck=ignored\n");
    add_addresses(text, p);
    if (is_holder && p->family->modern) /* the key's store: a file (1.2.398.3.3.5.1.1) */
        bytes_add_str(text, "1.2.398.3.3.5=DER:300A06082A830E0303050101\n");
    bytes_addf(text, "[policy]\npolicyIdentifier=%s\nCPS.1=http://pki.gov.kz/cps\n",
               policy_of(p->family, entity));
    TRY(bytes_check(text, "extensions", err));
    *ret_text = TAKE(text);
    return ST_OK;
}

static enum status add_extensions(const struct issue_params *p, X509 *cert, struct err *err)
{
    AUTO(bytes_free) struct bytes *text = NULL;
    AUTO(NCONF_free) CONF *conf = NCONF_new(NULL);
    AUTO(BIO_free) BIO *bio = NULL;
    X509V3_CTX ctx;

    TRY(extension_text(p, &text, err));
    bio = text ? BIO_new_mem_buf(text->at, (int)text->len) : NULL;
    if (!conf || !bio || NCONF_load_bio(conf, bio, NULL) != 1)
        return openssl_fail(err, "extensions");
    X509V3_set_ctx(&ctx, p->issuer ? p->issuer : cert, cert, NULL, NULL, 0);
    X509V3_set_nconf(&ctx, conf);
    if (X509V3_EXT_add_nconf(conf, &ctx, "ext", cert) != 1)
        return openssl_fail(err, "extensions");
    return ST_OK;
}

/* ---- the certificate ---- */

static enum status set_head(const struct issue_params *p, EVP_PKEY *key, X509 *cert,
                            struct err *err)
{
    time_t now = (time_t)(p->now_ms / 1000);
    AUTO(ASN1_INTEGER_free) ASN1_INTEGER *serial = NULL;
    AUTO(X509_NAME_free) X509_NAME *subject = NULL;

    TRY(openssl_random_serial(&serial, err));
    TRY(make_subject(p->family, p->entity, &subject, err));
    if (X509_set_version(cert, X509_VERSION_3) != 1 || X509_set_serialNumber(cert, serial) != 1 ||
        X509_set_subject_name(cert, subject) != 1 ||
        X509_set_issuer_name(cert, p->issuer ? X509_get_subject_name(p->issuer) : subject) != 1 ||
        X509_set_pubkey(cert, key) != 1 ||
        !ASN1_TIME_set(X509_getm_notBefore(cert),
                       now + (time_t)p->entity->from_days * DAY_SECONDS) ||
        !ASN1_TIME_set(X509_getm_notAfter(cert), now + (time_t)p->entity->to_days * DAY_SECONDS))
        return openssl_fail(err, "certificate");
    return ST_OK;
}

enum status issue_certificate(const struct issue_params *params, EVP_PKEY *key, X509 **ret_cert,
                              struct err *err)
{
    EVP_PKEY *issuer_key = params->issuer ? params->issuer_key : key;
    AUTO(X509_free) X509 *cert = X509_new();
    AUTO(EVP_MD_free) EVP_MD *md = NULL;

    if (!cert)
        return RAISE(err, ST_NOMEM, "out of memory");
    TRY(set_head(params, key, cert, err));
    TRY(add_extensions(params, cert, err));
    TRY(openssl_digest_of(issuer_key, &md, err));
    if (X509_sign(cert, issuer_key, md) <= 0)
        return openssl_fail(err, "signing a certificate");
    *ret_cert = TAKE(cert);
    return ST_OK;
}

/* ---- files ---- */

enum status issue_p12(EVP_PKEY *key, X509 *cert, const char *password, struct bytes **ret_p12,
                      struct err *err)
{
    /* no MAC at first: PKCS12_create() would make it with SHA-256 */
    AUTO(PKCS12_free)
    PKCS12 *p12 =
        PKCS12_create(password, NULL, key, cert, NULL, NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
                      NID_pbe_WithSHA1And40BitRC2_CBC, P12_ITERATIONS, -1, 0);
    AUTO(bytes_wipe) struct bytes *der = bytes_new(DER_MAX);
    uint8_t *at;
    int len;

    if (!der)
        return RAISE(err, ST_NOMEM, "out of memory");
    if (!p12 ||
        PKCS12_set_mac(p12, password, -1, NULL, P12_SALT_BYTES, P12_ITERATIONS, EVP_sha1()) != 1)
        return openssl_fail(err, "PKCS#12");
    len = i2d_PKCS12(p12, NULL);
    at = len > 0 ? (uint8_t *)bytes_extend(der, (size_t)len) : NULL;
    if (!at || i2d_PKCS12(p12, &at) != len)
        return openssl_fail(err, "PKCS#12");
    *ret_p12 = TAKE(der);
    return ST_OK;
}

enum status issue_pem(X509 *cert, struct bytes **ret_pem, struct err *err)
{
    AUTO(BIO_free) BIO *bio = BIO_new(BIO_s_mem());

    if (!bio || PEM_write_bio_X509(bio, cert) != 1)
        return openssl_fail(err, "PEM");
    return openssl_bio_bytes(bio, ret_pem, err);
}
