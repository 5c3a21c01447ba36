/* Links: the seed's golden vectors, byte for byte. */
#include "mobile/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define M_EGOV "https://m.egov.kz/mobileSign/?link={API1}"
#define BUSINESS "https://m.egov.kz/businessSign/?link={API1}"

static const struct link_row {
    const char *name, *template_url, *api1, *want;
} rows[] = {
    /* req 1.02 1.04 1.05 1.06 */
    { "the seed's iOS link", LINK_IOS,
      "https://some.domen.kz/mgovSign?parameter1=value1&parameter2=value2",
      "https://mgovsign.page.link/?link=https://some.domen.kz/"
      "mgovSign%3Fparameter1%3Dvalue1%26parameter2%3Dvalue2&isi=1476128386&ibi=kz.egov.mobile" },
    /* req 1.03 1.04 1.05 1.06 */
    { "the seed's Android link", LINK_ANDROID,
      "https://some.domen.kz/mgovSign?parameter1=value1&parameter2=value2",
      "https://mgovsign.page.link/?link=https://some.domen.kz/"
      "mgovSign%3Fparameter1%3Dvalue1%26parameter2%3Dvalue2&apn=kz.mobile.mgov" },
    /* C-25 */
    { "ours needs no encoding", M_EGOV, "https://sign.example.kz/m/AAAAAAAAAAAAAAAAAAAAAA/mgovSign",
      "https://m.egov.kz/mobileSign/?link=https://sign.example.kz/m/AAAAAAAAAAAAAAAAAAAAAA/"
      "mgovSign" },
    { "eGov Business", BUSINESS, "https://h/m/t/mgovSign",
      "https://m.egov.kz/businessSign/?link=https://h/m/t/mgovSign" },
    { "what a reader of queries would change is encoded", M_EGOV, "https://h/a%20b+c#d",
      "https://m.egov.kz/mobileSign/?link=https://h/a%2520b%2Bc%23d" },
};

static void links_are_those_of_the_seed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(bytes_free) struct bytes *link = NULL;
        struct err err;

        print_message("  %s\n", rows[i].name);
        assert_int_equal(link_render(rows[i].template_url, rows[i].api1, &link, &err), ST_OK);
        assert_string_equal(link->at, rows[i].want);
    }
}

static void the_qr_text_is_the_prefix_and_api1(void **state)
{
    AUTO(bytes_free) struct bytes *text = NULL;
    struct err err;

    (void)state;
    /* req 1.01 */
    assert_int_equal(link_qr_text("https://some.domen.kz", &text, &err), ST_OK);
    assert_string_equal(text->at, "mobileSign:https://some.domen.kz");
}

static void what_is_no_url_is_refused(void **state)
{
    static const char *const bad[] = { "", "https://h/a b", "https://h/\t", "https://h/ё" };
    struct bytes *text = NULL;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(link_qr_text(bad[i], &text, &err), ST_INPUT);
        assert_int_equal(link_render(M_EGOV, bad[i], &text, &err), ST_INPUT);
    }
    assert_int_equal(link_render("https://m.egov.kz/", "https://h", &text, &err), ST_INPUT);
    assert_string_equal(err.code, "linkTemplateInvalid");
    assert_null(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_are_those_of_the_seed),
        cmocka_unit_test(the_qr_text_is_the_prefix_and_api1),
        cmocka_unit_test(what_is_no_url_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
