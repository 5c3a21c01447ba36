#include "server/trust_news.h"

#include "base/text.h"
#include "server/diary.h"

enum { LINES_MAX = 64, HEX_TEXT = 65, LINE_BYTES = 1024 };

struct news {
    struct journal *journal;
    const struct clock *clock;
    const char *event;
};

static void write_line(const struct news *news, const char *text)
{
    const struct event event = { .level = EVENT_NOTICE, .name = news->event, .text = text };

    (void)diary_note(news->journal, news->clock, &event);
}

static void write_cert(const struct news *news, const struct cert *cert)
{
    char hex[HEX_TEXT];
    char text[LINE_BYTES];

    text_hex(slice_mem(cert_signer(cert)->sha256, 32), hex);
    (void)text_format(text, sizeof(text), "%s %s, SHA-256 %s",
                      cert_is_self_signed(cert) ? "root" : "intermediate",
                      cert_signer(cert)->subject, hex);
    write_line(news, text);
}

/* What `of` holds and `than` does not. */
static void write_more(const struct news *news, const struct trust *of, const struct trust *than)
{
    size_t count = 0;
    char text[LINE_BYTES];

    for (size_t i = 0; i < trust_count(of); i++) {
        if (trust_holds(than, trust_at(of, i)))
            continue;
        if (count++ < LINES_MAX)
            write_cert(news, trust_at(of, i));
    }
    if (count <= LINES_MAX)
        return;
    (void)text_format(text, sizeof(text), "and %zu more", count - LINES_MAX);
    write_line(news, text);
}

void trust_news_write(struct journal *journal, const struct clock *clock,
                      const struct trust *before, const struct trust *after)
{
    write_more(&(const struct news){ journal, clock, "trust.added" }, after, before);
    write_more(&(const struct news){ journal, clock, "trust.removed" }, before, after);
}
