/* Fuzzes the door for SOAP from outside: WS-Security judged without trust, and the whole of
 * wsse_verify(). What comes out of it is a Body that was signed. */
#include "world.h"
#include "wsse/xmlsig.h"

static const struct xml_limits limits = { WORLD_LIMIT, 64 };

static const struct wsse *gate(void)
{
    static struct wsse *only;
    static struct clock clock;
    struct wsse_params params = { .limits = limits, .clock = &clock };
    struct pin pin = { "gateway", NULL };
    struct err err;

    if (only)
        return only;
    clock = clock_fixed_at(WORLD_NOW_MS);
    pin.cert = cert_ref(world()->leaf[0]);
    params.trust = world()->trust;
    params.pins = &pin;
    params.pin_count = 1;
    promise(wsse_init(&err) == ST_OK && wsse_new(&params, &only, &err) == ST_OK);
    cert_free(pin.cert);
    return only;
}

/* Without trust every check of the signature itself must have passed. */
static void judge_signature(struct slice xml)
{
    const struct judge how = { .signature_only = true };
    AUTO(report_free) struct report *report = report_new();
    enum verdict verdict;

    promise(report != NULL);
    verdict = xmlsig_judge_envelope(&how, xml, &limits, report);
    world_check(verdict, report);
    for (enum check check = CHECK_FORMAT; verdict == VERDICT_VALID && check <= CHECK_COVERAGE;
         check++)
        promise(world_has_passed(report, check));
}

bool fuzz_take(struct slice in)
{
    AUTO(verified_free) struct verified *env = NULL;
    struct payload payload;
    struct err err = { 0 };
    const struct wsse *wsse = gate();
    enum status status;

    judge_signature(in);
    status = wsse_verify(wsse, in, 0, &env, &err);
    promise((status == ST_OK) == (env != NULL) && (status == ST_OK || err.text[0] != '\0'));
    if (!env)
        return false;
    promise(verified_body(env).len > 0 && verified_signer(env)->subject[0] != '\0');
    return verified_payload(env, &payload, &err) == ST_OK;
}
