/* The connections of outward calls: used again, replaced, shared by threads, full, cancelled. */
#include "rest_kit.h"

#include "base/clock.h"
#include "certs.h"

#include <pthread.h>
#include <sched.h>

/* libcurl sends a small request again by itself; of a large one a part is on its way, and whether
 * the reset meets it while it sends or while it waits is chance: one in some tries. */
static void a_connection_that_ends_when_it_is_used_again_is_replaced(void **state)
{
    enum { TRIES = 60 };
    static const size_t sizes[] = { 10, 8 << 20 };
    AUTO(bytes_free) struct bytes *body = bytes_new(8 << 20);

    (void)state;
    memset(bytes_extend(body, 8 << 20), 'x', 8 << 20);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct peer *peer = peer_start((struct script){ good, END_TIRED, false }, NULL);
        struct rest *rest = make_rest(NULL, 1);
        char url[128];
        const struct rest_call call = { .method = "POST",
                                        .url = peer_url(peer, "/", url),
                                        .body = { body->at, sizes[i] },
                                        .max_bytes = 100,
                                        .deadline_ms = clock_monotonic_ms() + LONG_MS };

        for (int time = 0; time < TRIES; time++) {
            struct rest_answer answer = { 0 };
            struct err err = { 0 };

            if (rest_do(rest, &call, &answer, &err) != ST_OK)
                fail_msg("%zu bytes: %s", sizes[i], err.text);
            rest_answer_free(&answer);
        }
        assert_int_equal(peer_count(peer, &peer->requests), TRIES);
        assert_int_equal(peer_count(peer, &peer->connections), TRIES);
        rest_free(rest);
        peer_stop(peer);
    }
}

struct busy {
    struct rest *rest;
    const char *url;
    int64_t deadline_ms;
    enum status status;
};

static void *run_call(void *ctx)
{
    struct busy *busy = ctx;
    struct rest_answer answer = { 0 };
    struct err err = { 0 };
    struct rest_call call = {
        .method = "GET", .url = busy->url, .max_bytes = 100, .deadline_ms = busy->deadline_ms
    };

    busy->status = rest_do(busy->rest, &call, &answer, &err);
    rest_answer_free(&answer);
    return NULL;
}

static void a_full_pool_is_unavailable_at_the_deadline_and_free_afterwards(void **state)
{
    struct peer *slow = peer_start((struct script){ NULL, END_STALL, false }, NULL);
    struct rest *rest = make_rest(NULL, 1);
    char url[128];
    struct busy first = { .rest = rest,
                          .url = peer_url(slow, "/", url),
                          .deadline_ms = clock_monotonic_ms() + 2000 };
    struct busy second = first;
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, run_call, &first), 0);
    while (peer_count(slow, &slow->requests) == 0)
        sched_yield(); /* until the first is under way */
    second.deadline_ms = clock_monotonic_ms() + 50;
    run_call(&second);
    assert_int_equal(second.status, ST_UNAVAILABLE);
    second.deadline_ms =
        first.deadline_ms + 100; /* waits, gets the handle, then its own deadline */
    run_call(&second);
    assert_int_equal(second.status, ST_TIMEOUT);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(first.status, ST_TIMEOUT);
    rest_free(rest);
    peer_stop(slow);
}

/* One call is under way, one waits for the only handle, one comes after. */
static void a_cancelled_pool_ends_all_its_calls(void **state)
{
    struct peer *slow = peer_start((struct script){ NULL, END_STALL, false }, NULL);
    struct rest *rest = make_rest(NULL, 1);
    char url[128];
    struct busy calls[3];
    pthread_t threads[2];

    (void)state;
    for (int i = 0; i < 3; i++)
        calls[i] = (struct busy){ .rest = rest,
                                  .url = peer_url(slow, "/", url),
                                  .deadline_ms = clock_monotonic_ms() + 100LL * LONG_MS };
    assert_int_equal(pthread_create(&threads[0], NULL, run_call, &calls[0]), 0);
    while (peer_count(slow, &slow->requests) == 0)
        sched_yield(); /* until the first is under way */
    assert_int_equal(pthread_create(&threads[1], NULL, run_call, &calls[1]), 0);
    rest_cancel(rest);
    run_call(&calls[2]);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(calls[i].status, ST_UNAVAILABLE);
    assert_int_equal(peer_count(slow, &slow->requests), 1);
    rest_free(rest);
    peer_stop(slow);
}

static void many_threads_share_the_pool(void **state)
{
    enum { THREADS = 12 };
    struct peer *peer = peer_start((struct script){ good, END_KEEP, false }, NULL);
    struct rest *rest = make_rest(NULL, 3);
    char url[128];
    struct busy calls[THREADS];
    pthread_t threads[THREADS];

    (void)state;
    peer_url(peer, "/", url);
    for (int i = 0; i < THREADS; i++) {
        calls[i] = (struct busy){ .rest = rest,
                                  .url = url,
                                  .deadline_ms = clock_monotonic_ms() + LONG_MS };
        assert_int_equal(pthread_create(&threads[i], NULL, run_call, &calls[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(calls[i].status, ST_OK);
    }
    assert_in_range(peer_count(peer, &peer->connections), 1, 3);
    rest_free(rest);
    peer_stop(peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_that_ends_when_it_is_used_again_is_replaced),
        cmocka_unit_test(a_full_pool_is_unavailable_at_the_deadline_and_free_afterwards),
        cmocka_unit_test(a_cancelled_pool_ends_all_its_calls),
        cmocka_unit_test(many_threads_share_the_pool),
    };

    return cmocka_run_group_tests(tests, setup_certs, teardown_certs);
}
