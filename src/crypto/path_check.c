/* A path as a whole: RFC 5280 section 6.1 by OpenSSL, and what OpenSSL is lenient about by us. */
#include "base/text.h"
#include "crypto/cert_impl.h"
#include "crypto/path.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

enum { SECURITY_BITS_MIN = 112 };

DEFINE_AUTO(X509_STORE, X509_STORE_free)

void path_blame(const struct cert *cert, const char *reason, char why[WHY_MAX])
{
    text_format(why, WHY_MAX, "%s, serial %s: %s", cert_label(cert), cert_signer(cert)->serial,
                reason);
}

/* OpenSSL takes version 1 roots and key usage without basicConstraints for a CA; we do not. */
const char *trust_refuse_issuer(const struct cert *cert)
{
    X509 *x509 = cert_x509(cert);
    uint32_t flags = X509_get_extension_flags(x509);

    if (X509_get_version(x509) != X509_VERSION_3)
        return "it is not of version 3, so it cannot be a CA's";
    if (!(flags & EXFLAG_BCONS))
        return "it has no basicConstraints, so it cannot be a CA's";
    if (!(flags & EXFLAG_CA))
        return "its basicConstraints say that it is not a CA's";
    if ((flags & EXFLAG_KUSAGE) && !(X509_get_key_usage(x509) & KU_KEY_CERT_SIGN))
        return "its key usage lacks keyCertSign";
    return NULL;
}

static const char *refuse_key(const struct cert *cert)
{
    EVP_PKEY *key = X509_get0_pubkey(cert_x509(cert));

    if (!key)
        return "its key is of an unknown kind";
    return EVP_PKEY_get_security_bits(key) < SECURITY_BITS_MIN ? "its key is too short" : NULL;
}

/* The signature on the certificate; an anchor's own proves nothing and is not looked at. */
static const char *refuse_digest(const struct cert *cert, bool sha1)
{
    int digest = NID_undef;
    int bits = 0;

    if (X509_get_signature_info(cert_x509(cert), &digest, NULL, &bits, NULL) != 1)
        return "it is signed by an unknown algorithm";
    if (bits >= SECURITY_BITS_MIN || (digest == NID_sha1 && sha1))
        return NULL;
    return digest == NID_sha1 ? "it is signed over SHA-1, which is not allowed here"
                              : "it is signed over a digest that proves nothing";
}

static bool check_each(const struct cert *const *certs, size_t count, bool sha1, char why[WHY_MAX])
{
    for (size_t i = 0; i < count; i++) {
        const char *refusal = i > 0 ? trust_refuse_issuer(certs[i]) : NULL;
        if (!refusal)
            refusal = refuse_key(certs[i]);
        if (!refusal && i + 1 < count)
            refusal = refuse_digest(certs[i], sha1);
        if (refusal) {
            path_blame(certs[i], refusal, why);
            return false;
        }
    }
    return true;
}

/* The path that OpenSSL is to check, so that it does not search for one of its own. */
struct fixed_path {
    const struct cert *const *certs;
    size_t count;
};

static int is_next(X509_STORE_CTX *ctx, X509 *subject, X509 *issuer)
{
    const struct fixed_path *path = X509_STORE_CTX_get_app_data(ctx);

    for (size_t i = 0; i < path->count; i++)
        if (X509_cmp(cert_x509(path->certs[i]), subject) == 0) {
            size_t next = i + 1 < path->count ? i + 1 : i;
            return X509_cmp(cert_x509(path->certs[next]), issuer) == 0;
        }
    return 0;
}

/* Dates are judged apart, by their own rows. */
static int tolerate_dates(int ok, X509_STORE_CTX *ctx)
{
    int error = X509_STORE_CTX_get_error(ctx);

    return ok || error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID;
}

static void explain(X509_STORE_CTX *ctx, const struct cert *signer, char why[WHY_MAX])
{
    X509 *at = X509_STORE_CTX_get_current_cert(ctx);
    AUTO(cert_free) struct cert *cert = NULL;
    struct err err;

    bool named = at && cert_wrap(at, &cert, &err) == ST_OK;
    path_blame(named ? cert : signer, X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)),
               why);
}

static bool fail(const char *text, char why[WHY_MAX])
{
    text_copy(why, WHY_MAX, text);
    ERR_clear_error();
    return false;
}

bool path_check(const struct cert *const *certs, size_t count, bool sha1, char why[WHY_MAX])
{
    struct fixed_path path = { certs, count };
    AUTO(X509_STORE_CTX_free) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    AUTO(X509_STORE_free) X509_STORE *anchor = X509_STORE_new();
    AUTO(x509_stack_drop) STACK_OF(X509) *between = sk_X509_new_null();

    if (!check_each(certs, count, sha1, why))
        return false;
    if (!ctx || !anchor || !between ||
        X509_STORE_add_cert(anchor, cert_x509(certs[count - 1])) != 1)
        return fail("out of memory", why);
    for (size_t i = 1; i + 1 < count; i++)
        if (sk_X509_push(between, cert_x509(certs[i])) <= 0)
            return fail("out of memory", why);
    X509_STORE_set_check_issued(anchor, is_next);
    X509_STORE_set_verify_cb(anchor, tolerate_dates);
    if (X509_STORE_CTX_init(ctx, anchor, cert_x509(certs[0]), between) != 1 ||
        X509_STORE_CTX_set_app_data(ctx, &path) != 1)
        return fail("out of memory", why);
    X509_VERIFY_PARAM_set_depth(X509_STORE_CTX_get0_param(ctx), PATH_CERTS_MAX);
    X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(ctx), 0); /* check_each() did it */
    bool good =
        X509_verify_cert(ctx) == 1 && sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) == (int)count;
    if (!good)
        explain(ctx, certs[0], why);
    ERR_clear_error();
    return good;
}
