/* The fault table: which status becomes which Fault or status code (payloads.md section 3). */
#include "flow/internal.h"

#include "base/text.h"
#include "flow/reasons.h"

enum {
    MAX_MESSAGE = 250, /* characters */
    MESSAGE_SIZE = MAX_MESSAGE * 4 + 1,
    REPLY_ARENA = 64 << 20, /* bytes; results carry documents */
};

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

static size_t characters_of(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

/* The bytes of text's first n characters. */
static size_t bytes_of(const char *text, size_t n)
{
    size_t len = 0;

    for (; text[len]; len++)
        if (((unsigned char)text[len] & 0xC0) != 0x80 && n-- == 0)
            break;
    return len;
}

/* Puts text behind what the message says already, as far as there is room; a cut shows. */
static void add_text(char message[MESSAGE_SIZE], const char *text, const char *end)
{
    size_t at = strlen(message), used = characters_of(message) + characters_of(end);
    size_t room = used < MAX_MESSAGE ? MAX_MESSAGE - used : 0;
    bool cut = characters_of(text) > room;
    size_t len = bytes_of(text, cut && room > 0 ? room - 1 : room);

    (void)text_format(message + at, MESSAGE_SIZE - at, "%.*s%s%s", (int)len, text, cut ? "…" : "",
                      end);
}

/* What the cause says of this very request, in English; its field, unless the text names it. */
static void add_particulars(char message[MESSAGE_SIZE], const struct err *cause)
{
    char named[sizeof(cause->field) + sizeof(cause->text) + 2];
    bool names = cause->field[0] == '\0' || strstr(cause->text, cause->field);

    (void)text_format(named, sizeof(named), "%s%s%s", names ? "" : cause->field, names ? "" : ": ",
                      cause->text);
    add_text(message, named, "]");
}

static void write_message(const char *head, const char *reason, const struct err *cause,
                          char dst[MESSAGE_SIZE])
{
    (void)text_format(dst, MESSAGE_SIZE, "%s: %s%s", head, reason ? reason : "",
                      reason ? " [" : "");
    if (reason)
        add_particulars(dst, cause);
    else
        add_text(dst, cause->text, "");
}

/* The caller gets head and reason, which is Russian, or NULL where there is none; the journal gets
 * head and the cause's own text, ours too. */
static enum status set_message(struct reply *reply, const char *head, const char *reason,
                               const struct err *cause, struct err *err)
{
    char message[MESSAGE_SIZE];
    char record[MESSAGE_SIZE];

    if (is_ours(cause->status))
        (void)text_format(message, sizeof(message), "%s: обмен %s", head, reply->message_id);
    else
        write_message(head, reason, cause, message);
    (void)text_format(record, sizeof(record), "%s: %s", head, cause->text);
    reply->message = arena_text(reply->arena, slice_str(message));
    reply->on_record = arena_text(reply->arena, slice_str(record));
    if (!reply->message || !reply->on_record)
        return RAISE(err, ST_NOMEM, "reply: out of memory");
    return ST_OK;
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
    TRY(set_message(reply, business ? BUSINESS : "Необработанное исключение",
                    reason_of(code_of(cause)), cause, err));
    reply->op = OP_NONE;
    reply->has_detail = true;
    reply->detail.code = arena_text(reply->arena, slice_str(code_of(cause)));
    reply->detail.field = arena_text(reply->arena, slice_str(cause->field));
    reply->detail.limit = arena_text(reply->arena, slice_str(cause->limit));
    if (!reply->detail.code || !reply->detail.field || !reply->detail.limit)
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
    return set_message(reply, row->message, NULL, cause, err);
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
