#include "server/doorstep.h"

#include "base/text.h"
#include "http/peer.h"
#include "server/diary.h"

static struct address caller_of(const struct http_request *request)
{
    struct address address = { 0 };

    (void)address_parse(slice_str(http_peer(request)), &address); /* it is one: our own text */
    return address;
}

bool doorstep_is_shut(const struct service *service, const struct http_request *request,
                      char ret_header[DOORSTEP_HEADER])
{
    const struct rooms *rooms = service_rooms(service);
    struct address caller = caller_of(request);
    int64_t wait_ms = strangers_wait_ms(rooms->strangers, &caller, clock_monotonic_ms());

    if (wait_ms == 0)
        return false;
    metric_count(rooms->meters.all[METER_STRANGERS], &(struct metric_sample){ { NULL }, 1 });
    text_format(ret_header, DOORSTEP_HEADER, "Retry-After: %lld",
                (long long)((wait_ms + 999) / 1000));
    return true;
}

bool doorstep_refuses(const struct service *service, struct http_request *request)
{
    char retry[DOORSTEP_HEADER];
    const char *const headers[] = { retry, "Cache-Control: no-store", NULL };

    if (!doorstep_is_shut(service, request, retry))
        return false;
    const struct http_reply reply = { 429, "application/json; charset=utf-8", headers,
                                      mobile_stranger_json(
                                          http_header(request, "Accept-Language")) };
    http_answer(request, &reply);
    return true;
}

static void record(const struct service *service, const char *peer,
                   const struct strangers_limit *limit)
{
    const struct rooms *rooms = service_rooms(service);
    char text[160];

    text_format(text, sizeof(text),
                "%u wrong tokens within %lld s: the address is not heard until they have passed",
                limit->max, (long long)limit->window_ms / 1000);
    const struct event event = {
        .level = EVENT_WARNING,
        .name = "tokens.guessed",
        .ip = peer,
        .code = "429",
        .text = text,
    };
    (void)diary_note(rooms->journal, rooms->clock, &event);
}

void doorstep_wrong_token(const struct service *service, const struct http_request *request)
{
    const struct rooms *rooms = service_rooms(service);
    const struct conf_http *conf = &service_conf(service)->http;
    const struct strangers_limit limit = { (unsigned)conf->max_wrong_tokens,
                                           conf->wrong_token_window_s * 1000 };
    struct address caller = caller_of(request);

    metric_count(rooms->meters.all[METER_WRONG_TOKENS], &(struct metric_sample){ { NULL }, 1 });
    if (strangers_count(rooms->strangers, &limit, &caller, clock_monotonic_ms()))
        record(service, http_peer(request), &limit);
}
