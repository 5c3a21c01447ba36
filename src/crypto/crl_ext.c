/* The extensions of a whole revocation list (RFC 5280 section 5.2). */
#include "base/text.h"
#include "crypto/crl_impl.h"
#include "crypto/ossl.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

DEFINE_AUTO(ISSUING_DIST_POINT, ISSUING_DIST_POINT_free)
DEFINE_AUTO(AUTHORITY_KEYID, AUTHORITY_KEYID_free)

static enum status refuse_format(const char *what, const char *fault, struct err *err)
{
    return RAISE_CAUSE(err, ST_FORMAT, "crlFormat", NULL, NULL, "CRL: %s is %s", what, fault);
}

static enum status refuse_support(const char *what, struct err *err)
{
    return RAISE_CAUSE(err, ST_FORMAT, "crlUnsupported", NULL, NULL, "CRL: %s", what);
}

static enum status read_number(struct slice value, const char *what, struct crl_number *ret,
                               struct err *err)
{
    struct crl_number number = { .present = true };
    struct slice content;
    struct slice digits;

    if (!crl_der_take(&value, DER_INTEGER, &content) || value.len > 0)
        return refuse_format(what, "not of DER", err);
    const char *fault = crl_der_unsigned(content, CRL_SERIAL_MAX, &digits);
    if (fault)
        return refuse_format(what, fault, err);
    if (digits.len > 0)
        memcpy(number.at + CRL_SERIAL_MAX - digits.len, digits.at, digits.len);
    *ret = number;
    return ST_OK;
}

static enum status keep(struct slice value, struct bytes **ret, struct err *err)
{
    bytes_free(*ret);
    *ret = bytes_dup(value);
    return *ret ? ST_OK : RAISE(err, ST_NOMEM, "CRL: out of memory");
}

/* A renewed authority keeps its name: the key identifier tells whose list this is. */
static enum status read_aki(const struct crl *crl, struct slice value, struct err *err)
{
    const unsigned char *at = slice_u8(value);
    AUTO(AUTHORITY_KEYID_free)
    AUTHORITY_KEYID *aki = d2i_AUTHORITY_KEYID(NULL, &at, (long)value.len);
    const ASN1_OCTET_STRING *ours = X509_get0_subject_key_id(cert_x509(crl->issuer));

    if (!aki || at != slice_u8(value) + value.len) {
        ERR_clear_error();
        return refuse_format("its authority key identifier", "not of DER", err);
    }
    if (aki->keyid && ours && ASN1_OCTET_STRING_cmp(aki->keyid, ours) != 0)
        return RAISE_CAUSE(err, ST_FORGED, "crlIssuer", NULL, NULL,
                           "CRL: its authority key identifier names another key than its issuer's");
    return ST_OK;
}

/* What OpenSSL reads is DER only if it writes the same again. */
static bool is_same(ISSUING_DIST_POINT *idp, struct slice der)
{
    AUTO(der_free) unsigned char *again = NULL;
    int len = i2d_ISSUING_DIST_POINT(idp, &again);

    return len > 0 && slice_eq(slice_mem(again, (size_t)len), der);
}

static const char *unsupported_scope(const ISSUING_DIST_POINT *idp)
{
    if (idp->indirectCRL > 0)
        return "it is indirect (names several issuers), which is not supported";
    if (idp->onlysomereasons)
        return "it covers some reasons only, which is not supported";
    if (idp->onlyattr > 0)
        return "it is for attribute certificates";
    if (idp->onlyuser > 0 && idp->onlyCA > 0)
        return "it is for users only and for authorities only at once";
    if (idp->distpoint && idp->distpoint->type != 0)
        return "its distribution point is relative to a name, which is not supported";
    return NULL;
}

enum status crl_read_scope(struct crl *crl, struct err *err)
{
    struct slice der = bytes_slice(crl->idp);
    const unsigned char *at = slice_u8(der);

    crl->facts.scope = CRL_SCOPE_ALL;
    if (!crl->idp)
        return ST_OK;
    AUTO(ISSUING_DIST_POINT_free)
    ISSUING_DIST_POINT *idp = d2i_ISSUING_DIST_POINT(NULL, &at, (long)der.len);
    if (!idp || at != slice_u8(der) + der.len || !is_same(idp, der)) {
        ERR_clear_error();
        return refuse_format("its issuing distribution point", "not of DER", err);
    }
    const char *fault = unsupported_scope(idp);
    if (fault)
        return refuse_support(fault, err);
    if (idp->onlyuser > 0)
        crl->facts.scope = CRL_SCOPE_USERS;
    else if (idp->onlyCA > 0)
        crl->facts.scope = CRL_SCOPE_AUTHORITIES;
    return ST_OK;
}

static enum status read_one(struct crl *crl, const struct crl_extension *ext, struct err *err)
{
    char oid[3 * 16 + 1];
    struct slice head = { ext->oid.at, ext->oid.len < 16 ? ext->oid.len : 16 };

    switch (ext->id) {
    case CRL_EXT_NUMBER:
        return read_number(ext->value, "its number", &crl->facts.number, err);
    case CRL_EXT_DELTA:
        return read_number(ext->value, "its base number", &crl->facts.base_number, err);
    case CRL_EXT_IDP:
        TRY(keep(ext->value, &crl->idp, err));
        return crl_read_scope(crl, err);
    case CRL_EXT_AKI:
        return read_aki(crl, ext->value, err);
    case CRL_EXT_FRESHEST:
        return keep(ext->value, &crl->freshest, err);
    default:
        if (!ext->critical)
            return ST_OK;
        text_hex(head, oid);
        return RAISE_CAUSE(err, ST_FORMAT, "crlUnsupported", NULL, NULL,
                           "CRL: it has a critical extension that is not known here (OID %s)", oid);
    }
}

enum status crl_read_extensions(struct crl *crl, struct slice extensions, struct err *err)
{
    bool seen[CRL_EXT_IDS] = { false };

    while (extensions.len > 0) {
        struct crl_extension ext;
        const char *fault = crl_extension_next(&extensions, &ext);
        if (fault)
            return RAISE_CAUSE(err, ST_FORMAT, "crlFormat", NULL, NULL, "CRL: %s", fault);
        if (ext.id != CRL_EXT_OTHER && seen[ext.id])
            return RAISE_CAUSE(err, ST_FORMAT, "crlFormat", NULL, NULL,
                               "CRL: its extension 2.5.29.%u stands in it twice", ext.id);
        seen[ext.id] = true;
        TRY(read_one(crl, &ext, err));
    }
    if (crl->facts.base_number.present && !crl->facts.number.present)
        return refuse_format("the number of this delta", "missing", err);
    return ST_OK;
}
