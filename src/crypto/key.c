#include "crypto/cert_impl.h"
#include "crypto/key_impl.h"
#include "crypto/scheme.h"

#include <openssl/err.h>
#include <stdatomic.h>

enum { CHAIN_MAX = 16 };

struct key {
    atomic_int refs;
    EVP_PKEY *pkey;
    struct token *token; /* NULL: the key is in our memory */
    struct cert *cert;
    struct cert *chain[CHAIN_MAX];
    size_t chain_count;
    const struct scheme *scheme;
};

static void free_pkey(struct token *token, EVP_PKEY *pkey)
{
    if (token)
        token_close(token, pkey);
    else
        EVP_PKEY_free(pkey); /* cleanses */
}

void key_parts_clear(struct key_parts *parts)
{
    free_pkey(parts->token, parts->pkey);
    x509_stack_free(parts->certs);
    *parts = (struct key_parts){ 0 };
}

enum status key_parts_add(struct key_parts *parts, X509 *x509, struct err *err)
{
    if (!parts->certs)
        parts->certs = sk_X509_new_null();
    if (sk_X509_num(parts->certs) > CHAIN_MAX)
        return RAISE_CAUSE(err, ST_INPUT, "keyChainTooLong", NULL, "16 certificates",
                           "more than %d certificates beside the key's own", CHAIN_MAX);
    if (!parts->certs || !X509_up_ref(x509))
        return ossl_raise(err, ST_NOMEM, "key");
    if (sk_X509_push(parts->certs, x509) <= 0) {
        X509_free(x509);
        return ossl_raise(err, ST_NOMEM, "key");
    }
    return ST_OK;
}

/* The certificate whose public key is this key's; -1: none. */
static int find_own(const struct key_parts *parts)
{
    int own = -1;

    for (int i = 0; own < 0 && i < sk_X509_num(parts->certs); i++)
        if (X509_check_private_key(sk_X509_value(parts->certs, i), parts->pkey) == 1)
            own = i;
    return own;
}

static enum status take_certs(struct key *key, const struct key_parts *parts, int own,
                              struct err *err)
{
    for (int i = 0; i < sk_X509_num(parts->certs); i++) {
        struct cert **place = i == own ? &key->cert : &key->chain[key->chain_count];
        TRY(cert_wrap(sk_X509_value(parts->certs, i), place, err));
        key->chain_count += i != own;
    }
    return ST_OK;
}

static enum status fill(struct key *key, struct key_parts *parts, const char *what, struct err *err)
{
    if (!parts->pkey)
        return RAISE(err, ST_INPUT, "%s: no private key in it", what);
    if (sk_X509_num(parts->certs) <= 0)
        return RAISE_CAUSE(err, ST_INPUT, "certificateMissing", NULL, NULL,
                           "%s: no certificate in it", what);
    ERR_clear_error();
    int own = find_own(parts);
    bool starved = ossl_clear();
    if (own < 0 && starved)
        return RAISE(err, ST_NOMEM, "%s: out of memory", what);
    if (own < 0)
        return RAISE(err, ST_FORGED, "%s: the key does not belong to the certificate", what);
    key->token = TAKE(parts->token);
    key->pkey = TAKE(parts->pkey);
    key->scheme = scheme_of_key(key->pkey);
    if (!key->scheme)
        return RAISE(err, ST_INPUT, "%s: a key of type %s, which we do not sign with", what,
                     EVP_PKEY_get0_type_name(key->pkey) ? EVP_PKEY_get0_type_name(key->pkey)
                                                        : "unknown");
    return take_certs(key, parts, own, err);
}

enum status key_make(struct key_parts *parts, const char *what, struct key **ret_key,
                     struct err *err)
{
    AUTO(key_free) struct key *key = calloc(1, sizeof(*key));

    if (!key)
        return RAISE(err, ST_NOMEM, "key: out of memory");
    atomic_init(&key->refs, 1);
    TRY(fill(key, parts, what, err));
    *ret_key = TAKE(key);
    return ST_OK;
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
    free_pkey(key->token, key->pkey);
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

bool key_in_token(const struct key *key)
{
    return key->token != NULL;
}

static enum status refused(const struct key *key, struct err *err)
{
    if (!key->token)
        return ossl_raise(err, ST_INTERNAL, "signing");
    return token_raise_unsigned(key->token, err);
}

void key_enter(const struct key *key)
{
    if (key->token)
        token_enter();
}

void key_leave(const struct key *key)
{
    if (key->token)
        token_leave();
}

static enum status sign_entered(const struct key *key, struct slice data, struct bytes **ret_sig,
                                struct err *err)
{
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t len = 0;

    if (!ctx ||
        EVP_DigestSignInit_ex(ctx, NULL, key->scheme->digest, NULL, NULL, key->pkey, NULL) != 1 ||
        EVP_DigestSign(ctx, NULL, &len, slice_u8(data), data.len) != 1)
        return refused(key, err);
    AUTO(bytes_free) struct bytes *sig = bytes_new(len);
    char *place = sig ? bytes_extend(sig, len) : NULL;
    if (!place)
        return RAISE(err, ST_NOMEM, "signature: out of memory");
    if (EVP_DigestSign(ctx, (unsigned char *)place, &len, slice_u8(data), data.len) != 1)
        return refused(key, err);
    sig->len = len;
    *ret_sig = TAKE(sig);
    return ST_OK;
}

static bool is_right(const struct key *key, struct slice data, struct slice signature)
{
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    return ctx &&
           EVP_DigestVerifyInit_ex(ctx, NULL, key->scheme->digest, NULL, NULL,
                                   X509_get0_pubkey(cert_x509(key->cert)), NULL) == 1 &&
           EVP_DigestVerify(ctx, slice_u8(signature), signature.len, slice_u8(data), data.len) == 1;
}

bool key_needs_proof(const struct key *key)
{
    return (key->scheme->algorithm & (ALG_RSA_SHA256 | ALG_RSA_SHA1)) != 0;
}

enum status key_sign(const struct key *key, struct slice data, struct bytes **ret_sig,
                     struct err *err)
{
    for (unsigned i = 0; i < KEY_BLINDINGS; i++) {
        AUTO(bytes_free) struct bytes *sig = NULL;

        ERR_clear_error();
        key_enter(key);
        enum status status = sign_entered(key, data, &sig, err);
        key_leave(key);
        TRY(status);
        bool right = !key_needs_proof(key) || is_right(key, data, bytes_slice(sig));
        bool starved = ossl_clear();
        if (right) {
            *ret_sig = TAKE(sig);
            return ST_OK;
        }
        if (starved)
            return RAISE(err, ST_NOMEM, "signing: out of memory");
    }
    return RAISE(err, ST_INTERNAL, "signing: the signature is not of the certificate's key");
}

struct evp_pkey_st *key_pkey(const struct key *key)
{
    return key->pkey;
}
