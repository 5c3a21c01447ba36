/* What stands in `data` of an answer, by operation; errors carry their detail. */
#include "soap/answer.h"
#include "soap/answer_coid.h"

/* The element is left out where there is nothing to warn of. */
static enum status put_warnings(const struct writer *w, const struct session_created *created,
                                struct _s__createSigningSessionResponse *out)
{
    struct s__Warning *rows;

    if (created->warning_count == 0)
        return ST_OK;
    out->warnings = writer_alloc(w, 1, sizeof(*out->warnings));
    rows = writer_alloc(w, created->warning_count, sizeof(*rows));
    if (!out->warnings || !rows)
        return writer_no_memory(w);
    out->warnings->warning = rows;
    for (size_t i = 0; i < created->warning_count; i++) {
        TRY(writer_text(w, created->warnings[i].code, &rows[i].code));
        TRY(writer_text(w, created->warnings[i].field, &rows[i].field));
        TRY(writer_text(w, created->warnings[i].text, &rows[i].text));
        out->warnings->__sizewarning++;
    }
    return ST_OK;
}

static enum status answer_created(const struct writer *w, const struct reply *reply,
                                  struct data *ret)
{
    const struct session_created *created = &reply->created;
    struct _s__createSigningSessionResponse *out;

    out = writer_alloc(w, 1, sizeof(*out));
    if (!out)
        return writer_no_memory(w);
    TRY(writer_text(w, created->signing_session_id.text, &out->signingSessionId));
    TRY(writer_text(w, session_state_name(created->state), &out->state));
    TRY(writer_time(w, created->expires_ms, &out->expiresAt));
    TRY(writer_text(w, created->qr_text, &out->qrText));
    TRY(writer_base64(w, created->qr_png, &out->qrPng));
    TRY(writer_text(w, created->link, &out->link));
    TRY(writer_text(w, created->business_link, &out->businessLink));
    TRY(writer_text(w, created->page_url, &out->pageUrl));
    TRY(put_warnings(w, created, out));
    *ret = (struct data){ .type = SOAP_TYPE__s__createSigningSessionResponse, .element = out };
    return ST_OK;
}

static enum status put_state(const struct writer *w, const struct expected_signer *in,
                             struct s__SignerState *out)
{
    TRY(writer_optional(w, in->iin, &out->iin));
    TRY(writer_optional(w, in->bin, &out->bin));
    TRY(writer_roles(w, in->roles, &out->role, &out->__sizerole));
    return writer_optional_time(w, in->signed_ms, &out->signedAt);
}

/* Nothing that the caller did not name itself. */
static enum status put_states(const struct writer *w, const struct signing_session *session,
                              struct _s__getSigningStatusResponse *out)
{
    TRY(writer_number(w, (int64_t)session->turn_count, &out->signedCount));
    TRY(writer_number(w, (int64_t)session_turns_wanted(session), &out->signerCount));
    if (session->signer_count == 0)
        return ST_OK;
    out->signers = writer_alloc(w, 1, sizeof(*out->signers));
    if (!out->signers)
        return writer_no_memory(w);
    out->signers->signer = writer_alloc(w, session->signer_count, sizeof(*out->signers->signer));
    if (!out->signers->signer)
        return writer_no_memory(w);
    for (size_t i = 0; i < session->signer_count; i++)
        TRY(put_state(w, &session->signers[i],
                      &out->signers->signer[out->signers->__sizesigner++]));
    return ST_OK;
}

static enum status answer_status(const struct writer *w, const struct reply *reply,
                                 struct data *ret)
{
    const struct signing_session *session = reply->session;
    struct _s__getSigningStatusResponse *out;

    out = writer_alloc(w, 1, sizeof(*out));
    if (!out)
        return writer_no_memory(w);
    TRY(writer_text(w, session->id.text, &out->signingSessionId));
    TRY(writer_text(w, session_state_name(session->state), &out->state));
    TRY(writer_optional(w, session->reason, &out->reason));
    TRY(writer_time(w, session->created_ms, &out->createdAt));
    TRY(writer_optional_time(w, session->scanned_ms, &out->scannedAt));
    TRY(writer_optional_time(w, session->documents_sent_ms, &out->documentsSentAt));
    TRY(writer_optional_time(w, session->ended_ms, &out->endedAt));
    TRY(writer_time(w, session->expires_ms, &out->expiresAt));
    TRY(writer_number(w, session->failed_puts, &out->failedPuts));
    TRY(put_states(w, session, out));
    *ret = (struct data){ .type = SOAP_TYPE__s__getSigningStatusResponse, .element = out };
    return ST_OK;
}

static enum status answer_cancelled(const struct writer *w, const struct reply *reply,
                                    struct data *ret)
{
    struct _s__cancelSigningSessionResponse *out;

    out = writer_alloc(w, 1, sizeof(*out));
    if (!out)
        return writer_no_memory(w);
    TRY(writer_text(w, reply->session->id.text, &out->signingSessionId));
    TRY(writer_text(w, session_state_name(reply->session->state), &out->state));
    *ret = (struct data){ .type = SOAP_TYPE__s__cancelSigningSessionResponse, .element = out };
    return ST_OK;
}

static enum status answer_error(const struct writer *w, const struct error_detail *detail,
                                struct data *ret)
{
    struct _e__error *out;

    out = writer_alloc(w, 1, sizeof(*out));
    if (!out)
        return writer_no_memory(w);
    TRY(writer_text(w, detail->code, &out->code));
    TRY(writer_optional(w, detail->field, &out->field));
    TRY(writer_optional(w, detail->limit, &out->limit));
    TRY(writer_optional(w, detail->upstream_status, &out->upstreamStatus));
    TRY(writer_optional(w, detail->upstream_text, &out->upstreamText));
    *ret = (struct data){ .type = SOAP_TYPE__e__error, .element = out };
    return ST_OK;
}

static const struct answer_row {
    enum status (*write)(const struct writer *w, const struct reply *reply, struct data *ret);
    enum vocabulary vocabulary;
    bool of_session; /* needs reply->session */
} rows[] = {
    [OP_CREATE_SIGNING_SESSION] = { answer_created, VOCABULARY_SIGNING, false },
    [OP_GET_SIGNING_STATUS] = { answer_status, VOCABULARY_SIGNING, true },
    [OP_GET_SIGNING_RESULT] = { answer_result, VOCABULARY_SIGNING, true },
    [OP_CANCEL_SIGNING_SESSION] = { answer_cancelled, VOCABULARY_SIGNING, true },
    [OP_VERIFY_PHOTO] = { answer_coid, VOCABULARY_COID, false },
    [OP_GET_VERIFICATION] = { answer_coid, VOCABULARY_COID, false },
    [OP_GET_PERSON_DATA] = { answer_coid, VOCABULARY_COID, false },
    [OP_GET_VENDORS] = { answer_coid, VOCABULARY_COID, false },
    [OP_GET_TRANSACTIONS] = { answer_coid, VOCABULARY_COID, false },
    [OP_GET_ACT_DETAIL] = { answer_coid, VOCABULARY_COID, false },
    [OP_GET_ACT] = { answer_coid, VOCABULARY_COID, false },
    [OP_GET_NEWS] = { answer_coid, VOCABULARY_COID, false },
};

enum vocabulary answer_vocabulary(const struct reply *reply)
{
    return reply->has_detail ? VOCABULARY_COMMON : rows[reply->op].vocabulary;
}

enum status answer_data(const struct writer *w, const struct reply *reply, struct data *ret)
{
    const struct answer_row *row = &rows[reply->op];

    *ret = (struct data){ 0 };
    if (reply->has_detail)
        return answer_error(w, &reply->detail, ret);
    if (row->of_session && !reply->session)
        return RAISE(w->err, ST_INTERNAL, "answer: no session in the reply");
    return row->write ? row->write(w, reply, ret) : ST_OK;
}
