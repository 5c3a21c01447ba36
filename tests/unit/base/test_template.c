#include "support/cmocka.h"

#include "base/template.h"

static const struct template_value words[] = {
    { .name = "word", .text = { "слово", 10 } },
    { .name = NULL },
};

static const struct template_value values[] = {
    { .name = "name", .text = { "Ж <b>&\"'\r\x01", 11 } },
    { .name = "again", .text = { "{{name}}", 8 } },
    { .name = "empty", .text = { "", 0 } },
    { .more = words },
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
    { "{{word}}{{empty}}", "слово" },
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

static void a_part_ends_where_the_next_begins_and_a_missing_one_spoils_the_page(void **state)
{
    static const char file[] = "for readers\n<!-- part a -->\n<p>\n</p>\n<!-- part b -->\nlast";
    AUTO(bytes_free) struct bytes *b = bytes_new(1024);

    (void)state;
    template_add(b, template_part(slice_str(file), "a"), values);
    template_add(b, template_part(slice_str(file), "b"), values);
    assert_string_equal(b->at, "<p>\n</p>\nlast");
    template_add(b, template_part(slice_str(file), "c"), values);
    assert_true(b->failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_takes_its_value_escaped_and_a_mistake_spoils_the_page),
        cmocka_unit_test(a_part_ends_where_the_next_begins_and_a_missing_one_spoils_the_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
