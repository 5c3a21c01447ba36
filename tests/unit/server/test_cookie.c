/* Cookies and forms of the console: what counts, and what a page elsewhere could make a browser
 * send. */
#include "server/admin/cookie.h"

#include "support/cmocka.h"

#define WHOLE "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" /* 43 */

static void a_cookie_is_found_once_or_not_at_all(void **state)
{
    static const struct {
        const char *header;
        bool secure;
        const char *want; /* NULL: none */
    } rows[] = {
        { "shepd=abc", false, "abc" },
        { "a=b; shepd=abc; c=d", false, "abc" },
        { "a=b;shepd=abc", false, "abc" },
        { "shepd-door=x; shepd=abc", false, "abc" },
        { "xshepd=abc", false, NULL },
        { "shepd-lang=ru", false, NULL },
        { "shepd", false, NULL },
        { "", false, NULL },
        { "shepd=a; shepd=b", false, NULL }, /* a planted one beside ours */
        { "shepd=a; shepd=a", false, NULL },
        { "shepd=abc", true, NULL }, /* over TLS only the name that a browser binds to the host */
        { "__Host-shepd=abc; shepd=x", true, "abc" },
        { "__Host-shepd=abc", false, NULL },
        { "shepd=" WHOLE "A", false, NULL }, /* too long */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char got[COOKIE_TEXT];
        const bool found = cookie_find(slice_str(rows[i].header), rows[i].secure, COOKIE_SESSION,
                                       got, sizeof(got));
        if (found != (rows[i].want != NULL) || strcmp(got, rows[i].want ? rows[i].want : "") != 0)
            fail_msg("%s: %d \"%s\"", rows[i].header, found, got);
    }
}

static void a_cookie_is_as_strict_as_the_line_allows(void **state)
{
    char header[COOKIE_HEADER];

    (void)state;
    cookie_header(true, COOKIE_SESSION, WHOLE, header);
    assert_string_equal(header, "Set-Cookie: __Host-shepd=" WHOLE
                                "; Path=/; HttpOnly; SameSite=Strict; Secure");
    cookie_header(false, COOKIE_LANGUAGE, "kk", header);
    assert_string_equal(header, "Set-Cookie: shepd-lang=kk; Path=/; HttpOnly; SameSite=Strict");
    cookie_header(true, COOKIE_SESSION, "", header);
    assert_string_equal(header, "Set-Cookie: __Host-shepd=; Path=/; HttpOnly; SameSite=Strict; "
                                "Secure; Max-Age=0");
}

static void values_are_fresh_whole_and_tokens_hang_on_them(void **state)
{
    char one[COOKIE_TEXT], other[COOKIE_TEXT], token[COOKIE_TEXT], again[COOKIE_TEXT];

    (void)state;
    cookie_new(one);
    cookie_new(other);
    assert_string_not_equal(one, other);
    assert_true(cookie_is_whole(one) && cookie_is_whole(other));
    assert_false(cookie_is_whole(WHOLE "A") || cookie_is_whole("") || cookie_is_whole(WHOLE + 1));
    one[5] = '=';
    assert_false(cookie_is_whole(one));
    form_token(other, token);
    form_token(other, again);
    assert_string_equal(token, again);
    assert_string_not_equal(token, other);
    assert_true(form_token_is_right(other, token));
    assert_false(form_token_is_right(WHOLE, token));
    assert_false(form_token_is_right(other, ""));
    token[42] = token[42] == 'A' ? 'Q' : 'A';
    assert_false(form_token_is_right(other, token));
}

static void a_form_is_ours_when_the_browser_says_so(void **state)
{
#define BASE "https://admin.example:8444"
    static const struct {
        const char *origin, *site;
        bool want;
    } rows[] = {
        { BASE, "same-origin", true },
        { BASE, "", true },
        { "", "same-origin", true },
        { "", "", false },
        { "null", "", false },
        { "null", "same-origin", false },
        { BASE, "same-site", false },
        { BASE, "cross-site", false },
        { BASE, "none", false },
        { "https://admin.example", "", false },
        { "http://admin.example:8444", "same-origin", false },
        { BASE ".evil", "", false },
        { "https://evil.example", "cross-site", false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (origin_is_ours(slice_str(rows[i].origin), slice_str(rows[i].site), BASE) !=
            rows[i].want)
            fail_msg("\"%s\", \"%s\"", rows[i].origin, rows[i].site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cookie_is_found_once_or_not_at_all),
        cmocka_unit_test(a_cookie_is_as_strict_as_the_line_allows),
        cmocka_unit_test(values_are_fresh_whole_and_tokens_hang_on_them),
        cmocka_unit_test(a_form_is_ours_when_the_browser_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
