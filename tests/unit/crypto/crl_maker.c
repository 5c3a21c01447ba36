#include "unit/crypto/crl_maker.h"

#include "base/text.h"
#include "crypto/crl_der.h"
#include "crypto/encode.h"
#include "crypto/gost/kzgost.h"
#include "crypto/scheme.h"

#include <openssl/x509v3.h>
#include <time.h>

enum { PART_MAX = 128 * 1024 * 1024 };

static void add(struct bytes *to, unsigned tag, struct slice content)
{
    der_add(to, (enum der_tag)tag, content);
}

void add_extension(struct bytes *to, uint8_t arc, bool critical, struct slice value)
{
    struct bytes *content = bytes_new(PART_MAX);
    const uint8_t oid[] = { 0x55, 0x1d, arc };

    add(content, CRL_TAG_OID, slice_mem(oid, sizeof(oid)));
    if (critical)
        add(content, CRL_TAG_BOOLEAN, SLICE("\xff"));
    add(content, DER_OCTET_STRING, value);
    add(to, DER_SEQUENCE, bytes_slice(content));
    bytes_free(content);
}

void add_entry(struct bytes *to, const struct entry_params *entry)
{
    struct bytes *content = bytes_new(PART_MAX);
    struct bytes *extensions = bytes_new(PART_MAX);
    struct slice date = slice_str(entry->date ? entry->date : "260711112455Z");

    add(content, DER_INTEGER, entry->serial);
    add(content, date.len == 13 ? CRL_TAG_UTC_TIME : CRL_TAG_GENERALIZED_TIME, date);
    if (entry->reason != NO_REASON) {
        const uint8_t reason[] = { CRL_TAG_ENUMERATED, 1, (uint8_t)entry->reason };
        add_extension(extensions, CRL_EXT_REASON, false, slice_mem(reason, sizeof(reason)));
    }
    bytes_add(extensions, entry->more);
    if (extensions->len > 0)
        add(content, DER_SEQUENCE, bytes_slice(extensions));
    add(to, DER_SEQUENCE, bytes_slice(content));
    bytes_free(extensions);
    bytes_free(content);
}

static void add_time(struct bytes *to, int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm civil;
    char text[16];

    gmtime_r(&seconds, &civil);
    assert_int_equal(strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &civil), 15);
    add(to, CRL_TAG_UTC_TIME, slice_str(text + 2));
}

static void add_numbered(struct bytes *to, uint8_t arc, bool critical, int64_t number)
{
    AUTO(ASN1_INTEGER_free) ASN1_INTEGER *integer = ASN1_INTEGER_new();
    AUTO(der_free) unsigned char *der = NULL;

    if (number == 0)
        return;
    assert_int_equal(ASN1_INTEGER_set_int64(integer, number), 1);
    int len = i2d_ASN1_INTEGER(integer, &der);
    add_extension(to, arc, critical, slice_mem(der, (size_t)len));
}

static void add_aki(struct bytes *to, const struct crl_params *p)
{
    struct slice id = asn1_slice(X509_get0_subject_key_id(p->issuer->x509));
    struct bytes *sequence = bytes_new(PART_MAX);
    struct bytes *whole = bytes_new(PART_MAX);

    add(sequence, 0x80, p->foreign_aki ? SLICE("another's") : id);
    add(whole, DER_SEQUENCE, bytes_slice(sequence));
    add_extension(to, CRL_EXT_AKI, false, bytes_slice(whole));
    bytes_free(whole);
    bytes_free(sequence);
}

static void add_extensions(struct bytes *to, const struct crl_params *p)
{
    struct bytes *list = bytes_new(PART_MAX);
    struct bytes *sequence = bytes_new(PART_MAX);

    add_numbered(list, CRL_EXT_NUMBER, false, p->number);
    add_numbered(list, CRL_EXT_DELTA, true, p->base_number);
    if (!p->no_aki)
        add_aki(list, p);
    bytes_add(list, p->more);
    add(sequence, DER_SEQUENCE, bytes_slice(list));
    if (!p->no_extensions)
        add(to, CRL_TAG_0, bytes_slice(sequence));
    bytes_free(sequence);
    bytes_free(list);
}

static void add_algorithm(struct bytes *to, const struct crl_params *p, const char *oid)
{
    const struct made *signer = p->signer ? p->signer : p->issuer;
    AUTO(X509_ALGOR_free) X509_ALGOR *algor = X509_ALGOR_new();
    AUTO(der_free) unsigned char *der = NULL;

    if (!oid)
        oid = scheme_of_key(signer->pkey)->signature_oid;
    assert_int_equal(X509_ALGOR_set0(algor, OBJ_txt2obj(oid, 1), V_ASN1_NULL, NULL), 1);
    int len = i2d_X509_ALGOR(algor, &der);
    bytes_add(to, slice_mem(der, (size_t)len));
}

static struct bytes *make_signed(const struct crl_params *p)
{
    const struct cert *named = p->named ? p->named : p->issuer->cert;
    AUTO(der_free) unsigned char *name = NULL;
    struct bytes *content = bytes_new(PART_MAX);
    struct bytes *tbs = bytes_new(PART_MAX);
    int len = i2d_X509_NAME(X509_get_subject_name(cert_x509(named)), &name);

    if (!p->version)
        add(content, DER_INTEGER, SLICE("\x01"));
    else if (strcmp(p->version, "-") != 0)
        add(content, DER_INTEGER, slice_str(p->version));
    add_algorithm(content, p, p->inner_differs ? "1.2.840.113549.1.1.12" : p->signature_oid);
    bytes_add(content, slice_mem(name, (size_t)len));
    add_time(content, p->this_ms ? p->this_ms : NOW_MS - 3600000);
    if (p->next_ms >= 0)
        add_time(content, p->next_ms ? p->next_ms : NOW_MS + DAY_MS);
    if (p->entries.len > 0 || p->empty_entries)
        add(content, DER_SEQUENCE, p->entries);
    add_extensions(content, p);
    add(tbs, DER_SEQUENCE, bytes_slice(content));
    bytes_free(content);
    assert_false(tbs->failed);
    return tbs;
}

struct bytes *make_crl(const struct crl_params *p)
{
    const struct made *signer = p->signer ? p->signer : p->issuer;
    struct bytes *list = make_signed(p);
    struct bytes *whole = bytes_new(PART_MAX);
    struct bytes *bits = bytes_new(1024);
    AUTO(bytes_free) struct bytes *signature = NULL;
    struct err err;

    assert_ok(key_sign(signer->key, bytes_slice(list), &signature, &err), &err);
    add_algorithm(list, p, p->signature_oid);
    bytes_add(bits, slice_mem("\0", 1));
    bytes_add(bits, bytes_slice(signature));
    add(list, DER_BIT_STRING, bytes_slice(bits));
    add(whole, DER_SEQUENCE, bytes_slice(list));
    assert_false(whole->failed);
    bytes_free(bits);
    bytes_free(list);
    return whole;
}

void many_serial(size_t i, uint8_t dst[20])
{
    uint8_t hash[SHA256_BYTES];

    sha256(slice_mem(&i, sizeof(i)), hash);
    memcpy(dst, hash, 20);
    dst[0] = (uint8_t)((dst[0] & 0x3f) | 0x40); /* positive, and of 20 bytes always */
}

struct bytes *many_entries(size_t count)
{
    struct bytes *entries = bytes_new(PART_MAX);
    const struct slice date = SLICE("260711112455Z");
    static const uint8_t reason[] = { 0x30, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55,
                                      0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01, 0x04 };

    for (size_t i = 0; i < count; i++) {
        bool with_reason = i % 4 == 0;
        uint8_t *at = (uint8_t *)bytes_extend(entries, with_reason ? 53 : 39);
        assert_non_null(at);
        *at++ = DER_SEQUENCE;
        *at++ = with_reason ? 51 : 37;
        *at++ = DER_INTEGER;
        *at++ = 20;
        many_serial(i, at);
        at += 20;
        *at++ = CRL_TAG_UTC_TIME;
        *at++ = 13;
        memcpy(at, date.at, 13);
        at += 13;
        if (with_reason)
            memcpy(at, reason, sizeof(reason));
    }
    return entries;
}

static void put_points(X509 *x509, int nid, const char *value)
{
    X509V3_CTX ctx;

    if (!value)
        return;
    X509V3_set_ctx(&ctx, NULL, x509, NULL, NULL, 0);
    X509V3_set_ctx_nodb(&ctx);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(x509, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

struct cert *with_points(const struct made *made, const struct made *issuer, const char *base,
                         const char *delta)
{
    AUTO(X509_free) X509 *x509 = X509_dup(made->x509);
    const struct scheme *scheme = scheme_of_key(issuer->pkey);
    AUTO(EVP_MD_free) EVP_MD *md = EVP_MD_fetch(NULL, scheme->digest, NULL);
    AUTO(der_free) unsigned char *der = NULL;
    struct cert *cert = NULL;
    struct err err;

    put_points(x509, NID_crl_distribution_points, base);
    put_points(x509, NID_freshest_crl, delta);
    assert_true(X509_sign(x509, issuer->pkey, md) > 0);
    int len = i2d_X509(x509, &der);
    assert_ok(cert_parse(slice_mem(der, (size_t)len), &cert, &err), &err);
    return cert;
}

struct crl *parsed(const struct bytes *der, const struct made *issuer)
{
    const struct crl_source source = { .data = bytes_slice(der), .issuer = issuer->cert };
    struct crl *crl = NULL;
    struct err err;

    assert_ok(crl_parse(&source, &crl, &err), &err);
    return crl;
}
