#include "server/chores.h"

#include "base/log.h"
#include "server/coid_news.h"
#include "server/diary.h"
#include "server/file_watch.h"
#include "server/housekeeping.h"
#include "server/syslog_watch.h"

#include <malloc.h>

enum { CHORES_MAX = 16 };

struct chores {
    struct chores_params p;
    struct chore *all[CHORES_MAX];
    size_t count;
    /* what one chore remembers, its thread's alone */
    bool news_missed;
    struct journal_seals journal_seals;
    struct file_watch *files;
    struct syslog_watch syslog_watch;
};

static struct service *service_of(const struct chores *chores)
{
    return chores->p.service(chores->p.ctx);
}

/* ---- the dates of certificates ---- */

static void say_expiry(void *ctx, const struct expiry_notice *notice)
{
    const struct rooms *rooms = ctx;
    const struct event event = {
        .level = notice->level,
        .name = notice->event,
        .text = notice->text,
    };

    log_line(notice->level == EVENT_ALERT ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, notice->event,
             "text=\"%s\"", notice->text);
    (void)diary_note(rooms->journal, rooms->clock, &event);
}

void chores_look_at_dates(const struct service *service, struct expiry_watch *watch)
{
    const struct rooms *rooms = service_rooms(service);

    expiry_check(watch, service_certificates(service), clock_now(rooms->clock), say_expiry,
                 (void *)rooms);
}

/* ---- one function a chore ---- */

static int sweep(void *ctx)
{
    struct chores *chores = ctx;
    AUTO(service_free) struct service *service = service_of(chores);
    const int pause_s = housekeeping_sweep(service);

    chores_look_at_dates(service, chores->p.watch);
    (void)malloc_trim(0); /* each worker's arena would keep what its largest document took */
    return pause_s;
}

static int seal(void *ctx)
{
    AUTO(service_free) struct service *service = service_of(ctx);

    return housekeeping_seal(service);
}

static int wipe(void *ctx)
{
    AUTO(service_free) struct service *service = service_of(ctx);

    return housekeeping_wipe(service);
}

static int news(void *ctx)
{
    struct chores *chores = ctx;
    AUTO(service_free) struct service *service = service_of(chores);

    return coid_news_look(service, &chores->news_missed);
}

static int look_at_clock(void *ctx)
{
    AUTO(service_free) struct service *service = service_of(ctx);
    const struct rooms *rooms = service_rooms(service);

    return time_watch_look(rooms->time_watch, service_conf(service), rooms);
}

static int seal_journal(void *ctx)
{
    struct chores *chores = ctx;
    AUTO(service_free) struct service *service = service_of(chores);

    return housekeeping_seal_journal(service, &chores->journal_seals);
}

static int recover_journal(void *ctx)
{
    AUTO(service_free) struct service *service = service_of(ctx);

    return housekeeping_recover_journal(service);
}

static int make_months(void *ctx)
{
    AUTO(service_free) struct service *service = service_of(ctx);

    return housekeeping_months(service);
}

static int look_at_files(void *ctx)
{
    struct chores *chores = ctx;
    AUTO(service_free) struct service *service = service_of(chores);

    return file_watch_look(chores->files, service_conf(service), service_rooms(service));
}

static int watch_syslog(void *ctx)
{
    struct chores *chores = ctx;
    AUTO(service_free) struct service *service = service_of(chores);

    return syslog_watch_look(&chores->syslog_watch, service_rooms(service));
}

static int prove_journal(void *ctx)
{
    AUTO(service_free) struct service *service = service_of(ctx);

    return journal_proof_look(service_rooms(service)->proof, service);
}

static chore_fn *const table[] = {
    sweep,           seal,        wipe,          news,         look_at_clock, seal_journal,
    recover_journal, make_months, look_at_files, watch_syslog, prove_journal,
};

/* ---- all of them ---- */

static enum status start(struct chores *chores, chore_fn *run, void *ctx, struct err *err)
{
    if (chores->count == CHORES_MAX)
        return RAISE(err, ST_INTERNAL, "chores: more than %d", CHORES_MAX);
    TRY(chore_start(run, ctx, &chores->all[chores->count], err));
    chores->count++;
    return ST_OK;
}

enum status chores_start(const struct chores_params *params, struct chores **ret_chores,
                         struct err *err)
{
    struct chores *chores = calloc(1, sizeof(*chores));

    if (!chores)
        return RAISE(err, ST_NOMEM, "chores: out of memory");
    chores->p = *params;
    *ret_chores = chores;
    chores->files = file_watch_new(params->conf_path, params->journal_dir);
    if (!chores->files)
        return RAISE(err, ST_NOMEM, "chores: out of memory");
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        TRY(start(chores, table[i], chores, err));
    return params->prove_life ? start(chores, params->prove_life, params->ctx, err) : ST_OK;
}

void chores_stop(struct chores *chores)
{
    if (!chores)
        return;
    for (size_t i = 0; i < chores->count; i++)
        chore_stop(chores->all[i]);
    file_watch_free(chores->files);
    free(chores);
}
