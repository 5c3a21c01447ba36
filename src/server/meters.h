/* What shepd measures: one table of families (server/metrics.h), each with its place here. */
#pragma once

#include "server/metrics.h"

enum meter {
    METER_BUILD,
    METER_START,
    METER_RELOADS,
    METER_EXCHANGE,
    METER_EXCHANGES,
    METER_TELEPHONE,
    METER_JOURNAL_EVENTS,
    METER_JOURNAL_REFUSED,
    METER_JOURNAL_SYNCS,
    METER_JOURNAL_LAG,
    METER_JOURNAL_FAILING,
    METER_JOURNAL_PROOF,
    METER_JOURNAL_PROOF_TIME,
    METER_WORKERS,
    METER_WORKERS_BUSY,
    METER_QUEUE,
    METER_QUEUE_LIMIT,
    METER_QUEUE_REFUSED,
    METER_CRL_AGE,
    METER_CRL_END,
    METER_OCSP,
    METER_SWEEPS,
    METER_SWEPT,
    METER_WRONG_TOKENS,
    METER_STRANGERS,
    METER_LATE,
    METER_OUTWARD_CALL,
    METER_COID_CALL,
    METER_COID_PHASE,
    METER_COID_COMPARISONS,
    METER_UPSTREAM_STATE,
    METER_UPSTREAM_CALLS,
    METER_UPSTREAM_WAITING,
    METER_UPSTREAM_PASSED,
    METER_UPSTREAM_REFUSED,
    METER_UPSTREAM_OPENED,
    METER_CERTIFICATE_END,
    METER_CERTIFICATE_DAYS,
    METER_CLOCK_OFFSET,
    METER_CLOCK_AGE,
    METER_CLOCK_SERVERS,
    METER_COUNT,
};

struct meters {
    struct metrics *registry;
    struct metric *all[METER_COUNT];
};

/* Makes every family; now_ms: when the service started. meters_free(), also after a failure. */
MUST_USE enum status meters_new(struct meters *meters, int64_t now_ms, struct err *err);
void meters_free(struct meters *meters);
