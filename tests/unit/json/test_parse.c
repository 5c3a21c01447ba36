#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct json_limits limits = { 4096, 8, 40 };

static struct json *parse(const char *text)
{
    struct json *json = NULL;
    struct err err;

    if (json_parse(slice_str(text), &limits, &json, &err) != ST_OK)
        fail_msg("%s: %s", text, err.text);
    return json;
}

static const char *const accepted[] = {
    "{}",
    "[]",
    " \t\r\n{ } \n",
    "null",
    "true",
    "\"\"",
    "0",
    "-0",
    "-0.5e-3",
    "1E+2",
    "1.7976931348623157e308",
    "123456789012345678901234567890",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
    "\"\\uD83D\\uDE00\"",
    "\"\xD0\xAD\xD0\xA6\xD0\x9F\"",
    "\"\x7F\"",
    "[[[[[[[[]]]]]]]]",
    "{\"a\":1,\"A\":2}",
    "{\"\":1}",
    "{\"a\":{\"b\":1},\"b\":{\"b\":1}}",
};

static void json_of_rfc_8259_is_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++)
        json_free(parse(accepted[i]));
}

#define LONG_NUMBER "1111111111111111111111111111111111111111111111111111111111111111" /* 64 */

static const struct {
    struct slice text;
    const char *says;
} refused[] = {
    { SLICE(""), "missing" },
    { SLICE("  "), "missing" },
    { SLICE("\xEF\xBB\xBF{}"), "byte order mark" },
    { SLICE("{}\0"), "NUL" },
    { SLICE("\"a\0b\""), "NUL" },
    { SLICE("\"\\u0000\""), "\\u0000" },
    { SLICE("\"\xC3\x28\""), "UTF-8" },
    { SLICE("\"\xED\xA0\x80\""), "UTF-8" },
    { SLICE("\"\xC0\xAF\""), "UTF-8" },
    { SLICE("\"a\tb\""), "control character in a string at byte 2" },
    { SLICE("\"a\nb\""), "control character" },
    { SLICE("\"abc"), "without an end" },
    { SLICE("\"\\x41\""), "unknown escape" },
    { SLICE("\"\\"), "unknown escape" },
    { SLICE("\"\\u12g4\""), "four hex digits" },
    { SLICE("\"\\u12"), "four hex digits" },
    { SLICE("\"\\uD800\""), "unpaired high" },
    { SLICE("\"\\uD800\\u0041\""), "unpaired high" },
    { SLICE("\"\\uD800x\""), "unpaired high" },
    { SLICE("\"\\uDC00\""), "unpaired low" },
    { SLICE("-01"), "leading zero" },
    { SLICE("01"), "leading zero" },
    { SLICE("-"), "not a number" },
    { SLICE("+1"), "no JSON value" },
    { SLICE(".5"), "no JSON value" },
    { SLICE("2."), "behind the point" },
    { SLICE("2.e3"), "behind the point" },
    { SLICE("2e"), "exponent" },
    { SLICE("2e+"), "exponent" },
    { SLICE("1e999"), "out of range" },
    { SLICE("-1e999"), "out of range" },
    { SLICE(LONG_NUMBER), "longer than 63" },
    { SLICE("NaN"), "no JSON value" },
    { SLICE("Infinity"), "no JSON value" },
    { SLICE("nul"), "no JSON value" },
    { SLICE("True"), "no JSON value" },
    { SLICE("nullx"), "behind the document at byte 4" },
    { SLICE("{} {}"), "behind the document at byte 3" },
    { SLICE("{}\f"), "behind the document" },
    { SLICE("\f{}"), "no JSON value" },
    { SLICE("\v1"), "no JSON value" },
    { SLICE("{\"a\":1,}"), "key missing" },
    { SLICE("{,}"), "key missing" },
    { SLICE("{a:1}"), "key missing" },
    { SLICE("{'a':1}"), "key missing" },
    { SLICE("{\"a\" 1}"), "colon missing" },
    { SLICE("{\"a\":}"), "no JSON value" },
    { SLICE("{\"a\":1 \"b\":2}"), "comma or }" },
    { SLICE("{\"a\":1]"), "comma or }" },
    { SLICE("[1,]"), "no JSON value" },
    { SLICE("[1 2]"), "comma or ]" },
    { SLICE("[1}"), "comma or ]" },
    { SLICE("["), "missing" },
    { SLICE("/* c */ 1"), "no JSON value" },
    { SLICE("{\"a\":1,\"a\":2}"), "\"a\" stands twice" },
    { SLICE("{\"a\":1,\"b\":1,\"\\u0061\":2}"), "\"a\" stands twice" },
    { SLICE("[{\"k\":{\"a\":1,\"a\":1}}]"), "\"a\" stands twice" },
    { SLICE("[[[[[[[[[]]]]]]]]]"), "too deeply at byte 8" },
    { SLICE("[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]"),
      "too many values" },
};

static void what_is_not_rfc_8259_is_refused_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct json *json = NULL;
        struct err err = { 0 };
        enum status got = json_parse(refused[i].text, &limits, &json, &err);

        if (got != ST_FORMAT || json)
            fail_msg("%s: %s", refused[i].text.at, status_name(got));
        if (!strstr(err.text, refused[i].says))
            fail_msg("%s: says \"%s\"", refused[i].text.at, err.text);
    }
}

static void a_text_over_the_limit_is_refused(void **state)
{
    struct json *json = NULL;
    struct err err;
    const struct json_limits four = { 4, 8, 8 };

    (void)state;
    assert_int_equal(json_parse(SLICE("[  ]"), &four, &json, &err), ST_OK);
    json_free(TAKE(json));
    assert_int_equal(json_parse(SLICE("[   ]"), &four, &json, &err), ST_FORMAT);
}

static void nesting_beyond_our_own_limit_is_refused_whatever_the_caller_says(void **state)
{
    const struct json_limits lax = { 1 << 20, 1 << 20, 1 << 20 };
    static char deep[2 * 1000];
    struct json *json = NULL;
    struct err err;

    (void)state;
    memset(deep, '[', 512);
    memset(deep + 512, ']', 512);
    assert_int_equal(json_parse(slice_mem(deep, 1024), &lax, &json, &err), ST_OK);
    json_free(TAKE(json));
    memset(deep, '[', 1000);
    memset(deep + 1000, ']', 1000);
    assert_int_equal(json_parse(slice_mem(deep, 2000), &lax, &json, &err), ST_FORMAT);
}

static void integers_are_exact_within_two_to_the_53(void **state)
{
    static const struct {
        const char *text;
        bool is_integer;
        int64_t want;
    } cases[] = {
        { "0", true, 0 },
        { "-0", true, 0 },
        { "2147483648", true, 2147483648 },
        { "9007199254740991", true, 9007199254740991 },
        { "-9007199254740991", true, -9007199254740991 },
        { "1.0", true, 1 },
        { "1e2", true, 100 },
        { "9007199254740992", false, 0 },
        { "9007199254740993", false, 0 },
        { "1e300", false, 0 },
        { "1.5", false, 0 },
        { "\"1\"", false, 0 },
        { "true", false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(json_free) struct json *json = parse(cases[i].text);
        int64_t got = 0;

        if (json_integer(json, &got) != cases[i].is_integer || got != cases[i].want)
            fail_msg("%s: %lld", cases[i].text, (long long)got);
    }
}

/* req 1.40 */
static void keys_are_found_with_their_case_and_readers_chain_over_what_is_absent(void **state)
{
    AUTO(json_free)
    struct json *json =
        parse("{\"signMethod\":\"XML\",\"n\":[10,true,0.25,null],\"signmethod\":1}");
    const struct json *list = json_member(json, "n");
    struct slice text;
    int64_t integer;
    double real;
    bool yes;

    (void)state;
    assert_true(json_string(json_member(json, "signMethod"), &text));
    assert_true(slice_eq_str(text, "XML"));
    assert_null(json_member(json, "SignMethod"));
    assert_int_equal(json_count(json), 3);
    assert_int_equal(json_count(list), 4);
    assert_true(json_integer(json_item(list, 0), &integer) && integer == 10);
    assert_true(json_bool(json_item(list, 1), &yes) && yes);
    assert_true(json_real(json_item(list, 2), &real) && real == 0.25);
    assert_true(json_is_null(json_item(list, 3)));
    assert_null(json_item(list, 4));
    assert_string_equal(json_key(json_next(json_first(json))), "n");
    assert_string_equal(json_key(json_item(list, 0)), "");
    assert_null(json_member(json_member(json_member(json, "x"), "y"), "z"));
    assert_null(json_member(list, "x"));
    assert_int_equal(json_count(json_member(json, "x")), 0);
    assert_false(json_string(NULL, &text));
    assert_true(json_is_object(json) && json_is_array(list) && !json_is_array(json));
}

static void escapes_are_read(void **state)
{
    AUTO(json_free)
    struct json *json = parse("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u044D\\uD83D\\uDE00\"");
    struct slice text;

    (void)state;
    assert_true(json_string(json, &text));
    assert_true(slice_eq_str(text, "\"\\/\b\f\n\r\t\xD1\x8D\xF0\x9F\x98\x80"));
}

static const struct {
    const char *a, *b;
    bool want;
} pairs[] = {
    { "{\"a\":1,\"b\":[1,{}]}", "{ \"b\":[1,{}] , \"a\":1.0 }", true }, /* req 1.35: key order */
    { "{\"a\":1,\"b\":2,\"c\":3}", "{\"c\":3,\"a\":1,\"b\":2}", true },
    { "\"\\u0061\"", "\"a\"", true },
    { "100", "1e2", true },
    { "[]", "[]", true },
    { "{\"a\":1}", "{\"a\":1,\"b\":2}", false },
    { "{\"a\":1,\"b\":2}", "{\"a\":1}", false },
    { "{\"a\":1}", "{\"A\":1}", false },
    { "[1,2]", "[2,1]", false },
    { "[1]", "[1,1]", false },
    { "[1,1]", "[1]", false },
    { "1", "\"1\"", false },
    { "true", "false", false },
    { "null", "0", false },
    { "{}", "[]", false },
};

static void documents_are_equal_by_value(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        AUTO(json_free) struct json *a = parse(pairs[i].a);
        AUTO(json_free) struct json *b = parse(pairs[i].b);

        if (json_equal(a, b) != pairs[i].want || json_equal(b, a) != pairs[i].want)
            fail_msg("%s %s", pairs[i].a, pairs[i].b);
    }
    assert_false(json_equal(NULL, NULL));
}

/* req 1.36 */
static void a_returned_document_equals_the_issued_one_but_for_the_signed_field(void **state)
{
    static const struct {
        const char *returned;
        bool want;
    } cases[] = {
        { "{\"d\":[{\"id\":1,\"data\":\"SIGNED\",\"file\":{\"data\":\"x\"}}]}", true },
        { "{\"d\":[{\"file\":{\"data\":\"x\"},\"data\":\"\",\"id\":1}]}", true },
        { "{\"d\":[{\"id\":1,\"data\":\"S\",\"file\":{\"data\":\"y\"}}]}", false },
        { "{\"d\":[{\"id\":1,\"data\":{},\"file\":{\"data\":\"x\"}}]}", false },
        { "{\"d\":[{\"id\":1,\"data\":null,\"file\":{\"data\":\"x\"}}]}", false },
        { "{\"d\":[{\"id\":1,\"file\":{\"data\":\"x\"}}]}", false },
        { "{\"d\":[{\"id\":2,\"data\":\"S\",\"file\":{\"data\":\"x\"}}]}", false },
        { "{\"d\":[{\"id\":1,\"data\":\"S\",\"file\":{\"data\":\"x\"},\"e\":1}]}", false },
    };
    AUTO(json_free)
    struct json *issued =
        parse("{\"d\":[{\"id\":1,\"data\":\"plain\",\"file\":{\"data\":\"x\"}}]}");
    const struct json *signed_field = json_member(json_item(json_member(issued, "d"), 0), "data");

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(json_free) struct json *returned = parse(cases[i].returned);

        if (json_equal_but(issued, returned, &signed_field, 1) != cases[i].want)
            fail_msg("%s", cases[i].returned);
    }
}

/* Quadratic work here would run for minutes. */
static void a_hundred_thousand_keys_are_read_and_compared_in_no_time(void **state)
{
    const struct json_limits wide = { 4 << 20, 4, 200000 };
    AUTO(bytes_free) struct bytes *text = bytes_new(4 << 20);
    AUTO(json_free) struct json *a = NULL;
    AUTO(json_free) struct json *b = NULL;
    struct err err;

    (void)state;
    bytes_add_str(text, "{");
    for (int i = 0; i < 100000; i++)
        bytes_addf(text, "%s\"key%d\":%d", i ? "," : "", i, i);
    bytes_add_str(text, "}");
    assert_int_equal(json_parse(bytes_slice(text), &wide, &a, &err), ST_OK);
    assert_int_equal(json_parse(bytes_slice(text), &wide, &b, &err), ST_OK);
    assert_true(json_equal(a, b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_of_rfc_8259_is_accepted),
        cmocka_unit_test(what_is_not_rfc_8259_is_refused_with_its_place),
        cmocka_unit_test(a_text_over_the_limit_is_refused),
        cmocka_unit_test(nesting_beyond_our_own_limit_is_refused_whatever_the_caller_says),
        cmocka_unit_test(integers_are_exact_within_two_to_the_53),
        cmocka_unit_test(keys_are_found_with_their_case_and_readers_chain_over_what_is_absent),
        cmocka_unit_test(escapes_are_read),
        cmocka_unit_test(documents_are_equal_by_value),
        cmocka_unit_test(a_returned_document_equals_the_issued_one_but_for_the_signed_field),
        cmocka_unit_test(a_hundred_thousand_keys_are_read_and_compared_in_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
