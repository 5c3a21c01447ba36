/* (senderId, messageId) once: architecture.md section 1. */
#include "fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { T0 = 1795337000, HOUR = 3600 }; /* Unix seconds of the database's clock */

static const uint8_t payload_a[32] = { 0xaa };
static const uint8_t payload_b[32] = { 0xbb };

static struct claim claim_on(const char *message, const uint8_t *payload)
{
    return (struct claim){
        .sender_id = "ekzamen",
        .message_id = message,
        .payload_sha256 = payload,
        .exchange = id_new(1795337000000),
        .lease_ms = 35000,
        .keep_ms = 72LL * HOUR * 1000,
    };
}

static enum claim_state claim(struct store *store, const struct claim *what,
                              struct bytes **ret_answer)
{
    enum claim_state state = CLAIM_RUNNING;
    struct claim_answer answer = { .bytes = NULL };

    assert_ok(store_claim(store, what, &state, &answer, err));
    if (state != CLAIM_ANSWERED)
        assert_null(answer.bytes);
    if (ret_answer)
        *ret_answer = answer.bytes;
    else
        bytes_free(answer.bytes);
    return state;
}

static void a_first_claim_is_mine_and_a_second_waits(void **state)
{
    struct claim first = claim_on("m1", payload_a);
    struct claim second = claim_on("m1", payload_a);
    struct claim padded = claim_on("m1 ", payload_a);
    struct claim upper = claim_on("M1", payload_a);

    (void)state;
    assert_int_equal(claim(fixture()->store, &first, NULL), CLAIM_MINE);
    assert_int_equal(claim(fixture()->store, &second, NULL), CLAIM_RUNNING);
    assert_int_equal(claim(fixture()->store, &first, NULL), CLAIM_MINE); /* asked again by us */
    assert_int_equal(claim(fixture()->store, &padded, NULL), CLAIM_MINE);
    assert_int_equal(claim(fixture()->store, &upper, NULL), CLAIM_MINE);
    second.sender_id = "other";
    assert_int_equal(claim(fixture()->store, &second, NULL), CLAIM_MINE);
}

static void a_kept_answer_is_given_again_byte_for_byte(void **state)
{
    struct claim first = claim_on("m1", payload_a);
    struct claim later = claim_on("m1", payload_a);
    static const char answer[] = "<a>\0\xff</a>";
    AUTO(bytes_free) struct bytes *got = NULL;

    (void)state;
    assert_int_equal(claim(fixture()->store, &first, NULL), CLAIM_MINE);
    for (int again = 0; again < 2; again++) /* a lost COMMIT is repeated by the caller */
        assert_ok(
            store_claim_keep(fixture()->store, &first, slice_mem(answer, sizeof(answer)), err));
    assert_int_equal(claim(fixture()->store, &later, &got), CLAIM_ANSWERED);
    assert_true(slice_eq(bytes_slice(got), slice_mem(answer, sizeof(answer))));
}

static void an_empty_answer_is_an_answer(void **state)
{
    struct claim first = claim_on("m1", payload_a);
    AUTO(bytes_free) struct bytes *got = NULL;

    (void)state;
    assert_int_equal(claim(fixture()->store, &first, NULL), CLAIM_MINE);
    assert_ok(store_claim_keep(fixture()->store, &first, slice_mem("", 0), err));
    assert_int_equal(claim(fixture()->store, &first, &got), CLAIM_ANSWERED);
    assert_int_equal(got->len, 0);
}

static void an_answer_of_32_mib_is_kept(void **state)
{
    struct claim first = claim_on("big", payload_a);
    AUTO(bytes_free) struct bytes *got = NULL;
    size_t size = (size_t)32 * 1024 * 1024;
    AUTO_FREE char *big = malloc(size);

    (void)state;
    for (size_t i = 0; i < size; i++)
        big[i] = (char)(i * 2654435761U >> 13);
    assert_int_equal(claim(fixture()->store, &first, NULL), CLAIM_MINE);
    assert_ok(store_claim_keep(fixture()->store, &first, slice_mem(big, size), err));
    assert_int_equal(claim(fixture()->store, &first, &got), CLAIM_ANSWERED);
    assert_true(slice_eq(bytes_slice(got), slice_mem(big, size)));
}

static void an_answer_over_the_packet_is_refused_by_name(void **state)
{
    struct claim first = claim_on("huge", payload_a);
    size_t size = (size_t)61 * 1024 * 1024;
    AUTO_FREE char *huge = calloc(1, size);

    (void)state;
    assert_int_equal(claim(fixture()->store, &first, NULL), CLAIM_MINE);
    assert_status(store_claim_keep(fixture()->store, &first, slice_mem(huge, size), err), ST_INPUT);
}

static void another_payload_under_the_same_id_is_reuse(void **state)
{
    struct claim first = claim_on("m1", payload_a);
    struct claim other = claim_on("m1", payload_b);

    (void)state;
    assert_int_equal(claim(fixture()->store, &first, NULL), CLAIM_MINE);
    assert_int_equal(claim(fixture()->store, &other, NULL), CLAIM_REUSED);
    assert_ok(store_claim_keep(fixture()->store, &first, SLICE("answer"), err));
    assert_int_equal(claim(fixture()->store, &other, NULL), CLAIM_REUSED);
}

static void a_released_claim_is_free_for_anybody(void **state)
{
    struct claim first = claim_on("m1", payload_a);
    struct claim second = claim_on("m1", payload_b);

    (void)state;
    assert_int_equal(claim(fixture()->store, &first, NULL), CLAIM_MINE);
    assert_ok(store_claim_release(fixture()->store, &second, err)); /* not theirs: no effect */
    assert_int_equal(claim(fixture()->store, &second, NULL), CLAIM_REUSED);
    assert_ok(store_claim_release(fixture()->store, &first, err));
    assert_int_equal(claim(fixture()->store, &second, NULL), CLAIM_MINE);
    assert_ok(store_claim_keep(fixture()->store, &second, SLICE("answer"), err));
    assert_ok(store_claim_release(fixture()->store, &second, err)); /* an answer is not let go */
    assert_int_equal(claim(fixture()->store, &second, NULL), CLAIM_ANSWERED);
}

static void a_claim_past_its_lease_is_taken_over_and_its_first_holder_loses(void **state)
{
    AUTO(store_close) struct store *now = fixture_at(T0);
    AUTO(store_close) struct store *in_lease = fixture_at(T0 + 34);
    AUTO(store_close) struct store *after = fixture_at(T0 + 36);
    struct claim first = claim_on("m1", payload_a);
    struct claim second = claim_on("m1", payload_a);
    AUTO(bytes_free) struct bytes *got = NULL;

    (void)state;
    assert_int_equal(claim(now, &first, NULL), CLAIM_MINE);
    assert_int_equal(claim(in_lease, &second, NULL), CLAIM_RUNNING);
    assert_int_equal(claim(after, &second, NULL), CLAIM_MINE);
    assert_status(store_claim_keep(after, &first, SLICE("late"), err), ST_CONFLICT);
    assert_ok(store_claim_release(after, &first, err)); /* no effect either */
    assert_ok(store_claim_keep(after, &second, SLICE("in time"), err));
    assert_int_equal(claim(after, &first, &got), CLAIM_ANSWERED);
    assert_true(slice_eq_str(bytes_slice(got), "in time"));
}

static void an_answer_past_its_time_is_forgotten(void **state)
{
    AUTO(store_close) struct store *now = fixture_at(T0);
    AUTO(store_close) struct store *in_time = fixture_at(T0 + 71 * HOUR);
    AUTO(store_close) struct store *after = fixture_at(T0 + 73 * HOUR);
    struct claim first = claim_on("m1", payload_a);
    struct claim other = claim_on("m1", payload_b);

    (void)state;
    assert_int_equal(claim(now, &first, NULL), CLAIM_MINE);
    assert_ok(store_claim_keep(now, &first, SLICE("answer"), err));
    assert_int_equal(claim(in_time, &other, NULL), CLAIM_REUSED);
    assert_int_equal(claim(after, &other, NULL), CLAIM_MINE);
    assert_int_equal(claim(after, &first, NULL), CLAIM_REUSED);
}

static void a_sweep_forgets_what_is_past_its_time_and_nothing_else(void **state)
{
    AUTO(store_close) struct store *now = fixture_at(T0);
    AUTO(store_close) struct store *later = fixture_at(T0 + 73 * HOUR);
    struct swept done;

    (void)state;
    for (size_t i = 0; i < 1203; i++) {
        char message[24];
        (void)snprintf(message, sizeof(message), "m%zu", i);
        struct claim old = claim_on(message, payload_a);
        assert_int_equal(claim(now, &old, NULL), CLAIM_MINE);
    }
    struct claim young = claim_on("young", payload_a);
    assert_int_equal(claim(later, &young, NULL), CLAIM_MINE);
    assert_ok(fixture_sweep(now, "node1", &done, err));
    assert_int_equal(done.claims, 0);
    assert_ok(fixture_sweep(later, "node1", &done, err));
    assert_int_equal(done.claims, 1203);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM claim"), 1);
    fixture_sql("UPDATE lease SET until_at = NOW() + INTERVAL 9 YEAR WHERE name = 'sweep'");
    assert_ok(fixture_sweep(later, "node2", &done, err)); /* another instance is at it */
    assert_int_equal(done.claims, 0);
}

static void keys_that_no_column_holds_are_refused_by_name(void **state)
{
    char long_id[400] = "";
    struct claim bad = claim_on(long_id, payload_a);
    enum claim_state got;
    struct claim_answer answer = { .bytes = NULL };
    struct err err;

    (void)state;
    memset(long_id, 'x', sizeof(long_id));
    long_id[256] = '\0';
    assert_int_equal(store_claim(fixture()->store, &bad, &got, &answer, &err), ST_INPUT);
    assert_string_equal(err.field, "messageId");
    assert_string_equal(err.limit, "255 characters");
    long_id[255] = '\0';
    assert_int_equal(store_claim(fixture()->store, &bad, &got, &answer, &err), ST_OK);
    bad.message_id = "\xff";
    assert_int_equal(store_claim(fixture()->store, &bad, &got, &answer, &err), ST_INPUT);
}

struct race {
    pthread_barrier_t *start;
    enum claim_state got;
};

static void *race_for_it(void *arg)
{
    struct race *race = arg;
    struct claim mine = claim_on("raced", payload_a);

    (void)pthread_barrier_wait(race->start);
    race->got = claim(fixture()->store, &mine, NULL);
    return NULL;
}

static void run_race(const char *what)
{
    pthread_barrier_t start;
    pthread_t threads[THREADS];
    struct race races[THREADS];
    size_t mine = 0;

    (void)pthread_barrier_init(&start, NULL, THREADS);
    for (size_t i = 0; i < THREADS; i++) {
        races[i] = (struct race){ .start = &start };
        assert_int_equal(pthread_create(&threads[i], NULL, race_for_it, &races[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        mine += races[i].got == CLAIM_MINE;
        if (races[i].got != CLAIM_MINE && races[i].got != CLAIM_RUNNING)
            fail_msg("%s: thread %zu got %d", what, i, (int)races[i].got);
    }
    (void)pthread_barrier_destroy(&start);
    if (mine != 1)
        fail_msg("%s: %zu threads have it", what, mine);
}

static void of_eight_threads_exactly_one_gets_the_message(void **state)
{
    (void)state;
    for (int round = 0; round < 25; round++) {
        run_race("new");
        fixture_sql("UPDATE claim SET lease_until_at = '2020-01-01'");
        run_race("lease over");
        fixture_sql("DELETE FROM claim");
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_schema, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(a_first_claim_is_mine_and_a_second_waits),
        TEST(a_kept_answer_is_given_again_byte_for_byte),
        TEST(an_empty_answer_is_an_answer),
        TEST(an_answer_of_32_mib_is_kept),
        TEST(an_answer_over_the_packet_is_refused_by_name),
        TEST(another_payload_under_the_same_id_is_reuse),
        TEST(a_released_claim_is_free_for_anybody),
        TEST(a_claim_past_its_lease_is_taken_over_and_its_first_holder_loses),
        TEST(an_answer_past_its_time_is_forgotten),
        TEST(a_sweep_forgets_what_is_past_its_time_and_nothing_else),
        TEST(keys_that_no_column_holds_are_refused_by_name),
        TEST(of_eight_threads_exactly_one_gets_the_message),
    };

    return fixture_run(tests, sizeof(tests) / sizeof(tests[0]));
}
