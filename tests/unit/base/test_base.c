#include "support/cmocka.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/id.h"
#include "base/text.h"

#include <unistd.h>

static void bytes_grow_to_their_ceiling_and_fail_for_good_beyond_it(void **state)
{
    AUTO(bytes_free) struct bytes *b = bytes_new(10);
    struct err err;

    (void)state;
    bytes_add_str(b, "12345");
    bytes_addf(b, "%d", 67890);
    assert_int_equal(bytes_check(b, "b", &err), ST_OK);
    assert_string_equal(b->at, "1234567890");
    bytes_add_str(b, "x");
    assert_true(b->failed);
    bytes_add_str(b, "");
    assert_int_equal(bytes_check(b, "the answer", &err), ST_NOMEM);
    assert_non_null(strstr(err.text, "the answer"));
    assert_int_equal(b->len, 10);
}

static void a_copy_holds_every_byte_nul_included(void **state)
{
    AUTO(bytes_free) struct bytes *b = bytes_dup((struct slice){ "a\0b", 3 });

    (void)state;
    assert_int_equal(b->len, 3);
    assert_memory_equal(b->at, "a\0b", 4);
}

static void an_arena_gives_aligned_zeroed_memory_up_to_its_ceiling(void **state)
{
    AUTO(arena_free) struct arena *arena = arena_new(10000);

    (void)state;
    for (int i = 0; i < 50; i++) {
        char *at = arena_alloc(arena, 100);
        assert_non_null(at);
        assert_int_equal((uintptr_t)at % _Alignof(max_align_t), 0);
        for (int k = 0; k < 100; k++)
            assert_int_equal(at[k], 0);
        memset(at, 1, 100);
    }
    assert_non_null(arena_alloc(arena, 4000)); /* larger than what is left of a block */
    assert_null(arena_alloc(arena, 4000));     /* over the ceiling */
    assert_null(arena_array(arena, SIZE_MAX / 2, 3));
    assert_string_equal(arena_text(arena, (struct slice){ "abc", 2 }), "ab");
}

static void texts_are_cut_between_characters(void **state)
{
    static const struct {
        const char *text;
        size_t size;
        const char *want;
        bool whole;
    } cases[] = {
        { "abc", 4, "abc", true }, { "abcd", 4, "abc", false },
        { "ааа", 6, "аа", false }, /* two bytes each: the cut falls into the third */
        { "€€", 6, "€", false },   { "𐍈𐍈", 8, "𐍈", false },
        { "", 1, "", true },
    };
    char dst[16];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(text_copy(dst, cases[i].size, cases[i].text), cases[i].whole);
        assert_string_equal(dst, cases[i].want);
    }
}

static void hex_digits_are_sixteen_of_either_case(void **state)
{
    static const char digits[] = "0123456789abcdefABCDEF";

    (void)state;
    for (int c = 0; c < 256; c++) {
        const char *at = c ? strchr(digits, c) : NULL;
        const int place = at ? (int)(at - digits) : -1;
        assert_int_equal(text_hex_digit((char)c), place < 16 ? place : place - 6);
    }
}

static void utf8_is_what_rfc_3629_says(void **state)
{
    static const struct {
        struct slice text;
        bool want;
    } cases[] = {
        { SLICE("ҰҚО ЦОИД €𐍈"), true },
        { SLICE(""), true },
        { SLICE("\xc0\xaf"), false },         /* overlong */
        { SLICE("\xed\xa0\x80"), false },     /* surrogate */
        { SLICE("\xf4\x90\x80\x80"), false }, /* beyond U+10FFFF */
        { SLICE("a\0b"), false },
        { SLICE("\xd0"), false },
        { SLICE("\xe2\x82"), false },
        { SLICE("\x80"), false },
        { SLICE("\xff"), false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(text_is_utf8(cases[i].text), cases[i].want);
}

static void a_text_that_quotes_foreign_bytes_stays_text(void **state)
{
    static const struct {
        const char *quoted, *want;
    } cases[] = {
        { "ҰҚО", "ҰҚО" },     { "\xff", "?" }, { "a\xd0", "a?" },    { "\x1b[2J", "?[2J" },
        { "a\r\nb", "a??b" }, { "\x7f", "?" }, { "\xe2\x82", "??" }, { "\xed\xa0\x80", "???" },
    };
    struct err err;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(RAISE(&err, ST_FORMAT, "«%s»", cases[i].quoted), ST_FORMAT);
        char want[32];
        assert_true(text_format(want, sizeof(want), "«%s»", cases[i].want));
        assert_string_equal(err.text, want);
        assert_true(text_is_utf8(slice_str(err.text)));
    }
}

static void ids_are_version_7_and_sort_by_birth(void **state)
{
    struct id early = id_new(1000);
    struct id late = id_new(1001);
    struct id again;
    uint8_t raw[ID_BYTES];

    (void)state;
    assert_int_equal(early.text[14], '7');
    assert_true(strcmp(early.text, late.text) < 0);
    id_to_bytes(&late, raw);
    assert_string_equal(id_from_bytes(raw).text, late.text);
    assert_true(id_parse(SLICE("0193ABCD-0000-7000-8000-00000000000F"), &again));
    assert_string_equal(again.text, "0193abcd-0000-7000-8000-00000000000f");
    assert_false(id_parse(SLICE("0193abcd-0000-7000-8000-00000000000"), &again));
    assert_false(id_parse(SLICE("0193abcd00000-7000-8000-00000000000f"), &again));
    assert_false(id_parse(SLICE("0193abcg-0000-7000-8000-00000000000f"), &again));
}

/* req 0.19, 0.42 */
static void civil_time_is_astanas_before_and_after_march_2024(void **state)
{
    static const struct {
        int64_t ms;
        const char *date, *time, *offset;
    } cases[] = {
        { INT64_C(1709207999999), "29:02:2024", "17:59:59.999", "2024-02-29T17:59:59.999+06:00" },
        { INT64_C(1709229600000), "29:02:2024", "23:00:00.000", "2024-02-29T23:00:00.000+05:00" },
        { INT64_C(1795338187120), "22:11:2026", "14:03:07.120", "2026-11-22T14:03:07.120+05:00" },
    };
    char text[TIME_TEXT];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        time_astana_date(cases[i].ms, text);
        assert_string_equal(text, cases[i].date);
        time_astana_time_ms(cases[i].ms, text);
        assert_string_equal(text, cases[i].time);
        time_utc_offset_text(cases[i].ms, text);
        assert_string_equal(text, cases[i].offset);
    }
    time_astana_minute(INT64_C(1696068000000), text);
    assert_string_equal(text, "30-09-2023, 16:00"); /* req 1.46 */
    time_utc_text(INT64_C(1795338187120), text);
    assert_string_equal(text, "2026-11-22T09:03:07.120Z");
}

static void dates_are_read_as_callers_write_them(void **state)
{
    static const struct {
        const char *text;
        const char *want; /* NULL: refused */
    } cases[] = {
        { "2026-11-22T14:03:07", "2026-11-22T09:03:07.000Z" },
        { "2026-11-22T14:03:07.123456789", "2026-11-22T09:03:07.123Z" },
        { " 2026-11-22T09:03:07.12Z\n", "2026-11-22T09:03:07.120Z" },
        { "2026-11-22T15:03:07+06:00", "2026-11-22T09:03:07.000Z" },
        { "2026-11-22T14:03:07+0500", "2026-11-22T09:03:07.000Z" },
        { "2023-06-01T12:00:00", "2023-06-01T06:00:00.000Z" }, /* +06 then */
        { "2026-11-22", "2026-11-21T19:00:00.000Z" },
        { "2026-11-22+05:00", "2026-11-21T19:00:00.000Z" },
        { "2026-02-30T25:00:00", NULL },
        { "2026-02-29T12:00:00", NULL },
        { "2100-02-29", NULL },
        { "2024-02-29T17:00:00Z", "2024-02-29T17:00:00.000Z" },
        { "2026-13-01", NULL },
        { "22.11.2026", NULL },
        { "2026-11-22T14:03", NULL },
        { "2026-11-22T14:03:07.", NULL },
        { "2026-11-22T14:03:07+15:00", NULL },
        { "2026-11-22T14:03:07Zx", NULL },
        { "", NULL },
    };
    char text[TIME_TEXT];
    struct time_span span;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool read = time_parse(slice_str(cases[i].text), &span);
        if (read != (cases[i].want != NULL))
            fail_msg("%s: read %d", cases[i].text, read);
        if (!read)
            continue;
        time_utc_text(span.from_ms, text);
        assert_string_equal(text, cases[i].want);
    }
    assert_true(time_parse(SLICE("2026-11-22"), &span));
    assert_int_equal(span.to_ms - span.from_ms, 86400000 - 1);
}

static void an_error_names_its_cause_and_never_overruns(void **state)
{
    struct err err;
    char huge[1000];

    (void)state;
    memset(huge, 'x', sizeof(huge) - 1);
    huge[sizeof(huge) - 1] = '\0';
    assert_int_equal(
        RAISE_CAUSE(&err, ST_INPUT, "fieldInvalid", "iin", "12 digits", "iin: %s", huge), ST_INPUT);
    assert_string_equal(err.code, "fieldInvalid");
    assert_string_equal(err.field, "iin");
    assert_string_equal(err.limit, "12 digits");
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
    assert_string_equal(status_name(err.status), "input");
}

static void a_file_is_read_whole_or_refused_by_name(void **state)
{
    char path[] = "/tmp/shep-test-XXXXXX";
    AUTO(bytes_free) struct bytes *file = NULL;
    struct err err;
    int fd = mkstemp(path);

    (void)state;
    assert_int_equal(write(fd, "hello", 5), 5);
    assert_int_equal(close(fd), 0);
    assert_int_equal(file_load(path, 4, &file, &err), ST_INPUT);
    assert_non_null(strstr(err.text, path));
    assert_int_equal(file_load(path, 5, &file, &err), ST_OK);
    assert_string_equal(file->at, "hello");
    assert_int_equal(unlink(path), 0);
    bytes_free(TAKE(file));
    assert_int_equal(file_load(path, 5, &file, &err), ST_NOT_FOUND);
    assert_int_equal(file_load("/tmp", 5, &file, &err), ST_NOT_FOUND);
}

static void text_becomes_xml_that_every_parser_takes(void **state)
{
    static const struct {
        const char *text;
        const char *xml;
    } rows[] = {
        { "", "" },
        { "a<b>&\"c\"", "a&lt;b&gt;&amp;&quot;c&quot;" },
        { "тест\t\n", "тест\t\n" },
        { "a\r\n", "a&#13;\n" },
        { "\x01\x1f", "\xEF\xBF\xBD\xEF\xBF\xBD" },
        { "a\xff\xd1", "a\xEF\xBF\xBD\xEF\xBF\xBD" },
        { "\xEF\xBF\xBF\xEF\xBF\xBE\xEF\xBF\xBC", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
                                                  "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBC" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(bytes_free) struct bytes *out = bytes_new(256);

        bytes_add_xml(out, slice_str(rows[i].text));
        assert_string_equal(out->at ? out->at : "", rows[i].xml);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_grow_to_their_ceiling_and_fail_for_good_beyond_it),
        cmocka_unit_test(a_copy_holds_every_byte_nul_included),
        cmocka_unit_test(text_becomes_xml_that_every_parser_takes),
        cmocka_unit_test(an_arena_gives_aligned_zeroed_memory_up_to_its_ceiling),
        cmocka_unit_test(texts_are_cut_between_characters),
        cmocka_unit_test(hex_digits_are_sixteen_of_either_case),
        cmocka_unit_test(utf8_is_what_rfc_3629_says),
        cmocka_unit_test(a_text_that_quotes_foreign_bytes_stays_text),
        cmocka_unit_test(ids_are_version_7_and_sort_by_birth),
        cmocka_unit_test(civil_time_is_astanas_before_and_after_march_2024),
        cmocka_unit_test(dates_are_read_as_callers_write_them),
        cmocka_unit_test(an_error_names_its_cause_and_never_overruns),
        cmocka_unit_test(a_file_is_read_whole_or_refused_by_name),
    };
    struct err err;

    if (clock_use_astana(&err) != ST_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
