/* What ЦОИД of the sandbox has billed: its file, and what the steps of a tariff make of it. */
#include "unit/sandbox/fixture.h"

#include "base/text.h"
#include "sandbox/centre_bills.h"
#include "sandbox/centre_tariff.h"

#include <string.h>

static void write_bills(const char *text)
{
    char path[FILE_PATH_MAX];
    struct err err;

    assert_ok(file_write(sandbox_path("bills", path), slice_str(text), 0600, &err), &err);
}

static struct bills *open_bills(void)
{
    char path[FILE_PATH_MAX];
    struct bills *bills = NULL;
    struct err err;

    assert_ok(bills_open(sandbox_path("bills", path), &bills, &err), &err);
    return bills;
}

static struct bill bill_of(const char *key)
{
    struct bill bill = { .iin = "123456789012", .result = "0.5", .vendor = 3, .at_ms = 1000 };

    (void)text_copy(bill.key, sizeof(bill.key), key);
    return bill;
}

static void bills_are_found_again_in_their_order(void **state)
{
    enum { MANY = 3000 };
    struct bills *bills;
    struct err err;
    char key[32];

    (void)state;
    write_bills("");
    bills = open_bills();
    for (int i = 0; i < MANY; i++) {
        (void)text_format(key, sizeof(key), "key-%d", i);
        const struct bill bill = bill_of(key);
        assert_ok(bills_add(bills, &bill, &err), &err);
        assert_int_equal(bills_add(bills, &bill, &err), ST_CONFLICT);
    }
    bills_free(bills);
    bills = open_bills();
    assert_int_equal(bills_count(bills), MANY);
    for (int i = 0; i < MANY; i++) {
        (void)text_format(key, sizeof(key), "key-%d", i);
        const struct bill *bill = bills_find(bills, slice_str(key));
        assert_ptr_equal(bill, bills_at(bills, (size_t)i));
        assert_string_equal(bill->result, "0.5");
        assert_int_equal(bill->vendor, 3);
        assert_int_equal(bill->at_ms, 1000);
    }
    assert_null(bills_find(bills, SLICE("key-3000")));
    assert_ok(bills_clear(bills, &err), &err);
    assert_null(bills_find(bills, SLICE("key-0")));
    bills_free(bills);
    bills = open_bills();
    assert_int_equal(bills_count(bills), 0);
    bills_free(bills);
}

static void a_line_that_was_cut_off_is_dropped_and_written_over(void **state)
{
    const struct bill bill = bill_of("b");
    struct bills *bills;
    struct err err;

    (void)state;
    write_bills("1000 a 123456789012 1 0.9\n2000 b 1234");
    bills = open_bills();
    assert_int_equal(bills_count(bills), 1);
    assert_null(bills_find(bills, SLICE("b")));
    assert_ok(bills_add(bills, &bill, &err), &err);
    bills_free(bills);
    bills = open_bills();
    assert_int_equal(bills_count(bills), 2);
    assert_non_null(bills_find(bills, SLICE("b")));
    bills_free(bills);
}

static void what_is_no_list_of_bills_is_refused(void **state)
{
    static const char *const texts[] = { "rubbish\n", "1000 a 123456789012 1\n",
                                         "x a 123456789012 1 0.9\n",
                                         "1000 a 123456789012 1 0.9 more\n",
                                         "1 a 123456789012 1 0.9\n2 a 123456789012 1 0.9\n" };
    char path[FILE_PATH_MAX];
    struct bills *bills = NULL;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        write_bills(texts[i]);
        assert_int_equal(bills_open(sandbox_path("bills", path), &bills, &err), ST_INPUT);
        assert_non_null(strstr(err.text, path));
    }
    assert_int_equal(bills_open(sandbox_path("no/folder", path), &bills, &err), ST_INPUT);
}

/* req 3.06 */
static void a_months_comparisons_fall_into_the_steps_of_the_tariff(void **state)
{
    static const struct {
        int64_t count, shares[TARIFF_STEPS];
    } rows[] = {
        { 0, { 0, 0, 0, 0 } },
        { 1, { 1, 0, 0, 0 } },
        { 1000, { 1000, 0, 0, 0 } },
        { 1001, { 1000, 1, 0, 0 } },
        { 3000, { 1000, 2000, 0, 0 } },
        { 3001, { 1000, 2000, 1, 0 } },
        { 9999, { 1000, 2000, 2000, 4999 } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t s = 0; s < TARIFF_STEPS; s++)
            assert_int_equal(tariff_share(&tariff_steps[s], rows[i].count), rows[i].shares[s]);
    assert_string_equal(tariff_find(5)->name, "BTSDigital");
    assert_null(tariff_find(0));
    assert_null(tariff_find(6));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bills_are_found_again_in_their_order),
        cmocka_unit_test(a_line_that_was_cut_off_is_dropped_and_written_over),
        cmocka_unit_test(what_is_no_list_of_bills_is_refused),
        cmocka_unit_test(a_months_comparisons_fall_into_the_steps_of_the_tariff),
    };

    return cmocka_run_group_tests(tests, sandbox_setup, sandbox_teardown);
}
