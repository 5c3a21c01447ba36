#include "sandbox/walks.h"

#include "base/text.h"
#include "crypto/encode.h"

#include <pthread.h>
#include <stdlib.h>

struct walks_held {
    char id[WALKS_ID_TEXT];
    int64_t born_ms;
    size_t bytes;
    struct walk *walk;
    pthread_mutex_t turn; /* held by whoever has the walk */
    unsigned users; /* have it or wait for it; guarded by the table's lock, as is what follows */
    bool listed;
};

struct walks {
    struct walks_params params;
    pthread_mutex_t lock;
    struct walks_held **at; /* by age, the oldest first */
    size_t count;
    size_t bytes;
};

enum status walks_new(const struct walks_params *params, struct walks **ret_walks, struct err *err)
{
    AUTO_FREE struct walks *walks = calloc(1, sizeof(*walks));

    if (!walks || !(walks->at = calloc(params->max, sizeof(struct walks_held *))))
        return RAISE(err, ST_NOMEM, "out of memory");
    walks->params = *params;
    (void)pthread_mutex_init(&walks->lock, NULL);
    *ret_walks = TAKE(walks);
    return ST_OK;
}

static void free_if_unused(struct walks_held *held)
{
    if (held->listed || held->users > 0)
        return;
    walk_free(held->walk);
    (void)pthread_mutex_destroy(&held->turn);
    free(held);
}

static void drop_oldest(struct walks *walks)
{
    struct walks_held *oldest = walks->at[0];

    walks->count--;
    walks->bytes -= oldest->bytes;
    memmove(&walks->at[0], &walks->at[1], walks->count * sizeof(struct walks_held *));
    oldest->listed = false;
    free_if_unused(oldest);
}

static void drop_expired(struct walks *walks)
{
    int64_t now_ms = clock_now(walks->params.clock);

    while (walks->count > 0 && now_ms - walks->at[0]->born_ms >= walks->params.life_ms)
        drop_oldest(walks);
}

/* For one more of `bytes`. */
static void make_room(struct walks *walks, size_t bytes)
{
    while (walks->count > 0 &&
           (walks->count >= walks->params.max || walks->bytes + bytes > walks->params.max_bytes))
        drop_oldest(walks);
}

void walks_free(struct walks *walks)
{
    if (!walks)
        return;
    while (walks->count > 0)
        drop_oldest(walks);
    (void)pthread_mutex_destroy(&walks->lock);
    free(walks->at);
    free(walks);
}

enum status walks_add(struct walks *walks, struct walk *walk, char ret_id[WALKS_ID_TEXT],
                      struct err *err)
{
    struct walks_held *held = calloc(1, sizeof(*held));
    char random[(WALKS_ID_TEXT - 1) / 2];

    if (!held)
        return RAISE(err, ST_NOMEM, "out of memory");
    random_fill(random, sizeof(random));
    text_hex(slice_mem(random, sizeof(random)), held->id);
    held->walk = walk;
    held->bytes = walk_bytes(walk);
    held->born_ms = clock_now(walks->params.clock);
    held->listed = true;
    (void)pthread_mutex_init(&held->turn, NULL);
    (void)text_copy(ret_id, WALKS_ID_TEXT, held->id);
    (void)pthread_mutex_lock(&walks->lock);
    drop_expired(walks);
    make_room(walks, held->bytes);
    walks->bytes += held->bytes;
    walks->at[walks->count++] = held;
    (void)pthread_mutex_unlock(&walks->lock);
    return ST_OK;
}

struct walks_held *walks_take(struct walks *walks, struct slice id)
{
    struct walks_held *held = NULL;

    (void)pthread_mutex_lock(&walks->lock);
    drop_expired(walks);
    for (size_t i = 0; i < walks->count && !held; i++)
        if (equal_constant_time(slice_str(walks->at[i]->id), id))
            held = walks->at[i];
    if (held)
        held->users++;
    (void)pthread_mutex_unlock(&walks->lock);
    if (held)
        (void)pthread_mutex_lock(&held->turn);
    return held;
}

struct walk *walks_walk(const struct walks_held *held)
{
    return held->walk;
}

const char *walks_id(const struct walks_held *held)
{
    return held->id;
}

void walks_return(struct walks *walks, struct walks_held *held)
{
    (void)pthread_mutex_unlock(&held->turn);
    (void)pthread_mutex_lock(&walks->lock);
    held->users--;
    free_if_unused(held);
    (void)pthread_mutex_unlock(&walks->lock);
}
