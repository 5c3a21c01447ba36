/* The sink for syslog against receivers that do what they are told, over real sockets. req 0.34 */
#include "syslog_receiver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* ---- RELP ---- */

static void acknowledged_lines_are_held_whatever_their_answers_order(void **state)
{
    struct call call;

    listen_on(SOCK_STREAM);
    AUTO(syslog_close) struct syslog *syslog = open_to(*state, SYSLOG_RELP);
    assert_int_equal(open_relp(syslog), 0);
    begin(&call, syslog, 1, 4);
    assert_true(hear("seq=\"4\""));
    assert_memory_equal(receiver.in, "2 syslog ", 9);
    say("3 rsp 6 200 OK\n2 rsp 6 200 OK\n5 rsp 6 20"); /* in pieces, too */
    say("0 OK\n4 rsp 3 200\n");
    assert_done(&call);
    shut();
    syslog_close(TAKE(syslog));
    assert_int_equal(kept_in(*state), 4);
}

static void what_is_acknowledged_before_a_break_is_not_sent_again(void **state)
{
    struct call call;

    listen_on(SOCK_STREAM);
    AUTO(syslog_close) struct syslog *syslog = open_to(*state, SYSLOG_RELP);
    (void)open_relp(syslog);
    begin(&call, syslog, 1, 5);
    assert_true(hear("seq=\"5\""));
    say("2 rsp 6 200 OK\n3 rsp 6 200 OK\n5 rsp 6 200 OK\n"); /* 1 and 2; 4, not 3 */
    hang_up();
    assert_int_equal(end(&call), ST_UPSTREAM);
    assert_int_equal(open_relp(syslog), 2);
    shut();
    syslog_close(TAKE(syslog));
    assert_int_equal(kept_in(*state), 2);
    listen_on(SOCK_STREAM);
    syslog = open_to(*state, SYSLOG_RELP); /* a restart */
    assert_int_equal(open_relp(syslog), 2);
    shut();
}

static void a_window_bounds_what_is_under_way(void **state)
{
    struct call call;
    char answers[8192] = "";
    size_t n = 0;

    listen_on(SOCK_STREAM);
    AUTO(syslog_close) struct syslog *syslog = open_to(*state, SYSLOG_RELP);
    (void)open_relp(syslog);
    begin(&call, syslog, 1, 200);
    assert_true(hear("seq=\"128\""));
    assert_false(readable(receiver.fd, 200) && hear("seq=\"129\""));
    for (unsigned txnr = 2; txnr <= 201; txnr++)
        n += (size_t)snprintf(answers + n, sizeof(answers) - n, "%u rsp 6 200 OK\n", txnr);
    say("2 rsp 6 200 OK\n");
    assert_true(hear("seq=\"129\"")); /* one for one */
    assert_null(strstr(receiver.in, "seq=\"130\""));
    say(strchr(answers, '\n') + 1); /* the rest: some before their frame, which is refused */
    (void)end(&call);
    shut();
}

static void what_no_relp_receiver_says_ends_the_session(void **state)
{
    static const struct {
        const char *said, *want;
    } cases[] = {
        { "HTTP/1.1 400 Bad", "no RELP" },
        { "2 rsp-and-a-command-without-an-end-that-goes-on-and-on-for-ever-and-ever", "no RELP" },
        { "2 rsp 5000 200 OK\n", "no RELP" },
        { "2 rsp 6 200 OKx", "no RELP" },
        { "2 rsp 3\n", "no RELP" },
        { "2 hello 0\n", "no RELP" },
        { "9999999999 rsp 6 200 OK\n", "no RELP" },
        { "3 rsp 6 200 OK\n", "not sent" },
        { "1 rsp 6 200 OK\n", "not sent" },
        { "0 rsp 6 200 OK\n", "not sent" },
        { "2 rsp 13 500 disk\nfull\n", "refuses a message: 500 disk?ful" },
        { "0 serverclose 0\n", "ends the session" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct call call;

        listen_on(SOCK_STREAM);
        AUTO(syslog_close) struct syslog *syslog = open_to(*state, SYSLOG_RELP);
        (void)open_relp(syslog);
        begin(&call, syslog, 1, 1);
        assert_true(hear("seq=\"1\""));
        say(cases[i].said);
        assert_int_equal(end(&call), ST_UPSTREAM);
        if (!strstr(call.err.text, cases[i].want))
            fail_msg("%s: %s", cases[i].said, call.err.text);
        shut();
    }
    assert_int_equal(kept_in(*state), 0);
}

/* ---- streams ---- */

static void streams_repeat_the_last_lines_after_a_reconnect(void **state)
{
    struct err err;

    listen_on(SOCK_STREAM);
    AUTO(syslog_close) struct syslog *syslog = open_to(*state, SYSLOG_TCP);
    assert_int_equal(open_plain(syslog), 0);
    assert_int_equal(put_now(syslog, 1, 10, &err), ST_OK);
    assert_true(hear("seq=\"10\""));
    hang_up();
    while (put_now(syslog, 11, 11, &err) == ST_OK) /* until the break is known */
        ;
    assert_int_equal(err.status, ST_UPSTREAM);
    /* it broke soon after it was made: not at once, and why is said again */
    struct call again;
    begin(&again, syslog, 0, 0);
    assert_int_equal(end(&again), ST_UPSTREAM);
    assert_false(readable(receiver.listener, 0));
    shut();
    syslog_close(TAKE(syslog));
    const uint64_t held = kept_in(*state);
    assert_in_range(held, 10, 11);
    listen_on(SOCK_STREAM);
    syslog = open_to(*state, SYSLOG_TCP);
    assert_int_equal(open_plain(syslog), held - 3);
    assert_int_equal(put_now(syslog, held - 2, held - 1, &err), ST_OK); /* repeated ones */
    assert_true(hear("seq=\"9\""));
    shut();
    syslog_close(TAKE(syslog));
    assert_int_equal(kept_in(*state), held); /* they do not put it back */
}

/* Every frame's length leads to the next one. */
static void frames_stand_one_behind_the_other(void **state)
{
    struct err err;
    unsigned frames = 0;

    listen_on(SOCK_STREAM);
    AUTO(syslog_close) struct syslog *syslog = open_to(*state, SYSLOG_TCP);
    (void)open_plain(syslog);
    assert_int_equal(put_now(syslog, 1, 500, &err), ST_OK); /* more than one piece of stream */
    assert_true(hear("seq=\"500\""));
    hang_up();
    for (char *at = receiver.in; *at && frames < 499; frames++) {
        char *message = NULL;
        const unsigned long length = strtoul(at, &message, 10);
        assert_memory_equal(message, " <134>1 ", 8);
        at = message + 1 + length;
        assert_true(at <= receiver.in + receiver.len);
    }
    assert_int_equal(frames, 499);
    shut();
}

static void a_receiver_that_went_is_noticed_by_a_look(void **state)
{
    struct err err;
    enum status status;

    listen_on(SOCK_STREAM);
    AUTO(syslog_close) struct syslog *syslog = open_to(*state, SYSLOG_TCP);
    const struct event_sink sink = syslog_sink(syslog);
    (void)open_plain(syslog);
    say("nobody reads this");
    assert_int_equal(sink.look(sink.ctx, &err), ST_OK);
    hang_up();
    const int64_t end_ms = clock_monotonic_ms() + PATIENCE_MS;
    do
        status = sink.look(sink.ctx, &err);
    while (status == ST_OK && clock_monotonic_ms() < end_ms);
    assert_int_equal(status, ST_UPSTREAM);
    shut();
}

/* ---- receivers that do nothing ---- */

static void one_that_never_reads_costs_its_deadline(void **state)
{
    struct syslog_params params;
    struct syslog *syslog = NULL;
    struct err why;
    enum status status = ST_OK;

    listen_on(SOCK_STREAM);
    params = params_to(*state, SYSLOG_TCP);
    params.io_ms = 200;
    assert_ok(syslog_open(&params, &syslog, err));
    (void)open_plain(syslog);
    for (uint64_t seq = 1; status == ST_OK && seq < 1000000; seq += 1000)
        status = put_now(syslog, seq, seq + 999, &why);         /* until the buffers are full */
    assert_true(status == ST_TIMEOUT || status == ST_UPSTREAM); /* TCP itself may notice first */
    syslog_close(syslog);
    shut();
}

static void one_that_never_acknowledges_costs_its_deadline(void **state)
{
    struct syslog_params params;
    struct syslog *syslog = NULL;
    struct err why;

    listen_on(SOCK_STREAM);
    params = params_to(*state, SYSLOG_RELP);
    params.io_ms = 200;
    assert_ok(syslog_open(&params, &syslog, err));
    (void)open_relp(syslog);
    assert_int_equal(put_now(syslog, 1, 3, &why), ST_TIMEOUT);
    syslog_close(syslog);
    assert_int_equal(kept_in(*state), 0);
    shut();
}

static void whatever_waits_ends_when_it_is_told_to(void **state)
{
    struct call call;

    listen_on(SOCK_STREAM);
    AUTO(syslog_close) struct syslog *syslog = open_to(*state, SYSLOG_RELP);
    begin(&call, syslog, 0, 0);
    accept_one(); /* and never answers the "open" */
    assert_true(hear("1 open "));
    const int64_t begun_ms = clock_monotonic_ms();
    syslog_end(syslog, 50);
    assert_int_equal(end(&call), ST_UNAVAILABLE);
    assert_in_range(clock_monotonic_ms() - begun_ms, 49, PATIENCE_MS / 2);
    shut();
}

/* ---- datagrams ---- */

static void datagrams_begin_now_and_one_is_one_message(void **state)
{
    struct call call;
    struct err err;
    char text[1000];

    listen_on(SOCK_DGRAM);
    AUTO(syslog_close) struct syslog *syslog = open_to(*state, SYSLOG_UDP);
    begin(&call, syslog, 0, 0);
    assert_done(&call);
    assert_true(call.seq == EVENT_SEQ_NOW);
    assert_int_equal(put_now(syslog, 41, 42, &err), ST_OK);
    for (int seq = 41; seq <= 42; seq++) {
        const ssize_t n = recv(receiver.listener, text, sizeof(text) - 1, 0);
        assert_true(n > 0);
        text[n] = '\0';
        char want[32];
        (void)snprintf(want, sizeof(want), "seq=\"%d\"", seq);
        assert_memory_equal(text, "<134>1 ", 7);
        assert_non_null(strstr(text, want));
        assert_string_equal(text + n - 4, "\xef\xbb\xbfx");
    }
    shut();
    for (uint64_t seq = 43; seq < 60; seq++) /* nobody listens: nobody is told */
        assert_int_equal(put_now(syslog, seq, seq, &err), ST_OK);
    syslog_close(TAKE(syslog));
    assert_int_equal(kept_in(*state), 0);
}

/* ---- with the shipper ---- */

static void lines_that_are_gone_are_counted_once_and_what_follows_is_sent(void **state)
{
    struct journal_params journal_params = params_in(*state);
    struct journal *journal = NULL;
    struct shipper *shipper = NULL;
    char command[200];
    struct walk walked;

    journal_params.max_file_bytes = 65536;
    assert_ok(journal_open(&journal_params, &journal, err));
    for (int i = 0; i < 500; i++)
        assert_int_equal(write_one(journal, "a line of some length, so that there are files"),
                         ST_OK);
    walked = walk(*state, NULL, NULL);
    assert_true(walked.files >= 3);
    (void)snprintf(command, sizeof(command), "cd %s && rm $(ls journal-*.log | head -1)",
                   (const char *)*state);
    assert_int_equal(system(command), 0); /* NOLINT(concurrency-mt-unsafe): one thread */
    listen_on(SOCK_STREAM);
    struct syslog *syslog = open_to(*state, SYSLOG_TCP);
    const struct event_sink sink = syslog_sink(syslog);
    assert_ok(shipper_start(journal, &sink, &shipper, err));
    accept_one();
    assert_true(hear("seq=\"500\""));
    const struct syslog_gap gap = syslog_take_gap(syslog);
    assert_int_equal(gap.first, 1);
    assert_int_equal(gap.lines, gap.last);
    char want[40];
    (void)snprintf(want, sizeof(want), "seq=\"%llu\"", (unsigned long long)gap.last + 1);
    assert_non_null(strstr(receiver.in, want));
    assert_null(strstr(receiver.in, "seq=\"1\""));
    assert_int_equal(syslog_take_gap(syslog).lines, 0);
    shipper_stop(shipper, 100);
    sink.gone(sink.ctx, 1, gap.last); /* read again after a failure */
    assert_int_equal(syslog_take_gap(syslog).lines, 0);
    sink.gone(sink.ctx, gap.last - 1, gap.last + 2);
    assert_int_equal(syslog_take_gap(syslog).lines, 2);
    syslog_close(syslog);
    journal_close(journal);
    shut();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)
    const struct CMUnitTest tests[] = {
        TEST(acknowledged_lines_are_held_whatever_their_answers_order),
        TEST(what_is_acknowledged_before_a_break_is_not_sent_again),
        TEST(a_window_bounds_what_is_under_way),
        TEST(what_no_relp_receiver_says_ends_the_session),
        TEST(streams_repeat_the_last_lines_after_a_reconnect),
        TEST(frames_stand_one_behind_the_other),
        TEST(a_receiver_that_went_is_noticed_by_a_look),
        TEST(one_that_never_reads_costs_its_deadline),
        TEST(one_that_never_acknowledges_costs_its_deadline),
        TEST(whatever_waits_ends_when_it_is_told_to),
        TEST(datagrams_begin_now_and_one_is_one_message),
        TEST(lines_that_are_gone_are_counted_once_and_what_follows_is_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
