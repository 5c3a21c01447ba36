/* Memory that runs out, and lists that their own signer has broken: nothing may leak, crash or be
 * half right. */
#include "support/torture.h"
#include "unit/crypto/crl_maker.h"

#include "base/text.h"
#include "crypto/crl_file.h"
#include "crypto/crl_impl.h"
#include "crypto/crl_index.h"

#include <unistd.h>

enum { ENTRIES = 40, ROUNDS = 20000 };

static struct pki *pki;
static struct bytes *entries;
static struct bytes *base_der;
static struct bytes *delta_der;
static char folder[] = "/tmp/test_crl_harm.XXXXXX";
static char path[64];

/* For users only, with a freshestCRL extension: everything that a list keeps. */
static const char extensions[] =
    "\x30\x0f\x06\x03\x55\x1d\x1c\x01\x01\xff\x04\x05\x30\x03\x81\x01\xff"
    "\x30\x1a\x06\x03\x55\x1d\x2e\x04\x13\x30\x11\x30\x0f\xa0\x0d\xa0"
    "\x0b\x86\x09http://d/"
    "\x30\x0a\x06\x03\x55\x1d\x14\x04\x03\x02\x01\x05"
    "\x30\x0d\x06\x03\x55\x1d\x1b\x01\x01\xff\x04\x03\x02\x01\x05";

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

struct life {
    struct crl_answer answer;
    enum status status;
    struct err err;
};

static void live(void *ctx)
{
    struct life *life = ctx;

    *life = (struct life){ .answer = { .state = CRL_UNKNOWN } };
    life->status = whole_life(&life->answer, &life->err);
}

/* What OpenSSL refuses for want of memory may look forged; the list is fetched again all the same.
 */
static void check_life(void *ctx, bool starved)
{
    const unsigned may_be =
        1U << ST_OK | 1U << ST_NOMEM | 1U << ST_FORGED | 1U << ST_FORMAT | 1U << ST_INTERNAL;
    const struct life *life = ctx;

    if (starved ? !(may_be & 1U << life->status) : life->status != ST_OK)
        fail_msg("%s: %s", status_name(life->status), life->err.text);
    assert_int_not_equal(life->answer.state, CRL_REVOKED);
    assert_true(starved || life->answer.state == CRL_GOOD);
}

static void memory_may_run_out_anywhere(void **state)
{
    struct life life;

    (void)state;
    assert_true(torture(&(struct torture){ "list", live, check_life, &life, false }) > 10);
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

    torture_begin();
    return cmocka_run_group_tests(tests, setup, teardown);
}
