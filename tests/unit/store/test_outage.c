/* The database goes away and comes back: clear refusals meanwhile, no restart of ours after. */
#include "fixture.h"
#include "sample.h"
#include "store/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static void a_killed_server_is_unavailable_and_then_works_again(void **state)
{
    struct store *store = fixture()->store;
    struct sample sample = sample_of(1);
    int64_t created, expires, now;
    struct err why = { .text = "" };

    (void)state;
    assert_ok(store_session_create(store, &sample.session, &sample.secrets, 60000, &created,
                                   &expires, err));
    for (int round = 0; round < 2; round++) {
        if (round == 0)
            mariadbd_kill(&fixture()->server);
        else
            mariadbd_stop(&fixture()->server);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(store_now(store, &now, &why), ST_UNAVAILABLE);
            assert_null(strstr(why.text, "sock")); /* the caller learns nothing of our house */
        }
        assert_status(store_ping(store, err), ST_UNAVAILABLE);
        mariadbd_restart(&fixture()->server);
        assert_ok(store_ping(store, err)); /* every connection of the pool mends itself */
        AUTO(signing_session_free) struct signing_session *got = NULL;
        assert_ok(store_session_find(store, &(struct session_key){ .id = &sample.session.id },
                                     SESSION_DOCUMENTS, 1000, &got, err));
    }
}

static void connections_killed_one_by_one_are_replaced_unseen(void **state)
{
    struct store *store = fixture()->store;
    int64_t created, expires;

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        char sql[64];
        long long id;
        while ((id = fixture_number("SELECT id FROM information_schema.processlist"
                                    " WHERE user = 'shepd' LIMIT 1")) > 0) {
            (void)snprintf(sql, sizeof(sql), "KILL HARD CONNECTION %lld", id);
            fixture_sql(sql);
            while (fixture_number("SELECT COUNT(*) FROM information_schema.processlist"
                                  " WHERE user = 'shepd'") > 0)
                ; /* until the server has let go of it */
        }
        struct sample sample = sample_of(10 + i);
        assert_ok(store_session_create(store, &sample.session, &sample.secrets, 60000, &created,
                                       &expires, err));
    }
}

struct stream {
    atomic_bool over;
    atomic_uint acknowledged;
    unsigned from;
};

static void *create_many(void *arg)
{
    struct stream *stream = arg;
    int64_t created, expires;
    struct err err;

    for (unsigned i = 0; !atomic_load(&stream->over) && i < 100000; i++) {
        struct sample sample = sample_of(i);
        for (size_t b = 0; b < 8; b++) { /* secrets that no other thread has */
            sample.secrets.token_sha256[b] = (uint8_t)sample.session.id.text[28 + b];
            sample.secrets.page_id_sha256[b] = (uint8_t)sample.session.id.text[28 + b];
        }
        sample.secrets.token_sha256[31] = sample.secrets.page_id_sha256[31] = (uint8_t)stream->from;
        enum status status = store_session_create(fixture()->store, &sample.session,
                                                  &sample.secrets, 60000, &created, &expires, &err);
        if (status == ST_OK)
            atomic_fetch_add(&stream->acknowledged, 1);
        else if (status != ST_UNAVAILABLE)
            return arg; /* any other answer is wrong */
    }
    return NULL;
}

static void what_was_acknowledged_before_a_kill_is_there_after(void **state)
{
    struct stream streams[4] = { { .from = 1 }, { .from = 2 }, { .from = 3 }, { .from = 4 } };
    pthread_t threads[4];
    void *wrong = NULL;
    long long acknowledged = 0;

    (void)state;
    /* the test's server does not sync per commit, its kill -9 keeps what the kernel has */
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, create_many, &streams[i]), 0);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < 4; i++) {
            unsigned before = atomic_load(&streams[i].acknowledged);
            while (atomic_load(&streams[i].acknowledged) < before + 20)
                (void)sched_yield(); /* every stream is flowing */
        }
        mariadbd_kill(&fixture()->server);
        mariadbd_restart(&fixture()->server);
    }
    for (size_t i = 0; i < 4; i++)
        atomic_store(&streams[i].over, true);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
        acknowledged += atomic_load(&streams[i].acknowledged);
    }
    long long stored = fixture_number("SELECT COUNT(*) FROM signing_session");
    print_message("%lld acknowledged, %lld stored\n", acknowledged, stored);
    assert_true(stored >= acknowledged); /* more: a COMMIT whose answer was lost */
    assert_true(stored <= acknowledged + 8);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM signing_document"), stored * 2);
}

struct holder {
    struct store *store;
    pthread_barrier_t lent, enough;
};

static enum status hold(struct db *db, void *ctx, struct err *err)
{
    struct holder *holder = ctx;

    (void)db;
    (void)err;
    (void)pthread_barrier_wait(&holder->lent);
    (void)pthread_barrier_wait(&holder->enough);
    return ST_OK;
}

static void *hold_one(void *arg)
{
    struct holder *holder = arg;
    struct err err;

    return store_run(holder->store, &(struct work){ .run = hold, .ctx = holder }, &err) == ST_OK
               ? NULL
               : arg;
}

static void a_pool_without_a_free_connection_refuses_in_time(void **state)
{
    struct store_params params = fixture_params();
    AUTO(store_close) struct store *store = NULL;
    struct holder holder;
    pthread_t thread;
    void *wrong = NULL;
    int64_t now;

    (void)state;
    params.pool = 1;
    params.wait_ms = 50;
    assert_ok(store_open(&params, &store, err));
    holder.store = store;
    (void)pthread_barrier_init(&holder.lent, NULL, 2);
    (void)pthread_barrier_init(&holder.enough, NULL, 2);
    assert_int_equal(pthread_create(&thread, NULL, hold_one, &holder), 0);
    (void)pthread_barrier_wait(&holder.lent);
    assert_status(store_now(store, &now, err), ST_UNAVAILABLE);
    (void)pthread_barrier_wait(&holder.enough);
    assert_int_equal(pthread_join(thread, &wrong), 0);
    assert_null(wrong);
    assert_ok(store_now(store, &now, err));
    (void)pthread_barrier_destroy(&holder.lent);
    (void)pthread_barrier_destroy(&holder.enough);
}

/* Fails as a deadlock does, so many times. */
struct unlucky {
    unsigned left, tries;
};

static enum status meet_deadlocks(struct db *db, void *ctx, struct err *err)
{
    struct unlucky *unlucky = ctx;

    unlucky->tries++;
    TRY(db_exec(db, "INSERT INTO lease VALUES ('unlucky', '', NOW(6))", no_args, NULL, err));
    if (unlucky->left == 0)
        return ST_OK;
    unlucky->left--;
    return db_raise(db, 1213, "as if", err);
}

static void a_transaction_that_meets_deadlocks_is_run_again_from_its_start(void **state)
{
    struct unlucky few = { .left = 3 };
    struct unlucky many = { .left = 1000 };

    (void)state;
    assert_ok(store_run(fixture()->store,
                        &(struct work){ .run = meet_deadlocks, .ctx = &few, .transaction = true },
                        err));
    assert_int_equal(few.tries, 4);
    fixture_sql("DELETE FROM lease");
    assert_status(
        store_run(fixture()->store,
                  &(struct work){ .run = meet_deadlocks, .ctx = &many, .transaction = true }, err),
        ST_UNAVAILABLE);
    assert_int_equal(many.tries, 10); /* bounded */
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM lease"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_schema, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(a_killed_server_is_unavailable_and_then_works_again),
        TEST(connections_killed_one_by_one_are_replaced_unseen),
        TEST(what_was_acknowledged_before_a_kill_is_there_after),
        TEST(a_pool_without_a_free_connection_refuses_in_time),
        TEST(a_transaction_that_meets_deadlocks_is_run_again_from_its_start),
    };

    return fixture_run(tests, sizeof(tests) / sizeof(tests[0]));
}
