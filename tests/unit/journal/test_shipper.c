/* From the text journal into a sink: exactly once and in order, whatever the sink does. */
#include "fixture.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

enum { GRACE_MS = 60 * 1000 };

/* A sink that counts on the contract only, and fails as it is told. */
struct fake {
    pthread_mutex_t lock;
    uint64_t held; /* the last seq it has */
    uint64_t rows; /* taken in all */
    unsigned puts, largest;
    unsigned chance; /* state of the generator; 0: never fails */
    bool dead;       /* always fails */
    bool from_now;   /* wants what is written from now on */
    bool answers;    /* tells its position although it is dead */
    unsigned looks;
    const struct shipper *shipper; /* set: it must be failing whenever it puts */
    bool wrong;                    /* something came out of order */
};

static unsigned draw(struct fake *fake)
{
    fake->chance = fake->chance * 1664525U + 1013904223U;
    return fake->chance >> 28;
}

static bool unlucky(struct fake *fake)
{
    return fake->dead || (fake->chance && draw(fake) < 2);
}

static void take(struct fake *fake, const struct event_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char want[32];

        if (rows[i].seq <= fake->held)
            continue; /* known */
        fake->wrong |= rows[i].seq != fake->held + 1;
        (void)snprintf(want, sizeof(want), "n%llu", (unsigned long long)rows[i].seq);
        fake->wrong |= strcmp(rows[i].event.text, want) != 0 && strcmp(rows[i].event.text, "") != 0;
        fake->wrong |= !slice_eq_str(rows[i].instance, "node1") || rows[i].day != 20261122;
        fake->held = rows[i].seq;
        fake->rows++;
    }
}

static enum status put(void *ctx, const struct event_row *rows, size_t n, struct err *err)
{
    struct fake *fake = ctx;
    enum status status = ST_OK;

    (void)pthread_mutex_lock(&fake->lock);
    fake->puts++;
    if (fake->shipper)
        fake->wrong |= !shipper_failing(fake->shipper, err);
    fake->largest = n > fake->largest ? (unsigned)n : fake->largest;
    if (unlucky(fake))
        status = RAISE(err, ST_UNAVAILABLE, "before it was taken");
    else
        take(fake, rows, n);
    if (status == ST_OK && unlucky(fake))
        status = RAISE(err, ST_UNAVAILABLE, "after it was taken"); /* a lost COMMIT */
    (void)pthread_mutex_unlock(&fake->lock);
    return status;
}

static enum status position(void *ctx, struct slice instance, uint64_t *ret_seq, struct err *err)
{
    struct fake *fake = ctx;
    enum status status = ST_OK;

    (void)pthread_mutex_lock(&fake->lock);
    fake->wrong |= !slice_eq_str(instance, "node1");
    if (unlucky(fake) && !fake->answers)
        status = RAISE(err, ST_UNAVAILABLE, "asked in vain");
    else
        *ret_seq = fake->from_now && fake->held == 0 ? EVENT_SEQ_NOW : fake->held;
    (void)pthread_mutex_unlock(&fake->lock);
    return status;
}

static enum status look(void *ctx, struct err *err)
{
    struct fake *fake = ctx;

    (void)pthread_mutex_lock(&fake->lock);
    fake->looks++;
    const enum status status =
        fake->dead ? RAISE(err, ST_UPSTREAM, "it hung up while nothing was written") : ST_OK;
    (void)pthread_mutex_unlock(&fake->lock);
    return status;
}

static struct fake fake_of(unsigned chance)
{
    return (struct fake){ .lock = PTHREAD_MUTEX_INITIALIZER, .chance = chance };
}

static struct shipper *start(struct journal *journal, struct fake *fake)
{
    struct shipper *shipper = NULL;
    struct event_sink sink = { .ctx = fake, .put = put, .position = position };

    assert_ok(shipper_start(journal, &sink, &shipper, err));
    return shipper;
}

static void write_numbered(struct journal *journal, unsigned from, unsigned to)
{
    for (unsigned i = from; i <= to; i++) {
        char text[32];
        (void)snprintf(text, sizeof(text), "n%u", i);
        assert_int_equal(write_one(journal, text), ST_OK);
    }
}

static struct journal *open_small(const char *dir)
{
    struct journal_params params = params_in(dir);
    struct journal *journal = NULL;

    params.max_file_bytes = 65536;
    assert_ok(journal_open(&params, &journal, err));
    return journal;
}

static void what_was_written_before_and_while_it_runs_arrives_once_in_order(void **state)
{
    AUTO(journal_close) struct journal *journal = open_small(*state);
    struct fake fake = fake_of(0);

    write_numbered(journal, 1, 5500);
    struct shipper *shipper = start(journal, &fake);
    write_numbered(journal, 5501, 5800);
    shipper_stop(shipper, GRACE_MS);
    assert_int_equal(fake.rows, 5800);
    assert_false(fake.wrong);
    assert_int_equal(fake.largest, 5000);
}

static void a_sink_that_fails_at_random_gets_each_line_once_in_order(void **state)
{
    AUTO(journal_close) struct journal *journal = open_small(*state);

    write_numbered(journal, 1, 600);
    for (unsigned seed = 1; seed <= 3; seed++) {
        struct fake fake = fake_of(seed * 7919);
        struct shipper *shipper = start(journal, &fake);

        write_numbered(journal, 600 * seed + 1, 600 * seed + 600);
        shipper_stop(shipper, GRACE_MS);
        assert_int_equal(fake.rows, 600 * seed + 600);
        assert_false(fake.wrong);
    }
}

static void a_shipper_goes_on_where_the_sink_is(void **state)
{
    struct fake fake = fake_of(0);

    for (unsigned round = 0; round < 4; round++) { /* our restarts, over several files */
        AUTO(journal_close) struct journal *journal = open_small(*state);
        write_numbered(journal, round * 250 + 1, round * 250 + 125);
        struct shipper *shipper = start(journal, &fake);
        write_numbered(journal, round * 250 + 126, round * 250 + 250);
        shipper_stop(shipper, GRACE_MS);
        assert_int_equal(fake.rows, round * 250 + 250);
    }
    assert_false(fake.wrong);
    assert_true(walk(*state, NULL, NULL).files > 3);
}

static void lag_tells_what_is_not_shipped_and_failing_tells_why(void **state)
{
    AUTO(journal_close) struct journal *journal = open_small(*state);
    struct fake fake = fake_of(0);
    struct err why;

    fake.dead = true;
    struct shipper *shipper = start(journal, &fake);
    write_numbered(journal, 1, 40);
    while (!shipper_failing(shipper, &why))
        (void)sched_yield();
    assert_int_equal(why.status, ST_UNAVAILABLE);
    assert_int_equal(shipper_lag(shipper), 40);
    (void)pthread_mutex_lock(&fake.lock);
    fake.dead = false;
    (void)pthread_mutex_unlock(&fake.lock);
    while (shipper_lag(shipper) > 0)
        (void)sched_yield();
    assert_false(shipper_failing(shipper, &why));
    shipper_stop(shipper, GRACE_MS);
    assert_int_equal(fake.rows, 40);
}

static void a_dead_sink_is_left_when_the_grace_is_over(void **state)
{
    AUTO(journal_close) struct journal *journal = open_small(*state);
    struct fake fake = fake_of(0);

    fake.dead = true;
    struct shipper *shipper = start(journal, &fake);
    write_numbered(journal, 1, 3);
    shipper_stop(shipper, 120); /* returns */
    assert_int_equal(fake.rows, 0);
    shipper_stop(NULL, 0);
}

static void a_sink_ahead_of_the_journal_is_an_error_not_silence(void **state)
{
    AUTO(journal_close) struct journal *journal = open_small(*state);
    struct fake fake = fake_of(0);
    struct err why;

    fake.held = 1000;
    write_numbered(journal, 1, 3);
    struct shipper *shipper = start(journal, &fake);
    while (!shipper_failing(shipper, &why))
        (void)sched_yield();
    assert_int_equal(why.status, ST_CONFLICT);
    shipper_stop(shipper, 0);
    assert_int_equal(fake.rows, 0);
}

static void a_sink_that_begins_now_gets_what_is_written_since_its_shipper_started(void **state)
{
    AUTO(journal_close) struct journal *journal = open_small(*state);
    struct fake fake = fake_of(0);
    struct err why;

    fake.from_now = fake.dead = true;
    write_numbered(journal, 1, 20);
    struct shipper *shipper = start(journal, &fake);
    while (!shipper_failing(shipper, &why))
        (void)sched_yield();
    write_numbered(journal, 21, 25); /* before it was ever reached */
    (void)pthread_mutex_lock(&fake.lock);
    fake.dead = false;
    (void)pthread_mutex_unlock(&fake.lock);
    shipper_stop(shipper, GRACE_MS);
    assert_int_equal(fake.rows, 5);
    assert_int_equal(fake.held, 25);
}

static void a_sink_that_answers_and_takes_nothing_goes_on_failing(void **state)
{
    AUTO(journal_close) struct journal *journal = open_small(*state);
    struct fake fake = fake_of(0);
    struct err why;
    unsigned puts = 0;

    fake.dead = fake.answers = true;
    struct shipper *shipper = start(journal, &fake);
    write_numbered(journal, 1, 1);
    while (!shipper_failing(shipper, &why))
        (void)sched_yield();
    while (puts < 4) { /* it answers before each */
        (void)pthread_mutex_lock(&fake.lock);
        fake.shipper = shipper;
        puts = fake.puts;
        (void)pthread_mutex_unlock(&fake.lock);
    }
    shipper_stop(shipper, 0);
    assert_false(fake.wrong);
}

static void a_sink_is_looked_at_while_nothing_is_written(void **state)
{
    AUTO(journal_close) struct journal *journal = open_small(*state);
    struct fake fake = fake_of(0);
    const struct event_sink sink = { .ctx = &fake, .put = put, .position = position, .look = look };
    struct shipper *shipper = NULL;
    struct err why;

    assert_ok(shipper_start(journal, &sink, &shipper, err));
    write_numbered(journal, 1, 1);
    while (shipper_lag(shipper) > 0)
        (void)sched_yield();
    (void)pthread_mutex_lock(&fake.lock);
    fake.dead = true;
    (void)pthread_mutex_unlock(&fake.lock);
    while (!shipper_failing(shipper, &why))
        (void)sched_yield();
    shipper_stop(shipper, 0);
    assert_true(fake.looks > 0);
}

struct writer_of {
    struct journal *journal;
    enum status status;
};

static void *write_empty(void *arg)
{
    struct writer_of *writer = arg;

    for (int i = 0; i < 200 && writer->status == ST_OK; i++)
        writer->status = write_one(writer->journal, "");
    return NULL;
}

static void threads_write_while_it_ships(void **state)
{
    AUTO(journal_close) struct journal *journal = open_small(*state);
    struct fake fake = fake_of(4711);
    struct writer_of writers[6];
    pthread_t threads[6];

    struct shipper *shipper = start(journal, &fake);
    for (size_t i = 0; i < 6; i++) {
        writers[i] = (struct writer_of){ .journal = journal };
        assert_int_equal(pthread_create(&threads[i], NULL, write_empty, &writers[i]), 0);
    }
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(writers[i].status, ST_OK);
    }
    shipper_stop(shipper, GRACE_MS);
    assert_int_equal(fake.rows, 1200);
    assert_false(fake.wrong);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)
    const struct CMUnitTest tests[] = {
        TEST(what_was_written_before_and_while_it_runs_arrives_once_in_order),
        TEST(a_sink_that_fails_at_random_gets_each_line_once_in_order),
        TEST(a_shipper_goes_on_where_the_sink_is),
        TEST(lag_tells_what_is_not_shipped_and_failing_tells_why),
        TEST(a_dead_sink_is_left_when_the_grace_is_over),
        TEST(a_sink_ahead_of_the_journal_is_an_error_not_silence),
        TEST(a_sink_that_begins_now_gets_what_is_written_since_its_shipper_started),
        TEST(a_sink_that_answers_and_takes_nothing_goes_on_failing),
        TEST(a_sink_is_looked_at_while_nothing_is_written),
        TEST(threads_write_while_it_ships),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
