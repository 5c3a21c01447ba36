/* The page of numbers: to the letter, bounded, and right under threads. */
#include "support/cmocka.h"

#include "server/metrics.h"

#include <math.h>
#include <pthread.h>

static struct metrics *new_metrics(void)
{
    struct metrics *metrics = NULL;
    struct err err;

    assert_int_equal(metrics_new(&metrics, &err), ST_OK);
    return metrics;
}

static struct metric *add(struct metrics *metrics, const struct metric_params *params)
{
    struct metric *metric = NULL;
    struct err err = { 0 };

    if (metrics_add(metrics, params, &metric, &err) != ST_OK)
        fail_msg("%s", err.text);
    return metric;
}

static void check_text(struct metrics *metrics, const char *wanted)
{
    AUTO(bytes_free) struct bytes *text = NULL;
    struct err err;

    assert_int_equal(metrics_text(metrics, &text, &err), ST_OK);
    assert_string_equal(text->at, wanted);
}

static const struct metric_params counter = { .name = "a_total",
                                              .help = "Help\nwith \\ and \"quotes\".",
                                              .kind = METRIC_COUNTER,
                                              .labels = { "one", "two" },
                                              .max_series = 3 };

static void the_page_is_written_to_the_letter(void **state)
{
    AUTO(metrics_free) struct metrics *metrics = new_metrics();
    struct metric *count = add(metrics, &counter);
    struct metric *gauge = add(
        metrics, &(struct metric_params){
                     .name = "b_seconds", .help = "B.", .kind = METRIC_GAUGE, .max_series = 1 });
    struct metric *times = add(metrics, &(struct metric_params){ .name = "c_seconds",
                                                                 .help = "C.",
                                                                 .kind = METRIC_HISTOGRAM,
                                                                 .labels = { "l" },
                                                                 .max_series = 4,
                                                                 .bounds = { 0.1, 1 } });
    static const double seen[] = { 0.05, 0.1, 0.5, 3 };

    (void)state;
    metric_count(count, &(struct metric_sample){ { "x\"\\\n", "ы" }, 1 });
    metric_count(count, &(struct metric_sample){ { "x\"\\\n", "ы" }, 2 });
    metric_count(count, &(struct metric_sample){ { "x\"\\\n", "ы" }, -7 }); /* never falls */
    metric_set(gauge, &(struct metric_sample){ { NULL }, 1795338000.5 });
    for (size_t i = 0; i < COUNT(seen); i++)
        metric_observe(times, &(struct metric_sample){ { "v" }, seen[i] });
    check_text(metrics, "# HELP a_total Help\\nwith \\\\ and \"quotes\".\n"
                        "# TYPE a_total counter\n"
                        "a_total{one=\"x\\\"\\\\\\n\",two=\"ы\"} 3\n"
                        "# HELP b_seconds B.\n"
                        "# TYPE b_seconds gauge\n"
                        "b_seconds 1795338000.5\n"
                        "# HELP c_seconds C.\n"
                        "# TYPE c_seconds histogram\n"
                        "c_seconds_bucket{l=\"v\",le=\"0.1\"} 2\n"
                        "c_seconds_bucket{l=\"v\",le=\"1\"} 3\n"
                        "c_seconds_bucket{l=\"v\",le=\"+Inf\"} 4\n"
                        "c_seconds_sum{l=\"v\"} 3.65\n"
                        "c_seconds_count{l=\"v\"} 4\n");
}

static void odd_numbers_have_their_words(void **state)
{
    AUTO(metrics_free) struct metrics *metrics = new_metrics();
    struct metric *gauge = add(
        metrics,
        &(struct metric_params){
            .name = "g", .help = "G.", .kind = METRIC_GAUGE, .labels = { "l" }, .max_series = 8 });

    (void)state;
    metric_set(gauge, &(struct metric_sample){ { "nan" }, NAN });
    metric_set(gauge, &(struct metric_sample){ { "up" }, INFINITY });
    metric_set(gauge, &(struct metric_sample){ { "down" }, -INFINITY });
    metric_set(gauge, &(struct metric_sample){ { NULL }, -0.25 });
    check_text(metrics, "# HELP g G.\n# TYPE g gauge\ng{l=\"nan\"} NaN\ng{l=\"up\"} +Inf\n"
                        "g{l=\"down\"} -Inf\ng{l=\"\"} -0.25\n");
}

static void one_label_set_too_many_is_counted_as_other(void **state)
{
    AUTO(metrics_free) struct metrics *metrics = new_metrics();
    struct metric *count = add(metrics, &counter);
    static const char *const ones[] = { "a", "b", "c", "d", "a" };

    (void)state;
    for (size_t i = 0; i < COUNT(ones); i++)
        metric_count(count, &(struct metric_sample){ { ones[i], "t" }, 1 });
    check_text(metrics, "# HELP a_total Help\\nwith \\\\ and \"quotes\".\n"
                        "# TYPE a_total counter\n"
                        "a_total{one=\"a\",two=\"t\"} 2\n"
                        "a_total{one=\"b\",two=\"t\"} 1\n"
                        "a_total{one=\"other\",two=\"other\"} 2\n");
}

static void replaced_series_leave_nothing_behind(void **state)
{
    AUTO(metrics_free) struct metrics *metrics = new_metrics();
    struct metric *gauge = add(
        metrics,
        &(struct metric_params){
            .name = "g", .help = "G.", .kind = METRIC_GAUGE, .labels = { "l" }, .max_series = 8 });
    static const struct metric_sample first[] = { { { "a" }, 1 }, { { "b" }, 2 } };
    static const struct metric_sample second[] = { { { "c" }, 3 } };

    (void)state;
    metric_replace(gauge, first, COUNT(first));
    metric_replace(gauge, second, COUNT(second));
    check_text(metrics, "# HELP g G.\n# TYPE g gauge\ng{l=\"c\"} 3\n");
    metric_replace(gauge, NULL, 0);
    check_text(metrics, "# HELP g G.\n# TYPE g gauge\n");
}

static void what_makes_no_family_is_refused(void **state)
{
    static const struct metric_params rows[] = {
        { .name = NULL, .help = "H.", .kind = METRIC_GAUGE, .max_series = 1 },
        { .name = "9a", .help = "H.", .kind = METRIC_GAUGE, .max_series = 1 },
        { .name = "a b", .help = "H.", .kind = METRIC_GAUGE, .max_series = 1 },
        { .name = "a", .help = NULL, .kind = METRIC_GAUGE, .max_series = 1 },
        { .name = "a", .help = "H.", .kind = METRIC_COUNTER, .max_series = 1 },
        { .name = "a_total", .help = "H.", .kind = METRIC_GAUGE, .max_series = 1 },
        { .name = "a", .help = "H.", .kind = METRIC_GAUGE, .max_series = 0 },
        { .name = "a", .help = "H.", .kind = METRIC_HISTOGRAM, .max_series = 1 },
        { .name = "a", .help = "H.", .kind = METRIC_GAUGE, .max_series = 1, .bounds = { 1 } },
        { .name = "a",
          .help = "H.",
          .kind = METRIC_HISTOGRAM,
          .max_series = 1,
          .bounds = { 2, 1 } },
        { .name = "a", .help = "H.", .kind = METRIC_GAUGE, .labels = { "l-l" }, .max_series = 1 },
    };
    AUTO(metrics_free) struct metrics *metrics = new_metrics();
    struct metric *none = NULL;
    struct err err;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (metrics_add(metrics, &rows[i], &none, &err) != ST_INTERNAL)
            fail_msg("row %zu", i);
    check_text(metrics, "");
}

enum { THREADS = 8, ROUNDS = 2000 };

static void *count_on(void *arg)
{
    static const char *const labels[] = { "a", "b", "c", "d" };

    for (int i = 0; i < ROUNDS; i++)
        metric_count(arg, &(struct metric_sample){ { labels[i % 4], "t" }, 1 });
    return NULL;
}

static void threads_lose_no_count(void **state)
{
    AUTO(metrics_free) struct metrics *metrics = new_metrics();
    struct metric *count = add(metrics, &counter);
    pthread_t threads[THREADS];
    struct err err;

    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_on, count), 0);
    for (int i = 0; i < 100; i++) {
        AUTO(bytes_free) struct bytes *text = NULL;
        assert_int_equal(metrics_text(metrics, &text, &err), ST_OK);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    AUTO(bytes_free) struct bytes *text = NULL;
    assert_int_equal(metrics_text(metrics, &text, &err), ST_OK);
    long sum = 0;
    for (const char *at = text->at; (at = strstr(at, "} ")); at++)
        sum += strtol(at + 2, NULL, 10);
    assert_int_equal(sum, THREADS * ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_is_written_to_the_letter),
        cmocka_unit_test(odd_numbers_have_their_words),
        cmocka_unit_test(one_label_set_too_many_is_counted_as_other),
        cmocka_unit_test(replaced_series_leave_nothing_behind),
        cmocka_unit_test(what_makes_no_family_is_refused),
        cmocka_unit_test(threads_lose_no_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
