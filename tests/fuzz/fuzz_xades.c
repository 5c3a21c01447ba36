/* Fuzzes XAdES: judged without trust and with it. */
#include "world.h"
#include "wsse/xades.h"

static const struct xml_limits limits = { WORLD_LIMIT, 64 };

static enum verdict judge(const struct judge *how, struct slice xml)
{
    AUTO(report_free) struct report *report = report_new();
    enum verdict verdict;

    promise(report != NULL);
    verdict = xades_judge(how, xml, &limits, report);
    world_check(verdict, report);
    for (enum check check = CHECK_FORMAT; verdict == VERDICT_VALID && check <= CHECK_COVERAGE;
         check++)
        promise(world_has_passed(report, check));
    promise(verdict != VERDICT_VALID || !how->timestamp_required || report_timestamp(report) != 0);
    return verdict;
}

bool fuzz_take(struct slice in)
{
    const struct judge alone = { .signature_only = true };
    const struct judge full = world_judge(PURPOSE_SIGN);
    struct judge stamped = full;
    struct err err;

    promise(wsse_init(&err) == ST_OK);
    stamped.timestamp_required = true;
    enum verdict signature = judge(&alone, in);
    enum verdict whole = judge(&full, in);
    promise(whole != VERDICT_VALID || signature == VERDICT_VALID);
    promise(judge(&stamped, in) != VERDICT_VALID || whole == VERDICT_VALID);
    return signature == VERDICT_VALID;
}
