/* DER's own walker and writer: lengths never lead outside, and what is written is read back. */
#include "unit/crypto/fixture.h"

#include "crypto/der.h"

static void lengths_never_lead_outside(void **state)
{
    static const struct {
        struct slice in;
        bool good;
        size_t content;
    } rows[] = {
        { { "\x04\x02"
            "ab",
            4 },
          true,
          2 },
        { { "\x04\x00", 2 }, true, 0 },
        { { "\x04\x81\x01"
            "a",
            4 },
          true,
          1 },
        { { "\x04\x02"
            "a",
            3 },
          false,
          0 },
        { { "\x04", 1 }, false, 0 },
        { { "", 0 }, false, 0 },
        { { "\x04\x80"
            "ab",
            4 },
          false,
          0 }, /* indefinite */
        { { "\x04\x81", 2 }, false, 0 },
        { { "\x04\x84\xff\xff\xff\xff"
            "a",
            7 },
          false,
          0 },
        { { "\x04\x85\x00\x00\x00\x00\x01"
            "a",
            8 },
          false,
          0 },
        { { "\x1f\x20\x01"
            "a",
            4 },
          false,
          0 }, /* long-form tag */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct slice rest = rows[i].in;
        struct der_item item;
        if (der_next(&rest, &item) != rows[i].good)
            fail_msg("row %zu", i);
        if (!rows[i].good) {
            assert_true(rest.at == rows[i].in.at && rest.len == rows[i].in.len);
            continue;
        }
        assert_int_equal(item.content.len, rows[i].content);
        assert_int_equal(rest.len, 0);
    }
}

static void what_is_written_is_read_back(void **state)
{
    static const size_t lengths[] = { 0, 1, 127, 128, 255, 256, 65535, 65536 };

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        AUTO(bytes_free) struct bytes *content = bytes_new(lengths[i]);
        AUTO(bytes_free) struct bytes *der = bytes_new(lengths[i] + 8);
        struct slice rest;
        struct slice back;
        char *place = bytes_extend(content, lengths[i]);
        assert_non_null(place);
        memset(place, 'x', lengths[i]);
        der_add(der, DER_OCTET_STRING, bytes_slice(content));
        assert_false(der->failed);
        rest = bytes_slice(der);
        assert_false(der_take(&rest, DER_SEQUENCE, &back));
        assert_int_equal(rest.len, der->len);
        assert_true(der_take(&rest, DER_OCTET_STRING, &back));
        assert_true(slice_eq(back, bytes_slice(content)));
        assert_int_equal(rest.len, 0);
    }
}

static void armour_is_taken_off_one_by_one(void **state)
{
    struct slice rest = SLICE("comment\n-----BEGIN A-----\nMAA=\n-----END A-----\nmore\n"
                              "-----BEGIN B-----\nMAMCAQE=\n-----END B-----\ntail");
    static const size_t lengths[] = { 2, 5 };
    struct err err;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        AUTO(bytes_free) struct bytes *der = NULL;
        assert_ok(armour_next(&rest, &der, &err), &err);
        assert_int_equal(der->len, lengths[i]);
    }
    struct bytes *none = NULL;
    assert_int_equal(rest.len, 0);
    assert_int_equal(armour_next(&rest, &none, &err), ST_NOT_FOUND);
    assert_null(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_never_lead_outside),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(armour_is_taken_off_one_by_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
