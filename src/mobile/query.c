/* getSigningStatus, getSigningResult, cancelSigningSession. */
#include "base/text.h"
#include "mobile/internal.h"

static struct signing_session *unknown(struct err *err)
{
    (void)RAISE_CAUSE(err, ST_INPUT, "sessionUnknown", "signingSessionId", NULL,
                      "there is no such signing session of this sender");
    return NULL;
}

size_t mobile_content_max(const struct mobile *mobile)
{
    return mobile->p.max_document_bytes + mobile->p.max_signers * mobile->p.max_put_bytes +
           SEAL_MAX_BYTES;
}

/* NULL: err says why. Others' sessions and those that are not there look the same. */
static struct signing_session *find_own(struct mobile *mobile, const char *sender_id,
                                        const struct session_query *query, unsigned parts,
                                        struct err *err)
{
    AUTO(signing_session_free) struct signing_session *session = NULL;
    struct session_key key = { 0 };
    struct id id;
    enum status status;

    if (!id_parse(slice_trim(slice_str(query->signing_session_id)), &id))
        return unknown(err);
    key.id = &id;
    status =
        store_session_find(mobile->p.store, &key, parts, mobile_content_max(mobile), &session, err);
    if (status == ST_NOT_FOUND)
        return unknown(err);
    if (status != ST_OK)
        return NULL;
    if (!slice_eq_str(slice_str(session->sender_id), sender_id))
        return unknown(err);
    return TAKE(session);
}

/* Why it stands where it stands, where the state alone leaves a question (flows.md section 1). */
static void explain(struct signing_session *session)
{
    enum language language = language_of(session->language);

    if (session->state == SESSION_SIGNED) /* that of an earlier refused PUT says nothing now */
        session->reason = "";
    if (session->reason && session->reason[0])
        return;
    session->reason = "";
    if (session->state == SESSION_SCANNED)
        session->reason = message_text(MSG_WHY_SCANNED, language);
    if (session->state == SESSION_CANCELLED)
        session->reason = message_text(MSG_WHY_CANCELLED, language);
    if (session->state != SESSION_EXPIRED)
        return;
    if (session->turn_count > 0)
        session->reason = message_text(MSG_WHY_EXPIRED_HALFWAY, language);
    else if (session->documents_sent_ms)
        session->reason = message_text(MSG_WHY_EXPIRED, language);
    else if (session->scanned_ms)
        session->reason = message_text(MSG_WHY_SCANNED, language);
    else
        session->reason = message_text(MSG_WHY_EXPIRED_UNOPENED, language);
}

static void hand_over(struct reply *reply, enum operation op, struct signing_session *session)
{
    explain(session);
    signing_session_free(reply->session);
    reply->session = session;
    reply->op = op;
}

enum status mobile_status(struct mobile *mobile, const char *sender_id,
                          const struct session_query *query, struct reply *reply, struct err *err)
{
    struct signing_session *session = find_own(mobile, sender_id, query, SESSION_HEAD, err);

    if (!session)
        return err->status;
    hand_over(reply, OP_GET_SIGNING_STATUS, session);
    return ST_OK;
}

static size_t base64_size(size_t n)
{
    return (n + 2) / 3 * 4;
}

/* What the documents and their evidence take in the answer; id 0: all. */
static size_t answer_size(const struct signing_session *session, int64_t id, bool *ret_found)
{
    size_t total = 0;

    *ret_found = id == 0;
    for (size_t i = 0; i < session->signed_count; i++) {
        const struct signed_document *document = &session->signed_documents[i];
        if (id != 0 && document->id != id)
            continue;
        *ret_found = true;
        total += base64_size(document->content.len);
        for (size_t k = 0; k < document->evidence_count; k++)
            total += base64_size(document->evidence[k].data.len);
    }
    return total;
}

static enum status check_result(const struct mobile *mobile, const struct signing_session *session,
                                int64_t id, struct err *err)
{
    size_t max = mobile->p.max_document_bytes, size;
    char limit[48];
    bool found;

    if (session->state != SESSION_SIGNED)
        return RAISE_CAUSE(err, ST_INPUT, "sessionNotSigned", "signingSessionId",
                           session_state_name(session->state),
                           "the session is not signed, its state is %s",
                           session_state_name(session->state));
    size = answer_size(session, id, &found);
    if (!found)
        return RAISE_CAUSE(err, ST_INPUT, "documentUnknown", "documentId", NULL,
                           "the session has no document %lld", (long long)id);
    text_format(limit, sizeof(limit), "%zu bytes", max);
    if (id == 0 && session->signed_count > 1 && size > max)
        return RAISE_CAUSE(err, ST_INPUT, "resultTooLarge", "documentId", limit,
                           "all documents together have %zu bytes: ask for them one by one by "
                           "documentId",
                           size);
    return ST_OK;
}

/* The seal never makes an answer too large that was not: then it goes with a single document. */
static void leave_out_seal(const struct mobile *mobile, struct signing_session *session, int64_t id)
{
    bool found;
    const size_t rest = answer_size(session, id, &found);

    if (id == 0 && rest + base64_size(session->seal.xml.len) > mobile->p.max_document_bytes)
        session->seal = (struct evidence_seal){ 0 };
}

enum status mobile_result(struct mobile *mobile, const char *sender_id,
                          const struct session_query *query, struct reply *reply, struct err *err)
{
    AUTO(signing_session_free)
    struct signing_session *session = find_own(mobile, sender_id, query, SESSION_RESULT, err);

    if (!session)
        return err->status;
    TRY(check_result(mobile, session, query->document_id, err));
    leave_out_seal(mobile, session, query->document_id);
    reply->document_id = query->document_id;
    hand_over(reply, OP_GET_SIGNING_RESULT, TAKE(session));
    return ST_OK;
}

static enum status record_cancel(const struct sender_call *call,
                                 const struct signing_session *session, struct err *err)
{
    const struct event event = {
        .level = EVENT_NOTICE,
        .name = "session.cancelled",
        .signing = session->id.text,
        .text = "signing session cancelled by its sender",
    };

    return sender_journal(call, &event, err);
}

enum status mobile_cancel(struct mobile *mobile, const struct mobile_sender *sender,
                          const struct request *req, struct reply *reply, struct err *err)
{
    const struct session_query *query = &req->payload.query;
    AUTO(signing_session_free)
    struct signing_session *before = find_own(mobile, sender->sender_id, query, SESSION_HEAD, err);
    const struct sender_call call = { mobile, sender, req, clock_now(mobile->p.clock) };
    struct signing_session *after;
    struct err cause;
    enum status status;

    if (!before)
        return err->status;
    status = store_session_end(mobile->p.store, &before->id, SESSION_CANCELLED, "", &cause);
    if (status != ST_OK && status != ST_CONFLICT) {
        *err = cause;
        return status;
    }
    after = find_own(mobile, sender->sender_id, query, SESSION_HEAD, err);
    if (!after)
        return err->status;
    if (after->state != SESSION_CANCELLED) { /* a second cancel changes nothing and is fine */
        const char *state = session_state_name(after->state);
        signing_session_free(after);
        return RAISE_CAUSE(err, ST_INPUT, "sessionFinal", "signingSessionId", state,
                           "the session cannot be cancelled any more, its state is %s", state);
    }
    status = record_cancel(&call, after, err);
    hand_over(reply, OP_CANCEL_SIGNING_SESSION, after);
    return status;
}
