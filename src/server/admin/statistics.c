#include "server/admin/statistics.h"

#include "base/clock.h"
#include "base/text.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

enum {
    DAYS = STATISTICS_HOURS / 24,
    PLACES = (DAYS + 2) * SEARCH_INSTANCES,
    HOUR_MS = 3600 * 1000,
};

struct hour {
    struct hour_numbers numbers;
    uint32_t buckets[STATISTICS_BUCKETS];
};

struct statistics {
    pthread_mutex_t lock;
    struct hour hours[STATISTICS_HOURS]; /* by number modulo their count */
    struct kind_numbers kinds[STATISTICS_KINDS];
    size_t kind_count;
    struct sender_numbers senders[STATISTICS_SENDERS];
    size_t sender_count;
    struct tally_place places[PLACES]; /* of the days that are still counted */
    size_t place_count;
    int32_t first_day; /* days before it are forgotten */
};

struct statistics *statistics_new(void)
{
    struct statistics *statistics = calloc(1, sizeof(*statistics));

    if (statistics)
        (void)pthread_mutex_init(&statistics->lock, NULL);
    return statistics;
}

void statistics_free(struct statistics *statistics)
{
    if (statistics)
        (void)pthread_mutex_destroy(&statistics->lock);
    free(statistics);
}

/* ---- counting ---- */

static void count_exchange(struct statistics *s, const struct tally *tally)
{
    struct hour *hour = &s->hours[(size_t)tally->hour % STATISTICS_HOURS];
    struct hour_numbers *n = &hour->numbers;

    if (tally->hour < n->hour) /* older than what stands in its place */
        return;
    if (tally->hour > n->hour)
        *hour = (struct hour){ .numbers.hour = tally->hour };
    n->exchanges += tally->count;
    n->sum_ms += tally->sum_ms;
    n->max_ms = n->max_ms > tally->max_ms ? n->max_ms : tally->max_ms;
    *(strcmp(tally->code, "SCSS001") == 0   ? &n->good
      : strcmp(tally->code, "SCSE002") == 0 ? &n->business
      : strcmp(tally->code, "SCSE003") == 0 ? &n->failed
                                            : &n->faults) += tally->count;
    const int64_t bucket =
        tally->bucket < STATISTICS_BUCKETS ? tally->bucket : STATISTICS_BUCKETS - 1;
    hour->buckets[bucket < 0 ? 0 : bucket] += (uint32_t)tally->count;
}

static void count_kind(struct statistics *s, int32_t day, const struct tally *tally)
{
    struct kind_numbers *kind = s->kinds, *end = s->kinds + s->kind_count;

    while (kind < end &&
           (kind->day != day || strcmp(kind->event, tally->event) != 0 ||
            strcmp(kind->code, tally->code) != 0 || strcmp(kind->reason, tally->reason) != 0))
        kind++;
    if (kind == end) {
        if (s->kind_count == STATISTICS_KINDS)
            return;
        s->kind_count++;
        *kind = (struct kind_numbers){ .day = day };
        memcpy(kind->event, tally->event, sizeof(kind->event));
        memcpy(kind->code, tally->code, sizeof(kind->code));
        memcpy(kind->reason, tally->reason, sizeof(kind->reason));
    }
    kind->count += tally->count;
}

static void count_sender(struct statistics *s, int32_t day, const struct tally *tally)
{
    struct sender_numbers *sender = s->senders, *end = s->senders + s->sender_count;

    while (sender < end && (sender->day != day || strcmp(sender->account, tally->account) != 0 ||
                            strcmp(sender->code, tally->code) != 0))
        sender++;
    if (sender == end) {
        if (s->sender_count == STATISTICS_SENDERS)
            return;
        s->sender_count++;
        *sender = (struct sender_numbers){ .day = day };
        (void)text_copy(sender->account, sizeof(sender->account), tally->account);
        memcpy(sender->code, tally->code, sizeof(sender->code));
    }
    sender->count += tally->count;
    sender->last_ms = sender->last_ms > tally->last_ms ? sender->last_ms : tally->last_ms;
}

static void take_tally(void *ctx, const struct tally *tally)
{
    struct statistics *s = ctx;
    const int32_t day = day_of(tally->hour * HOUR_MS);

    count_kind(s, day, tally);
    if (strcmp(tally->event, "exchange.answered") != 0)
        return;
    count_exchange(s, tally);
    count_sender(s, day, tally);
}

/* ---- days that are over ---- */

static void forget(struct statistics *s, int32_t first_day)
{
    size_t kinds = 0, senders = 0, places = 0;

    if (s->first_day == first_day)
        return;
    s->first_day = first_day;
    for (size_t i = 0; i < s->kind_count; i++)
        if (s->kinds[i].day >= first_day)
            s->kinds[kinds++] = s->kinds[i];
    for (size_t i = 0; i < s->sender_count; i++)
        if (s->senders[i].day >= first_day)
            s->senders[senders++] = s->senders[i];
    for (size_t i = 0; i < s->place_count; i++)
        if (s->places[i].day >= first_day)
            s->places[places++] = s->places[i];
    s->kind_count = kinds;
    s->sender_count = senders;
    s->place_count = places;
}

static struct tally_place *place_of(struct statistics *s, int32_t day, const char *instance)
{
    for (size_t i = 0; i < s->place_count; i++)
        if (s->places[i].day == day && strcmp(s->places[i].instance, instance) == 0)
            return &s->places[i];
    if (s->place_count == PLACES)
        return NULL;
    struct tally_place *place = &s->places[s->place_count++];
    *place = (struct tally_place){ .day = day };
    (void)text_copy(place->instance, sizeof(place->instance), instance);
    return place;
}

static enum status count_day(struct statistics *s, struct store *store, int32_t day,
                             int64_t deadline_ms, bool *whole, struct err *err)
{
    char instance[65] = "";

    for (;;) {
        TRY(store_tally_instance(store, day, instance, err));
        struct tally_place *place = *instance ? place_of(s, day, instance) : NULL;
        if (!place)
            return ST_OK;
        for (bool more = true; more;) {
            if (clock_monotonic_ms() >= deadline_ms) {
                *whole = false;
                return ST_OK;
            }
            TRY(store_tally(store, place, take_tally, s, &more, err));
        }
    }
}

static enum status count_all(struct statistics *s, struct store *store, int64_t now_ms,
                             int64_t deadline_ms, bool *whole, struct err *err)
{
    const int32_t today = day_of(now_ms);

    forget(s, day_add(today, -DAYS));
    *whole = true;
    for (int32_t day = s->first_day; day <= day_add(today, 1) && *whole; day = day_add(day, 1))
        TRY(count_day(s, store, day, deadline_ms, whole, err));
    return ST_OK;
}

enum status statistics_count(struct statistics *statistics, struct store *store, int64_t now_ms,
                             int64_t deadline_ms, bool *ret_whole, struct err *err)
{
    (void)pthread_mutex_lock(&statistics->lock);
    enum status status = count_all(statistics, store, now_ms, deadline_ms, ret_whole, err);
    (void)pthread_mutex_unlock(&statistics->lock);
    return status;
}

/* ---- reading ---- */

/* The upper end of the bucket in which the 95th of a hundred stands; the last one has none. */
static int64_t p95_of(const struct hour *hour)
{
    const int64_t wanted = (hour->numbers.exchanges * 95 + 99) / 100;
    int64_t seen = 0;

    for (size_t i = 0; i + 1 < STATISTICS_BUCKETS; i++) {
        seen += hour->buckets[i];
        if (seen >= wanted) {
            const int64_t end = (int64_t)ceil(exp2((double)(i + 1) / 4));
            return end < hour->numbers.max_ms ? end : hour->numbers.max_ms;
        }
    }
    return hour->numbers.max_ms;
}

void statistics_hours(struct statistics *statistics, int64_t now_ms, size_t count,
                      struct hour_numbers *ret)
{
    const int64_t first = now_ms / HOUR_MS - (int64_t)count + 1;

    (void)pthread_mutex_lock(&statistics->lock);
    for (size_t i = 0; i < count; i++) {
        const int64_t number = first + (int64_t)i;
        const struct hour *hour = &statistics->hours[(size_t)number % STATISTICS_HOURS];
        ret[i] = (struct hour_numbers){ .hour = number };
        if (hour->numbers.hour == number && hour->numbers.exchanges > 0) {
            ret[i] = hour->numbers;
            ret[i].p95_ms = p95_of(hour);
        }
    }
    (void)pthread_mutex_unlock(&statistics->lock);
}

const struct kind_numbers *statistics_kinds(struct statistics *statistics, struct arena *arena,
                                            size_t *ret_count)
{
    (void)pthread_mutex_lock(&statistics->lock);
    struct kind_numbers *copy = arena_array(arena, statistics->kind_count + 1, sizeof(*copy));
    if (copy)
        memcpy(copy, statistics->kinds, statistics->kind_count * sizeof(*copy));
    *ret_count = copy ? statistics->kind_count : 0;
    (void)pthread_mutex_unlock(&statistics->lock);
    return copy;
}

const struct sender_numbers *statistics_senders(struct statistics *statistics, struct arena *arena,
                                                size_t *ret_count)
{
    (void)pthread_mutex_lock(&statistics->lock);
    struct sender_numbers *copy = arena_array(arena, statistics->sender_count + 1, sizeof(*copy));
    if (copy)
        memcpy(copy, statistics->senders, statistics->sender_count * sizeof(*copy));
    *ret_count = copy ? statistics->sender_count : 0;
    (void)pthread_mutex_unlock(&statistics->lock);
    return copy;
}
