/* The sandbox's НУЦ РК: what it makes, keeps, and says of its certificates. */
#include "unit/sandbox/fixture.h"

#include "base/text.h"
#include "rest/client_key.h"
#include "sandbox/crl.h"
#include "sandbox/openssl.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/stat.h>

enum {
    NO_KEY_USAGE = 0,
    SIGN = USAGE_DIGITAL_SIGNATURE | USAGE_NON_REPUDIATION,
    AUTH = USAGE_DIGITAL_SIGNATURE | USAGE_KEY_ENCIPHERMENT
};

static const struct {
    const char *name;
    unsigned usage; /* at least */
    unsigned roles;
    const char *iin;
    const char *bin;
    enum verdict want; /* in full, with OCSP, today */
    enum check culprit;
} expected[] = {
    { "individual", SIGN, ROLE_INDIVIDUAL, "123456789011", "", VERDICT_VALID, CHECK_COUNT_ },
    { "individual-auth", AUTH, ROLE_INDIVIDUAL, "123456789011", "", VERDICT_VALID, CHECK_COUNT_ },
    { "legal-entity", SIGN, ROLE_LEGAL_ENTITY | ROLE_EMPLOYEE, "123456789011", "123456789021",
      VERDICT_VALID, CHECK_COUNT_ },
    { "ceo", SIGN, ROLE_LEGAL_ENTITY | ROLE_CEO, "123456789011", "123456789021", VERDICT_VALID,
      CHECK_COUNT_ },
    { "individual-2", SIGN, ROLE_INDIVIDUAL, "987654321098", "", VERDICT_VALID, CHECK_COUNT_ },
    { "individual-revoked", SIGN, ROLE_INDIVIDUAL, "123456789011", "", VERDICT_INVALID,
      CHECK_REVOCATION },
    { "individual-expired", SIGN, ROLE_INDIVIDUAL, "123456789011", "", VERDICT_INVALID,
      CHECK_DATES },
    { "individual-auth-revoked", AUTH, ROLE_INDIVIDUAL, "123456789011", "", VERDICT_INVALID,
      CHECK_REVOCATION },
    { "individual-auth-expired", AUTH, ROLE_INDIVIDUAL, "123456789011", "", VERDICT_INVALID,
      CHECK_DATES },
    { "individual-2-auth", AUTH, ROLE_INDIVIDUAL, "987654321098", "", VERDICT_VALID, CHECK_COUNT_ },
    { "legal-entity-auth", AUTH, ROLE_LEGAL_ENTITY | ROLE_EMPLOYEE, "123456789011", "123456789021",
      VERDICT_VALID, CHECK_COUNT_ },
    { "gateway", SIGN, ROLE_LEGAL_ENTITY, "", "000740000728", VERDICT_VALID, CHECK_COUNT_ },
    { "adapter", SIGN, ROLE_LEGAL_ENTITY, "", "987654321013", VERDICT_VALID, CHECK_COUNT_ },
    { "caller", SIGN, ROLE_LEGAL_ENTITY, "", "123456789021", VERDICT_VALID, CHECK_COUNT_ },
    { "caller-auth", AUTH, ROLE_LEGAL_ENTITY, "", "123456789021", VERDICT_VALID, CHECK_COUNT_ },
    { "coid", SIGN, ROLE_LEGAL_ENTITY, "", "960440000151", VERDICT_VALID, CHECK_COUNT_ },
    { "coid-expired", SIGN, ROLE_LEGAL_ENTITY, "", "960440000151", VERDICT_INVALID, CHECK_DATES },
};

enum { EXPECTED = sizeof(expected) / sizeof(expected[0]) };

static void every_holder_has_the_facts_and_the_verdict_of_its_table_row(void **state)
{
    AUTO(trust_free) struct trust *trust = sandbox_trust();
    const struct trust_io io = sandbox_io();

    (void)state;
    assert_int_equal(EXPECTED, HOLDER_COUNT);
    for (size_t f = 0; f < FAMILY_COUNT; f++)
        for (size_t i = 0; i < EXPECTED; i++) {
            if (!family_has(&families[f], holder_find(expected[i].name)))
                continue;
            AUTO(key_free) struct key *key = sandbox_key(families[f].name, expected[i].name);
            AUTO(report_free) struct report *report = report_new();
            const struct signer *signer = cert_signer(key_cert(key));
            const struct judge judge = { .trust = trust,
                                         .io = &io,
                                         .now_ms = clock_now(clock_system()),
                                         .skew_ms = 600000, /* the answer is made after now_ms */
                                         .revocation = REVOCATION_OCSP,
                                         .purpose = PURPOSE_TRANSPORT };

            assert_int_equal(key_algorithm(key), families[f].algorithm);
            assert_int_equal(key_chain_count(key), 0); /* as in НУЦ's own files */
            assert_int_equal(signer->key_usage & expected[i].usage, expected[i].usage);
            assert_int_equal(signer->roles, expected[i].roles);
            assert_string_equal(signer->iin, expected[i].iin);
            assert_string_equal(signer->bin, expected[i].bin);
            if (cert_judge(&judge, key_cert(key), report) != expected[i].want ||
                report_culprit(report) != expected[i].culprit)
                fail_msg("%s/%s: %s: %s", families[f].name, expected[i].name,
                         verdict_name(report_verdict(report)), report_reason(report));
        }
}

/* req 0.26, 0.27 */
static void signing_and_authentication_keys_do_not_stand_in_for_each_other(void **state)
{
    static const struct {
        const char *name;
        enum purpose purpose;
        enum verdict want;
    } cases[] = { { "individual", PURPOSE_SIGN, VERDICT_VALID },
                  { "individual", PURPOSE_AUTH, VERDICT_INVALID },
                  { "individual-auth", PURPOSE_AUTH, VERDICT_VALID },
                  { "individual-auth", PURPOSE_SIGN, VERDICT_INVALID } };
    AUTO(trust_free) struct trust *trust = sandbox_trust();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(key_free) struct key *key = sandbox_key("gost2015", cases[i].name);
        AUTO(report_free) struct report *report = report_new();
        const struct judge judge = { .trust = trust,
                                     .now_ms = clock_now(clock_system()),
                                     .purpose = cases[i].purpose };

        assert_int_equal(trust_judge(&judge, key_cert(key), report), cases[i].want);
    }
}

static void names_stand_in_the_order_of_the_real_authority(void **state)
{
    AUTO(key_free) struct key *ceo = sandbox_key("gost2015", "ceo");
    AUTO(key_free) struct key *caller = sandbox_key("gost2015", "caller");

    (void)state;
    assert_string_equal(cert_signer(key_cert(ceo))->common_name, "ТЕСТОВ ТЕСТ");
    assert_non_null(
        strstr(cert_signer(key_cert(ceo))->subject, "serialNumber=IIN123456789011,C=KZ"));
    assert_string_equal(cert_signer(key_cert(caller))->common_name, "ИС \"Тест\"");
}

static void a_second_init_keeps_everything(void **state)
{
    const struct pki_params params = { .dir = sandbox_dir(), .clock = clock_system() };
    AUTO(key_free) struct key *before = sandbox_key("rsa", "ceo");
    AUTO(key_free) struct key *after = NULL;
    struct pki_made made;
    struct err err;

    (void)state;
    assert_ok(pki_init(&params, &made, &err), &err);
    assert_int_equal(made.made, 0);
    assert_int_equal(made.kept,
                     FAMILY_COUNT * (AUTHORITY_COUNT + HOLDER_COUNT) - DIRECTORY_HOLDER_COUNT);
    after = sandbox_key("rsa", "ceo");
    assert_string_equal(cert_signer(key_cert(before))->serial,
                        cert_signer(key_cert(after))->serial);
}

static void init_makes_again_what_was_taken_away(void **state)
{
    const struct pki_params params = { .dir = sandbox_dir(), .clock = clock_system() };
    char path[FILE_PATH_MAX];
    struct pki_made made;
    struct err err;

    (void)state;
    assert_int_equal(remove(sandbox_path("gost2004/individual-2.p12", path)), 0);
    assert_int_equal(remove(sandbox_path("gost2004/individual-2.pem", path)), 0);
    assert_ok(pki_init(&params, &made, &err), &err);
    assert_int_equal(made.made, 1);
}

/* What the participant shows (req 3.02), and ЦОИД signs with. */
static void an_older_folder_gets_the_keys_of_coid_and_keeps_the_rest(void **state)
{
    static const char *const newer[] = { "tls/client-ca.pem",        "tls/client.p12",
                                         "gost2015/coid.p12",        "gost2015/coid.pem",
                                         "ldap/coid.ldif",           "gost2004/coid-expired.p12",
                                         "gost2004/coid-expired.pem" };
    const struct pki_params params = { .dir = sandbox_dir(), .clock = clock_system() };
    AUTO(key_free) struct key *before = sandbox_key("gost2015", "adapter");
    AUTO(key_free) struct key *client = NULL;
    char path[FILE_PATH_MAX], pass[FILE_PATH_MAX];
    struct pki_made made;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(newer) / sizeof(newer[0]); i++)
        assert_int_equal(remove(sandbox_path(newer[i], path)), 0);
    assert_ok(pki_init(&params, &made, &err), &err);
    assert_int_equal(made.made, 2);
    for (size_t i = 0; i < sizeof(newer) / sizeof(newer[0]); i++)
        assert_true(file_exists(sandbox_path(newer[i], path)));
    AUTO(key_free) struct key *after = sandbox_key("gost2015", "adapter");
    assert_string_equal(cert_signer(key_cert(before))->serial,
                        cert_signer(key_cert(after))->serial);
    assert_ok(client_key_open(&(struct key_source){ sandbox_path("tls/client.p12", path),
                                                    sandbox_path("pass", pass), NULL, NULL },
                              clock_system(), &client, &err),
              &err);
    key_free(TAKE(client));
    assert_int_equal(
        client_key_open(&(struct key_source){ sandbox_path("tls/client-expired.p12", path),
                                              sandbox_path("pass", pass), NULL, NULL },
                        clock_system(), &client, &err),
        ST_INPUT);
    assert_string_equal(err.code, "clientCertExpired");
    assert_false(file_exists(sandbox_path("rsa/coid.p12", path))); /* its keys are GOST's */
}

static void init_refuses_what_would_not_fit_together(void **state)
{
    static const char *const urls[] = { "http://127.0.0.1:9999", "https://127.0.0.1:8089",
                                        "http://", "http://a/b", "http://a\nkeyUsage=cRLSign" };
    char from[FILE_PATH_MAX], to[FILE_PATH_MAX];
    AUTO(bytes_free) struct bytes *own = NULL;
    AUTO(bytes_free) struct bytes *foreign = NULL;
    struct pki_params params = { .dir = sandbox_dir(), .clock = clock_system() };
    struct pki_made made;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        params.base_url = urls[i];
        assert_int_not_equal(pki_init(&params, &made, &err), ST_OK);
    }
    /* another family's key in the place of ours */
    params.base_url = NULL;
    (void)sandbox_path("rsa/individual.p12", from);
    (void)sandbox_path("gost2015/individual.p12", to);
    assert_ok(file_read(to, 65536, &own, &err), &err);
    assert_ok(file_read(from, 65536, &foreign, &err), &err);
    assert_ok(file_write(to, bytes_slice(foreign), 0600, &err), &err);
    assert_int_equal(pki_init(&params, &made, &err), ST_CONFLICT);
    assert_ok(file_write(to, bytes_slice(own), 0600, &err), &err);
}

static void private_keys_are_for_their_owner_only(void **state)
{
    static const char *const secrets[] = {
        "pass",           "gost2015/ceo.p12", "authority/rsa-root.p12",
        "tls/server.key", "tls/client.p12",   "tls/client-expired.p12"
    };
    char path[FILE_PATH_MAX];
    struct stat st;

    (void)state;
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        assert_int_equal(stat(sandbox_path(secrets[i], path), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
}

/* kz-crypto.md section 1: key bag SHA1-3DES, certificate bag SHA1-RC2-40, HMAC-SHA1, 1024 */
static void key_files_have_the_form_of_the_real_authority(void **state)
{
    char path[FILE_PATH_MAX];
    AUTO(bytes_free) struct bytes *data = NULL;
    struct err err;
    const uint8_t *at;

    (void)state;
    assert_ok(file_read(sandbox_path("gost2015/individual.p12", path), 65536, &data, &err), &err);
    at = (const uint8_t *)data->at;
    AUTO(PKCS12_free) PKCS12 *p12 = d2i_PKCS12(NULL, &at, (long)data->len);
    const X509_ALGOR *algor;
    const ASN1_INTEGER *iterations;
    const ASN1_OBJECT *oid;

    assert_non_null(p12);
    PKCS12_get0_mac(NULL, &algor, NULL, &iterations, p12);
    X509_ALGOR_get0(&oid, NULL, NULL, algor);
    assert_int_equal(OBJ_obj2nid(oid), NID_sha1);
    assert_int_equal(ASN1_INTEGER_get(iterations), 1024);
    /* pbeWithSHAAnd3-KeyTripleDES-CBC, pbeWithSHAAnd40BitRC2-CBC */
    assert_non_null(memmem(data->at, data->len, "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x06", 10));
}

/* ---- revocation ---- */

static enum verdict judged(const struct trust *trust, const struct cert *cert)
{
    AUTO(report_free) struct report *report = report_new();
    const struct trust_io io = sandbox_io();
    const struct judge judge = { .trust = trust,
                                 .io = &io,
                                 .now_ms = clock_now(clock_system()),
                                 .revocation = REVOCATION_OCSP };

    return trust_judge(&judge, cert, report);
}

static void a_revocation_counts_at_once(void **state)
{
    AUTO(trust_free) struct trust *trust = sandbox_trust();
    AUTO(pki_free) struct pki *pki = NULL;
    AUTO(key_free) struct key *key = sandbox_key("gost2015", "individual-2");
    char path[FILE_PATH_MAX];
    struct index_entry entry;
    int64_t now_ms = clock_now(clock_system());
    struct err err;

    (void)state;
    assert_ok(pki_open(sandbox_dir(), &pki, &err), &err);
    assert_int_equal(judged(trust, key_cert(key)), VERDICT_VALID);
    assert_ok(
        pki_revoke(pki, sandbox_path("gost2015/individual-2.p12", path), now_ms, &entry, &err),
        &err);
    assert_string_equal(entry.name, "individual-2");
    assert_int_equal(judged(trust, key_cert(key)), VERDICT_INVALID);
    assert_int_equal(
        pki_revoke(pki, sandbox_path("gost2015/individual-2.pem", path), now_ms, &entry, &err),
        ST_CONFLICT);
    assert_int_equal(pki_revoke(pki, "00:AB:cd", now_ms, &entry, &err), ST_NOT_FOUND);
    assert_int_equal(pki_revoke(pki, "no such file", now_ms, &entry, &err), ST_INPUT);
    assert_int_equal(pki_revoke(pki, sandbox_path("pass", path), now_ms, &entry, &err), ST_INPUT);
}

/* The list says revoked or not, is the CA's, and has its numbers. */
static X509_CRL *list_of(const struct key *ca, const struct index *index, enum crl_form form,
                         int64_t now_ms)
{
    AUTO(bytes_free) struct bytes *der = NULL;
    struct err err;
    const uint8_t *at;
    X509_CRL *crl;

    assert_ok(crl_make(&(struct crl_wish){ ca, "gost2015", form, now_ms }, index, &der, &err),
              &err);
    at = (const uint8_t *)der->at;
    crl = d2i_X509_CRL(NULL, &at, (long)der->len);
    assert_non_null(crl);
    assert_int_equal(X509_CRL_verify(crl, key_pkey(ca)), 1);
    return crl;
}

static bool lists(X509_CRL *crl, const struct key *key)
{
    X509_REVOKED *entry = NULL;

    return X509_CRL_get0_by_cert(crl, &entry, cert_x509(key_cert(key))) == 1;
}

static long number_of(X509_CRL *crl, int nid)
{
    AUTO(ASN1_INTEGER_free) ASN1_INTEGER *number = X509_CRL_get_ext_d2i(crl, nid, NULL, NULL);

    return number ? ASN1_INTEGER_get(number) : -1;
}

static void the_base_names_the_old_and_the_delta_the_new(void **state)
{
    AUTO(pki_free) struct pki *pki = NULL;
    AUTO(index_free) struct index *index = NULL;
    AUTO(key_free) struct key *old = sandbox_key("gost2015", "individual-revoked");
    AUTO(key_free) struct key *fresh = sandbox_key("gost2015", "legal-entity");
    AUTO(key_free) struct key *good = sandbox_key("gost2015", "individual");
    AUTO(X509_CRL_free) X509_CRL *base = NULL;
    AUTO(X509_CRL_free) X509_CRL *delta = NULL;
    int64_t noon_ms = clock_now(clock_system());
    const struct key *ca;
    struct err err;

    (void)state;
    noon_ms += INT64_C(43200000) - noon_ms % INT64_C(86400000);
    assert_ok(pki_open(sandbox_dir(), &pki, &err), &err);
    ca = pki_key(pki, &families[0], KIND_CA);
    assert_ok(index_load(sandbox_dir(), &index, &err), &err);
    assert_ok(index_revoke(index, cert_signer(key_cert(fresh))->serial, 1, noon_ms, &err), &err);
    base = list_of(ca, index, CRL_BASE, noon_ms);
    delta = list_of(ca, index, CRL_DELTA, noon_ms);
    assert_true(lists(base, old) && !lists(base, fresh) && !lists(base, good));
    assert_true(!lists(delta, old) && lists(delta, fresh) && !lists(delta, good));
    assert_int_equal(number_of(delta, NID_delta_crl), number_of(base, NID_crl_number));
    assert_int_equal(number_of(base, NID_delta_crl), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_holder_has_the_facts_and_the_verdict_of_its_table_row),
        cmocka_unit_test(signing_and_authentication_keys_do_not_stand_in_for_each_other),
        cmocka_unit_test(names_stand_in_the_order_of_the_real_authority),
        cmocka_unit_test(a_second_init_keeps_everything),
        cmocka_unit_test(init_makes_again_what_was_taken_away),
        cmocka_unit_test(an_older_folder_gets_the_keys_of_coid_and_keeps_the_rest),
        cmocka_unit_test(init_refuses_what_would_not_fit_together),
        cmocka_unit_test(private_keys_are_for_their_owner_only),
        cmocka_unit_test(key_files_have_the_form_of_the_real_authority),
        cmocka_unit_test(a_revocation_counts_at_once),
        cmocka_unit_test(the_base_names_the_old_and_the_delta_the_new),
    };

    return cmocka_run_group_tests(tests, sandbox_setup, sandbox_teardown);
}
