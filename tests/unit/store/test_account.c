/* Accounts: failures and lock-outs, log-ins, second factors, and who may not be taken away (req
 * 0.36, 0.37). */
#include "fixture.h"

#include "store/account.h"

#include <pthread.h>
#include <string.h>

enum { T0 = 1795337000 };

static const struct account_limits limits = { .max_failures = 3,
                                              .lock_ms = 60000,
                                              .idle_ms = 100000,
                                              .total_ms = 1000000,
                                              .half_ms = 50000,
                                              .max_sessions = 2 };

static const uint8_t cookies[][32] = { { 1 }, { 2 }, { 3 }, { 4 } };

static void add(const char *name, enum account_role role)
{
    assert_ok(store_account_add(fixture()->store, name, role, "phc", true, err));
}

static struct account find(struct store *store, const char *name)
{
    struct account account = { .name = "" };

    assert_ok(store_account_find(store, name, &account, err));
    return account;
}

static bool fails(struct store *store, const char *name)
{
    bool locked = false;

    assert_ok(store_account_failed(store, name, &limits, &locked, err));
    return locked;
}

static enum status log_in(struct store *store, const struct account *account, size_t cookie,
                          bool half)
{
    const struct account_session session = { cookies[cookie], "192.0.2.1", "Mozilla", half };
    struct err err;

    return store_account_login(store, account, &limits, &session, &err);
}

static enum session_look look(struct store *store, size_t cookie)
{
    enum session_look ret = SESSION_LOOK_NONE;
    struct account account;

    assert_ok(store_account_look(store, cookies[cookie], &limits, &ret, &account, err));
    return ret;
}

static void an_account_is_kept_as_it_was_made(void **state)
{
    struct account_list *all = NULL;

    (void)state;
    add("zoe", ROLE_AUDITOR);
    add("adam", ROLE_ADMINISTRATOR);
    assert_status(store_account_add(fixture()->store, "zoe", ROLE_AUDITOR, "phc", false, err),
                  ST_CONFLICT);
    assert_status(store_account_add(fixture()->store, "Zoe", ROLE_AUDITOR, "phc", false, err),
                  ST_INPUT);
    const struct account zoe = find(fixture()->store, "zoe");
    assert_string_equal(zoe.password, "phc");
    assert_true(zoe.must_change && !zoe.blocked && !zoe.has_totp && !account_is_locked(&zoe));
    assert_int_equal(zoe.role, ROLE_AUDITOR);
    assert_true(zoe.created_ms > 0 && zoe.login_ms == 0);
    assert_ok(store_account_list(fixture()->store, &all, err));
    assert_int_equal(all->count, 2);
    assert_string_equal(all->at[0].name, "adam");
    free(all);
}

static void failures_lock_and_the_databases_clock_opens(void **state)
{
    AUTO(store_close) struct store *then = fixture_at(T0);
    AUTO(store_close) struct store *later = fixture_at(T0 + 61);

    (void)state;
    add("zoe", ROLE_AUDITOR);
    assert_false(fails(then, "zoe"));
    assert_false(fails(then, "zoe"));
    struct account zoe = find(then, "zoe");
    assert_true(fails(then, "zoe"));
    assert_int_equal(log_in(then, &zoe, 0, false), ST_CONFLICT); /* as it was looked at: open */
    zoe = find(then, "zoe");
    assert_true(account_is_locked(&zoe));
    assert_int_equal(zoe.locked_until_ms, (T0 + 60) * INT64_C(1000));
    assert_false(fails(then, "zoe")); /* nobody keeps it locked by asking */
    assert_int_equal(find(then, "zoe").failures, 3);
    zoe = find(later, "zoe");
    assert_false(account_is_locked(&zoe));
    assert_false(fails(later, "zoe")); /* the first of a new row */
    assert_int_equal(find(later, "zoe").failures, 1);
    assert_int_equal(log_in(later, &zoe, 0, true), ST_OK); /* half: nothing is forgotten */
    assert_int_equal(find(later, "zoe").failures, 1);
    assert_int_equal(log_in(later, &zoe, 1, false), ST_OK);
    assert_int_equal(find(later, "zoe").failures, 0);
}

static void *fail_in_a_thread(void *arg)
{
    return fails(fixture()->store, "zoe") ? arg : NULL;
}

static void of_many_failures_at_once_one_locks(void **state)
{
    pthread_t threads[THREADS];
    int locked = 0;

    (void)state;
    add("zoe", ROLE_AUDITOR);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, fail_in_a_thread, &locked), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *by = NULL;
        assert_int_equal(pthread_join(threads[i], &by), 0);
        locked += by != NULL;
    }
    assert_int_equal(locked, 1);
    assert_int_equal(find(fixture()->store, "zoe").failures, 3);
}

static void a_log_in_lives_until_it_is_idle_or_old(void **state)
{
    static const struct {
        const char *what;
        bool half;
        int used_s[2]; /* seconds after T0 */
        enum session_look want[2];
    } rows[] = {
        { "used in time", false, { 99, 198 }, { SESSION_LOOK_LIVE, SESSION_LOOK_LIVE } },
        { "idle", false, { 101, 102 }, { SESSION_LOOK_ENDED, SESSION_LOOK_NONE } },
        { "idle later", false, { 50, 151 }, { SESSION_LOOK_LIVE, SESSION_LOOK_ENDED } },
        { "half", true, { 20, 49 }, { SESSION_LOOK_HALF, SESSION_LOOK_HALF } },
        { "half too long", true, { 49, 51 }, { SESSION_LOOK_HALF, SESSION_LOOK_ENDED } },
    };
    AUTO(store_close) struct store *begin = fixture_at(T0);

    (void)state;
    add("zoe", ROLE_AUDITOR);
    const struct account zoe = find(begin, "zoe");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_ok(store_account_logout(begin, cookies[0], err));
        assert_int_equal(log_in(begin, &zoe, 0, rows[i].half), ST_OK);
        for (size_t k = 0; k < 2; k++) {
            AUTO(store_close) struct store *now = fixture_at(T0 + rows[i].used_s[k]);
            if (look(now, 0) != rows[i].want[k])
                fail_msg("%s, look %zu", rows[i].what, k);
        }
    }
    assert_ok(store_account_logout(begin, cookies[0], err));
    assert_int_equal(log_in(begin, &zoe, 0, false), ST_OK);
    for (int s = 90; s < 1000; s += 90) {
        AUTO(store_close) struct store *now = fixture_at(T0 + s);
        assert_int_equal(look(now, 0), SESSION_LOOK_LIVE);
    }
    AUTO(store_close) struct store *old = fixture_at(T0 + 1001);
    assert_int_equal(look(old, 0), SESSION_LOOK_ENDED);
}

static void the_oldest_log_in_makes_room_and_forgotten_ones_are_swept(void **state)
{
    AUTO(store_close)
    struct store *first = fixture_at(T0), *second = fixture_at(T0 + 1), *third = fixture_at(T0 + 2),
                 *late = fixture_at(T0 + 2100);
    uint64_t swept = 0;

    (void)state;
    add("zoe", ROLE_AUDITOR);
    const struct account zoe = find(first, "zoe");
    assert_int_equal(log_in(first, &zoe, 0, false), ST_OK);
    assert_int_equal(log_in(second, &zoe, 1, false), ST_OK);
    assert_int_equal(log_in(third, &zoe, 2, false), ST_OK);
    assert_int_equal(look(third, 0), SESSION_LOOK_NONE);
    assert_int_equal(look(third, 1), SESSION_LOOK_LIVE);
    assert_int_equal(look(third, 2), SESSION_LOOK_LIVE);
    assert_ok(store_account_sweep(third, &limits, &swept, err));
    assert_int_equal(swept, 0);
    assert_ok(store_account_sweep(late, &limits, &swept, err));
    assert_int_equal(swept, 2);
}

static void every_change_of_what_an_account_may_ends_its_log_ins(void **state)
{
    struct store *store = fixture()->store;

    (void)state;
    add("adam", ROLE_ADMINISTRATOR);
    add("zoe", ROLE_AUDITOR);
    for (int change = 0; change < 4; change++) {
        struct account zoe = find(store, "zoe");
        assert_int_equal(log_in(store, &zoe, 0, false), ST_OK);
        assert_int_equal(log_in(store, &zoe, 1, false), ST_OK);
        if (change == 0)
            assert_ok(store_account_set_role(store, "zoe", ROLE_ADMINISTRATOR, err));
        if (change == 1)
            assert_ok(store_account_set_password(store, "zoe", "new", false, cookies[1], err));
        if (change == 2)
            assert_ok(store_account_block(store, "zoe", err));
        if (change == 3)
            assert_ok(store_account_remove(store, "zoe", err));
        assert_int_equal(look(store, 0), SESSION_LOOK_NONE);
        assert_int_equal(look(store, 1), change == 1 ? SESSION_LOOK_LIVE : SESSION_LOOK_NONE);
        assert_int_equal(log_in(store, &zoe, 2, false), ST_CONFLICT); /* by what was known before */
        if (change == 2)
            assert_ok(store_account_unblock(store, "zoe", err));
    }
    assert_status(store_account_block(store, "zoe", err), ST_NOT_FOUND);
    assert_status(store_account_unblock(store, "zoe", err), ST_NOT_FOUND);
}

static void *remove_in_a_thread(void *name)
{
    struct err err;

    return store_account_remove(fixture()->store, name, &err) == ST_OK ? name : NULL;
}

static void of_two_administrators_removed_at_once_one_stays(void **state)
{
    char names[2][8] = { "adam", "eve" };
    pthread_t threads[2];
    int removed = 0;

    (void)state;
    add("adam", ROLE_ADMINISTRATOR);
    add("eve", ROLE_ADMINISTRATOR);
    add("zoe", ROLE_AUDITOR);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, remove_in_a_thread, names[i]), 0);
    for (size_t i = 0; i < 2; i++) {
        void *by = NULL;
        assert_int_equal(pthread_join(threads[i], &by), 0);
        removed += by != NULL;
    }
    assert_int_equal(removed, 1);
    const char *left =
        fixture_number("SELECT COUNT(*) FROM account WHERE name = 'adam'") ? "adam" : "eve";
    assert_status(store_account_set_role(fixture()->store, left, ROLE_AUDITOR, err), ST_CONFLICT);
    assert_status(store_account_block(fixture()->store, left, err), ST_CONFLICT);
    assert_ok(store_account_remove(fixture()->store, "zoe", err));
}

static void a_second_factor_lies_sealed_and_its_codes_count_once(void **state)
{
    struct store *store = fixture()->store;
    struct totp_secret secret = { .len = 0 };

    (void)state;
    add("adam", ROLE_ADMINISTRATOR);
    add("zoe", ROLE_AUDITOR);
    assert_status(store_totp_secret(store, "zoe", true, &secret, err), ST_NOT_FOUND);
    assert_status(store_totp_confirm(store, "zoe", 7, err), ST_CONFLICT);
    assert_ok(store_totp_begin(store, "zoe", SLICE("12345678901234567890"), err));
    assert_false(find(store, "zoe").has_totp);
    assert_ok(store_totp_confirm(store, "zoe", 7, err));
    assert_true(find(store, "zoe").has_totp);
    assert_ok(store_totp_secret(store, "zoe", false, &secret, err));
    assert_int_equal(secret.len, 20);
    assert_memory_equal(secret.at, "12345678901234567890", 20);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM account WHERE INSTR(totp, '345678')"), 0);
    assert_status(store_totp_take(store, "zoe", 7, err), ST_CONFLICT);
    assert_ok(store_totp_take(store, "zoe", 8, err));
    assert_status(store_totp_take(store, "zoe", 8, err), ST_CONFLICT);
    assert_status(store_totp_take(store, "zoe", 6, err), ST_CONFLICT);
    /* carried to another's row it opens nothing */
    fixture_sql(
        "UPDATE account a JOIN account z ON z.name = 'zoe' SET a.totp = z.totp WHERE a.name "
        "= 'adam'");
    assert_status(store_totp_secret(store, "adam", false, &secret, err), ST_INTERNAL);
    assert_ok(store_totp_off(store, "zoe", err));
    assert_status(store_totp_secret(store, "zoe", false, &secret, err), ST_NOT_FOUND);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_schema, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(an_account_is_kept_as_it_was_made),
        TEST(failures_lock_and_the_databases_clock_opens),
        TEST(of_many_failures_at_once_one_locks),
        TEST(a_log_in_lives_until_it_is_idle_or_old),
        TEST(the_oldest_log_in_makes_room_and_forgotten_ones_are_swept),
        TEST(every_change_of_what_an_account_may_ends_its_log_ins),
        TEST(of_two_administrators_removed_at_once_one_stays),
        TEST(a_second_factor_lies_sealed_and_its_codes_count_once),
    };

    return fixture_run(tests, sizeof(tests) / sizeof(tests[0]));
}
