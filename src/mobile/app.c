/* The HTTP side of the app: routes, the order of checks, the answer and its journal line. */
#include "base/text.h"
#include "crypto/encode.h"
#include "mobile/internal.h"

#include <ctype.h>

void app_refuse(struct app *app, int status, enum message message, const char *event,
                const char *text)
{
    app->status = status;
    app->message = message;
    app->event = event;
    app->level = status >= 500 ? EVENT_ERROR : EVENT_WARNING;
    text_copy(app->text, sizeof(app->text), text);
}

static void accept_call(struct app *app, struct bytes *json, const char *event, const char *text)
{
    app->status = 200;
    app->json = json;
    app->event = event;
    app->level = EVENT_INFO;
    text_copy(app->text, sizeof(app->text), text);
}

enum status app_load(struct app *app, unsigned parts, struct err *err)
{
    const struct mobile_params *p = &app->mobile->p;
    struct session_key key = { .token_sha256 = app->token_sha256 };
    struct signing_session *session = NULL;

    TRY(store_session_find(p->store, &key, parts, mobile_content_max(app->mobile), &session, err));
    signing_session_free(app->session);
    app->session = session;
    return ST_OK;
}

static void refuse_token(struct app *app, const char *text)
{
    app_refuse(app, 404, MSG_UNKNOWN, "token.unknown", text);
    app->wrong_token = true;
}

/* ---- the order of checks: token 404, Bearer 401, expiry 403, state 409 (flows.md section 1) ----
 */

static bool app_find(struct app *app, struct slice token, enum status *ret_status, struct err *err)
{
    *ret_status = ST_OK;
    if (secret_lookup(token, app->token_sha256))
        *ret_status = app_load(app, SESSION_HEAD, err);
    if (app->session)
        return true;
    if (*ret_status == ST_OK || *ret_status == ST_NOT_FOUND) {
        refuse_token(app, "no session has this token");
        *ret_status = ST_OK;
    }
    return false;
}

/* Authorization: Bearer auth_token, the scheme in any case (RFC 9110 section 11.1, req 1.18). */
static bool bearer_matches(struct slice header, const char *bearer)
{
    static const char scheme[] = "bearer";

    header = slice_trim(header);
    if (header.len < sizeof(scheme))
        return false;
    for (size_t i = 0; i < sizeof(scheme) - 1; i++)
        if (tolower((unsigned char)header.at[i]) != scheme[i])
            return false;
    if (header.at[sizeof(scheme) - 1] != ' ')
        return false;
    return equal_constant_time(slice_trim(slice_skip(header, sizeof(scheme))), slice_str(bearer));
}

static enum status has_bearer(struct app *app, bool *ret, struct err *err)
{
    char bearer[SECRET_TEXT];

    TRY(secret_derive(app->mobile, SECRET_BEARER, &app->session->id, bearer, err));
    *ret = bearer_matches(app->call->authorization, bearer);
    app->wrong_token = !*ret && app->call->authorization.len > 0; /* none at all is no guess */
    if (!*ret)
        app_refuse(app, 401, MSG_BEARER, "bearer.wrong",
                   app->call->authorization.len ? "Authorization is not the session's Bearer"
                                                : "Authorization is missing");
    return ST_OK;
}

/* Documents are fetched by the login itself, whatever comes later needs one before it (req 1.22).
 */
static enum status has_logged_in(struct app *app, bool *ret, struct err *err)
{
    *ret = false;
    if (strcmp(app->call->method, "GET") != 0)
        TRY(login_was(app, ret, err));
    if (!*ret)
        app_refuse(app, 401, MSG_LOGIN, "login.missing",
                   "authType is Eds, and nobody has logged in with an authentication key");
    return ST_OK;
}

static enum status app_is_authorised(struct app *app, bool *ret, struct err *err)
{
    *ret = app->session->auth == AUTH_NONE; /* req 1.20 */
    if (app->session->auth == AUTH_TOKEN)
        return has_bearer(app, ret, err);
    if (app->session->auth == AUTH_EDS)
        return has_logged_in(app, ret, err);
    return ST_OK;
}

bool app_is_live(struct app *app)
{
    bool refused = slice_eq_str(slice_str(app->session->reason), "refused");

    switch (app->session->state) {
    case SESSION_CREATED:
    case SESSION_SCANNED:
    case SESSION_DOCUMENTS_SENT:
        return true;
    case SESSION_EXPIRED:
        app_refuse(app, 403, MSG_EXPIRED, "call.refused", "the session has expired");
        return false;
    case SESSION_SIGNED:
        app_refuse(app, 409, MSG_SIGNED, "call.refused", "the session is signed already");
        return false;
    case SESSION_CANCELLED:
        app_refuse(app, 409, MSG_CANCELLED, "call.refused", "the session was cancelled");
        return false;
    case SESSION_FAILED:
        break;
    }
    app_refuse(app, 409, refused ? MSG_REFUSED : MSG_FAILED, "call.refused", "the session failed");
    return false;
}

enum status app_conflict(struct app *app, struct err *err)
{
    TRY(app_load(app, SESSION_HEAD, err));
    if (app_is_live(app)) /* it moved and moved again: the next try will see clearly */
        app_refuse(app, 503, MSG_UNAVAILABLE, "call.refused", "the session changed meanwhile");
    return ST_OK;
}

/* ---- handlers: ST_OK with the answer set, or an error that becomes 503 or 500 ---- */

static enum status advance(struct app *app, enum session_state to, bool *ret_done, struct err *err)
{
    struct err cause;
    enum status status = store_session_advance(app->mobile->p.store, &app->session->id, to, &cause);

    *ret_done = status == ST_OK;
    if (status == ST_OK)
        return ST_OK;
    if (status == ST_CONFLICT)
        return app_conflict(app, err);
    *err = cause;
    return status;
}

static enum status get_api1(struct app *app, struct err *err)
{
    struct bytes *json = NULL;
    bool done;

    if (!app_is_live(app))
        return ST_OK;
    TRY(advance(app, SESSION_SCANNED, &done, err));
    if (!done)
        return ST_OK;
    TRY(issue_api1(app->mobile, app->session, &json, err));
    accept_call(app, json, "api1.fetched", "the app fetched the session");
    return ST_OK;
}

/* A MIX_SIGN without Accept-Language is an app from before it could sign one (req 1.11, 1.42). */
static enum status record_age(const struct app *app, struct err *err)
{
    static const struct app_note note = {
        EVENT_WARNING, "app.outdated", "",
        "a MIX_SIGN was fetched without Accept-Language: by an app older than iOS 2.4.1 or Android "
        "1.6.77, which cannot sign it"
    };

    if (app->session->method != METHOD_MIX_SIGN || slice_trim(app->call->accept_language).len > 0)
        return ST_OK;
    return app_journal(app, &note, err);
}

enum status app_send_documents(struct app *app, struct err *err)
{
    struct bytes *json = NULL;
    bool done;

    if (!app_is_live(app))
        return ST_OK;
    TRY(app_load(app, SESSION_DOCUMENTS, err));
    TRY(issue_api2(app->mobile, app->session, &json, err));
    if (advance(app, SESSION_DOCUMENTS_SENT, &done, err) != ST_OK || !done) {
        bytes_free(json);
        return app->status ? ST_OK : err->status;
    }
    accept_call(app, json, "api2.fetched", "the app fetched the documents");
    return record_age(app, err);
}

static enum status method_not_allowed(struct app *app)
{
    app_refuse(app, 405, MSG_METHOD, "call.refused", "method not allowed here");
    return ST_OK;
}

static bool carries_documents(struct slice body)
{
    return body.len && memmem(body.at, body.len, "\"documentsToSign\"", 17);
}

/* One that carries documents is the PUT of the seed's figure 2 (C-07). */
static enum status post_documents(struct app *app, struct err *err)
{
    return carries_documents(app->call->body) ? app_put(app, err) : method_not_allowed(app);
}

/* Only the sandbox's telephone can report a refusal: the real app sends nothing. */
static enum status delete_documents(struct app *app, struct err *err)
{
    struct bytes *json = NULL;
    struct err cause;
    enum status status;

    if (!app->mobile->p.refusal_allowed)
        return method_not_allowed(app);
    if (app->session->state != SESSION_FAILED ||
        !slice_eq_str(slice_str(app->session->reason), "refused")) {
        if (!app_is_live(app))
            return ST_OK;
        status = store_session_end(app->mobile->p.store, &app->session->id, SESSION_FAILED,
                                   "refused", &cause);
        if (status == ST_CONFLICT)
            return app_conflict(app, err);
        if (status != ST_OK) {
            *err = cause;
            return status;
        }
    }
    TRY(issue_message("refused", NULL, &json, err));
    accept_call(app, json, "session.refused", "the citizen refused to sign");
    return ST_OK;
}

static const struct route {
    struct slice name;
    const char *method;
    bool open; /* fetched before the app knows auth_token */
    enum status (*run)(struct app *app, struct err *err);
} routes[] = {
    { { "mgovSign", 8 }, "GET", true, get_api1 },
    { { "documents", 9 }, "GET", false, app_send_documents },
    { { "documents", 9 }, "POST", false, post_documents },
    { { "documents", 9 }, "PUT", false, app_put },
    { { "documents", 9 }, "DELETE", false, delete_documents },
};

/* /m/TOKEN/NAME */
static bool split_path(struct slice path, struct slice *ret_token, struct slice *ret_name)
{
    const char *slash;

    if (!slice_starts(path, SLICE("/m/")))
        return false;
    path = slice_skip(path, 3);
    slash = memchr(path.at, '/', path.len);
    if (!slash)
        return false;
    *ret_token = (struct slice){ path.at, (size_t)(slash - path.at) };
    *ret_name = slice_skip(path, ret_token->len + 1);
    return true;
}

static const struct route *find_route(struct slice name, const char *method, bool *ret_known)
{
    *ret_known = false;
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
        if (slice_eq(routes[i].name, name)) {
            *ret_known = true;
            if (slice_eq_str(slice_str(method), routes[i].method))
                return &routes[i];
        }
    return NULL;
}

/* POST is how authType Eds fetches (req 1.22). */
static bool is_login(const struct app *app, const struct route *route)
{
    return app->session->auth == AUTH_EDS && route->run == post_documents &&
           !carries_documents(app->call->body);
}

static enum status run(struct app *app, struct err *err)
{
    struct slice token = { "", 0 }, name = { "", 0 };
    const struct route *route;
    bool known, authorised = true;
    enum status status;

    if (!split_path(app->call->path, &token, &name)) {
        refuse_token(app, "no such path");
        return ST_OK;
    }
    route = find_route(name, app->call->method, &known);
    if (!known) {
        refuse_token(app, "no such path");
        return ST_OK;
    }
    if (!app_find(app, token, &status, err))
        return status;
    if (!route)
        return method_not_allowed(app);
    if (is_login(app, route))
        return app_login(app, err);
    if (!route->open)
        TRY(app_is_authorised(app, &authorised, err));
    return authorised ? route->run(app, err) : ST_OK;
}

/* ---- the answer ---- */

static void fail(struct app *app, const struct err *err)
{
    bool later =
        err->status == ST_UNAVAILABLE || err->status == ST_TIMEOUT || err->status == ST_UPSTREAM;

    bytes_free(app->json);
    app->json = NULL;
    app->no_more = false;
    app_refuse(app, later ? 503 : 500, later ? MSG_UNAVAILABLE : MSG_INTERNAL, "call.failed",
               err->text);
}

enum status app_journal(const struct app *app, const struct app_note *note, struct err *err)
{
    const struct signing_session *session = app->session;
    const struct peer *peer = app->call->peer;
    const struct event event = {
        .level = note->level,
        .name = note->event,
        .account = session ? session->sender_id : "-",
        .ip = peer->address,
        .start_ms = peer->start_ms,
        .end_ms = clock_now(app->mobile->p.clock),
        .exchange = peer->exchange.text,
        .signing = session ? session->id.text : NULL,
        .code = note->code,
        .iin = app->iin[0] ? app->iin : NULL,
        .text = note->text,
    };

    return journal_write(app->mobile->p.journal, &event, err);
}

static enum status record(const struct app *app, struct err *err)
{
    char code[16];
    const struct app_note note = { app->level, app->event, code, app->text };

    text_format(code, sizeof(code), "%d", app->status);
    return app_journal(app, &note, err);
}

/* NULL json when memory ran out even for the message: the status speaks alone. */
static void make_message(struct app *app)
{
    const char *more = app->no_more ? message_text(MSG_NO_MORE, app->language) : NULL;
    struct err err;

    if (!app->json &&
        issue_message(message_text(app->message, app->language), more, &app->json, &err) != ST_OK)
        app->json = NULL;
}

void mobile_handle(struct mobile *mobile, const struct mobile_call *call,
                   struct mobile_answer *ret_answer)
{
    struct app app = {
        .mobile = mobile,
        .call = call,
        .language = language_accepted(call->accept_language),
    };
    struct err err;

    if (run(&app, &err) != ST_OK)
        fail(&app, &err);
    if (record(&app, &err) != ST_OK)
        fail(&app, &err); /* unrecorded is undone: the app tries again */
    make_message(&app);
    ret_answer->status = app.status;
    ret_answer->json = app.json;
    ret_answer->wrong_token = app.wrong_token;
    signing_session_free(app.session);
}

struct bytes *mobile_stranger_json(struct slice accept_language)
{
    const char *text = message_text(MSG_STRANGER, language_accepted(accept_language));
    struct bytes *json = NULL;
    struct err err;

    return issue_message(text, NULL, &json, &err) == ST_OK ? json : NULL;
}
