/* Certificates by kid from a real slapd: where they are looked for, and what is no answer. */
#include "ldap_kit.h"

#include "base/text.h"

#include <unistd.h>

static struct kit kit;
static struct slapd slapd;
static bool have_slapd;

static int setup(void **state)
{
    setup_crypto(state);
    kit_open(&kit);
    const struct slapd_params params = { .ldif = kit.ldif->at };
    have_slapd = slapd_start(&slapd, &params);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (have_slapd)
        slapd_remove(&slapd);
    kit_close(&kit);
    return 0;
}

/* req 2.48, 2.49, 2.50 */
static void
a_certificate_is_found_by_its_serial_number_where_the_issuer_or_the_base_says(void **state)
{
    static const struct {
        const char *kid, *iss;
        int want; /* enum kit_cert; -1: none */
    } rows[] = {
        { "1aa4cd", "", KIT_WANTED },
        { "1AA4CD", "", KIT_WANTED },
        { "0000001aa4cd", "", KIT_WANTED }, /* leading zeros come and go */
        { "1aa4cc", "", KIT_BEFORE },
        { "1aa4cd0", "", -1 },
        { "1aa4", "", -1 },
        { "77", "", KIT_CA },
        { "2b", "", KIT_PLAIN }, /* rubbish stands beside it */
        { "e55b33", "", KIT_HIGH },
        { "5000", "", KIT_TWIN },
        /* the entry of that name, as directories and as certificates write it */
        { "1aa4cd", "cn=SERVER,o=KISC,c=KZ", KIT_WANTED },
        { "1aa4cd", "C=KZ, O=KISC, CN=server", KIT_WANTED },
        { "2b", "CN=ЦОИД\\, тест,O=NPK,C=KZ", KIT_PLAIN },
        { "2b", "C=KZ,O=NPK,CN=ЦОИД\\2C тест", KIT_PLAIN },
        /* no such entry, no certificate in it, or no name at all: the base is searched */
        { "1aa4cd", "cn=NOBODY,c=KZ", KIT_WANTED },
        { "1aa4cd", "cn=TUMAR,o=NPK,c=KZ", KIT_WANTED },
        { "1aa4cd", "o=ELSEWHERE,c=US", KIT_WANTED },
        { "1aa4cd", "noSuchAttribute=x,c=KZ", KIT_WANTED },
        { "1aa4cd", "АО «КЦМР»", KIT_WANTED },
        { "1aa4ff", "cn=SERVER,o=KISC,c=KZ", -1 },
    };
    const struct ldap_params params = kit_params(&kit, slapd.url, NULL);
    struct ldap_directory *directory = have_slapd ? kit_directory(&params) : NULL;

    (void)state;
    if (!directory) {
        skip();
        return;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int want = rows[i].want;
        kit_expect(directory, rows[i].kid, rows[i].iss, want < 0 ? ST_NOT_FOUND : ST_OK,
                   want < 0 || want == KIT_TWIN ? NULL : kit.certs[want].cert);
    }
    ldap_directory_free(directory);
}

/* req 2.50 */
static void without_a_base_the_issuers_entry_alone_is_searched(void **state)
{
    struct ldap_params params = kit_params(&kit, slapd.url, NULL);

    (void)state;
    if (!have_slapd) {
        skip();
        return;
    }
    params.base = "";
    struct ldap_directory *directory = kit_directory(&params);
    kit_expect(directory, "1aa4cd", "cn=SERVER,o=KISC,c=KZ", ST_OK, kit.certs[KIT_WANTED].cert);
    kit_expect(directory, "1aa4cd", "C=KZ,O=KISC,CN=SERVER", ST_OK, kit.certs[KIT_WANTED].cert);
    kit_expect(directory, "2b", "cn=SERVER,o=KISC,c=KZ", ST_NOT_FOUND, NULL);
    kit_expect(directory, "2b", "o=NPK,c=KZ", ST_NOT_FOUND, NULL); /* not below it */
    kit_expect(directory, "2b", "", ST_INPUT, NULL);
    ldap_directory_free(directory);
}

static void all_certificates_of_one_number_are_given(void **state)
{
    const struct ldap_params params = kit_params(&kit, slapd.url, NULL);
    struct jws_found found = { 0 };
    struct err err = { 0 };

    (void)state;
    if (!have_slapd) {
        skip();
        return;
    }
    struct ldap_directory *directory = kit_directory(&params);
    assert_ok(kit_find(directory, "5000", "", &found, &err), &err);
    assert_int_equal(found.count, 2);
    jws_found_clear(&found);
    ldap_directory_free(directory);
}

/* What a stranger writes is a value, never a part of the question. */
static void nothing_in_kid_or_issuer_becomes_filter_or_base(void **state)
{
    static const char *const kids[] = { "1aa4c*", "*", "1aa4cd)(cn=*", "1aa4cd\\2a", "(", ")" };
    static const char *const names[] = {
        "*",  "cn=*,c=KZ", "cn=SERVER,o=KISC,c=KZ)(cn=*", "cn=S*,o=KISC,c=KZ", ",,", "=",
        "\\", "c=KZ??sub"
    };
    struct ldap_params params = kit_params(&kit, slapd.url, NULL);

    (void)state;
    if (!have_slapd) {
        skip();
        return;
    }
    params.filter = "(|(cn={iss})(serialNumber={kid}))";
    struct ldap_directory *directory = kit_directory(&params);
    for (size_t i = 0; i < sizeof(kids) / sizeof(kids[0]); i++)
        kit_expect(directory, kids[i], "", ST_NOT_FOUND, NULL);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        kit_expect(directory, "1aa4cd", names[i], ST_NOT_FOUND, NULL);
    kit_expect(directory, "1aa4cd", "SERVER", ST_OK, kit.certs[KIT_WANTED].cert);
    ldap_directory_free(directory);
}

static void a_filter_is_filled_in(void **state)
{
    struct ldap_params params = kit_params(&kit, slapd.url, NULL);

    (void)state;
    if (!have_slapd) {
        skip();
        return;
    }
    params.filter = "(cn=SERVER)";
    struct ldap_directory *directory = kit_directory(&params);
    kit_expect(directory, "1aa4cd", "", ST_OK, kit.certs[KIT_WANTED].cert);
    kit_expect(directory, "2b", "", ST_NOT_FOUND, NULL);
    ldap_directory_free(directory);
    params.filter = "(userCertificate:certificateExactMatch:={ serialNumber 1746125, issuer "
                    "rdnSequence:\"{iss}\" })";
    directory = kit_directory(&params);
    kit_expect(directory, "1aa4cd", "C=KZ,CN=SERVER", ST_OK, kit.certs[KIT_WANTED].cert);
    kit_expect(directory, "1aa4cd", "C=KZ,CN=AFTER", ST_NOT_FOUND, NULL);
    ldap_directory_free(directory);
}

static void a_directory_that_cannot_be_meant_is_refused_at_once(void **state)
{
    static const struct {
        const char *words;
        const char *urls[LDAP_SERVERS_MAX + 2];
        struct ldap_params params;
    } rows[] = {
        { "no server", { NULL }, { 0 } },
        { "more than 8",
          { "ldap://a", "ldap://b", "ldap://c", "ldap://d", "ldap://e", "ldap://f", "ldap://g",
            "ldap://h", "ldap://i" },
          { 0 } },
        { "not a URL", { "127.0.0.1" }, { 0 } },
        { "not a URL", { "http://127.0.0.1" }, { 0 } },
        { "neither", { "ldapi://%2fvar" }, { 0 } },
        { "alone", { "ldap://h/c=KZ" }, { 0 } },
        { "alone", { "ldap://h/??sub" }, { 0 } },
        { "alone", { "ldap:///" }, { 0 } },
        { "CA file", { "ldaps://h" }, { 0 } },
        { "CA file", { "ldap://h" }, { .starttls = true } },
        { "base", { "ldap://h" }, { .base = "KZ" } },
        { "RFC 4515", { "ldap://h" }, { .filter = "(cn=" } },
        { "{kid} and {iss}", { "ldap://h" }, { .filter = "(cn={serial})" } },
        { "{kid} and {iss}", { "ldap://h" }, { .filter = "(cn={kid" } },
        { "without TLS", { "ldap://h" }, { .bind_dn = "cn=a", .bind_password = { "x", 1 } } },
        { "belong together", { "ldaps://h" }, { .ca_file = "/ca", .bind_dn = "cn=a" } },
        { "belong together", { "ldaps://h" }, { .ca_file = "/ca", .bind_password = { "x", 1 } } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ldap_params params = rows[i].params;
        struct ldap_directory *directory = NULL;
        struct err err = { 0 };
        params.urls = rows[i].urls;
        params.clock = &kit.clock;
        params.timeout_ms = SHORT_MS;
        enum status status = ldap_directory_new(&params, &directory, &err);
        if (status != ST_INPUT || !strstr(err.text, rows[i].words))
            fail_msg("row %zu: %s «%s», expected «%s»", i, status_name(status), err.text,
                     rows[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_certificate_is_found_by_its_serial_number_where_the_issuer_or_the_base_says),
        cmocka_unit_test(without_a_base_the_issuers_entry_alone_is_searched),
        cmocka_unit_test(all_certificates_of_one_number_are_given),
        cmocka_unit_test(nothing_in_kid_or_issuer_becomes_filter_or_base),
        cmocka_unit_test(a_filter_is_filled_in),
        cmocka_unit_test(a_directory_that_cannot_be_meant_is_refused_at_once),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
