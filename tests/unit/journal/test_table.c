/* The whole way: threads write, the shipper feeds MariaDB's table, MariaDB dies and comes back. req
 * 0.55 */
#include "fixture.h"

#include "store/store.h"
#include "support/mariadbd.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 4, EACH = 400, MANY_THREADS = 4 * THREADS };

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

/* The first 15 digits of the SHA-256 of all lines in order: as the files have them. */
struct all_lines {
    struct bytes *text;
};

static bool collect(const struct event_row *row, void *ctx)
{
    struct all_lines *all = ctx;

    bytes_add(all->text, row->line);
    bytes_add_str(all->text, "\n");
    return true;
}

static long long digest_of_files(const char *dir)
{
    struct all_lines all = { bytes_new(64 << 20) };
    char hash[LINE_HASH], digits[16];

    (void)walk(dir, collect, &all);
    assert_false(all.text->failed);
    assert_ok(line_hash(bytes_slice(all.text), hash, err));
    bytes_free(all.text);
    (void)snprintf(digits, sizeof(digits), "%.15s", hash);
    return strtoll(digits, NULL, 16);
}

static long long digest_of_table(void)
{
    mariadbd_sql(&server, "shepd", "SET GLOBAL group_concat_max_len = 60000000");
    return mariadbd_number(&server, "shepd",
                           "SELECT CONV(LEFT(SHA2(CONCAT(GROUP_CONCAT(line ORDER BY seq SEPARATOR"
                           " '\n'), '\n'), 256), 15), 16, 10) FROM journal_event");
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
    assert_int_equal(digest_of_table(), digest_of_files(*state)); /* line by line */
}

/* The database dies in the middle of what waited for it, twice, and comes back at its address: no
 * line is missing, none is there twice, each is as the text journal has it. req 0.55 */
static void a_catch_up_survives_the_death_of_the_database(void **state)
{
    enum { LINES = 12000 };
    AUTO(store_close) struct store *store = open_store();
    AUTO(journal_close) struct journal *journal = open_in(*state);
    struct event_sink sink = store_event_sink(store);
    struct shipper *shipper = NULL;
    pthread_t threads[MANY_THREADS];
    void *failed = NULL;

    mariadbd_sql(&server, "shepd", "DELETE FROM journal_event");
    while (journal_stats(journal).seq < LINES) {
        for (int i = 0; i < MANY_THREADS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, write_some, journal), 0);
        for (int i = 0; i < MANY_THREADS; i++)
            assert_int_equal(pthread_join(threads[i], &failed), 0);
    }
    const long long lines = (long long)journal_stats(journal).seq;
    assert_ok(shipper_start(journal, &sink, &shipper, err));
    for (long long had = 1; had < lines; had += 5000) {
        while (mariadbd_number(&server, "shepd", "SELECT COUNT(*) FROM journal_event") < had)
            (void)sched_yield();
        mariadbd_kill(&server);
        mariadbd_restart(&server);
    }
    shipper_stop(shipper, 60000);
    assert_int_equal(mariadbd_number(&server, "shepd", "SELECT COUNT(*) FROM journal_event"),
                     lines);
    assert_int_equal(digest_of_table(), digest_of_files(*state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_line_is_in_the_table_once_after_the_database_died,
                                        folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(a_catch_up_survives_the_death_of_the_database, folder_make,
                                        folder_remove),
    };

    if (!mariadbd_start(&server))
        return 77;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    mariadbd_remove(&server);
    return failed;
}
