#include "unit/crypto/cms_kit.h"

const struct slice signed_text = { "ТЕКСТ ДОКУМЕНТА\r\n\0 до конца", 46 };
const struct slice no_content = { NULL, 0 };

struct bytes *sign_text(const struct made *signer, bool detached, struct responder *tsa)
{
    struct trust_io io = tsa ? responder_io(tsa) : (struct trust_io){ 0 };
    const struct cms_params params = { .detached = detached,
                                       .signing_time_ms = NOW_MS,
                                       .io = tsa ? &io : NULL,
                                       .tsp_url = tsa ? "http://tsp.test/" : NULL,
                                       .deadline_ms = clock_monotonic_ms() + 1000 };
    struct bytes *der = NULL;
    struct err err;

    assert_ok(cms_sign(signer->key, signed_text, &params, &der, &err), &err);
    return der;
}

void expect_cms(const struct judge *judge, struct slice cms, struct slice detached,
                enum verdict verdict, enum check culprit)
{
    AUTO(report_free) struct report *report = report_new();

    expect_report(report, cms_judge(judge, cms, detached, report, NULL), verdict, culprit);
}
