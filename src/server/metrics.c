#include "server/metrics.h"

#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    FAMILIES_MAX = 64,
    SERIES_MAX = 4096,           /* of one family */
    TEXT_MAX = 16 * 1024 * 1024, /* bytes of the page */
};

struct series {
    char labels[METRIC_LABELS_MAX][METRIC_VALUE_MAX];
    double value; /* histogram: the sum */
    uint64_t buckets[METRIC_BOUNDS_MAX + 1];
};

struct metric {
    struct metrics *owner;
    struct metric_params params;
    size_t label_count;
    size_t bound_count;
    struct series *series;
    size_t count, room;
};

struct metrics {
    pthread_mutex_t lock; /* of every family */
    struct metric families[FAMILIES_MAX];
    size_t count;
};

enum status metrics_new(struct metrics **ret_metrics, struct err *err)
{
    struct metrics *metrics = calloc(1, sizeof(*metrics));

    if (!metrics)
        return RAISE(err, ST_NOMEM, "metrics: out of memory");
    (void)pthread_mutex_init(&metrics->lock, NULL);
    *ret_metrics = metrics;
    return ST_OK;
}

void metrics_free(struct metrics *metrics)
{
    if (!metrics)
        return;
    for (size_t i = 0; i < metrics->count; i++)
        free(metrics->families[i].series);
    (void)pthread_mutex_destroy(&metrics->lock);
    free(metrics);
}

static bool is_name(const char *name)
{
    return name && *name && strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789") == strlen(name) &&
           (*name < '0' || *name > '9');
}

static bool name_fits_kind(const struct metric_params *params)
{
    size_t len = strlen(params->name);
    bool total = len > 6 && strcmp(params->name + len - 6, "_total") == 0;

    return total == (params->kind == METRIC_COUNTER);
}

static bool count_bounds(const struct metric_params *params, size_t *ret)
{
    size_t n = 0;

    while (n < METRIC_BOUNDS_MAX && params->bounds[n] > 0) {
        if (n > 0 && params->bounds[n] <= params->bounds[n - 1])
            return false;
        n++;
    }
    *ret = n;
    return (n > 0) == (params->kind == METRIC_HISTOGRAM);
}

static bool count_labels(const struct metric_params *params, size_t *ret)
{
    size_t n = 0;

    for (; n < METRIC_LABELS_MAX && params->labels[n]; n++)
        if (!is_name(params->labels[n]))
            return false;
    *ret = n;
    return true;
}

enum status metrics_add(struct metrics *metrics, const struct metric_params *params,
                        struct metric **ret_metric, struct err *err)
{
    struct metric fresh = { .owner = metrics, .params = *params };

    if (!is_name(params->name) || !params->help || !name_fits_kind(params) ||
        !count_labels(params, &fresh.label_count) || !count_bounds(params, &fresh.bound_count) ||
        params->max_series == 0 || params->max_series > SERIES_MAX)
        return RAISE(err, ST_INTERNAL, "metrics: %s is no family",
                     params->name ? params->name : "one without a name");
    pthread_mutex_lock(&metrics->lock);
    bool full = metrics->count == FAMILIES_MAX;
    if (!full) {
        metrics->families[metrics->count] = fresh;
        *ret_metric = &metrics->families[metrics->count++];
    }
    pthread_mutex_unlock(&metrics->lock);
    return full ? RAISE(err, ST_INTERNAL, "metrics: more than %d families", FAMILIES_MAX) : ST_OK;
}

/* ---- series; the lock is held ---- */

static bool has_labels(const struct metric *metric, const struct series *series,
                       const struct series *wanted)
{
    for (size_t i = 0; i < metric->label_count; i++)
        if (strcmp(series->labels[i], wanted->labels[i]) != 0)
            return false;
    return true;
}

static void fill_labels(const struct metric *metric, const struct metric_sample *sample,
                        struct series *ret)
{
    for (size_t i = 0; i < metric->label_count; i++)
        (void)text_copy(ret->labels[i], METRIC_VALUE_MAX,
                        sample->labels[i] ? sample->labels[i] : "");
}

static struct series *add_series(struct metric *metric, const struct series *fresh)
{
    if (metric->count == metric->room) {
        size_t room = metric->room ? 2 * metric->room : 4;
        struct series *grown = realloc(metric->series, room * sizeof(*grown));
        if (!grown)
            return NULL;
        metric->series = grown;
        metric->room = room;
    }
    metric->series[metric->count] = *fresh;
    return &metric->series[metric->count++];
}

static struct series *find_series(struct metric *metric, const struct series *wanted)
{
    for (size_t i = 0; i < metric->count; i++)
        if (has_labels(metric, &metric->series[i], wanted))
            return &metric->series[i];
    return NULL;
}

/* The last place of a family is kept for "other". */
static struct series *take_series(struct metric *metric, const struct metric_sample *sample)
{
    struct series wanted = { 0 };

    fill_labels(metric, sample, &wanted);
    struct series *found = find_series(metric, &wanted);
    if (found || metric->count + 1 < metric->params.max_series || metric->label_count == 0)
        return found ? found : add_series(metric, &wanted);
    for (size_t i = 0; i < metric->label_count; i++)
        (void)text_copy(wanted.labels[i], METRIC_VALUE_MAX, "other");
    found = find_series(metric, &wanted);
    return found ? found : add_series(metric, &wanted);
}

void metric_count(struct metric *metric, const struct metric_sample *sample)
{
    pthread_mutex_lock(&metric->owner->lock);
    struct series *series = take_series(metric, sample);
    if (series && sample->value > 0)
        series->value += sample->value;
    pthread_mutex_unlock(&metric->owner->lock);
}

void metric_set(struct metric *metric, const struct metric_sample *sample)
{
    pthread_mutex_lock(&metric->owner->lock);
    struct series *series = take_series(metric, sample);
    if (series)
        series->value = sample->value;
    pthread_mutex_unlock(&metric->owner->lock);
}

void metric_observe(struct metric *metric, const struct metric_sample *sample)
{
    size_t bucket = 0;

    while (bucket < metric->bound_count && sample->value > metric->params.bounds[bucket])
        bucket++;
    pthread_mutex_lock(&metric->owner->lock);
    struct series *series = take_series(metric, sample);
    if (series) {
        series->buckets[bucket]++;
        series->value += sample->value;
    }
    pthread_mutex_unlock(&metric->owner->lock);
}

void metric_replace(struct metric *metric, const struct metric_sample *samples, size_t n)
{
    pthread_mutex_lock(&metric->owner->lock);
    metric->count = 0;
    for (size_t i = 0; i < n; i++) {
        struct series *series = take_series(metric, &samples[i]);
        if (series)
            series->value = samples[i].value;
    }
    pthread_mutex_unlock(&metric->owner->lock);
}

/* ---- the page ---- */

/* HELP escapes backslash and newline, a label's value the quote as well. */
static void write_escaped(struct bytes *out, const char *text, bool quoted)
{
    for (; *text; text++) {
        if (*text == '\\')
            bytes_add_str(out, "\\\\");
        else if (*text == '\n')
            bytes_add_str(out, "\\n");
        else if (*text == '"' && quoted)
            bytes_add_str(out, "\\\"");
        else
            bytes_add(out, (struct slice){ text, 1 });
    }
}

static void write_number(struct bytes *out, double value)
{
    if (isnan(value))
        bytes_add_str(out, "NaN\n");
    else if (isinf(value))
        bytes_add_str(out, value > 0 ? "+Inf\n" : "-Inf\n");
    else
        bytes_addf(out, "%.15g\n", value);
}

/* {a="1",b="2"}; le: the bound of a bucket, NULL for none. */
static void write_labels(struct bytes *out, const struct metric *metric,
                         const struct series *series, const char *le)
{
    const char *before = "{";

    for (size_t i = 0; i < metric->label_count; i++, before = ",") {
        bytes_addf(out, "%s%s=\"", before, metric->params.labels[i]);
        write_escaped(out, series->labels[i], true);
        bytes_add_str(out, "\"");
    }
    if (le) {
        bytes_addf(out, "%sle=\"%s\"", before, le);
        before = ",";
    }
    bytes_add_str(out, *before == ',' ? "} " : " ");
}

static void write_histogram(struct bytes *out, const struct metric *metric,
                            const struct series *series)
{
    const char *name = metric->params.name;
    uint64_t seen = 0;
    char bound[32];

    for (size_t i = 0; i <= metric->bound_count; i++) {
        bool last = i == metric->bound_count;
        seen += series->buckets[i];
        (void)text_format(bound, sizeof(bound), "%.15g", last ? 0 : metric->params.bounds[i]);
        bytes_addf(out, "%s_bucket", name);
        write_labels(out, metric, series, last ? "+Inf" : bound);
        bytes_addf(out, "%" PRIu64 "\n", seen);
    }
    bytes_addf(out, "%s_sum", name);
    write_labels(out, metric, series, NULL);
    write_number(out, series->value);
    bytes_addf(out, "%s_count", name);
    write_labels(out, metric, series, NULL);
    bytes_addf(out, "%" PRIu64 "\n", seen);
}

static void write_family(struct bytes *out, const struct metric *metric)
{
    static const char *const kinds[] = {
        [METRIC_COUNTER] = "counter",
        [METRIC_GAUGE] = "gauge",
        [METRIC_HISTOGRAM] = "histogram",
    };
    const char *name = metric->params.name;

    bytes_addf(out, "# HELP %s ", name);
    write_escaped(out, metric->params.help, false);
    bytes_addf(out, "\n# TYPE %s %s\n", name, kinds[metric->params.kind]);
    for (size_t i = 0; i < metric->count; i++) {
        if (metric->params.kind == METRIC_HISTOGRAM) {
            write_histogram(out, metric, &metric->series[i]);
            continue;
        }
        bytes_add_str(out, name);
        write_labels(out, metric, &metric->series[i], NULL);
        write_number(out, metric->series[i].value);
    }
}

enum status metrics_text(struct metrics *metrics, struct bytes **ret_text, struct err *err)
{
    AUTO(bytes_free) struct bytes *text = bytes_new(TEXT_MAX);

    if (!text)
        return RAISE(err, ST_NOMEM, "metrics: out of memory");
    pthread_mutex_lock(&metrics->lock);
    for (size_t i = 0; i < metrics->count; i++)
        write_family(text, &metrics->families[i]);
    pthread_mutex_unlock(&metrics->lock);
    TRY(bytes_check(text, "metrics", err));
    *ret_text = TAKE(text);
    return ST_OK;
}
