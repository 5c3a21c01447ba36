/* What the console's pages are made of: HTML that is escaped by construction, CSV, places of words.
 */
#include "server/admin/pages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The words that the tests name; the frame's tables are not here. */
const char *console_text(enum language language, const char *name)
{
    (void)language;
    return strcmp(name, "word") == 0 ? "a \"word\" & more" : "";
}

static struct html html_new(struct arena *arena)
{
    struct html html = { .out = bytes_new(1 << 16), .arena = arena };

    assert_non_null(html.out);
    return html;
}

static void what_goes_in_as_text_never_becomes_markup(void **state) /* req 0.39 */
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;" },
        { "\" onload=\"x", "&quot; onload=&quot;x" },
        { "a & b &lt;", "a &amp; b &amp;lt;" },
        { "%s %n %d", "%s %n %d" },
        { "\xe2\x80\xae", "\xe2\x80\xae" }, /* U+202E turns text, not markup */
        { "\xff\x01", "\xef\xbf\xbd\xef\xbf\xbd" },
        { NULL, "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena_free) struct arena *arena = arena_new(1 << 16);
        struct html html = html_new(arena);
        html_add(&html, "%s", cases[i].text);
        assert_string_equal(html.out->at ? html.out->at : "", cases[i].want);
        assert_false(html.out->failed);
        html_end(&html);
    }
}

static void numbers_and_words_take_their_places(void **state)
{
    AUTO(arena_free) struct arena *arena = arena_new(1 << 16);
    struct html html = html_new(arena);

    (void)state;
    html_add(&html, "<b>%d %u %zu %lld %llu 100%% %s</b>", -1, 2U, (size_t)3, -4LL, 5ULL, "<");
    html_cell(&html, "word", "c", "x<y");
    html_fact(&html, "word", "");
    html_fact(&html, "word", "v");
    assert_string_equal(html.out->at,
                        "<b>-1 2 3 -4 5 100% &lt;</b>"
                        "<td class=\"c\" data-label=\"a &quot;word&quot; &amp; more\">x&lt;y</td>"
                        "<dt>a &quot;word&quot; &amp; more</dt><dd>v</dd>\n");
    assert_string_equal(html_encoded(&html, "a b&c=%\xd0\x98~"), "a%20b%26c%3D%25%D0%98~");
    assert_false(html.out->failed);
    html_end(&html);
}

static void what_does_not_fit_spoils_the_page(void **state)
{
    AUTO(arena_free) struct arena *arena = arena_new(64);
    struct html html = html_new(arena);
    struct console_answer answer = { 0 };
    struct err err;

    (void)state;
    for (int i = 0; i < 10; i++)
        (void)html_text(&html, "%s", "a text that is longer than what the arena has");
    assert_int_equal(html_done(&html, &answer, &err), ST_NOMEM);
    assert_null(answer.body);
}

static void a_cell_is_quoted_and_is_no_formula(void **state) /* req 0.39 */
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "", "\"\"" },
        { "a,b\r\nc", "\"a,b\r\nc\"" },
        { "say \"yes\"", "\"say \"\"yes\"\"\"" },
        { "\"", "\"\"\"\"" },
        { "=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\"" },
        { "+1", "\"'+1\"" },
        { "-1", "\"'-1\"" },
        { "@SUM(A1)", "\"'@SUM(A1)\"" },
        { "\t=1", "\"'\t=1\"" },
        { "\r=1", "\"'\r=1\"" },
        { "a=1", "\"a=1\"" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(bytes_free) struct bytes *out = bytes_new(1 << 10);
        csv_field(out, cases[i].text, true);
        assert_string_equal(out->at, cases[i].want);
        csv_field(out, "", false);
        assert_memory_equal(out->at + out->len - 3, ",\"\"", 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_as_text_never_becomes_markup),
        cmocka_unit_test(numbers_and_words_take_their_places),
        cmocka_unit_test(what_does_not_fit_spoils_the_page),
        cmocka_unit_test(a_cell_is_quoted_and_is_no_formula),
    };

    return cmocka_run_group_tests_name("pages", tests, NULL, NULL);
}
