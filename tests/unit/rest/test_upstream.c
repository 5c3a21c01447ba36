/* The bulkhead with threads, the breaker with a clock of our own. */
#include "rest/upstream.h"

#include "support/cmocka.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { LONG_MS = 20000, SHORT_MS = 40, WINDOW_MS = 1000, OPEN_MS = 600 };

static struct clock own_clock;

static struct upstream_params params_of(unsigned max_calls, unsigned max_waiting, int64_t wait_ms)
{
    own_clock = clock_fixed_at(1000000);
    return (struct upstream_params){ .name = "coid",
                                     .max_calls = max_calls,
                                     .max_waiting = max_waiting,
                                     .wait_ms = wait_ms,
                                     .budget_ms = LONG_MS,
                                     .failures = 3,
                                     .window_ms = WINDOW_MS,
                                     .open_ms = OPEN_MS,
                                     .successes = 2,
                                     .clock = &own_clock };
}

static struct upstream *make(unsigned max_calls, unsigned max_waiting, int64_t wait_ms)
{
    const struct upstream_params params = params_of(max_calls, max_waiting, wait_ms);
    struct upstream *upstream = NULL;
    struct err err = { 0 };

    assert_int_equal(upstream_new(&params, &upstream, &err), ST_OK);
    return upstream;
}

static struct upstream_look look(struct upstream *upstream)
{
    struct upstream_look look;

    upstream_look(upstream, &look);
    return look;
}

/* The error's code; "" when it passed. */
static const char *enter(struct upstream *upstream, struct upstream_pass *ret_pass)
{
    static _Thread_local struct err err;

    err = (struct err){ 0 };
    enum status status = upstream_enter(upstream, clock_monotonic_ms() + LONG_MS, ret_pass, &err);
    assert_true(status == (err.code[0] ? ST_UNAVAILABLE : ST_OK));
    return err.code;
}

/* ---- the breaker ---- */

/* A story: what happens to one upstream, letter by letter.
 *   w f u   a call that goes well, fails, tells nothing
 *   X       a call is refused, for it is open
 *   ( )     a slow call enters, and fails in the end
 *   [ ]     another slow call enters, and goes well in the end
 *   1..9    so many hundred milliseconds later
 *   o       OPEN_MS later, less one millisecond; one millisecond: i */
static const struct story {
    const char *name;
    const char *events;
    enum upstream_state end;
} stories[] = {
    { "two failures are no reason", "ffww", UPSTREAM_CLOSED },
    { "three are", "fff", UPSTREAM_OPEN },
    { "success between them does not count", "fwfwf", UPSTREAM_OPEN },
    { "what tells nothing is no failure", "ffuuu", UPSTREAM_CLOSED },
    { "three within the window", "f4f5f", UPSTREAM_OPEN },
    { "three just beyond the window", "f5f5f", UPSTREAM_CLOSED },
    { "only the last three are looked at", "f6f6f2f", UPSTREAM_OPEN },
    { "open: refused until the time is over", "fffXoX", UPSTREAM_OPEN },
    { "then a probe; two that go well close it", "fffoiww", UPSTREAM_CLOSED },
    { "one is not enough", "fffoiw", UPSTREAM_HALF_OPEN },
    { "a probe that fails opens it for as long again", "fffoifXoX", UPSTREAM_OPEN },
    { "also the second one", "fffoiwfX", UPSTREAM_OPEN },
    { "what went well before a failure does not help to close", "fffoiwfoiw", UPSTREAM_HALF_OPEN },
    { "one probe at a time", "fffoi(X)X", UPSTREAM_OPEN },
    { "a probe that tells nothing lets the next one try", "fffoiuww", UPSTREAM_CLOSED },
    { "closed again it forgets what was", "fffoiwwffw", UPSTREAM_CLOSED },
    { "a late failure of before does not open it anew", "(fffoi)ww", UPSTREAM_CLOSED },
    { "a late success of before does not close it", "[fffoi]w", UPSTREAM_HALF_OPEN },
    { "a late end of before does not let a second probe in", "[fffoi(]X)X", UPSTREAM_OPEN },
};

struct cast {
    struct upstream *upstream;
    struct upstream_pass slow_failing;
    struct upstream_pass slow_well;
};

static bool passes(struct cast *cast, struct upstream_pass *ret_pass)
{
    return strcmp(enter(cast->upstream, ret_pass), "") == 0;
}

static bool call(struct cast *cast, enum upstream_outcome outcome)
{
    struct upstream_pass pass;

    if (!passes(cast, &pass))
        return false;
    upstream_leave(cast->upstream, &pass, outcome);
    return true;
}

static bool happens(struct cast *cast, char event)
{
    struct upstream_pass pass;

    switch (event) {
    case 'w':
        return call(cast, UPSTREAM_WELL);
    case 'f':
        return call(cast, UPSTREAM_FAILED);
    case 'u':
        return call(cast, UPSTREAM_UNTOLD);
    case 'X':
        return strcmp(enter(cast->upstream, &pass), "upstreamOpen") == 0;
    case '(':
        return passes(cast, &cast->slow_failing);
    case '[':
        return passes(cast, &cast->slow_well);
    case ')':
        upstream_leave(cast->upstream, &cast->slow_failing, UPSTREAM_FAILED);
        return true;
    case ']':
        upstream_leave(cast->upstream, &cast->slow_well, UPSTREAM_WELL);
        return true;
    default:
        own_clock.fixed_ms +=
            event == 'o' ? OPEN_MS - 1 : (event == 'i' ? 1 : 100LL * (event - '0'));
        return true;
    }
}

static void the_breaker_opens_probes_and_closes_as_its_rules_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
        struct cast cast = { .upstream = make(4, 0, 0) };

        for (const char *event = stories[i].events; *event; event++)
            if (!happens(&cast, *event))
                fail_msg("%s: not so at \"%s\"", stories[i].name, event);
        if (look(cast.upstream).state != stories[i].end)
            fail_msg("%s: ended in state %d", stories[i].name, look(cast.upstream).state);
        assert_int_equal(look(cast.upstream).calls, 0);
        upstream_free(cast.upstream);
    }
}

static void what_is_refused_and_how_often_it_opened_is_counted(void **state)
{
    struct cast cast = { .upstream = make(1, 0, 0) };
    struct upstream_pass pass;

    (void)state;
    for (const char *event = "fffXXoif("; *event; event++)
        assert_true(happens(&cast, *event) || *event == '(');
    own_clock.fixed_ms += OPEN_MS;
    assert_true(call(&cast, UPSTREAM_WELL) && call(&cast, UPSTREAM_WELL));
    assert_true(passes(&cast, &pass));
    assert_string_equal(enter(cast.upstream, &cast.slow_well), "upstreamBusy");
    struct upstream_look seen = look(cast.upstream);
    assert_int_equal(seen.opened, 2);
    assert_int_equal(seen.refused_open, 3);
    assert_int_equal(seen.refused_busy, 1);
    assert_int_equal(seen.passed, 7);
    assert_int_equal(seen.calls, 1);
    upstream_leave(cast.upstream, &pass, UPSTREAM_UNTOLD);
    upstream_free(cast.upstream);
}

/* ---- the bulkhead ---- */

static void one_more_waits_no_longer_than_it_may_and_then_is_refused(void **state)
{
    struct upstream *upstream = make(1, 1, SHORT_MS);
    struct upstream_pass first;
    struct upstream_pass second;

    (void)state;
    assert_string_equal(enter(upstream, &first), "");
    int64_t came_ms = clock_monotonic_ms();
    assert_string_equal(enter(upstream, &second), "upstreamBusy");
    int64_t waited_ms = clock_monotonic_ms() - came_ms;
    assert_in_range(waited_ms, SHORT_MS, LONG_MS / 2);
    upstream_leave(upstream, &first, UPSTREAM_WELL);
    assert_string_equal(enter(upstream, &second), "");
    assert_in_range(second.queue_ms, 0, LONG_MS / 2);
    upstream_leave(upstream, &second, UPSTREAM_WELL);
    upstream_free(upstream);
}

static void a_pass_ends_with_the_caller_or_with_the_budget_whichever_is_first(void **state)
{
    struct upstream *upstream = make(2, 0, 0);
    int64_t now_ms = clock_monotonic_ms();
    struct upstream_pass pass;
    struct err err = { 0 };

    (void)state;
    assert_int_equal(upstream_enter(upstream, now_ms + 5000, &pass, &err), ST_OK);
    assert_true(pass.deadline_ms == now_ms + 5000);
    upstream_leave(upstream, &pass, UPSTREAM_WELL);
    assert_int_equal(upstream_enter(upstream, now_ms + 10LL * LONG_MS, &pass, &err), ST_OK);
    assert_in_range(pass.deadline_ms, now_ms + LONG_MS, now_ms + LONG_MS + LONG_MS / 2);
    upstream_leave(upstream, &pass, UPSTREAM_WELL);
    assert_int_equal(upstream_enter(upstream, now_ms - 1, &pass, &err), ST_TIMEOUT);
    assert_int_equal(look(upstream).calls, 0);
    upstream_free(upstream);
}

static void the_callers_deadline_ends_its_wait(void **state)
{
    struct upstream *upstream = make(1, 1, LONG_MS);
    struct upstream_pass pass;
    struct upstream_pass late;
    struct err err = { 0 };

    (void)state;
    assert_string_equal(enter(upstream, &pass), "");
    int64_t came_ms = clock_monotonic_ms();
    assert_int_equal(upstream_enter(upstream, came_ms + SHORT_MS, &late, &err), ST_UNAVAILABLE);
    assert_in_range(clock_monotonic_ms() - came_ms, SHORT_MS, LONG_MS / 2);
    upstream_leave(upstream, &pass, UPSTREAM_WELL);
    upstream_free(upstream);
}

struct guest {
    struct upstream *upstream;
    char code[32];
};

static void *run_guest(void *ctx)
{
    struct guest *guest = ctx;
    struct upstream_pass pass;

    snprintf(guest->code, sizeof(guest->code), "%s", enter(guest->upstream, &pass));
    if (!guest->code[0])
        upstream_leave(guest->upstream, &pass, UPSTREAM_WELL);
    return NULL;
}

static void await_waiting(struct upstream *upstream, unsigned count)
{
    while (look(upstream).waiting < count)
        sched_yield();
}

static void more_than_may_wait_are_refused_at_once(void **state)
{
    struct upstream *upstream = make(1, 2, LONG_MS);
    struct guest guests[2] = { { upstream, "?" }, { upstream, "?" } };
    struct upstream_pass first;
    struct upstream_pass more;
    pthread_t threads[2];

    (void)state;
    assert_string_equal(enter(upstream, &first), "");
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_guest, &guests[i]), 0);
    await_waiting(upstream, 2);
    int64_t came_ms = clock_monotonic_ms();
    assert_string_equal(enter(upstream, &more), "upstreamBusy");
    assert_true(clock_monotonic_ms() - came_ms < LONG_MS / 2);
    upstream_leave(upstream, &first, UPSTREAM_WELL);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_string_equal(guests[i].code, "");
    }
    upstream_free(upstream);
}

static void those_who_wait_are_refused_as_soon_as_it_opens(void **state)
{
    struct upstream *upstream = make(3, 1, LONG_MS);
    struct guest guest = { upstream, "?" };
    struct upstream_pass passes[3];
    pthread_t thread;
    int64_t came_ms = clock_monotonic_ms();

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_string_equal(enter(upstream, &passes[i]), "");
    upstream_leave(upstream, &passes[0], UPSTREAM_FAILED);
    upstream_leave(upstream, &passes[1], UPSTREAM_FAILED);
    assert_string_equal(enter(upstream, &passes[0]), "");
    assert_string_equal(enter(upstream, &passes[1]), "");
    assert_int_equal(pthread_create(&thread, NULL, run_guest, &guest), 0);
    await_waiting(upstream, 1);
    upstream_leave(upstream, &passes[0], UPSTREAM_FAILED);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_string_equal(guest.code, "upstreamOpen");
    assert_true(clock_monotonic_ms() - came_ms < LONG_MS / 2);
    upstream_leave(upstream, &passes[1], UPSTREAM_FAILED);
    upstream_leave(upstream, &passes[2], UPSTREAM_FAILED);
    upstream_free(upstream);
}

struct crowd {
    struct upstream *upstream;
    atomic_uint inside;
    atomic_uint most;
};

static void *run_crowd(void *ctx)
{
    struct crowd *crowd = ctx;
    struct upstream_pass pass;

    for (int i = 0; i < 200; i++) {
        if (strcmp(enter(crowd->upstream, &pass), "") != 0)
            return crowd; /* a complaint */
        unsigned now = atomic_fetch_add(&crowd->inside, 1) + 1;
        unsigned most = atomic_load(&crowd->most);
        while (now > most && !atomic_compare_exchange_weak(&crowd->most, &most, now))
            continue;
        sched_yield();
        atomic_fetch_sub(&crowd->inside, 1);
        upstream_leave(crowd->upstream, &pass, UPSTREAM_WELL);
    }
    return NULL;
}

static void no_more_than_it_lets_in_are_ever_inside(void **state)
{
    enum { THREADS = 8, INSIDE = 3 };
    struct crowd crowd = { .upstream = make(INSIDE, THREADS, LONG_MS) };
    pthread_t threads[THREADS];

    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_crowd, &crowd), 0);
    for (int i = 0; i < THREADS; i++) {
        void *complaint = NULL;
        assert_int_equal(pthread_join(threads[i], &complaint), 0);
        assert_null(complaint);
    }
    assert_in_range(atomic_load(&crowd.most), 1, INSIDE);
    assert_int_equal(look(crowd.upstream).passed, 200 * THREADS);
    assert_int_equal(look(crowd.upstream).calls, 0);
    upstream_free(crowd.upstream);
}

/* A reload: three places become one, one becomes three, and an open breaker stays open. */
static void other_limits_count_from_now_on_and_nobody_inside_is_thrown_out(void **state)
{
    struct upstream *upstream = make(2, 0, 0);
    struct upstream_params other = params_of(1, 0, 0);
    struct upstream_pass passes[3];
    struct err err = { 0 };

    (void)state;
    assert_string_equal(enter(upstream, &passes[0]), "");
    assert_string_equal(enter(upstream, &passes[1]), "");
    assert_int_equal(upstream_configure(upstream, &other, &err), ST_OK);
    assert_int_equal(look(upstream).calls, 2);
    upstream_leave(upstream, &passes[0], UPSTREAM_FAILED);
    assert_string_equal(enter(upstream, &passes[2]), "upstreamBusy");
    other.max_calls = 3;
    other.failures = 1;
    assert_int_equal(upstream_configure(upstream, &other, &err), ST_OK);
    assert_string_equal(enter(upstream, &passes[0]), "");
    assert_string_equal(enter(upstream, &passes[2]), "");
    assert_int_equal(look(upstream).state, UPSTREAM_CLOSED);
    for (int i = 0; i < 3; i++)
        upstream_leave(upstream, &passes[i], UPSTREAM_FAILED);
    assert_int_equal(look(upstream).state, UPSTREAM_OPEN);
    assert_int_equal(upstream_configure(upstream, &other, &err), ST_OK);
    assert_string_equal(enter(upstream, &passes[0]), "upstreamOpen");
    other.max_calls = 0;
    assert_int_equal(upstream_configure(upstream, &other, &err), ST_INPUT);
    upstream_free(upstream);
}

static void limits_out_of_their_range_are_refused(void **state)
{
    struct upstream_params bad[9];
    struct upstream *upstream = NULL;
    struct err err = { 0 };

    (void)state;
    for (int i = 0; i < 9; i++)
        bad[i] = params_of(1, 0, 0);
    bad[0].name = NULL;
    bad[1].max_calls = 0;
    bad[2].wait_ms = -1;
    bad[3].budget_ms = 0;
    bad[4].failures = 0;
    bad[5].failures = UPSTREAM_FAILURES_MAX + 1;
    bad[6].window_ms = 0;
    bad[7].open_ms = 0;
    bad[8].successes = 0;
    for (int i = 0; i < 9; i++)
        if (upstream_new(&bad[i], &upstream, &err) != ST_INPUT)
            fail_msg("row %d was taken", i);
    assert_null(upstream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_breaker_opens_probes_and_closes_as_its_rules_say),
        cmocka_unit_test(what_is_refused_and_how_often_it_opened_is_counted),
        cmocka_unit_test(one_more_waits_no_longer_than_it_may_and_then_is_refused),
        cmocka_unit_test(a_pass_ends_with_the_caller_or_with_the_budget_whichever_is_first),
        cmocka_unit_test(the_callers_deadline_ends_its_wait),
        cmocka_unit_test(more_than_may_wait_are_refused_at_once),
        cmocka_unit_test(those_who_wait_are_refused_as_soon_as_it_opens),
        cmocka_unit_test(no_more_than_it_lets_in_are_ever_inside),
        cmocka_unit_test(other_limits_count_from_now_on_and_nobody_inside_is_thrown_out),
        cmocka_unit_test(limits_out_of_their_range_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
