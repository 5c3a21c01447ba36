#include "server/meters.h"

#include "server/lists.h"

#include <string.h>

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
    [METER_EXCHANGES] = { .name = "shepd_exchanges_total",
                          .help =
                              "SOAP exchanges by service, operation, code (none: no signed answer "
                              "could be made) and, with SCSE002 and SCSE003, the reason.",
                          .kind = METRIC_COUNTER,
                          .labels = { "service", "operation", "code", "reason" },
                          .max_series = 512 },
    [METER_TELEPHONE] = { .name = "shepd_telephone_call_duration_seconds",
                          .help = "Calls of telephones and signing applications, from the last "
                                  "byte to the answer, by method and HTTP status.",
                          .kind = METRIC_HISTOGRAM,
                          .labels = { "method", "status" },
                          .max_series = 64,
                          .bounds = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
                                      30 } },
    [METER_JOURNAL_EVENTS] = { .name = "shepd_journal_events_total",
                               .help = "Events that are in the text journal, by their name and "
                                       "level: verdicts, refusals, sessions' ends.",
                               .kind = METRIC_COUNTER,
                               .labels = { "event", "level" },
                               .max_series = 256 },
    [METER_JOURNAL_REFUSED] = { .name = "shepd_journal_refused_lines_total",
                                .help = "Lines that the disk refused: their work was refused, too.",
                                .kind = METRIC_COUNTER,
                                .max_series = 1 },
    [METER_JOURNAL_SYNCS] = { .name = "shepd_journal_syncs_total",
                              .help = "fsyncs of the text journal; several lines share one.",
                              .kind = METRIC_COUNTER,
                              .max_series = 1 },
    [METER_JOURNAL_LAG] = { .name = "shepd_journal_lag_lines",
                            .help = "Lines of the text journal that a sink is not known to hold.",
                            .kind = METRIC_GAUGE,
                            .labels = { "sink" },
                            .max_series = 8 },
    [METER_JOURNAL_FAILING] = { .name = "shepd_journal_sink_failing",
                                .help = "1 when the last try to ship lines to the sink failed.",
                                .kind = METRIC_GAUGE,
                                .labels = { "sink" },
                                .max_series = 8 },
    [METER_JOURNAL_PROOF] = { .name = "shepd_journal_proof_whole",
                              .help = "What the last proof of the journal's folder found: 1 whole, "
                                      "0 not, or not to be judged.",
                              .kind = METRIC_GAUGE,
                              .labels = { "folder" },
                              .max_series = 4 },
    [METER_JOURNAL_PROOF_TIME] = { .name = "shepd_journal_proof_timestamp_seconds",
                                   .help = "When it was made, Unix time.",
                                   .kind = METRIC_GAUGE,
                                   .labels = { "folder" },
                                   .max_series = 4 },
    [METER_WORKERS] = { .name = "shepd_workers",
                        .help = "Threads that answer requests.",
                        .kind = METRIC_GAUGE,
                        .max_series = 1 },
    [METER_WORKERS_BUSY] = { .name = "shepd_workers_busy",
                             .help = "Of them, those that are at work now; who asks for these "
                                     "numbers holds one.",
                             .kind = METRIC_GAUGE,
                             .max_series = 1 },
    [METER_QUEUE] = { .name = "shepd_queue_requests",
                      .help = "Requests that wait for a worker.",
                      .kind = METRIC_GAUGE,
                      .max_series = 1 },
    [METER_QUEUE_LIMIT] = { .name = "shepd_queue_limit_requests",
                            .help = "So many may wait; one more is answered 503.",
                            .kind = METRIC_GAUGE,
                            .max_series = 1 },
    [METER_QUEUE_REFUSED] = { .name = "shepd_queue_refused_total",
                              .help = "Requests answered 503 because the queue was full.",
                              .kind = METRIC_COUNTER,
                              .max_series = 1 },
    [METER_CRL_AGE] = { .name = "shepd_crl_age_seconds",
                        .help =
                            "Since the newest revocation list of an issuer was made (thisUpdate).",
                        .kind = METRIC_GAUGE,
                        .labels = { "issuer", "sha256" },
                        .max_series = LISTS_MAX + 1 },
    [METER_CRL_END] = { .name = "shepd_crl_next_update_timestamp_seconds",
                        .help = "When the newest revocation list of an issuer is to be replaced "
                                "(nextUpdate), Unix time.",
                        .kind = METRIC_GAUGE,
                        .labels = { "issuer", "sha256" },
                        .max_series = LISTS_MAX + 1 },
    [METER_OCSP] = { .name = "shepd_ocsp_answers_total",
                     .help = "Questions about certificates to OCSP responders by what came of "
                             "them: good, revoked, unknown, unusable; shared: answered by another "
                             "question's answer.",
                     .kind = METRIC_COUNTER,
                     .labels = { "result" },
                     .max_series = 8 },
    [METER_SWEEPS] = { .name = "shepd_sweeps_total",
                       .help = "Sweeps of what is over, by result: done or failed.",
                       .kind = METRIC_COUNTER,
                       .labels = { "result" },
                       .max_series = 4 },
    [METER_SWEPT] = { .name = "shepd_swept_rows_total",
                      .help = "What the sweeps of this instance ended or deleted because its time "
                              "was over.",
                      .kind = METRIC_COUNTER,
                      .labels = { "kind" },
                      .max_series = 12 },
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
    [METER_OUTWARD_CALL] = { .name = "shepd_upstream_call_duration_seconds",
                             .help = "Questions to other systems than ЦОИД by purpose (ocsp, "
                                     "timestamp, issuer, crl, ldap, time) and what became of "
                                     "them: ok, the HTTP status, or the error's code.",
                             .kind = METRIC_HISTOGRAM,
                             .labels = { "purpose", "code" },
                             .max_series = 128,
                             .bounds = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
                                         30, 60 } },
    [METER_COID_CALL] = { .name = "shepd_coid_call_duration_seconds",
                          .help = "Calls to ЦОИД by operation, HTTP status (0: no answer) and what "
                                  "became of it: ok, or the error's code.",
                          .kind = METRIC_HISTOGRAM,
                          .labels = { "operation", "status", "code" },
                          .max_series = 256,
                          .bounds = { 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 12, 16, 25, 30 } },
    [METER_COID_PHASE] = { .name = "shepd_coid_call_phase_seconds",
                           .help = "Where calls to ЦОИД spend their time, by operation and phase: "
                                   "wait (for a place), queue (for a connection), connect, "
                                   "first-byte (connecting included), judge (the signature).",
                           .kind = METRIC_HISTOGRAM,
                           .labels = { "operation", "phase" },
                           .max_series = 64,
                           .bounds = { 0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16,
                                       30 } },
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
    [METER_CLOCK_OFFSET] = { .name = "shepd_clock_offset_seconds",
                             .help = "Our clock less the time servers', when one answered last; "
                                     "above 0: ours is fast.",
                             .kind = METRIC_GAUGE,
                             .max_series = 1 },
    [METER_CLOCK_AGE] = { .name = "shepd_clock_offset_age_seconds",
                          .help = "How long ago a time server answered last.",
                          .kind = METRIC_GAUGE,
                          .max_series = 1 },
    [METER_CLOCK_SERVERS] = { .name = "shepd_clock_servers",
                              .help = "Time servers that answered the last check.",
                              .kind = METRIC_GAUGE,
                              .max_series = 1 },
};

/* Series that stand at 0 from the start: Prometheus' increase() does not see the first count of a
 * series that was not there before, and alert rules wait for the first of these. */
static const struct {
    enum meter meter;
    const char *labels[METRIC_LABELS_MAX];
} born[] = {
    { METER_RELOADS, { "done" } },
    { METER_RELOADS, { "refused" } },
    { METER_EXCHANGES, { "-", "-", "none", "" } },
    { METER_JOURNAL_EVENTS, { "put.refused", "Warning" } },
    { METER_JOURNAL_EVENTS, { "coid.answer_refused", "Alerts" } },
    { METER_JOURNAL_EVENTS, { "coid.certificate_refused", "Alerts" } },
    { METER_WRONG_TOKENS, { NULL } },
    { METER_STRANGERS, { NULL } },
    { METER_SWEEPS, { "done" } },
    { METER_SWEEPS, { "failed" } },
};

static void start_at_zero(const struct meters *meters)
{
    struct metric_sample zero = { .value = 0 };

    for (size_t i = 0; i < sizeof(born) / sizeof(born[0]); i++) {
        memcpy(zero.labels, born[i].labels, sizeof(zero.labels));
        metric_count(meters->all[born[i].meter], &zero);
    }
}

enum status meters_new(struct meters *meters, int64_t now_ms, struct err *err)
{
    TRY(metrics_new(&meters->registry, err));
    for (size_t i = 0; i < METER_COUNT; i++)
        TRY(metrics_add(meters->registry, &families[i], &meters->all[i], err));
    start_at_zero(meters);
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
