/* Messages for citizens: every text in three languages, chosen by Accept-Language. */
#include "mobile/messages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct accept_row {
    const char *header;
    enum language want;
} rows[] = {
    /* req 1.42 */
    { "", LANGUAGE_RU },
    { "ru", LANGUAGE_RU },
    { "kk", LANGUAGE_KK },
    { "en", LANGUAGE_EN },
    { "kz", LANGUAGE_KK },
    { "KK", LANGUAGE_KK },
    { "kk-KZ", LANGUAGE_KK },
    { "en_US", LANGUAGE_EN },
    { "ru/kk/en", LANGUAGE_RU }, /* the seed's list taken for a value */
    { "de", LANGUAGE_RU },
    { "eng", LANGUAGE_RU },
    { "*", LANGUAGE_RU },
    { "de, en;q=0.5, kk;q=0.8", LANGUAGE_KK },
    { "en;q=0.3,ru;q=0.2", LANGUAGE_EN },
    { "en;q=0,kk;q=0.001", LANGUAGE_KK },
    { "en;q=1.000, kk", LANGUAGE_EN },
    { "en ; q=0.9 , kk ; q=0.95", LANGUAGE_KK },
    { "en;q=x,kk;q=0.1", LANGUAGE_KK },
    { ",,;;q=,", LANGUAGE_RU },
    { "kk;level=1", LANGUAGE_KK },
};

static void accept_language_chooses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        print_message("  '%s'\n", rows[i].header);
        assert_int_equal(language_accepted(slice_str(rows[i].header)), rows[i].want);
    }
}

static void only_the_first_32_languages_are_read(void **state)
{
    static const char header[] = "de,de,de,de,de,de,de,de,de,de,de,de,de,de,de,de,"
                                 "de,de,de,de,de,de,de,de,de,de,de,de,de,de,de,de,en";

    (void)state;
    assert_int_equal(language_accepted(slice_str(header)), LANGUAGE_RU);
    assert_int_equal(language_accepted(slice_str(header + 3)), LANGUAGE_EN);
}

static void every_message_stands_in_three_languages(void **state)
{
    (void)state;
    /* req 1.43 */
    for (int m = 0; m < MSG_COUNT_; m++)
        for (int l = 0; l < LANGUAGE_COUNT_; l++) {
            const char *text = message_text((enum message)m, (enum language)l);
            assert_non_null(text);
            assert_in_range(strlen(text), 20, 500);
            for (int other = 0; other < l; other++)
                assert_string_not_equal(text, message_text((enum message)m, (enum language)other));
        }
}

static void a_session_speaks_its_language(void **state)
{
    (void)state;
    assert_int_equal(language_of("kk"), LANGUAGE_KK);
    assert_int_equal(language_of("en"), LANGUAGE_EN);
    assert_int_equal(language_of(""), LANGUAGE_RU);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accept_language_chooses),
        cmocka_unit_test(only_the_first_32_languages_are_read),
        cmocka_unit_test(every_message_stands_in_three_languages),
        cmocka_unit_test(a_session_speaks_its_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
