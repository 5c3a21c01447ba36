/* The judgement of a signer: path, dates, revocation, key usage, role, owner. */
#include "base/text.h"
#include "crypto/cert_impl.h"
#include "crypto/policy.h"
#include "crypto/report_impl.h"
#include "crypto/revocation.h"
#include "crypto/trust_impl.h"

#include <openssl/x509v3.h>

enum { LIST_MAX = 256 };

/* req 0.26, 0.27; the others by RFC 3161 and 6960 */
static const struct {
    unsigned bits;
    const char *name;
} purposes[] = {
    [PURPOSE_ANY] = { 0, "any use" },
    [PURPOSE_SIGN] = { USAGE_DIGITAL_SIGNATURE | USAGE_NON_REPUDIATION,
                       "a signing certificate (digitalSignature and nonRepudiation)" },
    [PURPOSE_AUTH] = { USAGE_DIGITAL_SIGNATURE | USAGE_KEY_ENCIPHERMENT,
                       "an authentication certificate (digitalSignature and keyEncipherment)" },
    [PURPOSE_TRANSPORT] = { USAGE_DIGITAL_SIGNATURE,
                            "an information system's signature (digitalSignature)" },
    [PURPOSE_TSA] = { 0, "timestamps (critical extended key usage timeStamping alone)" },
    [PURPOSE_OCSP] = { 0, "OCSP answers (extended key usage OCSPSigning)" },
};

void detail_time(int64_t ms, char dst[TIME_TEXT])
{
    char whole[TIME_TEXT];
    struct slice text;

    time_utc_offset_text(ms, whole);
    text = slice_str(whole);
    /* Certificates know whole seconds only: 2026-11-22T14:03:07.000+05:00 without its fraction. */
    if (text.len == 29)
        text_format(dst, TIME_TEXT, "%.19s%s", whole, whole + 23);
    else
        text_copy(dst, TIME_TEXT, whole);
}

/* The names of a set of bits, comma-separated. */
static void list_bits(unsigned bits, const char *(*name)(unsigned bit), char dst[LIST_MAX])
{
    size_t len = 0;

    text_copy(dst, LIST_MAX, bits ? "" : "none");
    for (unsigned bit = 1; bit && bit <= bits; bit <<= 1)
        if ((bits & bit) &&
            text_format(dst + len, LIST_MAX - len, "%s%s", len ? ", " : "", name(bit)))
            len = strlen(dst);
}

bool judge_pins(const struct judge *judge, const struct cert *signer)
{
    for (size_t i = 0; i < judge->pin_count; i++)
        if (memcmp(cert_signer(judge->pins[i])->sha256, cert_signer(signer)->sha256, 32) == 0)
            return true;
    return false;
}

/* A row for each certificate, named, with its dates. */
static void add_path_row(const struct cert *cert, const char *place, const char *who,
                         struct report *report)
{
    const struct signer *facts = cert_signer(cert);
    char from[TIME_TEXT];
    char to[TIME_TEXT];

    detail_time(facts->not_before_ms, from);
    detail_time(facts->not_after_ms, to);
    report_add(report, CHECK_PATH, OUTCOME_PASSED, "%s%s: %s, serial %s, valid %s to %s", who,
               place, cert_label(cert), facts->serial, from, to);
}

static void add_path_rows(const struct path *path, const char *who, struct report *report)
{
    for (size_t i = 0; i < path->count; i++)
        add_path_row(path->certs[i],
                     i + 1 == path->count ? "anchor"
                     : i == 0             ? "signer"
                                          : "intermediate",
                     who, report);
}

static void add_path_evidence(const struct judge *judge, const struct cert *signer,
                              const struct path *path)
{
    if (path->count == 0)
        evidence_add(judge->evidence, EVIDENCE_CERTIFICATE, cert_der(signer));
    for (size_t i = 0; i < path->count; i++)
        evidence_add(judge->evidence, EVIDENCE_CERTIFICATE, cert_der(path->certs[i]));
}

static void judge_path(const struct judge *judge, const struct cert *signer, int64_t at_ms,
                       const char *who, struct path *path, struct report *report)
{
    bool found = judge->trust && trust_find_path(judge->trust, signer, judge, at_ms, path);

    if (judge_pins(judge, signer))
        add_path_row(signer, "pinned", who, report);
    else if (found)
        add_path_rows(path, who, report);
    else
        report_add(report, CHECK_PATH, OUTCOME_FAILED, "%s%s", who,
                   judge->trust ? path->why : "no trusted certificates are configured");
    add_path_evidence(judge, signer, path);
}

/* One row for each certificate whose dates fail, or one that says that all are inside. */
static void judge_dates(const struct cert *const *certs, size_t count, int64_t at_ms,
                        const char *who, struct report *report)
{
    char at[TIME_TEXT];
    char limit[TIME_TEXT];
    bool all = true;

    detail_time(at_ms, at);
    for (size_t i = 0; i < count; i++) {
        const struct signer *facts = cert_signer(certs[i]);
        int place = dates_compare(facts, at_ms);
        if (place == 0)
            continue;
        all = false;
        detail_time(place < 0 ? facts->not_before_ms : facts->not_after_ms, limit);
        report_add(report, CHECK_DATES, OUTCOME_FAILED, "%s%s, serial %s: %s %s, judged at %s", who,
                   cert_label(certs[i]), facts->serial,
                   place < 0 ? "not valid before" : "expired on", limit, at);
    }
    if (all)
        report_add(report, CHECK_DATES, OUTCOME_PASSED, "%s%zu certificate%s valid at %s", who,
                   count, count == 1 ? "" : "s", at);
}

void judge_path_and_dates(const struct judge *judge, const struct cert *signer, int64_t at_ms,
                          const char *who, struct path *path, struct report *report)
{
    judge_path(judge, signer, at_ms, who, path, report);
    /* A pin is trusted as it stands: of its own dates alone. Without a path there are no others. */
    if (path->count == 0 || judge_pins(judge, signer))
        judge_dates(&signer, 1, at_ms, who, report);
    else
        judge_dates((const struct cert *const *)path->certs, path->count, at_ms, who, report);
}

/* RFC 3161 section 2.3: exactly one KeyPurposeID, timeStamping, and critical. */
static bool is_for_timestamps(const struct cert *signer)
{
    X509 *x509 = cert_x509(signer);
    int i = X509_get_ext_by_NID(x509, NID_ext_key_usage, -1);

    return i >= 0 && X509_EXTENSION_get_critical(X509_get_ext(x509, i)) &&
           X509_get_extended_key_usage(x509) == XKU_TIMESTAMP &&
           (X509_get_key_usage(x509) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION));
}

static bool is_for_ocsp(const struct cert *signer)
{
    X509 *x509 = cert_x509(signer);

    return (X509_get_extension_flags(x509) & EXFLAG_XKUSAGE) &&
           (X509_get_extended_key_usage(x509) & XKU_OCSP_SIGN);
}

static bool is_for(enum purpose purpose, const struct cert *signer)
{
    switch (purpose) {
    case PURPOSE_ANY:
        return true;
    case PURPOSE_TSA:
        return is_for_timestamps(signer);
    case PURPOSE_OCSP:
        return is_for_ocsp(signer);
    default:
        return (cert_signer(signer)->key_usage & purposes[purpose].bits) == purposes[purpose].bits;
    }
}

void judge_usage(const struct judge *judge, const struct cert *signer, const char *who,
                 struct report *report)
{
    char list[LIST_MAX];

    list_bits(cert_signer(signer)->key_usage, key_usage_name, list);
    if (judge->purpose == PURPOSE_ANY || judge->signature_only)
        report_add(report, CHECK_KEY_USAGE, OUTCOME_SKIPPED, "%snot judged: %s", who, list);
    else if (is_for(judge->purpose, signer))
        report_add(report, CHECK_KEY_USAGE, OUTCOME_PASSED, "%s%s", who, list);
    else
        report_add(report, CHECK_KEY_USAGE, OUTCOME_FAILED, "%snot %s; its key usage: %s", who,
                   purposes[judge->purpose].name, list);
}

/* Whom the signer is to be; false: nobody is expected. */
static bool expectation_of(const struct judge *judge, const struct signer *signer,
                           struct expected_signer *ret)
{
    const struct expected_signer *chosen;

    *ret = (struct expected_signer){ .iin = judge->expect_iin,
                                     .bin = judge->expect_bin,
                                     .roles = judge->expect_roles };
    if (!judge->expect)
        return true;
    chosen = judge->expect(judge->expect_ctx, signer);
    if (chosen)
        *ret = *chosen;
    return chosen != NULL;
}

/* An extended key usage that is absent or not of НУЦ РК is no role. */
static void judge_role(const struct judge *judge, const struct expected_signer *expected,
                       const struct cert *signer, const char *who, struct report *report)
{
    unsigned roles = cert_signer(signer)->roles;
    char list[LIST_MAX];
    char wanted[LIST_MAX];
    char policy[LIST_MAX];

    list_bits(roles, session_role_name, list);
    policy_describe(signer, policy, sizeof(policy));
    const char *before = policy[0] ? "; " : "";
    if (expected->roles == 0 || judge->signature_only) {
        report_add(report, CHECK_ROLE, OUTCOME_SKIPPED, "%sany is accepted: %s%s%s", who, list,
                   before, policy);
        return;
    }
    list_bits(expected->roles, session_role_name, wanted);
    if (roles & expected->roles)
        report_add(report, CHECK_ROLE, OUTCOME_PASSED, "%s%s%s%s", who, list, before, policy);
    else
        report_add(report, CHECK_ROLE, OUTCOME_FAILED, "%sthe certificate's: %s; expected: %s%s%s",
                   who, list, wanted, before, policy);
}

static bool differs(const char *expected, const char *found)
{
    return expected && expected[0] && strcmp(expected, found) != 0;
}

/* The numbers themselves stay out of the text: it reaches logs. */
static void judge_owner(const struct judge *judge, const struct expected_signer *expected,
                        const struct cert *signer, const char *who, struct report *report)
{
    const struct signer *facts = cert_signer(signer);
    bool iin = differs(expected->iin, facts->iin);
    bool bin = differs(expected->bin, facts->bin);
    bool asked = (expected->iin && expected->iin[0]) || (expected->bin && expected->bin[0]);

    if (!asked || judge->signature_only)
        report_add(report, CHECK_OWNER, OUTCOME_SKIPPED, "%sanybody is accepted", who);
    else if (iin || bin)
        report_add(report, CHECK_OWNER, OUTCOME_FAILED,
                   "%sthe certificate's %s not the expected one%s", who,
                   iin && bin ? "IIN and BIN are"
                   : iin      ? "IIN is"
                              : "BIN is",
                   iin && bin ? "s" : "");
    else
        report_add(report, CHECK_OWNER, OUTCOME_PASSED, "%sas expected", who);
}

static void judge_expectation(const struct judge *judge, const struct cert *signer, const char *who,
                              struct report *report)
{
    struct expected_signer expected;
    bool is_expected = expectation_of(judge, cert_signer(signer), &expected);

    judge_role(judge, &expected, signer, who, report);
    if (is_expected || judge->signature_only)
        judge_owner(judge, &expected, signer, who, report);
    else
        report_add(report, CHECK_OWNER, OUTCOME_FAILED, "%snobody is expected to sign any more",
                   who);
}

static void skip_trust(const char *who, struct report *report)
{
    static const enum check checks[] = { CHECK_PATH, CHECK_DATES, CHECK_REVOCATION };

    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
        report_add(report, checks[i], OUTCOME_SKIPPED, "%snot asked for: signature only", who);
}

enum verdict trust_judge_at(const struct judge *judge, const struct cert *signer, int64_t at_ms,
                            const char *who, struct report *report)
{
    size_t first = report_row_count(report);
    struct path path = { 0 };

    if (judge->signature_only) {
        skip_trust(who, report);
        evidence_add(judge->evidence, EVIDENCE_CERTIFICATE, cert_der(signer));
    } else {
        judge_path_and_dates(judge, signer, at_ms, who, &path, report);
        judge_revocation(judge, &path, at_ms, who, report);
    }
    judge_usage(judge, signer, who, report);
    judge_expectation(judge, signer, who, report);
    path_clear(&path);
    return report_part_verdict(report, first);
}

enum verdict trust_judge(const struct judge *judge, const struct cert *signer,
                         struct report *report)
{
    return trust_judge_at(judge, signer, judge->now_ms, "", report);
}
