/* The service's own numbers in Prometheus' text format (exposition format 0.0.4). A family has one
 * name and a bounded set of series; nothing personal belongs into labels. Thread-safe. */
#pragma once

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"

#include <stddef.h>

struct metrics; /* all families */
struct metric;  /* one family; lives as long as its registry */

enum metric_kind {
    METRIC_COUNTER, /* its name ends in _total; never falls */
    METRIC_GAUGE,
    METRIC_HISTOGRAM,
};

enum {
    METRIC_LABELS_MAX = 4,
    METRIC_BOUNDS_MAX = 16,
    METRIC_VALUE_MAX = 65, /* bytes of a label's value with NUL; what is longer is cut */
};

/* Texts are borrowed and must outlive the registry: literals. */
struct metric_params {
    const char *name; /* [a-z_], with its unit: _seconds, _bytes, _total */
    const char *help;
    enum metric_kind kind;
    const char *labels[METRIC_LABELS_MAX]; /* their names; the rest NULL */
    size_t max_series;                     /* sets of labels; one more is counted as "other" */
    double bounds[METRIC_BOUNDS_MAX];      /* histogram: upper bounds, ascending; the rest 0 */
};

/* The labels' values in the order of their names; the rest NULL. */
struct metric_sample {
    const char *labels[METRIC_LABELS_MAX];
    double value;
};

MUST_USE enum status metrics_new(struct metrics **ret_metrics, struct err *err);
/* NULL is fine. */
void metrics_free(struct metrics *metrics);
DEFINE_AUTO(struct metrics, metrics_free)
/* ST_INTERNAL: parameters that make no family (its name, its bounds). */
MUST_USE enum status metrics_add(struct metrics *metrics, const struct metric_params *params,
                                 struct metric **ret_metric, struct err *err);

/* Without memory for a new series a change is lost: numbers never make work fail. */
void metric_count(struct metric *metric, const struct metric_sample *sample); /* counter: adds */
/* A gauge, or a counter that is counted elsewhere. */
void metric_set(struct metric *metric, const struct metric_sample *sample);
void metric_observe(struct metric *metric, const struct metric_sample *sample); /* histogram */
/* A family's series are these n from now on, and no other: in one step for whoever looks. */
void metric_replace(struct metric *metric, const struct metric_sample *samples, size_t n);

/* The whole page; *ret_text is the caller's. */
MUST_USE enum status metrics_text(struct metrics *metrics, struct bytes **ret_text,
                                  struct err *err);
