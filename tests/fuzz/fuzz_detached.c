/* Fuzzes detached XMLDSig: over content beside it, and over an element of its own document. */
#include "world.h"
#include "wsse/xmlsig.h"

static const struct xml_limits limits = { WORLD_LIMIT, 64 };

static enum verdict judge(const struct judge *how, struct slice xml, struct slice content)
{
    AUTO(report_free) struct report *report = report_new();
    enum verdict verdict;

    promise(report != NULL);
    verdict = xmlsig_judge_detached(how, xml, content, &limits, report);
    world_check(verdict, report);
    for (enum check check = CHECK_FORMAT; verdict == VERDICT_VALID && check <= CHECK_COVERAGE;
         check++)
        promise(world_has_passed(report, check));
    return verdict;
}

bool fuzz_take(struct slice in)
{
    const struct slice inside = { NULL, 0 };
    const struct judge full = world_judge(PURPOSE_SIGN);
    struct judge alone = full;
    struct err err;

    alone.signature_only = true;
    promise(wsse_init(&err) == ST_OK);
    enum verdict of_file = judge(&full, in, world_file("content.txt"));
    enum verdict of_element = judge(&full, in, inside);
    promise(of_file != VERDICT_VALID ||
            judge(&alone, in, world_file("content.txt")) == VERDICT_VALID);
    /* the two forms exclude each other */
    promise(of_file != VERDICT_VALID || of_element != VERDICT_VALID);
    return of_file == VERDICT_VALID || of_element == VERDICT_VALID;
}
