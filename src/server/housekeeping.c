#include "server/housekeeping.h"

#include "base/log.h"
#include "base/text.h"
#include "server/rooms.h"

enum {
    LOOK_EVERY_S = 1,
    SWEEP_EVERY_S = 30,
    AFTER_TROUBLE_S = 10,
};

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

/* What fails has put itself off, so there is no reason to wait while there is more. */
static int pause_after(const char *what, enum status status, bool more, const struct err *err)
{
    if (status != ST_OK)
        log_err(LOG_LEVEL_WARNING, what, err);
    if (more)
        return 0;
    return status == ST_OK ? LOOK_EVERY_S : AFTER_TROUBLE_S;
}

int housekeeping_seal(const struct service *service)
{
    struct err err = { 0 };
    bool more = false;
    enum status status = mobile_seal_next(service_mobile(service), &more, &err);

    return pause_after("seal", status, more, &err);
}

int housekeeping_wipe(const struct service *service)
{
    struct err err = { 0 };
    bool more = false;
    enum status status = mobile_wipe_next(service_mobile(service), &more, &err);

    return pause_after("wipe", status, more, &err);
}

static void record_deleted(const struct service *service, uint64_t count)
{
    const struct rooms *rooms = service_rooms(service);
    const int64_t now_ms = clock_now(rooms->clock);
    struct err err = { 0 };
    char text[120];
    const struct event event = {
        .level = EVENT_NOTICE,
        .name = "sessions.deleted",
        .account = "-",
        .ip = "-",
        .start_ms = now_ms,
        .end_ms = now_ms,
        .text = text,
    };

    (void)text_format(
        text, sizeof(text), "%llu sessions with their evidence, %lld days after their end",
        (unsigned long long)count, (long long)service_conf(service)->signing.evidence_keep_days);
    if (journal_write(rooms->journal, &event, &err) != ST_OK)
        log_err(LOG_LEVEL_ERROR, "journal.lost", &err);
}

int housekeeping_sweep(const struct service *service)
{
    const struct conf *conf = service_conf(service);
    struct err err = { 0 };
    struct swept swept;

    if (store_sweep(service_rooms(service)->store, conf->instance.name,
                    conf->signing.evidence_keep_days * DAY_MS, &swept, &err) != ST_OK)
        log_err(LOG_LEVEL_WARNING, "sweep", &err);
    const uint64_t rows = swept.expired + swept.claims + swept.deleted;
    if (rows > 0)
        log_info("sweep", "rows=%llu expired=%llu claims=%llu deleted=%llu",
                 (unsigned long long)rows, (unsigned long long)swept.expired,
                 (unsigned long long)swept.claims, (unsigned long long)swept.deleted);
    if (swept.deleted > 0)
        record_deleted(service, swept.deleted);
    return SWEEP_EVERY_S;
}
