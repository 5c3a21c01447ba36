#include "server/strangers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* An address has one row of places, so that looking for it costs the same however full the table
 * is. Who fills a row on purpose has eight addresses to ask from anyway. */
enum { PLACES = 8, ROWS = STRANGERS_MAX / PLACES };

struct entry {
    struct address caller;
    int64_t until_ms; /* its window's end; 0: a place that was never taken */
    unsigned count;
    bool is_stranger;
};

struct strangers {
    pthread_mutex_t lock;
    struct entry rows[ROWS][PLACES];
};

struct strangers *strangers_new(void)
{
    struct strangers *strangers = calloc(1, sizeof(*strangers));

    if (strangers)
        (void)pthread_mutex_init(&strangers->lock, NULL);
    return strangers;
}

void strangers_free(struct strangers *strangers)
{
    if (!strangers)
        return;
    (void)pthread_mutex_destroy(&strangers->lock);
    free(strangers);
}

/* ---- one row; the lock is held ---- */

static struct entry *row_of(struct strangers *strangers, const struct address *caller)
{
    return strangers->rows[address_hash(caller) % ROWS];
}

/* NULL: it has no window that is still open. */
static struct entry *find(struct entry *row, const struct address *caller, int64_t now_ms)
{
    for (size_t i = 0; i < PLACES; i++)
        if (row[i].until_ms > now_ms &&
            memcmp(row[i].caller.ip, caller->ip, sizeof(caller->ip)) == 0)
            return &row[i];
    return NULL;
}

static bool is_worth_less(const struct entry *a, const struct entry *b, int64_t now_ms)
{
    bool a_is_over = a->until_ms <= now_ms, b_is_over = b->until_ms <= now_ms;

    if (a_is_over != b_is_over)
        return a_is_over;
    if (a->is_stranger != b->is_stranger)
        return b->is_stranger;
    if (!a->is_stranger && a->count != b->count)
        return a->count < b->count;
    return a->until_ms < b->until_ms;
}

static struct entry *take_place(struct entry *row, int64_t now_ms)
{
    struct entry *least = &row[0];

    for (size_t i = 1; i < PLACES; i++)
        if (is_worth_less(&row[i], least, now_ms))
            least = &row[i];
    return least;
}

int64_t strangers_wait_ms(struct strangers *strangers, const struct address *address,
                          int64_t now_ms)
{
    const struct address caller = address_caller(address);
    int64_t wait_ms = 0;

    pthread_mutex_lock(&strangers->lock);
    const struct entry *entry = find(row_of(strangers, &caller), &caller, now_ms);
    if (entry && entry->is_stranger)
        wait_ms = entry->until_ms - now_ms;
    pthread_mutex_unlock(&strangers->lock);
    return wait_ms;
}

bool strangers_count(struct strangers *strangers, const struct strangers_limit *limit,
                     const struct address *address, int64_t now_ms)
{
    const struct address caller = address_caller(address);

    pthread_mutex_lock(&strangers->lock);
    struct entry *row = row_of(strangers, &caller);
    struct entry *entry = find(row, &caller, now_ms);
    if (!entry) {
        entry = take_place(row, now_ms);
        *entry = (struct entry){ .caller = caller, .until_ms = now_ms + limit->window_ms };
    }
    /* calls that were let in before the last wrong token are no news after it */
    bool became = !entry->is_stranger && ++entry->count >= limit->max;
    if (became)
        entry->is_stranger = true;
    pthread_mutex_unlock(&strangers->lock);
    return became;
}
