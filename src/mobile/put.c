/* The PUT of signed documents: verified against the issued ones, kept as one signer's turn, then
 * answered 200; the same again is 200 again (flows.md section 1, payloads.md section 6). */
#include "base/text.h"
#include "crypto/encode.h"
#include "mobile/internal.h"

/* The session's end, beside the line of the PUT that brought it. */
static enum status record_failed(const struct app *app, const char *reason, struct err *err)
{
    char text[300];
    const struct app_note note = { EVENT_WARNING, "session.failed", "", text };

    text_format(text, sizeof(text), "no more signatures are taken after this refusal: %s", reason);
    return app_journal(app, &note, err);
}

/* 403: counted and kept by the store; the fifth ends the session. */
static enum status refuse_signature(struct app *app, enum message message, const char *reason,
                                    struct err *err)
{
    enum session_state state = SESSION_DOCUMENTS_SENT;
    struct err cause;
    enum status status =
        store_session_refuse_put(app->mobile->p.store, &app->session->id, reason, &state, &cause);

    if (status == ST_CONFLICT)
        return app_conflict(app, err);
    if (status != ST_OK) {
        *err = cause;
        return status;
    }
    app_refuse(app, 403, message, "put.refused", reason);
    app->no_more = state == SESSION_FAILED;
    return app->no_more ? record_failed(app, reason, err) : ST_OK;
}

static enum status accept_put(struct app *app, const char *event, const char *text, struct err *err)
{
    TRY(issue_success(app->session, &app->json, err));
    app->status = 200;
    app->event = event;
    app->level = EVENT_INFO;
    text_copy(app->text, sizeof(app->text), text);
    return ST_OK;
}

/* ---- what was accepted before ---- */

static bool is_accepted_body(const struct signing_session *session, const uint8_t hash[32])
{
    for (size_t i = 0; i < session->turn_count; i++)
        if (memcmp(session->turns[i].put_sha256, hash, 32) == 0)
            return true;
    return false;
}

static const struct signed_document *find_signed(const struct signing_session *session, int64_t id,
                                                 uint32_t turn)
{
    for (size_t i = 0; i < session->signed_count; i++)
        if (session->signed_documents[i].id == id && session->signed_documents[i].turn == turn)
            return &session->signed_documents[i];
    return NULL;
}

static bool equals_turn(const struct signing_session *session, const struct returned *returned,
                        uint32_t turn)
{
    for (size_t i = 0; i < returned->count; i++) {
        const struct signed_document *document =
            find_signed(session, session->documents[i].id, turn);
        if (!document || !slice_eq(bytes_slice(returned->content[i]), document->content))
            return false;
    }
    return returned->count > 0;
}

/* The same values as those of a turn, whatever the JSON looks like. */
static bool equals_accepted(const struct signing_session *session, const struct returned *returned)
{
    for (size_t i = 0; i < session->turn_count; i++)
        if (equals_turn(session, returned, session->turns[i].turn))
            return true;
    return false;
}

static enum status accept_again(struct app *app, bool is_confirmation, struct err *err)
{
    return accept_put(app, "put.repeated",
                      is_confirmation ? "a confirmation without documents"
                                      : "the accepted documents came again",
                      err);
}

/* ---- a turn ---- */

static void describe_turn(struct app *app, const struct judgement *judgement, bool is_signed)
{
    const size_t wanted = session_turns_wanted(app->session);
    char what[80];

    if (is_signed)
        text_copy(what, sizeof(what), "signatures are valid, the session is signed");
    else
        text_format(what, sizeof(what), "signatures are valid, %zu of %zu signers have signed",
                    app->session->turn_count + 1, wanted);
    text_copy(app->text, sizeof(app->text), what);
    if (!judgement->unknown[0])
        return;
    app->level = EVENT_WARNING;
    text_format(app->text, sizeof(app->text),
                "%s, let through by [trust] user_unknown = accept: %s", what, judgement->unknown);
}

/* Whose valid signatures are about to count: on record before they do, so that no crash leaves a
 * signed session of which the journal knows nothing. */
static enum status record_verified(struct app *app, const struct judgement *judgement,
                                   struct err *err)
{
    static const struct app_note note = { EVENT_INFO, "put.verified", NULL,
                                          "the signatures are valid and will now be kept" };
    enum status status;

    text_copy(app->iin, sizeof(app->iin), judgement->documents[0].signer.iin);
    status = app_journal(app, &note, err);
    app->iin[0] = '\0'; /* it has signed nothing yet */
    return status;
}

/* All or nothing in the store before the 200. *ret_lost: somebody else changed the session. */
static enum status keep(struct app *app, const struct judgement *judgement, const uint8_t hash[32],
                        bool *ret_lost, struct err *err)
{
    const struct session_put put = { judgement->turn, judgement->documents, judgement->count,
                                     hash };
    bool is_signed = false;
    struct err cause;
    enum status status;

    TRY(record_verified(app, judgement, err));
    status = store_session_sign(app->mobile->p.store, &app->session->id, &put, &is_signed, &cause);
    *ret_lost = status == ST_CONFLICT;
    if (*ret_lost)
        return ST_OK;
    if (status != ST_OK) {
        *err = cause;
        return status;
    }
    text_copy(app->iin, sizeof(app->iin), judgement->documents[0].signer.iin);
    TRY(accept_put(app, "put.accepted", "", err));
    describe_turn(app, judgement, is_signed);
    return ST_OK;
}

/* Who shows himself to fetch the documents is who signs them (flows.md section 1). */
static enum status keep_of_who_logged_in(struct app *app, const struct judgement *judgement,
                                         const uint8_t hash[32], bool *ret_lost, struct err *err)
{
    bool covered = false;

    TRY(login_covers(app, &judgement->documents[0].signer, &covered, err));
    if (!covered)
        return refuse_signature(app, MSG_LOGIN_OTHER, REASON_OTHER_LOGIN, err);
    return keep(app, judgement, hash, ret_lost, err);
}

static enum status judge(struct app *app, const struct returned *returned, const uint8_t hash[32],
                         bool *ret_lost, struct err *err)
{
    struct judgement judgement = { 0 };
    enum status status = ST_OK;

    TRY(judge_documents(app->mobile, app->session, returned, app->call->peer, &judgement, err));
    switch (judgement.decision) {
    case DECISION_ACCEPTED:
        status = keep_of_who_logged_in(app, &judgement, hash, ret_lost, err);
        break;
    case DECISION_AGAIN:
        app_refuse(app, 409, judgement.message, "put.refused", judgement.reason);
        break;
    case DECISION_DEFERRED:
        app_refuse(app, 503, judgement.message, "put.deferred", judgement.reason);
        break;
    default:
        status = refuse_signature(app, judgement.message, judgement.reason, err);
    }
    judgement_free(&judgement);
    return status;
}

/* The documents were read: a repeat of what is there, another set for a signed session, or a turn.
 */
static enum status take(struct app *app, const struct returned *returned, const uint8_t hash[32],
                        bool *ret_lost, struct err *err)
{
    if (equals_accepted(app->session, returned))
        return accept_again(app, false, err);
    if (app->session->state == SESSION_SIGNED) {
        app_refuse(app, 409, MSG_SIGNED, "put.refused",
                   "another set of documents for a session that is signed already");
        return ST_OK;
    }
    return judge(app, returned, hash, ret_lost, err);
}

/* What is not the issued JSON. */
static enum status refuse_returned(struct app *app, const struct err *cause, struct err *err)
{
    const bool unreadable = slice_eq_str(slice_str(cause->code), "signedValueInvalid");

    if (app->session->state != SESSION_SIGNED)
        return refuse_signature(app, unreadable ? MSG_FORMAT : MSG_CHANGED, cause->text, err);
    app_refuse(app, 409, MSG_SIGNED, "put.refused",
               "another set of documents for a session that is signed already");
    return ST_OK;
}

static enum status read_and_take(struct app *app, const uint8_t hash[32], bool *ret_lost,
                                 struct err *err)
{
    struct returned returned = { 0 };
    struct err cause;
    enum status status =
        returned_read(app->mobile, app->session, app->call->body, &returned, &cause);

    if (status == ST_OK && returned.count > 0) {
        status = take(app, &returned, hash, ret_lost, err);
    } else if (status == ST_OK && app->session->turn_count > 0) {
        status = accept_again(app, true, err);
    } else if (status == ST_FORMAT || status == ST_OK) {
        app_refuse(app, 400, MSG_NOT_JSON, "call.refused",
                   status == ST_OK ? "the PUT carries no documents" : cause.text);
        status = ST_OK;
    } else if (status == ST_INPUT) {
        status = refuse_returned(app, &cause, err);
    } else {
        *err = cause;
    }
    returned_free(&returned);
    return status;
}

/* *ret_lost: somebody else changed the session meanwhile; nothing is answered yet. */
static enum status put_once(struct app *app, const uint8_t hash[32], bool *ret_lost,
                            struct err *err)
{
    const bool is_blank = slice_trim(app->call->body).len == 0;

    *ret_lost = false;
    if (app->session->state != SESSION_SIGNED && !app_is_live(app))
        return ST_OK;
    if (is_accepted_body(app->session, hash))
        return accept_again(app, false, err);
    if (is_blank && app->session->turn_count > 0)
        return accept_again(app, true, err);
    /* who has signed, even when nobody had a moment ago: else he might take a second turn */
    TRY(app_load(app, SESSION_DOCUMENTS | SESSION_RESULT, err));
    if (app->session->state != SESSION_SIGNED && !app_is_live(app))
        return ST_OK;
    return read_and_take(app, hash, ret_lost, err);
}

/* Who loses a race is judged anew by what the session has become: each loss is a turn that somebody
 * else took, so there is an end to them. */
enum status app_put(struct app *app, struct err *err)
{
    const size_t tries = session_turns_wanted(app->session) + 1;
    uint8_t hash[32];
    bool lost = true;

    if (app->call->body.len > app->mobile->p.max_put_bytes) {
        app_refuse(app, 413, MSG_TOO_LARGE, "call.refused", "the body is over its limit");
        return ST_OK;
    }
    sha256(app->call->body, hash);
    for (size_t i = 0; lost && i < tries; i++) {
        if (i > 0)
            TRY(app_load(app, SESSION_HEAD, err));
        TRY(put_once(app, hash, &lost, err));
    }
    return lost ? app_conflict(app, err) : ST_OK;
}
