#include "sandbox/centre_answer.h"

#include "base/clock.h"

#include <string.h>

static const struct {
    int status;
    const char *words;
} reasons[] = {
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 406, "Not Acceptable" },
    { 500, "Internal Server Error" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 504, "Gateway Time Out" },
    { 523, "Origin Is Unreachable" },
};

static const char *reason_of(int status)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].status == status)
            return reasons[i].words;
    return "";
}

void centre_answer_clear(struct centre_answer *answer)
{
    bytes_free(answer->body);
    *answer = (struct centre_answer){ .status = 0 };
}

enum centre_words centre_words_for(struct slice who)
{
    unsigned sum = 0;

    for (size_t i = 0; i < who.len; i++)
        sum += (unsigned char)who.at[i];
    return (enum centre_words)(sum % WORDS_COUNT_);
}

void centre_add_string(struct bytes *json, struct slice text)
{
    bytes_add_str(json, "\"");
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];

        if (c < ' ')
            bytes_addf(json, "\\u%04x", c);
        else if (c == '"' || c == '\\')
            bytes_addf(json, "\\%c", c);
        else
            bytes_add(json, slice_mem(&text.at[i], 1));
    }
    bytes_add_str(json, "\"");
}

void centre_add_member(struct bytes *json, const char *name, const char *value)
{
    if (json->len > 0 && !strchr("{[", json->at[json->len - 1]))
        bytes_add_str(json, ",");
    centre_add_string(json, slice_str(name));
    bytes_add_str(json, ":");
    centre_add_string(json, slice_str(value));
}

/* 2021-09-27T10:17:44.098+00:00 */
static void add_timestamp(struct bytes *json, int64_t now_ms)
{
    char text[TIME_TEXT];

    time_utc_text(now_ms, text);
    text[strlen(text) - 1] = '\0'; /* its Z */
    bytes_addf(json, "{\"timestamp\":\"%s+00:00\"", text);
}

void centre_refuse(struct centre_answer *answer, const struct centre_refusal *refusal)
{
    const char *reason = reason_of(refusal->status);
    const char *text = refusal->text;
    struct bytes *body = bytes_new(CENTRE_BODY_MAX);

    centre_answer_clear(answer);
    *answer = (struct centre_answer){ refusal->status, "application/json", body };
    if (!body)
        return;
    if (text && refusal->words == WORDS_ALONE) {
        answer->content_type = "text/plain; charset=utf-8";
        bytes_add_str(body, text);
        return;
    }
    add_timestamp(body, refusal->now_ms);
    bytes_addf(body, ",\"status\":%d", refusal->status);
    centre_add_member(body, "error", text && refusal->words == WORDS_IN_ERROR ? text : reason);
    if (text && refusal->words == WORDS_IN_MESSAGE)
        centre_add_member(body, "message", text);
    bytes_add_str(body, ",\"path\":");
    centre_add_string(body, refusal->path);
    bytes_add_str(body, "}");
}
