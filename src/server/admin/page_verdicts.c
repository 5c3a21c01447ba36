/* What became of signatures, day by day: numbers alone, for both roles (req 0.53). */
#include "base/text.h"
#include "crypto/ocsp_cache.h"
#include "server/admin/pages.h"

#include <stdlib.h>

enum { COUNT_MS = 3000, DAYS = 7 };

static const char *const events[] = {
    "exchange.answered", "put.verified",   "put.refused",         "put.deferred",
    "login.verified",    "login.refused",  "login.deferred",      "revocation.accepted",
    "coid.told",         "session.sealed", "coid.answer_refused", NULL,
};

static size_t order_of(const char *event)
{
    size_t i = 0;

    while (events[i] && strcmp(events[i], event) != 0)
        i++;
    return i;
}

static int by_kind(const void *a, const void *b)
{
    const struct kind_numbers *x = a, *y = b;
    const size_t i = order_of(x->event), j = order_of(y->event);

    if (i != j)
        return i < j ? -1 : 1;
    const int code = strcmp(x->code, y->code);
    return code ? code : strcmp(x->reason, y->reason);
}

static bool same_kind(const struct kind_numbers *x, const struct kind_numbers *y)
{
    return by_kind(x, y) == 0;
}

/* One row: the days' numbers of what is the same but for the day; returns how many it took. */
static size_t add_kind(struct html *h, const struct kind_numbers *kinds, size_t count,
                       int32_t today)
{
    int64_t days[DAYS] = { 0 };
    int64_t sum = 0;
    size_t taken = 0;

    for (; taken < count && same_kind(&kinds[0], &kinds[taken]); taken++) {
        const int back = day_count(kinds[taken].day, today) - 1;
        if (back >= 0 && back < DAYS) {
            days[DAYS - 1 - back] += kinds[taken].count;
            sum += kinds[taken].count;
        }
    }
    if (sum == 0)
        return taken;
    html_add(h, "<tr><th scope=\"row\" data-label=\"%s\">%s</th>", html_word(h, "c_event"),
             kinds->event);
    html_cell(h, "c_code", "", kinds->code);
    html_cell(h, "c_reason", "", kinds->reason);
    for (int i = 0; i < DAYS; i++) {
        char text[DAY_TEXT];
        day_text(day_add(today, i - DAYS + 1), text);
        html_add(h, "<td class=\"number\" data-label=\"%s\">%lld</td>", text, (long long)days[i]);
    }
    html_add(h, "<td class=\"number\" data-label=\"%s\"><strong>%lld</strong></td></tr>\n",
             html_word(h, "c_sum"), (long long)sum);
    return taken;
}

static void add_kinds(struct html *h, const struct kind_numbers *kinds, size_t count, int32_t today)
{
    html_add(h,
             "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">"
             "<table class=\"list\"><thead><tr><th scope=\"col\">%s</th><th scope=\"col\">%s</th>"
             "<th scope=\"col\">%s</th>",
             html_word(h, "verdicts_title"), html_word(h, "c_event"), html_word(h, "c_code"),
             html_word(h, "c_reason"));
    for (int i = 0; i < DAYS; i++) {
        char text[DAY_TEXT];
        day_text(day_add(today, i - DAYS + 1), text);
        html_add(h, "<th class=\"number\" scope=\"col\">%s</th>",
                 html_text(h, "%.2s.%.2s", text + 8, text + 5));
    }
    html_add(h, "<th class=\"number\" scope=\"col\">%s</th></tr></thead><tbody>\n",
             html_word(h, "c_sum"));
    for (size_t i = 0; i < count;)
        i += add_kind(h, kinds + i, count - i, today);
    html_add(h, "</tbody></table></div>\n");
}

static void add_ocsp(struct html *h, const struct rooms *rooms)
{
    struct ocsp_counts counts;

    ocsp_cache_counts(rooms->answers, &counts);
    html_add(h, "<h2>OCSP</h2>\n<ul class=\"tiles\">");
    for (size_t i = 0; i < OCSP_STATES; i++)
        html_add(h, "<li><strong>%llu</strong><span>%s</span></li>",
                 (unsigned long long)counts.asked[i], ocsp_state_name((enum ocsp_state)i));
    html_add(h, "</ul>\n<p class=\"soft\">%s</p>\n", html_word(h, "ocsp_note"));
}

static void add_lists(struct html *h, const struct rooms *rooms, int64_t now_ms)
{
    static const char *const heads[] = { "c_issuer", "c_this_update", "c_next_update", "c_state",
                                         NULL };
    struct list_look *looks = arena_array(h->arena, LISTS_MAX, sizeof(*looks));
    const size_t count = looks ? lists_look(rooms->lists, looks) : 0;

    html_add(h, "<h2>CRL</h2>\n");
    if (count == 0) {
        html_add(h, "<p class=\"soft\">%s</p>\n", html_word(h, "no_lists"));
        return;
    }
    html_table(h, "crl_caption", heads);
    for (size_t i = 0; i < count; i++) {
        const bool fresh = looks[i].next_update_ms > now_ms;
        html_add(h, "<tr>");
        html_cell(h, "c_issuer", "", looks[i].issuer);
        html_cell(h, "c_this_update", "time", html_time(h, looks[i].this_update_ms));
        html_cell(h, "c_next_update", "time", html_time(h, looks[i].next_update_ms));
        html_add(
            h, "<td data-label=\"%s\"><span><span class=\"badge %s\">%s</span></span></td></tr>\n",
            html_word(h, "c_state"), fresh ? "good" : "bad",
            html_word(h, fresh ? "fresh" : "stale"));
    }
    html_table_end(h);
}

enum status verdicts_give(const struct console_visit *visit, struct console_answer *ret,
                          struct err *err)
{
    const struct rooms *rooms = service_rooms(visit->service);
    const int64_t now_ms = clock_now(rooms->clock);
    bool whole = false;
    size_t all = 0, count = 0;
    struct html h;

    TRY(statistics_count(rooms->statistics, rooms->store, now_ms, clock_monotonic_ms() + COUNT_MS,
                         &whole, err));
    const struct kind_numbers *kinds = statistics_kinds(rooms->statistics, visit->arena, &all);
    struct kind_numbers *shown = arena_array(visit->arena, all + 1, sizeof(*shown));
    if (!kinds || !shown)
        return RAISE(err, ST_NOMEM, "verdicts: out of memory");
    for (size_t i = 0; i < all; i++)
        if (events[order_of(kinds[i].event)])
            shown[count++] = kinds[i];
    qsort(shown, count, sizeof(*shown), by_kind);
    TRY(html_begin(visit, &h, err));
    if (!whole)
        html_add(&h, "<p class=\"notice warn\">%s</p>\n", html_word(&h, "counting"));
    add_kinds(&h, shown, count, day_of(now_ms));
    html_add(&h, "<p class=\"soft\">%s</p>\n", html_word(&h, "verdicts_note"));
    add_ocsp(&h, rooms);
    add_lists(&h, rooms, now_ms);
    (void)text_copy(ret->looked_at, sizeof(ret->looked_at), "statistics");
    return html_done(&h, ret, err);
}
