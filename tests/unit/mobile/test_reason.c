/* What is said of a refusal holds nobody's IIN, wherever it stands. */
#include "mobile/reason.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void runs_of_twelve_digits_and_more_are_left_out(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "", "" },
        { "path: no issuer", "path: no issuer" },
        { "IIN123456789011", "IIN*" },
        { "123456789011, 1234567890112 and 12345678901", "*, * and 12345678901" },
        { "serial 00112233445566778899aabb", "serial *aabb" },
    };
    char reason[REASON_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        reason_set(reason, "%s", rows[i].text);
        assert_string_equal(reason, rows[i].want);
    }
}

/* At each place where the end of the text may cut it. */
static void no_part_of_an_iin_stands_where_a_long_reason_is_cut(void **state)
{
    char reason[REASON_TEXT], before[REASON_TEXT + 1] = "";

    (void)state;
    for (size_t len = 0; len < REASON_TEXT; len++) {
        reason_set(reason, "%s123456789011 and more", before);
        assert_int_equal(strcspn(reason, "0123456789"), strlen(reason));
        assert_memory_equal(reason, before, len);
        before[len] = 'x';
        before[len + 1] = '\0';
    }
}

static void a_reason_names_its_check_up_to_the_colon(void **state)
{
    (void)state;
    assert_int_equal(reason_check(SLICE("path: no issuer")), CHECK_PATH);
    assert_int_equal(reason_check(SLICE("keyUsage: none")), CHECK_KEY_USAGE);
    assert_int_equal(reason_check(SLICE("paths: no issuer")), CHECK_COUNT_);
    assert_int_equal(reason_check(SLICE("path")), CHECK_COUNT_);
    assert_int_equal(reason_check(SLICE("")), CHECK_COUNT_);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_of_twelve_digits_and_more_are_left_out),
        cmocka_unit_test(no_part_of_an_iin_stands_where_a_long_reason_is_cut),
        cmocka_unit_test(a_reason_names_its_check_up_to_the_colon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
