/* A verification costs money: its key is written once, whoever comes and whatever dies (req 2.35,
 * C-26); the daily limit is exact. */
#include "coid_sample.h"
#include "fixture.h"

#include "base/text.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { T0 = 1795337000 };

static long long counted(void)
{
    return fixture_number("SELECT SUM(counted) FROM coid_day");
}

static long long rows_in(const char *state)
{
    char sql[128];

    (void)snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM coid_call WHERE state = '%s'", state);
    return fixture_number(sql);
}

/* ---- begin ---- */

static void the_first_begin_writes_the_key_and_a_second_is_given_the_same(void **state)
{ /* req 2.35 */
    AUTO(store_close) struct store *store = fixture_at(T0);
    struct coid_begin first = coid_begin_of("m1", 0);
    struct coid_begin again = coid_begin_of("m1", 0);
    struct coid_call call = coid_begun(store, &first, true);

    (void)state;
    assert_string_equal(call.key.text, first.key.text);
    assert_string_equal(call.sender_id, "ekzamen");
    assert_string_equal(call.message_id, "m1");
    assert_string_equal(call.iin, first.iin);
    assert_int_equal(call.vendor, 7);
    assert_int_equal(call.day, COID_DAY);
    assert_int_equal(call.state, COID_WRITTEN);
    assert_int_equal(call.asked_ms, 0);
    assert_int_equal(call.ended_ms, 0);
    assert_int_equal(call.now_ms, T0 * 1000LL);
    struct coid_call got = coid_begun(fixture()->store, &again, false); /* another instance */
    assert_string_equal(got.key.text, first.key.text);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM coid_call"), 1);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM coid_photo"), 1);
    assert_int_equal(counted(), 1);
}

static void another_payload_under_the_same_message_is_refused(void **state)
{
    struct coid_begin first = coid_begin_of("m1", 0);
    struct coid_begin other = coid_begin_of("m1", 1);
    struct coid_begin padded = coid_begin_of("m1 ", 1);
    struct coid_begin upper = coid_begin_of("M1", 1);
    struct coid_begin elsewhere = coid_begin_of("m1", 1);
    struct coid_call call = { .key = { "" } };
    struct err cause = { .text = "" };
    bool fresh = false;

    (void)state;
    (void)coid_begun(fixture()->store, &first, true);
    assert_int_equal(store_coid_begin(fixture()->store, &other, &call, &fresh, &cause),
                     ST_CONFLICT);
    assert_string_equal(cause.code, "messageIdReused");
    elsewhere.sender_id = "other";
    (void)coid_begun(fixture()->store, &padded, true);
    (void)coid_begun(fixture()->store, &upper, true);
    (void)coid_begun(fixture()->store, &elsewhere, true);
}

static void what_no_column_holds_is_refused(void **state)
{
    char text[300] = "";
    struct coid_begin begin = coid_begin_of(text, 0);
    struct coid_call call;
    bool fresh = false;

    (void)state;
    memset(text, 'x', 256);
    assert_status(store_coid_begin(fixture()->store, &begin, &call, &fresh, err), ST_INPUT);
    text[255] = '\0';
    assert_ok(store_coid_begin(fixture()->store, &begin, &call, &fresh, err));
    begin.message_id = "\xff";
    assert_status(store_coid_begin(fixture()->store, &begin, &call, &fresh, err), ST_INPUT);
    begin = coid_begin_of("m2", 0);
    begin.iin = "12345678901234567";
    assert_status(store_coid_begin(fixture()->store, &begin, &call, &fresh, err), ST_INPUT);
    assert_int_equal(counted(), 1);
}

static void a_key_of_another_verification_is_never_taken_for_ones_own(void **state)
{
    struct coid_begin first = coid_begin_of("m1", 0);
    struct coid_begin second = coid_begin_of("m2", 0);
    struct coid_call call;
    bool fresh = false;

    (void)state;
    (void)coid_begun(fixture()->store, &first, true);
    second.key = first.key;
    assert_status(store_coid_begin(fixture()->store, &second, &call, &fresh, err), ST_UNAVAILABLE);
    assert_int_equal(counted(), 1);
}

static void who_only_looks_makes_no_row(void **state)
{
    struct store *store = fixture()->store;
    struct coid_begin begin = coid_begin_of("m1", 0);
    struct coid_begin look = coid_begin_of("m1", 0);
    struct coid_begin other = coid_begin_of("m1", 1);
    struct coid_call call;
    bool fresh = true;

    (void)state;
    look.find_only = true;
    other.find_only = true;
    assert_status(store_coid_begin(store, &look, &call, &fresh, err), ST_NOT_FOUND);
    assert_int_equal(rows_in("written"), 0);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM coid_day"), 0);
    (void)coid_begun(store, &begin, true);
    assert_ok(store_coid_begin(store, &look, &call, &fresh, err));
    assert_false(fresh);
    assert_string_equal(call.key.text, begin.key.text);
    assert_status(store_coid_begin(store, &other, &call, &fresh, err), ST_CONFLICT);
    assert_int_equal(counted(), 1);
}

static void only_the_sender_finds_its_verification(void **state)
{
    struct coid_begin begin = coid_begin_of("m1", 0);
    struct id unknown = id_new(1795337000000);
    struct coid_call call;

    (void)state;
    (void)coid_begun(fixture()->store, &begin, true);
    assert_ok(store_coid_find(fixture()->store, "ekzamen", &begin.key, &call, err));
    assert_string_equal(call.message_id, "m1");
    assert_ok(store_coid_find(fixture()->store, NULL, &begin.key, &call, err));
    assert_status(store_coid_find(fixture()->store, "ekzamen ", &begin.key, &call, err),
                  ST_NOT_FOUND);
    assert_status(store_coid_find(fixture()->store, "other", &begin.key, &call, err), ST_NOT_FOUND);
    assert_status(store_coid_find(fixture()->store, NULL, &unknown, &call, err), ST_NOT_FOUND);
}

/* ---- asking and ends ---- */

static void asking_tells_when_the_last_post_went_out(void **state)
{
    AUTO(store_close) struct store *now = fixture_at(T0);
    AUTO(store_close) struct store *later = fixture_at(T0 + 7);
    struct coid_begin begin = coid_begin_of("m1", 0);
    struct id unknown = id_new(1795337000000);
    struct coid_end done = coid_done();
    struct coid_call call;

    (void)state;
    (void)coid_begun(now, &begin, true);
    assert_ok(store_coid_asking(now, &begin.key, err));
    assert_ok(store_coid_asking(later, &begin.key, err));
    assert_ok(store_coid_find(later, NULL, &begin.key, &call, err));
    assert_int_equal(call.state, COID_ASKED);
    assert_int_equal(call.asked_ms, (T0 + 7) * 1000LL);
    assert_status(store_coid_asking(now, &unknown, err), ST_NOT_FOUND);
    assert_ok(store_coid_end(later, &begin.key, &done, err));
    assert_status(store_coid_asking(now, &begin.key, err), ST_CONFLICT);
    assert_ok(store_coid_find(later, NULL, &begin.key, &call, err));
    assert_int_equal(call.ended_ms, (T0 + 7) * 1000LL);
    assert_int_equal(call.asked_ms, (T0 + 7) * 1000LL);
}

/* a = asking, d = done, r = refused; capital: it is a conflict. */
static void take_step(const struct id *key, const char *steps, char step)
{
    const struct coid_end done = coid_done();
    const struct coid_end refused = coid_refused();
    const enum status want = step == 'A' || step == 'R' ? ST_CONFLICT : ST_OK;
    struct store *store = fixture()->store;
    enum status got;
    struct err err;

    if (step == 'a' || step == 'A')
        got = store_coid_asking(store, key, &err);
    else
        got = store_coid_end(store, key, step == 'd' ? &done : &refused, &err);
    if (got != want)
        fail_msg("%s at %c: %s", steps, step, status_name(got));
}

static void expect_end(const struct id *key, enum coid_state want)
{
    const bool done = want == COID_DONE;
    const bool refused = want == COID_REFUSED;
    struct coid_call call;

    assert_ok(store_coid_find(fixture()->store, NULL, key, &call, err));
    assert_int_equal(call.state, want);
    assert_string_equal(call.result, done ? "0.9731" : "");
    assert_string_equal(call.vendor_name, done ? "Verigram" : "");
    assert_string_equal(call.refused_code, refused ? "imageRefused" : "");
    assert_int_equal(call.refused_status, refused ? 406 : 0);
    assert_true(call.asked_ms > 0 || !done); /* its age is judged by it */
    assert_string_equal(call.refused_text, refused ? "Не найдено лицо" : "");
}

static void ends_go_forward_only_and_the_counter_with_them(void **state)
{
    static const struct {
        const char *steps;
        enum coid_state ends;
        long long counted;
    } table[] = {
        { "", COID_WRITTEN, 1 },  { "a", COID_ASKED, 1 },     { "d", COID_DONE, 1 },
        { "ad", COID_DONE, 1 },   { "add", COID_DONE, 1 },    { "adR", COID_DONE, 1 },
        { "r", COID_REFUSED, 0 }, { "ar", COID_REFUSED, 0 },  { "arr", COID_REFUSED, 0 },
        { "ard", COID_DONE, 1 },  { "arrddR", COID_DONE, 1 }, { "ardRA", COID_DONE, 1 },
        { "adA", COID_DONE, 1 },  { "arA", COID_REFUSED, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct coid_begin begin = coid_begin_of("m1", 0);
        (void)coid_begun(fixture()->store, &begin, true);
        for (const char *step = table[i].steps; *step; step++)
            take_step(&begin.key, table[i].steps, *step);
        expect_end(&begin.key, table[i].ends);
        if (counted() != table[i].counted)
            fail_msg("%s: %lld counted", table[i].steps, counted());
        fixture_sql("DELETE FROM coid_call");
        fixture_sql("DELETE FROM coid_day");
    }
}

static void the_first_end_of_a_kind_counts(void **state)
{
    struct store *store = fixture()->store;
    struct coid_begin begin = coid_begin_of("m1", 0);
    struct coid_end first = coid_done();
    struct coid_end second = coid_done();
    struct coid_call call;

    (void)state;
    second.result = "0.1";
    (void)coid_begun(store, &begin, true);
    assert_ok(store_coid_end(store, &begin.key, &first, err));
    assert_ok(store_coid_end(store, &begin.key, &second, err));
    assert_ok(store_coid_find(store, NULL, &begin.key, &call, err));
    assert_string_equal(call.result, "0.9731");
}

static void ends_that_make_no_sense_or_find_no_row_are_refused(void **state)
{
    struct store *store = fixture()->store;
    struct coid_begin begin = coid_begin_of("m1", 0);
    struct id unknown = id_new(1795337000000);
    struct coid_end end = coid_done();
    char name[400];
    struct coid_call call;

    (void)state;
    (void)coid_begun(store, &begin, true);
    assert_status(store_coid_end(store, &unknown, &end, err), ST_NOT_FOUND);
    end.state = COID_ASKED;
    assert_status(store_coid_end(store, &begin.key, &end, err), ST_INTERNAL);
    end = coid_done();
    end.result = "12345678901234567890123456789012";
    assert_status(store_coid_end(store, &begin.key, &end, err), ST_INPUT);
    end = coid_done();
    end.result = "0.000000000012345678901234567890123"; /* is cut, and so is the name */
    memset(name, 'v', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    end.vendor_name = name;
    assert_ok(store_coid_end(store, &begin.key, &end, err));
    assert_ok(store_coid_find(store, NULL, &begin.key, &call, err));
    assert_int_equal(strlen(call.vendor_name), 255);
    assert_string_equal(call.result, "0.00000000001234567890123456789");
}

/* ---- the daily limit ---- */

static enum status begin_limited(struct store *store, const char *message, int64_t limit,
                                 struct id *ret_key, struct err *err)
{
    struct coid_begin begin = coid_begin_of(message, 0);
    struct coid_call call;
    bool fresh = false;

    begin.daily_limit = limit;
    TRY(store_coid_begin(store, &begin, &call, &fresh, err));
    *ret_key = call.key;
    return ST_OK;
}

static void the_daily_limit_counts_what_was_not_refused_of_one_sender_and_day(void **state)
{
    struct store *store = fixture()->store;
    struct coid_end refused = coid_refused();
    struct coid_end done = coid_done();
    struct coid_begin elsewhere = coid_begin_of("a1", 0);
    struct coid_begin tomorrow = coid_begin_of("tomorrow", 0);
    struct err cause = { .text = "" };
    struct id keys[5];

    (void)state;
    assert_ok(begin_limited(store, "m1", 2, &keys[0], err));
    assert_ok(begin_limited(store, "m2", 2, &keys[1], err));
    assert_int_equal(begin_limited(store, "m3", 2, &keys[2], &cause), ST_CONFLICT);
    assert_string_equal(cause.code, "dailyLimit");
    assert_string_equal(cause.limit, "2");
    assert_ok(begin_limited(store, "m2", 2, &keys[2], err)); /* it has its row */
    assert_string_equal(keys[2].text, keys[1].text);
    elsewhere.sender_id = "other";
    elsewhere.daily_limit = 1;
    tomorrow.day++;
    tomorrow.daily_limit = 1;
    (void)coid_begun(store, &elsewhere, true);
    (void)coid_begun(store, &tomorrow, true);
    assert_ok(store_coid_end(store, &keys[0], &refused, err)); /* gives one back */
    assert_ok(begin_limited(store, "m3", 2, &keys[2], err));
    assert_status(begin_limited(store, "m4", 2, &keys[3], err), ST_CONFLICT);
    assert_ok(store_coid_end(store, &keys[0], &done, err)); /* it was compared after all: 3 of 2 */
    assert_ok(store_coid_end(store, &keys[1], &refused, err));
    assert_status(begin_limited(store, "m4", 2, &keys[3], err), ST_CONFLICT);
    assert_ok(begin_limited(store, "m4", 3, &keys[3], err)); /* raised meanwhile */
    assert_ok(begin_limited(store, "m5", 0, &keys[4], err)); /* taken away */
    assert_int_equal(fixture_number("SELECT counted FROM coid_day WHERE sender_id = 'ekzamen'"
                                    " AND day = 20261122"),
                     4);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM coid_call"), 7);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM coid_photo"), 7);
}

/* ---- many at once ---- */

struct racer {
    struct store *store;
    pthread_barrier_t *start;
    unsigned number, times;
    bool same; /* all of them bring one message */
    int64_t limit;
    struct id key; /* of the last */
    unsigned fresh, refused;
};

static void race_once(struct racer *racer, unsigned n)
{
    char message[32];
    struct coid_call call;
    struct err cause;
    bool fresh = false;

    (void)snprintf(message, sizeof(message), "m%u", racer->same ? n : racer->number * 1000 + n);
    struct coid_begin begin = coid_begin_of(message, 0);
    begin.daily_limit = racer->limit;
    enum status status = store_coid_begin(racer->store, &begin, &call, &fresh, &cause);
    if (status == ST_CONFLICT && strcmp(cause.code, "dailyLimit") == 0) {
        racer->refused++;
        return;
    }
    if (status != ST_OK) {
        (void)fprintf(stderr, "%s: %s\n", status_name(status), cause.text);
        abort();
    }
    racer->fresh += fresh;
    racer->key = call.key;
    if (fresh != (strcmp(call.key.text, begin.key.text) == 0))
        abort();
}

static void *race(void *arg)
{
    struct racer *racer = arg;

    (void)pthread_barrier_wait(racer->start);
    for (unsigned n = 0; n < racer->times; n++)
        race_once(racer, n);
    return NULL;
}

/* Half of the threads on another instance's store. */
static void run_race(struct racer racers[THREADS], struct racer like)
{
    AUTO(store_close) struct store *other = fixture_at(0);
    pthread_t threads[THREADS];
    pthread_barrier_t start;

    (void)pthread_barrier_init(&start, NULL, THREADS);
    for (unsigned i = 0; i < THREADS; i++) {
        racers[i] = like;
        racers[i].store = i % 2 ? other : fixture()->store;
        racers[i].start = &start;
        racers[i].number = i;
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    (void)pthread_barrier_destroy(&start);
}

static void of_many_with_one_message_all_get_one_key(void **state) /* C-26 */
{
    struct racer racers[THREADS];
    unsigned fresh = 0;

    (void)state;
    run_race(racers, (struct racer){ .times = 25, .same = true, .limit = 25 });
    for (unsigned i = 0; i < THREADS; i++) {
        fresh += racers[i].fresh;
        assert_int_equal(racers[i].refused, 0);
        assert_string_equal(racers[i].key.text, racers[0].key.text);
    }
    assert_int_equal(fresh, 25);
    assert_int_equal(rows_in("written"), 25);
    assert_int_equal(counted(), 25);
}

static void of_many_messages_exactly_the_limit_gets_through(void **state)
{
    enum { LIMIT = 41, TIMES = 20 };
    struct racer racers[THREADS];
    unsigned fresh = 0;
    unsigned refused = 0;

    (void)state;
    run_race(racers, (struct racer){ .times = TIMES, .limit = LIMIT });
    for (unsigned i = 0; i < THREADS; i++) {
        fresh += racers[i].fresh;
        refused += racers[i].refused;
    }
    assert_int_equal(fresh, LIMIT);
    assert_int_equal(refused, THREADS * TIMES - LIMIT);
    assert_int_equal(rows_in("written"), LIMIT);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM coid_photo"), LIMIT);
    assert_int_equal(counted(), LIMIT);
}

struct ender {
    struct store *store;
    pthread_barrier_t *start;
    const struct id *keys;
    size_t count;
    bool refuses;
};

static void *end_all(void *arg)
{
    struct ender *ender = arg;
    struct coid_end end = ender->refuses ? coid_refused() : coid_done();
    struct err cause;

    (void)pthread_barrier_wait(ender->start);
    for (size_t i = 0; i < ender->count; i++) {
        enum status status = store_coid_end(ender->store, &ender->keys[i], &end, &cause);
        if (status != ST_OK && !(ender->refuses && status == ST_CONFLICT))
            abort();
    }
    return NULL;
}

/* Every second row is ended by those who refuse alone. */
static void the_counter_is_right_whoever_ends_first(void **state)
{
    enum { ROWS = 40 };
    AUTO(store_close) struct store *other = fixture_at(0);
    struct ender enders[THREADS];
    struct id keys[ROWS];
    pthread_t threads[THREADS];
    pthread_barrier_t start;

    (void)state;
    for (unsigned i = 0; i < ROWS; i++) {
        char message[16];
        (void)snprintf(message, sizeof(message), "m%u", i);
        assert_ok(begin_limited(other, message, ROWS, &keys[i], err));
    }
    (void)pthread_barrier_init(&start, NULL, THREADS);
    for (unsigned i = 0; i < THREADS; i++) {
        const bool refuses = i % 2 == 0;
        enders[i] = (struct ender){ i % 4 < 2 ? other : fixture()->store, &start, keys,
                                    refuses ? ROWS : ROWS / 2, refuses };
        assert_int_equal(pthread_create(&threads[i], NULL, end_all, &enders[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    (void)pthread_barrier_destroy(&start);
    assert_int_equal(rows_in("done"), ROWS / 2);
    assert_int_equal(rows_in("refused"), ROWS / 2);
    assert_int_equal(counted(), ROWS / 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_schema, fixture_close)
    const struct CMUnitTest tests[] = {
        TEST(the_first_begin_writes_the_key_and_a_second_is_given_the_same),
        TEST(another_payload_under_the_same_message_is_refused),
        TEST(what_no_column_holds_is_refused),
        TEST(a_key_of_another_verification_is_never_taken_for_ones_own),
        TEST(who_only_looks_makes_no_row),
        TEST(only_the_sender_finds_its_verification),
        TEST(asking_tells_when_the_last_post_went_out),
        TEST(ends_go_forward_only_and_the_counter_with_them),
        TEST(the_first_end_of_a_kind_counts),
        TEST(ends_that_make_no_sense_or_find_no_row_are_refused),
        TEST(the_daily_limit_counts_what_was_not_refused_of_one_sender_and_day),
        TEST(of_many_with_one_message_all_get_one_key),
        TEST(of_many_messages_exactly_the_limit_gets_through),
        TEST(the_counter_is_right_whoever_ends_first),
    };

    return fixture_run(tests, sizeof(tests) / sizeof(tests[0]));
}
