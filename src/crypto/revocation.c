/* Revocation of a signer: a kept receipt first, then the responder, then the lists (req 0.22–0.24).
 */
#include "crypto/revocation.h"

#include "base/text.h"
#include "crypto/encode.h"
#include "crypto/ocsp.h"

enum {
    DEADLINE_MS = 25 * 1000,     /* when the judge sets none */
    AUTO_DEADLINE_MS = 5 * 1000, /* of the responder where lists can answer in its place */
    URL_MAX = 1024,
    EVIDENCE_TEXT_MAX = 2048,
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

static int64_t deadline_of(const struct judge *judge)
{
    bool lists = judge->revocation == REVOCATION_AUTO && judge->io && judge->io->find_crl;
    int64_t latest = clock_monotonic_ms() + (lists ? AUTO_DEADLINE_MS : DEADLINE_MS);

    return judge->deadline_ms && (!lists || judge->deadline_ms < latest) ? judge->deadline_ms
                                                                         : latest;
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
        .deadline_ms = deadline_of(judge),
    };
    return judge->io->fetch(judge->io->ctx, &fetch, ret_answer, err);
}

static void keep(const struct judge *judge, const struct ocsp_query *query, struct slice ocsp)
{
    struct err err;

    evidence_add(judge->evidence, EVIDENCE_OCSP, ocsp);
    /* A receipt that is not kept costs the next judgement a question, nothing else. */
    if (judge->io && judge->io->keep_receipt && has_signature(judge))
        (void)!judge->io->keep_receipt(judge->io->ctx, judge->signature_sha256,
                                       cert_signer(query->subject)->sha256, ocsp, &err);
}

static bool is_final(const struct question *q, const struct ocsp_answer *answer, char why[WHY_MAX])
{
    static const enum outcome outcomes[] = {
        [OCSP_UNUSABLE] = OUTCOME_UNKNOWN,
        [OCSP_UNKNOWN] = OUTCOME_UNKNOWN,
        [OCSP_REVOKED] = OUTCOME_FAILED,
        [OCSP_GOOD] = OUTCOME_PASSED,
    };

    if (answer->state == OCSP_UNUSABLE) {
        text_copy(why, WHY_MAX, answer->text);
        return false;
    }
    report_add(q->report, CHECK_REVOCATION, outcomes[answer->state], "%s%s%s", q->who,
               answer->state >= OCSP_REVOKED ? "the signer's certificate is "
                                             : "cannot be learnt: ",
               answer->text);
    return true;
}

static bool ask_responder(const struct question *q, char why[WHY_MAX])
{
    AUTO(bytes_free) struct bytes *bytes = NULL;
    struct ocsp_query query = query_of(q);
    struct ocsp_answer answer;
    uint8_t nonce[OCSP_NONCE_BYTES];
    struct err err;

    random_fill(nonce, sizeof(nonce));
    query.nonce = slice_mem(nonce, sizeof(nonce));
    if (ask(q->judge, &query, &bytes, &err) != ST_OK) {
        text_copy(why, WHY_MAX, err.text);
        return false;
    }
    ocsp_judge_response(&query, bytes_slice(bytes), &answer);
    if (answer.state == OCSP_GOOD)
        keep(q->judge, &query, bytes_slice(bytes));
    else if (answer.state == OCSP_REVOKED)
        evidence_add(q->judge->evidence, EVIDENCE_OCSP, bytes_slice(bytes));
    return is_final(q, &answer, why);
}

/* Answers that lie beside the document: the newest that may be relied upon. */
static bool use_given(const struct question *q, char why[WHY_MAX])
{
    const struct judge *judge = q->judge;
    const struct ocsp_query query = query_of(q);
    struct ocsp_answer best = { .state = OCSP_UNUSABLE };
    struct slice der = { NULL, 0 };

    for (size_t i = 0; i < judge->ocsp_count; i++) {
        struct ocsp_answer answer;
        ocsp_judge_response(&query, judge->ocsp[i], &answer);
        if (best.state != OCSP_UNUSABLE &&
            (answer.state == OCSP_UNUSABLE || answer.this_update_ms <= best.this_update_ms))
            continue;
        best = answer;
        der = judge->ocsp[i];
    }
    if (best.state >= OCSP_REVOKED)
        evidence_add(judge->evidence, EVIDENCE_OCSP, der);
    return is_final(q, &best, why);
}

static bool by_ocsp(const struct question *q, char why[WHY_MAX])
{
    if (q->judge->ocsp_count)
        return use_given(q, why);
    return use_receipt(q) || ask_responder(q, why);
}

/* Which lists were relied upon: what EVIDENCE_CRL is made of. */
static void keep_lists(const struct judge *judge, const struct crl_index *index)
{
    const struct crl *lists[] = { crl_index_base(index), crl_index_delta(index) };
    char text[EVIDENCE_TEXT_MAX];
    char number[2][CRL_NUMBER_TEXT] = { "none", "none" };
    char sha256[2][65] = { "", "" };

    for (int i = 0; i < 2 && lists[i]; i++) {
        crl_number_text(&crl_facts(lists[i])->number, number[i]);
        text_hex(slice_mem(crl_facts(lists[i])->sha256, 32), sha256[i]);
    }
    text_format(text, sizeof(text), "issuer: %s\nCRLNumber: %s\nsha256: %s\n%s%s%s%s%s",
                cert_signer(crl_issuer(lists[0]))->subject, number[0], sha256[0],
                lists[1] ? "delta CRLNumber: " : "", lists[1] ? number[1] : "",
                lists[1] ? "\ndelta sha256: " : "", sha256[1], lists[1] ? "\n" : "");
    evidence_add(judge->evidence, EVIDENCE_CRL, slice_str(text));
}

/* ocsp_why: what OCSP lacked, "" when it was not asked. */
static bool by_crl(const struct question *q, const char *ocsp_why, char why[WHY_MAX])
{
    const struct trust_io *io = q->judge->io;
    const struct crl_query query = { q->path->certs[0], q->path->certs[1], q->judge->now_ms,
                                     q->judge->skew_ms };
    AUTO(crl_index_free) struct crl_index *index = NULL;
    struct crl_answer answer;
    struct err err;

    if (!io || !io->find_crl) {
        text_copy(why, WHY_MAX, "no CRLs are kept here");
        return false;
    }
    if (io->find_crl(io->ctx, query.subject, query.issuer, &index, &err) != ST_OK) {
        text_copy(why, WHY_MAX, err.text);
        return false;
    }
    crl_index_judge(index, &query, &answer);
    if (answer.state == CRL_UNKNOWN) {
        text_copy(why, WHY_MAX, answer.text);
        return false;
    }
    keep_lists(q->judge, index);
    report_add(q->report, CHECK_REVOCATION,
               answer.state == CRL_GOOD ? OUTCOME_PASSED : OUTCOME_FAILED,
               "%sthe signer's certificate is %s%s%s%s", q->who, answer.text,
               *ocsp_why ? " (OCSP: " : "", ocsp_why, *ocsp_why ? ")" : "");
    return true;
}

static void learn(const struct question *q)
{
    enum revocation how = q->judge->revocation;
    char ocsp_why[WHY_MAX] = "";
    char crl_why[WHY_MAX] = "";

    if (how != REVOCATION_OCSP && q->judge->io && q->judge->io->see)
        q->judge->io->see(q->judge->io->ctx, q->path->certs[0], q->path->certs[1]);
    if (how != REVOCATION_CRL && by_ocsp(q, ocsp_why))
        return;
    if (how != REVOCATION_OCSP && by_crl(q, ocsp_why, crl_why))
        return;
    report_add(q->report, CHECK_REVOCATION, OUTCOME_UNKNOWN, "%scannot be learnt: %s%s%s", q->who,
               ocsp_why, *ocsp_why && *crl_why ? "; " : "", crl_why);
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
    else
        learn(&question);
}
