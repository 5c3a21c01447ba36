#include "server/parking.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { MAX_PARKED = 1000, LOOK_EVERY_MS = 1000 };

struct place {
    struct session_watch seen;
    int64_t until_ms; /* monotonic */
    void *item;
};

struct parking {
    struct store *store;
    resume_fn *resume;
    void *ctx;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t changed;
    struct place places[MAX_PARKED];
    size_t parked;
    bool closing;
    pthread_t poller;
    bool polling;
    struct session_watch now[MAX_PARKED]; /* the poller's alone */
};

bool parking_put(struct parking *parking, const struct flow_wait *wait, void *item)
{
    pthread_mutex_lock(&parking->lock);
    bool room = parking->parked < MAX_PARKED && !parking->closing;
    if (room) {
        parking->places[parking->parked++] = (struct place){ wait->seen, wait->until_ms, item };
        pthread_cond_signal(&parking->changed);
    }
    pthread_mutex_unlock(&parking->lock);
    return room;
}

/* Waits for a place to be taken, then until the next look is due or a place's time is up. */
static void wait_for_turn(struct parking *parking)
{
    while (parking->parked == 0 && !parking->closing)
        pthread_cond_wait(&parking->changed, &parking->lock);
    int64_t due_ms = clock_monotonic_ms() + LOOK_EVERY_MS;
    for (size_t i = 0; i < parking->parked; i++)
        if (parking->places[i].until_ms < due_ms)
            due_ms = parking->places[i].until_ms;
    const struct timespec due = { .tv_sec = due_ms / 1000, .tv_nsec = due_ms % 1000 * 1000000 };
    while (!parking->closing && clock_monotonic_ms() < due_ms)
        (void)pthread_cond_timedwait(&parking->changed, &parking->lock, &due);
}

/* Looks without the lock: who parks meanwhile is looked for next time. A failed look shows no news.
 */
static size_t look(struct parking *parking)
{
    size_t count = parking->parked;
    struct err err;

    for (size_t i = 0; i < count; i++)
        parking->now[i] = parking->places[i].seen;
    pthread_mutex_unlock(&parking->lock);
    if (store_session_states(parking->store, parking->now, count, &err) != ST_OK)
        count = 0;
    pthread_mutex_lock(&parking->lock);
    return count;
}

/* Only the poller takes places away, so the first `looked` of them are still those that were looked
 * for. */
static void resume_due(struct parking *parking, size_t looked)
{
    int64_t now_ms = clock_monotonic_ms();
    size_t kept = 0;

    for (size_t i = 0; i < parking->parked; i++) {
        struct place place = parking->places[i];
        const struct session_watch *now = &parking->now[i];
        bool news =
            i < looked && (now->state != place.seen.state || now->turns != place.seen.turns);
        if (news || now_ms >= place.until_ms || parking->closing)
            parking->resume(parking->ctx, place.item);
        else
            parking->places[kept++] = place;
    }
    parking->parked = kept;
}

static void *poll(void *arg)
{
    struct parking *parking = arg;

    pthread_mutex_lock(&parking->lock);
    while (!parking->closing) {
        wait_for_turn(parking);
        resume_due(parking, parking->closing ? 0 : look(parking));
    }
    resume_due(parking, 0); /* all of them, now that it closes */
    pthread_mutex_unlock(&parking->lock);
    return NULL;
}

enum status parking_start(struct store *store, resume_fn *resume, void *ctx,
                          struct parking **ret_parking, struct err *err)
{
    AUTO(parking_free) struct parking *parking = calloc(1, sizeof(*parking));
    pthread_condattr_t monotonic;

    if (!parking)
        return RAISE(err, ST_NOMEM, "parking: out of memory");
    parking->store = store;
    parking->resume = resume;
    parking->ctx = ctx;
    (void)pthread_mutex_init(&parking->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&parking->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    if (pthread_create(&parking->poller, NULL, poll, parking) != 0)
        return RAISE(err, ST_NOMEM, "parking: its thread cannot be started");
    parking->polling = true;
    *ret_parking = TAKE(parking);
    return ST_OK;
}

void parking_close(struct parking *parking)
{
    pthread_mutex_lock(&parking->lock);
    parking->closing = true;
    pthread_cond_signal(&parking->changed);
    pthread_mutex_unlock(&parking->lock);
    if (parking->polling)
        (void)pthread_join(parking->poller, NULL);
    parking->polling = false;
}

void parking_free(struct parking *parking)
{
    if (!parking)
        return;
    pthread_cond_destroy(&parking->changed);
    pthread_mutex_destroy(&parking->lock);
    free(parking);
}
