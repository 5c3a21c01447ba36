#include "support/cmocka.h"

#include "ctl/ctl.h"
#include "main/options.h"
#include "manual/manual.h"

static const struct manual_stamp stamp = { .date = "2026-11-22", .version = "1.2.3" };

/* ---- roff ---- */

static const struct {
    const char *text;
    const char *roff;
} texts[] = {
    { "plain", "plain\n" },
    { "--out FILE's", "\\-\\-out FILE\\(aqs\n" },
    { ".TH of a page", "\\&.TH of a page\n" },
    { "'quoted", "\\(aqquoted\n" },
    { "a\\fBb", "a\\efBb\n" },
    { "say `shepctl verify`, twice", "say \\fBshepctl verify\\fR, twice\n" },
    { "left `open", "left \\fBopen\\fR\n" },
    { "one\ntwo", "one\ntwo\n" },
    { "One.\nTwo.", "One.\n.PP\nTwo.\n" },
    { "Rows:\n  a   first\n  b\nAfter.",
      "Rows:\n.TP\n\\fBa\\fR\nfirst\n.TP\n\\fBb\\fR\n\\&\n.PP\nAfter.\n" },
    { "~^\"ЦОИД»", "\\(ti\\(ha\\(dqЦОИД»\n" },
    { "", "" },
};

static void a_text_of_a_table_stays_text_in_a_page(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        AUTO(bytes_free) struct bytes *page = bytes_new(1000);

        assert_non_null(page);
        roff_text(page, texts[i].text);
        assert_string_equal(page->at ? page->at : "", texts[i].roff);
    }
}

/* ---- rows that say nothing ---- */

static void a_setting_without_a_description_makes_no_page(void **state)
{
    static const struct {
        struct conf_row row;
        const char *text;
    } rows[] = {
        { { "http", "a", CONF_TEXT, 0, "", 0, 0, NULL, NULL },
          "setting http.a has no description" },
        { { "http", "a", CONF_TEXT, 0, "", 0, 0, NULL, "" }, "setting http.a has no description" },
        { { "http", "a", CONF_WORD, 0, "", 0, 0, NULL, "what" }, "setting http.a names no words" },
        { { "http", "a", CONF_WORDS, 0, "", 0, 0, "", "what" }, "setting http.a names no words" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bytes *page = NULL;
        struct err err;

        assert_int_equal(manual_conf(&stamp, &rows[i].row, 1, &page, &err), ST_FORMAT);
        assert_string_equal(err.text, rows[i].text);
        assert_null(page);
    }
}

static void an_option_of_the_daemon_without_a_description_makes_no_page(void **state)
{
    static const struct shepd_option options[] = { { "config", "FILE", ACTION_SERVE, "what" },
                                                   { "odd", NULL, ACTION_HELP, "" } };
    struct bytes *page = NULL;
    struct err err;

    (void)state;
    assert_int_equal(manual_shepd(&stamp, options, 2, &page, &err), ST_FORMAT);
    assert_string_equal(err.text, "shepd --odd has no description");
    assert_null(page);
}

static const struct option_row good_row = { 0, "out", "FILE", "where to" };
static const struct option_row odd_row = { 0, "out", "FILE", "" };
static const struct usage usages[] = {
    { .command = "shepctl good",
      .arguments = "",
      .about = "What.",
      .rows = &good_row,
      .row_count = 1 },
    { .command = "shepctl odd", .arguments = "", .about = "" },
    { .command = "shepctl odd",
      .arguments = "",
      .about = "What.",
      .rows = &odd_row,
      .row_count = 1 },
};

static int run(int at, int argc, char **argv)
{
    char **arguments;

    return ctl_options(&usages[at], NULL, argc, argv, &arguments);
}

static int run_good(int argc, char **argv)
{
    return run(0, argc, argv);
}

static int run_untold(int argc, char **argv)
{
    return run(1, argc, argv);
}

static int run_odd_option(int argc, char **argv)
{
    return run(2, argc, argv);
}

static int run_silent(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return CTL_OK;
}

static int run_group(int argc, char **argv)
{
    static const struct command commands[] = { { "inner", "what", run_untold },
                                               { NULL, NULL, NULL } };

    return ctl_dispatch("shepctl group", commands, argc, argv);
}

static void a_command_that_says_nothing_of_itself_makes_no_page(void **state)
{
    static const struct {
        struct command command;
        const char *text;
    } cases[] = {
        { { "odd", "", run_good }, "shepctl odd has no description" },
        { { "odd", NULL, run_good }, "shepctl odd has no description" },
        { { "odd", "what", run_untold }, "shepctl odd has no description" },
        { { "odd", "what", run_odd_option }, "shepctl odd --out has no description" },
        { { "odd", "what", run_silent }, "shepctl odd --help tells nothing" },
        { { "group", "what", run_group }, "shepctl odd has no description" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct command commands[] = { { "good", "what it does", run_good },
                                            cases[i].command,
                                            { "last", "what it does", run_good },
                                            { NULL, NULL, NULL } };
        struct bytes *page = NULL;
        struct err err = { 0 };

        assert_int_equal(manual_ctl(&stamp, commands, &page, &err), ST_FORMAT);
        assert_string_equal(err.text, cases[i].text);
        assert_null(page);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_of_a_table_stays_text_in_a_page),
        cmocka_unit_test(a_setting_without_a_description_makes_no_page),
        cmocka_unit_test(an_option_of_the_daemon_without_a_description_makes_no_page),
        cmocka_unit_test(a_command_that_says_nothing_of_itself_makes_no_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
