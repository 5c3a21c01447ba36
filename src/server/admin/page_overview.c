/* How the service is, at a glance: numbers alone, for both roles. */
#include "base/text.h"
#include "server/admin/pages.h"
#include "server/health.h"

#include <stdlib.h>

enum { COUNT_MS = 3000 };
#define HOUR_MS (INT64_C(3600) * 1000)
#define DAY_MS (24 * HOUR_MS)

/* The table's hours as rows of numbers, for charts. */
struct series {
    int64_t good[STATISTICS_HOURS], business[STATISTICS_HOURS], failed[STATISTICS_HOURS],
        faults[STATISTICS_HOURS], mean[STATISTICS_HOURS], p95[STATISTICS_HOURS],
        max[STATISTICS_HOURS];
    int64_t exchanges, errors, sum_ms, max_ms;
};

static void fill_series(struct series *s, const struct hour_numbers *hours, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct hour_numbers *hour = &hours[i];
        s->good[i] = hour->good;
        s->business[i] = hour->business;
        s->failed[i] = hour->failed;
        s->faults[i] = hour->faults;
        s->mean[i] = hour->exchanges ? hour->sum_ms / hour->exchanges : 0;
        s->p95[i] = hour->p95_ms;
        s->max[i] = hour->max_ms;
        s->exchanges += hour->exchanges;
        s->errors += hour->failed + hour->faults;
        s->sum_ms += hour->sum_ms;
        s->max_ms = hour->max_ms > s->max_ms ? hour->max_ms : s->max_ms;
    }
}

static void add_tile(struct html *h, const char *class, const char *value, const char *word)
{
    html_add(h, "<li class=\"%s\"><strong>%s</strong><span>%s</span></li>\n", class, value,
             html_word(h, word));
}

static void add_certificate_tile(struct html *h, const struct console_visit *visit, int64_t now_ms)
{
    const struct expiry_list *list = service_certificates(visit->service);
    int64_t left = INT64_MAX;

    for (size_t i = 0; i < expiry_count(list); i++) {
        const struct expiry_fact fact = expiry_at(list, i);
        if (fact.ours && fact.to_ms - now_ms < left)
            left = fact.to_ms - now_ms;
    }
    if (left == INT64_MAX)
        return;
    add_tile(h,
             left < 7 * DAY_MS    ? "bad"
             : left < 30 * DAY_MS ? "warn"
                                  : "good",
             html_text(h, "%lld", (long long)(left > 0 ? left / DAY_MS : 0)), "t_certificate_days");
}

static void add_state_tiles(struct html *h, const struct console_visit *visit, int64_t now_ms)
{
    static const struct {
        const char *word, *class;
    } states[] = {
        [UPSTREAM_CLOSED] = { "breaker_closed", "good" },
        [UPSTREAM_OPEN] = { "breaker_open", "bad" },
        [UPSTREAM_HALF_OPEN] = { "breaker_half", "warn" },
    };
    const struct rooms *rooms = service_rooms(visit->service);
    const uint64_t lag = shipper_lag(rooms->shipper);
    int64_t offset_us;
    struct err why;

    add_tile(h,
             shipper_failing(rooms->shipper, &why) ? "bad"
             : lag > 10000                         ? "warn"
                                                   : "good",
             html_text(h, "%llu", (unsigned long long)lag), "t_lag");
    if (service_coid(visit->service)) {
        struct upstream_look look;
        upstream_look(rooms->coid, &look);
        add_tile(h, states[look.state].class, html_word(h, states[look.state].word), "t_breaker");
    }
    if (time_watch_offset(rooms->time_watch, &offset_us))
        add_tile(
            h,
            llabs(offset_us) > service_conf(visit->service)->time.warn_offset_ms * 1000 ? "bad"
                                                                                        : "good",
            html_text(h, "%lld %s", (long long)(offset_us / 1000), html_word(h, "ms")), "t_clock");
    add_certificate_tile(h, visit, now_ms);
}

static void add_health(struct html *h, const struct console_visit *visit)
{
    struct health *health = arena_alloc(h->arena, sizeof(*health));

    if (!health)
        return;
    health_look(visit->service, health);
    if (health->ready && !*health->note)
        html_add(h, "<p class=\"notice good\">%s</p>\n", html_word(h, "ready"));
    for (size_t i = 0; i < health->reason_count; i++)
        html_add(h, "<p class=\"notice bad\">%s: %s</p>\n", html_word(h, "not_ready"),
                 health->reasons[i]);
    if (*health->note)
        html_add(h, "<p class=\"notice warn\">%s</p>\n", health->note);
}

static void add_charts(struct html *h, const struct series *s, size_t count, int64_t now_ms)
{
    const int64_t first_ms = (now_ms / HOUR_MS - (int64_t)count + 1) * HOUR_MS;
    const struct chart load = { "chart_load",
                                "",
                                count,
                                first_ms,
                                HOUR_MS,
                                2,
                                { { "k_good", "good", s->good },
                                  { "k_business", "warn", s->business } } };
    const struct chart errors = { "chart_errors",
                                  "",
                                  count,
                                  first_ms,
                                  HOUR_MS,
                                  3,
                                  { { "k_business", "warn", s->business },
                                    { "k_failed", "bad", s->failed },
                                    { "k_faults", "second", s->faults } } };
    const struct chart times = {
        "chart_times",
        html_word(h, "ms"),
        count,
        first_ms,
        HOUR_MS,
        3,
        { { "k_mean", "good", s->mean }, { "k_p95", "warn", s->p95 }, { "k_max", "bad", s->max } }
    };

    html_add(h, "<div class=\"columns\">\n");
    chart_bars(h, &load);
    chart_lines(h, &times);
    chart_bars(h, &errors);
    html_add(h, "</div>\n");
}

static void add_tabs(struct html *h, bool week)
{
    html_add(h,
             "<nav class=\"tabs\"><a href=\"/admin/overview\" aria-current=\"%s\">%s</a>"
             "<a href=\"/admin/overview?week=1\" aria-current=\"%s\">%s</a></nav>\n",
             week ? "false" : "page", html_word(h, "last_day"), week ? "page" : "false",
             html_word(h, "last_week"));
}

enum status overview_give(const struct console_visit *visit, struct console_answer *ret,
                          struct err *err)
{
    const struct rooms *rooms = service_rooms(visit->service);
    const int64_t now_ms = clock_now(rooms->clock);
    struct hour_numbers *hours = arena_array(visit->arena, STATISTICS_HOURS, sizeof(*hours));
    struct series *series = arena_alloc(visit->arena, sizeof(*series));
    char week[8];
    bool whole = false;
    struct html h;
    struct err why;

    if (!hours || !series)
        return RAISE(err, ST_NOMEM, "overview: out of memory");
    TRY(html_asked(visit, "week", week, sizeof(week), err));
    const size_t count = *week ? STATISTICS_HOURS : 24;
    /* without the database there is still the rest of the page */
    const enum status counted = statistics_count(rooms->statistics, rooms->store, now_ms,
                                                 clock_monotonic_ms() + COUNT_MS, &whole, &why);
    statistics_hours(rooms->statistics, now_ms, count, hours);
    fill_series(series, hours, count);
    TRY(html_begin(visit, &h, err));
    add_health(&h, visit);
    if (counted != ST_OK)
        html_add(&h, "<p class=\"notice bad\">%s: %s</p>\n", html_word(&h, "not_counted"),
                 why.text);
    else if (!whole)
        html_add(&h, "<p class=\"notice warn\">%s</p>\n", html_word(&h, "counting"));
    add_tabs(&h, count > 24);
    html_add(&h, "<ul class=\"tiles\">\n");
    add_tile(&h, "", html_text(&h, "%lld", (long long)series->exchanges), "t_exchanges");
    add_tile(&h, series->errors ? "warn" : "good", html_text(&h, "%lld", (long long)series->errors),
             "t_errors");
    add_tile(&h, "",
             html_text(&h, "%lld / %lld",
                       (long long)(series->exchanges ? series->sum_ms / series->exchanges : 0),
                       (long long)series->max_ms),
             "t_times");
    add_state_tiles(&h, visit, now_ms);
    html_add(&h, "</ul>\n");
    add_charts(&h, series, count, now_ms);
    (void)text_copy(ret->looked_at, sizeof(ret->looked_at), "statistics");
    return html_done(&h, ret, err);
}
