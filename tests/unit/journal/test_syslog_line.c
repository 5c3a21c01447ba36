/* Messages of RFC 5424 and their frames, byte for byte. req 0.34, C-19 */
#include "fixture.h"

#include "base/text.h"
#include "journal/syslog_line.h"

#include <stdio.h>

#include <string.h>

enum { SMALL = SYSLOG_MESSAGE_MIN, USUAL = 8192 };

#define BOM "\xef\xbb\xbf"

static struct syslog_head head_of(size_t max_bytes)
{
    return (struct syslog_head){ .facility = 16,
                                 .hostname = "gate-1",
                                 .enterprise = 32473,
                                 .version = "0.1.0",
                                 .max_bytes = max_bytes };
}

static struct event_row row_of(struct event event)
{
    struct event_row row = {
        .seq = 7,
        .id = "",
        .instance = SLICE("node1"),
        .day = 20261122,
        .at_ms = T0_MS / 1000 * 1000,
        .event = event,
        .category = event_category(event.level),
    };

    row.event.start_ms = T0_MS - 40;
    row.event.end_ms = T0_MS;
    (void)snprintf(row.id, sizeof(row.id), "%08llx-%04llx-7000-8000-000000000001",
                   (unsigned long long)T0_MS >> 16, (unsigned long long)T0_MS & 0xffff);
    return row;
}

static struct bytes *message_of(const struct syslog_head *head, const struct event_row *row)
{
    struct bytes *out = bytes_new(SYSLOG_MESSAGE_MAX);

    syslog_message(head, row, out);
    assert_ok(bytes_check(out, "message", err));
    return out;
}

static int use_astana(void **state)
{
    struct err err;

    (void)state;
    return clock_use_astana(&err) == ST_OK ? 0 : -1;
}

static void a_whole_message_is_as_the_standard_wants_it(void **state) /* req 0.34 */
{
    const struct syslog_head head = head_of(USUAL);
    const struct event_row row = row_of((struct event){ .level = EVENT_WARNING,
                                                        .name = "exchange.answered",
                                                        .account = "ekzamen",
                                                        .ip = "10.1.2.3",
                                                        .exchange = "e-1",
                                                        .message_id = "m-1",
                                                        .session_id = "s-1",
                                                        .signing = "g-1",
                                                        .code = "SCSS001",
                                                        .iin = "0123456789abcdef",
                                                        .text = "всё хорошо" });
    AUTO(bytes_free) struct bytes *got = message_of(&head, &row);

    (void)state;
    assert_string_equal(
        got->at,
        "<132>1 2026-11-22T14:03:07.120+05:00 gate-1 shepd - exchange.answered "
        "[shepd@32473 seq=\"7\" id=\"01a2027e-b170-7000-8000-000000000001\" source=\"shepd/node1\" "
        "date=\"22:11:2026\" time=\"14:03:07\" start=\"2026-11-22T14:03:07.080+05:00\" "
        "end=\"2026-11-22T14:03:07.120+05:00\" level=\"Warning\" category=\"WARN\" "
        "account=\"ekzamen\" ip=\"10.1.2.3\" event=\"exchange.answered\" exchange=\"e-1\" "
        "messageId=\"m-1\" sessionId=\"s-1\" signing=\"g-1\" code=\"SCSS001\" "
        "iin=\"0123456789abcdef\"]"
        "[meta sequenceId=\"7\"][origin enterpriseId=\"32473\" software=\"shepd\" "
        "swVersion=\"0.1.0\"] " BOM "всё хорошо");
}

static void what_is_empty_is_nil_or_left_out(void **state) /* req 0.34 */
{
    struct syslog_head head = head_of(USUAL);
    const struct event_row row = row_of((struct event){ .level = EVENT_INFO, .name = "" });

    (void)state;
    head.hostname = "";
    head.version = "";
    AUTO(bytes_free) struct bytes *got = message_of(&head, &row);
    assert_string_equal(
        got->at, "<134>1 2026-11-22T14:03:07.120+05:00 - shepd - - "
                 "[shepd@32473 seq=\"7\" id=\"01a2027e-b170-7000-8000-000000000001\" "
                 "source=\"shepd/node1\" date=\"22:11:2026\" time=\"14:03:07\" "
                 "start=\"2026-11-22T14:03:07.080+05:00\" end=\"2026-11-22T14:03:07.120+05:00\" "
                 "level=\"Informational\" category=\"INFO\"]"
                 "[meta sequenceId=\"7\"][origin enterpriseId=\"32473\" software=\"shepd\"]");
}

static void each_level_has_its_severity_and_category(void **state) /* C-19 */
{
    static const struct {
        enum event_level level;
        const char *name, *category, *pri; /* facility local0 */
    } levels[] = {
        { EVENT_ALERT, "Alerts", "ERROR", "<129>1 " },
        { EVENT_CRITICAL, "Critical", "ERROR", "<130>1 " },
        { EVENT_ERROR, "Errors", "ERROR", "<131>1 " },
        { EVENT_WARNING, "Warning", "WARN", "<132>1 " },
        { EVENT_NOTICE, "Notifications", "INFO", "<133>1 " },
        { EVENT_INFO, "Informational", "INFO", "<134>1 " },
        { EVENT_DEBUG, "Debug", "DEBUG", "<135>1 " },
    };
    struct syslog_head head = head_of(USUAL);

    (void)state;
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        const struct event_row row =
            row_of((struct event){ .level = levels[i].level, .name = "a.b" });
        AUTO(bytes_free) struct bytes *got = message_of(&head, &row);
        char want[80];

        (void)snprintf(want, sizeof(want), " level=\"%s\" category=\"%s\" ", levels[i].name,
                       levels[i].category);
        assert_memory_equal(got->at, levels[i].pri, strlen(levels[i].pri));
        assert_non_null(strstr(got->at, want));
    }
    const struct event_row row = row_of((struct event){ .level = EVENT_DEBUG, .name = "a.b" });
    head.facility = 0;
    AUTO(bytes_free) struct bytes *lowest = message_of(&head, &row);
    head.facility = 23;
    AUTO(bytes_free) struct bytes *highest = message_of(&head, &row);
    assert_memory_equal(lowest->at, "<7>1 ", 5);
    assert_memory_equal(highest->at, "<191>1 ", 7);
}

static void what_must_be_escaped_is_and_nothing_else(void **state) /* req 0.34, RFC 5424 6.3.3 */
{
    static const struct {
        const char *name, *value, *param, *msg;
    } cases[] = {
        { "plain", "abc", "\"abc\"", "abc" },
        { "the three", "a\"b\\c]d", "\"a\\\"b\\\\c\\]d\"", "a\"b\\c]d" },
        { "an open bracket", "[x=1", "\"[x=1\"", "[x=1" },
        { "Cyrillic", "ИИН]", "\"ИИН\\]\"", "ИИН]" },
        { "a new line", "a\nb", "\"a\\\\nb\"", "a\\nb" },
        { "a NUL's neighbour", "a\x01", "\"a\\\\x01\"", "a\\x01" },
        { "C1", "\xc2\x85", "\"\\\\xc2\\\\x85\"", "\\xc2\\x85" },
        { "no UTF-8", "a\xff\"", "\"a\\\\xff\\\"\"", "a\\xff\"" },
        { "half a character", "a\xd0", "\"a\\\\xd0\"", "a\\xd0" },
    };
    const struct syslog_head head = head_of(USUAL);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct event_row row = row_of((struct event){ .level = EVENT_INFO,
                                                            .name = "a.b",
                                                            .message_id = cases[i].value,
                                                            .text = cases[i].value });
        AUTO(bytes_free) struct bytes *got = message_of(&head, &row);
        char want[100];

        (void)snprintf(want, sizeof(want), " messageId=%s]", cases[i].param);
        if (!strstr(got->at, want))
            fail_msg("%s: no %s in %s", cases[i].name, want, got->at);
        (void)snprintf(want, sizeof(want), "] " BOM "%s", cases[i].msg);
        if (strcmp(got->at + got->len - strlen(want), want) != 0)
            fail_msg("%s: %s does not end with %s", cases[i].name, got->at, want);
    }
}

static void names_are_visible_ascii_of_their_length(void **state) /* req 0.34 */
{
    struct syslog_head head = head_of(USUAL);
    const struct event_row row = row_of((struct event){
        .level = EVENT_INFO, .name = "a b\n.ж1234567890123456789012345678901234567890" });
    char host[400];

    (void)state;
    memset(host, 'h', sizeof(host) - 1);
    host[sizeof(host) - 1] = '\0';
    host[3] = ' ';
    head.hostname = host;
    AUTO(bytes_free) struct bytes *got = message_of(&head, &row);
    const char *blank = strchr(strchr(got->at, ' ') + 1, ' ');
    assert_int_equal(strcspn(blank + 1, " "), SYSLOG_HOSTNAME_MAX);
    assert_non_null(strstr(got->at, " shepd - ab.12345678901234567890123456789 ["));
    assert_int_equal(strlen("ab.12345678901234567890123456789"), SYSLOG_MSGID_MAX);
}

/* Every text as long as the journal lets it be, of the worst characters there are. */
static void no_message_is_longer_than_it_may_be(void **state) /* req 0.34 */
{
    static const char *const worst[] = { "\"", "]", "\x01", "\xc2\x80", "ж", "a", "😀" };
    static const size_t sizes[] = { SYSLOG_MESSAGE_MIN, 4096, 8192, 16384, SYSLOG_MESSAGE_MAX };
    char value[520];
    char text[17000];

    (void)state;
    for (size_t w = 0; w < sizeof(worst) / sizeof(worst[0]); w++) {
        value[0] = text[0] = '\0';
        for (size_t n = 0, l = strlen(worst[w]); n + l < sizeof(text); n += l) {
            memcpy(text + n, worst[w], l + 1);
            if (n + l < sizeof(value))
                memcpy(value + n, worst[w], l + 1);
        }
        const struct event event = { EVENT_DEBUG, value, value, value, 0,     0,   value,
                                     value,       value, value, value, value, text };
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            const struct syslog_head head = head_of(sizes[i]);
            const struct event_row row = row_of(event);
            AUTO(bytes_free) struct bytes *got = message_of(&head, &row);
            const bool whole = sizes[i] == SYSLOG_MESSAGE_MAX && w != 2 && w != 3;

            assert_true(got->len <= sizes[i]);
            assert_true(got->len > sizes[i] / 3 || sizes[i] == SYSLOG_MESSAGE_MAX);
            assert_true(text_is_utf8(bytes_slice(got)));
            assert_int_equal(whole, strcmp(got->at + got->len - 8, "…[cut]") != 0);
        }
    }
}

static void the_sequence_of_meta_stays_in_its_range(void **state) /* RFC 5424 7.3.1 */
{
    static const struct {
        uint64_t seq;
        const char *want;
    } cases[] = {
        { 1, "[meta sequenceId=\"1\"]" },
        { 2147483647, "[meta sequenceId=\"2147483647\"]" },
        { 2147483648, "[meta sequenceId=\"1\"]" },
    };
    const struct syslog_head head = head_of(USUAL);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct event_row row = row_of((struct event){ .level = EVENT_INFO, .name = "a.b" });

        row.seq = cases[i].seq;
        AUTO(bytes_free) struct bytes *got = message_of(&head, &row);
        assert_non_null(strstr(got->at, cases[i].want));
    }
}

static void an_id_of_another_time_gives_no_milliseconds(void **state) /* req 0.34 */
{
    static const char *const ids[] = { "", "no id", "00000000-0000-7000-8000-000000000000" };
    const struct syslog_head head = head_of(USUAL);

    (void)state;
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        struct event_row row = row_of((struct event){ .level = EVENT_INFO, .name = "a.b" });

        (void)snprintf(row.id, sizeof(row.id), "%s", ids[i]);
        AUTO(bytes_free) struct bytes *got = message_of(&head, &row);
        assert_non_null(strstr(got->at, "<134>1 2026-11-22T14:03:07.000+05:00 "));
    }
}

static void a_frame_counts_octets_not_characters(void **state) /* RFC 6587 3.4.1 */
{
    AUTO(bytes_free) struct bytes *out = bytes_new(100);

    (void)state;
    syslog_frame(SLICE("<134>1 жж"), out);
    syslog_frame(SLICE(""), out);
    syslog_frame(SLICE("a\nb"), out);
    assert_string_equal(out->at, "11 <134>1 жж0 3 a\nb");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_message_is_as_the_standard_wants_it),
        cmocka_unit_test(what_is_empty_is_nil_or_left_out),
        cmocka_unit_test(each_level_has_its_severity_and_category),
        cmocka_unit_test(what_must_be_escaped_is_and_nothing_else),
        cmocka_unit_test(names_are_visible_ascii_of_their_length),
        cmocka_unit_test(no_message_is_longer_than_it_may_be),
        cmocka_unit_test(the_sequence_of_meta_stays_in_its_range),
        cmocka_unit_test(an_id_of_another_time_gives_no_milliseconds),
        cmocka_unit_test(a_frame_counts_octets_not_characters),
    };

    return cmocka_run_group_tests(tests, use_astana, NULL);
}
