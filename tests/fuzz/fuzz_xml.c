/* Fuzzes signed XML documents: the enveloped profile without trust and with it, the detached one as
 * signature and as content, their kind, and their content, whose canonical form must be its own
 * canonical form. */
#include "world.h"
#include "wsse/xmlsig.h"

static const struct xml_limits limits = { WORLD_LIMIT, 64 };

static enum verdict judge(const struct judge *how, struct slice xml)
{
    AUTO(report_free) struct report *report = report_new();
    enum verdict verdict;

    promise(report != NULL);
    verdict = xmlsig_judge_enveloped(how, xml, &limits, report);
    world_check(verdict, report);
    for (enum check check = CHECK_FORMAT; verdict == VERDICT_VALID && check <= CHECK_COVERAGE;
         check++)
        promise(world_has_passed(report, check));
    return verdict;
}

static void check_content(struct slice xml)
{
    AUTO(bytes_free) struct bytes *once = NULL;
    AUTO(bytes_free) struct bytes *twice = NULL;
    const struct xml_limits wider = { (size_t)8 * WORLD_LIMIT, 64 };
    struct err err;

    if (xml_content_c14n(xml, &limits, &once, &err) != ST_OK)
        return;
    promise(xml_content_c14n(bytes_slice(once), &wider, &twice, &err) == ST_OK);
    promise(slice_eq(bytes_slice(once), bytes_slice(twice)));
}

/* With the input itself as content too: no signature can be over what holds it. */
static void judge_detached(const struct judge *how, struct slice xml)
{
    const struct slice contents[] = { { NULL, 0 }, SLICE("<a/>"), xml };

    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        AUTO(report_free) struct report *report = report_new();

        promise(report != NULL);
        world_check(xmlsig_judge_detached(how, xml, contents[i], &limits, report), report);
    }
}

bool fuzz_take(struct slice in)
{
    const struct judge alone = { .signature_only = true };
    const struct judge full = world_judge(PURPOSE_SIGN);
    struct err err;

    promise(wsse_init(&err) == ST_OK);
    enum verdict signature = judge(&alone, in);
    enum verdict whole = judge(&full, in);
    promise(whole != VERDICT_VALID || signature == VERDICT_VALID);
    judge_detached(&alone, in);
    (void)xml_document_kind(in, &limits);
    check_content(in);
    return whole == VERDICT_VALID;
}
