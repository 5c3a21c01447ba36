/* Certificates judged for their own sake, as `shepctl verify --profile cert` does. */
#include "crypto/gost/kzgost.h"
#include "unit/crypto/fixture.h"

enum whose { LEAF, CA, ROOT, IMPOSTOR };
enum known { NOBODY, ISSUER_PINNED, ALL_TRUSTED };

static const struct {
    const char *name;
    enum whose whose;
    enum known known;
    bool signature_only;
    enum verdict want;
    enum check culprit;
} cases[] = {
    { "a leaf under its root", LEAF, ALL_TRUSTED, false, VERDICT_VALID, CHECK_COUNT_ },
    { "a CA, whatever its KeyUsage", CA, ALL_TRUSTED, false, VERDICT_VALID, CHECK_COUNT_ },
    { "a trusted root", ROOT, ALL_TRUSTED, false, VERDICT_VALID, CHECK_COUNT_ },
    { "a root that nobody trusts", ROOT, NOBODY, false, VERDICT_INVALID, CHECK_PATH },
    { "a root's own signature", ROOT, NOBODY, true, VERDICT_VALID, CHECK_COUNT_ },
    { "a leaf without its issuer", LEAF, NOBODY, true, VERDICT_INDETERMINATE, CHECK_SIGNATURE },
    { "and in full", LEAF, NOBODY, false, VERDICT_INVALID, CHECK_PATH },
    { "a leaf with its issuer pinned", LEAF, ISSUER_PINNED, true, VERDICT_VALID, CHECK_COUNT_ },
    { "an impostor of the CA's name", IMPOSTOR, ALL_TRUSTED, true, VERDICT_INVALID,
      CHECK_SIGNATURE },
    { "and in full", IMPOSTOR, ALL_TRUSTED, false, VERDICT_INVALID, CHECK_SIGNATURE },
};

static void a_certificate_stands_by_its_issuers_signature(void **state)
{
    const char *const key_types[] = { KZGOST_KEY_2015_512, KZGOST_KEY_2004, KZGOST_KEY_GAMMA,
                                      "RSA" };

    (void)state;
    for (size_t k = 0; k < sizeof(key_types) / sizeof(key_types[0]); k++) {
        struct pki *pki = pki_new(key_types[k]);
        const struct made_params forged = { .cn = "IMPOSTOR",
                                            .key_type = key_types[k],
                                            .issuer_cn = cert_signer(pki->ca.cert)->common_name };
        struct made impostor = made_new(&forged, NULL);
        const struct cert *const subjects[] = { pki->leaf.cert, pki->ca.cert, pki->root.cert,
                                                impostor.cert };
        const struct cert *const pins[] = { pki->ca.cert };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            AUTO(report_free) struct report *report = report_new();
            struct judge judge = pki_judge(pki);

            judge.purpose = PURPOSE_ANY;
            judge.trust = cases[i].known == ALL_TRUSTED ? pki->trust : NULL;
            judge.pins = pins;
            judge.pin_count = cases[i].known == ISSUER_PINNED ? 1 : 0;
            judge.signature_only = cases[i].signature_only;
            if (cert_judge(&judge, subjects[cases[i].whose], report) != cases[i].want)
                fail_msg("%s, %s: %s", key_types[k], cases[i].name, report_reason(report));
            if (report_culprit(report) != cases[i].culprit)
                fail_msg("%s, %s: culprit %s", key_types[k], cases[i].name, report_reason(report));
        }
        made_free(&impostor);
        pki_free(pki);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_stands_by_its_issuers_signature),
    };

    return cmocka_run_group_tests(tests, setup_crypto, NULL);
}
