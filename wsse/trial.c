/* One judgement on its way. */
#include "wsse/trial.h"

bool trial_fail(struct trial *trial, enum status status, const char *text)
{
    trial->status = status;
    return REFUSE(trial, CHECK_FORMAT, "%s", text);
}

enum verdict trial_verdict(struct trial *trial, bool is_whole)
{
    if (!is_whole && report_admits(trial->report, UNKNOWN_ACCEPT))
        (void)REFUSE(trial, CHECK_COVERAGE, "the judgement ended early");
    return report_verdict(trial->report);
}

unsigned trial_algorithms(const struct trial *trial)
{
    return trial->judge->algorithms ? trial->judge->algorithms : (unsigned)ALG_DEFAULT;
}

void trial_help(struct trial *trial, struct cert *cert)
{
    if (trial->helper_count < TRIAL_MAX_HELPERS)
        trial->helpers[trial->helper_count++] = cert;
    else
        cert_free(cert);
}

void trial_clear(struct trial *trial)
{
    while (trial->helper_count > 0)
        cert_free(trial->helpers[--trial->helper_count]);
}
