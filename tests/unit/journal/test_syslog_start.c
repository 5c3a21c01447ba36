/* What the sink for syslog is given when it starts: the position that was kept, and settings. */
#include "syslog_receiver.h"

#include "journal/syslog_position.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

static void write_position(const char *dir, const char *text)
{
    char path[256];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/" POSITION_FILE, dir);
    file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
}

static void a_position_that_is_damaged_is_an_error_and_not_a_gap(void **state)
{
    static const char *const wrong[] = {
        "",        "\n",  "12",   "x12\n", "12x\n",
        "12\n3\n", "12x", "-1\n", " 1\n",  "99999999999999999999\n",
        "1 2\n"
    };
    struct syslog_params params;
    struct syslog *syslog = NULL;

    listen_on(SOCK_STREAM);
    params = params_to(*state, SYSLOG_RELP);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        write_position(*state, wrong[i]);
        assert_status(syslog_open(&params, &syslog, err), ST_FORMAT);
    }
    write_position(*state, "18446744073709551614\n");
    assert_ok(syslog_open(&params, &syslog, err));
    syslog_close(syslog);
    shut();
}

static void the_position_is_mode_0600_and_replaced_as_a_whole(void **state)
{
    struct position *position = NULL;
    struct stat stat_of;
    char path[256];
    uint64_t seq = 1;

    assert_ok(position_open(*state, &position, &seq, err));
    assert_int_equal(seq, 0);
    position_keep(position, 5, false);
    assert_int_equal(kept_in(*state), 5);
    position_keep(position, 6, false); /* within the second */
    assert_int_equal(kept_in(*state), 5);
    position_keep(position, 7, true);
    assert_int_equal(kept_in(*state), 7);
    position_close(position);
    (void)snprintf(path, sizeof(path), "%s/" POSITION_FILE, (const char *)*state);
    assert_int_equal(stat(path, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 07777, 0600);
    (void)snprintf(path, sizeof(path), "%s/" POSITION_FILE ".new", (const char *)*state);
    assert_int_equal(stat(path, &stat_of), -1);
    assert_status(position_open("/nowhere", &position, &seq, err), ST_UNAVAILABLE);
}

static void what_cannot_be_used_is_named_at_the_start(void **state)
{
    static const struct {
        const char *address, *ca, *want;
    } cases[] = {
        { "a b:1", "", "neither host nor host:port" },
        { "127.0.0.1:1", "/nowhere/ca", "authorities /nowhere/ca" },
        { "127.0.0.1:1", "etc/shepd.conf.sample", "authorities etc/shepd.conf.sample" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct syslog_params params = params_to(*state, SYSLOG_TLS);
        struct syslog *syslog = NULL;
        struct err err;

        params.address = cases[i].address;
        params.tls_ca_file = cases[i].ca;
        assert_int_equal(syslog_open(&params, &syslog, &err), ST_INPUT);
        if (!strstr(err.text, cases[i].want))
            fail_msg("%s", err.text);
    }
}

static void words_of_settings_are_known(void **state)
{
    static const struct {
        const char *word;
        unsigned number;
    } facilities[] = { { "user", 1 },   { "daemon", 3 },  { "auth", 4 },   { "authpriv", 10 },
                       { "audit", 13 }, { "local0", 16 }, { "local7", 23 } };
    enum syslog_transport transport;
    unsigned number;

    (void)state;
    for (size_t i = 0; i < sizeof(facilities) / sizeof(facilities[0]); i++) {
        assert_true(syslog_facility_parse(facilities[i].word, &number));
        assert_int_equal(number, facilities[i].number);
    }
    assert_false(syslog_facility_parse("local8", &number));
    assert_true(syslog_transport_parse("relp-tls", &transport));
    assert_int_equal(transport, SYSLOG_RELP_TLS);
    assert_string_equal(syslog_default_port(SYSLOG_TLS), "6514");
    assert_false(syslog_transport_parse("off", &transport));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)
    const struct CMUnitTest tests[] = {
        TEST(a_position_that_is_damaged_is_an_error_and_not_a_gap),
        TEST(the_position_is_mode_0600_and_replaced_as_a_whole),
        TEST(what_cannot_be_used_is_named_at_the_start),
        TEST(words_of_settings_are_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
