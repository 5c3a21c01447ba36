#include "crypto/ocsp_cache.h"

#include "base/clock.h"
#include "base/text.h"
#include "crypto/encode.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    FLIGHTS_MAX = 256,
    KEPT_SLOTS = 1024,
    KEPT_BYTES_MAX = 16 * 1024,
    BEGAN_BEFORE_MS = 60 * 1000, /* more than any exchange takes */
    AILING_SLOTS = 16,           /* responders; a newer one takes the place of an older one */
    FIRST_REST_MS = 1000,
    LAST_REST_MS = 30 * 1000,
    KEY_TEXT_MAX = 2 * 32 + 1024, /* two digests and an address */
};

/* A question under way, until it is told and the last who waited has read it. */
struct ocsp_flight {
    uint8_t key[32];
    bool used; /* the slot */
    bool told;
    unsigned waiting;
    struct ocsp_said said; /* once told */
};

struct kept {
    uint8_t key[32];
    int64_t since_ms;      /* Unix */
    struct ocsp_said said; /* der NULL: empty */
};

/* A responder that failed. */
struct ailing {
    uint8_t url_sha256[32];
    int64_t rest_ms;  /* 0: an empty slot */
    int64_t until_ms; /* monotonic */
};

struct ocsp_cache {
    pthread_mutex_t lock;   /* of all below */
    pthread_cond_t changed; /* some flight was told */
    int64_t reuse_ms;
    struct ocsp_counts counts;
    struct ocsp_flight flights[FLIGHTS_MAX];
    struct kept kept[KEPT_SLOTS];       /* found by the first bytes of the key */
    struct ailing ailing[AILING_SLOTS]; /* likewise, of the address */
};

static void init_locks(struct ocsp_cache *cache)
{
    pthread_condattr_t monotonic;

    (void)pthread_mutex_init(&cache->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&cache->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

enum status ocsp_cache_new(struct ocsp_cache **ret_cache, struct err *err)
{
    struct ocsp_cache *cache = calloc(1, sizeof(*cache));

    if (!cache)
        return RAISE(err, ST_NOMEM, "OCSP answers: out of memory");
    init_locks(cache);
    *ret_cache = cache;
    return ST_OK;
}

void ocsp_cache_free(struct ocsp_cache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; i < FLIGHTS_MAX; i++)
        bytes_free(cache->flights[i].said.der);
    for (size_t i = 0; i < KEPT_SLOTS; i++)
        bytes_free(cache->kept[i].said.der);
    (void)pthread_cond_destroy(&cache->changed);
    (void)pthread_mutex_destroy(&cache->lock);
    free(cache);
}

void ocsp_cache_reuse(struct ocsp_cache *cache, int64_t reuse_ms)
{
    pthread_mutex_lock(&cache->lock);
    cache->reuse_ms = reuse_ms;
    pthread_mutex_unlock(&cache->lock);
}

void ocsp_cache_counts(struct ocsp_cache *cache, struct ocsp_counts *ret_counts)
{
    pthread_mutex_lock(&cache->lock);
    *ret_counts = cache->counts;
    pthread_mutex_unlock(&cache->lock);
}

void ocsp_question_key(const struct cert *subject, const struct cert *issuer, const char *url,
                       uint8_t ret_key[32])
{
    char text[KEY_TEXT_MAX];
    struct slice where = slice_str(url);
    size_t len = where.len < sizeof(text) - 64 ? where.len : sizeof(text) - 64;

    memcpy(text, cert_signer(subject)->sha256, 32);
    memcpy(text + 32, cert_signer(issuer)->sha256, 32);
    memcpy(text + 64, where.at, len);
    sha256(slice_mem(text, 64 + len), ret_key);
}

/* false: out of memory, and then there is nothing to share. */
static bool copy_said(struct ocsp_said *to, const struct ocsp_said *from)
{
    *to = *from;
    to->der = from->der ? bytes_dup(bytes_slice(from->der)) : NULL;
    return !from->der || to->der;
}

/* ---- answers that are kept ---- */

static struct kept *slot_of(struct ocsp_cache *cache, const uint8_t key[32])
{
    return &cache->kept[((size_t)key[0] << 8 | key[1]) % KEPT_SLOTS];
}

/* A clock that was set back makes an answer unusable, never older answers usable for longer; but
 * whoever began a little before the asker and comes here after it may have it, too. */
static bool recall(struct ocsp_cache *cache, const struct ocsp_question *question,
                   struct ocsp_said *ret_said)
{
    const struct kept *kept = slot_of(cache, question->key);

    return kept->said.der && memcmp(kept->key, question->key, sizeof(kept->key)) == 0 &&
           question->now_ms >= kept->since_ms - BEGAN_BEFORE_MS &&
           question->now_ms - kept->since_ms < cache->reuse_ms &&
           question->now_ms < kept->said.answer.next_update_ms && copy_said(ret_said, &kept->said);
}

static void remember(struct ocsp_cache *cache, const struct ocsp_question *question,
                     const struct ocsp_said *said)
{
    struct kept *kept = slot_of(cache, question->key);
    bool same = memcmp(kept->key, question->key, sizeof(kept->key)) == 0;
    bool keep = said->answer.state == OCSP_GOOD && said->answer.next_update_ms &&
                said->der->len <= KEPT_BYTES_MAX && cache->reuse_ms > 0;

    if (!said->der || (!same && !keep))
        return;
    bytes_free(TAKE(kept->said.der));
    if (!keep || !copy_said(&kept->said, said))
        return;
    memcpy(kept->key, question->key, sizeof(kept->key));
    kept->since_ms = question->now_ms;
}

/* ---- responders that fail ---- */

static struct ailing *slot_of_responder(struct ocsp_cache *cache, const char *url,
                                        uint8_t ret_sha256[32])
{
    sha256(slice_str(url), ret_sha256);
    return &cache->ailing[ret_sha256[0] % AILING_SLOTS];
}

bool ocsp_cache_is_ailing(struct ocsp_cache *cache, const char *url, int64_t at_ms)
{
    uint8_t url_sha256[32];

    if (!cache)
        return false;
    pthread_mutex_lock(&cache->lock);
    const struct ailing *slot = slot_of_responder(cache, url, url_sha256);
    bool ailing = slot->rest_ms && at_ms < slot->until_ms &&
                  memcmp(slot->url_sha256, url_sha256, sizeof(url_sha256)) == 0;
    pthread_mutex_unlock(&cache->lock);
    return ailing;
}

void ocsp_cache_note(struct ocsp_cache *cache, const char *url, bool failed, int64_t at_ms)
{
    uint8_t url_sha256[32];

    if (!cache)
        return;
    pthread_mutex_lock(&cache->lock);
    struct ailing *slot = slot_of_responder(cache, url, url_sha256);
    bool same = memcmp(slot->url_sha256, url_sha256, sizeof(url_sha256)) == 0;
    if (failed) {
        int64_t rest_ms = same && slot->rest_ms ? slot->rest_ms * 2 : FIRST_REST_MS;
        memcpy(slot->url_sha256, url_sha256, sizeof(url_sha256));
        slot->rest_ms = rest_ms < LAST_REST_MS ? rest_ms : LAST_REST_MS;
        slot->until_ms = at_ms + slot->rest_ms;
    } else if (same) {
        slot->rest_ms = 0;
    }
    pthread_mutex_unlock(&cache->lock);
}

/* ---- questions under way ---- */

static struct ocsp_flight *find_flight(struct ocsp_cache *cache, const uint8_t key[32])
{
    for (size_t i = 0; i < FLIGHTS_MAX; i++) {
        struct ocsp_flight *flight = &cache->flights[i];
        if (flight->used && !flight->told && memcmp(flight->key, key, sizeof(flight->key)) == 0)
            return flight;
    }
    return NULL;
}

/* NULL: too many are under way. */
static struct ocsp_flight *start_flight(struct ocsp_cache *cache, const uint8_t key[32])
{
    for (size_t i = 0; i < FLIGHTS_MAX; i++) {
        struct ocsp_flight *flight = &cache->flights[i];
        if (flight->used)
            continue;
        *flight = (struct ocsp_flight){ .used = true };
        memcpy(flight->key, key, sizeof(flight->key));
        return flight;
    }
    return NULL;
}

static void leave_flight(struct ocsp_flight *flight)
{
    if (!flight->told || flight->waiting > 0)
        return;
    bytes_free(TAKE(flight->said.der));
    flight->used = false;
}

static void tell_unusable(struct ocsp_said *ret_said, const char *why)
{
    *ret_said = (struct ocsp_said){ .answer = { .state = OCSP_UNUSABLE } };
    text_copy(ret_said->answer.text, sizeof(ret_said->answer.text), why);
}

/* false: whom we waited for ran out of its own time, so somebody else's turn has come. */
static bool wait_for(struct ocsp_cache *cache, struct ocsp_flight *flight, int64_t deadline_ms,
                     struct ocsp_said *ret_said)
{
    const struct timespec until = { .tv_sec = deadline_ms / 1000,
                                    .tv_nsec = deadline_ms % 1000 * 1000000 };
    bool in_time = true;
    bool answered = true;

    flight->waiting++;
    while (!flight->told && in_time)
        in_time = pthread_cond_timedwait(&cache->changed, &cache->lock, &until) == 0;
    flight->waiting--;
    if (!flight->told)
        tell_unusable(ret_said, "the answer to a question under way did not come in time");
    else if (flight->said.late)
        answered = false;
    else if (!copy_said(ret_said, &flight->said))
        tell_unusable(ret_said, "out of memory");
    leave_flight(flight);
    return answered;
}

enum ocsp_turn ocsp_cache_enter(struct ocsp_cache *cache, const struct ocsp_question *question,
                                struct ocsp_flight **ret_flight, struct ocsp_said *ret_said)
{
    enum ocsp_turn turn = OCSP_TURN_ASK;

    *ret_flight = NULL;
    if (!cache)
        return OCSP_TURN_ASK;
    pthread_mutex_lock(&cache->lock);
    bool told = recall(cache, question, ret_said);
    while (!told) {
        struct ocsp_flight *flight = find_flight(cache, question->key);
        if (!flight)
            break;
        told = wait_for(cache, flight, question->deadline_ms, ret_said);
    }
    cache->counts.shared += told;
    if (told)
        turn = OCSP_TURN_TOLD;
    else
        *ret_flight = start_flight(cache, question->key);
    pthread_mutex_unlock(&cache->lock);
    return turn;
}

void ocsp_cache_tell(struct ocsp_cache *cache, const struct ocsp_question *question,
                     struct ocsp_flight *flight, const struct ocsp_said *said)
{
    if (!cache)
        return;
    pthread_mutex_lock(&cache->lock);
    cache->counts.asked[said->answer.state]++;
    remember(cache, question, said);
    if (flight) {
        if (!copy_said(&flight->said, said))
            tell_unusable(&flight->said, "out of memory");
        flight->told = true;
        leave_flight(flight);
        pthread_cond_broadcast(&cache->changed);
    }
    pthread_mutex_unlock(&cache->lock);
}
