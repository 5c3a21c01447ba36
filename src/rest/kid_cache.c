#include "rest/kid_cache.h"

#include "base/text.h"
#include "crypto/init.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum {
    KID_BYTES = 80,  /* with NUL: as long as jws_parse() lets in */
    ISS_BYTES = 513, /* likewise */
    CLOSE_MS = 2000,
};

/* The kid as a number and the issuer as it is written. */
struct kid_key {
    char kid[KID_BYTES];
    char iss[ISS_BYTES];
};

struct entry {
    struct kid_key key;
    struct jws_found found; /* count == 0 with is_known: there is none */
    bool is_known;
    bool asking;        /* a question is under way */
    unsigned waiting;   /* threads that look at this entry: it stays where it is */
    uint64_t answers;   /* counted, for those who wait for the next one */
    enum status status; /* of the last question */
    struct err err;
    int64_t known_ms; /* when it was found */
    int64_t asked_ms; /* when it was last asked for */
    uint64_t used;    /* the order of use */
};

struct kid_cache {
    struct kid_source source;
    const struct clock *clock;
    int64_t keep_ms;
    pthread_mutex_t lock; /* guards all below and the entries */
    pthread_cond_t changed;
    struct entry *entries[KID_CACHE_ENTRIES];
    size_t count;
    unsigned questions; /* under way */
    uint64_t uses;
    bool closed; /* the last question frees the cache */
};

/* ---- birth and death ---- */

enum status kid_cache_new(const struct kid_cache_params *params, struct kid_cache **ret_cache,
                          struct err *err)
{
    struct kid_cache *cache = calloc(1, sizeof(*cache));
    pthread_condattr_t monotonic;

    if (!cache)
        return RAISE(err, ST_NOMEM, "LDAP cache: out of memory");
    cache->source = params->source;
    cache->clock = params->clock;
    cache->keep_ms = params->keep_ms;
    (void)pthread_mutex_init(&cache->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&cache->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    *ret_cache = cache;
    return ST_OK;
}

static void entry_free(struct entry *entry)
{
    jws_found_clear(&entry->found);
    free(entry);
}

static void cache_free(struct kid_cache *cache)
{
    for (size_t i = 0; i < cache->count; i++)
        entry_free(cache->entries[i]);
    if (cache->source.free)
        cache->source.free(cache->source.ctx);
    (void)pthread_cond_destroy(&cache->changed);
    (void)pthread_mutex_destroy(&cache->lock);
    free(cache);
}

/* false: not before the deadline. With the lock held. */
static bool wait_until(struct kid_cache *cache, int64_t deadline_ms)
{
    const struct timespec until = { .tv_sec = deadline_ms / 1000,
                                    .tv_nsec = deadline_ms % 1000 * 1000000 };

    return pthread_cond_timedwait(&cache->changed, &cache->lock, &until) != ETIMEDOUT;
}

void kid_cache_close(struct kid_cache *cache)
{
    int64_t deadline_ms = clock_monotonic_ms() + CLOSE_MS;

    if (!cache)
        return;
    (void)pthread_mutex_lock(&cache->lock);
    while (cache->questions > 0 && wait_until(cache, deadline_ms))
        continue;
    bool is_last = cache->questions == 0;
    cache->closed = true;
    (void)pthread_mutex_unlock(&cache->lock);
    if (is_last)
        cache_free(cache);
}

/* ---- entries, with the lock held ---- */

static bool make_key(const struct jws_want *want, struct kid_key *ret)
{
    struct slice kid = want->kid;

    memset(ret, 0, sizeof(*ret));
    while (kid.len > 1 && kid.at[0] == '0')
        kid = slice_skip(kid, 1);
    for (size_t i = 0; i < kid.len && i < sizeof(ret->kid) - 1; i++)
        ret->kid[i] = (char)tolower((unsigned char)kid.at[i]);
    return kid.len > 0 && kid.len < sizeof(ret->kid) &&
           text_copy_slice(ret->iss, sizeof(ret->iss), want->iss);
}

static struct entry *find_entry(struct kid_cache *cache, const struct kid_key *key)
{
    for (size_t i = 0; i < cache->count; i++)
        if (memcmp(&cache->entries[i]->key, key, sizeof(*key)) == 0)
            return cache->entries[i];
    return NULL;
}

static bool is_worth_less(const struct entry *one, const struct entry *other)
{
    bool has = one->found.count > 0;

    return has == (other->found.count > 0) ? one->used < other->used : !has;
}

/* A place for one more: entries without a certificate go first, then the one not used longest. */
static size_t make_place(struct kid_cache *cache)
{
    size_t worst = cache->count;

    if (cache->count < KID_CACHE_ENTRIES)
        return cache->count++;
    for (size_t i = 0; i < cache->count; i++) {
        const struct entry *entry = cache->entries[i];
        if (!entry->asking && entry->waiting == 0 &&
            (worst == cache->count || is_worth_less(entry, cache->entries[worst])))
            worst = i;
    }
    if (worst < cache->count)
        entry_free(cache->entries[worst]);
    return worst;
}

static struct entry *add_entry(struct kid_cache *cache, const struct kid_key *key)
{
    struct entry *entry = calloc(1, sizeof(*entry));

    if (!entry)
        return NULL;
    size_t place = make_place(cache);
    if (place == KID_CACHE_ENTRIES) { /* each is being asked for */
        free(entry);
        return NULL;
    }
    entry->key = *key;
    cache->entries[place] = entry;
    return entry;
}

/* A clock that was set back makes things old rather than eternal. */
static bool is_within(int64_t since_ms, int64_t span_ms, int64_t now_ms)
{
    return now_ms >= since_ms && now_ms - since_ms < span_ms;
}

/* Those that are not past their notAfter. */
static void give_found(const struct entry *entry, int64_t now_ms, struct jws_found *ret)
{
    for (size_t i = 0; i < entry->found.count; i++)
        if (cert_signer(entry->found.certs[i])->not_after_ms >= now_ms)
            jws_found_add(ret, entry->found.certs[i]);
}

/* ---- questions ---- */

struct question {
    struct kid_cache *cache;
    struct entry *entry;
    struct kid_key key;
};

/* A failure leaves what was known. With the lock held. */
static void keep_answer(struct kid_cache *cache, struct entry *entry, enum status status,
                        struct jws_found *found)
{
    int64_t now_ms = clock_now(cache->clock);

    entry->status = status;
    entry->asked_ms = now_ms;
    entry->asking = false;
    entry->answers++;
    if (status != ST_OK && status != ST_NOT_FOUND)
        return;
    jws_found_clear(&entry->found);
    entry->found = *found;
    *found = (struct jws_found){ 0 };
    entry->is_known = true;
    entry->known_ms = now_ms;
}

/* Signals are for other threads, and a server that hangs up is an error here, not our end. */
static void block_signals(void)
{
    sigset_t all;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, NULL);
}

static void *run_question(void *ctx)
{
    struct question question = *(struct question *)ctx;
    struct kid_cache *cache = question.cache;
    struct jws_found found = { 0 };
    struct err err = { 0 };

    free(ctx);
    block_signals();
    enum status status = cache->source.ask(cache->source.ctx, slice_str(question.key.kid),
                                           slice_str(question.key.iss), &found, &err);
    (void)pthread_mutex_lock(&cache->lock);
    question.entry->err = err;
    keep_answer(cache, question.entry, status, &found);
    jws_found_clear(&found);
    crypto_thread_end();
    cache->questions--;
    bool is_last = cache->closed && cache->questions == 0;
    (void)pthread_cond_broadcast(&cache->changed);
    (void)pthread_mutex_unlock(&cache->lock);
    if (is_last)
        cache_free(cache);
    return NULL;
}

/* false: too many are under way, or no memory. With the lock held. */
static bool start_question(struct kid_cache *cache, struct entry *entry)
{
    struct question *question = calloc(1, sizeof(*question));
    pthread_attr_t detached;
    pthread_t thread;

    if (!question || cache->questions == KID_CACHE_QUESTIONS) {
        free(question);
        return false;
    }
    *question = (struct question){ cache, entry, entry->key };
    (void)pthread_attr_init(&detached);
    (void)pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    entry->asking = pthread_create(&thread, &detached, run_question, question) == 0;
    (void)pthread_attr_destroy(&detached);
    if (!entry->asking)
        free(question);
    else
        cache->questions++;
    return entry->asking;
}

/* ---- finding ---- */

/* What is known serves; false: it must be asked for. */
static bool answer_from(struct kid_cache *cache, struct entry *entry, enum status *ret_status,
                        struct jws_found *ret_found, struct err *err)
{
    int64_t now_ms = clock_now(cache->clock);

    if (!entry->is_known)
        return false;
    if (entry->found.count == 0) {
        if (!is_within(entry->known_ms, KID_NONE_MS, now_ms))
            return false;
        *ret_status = RAISE(err, ST_NOT_FOUND, "no certificate of kid %s", entry->key.kid);
        return true;
    }
    give_found(entry, now_ms, ret_found);
    if (ret_found->count == 0)
        return false;
    if (!entry->asking && !is_within(entry->known_ms, cache->keep_ms, now_ms) &&
        !is_within(entry->asked_ms, KID_RETRY_MS, now_ms))
        (void)start_question(cache, entry); /* at the side: none started today, then tomorrow */
    *ret_status = ST_OK;
    return true;
}

/* The next answer, within the deadline. */
static enum status answer_of_next(struct kid_cache *cache, struct entry *entry, int64_t deadline_ms,
                                  struct jws_found *ret_found, struct err *err)
{
    uint64_t before = entry->answers;
    bool in_time = true;

    if (!entry->asking && !start_question(cache, entry))
        return RAISE(err, ST_UNAVAILABLE, "LDAP: no more than %d questions at a time",
                     KID_CACHE_QUESTIONS);
    entry->waiting++;
    while (in_time && entry->answers == before)
        in_time = wait_until(cache, deadline_ms);
    entry->waiting--;
    if (entry->answers == before)
        return RAISE(err, ST_TIMEOUT, "LDAP: no answer in time");
    if (entry->status != ST_OK) {
        *err = entry->err;
        return entry->status;
    }
    for (size_t i = 0; i < entry->found.count; i++) /* the judgement tells of dates */
        jws_found_add(ret_found, entry->found.certs[i]);
    return ST_OK;
}

enum status kid_cache_find(struct kid_cache *cache, const struct jws_want *want,
                           struct jws_found *ret_found, struct err *err)
{
    struct kid_key key;
    struct jws_found found = { 0 };
    enum status status = ST_OK;

    if (!make_key(want, &key))
        return RAISE(err, ST_NOT_FOUND, "LDAP: a kid or an iss too long to be looked up");
    (void)pthread_mutex_lock(&cache->lock);
    struct entry *entry = find_entry(cache, &key);
    if (!entry)
        entry = add_entry(cache, &key);
    if (!entry) {
        (void)pthread_mutex_unlock(&cache->lock);
        return RAISE(err, ST_UNAVAILABLE, "LDAP: too many kids are being looked up");
    }
    entry->used = ++cache->uses;
    if (!answer_from(cache, entry, &status, &found, err))
        status = answer_of_next(cache, entry, want->deadline_ms, &found, err);
    (void)pthread_mutex_unlock(&cache->lock);
    if (status == ST_OK)
        *ret_found = found;
    return status;
}

void kid_cache_adopt(struct kid_cache *cache, struct kid_cache *from)
{
    (void)pthread_mutex_lock(&from->lock);
    (void)pthread_mutex_lock(&cache->lock);
    for (size_t i = 0; i < from->count; i++) {
        const struct entry *old = from->entries[i];
        struct entry *entry = NULL;
        if (old->found.count > 0 && !find_entry(cache, &old->key))
            entry = add_entry(cache, &old->key);
        if (!entry)
            continue;
        for (size_t k = 0; k < old->found.count; k++)
            jws_found_add(&entry->found, old->found.certs[k]);
        entry->is_known = true;
    }
    (void)pthread_mutex_unlock(&cache->lock);
    (void)pthread_mutex_unlock(&from->lock);
}
