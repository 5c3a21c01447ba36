/* The fault table: which status becomes which Fault or status code (payloads.md section 3). */
#include "flow/internal.h"

#include "base/text.h"

enum { MAX_MESSAGE = 250, REPLY_ARENA = 64 << 20 /* bytes; results carry documents */ };

static const struct fault_row {
    enum status status;
    const char *code;
    const char *message; /* Russian; the reason follows */
} faults[] = {
    { ST_FORMAT, "SCE001", "Сообщение не соответствует формату" },
    { ST_SERVICE, "SCE004", "Сервис не найден" },
    { ST_STALE, "SCE005", "Срок действия транспортной подписи" },
    { ST_FORGED, "SCE006", "Транспортная подпись неверна" },
    { ST_UNSIGNED, "SCE007", "Сообщение не подписано" },
    { ST_AUTHOR_STALE, "SCE015", "Срок действия бизнес-подписи" },
    { ST_AUTHOR_FORGED, "SCE016", "Бизнес-подпись неверна" },
    { ST_AUTHOR_UNSIGNED, "SCE017", "Бизнес-данные не подписаны" },
};

static const struct fault_row *find_fault(enum status status)
{
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        if (faults[i].status == status)
            return &faults[i];
    return NULL;
}

bool is_fault(enum status status)
{
    return find_fault(status) != NULL;
}

/* Failures of ours keep their text for the journal; the caller gets the exchange's id to quote. */
static bool is_ours(enum status status)
{
    return status == ST_INTERNAL || status == ST_NOMEM;
}

static char *text_of(struct reply *reply, const char *head, const struct err *cause)
{
    char whole[MAX_MESSAGE * 4];

    if (is_ours(cause->status))
        text_format(whole, sizeof(whole), "%s: exchange %s", head, reply->message_id);
    else
        text_format(whole, sizeof(whole), "%s: %s", head, cause->text);
    return arena_text(reply->arena, slice_str(whole));
}

struct reply *reply_new(const struct peer *peer, const struct request *req, int64_t now_ms)
{
    AUTO(arena_free) struct arena *arena = arena_new(REPLY_ARENA);
    struct reply *reply = arena ? arena_alloc(arena, sizeof(*reply)) : NULL;

    if (!reply)
        return NULL;
    reply->kind = REPLY_RESPONSE;
    reply->code = "SCSS001";
    reply->message = "Успешная обработка"; /* req 0.69 */
    reply->date_ms = now_ms;
    reply->message_id = arena_text(arena, slice_str(peer->exchange.text));
    reply->correlation_id = arena_text(arena, slice_str(req ? req->info.message_id : ""));
    reply->session_id = arena_text(arena, slice_str(req ? req->info.session_id : ""));
    reply->sign_payload = req && req->sign_answer;
    /* a gateway would re-serialise a live element, and its signature would not survive that */
    reply->data_as_text = req && (req->data_as_text || req->sign_answer);
    if (!reply->message_id || !reply->correlation_id || !reply->session_id)
        return NULL;
    reply->arena = TAKE(arena);
    return reply;
}

#define BUSINESS "Ошибка в бизнес-данных"

void reply_set_message(struct reply *reply)
{
    if (strcmp(reply->code, "SCSE002") == 0)
        reply->message = BUSINESS;
}

/* A failure that carries no code of its own is named after what happened. */
static const char *code_of(const struct err *cause)
{
    static const char *const codes[] = {
        [ST_NOMEM] = "internal",          [ST_INPUT] = "invalid",     [ST_NOT_FOUND] = "notFound",
        [ST_CONFLICT] = "conflict",       [ST_UPSTREAM] = "upstream", [ST_TIMEOUT] = "timeout",
        [ST_UNAVAILABLE] = "unavailable", [ST_INTERNAL] = "internal",
    };

    if (cause->code[0] != '\0' && !is_ours(cause->status))
        return cause->code;
    return codes[cause->status] ? codes[cause->status] : "internal";
}

/* What ЦОИД answered, where that is the reason (flows.md section 3). */
static enum status set_upstream(struct reply *reply, const struct err *cause, struct err *err)
{
    char status[16] = "";

    if (cause->upstream_status != 0)
        (void)text_format(status, sizeof(status), "%d", cause->upstream_status);
    reply->detail.upstream_status = arena_text(reply->arena, slice_str(status));
    reply->detail.upstream_text = arena_text(reply->arena, slice_str(cause->upstream_text));
    if (!reply->detail.upstream_status || !reply->detail.upstream_text)
        return RAISE(err, ST_NOMEM, "reply: out of memory");
    return ST_OK;
}

enum status reply_set_error(struct reply *reply, const struct err *cause, struct err *err)
{
    bool business = cause->status == ST_INPUT;

    reply->code = business ? "SCSE002" : "SCSE003"; /* req 0.70, 0.71 */
    reply->message = text_of(reply, business ? BUSINESS : "Необработанное исключение", cause);
    reply->op = OP_NONE;
    reply->has_detail = true;
    reply->detail.code = arena_text(reply->arena, slice_str(code_of(cause)));
    reply->detail.field = arena_text(reply->arena, slice_str(cause->field));
    reply->detail.limit = arena_text(reply->arena, slice_str(cause->limit));
    if (!reply->message || !reply->detail.code || !reply->detail.field || !reply->detail.limit)
        return RAISE(err, ST_NOMEM, "reply: out of memory");
    return set_upstream(reply, cause, err);
}

static enum status set_fault(struct reply *reply, const struct err *cause, struct err *err)
{
    static const struct fault_row ours = { ST_INTERNAL, "SCE909", "Внутренняя ошибка" };
    const struct fault_row *row = find_fault(cause->status);

    reply->fault_of_server = !row;
    row = row ? row : &ours;
    reply->kind = REPLY_FAULT;
    reply->code = row->code;
    reply->message = text_of(reply, row->message, cause);
    if (!reply->message)
        return RAISE(err, ST_NOMEM, "reply: out of memory");
    return ST_OK;
}

enum status flow_fault(const struct err *cause, const struct peer *peer, const struct request *req,
                       int64_t now_ms, struct reply **ret_reply, struct err *err)
{
    AUTO(reply_free) struct reply *reply = reply_new(peer, req, now_ms);

    if (!reply)
        return RAISE(err, ST_NOMEM, "reply: out of memory");
    if (req && !is_fault(cause->status))
        TRY(reply_set_error(reply, cause, err));
    else
        TRY(set_fault(reply, cause, err));
    *ret_reply = TAKE(reply);
    return ST_OK;
}
