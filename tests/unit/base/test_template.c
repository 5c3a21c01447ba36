#include "support/cmocka.h"

#include "base/template.h"

static const struct template_value values[] = {
    { "name", { "Ж <b>&\"'\r\x01", 11 } },
    { "again", { "{{name}}", 8 } },
    { "empty", { "", 0 } },
    { NULL, { NULL, 0 } },
};

static const struct {
    const char *text;
    const char *want; /* NULL: spoilt */
} cases[] = {
    { "", "" },
    { "no place, no value: { } {x}", "no place, no value: { } {x}" },
    { "<p title=\"{{name}}\">", "<p title=\"Ж &lt;b&gt;&amp;&quot;'&#13;\xEF\xBF\xBD\">" },
    { "{{empty}}{{empty}}.", "." },
    { "{{again}}", "{{name}}" }, /* a value is no template */
    { "{{stranger}}", NULL },
    { "{{ name }}", NULL },
    { "{{name", NULL },
    { "{{name}", NULL },
};

static void a_place_takes_its_value_escaped_and_a_mistake_spoils_the_page(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        AUTO(bytes_free) struct bytes *b = bytes_new(1024);
        struct err err;

        template_add(b, slice_str(cases[i].text), values);
        if (bytes_check(b, "page", &err) != (cases[i].want ? ST_OK : ST_NOMEM))
            fail_msg("%s: %s", cases[i].text, bytes_slice(b).at);
        if (cases[i].want)
            assert_string_equal(b->at ? b->at : "", cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_takes_its_value_escaped_and_a_mistake_spoils_the_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
