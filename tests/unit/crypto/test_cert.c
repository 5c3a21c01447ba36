/* Certificates: their facts, their dress, and names compared with what gateways write. */
#include "unit/crypto/fixture.h"

#include "base/text.h"
#include "crypto/encode.h"
#include "crypto/gost/kzgost.h"

#include <openssl/pem.h>
#include <stdio.h>

static void facts_are_read(void **state) /* req 0.16 */
{
    struct made made = made_new(
        &(struct made_params){ .cn = "ТЕСТОВ ТЕСТ",
                               .iin = "123456789011",
                               .bin = "123456789021",
                               .usage = "critical,digitalSignature,nonRepudiation",
                               .eku = "emailProtection,1.2.398.3.3.4.1.2,1.2.398.3.3.4.1.2.1,"
                                      "1.2.398.3.3.4.3.2.1",
                               .serial = "4660" },
        NULL);
    const struct signer *facts = cert_signer(made.cert);
    uint8_t hash[32];

    (void)state;
    assert_string_equal(facts->subject, "CN=ТЕСТОВ ТЕСТ,serialNumber=IIN123456789011,C=KZ,"
                                        "OU=BIN123456789021");
    assert_string_equal(facts->common_name, "ТЕСТОВ ТЕСТ");
    assert_string_equal(facts->iin, "123456789011");
    assert_string_equal(facts->bin, "123456789021");
    assert_string_equal(facts->serial, "1234");
    assert_true(facts->not_before_ms == NOW_MS - DAY_MS);
    assert_int_equal(facts->roles, ROLE_LEGAL_ENTITY | ROLE_CEO | ROLE_INFORMATION_SYSTEM);
    assert_int_equal(facts->key_usage, USAGE_DIGITAL_SIGNATURE | USAGE_NON_REPUDIATION);
    sha256(cert_der(made.cert), hash);
    assert_memory_equal(hash, facts->sha256, 32);
    assert_true(cert_is_self_signed(made.cert));
    assert_int_equal(cert_algorithm(made.cert), ALG_GOST2015_512);
    made_free(&made);
}

static void strange_numbers_are_no_iin(void **state)
{
    static const char *const wrong[] = { "12345678901", "1234567890112", "12345678901x", "" };

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct made made = made_new(&(struct made_params){ .cn = "X", .iin = wrong[i] }, NULL);
        assert_string_equal(cert_signer(made.cert)->iin, "");
        assert_int_equal(cert_signer(made.cert)->key_usage, 0);
        made_free(&made);
    }
}

static void control_characters_do_not_reach_texts(void **state)
{
    struct made made = made_new(&(struct made_params){ .cn = "A\nB\x1b[2J" }, NULL);

    (void)state;
    assert_null(strpbrk(cert_signer(made.cert)->subject, "\n\x1b"));
    made_free(&made);
}

static void every_dress_is_taken_off(void **state)
{
    struct made made = made_new(&(struct made_params){ .cn = "X" }, NULL);
    AUTO(bytes_free) struct bytes *base64 = base64_encode(cert_der(made.cert));
    char *texts[6] = { 0 };
    struct err err;

    (void)state;
    assert_true(asprintf(&texts[0], "%s", base64->at) > 0);
    assert_true(asprintf(&texts[1], "\xef\xbb\xbf%s\r\n", base64->at) > 0);
    assert_true(asprintf(&texts[2], "%.64s\r\n%s", base64->at, base64->at + 64) > 0);
    assert_true(asprintf(&texts[3], "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n",
                         base64->at) > 0);
    assert_true(asprintf(&texts[4],
                         "Bag Attributes\n-----BEGIN CERTIFICATE-----\r\n%s\r\n-----END "
                         "CERTIFICATE-----",
                         base64->at) > 0);
    for (size_t i = 0; i < 5; i++) {
        AUTO(cert_free) struct cert *cert = NULL;
        assert_ok(cert_parse(slice_str(texts[i]), &cert, &err), &err);
        assert_true(slice_eq(cert_der(cert), cert_der(made.cert)));
    }
    assert_true(asprintf(&texts[5], "%s\n%s", texts[3], texts[3]) > 0);
    struct cert *none = NULL;
    assert_int_equal(cert_parse(slice_str(texts[5]), &none, &err), ST_FORMAT);
    assert_non_null(strstr(err.text, "several"));
    for (size_t i = 0; i < 6; i++)
        free(texts[i]);
    made_free(&made);
}

static void what_is_no_certificate_is_refused(void **state)
{
    struct made made = made_new(&(struct made_params){ .cn = "X" }, NULL);
    AUTO(bytes_free) struct bytes *longer = bytes_new(16384);
    static const struct slice wrong[] = {
        { "", 0 },
        { "   ", 3 },
        { "hello, world", 12 },
        { "0", 1 },
        { "0\x80", 2 },
        { "-----BEGIN CERTIFICATE-----\nMIIB", 32 },
        { "0\x82\xff\xff", 4 },
        { "-----BEGIN CERTIFICATE", 22 },
    };
    struct cert *none = NULL;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(cert_parse(wrong[i], &none, &err), ST_FORMAT);
    bytes_add(longer, cert_der(made.cert));
    bytes_add_str(longer, "\n");
    assert_int_equal(cert_parse(bytes_slice(longer), &none, &err), ST_FORMAT);
    for (size_t len = 0; len < cert_der(made.cert).len; len += 5)
        assert_int_equal(cert_parse(slice_mem(cert_der(made.cert).at, len), &none, &err),
                         ST_FORMAT);
    assert_null(none);
    made_free(&made);
}

static X509_NAME *name_of(const char *const *types_values)
{
    X509_NAME *name = X509_NAME_new();

    for (; *types_values; types_values += 2)
        assert_int_equal(X509_NAME_add_entry_by_txt(name, types_values[0], MBSTRING_UTF8,
                                                    (const unsigned char *)types_values[1], -1, -1,
                                                    0),
                         1);
    return name;
}

/* shep-contract.md section 4: gateways reorder RDNs and write names in every way. */
static const char *const plain[] = { "CN", "ҰЛТТЫҚ ОРТАЛЫҚ (GOST)", "C", "KZ", NULL };
static const char *const hard[] = { "O",
                                    "АО \"ТЕСТ\", филиал",
                                    "CN",
                                    "a+b=c\\d;e  f",
                                    "SN",
                                    "ИВАНОВ",
                                    "serialNumber",
                                    "IIN123",
                                    "C",
                                    "KZ",
                                    NULL };
static const char *const twice[] = { "OU", "A", "OU", "B", NULL };
static const struct {
    const char *const *name;
    const char *text;
    bool equal;
} names[] = {
    { plain, "CN=ҰЛТТЫҚ ОРТАЛЫҚ (GOST),C=KZ", true },
    { plain, "C=KZ,CN=ҰЛТТЫҚ ОРТАЛЫҚ (GOST)", true },
    { plain, "C=KZ, CN=ҰЛТТЫҚ ОРТАЛЫҚ (GOST)", true },
    { plain, " c = KZ ; cn = ҰЛТТЫҚ   ОРТАЛЫҚ (GOST) ", true },
    { plain, "/C=KZ/CN=ҰЛТТЫҚ ОРТАЛЫҚ (GOST)", true },
    { plain, "2.5.4.3=ҰЛТТЫҚ ОРТАЛЫҚ (GOST),OID.2.5.4.6=KZ", true },
    { plain, "commonName=ҰЛТТЫҚ ОРТАЛЫҚ (GOST),countryName=KZ", true },
    { plain, "CN=\\D2\\B0ЛТТЫҚ ОРТАЛЫҚ \\(GOST\\),C=KZ", true },
    { plain, "CN=\"ҰЛТТЫҚ ОРТАЛЫҚ (GOST)\",C=KZ", true },
    { plain, "CN=ҰЛТТЫҚ ОРТАЛЫҚ (GOST),2.5.4.6=#13024b5a", true },
    { plain, "CN=ҰЛТТЫҚ ОРТАЛЫҚ (GOST),2.5.4.6=#13024B5B", false },
    { plain, "CN=ҰЛТТЫҚ ОРТАЛЫҚ (RSA),C=KZ", false },
    { plain, "CN=ҰЛТТЫҚ ОРТАЛЫҚ (GOST)", false },
    { plain, "CN=ҰЛТТЫҚ ОРТАЛЫҚ (GOST),C=KZ,O=X", false },
    { plain, "CN=ҰЛТТЫҚ ОРТАЛЫҚ (GOST),C=KZ,C=KZ", false },
    { plain, "C=ҰЛТТЫҚ ОРТАЛЫҚ (GOST),CN=KZ", false },
    { plain, "", false },
    { plain, "KZ", false },
    { plain, "CN=,C=KZ", false },
    { plain, "CN=ҰЛТТЫҚ ОРТАЛЫҚ (GOST),XYZ=KZ", false },
    { plain, "CN=\"ҰЛТТЫҚ", false },
    { plain, "CN=ҰЛТТЫҚ\\", false },
    { hard,
      "O=АО \\\"ТЕСТ\\\"\\, филиал,CN=a\\+b\\=c\\\\d\\;e f,SN=ИВАНОВ,SERIALNUMBER=IIN123,C=KZ",
      true },
    /* quotes doubled, as .NET writes them; commas unescaped, as logs have them */
    { hard,
      "C=KZ, SERIALNUMBER=IIN123, SN=ИВАНОВ, CN=\"a+b=c\\\\d;e  f\", O=\"АО \"\"ТЕСТ\"\", "
      "филиал\"",
      true },
    { hard, "O=АО \"ТЕСТ\", филиал,CN=\"a+b=c\\\\d;e  f\",surname=ИВАНОВ,2.5.4.5=IIN123,C=KZ",
      true },
    { twice, "OU=B,OU=A", true },
    { twice, "OU=B+OU=A", true },
    { twice, "OU=A,OU=A", false },
};

static void names_are_compared_as_sets(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        X509_NAME *name = name_of(names[i].name);
        if (name_equals_text(name, slice_str(names[i].text)) != names[i].equal)
            fail_msg("«%s» should%s match", names[i].text, names[i].equal ? "" : " not");
        X509_NAME_free(name);
    }
}

static void serial_numbers_are_compared_as_numbers(void **state)
{
    const char *big = "701209839013242434930853457364535218390342367395";
    struct made made = made_new(&(struct made_params){ .cn = "X", .serial = big }, NULL);
    char text[128];

    (void)state;
    struct slice issuer = SLICE("C=KZ,CN=X");
    assert_true(cert_matches_issuer_serial(made.cert, issuer, slice_str(big)));
    assert_true(text_format(text, sizeof(text), " 000%s\n", big));
    assert_true(cert_matches_issuer_serial(made.cert, issuer, slice_str(text)));
    assert_false(cert_matches_issuer_serial(made.cert, SLICE("CN=Y,C=KZ"), slice_str(big)));
    assert_false(cert_matches_issuer_serial(made.cert, issuer, SLICE("70120983901324243493")));
    assert_false(cert_matches_issuer_serial(made.cert, issuer, SLICE("")));
    assert_false(cert_matches_issuer_serial(made.cert, issuer, SLICE("-1")));
    assert_false(cert_matches_issuer_serial(made.cert, issuer, SLICE("0x1f")));
    made_free(&made);
}

static void real_certificates_have_their_facts(void **state)
{
    (void)state;
    if (!have_vectors())
        skip();
    AUTO(key_free) struct key *key = vector_key("p12/gost2015_legal_entity.p12");
    const struct signer *facts = cert_signer(key_cert(key));
    assert_string_equal(facts->subject,
                        "CN=ТЕСТОВ ТЕСТ,SN=ТЕСТОВ,serialNumber=IIN123456789011,C=KZ,"
                        "O=АО \"ТЕСТ\",OU=BIN123456789021,GN=ТЕСТОВИЧ");
    assert_string_equal(facts->iin, "123456789011");
    assert_string_equal(facts->bin, "123456789021");
    assert_int_equal(facts->roles, ROLE_LEGAL_ENTITY | ROLE_CEO);
    assert_int_equal(facts->key_usage,
                     USAGE_DIGITAL_SIGNATURE | USAGE_NON_REPUDIATION | USAGE_KEY_AGREEMENT);
    AUTO(cert_free) struct cert *root = vector_cert("ca-production/root_gost_2022.pem");
    AUTO(cert_free) struct cert *old = vector_cert("ca-production/root_gost_2020.cer");
    AUTO(cert_free) struct cert *rsa = vector_cert("ca-production/root_rsa_2020.cer");
    AUTO(cert_free) struct cert *nca = vector_cert("ca-production/nca_gost_2022.pem");
    assert_true(cert_is_self_signed(root) && cert_is_self_signed(old) && cert_is_self_signed(rsa));
    assert_false(cert_is_self_signed(nca));
    assert_int_equal(cert_algorithm(old), ALG_GOST2004);
    assert_string_equal(cert_signer(nca)->serial, "7e30be9fc890633f1fff5a3c0cb0c85f4c6d1708");
    assert_true(
        cert_matches_issuer_serial(nca, SLICE("C=KZ, CN=НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (GOST) 2022"),
                                   SLICE("720419878599151927704688319479561756941411489544")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_are_read),
        cmocka_unit_test(strange_numbers_are_no_iin),
        cmocka_unit_test(control_characters_do_not_reach_texts),
        cmocka_unit_test(every_dress_is_taken_off),
        cmocka_unit_test(what_is_no_certificate_is_refused),
        cmocka_unit_test(names_are_compared_as_sets),
        cmocka_unit_test(serial_numbers_are_compared_as_numbers),
        cmocka_unit_test(real_certificates_have_their_facts),
    };

    return cmocka_run_group_tests(tests, setup_crypto, NULL);
}
