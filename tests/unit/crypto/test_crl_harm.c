/* Memory that runs out, and lists that their own signer has broken: nothing may leak, crash or be
 * half right. The n-th allocation of ours fails, for every n; OpenSSL's are not touched. */
#include "unit/crypto/crl_maker.h"

#include "base/text.h"
#include "crypto/crl_file.h"
#include "crypto/crl_impl.h"
#include "crypto/crl_index.h"

#include <unistd.h>

enum { ENTRIES = 40, ROUNDS = 20000, ALLOCATIONS_MAX = 500 };

static struct pki *pki;
static struct bytes *entries;
static struct bytes *base_der;
static struct bytes *delta_der;
static char folder[] = "/tmp/test_crl_harm.XXXXXX";
static char path[64];
static long until_failure = -1; /* allocations that still succeed; below zero: all do */

/* For users only, with a freshestCRL extension: everything that a list keeps. */
static const char extensions[] =
    "\x30\x0f\x06\x03\x55\x1d\x1c\x01\x01\xff\x04\x05\x30\x03\x81\x01\xff"
    "\x30\x1a\x06\x03\x55\x1d\x2e\x04\x13\x30\x11\x30\x0f\xa0\x0d\xa0"
    "\x0b\x86\x09http://d/"
    "\x30\x0a\x06\x03\x55\x1d\x14\x04\x03\x02\x01\x05"
    "\x30\x0d\x06\x03\x55\x1d\x1b\x01\x01\xff\x04\x03\x02\x01\x05";

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);

static bool fails(void)
{
    return until_failure >= 0 && until_failure-- == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *at, size_t size)
{
    return fails() ? NULL : __real_realloc(at, size);
}

static int setup(void **state)
{
    setup_crypto(state);
    pki = pki_new("RSA");
    entries = many_entries(ENTRIES);
    const struct slice more = slice_mem(extensions, 45);
    base_der = make_crl(&(struct crl_params){
        .issuer = &pki->ca, .number = 14, .entries = bytes_slice(entries), .more = more });
    delta_der = make_crl(
        &(struct crl_params){ .issuer = &pki->ca, .number = 10, .base_number = 14, .more = more });
    assert_non_null(mkdtemp(folder));
    assert_true(text_format(path, sizeof(path), "%s/ca.crlx", folder));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)unlink(path);
    (void)rmdir(folder);
    bytes_free(base_der);
    bytes_free(delta_der);
    bytes_free(entries);
    pki_free(pki);
    return 0;
}

/* Everything that a list goes through. */
static enum status whole_life(struct crl_answer *ret, struct err *err)
{
    const struct slice key = SLICE("0123456789abcdef");
    struct crl_source source = { .data = bytes_slice(base_der), .issuer = pki->ca.cert };
    const struct crl_query query = { pki->leaf.cert, pki->ca.cert, NOW_MS, 0 };
    AUTO(crl_free) struct crl *read = NULL;
    AUTO(crl_free) struct crl *base = NULL;
    AUTO(crl_free) struct crl *delta = NULL;
    AUTO(crl_index_free) struct crl_index *index = NULL;

    TRY(crl_parse(&source, &read, err));
    TRY(crl_save(read, path, key, err));
    TRY(crl_load(path, key, pki->ca.cert, &base, err));
    source.data = bytes_slice(delta_der);
    TRY(crl_parse(&source, &delta, err));
    TRY(crl_index_new(&(struct crl_index_parts){ base, delta, NULL }, &index, err));
    crl_index_judge(index, &query, ret);
    return ST_OK;
}

static void memory_may_run_out_anywhere(void **state)
{
    struct crl_answer answer = { 0 };
    enum status status = ST_NOMEM;
    long n = 0;

    (void)state;
    for (; status != ST_OK && n < ALLOCATIONS_MAX; n++) {
        struct err err = { 0 };
        until_failure = n;
        status = whole_life(&answer, &err);
        bool failed = until_failure < 0;
        until_failure = -1;
        if (status != ST_OK && (status != ST_NOMEM || !failed))
            fail_msg("allocation %ld: %s: %s", n, status_name(status), err.text);
        assert_true(status != ST_OK || !failed);
    }
    print_message("%ld allocations\n", n - 1);
    assert_true(n > 10);
    assert_int_equal(answer.state, CRL_GOOD);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* One to three changed bytes, now and then cut; in memory of its own exact size. */
static struct bytes *spoilt(struct slice from, uint32_t *seed)
{
    struct bytes *copy = bytes_dup(from);
    uint32_t changes = next_random(seed) % 3 + 1;

    assert_non_null(copy);
    for (uint32_t i = 0; i < changes; i++)
        copy->at[next_random(seed) % copy->len] = (char)(next_random(seed) & 0x7f);
    if (next_random(seed) % 8 == 0)
        copy->len = next_random(seed) % copy->len;
    return copy;
}

static void spoilt_entries_are_refused_or_in_order(void **state)
{
    uint32_t seed = 2026;
    size_t accepted = 0;

    (void)state;
    for (size_t i = 0; i < ROUNDS; i++) {
        AUTO(crl_free) struct crl *crl = crl_new(pki->ca.cert);
        AUTO(bytes_free) struct bytes *bad = spoilt(bytes_slice(entries), &seed);
        struct err err = { 0 };
        crl->facts.base_number.present = i % 2;
        enum status status = crl_read_entries(crl, bytes_slice(bad), &err);
        assert_true(status == ST_OK || status == ST_FORMAT);
        assert_true(status == ST_OK || err.code[0] != '\0');
        if (status != ST_OK)
            continue;
        accepted++;
        assert_int_equal(crl_table_disorder(&crl->table), crl->facts.count);
    }
    assert_true(accepted > ROUNDS / 20 && accepted < ROUNDS);
}

static void spoilt_extensions_are_refused_or_read(void **state)
{
    uint32_t seed = 711;
    size_t accepted = 0;

    (void)state;
    for (size_t i = 0; i < ROUNDS; i++) {
        AUTO(crl_free) struct crl *crl = crl_new(pki->ca.cert);
        AUTO(bytes_free)
        struct bytes *bad = spoilt(slice_mem(extensions, sizeof(extensions) - 1), &seed);
        struct err err = { 0 };
        enum status status = crl_read_extensions(crl, bytes_slice(bad), &err);
        assert_true(status == ST_OK || status == ST_FORMAT);
        accepted += status == ST_OK;
    }
    assert_true(accepted > ROUNDS / 20 && accepted < ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_may_run_out_anywhere),
        cmocka_unit_test(spoilt_entries_are_refused_or_in_order),
        cmocka_unit_test(spoilt_extensions_are_refused_or_read),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
