/* What config.reloaded says of the settings (req 0.37). */
#include "support/cmocka.h"

#include "base/text.h"
#include "server/config_news.h"

#define REQUIRED                                                                                   \
    "[instance]\nname = node1\ncluster_key_file = /k\n[http]\npublic_url = https://a.kz\n"         \
    "[store]\ncontent_keys_file = /c\n"                                                            \
    "[journal]\npseudonym_key_file = /p\n[keys]\nsign_key_file = /s\nsign_pass_file = /w\n"

static const struct conf *parse(const char *text)
{
    const struct conf *conf = NULL;
    struct err err = { 0 };

    if (conf_parse("t.conf", slice_str(text), &conf, &err) != ST_OK)
        fail_msg("%s", err.text);
    return conf;
}

static const struct {
    const char *name, *more, *want;
} rows[] = {
    { "nothing", "", "" },
    { "what counts at once, and what not",
      "[http]\nworkers = 40\nmax_wrong_tokens = 5\n[journal]\nmax_file_bytes = 65536\n"
      "[store]\npool = 3\n[limits]\nxml_depth = 32\nupstream_parallel = 9\n",
      "http.max_wrong_tokens: 60 → 5; http.workers: 64 → 40 (wants a restart); "
      "store.pool: 32 → 3 (wants a restart); "
      "journal.max_file_bytes: 104857600 → 65536 (wants a restart); "
      "limits.xml_depth: 64 → 32; limits.upstream_parallel: 16 → 9 (wants a restart)" },
    { "a section that a reload replaces", "[jws]\nsigner_bin = 123456789021\n",
      "jws.signer_bin:  → 123456789021" },
};

static void settings_that_differ_are_told_with_what_wants_a_restart(void **state) /* req 0.37 */
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char after_text[4096], got[CONFIG_NEWS_BYTES];

        text_format(after_text, sizeof(after_text), REQUIRED "%s", rows[i].more);
        AUTO(conf_free) const struct conf *before = parse(REQUIRED);
        AUTO(conf_free) const struct conf *after = parse(after_text);
        config_news(before, after, got);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s: got «%s», wanted «%s»", rows[i].name, got, rows[i].want);
    }
}

static void what_does_not_fit_is_counted(void **state) /* req 0.37 */
{
    static char text[1 << 17];
    char got[CONFIG_NEWS_BYTES];
    size_t len;

    (void)state;
    text_format(text, sizeof(text), REQUIRED);
    for (int i = 0; i < 200; i++) {
        len = strlen(text);
        text_format(text + len, sizeof(text) - len,
                    "[sender \"s%d\"]\nsender_id = s%d\nbin = 123456789021\nservice_ids = A\n", i,
                    i);
    }
    AUTO(conf_free) const struct conf *before = parse(REQUIRED);
    AUTO(conf_free) const struct conf *after = parse(text);
    config_news(before, after, got);
    assert_true(strlen(got) < sizeof(got));
    const char *more = strstr(got, "; and ");
    assert_non_null(more);
    size_t told = 1;
    for (const char *at = got; (at = strstr(at, "; sender")); at++)
        told++;
    assert_int_equal(told + strtoul(more + strlen("; and "), NULL, 10), 600);
}

/* Told without gaps: whoever reads it knows that all before the count is there. */
static void after_one_that_does_not_fit_none_is_told(void **state) /* req 0.37 */
{
    char text[1 << 15] = REQUIRED, name[200], got[CONFIG_NEWS_BYTES];

    (void)state;
    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    for (int i = 0; i < 30; i++) {
        const size_t len = strlen(text);
        text_format(text + len, sizeof(text) - len,
                    "[sender \"s%d\"]\nsender_id = s%d\nbin = 123456789021\nservice_ids = A\n"
                    "organisation_ru = %s\norganisation_kz = b\n",
                    i, i, name);
    }
    AUTO(conf_free) const struct conf *before = parse(REQUIRED);
    AUTO(conf_free) const struct conf *after = parse(text);
    config_news(before, after, got);
    assert_non_null(strstr(got, ".organisation_ru: (none) → aaaa"));
    assert_null(strstr(got, ".organisation_kz"));
    assert_non_null(strstr(got, "; and "));
}

static void what_is_no_text_in_a_value_is_none_in_the_journal(void **state) /* req 0.37 */
{
    static const char *const values[] = { "a\x1b[2Jb", "a\tb",
                                          "a\xff\xfe"
                                          "b" };

    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        char text[2048], got[CONFIG_NEWS_BYTES];
        const struct conf *after = NULL;
        struct err err = { 0 };

        text_format(text, sizeof(text), REQUIRED "[coid]\nparticipant = %s\n", values[i]);
        if (conf_parse("t.conf", slice_str(text), &after, &err) != ST_OK)
            continue; /* refused at the door already */
        AUTO(conf_free) const struct conf *before = parse(REQUIRED);
        config_news(before, after, got);
        conf_free(after);
        assert_non_null(strstr(got, "coid.participant:  → a?"));
        assert_true(text_is_utf8(slice_str(got)));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_that_differ_are_told_with_what_wants_a_restart),
        cmocka_unit_test(what_does_not_fit_is_counted),
        cmocka_unit_test(after_one_that_does_not_fit_none_is_told),
        cmocka_unit_test(what_is_no_text_in_a_value_is_none_in_the_journal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
