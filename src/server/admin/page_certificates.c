/* Every certificate that the configuration names, the first to end first; for both roles. */
#include "base/text.h"
#include "server/admin/pages.h"

#include <stdlib.h>

#define DAY_MS (INT64_C(24) * 3600 * 1000)

static int by_end(const void *a, const void *b)
{
    const struct expiry_fact *x = a, *y = b;

    return (x->to_ms > y->to_ms) - (x->to_ms < y->to_ms);
}

static void add_certificate(struct html *h, const struct expiry_fact *fact, int64_t now_ms)
{
    const int64_t left_ms = fact->to_ms - now_ms;
    const char *class = left_ms <= 0 || now_ms < fact->from_ms ? "bad"
                        : left_ms < 7 * DAY_MS                 ? "bad"
                        : left_ms < 30 * DAY_MS                ? "warn"
                                                               : "good";
    const char *left = left_ms <= 0 ? html_word(h, "ended")
                       : now_ms < fact->from_ms
                           ? html_word(h, "not_yet")
                           : html_text(h, "%lld", (long long)(left_ms / DAY_MS));

    html_add(h, "<tr class=\"%s\">",
             strcmp(class, "bad") == 0    ? "error"
             : strcmp(class, "warn") == 0 ? "warn"
                                          : "");
    html_add(h,
             "<td data-label=\"%s\"><span><strong>%s</strong> <span class=\"soft\">%s</span></span>"
             "</td>",
             html_word(h, "c_purpose"), fact->role, fact->name);
    html_cell(h, "c_subject", "wrap", fact->subject);
    html_cell(h, "c_serial", "mono", fact->serial);
    html_cell(h, "c_from", "time", html_time(h, fact->from_ms));
    html_cell(h, "c_to", "time", html_time(h, fact->to_ms));
    html_add(
        h,
        "<td class=\"number\" data-label=\"%s\"><span><span class=\"badge %s\">%s</span></span>"
        "</td></tr>\n",
        html_word(h, "c_days"), class, left);
}

enum status certificates_give(const struct console_visit *visit, struct console_answer *ret,
                              struct err *err)
{
    static const char *const heads[] = { "c_purpose", "c_subject", "c_serial", "c_from",
                                         "c_to",      "#c_days",   NULL };
    const struct expiry_list *list = service_certificates(visit->service);
    const int64_t now_ms = clock_now(service_rooms(visit->service)->clock);
    const size_t count = expiry_count(list);
    struct expiry_fact *facts = arena_array(visit->arena, count + 1, sizeof(*facts));
    struct html h;

    if (!facts)
        return RAISE(err, ST_NOMEM, "certificates: out of memory");
    for (size_t i = 0; i < count; i++)
        facts[i] = expiry_at(list, i);
    qsort(facts, count, sizeof(*facts), by_end);
    TRY(html_begin(visit, &h, err));
    html_table(&h, "certificates_title", heads);
    for (size_t i = 0; i < count; i++)
        add_certificate(&h, &facts[i], now_ms);
    html_table_end(&h);
    (void)text_format(ret->looked_at, sizeof(ret->looked_at), "rows=%zu", count);
    return html_done(&h, ret, err);
}
