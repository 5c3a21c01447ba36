/* The sweep: who is told of a session's end by time, and when; receipts; how late the rest is. */
#include "fixture.h"
#include "sample.h"

#include "base/text.h"

#include <pthread.h>
#include <stdlib.h>

enum { T0 = 1795337000, DAY_S = 24 * 3600, LIFE_MS = 30 * 60 * 1000, TOLD_MAX = 512 };
#define CONTENT_KEEP_MS (INT64_C(30) * DAY_S * 1000)

/* Whoever is told; refuses from the refuse_at'th on. */
struct listener {
    struct overdue told[TOLD_MAX];
    size_t count, refuse_at;
    const char *disturb; /* SQL that is run with the first one; NULL: none */
};

static enum status listen_to(void *ctx, const struct overdue *session, struct err *err)
{
    struct listener *listener = ctx;

    if (listener->disturb && listener->count == 0)
        fixture_sql(listener->disturb);
    if (listener->count == TOLD_MAX || listener->count == listener->refuse_at)
        return RAISE(err, ST_UNAVAILABLE, "told to refuse");
    listener->told[listener->count++] = *session;
    return ST_OK;
}

/* Refuses when nothing is left of refuse_at. */
static enum status listen_to_deleted(void *ctx, enum swept_kind kind, uint64_t count,
                                     struct err *err)
{
    struct listener *listener = ctx;

    assert_int_equal(kind, SWEPT_SESSIONS);
    if (listener->count + count > listener->refuse_at)
        return RAISE(err, ST_UNAVAILABLE, "told to refuse");
    listener->count += count;
    return ST_OK;
}

static enum status sweep(struct store *store, const char *instance, struct listener *listener,
                         struct swept *ret, struct err *err)
{
    const struct sweep sweep = { .instance = instance,
                                 .evidence_keep_ms = KEEP_MS,
                                 .coid_keep_ms = KEEP_MS,
                                 .tell_expired = listen_to,
                                 .tell_deleted = listen_to_deleted,
                                 .ctx = listener };

    return store_sweep(store, &sweep, ret, err);
}

static struct sample create(struct store *store, unsigned number, size_t signers)
{
    struct sample sample = sample_of(number);
    int64_t created = 0, expires = 0;

    sample.session.signer_count = signers;
    assert_ok(store_session_create(store, &sample.session, &sample.secrets, LIFE_MS, &created,
                                   &expires, err));
    return sample;
}

static bool sign(struct store *store, const struct sample *sample, uint32_t turn)
{
    const uint8_t hash[32] = { (uint8_t)(turn + 1) };
    const struct session_put put = { turn, sample->done, 2, hash };
    bool last = false;

    assert_ok(store_session_sign(store, &sample->session.id, &put, &last, err));
    return last;
}

static long long expired(void)
{
    return fixture_number("SELECT COUNT(*) FROM signing_session WHERE state = 'expired'"
                          " AND ended_at = expires_at");
}

static void each_session_is_told_as_it_stood_when_its_time_was_over(void **state)
{
    static const struct {
        enum session_state to;
        uint32_t turns, wanted;
    } ends[] = { { SESSION_CREATED, 0, 1 },
                 { SESSION_SCANNED, 0, 1 },
                 { SESSION_DOCUMENTS_SENT, 0, 3 },
                 { SESSION_DOCUMENTS_SENT, 1, 2 } };
    AUTO_FREE struct listener *listener = calloc(1, sizeof(*listener));
    AUTO(store_close) struct store *after = fixture_at(T0 + LIFE_MS / 1000 + 60);
    struct sample samples[4];
    struct swept swept;

    (void)state;
    listener->refuse_at = TOLD_MAX;
    for (unsigned i = 0; i < 4; i++) { /* the order in which they end */
        AUTO(store_close) struct store *then = fixture_at(T0 + i);
        samples[i] = create(then, i, ends[i].wanted);
        if (ends[i].to != SESSION_CREATED)
            assert_ok(store_session_advance(then, &samples[i].session.id, ends[i].to, err));
        for (uint32_t turn = 0; turn < ends[i].turns; turn++)
            assert_false(sign(then, &samples[i], turn));
    }
    assert_ok(sweep(after, "node1", listener, &swept, err));
    assert_int_equal(swept.expired, 4);
    assert_int_equal(expired(), 4);
    assert_int_equal(listener->count, 4);
    for (unsigned i = 0; i < 4; i++) {
        const struct overdue *told = &listener->told[i];
        assert_string_equal(told->id.text, samples[i].session.id.text);
        assert_string_equal(told->sender_id, samples[i].session.sender_id);
        assert_int_equal(told->state, ends[i].to);
        assert_int_equal(told->turns, ends[i].turns);
        assert_int_equal(told->turns_wanted, ends[i].wanted);
        assert_int_equal(told->expires_ms, (int64_t)(T0 + i) * 1000 + LIFE_MS);
    }
    assert_ok(sweep(after, "node1", listener, &swept, err));
    assert_int_equal(listener->count, 4);
}

/* The journal is away: those who were told are marked, and nobody else. */
static void who_could_not_be_told_of_is_left_for_the_next_sweep(void **state)
{
    AUTO_FREE struct listener *listener = calloc(1, sizeof(*listener));
    AUTO(store_close) struct store *store = fixture_at(T0);
    AUTO(store_close) struct store *after = fixture_at(T0 + LIFE_MS / 1000);
    struct swept swept;

    (void)state;
    for (unsigned i = 0; i < 5; i++)
        (void)create(store, i, 1);
    assert_status(sweep(after, "node1", listener, &swept, err), ST_UNAVAILABLE);
    assert_int_equal(expired(), 0);
    listener->refuse_at = 2;
    assert_status(sweep(after, "node1", listener, &swept, err), ST_UNAVAILABLE);
    assert_int_equal(swept.expired, 2);
    assert_int_equal(expired(), 2);
    listener->refuse_at = TOLD_MAX;
    assert_ok(sweep(after, "node2", listener, &swept, err)); /* the lease was given back */
    assert_int_equal(swept.expired, 3);
    assert_int_equal(listener->count, 5);
    for (size_t i = 0; i < 5; i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(listener->told[i].id.text, listener->told[k].id.text);
}

static void who_loses_the_lease_stops_after_the_batch(void **state)
{
    AUTO_FREE struct listener *listener = calloc(1, sizeof(*listener));
    AUTO(store_close) struct store *store = fixture_at(T0);
    AUTO(store_close) struct store *after = fixture_at(T0 + LIFE_MS / 1000);
    struct swept swept;

    (void)state;
    for (unsigned i = 0; i < 100; i++)
        (void)create(store, i, 1);
    listener->refuse_at = TOLD_MAX;
    listener->disturb = "UPDATE lease SET holder = 'node2', until_at = NOW() + INTERVAL 9 YEAR";
    assert_ok(sweep(after, "node1", listener, &swept, err));
    assert_int_equal(swept.expired, 64);
    assert_int_equal(listener->count, 64);
}

static void deletions_are_told_of_before_they_are_done(void **state)
{
    AUTO_FREE struct listener *listener = calloc(1, sizeof(*listener));
    AUTO(store_close) struct store *store = fixture_at(T0);
    AUTO(store_close) struct store *late = fixture_at(T0 + 1096 * DAY_S);
    struct swept swept;

    (void)state;
    for (unsigned i = 0; i < 30; i++) {
        const struct sample sample = create(store, i, 1);
        assert_true(sign(store, &sample, 0));
    }
    listener->refuse_at = 24;
    assert_status(sweep(late, "node1", listener, &swept, err), ST_UNAVAILABLE);
    assert_int_equal(swept.deleted, 0);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM signing_session"), 30);
    listener->refuse_at = 29; /* one batch */
    assert_status(sweep(late, "node1", listener, &swept, err), ST_UNAVAILABLE);
    assert_int_equal(swept.deleted, 25);
    listener->refuse_at = 30;
    assert_ok(sweep(late, "node1", listener, &swept, err));
    assert_int_equal(swept.deleted, 5);
    assert_int_equal(listener->count, 30);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM evidence"), 0);
}

struct sweeper {
    struct store *store;
    pthread_barrier_t *start;
    struct listener listener;
};

static void *sweep_twice(void *arg)
{
    struct sweeper *sweeper = arg;
    struct swept swept;
    struct err err;

    (void)pthread_barrier_wait(sweeper->start);
    for (int i = 0; i < 2; i++)
        (void)!sweep(sweeper->store, "one", &sweeper->listener, &swept, &err);
    return NULL;
}

static void of_many_who_sweep_at_once_one_is_told_of_each_session(void **state)
{
    enum { SESSIONS = 150, SWEEPERS = 4 };
    AUTO_FREE struct sweeper *sweepers = calloc(SWEEPERS, sizeof(*sweepers));
    AUTO(store_close) struct store *store = fixture_at(T0);
    AUTO(store_close) struct store *after = fixture_at(T0 + LIFE_MS / 1000);
    pthread_t threads[SWEEPERS];
    pthread_barrier_t start;
    size_t told = 0;

    (void)state;
    for (unsigned i = 0; i < SESSIONS; i++)
        (void)create(store, i, 1);
    assert_int_equal(pthread_barrier_init(&start, NULL, SWEEPERS), 0);
    for (size_t i = 0; i < SWEEPERS; i++) {
        sweepers[i] = (struct sweeper){ after, &start, { .refuse_at = TOLD_MAX } };
        assert_int_equal(pthread_create(&threads[i], NULL, sweep_twice, &sweepers[i]), 0);
    }
    for (size_t i = 0; i < SWEEPERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        told += sweepers[i].listener.count;
    }
    (void)pthread_barrier_destroy(&start);
    assert_int_equal(told, SESSIONS);
    assert_int_equal(expired(), SESSIONS);
}

static void receipts_live_as_long_as_evidence(void **state) /* req 0.23 */
{
    AUTO(store_close) struct store *store = fixture_at(T0);
    AUTO(store_close) struct store *next_day = fixture_at(T0 + DAY_S);
    AUTO(store_close) struct store *early = fixture_at(T0 + 1096 * DAY_S - 1);
    AUTO(store_close) struct store *late = fixture_at(T0 + 1096 * DAY_S);
    AUTO(bytes_free) struct bytes *got = NULL;
    static const uint8_t cert[32] = { 2 };
    struct swept swept;

    (void)state;
    for (unsigned i = 0; i < 601; i++) {
        const uint8_t signature[32] = { (uint8_t)i, (uint8_t)(i >> 8) };
        assert_ok(store_keep_receipt(i == 600 ? next_day : store, signature, cert,
                                     SLICE("an answer"), err));
    }
    assert_ok(fixture_sweep(early, "node1", &swept, err));
    assert_int_equal(swept.receipts, 0);
    assert_ok(fixture_sweep(late, "node1", &swept, err));
    assert_int_equal(swept.receipts, 600);
    const uint8_t left[32] = { (uint8_t)600, 600 >> 8 };
    assert_ok(store_find_receipt(late, left, cert, &got, err));
}

static void expect_backlog(int64_t after_s, int64_t seals, int64_t wipes)
{
    AUTO(store_close) struct store *then = fixture_at(T0 + after_s);
    struct backlog backlog = { -1, -1 };

    assert_ok(store_backlog(then, CONTENT_KEEP_MS, &backlog, err));
    assert_int_equal(backlog.seals, seals);
    assert_int_equal(backlog.wipes, wipes);
}

static void what_is_late_is_counted_until_it_is_done(void **state)
{
    static const struct evidence_seal seal = { { "<e>sealed</e>", 13 }, true, 1795337123456 };
    AUTO(store_close) struct store *store = fixture_at(T0);
    struct sample samples[2];
    bool done = false;

    (void)state;
    (void)create(store, 9, 1); /* never ends */
    for (unsigned i = 0; i < 2; i++) {
        samples[i] = create(store, i, 1);
        assert_true(sign(store, &samples[i], 0));
    }
    expect_backlog(119, 0, 0);
    expect_backlog(120, 2, 0);
    assert_ok(store_seal_keep(store, &samples[0].session.id, &seal, err));
    expect_backlog(120, 1, 0);
    expect_backlog(30 * DAY_S + 3599, 1, 0);
    expect_backlog(30 * DAY_S + 3600, 1, 2);
    assert_ok(store_wipe_keep(store, &samples[0].session.id, samples[0].done, 2, &done, err));
    expect_backlog(30 * DAY_S + 3600, 1, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_schema, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(each_session_is_told_as_it_stood_when_its_time_was_over),
        TEST(who_could_not_be_told_of_is_left_for_the_next_sweep),
        TEST(who_loses_the_lease_stops_after_the_batch),
        TEST(deletions_are_told_of_before_they_are_done),
        TEST(of_many_who_sweep_at_once_one_is_told_of_each_session),
        TEST(receipts_live_as_long_as_evidence),
        TEST(what_is_late_is_counted_until_it_is_done),
    };

    return fixture_run(tests, sizeof(tests) / sizeof(tests[0]));
}
