#include "server/config_news.h"

#include "base/text.h"
#include "conf/diff.h"

#include <string.h>

/* What a reload does not bring about: what is opened once for the process' life. A whole section,
 * or one key of it; the rows with `counts` are a section's exceptions. */
static const struct {
    const char *section, *key; /* key NULL: every one */
    bool counts;
} restart_rows[] = {
    { "http", "public_url", true },
    { "http", "max_wrong_tokens", true },
    { "http", "wrong_token_window_s", true },
    { "http", NULL, false },
    { "admin", NULL, false },
    { "store", "content_keys_file", true },
    { "store", NULL, false },
    { "journal", "verify_daily", true },
    { "journal", "verify_hour", true },
    { "journal", NULL, false },
    { "instance", "name", false },
    { "keys", "pkcs11_module", false },
    { "limits", "upstream_parallel", false },
};

static bool wants_restart(const char *setting)
{
    const size_t section = strcspn(setting, ".");

    for (size_t i = 0; i < sizeof(restart_rows) / sizeof(restart_rows[0]); i++) {
        if (strlen(restart_rows[i].section) != section ||
            strncmp(setting, restart_rows[i].section, section) != 0)
            continue;
        if (!restart_rows[i].key || strcmp(setting + section + 1, restart_rows[i].key) == 0)
            return !restart_rows[i].counts;
    }
    return false;
}

enum { MORE_BYTES = 32, ONE_BYTES = 1024 };

struct news {
    char *text;
    size_t len;
    size_t untold;
};

static void add(void *ctx, const struct conf_change *change)
{
    struct news *news = ctx;
    char one[ONE_BYTES];

    (void)text_format(one, sizeof(one), "%s%s: %s → %s%s", news->len ? "; " : "", change->setting,
                      change->before ? change->before : "(none)",
                      change->after ? change->after : "(none)",
                      wants_restart(change->setting) ? " (wants a restart)" : "");
    text_make_plain(one);
    if (news->untold > 0 || news->len + strlen(one) >= CONFIG_NEWS_BYTES - MORE_BYTES) {
        news->untold++;
        return;
    }
    (void)text_copy(news->text + news->len, CONFIG_NEWS_BYTES - news->len, one);
    news->len += strlen(one);
}

void config_news(const struct conf *before, const struct conf *after, char ret[CONFIG_NEWS_BYTES])
{
    struct news news = { .text = ret };

    ret[0] = '\0';
    conf_diff(before, after, add, &news);
    if (news.untold > 0)
        (void)text_format(ret + news.len, CONFIG_NEWS_BYTES - news.len, "; and %zu more",
                          news.untold);
}
