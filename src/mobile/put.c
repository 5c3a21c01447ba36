/* The PUT of signed documents: verified against the issued ones, kept, then answered 200; the same
 * again is 200 again (flows.md section 1, payloads.md section 6). */
#include "base/text.h"
#include "crypto/encode.h"
#include "mobile/internal.h"

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
    return ST_OK;
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

/* The same values as those that were accepted, whatever the JSON looks like. */
static bool equals_accepted(const struct signing_session *session, const struct returned *returned)
{
    if (returned->count != session->signed_count)
        return false;
    for (size_t i = 0; i < returned->count; i++)
        if (!slice_eq(bytes_slice(returned->content[i]), session->signed_documents[i].content))
            return false;
    return true;
}

/* A PUT on a signed session: the accepted one again, or a confirmation without documents, is 200;
 * another one 409. */
static enum status put_again(struct app *app, const uint8_t hash[32], struct err *err)
{
    struct returned returned = { 0 };
    struct slice body = app->call->body;
    struct err cause;
    enum status status;
    bool same;

    if (app->session->turn_count > 0 && memcmp(app->session->turns[0].put_sha256, hash, 32) == 0)
        return accept_put(app, "put.repeated", "the accepted documents came again", err);
    if (slice_trim(body).len == 0)
        return accept_put(app, "put.repeated", "a confirmation without documents", err);
    TRY(app_load(app, SESSION_DOCUMENTS | SESSION_RESULT, err));
    status = returned_read(app->mobile, app->session, body, &returned, &cause);
    if (status == ST_FORMAT) {
        app_refuse(app, 400, MSG_NOT_JSON, "call.refused", cause.text);
        return ST_OK;
    }
    if (status != ST_OK && status != ST_INPUT) {
        *err = cause;
        return status;
    }
    same = status == ST_OK && (returned.count == 0 || equals_accepted(app->session, &returned));
    returned_free(&returned);
    if (same)
        return accept_put(app, "put.repeated", "the accepted documents came again", err);
    app_refuse(app, 409, MSG_SIGNED, "put.refused",
               "another set of documents for a session that is signed already");
    return ST_OK;
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

/* All or nothing in the store before the 200; who loses a race is judged as a repeat. */
static enum status keep(struct app *app, const struct judgement *judgement, const uint8_t hash[32],
                        struct err *err)
{
    const struct session_put put = { 0, judgement->documents, judgement->count, hash };
    bool is_signed = false;
    struct err cause;
    enum status status;

    TRY(record_verified(app, judgement, err));
    status = store_session_sign(app->mobile->p.store, &app->session->id, &put, &is_signed, &cause);
    if (status == ST_CONFLICT) {
        TRY(app_load(app, SESSION_HEAD, err));
        if (app->session->state == SESSION_SIGNED)
            return put_again(app, hash, err);
        return app_conflict(app, err);
    }
    if (status != ST_OK) {
        *err = cause;
        return status;
    }
    text_copy(app->iin, sizeof(app->iin), judgement->documents[0].signer.iin);
    TRY(accept_put(app, "put.accepted", "signatures are valid, the session is signed", err));
    if (judgement->unknown[0]) {
        app->level = EVENT_WARNING;
        text_format(app->text, sizeof(app->text),
                    "the session is signed, let through by [trust] user_unknown = accept: %s",
                    judgement->unknown);
    }
    return ST_OK;
}

/* Who shows himself to fetch the documents is who signs them (flows.md section 1). */
static enum status keep_of_who_logged_in(struct app *app, const struct judgement *judgement,
                                         const uint8_t hash[32], struct err *err)
{
    bool covered = false;

    TRY(login_covers(app, &judgement->documents[0].signer, &covered, err));
    if (!covered)
        return refuse_signature(app, MSG_LOGIN_OTHER, REASON_OTHER_LOGIN, err);
    return keep(app, judgement, hash, err);
}

static enum status judge(struct app *app, const struct returned *returned, const uint8_t hash[32],
                         struct err *err)
{
    struct judgement judgement = { 0 };
    enum status status;

    TRY(judge_documents(app->mobile, app->session, returned, app->call->peer, &judgement, err));
    switch (judgement.decision) {
    case DECISION_ACCEPTED:
        status = keep_of_who_logged_in(app, &judgement, hash, err);
        break;
    case DECISION_DEFERRED:
        app_refuse(app, 503, judgement.message, "put.deferred", judgement.reason);
        status = ST_OK;
        break;
    default:
        status = refuse_signature(app, judgement.message, judgement.reason, err);
    }
    judgement_free(&judgement);
    return status;
}

static enum status put_first(struct app *app, const uint8_t hash[32], struct err *err)
{
    struct returned returned = { 0 };
    struct err cause;
    enum status status;

    TRY(app_load(app, SESSION_DOCUMENTS, err));
    status = returned_read(app->mobile, app->session, app->call->body, &returned, &cause);
    if (status == ST_FORMAT || (status == ST_OK && returned.count == 0)) {
        app_refuse(app, 400, MSG_NOT_JSON, "call.refused",
                   status == ST_OK ? "the PUT carries no documents" : cause.text);
        status = ST_OK;
    } else if (status == ST_INPUT) {
        bool unreadable = slice_eq_str(slice_str(cause.code), "signedValueInvalid");
        status = refuse_signature(app, unreadable ? MSG_FORMAT : MSG_CHANGED, cause.text, err);
    } else if (status != ST_OK) {
        *err = cause;
    } else {
        status = judge(app, &returned, hash, err);
    }
    returned_free(&returned);
    return status;
}

enum status app_put(struct app *app, struct err *err)
{
    uint8_t hash[32];

    if (app->call->body.len > app->mobile->p.max_put_bytes) {
        app_refuse(app, 413, MSG_TOO_LARGE, "call.refused", "the body is over its limit");
        return ST_OK;
    }
    sha256(app->call->body, hash);
    if (app->session->state == SESSION_SIGNED)
        return put_again(app, hash, err);
    if (!app_is_live(app))
        return ST_OK;
    return put_first(app, hash, err);
}
