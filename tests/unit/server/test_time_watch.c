/* What is told of our clock, and when (req 0.52). The servers and the journal are fakes. */
#include "support/cmocka.h"

#include "base/log.h"
#include "base/text.h"
#include "rest/sntp.h"
#include "server/rooms.h"
#include "server/time_watch.h"

/* What the four servers say: an offset in ms, or one of these. */
enum { AWAY = 1000000000, DENIED, TOO_OFTEN };

static int64_t says[CONF_TIME_SERVERS];
static char asked[16]; /* their letters in order */
static char said[512]; /* "N:right W:off" … */
static char last_text[600];
static bool journal_refuses;
static bool on_record; /* the question that goes now (req 0.40) */

enum status sntp_ask(const char *server, int64_t timeout_ms, const struct clock *clock,
                     struct sntp_answer *ret_answer, struct err *err)
{
    const int64_t what = says[server[0] - 'a'];
    size_t len = strlen(asked);

    assert_true(on_record);
    on_record = false;
    assert_non_null(clock);
    assert_int_equal(timeout_ms, 1000);
    assert_true(len + 1 < sizeof(asked));
    asked[len] = server[0];
    asked[len + 1] = '\0';
    if (what == AWAY)
        return RAISE(err, ST_TIMEOUT, "%s: no answer in time", server);
    if (what == DENIED || what == TOO_OFTEN)
        return RAISE_CAUSE(err, ST_UPSTREAM, what == DENIED ? "kissDeny" : "kissRate", NULL, NULL,
                           "%s: go away", server);
    *ret_answer = (struct sntp_answer){ .offset_us = what * 1000, .stratum = 2 };
    return ST_OK;
}

enum status journal_write(struct journal *journal, const struct event *event, struct err *err)
{
    static const char letters[] = {
        [EVENT_ALERT] = 'A', [EVENT_WARNING] = 'W', [EVENT_NOTICE] = 'N'
    };
    size_t len = strlen(said);

    (void)journal;
    if (journal_refuses)
        return RAISE(err, ST_UNAVAILABLE, "the disk is full");
    assert_string_equal(event->account, "-");
    if (strncmp(event->name, "upstream.", strlen("upstream.")) == 0) {
        on_record = strcmp(event->name, "upstream.asked") == 0;
        assert_non_null(strstr(event->text, "purpose=time server="));
        return ST_OK;
    }
    assert_true(text_format(said + len, sizeof(said) - len, "%s%c:%s", len ? " " : "",
                            letters[event->level], strchr(event->name, '.') + 1));
    assert_true(text_copy(last_text, sizeof(last_text), event->text));
    return ST_OK;
}

void log_err(enum log_level level, const char *event, const struct err *err)
{
    (void)level;
    (void)event;
    (void)err;
}

void log_line(enum log_level level, const char *event, const char *fmt, ...)
{
    (void)level;
    (void)event;
    (void)fmt;
}

static const char *const one[] = { "a", NULL };
static const char *const all_four[] = { "a", "b", "c", "d", NULL };
static const char *const nobody[] = { NULL };

struct bench {
    struct clock steady, wall;
    struct rooms rooms;
    struct conf conf;
    struct time_watch *watch;
};

static void open_bench(struct bench *b, const char *const *servers)
{
    struct err err;

    *b = (struct bench){ .steady = clock_fixed_at(5000),
                         .wall = clock_fixed_at(INT64_C(1795338187120)),
                         .conf.time = { servers, 300, 1000 },
                         .conf.trust.clock_skew_ms = 300000 };
    b->rooms.clock = &b->wall;
    assert_int_equal(meters_new(&b->rooms.meters, 0, &err), ST_OK);
    b->watch = time_watch_new(&b->steady);
    assert_non_null(b->watch);
    journal_refuses = false;
}

static void close_bench(struct bench *b)
{
    time_watch_free(b->watch);
    meters_free(&b->rooms.meters);
}

/* At that steady second; the pause until the next look. */
static int look_at(struct bench *b, int64_t second)
{
    b->steady.fixed_ms = second * 1000;
    said[0] = asked[0] = '\0';
    return time_watch_look(b->watch, &b->conf, &b->rooms);
}

static bool shows(struct bench *b, const char *line)
{
    struct bytes *text = NULL;
    struct err err;

    time_watch_measure(b->watch, &b->rooms.meters);
    assert_int_equal(metrics_text(b->rooms.meters.registry, &text, &err), ST_OK);
    bool found = strstr(text->at, line) != NULL;
    bytes_free(text);
    return found;
}

/* One check after the other, each when it is due. */
static const struct {
    const char *name;
    int64_t says;
    const char *said;
    int next_s; /* until the next check */
} steps[] = {
    { "the first check is on record", 3, "N:right", 300 },
    { "what stays is not said again", -999, "", 300 },
    { "a second sharp is right", 1000, "", 300 },
    { "past it is a warning", 1001, "W:off", 300 },
    { "once", 5000, "", 300 },
    { "past the allowed skew is an alert", -300001, "A:off", 300 },
    { "less again is a warning again", -300000, "W:off", 300 },
    { "and right again", -1000, "N:right", 300 },
    { "one check in vain is nobody's news", AWAY, "", 15 },
    { "nor are two", AWAY, "", 15 },
    { "three are", AWAY, "W:unknown", 300 },
    { "once", AWAY, "", 300 },
    { "still once", AWAY, "", 300 },
    { "and known again", 0, "N:right", 300 },
    { "misses are counted anew", AWAY, "", 15 },
    { "an answer in time says nothing", 0, "", 300 },
    { "wrong", 2000, "W:off", 300 },
    { "in vain", AWAY, "", 15 },
    { "wrong as before", 2000, "", 300 },
};

static void each_change_is_said_once(void **state) /* req 0.52 */
{
    struct bench b;
    int64_t second = 1000;

    (void)state;
    open_bench(&b, one);
    for (size_t i = 0; i < COUNT(steps); i++) {
        says[0] = steps[i].says;
        int pause_s = look_at(&b, second);
        int wanted_s = steps[i].next_s < 60 ? steps[i].next_s : 60;
        if (strcmp(said, steps[i].said) != 0 || pause_s != wanted_s || strcmp(asked, "a") != 0)
            fail_msg("%s: «%s», pause %d, asked «%s»", steps[i].name, said, pause_s, asked);
        (void)look_at(&b, second + steps[i].next_s - 1);
        assert_string_equal(asked, ""); /* not before it is due */
        second += steps[i].next_s;
    }
    close_bench(&b);
}

static void the_text_says_how_far_and_by_whom(void **state)
{
    struct bench b;

    (void)state;
    open_bench(&b, one);
    says[0] = -2050;
    (void)look_at(&b, 1);
    assert_string_equal(last_text,
                        "our clock is slow by 2.050000 s; a of stratum 2, 1 servers answered; a "
                        "warning past 1000 ms, an alert past 300000 ms");
    says[0] = AWAY;
    for (int i = 1; i <= 3; i++)
        (void)look_at(&b, i * 1000);
    assert_string_equal(last_text, "no time server answers; the last: a: no answer in time");
    close_bench(&b);
}

static const struct {
    int64_t says[CONF_TIME_SERVERS];
    const char *offset, *servers;
} votes[] = {
    { { 1, AWAY, AWAY, AWAY }, "shepd_clock_offset_seconds 0.001\n", "shepd_clock_servers 1\n" },
    { { 5, 600000, -2, AWAY }, "shepd_clock_offset_seconds 0.005\n", "shepd_clock_servers 3\n" },
    { { AWAY, -2000, AWAY, 0 }, "shepd_clock_offset_seconds -2\n", "shepd_clock_servers 2\n" },
    { { 9000, 1, 3, -9000 }, "shepd_clock_offset_seconds 0.003\n", "shepd_clock_servers 4\n" },
};

static void of_several_servers_the_middle_one_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(votes); i++) {
        struct bench b;
        open_bench(&b, all_four);
        memcpy(says, votes[i].says, sizeof(says));
        (void)look_at(&b, 1);
        assert_string_equal(asked, "abcd");
        if (!shows(&b, votes[i].offset) || !shows(&b, votes[i].servers))
            fail_msg("row %zu: %s", i, last_text);
        close_bench(&b);
    }
}

static void the_gauges_age_and_hold_nothing_that_is_not_known(void **state)
{
    struct bench b;

    (void)state;
    open_bench(&b, nobody);
    assert_int_equal(look_at(&b, 1), 60);
    assert_string_equal(asked, "");
    assert_false(shows(&b, "\nshepd_clock_"));
    b.conf.time.servers = one; /* reloads */
    says[0] = AWAY;
    (void)look_at(&b, 2);
    assert_true(shows(&b, "\nshepd_clock_servers 0\n"));
    assert_false(shows(&b, "\nshepd_clock_offset"));
    says[0] = -1500;
    (void)look_at(&b, 20);
    assert_true(shows(&b, "\nshepd_clock_offset_seconds -1.5\n"));
    says[0] = AWAY;
    (void)look_at(&b, 400);
    assert_true(shows(&b, "\nshepd_clock_offset_seconds -1.5\n"));
    assert_true(shows(&b, "\nshepd_clock_offset_age_seconds 380\n"));
    b.conf.time.servers = nobody;
    (void)look_at(&b, 500);
    assert_false(shows(&b, "\nshepd_clock_"));
    close_bench(&b);
}

static void a_server_that_refuses_is_left_alone(void **state)
{
    static const struct {
        int64_t says;
        int64_t quiet_s;
    } kisses[] = { { DENIED, 86400 }, { TOO_OFTEN, 3600 } };

    (void)state;
    for (size_t i = 0; i < COUNT(kisses); i++) {
        struct bench b;
        open_bench(&b, all_four);
        memset(says, 0, sizeof(says));
        says[1] = kisses[i].says;
        (void)look_at(&b, 1);
        assert_string_equal(asked, "abcd");
        says[1] = 0;
        (void)look_at(&b, kisses[i].quiet_s);
        assert_string_equal(asked, "acd");
        (void)look_at(&b, kisses[i].quiet_s + 301);
        assert_string_equal(asked, "abcd");
        close_bench(&b);
    }
}

static void what_the_journal_refused_is_said_with_the_next_check(void **state)
{
    struct bench b;

    (void)state;
    open_bench(&b, one);
    says[0] = 4000;
    journal_refuses = true;
    (void)look_at(&b, 1);
    journal_refuses = false;
    (void)look_at(&b, 301);
    assert_string_equal(said, "W:off");
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_change_is_said_once),
        cmocka_unit_test(the_text_says_how_far_and_by_whom),
        cmocka_unit_test(of_several_servers_the_middle_one_counts),
        cmocka_unit_test(the_gauges_age_and_hold_nothing_that_is_not_known),
        cmocka_unit_test(a_server_that_refuses_is_left_alone),
        cmocka_unit_test(what_the_journal_refused_is_said_with_the_next_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
