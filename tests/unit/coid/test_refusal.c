#include "coid/read.h"

#include "support/cmocka.h"

static const struct {
    struct slice body;
    const char *says;
} cases[] = {
    /* 002 appendix 4: where the words stand is not told (C-12) */
    { SLICE("{\"timestamp\":\"2021-09-27T10:17:44.098+00:00\",\"status\":403,"
            "\"error\":\"Forbidden\",\"path\":\"/identity/1.1.0/\"}"),
      "Forbidden" },
    { SLICE("{\"status\":404,\"error\":\"Not Found\","
            "\"message\":\"No one person find! Possibly bad IIN\"}"),
      "No one person find! Possibly bad IIN" },
    { SLICE("{\"message\":\"\",\"error\":\"Vendor not found\"}"), "Vendor not found" },
    { SLICE("{\"message\":null,\"error\":\"Vendor not found\"}"), "Vendor not found" },
    { SLICE("{\"message\":\"No message available\",\"error\":\"Not Found\"}"), "Not Found" },
    { SLICE("{\"message\":{\"text\":\"x\"},\"error\":\"Not Found\"}"), "Not Found" },
    { SLICE("SIMILARITY for Idempotency Key not found"),
      "SIMILARITY for Idempotency Key not found" },
    { SLICE("\"GBDFL is unavailable\""), "GBDFL is unavailable" },
    { SLICE(" Error obtaining KDP token\r\n"), "Error obtaining KDP token" },
    { SLICE("{\"message\":\"two\\n lines\\tand a \\u0007 bell\"}"), "two lines and a bell" },
    { SLICE("{\"status\": 500}"), "{\"status\": 500}" },
    { SLICE("[1,\n2]"), "[1, 2]" },
    { SLICE("{\"message\":\"cut"), "{\"message\":\"cut" },
    { SLICE("{\"message\":\"a\",\"message\":\"b\"}"), "{\"message\":\"a\",\"message\":\"b\"}" },
    /* what stands in front of the service says it in HTML */
    { SLICE("<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
            "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n"
            "</body>\r\n</html>\r\n"),
      "502 Bad Gateway" },
    { SLICE("<!DOCTYPE html><HTML><HEAD><TITLE lang='en'>\n Gateway\n Time-out </TITLE>"),
      "Gateway Time-out" },
    { SLICE("<html><head><title></title><style>h1 { color: red }</style></head>"
            "<script>if (1 < 2) alert(\"<b>\");</script><!-- <p>not this</p> -->"
            "<h1>No&nbsp;way</h1>in<br/>here</html>"),
      "No&nbsp;way in here" },
    { SLICE("<error><code>523</code><message>GBDFL is unavailable</message></error>"),
      "523 GBDFL is unavailable" },
    { SLICE("<html><title>never ends"), "never ends" },
    { SLICE("<html <body <p never ends"), "" },
    { SLICE("<script>never ends"), "" },
    { SLICE("<!-- never ends"), "" },
    { SLICE("<"), "" },
    /* an IIN goes no further */
    { SLICE("{\"message\":\"No data of 900101300017\"}"), "No data of ************" },
    { SLICE("900101300017"), "************" },
    { SLICE("<h1>/verify?iin=900101300017&amp;vendor=1</h1>"),
      "/verify?iin=************&amp;vendor=1" },
    { SLICE("9001013000170 90010130001 900101300017x900101300017"),
      "9001013000170 90010130001 ************x************" },
    /* bytes of any kind */
    { SLICE(""), "" },
    { SLICE(" \r\n\t "), "" },
    { SLICE("{}"), "{}" },
    { SLICE("\xcd\xe5\xf2 \xf4\xee\xf2\xee"), "Нет фото" },
    { SLICE("Нет фото"), "Нет фото" },
    { SLICE("\xef\xbb\xbf{\"message\":\"behind a mark\"}"), "behind a mark" },
    { SLICE("a\0b\1c"), "a b c" },
    { SLICE("\x98\xff\0"), "??" },
};

/* req 2.39 */
static void the_words_of_a_refusal_are_found_in_whatever_body_they_come(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char got[160];

        (void)read_refusal(cases[i].body, 404, got, sizeof(got));
        if (strcmp(got, cases[i].says) != 0)
            fail_msg("%s: \"%s\", expected \"%s\"", cases[i].body.at, got, cases[i].says);
    }
}

/* req 2.39: what a service of ЦОИД's writes, and what others do. */
static void the_form_of_a_body_tells_whose_it_is(void **state)
{
    static const struct {
        struct slice body;
        bool is_own;
    } forms[] = {
        { SLICE("{\"timestamp\":\"2021-09-27T10:17:44.098+00:00\",\"status\":404,"
                "\"error\":\"Not Found\",\"path\":\"/identity/1.1.0/verify\"}"),
          true },
        { SLICE("\xef\xbb\xbf {\"status\":404}\r\n"), true },
        { SLICE("{\"status\":404,\"error\":null,\"message\":\"of any kind\"}"), true },
        { SLICE("{\"error\":\"Not Found\"}"), true },
        { SLICE("{\"error\":\"\"}"), true },
        { SLICE("{\"status\":502,\"error\":\"Bad Gateway\"}"), false },
        { SLICE("{\"status\":\"404\",\"error\":\"Not Found\"}"), false },
        { SLICE("{\"status\":null,\"error\":\"Not Found\"}"), false },
        { SLICE("{\"message\":\"no Route matched with those values\"}"), false },
        { SLICE("{\"error\":{\"code\":404}}"), false },
        { SLICE("{}"), false },
        { SLICE("[{\"status\":404}]"), false },
        { SLICE("\"Not Found\""), false },
        { SLICE("404"), false },
        { SLICE("{\"status\":404"), false },
        { SLICE("{\"status\":404,\"status\":404}"), false },
        { SLICE("<html><title>404 Not Found</title></html>"), false },
        { SLICE("Not Found"), false },
        { SLICE(""), false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++) {
        char got[160];

        if (read_refusal(forms[i].body, 404, got, sizeof(got)) != forms[i].is_own)
            fail_msg("%s: %s", forms[i].body.at, forms[i].is_own ? "not its own" : "its own");
    }
}

static void a_long_refusal_is_cut_between_characters(void **state)
{
    char got[10];

    (void)state;
    (void)read_refusal(SLICE("ЦОИД отказал"), 404, got, sizeof(got));
    assert_string_equal(got, "ЦОИД ");
    (void)read_refusal(SLICE("{\"message\":\"ЦОИ1Д\"}"), 404, got, sizeof(got));
    assert_string_equal(got, "ЦОИ1Д");
    (void)read_refusal(SLICE("x"), 404, got, 1);
    assert_string_equal(got, "");
}

static void of_a_huge_body_the_beginning_is_read(void **state)
{
    const size_t len = 10 << 20;
    char *body = malloc(len);
    char got[32];

    (void)state;
    assert_non_null(body);
    memset(body, '<', len);
    (void)read_refusal((struct slice){ body, len }, 404, got, sizeof(got));
    assert_string_equal(got, "");
    memset(body, '[', len);
    (void)read_refusal((struct slice){ body, len }, 404, got, sizeof(got));
    assert_int_equal(strlen(got), sizeof(got) - 1);
    memset(body, ' ', len);
    (void)read_refusal((struct slice){ body, len }, 404, got, sizeof(got));
    assert_string_equal(got, "");
    free(body);
}

/* Where it is cut there may be the middle of a character: it is UTF-8 all the same. */
static void a_huge_body_in_cyrillic_is_read_as_what_it_is(void **state)
{
    const size_t len = 70000;
    char *body = malloc(len);
    char got[32];

    (void)state;
    assert_non_null(body);
    for (size_t shift = 0; shift < 2; shift++) {
        memset(body, ' ', 2);
        for (size_t i = shift; i + 1 < len; i += 2) {
            body[i] = '\xd1'; /* ф */
            body[i + 1] = '\x84';
        }
        (void)read_refusal((struct slice){ body, len - shift }, 404, got, sizeof(got));
        assert_string_equal(got, "ффффффффффффффф");
    }
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_words_of_a_refusal_are_found_in_whatever_body_they_come),
        cmocka_unit_test(the_form_of_a_body_tells_whose_it_is),
        cmocka_unit_test(a_long_refusal_is_cut_between_characters),
        cmocka_unit_test(of_a_huge_body_the_beginning_is_read),
        cmocka_unit_test(a_huge_body_in_cyrillic_is_read_as_what_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
