#include "server/housekeeping.h"

#include "base/log.h"
#include "base/text.h"
#include "crypto/cms.h"
#include "journal/seal.h"
#include "server/diary.h"
#include "server/gauges.h"
#include "server/rooms.h"
#include "store/months.h"

enum {
    LOOK_EVERY_S = 1,
    SWEEP_EVERY_S = 30,
    JOURNAL_LOOK_EVERY_S = 3,
    MONTHS_EVERY_S = 24 * 60 * 60,
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

/* How far a session had come when its time was over. */
static void describe_end(const struct overdue *session, char *ret, size_t size)
{
    static const char *const ends[] = {
        [SESSION_CREATED] = "never scanned",
        [SESSION_SCANNED] = "scanned, but the documents were not fetched",
        [SESSION_DOCUMENTS_SENT] = "the documents were sent, but not signed",
    };
    char at[TIME_TEXT];

    time_utc_text(session->expires_ms, at);
    if (session->turns > 0)
        (void)text_format(ret, size, "its time was over at %s: signed by %u of %u", at,
                          session->turns, session->turns_wanted);
    else
        (void)text_format(ret, size, "its time was over at %s: %s", at, ends[session->state]);
}

static enum status record_expired(void *ctx, const struct overdue *session, struct err *err)
{
    const struct rooms *rooms = service_rooms(ctx);
    char text[160];
    const struct event event = {
        .level = EVENT_INFO,
        .name = "session.expired",
        .account = session->sender_id,
        .signing = session->id.text,
        .text = text,
    };

    describe_end(session, text, sizeof(text));
    return diary_write(rooms->journal, rooms->clock, &event, err);
}

/* What is deleted by its age: how the journal calls it, and since when it counts. */
static const struct {
    const char *event, *what, *since;
} deletions[] = {
    [SWEPT_SESSIONS] = { "sessions.deleted", "sessions with their evidence", "their end" },
    [SWEPT_COID_EVIDENCE] = { "coid.deleted", "answers of ЦОИД", "they were kept" },
    [SWEPT_COID_CALLS] = { "coid.deleted", "verifications with their photos",
                           "anything was last kept of them" },
};

static enum status record_deleted(void *ctx, enum swept_kind kind, uint64_t count, struct err *err)
{
    const struct service *service = ctx;
    const struct rooms *rooms = service_rooms(service);
    const struct conf *conf = service_conf(service);
    const int64_t days =
        kind == SWEPT_SESSIONS ? conf->signing.evidence_keep_days : conf->coid.evidence_keep_days;
    char text[160];
    const struct event event = {
        .level = EVENT_NOTICE,
        .name = deletions[kind].event,
        .text = text,
    };

    (void)text_format(text, sizeof(text), "%llu %s, %lld days after %s", (unsigned long long)count,
                      deletions[kind].what, (long long)days, deletions[kind].since);
    return diary_write(rooms->journal, rooms->clock, &event, err);
}

static void measure_backlog(const struct rooms *rooms, int64_t content_keep_ms)
{
    struct metric *late = rooms->meters.all[METER_LATE];
    struct backlog backlog = { 0 };
    struct err err = { 0 };

    if (store_backlog(rooms->store, content_keep_ms, &backlog, &err) != ST_OK) {
        log_err(LOG_LEVEL_WARNING, "backlog", &err);
        return;
    }
    metric_set(late, &(struct metric_sample){ { "seal" }, (double)backlog.seals });
    metric_set(late, &(struct metric_sample){ { "wipe" }, (double)backlog.wipes });
}

static void log_sweep(const struct swept *swept)
{
    const uint64_t coid =
        swept->coid_evidence + swept->coid_calls + swept->coid_days + swept->coid_news;
    const uint64_t rows = swept->expired + swept->claims + swept->deleted + swept->receipts + coid;

    if (rows > 0)
        log_info("sweep", "rows=%llu expired=%llu claims=%llu deleted=%llu receipts=%llu coid=%llu",
                 (unsigned long long)rows, (unsigned long long)swept->expired,
                 (unsigned long long)swept->claims, (unsigned long long)swept->deleted,
                 (unsigned long long)swept->receipts, (unsigned long long)coid);
}

/* Log-ins to the console that nobody came back to. */
static void sweep_logins(const struct service *service)
{
    const struct account_limits limits = door_limits(&service_conf(service)->admin);
    uint64_t swept = 0;
    struct err err = { 0 };

    if (store_account_sweep(service_rooms(service)->store, &limits, &swept, &err) != ST_OK)
        log_err(LOG_LEVEL_WARNING, "sweep", &err);
    else if (swept > 0)
        log_info("sweep", "logins=%llu", (unsigned long long)swept);
}

int housekeeping_sweep(const struct service *service)
{
    const struct conf *conf = service_conf(service);
    const struct rooms *rooms = service_rooms(service);
    const struct sweep sweep = { .instance = conf->instance.name,
                                 .evidence_keep_ms = conf->signing.evidence_keep_days * DAY_MS,
                                 .coid_keep_ms = conf->coid.evidence_keep_days * DAY_MS,
                                 .tell_expired = record_expired,
                                 .tell_deleted = record_deleted,
                                 .ctx = (void *)service };
    struct err err = { 0 };
    struct swept swept;

    const enum status status = store_sweep(rooms->store, &sweep, &swept, &err);
    if (status != ST_OK)
        log_err(LOG_LEVEL_WARNING, "sweep", &err);
    log_sweep(&swept);
    gauges_swept(&rooms->meters, status, &swept);
    measure_backlog(rooms, conf->signing.content_keep_days * DAY_MS);
    sweep_logins(service);
    return SWEEP_EVERY_S;
}

int housekeeping_months(const struct service *service)
{
    struct err err = { 0 };
    unsigned made = 0;

    if (store_months_ahead(service_rooms(service)->store, service_conf(service)->instance.name,
                           &made, &err) != ST_OK) {
        log_err(LOG_LEVEL_WARNING, "months", &err);
        return AFTER_TROUBLE_S;
    }
    if (made > 0)
        log_info("months", "made=%u", made);
    return MONTHS_EVERY_S;
}

/* ---- seals of the journal ---- */

struct seal_job {
    const struct service *service;
    const char *folder; /* in front of the file's name in the journal */
};

static enum status sign_for(void *ctx, struct slice statement, struct bytes **ret_sig,
                            struct err *err)
{
    const struct service *service = ((const struct seal_job *)ctx)->service;
    const struct cms_params params = { .detached = true,
                                       .signing_time_ms =
                                           clock_now(service_rooms(service)->clock) };

    return cms_sign(service_key(service), statement, &params, ret_sig, err);
}

static enum status record_sealed(void *ctx, const struct sealed *what, struct err *err)
{
    const struct seal_job *job = ctx;
    const struct rooms *rooms = service_rooms(job->service);
    char text[256];
    const struct event event = { .level = EVENT_NOTICE, .name = "journal.sealed", .text = text };

    (void)text_format(text, sizeof(text), "%s%s, lines %llu to %llu, SHA-256 %s", job->folder,
                      what->file, (unsigned long long)what->first, (unsigned long long)what->last,
                      what->sha256);
    return diary_write(rooms->journal, rooms->clock, &event, err);
}

/* Once per start: the file stays as it is, and is left without seal. */
static void record_broken(const struct seal_job *job, const struct err *why)
{
    const struct rooms *rooms = service_rooms(job->service);
    const struct event event = { .level = EVENT_ALERT,
                                 .name = "journal.broken",
                                 .text = why->text };

    log_err(LOG_LEVEL_ERROR, "journal", why);
    (void)diary_note(rooms->journal, rooms->clock, &event);
}

/* true: a file was dealt with, there may be more. */
static bool seal_one(const struct seal_job *job, const char *dir, uint64_t *from,
                     enum status *ret_status)
{
    const struct sealing how = { (void *)job, sign_for, record_sealed };
    struct sealed done;
    struct err err = { 0 };
    enum status status = seal_next(dir, *from, &how, &done, &err);

    *ret_status = status == ST_CONFLICT ? ST_OK : status;
    if (status == ST_CONFLICT)
        record_broken(job, &err);
    else if (status != ST_OK)
        log_err(LOG_LEVEL_WARNING, "journal", &err);
    if (*ret_status != ST_OK || !done.file[0])
        return false;
    *from = done.first + 1;
    return true;
}

int housekeeping_seal_journal(const struct service *service, struct journal_seals *seals)
{
    static const char *const folders[HOUSEKEEPING_FOLDERS] = { "", "ctl/" };
    int pause_s = JOURNAL_LOOK_EVERY_S;
    char dir[1024];

    for (size_t i = 0; i < HOUSEKEEPING_FOLDERS; i++) {
        const struct seal_job job = { service, folders[i] };
        enum status status = ST_OK;

        if (!text_format(dir, sizeof(dir), "%s/%s", service_conf(service)->journal.dir, folders[i]))
            continue; /* the journal itself would not have opened */
        if (seal_one(&job, dir, &seals->from[i], &status))
            pause_s = 0;
        else if (status != ST_OK && pause_s > 0)
            pause_s = AFTER_TROUBLE_S;
    }
    return pause_s;
}

int housekeeping_recover_journal(const struct service *service)
{
    struct err err = { 0 };

    if (journal_recover(service_rooms(service)->journal, &err) != ST_OK)
        log_err(LOG_LEVEL_ERROR, "journal.refused", &err);
    return JOURNAL_LOOK_EVERY_S;
}
