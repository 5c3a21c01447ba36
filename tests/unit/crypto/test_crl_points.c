/* Where a certificate says its lists are, and whether a list is of one of its points. */
#include "unit/crypto/crl_maker.h"
#include "unit/crypto/usual_pki.h"

#include "crypto/crl_index.h"
#include "crypto/crl_points.h"

#include <openssl/x509v3.h>

static void addresses_come_from_the_certificate(void **state) /* req 0.25 */
{
    static const struct {
        const char *base;
        const char *delta;
        size_t bases;
        const char *first;
        size_t deltas;
    } rows[] = {
        { NULL, NULL, 0, NULL, 0 },
        { "URI:http://crl.test/a.crl,URI:http://crl1.test/a.crl", "URI:http://crl.test/d.crl", 2,
          "http://crl.test/a.crl", 1 },
        { "URI:ldap://crl.test/a,URI:HTTP://crl.test/a.crl", NULL, 1, "HTTP://crl.test/a.crl", 0 },
        { "URI:https://crl.test/a.crl,URI:file:///etc/passwd,URI:http://,DNS:crl.test", NULL, 0,
          NULL, 0 },
        { "URI:http://crl.test/a b.crl", NULL, 0, NULL, 0 },
        { "URI:http://c/1,URI:http://c/2,URI:http://c/3,URI:http://c/4,URI:http://c/5,"
          "URI:http://c/6,URI:http://c/7,URI:http://c/8,URI:http://c/9",
          NULL, CRL_URLS_MAX, "http://c/1", 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(cert_free)
        struct cert *cert = with_points(&pki->leaf, &pki->ca, rows[i].base, rows[i].delta);
        struct crl_urls urls;
        struct err err;
        assert_ok(cert_crl_urls(cert, CRL_KIND_BASE, &urls, &err), &err);
        assert_int_equal(urls.count, rows[i].bases);
        if (rows[i].first)
            assert_string_equal(urls.at[0], rows[i].first);
        assert_ok(cert_crl_urls(cert, CRL_KIND_DELTA, &urls, &err), &err);
        assert_int_equal(urls.count, rows[i].deltas);
    }
}

static void real_certificates_name_their_lists(void **state) /* req 0.25 */
{
    struct crl_urls urls;
    struct err err;

    (void)state;
    if (!have_vectors())
        skip();
    AUTO(cert_free) struct cert *cert = vector_cert("ca-test/nca_gost2022_test.cer");
    assert_ok(cert_crl_urls(cert, CRL_KIND_BASE, &urls, &err), &err);
    assert_int_equal(urls.count, 1);
    assert_string_equal(urls.at[0], "http://crl.root.gov.kz/gost_test_2022.crl");
}

static struct cert *with_raw_points(const char *oid, struct slice value)
{
    AUTO(X509_free) X509 *x509 = X509_dup(pki->leaf.x509);
    AUTO(ASN1_OBJECT_free) ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    ASN1_OCTET_STRING *string = ASN1_OCTET_STRING_new();
    AUTO(der_free) unsigned char *der = NULL;
    struct cert *cert = NULL;
    struct err err;

    ASN1_OCTET_STRING_set(string, slice_u8(value), (int)value.len);
    X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, object, 0, string);
    X509_add_ext(x509, extension, -1);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(string);
    int len = i2d_re_X509_tbs(x509, NULL);
    assert_true(len > 0);
    len = i2d_X509(x509, &der);
    assert_true(len > 0);
    enum status status = cert_parse(slice_mem(der, (size_t)len), &cert, &err);
    return status == ST_OK ? cert : NULL;
}

static void broken_points_are_said_so_or_left_out(void **state)
{
    /* freshestCRL is not read when the certificate is opened, so here it may be anything */
    static const struct {
        struct slice value;
        enum status status;
    } rows[] = {
        { SLICE("\x30\x05\x30"), ST_FORMAT },
        { SLICE("junk"), ST_FORMAT },
        { SLICE("\x30\x00"), ST_OK },
        /* a point with reasons, and one of another issuer: not ours to use */
        { SLICE("\x30\x16\x30\x14\xa0\x0e\xa0\x0c\x86\x0ahttp://c/1\x81\x02\x06\x40"), ST_OK },
        { SLICE("\x30\x14\x30\x12\xa0\x0e\xa0\x0c\x86\x0ahttp://c/1\xa2\x00"), ST_OK },
        /* NUL in an address */
        { SLICE("\x30\x12\x30\x10\xa0\x0e\xa0\x0c\x86\x0ahttp://c\0"
                "1"),
          ST_OK },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(cert_free) struct cert *cert = with_raw_points("2.5.29.46", rows[i].value);
        struct crl_urls urls = { .count = 77 };
        struct err err;
        assert_non_null(cert);
        assert_int_equal(cert_crl_urls(cert, CRL_KIND_DELTA, &urls, &err), rows[i].status);
        assert_int_equal(urls.count, rows[i].status == ST_OK ? 0 : 77);
    }
}

/* Extension 2.5.29.28 with fullName URI:http://c/1. */
static const char point_1[] = "\x30\x1b\x06\x03\x55\x1d\x1c\x01\x01\xff\x04\x11\x30\x0f"
                              "\xa0\x0d\xa0\x0b\x86\x09http://c/";

static void a_list_of_a_point_serves_certificates_of_that_point(void **state)
{
    static const struct {
        const char *points;
        bool serves;
    } rows[] = {
        { "URI:http://c/", true },
        { "URI:http://other/,URI:http://c/", true },
        { "URI:http://c/x", false },
        { NULL, false },
    };
    const struct crl_params p = { .issuer = &pki->ca,
                                  .number = 1,
                                  .more = slice_mem(point_1, sizeof(point_1) - 1) };
    AUTO(bytes_free) struct bytes *der = make_crl(&p);
    AUTO(crl_free) struct crl *base = parsed(der, p.issuer);
    const struct crl_index_parts parts = { .base = base };
    AUTO(crl_index_free) struct crl_index *index = NULL;
    struct err err;

    (void)state;
    assert_ok(crl_index_new(&parts, &index, &err), &err);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(cert_free) struct cert *cert = with_points(&pki->leaf, &pki->ca, rows[i].points, NULL);
        const struct crl_query query = { cert, pki->ca.cert, NOW_MS, 0 };
        struct crl_answer answer;
        assert_int_equal(crl_is_for_point_of(base, cert), rows[i].serves);
        crl_index_judge(index, &query, &answer);
        assert_int_equal(answer.state, rows[i].serves ? CRL_GOOD : CRL_UNKNOWN);
        assert_int_equal(answer.why, rows[i].serves ? CRL_WHY_NONE : CRL_WHY_SCOPE);
    }
}

static void a_base_may_name_its_deltas_itself(void **state)
{
    static const char freshest[] =
        "\x30\x1a\x06\x03\x55\x1d\x2e\x04\x13\x30\x11\x30\x0f\xa0\x0d\xa0"
        "\x0b\x86\x09http://d/";
    struct crl_params p = { .issuer = &pki->ca, .more = slice_mem(freshest, sizeof(freshest) - 1) };
    struct crl_urls urls;
    struct err err;

    (void)state;
    AUTO(bytes_free) struct bytes *der = make_crl(&p);
    AUTO(crl_free) struct crl *named = parsed(der, p.issuer);
    assert_ok(crl_freshest_urls(named, &urls, &err), &err);
    assert_int_equal(urls.count, 1);
    assert_string_equal(urls.at[0], "http://d/");
    p.more = SLICE("\x30\x0b\x06\x03\x55\x1d\x2e\x04\x04junk");
    AUTO(bytes_free) struct bytes *broken_der = make_crl(&p);
    AUTO(crl_free) struct crl *broken = parsed(broken_der, p.issuer);
    assert_int_equal(crl_freshest_urls(broken, &urls, &err), ST_FORMAT);
    p.more = SLICE("");
    AUTO(bytes_free) struct bytes *none_der = make_crl(&p);
    AUTO(crl_free) struct crl *none = parsed(none_der, p.issuer);
    assert_ok(crl_freshest_urls(none, &urls, &err), &err);
    assert_int_equal(urls.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_come_from_the_certificate),
        cmocka_unit_test(real_certificates_name_their_lists),
        cmocka_unit_test(broken_points_are_said_so_or_left_out),
        cmocka_unit_test(a_list_of_a_point_serves_certificates_of_that_point),
        cmocka_unit_test(a_base_may_name_its_deltas_itself),
    };

    return cmocka_run_group_tests(tests, setup_pki, teardown_pki);
}
