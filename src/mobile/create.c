/* createSigningSession: the rules, the store, the journal, and what the caller shows to a citizen.
 */
#include "crypto/encode.h"
#include "mobile/internal.h"
#include "mobile/qr.h"

enum { SESSION_ARENA_MAX = 1 << 18 };

static enum status insert(const struct mobile *mobile, struct signing_session *session,
                          int64_t life_ms, struct err *err)
{
    char token[SECRET_TEXT], page[SECRET_TEXT];
    struct session_secrets secrets;

    TRY(secret_derive(mobile, SECRET_TOKEN, &session->id, token, err));
    TRY(secret_derive(mobile, SECRET_PAGE, &session->id, page, err));
    sha256(slice_str(token), secrets.token_sha256);
    sha256(slice_str(page), secrets.page_id_sha256);
    return store_session_create(mobile->p.store, session, &secrets, life_ms, &session->created_ms,
                                &session->expires_ms, err);
}

enum status sender_journal(const struct sender_call *call, const struct event *what,
                           struct err *err)
{
    const struct peer *peer = call->sender->peer;
    struct event event = *what;

    event.account = call->sender->sender_id;
    event.ip = peer ? peer->address : "-";
    event.exchange = peer ? peer->exchange.text : NULL;
    event.message_id = call->req->info.message_id;
    event.session_id = call->req->info.session_id;
    event.start_ms = call->start_ms;
    event.end_ms = clock_now(call->mobile->p.clock);
    return journal_write(call->mobile->p.journal, &event, err);
}

static enum status record(const struct sender_call *call, const struct signing_session *session,
                          struct err *err)
{
    const struct event event = {
        .level = EVENT_INFO,
        .name = "session.created",
        .signing = session->id.text,
        .code = session_method_name(session->method),
        .iin = session->signer_count == 1 ? session->signers[0].iin : NULL,
        .text = "signing session created",
    };

    return sender_journal(call, &event, err);
}

static enum status put_text(struct arena *arena, const struct bytes *text, const char **ret,
                            struct err *err)
{
    *ret = arena_text(arena, bytes_slice(text));
    return *ret ? ST_OK : RAISE(err, ST_NOMEM, "answer");
}

static enum status fill_links(const struct urls *urls, struct reply *reply, struct err *err)
{
    struct session_created *created = &reply->created;
    AUTO(bytes_free) struct bytes *png = NULL;

    TRY(put_text(reply->arena, urls->qr_text, &created->qr_text, err));
    TRY(put_text(reply->arena, urls->link, &created->link, err));
    TRY(put_text(reply->arena, urls->business_link, &created->business_link, err));
    TRY(put_text(reply->arena, urls->page, &created->page_url, err));
    TRY(qr_png(created->qr_text, &png, err));
    created->qr_png.at = arena_text(reply->arena, bytes_slice(png));
    if (!created->qr_png.at)
        return RAISE(err, ST_NOMEM, "QR picture");
    created->qr_png.len = png->len;
    return ST_OK;
}

static enum status fill(const struct mobile *mobile, const struct signing_session *session,
                        struct reply *reply, struct err *err)
{
    struct urls urls = { 0 };
    enum status status;

    TRY(urls_make(mobile, &session->id, &urls, err));
    status = fill_links(&urls, reply, err);
    urls_free(&urls);
    TRY(status);
    reply->op = OP_CREATE_SIGNING_SESSION;
    reply->created.signing_session_id = session->id;
    reply->created.state = SESSION_CREATED;
    reply->created.expires_ms = session->expires_ms;
    return warnings_find(session, reply->arena, &reply->created, err);
}

enum status mobile_create(struct mobile *mobile, const struct mobile_sender *sender,
                          const struct request *req, struct reply *reply, struct err *err)
{
    int64_t start_ms = clock_now(mobile->p.clock), life_ms;
    AUTO(arena_free) struct arena *arena = arena_new(SESSION_ARENA_MAX);
    struct signing_session session = { .arena = arena };

    if (!arena)
        return RAISE(err, ST_NOMEM, "signing session");
    TRY(check_create(mobile, sender, &req->payload.create, &session, &life_ms, err));
    session.id = id_new(start_ms);
    TRY(insert(mobile, &session, life_ms, err));
    TRY(record(&(const struct sender_call){ mobile, sender, req, start_ms }, &session, err));
    return fill(mobile, &session, reply, err);
}
