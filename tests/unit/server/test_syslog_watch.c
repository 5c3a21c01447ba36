/* What is said of the receiver of syslog: once when it is lost, once when it is back. req 0.34 */
#include "server/syslog_watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* Looks in a row of one kind; how many words were said, and the last. */
static unsigned looks(struct syslog_watch *watch, bool failing, unsigned n, enum syslog_word *ret)
{
    unsigned said = 0;

    for (unsigned i = 0; i < n; i++) {
        const enum syslog_word word = syslog_watch_step(watch, failing);
        if (word != SYSLOG_NO_NEWS) {
            *ret = word;
            said++;
        }
    }
    return said;
}

static void a_loss_is_said_once_and_so_is_its_end(void **state)
{
    struct syslog_watch watch = { 0 };
    enum syslog_word word = SYSLOG_NO_NEWS;

    (void)state;
    assert_int_equal(looks(&watch, false, 1000, &word), 0);
    assert_int_equal(looks(&watch, true, 2, &word), 0);
    assert_int_equal(looks(&watch, true, 1, &word), 1);
    assert_int_equal(word, SYSLOG_LOST);
    assert_int_equal(looks(&watch, true, 5000, &word), 0);
    assert_int_equal(looks(&watch, false, 4, &word), 0);
    assert_int_equal(looks(&watch, false, 1, &word), 1);
    assert_int_equal(word, SYSLOG_BACK);
    assert_int_equal(looks(&watch, false, 5000, &word), 0);
}

static void a_short_break_is_no_news(void **state)
{
    struct syslog_watch watch = { 0 };
    enum syslog_word word = SYSLOG_NO_NEWS;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(looks(&watch, true, 2, &word), 0);
        assert_int_equal(looks(&watch, false, 1, &word), 0);
    }
}

static void one_that_comes_and_goes_all_day_is_said_less_and_less(void **state)
{
    struct syslog_watch watch = { 0 };
    enum syslog_word word = SYSLOG_NO_NEWS;
    unsigned said = 0;

    (void)state;
    for (int i = 0; i < 86400 / 20; i++) /* away for 10 s, there for 10 s */
        said += looks(&watch, true, 10, &word) + looks(&watch, false, 10, &word);
    assert_in_range(said, 3, 5);
    said = 0;
    for (int i = 0; i < 86400 / 310; i++) /* there for 300 s: said once in ten minutes at most */
        said += looks(&watch, true, 10, &word) + looks(&watch, false, 300, &word);
    assert_in_range(said, 400, 560);
}

static void after_ten_good_minutes_the_past_is_forgiven(void **state)
{
    struct syslog_watch watch = { 0 };
    enum syslog_word word = SYSLOG_NO_NEWS;

    (void)state;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(looks(&watch, true, 10, &word), 1);
        assert_int_equal(looks(&watch, false, 300, &word), 1);
    }
    assert_int_equal(looks(&watch, true, 10, &word), 1);
    assert_int_equal(looks(&watch, false, 299, &word), 0);
    assert_int_equal(looks(&watch, false, 301, &word), 1);
    assert_int_equal(looks(&watch, true, 10, &word), 1);
    assert_int_equal(looks(&watch, false, 4, &word), 0);
    assert_int_equal(looks(&watch, false, 1, &word), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loss_is_said_once_and_so_is_its_end),
        cmocka_unit_test(a_short_break_is_no_news),
        cmocka_unit_test(one_that_comes_and_goes_all_day_is_said_less_and_less),
        cmocka_unit_test(after_ten_good_minutes_the_past_is_forgiven),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
