/* The database is killed while verifications are begun, asked and ended: no key is lost, none is
 * doubled, and the counter is that of the rows (C-26). */
#include "coid_sample.h"
#include "fixture.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { STREAMS = 4, ROUNDS = 3, PACE = 10 };

struct stream {
    unsigned number;
    atomic_bool over;
    atomic_uint ended;           /* messages that came to their end */
    _Atomic(const char *) wrong; /* what must not happen */
};

/* A caller who tries again until it is told something else than «away». */
static enum status insist(struct stream *stream, enum status status)
{
    if (status == ST_UNAVAILABLE)
        (void)sched_yield();
    else if (status != ST_OK && !stream->wrong)
        stream->wrong = status_name(status);
    return status;
}

/* Each try with a key of its own, as another exchange has it. */
static void begin(struct stream *stream, const char *message, struct coid_call *ret_call)
{
    struct err err;
    bool fresh = false;

    do {
        struct coid_begin begin = coid_begin_of(message, 0);
        begin.daily_limit = 1000000;
        if (insist(stream, store_coid_begin(fixture()->store, &begin, ret_call, &fresh, &err)) ==
            ST_OK)
            return;
    } while (!stream->wrong);
}

static void verify_one(struct stream *stream, unsigned n)
{
    struct store *store = fixture()->store;
    const struct coid_end end = n % 3 == 0 ? coid_refused() : coid_done();
    struct coid_evidence evidence;
    struct coid_call call, again;
    char message[32];
    struct err err;

    (void)snprintf(message, sizeof(message), "s%u-%u", stream->number, n);
    begin(stream, message, &call);
    while (!stream->wrong && insist(stream, store_coid_asking(store, &call.key, &err)) != ST_OK)
        ;
    evidence = coid_evidence_of(&call.key, "{}");
    while (!stream->wrong && insist(stream, store_coid_evidence_keep(store, &evidence, &err)))
        ;
    while (!stream->wrong && insist(stream, store_coid_end(store, &call.key, &end, &err)) != ST_OK)
        ;
    begin(stream, message, &again);
    if (!stream->wrong && (strcmp(call.key.text, again.key.text) != 0 || again.state != end.state))
        stream->wrong = "a message has another key, or another end, than it was told";
}

static void *verify_many(void *arg)
{
    struct stream *stream = arg;

    for (unsigned n = 0; !atomic_load(&stream->over) && !stream->wrong; n++) {
        verify_one(stream, n);
        atomic_fetch_add(&stream->ended, 1);
    }
    return NULL;
}

static void wait_for_flow(struct stream streams[STREAMS])
{
    for (size_t i = 0; i < STREAMS; i++) {
        unsigned before = atomic_load(&streams[i].ended);
        while (atomic_load(&streams[i].ended) < before + PACE && !streams[i].wrong)
            (void)sched_yield();
    }
}

static void no_key_is_lost_or_doubled_by_a_killed_database(void **state) /* C-26 */
{
    struct stream streams[STREAMS] = { 0 };
    pthread_t threads[STREAMS];
    unsigned ended = 0;

    (void)state;
    for (unsigned i = 0; i < STREAMS; i++) {
        streams[i].number = i;
        assert_int_equal(pthread_create(&threads[i], NULL, verify_many, &streams[i]), 0);
    }
    for (int round = 0; round < ROUNDS; round++) {
        wait_for_flow(streams);
        mariadbd_kill(&fixture()->server);
        mariadbd_restart(&fixture()->server);
    }
    for (size_t i = 0; i < STREAMS; i++)
        atomic_store(&streams[i].over, true);
    for (size_t i = 0; i < STREAMS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        if (streams[i].wrong)
            fail_msg("stream %zu: %s", i, streams[i].wrong);
        ended += atomic_load(&streams[i].ended);
    }
    print_message("%u messages ended through %d kills\n", ended, ROUNDS);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM coid_call"), ended);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM coid_photo"), ended);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM coid_evidence"), ended);
    assert_int_equal(fixture_number("SELECT COUNT(*) FROM coid_call WHERE state IN"
                                    " ('done', 'refused')"),
                     ended);
    assert_int_equal(fixture_number("SELECT SUM(counted) FROM coid_day"),
                     fixture_number("SELECT COUNT(*) FROM coid_call WHERE state = 'done'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_key_is_lost_or_doubled_by_a_killed_database,
                                        fixture_schema, fixture_close),
    };

    return fixture_run(tests, sizeof(tests) / sizeof(tests[0]));
}
