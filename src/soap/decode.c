/* Verified bytes to a typed request: SyncMessageInfo first, then the payload. */
#include "soap/decode.h"

#include "base/text.h"
#include "crypto/encode.h"
#include "soap/field.h"

enum { MAX_INFO_CHARS = 255, SLACK_BYTES = 1 << 20 };

static const char *const body_containers[] = { "Body",        "SendMessage", "request",
                                               "requestInfo", "requestData", "sender",
                                               NULL };
/* What must not stand twice: two readers would take two different ones. */
static const char *const body_known[] = { "SendMessage", "request",   "requestInfo",
                                          "requestData", "messageId", "serviceId",
                                          "messageDate", "sender",    "correlationId",
                                          "routeId",     "sessionId", "senderId",
                                          "password",    "data",      NULL };

struct info_row {
    const char *field;
    const char *from; /* NULL: absent */
    const char **to;
    bool required;
};

static enum status take_row(const struct info_row *row, struct arena *arena, struct err *err)
{
    struct slice text = slice_str(row->from);

    if (row->required && slice_trim(text).len == 0)
        return RAISE_CAUSE(err, ST_FORMAT, "fieldMissing", row->field, NULL, "%s is missing",
                           row->field);
    if (!text_is_utf8(text))
        return RAISE_CAUSE(err, ST_FORMAT, "fieldInvalid", row->field, NULL, "%s is not UTF-8",
                           row->field);
    if (field_characters(text) > MAX_INFO_CHARS)
        return RAISE_CAUSE(err, ST_FORMAT, "fieldInvalid", row->field, "255 characters",
                           "%s is longer than 255 characters", row->field);
    *row->to = arena_text(arena, text);
    return *row->to ? ST_OK : RAISE(err, ST_NOMEM, "request: out of memory");
}

static enum status take_info(const struct req__SyncMessageInfo *in, struct request *req,
                             struct err *err)
{
    static const struct com__SenderInfo nobody = { 0 };
    const struct com__SenderInfo *sender = in->sender ? in->sender : &nobody;
    struct message_info *to = &req->info;
    const struct info_row rows[] = {
        { "requestInfo/messageId", in->messageId, &to->message_id, true },
        { "requestInfo/serviceId", in->serviceId, &to->service_id, true },
        { "requestInfo/sender/senderId", sender->senderId, &to->sender_id, true },
        { "requestInfo/sender/password", sender->password, &to->password, false },
        { "requestInfo/messageDate", in->messageDate, &to->message_date, false },
        { "requestInfo/correlationId", in->correlationId, &to->correlation_id, false },
        { "requestInfo/routeId", in->routeId, &to->route_id, false },
        { "requestInfo/sessionId", in->sessionId, &to->session_id, false },
    };

    if (!in->sender)
        return RAISE_CAUSE(err, ST_FORMAT, "fieldMissing", "requestInfo/sender", NULL,
                           "requestInfo/sender is missing");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        TRY(take_row(&rows[i], req->arena, err));
    return ST_OK;
}

static enum status unreadable(const struct engine *engine, struct err *err)
{
    struct place place;

    if (engine->soap->error == SOAP_EOM)
        return RAISE(err, ST_NOMEM, "request: out of memory");
    place = place_find(engine->in, engine->refused ? engine->refused_at : engine_position(engine));
    if (engine->refused)
        return RAISE_CAUSE(err, ST_FORMAT, "fieldInvalid", place.text, NULL,
                           "Body: %s stands twice or in the wrong place", place.text);
    return RAISE_CAUSE(err, ST_FORMAT, "fieldInvalid", place.text, NULL,
                       "Body: cannot be read at %s", place.text);
}

/* ST_FORMAT when the Body is no SendMessage or carries something beside it. */
static enum status read_message(struct engine *engine, struct slice body, bool local_names,
                                struct _typ__SendMessage *message, struct err *err)
{
    struct soap *soap = engine->soap;

    *message = (struct _typ__SendMessage){ 0 };
    TRY(engine_read(engine, body, err));
    engine->known = body_known;
    if (soap_element_begin_in(soap, "SOAP-ENV:Body", 0, NULL) != SOAP_OK)
        return RAISE(err, ST_FORMAT, "Body is missing");
    if (soap_peek_element(soap) != SOAP_OK || soap_match_tag(soap, soap->tag, "typ:SendMessage"))
        return RAISE(err, ST_FORMAT, "Body holds no SendMessage of SyncChannel v10");
    if (local_names)
        engine_ignore_namespaces(engine);
    if (!soap_get__typ__SendMessage(soap, message, "typ:SendMessage", NULL))
        return unreadable(engine, err);
    if (soap_peek_element(soap) == SOAP_OK)
        return RAISE(err, ST_FORMAT, "Body holds more than one element");
    return ST_OK;
}

enum status decode_info(struct engine *engine, struct slice body, struct request *req,
                        struct err *err)
{
    struct _typ__SendMessage message = { 0 };
    struct req__SyncMessageInfo *info;
    struct place place;
    enum status status;

    if (shape_check(body, body_containers, false, &place) != SHAPE_OK)
        return RAISE_CAUSE(err, ST_FORMAT, "fieldInvalid", place.text, NULL,
                           "Body: text between the elements of %s, or nested too deeply",
                           place.text);
    status = read_message(engine, body, false, &message, err);
    if (status == ST_FORMAT && engine->refused) /* its children may be qualified: once more */
        status = read_message(engine, body, true, &message, err);
    TRY(status);
    info = message.request ? message.request->requestInfo : NULL;
    if (!info)
        return RAISE_CAUSE(err, ST_FORMAT, "fieldMissing", "requestInfo", NULL,
                           "requestInfo is missing");
    status = take_info(info, req, err);
    if (info->sender && info->sender->password)
        explicit_bzero(info->sender->password, strlen(info->sender->password));
    return status;
}

/* A payload that cannot be read is the caller's to hear, not a Fault. */
static enum status decode_data(struct engine *engine, const struct parts *parts,
                               struct request *req, struct err *err)
{
    struct err cause = { 0 };
    enum status status = ST_INPUT;

    if (parts->payload_err)
        cause = *parts->payload_err;
    else if (parts->payload.form == PAYLOAD_NONE)
        status = RAISE_CAUSE(&cause, ST_INPUT, "payloadMissing", "requestData/data", NULL,
                             "requestData/data is missing or empty");
    else
        status = decode_payload(engine, &parts->payload, req, &cause);
    if (status == ST_OK)
        return ST_OK;
    if (status != ST_INPUT) {
        *err = cause;
        return status;
    }
    req->op = OP_NONE;
    req->payload_err = cause;
    return ST_OK;
}

/* NULL when out of memory. All texts of a request come out of its bytes, and base64 shrinks;
 * structs are bounded by the counts that decode_payload() holds. */
static struct request *request_new(const struct parts *parts)
{
    size_t max = 2 * (parts->body.len + parts->payload.c14n.len) + SLACK_BYTES;
    AUTO(arena_free) struct arena *arena = arena_new(max);
    struct request *req = arena ? arena_alloc(arena, sizeof(*req)) : NULL;

    if (req)
        req->arena = TAKE(arena);
    return req;
}

enum status soap_decode_parts(struct codec *codec, const struct parts *parts,
                              struct request **ret_req, struct err *err)
{
    AUTO(engine_return) struct engine *engine = NULL;
    AUTO(request_free) struct request *req = request_new(parts);

    if (!req)
        return RAISE(err, ST_NOMEM, "request: out of memory");
    TRY(engine_take(codec, &engine, err));
    TRY(decode_info(engine, parts->body, req, err));
    req->signer = *parts->signer;
    req->data_as_text = parts->payload.form == PAYLOAD_TEXT;
    req->operation_name = arena_text(req->arena, slice_str(parts->payload.name));
    if (!req->operation_name)
        return RAISE(err, ST_NOMEM, "request: out of memory");
    if (parts->payload.form != PAYLOAD_NONE && !parts->payload_err)
        sha256(parts->payload.c14n, req->payload_sha256);
    TRY(decode_data(engine, parts, req, err));
    *ret_req = TAKE(req);
    return ST_OK;
}
