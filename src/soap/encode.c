/* A typed reply to the bytes of one element: SendMessageResponse or Fault. */
#include "soap/answer.h"

#include "base/clock.h"
#include "wsse/business.h"

enum { MAX_MESSAGE_CHARS = 250 };

#define TYP "http://bip.bee.kz/SyncChannel/v10/Types"
#define SIGNING                                                                                    \
    {                                                                                              \
        "s", "urn:shep-adapter:signing:1", NULL, NULL                                              \
    }
#define COMMON                                                                                     \
    {                                                                                              \
        "e", "urn:shep-adapter:common:1", NULL, NULL                                               \
    }
#define COID                                                                                       \
    {                                                                                              \
        "c", "urn:shep-adapter:coid:1", NULL, NULL                                                 \
    }
#define END                                                                                        \
    {                                                                                              \
        NULL, NULL, NULL, NULL                                                                     \
    }

/* The prefixes that the written element declares, and no others. */
static const struct Namespace *const answers[] = {
    [VOCABULARY_COMMON] = (const struct Namespace[]){ { "typ", TYP, NULL, NULL }, COMMON, END },
    [VOCABULARY_SIGNING] = (const struct Namespace[]){ { "typ", TYP, NULL, NULL }, SIGNING, END },
    [VOCABULARY_COID] = (const struct Namespace[]){ { "typ", TYP, NULL, NULL }, COID, END },
};
static const struct Namespace *const payloads[] = {
    [VOCABULARY_COMMON] = (const struct Namespace[]){ COMMON, END },
    [VOCABULARY_SIGNING] = (const struct Namespace[]){ SIGNING, END },
    [VOCABULARY_COID] = (const struct Namespace[]){ COID, END },
};
static const struct Namespace answer_empty[] = { { "typ", TYP, NULL, NULL }, END };
static const struct Namespace answer_text[] = {
    { "typ", TYP, NULL, NULL },
    { "xsi", "http://www.w3.org/2001/XMLSchema-instance", NULL, NULL },
    { "xs", "http://www.w3.org/2001/XMLSchema", NULL, NULL },
    END
};
static const struct Namespace fault[] = { { "soap", "http://schemas.xmlsoap.org/soap/envelope/",
                                            NULL, NULL },
                                          { "typ", TYP, NULL, NULL },
                                          END };

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The guid of SyncChannelCommon.xsd, in braces. */
static bool is_guid(const char *text)
{
    static const char form[] = "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}";
    size_t i = 0;

    for (; form[i]; i++)
        if (form[i] == 'x' ? !is_hex(text[i]) : text[i] != form[i])
            return false;
    return text[i] == '\0';
}

/* ШЭП's sessionId goes back when it is one; anything else would break the caller's validation. */
static enum status put_session_id(const struct writer *w, const char *session_id, char **ret)
{
    *ret = NULL;
    return session_id && is_guid(session_id) ? writer_text(w, session_id, ret) : ST_OK;
}

/* At most 250 characters, whole ones. */
static enum status put_message(const struct writer *w, const char *message, char **ret)
{
    char *copy, *text;
    size_t chars = 0, i = 0;

    TRY(writer_text(w, message, &text));
    for (; text[i]; i++)
        if (((unsigned char)text[i] & 0xC0) != 0x80 && ++chars > MAX_MESSAGE_CHARS)
            break;
    copy = writer_alloc(w, i + 1, 1);
    if (!copy)
        return writer_no_memory(w);
    memcpy(copy, text, i);
    *ret = copy;
    return ST_OK;
}

static enum status put_info(const struct writer *w, const struct reply *reply,
                            struct res__SyncMessageInfoResponse *info)
{
    TRY(writer_text(w, reply->message_id, &info->messageId));
    TRY(writer_optional(w, reply->correlation_id, &info->correlationId));
    TRY(writer_time(w, reply->date_ms, &info->responseDate));
    TRY(writer_text(w, reply->code, &info->status->code));
    TRY(put_message(w, reply->message, &info->status->message));
    return put_session_id(w, reply->session_id, &info->sessionId);
}

/* Writes the payload by itself, so that it can stand in `data` as text. */
static enum status flatten(struct engine *engine, enum vocabulary vocabulary,
                           const struct data *data, struct bytes **ret, struct err *err)
{
    AUTO(bytes_free) struct bytes *text = bytes_new(BODY_MAX_BYTES);
    int failed;

    if (!text)
        return RAISE(err, ST_NOMEM, "answer: out of memory");
    TRY(engine_write(engine, payloads[vocabulary], text, err));
    failed =
        soap_putelement(engine->soap, data->element, data->tag ? data->tag : "", 0, data->type);
    TRY(engine_written(engine, failed, err));
    *ret = TAKE(text);
    return ST_OK;
}

static const struct Namespace *table_of(const struct reply *reply, const struct data *data)
{
    if (data->text)
        return answer_text;
    return data->type ? answers[answer_vocabulary(reply)] : answer_empty;
}

/* The payload by itself, with our business signature where it is wanted (req 0.29). */
static enum status put_text(struct engine *engine, const struct wsse *wsse,
                            const struct reply *reply, struct data *data, struct bytes **ret,
                            struct err *err)
{
    AUTO(bytes_free) struct bytes *plain = NULL;
    struct bytes *text = NULL;

    TRY(flatten(engine, answer_vocabulary(reply), data, &plain, err));
    if (reply->sign_payload)
        TRY(wsse_sign_payload(wsse, bytes_slice(plain), &text, err));
    else
        text = TAKE(plain);
    *data = (struct data){ .text = bytes_slice(text).at };
    *ret = text;
    return ST_OK;
}

static enum status write_response(struct engine *engine, const struct wsse *wsse,
                                  const struct reply *reply, struct bytes *out, struct err *err)
{
    struct writer w = { engine->soap, err };
    AUTO(bytes_free) struct bytes *text = NULL; /* outlives its use in data */
    struct data data = { 0 };
    struct com__StatusInfo status = { 0 };
    struct res__SyncMessageInfoResponse info = { .status = &status };
    struct res__ResponseData holder = { 0 };
    struct res__SyncSendMessageResponse response = { &info, &holder };
    const struct _typ__SendMessageResponse message = { &response };
    int failed;

    TRY(put_info(&w, reply, &info));
    TRY(answer_data(&w, reply, &data));
    if (data.type && (reply->data_as_text || reply->sign_payload))
        TRY(put_text(engine, wsse, reply, &data, &text, err));
    holder.data = data.type || data.text ? &data : NULL;
    TRY(engine_write(engine, table_of(reply, &data), out, err));
    failed =
        soap_put__typ__SendMessageResponse(engine->soap, &message, "typ:SendMessageResponse", NULL);
    return engine_written(engine, failed, err);
}

static enum status write_fault(struct engine *engine, const struct reply *reply, struct bytes *out,
                               struct err *err)
{
    const struct writer w = { engine->soap, err };
    struct com__ErrorInfo info = { 0 };
    struct soap__Detail detail = { &info };
    struct _soap__Fault message = { .detail = &detail };
    int failed;

    TRY(writer_text(&w, reply->code, &info.errorCode));
    TRY(writer_text(&w, reply->message, &info.errorMessage));
    TRY(writer_time(&w, reply->date_ms, &info.errorDate));
    TRY(put_session_id(&w, reply->session_id, &info.sessionId));
    TRY(writer_text(&w, reply->fault_of_server ? "soap:Server" : "soap:Client",
                    &message.faultcode));
    message.faultstring = info.errorMessage;
    TRY(engine_write(engine, fault, out, err));
    failed = soap_put__soap__Fault(engine->soap, &message, "soap:Fault", NULL);
    return engine_written(engine, failed, err);
}

enum status soap_encode(struct codec *codec, const struct wsse *wsse, const struct reply *reply,
                        struct bytes **ret_body, struct err *err)
{
    AUTO(bytes_free) struct bytes *out = NULL;
    AUTO(engine_return) struct engine *engine = NULL;

    if (reply->kept) {
        out = bytes_dup(bytes_slice(reply->kept));
        if (!out)
            return RAISE(err, ST_NOMEM, "answer: out of memory");
        *ret_body = TAKE(out);
        return ST_OK;
    }
    out = bytes_new(BODY_MAX_BYTES);
    if (!out)
        return RAISE(err, ST_NOMEM, "answer: out of memory");
    TRY(engine_take(codec, &engine, err));
    if (reply->kind == REPLY_FAULT)
        TRY(write_fault(engine, reply, out, err));
    else
        TRY(write_response(engine, wsse, reply, out, err));
    *ret_body = TAKE(out);
    return ST_OK;
}
