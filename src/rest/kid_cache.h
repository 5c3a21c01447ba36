/* What was found for a kid, and who is asking for it now. For src/rest only.
 *
 * A certificate once found is the kid's until its notAfter: it is given at once, and when it is
 * older than keep_ms the source is asked again at the side. «None» is kept for a minute at most.
 * One question for a kid is under way at a time, others wait for its answer; a question runs in a
 * thread of its own, so that a deadline holds whatever the resolver or a server does. */
#pragma once

#include "base/clock.h"
#include "crypto/jws.h"

enum {
    KID_CACHE_ENTRIES = 256,
    KID_CACHE_QUESTIONS = 8, /* under way at a time */
    KID_NONE_MS = 60 * 1000,
    KID_RETRY_MS = 10 * 1000, /* between two vain attempts to renew */
};

struct kid_cache; /* thread-safe */

/* Who is asked when the cache does not know. */
struct kid_source {
    void *ctx;
    /* As jws_lookup.find, but in a thread of the cache's: it must come back by itself. The kid is
     * in lower case without leading zeros. */
    enum status (*ask)(void *ctx, struct slice kid, struct slice iss, struct jws_found *ret_found,
                       struct err *err);
    void (*free)(void *ctx); /* when the cache and its last question are gone */
};
struct kid_cache_params {
    struct kid_source source;
    const struct clock *clock;
    int64_t keep_ms;
};

/* The source is taken over on ST_OK. *ret_cache is the caller's: kid_cache_close(). */
MUST_USE enum status kid_cache_new(const struct kid_cache_params *params,
                                   struct kid_cache **ret_cache, struct err *err);
/* Waits two seconds at most for questions under way; one that lasts longer frees the source when it
 * ends. Nobody may be in kid_cache_find(). NULL is fine. */
void kid_cache_close(struct kid_cache *cache);

/* As jws_lookup.find. ST_TIMEOUT: want's deadline; ST_UNAVAILABLE: too many questions under way. */
MUST_USE enum status kid_cache_find(struct kid_cache *cache, const struct jws_want *want,
                                    struct jws_found *ret_found, struct err *err);
/* Takes over what another cache has found, as if it were old: it is used, and asked for again. */
void kid_cache_adopt(struct kid_cache *cache, struct kid_cache *from);
