#include "server/meters.h"

enum { CERTIFICATES_MAX = 4096 };

static const struct metric_params families[METER_COUNT] = {
    [METER_BUILD] = { .name = "shepd_build_info",
                      .help = "Always 1; the version stands in the label.",
                      .kind = METRIC_GAUGE,
                      .labels = { "version" },
                      .max_series = 1 },
    [METER_START] = { .name = "shepd_start_time_seconds",
                      .help = "When this process began to serve, Unix time.",
                      .kind = METRIC_GAUGE,
                      .max_series = 1 },
    [METER_RELOADS] = { .name = "shepd_reloads_total",
                        .help = "Reloads of configuration, keys and trust, by result: done or "
                                "refused.",
                        .kind = METRIC_COUNTER,
                        .labels = { "result" },
                        .max_series = 4 },
    [METER_EXCHANGE] = { .name = "shepd_exchange_duration_seconds",
                         .help = "From a SOAP request's last byte to its answer, by HTTP status; 0 "
                                 "when no signed answer could be made.",
                         .kind = METRIC_HISTOGRAM,
                         .labels = { "status" },
                         .max_series = 16,
                         .bounds = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
                                     30 } },
    [METER_WRONG_TOKENS] = { .name = "shepd_wrong_tokens_total",
                             .help = "Calls with a token or page ID that no session has, or with a "
                                     "wrong Bearer.",
                             .kind = METRIC_COUNTER,
                             .max_series = 1 },
    [METER_STRANGERS] = { .name = "shepd_strangers_refused_total",
                          .help = "Calls answered 429 because their address had shown too many "
                                  "wrong tokens.",
                          .kind = METRIC_COUNTER,
                          .max_series = 1 },
    [METER_LATE] = { .name = "shepd_late_sessions",
                     .help = "Sessions with which the work behind the answers is late, of all "
                             "instances: seal (signed two minutes ago), wipe (due an hour ago).",
                     .kind = METRIC_GAUGE,
                     .labels = { "work" },
                     .max_series = 4 },
    [METER_COID_CALL] = { .name = "shepd_coid_call_duration_seconds",
                          .help = "Calls to ЦОИД by operation, HTTP status (0: no answer) and what "
                                  "became of it: ok, or the error's code.",
                          .kind = METRIC_HISTOGRAM,
                          .labels = { "operation", "status", "code" },
                          .max_series = 256,
                          .bounds = { 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 12, 16, 25, 30 } },
    [METER_COID_COMPARISONS] = { .name = "shepd_coid_comparisons_total",
                                 .help = "Comparisons that ЦОИД made and charges for, by vendor.",
                                 .kind = METRIC_COUNTER,
                                 .labels = { "vendor" },
                                 .max_series = 64 },
    [METER_UPSTREAM_STATE] = { .name = "shepd_upstream_state",
                               .help = "How the breaker stands: 1 for closed (calls pass), open "
                                       "(refused at once) or half-open (one at a time).",
                               .kind = METRIC_GAUGE,
                               .labels = { "upstream", "state" },
                               .max_series = 8 },
    [METER_UPSTREAM_CALLS] = { .name = "shepd_upstream_calls",
                               .help = "Operations that are with it now.",
                               .kind = METRIC_GAUGE,
                               .labels = { "upstream" },
                               .max_series = 4 },
    [METER_UPSTREAM_WAITING] = { .name = "shepd_upstream_waiting",
                                 .help = "Operations that wait for a place now.",
                                 .kind = METRIC_GAUGE,
                                 .labels = { "upstream" },
                                 .max_series = 4 },
    [METER_UPSTREAM_PASSED] = { .name = "shepd_upstream_passed_total",
                                .help = "Operations that were let through.",
                                .kind = METRIC_COUNTER,
                                .labels = { "upstream" },
                                .max_series = 4 },
    [METER_UPSTREAM_REFUSED] = { .name = "shepd_upstream_refused_total",
                                 .help = "Operations refused at the door, by reason: busy or open.",
                                 .kind = METRIC_COUNTER,
                                 .labels = { "upstream", "reason" },
                                 .max_series = 8 },
    [METER_UPSTREAM_OPENED] = { .name = "shepd_upstream_opened_total",
                                .help = "Times that the breaker opened.",
                                .kind = METRIC_COUNTER,
                                .labels = { "upstream" },
                                .max_series = 4 },
    [METER_CERTIFICATE_END] = { .name = "shepd_certificate_not_after_timestamp_seconds",
                                .help = "When each configured certificate ends, Unix time.",
                                .kind = METRIC_GAUGE,
                                .labels = { "role", "name", "serial", "sha256" },
                                .max_series = CERTIFICATES_MAX },
    [METER_CERTIFICATE_DAYS] = { .name = "shepd_certificate_expiry_days",
                                 .help = "Days until each configured certificate ends; negative "
                                         "when it has ended.",
                                 .kind = METRIC_GAUGE,
                                 .labels = { "role", "name", "serial", "sha256" },
                                 .max_series = CERTIFICATES_MAX },
};

enum status meters_new(struct meters *meters, int64_t now_ms, struct err *err)
{
    TRY(metrics_new(&meters->registry, err));
    for (size_t i = 0; i < METER_COUNT; i++)
        TRY(metrics_add(meters->registry, &families[i], &meters->all[i], err));
    metric_set(meters->all[METER_BUILD], &(struct metric_sample){ { SHEP_VERSION }, 1 });
    metric_set(meters->all[METER_START],
               &(struct metric_sample){ { NULL }, (double)now_ms / 1000 });
    return ST_OK;
}

void meters_free(struct meters *meters)
{
    metrics_free(meters->registry);
    *meters = (struct meters){ 0 };
}
