/* What a certificate says of its purpose: policies are told, key usage decides. */
#include "unit/crypto/path_maker.h"

#include "model/session.h"

#include <string.h>

static const struct row {
    const char *policies, *eku, *usage;
    unsigned roles; /* expected of the signer */
    enum purpose purpose;
    enum check culprit; /* CHECK_COUNT_: valid */
    const char *says;   /* in the role row */
} rows[] = {
    { "1.2.398.3.3.2", "emailProtection,1.2.398.3.3.4.1.1", "digitalSignature,nonRepudiation",
      ROLE_INDIVIDUAL, PURPOSE_SIGN, CHECK_COUNT_,
      "; policy 1.2.398.3.3.2 (НУЦ РК); use emailProtection" },
    { "1.2.398.3.3.2.1", "emailProtection,1.2.398.3.3.4.1.2,1.2.398.3.3.4.1.2.1",
      "digitalSignature,nonRepudiation", ROLE_CEO, PURPOSE_SIGN, CHECK_COUNT_,
      "policy 1.2.398.3.3.2.1 (legal entity's signature)" },
    { "1.2.398.3.3.2.3", "emailProtection", "digitalSignature,nonRepudiation", 0, PURPOSE_SIGN,
      CHECK_COUNT_, "any is accepted: none; policy 1.2.398.3.3.2.3 (individual's signature)" },
    /* an authentication certificate: its key usage refuses the signature, the policy is told */
    { "1.2.398.3.3.2.4", "clientAuth,1.2.398.3.3.4.1.1", "digitalSignature,keyEncipherment",
      ROLE_INDIVIDUAL, PURPOSE_SIGN, CHECK_KEY_USAGE,
      "policy 1.2.398.3.3.2.4 (individual's authentication); use clientAuth" },
    { "1.2.398.3.3.2.2", "clientAuth,1.2.398.3.3.4.1.2", "digitalSignature,keyEncipherment",
      ROLE_LEGAL_ENTITY, PURPOSE_AUTH, CHECK_COUNT_, "legal entity's authentication" },
    /* no role of НУЦ РК: absent, or of others */
    { NULL, NULL, "digitalSignature,nonRepudiation", ROLE_INDIVIDUAL, PURPOSE_SIGN, CHECK_ROLE,
      "the certificate's: none; expected: individual" },
    { "1.2.398.3.3.2", "emailProtection", "digitalSignature,nonRepudiation", ROLE_INDIVIDUAL,
      PURPOSE_SIGN, CHECK_ROLE, "policy 1.2.398.3.3.2 (НУЦ РК)" },
    { "1.2.398.3.3.2,1.2.3.4", "emailProtection", "digitalSignature,nonRepudiation", 0,
      PURPOSE_SIGN, CHECK_COUNT_, "(НУЦ РК), 1.2.3.4; use" },
    { NULL, NULL, "digitalSignature,nonRepudiation", 0, PURPOSE_SIGN, CHECK_COUNT_,
      "any is accepted: none" },
};

static const char *role_row(const struct report *report)
{
    for (size_t i = 0; i < report_row_count(report); i++)
        if (report_row(report, i).check == CHECK_ROLE)
            return report_row(report, i).detail;
    return "";
}

static void a_policy_is_told_and_key_usage_decides(void **state) /* req 0.26, 0.27 */
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        const struct spec specs[] = {
            { .id = "root", .place = FOLDER },
            { .id = "leaf",
              .by = "root",
              .place = SIGNER,
              .policies = row->policies,
              .eku = row->eku,
              .usage = row->usage },
            { .id = NULL },
        };
        struct chain chain;
        AUTO(report_free) struct report *report = report_new();

        chain_make(&chain, specs, NULL);
        struct judge judge = chain_judge(&chain);
        judge.purpose = row->purpose;
        judge.expect_roles = row->roles;
        (void)!trust_judge(&judge, chain.signer, report);
        if (report_culprit(report) != row->culprit || !strstr(role_row(report), row->says))
            fail_msg("row %zu: %s; role: %s", i, report_reason(report), role_row(report));
        chain_clear(&chain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_policy_is_told_and_key_usage_decides),
    };

    return cmocka_run_group_tests(tests, setup_crypto, path_maker_teardown);
}
