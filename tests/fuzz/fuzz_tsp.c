/* Fuzzes timestamps: an authority's answer to a request of ours, and tokens as documents. */
#include "crypto/tsp.h"
#include "world.h"

static bool judge(struct slice in)
{
    const struct judge full = world_judge(PURPOSE_ANY);
    const struct slice any = { NULL, 0 };
    AUTO(report_free) struct report *report = report_new();
    enum verdict verdict;

    promise(report != NULL);
    verdict = tsp_judge_document(&full, in, any, report);
    world_check(verdict, report);
    return verdict == VERDICT_VALID;
}

static bool take_answer(struct slice in)
{
    const struct judge full = world_judge(PURPOSE_ANY);
    AUTO(report_free) struct report *report = report_new();
    AUTO(bytes_free) struct bytes *token = NULL;
    struct err err = { 0 };
    int64_t at_ms = 0;

    promise(report != NULL);
    if (tsp_response_token(in, world_file("tsp-request.der"), &token, &err) != ST_OK) {
        promise(!token && err.text[0] != '\0');
        return false;
    }
    enum verdict verdict =
        tsp_judge(&full, bytes_slice(token), world_file("content.txt"), report, &at_ms);
    promise((verdict == VERDICT_VALID) == (at_ms > 0));
    return verdict == VERDICT_VALID;
}

bool fuzz_take(struct slice in)
{
    bool is_document = judge(in);

    return take_answer(in) || is_document;
}
