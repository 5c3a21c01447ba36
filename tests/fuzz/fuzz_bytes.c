/* Fuzzes the JSON of SIGN_BYTES_ARRAY: a bare signature and a certificate over known data. */
#include "crypto/bytes_judge.h"
#include "world.h"

bool fuzz_take(struct slice in)
{
    const struct judge full = world_judge(PURPOSE_SIGN);
    AUTO(report_free) struct report *report = report_new();
    enum verdict verdict;

    promise(report != NULL);
    verdict = bytes_judge(&full, in, world_file("content.txt"), report);
    world_check(verdict, report);
    return verdict == VERDICT_VALID;
}
