/* Names and filters out of texts that strangers wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "rest/ldap_text.h"

static void a_name_ends_where_it_ends(void **state)
{
    static const char text[] = "CN=a,O=b,C=KZ";
    struct ldap_names names;

    (void)state;
    assert_true(ldap_names_of(slice_str(text), &names));
    assert_string_equal(names.straight, "CN=a,O=b,C=KZ");
    assert_string_equal(names.reversed, "C=KZ,O=b,CN=a");
    assert_true(ldap_names_of((struct slice){ text, 4 }, &names));
    assert_string_equal(names.straight, "CN=a");
    /* what follows behind the end would make names of these */
    for (size_t len = 0; len <= 2; len++)
        assert_false(ldap_names_of((struct slice){ text, len }, &names));
    assert_false(ldap_names_of((struct slice){ text, 6 }, &names));
    assert_false(ldap_names_of((struct slice){ text, sizeof(text) }, &names)); /* a NUL */
}

static void a_name_has_a_ceiling(void **state)
{
    static char text[LDAP_NAME_BYTES + 1];
    struct ldap_names names;

    (void)state;
    memset(text, 'a', sizeof(text));
    text[2] = '=';
    assert_false(ldap_names_of(slice_mem(text, LDAP_NAME_BYTES), &names));
    assert_true(ldap_names_of(slice_mem(text, LDAP_NAME_BYTES - 1), &names));
}

static void no_value_closes_its_bracket(void **state)
{
    AUTO(bytes_free) struct bytes *filter = NULL;
    struct err err;

    (void)state;
    assert_int_equal(
        ldap_filter_of("(&(cn={iss})(sn={kid}))", SLICE("*)(a=*"), SLICE("(\\"), &filter, &err),
        ST_OK);
    assert_string_equal(filter->at, "(&(cn=\\28\\5C)(sn=\\2A\\29\\28a=\\2A))");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_ends_where_it_ends),
        cmocka_unit_test(a_name_has_a_ceiling),
        cmocka_unit_test(no_value_closes_its_bracket),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
