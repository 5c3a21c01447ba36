#include "support/cmocka.h"

#include "base/work.h"

#include <pthread.h>
#include <stdatomic.h>

static _Atomic int done;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void count(void *ctx, void *item)
{
    (void)item;
    pthread_mutex_lock(&gate); /* held by the test while it fills the queue */
    pthread_mutex_unlock(&gate);
    atomic_fetch_add((_Atomic int *)ctx, 1);
}

static void a_full_queue_refuses_and_nothing_that_was_taken_is_lost(void **state)
{
    struct work *work = NULL;
    struct err err;
    int taken = 0;
    int item;

    (void)state;
    atomic_store(&done, 0);
    pthread_mutex_lock(&gate);
    assert_int_equal(work_start(2, 5, count, &done, &work, &err), ST_OK);
    for (int i = 0; i < 100; i++)
        taken += work_push(work, &item) ? 1 : 0;
    pthread_mutex_unlock(&gate); /* before any assertion: one that fails must not leave it locked */
    work_stop(work);             /* runs what is queued before it returns */
    assert_in_range(taken, 5, 7); /* five wait, at most two are in the threads' hands */
    assert_int_equal(atomic_load(&done), taken);
}

static void how_it_stands_is_told(void **state)
{
    enum { THREADS = 2, PLACES = 3 };
    struct work *work = NULL;
    struct work_look look, full;
    struct err err;
    int taken = 0;
    int item;

    (void)state;
    atomic_store(&done, 0);
    assert_int_equal(work_start(THREADS, PLACES, count, &done, &work, &err), ST_OK);
    work_look(work, &look);
    assert_int_equal(look.threads, THREADS);
    assert_int_equal(look.max_queued, PLACES);
    assert_int_equal(look.busy + look.queued + look.refused, 0);
    pthread_mutex_lock(&gate); /* no assertion until it is let go */
    for (size_t held = 1; held <= THREADS; held++) {
        taken += work_push(work, &item);
        while (look.busy < held) /* until a thread has it in hand */
            work_look(work, &look);
    }
    for (int i = 0; i < PLACES + 1; i++)
        taken += work_push(work, &item);
    work_look(work, &full);
    pthread_mutex_unlock(&gate);
    while (look.busy + look.queued > 0)
        work_look(work, &look);
    work_stop(work);
    assert_int_equal(taken, THREADS + PLACES);
    assert_int_equal(full.busy, THREADS);
    assert_int_equal(full.queued, PLACES);
    assert_int_equal(full.refused, 1);
    assert_int_equal(atomic_load(&done), taken);
}

static void *push_many(void *arg)
{
    int pushed = 0;
    int item;

    for (int i = 0; i < 2000; i++)
        pushed += work_push(arg, &item) ? 1 : 0;
    return (void *)(intptr_t)pushed;
}

static void several_threads_may_push_at_once(void **state)
{
    pthread_t threads[4];
    struct work *work = NULL;
    struct err err;
    int taken = 0;

    (void)state;
    atomic_store(&done, 0);
    assert_int_equal(work_start(4, 64, count, &done, &work, &err), ST_OK);
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, push_many, work), 0);
    for (size_t i = 0; i < COUNT(threads); i++) {
        void *pushed = NULL;
        pthread_join(threads[i], &pushed);
        taken += (int)(intptr_t)pushed;
    }
    work_stop(work);
    assert_int_equal(atomic_load(&done), taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_queue_refuses_and_nothing_that_was_taken_is_lost),
        cmocka_unit_test(how_it_stands_is_told),
        cmocka_unit_test(several_threads_may_push_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
