/* Logins of a session: each once, counted, and looked up by who signs. */
#include "fixture.h"
#include "sample.h"

#include <pthread.h>
#include <string.h>

enum { T0 = 1795337000, LIFE_MS = 30 * 60 * 1000, MAX_BYTES = 16 * 1024 * 1024 };

static const uint8_t first[32] = { 1 }, second[32] = { 2 };
static const struct login asel = { first, "987654321098", "" };
static const struct login clerk = { second, "123456789011", "123456789021" };

static struct id create(struct store *store, unsigned number)
{
    struct sample sample = sample_of(number);
    int64_t created = 0, expires = 0;

    assert_ok(store_session_create(store, &sample.session, &sample.secrets, LIFE_MS, &created,
                                   &expires, err));
    return sample.session.id;
}

static void must_count(const struct id *session, uint32_t refused, uint32_t accepted)
{
    struct login_tally tally = { 99, 99 };

    assert_ok(store_login_count(fixture()->store, session, &tally, err));
    assert_int_equal(tally.refused, refused);
    assert_int_equal(tally.accepted, accepted);
}

static void must_have_reason(const struct id *session, const char *reason)
{
    AUTO(signing_session_free) struct signing_session *got = NULL;

    assert_ok(store_session_find(fixture()->store, &(struct session_key){ .id = session },
                                 SESSION_HEAD, MAX_BYTES, &got, err));
    assert_string_equal(got->reason, reason);
}

static bool accept(const struct id *session, const struct login *login)
{
    bool seen = true;

    assert_ok(store_login_accept(fixture()->store, session, login, &seen, err));
    return !seen;
}

static void a_login_counts_once_in_its_session(void **state)
{
    struct id one = create(fixture()->store, 1), other = create(fixture()->store, 2);

    (void)state;
    must_count(&one, 0, 0);
    assert_true(accept(&one, &asel));
    assert_false(accept(&one, &asel));
    must_count(&one, 0, 1);
    assert_true(accept(&one, &clerk));
    assert_true(accept(&other, &asel)); /* its URL stands in what is hashed: not the same login */
    must_count(&one, 0, 2);
    must_count(&other, 0, 1);
}

static void *accept_in_a_thread(void *arg)
{
    return accept(arg, &asel) ? arg : NULL;
}

static void of_many_at_once_one_is_the_first(void **state)
{
    struct id session = create(fixture()->store, 1);
    pthread_t threads[THREADS];
    int firsts = 0;

    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, accept_in_a_thread, &session), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *was_first = NULL;
        assert_int_equal(pthread_join(threads[i], &was_first), 0);
        firsts += was_first != NULL;
    }
    assert_int_equal(firsts, 1);
    must_count(&session, 0, 1);
}

static void a_refused_login_is_counted_and_its_reason_ends_with_an_accepted_one(void **state)
{
    struct id session = create(fixture()->store, 1);
    enum session_state now;

    (void)state;
    assert_ok(store_login_refuse(fixture()->store, &session, "timeStamp: stale", err));
    assert_ok(store_login_refuse(fixture()->store, &session, "signature: wrong", err));
    must_count(&session, 2, 0);
    must_have_reason(&session, "login: signature: wrong");
    assert_true(accept(&session, &asel));
    must_count(&session, 2, 1);
    must_have_reason(&session, "");
    assert_ok(store_session_refuse_put(fixture()->store, &session, "document 1: wrong", &now, err));
    assert_true(accept(&session, &clerk));
    must_have_reason(&session, "document 1: wrong");
}

static void a_signer_is_looked_for_by_iin_and_a_bin_that_does_not_contradict(void **state)
{
    struct id session = create(fixture()->store, 1), other = create(fixture()->store, 2);
    const struct {
        const struct id *session;
        const char *iin, *bin;
        bool want;
    } rows[] = {
        { &session, "987654321098", "", true },
        { &session, "987654321098", "123456789021", true }, /* the login named no BIN */
        { &session, "123456789011", "", true },
        { &session, "123456789011", "123456789021", true },
        { &session, "123456789011", "987654321013", false },
        { &session, "111111111111", "", false },
        { &session, "", "", false },
        { &session, "", "123456789021", false },
        { &other, "987654321098", "", false },
    };

    (void)state;
    assert_true(accept(&session, &asel));
    assert_true(accept(&session, &clerk));
    assert_true(accept(&session, &(struct login){ (const uint8_t[32]){ 3 }, "", "" }));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool has = !rows[i].want;
        assert_ok(store_login_has(fixture()->store, rows[i].session, rows[i].iin, rows[i].bin, &has,
                                  err));
        if (has != rows[i].want)
            fail_msg("row %zu", i);
    }
}

static void a_session_that_is_over_takes_no_login(void **state)
{
    AUTO(store_close) struct store *past = fixture_at(T0);
    struct id overdue = create(past, 1), cancelled = create(fixture()->store, 2), none = id_new(1);
    const struct id *const rows[] = { &overdue, &cancelled, &none };
    struct login_tally tally;
    bool seen;

    (void)state;
    assert_ok(store_session_end(fixture()->store, &cancelled, SESSION_CANCELLED, "", err));
    for (size_t i = 0; i < 3; i++) {
        assert_status(store_login_accept(fixture()->store, rows[i], &asel, &seen, err),
                      ST_CONFLICT);
        assert_status(store_login_refuse(fixture()->store, rows[i], "late", err), ST_CONFLICT);
    }
    must_count(&overdue, 0, 0);
    must_count(&cancelled, 0, 0);
    assert_status(store_login_count(fixture()->store, &none, &tally, err), ST_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_schema, fixture_close)
        TEST(a_login_counts_once_in_its_session),
        TEST(of_many_at_once_one_is_the_first),
        TEST(a_refused_login_is_counted_and_its_reason_ends_with_an_accepted_one),
        TEST(a_signer_is_looked_for_by_iin_and_a_bin_that_does_not_contradict),
        TEST(a_session_that_is_over_takes_no_login),
    };

    return fixture_run(tests, sizeof(tests) / sizeof(tests[0]));
}
