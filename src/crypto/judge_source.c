/* A revocation list judged for its own sake; what it shares with an OCSP answer's judgement. */
#include "crypto/judge_source.h"

#include "base/text.h"
#include "crypto/cert_impl.h"
#include "crypto/trust_impl.h"

#include <inttypes.h>
#include <string.h>

/* The search for whose key signed the list. */
struct search {
    const struct judge *judge;
    struct slice data;
    struct crl *crl;  /* found and verified */
    bool named;       /* somebody bears the issuer's name */
    struct err fault; /* of the last who does */
};

static void try_list(void *ctx, X509 *x509)
{
    struct search *search = ctx;
    AUTO(cert_free) struct cert *issuer = NULL;
    struct err err;

    if (search->crl || cert_wrap(x509, &issuer, &err) != ST_OK)
        return;
    const struct crl_source source = { search->data, issuer, search->judge->algorithms };
    if (crl_parse(&source, &search->crl, &err) == ST_OK || strcmp(err.code, "crlIssuer") == 0)
        return;
    search->named = true;
    search->fault = err;
}

static void tell_covers(const struct crl *crl, struct report *report)
{
    const struct crl_facts *facts = crl_facts(crl);
    char number[CRL_NUMBER_TEXT];
    char base[CRL_NUMBER_TEXT] = "";
    char from[TIME_TEXT];
    char to[TIME_TEXT];

    crl_number_text(&facts->number, number);
    if (crl_is_delta(crl))
        crl_number_text(&facts->base_number, base);
    detail_time(facts->this_update_ms, from);
    detail_time(facts->next_update_ms, to);
    report_set_covers(report, "CRL no. %s%s%s of %s, %" PRIu64 " entries, from %s until %s", number,
                      *base ? ", delta to base no. " : "", base, cert_label(crl_issuer(crl)),
                      facts->count, from, to);
}

static void judge_list_dates(const struct judge *judge, const struct crl *crl,
                             struct report *report)
{
    const struct crl_facts *facts = crl_facts(crl);
    char when[TIME_TEXT];

    if (judge->now_ms < facts->this_update_ms - judge->skew_ms) {
        detail_time(facts->this_update_ms, when);
        report_add(report, CHECK_DATES, OUTCOME_FAILED, "the list is not valid before %s", when);
    } else if (judge->now_ms > facts->next_update_ms + judge->skew_ms) {
        detail_time(facts->next_update_ms, when);
        report_add(report, CHECK_DATES, OUTCOME_FAILED, "the list has been stale since %s", when);
    } else {
        detail_time(judge->now_ms, when);
        report_add(report, CHECK_DATES, OUTCOME_PASSED, "the list is valid at %s", when);
    }
}

void judge_source_issuer(const struct judge *judge, const struct cert *issuer,
                         struct report *report)
{
    struct path path = { 0 };

    if (judge->signature_only) {
        report_add(report, CHECK_PATH, OUTCOME_SKIPPED, "not asked for: signature only");
        return;
    }
    judge_path_and_dates(judge, issuer, judge->now_ms, "issuer: ", &path, report);
    path_clear(&path);
}

static void tell_fault(const struct search *search, struct report *report)
{
    bool algorithm = strcmp(search->fault.code, "crlAlgorithm") == 0;

    if (!search->named)
        report_add(report, CHECK_SIGNATURE, OUTCOME_UNKNOWN, "the list's issuer is not here");
    else if (search->fault.status == ST_FORGED)
        report_add(report, algorithm ? CHECK_ALGORITHM : CHECK_SIGNATURE, OUTCOME_FAILED, "%s",
                   search->fault.text);
    else
        report_add(report, CHECK_FORMAT, OUTCOME_FAILED, "%s", search->fault.text);
}

enum verdict crl_judge(const struct judge *judge, struct slice data, struct report *report)
{
    struct search search = { .judge = judge, .data = data };

    judge_each_issuer(judge, try_list, &search);
    AUTO(crl_free) struct crl *crl = search.crl;
    if (!crl) {
        tell_fault(&search, report);
        return report_verdict(report);
    }
    report_add(report, CHECK_FORMAT, OUTCOME_PASSED, "a revocation list");
    tell_covers(crl, report);
    report_set_algorithm(report, algorithm_name(crl_facts(crl)->algorithm));
    report_add(report, CHECK_ALGORITHM, OUTCOME_PASSED, "%s",
               algorithm_name(crl_facts(crl)->algorithm));
    report_add(report, CHECK_SIGNATURE, OUTCOME_PASSED, "of %s", cert_label(crl_issuer(crl)));
    judge_source_issuer(judge, crl_issuer(crl), report);
    if (judge->signature_only)
        report_add(report, CHECK_DATES, OUTCOME_SKIPPED, "not asked for: signature only");
    else
        judge_list_dates(judge, crl, report);
    return report_verdict(report);
}
