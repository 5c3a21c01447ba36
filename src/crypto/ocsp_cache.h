/* OCSP questions under way and the answers that came: one request in flight per certificate, and
 * live answers reused while they are inside their own nextUpdate (req 0.22, 0.23). */
#pragma once

#include "base/auto.h"
#include "base/err.h"
#include "crypto/ocsp.h"

/* Thread-safe. A question is known by certificate, issuer and responder. At most 256 questions are
 * under way at a time (further ones are asked apart) and 1,024 answers of 16 KiB at most are kept;
 * a newer question takes the place of an older one.
 *
 * What is shared was judged by who asked, with the nonce that it sent: a nonce proves that the
 * answer was made for a question of ours, which it was. Who shares it sends none. */
struct ocsp_cache;

MUST_USE enum status ocsp_cache_new(struct ocsp_cache **ret_cache, struct err *err);
/* NULL is fine. Nobody may be waiting in it. */
void ocsp_cache_free(struct ocsp_cache *cache);
DEFINE_AUTO(struct ocsp_cache, ocsp_cache_free)

/* For how long a good answer serves other signatures, inside its nextUpdate; 0 (at birth): it is
 * shared only by those who ask while it is under way. */
void ocsp_cache_reuse(struct ocsp_cache *cache, int64_t reuse_ms);

/* Since birth, for numbers. */
struct ocsp_counts {
    uint64_t asked[OCSP_STATES]; /* questions put to responders, by what came of them */
    uint64_t shared;             /* answered by a kept answer or another's question */
};
void ocsp_cache_counts(struct ocsp_cache *cache, struct ocsp_counts *ret_counts);

struct ocsp_question {
    uint8_t key[32];     /* ocsp_question_key() */
    int64_t now_ms;      /* Unix: against nextUpdate */
    int64_t deadline_ms; /* monotonic: who waits for another's answer waits until then */
};
void ocsp_question_key(const struct cert *subject, const struct cert *issuer, const char *url,
                       uint8_t ret_key[32]);

/* What came of a question; der is owned, NULL when nothing usable came: answer.text tells why. */
struct ocsp_said {
    struct bytes *der;
    struct ocsp_answer answer;
    bool late; /* the asker's own time ran out, which says nothing about the responder */
};

/* Responders that fail are left alone where something else can answer: 1 s after the first failure,
 * twice as long after each further one, 30 s at most. NULL cache: none is known to fail.
 * at_ms: monotonic. */
bool ocsp_cache_is_ailing(struct ocsp_cache *cache, const char *url, int64_t at_ms);
void ocsp_cache_note(struct ocsp_cache *cache, const char *url, bool failed, int64_t at_ms);

struct ocsp_flight;

enum ocsp_turn {
    OCSP_TURN_ASK,  /* the caller asks, and then tells: ocsp_cache_tell() */
    OCSP_TURN_TOLD, /* *ret_said is what another's question brought, kept or a moment ago */
};

/**
 * NULL cache: everybody asks. Waits while another asks the same, until the deadline; then, and when
 * the other's question failed, *ret_said has no der. When the other ran out of a shorter time of
 * its own, one of those who wait asks in its place.
 *
 * ret_flight  OCSP_TURN_ASK: hand it to ocsp_cache_tell(), whatever comes; NULL is possible
 * ret_said    OCSP_TURN_TOLD: bytes_free(ret_said->der)
 */
enum ocsp_turn ocsp_cache_enter(struct ocsp_cache *cache, const struct ocsp_question *question,
                                struct ocsp_flight **ret_flight, struct ocsp_said *ret_said);
/* Wakes who waits, and keeps a good answer with a nextUpdate; any other word of the responder ends
 * what was kept before. said is borrowed. */
void ocsp_cache_tell(struct ocsp_cache *cache, const struct ocsp_question *question,
                     struct ocsp_flight *flight, const struct ocsp_said *said);
