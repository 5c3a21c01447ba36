#include "crypto/key.h"

#include "crypto/cert_impl.h"
#include "crypto/scheme.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum {
    P12_MAX = 1024 * 1024, /* bytes */
    PASSWORD_FILE_MAX = 4096,
    PASSWORD_MAX = 1024,
    ITERATIONS_MAX = 10 * 1000 * 1000, /* of the MAC: more is an attack on our time */
    CHAIN_MAX = 16,
};

struct key {
    atomic_int refs;
    EVP_PKEY *pkey;
    struct cert *cert;
    struct cert *chain[CHAIN_MAX];
    size_t chain_count;
    const struct scheme *scheme;
};

/* What PKCS12_parse() hands out. */
struct p12_parts {
    EVP_PKEY *pkey;
    X509 *x509;
    STACK_OF(X509) * others;
};

static void p12_parts_clear(struct p12_parts *parts)
{
    EVP_PKEY_free(parts->pkey);
    X509_free(parts->x509);
    x509_stack_free(parts->others);
}

static enum status parse_p12(struct slice p12, PKCS12 **ret_p12, struct err *err)
{
    const ASN1_INTEGER *iterations = NULL;
    const unsigned char *at = slice_u8(p12);

    if (p12.len > P12_MAX)
        return RAISE_CAUSE(err, ST_INPUT, "keyTooLarge", NULL, "1048576 bytes",
                           "PKCS#12: %zu bytes, the limit is %d", p12.len, P12_MAX);
    AUTO(PKCS12_free) PKCS12 *parsed = d2i_PKCS12(NULL, &at, (long)p12.len);
    if (!parsed)
        return ossl_raise(err, ST_INPUT, "not a PKCS#12");
    PKCS12_get0_mac(NULL, NULL, NULL, &iterations, parsed);
    if (iterations && ASN1_INTEGER_get(iterations) > ITERATIONS_MAX)
        return RAISE_CAUSE(err, ST_INPUT, "keyIterations", NULL, "10000000 iterations",
                           "PKCS#12: more than %d iterations", ITERATIONS_MAX);
    *ret_p12 = TAKE(parsed);
    return ST_OK;
}

static enum status open_parts(PKCS12 *p12, const char *password, struct p12_parts *parts,
                              struct err *err)
{
    if (PKCS12_mac_present(p12) && PKCS12_verify_mac(p12, password, -1) != 1) {
        ERR_clear_error();
        return RAISE_CAUSE(err, ST_INPUT, "wrongPassword", NULL, NULL, "PKCS#12: wrong password");
    }
    if (PKCS12_parse(p12, password, &parts->pkey, &parts->x509, &parts->others) != 1)
        return ossl_raise(err, ST_INPUT, "PKCS#12");
    if (!parts->pkey)
        return RAISE(err, ST_INPUT, "PKCS#12: no private key in it");
    if (!parts->x509 && sk_X509_num(parts->others) <= 0)
        return RAISE(err, ST_INPUT, "PKCS#12: no certificate in it");
    if (!parts->x509 || X509_check_private_key(parts->x509, parts->pkey) != 1) {
        ERR_clear_error();
        return RAISE(err, ST_FORGED, "PKCS#12: the key does not belong to the certificate");
    }
    return ST_OK;
}

static enum status fill(struct key *key, struct p12_parts *parts, struct err *err)
{
    key->pkey = TAKE(parts->pkey);
    key->scheme = scheme_of_key(key->pkey);
    if (!key->scheme)
        return RAISE(err, ST_INPUT, "PKCS#12: a key of type %s, which we do not sign with",
                     EVP_PKEY_get0_type_name(key->pkey) ? EVP_PKEY_get0_type_name(key->pkey)
                                                        : "unknown");
    TRY(cert_wrap(parts->x509, &key->cert, err));
    int others = sk_X509_num(parts->others);
    if (others > CHAIN_MAX)
        return RAISE_CAUSE(err, ST_INPUT, "keyChainTooLong", NULL, "16 certificates",
                           "PKCS#12: %d further certificates, the limit is %d", others, CHAIN_MAX);
    for (int i = 0; i < others; i++) {
        TRY(cert_wrap(sk_X509_value(parts->others, i), &key->chain[key->chain_count], err));
        key->chain_count++;
    }
    return ST_OK;
}

static enum status open_text(struct slice p12, const char *password, struct key **ret_key,
                             struct err *err)
{
    AUTO(key_free) struct key *key = calloc(1, sizeof(*key));
    AUTO(PKCS12_free) PKCS12 *parsed = NULL;
    struct p12_parts parts = { 0 };

    if (!key)
        return RAISE(err, ST_NOMEM, "key: out of memory");
    atomic_init(&key->refs, 1);
    TRY(parse_p12(p12, &parsed, err));
    enum status status = open_parts(parsed, password, &parts, err);
    if (status == ST_OK)
        status = fill(key, &parts, err);
    p12_parts_clear(&parts);
    if (status == ST_OK)
        *ret_key = TAKE(key);
    return status;
}

enum status key_open_p12(struct slice p12, struct slice password, struct key **ret_key,
                         struct err *err)
{
    char text[PASSWORD_MAX + 1];

    if (password.len > PASSWORD_MAX || memchr(password.at, '\0', password.len))
        return RAISE_CAUSE(err, ST_INPUT, "wrongPassword", NULL, "1024 bytes",
                           "PKCS#12: a password longer than %d bytes or with a NUL", PASSWORD_MAX);
    memcpy(text, password.at, password.len);
    text[password.len] = '\0';
    enum status status = open_text(p12, text, ret_key, err);
    OPENSSL_cleanse(text, sizeof(text));
    return status;
}

static enum status read_file(const char *path, size_t max, struct bytes **ret, struct err *err)
{
    AUTO(bytes_wipe) struct bytes *content = bytes_new(max + 1);
    FILE *file = fopen(path, "rbe");

    if (!file)
        return RAISE(err, errno == ENOENT ? ST_NOT_FOUND : ST_INPUT, "%s: %s", path,
                     strerrordesc_np(errno));
    char *place = content ? bytes_extend(content, max + 1) : NULL;
    size_t len = place ? fread(place, 1, max + 1, file) : 0;
    bool failed = ferror(file) != 0;
    (void)fclose(file);
    if (!place)
        return RAISE(err, ST_NOMEM, "%s: out of memory", path);
    if (failed)
        return RAISE(err, ST_INPUT, "%s: cannot be read", path);
    if (len > max)
        return RAISE(err, ST_INPUT, "%s: longer than %zu bytes", path, max);
    content->len = len;
    *ret = TAKE(content);
    return ST_OK;
}

enum status key_load_p12(const char *path, const char *pass_path, struct key **ret_key,
                         struct err *err)
{
    AUTO(bytes_wipe) struct bytes *p12 = NULL;
    AUTO(bytes_wipe) struct bytes *pass = NULL;
    struct err cause;

    TRY(read_file(path, P12_MAX, &p12, err));
    TRY(read_file(pass_path, PASSWORD_FILE_MAX, &pass, err));
    struct slice line = bytes_slice(pass);
    const char *end = memchr(line.at, '\n', line.len);
    if (end)
        line.len = (size_t)(end - line.at);
    if (line.len > 0 && line.at[line.len - 1] == '\r')
        line.len--;
    enum status status = key_open_p12(bytes_slice(p12), line, ret_key, &cause);
    if (status == ST_OK)
        return ST_OK;
    return RAISE_CAUSE(err, status, cause.code, NULL, cause.limit, "%s: %s", path, cause.text);
}

struct key *key_ref(const struct key *key)
{
    struct key *shared = (struct key *)key; /* read-only to all but the counter */

    atomic_fetch_add_explicit(&shared->refs, 1, memory_order_relaxed);
    return shared;
}

void key_free(struct key *key)
{
    if (!key || atomic_fetch_sub_explicit(&key->refs, 1, memory_order_acq_rel) > 1)
        return;
    EVP_PKEY_free(key->pkey); /* cleanses */
    cert_free(key->cert);
    for (size_t i = 0; i < key->chain_count; i++)
        cert_free(key->chain[i]);
    free(key);
}

const struct cert *key_cert(const struct key *key)
{
    return key->cert;
}

size_t key_chain_count(const struct key *key)
{
    return key->chain_count;
}

const struct cert *key_chain_at(const struct key *key, size_t i)
{
    return key->chain[i];
}

enum algorithm key_algorithm(const struct key *key)
{
    return key->scheme->algorithm;
}

enum status key_sign(const struct key *key, struct slice data, struct bytes **ret_sig,
                     struct err *err)
{
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t len = 0;

    if (!ctx ||
        EVP_DigestSignInit_ex(ctx, NULL, key->scheme->digest, NULL, NULL, key->pkey, NULL) != 1 ||
        EVP_DigestSign(ctx, NULL, &len, slice_u8(data), data.len) != 1)
        return ossl_raise(err, ST_INTERNAL, "signing");
    AUTO(bytes_free) struct bytes *sig = bytes_new(len);
    char *place = sig ? bytes_extend(sig, len) : NULL;
    if (!place)
        return RAISE(err, ST_NOMEM, "signature: out of memory");
    if (EVP_DigestSign(ctx, (unsigned char *)place, &len, slice_u8(data), data.len) != 1)
        return ossl_raise(err, ST_INTERNAL, "signing");
    sig->len = len;
    *ret_sig = TAKE(sig);
    return ST_OK;
}

struct evp_pkey_st *key_pkey(const struct key *key)
{
    return key->pkey;
}
