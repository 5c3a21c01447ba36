/* The journal's lines about the service itself: what they leave out is filled in, and a line that
 * cannot be written is said in the log. The journal is a fake. */
#include "support/cmocka.h"

#include "base/log.h"
#include "server/diary.h"

static struct event written;
static unsigned lines, lost;
static bool journal_refuses;

enum status journal_write(struct journal *journal, const struct event *event, struct err *err)
{
    (void)journal;
    if (journal_refuses)
        return RAISE(err, ST_UNAVAILABLE, "the disk is full");
    written = *event;
    lines++;
    return ST_OK;
}

void log_err(enum log_level level, const char *event, const struct err *err)
{
    assert_int_equal(level, LOG_LEVEL_ERROR);
    assert_string_equal(event, "journal.lost");
    assert_string_equal(err->text, "the disk is full");
    lost++;
}

static int begin(void **state)
{
    (void)state;
    written = (struct event){ .level = EVENT_DEBUG };
    lines = lost = 0;
    journal_refuses = false;
    return 0;
}

static void what_is_left_out_is_nobodys_and_now(void **state)
{
    const struct clock clock = clock_fixed_at(5000);
    const struct event event = { .level = EVENT_ALERT, .name = "key.ends", .text = "soon" };

    (void)state;
    assert_true(diary_note(NULL, &clock, &event));
    assert_int_equal(lines, 1);
    assert_int_equal(written.level, EVENT_ALERT);
    assert_string_equal(written.name, "key.ends");
    assert_string_equal(written.text, "soon");
    assert_string_equal(written.account, "-");
    assert_string_equal(written.ip, "-");
    assert_true(written.start_ms == 5000 && written.end_ms == 5000);
    assert_null(written.exchange);
    assert_null(written.signing);
    assert_null(written.code);
}

static void what_is_said_stays(void **state)
{
    const struct clock clock = clock_fixed_at(5000);
    const struct event event = { .level = EVENT_INFO,
                                 .name = "session.expired",
                                 .account = "bank",
                                 .ip = "192.0.2.1",
                                 .start_ms = 3000,
                                 .end_ms = 4000,
                                 .exchange = "x",
                                 .signing = "s",
                                 .code = "429" };
    struct err err = { 0 };

    (void)state;
    assert_int_equal(diary_write(NULL, &clock, &event, &err), ST_OK);
    assert_memory_equal(&written, &event, sizeof(event));
}

static void a_beginning_without_an_end_ends_now(void **state)
{
    const struct clock clock = clock_fixed_at(5000);
    const struct event event = { .name = "upstream.told", .start_ms = 3000 };
    struct err err = { 0 };

    (void)state;
    assert_int_equal(diary_write(NULL, &clock, &event, &err), ST_OK);
    assert_true(written.start_ms == 3000 && written.end_ms == 5000);
}

static void a_line_that_is_lost_is_told_to_the_caller_or_to_the_log(void **state)
{
    const struct clock clock = clock_fixed_at(5000);
    const struct event event = { .name = "service.started" };
    struct err err = { 0 };

    (void)state;
    journal_refuses = true;
    assert_int_equal(diary_write(NULL, &clock, &event, &err), ST_UNAVAILABLE);
    assert_string_equal(err.text, "the disk is full");
    assert_int_equal(lost, 0);
    assert_false(diary_note(NULL, &clock, &event));
    assert_int_equal(lost, 1);
    assert_int_equal(lines, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_left_out_is_nobodys_and_now, begin),
        cmocka_unit_test_setup(what_is_said_stays, begin),
        cmocka_unit_test_setup(a_beginning_without_an_end_ends_now, begin),
        cmocka_unit_test_setup(a_line_that_is_lost_is_told_to_the_caller_or_to_the_log, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
