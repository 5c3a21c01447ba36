/* The cache of look-ups over a source that the test holds in its hand. */
#include "rest/kid_cache.h"

#include "base/text.h"
#include "unit/crypto/fixture.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { LONG_MS = 20000, SHORT_MS = 50, THREADS = 16, KEEP_MS = 3600 * 1000 };

/* Answers as it is told; while the gate is shut questions wait at it. */
struct source {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool shut;
    enum status answer;
    const struct cert *cert;
    unsigned asked, done;
    bool freed;
    char kid[80], iss[80]; /* of the last question */
};

static struct made good, other;
static _Atomic int64_t now_ms; /* questions look at it too */

static int64_t tell_now(const struct clock *clock)
{
    (void)clock;
    return now_ms;
}

static const struct clock hand = { tell_now, 0 };

static int setup(void **state)
{
    const struct made_params params = { .cn = "GOOD" };

    setup_crypto(state);
    good = made_new(&params, NULL);
    other = made_new(&params, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    made_free(&good);
    made_free(&other);
    return 0;
}

static enum status ask(void *ctx, struct slice kid, struct slice iss, struct jws_found *ret_found,
                       struct err *err)
{
    struct source *source = ctx;

    pthread_mutex_lock(&source->lock);
    source->asked++;
    text_copy_slice(source->kid, sizeof(source->kid), kid);
    text_copy_slice(source->iss, sizeof(source->iss), iss);
    pthread_cond_broadcast(&source->changed);
    while (source->shut)
        pthread_cond_wait(&source->changed, &source->lock);
    enum status status = source->answer;
    if (status == ST_OK)
        jws_found_add(ret_found, source->cert);
    else
        (void)RAISE(err, status, "the source says so");
    source->done++;
    pthread_mutex_unlock(&source->lock);
    return status;
}

static void on_free(void *ctx)
{
    struct source *source = ctx;

    pthread_mutex_lock(&source->lock);
    source->freed = true;
    pthread_cond_broadcast(&source->changed);
    pthread_mutex_unlock(&source->lock);
}

static void set_answer(struct source *source, enum status status, const struct cert *cert)
{
    pthread_mutex_lock(&source->lock);
    source->answer = status;
    source->cert = cert;
    pthread_mutex_unlock(&source->lock);
}

static void set_gate(struct source *source, bool shut)
{
    pthread_mutex_lock(&source->lock);
    source->shut = shut;
    pthread_cond_broadcast(&source->changed);
    pthread_mutex_unlock(&source->lock);
}

static void wait_for_questions(struct source *source, unsigned count)
{
    pthread_mutex_lock(&source->lock);
    while (source->asked < count)
        pthread_cond_wait(&source->changed, &source->lock);
    pthread_mutex_unlock(&source->lock);
}

static unsigned asked(struct source *source)
{
    pthread_mutex_lock(&source->lock);
    unsigned count = source->asked;
    pthread_mutex_unlock(&source->lock);
    return count;
}

static struct kid_cache *open_cache(struct source *source)
{
    struct kid_cache *cache = NULL;
    struct err err;

    now_ms = NOW_MS;
    *source = (struct source){ .answer = ST_OK, .cert = good.cert };
    pthread_mutex_init(&source->lock, NULL);
    pthread_cond_init(&source->changed, NULL);
    const struct kid_cache_params params = { .source = { source, ask, on_free },
                                             .clock = &hand,
                                             .keep_ms = KEEP_MS };
    assert_ok(kid_cache_new(&params, &cache, &err), &err);
    return cache;
}

static void close_cache(struct kid_cache *cache, struct source *source)
{
    kid_cache_close(cache);
    assert_true(source->freed);
    pthread_cond_destroy(&source->changed);
    pthread_mutex_destroy(&source->lock);
}

static enum status find_within(struct kid_cache *cache, const char *kid, const char *iss,
                               int64_t within_ms, const struct cert *want)
{
    const struct jws_want what = { .kid = slice_str(kid),
                                   .iss = slice_str(iss),
                                   .deadline_ms = clock_monotonic_ms() + within_ms };
    struct jws_found found = { 0 };
    struct err err = { 0 };
    enum status status = kid_cache_find(cache, &what, &found, &err);

    if (want && status == ST_OK)
        assert_true(slice_eq(cert_der(found.certs[0]), cert_der(want)));
    assert_int_equal(found.count, status == ST_OK ? 1 : 0);
    jws_found_clear(&found);
    return status;
}

static enum status find(struct kid_cache *cache, const char *kid, const struct cert *want)
{
    return find_within(cache, kid, "", LONG_MS, want);
}

/* Until a question at the side has been answered and its answer is in the cache. */
static void expect_soon(struct kid_cache *cache, const char *kid, enum status status,
                        const struct cert *want)
{
    for (int i = 0; i < LONG_MS; i++) {
        const struct jws_want what = { .kid = slice_str(kid), .iss = SLICE("") };
        struct jws_found found = { 0 };
        struct err err = { 0 };
        enum status given = kid_cache_find(cache, &what, &found, &err);
        bool same =
            given == status && (!want || slice_eq(cert_der(found.certs[0]), cert_der(want)));
        jws_found_clear(&found);
        if (same)
            return;
        (void)poll(NULL, 0, 1);
    }
    fail_msg("%s: never %s", kid, status_name(status));
}

/* ---- what is kept ---- */

static void a_kid_is_asked_for_once_however_it_is_written(void **state)
{
    struct source source;
    struct kid_cache *cache = open_cache(&source);

    (void)state;
    assert_int_equal(find(cache, "00aB1", good.cert), ST_OK);
    assert_int_equal(find(cache, "ab1", good.cert), ST_OK);
    assert_int_equal(find(cache, "AB1", good.cert), ST_OK);
    assert_int_equal(asked(&source), 1);
    assert_string_equal(source.kid, "ab1");
    assert_int_equal(find_within(cache, "ab1", "CN=X", LONG_MS, good.cert), ST_OK);
    assert_int_equal(asked(&source), 2); /* another issuer, another certificate */
    assert_string_equal(source.iss, "CN=X");
    assert_int_equal(find(cache, "0", good.cert), ST_OK);
    assert_string_equal(source.kid, "0");
    assert_int_equal(find(cache, "", NULL), ST_NOT_FOUND);
    close_cache(cache, &source);
}

static void none_is_kept_for_a_minute_and_a_failure_not_at_all(void **state)
{
    struct source source;
    struct kid_cache *cache = open_cache(&source);

    (void)state;
    set_answer(&source, ST_NOT_FOUND, NULL);
    assert_int_equal(find(cache, "1", NULL), ST_NOT_FOUND);
    now_ms += KID_NONE_MS - 1;
    assert_int_equal(find(cache, "1", NULL), ST_NOT_FOUND);
    assert_int_equal(asked(&source), 1);
    set_answer(&source, ST_UPSTREAM, NULL);
    now_ms += 1;
    assert_int_equal(find(cache, "1", NULL), ST_UPSTREAM);
    set_answer(&source, ST_OK, good.cert);
    assert_int_equal(find(cache, "1", good.cert), ST_OK);
    assert_int_equal(asked(&source), 3);
    set_answer(&source, ST_NOT_FOUND, NULL);
    assert_int_equal(find(cache, "2", NULL), ST_NOT_FOUND);
    set_answer(&source, ST_OK, good.cert);
    now_ms = NOW_MS - DAY_MS; /* set back: nothing is for ever */
    assert_int_equal(find(cache, "2", good.cert), ST_OK);
    close_cache(cache, &source);
}

static void an_old_answer_serves_and_is_renewed_at_the_side(void **state)
{
    struct source source;
    struct kid_cache *cache = open_cache(&source);

    (void)state;
    assert_int_equal(find(cache, "1", good.cert), ST_OK);
    now_ms += KEEP_MS;
    set_gate(&source, true);
    set_answer(&source, ST_OK, other.cert);
    assert_int_equal(find(cache, "1", good.cert), ST_OK); /* at once, though nobody answers */
    assert_int_equal(find(cache, "1", good.cert), ST_OK);
    wait_for_questions(&source, 2);
    set_gate(&source, false);
    expect_soon(cache, "1", ST_OK, other.cert);
    assert_int_equal(asked(&source), 2);
    close_cache(cache, &source);
}

static void a_source_that_is_away_leaves_what_was_found_until_its_end(void **state)
{
    struct source source;
    struct kid_cache *cache = open_cache(&source);

    (void)state;
    assert_int_equal(find(cache, "1", good.cert), ST_OK);
    set_answer(&source, ST_TIMEOUT, NULL);
    now_ms += 300 * (int64_t)DAY_MS;
    assert_int_equal(find(cache, "1", good.cert), ST_OK);
    wait_for_questions(&source, 2);
    for (int i = 0; i < 50; i++) { /* a vain attempt is not repeated with every look */
        assert_int_equal(find(cache, "1", good.cert), ST_OK);
        (void)poll(NULL, 0, 1);
    }
    assert_int_equal(asked(&source), 2);
    while (asked(&source) == 2) { /* but later */
        now_ms += KID_RETRY_MS;
        assert_int_equal(find(cache, "1", good.cert), ST_OK);
        (void)poll(NULL, 0, 1);
    }
    now_ms = cert_signer(good.cert)->not_after_ms + 1;
    assert_int_equal(find(cache, "1", NULL), ST_TIMEOUT);
    close_cache(cache, &source);
}

static void a_certificate_that_has_left_the_source_is_forgotten(void **state)
{
    struct source source;
    struct kid_cache *cache = open_cache(&source);

    (void)state;
    assert_int_equal(find(cache, "1", good.cert), ST_OK);
    set_answer(&source, ST_NOT_FOUND, NULL);
    now_ms += KEEP_MS;
    expect_soon(cache, "1", ST_NOT_FOUND, NULL);
    close_cache(cache, &source);
}

static void a_new_cache_takes_over_what_another_has_found(void **state)
{
    struct source source, next;
    struct kid_cache *cache = open_cache(&source);
    struct kid_cache *fresh = open_cache(&next);

    (void)state;
    assert_int_equal(find(cache, "1", good.cert), ST_OK);
    set_answer(&source, ST_NOT_FOUND, NULL);
    assert_int_equal(find(cache, "2", NULL), ST_NOT_FOUND);
    set_answer(&next, ST_OK, other.cert);
    kid_cache_adopt(fresh, cache);
    close_cache(cache, &source);
    set_gate(&next, true);
    assert_int_equal(find(fresh, "1", good.cert), ST_OK);
    wait_for_questions(&next, 1); /* as if it were old */
    set_gate(&next, false);
    expect_soon(fresh, "1", ST_OK, other.cert);
    assert_int_equal(find(fresh, "2", other.cert), ST_OK);
    close_cache(fresh, &next);
}

/* ---- limits ---- */

static void certificates_outlive_names_that_lead_nowhere(void **state)
{
    struct source source;
    struct kid_cache *cache = open_cache(&source);
    char kid[16];

    (void)state;
    assert_int_equal(find(cache, "abc", good.cert), ST_OK);
    set_answer(&source, ST_NOT_FOUND, NULL);
    for (unsigned i = 1; i <= KID_CACHE_ENTRIES + 10; i++) {
        text_format(kid, sizeof(kid), "%x", i + 0x10000);
        assert_int_equal(find(cache, kid, NULL), ST_NOT_FOUND);
    }
    unsigned before = asked(&source);
    assert_int_equal(find(cache, "abc", good.cert), ST_OK);
    assert_int_equal(find(cache, kid, NULL), ST_NOT_FOUND); /* the last one is still there */
    assert_int_equal(asked(&source), before);
    assert_int_equal(find(cache, "10001", NULL), ST_NOT_FOUND); /* the first one is not */
    assert_int_equal(asked(&source), before + 1);
    close_cache(cache, &source);
}

static void no_more_than_eight_questions_are_under_way(void **state)
{
    struct source source;
    struct kid_cache *cache = open_cache(&source);
    char kid[16];

    (void)state;
    set_gate(&source, true);
    for (unsigned i = 1; i <= KID_CACHE_QUESTIONS; i++) {
        text_format(kid, sizeof(kid), "%x", i);
        assert_int_equal(find_within(cache, kid, "", SHORT_MS, NULL), ST_TIMEOUT);
    }
    assert_int_equal(find(cache, "abc", NULL), ST_UNAVAILABLE);
    set_gate(&source, false);
    expect_soon(cache, "1", ST_OK, good.cert); /* who was too late has made it known */
    close_cache(cache, &source);
}

static void a_question_that_outlasts_its_cache_frees_the_source_at_its_end(void **state)
{
    struct source source;
    struct kid_cache *cache = open_cache(&source);

    (void)state;
    set_gate(&source, true);
    assert_int_equal(find_within(cache, "1", "", SHORT_MS, NULL), ST_TIMEOUT);
    kid_cache_close(cache);
    assert_false(source.freed);
    set_gate(&source, false);
    pthread_mutex_lock(&source.lock);
    while (!source.freed)
        pthread_cond_wait(&source.changed, &source.lock);
    pthread_mutex_unlock(&source.lock);
}

/* ---- together ---- */

static void *find_in_thread(void *ctx)
{
    return (void *)(intptr_t)find(ctx, "1", good.cert);
}

static void many_who_want_one_kid_wait_for_one_question(void **state)
{
    struct source source;
    struct kid_cache *cache = open_cache(&source);
    pthread_t threads[THREADS];

    (void)state;
    set_gate(&source, true);
    for (size_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, find_in_thread, cache);
    wait_for_questions(&source, 1);
    set_gate(&source, false);
    for (size_t i = 0; i < THREADS; i++) {
        void *status = NULL;
        pthread_join(threads[i], &status);
        assert_int_equal((intptr_t)status, ST_OK);
    }
    assert_int_equal(asked(&source), 1);
    close_cache(cache, &source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kid_is_asked_for_once_however_it_is_written),
        cmocka_unit_test(none_is_kept_for_a_minute_and_a_failure_not_at_all),
        cmocka_unit_test(an_old_answer_serves_and_is_renewed_at_the_side),
        cmocka_unit_test(a_source_that_is_away_leaves_what_was_found_until_its_end),
        cmocka_unit_test(a_certificate_that_has_left_the_source_is_forgotten),
        cmocka_unit_test(a_new_cache_takes_over_what_another_has_found),
        cmocka_unit_test(certificates_outlive_names_that_lead_nowhere),
        cmocka_unit_test(no_more_than_eight_questions_are_under_way),
        cmocka_unit_test(a_question_that_outlasts_its_cache_frees_the_source_at_its_end),
        cmocka_unit_test(many_who_want_one_kid_wait_for_one_question),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
