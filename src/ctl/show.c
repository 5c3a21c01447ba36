#include "ctl/show.h"

#include "base/clock.h"
#include "base/text.h"
#include "crypto/algorithm.h"
#include "ctl/ctl.h"

#include <string.h>

static void row(FILE *out, const char *name, const char *value)
{
    if (!value[0])
        return;
    (void)fprintf(out, "  %-11s ", name);
    ctl_print_text(out, value);
    (void)fputc('\n', out);
}

/* Of one bit of enum role. */
static const char *role_words(unsigned bit)
{
    static const struct {
        unsigned bit;
        const char *words;
    } roles[] = {
        { ROLE_INDIVIDUAL, "individual" },
        { ROLE_LEGAL_ENTITY, "legal entity" },
        { ROLE_CEO, "CEO" },
        { ROLE_SIGN_RIGHT, "right to sign" },
        { ROLE_SIGN_FINANCE, "right to sign finance" },
        { ROLE_HR, "HR" },
        { ROLE_EMPLOYEE, "employee" },
        { ROLE_INFORMATION_SYSTEM, "identification" },
        { ROLE_NCA, "НУЦ РК" },
    };

    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
        if (roles[i].bit == bit)
            return roles[i].words;
    return "";
}

static void bits(FILE *out, const char *name, unsigned set, const char *(*name_of)(unsigned bit))
{
    char text[256] = "";

    for (unsigned bit = 1; bit && bit <= set; bit <<= 1) {
        size_t len = strlen(text);

        if (set & bit)
            (void)text_format(text + len, sizeof(text) - len, "%s%s", len ? ", " : "",
                              name_of(bit));
    }
    row(out, name, text);
}

void show_signer(FILE *out, const struct signer *signer)
{
    row(out, "subject", signer->subject);
    row(out, "issuer", signer->issuer);
    row(out, "IIN", signer->iin);
    row(out, "BIN", signer->bin);
    row(out, "serial", signer->serial);
    (void)fprintf(out, "  %-11s ", "valid");
    ctl_print_time(out, signer->not_before_ms);
    (void)fputs(" … ", out);
    ctl_print_time(out, signer->not_after_ms);
    (void)fputc('\n', out);
    bits(out, "role", signer->roles, role_words);
    bits(out, "key usage", signer->key_usage, key_usage_name);
}

void show_cert(FILE *out, const struct cert *cert)
{
    const struct signer *signer = cert_signer(cert);
    char sha256[2 * sizeof(signer->sha256) + 1];

    show_signer(out, signer);
    row(out, "key", algorithm_name(cert_algorithm(cert)));
    text_hex(slice_mem(signer->sha256, sizeof(signer->sha256)), sha256);
    row(out, "SHA-256", sha256);
    row(out, "self-signed", cert_is_self_signed(cert) ? "yes" : "no");
}

static const char *const outcome_signs[] = {
    [OUTCOME_FAILED] = "✗",
    [OUTCOME_UNKNOWN] = "?",
    [OUTCOME_PASSED] = "✓",
    [OUTCOME_SKIPPED] = "–",
};

static void show_row(FILE *out, struct report_row r)
{
    (void)fprintf(out, "  %s %-11s ", outcome_signs[r.outcome], check_name(r.check));
    ctl_print_text(out, r.detail);
    (void)fputc('\n', out);
}

void show_checks(FILE *out, const struct report *report)
{
    for (size_t i = 0; i < report_row_count(report); i++)
        show_row(out, report_row(report, i));
}

static bool is_trouble(struct report_row r)
{
    return r.outcome == OUTCOME_FAILED || r.outcome == OUTCOME_UNKNOWN;
}

/* What passed in one line of names; the rest in full. */
static void show_checks_of(FILE *out, const struct report *report, size_t signature)
{
    enum check last = CHECK_COUNT_;

    (void)fputs("  ✓", out);
    for (size_t i = 0; i < report_row_count(report); i++) {
        struct report_row r = report_row(report, i);

        if (r.signature != signature || r.outcome != OUTCOME_PASSED || r.check == last)
            continue;
        (void)fprintf(out, " %s", check_name(r.check));
        last = r.check;
    }
    (void)fputc('\n', out);
    for (size_t i = 0; i < report_row_count(report); i++)
        if (report_row(report, i).signature == signature && is_trouble(report_row(report, i)))
            show_row(out, report_row(report, i));
}

static const char *const verdict_words[] = {
    [VERDICT_INVALID] = "NOT VALID",
    [VERDICT_INDETERMINATE] = "NOT JUDGED",
    [VERDICT_VALID] = "VALID",
};

static void time_row(FILE *out, const char *name, int64_t at_ms)
{
    if (!at_ms)
        return;
    (void)fprintf(out, "  %-11s ", name);
    ctl_print_time(out, at_ms);
    (void)fputc('\n', out);
}

/* One of several: its verdict, who made it in few lines, its checks. */
static void show_one_of_several(FILE *out, const struct report *report, size_t i)
{
    const struct signer *signer = report_signer(report, i);

    (void)fprintf(out, "\n  %zu of %zu: %s\n", i + 1, report_signer_count(report),
                  verdict_words[report_signer_verdict(report, i)]);
    row(out, "subject", signer->subject[0] ? signer->subject : "not established");
    row(out, "IIN", signer->iin);
    row(out, "BIN", signer->bin);
    row(out, "serial", signer->serial);
    row(out, "covers", report_signer_covers(report, i));
    time_row(out, "timestamp", report_signer_timestamp(report, i));
    show_checks_of(out, report, i + 1);
}

static void show_the_one(FILE *out, const struct report *report)
{
    for (size_t i = 0; i < report_signer_count(report); i++)
        show_signer(out, report_signer(report, i));
    row(out, "algorithm", report_algorithm(report));
    row(out, "covers", report_covers(report));
    time_row(out, "timestamp", report_timestamp(report));
    show_checks(out, report);
}

static void show_several(FILE *out, const struct report *report)
{
    row(out, "algorithm", report_algorithm(report));
    row(out, "covers", report_covers(report));
    for (size_t i = 0; i < report_row_count(report); i++)
        if (report_row(report, i).signature == 0)
            show_row(out, report_row(report, i));
    for (size_t i = 0; i < report_signer_count(report); i++)
        show_one_of_several(out, report, i);
}

void show_report(FILE *out, const struct report *report, const char *what)
{
    const char *reason = report_reason(report);

    (void)fprintf(out, "%s  ", verdict_words[report_verdict(report)]);
    ctl_print_text(out, what);
    (void)fputs(reason[0] ? "\n  because " : "\n", out);
    ctl_print_text(out, reason);
    (void)fputs(reason[0] ? "\n" : "", out);
    if (report_signer_count(report) > 1)
        show_several(out, report);
    else
        show_the_one(out, report);
}
