#include "unit/wsse/xades_scene.h"

#include "base/clock.h"

struct bytes *scene_seal_by(const struct made *signer, const char *xml, struct responder *tsa)
{
    const struct trust_io io = tsa ? responder_io(tsa) : (struct trust_io){ 0 };
    const struct xades_params params = { .signing_time_ms = NOW_MS,
                                         .io = tsa ? &io : NULL,
                                         .tsp_url = tsa ? "http://tsp.test/" : NULL,
                                         .deadline_ms = clock_monotonic_ms() + 1000 };
    struct bytes *out = NULL;
    struct err err;

    assert_ok(xades_seal(signer->key, slice_str(xml), &params, &usual_limits, &out, &err), &err);
    return out;
}

struct bytes *scene_seal(enum keys keys, const char *xml)
{
    struct responder tsa = { .pki = pki_of(keys) };

    return scene_seal_by(&pki_of(keys)->leaf, xml, &tsa);
}

void scene_expect(const struct judge *how, const char *xml, enum check culprit, const char *words)
{
    AUTO(report_free) struct report *report = report_new();
    const enum verdict verdict = xades_judge(how, slice_str(xml), &usual_limits, report);
    const bool is_valid = culprit == CHECK_COUNT_;

    if (verdict != report_verdict(report) && verdict == VERDICT_VALID)
        fail_msg("the verdict is better than its report: %s", report_reason(report));
    if ((verdict == VERDICT_VALID) == is_valid && report_culprit(report) == culprit &&
        (!words || strstr(report_reason(report), words)))
        return;
    print_report(report);
    fail_msg("wanted %s «%s», got %s: %s", is_valid ? "valid" : check_name(culprit),
             words ? words : "", verdict_name(verdict), report_reason(report));
}
