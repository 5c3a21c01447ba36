#include "server/gauges.h"

#include "base/text.h"

static void set(const struct meters *meters, enum meter meter, const char *label, double value)
{
    metric_set(meters->all[meter], &(struct metric_sample){ { label }, value });
}

static void look_at_journal(const struct rooms *rooms)
{
    const struct meters *meters = &rooms->meters;
    const struct journal_stats stats = journal_stats(rooms->journal);
    struct err why;

    set(meters, METER_JOURNAL_REFUSED, NULL, (double)stats.refused);
    set(meters, METER_JOURNAL_SYNCS, NULL, (double)stats.syncs);
    set(meters, METER_JOURNAL_LAG, "database", (double)shipper_lag(rooms->shipper));
    set(meters, METER_JOURNAL_FAILING, "database", shipper_failing(rooms->shipper, &why));
    if (!rooms->syslog)
        return;
    set(meters, METER_JOURNAL_LAG, "syslog", (double)shipper_lag(rooms->syslog_shipper));
    set(meters, METER_JOURNAL_FAILING, "syslog", shipper_failing(rooms->syslog_shipper, &why));
}

static void look_at_work(const struct meters *meters, struct work *work)
{
    struct work_look look;

    work_look(work, &look);
    set(meters, METER_WORKERS, NULL, (double)look.threads);
    set(meters, METER_WORKERS_BUSY, NULL, (double)look.busy);
    set(meters, METER_QUEUE, NULL, (double)look.queued);
    set(meters, METER_QUEUE_LIMIT, NULL, (double)look.max_queued);
    set(meters, METER_QUEUE_REFUSED, NULL, (double)look.refused);
}

static void look_at_lists(const struct rooms *rooms)
{
    const int64_t now_ms = clock_now(rooms->clock);
    struct list_look looks[LISTS_MAX];
    struct metric_sample samples[LISTS_MAX];
    char prints[LISTS_MAX][METRIC_VALUE_MAX];
    const size_t n = lists_look(rooms->lists, looks);

    for (size_t i = 0; i < n; i++) {
        text_hex(slice_mem(looks[i].sha256, sizeof(looks[i].sha256)), prints[i]);
        samples[i] = (struct metric_sample){ { looks[i].issuer, prints[i] },
                                             (double)(now_ms - looks[i].this_update_ms) / 1000 };
    }
    metric_replace(rooms->meters.all[METER_CRL_AGE], samples, n);
    for (size_t i = 0; i < n; i++)
        samples[i].value = (double)looks[i].next_update_ms / 1000;
    metric_replace(rooms->meters.all[METER_CRL_END], samples, n);
}

static void look_at_ocsp(const struct rooms *rooms)
{
    struct ocsp_counts counts;

    ocsp_cache_counts(rooms->answers, &counts);
    for (size_t i = 0; i < OCSP_STATES; i++)
        set(&rooms->meters, METER_OCSP, ocsp_state_name((enum ocsp_state)i),
            (double)counts.asked[i]);
    set(&rooms->meters, METER_OCSP, "shared", (double)counts.shared);
}

void gauges_look(const struct rooms *rooms, struct work *work)
{
    look_at_journal(rooms);
    look_at_work(&rooms->meters, work);
    look_at_lists(rooms);
    look_at_ocsp(rooms);
}

void gauges_wrote(void *ctx, const struct event *event)
{
    const struct meters *meters = ctx;

    metric_count(meters->all[METER_JOURNAL_EVENTS],
                 &(struct metric_sample){ { event->name, event_level_name(event->level) }, 1 });
}

void gauges_swept(const struct meters *meters, enum status status, const struct swept *swept)
{
    const struct {
        const char *kind;
        uint64_t count;
    } rows[] = {
        { "sessions_expired", swept->expired },    { "claims", swept->claims },
        { "sessions_deleted", swept->deleted },    { "receipts", swept->receipts },
        { "coid_evidence", swept->coid_evidence }, { "coid_calls", swept->coid_calls },
        { "coid_days", swept->coid_days },         { "coid_news", swept->coid_news },
    };

    metric_count(meters->all[METER_SWEEPS],
                 &(struct metric_sample){ { status == ST_OK ? "done" : "failed" }, 1 });
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        metric_count(meters->all[METER_SWEPT],
                     &(struct metric_sample){ { rows[i].kind }, (double)rows[i].count });
}

const char *gauges_service(enum operation op)
{
    if (op == OP_NONE)
        return "-";
    return op >= OP_VERIFY_PHOTO ? "coid" : "signing";
}
