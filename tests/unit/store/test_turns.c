/* Several signers in turn: every turn counts once, in any order, and the last makes the session
 * signed. */
#include "fixture.h"
#include "sample.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { T0 = 1795337000, LIFE_MS = 30 * 60 * 1000, MAX_BYTES = 16 * 1024 * 1024 };

static struct sample create(struct store *store, unsigned number, size_t signers)
{
    struct sample sample = sample_of(number);
    int64_t created = 0, expires = 0;

    sample.session.signer_count = signers;
    assert_ok(store_session_create(store, &sample.session, &sample.secrets, LIFE_MS, &created,
                                   &expires, err));
    assert_ok(store_session_advance(store, &sample.session.id, SESSION_DOCUMENTS_SENT, err));
    return sample;
}

static struct signing_session *find(struct store *store, const struct sample *sample,
                                    unsigned parts)
{
    struct signing_session *session = NULL;

    assert_ok(store_session_find(store, &(struct session_key){ .id = &sample->session.id }, parts,
                                 MAX_BYTES, &session, err));
    return session;
}

/* The hash tells the turn; *ret_last: it made the session signed. */
static enum status sign(struct store *store, const struct sample *sample, uint32_t turn,
                        bool *ret_last, struct err *err)
{
    const uint8_t hash[32] = { (uint8_t)(turn + 1) };
    const struct session_put put = { turn, sample->done, 2, hash };

    return store_session_sign(store, &sample->session.id, &put, ret_last, err);
}

static long long seals(void)
{
    return fixture_number("SELECT COUNT(*) FROM evidence_seal");
}

static void the_last_turn_in_any_order_makes_the_session_signed(void **state)
{
    static const uint32_t orders[][3] = { { 0, 1, 2 }, { 2, 1, 0 }, { 1, 2, 0 } };
    AUTO(store_close) struct store *store = fixture_at(T0);

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct sample sample = create(store, i, 3);
        for (uint32_t n = 0; n < 3; n++) {
            AUTO(store_close) struct store *then = fixture_at(T0 + 10 + n);
            enum session_state ignored;
            bool last = false;
            assert_ok(
                store_session_refuse_put(then, &sample.session.id, "a mishap", &ignored, err));
            assert_ok(sign(then, &sample, orders[i][n], &last, err));
            assert_int_equal(last, n == 2);
            AUTO(signing_session_free)
            struct signing_session *got = find(then, &sample, SESSION_HEAD);
            assert_int_equal(got->state, last ? SESSION_SIGNED : SESSION_DOCUMENTS_SENT);
            assert_int_equal(got->turn_count, n + 1);
            assert_int_equal(got->ended_ms, last ? (T0 + 12) * 1000LL : 0);
            assert_string_equal(got->reason, "");
            assert_int_equal(seals(), i + last);
            for (uint32_t k = 0; k <= n; k++)
                assert_int_equal(got->signers[orders[i][k]].signed_ms, (T0 + 10 + k) * 1000LL);
        }
    }
}

static void each_turn_has_its_own_documents_and_evidence(void **state)
{
    struct store *store = fixture()->store;
    struct sample sample = create(store, 1, 2);
    struct sample other = sample;
    const struct evidence_item item = { EVIDENCE_TSP, { "stamp", 5 } };
    bool last = false;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        other.done[i].content = SLICE("by another");
        other.done[i].evidence = &item;
        other.done[i].evidence_count = 1;
        (void)snprintf(other.done[i].signer.iin, sizeof(other.done[i].signer.iin), "900101300123");
    }
    assert_ok(sign(store, &other, 1, &last, err)); /* the second is first */
    AUTO(signing_session_free) struct signing_session *half = find(store, &sample, SESSION_RESULT);
    assert_int_equal(half->signed_count, 2);
    assert_int_equal(half->signed_documents[0].turn, 1);
    assert_int_equal(half->signed_documents[0].evidence_count, 1);
    assert_ok(sign(store, &sample, 0, &last, err));
    AUTO(signing_session_free) struct signing_session *got = find(store, &sample, SESSION_RESULT);
    assert_int_equal(got->signed_count, 4);
    for (size_t i = 0; i < 4; i++) { /* by document, then by turn */
        const struct sample *by = i % 2 ? &other : &sample;
        const struct signed_document *want = &by->done[i / 2];
        const struct signed_document *one = &got->signed_documents[i];
        assert_int_equal(one->id, want->id);
        assert_int_equal(one->turn, i % 2);
        assert_true(slice_eq(one->content, want->content));
        assert_string_equal(one->signer.iin, want->signer.iin);
        assert_int_equal(one->evidence_count, want->evidence_count);
        for (size_t k = 0; k < want->evidence_count; k++) {
            assert_int_equal(one->evidence[k].kind, want->evidence[k].kind);
            assert_true(slice_eq(one->evidence[k].data, want->evidence[k].data));
        }
    }
    for (uint32_t turn = 0; turn < 2; turn++) {
        assert_int_equal(got->turns[turn].turn, turn);
        assert_int_equal(got->turns[turn].put_sha256[0], turn + 1);
    }
}

static void a_turn_is_taken_once_and_a_second_try_leaves_nothing(void **state)
{
    struct store *store = fixture()->store;
    struct sample sample = create(store, 1, 2);
    bool last = false;

    (void)state;
    assert_ok(sign(store, &sample, 1, &last, err));
    assert_status(sign(store, &sample, 1, &last, err), ST_CONFLICT);
    AUTO(signing_session_free) struct signing_session *got = find(store, &sample, SESSION_RESULT);
    assert_int_equal(got->state, SESSION_DOCUMENTS_SENT);
    assert_int_equal(got->turn_count, 1);
    assert_int_equal(got->signed_count, 2);
    assert_int_equal(fixture_number("SELECT turns_signed FROM signing_session"), 1);
    assert_int_equal(seals(), 0);
}

static void a_session_that_expires_halfway_keeps_the_turns_taken(void **state)
{
    AUTO(store_close) struct store *store = fixture_at(T0);
    AUTO(store_close) struct store *after = fixture_at(T0 + LIFE_MS / 1000);
    struct sample sample = create(store, 1, 2);
    bool last = false;

    (void)state;
    assert_ok(sign(store, &sample, 0, &last, err));
    assert_status(sign(after, &sample, 1, &last, err), ST_CONFLICT);
    AUTO(signing_session_free) struct signing_session *got = find(after, &sample, SESSION_RESULT);
    assert_int_equal(got->state, SESSION_EXPIRED);
    assert_int_equal(got->turn_count, 1);
    assert_int_equal(got->signed_count, 2);
    assert_int_equal(seals(), 0);
}

static void who_waits_for_news_hears_of_each_turn(void **state)
{
    struct store *store = fixture()->store;
    struct sample sample = create(store, 1, 2);
    struct session_watch watch = { .id = sample.session.id };
    bool last = false;

    (void)state;
    for (uint32_t turn = 0; turn < 3; turn++) {
        assert_ok(store_session_states(store, &watch, 1, err));
        assert_int_equal(watch.turns, turn);
        assert_int_equal(watch.state, turn < 2 ? SESSION_DOCUMENTS_SENT : SESSION_SIGNED);
        if (turn < 2)
            assert_ok(sign(store, &sample, turn, &last, err));
    }
}

struct race {
    struct store *store;
    const struct sample *sample;
    pthread_barrier_t *start;
    uint32_t turn;
    bool last;
    enum status got;
};

static void *race_for_turn(void *arg)
{
    struct race *race = arg;
    struct err err;

    (void)pthread_barrier_wait(race->start);
    race->got = sign(race->store, race->sample, race->turn, &race->last, &err);
    return NULL;
}

/* Eight telephones at once for three turns: each turn is taken by one, and one of them is the last.
 */
static void turns_at_once_all_count_and_each_turn_once(void **state)
{
    struct store *store = fixture()->store;

    (void)state;
    for (unsigned round = 0; round < 15; round++) {
        struct sample sample = create(store, round, 3);
        struct race races[THREADS];
        pthread_t threads[THREADS];
        pthread_barrier_t start;
        unsigned taken[3] = { 0 }, last = 0;

        (void)pthread_barrier_init(&start, NULL, THREADS);
        for (size_t i = 0; i < THREADS; i++) {
            races[i] = (struct race){ store, &sample, &start, (uint32_t)i % 3, false, ST_OK };
            assert_int_equal(pthread_create(&threads[i], NULL, race_for_turn, &races[i]), 0);
        }
        for (size_t i = 0; i < THREADS; i++) {
            assert_int_equal(pthread_join(threads[i], NULL), 0);
            if (races[i].got == ST_OK)
                taken[races[i].turn]++;
            else
                assert_string_equal(status_name(races[i].got), "conflict");
            last += races[i].got == ST_OK && races[i].last;
        }
        (void)pthread_barrier_destroy(&start);
        for (size_t turn = 0; turn < 3; turn++)
            assert_int_equal(taken[turn], 1);
        assert_int_equal(last, 1);
        AUTO(signing_session_free)
        struct signing_session *got = find(store, &sample, SESSION_RESULT);
        assert_int_equal(got->state, SESSION_SIGNED);
        assert_int_equal(got->signed_count, 6);
        assert_int_equal(seals(), round + 1);
    }
}

/* The tables as they were before there were turns, with what a signed session had in them. */
static void go_back_before_turns(void)
{
    fixture_sql("ALTER TABLE evidence DROP FOREIGN KEY evidence_document, DROP PRIMARY KEY,"
                " DROP COLUMN turn, ADD PRIMARY KEY (session_id, document_id, position)");
    fixture_sql("ALTER TABLE signed_document DROP PRIMARY KEY, DROP COLUMN turn,"
                " ADD PRIMARY KEY (session_id, document_id)");
    fixture_sql("ALTER TABLE evidence ADD CONSTRAINT evidence_document"
                " FOREIGN KEY (session_id, document_id)"
                " REFERENCES signed_document (session_id, document_id) ON DELETE CASCADE");
    fixture_sql("ALTER TABLE signing_session DROP COLUMN turns_signed,"
                " ADD COLUMN put_sha256 BINARY(32) NULL");
    fixture_sql("UPDATE signing_session SET put_sha256 = (SELECT put_sha256 FROM signing_turn"
                " WHERE session_id = id)");
    fixture_sql("DROP TABLE signing_turn");
    fixture_sql("DELETE FROM schema_version WHERE version >= 4");
}

static void a_session_signed_before_there_were_turns_keeps_its_result(void **state)
{
    struct store *store = fixture()->store;
    struct sample live = create(store, 1, 1);
    struct sample sample = create(store, 2, 1);
    bool last = false;

    (void)state;
    assert_ok(sign(store, &sample, 0, &last, err));
    go_back_before_turns();
    for (int again = 0; again < 2; again++) { /* killed before its version was marked */
        assert_ok(store_migrate(store, "node1", err));
        AUTO(signing_session_free)
        struct signing_session *got = find(store, &sample, SESSION_RESULT);
        assert_int_equal(got->turn_count, 1);
        assert_int_equal(got->turns[0].put_sha256[0], 1);
        assert_int_equal(got->turns[0].signed_ms, got->ended_ms);
        assert_int_equal(got->signed_count, 2);
        assert_int_equal(got->signed_documents[0].evidence_count, sample.done[0].evidence_count);
        fixture_sql("DELETE FROM schema_version WHERE version >= 4");
    }
    assert_ok(sign(store, &live, 0, &last, err));
    assert_true(last);
    assert_int_equal(fixture_number("SELECT SUM(turns_signed) FROM signing_session"), 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_schema, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(the_last_turn_in_any_order_makes_the_session_signed),
        TEST(each_turn_has_its_own_documents_and_evidence),
        TEST(a_turn_is_taken_once_and_a_second_try_leaves_nothing),
        TEST(a_session_that_expires_halfway_keeps_the_turns_taken),
        TEST(who_waits_for_news_hears_of_each_turn),
        TEST(turns_at_once_all_count_and_each_turn_once),
        TEST(a_session_signed_before_there_were_turns_keeps_its_result),
    };

    return fixture_run(tests, sizeof(tests) / sizeof(tests[0]));
}
