/* One request in flight per certificate, and answers that serve again while they may. */
#include "unit/crypto/responder.h"

#include "base/text.h"
#include "crypto/ocsp_cache.h"

#include <pthread.h>
#include <semaphore.h>

#define MINUTE_MS INT64_C(60000)

static struct pki *pki;
static sem_t somebody_waits; /* posted when a thread begins to wait in the cache */

int __real_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                                  const struct timespec *until);
int __wrap_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                                  const struct timespec *until);
int __wrap_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                                  const struct timespec *until)
{
    (void)sem_post(&somebody_waits);
    return __real_pthread_cond_timedwait(cond, mutex, until);
}

static int setup(void **state)
{
    setup_crypto(state);
    pki = pki_new(NULL);
    return sem_init(&somebody_waits, 0, 0);
}

static int teardown(void **state)
{
    (void)state;
    pki_free(pki);
    return sem_destroy(&somebody_waits);
}

static struct ocsp_cache *new_cache(int64_t reuse_ms)
{
    struct ocsp_cache *cache = NULL;
    struct err err;

    assert_ok(ocsp_cache_new(&cache, &err), &err);
    ocsp_cache_reuse(cache, reuse_ms);
    while (sem_trywait(&somebody_waits) == 0)
        ;
    return cache;
}

static struct ocsp_question question_of(uint8_t number)
{
    return (struct ocsp_question){ .key = { number },
                                   .now_ms = NOW_MS,
                                   .deadline_ms = clock_monotonic_ms() + 10 * MINUTE_MS };
}

static struct ocsp_said said_of(enum ocsp_state state, int64_t next_update_ms)
{
    struct ocsp_said said = { .answer = { .state = state, .next_update_ms = next_update_ms } };

    if (state != OCSP_UNUSABLE)
        said.der = bytes_dup(SLICE("answer"));
    else
        text_copy(said.answer.text, sizeof(said.answer.text), "away");
    return said;
}

/* Somebody who enters in a thread of his own, and asks when it is his turn. */
struct visitor {
    struct ocsp_cache *cache;
    struct ocsp_question question;
    enum ocsp_turn turn;
    struct ocsp_said said;
    pthread_t thread;
};

static void *visit(void *arg)
{
    struct visitor *v = arg;
    struct ocsp_flight *flight = NULL;

    v->turn = ocsp_cache_enter(v->cache, &v->question, &flight, &v->said);
    if (v->turn == OCSP_TURN_ASK) {
        v->said = said_of(OCSP_GOOD, 0);
        ocsp_cache_tell(v->cache, &v->question, flight, &v->said);
    }
    return NULL;
}

static void start(struct visitor *v, struct ocsp_cache *cache, int64_t deadline_ms)
{
    *v = (struct visitor){ .cache = cache, .question = question_of(1) };
    if (deadline_ms)
        v->question.deadline_ms = deadline_ms;
    assert_int_equal(pthread_create(&v->thread, NULL, visit, v), 0);
}

static void begin(struct ocsp_cache *cache, uint8_t number, struct ocsp_flight **ret_flight)
{
    const struct ocsp_question question = question_of(number);
    struct ocsp_said said;

    assert_int_equal(ocsp_cache_enter(cache, &question, ret_flight, &said), OCSP_TURN_ASK);
}

static void tell(struct ocsp_cache *cache, uint8_t number, struct ocsp_flight *flight,
                 struct ocsp_said said)
{
    const struct ocsp_question question = question_of(number);

    ocsp_cache_tell(cache, &question, flight, &said);
    bytes_free(said.der);
}

/* Whether an answer is there at now_ms without asking. */
static bool has_kept(struct ocsp_cache *cache, uint8_t number, int64_t now_ms)
{
    struct ocsp_question question = question_of(number);
    struct ocsp_flight *flight = NULL;
    struct ocsp_said said;

    question.now_ms = now_ms;
    if (ocsp_cache_enter(cache, &question, &flight, &said) == OCSP_TURN_TOLD) {
        assert_true(slice_eq(bytes_slice(said.der), SLICE("answer")));
        bytes_free(said.der);
        return true;
    }
    tell(cache, number, flight, said_of(OCSP_UNUSABLE, 0));
    return false;
}

static void who_waits_is_told_what_the_other_heard(void **state)
{
    static const struct {
        enum ocsp_state state;
        const char *text;
    } rows[] = {
        { OCSP_GOOD, "" }, { OCSP_REVOKED, "" }, { OCSP_UNKNOWN, "" }, { OCSP_UNUSABLE, "away" }
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(ocsp_cache_free) struct ocsp_cache *cache = new_cache(0);
        struct ocsp_flight *flight = NULL;
        struct visitor visitors[3];
        begin(cache, 1, &flight);
        for (size_t k = 0; k < 3; k++) {
            start(&visitors[k], cache, 0);
            (void)sem_wait(&somebody_waits);
        }
        tell(cache, 1, flight, said_of(rows[i].state, 0));
        for (size_t k = 0; k < 3; k++) {
            assert_int_equal(pthread_join(visitors[k].thread, NULL), 0);
            assert_int_equal(visitors[k].turn, OCSP_TURN_TOLD);
            assert_int_equal(visitors[k].said.answer.state, rows[i].state);
            assert_int_equal(visitors[k].said.der != NULL, rows[i].state != OCSP_UNUSABLE);
            assert_string_equal(visitors[k].said.answer.text, rows[i].text);
            bytes_free(visitors[k].said.der);
        }
        struct ocsp_counts counts;
        ocsp_cache_counts(cache, &counts);
        assert_int_equal(counts.shared, 3);
        for (size_t k = 0; k < OCSP_STATES; k++)
            assert_int_equal(counts.asked[k], k == rows[i].state);
        /* it named no nextUpdate: who comes later asks anew */
        assert_false(has_kept(cache, 1, NOW_MS));
    }
}

static void who_waits_does_so_within_his_own_deadline(void **state)
{
    AUTO(ocsp_cache_free) struct ocsp_cache *cache = new_cache(0);
    struct ocsp_flight *flight = NULL;
    struct visitor visitor;

    (void)state;
    begin(cache, 1, &flight);
    start(&visitor, cache, clock_monotonic_ms() + 20);
    assert_int_equal(pthread_join(visitor.thread, NULL), 0);
    assert_int_equal(visitor.turn, OCSP_TURN_TOLD);
    assert_null(visitor.said.der);
    assert_non_null(strstr(visitor.said.answer.text, "did not come in time"));
    tell(cache, 1, flight, said_of(OCSP_GOOD, 0));
}

static void who_runs_out_of_time_hands_the_question_on(void **state)
{
    AUTO(ocsp_cache_free) struct ocsp_cache *cache = new_cache(0);
    struct ocsp_said late = said_of(OCSP_UNUSABLE, 0);
    struct ocsp_flight *flight = NULL;
    struct visitor visitor;

    (void)state;
    begin(cache, 1, &flight);
    start(&visitor, cache, 0);
    (void)sem_wait(&somebody_waits);
    late.late = true;
    tell(cache, 1, flight, late);
    assert_int_equal(pthread_join(visitor.thread, NULL), 0);
    assert_int_equal(visitor.turn, OCSP_TURN_ASK);
    bytes_free(visitor.said.der);
}

static void a_good_answer_is_kept_inside_its_next_update(void **state)
{
    static const struct {
        enum ocsp_state state;
        int64_t next_ms, reuse_ms, asked_ms; /* from NOW_MS; reuse from birth */
        bool kept;
    } rows[] = {
        { OCSP_GOOD, 5 * MINUTE_MS, 10 * MINUTE_MS, 0, true },
        { OCSP_GOOD, 5 * MINUTE_MS, 10 * MINUTE_MS, 5 * MINUTE_MS - 1, true },
        { OCSP_GOOD, 5 * MINUTE_MS, 10 * MINUTE_MS, 5 * MINUTE_MS, false },
        { OCSP_GOOD, 50 * MINUTE_MS, 10 * MINUTE_MS, 10 * MINUTE_MS - 1, true },
        { OCSP_GOOD, 50 * MINUTE_MS, 10 * MINUTE_MS, 10 * MINUTE_MS, false },
        { OCSP_GOOD, 50 * MINUTE_MS, 10 * MINUTE_MS, -MINUTE_MS, true },      /* it began before */
        { OCSP_GOOD, 50 * MINUTE_MS, 10 * MINUTE_MS, -MINUTE_MS - 1, false }, /* a clock set back */
        { OCSP_GOOD, 5 * MINUTE_MS, 0, 0, false },
        { OCSP_REVOKED, 5 * MINUTE_MS, 10 * MINUTE_MS, 0, false },
        { OCSP_UNKNOWN, 5 * MINUTE_MS, 10 * MINUTE_MS, 0, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(ocsp_cache_free) struct ocsp_cache *cache = new_cache(rows[i].reuse_ms);
        struct ocsp_flight *flight = NULL;
        begin(cache, 1, &flight);
        tell(cache, 1, flight, said_of(rows[i].state, NOW_MS + rows[i].next_ms));
        if (has_kept(cache, 1, NOW_MS + rows[i].asked_ms) != rows[i].kept)
            fail_msg("row %zu", i);
        assert_false(has_kept(cache, 2, NOW_MS));
    }
}

static void another_word_ends_what_was_kept(void **state)
{
    static const enum ocsp_state words[] = { OCSP_REVOKED, OCSP_UNKNOWN };

    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        AUTO(ocsp_cache_free) struct ocsp_cache *cache = new_cache(10 * MINUTE_MS);
        tell(cache, 1, NULL, said_of(OCSP_GOOD, NOW_MS + MINUTE_MS));
        assert_true(has_kept(cache, 1, NOW_MS));
        tell(cache, 1, NULL, said_of(OCSP_UNUSABLE, 0)); /* no word at all */
        assert_true(has_kept(cache, 1, NOW_MS));
        tell(cache, 1, NULL, said_of(words[i], NOW_MS + MINUTE_MS));
        assert_false(has_kept(cache, 1, NOW_MS));
    }
}

static void a_full_table_lets_everybody_ask(void **state)
{
    AUTO(ocsp_cache_free) struct ocsp_cache *cache = new_cache(0);
    struct ocsp_flight *flights[256];
    struct ocsp_flight *further = NULL;

    (void)state;
    for (size_t i = 0; i < 256; i++) {
        begin(cache, (uint8_t)i, &flights[i]);
        assert_non_null(flights[i]);
    }
    struct ocsp_question question = question_of(0);
    struct ocsp_said said;
    question.key[31] = 1;
    assert_int_equal(ocsp_cache_enter(cache, &question, &further, &said), OCSP_TURN_ASK);
    assert_null(further);
    said = said_of(OCSP_GOOD, 0);
    ocsp_cache_tell(cache, &question, further, &said);
    bytes_free(said.der);
    for (size_t i = 0; i < 256; i++)
        tell(cache, (uint8_t)i, flights[i], said_of(OCSP_GOOD, 0));
    begin(cache, 1, &further); /* and there is room again */
    assert_non_null(further);
    tell(cache, 1, further, said_of(OCSP_GOOD, 0));
}

static void a_responder_that_fails_is_left_alone_longer_each_time(void **state)
{
    static const int64_t rests_ms[] = { 1000, 2000, 4000, 8000, 16000, 30000, 30000 };
    AUTO(ocsp_cache_free) struct ocsp_cache *cache = new_cache(0);
    int64_t at_ms = 5000;

    (void)state;
    for (size_t i = 0; i < sizeof(rests_ms) / sizeof(rests_ms[0]); i++) {
        assert_false(ocsp_cache_is_ailing(cache, "http://a/", at_ms));
        ocsp_cache_note(cache, "http://a/", true, at_ms);
        assert_true(ocsp_cache_is_ailing(cache, "http://a/", at_ms + rests_ms[i] - 1));
        assert_false(ocsp_cache_is_ailing(cache, "http://c/", at_ms));
        at_ms += rests_ms[i];
    }
    ocsp_cache_note(cache, "http://a/", true, at_ms);
    ocsp_cache_note(cache, "http://a/", false, at_ms); /* it answered */
    assert_false(ocsp_cache_is_ailing(cache, "http://a/", at_ms));
    ocsp_cache_note(cache, "http://a/", true, at_ms);
    assert_false(ocsp_cache_is_ailing(cache, "http://a/", at_ms + 1000));
    assert_false(ocsp_cache_is_ailing(NULL, "http://a/", at_ms));
}

static void certificate_issuer_and_responder_make_the_question(void **state)
{
    uint8_t keys[4][32];

    (void)state;
    ocsp_question_key(pki->leaf.cert, pki->ca.cert, "http://a/", keys[0]);
    ocsp_question_key(pki->tsa.cert, pki->ca.cert, "http://a/", keys[1]);
    ocsp_question_key(pki->leaf.cert, pki->root.cert, "http://a/", keys[2]);
    ocsp_question_key(pki->leaf.cert, pki->ca.cert, "http://b/", keys[3]);
    for (size_t i = 0; i < 4; i++)
        for (size_t k = i + 1; k < 4; k++)
            assert_memory_not_equal(keys[i], keys[k], 32);
}

/* ---- the whole road, by several at once ---- */

enum { CROWD = 6 };

struct crowd {
    struct responder responder; /* first: its functions are given the crowd */
    enum status (*fetch)(void *ctx, const struct fetch *fetch, struct bytes **ret_answer,
                         struct err *err);
    struct trust_io io;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t arrived; /* judgements that have begun */
    size_t valid;
};

/* Answers when the whole crowd has come. */
static enum status fetch_late(void *ctx, const struct fetch *fetch, struct bytes **ret_answer,
                              struct err *err)
{
    struct crowd *crowd = ctx;

    pthread_mutex_lock(&crowd->lock);
    while (crowd->arrived < CROWD)
        pthread_cond_wait(&crowd->changed, &crowd->lock);
    enum status status = crowd->fetch(&crowd->responder, fetch, ret_answer, err);
    pthread_mutex_unlock(&crowd->lock);
    return status;
}

static void *judge_one(void *arg)
{
    struct crowd *crowd = arg;
    struct judge judge = pki_judge(pki);
    AUTO(report_free) struct report *report = report_new();

    pthread_mutex_lock(&crowd->lock);
    judge.signature_sha256[0] = (uint8_t)++crowd->arrived;
    pthread_cond_broadcast(&crowd->changed);
    pthread_mutex_unlock(&crowd->lock);
    judge.revocation = REVOCATION_OCSP;
    judge.io = &crowd->io;
    judge.deadline_ms = clock_monotonic_ms() + MINUTE_MS;
    bool valid = trust_judge(&judge, pki->leaf.cert, report) == VERDICT_VALID;
    pthread_mutex_lock(&crowd->lock);
    crowd->valid += valid;
    pthread_mutex_unlock(&crowd->lock);
    return NULL;
}

static void many_signatures_of_one_certificate_ask_once(void **state) /* req 0.22 */
{
    AUTO(ocsp_cache_free) struct ocsp_cache *cache = new_cache(10 * MINUTE_MS);
    struct crowd crowd = { .responder = { .pki = pki, .next_update_ms = NOW_MS + MINUTE_MS },
                           .lock = PTHREAD_MUTEX_INITIALIZER,
                           .changed = PTHREAD_COND_INITIALIZER };
    pthread_t threads[CROWD];

    (void)state;
    crowd.io = responder_io(&crowd.responder);
    crowd.fetch = crowd.io.fetch;
    crowd.io.fetch = fetch_late;
    crowd.io.find_receipt = NULL; /* the fake keeps one receipt, without a lock */
    crowd.io.keep_receipt = NULL;
    crowd.io.ctx = &crowd;
    crowd.io.answers = cache;
    for (size_t i = 0; i < CROWD; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, judge_one, &crowd), 0);
    for (size_t i = 0; i < CROWD; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(crowd.valid, CROWD);
    assert_int_equal(crowd.responder.asked, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_waits_is_told_what_the_other_heard),
        cmocka_unit_test(who_waits_does_so_within_his_own_deadline),
        cmocka_unit_test(who_runs_out_of_time_hands_the_question_on),
        cmocka_unit_test(a_good_answer_is_kept_inside_its_next_update),
        cmocka_unit_test(another_word_ends_what_was_kept),
        cmocka_unit_test(a_full_table_lets_everybody_ask),
        cmocka_unit_test(a_responder_that_fails_is_left_alone_longer_each_time),
        cmocka_unit_test(certificate_issuer_and_responder_make_the_question),
        cmocka_unit_test(many_signatures_of_one_certificate_ask_once),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
