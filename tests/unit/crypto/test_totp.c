/* One-time codes: the vectors of RFC 4226 appendix D, RFC 6238 appendix B and RFC 4648 section 10.
 */
#include "crypto/totp.h"

#include "support/cmocka.h"

#define SECRET "12345678901234567890"

static void hotp_gives_the_values_of_rfc_4226(void **state)
{
    static const uint32_t want[] = { 0x4c93cf18, 0x41397eea, 0x082fef30, 0x66ef7655, 0x61c5938a,
                                     0x33c083d4, 0x7256c032, 0x04e5b397, 0x2823443f, 0x2679dc69 };
    struct err err;

    (void)state;
    for (size_t i = 0; i < COUNT(want); i++) {
        uint32_t got = 0;
        assert_int_equal(hotp_value(SLICE(SECRET), i, &got, &err), ST_OK);
        assert_int_equal(got, want[i]);
    }
}

static void totp_gives_the_values_of_rfc_6238(void **state)
{
    static const struct {
        int64_t unix_s;
        uint32_t want; /* 8 digits */
    } rows[] = { { 59, 94287082 },         { 1111111109, 7081804 },  { 1111111111, 14050471 },
                 { 1234567890, 89005924 }, { 2000000000, 69279037 }, { 20000000000, 65353130 } };
    struct err err;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const int64_t step = rows[i].unix_s / TOTP_STEP_S;
        uint32_t got = 0;
        char code[TOTP_DIGITS + 1], want[16];
        assert_int_equal(hotp_value(SLICE(SECRET), (uint64_t)step, &got, &err), ST_OK);
        assert_int_equal(got % 100000000, rows[i].want);
        assert_int_equal(totp_code(SLICE(SECRET), step, code, &err), ST_OK);
        (void)snprintf(want, sizeof(want), "%06u", (unsigned)(rows[i].want % 1000000));
        assert_string_equal(code, want);
    }
}

static void a_code_is_found_one_step_before_and_after_and_no_further(void **state)
{
    const int64_t now_ms = INT64_C(1111111111) * 1000, now = now_ms / 1000 / TOTP_STEP_S;
    struct err err;

    (void)state;
    for (int64_t step = now - 3; step <= now + 3; step++) {
        char code[TOTP_DIGITS + 1];
        int64_t found = 0;
        assert_int_equal(totp_code(SLICE(SECRET), step, code, &err), ST_OK);
        assert_int_equal(
            totp_find(SLICE(SECRET), now_ms, slice_mem(code, TOTP_DIGITS), &found, &err), ST_OK);
        assert_int_equal(found, step >= now - 1 && step <= now + 1 ? step : -1);
    }
}

static void what_is_no_code_is_found_nowhere(void **state)
{
    static const struct slice rows[] = { { "", 0 },        { "05047", 5 },    { "0504710", 7 },
                                         { "050471 ", 7 }, { "14050471", 8 }, { "\0\0\0\0\0\0", 6 },
                                         { "05O471", 6 } };
    struct err err;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t found = 0;
        assert_int_equal(
            totp_find(SLICE(SECRET), INT64_C(1111111111) * 1000, rows[i], &found, &err), ST_OK);
        assert_int_equal(found, -1);
    }
}

static void base32_gives_the_values_of_rfc_4648_without_padding(void **state)
{
    static const struct {
        struct slice in;
        const char *want;
    } rows[] = { { { "", 0 }, "" },
                 { { "f", 1 }, "MY" },
                 { { "fo", 2 }, "MZXQ" },
                 { { "foo", 3 }, "MZXW6" },
                 { { "foob", 4 }, "MZXW6YQ" },
                 { { "fooba", 5 }, "MZXW6YTB" },
                 { { "foobar", 6 }, "MZXW6YTBOI" },
                 { { SECRET, 20 }, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" } };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(bytes_wipe) struct bytes *got = base32_encode(rows[i].in);
        assert_non_null(got);
        assert_int_equal(got->len, strlen(rows[i].want));
        assert_memory_equal(got->at ? got->at : "", rows[i].want, got->len);
    }
}

static void the_uri_is_what_authenticator_apps_read(void **state)
{
    AUTO(bytes_wipe) struct bytes *uri = totp_uri("shepd node 1", "aidar", SLICE(SECRET));

    (void)state;
    assert_non_null(uri);
    assert_string_equal(uri->at, "otpauth://totp/shepd%20node%201:aidar?secret="
                                 "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=shepd%20node%201&"
                                 "algorithm=SHA1&digits=6&period=30");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hotp_gives_the_values_of_rfc_4226),
        cmocka_unit_test(totp_gives_the_values_of_rfc_6238),
        cmocka_unit_test(a_code_is_found_one_step_before_and_after_and_no_further),
        cmocka_unit_test(what_is_no_code_is_found_nowhere),
        cmocka_unit_test(base32_gives_the_values_of_rfc_4648_without_padding),
        cmocka_unit_test(the_uri_is_what_authenticator_apps_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
