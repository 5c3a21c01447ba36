#include "coid/proof.h"

#include "base/text.h"
#include "crypto/cert.h"

enum {
    JUDGE_RESERVE_MS = 1500, /* of the exchange's end: what is judged must still be answered */
    JUDGE_MS = 8000,         /* a directory that hangs must leave time for the next call */
};

static int64_t judge_until(const struct errand *errand)
{
    const int64_t patience_ms = clock_monotonic_ms() + JUDGE_MS;
    const int64_t last_ms = errand->peer->deadline_ms - JUDGE_RESERVE_MS;

    return patience_ms < last_ms ? patience_ms : last_ms;
}

void finding_free(struct finding *finding)
{
    report_free(TAKE(finding->report));
    evidence_free(TAKE(finding->collected));
}

static void conclude(enum verdict verdict, struct finding *ret)
{
    ret->word = verdict_name(verdict);
    ret->is_believed = verdict == VERDICT_VALID;
    ret->code = verdict == VERDICT_INDETERMINATE ? "answerUnproven" : "answerForged";
}

/* What must be signed and is not proves as little as a forgery; `unsigned` is kept of those alone
 * that a setting accepts. */
static void conclude_unsigned(bool must_be_signed, struct finding *ret)
{
    ret->word = must_be_signed ? verdict_name(VERDICT_INVALID) : "unsigned";
    ret->is_believed = !must_be_signed;
    ret->code = "answerUnsigned";
}

enum status finding_make(const struct errand *errand, struct slice body, const char *jws,
                         bool must_be_signed, struct finding *ret, struct err *err)
{
    const struct coid *coid = errand->coid;
    struct judge judge = coid->p.jws_judge;

    *ret = (struct finding){ .received_ms = clock_now(coid->p.clock), .jws = jws ? jws : "" };
    if (!jws) {
        conclude_unsigned(must_be_signed, ret);
        return ST_OK;
    }
    ret->report = report_new();
    ret->collected = evidence_new();
    if (!ret->report || !ret->collected) {
        finding_free(ret);
        return RAISE(err, ST_NOMEM, "ЦОИД's answer: out of memory");
    }
    judge.now_ms = ret->received_ms;
    judge.deadline_ms = judge_until(errand);
    judge.evidence = ret->collected;
    conclude(jws_judge(&judge, slice_str(jws), body, &coid->p.jws_params, ret->report), ret);
    return evidence_check(ret->collected, err); /* the certificate is to be kept */
}

enum status finding_refuse(const struct finding *finding, struct err *err)
{
    static const char unsigned_text[] = "ЦОИД's answer is not signed";

    if (!finding->report)
        (void)RAISE_CAUSE(err, ST_UPSTREAM, finding->code, "x-jws-signature", NULL, "%s",
                          unsigned_text);
    else
        (void)RAISE_CAUSE(err, ST_UPSTREAM, finding->code, "x-jws-signature", NULL,
                          "the signature of ЦОИД's answer: %s", report_reason(finding->report));
    err_set_upstream(err, finding->http, SLICE(""));
    return ST_UPSTREAM;
}

/* The signer's comes first of what the judgement collects. */
static struct slice certificate_of(const struct finding *finding)
{
    const struct evidence *collected = finding->collected;

    if (collected && evidence_count(collected) > 0 &&
        evidence_kind(collected, 0) == EVIDENCE_CERTIFICATE)
        return evidence_data(collected, 0);
    return (struct slice){ "", 0 };
}

enum status proof_keep(const struct errand *errand, const struct question *question,
                       struct slice body, const struct finding *finding, struct coid_proof *ret,
                       struct err *err)
{
    AUTO(bytes_free) struct bytes *report = NULL;
    struct coid_evidence evidence = {
        .id = errand_id(errand->coid),
        .op = asked_operation(question->asked),
        .sender_id = errand->sender_id,
        .message_id = errand->message_id,
        .exchange = errand->peer->exchange,
        .key = errand->key,
        .received_ms = finding->received_ms,
        .http_status = finding->http,
        .request_jws = question->jws ? question->jws : "",
        .body = body,
        .jws = finding->jws,
        .certificate = certificate_of(finding),
        .verdict = finding->word,
    };

    if (question->asked == ASK_DATA)
        evidence.request_body = question->body;
    if (finding->report)
        TRY(report_json(finding->report, &report, err));
    evidence.report = bytes_slice(report);
    TRY(store_coid_evidence_keep(errand->coid->p.store, &evidence, err));
    return proof_read(&evidence, errand->arena, ret, err);
}

static enum status read_signer(const struct coid_evidence *evidence, struct arena *arena,
                               struct coid_proof *ret, struct err *err)
{
    AUTO(cert_free) struct cert *cert = NULL;
    AUTO(jws_free) struct jws *jws = NULL;

    if (evidence->certificate.len == 0) /* a JWS that could not be judged */
        return ST_OK;
    TRY(jws_parse(slice_str(evidence->jws), &jws, err));
    TRY(cert_parse(evidence->certificate, &cert, err));
    ret->algorithm = arena_text(arena, jws_alg(jws));
    ret->signer = arena_text(arena, slice_str(cert_signer(cert)->subject));
    ret->signer_serial = arena_text(arena, slice_str(cert_signer(cert)->serial));
    if (!ret->algorithm || !ret->signer || !ret->signer_serial)
        return RAISE(err, ST_NOMEM, "proof: out of memory");
    return ST_OK;
}

enum status proof_read(const struct coid_evidence *evidence, struct arena *arena,
                       struct coid_proof *ret, struct err *err)
{
    *ret = (struct coid_proof){
        .evidence = evidence->id,
        .received_ms = evidence->received_ms,
        .is_signed = evidence->jws[0] != '\0',
        .algorithm = "",
        .signer = "",
        .signer_serial = "",
    };
    return ret->is_signed ? read_signer(evidence, arena, ret, err) : ST_OK;
}
