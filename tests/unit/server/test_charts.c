/* The console's charts at their edges: nothing, one point, zeros, numbers without end, the hours
 * and days of Astana's clock, text that would be markup. */
#include "server/admin/pages.h"

#include "base/clock.h"
#include "support/cmocka.h"

#define HOUR_MS INT64_C(3600000)
#define MIDNIGHT INT64_C(1795287600000) /* 2026-11-22 00:00, Astana */

/* The words that the tests name; the frame's tables are not here. */
const char *console_text(enum language language, const char *name)
{
    (void)language;
    return strcmp(name, "odd") == 0 ? "<b>\"&" : name;
}

typedef void draw_fn(struct html *html, const struct chart *chart);

/* The SVG of it; the arena's. */
static const char *drawn(struct arena *arena, draw_fn *draw, const struct chart *chart)
{
    struct html html = { .out = bytes_new(1 << 20), .arena = arena };

    assert_non_null(html.out);
    draw(&html, chart);
    assert_false(html.out->failed);
    const char *text = arena_text(arena, bytes_slice(html.out));
    assert_non_null(text);
    html_end(&html);
    return text;
}

static size_t times(const char *text, const char *what)
{
    size_t count = 0;

    for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
        count++;
    return count;
}

static struct chart chart_of(const int64_t *at, size_t count)
{
    return (struct chart){ .title = "title",
                           .unit = "ms",
                           .count = count,
                           .first_ms = MIDNIGHT,
                           .step_ms = HOUR_MS,
                           .series_count = 1,
                           .series = { { "series", "good", at } } };
}

/* Every element is closed, and every length is a number that is not below zero. */
static void assert_sound(const char *text)
{
    assert_int_equal(times(text, "<svg "), 1);
    assert_int_equal(times(text, "</svg>"), 1);
    assert_int_equal(times(text, "<rect "), times(text, "</rect>"));
    assert_int_equal(times(text, "<circle "), times(text, "</circle>"));
    for (const char *at = text; (at = strstr(at, "=\"")); at += 2)
        assert_null(strstr((char[]){ at[2], at[3], '\0' }, "-"));
    assert_int_equal(times(text, ".-") + times(text, "nan") + times(text, "inf"), 0);
}

static void a_chart_of_nothing_is_a_chart(void **state)
{
    static const int64_t zeros[24];
    static const size_t counts[] = { 0, 1, 24 };
    static draw_fn *const draws[] = { chart_bars, chart_lines };

    (void)state;
    for (size_t i = 0; i < COUNT(counts); i++)
        for (size_t k = 0; k < COUNT(draws); k++) {
            AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
            const struct chart chart = chart_of(zeros, counts[i]);
            const char *text = drawn(arena, draws[k], &chart);
            assert_sound(text);
            assert_int_equal(times(text, "<rect ") + times(text, "<circle "), 0);
            assert_int_equal(times(text, ">0</text>"), 1); /* an axis all the same: 0 and 5 */
            assert_int_equal(times(text, ">5</text>"), 1);
        }
}

static void one_point_is_a_bar_of_its_height_and_a_dot(void **state)
{
    AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
    static const int64_t at[] = { 10 };
    const struct chart chart = chart_of(at, 1);

    (void)state;
    const char *text = drawn(arena, chart_bars, &chart);
    assert_sound(text);
    assert_non_null(strstr(text,
                           "<rect class=\"bar good\" x=\"40.00\" y=\"8.00\" width=\"314.50\" "
                           "height=\"142.00\"><title>22.11.2026 00:00:00 — series: 10</title>"));
    text = drawn(arena, chart_lines, &chart);
    assert_sound(text);
    assert_non_null(strstr(text, "d=\"M198.00 8.00 \""));
    assert_non_null(strstr(text, "cx=\"198.00\" cy=\"8.00\" r=\"2.5\"><title>22.11.2026 00:00:00 — "
                                 "series: 10 ms</title>"));
}

static void bars_stand_one_upon_the_other(void **state)
{
    AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
    static const int64_t lower[] = { 30 }, upper[] = { 20 };
    struct chart chart = chart_of(lower, 1);

    (void)state;
    chart.series_count = 2;
    chart.series[1].word = "other";
    chart.series[1].class = "bad";
    chart.series[1].at = upper;
    const char *text = drawn(arena, chart_bars, &chart);
    assert_non_null(
        strstr(text, "bar good\" x=\"40.00\" y=\"64.80\" width=\"314.50\" height=\"85.20\""));
    assert_non_null(
        strstr(text, "bar bad\" x=\"40.00\" y=\"8.00\" width=\"314.50\" height=\"56.80\""));
    assert_int_equal(times(text, "<li><i class=\"key "), 2);
}

static void the_axis_ends_at_a_round_number_above_all(void **state)
{
    static const struct {
        int64_t top;
        const char *label;
    } rows[] = {
        { 1, ">5<" },
        { 4, ">5<" },
        { 5, ">5<" },
        { 6, ">10<" },
        { 11, ">20<" },
        { 51, ">100<" },
        { 1001, ">2000<" },
        { 999999999999, ">1000000000000<" },
        { INT64_MAX / 200, ">50000000000000000<" },
        { INT64_MAX - 3, ">9223372036854775804<" }, /* as it is: there is nothing rounder above */
        { INT64_MAX, ">0<" },                       /* no quarter of it is whole but the first */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
        const struct chart chart = chart_of(&rows[i].top, 1);
        const char *text = drawn(arena, chart_lines, &chart);
        assert_sound(text);
        if (!strstr(text, rows[i].label))
            fail_msg("%lld: no label %s in %s", (long long)rows[i].top, rows[i].label, text);
        text = drawn(arena, chart_bars, &chart);
        assert_sound(text);
        assert_int_equal(times(text, "<rect "), 1);
    }
}

static void an_hour_without_a_value_breaks_the_line(void **state)
{
    AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
    static const int64_t at[] = { 5, 5, 0, 5, 0, 5, 5, 5 };
    const struct chart chart = chart_of(at, COUNT(at));

    (void)state;
    const char *text = drawn(arena, chart_lines, &chart);
    const char *path = strstr(text, "<path class=\"line good\" d=\"");
    assert_non_null(path);
    char letters[16] = "";
    for (const char *c = strstr(path, "d=\"") + 3; *c != '"'; c++)
        if (*c == 'M' || *c == 'L')
            letters[strlen(letters)] = *c;
    assert_string_equal(letters, "MLMMLL");
    assert_int_equal(times(text, "<circle "), 6);
}

static void hours_and_days_are_those_of_astana(void **state) /* req 0.19 */
{
    static const int64_t zeros[168];
    static const char *const hours[] = { ">00:00<", ">06:00<", ">12:00<", ">18:00<" };
    static const char *const days[] = { ">22.11<", ">23.11<", ">28.11<", ">29.11<" };
    AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
    struct chart chart = chart_of(zeros, 24);

    (void)state;
    const char *text = drawn(arena, chart_bars, &chart);
    for (size_t i = 0; i < COUNT(hours); i++)
        assert_int_equal(times(text, hours[i]), 1);
    assert_int_equal(times(text, "text-anchor=\"middle\""), 4);
    chart.first_ms -= HOUR_MS; /* 23:00 to 22:00: the same four */
    text = drawn(arena, chart_bars, &chart);
    for (size_t i = 0; i < COUNT(hours); i++)
        assert_int_equal(times(text, hours[i]), 1);
    chart.count = 168;
    chart.first_ms = MIDNIGHT + 12 * HOUR_MS; /* a day is named in its middle, seven in all */
    text = drawn(arena, chart_bars, &chart);
    assert_int_equal(times(text, "text-anchor=\"middle\""), 7);
    for (size_t i = 0; i < COUNT(days); i++)
        assert_int_equal(times(text, days[i]), i < 3);
    chart.first_ms += HOUR_MS; /* the first one's middle is past */
    text = drawn(arena, chart_bars, &chart);
    for (size_t i = 0; i < COUNT(days); i++)
        assert_int_equal(times(text, days[i]), i > 0);
}

static void text_never_becomes_markup(void **state) /* req 0.39 */
{
    AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
    static const int64_t at[] = { 1 };
    struct chart chart = chart_of(at, 1);
    static draw_fn *const draws[] = { chart_bars, chart_lines };

    (void)state;
    chart.title = chart.series[0].word = "odd";
    chart.unit = "<i>";
    for (size_t i = 0; i < COUNT(draws); i++) {
        const char *text = drawn(arena, draws[i], &chart);
        assert_int_equal(times(text, "<b>") + times(text, "<i>"), 0);
        assert_int_equal(times(text, "&lt;b&gt;&quot;&amp;"),
                         4); /* caption, label, title, legend */
        assert_int_equal(times(text, "&lt;i&gt;"), 1 + i);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chart_of_nothing_is_a_chart),
        cmocka_unit_test(one_point_is_a_bar_of_its_height_and_a_dot),
        cmocka_unit_test(bars_stand_one_upon_the_other),
        cmocka_unit_test(the_axis_ends_at_a_round_number_above_all),
        cmocka_unit_test(an_hour_without_a_value_breaks_the_line),
        cmocka_unit_test(hours_and_days_are_those_of_astana),
        cmocka_unit_test(text_never_becomes_markup),
    };
    struct err err;

    if (clock_use_astana(&err) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
