#include "sandbox/crl.h"

#include "sandbox/openssl.h"

#include <openssl/x509v3.h>

enum {
    DAY_SECONDS = 24 * 60 * 60,
    HOUR_SECONDS = 60 * 60,
    CRL_BYTES_MAX = 4 * 1024 * 1024,
};

/* What a list covers, in Unix seconds. */
struct span {
    int64_t base;   /* the latest base: midnight */
    int64_t made;   /* thisUpdate */
    int64_t next;   /* nextUpdate */
    int64_t number; /* CRLNumber */
};

static struct span span_of(enum crl_form form, int64_t now_ms)
{
    int64_t now = now_ms / 1000;
    int64_t midnight = now - now % DAY_SECONDS;

    if (form == CRL_DELTA)
        return (struct span){ midnight, now, now + HOUR_SECONDS, now };
    return (struct span){ midnight, midnight, midnight + (int64_t)2 * DAY_SECONDS,
                          midnight / DAY_SECONDS };
}

static bool covers(const struct span *span, enum crl_form form, const struct index_entry *e)
{
    int64_t at = e->revoked_ms / 1000;

    if (!e->revoked || form == CRL_ROOT)
        return false;
    return form == CRL_BASE ? at <= span->base : at > span->base;
}

static enum status set_number(X509_CRL *crl, int nid, int critical, int64_t value, struct err *err)
{
    AUTO(ASN1_INTEGER_free) ASN1_INTEGER *number = ASN1_INTEGER_new();

    if (!number || ASN1_INTEGER_set_int64(number, value) != 1 ||
        X509_CRL_add1_ext_i2d(crl, nid, number, critical, 0) != 1)
        return openssl_fail(err, "CRL number");
    return ST_OK;
}

static enum status add_revoked(X509_CRL *crl, const struct index_entry *e, struct err *err)
{
    AUTO(X509_REVOKED_free) X509_REVOKED *revoked = X509_REVOKED_new();
    AUTO(ASN1_INTEGER_free) ASN1_INTEGER *serial = NULL;
    AUTO(ASN1_ENUMERATED_free) ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();
    AUTO(ASN1_TIME_free) ASN1_TIME *at = ASN1_TIME_set(NULL, (time_t)(e->revoked_ms / 1000));
    AUTO(BN_free) BIGNUM *bn = NULL;

    if (!revoked || !reason || !at || BN_hex2bn(&bn, e->serial) == 0 ||
        !(serial = BN_to_ASN1_INTEGER(bn, NULL)))
        return openssl_fail(err, "CRL entry");
    if (X509_REVOKED_set_serialNumber(revoked, serial) != 1 ||
        X509_REVOKED_set_revocationDate(revoked, at) != 1 ||
        ASN1_ENUMERATED_set(reason, e->reason) != 1 ||
        X509_REVOKED_add1_ext_i2d(revoked, NID_crl_reason, reason, 0, 0) != 1 ||
        X509_CRL_add0_revoked(crl, revoked) != 1)
        return openssl_fail(err, "CRL entry");
    revoked = NULL; /* the list's now */
    return ST_OK;
}

static enum status set_head(X509_CRL *crl, X509 *issuer, const struct span *span, struct err *err)
{
    AUTO(ASN1_TIME_free) ASN1_TIME *made = ASN1_TIME_set(NULL, (time_t)span->made);
    AUTO(ASN1_TIME_free) ASN1_TIME *next = ASN1_TIME_set(NULL, (time_t)span->next);
    X509V3_CTX ctx;
    X509_EXTENSION *ext;
    int added;

    if (!made || !next || X509_CRL_set_version(crl, X509_CRL_VERSION_2) != 1 ||
        X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)) != 1 ||
        X509_CRL_set1_lastUpdate(crl, made) != 1 || X509_CRL_set1_nextUpdate(crl, next) != 1)
        return openssl_fail(err, "CRL");
    X509V3_set_ctx(&ctx, issuer, NULL, NULL, crl, 0);
    ext = X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid:always");
    added = ext && X509_CRL_add_ext(crl, ext, -1);
    X509_EXTENSION_free(ext);
    return added ? ST_OK : openssl_fail(err, "CRL");
}

static enum status sign(X509_CRL *crl, EVP_PKEY *key, struct bytes **ret_der, struct err *err)
{
    AUTO(EVP_MD_free) EVP_MD *md = NULL;
    AUTO(bytes_free) struct bytes *der = bytes_new(CRL_BYTES_MAX);
    uint8_t *at;
    int len;

    if (!der)
        return RAISE(err, ST_NOMEM, "out of memory");
    TRY(openssl_digest_of(key, &md, err));
    if (X509_CRL_sort(crl) != 1 || X509_CRL_sign(crl, key, md) <= 0)
        return openssl_fail(err, "signing a CRL");
    len = i2d_X509_CRL(crl, NULL);
    at = len > 0 ? (uint8_t *)bytes_extend(der, (size_t)len) : NULL;
    if (!at || i2d_X509_CRL(crl, &at) != len)
        return openssl_fail(err, "CRL");
    *ret_der = TAKE(der);
    return ST_OK;
}

enum status crl_make(const struct crl_wish *wish, const struct index *index, struct bytes **ret_der,
                     struct err *err)
{
    enum crl_form form = wish->form;
    AUTO(X509_CRL_free) X509_CRL *crl = X509_CRL_new();
    struct span span = span_of(form, wish->now_ms);

    if (!crl)
        return RAISE(err, ST_NOMEM, "out of memory");
    TRY(set_head(crl, cert_x509(key_cert(wish->issuer)), &span, err));
    TRY(set_number(crl, NID_crl_number, 0, span.number, err));
    if (form == CRL_DELTA)
        TRY(set_number(crl, NID_delta_crl, 1, span.base / DAY_SECONDS, err));
    for (size_t i = 0; i < index_count(index); i++) {
        const struct index_entry *e = index_at(index, i);

        if (strcmp(e->family, wish->family) == 0 && covers(&span, form, e))
            TRY(add_revoked(crl, e, err));
    }
    return sign(crl, key_pkey(wish->issuer), ret_der, err);
}
