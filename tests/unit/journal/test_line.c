/* One line as payloads.md section 4 has it, written and read back. */
#include "fixture.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct event full = {
    .level = EVENT_INFO,
    .name = "exchange.answered",
    .account = "ekzamen",
    .ip = "10.1.2.3",
    .start_ms = T0_MS - 210,
    .end_ms = T0_MS,
    .exchange = "0193a000-0000-7000-8000-000000000001",
    .message_id = "a1",
    .session_id = "",
    .signing = "0193a000-0000-7000-8000-000000000002",
    .code = "SCSS001",
    .text = "Успешная обработка",
};

static struct line_head head(void)
{
    struct line_head at = { .at_ms = T0_MS, .instance = "node1", .pseudonym = "" };

    assert_true(id_parse(SLICE("0193A000-0000-7000-8000-0000000000ff"), &at.id));
    return at;
}

static struct bytes *line_of(const struct line_head *at, const struct event *event)
{
    AUTO(bytes_free) struct bytes *body = NULL;
    struct bytes *line = bytes_new(LINE_MAX_BYTES);

    assert_ok(line_body(at, event, &body, err));
    line_add(line, 42, bytes_slice(body), LINE_FIRST_PREV);
    assert_false(line->failed);
    return line;
}

static void a_line_is_written_as_the_paper_says(void **state)
{
    struct line_head at = head();
    AUTO(bytes_free) struct bytes *line = line_of(&at, &full);

    (void)state;
    /* req 0.41 one line; 0.42 date, time; 0.43 source; 0.44 account; 0.45 ip; 0.46 start; 0.47
     * end; 0.48 level; 0.49 category; 0.50 text; 0.58 quoted key=value; 0.59 ids */
    assert_string_equal(
        line->at,
        "seq=\"42\" id=\"0193a000-0000-7000-8000-0000000000ff\" date=\"22:11:2026\""
        " time=\"14:03:07\" source=\"shepd/node1\" account=\"ekzamen\" ip=\"10.1.2.3\""
        " start=\"14:03:06.910\" end=\"14:03:07.120\" level=\"Informational\" category=\"INFO\""
        " event=\"exchange.answered\" exchange=\"0193a000-0000-7000-8000-000000000001\""
        " messageId=\"a1\" sessionId=\"\" signing=\"0193a000-0000-7000-8000-000000000002\""
        " code=\"SCSS001\" text=\"Успешная обработка\""
        " prev=\"0000000000000000000000000000000000000000000000000000000000000000\"");
}

static void every_level_has_its_category(void **state)
{
    static const struct {
        enum event_level level;
        const char *want;
    } cases[] = {
        /* req 0.48, 0.49, 0.61, C-19 */
        { EVENT_ALERT, "level=\"Alerts\" category=\"ERROR\"" },
        { EVENT_CRITICAL, "level=\"Critical\" category=\"ERROR\"" },
        { EVENT_ERROR, "level=\"Errors\" category=\"ERROR\"" },
        { EVENT_WARNING, "level=\"Warning\" category=\"WARN\"" },
        { EVENT_NOTICE, "level=\"Notifications\" category=\"INFO\"" },
        { EVENT_INFO, "level=\"Informational\" category=\"INFO\"" },
        { EVENT_DEBUG, "level=\"Debug\" category=\"DEBUG\"" },
    };
    struct line_head at = head();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct event event = full;
        event.level = cases[i].level;
        AUTO(bytes_free) struct bytes *line = line_of(&at, &event);
        assert_non_null(strstr(line->at, cases[i].want));
    }
}

static void foreign_bytes_are_escaped_and_come_back(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        /* req 0.54, 0.56 */
        { "say \"hi\"", "say \\\"hi\\\"" },
        { "C:\\x41", "C:\\\\x41" },
        { "a\nb\r\tc", "a\\nb\\x0d\\x09c" },
        { "\x1b[31m\x7f", "\\x1b[31m\\x7f" },
        { "Қазақ — ШЭП 🙂", "Қазақ — ШЭП 🙂" },
        { "\xc2\x9b", "\\xc2\\x9b" },           /* C1: a terminal's CSI */
        { "bad \xff\xc3(", "bad \\xff\\xc3(" }, /* not UTF-8 */
        { "\xed\xa0\x80", "\\xed\\xa0\\x80" },  /* a surrogate */
        { "cut \xd0", "cut \\xd0" },
        { "\" prev=\"0", "\\\" prev=\\\"0" }, /* does not end the value */
    };
    struct line_head at = head();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
        struct event event = full;
        struct line got;
        char want[256];

        event.text = cases[i].text;
        event.message_id = cases[i].text;
        AUTO(bytes_free) struct bytes *line = line_of(&at, &event);
        (void)snprintf(want, sizeof(want), " text=\"%s\" prev=", cases[i].want);
        if (!strstr(line->at, want))
            fail_msg("case %zu: %s", i, line->at);
        assert_true(text_is_utf8(bytes_slice(line)));
        assert_ok(line_parse(bytes_slice(line), arena, &got, err));
        assert_string_equal(got.row.event.text, cases[i].text);
        assert_string_equal(got.row.event.message_id, cases[i].text);
    }
}

static void a_line_is_read_back_whole(void **state)
{
    AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
    struct line_head at = head();
    struct line got;

    (void)state;
    at.pseudonym = "0123456789abcdef";
    AUTO(bytes_free) struct bytes *line = line_of(&at, &full);
    assert_ok(line_parse(bytes_slice(line), arena, &got, err));
    assert_int_equal(got.row.seq, 42);
    assert_int_equal(line_seq(bytes_slice(line)), 42);
    assert_string_equal(got.row.id, at.id.text);
    assert_true(slice_eq_str(got.row.instance, "node1"));
    assert_int_equal(got.row.day, 20261122);
    assert_int_equal(got.row.at_ms, T0_MS / 1000 * 1000);
    assert_int_equal(got.row.event.start_ms, full.start_ms);
    assert_int_equal(got.row.event.end_ms, full.end_ms);
    assert_int_equal(got.row.event.level, full.level);
    assert_string_equal(got.row.category, "INFO");
    assert_string_equal(got.row.event.name, full.name);
    assert_string_equal(got.row.event.account, full.account);
    assert_string_equal(got.row.event.ip, full.ip);
    assert_string_equal(got.row.event.exchange, full.exchange);
    assert_string_equal(got.row.event.signing, full.signing);
    assert_string_equal(got.row.event.code, full.code);
    /* C-27 */
    assert_string_equal(got.row.event.text, "Успешная обработка iin=0123456789abcdef");
    assert_string_equal(got.row.event.iin, "0123456789abcdef");
    assert_string_equal(got.prev, LINE_FIRST_PREV);
}

static void times_of_day_are_put_on_the_right_side_of_midnight(void **state)
{
    static const struct {
        int64_t at_ms, start_ms, end_ms;
    } cases[] = {
        { 1795374000500, 1795373999000, 1795374000400 }, /* midnight lies between */
        { 1795374000500, 1795373990000, 1795373999999 }, /* both before */
        { 1795373999999, 1795373999000, 1795374000100 }, /* the clock went back meanwhile */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
        struct line_head at = head();
        struct event event = full;
        struct line got;

        at.at_ms = cases[i].at_ms;
        event.start_ms = cases[i].start_ms;
        event.end_ms = cases[i].end_ms;
        AUTO(bytes_free) struct bytes *line = line_of(&at, &event);
        assert_ok(line_parse(bytes_slice(line), arena, &got, err));
        assert_int_equal(got.row.event.start_ms, cases[i].start_ms);
        assert_int_equal(got.row.event.end_ms, cases[i].end_ms);
    }
}

static char *repeat(const char *piece, size_t times)
{
    size_t length = strlen(piece);
    char *text = calloc(times * length + 1, 1);

    for (size_t i = 0; i < times * length; i++)
        text[i] = piece[i % length];
    return text;
}

static void what_is_too_long_is_cut_between_characters_and_marked(void **state)
{
    static const char *const pieces[] = { "x", "ж", "🙂", "\"", "\x01", "\xff" };
    struct line_head at = head();

    (void)state;
    at.pseudonym = "0123456789abcdef";
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
        AUTO_FREE char *text = repeat(pieces[i], 40000);
        struct event event = { .level = EVENT_INFO,
                               .name = text,
                               .account = text,
                               .ip = text,
                               .exchange = text,
                               .message_id = text,
                               .session_id = text,
                               .signing = text,
                               .code = text,
                               .text = text };
        struct line got;

        AUTO(bytes_free) struct bytes *line = line_of(&at, &event);
        assert_true(line->len <= LINE_MAX_BYTES);
        assert_true(text_is_utf8(bytes_slice(line)));
        assert_ok(line_parse(bytes_slice(line), arena, &got, err));
        assert_non_null(strstr(got.row.event.message_id, "…[cut]"));
        assert_non_null(strstr(got.row.event.text, "…[cut] iin=0123456789abcdef"));
        assert_string_equal(got.row.event.iin, "0123456789abcdef");
        assert_true(strlen(got.row.event.ip) <= 64);
    }
}

static void a_value_that_just_fits_is_not_cut(void **state)
{
    struct line_head at = head();

    (void)state;
    for (size_t length = LINE_VALUE_BYTES - 1; length <= LINE_VALUE_BYTES + 1; length++) {
        AUTO_FREE char *text = repeat("x", length);
        struct event event = full;

        event.message_id = text;
        AUTO(bytes_free) struct bytes *line = line_of(&at, &event);
        bool cut = strstr(line->at, "[cut]") != NULL;
        assert_int_equal(cut, length > LINE_VALUE_BYTES);
    }
}

static void what_is_no_line_is_refused_by_key(void **state)
{
    static const struct {
        const char *from, *to, *field;
    } cases[] = {
        { "seq=\"42\"", "seq=\"0\"", "seq" },
        { "seq=\"42\"", "seq=\"4x\"", "seq" },
        { "seq=\"42\"", "seq=\"99999999999999999999999\"", "seq" },
        { "date=\"22:11:2026\"", "date=\"2026-11-22\"", "time" },
        { "date=\"22:11:2026\"", "date=\"32:11:2026\"", "time" },
        { "shepd/node1", "other/node1", "source" },
        { "account=", "acount=", "account" },
        { "start=\"14:03:06.910\"", "start=\"\"", "start" },
        { "level=\"Informational\"", "level=\"Info\"", "level" },
        { "category=\"INFO\"", "category=\"WARN\"", "category" },
        { "code=\"SCSS001\"", "code=\"\\q\"", "code" },
        { "code=\"SCSS001\"", "code=\"\\x4\"", "code" },
        { "code=\"SCSS001\"", "code=\"\t\"", "code" },
        { "messageId=\"a1\" ", "", "messageId" },
        { "messageId=\"a1\" ", "messageId=\"a1\"  ", "sessionId" },
        { " prev=\"00", " prev=\"0g", "prev" },
        { " prev=\"00", " prev=\"0", "prev" },
        { "0000\"", "0000\" more=\"1\"", "prev" },
        { "0000\"", "0000", "prev" },
    };
    struct line_head at = head();
    AUTO(bytes_free) struct bytes *line = line_of(&at, &full);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
        const char *place = strstr(line->at, cases[i].from);
        char text[2048];
        struct line got;
        struct err err = { .field = "" };

        assert_non_null(place);
        (void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(place - line->at), line->at,
                       cases[i].to, place + strlen(cases[i].from));
        enum status status = line_parse(slice_str(text), arena, &got, &err);
        if (status != ST_FORMAT || strcmp(err.field, cases[i].field) != 0)
            fail_msg("case %zu: %s %s", i, status_name(status), err.field);
    }
}

static void every_prefix_of_a_line_is_refused(void **state)
{
    struct line_head at = head();
    AUTO(bytes_free) struct bytes *line = line_of(&at, &full);

    (void)state;
    for (size_t n = 0; n < line->len; n++) {
        AUTO(arena_free) struct arena *arena = arena_new(1 << 20);
        AUTO_FREE char *exact = malloc(n + 1); /* so that asan sees a read past the end */
        struct line got;

        memcpy(exact, line->at, n);
        assert_status(line_parse(slice_mem(exact, n), arena, &got, err), ST_FORMAT);
    }
}

static int use_astana(void **state)
{
    struct err err;

    (void)state;
    return clock_use_astana(&err) == ST_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_written_as_the_paper_says),
        cmocka_unit_test(every_level_has_its_category),
        cmocka_unit_test(foreign_bytes_are_escaped_and_come_back),
        cmocka_unit_test(a_line_is_read_back_whole),
        cmocka_unit_test(times_of_day_are_put_on_the_right_side_of_midnight),
        cmocka_unit_test(what_is_too_long_is_cut_between_characters_and_marked),
        cmocka_unit_test(a_value_that_just_fits_is_not_cut),
        cmocka_unit_test(what_is_no_line_is_refused_by_key),
        cmocka_unit_test(every_prefix_of_a_line_is_refused),
    };

    return cmocka_run_group_tests(tests, use_astana, NULL);
}
