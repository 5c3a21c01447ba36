#include "base/resolve.h"

#include "base/auto.h"
#include "base/clock.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Shared by who asks and the thread that looks up; the last of them frees it. */
struct lookup {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct endpoint endpoint;
    struct resolved found;
    int code; /* getaddrinfo's */
    bool done;
    unsigned holders;
};

static atomic_uint under_way;

static int look_up(const struct endpoint *endpoint, int flags, struct resolved *ret)
{
    const struct addrinfo hints = { .ai_family = AF_UNSPEC,
                                    .ai_socktype = SOCK_DGRAM,
                                    .ai_flags = AI_NUMERICSERV | flags };
    struct addrinfo *list = NULL;
    int code = getaddrinfo(endpoint->host, endpoint->port, &hints, &list);

    ret->count = 0;
    if (code != 0)
        return code;
    for (const struct addrinfo *at = list; at && ret->count < RESOLVE_ADDRESSES; at = at->ai_next) {
        if (at->ai_addrlen > sizeof(ret->all[0].address))
            continue;
        memcpy(&ret->all[ret->count].address, at->ai_addr, at->ai_addrlen);
        ret->all[ret->count++].len = at->ai_addrlen;
    }
    freeaddrinfo(list);
    return ret->count > 0 ? 0 : EAI_NONAME;
}

static void let_go(struct lookup *lookup)
{
    (void)pthread_mutex_lock(&lookup->lock);
    bool is_last = --lookup->holders == 0;
    (void)pthread_mutex_unlock(&lookup->lock);
    if (!is_last)
        return;
    (void)pthread_cond_destroy(&lookup->changed);
    (void)pthread_mutex_destroy(&lookup->lock);
    free(lookup);
}

DEFINE_AUTO(struct lookup, let_go)

static void *run(void *arg)
{
    struct lookup *lookup = arg;
    struct resolved found;
    sigset_t all;

    (void)sigfillset(&all); /* signals are for other threads */
    (void)pthread_sigmask(SIG_SETMASK, &all, NULL);
    int code = look_up(&lookup->endpoint, 0, &found);
    (void)pthread_mutex_lock(&lookup->lock);
    lookup->found = found;
    lookup->code = code;
    lookup->done = true;
    (void)pthread_cond_signal(&lookup->changed);
    (void)pthread_mutex_unlock(&lookup->lock);
    let_go(lookup);
    (void)atomic_fetch_sub(&under_way, 1);
    return NULL;
}

static struct lookup *new_lookup(const struct endpoint *endpoint)
{
    struct lookup *lookup = calloc(1, sizeof(*lookup));

    if (!lookup)
        return NULL;
    (void)pthread_mutex_init(&lookup->lock, NULL);
    (void)pthread_cond_init(&lookup->changed, NULL);
    lookup->endpoint = *endpoint;
    lookup->holders = 1;
    return lookup;
}

static bool start(struct lookup *lookup)
{
    pthread_attr_t detached;
    pthread_t thread;

    (void)pthread_attr_init(&detached);
    (void)pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    lookup->holders++;
    bool started = pthread_create(&thread, &detached, run, lookup) == 0;
    (void)pthread_attr_destroy(&detached);
    if (!started)
        lookup->holders--;
    return started;
}

static bool await(struct lookup *lookup, int64_t deadline_ms)
{
    const struct timespec until = { .tv_sec = deadline_ms / 1000,
                                    .tv_nsec = deadline_ms % 1000 * 1000000 };
    int code = 0;

    (void)pthread_mutex_lock(&lookup->lock);
    while (!lookup->done && code == 0)
        code = pthread_cond_clockwait(&lookup->changed, &lookup->lock, CLOCK_MONOTONIC, &until);
    bool done = lookup->done;
    (void)pthread_mutex_unlock(&lookup->lock);
    return done;
}

enum status resolve(const struct endpoint *endpoint, int64_t deadline_ms, struct resolved *ret,
                    struct err *err)
{
    AUTO(let_go) struct lookup *lookup = NULL;

    if (look_up(endpoint, AI_NUMERICHOST, ret) == 0)
        return ST_OK;
    lookup = new_lookup(endpoint);
    if (!lookup)
        return RAISE(err, ST_NOMEM, "%.100s: out of memory", endpoint->host);
    if (atomic_fetch_add(&under_way, 1) >= RESOLVE_LOOKUPS || !start(lookup)) {
        (void)atomic_fetch_sub(&under_way, 1);
        return RAISE(err, ST_UNAVAILABLE, "%.100s: too many names are being looked up",
                     endpoint->host);
    }
    if (!await(lookup, deadline_ms))
        return RAISE(err, ST_TIMEOUT, "%.100s: its address is not known in time", endpoint->host);
    if (lookup->code != 0)
        return RAISE(err, ST_UPSTREAM, "%.100s: %s", endpoint->host, gai_strerror(lookup->code));
    *ret = lookup->found;
    return ST_OK;
}
