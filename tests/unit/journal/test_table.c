/* The whole way: threads write, the shipper feeds MariaDB's table, MariaDB dies and comes back. */
#include "fixture.h"

#include "store/store.h"
#include "support/mariadbd.h"

#include <pthread.h>
#include <sched.h>

enum { THREADS = 4, EACH = 400 };

static struct mariadbd server;

static void *write_some(void *arg)
{
    for (int i = 0; i < EACH; i++)
        if (write_one(arg, "Строка для таблицы") != ST_OK)
            return arg;
    return NULL;
}

static struct store *open_store(void)
{
    struct store_params params = {
        .socket = server.socket, .user = "shepd", .database = "shepd", .pool = 2, .wait_ms = 1000
    };
    struct store *store = NULL;

    assert_ok(store_open(&params, &store, err));
    assert_ok(store_migrate(store, "node1", err));
    return store;
}

static void every_line_is_in_the_table_once_after_the_database_died(void **state)
{
    AUTO(store_close) struct store *store = open_store();
    AUTO(journal_close) struct journal *journal = open_in(*state);
    struct event_sink sink = store_event_sink(store);
    struct shipper *shipper = NULL;
    pthread_t threads[THREADS];
    void *failed = NULL;
    struct err why;

    assert_ok(shipper_start(journal, &sink, &shipper, err));
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_some, journal), 0);
    while (mariadbd_number(&server, "shepd", "SELECT COUNT(*) FROM journal_event") < 50)
        (void)sched_yield();
    mariadbd_kill(&server);
    for (size_t i = 0; i < THREADS; i++) { /* the journal goes on without the database */
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    uint64_t seq = journal_stats(journal).seq;
    assert_int_equal(write_one(journal, "while it is away"), ST_OK);
    while (!shipper_failing(shipper, &why))
        (void)sched_yield();
    assert_int_equal(why.status, ST_UNAVAILABLE);
    assert_true(shipper_lag(shipper) > 0);
    mariadbd_restart(&server);
    shipper_stop(shipper, 60000);
    assert_int_equal(seq, THREADS * EACH);
    assert_int_equal(mariadbd_number(&server, "shepd", "SELECT COUNT(*) FROM journal_event"),
                     THREADS * EACH + 1);
    assert_int_equal(
        mariadbd_number(&server, "shepd", "SELECT COUNT(DISTINCT seq) FROM journal_event"),
        THREADS * EACH + 1);
    assert_int_equal(mariadbd_number(&server, "shepd", "SELECT MAX(seq) FROM journal_event"),
                     THREADS * EACH + 1);
    assert_int_equal(mariadbd_number(&server, "shepd",
                                     "SELECT COUNT(*) FROM journal_event"
                                     " WHERE text = 'Строка для таблицы' AND day = 20261122"),
                     THREADS * EACH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_line_is_in_the_table_once_after_the_database_died,
                                        folder_make, folder_remove),
    };

    if (!mariadbd_start(&server))
        return 77;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    mariadbd_remove(&server);
    return failed;
}
