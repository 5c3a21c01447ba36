/* ЦОИД's answer from end to end: a JWS, its certificate in a real slapd, one verdict. */
#include "ldap_kit.h"

#include "crypto/gost/kzgost.h"
#include "crypto/jws.h"

#define BODY SLICE("{\"iin\":\"123456789011\",\"result\":0.9959589839}")

enum { FAMILIES = 3 };
static const char *const families[FAMILIES] = { KZGOST_KEY_2015_512, KZGOST_KEY_2004,
                                                KZGOST_KEY_GAMMA };

/* One family's PKI; its leaf is in the directory, and so is a certificate that bears the number of
 * another signer's. */
struct family {
    struct pki *pki;
    struct made signer, impostor;
};
static struct family all[FAMILIES];
static struct kit kit;
static struct slapd slapd;
static bool have_slapd;

static void make_family(struct family *family, const char *key_type, size_t number)
{
    static const char *const serials[FAMILIES] = { "70001", "70002", "70003" };
    const struct made_params params = { .cn = "COID",
                                        .key_type = key_type,
                                        .serial = serials[number],
                                        .usage = "critical,digitalSignature" };
    char cn[16];

    family->pki = pki_new(key_type);
    family->signer = made_new(&params, &family->pki->ca);
    family->impostor = made_new(&params, &family->pki->ca);
    const struct slice values[] = { cert_der(family->pki->leaf.cert),
                                    cert_der(family->impostor.cert) };
    (void)snprintf(cn, sizeof(cn), "COID %zu", number);
    kit_entry(kit.ldif, cn, "KISC", "userCertificate;binary", values, 2);
}

static int setup(void **state)
{
    setup_crypto(state);
    kit_open(&kit);
    for (size_t i = 0; i < FAMILIES; i++)
        make_family(&all[i], families[i], i);
    const struct slapd_params params = { .ldif = kit.ldif->at };
    have_slapd = slapd_start(&slapd, &params);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (have_slapd)
        slapd_remove(&slapd);
    for (size_t i = 0; i < FAMILIES; i++) {
        made_free(&all[i].signer);
        made_free(&all[i].impostor);
        pki_free(all[i].pki);
    }
    kit_close(&kit);
    return 0;
}

static void expect(const struct family *family, const struct key *key, const struct judge *judge,
                   struct ldap_directory *directory, enum verdict want)
{
    const struct jws_lookup lookup = ldap_directory_lookup(directory);
    const struct jws_params params = { .lookup = &lookup };
    const struct jws_settings settings = { .iss = "C=KZ,O=KISC,CN=COID 0" };
    AUTO(report_free) struct report *report = report_new();
    AUTO(bytes_free) struct bytes *text = NULL;
    struct err err;

    assert_ok(jws_sign(key, BODY, &settings, &text, &err), &err);
    enum verdict given = jws_judge(judge, bytes_slice(text), BODY, &params, report);
    if (given != want)
        fail_msg("family %zu: %s «%s», expected %s", (size_t)(family - all), verdict_name(given),
                 report_reason(report), verdict_name(want));
}

/* req 2.40, 2.48–2.51 */
static void an_answer_is_judged_by_the_certificate_that_the_directory_has(void **state)
{
    const struct ldap_params params = kit_params(&kit, slapd.url, NULL);

    (void)state;
    if (!have_slapd) {
        skip();
        return;
    }
    struct ldap_directory *directory = kit_directory(&params);
    for (size_t i = 0; i < FAMILIES; i++) {
        struct judge judge = pki_judge(all[i].pki);
        judge.purpose = PURPOSE_TRANSPORT;
        expect(&all[i], all[i].pki->leaf.key, &judge, directory, VERDICT_VALID);
        /* another key stands under the kid */
        expect(&all[i], all[i].signer.key, &judge, directory, VERDICT_INVALID);
        /* what the directory has is trusted by its path alone */
        judge.trust = all[(i + 1) % FAMILIES].pki->trust;
        expect(&all[i], all[i].pki->leaf.key, &judge, directory, VERDICT_INVALID);
    }
    ldap_directory_free(directory);
}

/* req 2.49 */
static void a_directory_that_is_away_leaves_the_verdict_open_and_pins_serve(void **state)
{
    const struct ldap_params params = kit_params(&kit, slapd.url, NULL);

    (void)state;
    if (!have_slapd) {
        skip();
        return;
    }
    struct ldap_directory *directory = kit_directory(&params);
    slapd_stop(&slapd);
    for (size_t i = 0; i < FAMILIES; i++) {
        const struct cert *pin = all[i].pki->leaf.cert;
        struct judge judge = pki_judge(all[i].pki);
        judge.purpose = PURPOSE_TRANSPORT;
        expect(&all[i], all[i].pki->leaf.key, &judge, directory, VERDICT_INDETERMINATE);
        judge.pins = &pin;
        judge.pin_count = 1;
        expect(&all[i], all[i].pki->leaf.key, &judge, directory, VERDICT_VALID);
    }
    ldap_directory_free(directory);
    slapd_restart(&slapd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_judged_by_the_certificate_that_the_directory_has),
        cmocka_unit_test(a_directory_that_is_away_leaves_the_verdict_open_and_pins_serve),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
