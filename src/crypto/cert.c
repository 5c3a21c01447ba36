#include "crypto/cert.h"

#include "base/text.h"
#include "crypto/cert_impl.h"
#include "crypto/der.h"
#include "crypto/encode.h"
#include "crypto/scheme.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <stdio.h>

enum {
    CERT_MAX = 256 * 1024, /* bytes; real ones take 1–2 KiB */
    SERIAL_MAX = 39,       /* bytes whose hex fits struct signer; RFC 5280 allows 20 */
    SERIAL_DIGITS_MAX = 96,
};

struct cert {
    atomic_int refs;
    X509 *x509;
    struct bytes *der;
    struct signer signer;
    enum algorithm algorithm;
    bool self_signed;
};

/* EKU of НУЦ РК (kz-crypto.md section 1); below: the OID's descendants count too. */
static const struct {
    const char *oid;
    unsigned role;
    bool below;
} ekus[] = {
    { "1.2.398.3.3.4.1.1", ROLE_INDIVIDUAL, false },
    { "1.2.398.3.3.4.1.2", ROLE_LEGAL_ENTITY, false },
    { "1.2.398.3.3.4.1.2.1", ROLE_CEO, false },
    { "1.2.398.3.3.4.1.2.2", ROLE_SIGN_RIGHT, false },
    { "1.2.398.3.3.4.1.2.3", ROLE_SIGN_FINANCE, false },
    { "1.2.398.3.3.4.1.2.4", ROLE_HR, false },
    { "1.2.398.3.3.4.1.2.5", ROLE_EMPLOYEE, false },
    { "1.2.398.3.3.4.2", ROLE_NCA, true },
    { "1.2.398.3.3.4.3", ROLE_INFORMATION_SYSTEM, true },
};

static const struct {
    uint32_t openssl;
    unsigned ours;
} usages[] = {
    { KU_DIGITAL_SIGNATURE, USAGE_DIGITAL_SIGNATURE },
    { KU_NON_REPUDIATION, USAGE_NON_REPUDIATION },
    { KU_KEY_ENCIPHERMENT, USAGE_KEY_ENCIPHERMENT },
    { KU_DATA_ENCIPHERMENT, USAGE_DATA_ENCIPHERMENT },
    { KU_KEY_AGREEMENT, USAGE_KEY_AGREEMENT },
    { KU_KEY_CERT_SIGN, USAGE_KEY_CERT_SIGN },
    { KU_CRL_SIGN, USAGE_CRL_SIGN },
};

static unsigned role_of(const char *oid)
{
    for (size_t i = 0; i < sizeof(ekus) / sizeof(ekus[0]); i++) {
        size_t len = strlen(ekus[i].oid);
        if (strncmp(oid, ekus[i].oid, len) == 0 &&
            (oid[len] == '\0' || (ekus[i].below && oid[len] == '.')))
            return ekus[i].role;
    }
    return 0;
}

DEFINE_AUTO(EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free)

static unsigned read_roles(const X509 *x509)
{
    AUTO(EXTENDED_KEY_USAGE_free)
    EXTENDED_KEY_USAGE *eku = X509_get_ext_d2i(x509, NID_ext_key_usage, NULL, NULL);
    char oid[OID_TEXT];
    unsigned roles = 0;

    for (int i = 0; eku && i < sk_ASN1_OBJECT_num(eku); i++) {
        oid_text(sk_ASN1_OBJECT_value(eku, i), oid);
        roles |= role_of(oid);
    }
    return roles;
}

static unsigned read_usage(X509 *x509)
{
    uint32_t bits = X509_get_key_usage(x509); /* all ones when the extension is absent */
    unsigned ours = 0;

    if (bits == UINT32_MAX)
        return 0;
    for (size_t i = 0; i < sizeof(usages) / sizeof(usages[0]); i++)
        if (bits & usages[i].openssl)
            ours |= usages[i].ours;
    return ours;
}

/* The 12 digits after the prefix in the first such attribute: serialNumber=IIN…, OU=BIN…. */
static void read_number(const X509_NAME *subject, int nid, struct slice prefix, char dst[13])
{
    for (int i = -1; (i = X509_NAME_get_index_by_NID(subject, nid, i)) >= 0;) {
        struct slice value = asn1_slice(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i)));
        if (!slice_starts(value, prefix) || !text_is_digits(slice_skip(value, prefix.len), 12))
            continue;
        text_copy_slice(dst, 13, slice_skip(value, prefix.len));
        return;
    }
}

static void read_common_name(const X509_NAME *subject, char *dst, size_t size)
{
    int i = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    AUTO(der_free) unsigned char *utf8 = NULL;

    if (i < 0)
        return;
    int len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i)));
    if (len > 0 && text_is_utf8(slice_mem(utf8, (size_t)len)))
        text_copy_slice(dst, size, slice_mem(utf8, (size_t)len));
}

static bool read_serial(const X509 *x509, char *dst, size_t size)
{
    struct slice serial = asn1_slice(X509_get0_serialNumber(x509));
    char hex[2 * SERIAL_MAX + 1];

    while (serial.len > 0 && serial.at[0] == 0)
        serial = slice_skip(serial, 1);
    if (serial.len > SERIAL_MAX)
        return false;
    text_hex(serial, hex);
    return text_copy(dst, size, hex[0] == '0' && hex[1] ? hex + 1 : hex[0] ? hex : "0");
}

static enum status read_facts(struct cert *cert, struct err *err)
{
    struct signer *facts = &cert->signer;
    const X509_NAME *subject = X509_get_subject_name(cert->x509);

    if (!asn1_time_ms(X509_get0_notBefore(cert->x509), &facts->not_before_ms) ||
        !asn1_time_ms(X509_get0_notAfter(cert->x509), &facts->not_after_ms))
        return RAISE(err, ST_FORMAT, "certificate: its dates cannot be read");
    if (!read_serial(cert->x509, facts->serial, sizeof(facts->serial)))
        return RAISE(err, ST_FORMAT, "certificate: serial number over %d bytes", SERIAL_MAX);
    name_text(subject, facts->subject, sizeof(facts->subject));
    name_text(X509_get_issuer_name(cert->x509), facts->issuer, sizeof(facts->issuer));
    read_common_name(subject, facts->common_name, sizeof(facts->common_name));
    read_number(subject, NID_serialNumber, SLICE("IIN"), facts->iin);
    read_number(subject, NID_organizationalUnitName, SLICE("BIN"), facts->bin);
    facts->roles = read_roles(cert->x509);
    facts->key_usage = read_usage(cert->x509);
    sha256(bytes_slice(cert->der), facts->sha256);
    return ST_OK;
}

/* ALG_UNKNOWN: of a kind that nobody here knows. */
static enum algorithm key_kind(const X509 *x509)
{
    const struct scheme *scheme = scheme_of_key(X509_get0_pubkey(x509));

    return scheme ? scheme->algorithm : ALG_UNKNOWN;
}

static enum status finish(struct cert *cert, struct cert **ret_cert, struct err *err)
{
    ERR_clear_error();
    /* Reads and caches the extensions once, before threads share the object. */
    if (X509_check_purpose(cert->x509, -1, 0) != 1)
        return ossl_raise(err, ST_FORMAT, "certificate: extensions");
    TRY(read_facts(cert, err));
    cert->algorithm = key_kind(cert->x509);
    cert->self_signed = X509_self_signed(cert->x509, 1) == 1;
    if (ossl_clear()) /* a fact may be missing */
        return RAISE(err, ST_NOMEM, "certificate: out of memory");
    *ret_cert = cert_ref(cert);
    return ST_OK;
}

static struct cert *cert_new(void)
{
    struct cert *cert = calloc(1, sizeof(*cert));

    if (cert)
        atomic_init(&cert->refs, 1);
    return cert;
}

enum status cert_wrap(X509 *x509, struct cert **ret_cert, struct err *err)
{
    AUTO(cert_free) struct cert *cert = cert_new();
    AUTO(der_free) unsigned char *der = NULL;

    if (!cert)
        return RAISE(err, ST_NOMEM, "certificate: out of memory");
    X509_up_ref(x509);
    cert->x509 = x509;
    ERR_clear_error();
    int len = i2d_X509(x509, &der);
    if (len <= 0 || ERR_peek_error() != 0)
        return ossl_raise(err, ST_NOMEM, "certificate");
    cert->der = bytes_dup(slice_mem(der, (size_t)len));
    if (!cert->der)
        return RAISE(err, ST_NOMEM, "certificate: out of memory");
    return finish(cert, ret_cert, err);
}

enum status cert_parse_der(struct slice der, struct cert **ret_cert, struct err *err)
{
    AUTO(cert_free) struct cert *cert = cert_new();
    const unsigned char *at = slice_u8(der);

    if (!cert)
        return RAISE(err, ST_NOMEM, "certificate: out of memory");
    if (der.len > CERT_MAX)
        return RAISE_CAUSE(err, ST_FORMAT, "certificateTooLarge", NULL, "262144 bytes",
                           "certificate: %zu bytes, the limit is %d", der.len, CERT_MAX);
    cert->x509 = d2i_X509(NULL, &at, (long)der.len);
    if (!cert->x509)
        return ossl_raise(err, ST_FORMAT, "not an X.509 certificate");
    if (at != slice_u8(der) + der.len)
        return RAISE(err, ST_FORMAT, "certificate: %zu bytes follow it",
                     der.len - (size_t)(at - slice_u8(der)));
    cert->der = bytes_dup(der);
    if (!cert->der)
        return RAISE(err, ST_NOMEM, "certificate: out of memory");
    return finish(cert, ret_cert, err);
}

enum status cert_parse(struct slice data, struct cert **ret_cert, struct err *err)
{
    AUTO(bytes_free) struct bytes *der = NULL;

    TRY(armour_one(data, "certificate", &der, err));
    return cert_parse_der(bytes_slice(der), ret_cert, err);
}

enum status cert_parse_each(struct slice data, cert_take_fn *take, void *ctx, struct err *err)
{
    enum status status = ST_OK;

    for (size_t found = 0;; found++) {
        AUTO(bytes_free) struct bytes *der = NULL;
        AUTO(cert_free) struct cert *cert = NULL;
        status = armour_next(&data, &der, err);
        if (status == ST_NOT_FOUND)
            return found > 0 ? ST_OK : RAISE(err, ST_FORMAT, "empty");
        if (status != ST_OK)
            return status;
        TRY(cert_parse_der(bytes_slice(der), &cert, err));
        TRY(take(ctx, cert, err));
    }
}

struct cert *cert_ref(const struct cert *cert)
{
    struct cert *shared = (struct cert *)cert; /* read-only to all but the counter */

    atomic_fetch_add_explicit(&shared->refs, 1, memory_order_relaxed);
    return shared;
}

void cert_free(struct cert *cert)
{
    if (!cert || atomic_fetch_sub_explicit(&cert->refs, 1, memory_order_acq_rel) > 1)
        return;
    X509_free(cert->x509);
    bytes_free(cert->der);
    free(cert);
}

const struct signer *cert_signer(const struct cert *cert)
{
    return &cert->signer;
}

struct slice cert_der(const struct cert *cert)
{
    return bytes_slice(cert->der);
}

enum algorithm cert_algorithm(const struct cert *cert)
{
    return cert->algorithm;
}

bool cert_is_self_signed(const struct cert *cert)
{
    return cert->self_signed;
}

struct x509_st *cert_x509(const struct cert *cert)
{
    return cert->x509;
}

const char *cert_label(const struct cert *cert)
{
    return cert->signer.common_name[0] ? cert->signer.common_name : cert->signer.subject;
}

/* DER's serial may be written with any number of leading zeros, hence as numbers. */
static bool serial_equals(const X509 *x509, struct slice decimal)
{
    struct slice digits = slice_trim(decimal);
    char text[SERIAL_DIGITS_MAX + 1];
    BIGNUM *parsed = NULL;

    if (digits.len == 0 || digits.len > SERIAL_DIGITS_MAX || !text_is_digits(digits, digits.len))
        return false;
    text_copy_slice(text, sizeof(text), digits);
    if (BN_dec2bn(&parsed, text) == 0) {
        ERR_clear_error();
        return false;
    }
    AUTO(BN_free) BIGNUM *theirs = parsed;
    AUTO(BN_free) BIGNUM *ours = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509), NULL);
    ERR_clear_error();
    return ours && BN_cmp(ours, theirs) == 0;
}

bool cert_matches_issuer_serial(const struct cert *cert, struct slice issuer, struct slice serial)
{
    return serial_equals(cert->x509, serial) &&
           name_equals_text(X509_get_issuer_name(cert->x509), issuer);
}
