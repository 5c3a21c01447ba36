/* What systemd hears, on a socket of the test's own in systemd's place. */
#include "support/cmocka.h"

#include "base/text.h"
#include "server/supervisor.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int heard = -1; /* systemd's end */

/* NULL: it is not set. This program has one thread. */
static void set_variable(const char *name, const char *value)
{
    const int done =
        value ? setenv(name, value, 1) : unsetenv(name); /* NOLINT(concurrency-mt-unsafe) */

    assert_int_equal(done, 0);
}

/* In the abstract name space: nothing to clean up. */
static void start_listening(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    char name[64];

    heard = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(heard >= 0);
    text_format(name, sizeof(name), "@shepd-test-%d", (int)getpid());
    memcpy(address.sun_path + 1, name + 1, strlen(name) - 1);
    const socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
    assert_int_equal(bind(heard, (struct sockaddr *)&address, len), 0);
    set_variable("NOTIFY_SOCKET", name);
}

static int clean_environment(void **state)
{
    (void)state;
    set_variable("NOTIFY_SOCKET", NULL);
    set_variable("WATCHDOG_USEC", NULL);
    set_variable("WATCHDOG_PID", NULL);
    if (heard >= 0)
        (void)close(heard);
    heard = -1;
    return 0;
}

/* NULL: silence. What was sent is there at once: a datagram's sender has put it there itself. */
static const char *next_word(void)
{
    static char text[256];
    const ssize_t len = recv(heard, text, sizeof(text) - 1, MSG_DONTWAIT);

    if (len < 0)
        return NULL;
    text[len] = 0;
    return text;
}

static void each_turn_of_its_life_is_told(void **state)
{
    (void)state;
    start_listening();
    supervisor_ready("serving");
    assert_string_equal(next_word(), "READY=1\nSTATUS=serving");
    supervisor_reloading();
    long long usec = 0;
    assert_int_equal(sscanf(next_word(), "RELOADING=1\nMONOTONIC_USEC=%lld", &usec), 1);
    assert_true(usec > 0);
    supervisor_stopping();
    assert_string_equal(next_word(), "STOPPING=1");
    assert_null(next_word());
}

static void without_systemd_nothing_is_told_and_nothing_proven(void **state)
{
    struct supervisor supervisor;

    (void)state;
    start_listening();
    set_variable("NOTIFY_SOCKET", NULL);
    supervisor_open(&supervisor, 30000);
    assert_int_equal(supervisor.round_s, 0);
    supervisor_ready("serving");
    supervisor_reloading();
    supervisor_stopping();
    assert_null(next_word());
}

static void a_round_is_a_fourth_of_systemds_patience(void **state)
{
    static const struct {
        const char *usec;
        int round_s;
    } rows[] = {
        { "120000000", 30 }, { "7999999", 1 },  { "1", 1 },  { "90000000000000", 3600 },
        { "0", 0 },          { "nonsense", 0 }, { "-1", 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct supervisor supervisor;
        set_variable("WATCHDOG_USEC", rows[i].usec);
        supervisor_open(&supervisor, 0);
        assert_int_equal(supervisor.round_s, rows[i].round_s);
    }
}

static void another_process_watchdog_is_not_ours(void **state)
{
    struct supervisor supervisor;

    (void)state;
    set_variable("WATCHDOG_USEC", "120000000");
    set_variable("WATCHDOG_PID", "1");
    supervisor_open(&supervisor, 0);
    assert_int_equal(supervisor.round_s, 0);
}

static void proof_is_told_once_per_round_and_only_when_the_ping_came_through(void **state)
{
    struct supervisor supervisor;

    (void)state;
    start_listening();
    set_variable("WATCHDOG_USEC", "120000000");
    supervisor_open(&supervisor, 30000);

    supervisor_worked(&supervisor); /* nobody has asked yet */
    assert_true(supervisor_round(&supervisor));
    assert_null(next_word());

    supervisor_worked(&supervisor); /* a worker works, but no loop has turned */
    assert_false(supervisor_round(&supervisor));
    assert_null(next_word());

    supervisor_passed(&supervisor); /* the loops turn, but no worker is free */
    assert_false(supervisor_round(&supervisor));
    supervisor_passed(&supervisor);
    assert_false(supervisor_round(&supervisor));
    assert_null(next_word());

    supervisor_worked(&supervisor);
    supervisor_worked(&supervisor);
    assert_null(next_word()); /* the next round tells it */
    assert_true(supervisor_round(&supervisor));
    assert_string_equal(next_word(), "WATCHDOG=1");
    assert_false(supervisor_round(&supervisor));
    assert_null(next_word());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(each_turn_of_its_life_is_told, clean_environment),
        cmocka_unit_test_teardown(without_systemd_nothing_is_told_and_nothing_proven,
                                  clean_environment),
        cmocka_unit_test_teardown(a_round_is_a_fourth_of_systemds_patience, clean_environment),
        cmocka_unit_test_teardown(another_process_watchdog_is_not_ours, clean_environment),
        cmocka_unit_test_teardown(proof_is_told_once_per_round_and_only_when_the_ping_came_through,
                                  clean_environment),
    };

    clean_environment(NULL); /* the test's own may run under systemd */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
