#include "support/cmocka.h"

#include "http/form.h"

static void the_first_value_of_a_name_is_decoded_or_there_is_none(void **state)
{
    static const struct {
        const char *form;
        const char *want; /* NULL: none */
    } cases[] = {
        { "qr=mobileSign%3Ahttps%3a%2F%2Fx%2Fm%3Fa%3D1%26b&lang=kk",
          "mobileSign:https://x/m?a=1&b" },
        { "lang=kk&qr=a=b", "a=b" },
        { "qr=%D0%96+%2B", "Ж +" },
        { "qr=", "" },
        { "qr=1&qr=2", "1" },
        { "&&qr=1&", "1" },
        { "qr", "" },
        { "", NULL },
        { "qrs=1", NULL },
        { "q=1", NULL },
        { "QR=1", NULL },
        { "qr=%", NULL },
        { "qr=%4", NULL },
        { "qr=%zz", NULL },
        { "qr=a%00b", NULL },
        { "qr=%D0", NULL },
        { "qr=%zz&qr=2", NULL }, /* not a second reading of the same */
        { "qr=0123456789012345678901234567890123456789", NULL },
    };
    char value[40];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        memset(value, 'x', sizeof(value));
        if (form_value(slice_str(cases[i].form), "qr", value, sizeof(value)) != !!cases[i].want)
            fail_msg("%s: %s", cases[i].form, value);
        assert_string_equal(value, cases[i].want ? cases[i].want : "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_value_of_a_name_is_decoded_or_there_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
