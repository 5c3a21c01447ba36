/* ЦОИД's numbers on the page of /metrics. */
#include "support/cmocka.h"

#include "rest/upstream.h"
#include "server/coid_meters.h"

static char *page(const struct meters *meters)
{
    static char text[65536];
    AUTO(bytes_free) struct bytes *all = NULL;
    struct err err;

    assert_int_equal(metrics_text(meters->registry, &all, &err), ST_OK);
    assert_true(all->len < sizeof(text));
    memcpy(text, all->at, all->len + 1);
    return text;
}

static void has(const struct meters *meters, const char *line)
{
    const char *text = page(meters);

    if (!strstr(text, line))
        fail_msg("%s is not in\n%s", line, text);
}

static struct meters new_meters(void)
{
    struct meters meters = { 0 };
    struct err err;

    assert_int_equal(meters_new(&meters, 1795338000000, &err), ST_OK);
    return meters;
}

#define TOOK(ms)                                                                                   \
    {                                                                                              \
        .line.total_ms = (ms)                                                                      \
    }

static void calls_are_told_by_operation_status_and_code(void **state)
{
    struct meters meters = new_meters();
    const struct coid_observer seen = coid_meters_observer(&meters);
    static const struct coid_called calls[] = {
        { OP_VERIFY_PHOTO, 200, "", TOOK(700) },
        { OP_VERIFY_PHOTO, 200, "", TOOK(900) },
        { OP_VERIFY_PHOTO, 504, "upstreamTimeout", TOOK(11000) },
        { OP_GET_NEWS, 0, "timeout", TOOK(12000) },
        { OP_GET_VENDORS, 200, NULL, TOOK(40) },
        { OP_NONE, 200, "", TOOK(1) },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(calls); i++)
        seen.called(seen.ctx, &calls[i]);
    has(&meters, "shepd_coid_call_duration_seconds_count{operation=\"verifyPhoto\",status=\"200\","
                 "code=\"ok\"} 2\n");
    has(&meters, "shepd_coid_call_duration_seconds_sum{operation=\"verifyPhoto\",status=\"200\","
                 "code=\"ok\"} 1.6\n");
    has(&meters, "_count{operation=\"verifyPhoto\",status=\"504\",code=\"upstreamTimeout\"} 1\n");
    has(&meters, "_bucket{operation=\"getNews\",status=\"0\",code=\"timeout\",le=\"8\"} 0\n");
    has(&meters, "_bucket{operation=\"getNews\",status=\"0\",code=\"timeout\",le=\"12\"} 1\n");
    has(&meters, "_count{operation=\"getVendors\",status=\"200\",code=\"ok\"} 1\n");
    has(&meters, "_count{operation=\"other\",status=\"200\",code=\"ok\"} 1\n");
    meters_free(&meters);
}

static void the_phases_of_a_call_are_told_as_far_as_it_came(void **state)
{
    struct meters meters = new_meters();
    const struct coid_observer seen = coid_meters_observer(&meters);
    static const struct coid_called calls[] = {
        { OP_GET_NEWS, 200, "", { 250, { 1, 20, 700, 900 }, 40 } },
        { OP_GET_NEWS, 0, "timeout", { 0, { 3, 30, -1, 12000 }, -1 } },
        { OP_GET_NEWS, 0, "upstreamUnreachable", { 0, { 0, -1, -1, 5 }, -1 } },
    };
    static const char *const lines[] = {
        "phase=\"wait\"} 0.25\n",  "phase=\"queue\"} 0.004\n",    "phase=\"connect\"} 0.05\n",
        "phase=\"judge\"} 0.04\n", "phase=\"first-byte\"} 0.7\n",
    };
    static const struct {
        const char *phase;
        int count;
    } counts[] = {
        { "wait", 3 }, { "queue", 3 }, { "connect", 2 }, { "first-byte", 1 }, { "judge", 1 }
    };
    char line[160];

    (void)state;
    for (size_t i = 0; i < COUNT(calls); i++)
        seen.called(seen.ctx, &calls[i]);
    for (size_t i = 0; i < COUNT(lines); i++) {
        (void)snprintf(line, sizeof(line),
                       "shepd_coid_call_phase_seconds_sum{operation=\"getNews\",%s", lines[i]);
        has(&meters, line);
    }
    for (size_t i = 0; i < COUNT(counts); i++) {
        (void)snprintf(
            line, sizeof(line),
            "shepd_coid_call_phase_seconds_count{operation=\"getNews\",phase=\"%s\"} %d\n",
            counts[i].phase, counts[i].count);
        has(&meters, line);
    }
    meters_free(&meters);
}

static void comparisons_are_counted_by_vendor(void **state) /* req 3.06 */
{
    struct meters meters = new_meters();
    const struct coid_observer seen = coid_meters_observer(&meters);

    (void)state;
    seen.compared(seen.ctx, "Verigram");
    seen.compared(seen.ctx, "Verigram");
    seen.compared(seen.ctx, "");
    has(&meters, "shepd_coid_comparisons_total{vendor=\"Verigram\"} 2\n");
    has(&meters, "shepd_coid_comparisons_total{vendor=\"unknown\"} 1\n");
    for (int i = 0; i < 200; i++) {
        char vendor[32];
        (void)snprintf(vendor, sizeof(vendor), "vendor %d", i);
        seen.compared(seen.ctx, vendor);
    }
    assert_null(strstr(page(&meters), "vendor 199")); /* a bounded number of series */
    has(&meters, "shepd_coid_comparisons_total{vendor=\"other\"}");
    meters_free(&meters);
}

static void the_breaker_and_the_bulkhead_are_shown_as_they_stand(void **state)
{
    struct clock now = clock_fixed_at(1000000);
    const struct upstream_params params = { .name = "ЦОИД",
                                            .max_calls = 1,
                                            .budget_ms = 1000,
                                            .failures = 1,
                                            .window_ms = 1000,
                                            .open_ms = 1000,
                                            .successes = 1,
                                            .clock = &now };
    struct meters meters = new_meters();
    struct upstream *upstream = NULL;
    struct upstream_pass pass, refused;
    struct err err = { 0 };
    const int64_t deadline_ms = clock_monotonic_ms() + 60000;

    (void)state;
    assert_int_equal(upstream_new(&params, &upstream, &err), ST_OK);
    assert_int_equal(upstream_enter(upstream, deadline_ms, &pass, &err), ST_OK);
    assert_int_equal(upstream_enter(upstream, deadline_ms, &refused, &err), ST_UNAVAILABLE);
    coid_meters_look(&meters, upstream);
    has(&meters, "shepd_upstream_calls{upstream=\"coid\"} 1\n");
    has(&meters, "shepd_upstream_refused_total{upstream=\"coid\",reason=\"busy\"} 1\n");
    has(&meters, "shepd_upstream_state{upstream=\"coid\",state=\"closed\"} 1\n");
    upstream_leave(upstream, &pass, UPSTREAM_FAILED);
    assert_int_equal(upstream_enter(upstream, deadline_ms, &refused, &err), ST_UNAVAILABLE);
    coid_meters_look(&meters, upstream);
    has(&meters, "shepd_upstream_calls{upstream=\"coid\"} 0\n");
    has(&meters, "shepd_upstream_passed_total{upstream=\"coid\"} 1\n");
    has(&meters, "shepd_upstream_opened_total{upstream=\"coid\"} 1\n");
    has(&meters, "shepd_upstream_refused_total{upstream=\"coid\",reason=\"open\"} 1\n");
    has(&meters, "shepd_upstream_state{upstream=\"coid\",state=\"closed\"} 0\n");
    has(&meters, "shepd_upstream_state{upstream=\"coid\",state=\"open\"} 1\n");
    coid_meters_look(&meters, NULL); /* a reload has taken it away */
    assert_null(strstr(page(&meters), "upstream=\"coid\""));
    upstream_free(upstream);
    meters_free(&meters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_told_by_operation_status_and_code),
        cmocka_unit_test(the_phases_of_a_call_are_told_as_far_as_it_came),
        cmocka_unit_test(comparisons_are_counted_by_vendor),
        cmocka_unit_test(the_breaker_and_the_bulkhead_are_shown_as_they_stand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
