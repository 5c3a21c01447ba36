/* The journal, found by what one knows of an event (req 0.39, 0.53): for the administrator alone.
 */
#include "base/text.h"
#include "server/admin/pages.h"

enum {
    PAGE_ROWS = 50,
    EXPORT_ROWS = 100000,
    EXPORT_BYTES = 32 << 20,
    PAGE_MS = 8000,
    EXPORT_MS = 20000,
    ROWS_BYTES = 64 << 20, /* of what one statement may give */
};

const char *level_class(const char *level)
{
    static const char *const classes[][2] = {
        { "Alerts", "alert" },    { "Critical", "critical" },    { "Errors", "error" },
        { "Warning", "warning" }, { "Notifications", "notice" }, { "Informational", "info" },
        { "Debug", "debug" },
    };

    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
        if (strcmp(level, classes[i][0]) == 0)
            return classes[i][1];
    return "off";
}

const char *level_row(const char *level)
{
    const char *class = level_class(level);

    if (strcmp(class, "warning") == 0)
        return "warn";
    return strcmp(class, "alert") == 0 || strcmp(class, "critical") == 0 ||
                   strcmp(class, "error") == 0
               ? "error"
               : "";
}

/* ---- the form ---- */

static void add_field(struct html *h, const char *name, const char *type, const char *value,
                      const char *hint)
{
    html_add(h,
             "<p class=\"field\"><label for=\"f_%s\">%s</label>"
             "<input id=\"f_%s\" name=\"%s\" type=\"%s\" value=\"%s\" placeholder=\"%s\""
             " autocomplete=\"off\" spellcheck=\"false\"%s></p>\n",
             name, html_word(h, html_text(h, "f_%s", name)), name, name, type, value, hint, "");
}

static void add_levels(struct html *h, const struct journal_search *search)
{
    html_add(h,
             "<p class=\"field\"><label for=\"f_level\">%s</label>"
             "<select id=\"f_level\" name=\"level\"><option value=\"\">%s</option>",
             html_word(h, "f_level"), html_word(h, "any"));
    for (int i = EVENT_ALERT; i <= (int)EVENT_INFO; i++) {
        const char *name = event_level_name((enum event_level)i);
        const bool here = search->has_level && (int)search->level == i;
        html_add(h,
                 here ? "<option value=\"%s\" selected>%s</option>"
                      : "<option value=\"%s\">%s</option>",
                 name, name);
    }
    html_add(h, "</select></p>\n");
}

static void add_form(struct html *h, const struct journal_asked *asked)
{
    const struct journal_search *s = &asked->search;

    html_add(h, "<form class=\"search\" method=\"get\" action=\"/admin/journal\">\n");
    html_add(
        h,
        "<p class=\"field\"><label for=\"f_from\">%s</label>"
        "<input id=\"f_from\" name=\"from\" type=\"datetime-local\" step=\"1\" value=\"%s\"></p>\n"
        "<p class=\"field\"><label for=\"f_to\">%s</label>"
        "<input id=\"f_to\" name=\"to\" type=\"datetime-local\" step=\"1\" value=\"%s\"></p>\n",
        html_word(h, "f_from"), asked->from, html_word(h, "f_to"), asked->to);
    add_levels(h, s);
    add_field(h, "event", "text", s->event, "exchange.answered, put.");
    add_field(h, "code", "text", s->code, "SCSE002");
    add_field(h, "account", "text", s->account, "");
    add_field(h, "service", "text", s->service, "");
    add_field(h, "ip", "text", s->ip, "");
    add_field(h, "id", "text", asked->id, html_word(h, "f_id_hint"));
    add_field(h, "iin", "text", s->iin, html_word(h, "f_iin_hint"));
    add_field(h, "text", "search", s->text, "");
    html_add(h,
             "<p class=\"actions\"><button>%s</button>"
             "<a class=\"button quiet\" href=\"/admin/journal\">%s</a></p>\n</form>\n",
             html_word(h, "find"), html_word(h, "clear"));
}

/* ---- what was found ---- */

/* An id with what it is the id of; its end tells it apart, the whole of it stands in the title. */
static void add_id(struct html *h, const char *what, const char *link, const char *id)
{
    const size_t length = strlen(id);

    html_add(h, "<span class=\"soft\">%s</span>&#160;<a href=\"%s%s\" title=\"%s\">%s%s</a><br>",
             what, link, html_encoded(h, id), id, length > 16 ? "…" : "",
             length > 16 && text_is_utf8(slice_str(id + length - 12)) ? id + length - 12 : id);
}

static void add_ids(struct html *h, const struct journal_found *row)
{
    html_add(h, "<td class=\"ids\" data-label=\"%s\"><span>", html_word(h, "c_ids"));
    if (row->exchange.text[0])
        add_id(h, html_word(h, "t_exchange"), "/admin/exchange/", row->exchange.text);
    if (row->signing.text[0])
        add_id(h, html_word(h, "t_signing"), "/admin/sessions/", row->signing.text);
    if (*row->message_id)
        add_id(h, "messageId", "/admin/journal?id=", row->message_id);
    html_add(h, "</span></td>");
}

static void add_row(struct html *h, const struct journal_found *row)
{
    html_add(h, "<tr class=\"%s\"><td class=\"time\" data-label=\"%s\">%s</td>",
             level_row(row->level), html_word(h, "c_time"), html_time(h, row->at_ms));
    html_add(h, "<td data-label=\"%s\"><span><span class=\"badge %s\">%s</span></span></td>",
             html_word(h, "c_level"), level_class(row->level), row->level);
    html_add(h, "<td data-label=\"%s\"><span><strong>%s</strong> %s</span></td>",
             html_word(h, "c_event"), row->event, row->code);
    html_add(h, "<td data-label=\"%s\"><span>%s <span class=\"soft\">%s</span></span></td>",
             html_word(h, "c_account"), row->account, row->ip);
    add_ids(h, row);
    html_add(h,
             "<td class=\"wrap\" data-label=\"%s\"><span>%s <span class=\"soft\">%s #%llu</span>"
             "</span></td></tr>\n",
             html_word(h, "c_text"), row->text, row->instance, (unsigned long long)row->seq);
}

static void add_pager(struct html *h, const struct journal_asked *asked,
                      const struct journal_page *page)
{
    const char *link = journal_link(h, asked);
    char place[SEARCH_PLACE];

    html_add(h, "<nav class=\"pager\"><span>%s: %zu</span>", html_word(h, "found"), page->count);
    if (asked->place.day)
        html_add(h, "<a href=\"/admin/journal?%s\">%s</a>", link, html_word(h, "newest"));
    if (page->more) {
        journal_place_text(&page->place, place);
        html_add(h, "<a rel=\"next\" href=\"/admin/journal?%s&after=%s\">%s</a>", link,
                 html_encoded(h, place), html_word(h, "older"));
    }
    html_add(h, "<a href=\"/admin/journal.csv?%s\">CSV</a></nav>\n", link);
}

static void add_found(struct html *h, const struct journal_asked *asked,
                      const struct journal_page *page)
{
    static const char *const heads[] = { "c_time", "c_level", "c_event", "c_account",
                                         "c_ids",  "c_text",  NULL };

    if (page->out_of_time)
        html_add(h, "<p class=\"notice warn\">%s</p>\n", html_word(h, "out_of_time"));
    add_pager(h, asked, page);
    if (page->count == 0) {
        html_add(h, "<p class=\"soft\">%s</p>\n", html_word(h, "nothing"));
        return;
    }
    html_table(h, "journal_title", heads);
    for (size_t i = 0; i < page->count; i++)
        add_row(h, page->found[i]);
    html_table_end(h);
    if (page->count > 10)
        add_pager(h, asked, page);
}

enum status journal_give(const struct console_visit *visit, struct console_answer *ret,
                         struct err *err)
{
    AUTO(arena_free) struct arena *rows = arena_new(ROWS_BYTES);
    struct journal_page page = { .max = PAGE_ROWS, .deadline_ms = clock_monotonic_ms() + PAGE_MS };
    struct journal_asked *asked = arena_alloc(visit->arena, sizeof(*asked));
    struct html h;

    if (!rows || !asked)
        return RAISE(err, ST_NOMEM, "journal: out of memory");
    TRY(journal_ask(visit, asked, err));
    page.place = asked->place;
    TRY(store_journal_search(service_rooms(visit->service)->store, &asked->search, rows, &page,
                             err));
    TRY(html_begin(visit, &h, err));
    add_form(&h, asked);
    add_found(&h, asked, &page);
    journal_looked(asked, page.count, page.more, ret);
    ret->iin = *asked->iin ? asked->iin : NULL;
    return html_done(&h, ret, err);
}

/* ---- CSV (RFC 4180) ---- */

enum { CSV_COLUMNS = 18 };
static const char *const csv_names[CSV_COLUMNS] = {
    "date",     "time",      "instance",  "seq",     "id",      "level",
    "category", "event",     "account",   "ip",      "startMs", "endMs",
    "exchange", "messageId", "sessionId", "signing", "code",    "text",
};

static void csv_row(struct bytes *out, const struct journal_found *row)
{
    char date[TIME_TEXT], time[TIME_TEXT], seq[24], start[24], end[24];
    char text[16 << 10];

    time_astana_date(row->at_ms, date);
    time_astana_time(row->at_ms, time);
    (void)text_format(seq, sizeof(seq), "%llu", (unsigned long long)row->seq);
    (void)text_format(start, sizeof(start), "%lld", (long long)row->start_ms);
    (void)text_format(end, sizeof(end), "%lld", (long long)row->end_ms);
    (void)text_copy(text, sizeof(text), row->text);
    const char *const cells[CSV_COLUMNS] = {
        date,
        time,
        row->instance,
        seq,
        row->id.text,
        row->level,
        row->category,
        row->event,
        row->account,
        row->ip,
        start,
        end,
        row->exchange.text,
        row->message_id,
        row->session_id,
        row->signing.text,
        row->code,
        text,
    };
    for (size_t i = 0; i < CSV_COLUMNS; i++)
        csv_field(out, cells[i], i == 0);
    bytes_add_str(out, "\r\n");
}

/* Why not all of it is there, as a row of its own. */
static void csv_cut(struct bytes *out, const struct console_visit *visit, size_t rows)
{
    char text[400];

    (void)text_format(text, sizeof(text), "%s %zu", console_text(visit->language, "csv_cut"), rows);
    for (size_t i = 0; i < CSV_COLUMNS; i++)
        csv_field(out, i == CSV_COLUMNS - 1 ? text : "", i == 0);
    bytes_add_str(out, "\r\n");
}

static enum status csv_rows(const struct console_visit *visit, const struct journal_search *search,
                            struct bytes *out, struct journal_page *page, size_t *ret_rows,
                            struct err *err)
{
    do {
        AUTO(arena_free) struct arena *rows = arena_new(ROWS_BYTES);

        if (!rows)
            return RAISE(err, ST_NOMEM, "export: out of memory");
        TRY(store_journal_search(service_rooms(visit->service)->store, search, rows, page, err));
        for (size_t i = 0; i < page->count; i++)
            csv_row(out, page->found[i]);
        *ret_rows += page->count;
    } while (page->more && !page->out_of_time && *ret_rows < EXPORT_ROWS &&
             out->len < EXPORT_BYTES);
    return ST_OK;
}

enum status journal_csv_give(const struct console_visit *visit, struct console_answer *ret,
                             struct err *err)
{
    AUTO(bytes_free) struct bytes *out = bytes_new(2 * (size_t)EXPORT_BYTES + ROWS_BYTES);
    struct journal_page page = { .max = SEARCH_ROWS,
                                 .deadline_ms = clock_monotonic_ms() + EXPORT_MS };
    struct journal_asked *asked = arena_alloc(visit->arena, sizeof(*asked));
    size_t rows = 0;

    if (!out || !asked)
        return RAISE(err, ST_NOMEM, "export: out of memory");
    TRY(journal_ask(visit, asked, err));
    bytes_add_str(out, "\xef\xbb\xbf"); /* so that Excel reads UTF-8 */
    for (size_t i = 0; i < CSV_COLUMNS; i++)
        csv_field(out, csv_names[i], i == 0);
    bytes_add_str(out, "\r\n");
    TRY(csv_rows(visit, &asked->search, out, &page, &rows, err));
    if (page.more)
        csv_cut(out, visit, rows);
    TRY(bytes_check(out, "export", err));
    journal_looked(asked, rows, page.more, ret);
    ret->iin = *asked->iin ? asked->iin : NULL;
    ret->content_type = "text/csv; charset=utf-8";
    ret->file_name = "journal.csv";
    ret->body = TAKE(out);
    return ST_OK;
}
