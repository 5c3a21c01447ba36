/* Fuzzes the JWS of ЦОИД: taken apart, and judged over a known body with known certificates. */
#include "crypto/jws.h"
#include "world.h"

static bool judge(struct slice in, struct slice body, enum jws_input input)
{
    const struct jws_params params = { .input = input };
    struct judge full = world_judge(PURPOSE_SIGN);
    AUTO(report_free) struct report *report = report_new();
    enum verdict verdict;

    promise(report != NULL);
    full.extra = (const struct cert *const *)world()->leaf;
    full.extra_count = WORLD_FAMILIES;
    verdict = jws_judge(&full, in, body, &params, report);
    world_check(verdict, report);
    return verdict == VERDICT_VALID;
}

static void take_apart(struct slice in)
{
    AUTO(jws_free) struct jws *jws = NULL;
    struct slice payload;
    struct err err = { 0 };

    if (jws_parse(in, &jws, &err) != ST_OK) {
        promise(!jws && err.text[0] != '\0');
        return;
    }
    promise(jws_alg(jws).len > 0 && jws_kid(jws).len > 0);
    (void)jws_payload(jws, &payload);
    (void)jws_kid_is(jws_kid(jws), world()->leaf[0]);
}

bool fuzz_take(struct slice in)
{
    const struct slice inside = { NULL, 0 };
    const struct slice beside = world_file("content.txt");

    take_apart(in);
    bool bare = judge(in, beside, JWS_INPUT_BODY);
    bool by_rfc = judge(in, beside, JWS_INPUT_RFC7515);
    return judge(in, inside, JWS_INPUT_RFC7515) || bare || by_rfc;
}
