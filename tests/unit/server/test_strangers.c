/* Wrong tokens per address: when an address is no longer heard, and who is forgotten when the table
 * is full. */
#include "support/cmocka.h"

#include "server/strangers.h"

#include <pthread.h>

static const struct strangers_limit limit = { 3, 60000 };

static struct address address(const char *text)
{
    struct address ret = { 0 };

    assert_true(address_parse(slice_str(text), &ret));
    return ret;
}

struct step {
    int64_t at_ms;
    const char *address;
    bool counts;       /* a wrong token; else only a look */
    int64_t want_wait; /* after it */
    bool want_news;
};

static void an_address_is_not_heard_after_its_last_wrong_token_until_its_window_ends(void **state)
{
    static const struct step steps[] = {
        { 1000, "192.0.2.1", false, 0, false },
        { 1000, "192.0.2.1", true, 0, false },
        { 1500, "192.0.2.1", true, 0, false },
        { 2000, "192.0.2.2", true, 0, false }, /* another one counts by itself */
        { 31000, "192.0.2.1", true, 30000, true },
        { 31000, "192.0.2.1", true, 30000, false }, /* was under way: told once */
        { 31000, "192.0.2.2", false, 0, false },
        { 60999, "192.0.2.1", false, 1, false },
        { 61000, "192.0.2.1", false, 0, false }, /* from the first one, 60 s */
        { 61000, "192.0.2.1", true, 0, false },
        { 61001, "192.0.2.1", true, 0, false },
        { 121000, "192.0.2.1", true, 0, false }, /* two of the last window are forgotten */
        { 121001, "192.0.2.1", true, 0, false },
        { 121002, "192.0.2.1", true, 59998, true },
    };
    AUTO(strangers_free) struct strangers *strangers = strangers_new();

    (void)state;
    for (size_t i = 0; i < COUNT(steps); i++) {
        const struct address one = address(steps[i].address);
        bool news = steps[i].counts && strangers_count(strangers, &limit, &one, steps[i].at_ms);
        int64_t wait_ms = strangers_wait_ms(strangers, &one, steps[i].at_ms);
        if (news != steps[i].want_news || wait_ms != steps[i].want_wait)
            fail_msg("step %zu: news %d, wait %lld", i, news, (long long)wait_ms);
    }
}

static void a_whole_ipv6_network_of_one_caller_is_one_stranger(void **state)
{
    AUTO(strangers_free) struct strangers *strangers = strangers_new();
    const struct address one = address("2001:db8:1:2::1"), same = address("2001:db8:1:2:9::2");
    const struct address other = address("2001:db8:1:3::1");

    (void)state;
    (void)strangers_count(strangers, &limit, &one, 1000);
    (void)strangers_count(strangers, &limit, &same, 1000);
    assert_true(strangers_count(strangers, &limit, &one, 1000));
    assert_int_equal(strangers_wait_ms(strangers, &same, 1000), 60000);
    assert_int_equal(strangers_wait_ms(strangers, &other, 1000), 0);
}

static void a_limit_of_one_is_the_first_wrong_token(void **state)
{
    AUTO(strangers_free) struct strangers *strangers = strangers_new();
    const struct address one = address("192.0.2.1");

    (void)state;
    assert_true(strangers_count(strangers, &(struct strangers_limit){ 1, 5000 }, &one, 1000));
    assert_int_equal(strangers_wait_ms(strangers, &one, 1000), 5000);
}

static struct address numbered(unsigned n)
{
    return address_v4((const uint8_t[]){ 10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n });
}

static void a_full_table_forgets_passers_by_before_strangers(void **state)
{
    AUTO(strangers_free) struct strangers *strangers = strangers_new();
    const struct address bad = address("192.0.2.1"), worse = address("198.51.100.1");

    (void)state;
    (void)strangers_count(strangers, &limit, &bad, 1000);
    (void)strangers_count(strangers, &limit, &bad, 1000);
    for (unsigned i = 0; i < 3; i++)
        (void)strangers_count(strangers, &limit, &worse, 1000);
    /* a hundred times as many as there is room for, one wrong token each */
    for (unsigned i = 0; i < 100 * STRANGERS_MAX; i++) {
        const struct address one = numbered(i);
        assert_false(strangers_count(strangers, &limit, &one, 2000));
    }
    assert_int_equal(strangers_wait_ms(strangers, &worse, 2000), 59000);
    assert_true(strangers_count(strangers, &limit, &bad, 2000)); /* its two are still there */
}

static void among_strangers_the_one_that_is_heard_first_anyway_is_forgotten(void **state)
{
    AUTO(strangers_free) struct strangers *strangers = strangers_new();
    const struct strangers_limit once = { 1, 60000 };
    const unsigned all = 4 * STRANGERS_MAX, few = STRANGERS_MAX / 16; /* a row is no fair share */

    (void)state;
    for (unsigned i = 0; i < all; i++) {
        const struct address one = numbered(i);
        assert_true(strangers_count(strangers, &once, &one, 1000 + i));
        assert_int_not_equal(strangers_wait_ms(strangers, &one, 1000 + i), 0);
    }
    for (unsigned i = 0; i < few; i++) {
        const struct address oldest = numbered(i), youngest = numbered(all - 1 - i);
        assert_int_equal(strangers_wait_ms(strangers, &oldest, 20000), 0);
        assert_int_not_equal(strangers_wait_ms(strangers, &youngest, 20000), 0);
    }
}

static void a_place_whose_window_is_over_goes_first(void **state)
{
    AUTO(strangers_free) struct strangers *strangers = strangers_new();
    const struct address bad = address("192.0.2.1");

    (void)state;
    for (unsigned i = 0; i < 8 * STRANGERS_MAX; i++) {
        const struct address one = numbered(i);
        for (unsigned n = 0; n < 3; n++)
            (void)strangers_count(strangers, &limit, &one, 1000);
    }
    (void)strangers_count(strangers, &limit, &bad, 70000);
    for (unsigned i = 0; i < STRANGERS_MAX; i++) {
        const struct address one = numbered(i);
        assert_int_equal(strangers_wait_ms(strangers, &one, 70000), 0);
    }
    (void)strangers_count(strangers, &limit, &bad, 70000);
    assert_true(strangers_count(strangers, &limit, &bad, 70000));
}

enum { THREADS = 4, ROUNDS = 5000 };

static void *count_on(void *arg)
{
    struct strangers *strangers = arg;
    const struct strangers_limit many = { THREADS * ROUNDS, 60000 };
    const struct address one = address("192.0.2.1");
    size_t news = 0;

    for (unsigned i = 0; i < ROUNDS; i++) {
        (void)strangers_wait_ms(strangers, &one, 1000);
        news += strangers_count(strangers, &many, &one, 1000) ? 1 : 0;
    }
    return (void *)news; /* NOLINT(performance-no-int-to-ptr): a small number */
}

static void several_threads_count_one_address_and_one_of_them_has_the_news(void **state)
{
    AUTO(strangers_free) struct strangers *strangers = strangers_new();
    pthread_t threads[THREADS];
    size_t news = 0;

    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_on, strangers), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *own = NULL;
        assert_int_equal(pthread_join(threads[i], &own), 0);
        news += (size_t)own;
    }
    assert_int_equal(news, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_not_heard_after_its_last_wrong_token_until_its_window_ends),
        cmocka_unit_test(a_whole_ipv6_network_of_one_caller_is_one_stranger),
        cmocka_unit_test(a_limit_of_one_is_the_first_wrong_token),
        cmocka_unit_test(a_full_table_forgets_passers_by_before_strangers),
        cmocka_unit_test(among_strangers_the_one_that_is_heard_first_anyway_is_forgotten),
        cmocka_unit_test(a_place_whose_window_is_over_goes_first),
        cmocka_unit_test(several_threads_count_one_address_and_one_of_them_has_the_news),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
