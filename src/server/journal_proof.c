#include "server/journal_proof.h"

#include "base/log.h"
#include "base/text.h"
#include "crypto/key.h"
#include "journal/proof.h"
#include "server/diary.h"
#include "server/journal_begin.h"
#include "server/seal_judge.h"
#include "server/service.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum {
    LOOK_S = 2,
    PATH_BYTES = 1024,
    NAME_BYTES = 128,
    PIECE_LINES = 256, /* between two pauses */
    REST = 3,          /* times as long as the piece took */
    REST_MAX_MS = 200,
    TEXT_BYTES = 2 * PROOF_PLACE,
};
#define AGAIN_MS INT64_C(15000)         /* when something was wrong */
#define AFTER_TROUBLE_MS INT64_C(60000) /* when it could not be read */
#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)

static const struct {
    const char *name, *folder, *suffix;
} folders[PROOF_FOLDERS] = { { "journal", "", "" }, { "ctl", "/ctl", ".ctl" } };

struct journal_proof {
    /* the chore's thread alone */
    int64_t due_ms;
    bool doubted; /* something was wrong just now */
    pthread_mutex_t lock;
    struct proof_news news[PROOF_FOLDERS]; /* guarded by lock */
};

struct journal_proof *journal_proof_new(void)
{
    struct journal_proof *proof = calloc(1, sizeof(*proof));

    if (!proof)
        return NULL;
    (void)pthread_mutex_init(&proof->lock, NULL);
    for (size_t i = 0; i < PROOF_FOLDERS; i++)
        proof->news[i].folder = folders[i].name;
    return proof;
}

void journal_proof_free(struct journal_proof *proof)
{
    if (!proof)
        return;
    (void)pthread_mutex_destroy(&proof->lock);
    free(proof);
}

int64_t journal_proof_next(int64_t now_ms, int64_t hour)
{
    static const int64_t units[] = { HOUR_MS, HOUR_MS / 60, 1000 };
    char text[TIME_TEXT]; /* hh:mm:ss */
    int64_t day_ms = now_ms % 1000;

    time_astana_time(now_ms, text);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        day_ms += ((text[3 * i] - '0') * 10 + text[3 * i + 1] - '0') * units[i];
    const int64_t next = now_ms - day_ms + hour * HOUR_MS;
    return next > now_ms ? next : next + DAY_MS;
}

/* ---- one folder ---- */

struct run {
    const struct rooms *rooms;
    struct seal_judge judge;
    struct proof_news *news;
    uint64_t lines;   /* since the beginning */
    int64_t piece_ms; /* when the present piece began */
};

static void see_flaw(void *ctx, const struct flaw *flaw)
{
    struct proof_news *news = ((struct run *)ctx)->news;
    char line[64] = "", seq[64] = "";

    if (news->flaws++ > 0)
        return;
    if (flaw->line)
        (void)text_format(line, sizeof(line), ", line %llu", (unsigned long long)flaw->line);
    if (flaw->seq)
        (void)text_format(seq, sizeof(seq), " (seq %llu)", (unsigned long long)flaw->seq);
    (void)text_format(news->place, sizeof(news->place), "%s%s%s: %s: %.300s", flaw->file, line, seq,
                      flaw->kind, flaw->text);
    text_make_plain(news->place);
}

static enum seal_word judge_seal(void *ctx, struct slice statement, struct slice sig,
                                 char why[SEAL_WHY_BYTES])
{
    return seal_judge(&((struct run *)ctx)->judge, statement, sig, why);
}

static enum status ask_table(void *ctx, const char *instance, uint64_t seq, uint64_t *ret_last,
                             struct bytes **ret_line, struct err *err)
{
    return journal_table(((struct run *)ctx)->rooms->store, instance, seq, ret_last, ret_line, err);
}

static bool go_on(void *ctx)
{
    struct run *run = ctx;

    if (atomic_load(&run->rooms->stopping))
        return false;
    if (++run->lines % PIECE_LINES != 0)
        return true;
    int64_t rest_ms = REST * (clock_monotonic_ms() - run->piece_ms);
    rest_ms = rest_ms < REST_MAX_MS ? rest_ms : REST_MAX_MS;
    (void)nanosleep(&(const struct timespec){ .tv_nsec = (long)rest_ms * 1000000 }, NULL);
    run->piece_ms = clock_monotonic_ms();
    return true;
}

static enum status prove(const struct service *service, size_t i, struct proof_news *news,
                         struct err *err)
{
    const struct conf *conf = service_conf(service);
    AUTO(seal_judge_clear) struct seal_judge *judge = NULL;
    struct run run = { .rooms = service_rooms(service),
                       .news = news,
                       .piece_ms = clock_monotonic_ms() };
    char dir[PATH_BYTES], instance[NAME_BYTES];
    struct proof_params params = { .dir = dir,
                                   .archive = conf->journal.archive_dir,
                                   .ctx = &run,
                                   .flaw = see_flaw,
                                   .judge = judge_seal,
                                   .table = ask_table,
                                   .go_on = go_on };
    struct proof proof;

    judge = &run.judge;
    if (!text_format(dir, sizeof(dir), "%s%s", conf->journal.dir, folders[i].folder) ||
        !text_format(instance, sizeof(instance), "%s%s", conf->instance.name, folders[i].suffix))
        return RAISE(err, ST_INPUT, "[journal] dir or [instance] name is too long");
    TRY(seal_judge_own(judge, key_cert(service_key(service)), conf->trust.dir, err));
    TRY(journal_begins(run.rooms->store, instance, &params.begins, err));
    TRY(proof_make(&params, &proof, err));
    news->files = proof.files;
    news->lines = proof.lines;
    news->sealed = proof.sealed;
    news->word = proof.flaws > 0 ? PROOF_BROKEN : proof.unjudged > 0 ? PROOF_UNJUDGED : PROOF_WHOLE;
    if (news->word == PROOF_UNJUDGED)
        (void)text_format(news->place, sizeof(news->place), "%llu seals cannot be judged: %s",
                          (unsigned long long)proof.unjudged, proof.unjudged_why);
    return ST_OK;
}

/* ---- what came of it ---- */

static void tell(const struct rooms *rooms, const struct proof_news *news)
{
    static const struct {
        const char *event, *text;
        enum event_level level;
    } words[PROOF_WORDS] = {
        [PROOF_WHOLE] = { "journal.verified", "is whole", EVENT_NOTICE },
        [PROOF_UNJUDGED] = { "journal.unjudged", "could not be judged", EVENT_WARNING },
        [PROOF_BROKEN] = { "journal.broken", "is not whole", EVENT_ALERT },
    };
    char text[TEXT_BYTES];
    const struct event event = { .level = words[news->word].level,
                                 .name = words[news->word].event,
                                 .text = text };

    if (news->word == PROOF_NEVER)
        return;
    (void)text_format(text, sizeof(text),
                      "folder %s %s: %llu lines in %llu files, %llu of them sealed%s%s",
                      news->folder, words[news->word].text, (unsigned long long)news->lines,
                      (unsigned long long)news->files, (unsigned long long)news->sealed,
                      *news->place ? "; " : "", news->place);
    if (news->flaws > 1)
        (void)text_format(text + strlen(text), sizeof(text) - strlen(text), "; %llu flaws in all",
                          (unsigned long long)news->flaws);
    log_line(news->word == PROOF_BROKEN ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, event.name,
             "text=\"%s\"", text);
    (void)diary_note(rooms->journal, rooms->clock, &event);
}

static void publish(struct journal_proof *proof, const struct rooms *rooms,
                    const struct proof_news news[PROOF_FOLDERS])
{
    for (size_t i = 0; i < PROOF_FOLDERS; i++)
        tell(rooms, &news[i]);
    (void)pthread_mutex_lock(&proof->lock);
    memcpy(proof->news, news, sizeof(proof->news));
    (void)pthread_mutex_unlock(&proof->lock);
}

/* Both folders. A folder that is not there has no news. */
static enum status prove_all(const struct service *service, struct proof_news news[PROOF_FOLDERS],
                             struct err *err)
{
    const struct clock *clock = service_rooms(service)->clock;

    for (size_t i = 0; i < PROOF_FOLDERS; i++) {
        const int64_t begin_ms = clock_monotonic_ms();
        news[i] = (struct proof_news){ .folder = folders[i].name };
        const enum status status = prove(service, i, &news[i], err);
        if (status != ST_OK && (status != ST_NOT_FOUND || i == 0))
            return status;
        news[i].at_ms = clock_now(clock);
        news[i].took_ms = clock_monotonic_ms() - begin_ms;
    }
    return ST_OK;
}

/* When to look the next time. */
static int64_t run_once(struct journal_proof *proof, const struct service *service, int64_t now_ms)
{
    const struct rooms *rooms = service_rooms(service);
    struct proof_news news[PROOF_FOLDERS];
    struct err err = { 0 };

    if (prove_all(service, news, &err) != ST_OK) {
        if (!atomic_load(&rooms->stopping))
            log_err(LOG_LEVEL_WARNING, "journal.proof", &err);
        return now_ms + AFTER_TROUBLE_MS;
    }
    const bool broken = news[0].word == PROOF_BROKEN || news[1].word == PROOF_BROKEN;
    proof->doubted = broken && !proof->doubted;
    if (proof->doubted)
        return now_ms + AGAIN_MS;
    publish(proof, rooms, news);
    return journal_proof_next(clock_now(rooms->clock), service_conf(service)->journal.verify_hour);
}

int journal_proof_look(struct journal_proof *proof, const struct service *service)
{
    const struct rooms *rooms = service_rooms(service);
    const int64_t now_ms = clock_now(rooms->clock);

    if (!service_conf(service)->journal.verify_daily || atomic_load(&rooms->stopping))
        return LOOK_S;
    if (now_ms >= proof->due_ms || proof->due_ms - now_ms > DAY_MS) /* or the clock was set back */
        proof->due_ms = run_once(proof, service, now_ms);
    return LOOK_S;
}

void journal_proof_news(struct journal_proof *proof, struct proof_news ret[PROOF_FOLDERS])
{
    (void)pthread_mutex_lock(&proof->lock);
    memcpy(ret, proof->news, sizeof(proof->news));
    (void)pthread_mutex_unlock(&proof->lock);
}

void journal_proof_measure(struct journal_proof *proof, const struct meters *meters)
{
    struct proof_news news[PROOF_FOLDERS];

    journal_proof_news(proof, news);
    for (size_t i = 0; i < PROOF_FOLDERS; i++) {
        struct metric_sample sample = { { news[i].folder }, news[i].word == PROOF_WHOLE };
        if (news[i].word == PROOF_NEVER)
            continue;
        metric_set(meters->all[METER_JOURNAL_PROOF], &sample);
        sample.value = (double)news[i].at_ms / 1000;
        metric_set(meters->all[METER_JOURNAL_PROOF_TIME], &sample);
    }
}
