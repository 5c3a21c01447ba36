#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

static const struct json_limits limits = { 4096, 8, 100 };

static void assert_prints(const struct json *json, const char *want)
{
    AUTO(bytes_free) struct bytes *text = NULL;
    struct err err;

    if (json_print(json, 4096, &text, &err) != ST_OK)
        fail_msg("%s", err.text);
    assert_string_equal(text->at, want);
}

static enum status print_status(const struct json *json, size_t max)
{
    AUTO(bytes_free) struct bytes *text = NULL;
    struct err err;

    return json_print(json, max, &text, &err);
}

static void a_document_is_printed_in_the_order_in_which_it_was_written(void **state)
{
    AUTO(json_free) struct json *root = json_new_object();
    struct json *list, *inner;

    (void)state;
    json_set_string(root, "z", SLICE("последний"));
    json_set_integer(root, "a", -9007199254740991);
    json_set_bool(root, "yes", true);
    json_set_bool(root, "no", false);
    list = json_set_array(root, "list");
    json_push_string(list, SLICE("one"));
    inner = json_push_object(list);
    json_set_object(inner, "empty");
    (void)json_push_array(list);
    json_set_copy(root, "copy", inner);
    assert_prints(root, "{\"z\":\"последний\",\"a\":-9007199254740991,\"yes\":true,\"no\":false,"
                        "\"list\":[\"one\",{\"empty\":{}},[]],\"copy\":{\"empty\":{}}}");
}

static void what_json_escapes_is_escaped_and_reads_back(void **state)
{
    const char *nasty = "\"\\/\b\f\n\r\t\x01\x1f\x7f<&>\xD1\x8D\xF0\x9F\x98\x80";
    AUTO(json_free) struct json *root = json_new_array();
    AUTO(json_free) struct json *back = NULL;
    AUTO(bytes_free) struct bytes *text = NULL;
    struct slice got;
    struct err err;

    (void)state;
    json_push_string(root, slice_str(nasty));
    json_push_string(root, SLICE(""));
    assert_prints(root,
                  "[\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f<&>\xD1\x8D\xF0\x9F\x98\x80\","
                  "\"\"]");
    assert_int_equal(json_print(root, 4096, &text, &err), ST_OK);
    assert_int_equal(json_parse(bytes_slice(text), &limits, &back, &err), ST_OK);
    assert_true(json_string(json_item(back, 0), &got) && slice_eq_str(got, nasty));
}

static void numbers_and_literals_survive_a_round_trip(void **state)
{
    const char *text = "[0,-1.5,1e+300,0.1,12345678901234,2.2250738585072014e-308,null,true,false]";
    AUTO(json_free) struct json *json = NULL;
    AUTO(json_free) struct json *copy = NULL;
    struct err err;

    (void)state;
    assert_int_equal(json_parse(slice_str(text), &limits, &json, &err), ST_OK);
    assert_prints(json, text);
    copy = json_dup(json);
    assert_true(json_equal(json, copy));
}

static void what_json_cannot_hold_spoils_the_document(void **state)
{
    (void)state;
    for (int i = 0; i < 7; i++) {
        AUTO(json_free) struct json *root = json_new_object();
        struct json *deep = json_set_array(json_set_object(root, "a"), "b");

        if (i == 0)
            json_push_string(deep, SLICE("\xFF"));
        else if (i == 1)
            json_push_string(deep, SLICE("a\0b"));
        else if (i == 2)
            json_set_integer(root, "n", (int64_t)1 << 53);
        else if (i == 3)
            json_set_bool(root, "a", true); /* twice */
        else if (i == 4)
            json_set_bool(deep, "key", true); /* into an array */
        else if (i == 5)
            json_push_string(root, SLICE("into an object"));
        else
            json_set_string(root, "s", SLICE("\xED\xA0\x80"));
        assert_int_equal(print_status(root, 4096), ST_INTERNAL);
    }
    assert_int_equal(print_status(NULL, 4096), ST_NOMEM);
}

static void a_document_over_the_ceiling_is_not_printed(void **state)
{
    AUTO(json_free) struct json *root = json_new_array();

    (void)state;
    json_push_string(root, SLICE("12345678"));
    assert_int_equal(print_status(root, 12), ST_OK);
    assert_int_equal(print_status(root, 11), ST_NOMEM);
}

/* req 1.36: this is how the telephone puts the signed value in the data's place */
static void a_string_of_a_parsed_document_is_replaced_in_its_place(void **state)
{
    AUTO(json_free) struct json *json = NULL;
    struct json *file;
    struct err err;

    (void)state;
    assert_int_equal(
        json_parse(SLICE("{\"d\":[{\"id\":7,\"file\":{\"data\":\"old\",\"mime\":1}}]}"), &limits,
                   &json, &err),
        ST_OK);
    file = json_edit_member(json_edit_item(json_edit_member(json, "d"), 0), "file");
    assert_true(json_replace_string(file, "data", SLICE("new")));
    assert_false(json_replace_string(file, "mime", SLICE("new")));
    assert_false(json_replace_string(file, "absent", SLICE("new")));
    assert_false(json_replace_string(NULL, "data", SLICE("new")));
    assert_prints(json, "{\"d\":[{\"id\":7,\"file\":{\"data\":\"new\",\"mime\":1}}]}");
    assert_true(json_replace_string(file, "data", SLICE("\xFF")));
    assert_int_equal(print_status(json, 4096), ST_INTERNAL);
}

static void any_value_of_a_document_is_printed_alone(void **state)
{
    AUTO(json_free) struct json *json = NULL;
    struct err err;

    (void)state;
    assert_int_equal(
        json_parse(SLICE("{\"a\": [1, {\"b\": null}], \"c\": \"x\"}"), &limits, &json, &err),
        ST_OK);
    assert_prints(json_member(json, "a"), "[1,{\"b\":null}]");
    assert_prints(json_item(json_member(json, "a"), 0), "1");
    assert_prints(json_member(json, "c"), "\"x\"");
}

static void assert_decimal(const char *text, const char *want)
{
    AUTO(json_free) struct json *json = NULL;
    char got[JSON_DECIMAL] = "";
    struct err err;

    assert_int_equal(json_parse(slice_str(text), &limits, &json, &err), ST_OK);
    assert_true(json_decimal(json, got));
    if (strcmp(got, want) != 0 || strtod(got, NULL) != strtod(text, NULL))
        fail_msg("%s: %s", text, got);
}

/* req 2.24, req 3.17: as ЦОИД prints them, and what no exponent may come out of */
static void numbers_are_told_in_decimal_notation_as_short_as_they_can_be(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "0", "0" },
        { "0.0", "0" },
        { "-0.0", "0" },
        { "1.0", "1" },
        { "0.1", "0.1" },
        { "-0.25", "-0.25" },
        { "0.9959589839", "0.9959589839" },
        { "0.014690000000000002", "0.014690000000000002" },
        { "0.9773761034011841", "0.9773761034011841" },
        { "0.3333333333333333", "0.3333333333333333" },
        { "0.30000000000000004", "0.30000000000000004" },
        { "210000.0", "210000" },
        { "2.1E5", "210000" },
        { "1904", "1904" },
        { "123456789012", "123456789012" },
        { "9007199254740991", "9007199254740991" },
        { "1e-7", "0.0000001" },
        { "-1.5e-7", "-0.00000015" },
        { "1e21", "1000000000000000000000" },
        { "12345e-3", "12.345" },
        { "100.50", "100.5" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_decimal(cases[i].text, cases[i].want);
}

static void the_longest_numbers_have_room_in_decimal_notation(void **state)
{
    static const char *const ends[] = { "1.7976931348623157e308", "-1.7976931348623157e308",
                                        "-4.9406564584124654e-324", "-2.2250738585072014e-308" };

    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        AUTO(json_free) struct json *json = NULL;
        char got[JSON_DECIMAL];
        struct err err;

        assert_int_equal(json_parse(slice_str(ends[i]), &limits, &json, &err), ST_OK);
        assert_true(json_decimal(json, got));
        assert_true(strlen(got) < sizeof(got));
        assert_null(strchr(got, 'e'));
        assert_true(strtod(got, NULL) == strtod(ends[i], NULL));
    }
    assert_false(json_decimal(NULL, (char[JSON_DECIMAL]){ 0 }));
}

/* Torture: let cJSON's n-th allocation fail, for every n until none does. */
static size_t fail_at;

static void *failing_malloc(size_t size)
{
    return fail_at && --fail_at == 0 ? NULL : malloc(size);
}

static enum status write_and_edit(void)
{
    AUTO(json_free) struct json *root = json_new_object();
    AUTO(json_free) struct json *copy = NULL;

    json_set_string(json_set_object(root, "a"), "b", SLICE("text"));
    json_push_string(json_set_array(root, "list"), SLICE("x"));
    json_set_integer(root, "n", 1);
    json_set_copy(root, "copy", json_member(root, "a"));
    json_replace_string(json_edit_member(root, "a"), "b", SLICE("other"));
    copy = json_dup(root);
    if (!root || !copy)
        return ST_NOMEM;
    return print_status(copy, 4096);
}

static enum status parse_something(void)
{
    AUTO(json_free) struct json *json = NULL;
    struct err err;

    return json_parse(SLICE("{\"a\":[1,\"x\",{}]}"), &limits, &json, &err);
}

static void assert_survives(enum status (*work)(void))
{
    cJSON_Hooks hooks = { failing_malloc, free };
    enum status got = ST_NOMEM;
    size_t n = 0;

    cJSON_InitHooks(&hooks);
    while (got != ST_OK) {
        fail_at = ++n;
        got = work();
        fail_at = 0;
        assert_true(got == ST_OK || got == ST_NOMEM);
    }
    cJSON_InitHooks(NULL);
    assert_true(n > 5);
}

static void every_failed_allocation_ends_in_out_of_memory(void **state)
{
    (void)state;
    assert_survives(write_and_edit);
    assert_survives(parse_something);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_printed_in_the_order_in_which_it_was_written),
        cmocka_unit_test(what_json_escapes_is_escaped_and_reads_back),
        cmocka_unit_test(numbers_and_literals_survive_a_round_trip),
        cmocka_unit_test(what_json_cannot_hold_spoils_the_document),
        cmocka_unit_test(a_document_over_the_ceiling_is_not_printed),
        cmocka_unit_test(a_string_of_a_parsed_document_is_replaced_in_its_place),
        cmocka_unit_test(any_value_of_a_document_is_printed_alone),
        cmocka_unit_test(numbers_are_told_in_decimal_notation_as_short_as_they_can_be),
        cmocka_unit_test(the_longest_numbers_have_room_in_decimal_notation),
        cmocka_unit_test(every_failed_allocation_ends_in_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
