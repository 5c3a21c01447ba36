#include "server/outward.h"

#include "base/text.h"
#include "server/diary.h"

#include <string.h>

enum { TEXT_BYTES = 768, SERVER_BYTES = 272 };

/* Of each worker, while it works on an exchange: route.c. */
static _Thread_local const struct peer *behalf;

void outward_for(const struct peer *peer)
{
    behalf = peer;
}

/* Path and query may name a citizen's certificate, user and password are secrets. */
static void server_of(const char *url, char dst[SERVER_BYTES])
{
    const char *scheme = strstr(url, "://");
    const char *host = scheme ? scheme + strlen("://") : url;
    size_t len = strcspn(host, "/?#");
    const char *at = memrchr(host, '@', len);

    if (at) {
        len -= (size_t)(at + 1 - host);
        host = at + 1;
    }
    (void)text_format(dst, SERVER_BYTES, "%.*s%.*s", scheme ? (int)(scheme + 3 - url) : 0, url,
                      (int)len, host);
    text_make_plain(dst);
}

/* A line of the call: of whose exchange, and since when. */
static struct event line_of(const struct outward_call *call, enum event_level level,
                            const char *name, const char *text)
{
    return (struct event){
        .level = level,
        .name = name,
        .ip = behalf ? behalf->address : NULL,
        .exchange = behalf ? behalf->exchange.text : NULL,
        .start_ms = call->start_ms,
        .text = text,
    };
}

enum status outward_asked(const struct outward *outward, struct outward_call *call, struct err *err)
{
    char server[SERVER_BYTES];
    char text[TEXT_BYTES];

    call->start_ms = clock_now(outward->clock);
    server_of(call->server, server);
    (void)text_format(text, sizeof(text), "purpose=%s server=%s%s%s", call->purpose, server,
                      *call->about ? " " : "", call->about);
    const struct event event = line_of(call, EVENT_INFO, "upstream.asked", text);
    return diary_write(outward->journal, outward->clock, &event, err);
}

/* As the other side said it, where it said anything. */
static void code_of(const struct err *why, char *dst, size_t size)
{
    if (why && why->upstream_status != 0)
        (void)text_format(dst, size, "%d", why->upstream_status);
    else if (why && why->code[0])
        (void)text_copy(dst, size, why->code);
    else
        (void)text_copy(dst, size, why ? status_name(why->status) : "ok");
}

void outward_told(const struct outward *outward, const struct outward_call *call, size_t bytes,
                  const struct err *why)
{
    const int64_t took_ms = clock_now(outward->clock) - call->start_ms;
    char server[SERVER_BYTES];
    char text[TEXT_BYTES];
    char code[sizeof(why->code)];

    code_of(why, code, sizeof(code));
    server_of(call->server, server);
    (void)text_format(text, sizeof(text), "purpose=%s server=%s%s%s bytes=%zu took_ms=%lld%s%s",
                      call->purpose, server, *call->about ? " " : "", call->about, bytes,
                      (long long)took_ms, why ? ": " : "", why ? why->text : "");
    struct event event = line_of(call, why ? EVENT_WARNING : EVENT_INFO, "upstream.told", text);
    event.code = code;
    if (outward->calls) /* a clock that was set back meanwhile tells nothing */
        metric_observe(outward->calls,
                       &(struct metric_sample){ { call->purpose, code },
                                                (double)(took_ms > 0 ? took_ms : 0) / 1000 });
    (void)diary_note(outward->journal, outward->clock, &event);
}

static const char *purpose_of(const struct fetch *what, const char *get_purpose)
{
    static const struct {
        const char *type, *purpose;
    } posts[] = {
        { "application/ocsp-request", "ocsp" },
        { "application/timestamp-query", "timestamp" },
    };

    if (!what->content_type)
        return get_purpose;
    for (size_t i = 0; i < sizeof(posts) / sizeof(posts[0]); i++)
        if (strcmp(what->content_type, posts[i].type) == 0)
            return posts[i].purpose;
    return "post";
}

enum status outward_fetch(const struct outward *outward, struct rest *rest, const char *get_purpose,
                          const struct fetch *what, struct bytes **ret_answer, struct err *err)
{
    struct outward_call call = { .purpose = purpose_of(what, get_purpose),
                                 .server = what->url,
                                 .about = "" };

    TRY(outward_asked(outward, &call, err));
    enum status status = rest_fetch(rest, what, ret_answer, err);
    outward_told(outward, &call, status == ST_OK ? (*ret_answer)->len : 0,
                 status == ST_OK ? NULL : err);
    return status;
}
