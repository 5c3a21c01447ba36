/* A base list of half a million entries: what it costs to read, to keep and to ask. */
#include "unit/crypto/crl_maker.h"

#include "base/file.h"
#include "base/text.h"
#include "crypto/crl_file.h"
#include "crypto/crl_impl.h"

#include <malloc.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1 /* its own memory is many times ours */
#else
#define SANITIZED 0
#endif

enum { ENTRIES = 500000, SERIAL_BYTES = 20, PEAK_RATIO_MAX = 4, STEADY_PERCENT_MAX = 150 };

static struct pki *pki;
static char folder[] = "/tmp/test_crl_large.XXXXXX";
static char path[64];

static int setup(void **state)
{
    setup_crypto(state);
    pki = pki_new(NULL);
    assert_non_null(mkdtemp(folder));
    assert_true(text_format(path, sizeof(path), "%s/base.crl", folder));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)unlink(path);
    (void)rmdir(folder);
    pki_free(pki);
    return 0;
}

/* By a process of its own, whose memory is not counted. */
static void write_list(size_t count)
{
    pid_t child = fork();
    int ended = 0;

    assert_true(child >= 0);
    if (child == 0) {
        AUTO(bytes_free) struct bytes *entries = many_entries(count);
        const struct crl_params p = { .issuer = &pki->ca,
                                      .number = 20260,
                                      .entries = bytes_slice(entries) };
        AUTO(bytes_free) struct bytes *der = make_crl(&p);
        FILE *file = fopen(path, "wbe");
        bool written = file && fwrite(der->at, 1, der->len, file) == der->len;
        _exit(written && fclose(file) == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_int_equal(ended, 0);
}

static size_t resident(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long pages = 0;
    char line[128] = "";

    if (file) {
        const char *second = fgets(line, sizeof(line), file) ? strchr(line, ' ') : NULL;
        pages = second ? strtoul(second, NULL, 10) : 0;
        (void)fclose(file);
    }
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static size_t peak(void)
{
    struct rusage usage;

    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return (size_t)usage.ru_maxrss * 1024;
}

static void check_all(const struct crl *crl)
{
    for (size_t i = 0; i < ENTRIES; i++) {
        uint8_t serial[SERIAL_BYTES];
        struct crl_entry entry;
        many_serial(i, serial);
        if (!crl_find(crl, slice_mem(serial, sizeof(serial)), &entry) ||
            entry.reason != (i % 4 == 0 ? REASON_SUPERSEDED : REASON_UNSPECIFIED))
            fail_msg("entry %zu is not found as it was written", i);
        serial[SERIAL_BYTES - 1] ^= 1;
        assert_false(crl_find(crl, slice_mem(serial, sizeof(serial)), &entry));
    }
}

static void half_a_million_entries_cost_little_more_than_their_serials(void **state) /* req 0.24 */
{
    struct bytes *der = NULL;
    struct crl *crl = NULL;
    struct err err;

    (void)state;
    write_list(ENTRIES);
    size_t before = resident();
    assert_ok(file_load(path, CRL_BYTES_MAX, &der, &err), &err);
    size_t size = der->len;
    const struct crl_source source = { .data = bytes_slice(der), .issuer = pki->ca.cert };
    assert_ok(crl_parse(&source, &crl, &err), &err);
    size_t peaked = peak() - before;
    bytes_free(der);
    (void)malloc_trim(0);
    size_t steady = resident() - before;
    print_message("list %zu bytes, peak %zu, steady %zu, table %zu\n", size, peaked, steady,
                  crl_table_bytes(crl));
    assert_true(size > (size_t)20 * 1000 * 1000);
    assert_int_equal(crl_facts(crl)->count, ENTRIES);
    assert_int_equal(crl_table_bytes(crl), (size_t)ENTRIES * (SERIAL_BYTES + CRL_RECORD_TAIL));
    if (!SANITIZED) {
        assert_true(peaked <= size * PEAK_RATIO_MAX);
        assert_true(steady <= (size_t)ENTRIES * SERIAL_BYTES * STEADY_PERCENT_MAX / 100);
    }
    check_all(crl);
    crl_free(crl);
}

static void a_stored_list_of_half_a_million_is_read_whole(void **state)
{
    const struct slice key = SLICE("0123456789abcdef");
    AUTO(bytes_free) struct bytes *der = NULL;
    AUTO(crl_free) struct crl *crl = NULL;
    AUTO(crl_free) struct crl *again = NULL;
    struct err err;

    (void)state;
    assert_ok(file_load(path, CRL_BYTES_MAX, &der, &err), &err);
    const struct crl_source source = { .data = bytes_slice(der), .issuer = pki->ca.cert };
    assert_ok(crl_parse(&source, &crl, &err), &err);
    assert_ok(crl_save(crl, path, key, &err), &err);
    assert_ok(crl_load(path, key, pki->ca.cert, &again, &err), &err);
    assert_int_equal(again->table.count, ENTRIES);
    assert_memory_equal(again->table.at, crl->table.at, crl_table_bytes(crl));
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, CRL_SERIAL_MAX);
}

enum { SERIALS = 3000, STRIDE = CRL_RECORD_MAX };

/* What a list's maker may do to a sort: equal beginnings, sorted already, backwards, few values. */
static void fill(struct crl_table *table, int shape)
{
    for (size_t i = 0; i < SERIALS; i++) {
        uint8_t *at = table->at + i * STRIDE;
        size_t value = shape == 1 ? i : shape == 2 ? SERIALS - i : i * 7919 % SERIALS;
        many_serial(i, at);
        if (shape > 0) {
            memset(at, shape == 3 ? 0xff : 0, CRL_SERIAL_MAX);
            at[shape == 4 ? 0 : 18] = (uint8_t)(value >> 8);
            at[19] = (uint8_t)value;
        }
        memcpy(at + CRL_SERIAL_MAX, &i, CRL_RECORD_TAIL);
    }
}

static void sorting_orders_whatever_stands_in_a_list(void **state)
{
    const size_t bytes = (size_t)SERIALS * STRIDE;
    const size_t wrong = 700;
    struct crl_table table;
    struct err err;

    (void)state;
    for (int shape = 0; shape < 5; shape++) {
        assert_ok(crl_table_make(&table, SERIALS, CRL_SERIAL_MAX, &err), &err);
        fill(&table, shape);
        AUTO_FREE uint8_t *expected = malloc(bytes);
        assert_non_null(expected);
        memcpy(expected, table.at, bytes);
        qsort(expected, SERIALS, STRIDE, by_bytes);
        crl_table_sort(&table);
        assert_memory_equal(table.at, expected, bytes);
        assert_int_equal(crl_table_disorder(&table), SERIALS);
        memcpy(table.at + wrong * STRIDE, table.at + (wrong - 1) * STRIDE, STRIDE);
        assert_int_equal(crl_table_disorder(&table), wrong);
        free(table.at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_a_million_entries_cost_little_more_than_their_serials),
        cmocka_unit_test(a_stored_list_of_half_a_million_is_read_whole),
        cmocka_unit_test(sorting_orders_whatever_stands_in_a_list),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
