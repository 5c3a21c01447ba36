/* Charts as SVG, for readers of the console: no script, no style but classes. */
#include "base/clock.h"
#include "base/text.h"
#include "server/admin/pages.h"

/* Lengths are in hundredths of a unit where they are 64 bits wide. */
enum {
    WIDTH = 360,
    HEIGHT = 170,
    LEFT = 40,
    TOP = 8,
    BOTTOM = 20,
    PLOT_WIDTH = WIDTH - LEFT - 4,
    PLOT_HEIGHT = HEIGHT - TOP - BOTTOM,
    TICKS = 4,
};

/* 1, 2 or 5 times a power of ten, at least TICKS: above all values. */
static int64_t ceiling_of(int64_t top)
{
    static const int factors[] = { 1, 2, 5 };

    for (int64_t power = 1; power < INT64_MAX / 100; power *= 10)
        for (size_t i = 0; i < sizeof(factors) / sizeof(factors[0]); i++)
            if (factors[i] * power >= top && factors[i] * power >= TICKS)
                return factors[i] * power;
    return top;
}

static int64_t points_of(const struct chart *chart)
{
    return chart->count > 0 ? (int64_t)chart->count : 1;
}

/* In hundredths of a unit, printed so: there is no locale in an attribute. */
static const char *coordinate(struct html *h, int64_t hundredths)
{
    return html_text(h, "%lld.%02lld", (long long)(hundredths / 100),
                     (long long)(hundredths % 100));
}

static int64_t x_of(const struct chart *chart, size_t i)
{
    return INT64_C(100) * LEFT + (int64_t)i * INT64_C(100) * PLOT_WIDTH / points_of(chart);
}

static int64_t half_step(const struct chart *chart)
{
    return INT64_C(50) * PLOT_WIDTH / points_of(chart);
}

static int64_t y_of(int64_t value, int64_t top)
{
    return INT64_C(100) * (TOP + PLOT_HEIGHT) -
           (int64_t)((double)value / (double)top * PLOT_HEIGHT * 100);
}

static void add_axes(struct html *h, const struct chart *chart, int64_t top)
{
    const bool days = (int64_t)chart->count * chart->step_ms > INT64_C(49) * 3600 * 1000;

    for (int i = 0; i <= TICKS; i++) {
        const int y = TOP + PLOT_HEIGHT - i * PLOT_HEIGHT / TICKS;
        html_add(h, "<path class=\"%s\" d=\"M%d %d H%d\"/>", i ? "grid" : "axis", LEFT, y,
                 WIDTH - 4);
        const int64_t rest = top % TICKS * i; /* top * i could be too large a number */
        const int64_t at = top / TICKS * i + rest / TICKS;
        if (rest % TICKS == 0)
            html_add(h, "<text class=\"label\" x=\"%d\" y=\"%d\" text-anchor=\"end\">%lld</text>",
                     LEFT - 5, y + 4, (long long)at);
    }
    for (size_t i = 0; i < chart->count; i++) {
        char date[TIME_TEXT], time[TIME_TEXT];
        const int64_t at_ms = chart->first_ms + (int64_t)i * chart->step_ms;
        time_astana_date(at_ms, date);
        time_astana_time(at_ms, time);
        date[2] = '.';
        const int hour = (time[0] - '0') * 10 + time[1] - '0';
        if (days ? hour == 12 : hour % 6 == 0) /* a day's name stands in its middle */
            html_add(h, "<text class=\"label\" x=\"%s\" y=\"%d\" text-anchor=\"middle\">%s</text>",
                     coordinate(h, x_of(chart, i) + half_step(chart)), HEIGHT - 5,
                     html_text(h, "%.5s", days ? date : time));
    }
}

static void begin(struct html *h, const struct chart *chart)
{
    html_add(h,
             "<figure class=\"chart\"><figcaption>%s%s%s</figcaption>\n"
             "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">",
             html_word(h, chart->title), *chart->unit ? ", " : "", chart->unit, WIDTH, HEIGHT,
             html_word(h, chart->title));
}

static void end(struct html *h, const struct chart *chart)
{
    html_add(h, "</svg>\n<ul class=\"legend\">");
    for (size_t i = 0; i < chart->series_count; i++)
        html_add(h, "<li><i class=\"key %s\"></i>%s</li>", chart->series[i].class,
                 html_word(h, chart->series[i].word));
    html_add(h, "</ul></figure>\n");
}

static void add_bar(struct html *h, const struct chart *chart, size_t i, int64_t top)
{
    const int64_t gap = chart->count > 48 ? 20 : 150;
    const int64_t x = x_of(chart, i), width = x_of(chart, i + 1) - x - gap;
    int64_t below = 0;

    for (size_t s = 0; s < chart->series_count; s++) {
        const int64_t value = chart->series[s].at[i];
        const int64_t from = y_of(below, top), to = y_of(below + value, top);
        below += value;
        if (value > 0)
            html_add(h,
                     "<rect class=\"bar %s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\">"
                     "<title>%s — %s: %lld</title></rect>",
                     chart->series[s].class, coordinate(h, x), coordinate(h, to),
                     coordinate(h, width), coordinate(h, from - to),
                     html_time(h, chart->first_ms + (int64_t)i * chart->step_ms),
                     html_word(h, chart->series[s].word), (long long)value);
    }
}

void chart_bars(struct html *h, const struct chart *chart)
{
    int64_t top = 0;

    for (size_t i = 0; i < chart->count; i++) {
        int64_t sum = 0;
        for (size_t s = 0; s < chart->series_count; s++)
            sum += chart->series[s].at[i];
        top = sum > top ? sum : top;
    }
    top = ceiling_of(top);
    begin(h, chart);
    add_axes(h, chart, top);
    for (size_t i = 0; i < chart->count; i++)
        add_bar(h, chart, i, top);
    end(h, chart);
}

/* Hours without a value break the line; one that stands alone is a dot. */
static void add_line(struct html *h, const struct chart *chart, size_t s, int64_t top)
{
    const int64_t half = half_step(chart);
    const int64_t *at = chart->series[s].at;
    const char *class = chart->series[s].class;

    html_add(h, "<path class=\"line %s\" d=\"", class);
    for (size_t i = 0; i < chart->count; i++)
        if (at[i] > 0)
            html_add(h, "%s%s %s ", i > 0 && at[i - 1] > 0 ? "L" : "M",
                     coordinate(h, x_of(chart, i) + half), coordinate(h, y_of(at[i], top)));
    html_add(h, "\"/>");
    for (size_t i = 0; i < chart->count; i++)
        if (at[i] > 0)
            html_add(h,
                     "<circle class=\"dot %s\" cx=\"%s\" cy=\"%s\" r=\"%s\">"
                     "<title>%s — %s: %lld %s</title></circle>",
                     class, coordinate(h, x_of(chart, i) + half), coordinate(h, y_of(at[i], top)),
                     chart->count > 48 ? "1" : "2.5",
                     html_time(h, chart->first_ms + (int64_t)i * chart->step_ms),
                     html_word(h, chart->series[s].word), (long long)at[i], chart->unit);
}

void chart_lines(struct html *h, const struct chart *chart)
{
    int64_t top = 0;

    for (size_t s = 0; s < chart->series_count; s++)
        for (size_t i = 0; i < chart->count; i++)
            top = chart->series[s].at[i] > top ? chart->series[s].at[i] : top;
    top = ceiling_of(top);
    begin(h, chart);
    add_axes(h, chart, top);
    for (size_t s = 0; s < chart->series_count; s++)
        add_line(h, chart, s, top);
    end(h, chart);
}
