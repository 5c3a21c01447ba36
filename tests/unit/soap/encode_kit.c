#include "soap/encode_kit.h"

struct reply plain(void)
{
    return (struct reply){ .kind = REPLY_RESPONSE,
                           .code = "SCSS001",
                           .message = "Успешная обработка",
                           .session_id = "",
                           .date_ms = now_ms,
                           .message_id = ID,
                           .correlation_id = "m-1" };
}

struct bytes *encode(const struct reply *reply)
{
    struct bytes *body = NULL;
    struct err err;

    if (soap_encode(shared_codec, NULL, reply, &body, &err) != ST_OK)
        fail_msg("%s", err.text);
    return body;
}

void assert_text(const struct bytes *xml, const char *element, const char *want)
{
    AUTO(bytes_free) struct bytes *text = text_of(bytes_slice(xml), element);

    if (!text || strcmp(text->at, want) != 0)
        fail_msg("%s is %s in %.600s", element, text ? text->at : "absent", xml->at);
}

void assert_absent(const struct bytes *xml, const char *element)
{
    if (count_of(bytes_slice(xml), element) != 0)
        fail_msg("%s in %.600s", element, xml->at);
}
