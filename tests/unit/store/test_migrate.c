/* The schema: from nothing, again, by several at once, and never backwards. */
#include "fixture.h"
#include "store/schema.h"

#include <pthread.h>
#include <string.h>

static void statements_end_with_a_semicolon_at_the_end_of_a_line(void **state)
{
    static const struct {
        const char *sql;
        const char *want[3];
    } cases[] = {
        { "", { NULL } },
        { "-- only;\n\n", { NULL } },
        { "A;\n", { "A" } },
        { "A;", { "A" } },
        { "A;  \r\nB;\n", { "A", "B" } },
        { "-- note;\nA (';', --x;y\n 'b');\n\n-- c\nB;\n", { "A (';', --x;y\n 'b')", "B" } },
        { "A;\nB", { "A", "B" } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct slice sql = slice_str(cases[i].sql);
        struct slice got;

        for (size_t n = 0; cases[i].want[n]; n++) {
            assert_true(schema_next(&sql, &got));
            if (!slice_eq_str(got, cases[i].want[n]))
                fail_msg("case %zu: %.*s", i, (int)got.len, got.at);
        }
        assert_false(schema_next(&sql, &got));
    }
}

static void migration_makes_the_schema_from_nothing_and_twice_does_nothing(void **state)
{
    struct store_params params = fixture_params();
    AUTO(store_close) struct store *store = NULL;

    (void)state;
    assert_ok(store_open(&params, &store, err));
    assert_status(store_ping(store, err), ST_INTERNAL); /* no table to read yet */
    assert_ok(store_migrate(store, "node1", err));
    long long version = fixture_number("SELECT MAX(version) FROM schema_version");
    assert_int_equal(version, (long long)schema_file_count() - 1);
    assert_ok(store_migrate(store, "node1", err));
    assert_ok(store_ping(store, err));
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM schema_version"), version);
}

static void who_only_looks_on_wants_the_schema_of_its_own_version(void **state)
{
    struct store_params params = fixture_params();
    AUTO(store_close) struct store *store = NULL;

    (void)state;
    assert_ok(store_open(&params, &store, err));
    assert_status(store_check_schema(store, err), ST_INTERNAL);
    assert_ok(store_migrate(store, "node1", err));
    assert_ok(store_check_schema(store, err));
    fixture_sql("INSERT INTO schema_version SELECT MAX(version) + 1, NOW(6), 'x' FROM"
                " schema_version");
    assert_status(store_check_schema(store, err), ST_CONFLICT);
    fixture_sql("DELETE FROM schema_version ORDER BY version DESC LIMIT 2");
    assert_status(store_check_schema(store, err), ST_CONFLICT);
}

static void every_table_is_innodb_has_a_primary_key_and_binary_utf8(void **state)
{
    struct store_params params = fixture_params();
    AUTO(store_close) struct store *store = NULL;

    (void)state;
    assert_ok(store_open(&params, &store, err));
    assert_ok(store_migrate(store, "node1", err));
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM information_schema.tables"
                                    " WHERE table_schema = DATABASE()"),
                     25);
    assert_int_equal(
        fixture_number("SELECT COUNT(*) FROM information_schema.tables"
                       " WHERE table_schema = DATABASE()"
                       " AND (engine <> 'InnoDB' OR table_collation <> 'utf8mb4_bin')"),
        0);
    assert_int_equal(
        fixture_number("SELECT COUNT(*) FROM information_schema.tables t"
                       " WHERE table_schema = DATABASE() AND NOT EXISTS (SELECT 1 FROM"
                       " information_schema.statistics s WHERE s.table_schema = t.table_schema"
                       " AND s.table_name = t.table_name AND s.index_name = 'PRIMARY')"),
        0);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM information_schema.columns"
                                    " WHERE table_schema = DATABASE() AND data_type = 'datetime'"
                                    " AND datetime_precision <> 6"),
                     0);
}

static void *migrate(void *arg)
{
    struct store_params params = fixture_params();
    AUTO(store_close) struct store *store = NULL;
    enum status *status = arg;
    struct err err;

    *status = store_open(&params, &store, &err);
    if (*status == ST_OK)
        *status = store_migrate(store, "node", &err);
    return NULL;
}

static void instances_that_start_together_migrate_once(void **state)
{
    pthread_t threads[THREADS];
    enum status got[THREADS];

    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, migrate, &got[i]), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_string_equal(status_name(got[i]), "ok");
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM schema_version"),
                     (long long)schema_file_count() - 1);
}

static void a_newer_database_is_refused(void **state)
{
    (void)state;
    fixture_sql("INSERT INTO schema_version VALUES (999, NOW(6), 'tomorrow')");
    assert_status(store_migrate(fixture()->store, "node1", err), ST_CONFLICT);
}

static void a_crash_in_the_middle_of_a_migration_is_mended(void **state)
{
    (void)state;
    fixture_sql("DROP TABLE journal_event");
    fixture_sql("DELETE FROM schema_version");
    assert_ok(store_migrate(fixture()->store, "node1", err));
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM journal_event"), 0);
}

static void a_small_packet_is_refused_with_a_clear_text(void **state)
{
    struct store_params params = fixture_params();
    struct store *store = NULL;
    struct err err = { .text = "" };

    (void)state;
    fixture_sql("SET GLOBAL max_allowed_packet = 16777216");
    enum status status = store_open(&params, &store, &err);
    fixture_sql("SET GLOBAL max_allowed_packet = 67108864");
    assert_int_equal(status, ST_INPUT);
    assert_string_equal(err.field, "max_allowed_packet");
    assert_non_null(strstr(err.text, "at least 64M"));
    assert_null(store);
}

static void the_clock_is_the_databases_and_can_be_set(void **state)
{
    AUTO(store_close) struct store *store = fixture_at(1795337000);
    int64_t now_ms = 0;

    (void)state;
    assert_ok(store_now(store, &now_ms, err));
    assert_int_equal(now_ms, 1795337000000);
}

static void what_no_pool_can_be_made_of_is_refused(void **state)
{
    struct store_params good = fixture_params();
    struct store *store = NULL;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct store_params params = good;
        params.pool = i == 0 ? 0 : i == 1 ? 5000 : 2;
        params.wait_ms = i == 2 ? 0 : 1000;
        params.user = i == 3 ? NULL : "shepd";
        assert_status(store_open(&params, &store, err), ST_INPUT);
    }
    good.user = "nobody";
    assert_status(store_open(&good, &store, err), ST_UNAVAILABLE);
    good = fixture_params();
    good.socket = "/nonexistent/sock";
    assert_status(store_open(&good, &store, err), ST_UNAVAILABLE);
    assert_null(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_end_with_a_semicolon_at_the_end_of_a_line),
        cmocka_unit_test_setup_teardown(
            migration_makes_the_schema_from_nothing_and_twice_does_nothing, fixture_empty,
            fixture_close),
        cmocka_unit_test_setup_teardown(who_only_looks_on_wants_the_schema_of_its_own_version,
                                        fixture_empty, fixture_close),
        cmocka_unit_test_setup_teardown(every_table_is_innodb_has_a_primary_key_and_binary_utf8,
                                        fixture_empty, fixture_close),
        cmocka_unit_test_setup_teardown(instances_that_start_together_migrate_once, fixture_empty,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(a_newer_database_is_refused, fixture_schema, fixture_close),
        cmocka_unit_test_setup_teardown(a_crash_in_the_middle_of_a_migration_is_mended,
                                        fixture_schema, fixture_close),
        cmocka_unit_test_setup_teardown(a_small_packet_is_refused_with_a_clear_text, fixture_schema,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(the_clock_is_the_databases_and_can_be_set, fixture_schema,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(what_no_pool_can_be_made_of_is_refused, fixture_empty,
                                        fixture_close),
    };

    return fixture_run(tests, sizeof(tests) / sizeof(tests[0]));
}
