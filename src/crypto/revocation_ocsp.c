/* What responders say: an answer kept for this signature, one given beside the document, or a live
 * one (req 0.22, 0.23). */
#include "base/text.h"
#include "crypto/encode.h"
#include "crypto/ocsp_ask.h"
#include "crypto/revocation_impl.h"

static struct ocsp_query query_of(const struct question *q)
{
    return (struct ocsp_query){ .subject = q->subject,
                                .issuer = q->issuer,
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

static void make_word(const struct ocsp_answer *answer, const char *kind, struct word *ret)
{
    static const enum word_state states[] = {
        [OCSP_UNUSABLE] = WORD_NONE,
        [OCSP_UNKNOWN] = WORD_UNKNOWN,
        [OCSP_REVOKED] = WORD_REVOKED,
        [OCSP_GOOD] = WORD_GOOD,
    };

    *ret = (struct word){ .state = states[answer->state],
                          .revoked_ms = answer->revoked_ms,
                          .reason = answer->reason };
    text_copy(ret->text, sizeof(ret->text), answer->text);
    text_copy(ret->source.kind, sizeof(ret->source.kind), kind);
    text_copy(ret->source.signed_by, sizeof(ret->source.signed_by), answer->responder);
    text_copy(ret->source.algorithm, sizeof(ret->source.algorithm),
              answer->algorithm ? answer->algorithm : "");
    ret->source.at_ms = answer->this_update_ms;
    ret->source.until_ms = answer->next_update_ms;
}

bool word_of_receipt(const struct question *q, struct word *ret)
{
    const struct judge *judge = q->judge;
    AUTO(bytes_free) struct bytes *kept = NULL;
    struct ocsp_query query = query_of(q);
    struct ocsp_answer answer;
    struct err err;

    if (judge->ocsp_count || !judge->io || !judge->io->find_receipt || !has_signature(judge))
        return false;
    if (judge->io->find_receipt(judge->io->ctx, judge->signature_sha256,
                                cert_signer(q->subject)->sha256, &kept, &err) != ST_OK)
        return false;
    query.kept = true;
    ocsp_judge_response(&query, bytes_slice(kept), &answer);
    if (answer.state != OCSP_GOOD)
        return false;
    evidence_add(judge->evidence, EVIDENCE_OCSP, bytes_slice(kept));
    make_word(&answer, "receipt", ret);
    return true;
}

static void read_urls(const struct question *q, struct ocsp_urls *ret)
{
    const char *instead = q->judge->ocsp_url;

    ocsp_urls_of(q->subject, ret);
    /* The responder of a setting speaks for those that the certificates name. */
    if (instead && *instead && (!q->is_authority || ret->count > 0))
        ocsp_urls_read(instead, ret);
}

bool has_responders(const struct question *q)
{
    struct ocsp_urls urls;

    if (q->judge->ocsp_count)
        return true;
    read_urls(q, &urls);
    return urls.count > 0;
}

/* Answers that lie beside the document: the newest that may be relied upon. */
static void find_given(const struct question *q, struct ocsp_said *ret)
{
    const struct judge *judge = q->judge;
    struct ocsp_query query = query_of(q);
    struct slice der = { NULL, 0 };

    query.kept = judge->ocsp_is_kept;
    *ret = (struct ocsp_said){ 0 };
    for (size_t i = 0; i < judge->ocsp_count; i++) {
        struct ocsp_answer answer;
        ocsp_judge_response(&query, judge->ocsp[i], &answer);
        if (ret->answer.state != OCSP_UNUSABLE &&
            (answer.state == OCSP_UNUSABLE || answer.this_update_ms <= ret->answer.this_update_ms))
            continue;
        ret->answer = answer;
        der = judge->ocsp[i];
    }
    if (ret->answer.state != OCSP_UNUSABLE)
        ret->der = bytes_dup(der);
}

static void ask(const struct question *q, struct ocsp_said *ret, bool *ret_spared)
{
    struct ocsp_urls urls;
    const struct ocsp_inquiry inquiry = {
        .judge = q->judge,
        .subject = q->subject,
        .issuer = q->issuer,
        .urls = &urls,
        .has_lists = q->judge->revocation == REVOCATION_AUTO && has_lists(q->judge) && !q->insists,
    };

    read_urls(q, &urls);
    *ret = (struct ocsp_said){ 0 };
    if (urls.count == 0)
        text_copy(ret->answer.text, sizeof(ret->answer.text),
                  "the certificate names no OCSP responder");
    else
        ocsp_ask(&inquiry, ret, ret_spared);
}

static void make_none(struct word *ret, const char *why, const char *what)
{
    *ret = (struct word){ .state = WORD_NONE };
    text_format(ret->text, sizeof(ret->text), "%s%s", why, what);
}

/* A delegated responder that may be revoked itself is asked about of lists, for it cannot speak for
 * itself (RFC 6960 section 4.2.2.2.1). false: *ret says why its answer does not count. */
static bool responder_stands(const struct question *q, const struct ocsp_said *said,
                             struct word *ret, char remark[WHY_MAX])
{
    const struct ocsp_query query = query_of(q);
    const struct trust_io *io = q->judge->io;
    struct word word;

    if (q->judge->scope == REVOCATION_SIGNER || !said->answer.responder_revocable)
        return true;
    AUTO(cert_free) struct cert *responder = ocsp_responder(&query, bytes_slice(said->der));
    if (!responder) {
        make_none(ret, "the OCSP responder's certificate cannot be read", "");
        return false;
    }
    if (io && io->see)
        io->see(io->ctx, q->subject, q->issuer); /* it names the lists, the responder may not */
    word_of_lists(&(const struct question){ q->judge, responder, q->issuer, true, false }, &word);
    if (word.state == WORD_GOOD) {
        text_format(remark, WHY_MAX, " (the OCSP responder's certificate is %s)", word.text);
        return true;
    }
    make_none(ret,
              word.state == WORD_REVOKED ? "the OCSP responder's certificate is "
                                         : "cannot be learnt of the OCSP responder's certificate: ",
              word.text);
    return false;
}

/* A receipt that is not kept costs the next judgement a question, nothing else. */
static void keep_receipt(const struct question *q, struct slice ocsp)
{
    const struct judge *judge = q->judge;
    struct err err;

    if (judge->ocsp_count == 0 && judge->io && judge->io->keep_receipt && has_signature(judge))
        (void)!judge->io->keep_receipt(judge->io->ctx, judge->signature_sha256,
                                       cert_signer(q->subject)->sha256, ocsp, &err);
}

void word_of_responders(const struct question *q, struct word *ret)
{
    struct ocsp_said said;
    char remark[WHY_MAX] = "";
    bool spared = false;

    if (q->judge->ocsp_count)
        find_given(q, &said);
    else
        ask(q, &said, &spared);
    AUTO(bytes_free) struct bytes *der = said.der;
    if (said.answer.state != OCSP_UNUSABLE && !der) {
        make_none(ret, "out of memory", "");
        return;
    }
    if (der && !responder_stands(q, &said, ret, remark))
        return;
    make_word(&said.answer, "ocsp", ret);
    ret->spared = spared;
    text_copy(ret->remark, sizeof(ret->remark), remark);
    if (said.answer.state >= OCSP_REVOKED)
        evidence_add(q->judge->evidence, EVIDENCE_OCSP, bytes_slice(der));
    if (said.answer.state == OCSP_GOOD)
        keep_receipt(q, bytes_slice(der));
}
