#include "server/time_watch.h"

#include "base/endpoint.h"
#include "base/log.h"
#include "base/text.h"
#include "rest/sntp.h"
#include "server/diary.h"
#include "server/outward.h"
#include "server/rooms.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    ASK_MS = 1000, /* one server */
    LOOK_S = 60,   /* so that a reload counts soon */
    AGAIN_S = 15,  /* after a check in vain, unless the period is shorter */
    MISSES_MAX = 3,
    SNTP_BYTES = 48, /* of an answer */
    SERVER_TEXT = ENDPOINT_HOST + ENDPOINT_PORT + 3,
};

#define HOUR_MS (INT64_C(60) * 60 * 1000)

enum state { STATE_NONE, STATE_RIGHT, STATE_OFF, STATE_FAR, STATE_UNKNOWN };

static const struct {
    enum event_level level;
    const char *event;
} states[] = {
    [STATE_RIGHT] = { EVENT_NOTICE, "clock.right" },
    [STATE_OFF] = { EVENT_WARNING, "clock.off" },
    [STATE_FAR] = { EVENT_ALERT, "clock.off" },
    [STATE_UNKNOWN] = { EVENT_WARNING, "clock.unknown" },
};

/* A server that does not wish to be asked. */
struct aside {
    char server[SERVER_TEXT]; /* "": nobody */
    int64_t until_ms;         /* steady */
};

/* What one server says. */
struct reading {
    struct sntp_answer answer;
    const char *server;
};

struct time_watch {
    const struct clock *steady;
    /* of the thread that looks */
    enum state said;
    int64_t due_ms; /* steady */
    unsigned misses;
    struct aside asides[CONF_TIME_SERVERS];
    pthread_mutex_t lock; /* guards the rest */
    bool known;
    int64_t offset_us, known_ms; /* known_ms: steady */
    bool asked;
    size_t answered;
};

static int64_t monotonic_now(const struct clock *clock)
{
    (void)clock;
    return clock_monotonic_ms();
}

static const struct clock monotonic = { .now_ms = monotonic_now };

struct time_watch *time_watch_new(const struct clock *steady)
{
    struct time_watch *watch = calloc(1, sizeof(*watch));

    if (!watch)
        return NULL;
    watch->steady = steady ? steady : &monotonic;
    watch->due_ms = INT64_MIN;
    (void)pthread_mutex_init(&watch->lock, NULL);
    return watch;
}

void time_watch_free(struct time_watch *watch)
{
    if (!watch)
        return;
    (void)pthread_mutex_destroy(&watch->lock);
    free(watch);
}

/* ---- the servers ---- */

static bool is_aside(const struct time_watch *watch, size_t place, const char *server)
{
    const struct aside *aside = &watch->asides[place];

    return strcmp(aside->server, server) == 0 && clock_now(watch->steady) < aside->until_ms;
}

static void heed(struct time_watch *watch, size_t place, const char *server, const struct err *why)
{
    struct aside *aside = &watch->asides[place];
    const bool rate = strcmp(why->code, "kissRate") == 0;

    if (!rate && strcmp(why->code, "kissDeny") != 0)
        return;
    (void)text_copy(aside->server, sizeof(aside->server), server);
    aside->until_ms = clock_now(watch->steady) + (rate ? HOUR_MS : 24 * HOUR_MS);
    log_err(LOG_LEVEL_WARNING, "clock", why);
}

/* On record before it goes, like every question to another system (req 0.40). */
static enum status ask_one(const struct rooms *rooms, const char *server, struct sntp_answer *ret,
                           struct err *err)
{
    const struct outward outward = { rooms->journal, rooms->clock,
                                     rooms->meters.all[METER_OUTWARD_CALL] };
    struct outward_call call = { .purpose = "time", .server = server, .about = "" };

    TRY(outward_asked(&outward, &call, err));
    enum status status = sntp_ask(server, ASK_MS, rooms->clock, ret, err);
    outward_told(&outward, &call, status == ST_OK ? SNTP_BYTES : 0, status == ST_OK ? NULL : err);
    return status;
}

/* The readings that came; err: why the last one did not. */
static size_t ask_all(struct time_watch *watch, const struct conf *conf, const struct rooms *rooms,
                      struct reading ret[CONF_TIME_SERVERS], struct err *err)
{
    size_t count = 0;

    (void)RAISE(err, ST_UNAVAILABLE, "each has refused to be asked for a while");
    for (size_t i = 0; conf->time.servers[i] && i < CONF_TIME_SERVERS; i++) {
        const char *server = conf->time.servers[i];
        if (is_aside(watch, i, server))
            continue;
        ret[count].server = server;
        if (ask_one(rooms, server, &ret[count].answer, err) == ST_OK)
            count++;
        else
            heed(watch, i, server, err);
    }
    return count;
}

static int by_offset(const void *a, const void *b)
{
    const struct reading *x = a;
    const struct reading *y = b;

    return (x->answer.offset_us > y->answer.offset_us) -
           (x->answer.offset_us < y->answer.offset_us);
}

/* The middle one, so that one of three cannot mislead us; of two in the middle the one farther
 * away: a doubt is told. */
static const struct reading *middle_of(struct reading *readings, size_t count)
{
    qsort(readings, count, sizeof(*readings), by_offset);
    const struct reading *high = &readings[count / 2];
    const struct reading *low = &readings[(count - 1) / 2];
    return llabs(low->answer.offset_us) > llabs(high->answer.offset_us) ? low : high;
}

/* ---- what is said ---- */

static enum state state_of(const struct conf *conf, int64_t offset_us)
{
    const int64_t off_us = llabs(offset_us);

    if (off_us <= conf->time.warn_offset_ms * 1000)
        return STATE_RIGHT;
    return off_us > conf->trust.clock_skew_ms * 1000 ? STATE_FAR : STATE_OFF;
}

/* Said when it changes; what the journal refused is said with the next check. */
static void say(struct time_watch *watch, const struct rooms *rooms, enum state state,
                const char *text)
{
    const struct event event = {
        .level = states[state].level,
        .name = states[state].event,
        .text = text,
    };

    if (state == watch->said)
        return;
    log_line(state == STATE_RIGHT ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, event.name, "text=\"%s\"",
             text);
    if (diary_note(rooms->journal, rooms->clock, &event))
        watch->said = state;
}

static void say_reading(struct time_watch *watch, const struct conf *conf,
                        const struct rooms *rooms, const struct reading *reading, size_t count)
{
    const int64_t offset_us = reading->answer.offset_us;
    const int64_t off_us = llabs(offset_us);
    char text[512];

    (void)text_format(text, sizeof(text),
                      "our clock is %s by %lld.%06lld s; %s of stratum %u, %zu servers answered; a "
                      "warning past %lld ms, an alert past %lld ms",
                      offset_us < 0 ? "slow" : "fast", (long long)(off_us / 1000000),
                      (long long)(off_us % 1000000), reading->server, reading->answer.stratum,
                      count, (long long)conf->time.warn_offset_ms,
                      (long long)conf->trust.clock_skew_ms);
    say(watch, rooms, state_of(conf, offset_us), text);
}

/* ---- a check ---- */

static void note(struct time_watch *watch, const struct reading *reading, size_t count)
{
    const int64_t now_ms = clock_now(watch->steady);

    (void)pthread_mutex_lock(&watch->lock);
    watch->asked = true;
    watch->answered = count;
    if (reading) {
        watch->known = true;
        watch->offset_us = reading->answer.offset_us;
        watch->known_ms = now_ms;
    }
    (void)pthread_mutex_unlock(&watch->lock);
}

/* The seconds until the next. */
static int64_t check(struct time_watch *watch, const struct conf *conf, const struct rooms *rooms)
{
    struct reading readings[CONF_TIME_SERVERS];
    const int64_t every_s = conf->time.check_every_s;
    struct err err = { 0 };
    char text[320];
    size_t count = ask_all(watch, conf, rooms, readings, &err);

    if (count > 0) {
        const struct reading *middle = middle_of(readings, count);
        watch->misses = 0;
        note(watch, middle, count);
        say_reading(watch, conf, rooms, middle, count);
        return every_s;
    }
    note(watch, NULL, 0);
    if (++watch->misses < MISSES_MAX)
        return every_s < AGAIN_S ? every_s : AGAIN_S;
    watch->misses = MISSES_MAX;
    (void)text_format(text, sizeof(text), "no time server answers; the last: %s", err.text);
    say(watch, rooms, STATE_UNKNOWN, text);
    return every_s;
}

/* Nobody is asked any more: a reload has said so. */
static void forget(struct time_watch *watch)
{
    watch->said = STATE_NONE;
    watch->misses = 0;
    watch->due_ms = INT64_MIN;
    (void)pthread_mutex_lock(&watch->lock);
    watch->known = watch->asked = false;
    (void)pthread_mutex_unlock(&watch->lock);
}

int time_watch_look(struct time_watch *watch, const struct conf *conf, const struct rooms *rooms)
{
    if (!conf->time.servers[0]) {
        forget(watch);
        return LOOK_S;
    }
    if (clock_now(watch->steady) >= watch->due_ms) {
        const int64_t pause_s = check(watch, conf, rooms);
        watch->due_ms = clock_now(watch->steady) + pause_s * 1000;
    }
    const int64_t left_ms = watch->due_ms - clock_now(watch->steady);
    const int64_t left_s = (left_ms + 999) / 1000;
    return left_s < LOOK_S ? (int)left_s : LOOK_S;
}

static void measure_one(struct metric *metric, bool known, double value)
{
    const struct metric_sample sample = { .value = value };

    metric_replace(metric, &sample, known ? 1 : 0);
}

void time_watch_measure(struct time_watch *watch, const struct meters *meters)
{
    const int64_t now_ms = clock_now(watch->steady);

    (void)pthread_mutex_lock(&watch->lock);
    measure_one(meters->all[METER_CLOCK_OFFSET], watch->known, (double)watch->offset_us / 1e6);
    measure_one(meters->all[METER_CLOCK_AGE], watch->known,
                (double)(now_ms - watch->known_ms) / 1000);
    measure_one(meters->all[METER_CLOCK_SERVERS], watch->asked, (double)watch->answered);
    (void)pthread_mutex_unlock(&watch->lock);
}

bool time_watch_offset(struct time_watch *watch, int64_t *ret_offset_us)
{
    (void)pthread_mutex_lock(&watch->lock);
    const bool known = watch->known;
    *ret_offset_us = watch->offset_us;
    (void)pthread_mutex_unlock(&watch->lock);
    return known;
}
