/* A revocation list read once: what is accepted, and every way of being refused. */
#include "unit/crypto/crl_maker.h"

#include "base/text.h"
#include "crypto/crl_der.h"
#include "crypto/gost/kzgost.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

DEFINE_AUTO(X509_CRL, X509_CRL_free)

static struct pki *pki;      /* ГОСТ 34.10-2015-512 */
static struct pki *rsa;      /* RSA */
static struct made namesake; /* the same name and another key */

static int setup(void **state)
{
    setup_crypto(state);
    pki = pki_new(NULL);
    rsa = pki_new("RSA");
    namesake = made_new(&(struct made_params){ .cn = "CA", .ca = true, .usage = "cRLSign" }, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pki_free(pki);
    pki_free(rsa);
    made_free(&namesake);
    return 0;
}

static enum status parse(struct slice data, const struct cert *issuer, struct err *err)
{
    const struct crl_source source = { .data = data, .issuer = issuer };
    AUTO(crl_free) struct crl *crl = NULL;

    return crl_parse(&source, &crl, err);
}

static void expect_refused(const struct crl_params *p, enum status status, const char *code,
                           const char *text)
{
    AUTO(bytes_free) struct bytes *der = make_crl(p);
    struct err err = { 0 };

    assert_int_equal(parse(bytes_slice(der), p->issuer->cert, &err), status);
    if (strcmp(err.code, code) != 0 || !strstr(err.text, text))
        fail_msg("«%s: %s» instead of «%s: %s»", err.code, err.text, code, text);
}

static struct crl_params usual(void)
{
    return (struct crl_params){ .issuer = &pki->ca, .number = 14 };
}

/* The DER of a list as OpenSSL makes it: an entry per serial, with its number as reason. */
static struct bytes *openssl_crl(const struct made *issuer, const char *digest)
{
    AUTO(X509_CRL_free) X509_CRL *crl = X509_CRL_new();
    AUTO(ASN1_TIME_free) ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)(NOW_MS / 1000));
    AUTO(ASN1_TIME_free) ASN1_TIME *to = ASN1_TIME_set(NULL, (time_t)(NOW_MS / 1000 + 3600));
    AUTO(ASN1_INTEGER_free) ASN1_INTEGER *number = ASN1_INTEGER_new();
    AUTO(EVP_MD_free) EVP_MD *md = EVP_MD_fetch(NULL, digest, NULL);
    AUTO(der_free) unsigned char *der = NULL;

    X509_CRL_set_version(crl, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->x509));
    X509_CRL_set1_lastUpdate(crl, from);
    X509_CRL_set1_nextUpdate(crl, to);
    ASN1_INTEGER_set(number, 300);
    X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0);
    for (long serial = 1; serial <= 6; serial++) {
        X509_REVOKED *revoked = X509_REVOKED_new();
        AUTO(ASN1_INTEGER_free) ASN1_INTEGER *integer = ASN1_INTEGER_new();
        ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();
        ASN1_INTEGER_set(integer, serial * 100);
        X509_REVOKED_set_serialNumber(revoked, integer);
        X509_REVOKED_set_revocationDate(revoked, from);
        ASN1_ENUMERATED_set(reason, serial);
        X509_REVOKED_add1_ext_i2d(revoked, NID_crl_reason, reason, 0, 0);
        ASN1_ENUMERATED_free(reason);
        X509_CRL_add0_revoked(crl, revoked);
    }
    assert_true(X509_CRL_sign(crl, issuer->pkey, md) > 0);
    int len = i2d_X509_CRL(crl, &der);
    assert_true(len > 0);
    return bytes_dup(slice_mem(der, (size_t)len));
}

static void lists_of_openssl_are_read_by_any_algorithm(void **state) /* req 0.24 */
{
    const struct {
        const struct made *issuer;
        const char *digest;
        enum algorithm algorithm;
    } rows[] = {
        { &pki->ca, KZGOST_DIGEST_2015_512, ALG_GOST2015_512 },
        { &rsa->ca, "SHA256", ALG_RSA_SHA256 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(bytes_free) struct bytes *der = openssl_crl(rows[i].issuer, rows[i].digest);
        AUTO(crl_free) struct crl *crl = parsed(der, rows[i].issuer);
        const struct crl_facts *facts = crl_facts(crl);
        struct crl_entry entry;
        char number[CRL_NUMBER_TEXT];
        crl_number_text(&facts->number, number);
        assert_string_equal(number, "300");
        assert_int_equal(facts->algorithm, rows[i].algorithm);
        assert_int_equal(facts->count, 6);
        assert_int_equal(facts->this_update_ms, NOW_MS);
        assert_int_equal(facts->next_update_ms, NOW_MS + 3600000);
        assert_false(crl_is_delta(crl));
        assert_true(crl_find(crl, SLICE("\x02\x58"), &entry)); /* 600 */
        assert_int_equal(entry.reason, REASON_CERTIFICATE_HOLD);
        assert_int_equal(entry.revoked_ms, NOW_MS);
        assert_true(crl_find(crl, SLICE("\0\0\x64"), &entry)); /* 100 */
        assert_int_equal(entry.reason, REASON_KEY_COMPROMISE);
        assert_false(crl_find(crl, SLICE("\x64\0"), &entry));
        assert_false(crl_find(crl, SLICE(""), &entry));
    }
}

/* The vectors' README: signatures valid under nca_gost2022_test. */
static void real_lists_are_read(void **state) /* req 0.24 */
{
    static const uint8_t held[] = { 0x1C, 0x10, 0x40, 0x1F, 0x84, 0x57, 0xB1, 0x5D, 0xA3, 0x97,
                                    0x97, 0xB9, 0x69, 0x3A, 0x63, 0xAC, 0x2C, 0xF8, 0xC5, 0x06 };

    (void)state;
    if (!have_vectors())
        skip();
    AUTO(cert_free) struct cert *issuer = vector_cert("ca-test/nca_gost2022_test.cer");
    AUTO(bytes_free) struct bytes *base = vector("crl/nca_gost2022_test.crl");
    AUTO(bytes_free) struct bytes *delta = vector("crl/nca_gost2022_d_test.crl");
    const struct made as_issuer = { .cert = issuer };
    AUTO(crl_free) struct crl *whole = parsed(base, &as_issuer);
    AUTO(crl_free) struct crl *change = parsed(delta, &as_issuer);
    struct crl_entry entry;
    char number[CRL_NUMBER_TEXT];

    crl_number_text(&crl_facts(whole)->number, number);
    assert_string_equal(number, "14");
    assert_false(crl_is_delta(whole));
    assert_true(crl_find(whole, slice_mem(held, sizeof(held)), &entry));
    assert_int_equal(entry.reason, REASON_CERTIFICATE_HOLD);
    assert_int_equal(entry.revoked_ms, INT64_C(1721302469000)); /* 2024-07-18T11:34:29Z */
    assert_true(crl_is_delta(change));
    assert_int_equal(crl_facts(change)->count, 0);
    crl_number_text(&crl_facts(change)->number, number);
    assert_string_equal(number, "10");
    crl_number_text(&crl_facts(change)->base_number, number);
    assert_string_equal(number, "14");
    /* and not under another authority */
    AUTO(cert_free) struct cert *root = vector_cert("ca-test/root_test_gost_2022.cer");
    struct err err;
    assert_int_equal(parse(bytes_slice(base), root, &err), ST_FORGED);
    assert_string_equal(err.code, "crlIssuer");
}

/* Every serial of a real list, as OpenSSL reads it, is found; and so are its neighbours not. */
static void a_real_list_reads_as_openssl_reads_it(void **state)
{
    (void)state;
    if (!have_vectors())
        skip();
    AUTO(cert_free) struct cert *issuer = vector_cert("ca-test/nca_gost2022_test.cer");
    AUTO(bytes_free) struct bytes *der = vector("crl/nca_gost2022_test.crl");
    const struct made as_issuer = { .cert = issuer };
    AUTO(crl_free) struct crl *crl = parsed(der, &as_issuer);
    const unsigned char *at = slice_u8(bytes_slice(der));
    AUTO(X509_CRL_free) X509_CRL *theirs = d2i_X509_CRL(NULL, &at, (long)der->len);
    STACK_OF(X509_REVOKED) *all = X509_CRL_get_REVOKED(theirs);

    assert_int_equal(crl_facts(crl)->count, sk_X509_REVOKED_num(all));
    for (int i = 0; i < sk_X509_REVOKED_num(all); i++) {
        const X509_REVOKED *revoked = sk_X509_REVOKED_value(all, i);
        AUTO(bytes_free)
        struct bytes *serial = bytes_dup(asn1_slice(X509_REVOKED_get0_serialNumber(revoked)));
        struct crl_entry entry;
        int64_t at_ms;
        assert_true(asn1_time_ms(X509_REVOKED_get0_revocationDate(revoked), &at_ms));
        assert_true(crl_find(crl, bytes_slice(serial), &entry));
        assert_int_equal(entry.revoked_ms, at_ms);
        serial->at[serial->len - 1] ^= 1;
        assert_false(crl_find(crl, bytes_slice(serial), &entry));
    }
}

static void one_bit_anywhere_and_the_list_is_refused(void **state)
{
    struct crl_params p = usual();
    struct bytes *entries = bytes_new(1024);

    (void)state;
    add_entry(entries, &(struct entry_params){ .serial = SLICE("\x12\x34"), .reason = 6 });
    p.entries = bytes_slice(entries);
    AUTO(bytes_free) struct bytes *der = make_crl(&p);
    for (size_t i = 0; i < der->len; i++) {
        struct err err;
        der->at[i] = (char)(der->at[i] ^ 1 << i % 8);
        assert_int_not_equal(parse(bytes_slice(der), pki->ca.cert, &err), ST_OK);
        der->at[i] = (char)(der->at[i] ^ 1 << i % 8);
    }
    bytes_free(entries);
}

static void cut_and_padded_lists_are_refused(void **state)
{
    struct crl_params p = usual();
    struct bytes *entries = bytes_new(1024);
    struct err err;

    (void)state;
    add_entry(entries, &(struct entry_params){ .serial = SLICE("\x12\x34"), .reason = 6 });
    p.entries = bytes_slice(entries);
    AUTO(bytes_free) struct bytes *der = make_crl(&p);
    assert_ok(parse(bytes_slice(der), pki->ca.cert, &err), &err);
    for (size_t len = 0; len < der->len; len++) {
        /* a copy of its own, so that reading past its end is seen by the sanitizer */
        AUTO(bytes_free) struct bytes *cut = bytes_dup(slice_mem(der->at, len));
        assert_int_equal(parse(bytes_slice(cut), pki->ca.cert, &err), ST_FORMAT);
        assert_string_equal(err.code, "crlFormat");
    }
    AUTO(bytes_free) struct bytes *padded = bytes_new(der->len + 1);
    bytes_add(padded, bytes_slice(der));
    bytes_add(padded, SLICE("\n"));
    assert_int_equal(parse(bytes_slice(padded), pki->ca.cert, &err), ST_FORMAT);
    assert_non_null(strstr(err.text, "something follows its end"));
    bytes_free(entries);
}

static void pem_and_base64_are_read_too(void **state)
{
    AUTO(bytes_free) struct bytes *der = openssl_crl(&rsa->ca, "SHA256");
    const unsigned char *at = slice_u8(bytes_slice(der));
    AUTO(X509_CRL_free) X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)der->len);
    AUTO(BIO_free_all) BIO *pem = BIO_new(BIO_s_mem());
    char *text = NULL;
    struct err err;

    (void)state;
    assert_int_equal(PEM_write_bio_X509_CRL(pem, crl), 1);
    long len = BIO_get_mem_data(pem, &text);
    assert_ok(parse(slice_mem(text, (size_t)len), rsa->ca.cert, &err), &err);
    assert_int_equal(parse(SLICE("<html>503</html>"), rsa->ca.cert, &err), ST_FORMAT);
    assert_int_equal(parse(SLICE(""), rsa->ca.cert, &err), ST_FORMAT);
}

static const struct {
    const char *text;
    struct entry_params entry;
    const char *code;
} wrong_entries[] = {
    { "serial number is negative", { .serial = SLICE("\xff\x01") }, "crlEntry" },
    { "shortest form", { .serial = SLICE("\x00\x01") }, "crlEntry" },
    { "shortest form", { .serial = SLICE("\xff\x81") }, "crlEntry" },
    { "serial number is empty", { .serial = SLICE("") }, "crlEntry" },
    { "longer than it may be",
      { .serial = SLICE("\x01"
                        "23456789012345678901") },
      "crlEntry" },
    { "revocation date", { .serial = SLICE("\x01"), .date = "260711112455+" }, "crlEntry" },
    { "revocation date", { .serial = SLICE("\x01"), .date = "260230112455Z" }, "crlEntry" },
    { "revocation date", { .serial = SLICE("\x01"), .date = "2607111124550Z" }, "crlEntry" },
    { "1970", { .serial = SLICE("\x01"), .date = "550711112455Z" }, "crlEntry" },
    { "2106", { .serial = SLICE("\x01"), .date = "21070101000000Z" }, "crlEntry" },
    { "reason code is unknown", { .serial = SLICE("\x01"), .reason = 7 }, "crlEntry" },
    { "reason code is unknown", { .serial = SLICE("\x01"), .reason = 11 }, "crlEntry" },
    { "no delta", { .serial = SLICE("\x01"), .reason = 8 }, "crlEntry" },
    { "two reason codes",
      { .serial = SLICE("\x01"),
        .reason = 1,
        .more = SLICE("\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01\x04") },
      "crlEntry" },
    { "indirect",
      { .serial = SLICE("\x01"),
        .more = SLICE("\x30\x0c\x06\x03\x55\x1d\x1d\x01\x01\xff\x04\x02\x30\x00") },
      "crlEntry" },
    { "critical extension that is not known",
      { .serial = SLICE("\x01"),
        .more = SLICE("\x30\x0c\x06\x03\x55\x1d\x63\x01\x01\xff\x04\x02\x30\x00") },
      "crlEntry" },
    { "critical flag",
      { .serial = SLICE("\x01"),
        .more = SLICE("\x30\x0c\x06\x03\x55\x1d\x63\x01\x01\x01\x04\x02\x30\x00") },
      "crlEntry" },
    { "critical flag",
      { .serial = SLICE("\x01"),
        .more = SLICE("\x30\x0c\x06\x03\x55\x1d\x63\x01\x01\x00\x04\x02\x30\x00") },
      "crlEntry" },
    { "not of DER", /* a length in two bytes where one is enough */
      { .serial = SLICE("\x01"),
        .more = SLICE("\x30\x81\x09\x06\x03\x55\x1d\x63\x04\x02\x30\x00") },
      "crlEntry" },
    { "0102030405 stands in it twice", { .serial = SLICE("\1\2\3\4\5") }, "crlDuplicate" },
};

static void entries_are_strict(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(wrong_entries) / sizeof(wrong_entries[0]); i++) {
        struct bytes *entries = bytes_new(1024);
        struct crl_params p = usual();
        add_entry(entries, &(struct entry_params){ .serial = SLICE("\1\2\3\4\5"), .reason = 0 });
        add_entry(entries, &(struct entry_params){ .serial = SLICE("\3"), .reason = NO_REASON });
        add_entry(entries, &wrong_entries[i].entry);
        p.entries = bytes_slice(entries);
        expect_refused(&p, ST_FORMAT, wrong_entries[i].code, wrong_entries[i].text);
        bytes_free(entries);
    }
}

static void unusual_entries_are_accepted(void **state)
{
    static const uint8_t large[21] = { 0, 0xff, 1 };
    const struct entry_params rows[] = {
        { .serial = SLICE("\x7f"), .reason = NO_REASON },
        { .serial = SLICE("\0"), .reason = NO_REASON }, /* zero */
        { .serial = slice_mem(large, sizeof(large)),
          .reason = NO_REASON }, /* 20 bytes and a sign */
        { .serial = SLICE("\0\x80"), .reason = 10, .date = "20260711112455Z" },
        { .serial = SLICE("\2"),
          .reason = NO_REASON,
          .more =
              SLICE("\x30\x09\x06\x03\x55\x1d\x63\x04\x02\x30\x00") }, /* unknown, not critical */
    };
    struct bytes *entries = bytes_new(1024);
    struct crl_params p = usual();
    struct crl_entry entry;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        add_entry(entries, &rows[i]);
    p.entries = bytes_slice(entries);
    AUTO(bytes_free) struct bytes *der = make_crl(&p);
    AUTO(crl_free) struct crl *crl = parsed(der, p.issuer);
    assert_int_equal(crl_facts(crl)->count, 5);
    assert_int_equal(crl_table_bytes(crl), 5 * 25);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_true(crl_find(crl, rows[i].serial, &entry));
    assert_true(crl_find(crl, SLICE("\x80"), &entry));
    assert_int_equal(entry.reason, REASON_AA_COMPROMISE);
    assert_int_equal(entry.revoked_ms, INT64_C(1783769095000));
    assert_false(crl_find(crl, SLICE("\3"), &entry));
    assert_false(crl_find(crl, SLICE("0123456789012345678901"), &entry));
    bytes_free(entries);
}

static void empty_lists_are_accepted(void **state)
{
    struct crl_params p = usual();
    struct crl_entry entry;

    (void)state;
    for (int i = 0; i < 2; i++) {
        p.empty_entries = i == 1;
        AUTO(bytes_free) struct bytes *der = make_crl(&p);
        AUTO(crl_free) struct crl *crl = parsed(der, p.issuer);
        assert_int_equal(crl_facts(crl)->count, 0);
        assert_false(crl_find(crl, SLICE("\1"), &entry));
        assert_false(crl_find(crl, SLICE(""), &entry));
    }
}

#define WITH(...)                                                                                  \
    (struct crl_params)                                                                            \
    {                                                                                              \
        .issuer = &pki->ca, __VA_ARGS__                                                            \
    }
#define EXT(arc, flag, value)                                                                      \
    .more = SLICE("\x30" flag "\x06\x03\x55\x1d" arc "\x01\x01\xff\x04" value)

static void frames_and_extensions_are_strict(void **state)
{
    const struct {
        const char *code;
        const char *text;
        struct crl_params p;
    } rows[] = {
        { "crlFormat", "not of version 2", WITH(.version = "-", .no_extensions = true) },
        { "crlFormat", "not of version 2", WITH(.version = "\2") },
        { "crlFormat", "not the same inside and outside", WITH(.inner_differs = true) },
        { "crlFormat", "no nextUpdate", WITH(.next_ms = -1) },
        { "crlFormat", "no nextUpdate",
          WITH(.next_ms = -1, .no_extensions = true, .empty_entries = true) },
        { "crlFormat", "before its thisUpdate", WITH(.next_ms = NOW_MS - DAY_MS) },
        { "crlFormat", "number is negative", WITH(.number = -5) },
        { "crlFormat", "base number is negative", WITH(.base_number = -5) },
        { "crlFormat", "number of this delta is missing", WITH(.base_number = 14) },
        { "crlFormat", "2.5.29.20 stands in it twice",
          WITH(.number = 14, .more = SLICE("\x30\x0a\x06\x03\x55\x1d\x14\x04\x03\x02\x01\x05")) },
        { "crlFormat", "its number is not of DER",
          WITH(.more = SLICE("\x30\x0b\x06\x03\x55\x1d\x14\x04\x04\x02\x01\x05\x05")) },
        { "crlFormat", "an extension is not of DER", WITH(.more = SLICE("\x30\x01\x06")) },
        { "crlFormat", "authority key identifier is not of DER",
          WITH(.no_aki = true, .more = SLICE("\x30\x09\x06\x03\x55\x1d\x23\x04\x02\x04\x00")) },
        { "crlUnsupported", "critical extension that is not known here (OID 551d63)",
          WITH(EXT("\x63", "\x0c", "\x02\x05\x00")) },
        { "crlUnsupported", "indirect", WITH(EXT("\x1c", "\x0f", "\x05\x30\x03\x84\x01\xff")) },
        { "crlUnsupported", "attribute", WITH(EXT("\x1c", "\x0f", "\x05\x30\x03\x85\x01\xff")) },
        { "crlUnsupported", "some reasons",
          WITH(EXT("\x1c", "\x10", "\x06\x30\x04\x83\x02\x06\x40")) },
        { "crlUnsupported", "at once",
          WITH(EXT("\x1c", "\x12", "\x08\x30\x06\x81\x01\xff\x82\x01\xff")) },
        { "crlUnsupported", "relative to a name",
          WITH(EXT("\x1c", "\x1b",
                   "\x11\x30\x0f\xa0\x0d\xa1\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02"
                   "ab")) },
        { "crlFormat", "issuing distribution point is not of DER", /* FALSE is left out in DER */
          WITH(EXT("\x1c", "\x0f", "\x05\x30\x03\x81\x01\x00")) },
        { "crlFormat", "issuing distribution point is not of DER",
          WITH(EXT("\x1c", "\x0c", "\x02\x31\x00")) },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        expect_refused(&rows[i].p, ST_FORMAT, rows[i].code, rows[i].text);
}

static void scopes_are_read(void **state)
{
    const struct {
        struct crl_params p;
        enum crl_scope scope;
    } rows[] = {
        { WITH(.number = 1), CRL_SCOPE_ALL },
        { WITH(EXT("\x1c", "\x0c", "\x02\x30\x00")), CRL_SCOPE_ALL },
        { WITH(EXT("\x1c", "\x0f", "\x05\x30\x03\x81\x01\xff")), CRL_SCOPE_USERS },
        { WITH(EXT("\x1c", "\x0f", "\x05\x30\x03\x82\x01\xff")), CRL_SCOPE_AUTHORITIES },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(bytes_free) struct bytes *der = make_crl(&rows[i].p);
        AUTO(crl_free) struct crl *crl = parsed(der, rows[i].p.issuer);
        assert_int_equal(crl_facts(crl)->scope, rows[i].scope);
    }
}

static void only_the_issuers_own_list_counts(void **state)
{
    struct made unfit =
        made_new(&(struct made_params){ .cn = "CA", .ca = true, .usage = "keyCertSign" }, NULL);
    const struct {
        const char *code;
        const char *text;
        struct crl_params p;
    } rows[] = {
        { "crlIssuer", "another issuer's", WITH(.named = pki->root.cert) },
        { "crlSignature", "does not belong to the key", WITH(.signer = &namesake) },
        { "crlIssuer", "names another key", WITH(.foreign_aki = true) },
        { "crlIssuer", "not for signing lists", { .issuer = &unfit } },
        { "crlAlgorithm", "not that of its issuer's key", WITH(.signer = &rsa->ca) },
        { "crlAlgorithm", "not allowed", WITH(.signature_oid = "1.2.840.113549.1.1.5") },
        { "crlAlgorithm", "not allowed", WITH(.signature_oid = "1.2.3.4") },
        { "crlAlgorithm", "not that of its issuer's key",
          WITH(.signature_oid = "1.2.398.3.10.1.1.1.2") },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        expect_refused(&rows[i].p, ST_FORGED, rows[i].code, rows[i].text);
    made_free(&unfit);
}

static void the_callers_list_of_algorithms_is_kept(void **state)
{
    AUTO(bytes_free) struct bytes *der = openssl_crl(&rsa->ca, "SHA256");
    AUTO(bytes_free) struct bytes *weak = openssl_crl(&rsa->ca, "SHA1");
    struct crl_source source = { bytes_slice(der), rsa->ca.cert, ALG_GOST };
    AUTO(crl_free) struct crl *crl = NULL;
    struct err err;

    (void)state;
    assert_int_equal(crl_parse(&source, &crl, &err), ST_FORGED);
    assert_string_equal(err.code, "crlAlgorithm");
    assert_null(crl);
    source = (struct crl_source){ bytes_slice(weak), rsa->ca.cert, 0 };
    assert_int_equal(crl_parse(&source, &crl, &err), ST_FORGED);
    source.algorithms = ALG_RSA_SHA1;
    assert_ok(crl_parse(&source, &crl, &err), &err);
}

static void numbers_are_written_in_decimal(void **state)
{
    static const struct {
        struct crl_number number;
        const char *text;
    } rows[] = {
        { { .present = false }, "none" },
        { { .present = true }, "0" },
        { { .present = true, .at = { [19] = 9 } }, "9" },
        { { .present = true, .at = { [18] = 1 } }, "256" },
        { { .present = true, .at = { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
                                     255, 255, 255, 255, 255, 255, 255, 255, 255, 255 } },
          "1461501637330902918203684832716283019655932542975" },
    };
    char text[CRL_NUMBER_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        crl_number_text(&rows[i].number, text);
        assert_string_equal(text, rows[i].text);
    }
    assert_int_equal(crl_number_compare(&rows[2].number, &rows[3].number), -1);
    assert_int_equal(crl_number_compare(&rows[3].number, &rows[2].number), 1);
    assert_int_equal(crl_number_compare(&rows[3].number, &rows[3].number), 0);
}

static void times_are_read_as_libc_reads_them(void **state)
{
    (void)state;
    for (int64_t seconds = 0; seconds < INT64_C(8000000000); seconds += 86400 * 17 + 3607) {
        time_t at = (time_t)seconds;
        struct tm civil;
        char text[16];
        int64_t read;
        gmtime_r(&at, &civil);
        assert_int_equal(strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &civil), 15);
        struct der_item item = { .tag = CRL_TAG_GENERALIZED_TIME, .content = slice_str(text) };
        assert_true(crl_der_time(&item, &read));
        assert_int_equal(read, seconds);
        if (seconds >= INT64_C(2524608000)) /* 2050: UTCTime begins anew */
            continue;
        item = (struct der_item){ .tag = CRL_TAG_UTC_TIME, .content = slice_str(text + 2) };
        assert_true(crl_der_time(&item, &read));
        assert_int_equal(read, seconds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_of_openssl_are_read_by_any_algorithm),
        cmocka_unit_test(real_lists_are_read),
        cmocka_unit_test(a_real_list_reads_as_openssl_reads_it),
        cmocka_unit_test(one_bit_anywhere_and_the_list_is_refused),
        cmocka_unit_test(cut_and_padded_lists_are_refused),
        cmocka_unit_test(pem_and_base64_are_read_too),
        cmocka_unit_test(entries_are_strict),
        cmocka_unit_test(unusual_entries_are_accepted),
        cmocka_unit_test(empty_lists_are_accepted),
        cmocka_unit_test(frames_and_extensions_are_strict),
        cmocka_unit_test(scopes_are_read),
        cmocka_unit_test(only_the_issuers_own_list_counts),
        cmocka_unit_test(the_callers_list_of_algorithms_is_kept),
        cmocka_unit_test(numbers_are_written_in_decimal),
        cmocka_unit_test(times_are_read_as_libc_reads_them),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
