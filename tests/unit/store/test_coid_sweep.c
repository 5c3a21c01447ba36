/* How long what is kept of ЦОИД lives: never too short, and not for ever (req 2.16). */
#include "coid_sample.h"
#include "fixture.h"

#include "store/pool.h"
#include "store/schema.h"

#include <stdio.h>

enum { T0 = 1795337000, KEEP_DAYS = 1096 };
#define DAY_S INT64_C(86400)

/* What was told of, by kind; refuses when more than `most` of one would be deleted. */
struct listener {
    uint64_t told[3];
    uint64_t most;
};

static enum status tell_nobody(void *ctx, const struct overdue *session, struct err *err)
{
    (void)ctx;
    (void)session;
    (void)err;
    return ST_OK;
}

static enum status listen_to(void *ctx, enum swept_kind kind, uint64_t count, struct err *err)
{
    struct listener *listener = ctx;

    if (listener->told[kind] + count > listener->most)
        return RAISE(err, ST_UNAVAILABLE, "told to refuse");
    listener->told[kind] += count;
    return ST_OK;
}

static enum status sweep(int64_t at_s, struct listener *listener, struct swept *ret,
                         struct err *err)
{
    AUTO(store_close) struct store *store = fixture_at(at_s);
    const struct sweep sweep = { .instance = "node1",
                                 .evidence_keep_ms = 1,
                                 .coid_keep_ms = KEEP_DAYS * DAY_S * 1000,
                                 .tell_expired = tell_nobody,
                                 .tell_deleted = listen_to,
                                 .ctx = listener };

    return store_sweep(store, &sweep, ret, err);
}

static struct id call_at(int64_t at_s, const char *message)
{
    AUTO(store_close) struct store *store = fixture_at(at_s);
    struct coid_begin begin = coid_begin_of(message, 0);
    struct coid_end end = coid_done();

    (void)coid_begun(store, &begin, true);
    assert_ok(store_coid_end(store, &begin.key, &end, err));
    return begin.key;
}

static void keep_at(int64_t at_s, const struct id *key)
{
    AUTO(store_close) struct store *store = fixture_at(at_s);
    struct coid_evidence evidence = coid_evidence_of(key, "{}");

    evidence.received_ms = 0; /* the adapter's clock is not asked */
    assert_ok(store_coid_evidence_keep(store, &evidence, err));
}

static void decide_at(int64_t at_s, const struct id *key)
{
    AUTO(store_close) struct store *store = fixture_at(at_s);
    const struct coid_decision decision = {
        .key = *key, .decision = "rejected", .who = "operator", .note = "", .at_ms = 1000
    };

    assert_ok(store_coid_decide(store, &decision, err));
}

static long long count_of(const char *table)
{
    char sql[64];

    (void)snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM %s", table);
    return fixture_number(sql);
}

static void expect_rows(long long calls, long long evidence, long long decisions)
{
    assert_int_equal(count_of("coid_call"), calls);
    assert_int_equal(count_of("coid_photo"), calls);
    assert_int_equal(count_of("coid_evidence"), evidence);
    assert_int_equal(count_of("coid_decision"), decisions);
}

static void each_is_deleted_when_its_time_is_over_and_not_before(void **state)
{
    struct listener listener = { .most = 100 };
    struct id plain = call_at(T0, "plain");
    struct id asked_later = call_at(T0, "asked later");
    struct id decided = call_at(T0, "decided");
    struct swept swept;

    (void)state;
    keep_at(T0, &plain);
    keep_at(T0, &asked_later);
    keep_at(T0 + DAY_S, &asked_later); /* personal data, a day afterwards */
    decide_at(T0 + 2 * DAY_S, &decided);
    const int64_t due = T0 + KEEP_DAYS * DAY_S;
    assert_ok(sweep(due - 1, &listener, &swept, err));
    expect_rows(3, 3, 1);
    assert_ok(sweep(due, &listener, &swept, err));
    expect_rows(2, 1, 1); /* both bodies of the first day, and one call */
    assert_int_equal(swept.coid_evidence, 2);
    assert_int_equal(swept.coid_calls, 1);
    assert_int_equal(swept.coid_days, 1); /* of one day and sender */
    assert_ok(sweep(due + DAY_S - 1, &listener, &swept, err));
    expect_rows(2, 1, 1);
    assert_ok(sweep(due + DAY_S, &listener, &swept, err));
    expect_rows(1, 0, 1);
    assert_ok(sweep(due + 2 * DAY_S - 1, &listener, &swept, err));
    expect_rows(1, 0, 1);
    assert_ok(sweep(due + 2 * DAY_S, &listener, &swept, err));
    expect_rows(0, 0, 0);
    assert_int_equal(listener.told[SWEPT_COID_CALLS], 3);
    assert_int_equal(listener.told[SWEPT_COID_EVIDENCE], 3);
    assert_int_equal(listener.told[SWEPT_SESSIONS], 0);
}

static void what_cannot_be_told_of_is_not_deleted(void **state)
{
    struct listener listener = { .most = 24 };
    const int64_t due = T0 + KEEP_DAYS * DAY_S;
    struct swept swept;

    (void)state;
    for (int i = 0; i < 60; i++) {
        char message[16];
        (void)snprintf(message, sizeof(message), "m%d", i);
        struct id key = call_at(T0, message);
        keep_at(T0, &key);
    }
    assert_status(sweep(due, &listener, &swept, err), ST_UNAVAILABLE);
    expect_rows(60, 60, 0);
    listener.most = 50; /* two batches of the first kind */
    assert_status(sweep(due, &listener, &swept, err), ST_UNAVAILABLE);
    assert_int_equal(swept.coid_evidence, 50);
    expect_rows(60, 10, 0);
    listener.most = 60;
    assert_ok(sweep(due, &listener, &swept, err));
    expect_rows(0, 0, 0);
    assert_int_equal(swept.coid_evidence, 10);
    assert_int_equal(swept.coid_calls, 60);
    assert_int_equal(listener.told[SWEPT_COID_CALLS], 60);
}

static void news_live_as_long_as_they_are_told(void **state)
{
    static const struct coid_news news[] = { { { "1", "" }, "gone", "" },
                                             { { "2", "" }, "still told", "" } };
    AUTO(store_close) struct store *first = fixture_at(T0);
    AUTO(store_close) struct store *later = fixture_at(T0 + DAY_S);
    const int64_t due = T0 + KEEP_DAYS * DAY_S;
    struct listener listener = { .most = 0 }; /* nobody is told */
    struct swept swept;
    size_t fresh = 0;

    (void)state;
    assert_ok(store_coid_news_keep(first, news, 2, &fresh, err));
    assert_ok(store_coid_news_keep(later, news + 1, 1, &fresh, err));
    assert_ok(sweep(due - 1, &listener, &swept, err));
    assert_int_equal(swept.coid_news, 0);
    assert_ok(sweep(due, &listener, &swept, err));
    assert_int_equal(swept.coid_news, 1);
    assert_ok(sweep(due + DAY_S, &listener, &swept, err));
    assert_int_equal(swept.coid_news, 1);
}

static void a_sweep_that_was_told_no_time_deletes_nothing(void **state)
{
    const struct sweep none = { .instance = "node1",
                                .evidence_keep_ms = 1,
                                .tell_expired = tell_nobody,
                                .tell_deleted = listen_to };
    struct id key = call_at(T0, "m1");
    struct swept swept;

    (void)state;
    keep_at(T0, &key);
    assert_status(store_sweep(fixture()->store, &none, &swept, err), ST_INTERNAL);
    expect_rows(1, 1, 0);
}

/* ---- the schema ---- */

static enum status run_up_to_6(struct db *db, void *ctx, struct err *err)
{
    (void)ctx;
    for (size_t i = 0; i <= 6; i++) {
        struct slice sql = schema_files[i].bytes;
        struct slice statement;
        while (schema_next(&sql, &statement))
            TRY(db_run(db, statement, err));
    }
    return db_run(db,
                  SLICE("INSERT INTO schema_version VALUES (1, NOW(6), 'old'), (2, NOW(6), 'old'),"
                        " (3, NOW(6), 'old'), (4, NOW(6), 'old'), (5, NOW(6), 'old'),"
                        " (6, NOW(6), 'old')"),
                  err);
}

static void a_database_of_before_keeps_what_it_has(void **state)
{
    struct store_params params = fixture_params();
    AUTO(store_close) struct store *store = NULL;

    (void)state;
    assert_ok(store_open(&params, &store, err));
    assert_ok(store_run(store, &(struct work){ .run = run_up_to_6 }, err));
    fixture_sql("INSERT INTO claim (sender_id, message_id, payload_sha256, exchange, claimed_at,"
                " lease_until_at, keep_until_at) VALUES ('a', 'm', REPEAT('x', 32),"
                " REPEAT('e', 16), NOW(6), NOW(6), NOW(6))");
    fixture_sql("INSERT INTO receipt VALUES (REPEAT('s', 32), REPEAT('c', 32), 'ocsp', NOW(6))");
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM information_schema.tables WHERE"
                                    " table_schema = DATABASE() AND table_name LIKE 'coid%'"),
                     0);
    for (int again = 0; again < 2; again++) { /* killed before its version was marked */
        struct coid_begin begin = coid_begin_of(again ? "m2" : "m1", 0);
        assert_ok(store_migrate(store, "node1", err));
        (void)coid_begun(store, &begin, true);
        keep_at(T0, &begin.key);
        fixture_sql("DELETE FROM schema_version WHERE version >= 7");
    }
    assert_ok(store_migrate(store, "node1", err));
    expect_rows(2, 2, 0);
    assert_int_equal(count_of("claim"), 1);
    assert_int_equal(count_of("receipt"), 1);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM schema_version WHERE applied_by = 'old'"),
                     6);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_schema, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(each_is_deleted_when_its_time_is_over_and_not_before),
        TEST(what_cannot_be_told_of_is_not_deleted),
        TEST(news_live_as_long_as_they_are_told),
        TEST(a_sweep_that_was_told_no_time_deletes_nothing),
        cmocka_unit_test_setup_teardown(a_database_of_before_keeps_what_it_has, fixture_empty,
                                        fixture_close),
    };

    return fixture_run(tests, sizeof(tests) / sizeof(tests[0]));
}
