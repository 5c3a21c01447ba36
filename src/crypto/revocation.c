/* Revocation of a signer: a kept receipt first, then the responder (req 0.22, 0.23). */
#include "crypto/revocation.h"

#include "base/text.h"
#include "crypto/encode.h"
#include "crypto/ocsp.h"

enum {
    DEADLINE_MS = 25 * 1000, /* when the judge sets none */
    URL_MAX = 1024,
};

struct question {
    const struct judge *judge;
    const struct path *path;
    const char *who;
    struct report *report;
};

static struct ocsp_query query_of(const struct question *q)
{
    return (struct ocsp_query){ .subject = q->path->certs[0],
                                .issuer = q->path->certs[1],
                                .now_ms = q->judge->now_ms,
                                .skew_ms = q->judge->skew_ms };
}

static bool has_signature(const struct judge *judge)
{
    for (size_t i = 0; i < sizeof(judge->signature_sha256); i++)
        if (judge->signature_sha256[i])
            return true;
    return false;
}

/* The same signature was found good before: that receipt may be used again (req 0.23). */
static bool use_receipt(const struct question *q)
{
    const struct judge *judge = q->judge;
    AUTO(bytes_free) struct bytes *kept = NULL;
    struct ocsp_query query = query_of(q);
    struct ocsp_answer answer;
    struct err err;

    if (!judge->io || !judge->io->find_receipt || !has_signature(judge))
        return false;
    if (judge->io->find_receipt(judge->io->ctx, judge->signature_sha256,
                                cert_signer(query.subject)->sha256, &kept, &err) != ST_OK)
        return false;
    query.kept = true;
    ocsp_judge_response(&query, bytes_slice(kept), &answer);
    if (answer.state != OCSP_GOOD)
        return false;
    evidence_add(judge->evidence, EVIDENCE_OCSP, bytes_slice(kept));
    report_add(q->report, CHECK_REVOCATION, OUTCOME_PASSED,
               "%sthe signer's certificate is %s (kept receipt of this signature)", q->who,
               answer.text);
    return true;
}

static enum status ask(const struct judge *judge, const struct ocsp_query *query,
                       struct bytes **ret_answer, struct err *err)
{
    AUTO(bytes_free) struct bytes *request = NULL;
    char from_cert[URL_MAX];
    const char *url = judge->ocsp_url;

    if (!url || !url[0])
        url = ocsp_url(query->subject, from_cert, sizeof(from_cert)) ? from_cert : NULL;
    if (!url)
        return RAISE(err, ST_UNAVAILABLE, "the certificate names no OCSP responder");
    if (!judge->io || !judge->io->fetch)
        return RAISE(err, ST_UNAVAILABLE, "the OCSP responder is out of reach");
    TRY(ocsp_request(query, &request, err));
    const struct fetch fetch = {
        .url = url,
        .content_type = "application/ocsp-request",
        .accept = "application/ocsp-response",
        .body = bytes_slice(request),
        .max_bytes = OCSP_ANSWER_MAX,
        .deadline_ms = judge->deadline_ms ? judge->deadline_ms : clock_monotonic_ms() + DEADLINE_MS,
    };
    return judge->io->fetch(judge->io->ctx, &fetch, ret_answer, err);
}

static void keep(const struct judge *judge, const struct ocsp_query *query, struct slice ocsp)
{
    struct err err;

    evidence_add(judge->evidence, EVIDENCE_OCSP, ocsp);
    /* A receipt that is not kept costs the next judgement a question, nothing else. */
    if (judge->io->keep_receipt && has_signature(judge))
        (void)!judge->io->keep_receipt(judge->io->ctx, judge->signature_sha256,
                                       cert_signer(query->subject)->sha256, ocsp, &err);
}

static void ask_responder(const struct question *q)
{
    static const enum outcome outcomes[] = {
        [OCSP_UNUSABLE] = OUTCOME_UNKNOWN,
        [OCSP_UNKNOWN] = OUTCOME_UNKNOWN,
        [OCSP_REVOKED] = OUTCOME_FAILED,
        [OCSP_GOOD] = OUTCOME_PASSED,
    };
    AUTO(bytes_free) struct bytes *bytes = NULL;
    struct ocsp_query query = query_of(q);
    struct ocsp_answer answer;
    uint8_t nonce[OCSP_NONCE_BYTES];
    struct err err;

    random_fill(nonce, sizeof(nonce));
    query.nonce = slice_mem(nonce, sizeof(nonce));
    if (ask(q->judge, &query, &bytes, &err) != ST_OK) {
        report_add(q->report, CHECK_REVOCATION, OUTCOME_UNKNOWN, "%scannot be learnt: %s", q->who,
                   err.text);
        return;
    }
    ocsp_judge_response(&query, bytes_slice(bytes), &answer);
    report_add(q->report, CHECK_REVOCATION, outcomes[answer.state], "%s%s%s", q->who,
               answer.state >= OCSP_REVOKED ? "the signer's certificate is " : "cannot be learnt: ",
               answer.text);
    if (answer.state == OCSP_GOOD)
        keep(q->judge, &query, bytes_slice(bytes));
    else if (answer.state == OCSP_REVOKED)
        evidence_add(q->judge->evidence, EVIDENCE_OCSP, bytes_slice(bytes));
}

void judge_revocation(const struct judge *judge, const struct path *path, const char *who,
                      struct report *report)
{
    const struct question question = { judge, path, who, report };

    if (judge->revocation == REVOCATION_OFF)
        report_add(report, CHECK_REVOCATION, OUTCOME_SKIPPED, "%snot asked for", who);
    else if (path->count == 0)
        report_add(report, CHECK_REVOCATION, OUTCOME_SKIPPED,
                   "%snot judged: the certificate's issuer is not known", who);
    else if (path->count == 1)
        report_add(report, CHECK_REVOCATION, OUTCOME_SKIPPED,
                   "%snot judged: the certificate is an anchor itself", who);
    else if (!use_receipt(&question))
        ask_responder(&question);
}
