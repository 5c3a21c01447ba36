#include "server/outward.h"

#include "base/log.h"
#include "base/text.h"

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

static enum status write_line(const struct outward *outward, const struct outward_call *call,
                              const struct event *line, struct err *err)
{
    struct event event = *line;

    event.account = "-";
    event.ip = behalf ? behalf->address : "-";
    event.exchange = behalf ? behalf->exchange.text : NULL;
    event.start_ms = call->start_ms;
    event.end_ms = clock_now(outward->clock);
    return journal_write(outward->journal, &event, err);
}

enum status outward_asked(const struct outward *outward, struct outward_call *call, struct err *err)
{
    char server[SERVER_BYTES];
    char text[TEXT_BYTES];

    call->start_ms = clock_now(outward->clock);
    server_of(call->server, server);
    (void)text_format(text, sizeof(text), "purpose=%s server=%s%s%s", call->purpose, server,
                      *call->about ? " " : "", call->about);
    return write_line(
        outward, call,
        &(const struct event){ .level = EVENT_INFO, .name = "upstream.asked", .text = text }, err);
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
    char server[SERVER_BYTES];
    char text[TEXT_BYTES];
    struct err err = { 0 };
    char code[sizeof(why->code)];
    const struct event event = {
        .level = why ? EVENT_WARNING : EVENT_INFO,
        .name = "upstream.told",
        .code = code,
        .text = text,
    };

    code_of(why, code, sizeof(code));
    server_of(call->server, server);
    (void)text_format(text, sizeof(text), "purpose=%s server=%s%s%s bytes=%zu took_ms=%lld%s%s",
                      call->purpose, server, *call->about ? " " : "", call->about, bytes,
                      (long long)(clock_now(outward->clock) - call->start_ms), why ? ": " : "",
                      why ? why->text : "");
    if (write_line(outward, call, &event, &err) != ST_OK)
        log_err(LOG_LEVEL_ERROR, "journal.lost", &err);
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
