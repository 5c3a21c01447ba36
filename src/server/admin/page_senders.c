/* Who may ask, and how much of it there was today: for the administrator. */
#include "base/text.h"
#include "server/admin/pages.h"

enum { COUNT_MS = 3000 };

struct today {
    const struct sender_numbers *numbers;
    size_t count;
    int32_t day;
};

static void add_codes(struct html *h, const struct today *today, const char *sender_id)
{
    bool any = false;

    html_add(h, "<td data-label=\"%s\"><span>", html_word(h, "c_today"));
    for (size_t i = 0; i < today->count; i++) {
        const struct sender_numbers *n = &today->numbers[i];
        if (n->day != today->day || strcmp(n->account, sender_id) != 0)
            continue;
        html_add(h, "<span class=\"badge %s\">%s %lld</span> ",
                 strcmp(n->code, "SCSS001") == 0   ? "good"
                 : strcmp(n->code, "SCSE002") == 0 ? "warn"
                                                   : "bad",
                 n->code, (long long)n->count);
        any = true;
    }
    html_add(h, "%s</span></td>", any ? "" : "0");
}

static int64_t last_of(const struct today *today, const char *sender_id)
{
    int64_t last = 0;

    for (size_t i = 0; i < today->count; i++)
        if (strcmp(today->numbers[i].account, sender_id) == 0 && today->numbers[i].last_ms > last)
            last = today->numbers[i].last_ms;
    return last;
}

static void add_list(struct html *h, const char *word, const char *const *items)
{
    html_add(h, "<td data-label=\"%s\"><span>", html_word(h, word));
    for (size_t i = 0; items && items[i]; i++)
        html_add(h, "%s%s", i ? ", " : "", items[i]);
    html_add(h, "</span></td>");
}

static enum status add_sender(struct html *h, const struct console_visit *visit,
                              const struct conf_sender *sender, const struct today *today,
                              struct err *err)
{
    int64_t counted = 0;

    TRY(store_coid_counted(service_rooms(visit->service)->store, sender->sender_id, today->day,
                           &counted, err));
    html_add(h,
             "<tr><td data-label=\"%s\"><span><a href=\"/admin/journal?account=%s\">%s</a>"
             " <span class=\"soft\">%s %s</span></span></td>",
             html_word(h, "c_sender"), html_encoded(h, sender->sender_id), sender->sender_id,
             sender->name, sender->organisation_ru);
    add_list(h, "c_services", sender->service_ids);
    add_list(h, "c_gateways", sender->gateways);
    html_cell(h, "c_business", "", sender->business_signature);
    add_codes(h, today, sender->sender_id);
    html_cell(h, "c_last", "time", html_time(h, last_of(today, sender->sender_id)));
    html_cell(h, "c_coid", "number",
              sender->coid_daily_limit ? html_text(h, "%lld / %lld", (long long)counted,
                                                   (long long)sender->coid_daily_limit)
                                       : html_text(h, "%lld", (long long)counted));
    html_add(h, "</tr>\n");
    return ST_OK;
}

static enum status add_senders(struct html *h, const struct console_visit *visit,
                               const struct today *today, struct err *err)
{
    static const char *const heads[] = { "c_sender", "c_services", "c_gateways", "c_business",
                                         "c_today",  "c_last",     "#c_coid",    NULL };
    const struct conf *conf = service_conf(visit->service);

    html_table(h, "senders_title", heads);
    for (size_t i = 0; i < conf->sender_count; i++)
        TRY(add_sender(h, visit, &conf->senders[i], today, err));
    html_table_end(h);
    return ST_OK;
}

enum status senders_give(const struct console_visit *visit, struct console_answer *ret,
                         struct err *err)
{
    const struct rooms *rooms = service_rooms(visit->service);
    const int64_t now_ms = clock_now(rooms->clock);
    struct today today = { .day = day_of(now_ms) };
    bool whole = false;
    struct html h;

    TRY(statistics_count(rooms->statistics, rooms->store, now_ms, clock_monotonic_ms() + COUNT_MS,
                         &whole, err));
    today.numbers = statistics_senders(rooms->statistics, visit->arena, &today.count);
    TRY(html_begin(visit, &h, err));
    if (!whole)
        html_add(&h, "<p class=\"notice warn\">%s</p>\n", html_word(&h, "counting"));
    enum status status = add_senders(&h, visit, &today, err);
    if (status != ST_OK) {
        html_end(&h);
        return status;
    }
    html_add(&h, "<p class=\"soft\">%s</p>\n", html_word(&h, "senders_note"));
    (void)text_format(ret->looked_at, sizeof(ret->looked_at), "rows=%zu",
                      service_conf(visit->service)->sender_count);
    return html_done(&h, ret, err);
}
