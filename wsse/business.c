/* Who wrote the payload, and our own signature on what we answer. */
#include "wsse/business.h"

#include "wsse/document.h"
#include "wsse/wsse_impl.h"
#include "wsse/xmlsig.h"

enum { MAX_PAYLOAD_BYTES = 64 << 20, MAX_PAYLOAD_DEPTH = 128 };

/* The same verdict means another Fault when it is the payload's signature (payloads.md section 3).
 */
static enum status author_status(const struct report *report)
{
    /* a document of another form, where there is nothing to judge, is not the outside's fault */
    const enum status status =
        report_culprit(report) == CHECK_FORMAT ? ST_FORMAT : wsse_status_of(report);

    if (status == ST_UNAVAILABLE)
        return ST_UNAVAILABLE;
    return status == ST_STALE ? ST_AUTHOR_STALE : ST_AUTHOR_FORGED;
}

/* Of the first signature that does not stand; "" when nobody made it. */
static const char *culprit_serial(const struct report *report)
{
    for (size_t i = 0; i < report_signer_count(report); i++)
        if (report_signer_verdict(report, i) != VERDICT_VALID)
            return report_signer(report, i)->serial;
    return "";
}

static enum status refuse_author(const struct report *report, struct err *err)
{
    const char *serial = culprit_serial(report);

    return RAISE_CAUSE(err, author_status(report), "businessSignature", "data", NULL,
                       "business signature%s%s: %s", *serial ? " of certificate " : "", serial,
                       report_reason(report));
}

static bool is_author(const struct author_rule *rule, const struct signer *signer)
{
    if (rule->anyone)
        return true;
    if (!*rule->iin && !*rule->bin)
        return false;
    return (!*rule->iin || strcmp(rule->iin, signer->iin) == 0) &&
           (!*rule->bin || strcmp(rule->bin, signer->bin) == 0);
}

static enum status find_author(const struct report *report, const struct author_rule *rule,
                               struct signer *ret, struct err *err)
{
    const size_t count = report_signer_count(report);

    for (size_t i = 0; i < count; i++) {
        if (is_author(rule, report_signer(report, i))) {
            *ret = *report_signer(report, i);
            return ST_OK;
        }
    }
    return RAISE_CAUSE(
        err, ST_AUTHOR_FORGED, "author", "data", NULL,
        "business signature: signed by somebody else than the sender, certificate %s",
        count ? report_signer(report, 0)->serial : "unknown");
}

enum status wsse_judge_author(const struct wsse *wsse, const struct verified *env,
                              const struct author_rule *rule, int64_t deadline_ms,
                              struct signer *ret_author, struct err *err)
{
    const struct xml_limits limits = { document_canonical_max(&wsse->limits),
                                       wsse->limits.max_depth };
    struct judge judge = wsse_judge_of(wsse, deadline_ms);
    AUTO(report_free) struct report *report = NULL;

    if (!env->authored)
        return RAISE(err, ST_NOT_FOUND, "the payload bears no signature");
    report = report_new();
    if (!report)
        return RAISE(err, ST_NOMEM, "report: out of memory");
    judge.purpose = PURPOSE_SIGN;
    judge.algorithms = wsse->business_algorithms;
    judge.pin_count = 0; /* a gateway is no author */
    if (xmlsig_judge_enveloped(&judge, bytes_slice(env->authored), &limits, report) ==
            VERDICT_INVALID ||
        !report_admits(report, wsse->business_unknown))
        return refuse_author(report, err);
    TRY(find_author(report, rule, ret_author, err));
    wsse_note_unknown(report, ret_author);
    return ST_OK;
}

enum status wsse_sign_payload(const struct wsse *wsse, struct slice payload,
                              struct bytes **ret_signed, struct err *err)
{
    static const struct xml_limits limits = { MAX_PAYLOAD_BYTES, MAX_PAYLOAD_DEPTH };
    struct err cause;

    if (!wsse->key)
        return RAISE(err, ST_INTERNAL, "there is no key to sign with");
    if (xmlsig_sign_enveloped(wsse->key, payload, &limits, ret_signed, &cause) != ST_OK)
        return RAISE(err, cause.status == ST_NOMEM ? ST_NOMEM : ST_INTERNAL,
                     "the payload to be signed: %.200s", cause.text);
    return ST_OK;
}
