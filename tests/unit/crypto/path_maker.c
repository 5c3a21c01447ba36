#include "unit/crypto/path_maker.h"

#include "base/text.h"
#include "crypto/gost/kzgost.h"

#include <openssl/conf.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_MAX = 64 };

static struct {
    char name[64];
    EVP_PKEY *key;
} keys[KEYS_MAX];
static size_t key_count;
static CONF *conf;

static EVP_PKEY *new_key(const char *type)
{
    if (strcmp(type, "RSA") == 0)
        return EVP_RSA_gen(2048);
    if (strcmp(type, "RSA1024") == 0)
        return EVP_RSA_gen(1024);
    return kzgost_generate(NULL, NULL, type);
}

static EVP_PKEY *key_of(const char *type, const char *owner)
{
    char name[64];

    if (strncmp(owner, "short", 5) == 0) /* a key that is too short */
        type = "RSA1024";
    assert_true(text_format(name, sizeof(name), "%s %s", type, owner));
    for (size_t i = 0; i < key_count; i++)
        if (strcmp(keys[i].name, name) == 0)
            return keys[i].key;
    assert_true(key_count < KEYS_MAX);
    text_copy(keys[key_count].name, sizeof(keys[0].name), name);
    keys[key_count].key = new_key(type);
    assert_non_null(keys[key_count].key);
    return keys[key_count++].key;
}

int path_maker_teardown(void **state)
{
    (void)state;
    while (key_count > 0)
        EVP_PKEY_free(keys[--key_count].key);
    NCONF_free(conf);
    conf = NULL;
    return 0;
}

static void add_rdn(X509_NAME *name, const char *type, const char *value)
{
    assert_int_equal(X509_NAME_add_entry_by_txt(name, type, MBSTRING_UTF8,
                                                (const unsigned char *)value, -1, -1, 0),
                     1);
}

/* "CN=x,C=KZ" in its order. */
static void add_whole(X509_NAME *name, const char *text)
{
    char copy[256];
    char *rest = NULL;

    assert_true(text_copy(copy, sizeof(copy), text));
    for (char *part = strtok_r(copy, ",", &rest); part; part = strtok_r(NULL, ",", &rest)) {
        char *equals = strchr(part, '=');
        assert_non_null(equals);
        *equals = '\0';
        add_rdn(name, part, equals + 1);
    }
}

static void set_subject(X509 *x509, const struct spec *spec)
{
    X509_NAME *name = X509_get_subject_name(x509);

    if (spec->name) {
        add_whole(name, spec->name);
        return;
    }
    add_rdn(name, "CN", spec->cn ? spec->cn : spec->id);
    add_rdn(name, "C", "KZ");
}

/* Directory names of constraints, as values call them: dirName:kz. */
static CONF *sections(void)
{
    static const char text[] = "[kz]\nC=KZ\n[kz-x]\nC=KZ\nO=X\n";
    long line = 0;

    if (conf)
        return conf;
    BIO *in = BIO_new_mem_buf(text, -1);
    conf = NCONF_new(NULL);
    assert_true(NCONF_load_bio(conf, in, &line) > 0);
    BIO_free(in);
    return conf;
}

static void add(X509 *x509, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;

    if (!value || strcmp(value, "-") == 0)
        return;
    X509V3_set_ctx(&ctx, issuer, x509, NULL, NULL, 0);
    X509V3_set_nconf(&ctx, sections());
    X509_EXTENSION *extension = X509V3_EXT_nconf_nid(sections(), &ctx, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(x509, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static void add_key_id(X509 *x509, const char *hex)
{
    AUTHORITY_KEYID *id = AUTHORITY_KEYID_new();
    long len = 0;
    unsigned char *value = OPENSSL_hexstr2buf(hex, &len);

    assert_non_null(value);
    id->keyid = ASN1_OCTET_STRING_new();
    assert_int_equal(ASN1_OCTET_STRING_set(id->keyid, value, (int)len), 1);
    assert_int_equal(X509_add1_ext_i2d(x509, NID_authority_key_identifier, id, 0, 0), 1);
    AUTHORITY_KEYID_free(id);
    OPENSSL_free(value);
}

static void add_unknown(X509 *x509)
{
    ASN1_OBJECT *object = OBJ_txt2obj("1.2.398.9.9.9.9", 1);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();

    assert_int_equal(ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x05\x00", 2), 1);
    X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, object, 1, value);
    assert_int_equal(X509_add_ext(x509, extension, -1), 1);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(object);
}

static void add_extensions(X509 *x509, X509 *issuer, const struct spec *spec)
{
    bool ca = spec->place != SIGNER;
    char aia[256];

    add(x509, issuer, NID_basic_constraints,
        spec->basic ? spec->basic
        : ca        ? "critical,CA:TRUE"
                    : NULL);
    add(x509, issuer, NID_key_usage,
        spec->usage ? spec->usage
        : ca        ? "critical,keyCertSign,cRLSign"
                    : "critical,digitalSignature,nonRepudiation");
    add(x509, issuer, NID_subject_key_identifier, "hash");
    if (!spec->key_id && X509_get0_subject_key_id(issuer))
        add(x509, issuer, NID_authority_key_identifier, "keyid");
    else if (spec->key_id && strcmp(spec->key_id, "-") != 0)
        add_key_id(x509, spec->key_id);
    add(x509, issuer, NID_name_constraints, spec->constraints);
    add(x509, issuer, NID_certificate_policies, spec->policies);
    add(x509, issuer, NID_ext_key_usage, spec->eku);
    if (spec->aia) {
        assert_true(text_format(aia, sizeof(aia), "caIssuers;URI:%s", spec->aia));
        add(x509, issuer, NID_info_access, aia);
    }
    if (spec->unknown_critical)
        add_unknown(x509);
}

static size_t index_of(const struct chain *chain, const char *id)
{
    for (size_t i = 0; i < chain->count; i++)
        if (strcmp(chain->specs[i].id, id) == 0)
            return i;
    fail_msg("no certificate is called %s", id);
    return 0;
}

static void sign(X509 *x509, EVP_PKEY *key, const char *digest)
{
    const struct kzgost_algorithm *gost = kzgost_of_key(key);
    EVP_MD *md = EVP_MD_fetch(NULL, digest ? digest : gost ? gost->digest : "SHA256", NULL);

    assert_true(X509_sign(x509, key, md) > 0);
    EVP_MD_free(md);
}

static const char *key_name(const struct spec *spec)
{
    return spec->key ? spec->key : spec->id;
}

static X509 *make_one(const struct chain *chain, size_t i, const char *type)
{
    const struct spec *spec = &chain->specs[i];
    size_t by = spec->by ? index_of(chain, spec->by) : i;
    X509 *x509 = X509_new();
    X509 *issuer = by == i ? x509 : chain->x509[by];
    EVP_PKEY *key = key_of(type, key_name(spec));
    int64_t from_ms = NOW_MS + (spec->from_days ? spec->from_days : -1) * (int64_t)DAY_MS;
    int64_t to_ms = NOW_MS + (spec->to_days ? spec->to_days : 365) * (int64_t)DAY_MS;

    assert_int_equal(X509_set_version(x509, spec->version_1 ? X509_VERSION_1 : X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x509), (long)i + 100), 1);
    set_subject(x509, spec);
    X509_set_issuer_name(x509, X509_get_subject_name(issuer));
    if (spec->names) {
        X509_NAME *name = X509_NAME_new();
        add_whole(name, spec->names);
        X509_set_issuer_name(x509, name);
        X509_NAME_free(name);
    }
    ASN1_TIME_set(X509_getm_notBefore(x509), (time_t)(from_ms / 1000));
    ASN1_TIME_set(X509_getm_notAfter(x509), (time_t)(to_ms / 1000));
    assert_int_equal(X509_set_pubkey(x509, key), 1);
    if (!spec->version_1)
        add_extensions(x509, issuer, spec);
    sign(x509, key_of(type, key_name(&chain->specs[by])), spec->digest);
    return x509;
}

static struct cert *as_cert(X509 *x509)
{
    unsigned char *der = NULL;
    int len = i2d_X509(x509, &der);
    struct cert *cert = NULL;
    struct err err;

    assert_ok(cert_parse(slice_mem(der, (size_t)len), &cert, &err), &err);
    OPENSSL_free(der);
    return cert;
}

void chain_make(struct chain *chain, const struct spec *specs, const char *key_type)
{
    struct err err;

    *chain = (struct chain){ .specs = specs };
    assert_ok(trust_new(&chain->trust, &err), &err);
    while (specs[chain->count].id)
        chain->count++;
    assert_true(chain->count <= 16);
    for (size_t i = 0; i < chain->count; i++) {
        chain->x509[i] = make_one(chain, i, key_type ? key_type : KZGOST_KEY_2015_512);
        chain->certs[i] = as_cert(chain->x509[i]);
        if (specs[i].place == SIGNER)
            chain->signer = chain->certs[i];
        if (specs[i].place == FOLDER)
            assert_ok(trust_add(chain->trust, chain->certs[i], &err), &err);
        if (specs[i].place == MESSAGE)
            chain->extra[chain->extra_count++] = chain->certs[i];
    }
}

void chain_clear(struct chain *chain)
{
    for (size_t i = 0; i < chain->count; i++) {
        cert_free(chain->certs[i]);
        X509_free(chain->x509[i]);
    }
    trust_free(chain->trust);
}

struct judge chain_judge(const struct chain *chain)
{
    return (struct judge){ .trust = chain->trust,
                           .now_ms = NOW_MS,
                           .purpose = PURPOSE_SIGN,
                           .extra = chain->extra,
                           .extra_count = chain->extra_count };
}

const char *chain_id(const struct chain *chain, const struct cert *cert)
{
    for (size_t i = 0; i < chain->count; i++)
        if (memcmp(cert_signer(chain->certs[i])->sha256, cert_signer(cert)->sha256, 32) == 0)
            return chain->specs[i].id;
    return "?";
}
