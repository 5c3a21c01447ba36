#include "server/coid_meters.h"

#include "base/text.h"

static const char *name_of(enum operation op)
{
    return op >= OP_VERIFY_PHOTO && op <= OP_GET_NEWS ? operation_name(op) : "other";
}

static void observe_phases(const struct meters *meters, const struct coid_called *call)
{
    const struct coid_times *times = &call->times;
    const struct {
        const char *name;
        int64_t ms; /* below zero: it never came so far */
    } phases[] = {
        { "wait", times->wait_ms },
        { "queue", times->line.queue_ms },
        { "connect", times->line.connect_ms },
        { "first-byte", times->line.first_byte_ms },
        { "judge", times->judge_ms },
    };

    for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++)
        if (phases[i].ms >= 0)
            metric_observe(meters->all[METER_COID_PHASE],
                           &(struct metric_sample){ { name_of(call->op), phases[i].name },
                                                    (double)phases[i].ms / 1000 });
}

static void called(void *ctx, const struct coid_called *call)
{
    const struct meters *meters = ctx;
    const char *code = call->code && *call->code ? call->code : "ok";
    char status[12];

    text_format(status, sizeof(status), "%d", call->http_status);
    metric_observe(meters->all[METER_COID_CALL],
                   &(struct metric_sample){ { name_of(call->op), status, code },
                                            (double)call->times.line.total_ms / 1000 });
    observe_phases(meters, call);
}

static void compared(void *ctx, const char *vendor_name)
{
    const struct meters *meters = ctx;

    metric_count(
        meters->all[METER_COID_COMPARISONS],
        &(struct metric_sample){ { vendor_name && *vendor_name ? vendor_name : "unknown" }, 1 });
}

struct coid_observer coid_meters_observer(const struct meters *meters)
{
    return (struct coid_observer){ (void *)meters, called, compared };
}

/* A state is told as a set: the one it is in has 1. */
static void look_at_state(struct metric *metric, enum upstream_state state)
{
    static const char *const names[] = {
        [UPSTREAM_CLOSED] = "closed",
        [UPSTREAM_OPEN] = "open",
        [UPSTREAM_HALF_OPEN] = "half-open",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        metric_set(metric, &(struct metric_sample){ { "coid", names[i] },
                                                    (enum upstream_state)i == state });
}

void coid_meters_look(const struct meters *meters, struct upstream *upstream)
{
    static const enum meter own[] = { METER_UPSTREAM_STATE,   METER_UPSTREAM_CALLS,
                                      METER_UPSTREAM_WAITING, METER_UPSTREAM_PASSED,
                                      METER_UPSTREAM_REFUSED, METER_UPSTREAM_OPENED };
    struct metric *const *all = meters->all;
    struct upstream_look look;

    for (size_t i = 0; !upstream && i < sizeof(own) / sizeof(own[0]); i++)
        metric_replace(all[own[i]], NULL, 0);
    if (!upstream)
        return;
    upstream_look(upstream, &look);
    const struct {
        enum meter meter;
        const char *reason;
        double value;
    } values[] = {
        { METER_UPSTREAM_CALLS, NULL, look.calls },
        { METER_UPSTREAM_WAITING, NULL, look.waiting },
        { METER_UPSTREAM_PASSED, NULL, (double)look.passed },
        { METER_UPSTREAM_REFUSED, "busy", (double)look.refused_busy },
        { METER_UPSTREAM_REFUSED, "open", (double)look.refused_open },
        { METER_UPSTREAM_OPENED, NULL, (double)look.opened },
    };
    look_at_state(all[METER_UPSTREAM_STATE], look.state);
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        metric_set(all[values[i].meter],
                   &(struct metric_sample){ { "coid", values[i].reason }, values[i].value });
}
