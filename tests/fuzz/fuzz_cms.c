/* Fuzzes CMS: with content inside, and over content beside it. */
#include "crypto/cms.h"
#include "world.h"

static enum verdict judge(const struct judge *how, struct slice der, struct slice detached)
{
    AUTO(report_free) struct report *report = report_new();
    AUTO(bytes_free) struct bytes *content = NULL;
    enum verdict verdict;

    promise(report != NULL);
    verdict = cms_judge(how, der, detached, report, &content);
    world_check(verdict, report);
    promise(verdict != VERDICT_VALID || detached.at || content);
    return verdict;
}

bool fuzz_take(struct slice in)
{
    const struct slice inside = { NULL, 0 };
    const struct slice beside = world_file("content.txt");
    struct judge full = world_judge(PURPOSE_SIGN);
    struct judge alone = full;

    alone.signature_only = true;
    enum verdict attached = judge(&full, in, inside);
    enum verdict detached = judge(&full, in, beside);
    promise(attached != VERDICT_VALID || judge(&alone, in, inside) == VERDICT_VALID);
    return attached == VERDICT_VALID || detached == VERDICT_VALID;
}
