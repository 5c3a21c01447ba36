/* The two lines every exchange has: received, before any effect, and answered, before the answer
 * leaves. */
#include "journal/journal.h"

#include "base/text.h"
#include "journal/line.h"

#include <string.h>

enum { AUTHOR_TEXT = 256 };

/* The signing session that the request is about; NULL: none. */
static const char *signing_asked(const struct request *req)
{
    switch (req->op) {
    case OP_GET_SIGNING_STATUS:
    case OP_GET_SIGNING_RESULT:
    case OP_CANCEL_SIGNING_SESSION:
        return req->payload.query.signing_session_id;
    default:
        return NULL;
    }
}

/* What both lines take from the request, NULL when none could be read. */
static struct event event_of(const struct peer *peer, const struct request *req)
{
    struct event event = {
        .account = req && req->info.sender_id[0] ? req->info.sender_id : "-",
        .ip = peer->address,
        .start_ms = peer->start_ms,
        .exchange = peer->exchange.text,
    };

    if (!req)
        return event;
    event.message_id = req->info.message_id;
    event.session_id = req->info.session_id;
    event.iin = req->signer.iin;
    event.signing = signing_asked(req);
    return event;
}

/* Who signed the payload: the certificate and the keyed pseudonym, for the evidence (req 0.30). */
static void author_text(const struct journal *journal, const struct request *req,
                        char dst[AUTHOR_TEXT])
{
    char sha256[2 * sizeof(req->author.sha256) + 1];
    char iin[LINE_PSEUDONYM] = "none";

    dst[0] = '\0';
    if (!req->has_author)
        return;
    text_hex(slice_mem(req->author.sha256, sizeof(req->author.sha256)), sha256);
    if (req->author.iin[0])
        journal_pseudonym(journal, req->author.iin, iin);
    (void)text_format(dst, AUTHOR_TEXT, " author=%s authorSha256=%s authorIin=%s",
                      req->author.serial, sha256, iin);
}

/* A signature was let through of which revocation is not known. */
static enum status write_unknown(struct journal *journal, struct event event, const char *setting,
                                 const struct signer *signer, struct err *err)
{
    char text[1024];

    if (!signer->unknown[0])
        return ST_OK;
    (void)text_format(text, sizeof(text), "certificate=%s let through by [trust] %s = accept: %s",
                      signer->serial, setting, signer->unknown);
    event.level = EVENT_WARNING;
    event.name = "revocation.accepted";
    event.text = text;
    return journal_write(journal, &event, err);
}

enum status journal_received(struct journal *journal, const struct peer *peer,
                             const struct request *req, struct err *err)
{
    struct event event = event_of(peer, req);
    char author[AUTHOR_TEXT];
    char text[1024];

    author_text(journal, req, author);
    (void)text_format(text, sizeof(text), "service=%s operation=%s certificate=%s%s%s%s",
                      req->info.service_id, req->operation_name, req->signer.serial,
                      req->signer.pin[0] ? " gateway=" : "", req->signer.pin, author);
    event.level = EVENT_INFO;
    event.name = "exchange.received";
    event.text = text;
    TRY(journal_write(journal, &event, err));
    TRY(write_unknown(journal, event, "transport_unknown", &req->signer, err));
    return req->has_author ? write_unknown(journal, event, "business_unknown", &req->author, err)
                           : ST_OK;
}

/* req 0.48 as this service reads it: what succeeds informs, what the caller did wrong warns, what
 * we or the other side did wrong is an error; so is an unreadable or forged message. */
static enum event_level level_of(const struct reply *reply)
{
    if (reply->kind == REPLY_FAULT)
        return EVENT_ERROR;
    if (strcmp(reply->code, "SCSS001") == 0)
        return EVENT_INFO;
    return strcmp(reply->code, "SCSE002") == 0 ? EVENT_WARNING : EVENT_ERROR;
}

static const char *signing_of(const struct reply *reply, const char *asked)
{
    if (reply->kind != REPLY_RESPONSE)
        return asked;
    if (reply->op == OP_CREATE_SIGNING_SESSION)
        return reply->created.signing_session_id.text;
    return reply->session ? reply->session->id.text : asked;
}

/* An answer that is given again carries the id of the exchange that made it (req 0.59). */
static const char *maker_of(const struct peer *peer, const struct reply *reply)
{
    if (reply->kind != REPLY_RESPONSE || !reply->message_id ||
        strcmp(reply->message_id, peer->exchange.text) == 0)
        return "";
    return reply->message_id;
}

enum status journal_answered(struct journal *journal, const struct peer *peer,
                             const struct request *req, const struct reply *reply,
                             const char *reason, struct err *err)
{
    struct event event = event_of(peer, req);
    const char *maker = maker_of(peer, reply);
    const char *said = reply->on_record ? reply->on_record : reply->message;
    char text[1024];

    (void)text_format(text, sizeof(text), "%s%s%s%s%s%s%s", said, maker[0] ? " again=" : "", maker,
                      reply->has_detail && reply->detail.code ? " detail=" : "",
                      reply->has_detail && reply->detail.code ? reply->detail.code : "",
                      reason && reason[0] ? " reason=" : "", reason ? reason : "");
    event.level = level_of(reply);
    event.name = "exchange.answered";
    event.code = reply->code;
    event.signing = signing_of(reply, event.signing);
    event.text = text;
    return journal_write(journal, &event, err);
}
