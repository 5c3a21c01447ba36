/* Judges every returned document, and makes what the store keeps of them. Fails closed: only
 * DECISION_ACCEPTED is a yes. */
#include "base/text.h"
#include "mobile/internal.h"

/* What is left of the exchange for storing and answering after the last outward call. */
enum { ANSWER_MS = 2000, EVIDENCE_MAX = 64, ARENA_MAX = 1 << 20 };

static const enum message by_check[CHECK_COUNT_] = {
    [CHECK_FORMAT] = MSG_FORMAT,       [CHECK_ALGORITHM] = MSG_ALGORITHM,
    [CHECK_DIGEST] = MSG_CONTENT,      [CHECK_SIGNATURE] = MSG_CONTENT,
    [CHECK_COVERAGE] = MSG_CHANGED,    [CHECK_PATH] = MSG_PATH,
    [CHECK_DATES] = MSG_DATES,         [CHECK_REVOCATION] = MSG_REVOKED,
    [CHECK_KEY_USAGE] = MSG_KEY_USAGE, [CHECK_ROLE] = MSG_ROLE,
    [CHECK_OWNER] = MSG_OWNER,         [CHECK_TIMESTAMP] = MSG_TIMESTAMP,
};

enum message judge_message(enum check culprit)
{
    return culprit < CHECK_COUNT_ ? by_check[culprit] : MSG_FORMAT;
}

static void refuse(struct judgement *ret, enum message message, int64_t id, const char *reason)
{
    ret->decision = DECISION_REFUSED;
    ret->message = message;
    reason_set(ret->reason, "document %lld: %s", (long long)id, reason);
}

/* A yes, but the report and the journal say what is not known. */
static void let_through(struct report *report, int64_t id, struct judgement *ret)
{
    reason_set(ret->unknown, "document %lld: %s", (long long)id, report_reason(report));
    report_mark_admitted(report, "[trust] user_unknown");
}

enum decision judge_decide(const struct mobile *mobile, enum verdict verdict,
                           const struct report *report, bool *ret_unknown)
{
    *ret_unknown = false;
    if (verdict == VERDICT_VALID && report_verdict(report) == VERDICT_VALID)
        return DECISION_ACCEPTED;
    if (verdict != VERDICT_INDETERMINATE)
        return DECISION_REFUSED;
    *ret_unknown = report_admits(report, mobile->p.unknown);
    if (*ret_unknown)
        return DECISION_ACCEPTED;
    if (report_verdict(report) == VERDICT_INDETERMINATE &&
        report_culprit(report) == CHECK_REVOCATION)
        return DECISION_DEFERRED;
    return DECISION_REFUSED;
}

static bool verdict_is_yes(const struct mobile *mobile, enum verdict verdict, struct report *report,
                           int64_t id, struct judgement *ret)
{
    enum check culprit = report_culprit(report);
    bool is_unknown = false;
    enum decision decision = judge_decide(mobile, verdict, report, &is_unknown);

    if (decision == DECISION_ACCEPTED) {
        if (is_unknown)
            let_through(report, id, ret);
        return true;
    }
    refuse(ret, judge_message(culprit), id, report_reason(report));
    if (decision == DECISION_DEFERRED) {
        ret->decision = decision;
        ret->message = MSG_REVOCATION;
    }
    return false;
}

static bool signer_is_one(const struct report *report, int64_t id, struct judgement *ret)
{
    const struct signer *first = ret->count ? &ret->documents[0].signer : NULL;

    if (report_signer_count(report) != 1) {
        refuse(ret, MSG_SIGNERS, id, "signer: not exactly one signature");
        return false;
    }
    if (first && !turn_same_signer(first, report_signer(report, 0))) {
        refuse(ret, MSG_SIGNERS, id, "signer: another signer than of the first document");
        return false;
    }
    return true;
}

/* The evidence that the judgement left behind, and the report itself. */
static enum status keep_evidence(struct judgement *ret, struct signed_document *document,
                                 const struct report *report, struct err *err)
{
    struct evidence *evidence = ret->evidence[ret->count];
    size_t n = evidence_count(evidence);
    struct evidence_item *items;

    TRY(evidence_check(evidence, err));
    if (n > EVIDENCE_MAX)
        return RAISE(err, ST_INTERNAL, "%zu pieces of evidence of one document", n);
    TRY(report_json(report, &ret->reports[ret->count], err));
    items = arena_array(ret->arena, n + 1, sizeof(*items));
    if (!items)
        return RAISE(err, ST_NOMEM, "evidence");
    for (size_t i = 0; i < n; i++)
        items[i] = (struct evidence_item){ evidence_kind(evidence, i), evidence_data(evidence, i) };
    items[n] = (struct evidence_item){ EVIDENCE_REPORT, bytes_slice(ret->reports[ret->count]) };
    document->evidence = items;
    document->evidence_count = n + 1;
    return ST_OK;
}

struct judge judge_of_user(const struct mobile *mobile, enum purpose purpose,
                           const struct peer *peer)
{
    const struct mobile_params *p = &mobile->p;

    return (struct judge){
        .trust = p->trust,
        .io = p->io,
        .now_ms = clock_now(p->clock),
        .purpose = purpose,
        .revocation = p->revocation,
        .scope = p->scope,
        .ocsp_url = p->ocsp_url,
        .algorithms = p->algorithms,
        .timestamp_algorithms = p->timestamp_algorithms,
        .follow_aia = p->follow_aia,
        .skew_ms = p->skew_ms,
        .deadline_ms = peer->deadline_ms - ANSWER_MS,
    };
}

struct judging {
    const struct mobile *mobile;
    const struct signing_session *session;
    const struct returned *returned;
    const struct peer *peer;
    struct turn_chooser chooser;
};

static struct judge judge_for(struct judging *j, struct evidence *evidence)
{
    struct judge judge = judge_of_user(j->mobile, PURPOSE_SIGN, j->peer);

    judge.timestamp_required = j->mobile->p.timestamp_required;
    judge.evidence = evidence;
    judge.expect = turn_expect;
    judge.expect_ctx = &j->chooser;
    return judge;
}

/* *ret_yes false: ret says why. */
static enum status judge_one(struct judging *j, struct judgement *ret, bool *ret_yes,
                             struct err *err)
{
    AUTO(report_free) struct report *report = report_new();
    size_t i = ret->count;
    const struct document *issued = &j->session->documents[i];
    struct slice content = bytes_slice(j->returned->content[i]);
    struct signed_document *document = &ret->documents[i];
    struct judge judge;
    enum verdict verdict;

    ret->evidence[i] = evidence_new();
    if (!report || !ret->evidence[i])
        return RAISE(err, ST_NOMEM, "judgement");
    judge = judge_for(j, ret->evidence[i]);
    verdict = method_of(j->session, issued)->judge(j->mobile, &judge, issued, content, report);
    *ret_yes = verdict_is_yes(j->mobile, verdict, report, issued->id, ret) &&
               signer_is_one(report, issued->id, ret);
    if (!*ret_yes)
        return ST_OK;
    document->id = issued->id;
    document->content = content;
    document->signer = *report_signer(report, 0);
    document->signed_at_ms = report_timestamp(report) ? report_timestamp(report) : judge.now_ms;
    TRY(keep_evidence(ret, document, report, err));
    ret->count++;
    return ST_OK;
}

/* All documents are signed as they should be; whether that is wanted is the turn's to say. */
static void decide(const struct turn_chooser *chooser, struct judgement *ret)
{
    ret->turn = chooser->turn;
    if (chooser->kind == TURN_OPEN) {
        ret->decision = DECISION_ACCEPTED;
    } else if (chooser->kind == TURN_AGAIN) {
        ret->decision = DECISION_AGAIN;
        ret->message = MSG_SIGNED_BEFORE;
        text_copy(ret->reason, sizeof(ret->reason), "other documents of one who has signed before");
    }
}

static enum status judge_all(struct judging *j, struct judgement *ret, struct err *err)
{
    size_t n = j->session->document_count;
    bool yes = n > 0 && j->returned->count == n;

    ret->arena = arena_new(ARENA_MAX + n * (sizeof(struct signed_document) + 4096));
    if (!ret->arena)
        return RAISE(err, ST_NOMEM, "judgement");
    ret->documents = arena_array(ret->arena, n + 1, sizeof(*ret->documents));
    ret->evidence = arena_array(ret->arena, n + 1, sizeof(struct evidence *));
    ret->reports = arena_array(ret->arena, n + 1, sizeof(struct bytes *));
    if (!ret->documents || !ret->evidence || !ret->reports)
        return RAISE(err, ST_NOMEM, "judgement");
    while (yes && ret->count < n)
        TRY(judge_one(j, ret, &yes, err));
    if (yes)
        decide(&j->chooser, ret);
    return ST_OK;
}

enum status judge_documents(const struct mobile *mobile, const struct signing_session *session,
                            const struct returned *returned, const struct peer *peer,
                            struct judgement *ret, struct err *err)
{
    struct judging j = { mobile, session, returned, peer, { .session = session } };
    struct judgement judgement = { .message = MSG_FORMAT };
    enum status status = judge_all(&j, &judgement, err);

    if (status != ST_OK)
        judgement_free(&judgement);
    else
        *ret = judgement;
    return status;
}

void judgement_free(struct judgement *judgement)
{
    /* the document under judgement when it ended stands behind the last counted one */
    for (size_t i = 0; judgement->evidence && judgement->reports && i <= judgement->count; i++) {
        evidence_free(judgement->evidence[i]);
        bytes_free(judgement->reports[i]);
    }
    arena_free(judgement->arena);
    *judgement = (struct judgement){ 0 };
}
