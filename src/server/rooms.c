#include "server/rooms.h"

#include "server/coid_room.h"
#include "server/gauges.h"
#include "server/open.h"
#include "server/outward.h"

#include <time.h>

enum {
    MIN_KEY = 32, /* bytes of a key */
    /* for the journal's last lines when we stop: into its table, */
    SHIP_GRACE_MS = 5000,
    SYSLOG_GRACE_MS = 2000, /* and, after that, to syslog: they would be the next start's */
};

static enum status start_store(const struct conf *conf, struct rooms *rooms, struct err *err)
{
    TRY(open_store(conf, rooms->vault, &rooms->store, err));
    return store_migrate(rooms->store, conf->instance.name, err);
}

static enum status start_journal(const struct conf *conf, struct rooms *rooms, struct err *err)
{
    const struct open_journal what = { .dir = conf->journal.dir,
                                       .instance = conf->instance.name,
                                       .clock = rooms->clock,
                                       .wrote = gauges_wrote,
                                       .ctx = &rooms->meters };
    const struct event_sink sink = store_event_sink(rooms->store);

    TRY(open_journal(conf, &what, &rooms->journal, err));
    return shipper_start(rooms->journal, &sink, &rooms->shipper, err);
}

static enum status start_syslog(const struct conf *conf, struct rooms *rooms, struct err *err)
{
    TRY(open_syslog(conf, conf->journal.dir, &rooms->syslog, err));
    if (!rooms->syslog)
        return ST_OK;
    const struct event_sink sink = syslog_sink(rooms->syslog);
    return shipper_start(rooms->journal, &sink, &rooms->syslog_shipper, err);
}

static void stop_syslog(struct rooms *rooms)
{
    if (!rooms->syslog)
        return;
    syslog_end(rooms->syslog, SYSLOG_GRACE_MS);
    shipper_stop(rooms->syslog_shipper, SYSLOG_GRACE_MS);
    syslog_close(rooms->syslog);
}

static enum status open_codec(const struct conf *conf, struct rooms *rooms, struct err *err)
{
    const struct codec_params params = {
        .pool = (unsigned)conf->http.workers,
        .max_document_bytes = (size_t)conf->signing.max_documents_bytes,
        .max_documents = (unsigned)conf->signing.max_documents,
        .max_photo_bytes = (size_t)conf->coid.max_photo_bytes,
    };

    return codec_new(&params, &rooms->codec, err);
}

/* trust_io has one ctx for all its members: these tell the rooms apart. */
static enum status fetch(void *ctx, const struct fetch *what, struct bytes **ret_answer,
                         struct err *err)
{
    const struct rooms *rooms = ctx;
    const struct outward outward = { rooms->journal, rooms->clock,
                                     rooms->meters.all[METER_OUTWARD_CALL] };

    return outward_fetch(&outward, rooms->rest, "issuer", what, ret_answer, err);
}

static enum status find_receipt(void *ctx, const uint8_t signature_sha256[32],
                                const uint8_t cert_sha256[32], struct bytes **ret_ocsp,
                                struct err *err)
{
    const struct rooms *rooms = ctx;

    return store_find_receipt(rooms->store, signature_sha256, cert_sha256, ret_ocsp, err);
}

static enum status keep_receipt(void *ctx, const uint8_t signature_sha256[32],
                                const uint8_t cert_sha256[32], struct slice ocsp, struct err *err)
{
    const struct rooms *rooms = ctx;

    return store_keep_receipt(rooms->store, signature_sha256, cert_sha256, ocsp, err);
}

static void see(void *ctx, const struct cert *subject, const struct cert *issuer)
{
    const struct rooms *rooms = ctx;

    lists_see(rooms->lists, subject, issuer);
}

static enum status find_crl(void *ctx, const struct cert *subject, const struct cert *issuer,
                            int64_t deadline_ms, struct crl_index **ret_index, struct err *err)
{
    const struct rooms *rooms = ctx;

    return lists_find(rooms->lists, subject, issuer, deadline_ms, ret_index, err);
}

static void pause_ms(void *ctx, int64_t ms)
{
    const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

    (void)ctx;
    (void)nanosleep(&time, NULL);
}

static enum status open_lists(const struct conf *conf, struct rooms *rooms, struct err *err)
{
    AUTO(bytes_wipe) struct bytes *secret = NULL;

    TRY(secret_load(conf->instance.cluster_key_file, MIN_KEY, &secret, err));
    const struct lists_params params = {
        .conf = &conf->trust,
        .secret = bytes_slice(secret),
        .journal = rooms->journal,
        .clock = rooms->clock,
        .calls = rooms->meters.all[METER_OUTWARD_CALL],
    };
    return lists_start(&params, &rooms->lists, err);
}

static enum status open_rest(const struct conf *conf, struct rooms *rooms, struct err *err)
{
    const struct rest_params params = {
        .max_parallel = (unsigned)conf->limits.upstream_parallel,
        .user_agent = "shepd",
    };
    const struct upstream_params coid = coid_room_limits(conf);

    TRY(rest_new(&params, &rooms->rest, err));
    TRY(upstream_new(&coid, &rooms->coid, err));
    TRY(ocsp_cache_new(&rooms->answers, err));
    rooms->trust_io = (struct trust_io){
        .ctx = rooms,
        .answers = rooms->answers,
        .pause = pause_ms,
        .fetch = fetch,
        .find_receipt = find_receipt,
        .keep_receipt = keep_receipt,
        .see = see,
        .find_crl = find_crl,
    };
    return ST_OK;
}

enum status rooms_open(const struct conf *conf, struct rooms **ret_rooms, struct err *err)
{
    AUTO(rooms_close) struct rooms *rooms = calloc(1, sizeof(*rooms));

    if (!rooms)
        return RAISE(err, ST_NOMEM, "start: out of memory");
    rooms->clock = clock_system();
    rooms->strangers = strangers_new();
    rooms->time_watch = time_watch_new(NULL);
    rooms->door_failures = strangers_new();
    rooms->statistics = statistics_new();
    rooms->proof = journal_proof_new();
    if (!rooms->strangers || !rooms->time_watch || !rooms->door_failures || !rooms->statistics ||
        !rooms->proof)
        return RAISE(err, ST_NOMEM, "start: out of memory");
    TRY(door_new(&rooms->door, err));
    TRY(meters_new(&rooms->meters, clock_now(rooms->clock), err));
    TRY(vault_open(conf->store.content_keys_file, &rooms->vault, err));
    TRY(start_store(conf, rooms, err));
    TRY(start_journal(conf, rooms, err));
    TRY(start_syslog(conf, rooms, err));
    TRY(open_codec(conf, rooms, err));
    TRY(open_rest(conf, rooms, err));
    TRY(open_lists(conf, rooms, err));
    *ret_rooms = TAKE(rooms);
    return ST_OK;
}

void rooms_quieten(struct rooms *rooms)
{
    if (rooms)
        lists_stop(TAKE(rooms->lists));
}

void rooms_close(struct rooms *rooms)
{
    if (!rooms)
        return;
    rooms_quieten(rooms); /* it writes to the journal */
    shipper_stop(rooms->shipper, SHIP_GRACE_MS);
    stop_syslog(rooms);
    ocsp_cache_free(rooms->answers);
    upstream_free(rooms->coid);
    rest_free(rooms->rest);
    codec_free(rooms->codec);
    journal_close(rooms->journal);
    store_close(rooms->store);
    vault_close(rooms->vault);
    strangers_free(rooms->strangers);
    strangers_free(rooms->door_failures);
    statistics_free(rooms->statistics);
    journal_proof_free(rooms->proof);
    door_free(rooms->door);
    time_watch_free(rooms->time_watch);
    meters_free(&rooms->meters);
    free(rooms);
}
