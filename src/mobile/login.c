/* The POST of authType Eds: a login signed with the authentication key, answered with the documents
 * (req 0.36, 1.19, 1.22). */
#include "base/text.h"
#include "mobile/internal.h"

/* A person needs one or two, an app that repeats some more; each costs a judgement. */
enum { LOGINS_MAX = 20 };

/* Counted and kept by the store, as a refused PUT is; the journal says who, once that is known. */
static enum status refuse(struct app *app, int status, const char *reason, struct err *err)
{
    struct err cause;
    enum status stored =
        store_login_refuse(app->mobile->p.store, &app->session->id, reason, &cause);

    if (stored == ST_CONFLICT)
        return app_conflict(app, err);
    if (stored != ST_OK) {
        *err = cause;
        return stored;
    }
    app_refuse(app, status, login_message(slice_str(reason)), "login.refused", reason);
    return ST_OK;
}

static enum status record_accepted(const struct app *app, const struct login_judgement *judgement,
                                   struct err *err)
{
    char text[320];
    struct app_note note = { EVENT_INFO, "login.accepted", "", text };

    text_copy(text, sizeof(text), "signed in with an authentication key");
    if (judgement->unknown[0]) {
        note.level = EVENT_WARNING;
        text_format(text, sizeof(text),
                    "signed in, let through by [trust] user_unknown = accept: %s",
                    judgement->unknown);
    }
    return app_journal(app, &note, err);
}

static enum status accept(struct app *app, const struct login_judgement *judgement, struct err *err)
{
    /* on record before it counts, as put.verified is */
    static const struct app_note verified = { EVENT_INFO, "login.verified", "",
                                              "the login is valid and will now be kept" };
    const struct login login = { judgement->sha256, judgement->iin, judgement->bin };
    bool seen = true;
    struct err cause;
    enum status status;

    TRY(app_journal(app, &verified, err));
    status = store_login_accept(app->mobile->p.store, &app->session->id, &login, &seen, &cause);
    if (status == ST_CONFLICT)
        return app_conflict(app, err);
    if (status != ST_OK) {
        *err = cause;
        return status;
    }
    if (seen)
        return refuse(app, 401, "replay: this login was accepted before", err);
    TRY(record_accepted(app, judgement, err));
    return app_send_documents(app, err);
}

enum status app_login(struct app *app, struct err *err)
{
    struct login_judgement judgement = { 0 };
    struct login_tally tally;

    if (!app_is_live(app))
        return ST_OK;
    TRY(store_login_count(app->mobile->p.store, &app->session->id, &tally, err));
    if (tally.refused + tally.accepted >= LOGINS_MAX) {
        app_refuse(app, 429, MSG_LOGIN_LIMIT, "login.refused", "limit: too many logins");
        return ST_OK;
    }
    if (app->call->body.len > LOGIN_MAX_BYTES)
        return refuse(app, 413, "format: the login is over its limit", err);
    TRY(login_judge(app->mobile, app->session, app->call->body, app->call->peer, &judgement, err));
    text_copy(app->iin, sizeof(app->iin), judgement.iin);
    if (judgement.decision == DECISION_ACCEPTED)
        return accept(app, &judgement, err);
    if (judgement.decision == DECISION_DEFERRED) {
        app_refuse(app, 503, MSG_REVOCATION, "login.deferred", judgement.reason);
        return ST_OK;
    }
    return refuse(app, 401, judgement.reason, err);
}

enum status login_was(const struct app *app, bool *ret, struct err *err)
{
    struct login_tally tally;

    TRY(store_login_count(app->mobile->p.store, &app->session->id, &tally, err));
    *ret = tally.accepted > 0;
    return ST_OK;
}

enum status login_covers(const struct app *app, const struct signer *signer, bool *ret,
                         struct err *err)
{
    *ret = app->session->auth != AUTH_EDS;
    if (*ret)
        return ST_OK;
    return store_login_has(app->mobile->p.store, &app->session->id, signer->iin, signer->bin, ret,
                           err);
}
