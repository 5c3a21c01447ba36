/* What a visit searches the journal for. */
#include "base/text.h"
#include "server/admin/pages.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

/* yyyy-mm-ddThh:mm[:ss], as a browser's field writes it; a whole day too. */
static bool parse_time(const char *text, bool is_end, int64_t *ret_ms)
{
    char whole[TIME_TEXT];
    struct time_span span;

    (void)text_format(whole, sizeof(whole), "%s%s", text, strlen(text) == 16 ? ":00" : "");
    if (!time_parse(slice_str(whole), &span))
        return false;
    *ret_ms = span.from_ms;
    if (is_end) /* all of the minute, the second or the day that is written */
        *ret_ms = strlen(text) == 16   ? span.from_ms + 59999
                  : strlen(text) == 19 ? span.from_ms + 999
                                       : span.to_ms;
    return true;
}

static enum status ask_time(const struct console_visit *visit, const char *field, bool is_end,
                            char text[TIME_TEXT], int64_t *ms, struct err *err)
{
    TRY(html_asked(visit, field, text, TIME_TEXT, err));
    if (*text && !parse_time(text, is_end, ms))
        return html_refuse(visit, field, "yyyy-mm-ddThh:mm", "bad_time", err);
    return ST_OK;
}

static void local_text(int64_t ms, char text[TIME_TEXT])
{
    time_utc_offset_text(ms, text);
    text[19] = '\0'; /* the fraction and the offset */
}

static enum status ask_times(const struct console_visit *visit, struct journal_asked *asked,
                             struct err *err)
{
    const int64_t now_ms = clock_now(service_rooms(visit->service)->clock);
    struct journal_search *search = &asked->search;

    search->to_ms = now_ms;
    TRY(ask_time(visit, "to", true, asked->to, &search->to_ms, err));
    search->from_ms = (search->to_ms < now_ms ? search->to_ms : now_ms) - DAY_MS;
    TRY(ask_time(visit, "from", false, asked->from, &search->from_ms, err));
    if (!*asked->from)
        local_text(search->from_ms, asked->from);
    if (search->from_ms < 0 || search->to_ms < search->from_ms)
        return html_refuse(visit, "to", "", "bad_order", err);
    if (day_count(day_of(search->from_ms), day_of(search->to_ms)) > SEARCH_DAYS)
        return html_refuse(visit, "from", "92", "bad_days", err);
    return ST_OK;
}

static bool is_pseudonym(const char *text)
{
    return strlen(text) == 16 && strspn(text, "0123456789abcdef") == 16;
}

static enum status ask_iin(const struct console_visit *visit, struct journal_asked *asked,
                           struct err *err)
{
    char text[32];

    TRY(html_asked(visit, "iin", text, sizeof(text), err));
    if (!*text)
        return ST_OK;
    if (is_pseudonym(text)) {
        (void)text_copy(asked->search.iin, sizeof(asked->search.iin), text);
        return ST_OK;
    }
    if (!text_is_digits(slice_str(text), 12))
        return html_refuse(visit, "iin", "12", "bad_iin", err);
    (void)text_copy(asked->iin, sizeof(asked->iin), text);
    journal_pseudonym(service_rooms(visit->service)->journal, text, asked->search.iin);
    explicit_bzero(text, sizeof(text));
    return ST_OK;
}

static enum status ask_rest(const struct console_visit *visit, struct journal_asked *asked,
                            struct err *err)
{
    struct journal_search *search = &asked->search;
    const struct {
        const char *field;
        char *at;
    } texts[] = {
        { "account", search->account },
        { "ip", search->ip },
        { "event", search->event },
        { "code", search->code },
        { "service", search->service },
        { "text", search->text },
        { "id", asked->id },
    };
    char level[24];
    char place[SEARCH_PLACE];

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        TRY(html_asked(visit, texts[i].field, texts[i].at, SEARCH_VALUE, err));
    TRY(html_asked(visit, "level", level, sizeof(level), err));
    search->has_level = *level != '\0';
    if (*level && !event_level_parse(slice_str(level), &search->level))
        return html_refuse(visit, "level", "", "bad_level", err);
    TRY(html_asked(visit, "after", place, sizeof(place), err));
    if (!journal_place_parse(slice_str(place), &asked->place))
        return html_refuse(visit, "after", "", "bad_place", err);
    return ST_OK;
}

enum status journal_ask(const struct console_visit *visit, struct journal_asked *ret,
                        struct err *err)
{
    *ret = (struct journal_asked){ .id = "" };
    TRY(ask_times(visit, ret, err));
    TRY(ask_iin(visit, ret, err));
    TRY(ask_rest(visit, ret, err));
    if (!*ret->id)
        return ST_OK;
    return store_journal_resolve(service_rooms(visit->service)->store, ret->id, &ret->search, err);
}

const char *journal_link(struct html *html, const struct journal_asked *asked)
{
    const struct journal_search *s = &asked->search;
    const struct {
        const char *field, *value;
    } fields[] = {
        { "to", asked->to },       { "id", asked->id },
        { "account", s->account }, { "ip", s->ip },
        { "event", s->event },     { "code", s->code },
        { "iin", s->iin },         { "service", s->service },
        { "text", s->text },       { "level", s->has_level ? event_level_name(s->level) : "" },
    };
    const char *link = html_text(html, "from=%s", html_encoded(html, asked->from));

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (*fields[i].value)
            link = html_text(html, "%s&%s=%s", link, fields[i].field,
                             html_encoded(html, fields[i].value));
    return link;
}

void journal_looked(const struct journal_asked *asked, size_t rows, bool more,
                    struct console_answer *answer)
{
    const struct journal_search *s = &asked->search;
    const struct {
        const char *field, *value;
    } fields[] = {
        { "id", asked->id }, { "account", s->account },
        { "ip", s->ip },     { "event", s->event },
        { "code", s->code }, { "service", s->service },
        { "text", s->text }, { "level", s->has_level ? event_level_name(s->level) : "" },
    };
    char *at = answer->looked_at;
    const size_t size = sizeof(answer->looked_at);

    (void)text_format(at, size, "rows=%zu%s from=%s to=%s", rows, more ? " and more" : "",
                      asked->from, *asked->to ? asked->to : "now");
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (*fields[i].value)
            (void)text_format(at + strlen(at), size - strlen(at), " %s=%.100s", fields[i].field,
                              fields[i].value);
    if (*s->iin)
        (void)text_format(at + strlen(at), size - strlen(at), " pseudonym=%s", s->iin);
    answer->personal = *s->iin != '\0';
}

enum status page_id(const struct console_visit *visit, const char *prefix, struct id *ret_id,
                    struct slice *ret_rest, struct err *err)
{
    struct slice rest = slice_skip(http_path(visit->request), strlen(prefix));
    const char *slash = memchr(rest.at, '/', rest.len);
    const struct slice id = { rest.at, slash ? (size_t)(slash - rest.at) : rest.len };

    if (!id_parse(id, ret_id))
        return RAISE(err, ST_NOT_FOUND, "no id");
    *ret_rest = slice_skip(rest, slash ? id.len + 1 : id.len);
    return ST_OK;
}
