/* The pure readers of the sandbox: canonical XML, and what a camera or a link gives. */
#include "unit/sandbox/fixture.h"

#include "sandbox/canonical.h"
#include "sandbox/phone_link.h"

#define API1 "https://some.domen.kz/mgovSign?parameter1=value1&parameter2=value2"
#define ENCODED "https://some.domen.kz/mgovSign%3Fparameter1%3Dvalue1%26parameter2%3Dvalue2"

static const struct {
    const char *text;
    const char *api1; /* NULL: refused */
} links[] = {
    { "mobileSign:https://some.domen.kz", "https://some.domen.kz" }, /* req 1.01 */
    { " mobileSign:https://some.domen.kz/m/x/mgovSign\n", "https://some.domen.kz/m/x/mgovSign" },
    /* req 1.02, 1.03, 1.06 */
    { "https://mgovsign.page.link/?link=" ENCODED "&isi=1476128386&ibi=kz.egov.mobile", API1 },
    { "https://mgovsign.page.link/?link=" ENCODED "&apn=kz.mobile.mgov", API1 },
    { "https://m.egov.kz/mobileSign/?link=https://some.domen.kz/m/x/mgovSign",
      "https://some.domen.kz/m/x/mgovSign" },
    { "https://m.egov.kz/mobileSign/?a=b&link=https%3A%2F%2Fsome.domen.kz%2Fm",
      "https://some.domen.kz/m" },
    { "http://127.0.0.1:1/?link=http://127.0.0.1:2/x", "http://127.0.0.1:2/x" },
    { "mobilesign:https://some.domen.kz", NULL }, /* req 1.40 */
    { "mobileSign: https://some.domen.kz", NULL },
    { "mobileSign:https://some domen.kz", NULL },
    { "mobileSign:ftp://some.domen.kz", NULL },
    { "mobileSign:https://", NULL },
    { "mobileSign:", NULL },
    { "https://m.egov.kz/mobileSign/", NULL },
    { "https://m.egov.kz/mobileSign/?link=", NULL },
    { "https://m.egov.kz/mobileSign/?link=https%3A%2F%2Fx%0D%0AHost:y", NULL },
    { "https://m.egov.kz/mobileSign/?link=https%3", NULL },
    { "https://m.egov.kz/mobileSign/?link=https%zz", NULL },
    { "https://m.egov.kz/mobileSign/?link=https://x%00y", NULL },
    { "", NULL },
};

static void a_qr_or_a_link_gives_api1_or_a_refusal(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        char api1[PHONE_URL_TEXT] = "untouched";
        struct err err;
        enum status status = phone_link_read(slice_str(links[i].text), api1, &err);

        if (status != (links[i].api1 ? ST_OK : ST_INPUT))
            fail_msg("%s: %s", links[i].text, status_name(status));
        assert_string_equal(api1, links[i].api1 ? links[i].api1 : "untouched");
    }
}

static void a_link_longer_than_any_url_is_refused(void **state)
{
    char text[PHONE_URL_TEXT + 64] = "mobileSign:https://";
    char api1[PHONE_URL_TEXT];
    struct err err;

    (void)state;
    memset(text + strlen(text), 'a', sizeof(text) - 1 - strlen(text));
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(phone_link_read(slice_str(text), api1, &err), ST_INPUT);
}

/* ---- canonical XML ---- */

static const char envelope[] =
    "<!-- a --><s:E xmlns:s=\"urn:s\" xmlns:u=\"urn:unused\"><s:H></s:H><s:B a=\"1>2\">"
    "<?pi <x> ?><d:R xmlns:d=\"urn:d\"><code>A&amp;B &lt;&gt; &quot;&#xD;</code>"
    "<data xmlns:x=\"urn:x\"><d:item x:t=\"d:y\"><x:in></x:in><d:item></d:item></d:item></data>"
    "</d:R></s:B></s:E><!-- z -->";

static void elements_are_found_by_local_name_at_their_level(void **state)
{
    struct canonical root, body, response, code, none;
    AUTO(bytes_free) struct bytes *text = NULL;

    (void)state;
    assert_true(canonical_root(slice_str(envelope), &root));
    assert_true(slice_eq_str(root.local, "E"));
    assert_true(canonical_child(&root, "B", &body));
    assert_true(canonical_child(&body, NULL, &response));
    assert_true(slice_eq_str(response.local, "R"));
    assert_true(canonical_child(&response, "code", &code));
    assert_false(canonical_child(&root, "code", &none));
    assert_false(canonical_child(&code, NULL, &none));
    text = canonical_text(&code);
    assert_string_equal(text->at, "A&B <> \"\r");
}

static void a_copy_declares_the_namespaces_it_uses(void **state)
{
    struct canonical root, body, response, data, item;
    AUTO(bytes_free) struct bytes *copy = NULL;

    (void)state;
    assert_true(canonical_root(slice_str(envelope), &root) && canonical_child(&root, "B", &body) &&
                canonical_child(&body, "R", &response) &&
                canonical_child(&response, "data", &data) && canonical_child(&data, NULL, &item));
    copy = canonical_copy(&item);
    assert_string_equal(copy->at, "<d:item xmlns:x=\"urn:x\" xmlns:d=\"urn:d\" x:t=\"d:y\"><x:in>"
                                  "</x:in><d:item></d:item></d:item>");
}

static void what_is_cut_off_is_no_element(void **state)
{
    struct canonical root;

    (void)state;
    for (size_t len = 0; len + sizeof("</s:E><!-- z -->") <= sizeof(envelope); len++)
        assert_false(canonical_root((struct slice){ envelope, len }, &root));
}

static void escaped_text_comes_back(void **state)
{
    AUTO(bytes_free) struct bytes *xml = bytes_new(1024);
    AUTO(bytes_free) struct bytes *text = NULL;
    struct canonical root;

    (void)state;
    bytes_add_str(xml, "<a>");
    canonical_escape(xml, SLICE("<x y=\"1\">&amp;]]>\r\n</x>"));
    bytes_add_str(xml, "</a>");
    assert_true(canonical_root(bytes_slice(xml), &root));
    text = canonical_text(&root);
    assert_string_equal(text->at, "<x y=\"1\">&amp;]]>\r\n</x>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_qr_or_a_link_gives_api1_or_a_refusal),
        cmocka_unit_test(a_link_longer_than_any_url_is_refused),
        cmocka_unit_test(elements_are_found_by_local_name_at_their_level),
        cmocka_unit_test(a_copy_declares_the_namespaces_it_uses),
        cmocka_unit_test(what_is_cut_off_is_no_element),
        cmocka_unit_test(escaped_text_comes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
