/* The parking with a fake store: who waits comes back for news, at its time, or when all ends. */
#include "support/cmocka.h"

#include "base/clock.h"
#include "server/parking.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t back = PTHREAD_COND_INITIALIZER;
static enum session_state state_now = SESSION_CREATED;
static bool store_fails;
static int resumed[4];

enum status store_session_states(struct store *store, struct session_watch *sessions, size_t count,
                                 struct err *err)
{
    enum status status = ST_OK;

    (void)store;
    pthread_mutex_lock(&lock);
    if (store_fails)
        status = RAISE(err, ST_UNAVAILABLE, "the database is away");
    for (size_t i = 0; i < count && status == ST_OK; i++)
        sessions[i] = (struct session_watch){ sessions[i].id, state_now, 0 };
    pthread_mutex_unlock(&lock);
    return status;
}

static void resume(void *ctx, void *item)
{
    (void)ctx;
    pthread_mutex_lock(&lock);
    ++*(int *)item;
    pthread_cond_broadcast(&back);
    pthread_mutex_unlock(&lock);
}

static void wait_for(const int *item)
{
    pthread_mutex_lock(&lock);
    while (*item == 0)
        pthread_cond_wait(&back, &lock);
    pthread_mutex_unlock(&lock);
}

static void set(enum session_state state, bool fails)
{
    pthread_mutex_lock(&lock);
    state_now = state;
    store_fails = fails;
    pthread_mutex_unlock(&lock);
}

static struct parking *open_parking(void)
{
    struct parking *parking = NULL;
    struct err err;

    memset(resumed, 0, sizeof(resumed));
    assert_int_equal(parking_start(NULL, resume, NULL, &parking, &err), ST_OK);
    return parking;
}

static struct flow_wait for_ms(int64_t ms)
{
    return (struct flow_wait){ { { "" }, SESSION_CREATED, 0 }, clock_monotonic_ms() + ms };
}

static void who_waits_comes_back_for_news(void **state)
{
    struct parking *parking = open_parking();

    (void)state;
    set(SESSION_CREATED, false);
    struct flow_wait other_state = for_ms(600000), other_turns = other_state, same = other_state;
    other_state.seen.state = SESSION_SCANNED;
    other_turns.seen.turns = 1;
    assert_true(parking_put(parking, &other_state, &resumed[0])); /* news at once */
    assert_true(parking_put(parking, &other_turns, &resumed[1])); /* likewise */
    assert_true(parking_put(parking, &same, &resumed[2]));
    wait_for(&resumed[0]);
    wait_for(&resumed[1]);
    assert_int_equal(resumed[2], 0);
    set(SESSION_SIGNED, false);
    wait_for(&resumed[2]);
    parking_close(parking);
    parking_free(parking);
    for (int i = 0; i < 3; i++)
        assert_int_equal(resumed[i], 1);
}

static void who_waits_comes_back_at_its_time_even_without_a_database(void **state)
{
    struct parking *parking = open_parking();
    struct flow_wait wait = for_ms(10);

    (void)state;
    set(SESSION_CREATED, true);
    assert_true(parking_put(parking, &wait, &resumed[0]));
    wait_for(&resumed[0]);
    parking_close(parking);
    parking_free(parking);
}

static void a_close_brings_all_back_once_and_takes_no_more(void **state)
{
    struct parking *parking = open_parking();
    struct flow_wait wait = for_ms(600000);

    (void)state;
    set(SESSION_CREATED, false);
    for (int i = 0; i < 3; i++)
        assert_true(parking_put(parking, &wait, &resumed[i]));
    parking_close(parking);
    for (int i = 0; i < 3; i++)
        assert_int_equal(resumed[i], 1);
    assert_false(parking_put(parking, &wait, &resumed[3]));
    parking_free(parking);
}

static void a_thousand_wait_and_no_more(void **state)
{
    struct parking *parking = open_parking();
    struct flow_wait wait = for_ms(600000);
    int parked = 0;

    (void)state;
    set(SESSION_CREATED, false);
    for (int i = 0; i < 1100; i++)
        parked += parking_put(parking, &wait, &resumed[0]) ? 1 : 0;
    assert_int_equal(parked, 1000);
    parking_close(parking);
    assert_int_equal(resumed[0], 1000);
    parking_free(parking);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_waits_comes_back_for_news),
        cmocka_unit_test(who_waits_comes_back_at_its_time_even_without_a_database),
        cmocka_unit_test(a_close_brings_all_back_once_and_takes_no_more),
        cmocka_unit_test(a_thousand_wait_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
