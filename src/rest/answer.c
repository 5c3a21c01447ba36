#include "rest/answer.h"

#include "base/text.h"

#include <string.h>

/* Of the answer itself: neither of its 1xx forerunners nor of a trailer. */
static enum status take_header(CURL *curl, const char *name, const char *server, char **ret_value,
                               struct err *err)
{
    struct curl_header *header = NULL;
    char limit[32];

    CURLHcode code = curl_easy_header(curl, name, 0, CURLH_HEADER, -1, &header);
    if (code == CURLHE_MISSING || code == CURLHE_NOHEADERS)
        return ST_OK;
    if (code != CURLHE_OK)
        return RAISE(err, ST_INTERNAL, "%s: header %s: libcurl says %d", server, name, (int)code);
    if (header->amount > 1)
        return RAISE_CAUSE(err, ST_UPSTREAM, "headerTwice", name, NULL,
                           "%s: the answer has the header %s %zu times", server, name,
                           header->amount);
    size_t len = strcspn(header->value, "\r\n"); /* libcurl leaves these where nothing else is */
    if (len > REST_WANTED_BYTES) {
        text_format(limit, sizeof(limit), "%d bytes", REST_WANTED_BYTES);
        return RAISE_CAUSE(err, ST_UPSTREAM, "answerTooLong", name, limit,
                           "%s: the answer's header %s is over %s", server, name, limit);
    }
    *ret_value = strndup(header->value, len);
    return *ret_value ? ST_OK : RAISE(err, ST_NOMEM, "out of memory");
}

static enum status take_headers(CURL *curl, const struct rest_call *call, const char *server,
                                struct rest_answer *answer, struct err *err)
{
    for (size_t i = 0; call->wanted && call->wanted[i]; i++)
        TRY(take_header(curl, call->wanted[i], server, &answer->headers[i], err));
    return ST_OK;
}

enum status answer_take(CURL *curl, const struct rest_call *call, const char *server,
                        struct bytes *body, struct rest_answer *ret_answer, struct err *err)
{
    struct rest_answer answer = { .body = body };
    const char *type = NULL;

    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
    if (curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK && type)
        text_copy(answer.content_type, sizeof(answer.content_type), type);
    enum status status = take_headers(curl, call, server, &answer, err);
    if (status == ST_OK)
        *ret_answer = answer;
    else
        rest_answer_free(&answer);
    return status;
}

/* libcurl's stopwatch; it shows zero for what did not come. */
static int64_t lap_ms(CURL *curl, CURLINFO info)
{
    curl_off_t lap_us = 0;

    return curl_easy_getinfo(curl, info, &lap_us) == CURLE_OK && lap_us > 0 ? lap_us / 1000 : -1;
}

void answer_times(CURL *curl, const char *url, struct rest_times *times)
{
    bool is_tls = strncasecmp(url, "https:", 6) == 0;
    long born = 0;
    long head_bytes = 0;

    (void)curl_easy_getinfo(curl, CURLINFO_NUM_CONNECTS, &born);
    (void)curl_easy_getinfo(curl, CURLINFO_HEADER_SIZE, &head_bytes);
    if (born > 0)
        times->connect_ms =
            lap_ms(curl, is_tls ? CURLINFO_APPCONNECT_TIME_T : CURLINFO_CONNECT_TIME_T);
    else if (lap_ms(curl, CURLINFO_PRETRANSFER_TIME_T) >= 0) /* over a connection at hand */
        times->connect_ms = 0;
    if (head_bytes > 0) /* libcurl's lap ends with a hang-up as well */
        times->first_byte_ms = lap_ms(curl, CURLINFO_STARTTRANSFER_TIME_T);
}

void rest_answer_free(struct rest_answer *answer)
{
    bytes_free(TAKE(answer->body));
    for (size_t i = 0; i < REST_WANTED_MAX; i++)
        free(TAKE(answer->headers[i]));
}
