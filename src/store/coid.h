/* What the store keeps of ЦОИД: calls that cost money, evidence, decisions, news. Thread-safe;
 * errors as store/store.h says.
 *
 * A verification is one row, made before anything is sent: its idempotency key is known whatever
 * dies afterwards (req 2.35, C-26; architecture.md section 3.9). The photo and every body lie
 * sealed (crypto/vault.h). */
#pragma once

#include "base/arena.h"
#include "model/request.h"
#include "store/store.h"

/* How far a verification has come; only forward. */
enum coid_state {
    COID_WRITTEN, /* the key is written, nothing was sent */
    COID_ASKED,   /* a POST may have gone out: only ЦОИД knows what became of it */
    COID_DONE,    /* compared; the result is stored */
    COID_REFUSED, /* ЦОИД said for good that it does not compare; the answer is stored */
};

struct coid_begin {
    const char *sender_id;
    const char *message_id;
    const uint8_t
        *payload_sha256; /* 32 bytes: another payload under the same messageId is refused */
    struct id exchange;
    struct id key; /* fresh, taken when there is no row yet */
    const char *iin;
    int64_t vendor;
    struct slice photo;
    int32_t day;         /* yyyymmdd, Astana's */
    int64_t daily_limit; /* of the sender, comparisons not refused on that day; 0: none */
    bool find_only;      /* makes no row */
};

struct coid_call {
    struct id key;
    char sender_id[1024];
    char message_id[1024];
    enum coid_state state;
    char iin[17];
    int64_t vendor;
    char vendor_name[256]; /* DONE: as ЦОИД wrote it */
    char result[32];       /* DONE: decimal text */
    int32_t day;
    /* The last POST began, 0: never, and not when DONE; the comparison is not older than this. */
    int64_t asked_ms;
    int64_t ended_ms; /* DONE, REFUSED */
    int64_t now_ms;   /* the database's clock */
    /* REFUSED: what it was refused with, for saying it again */
    int refused_status;
    char refused_code[48];
    char refused_text[512];
};

/* The row of (sender, message): made now (*ret_fresh), or the one that is there. Inserting counts
 * against the daily limit, exactly, whoever else inserts. ST_CONFLICT: code messageIdReused, its
 * payload was another; code dailyLimit, with the limit. ST_NOT_FOUND: find_only, and there is none.
 */
MUST_USE enum status store_coid_begin(struct store *store, const struct coid_begin *begin,
                                      struct coid_call *ret_call, bool *ret_fresh, struct err *err);
/* ST_NOT_FOUND: no such key, or not the sender's; sender_id NULL: anybody's. */
MUST_USE enum status store_coid_find(struct store *store, const char *sender_id,
                                     const struct id *key, struct coid_call *ret_call,
                                     struct err *err);
/* A POST goes out now: WRITTEN or ASKED → ASKED. ST_CONFLICT: it has ended. */
MUST_USE enum status store_coid_asking(struct store *store, const struct id *key, struct err *err);
struct coid_end {
    enum coid_state state; /* DONE or REFUSED */
    const char *vendor_name, *result;
    int refused_status;
    const char *refused_code, *refused_text;
};
/* Texts are cut to what struct coid_call holds, a result in its fraction only (ST_INPUT: it has
 * none there). The first end counts; the same end again is ST_OK. REFUSED gives the daily limit
 * back. DONE overrides REFUSED (ЦОИД knows better), never the other way: ST_CONFLICT. */
MUST_USE enum status store_coid_end(struct store *store, const struct id *key,
                                    const struct coid_end *end, struct err *err);

/* ---- evidence: what ЦОИД answered, byte for byte, before anybody else learns of it (req 2.16)
 * ---- */
struct coid_evidence {
    struct id id; /* fresh */
    enum operation op;
    const char *sender_id; /* "-": our own housekeeping */
    const char *message_id;
    struct id exchange;
    struct id key;       /* of the verification; "": none */
    int64_t received_ms; /* Unix */
    int http_status;
    struct slice request_body; /* getPersonData: the consent as sent; sealed, may be empty */
    const char *request_jws;   /* and our signature; "" none */
    struct slice body;         /* sealed */
    const char *jws;           /* x-jws-signature as it came; "" none */
    struct slice certificate;  /* DER; empty: not found */
    const char *verdict;       /* valid, invalid, indeterminate, unsigned */
    struct slice report;       /* the report as JSON */
};
/* Keeping the same again is ST_OK. ST_CONFLICT: the id is another's. */
MUST_USE enum status store_coid_evidence_keep(struct store *store,
                                              const struct coid_evidence *evidence,
                                              struct err *err);
/* All of it is the arena's. ST_NOT_FOUND. */
MUST_USE enum status store_coid_evidence_find(struct store *store, const struct id *id,
                                              struct arena *arena, struct coid_evidence *ret,
                                              struct err *err);
/* The newest of a verification that has this operation, an HTTP status of 2xx and the verdict valid
 * or (accepted) unsigned. ST_NOT_FOUND. */
MUST_USE enum status store_coid_evidence_of(struct store *store, const struct id *key,
                                            enum operation op, struct arena *arena,
                                            struct coid_evidence *ret, struct err *err);
/* Ids of all evidence of a verification, oldest first; at most max. */
MUST_USE enum status store_coid_evidence_list(struct store *store, const struct id *key,
                                              struct id *ret_ids, size_t max, size_t *ret_count,
                                              struct err *err);
/* The photo that was sent; the arena's. ST_NOT_FOUND: no such key, or wiped. */
MUST_USE enum status store_coid_photo(struct store *store, const struct id *key,
                                      struct arena *arena, struct slice *ret_photo,
                                      struct err *err);

/* ---- for reconciliation, usage and export; each row is told in order, an error of tell ends it
 * ---- */
struct coid_days {
    int32_t from, to; /* yyyymmdd, both included */
};
typedef enum status coid_tell_call(void *ctx, const struct coid_call *call, struct err *err);
/* Verifications of these days, day by day and by key, refused ones too. */
MUST_USE enum status store_coid_calls(struct store *store, const struct coid_days *days,
                                      coid_tell_call *tell, void *ctx, struct err *err);
struct coid_usage {
    int32_t day;
    const char *sender_id;
    int64_t vendor;
    int64_t done, refused, open; /* open: WRITTEN or ASKED */
};
typedef enum status coid_tell_usage(void *ctx, const struct coid_usage *usage, struct err *err);
MUST_USE enum status store_coid_usage(struct store *store, const struct coid_days *days,
                                      coid_tell_usage *tell, void *ctx, struct err *err);

/* ---- the participant's decision on a result below the threshold (req 2.07) ---- */
struct coid_decision {
    struct id key;
    const char *decision; /* suspectedFraud, identified, rejected */
    const char *who;
    const char *note;
    int64_t at_ms;
    /* filled by reading: */
    char iin[17];
    char result[32];
    char vendor_name[256];
};
/* One per verification; a later one replaces it, the journal has both. ST_NOT_FOUND: no such
 * verification; ST_CONFLICT: it is not DONE. */
MUST_USE enum status store_coid_decide(struct store *store, const struct coid_decision *decision,
                                       struct err *err);
/* Those decided on these days, Astana's. */
typedef enum status coid_tell_decision(void *ctx, const struct coid_decision *decision,
                                       struct err *err);
MUST_USE enum status store_coid_decisions(struct store *store, const struct coid_days *days,
                                          coid_tell_decision *tell, void *ctx, struct err *err);

/* ---- ЦОИД's news and vendors, as last told ---- */
/* Keeps those that are not there yet (by date, subject and text); *ret_fresh: how many. At most
 * 10,000 at once. */
MUST_USE enum status store_coid_news_keep(struct store *store, const struct coid_news *news,
                                          size_t count, size_t *ret_fresh, struct err *err);
/* Whether this piece is kept. Who tells somebody of news does so before it keeps them: a crash in
 * between tells them again, and loses nothing. */
MUST_USE enum status store_coid_news_known(struct store *store, const struct coid_news *news,
                                           bool *ret_known, struct err *err);
typedef enum status coid_tell_news(void *ctx, const struct coid_news *news, int64_t seen_ms,
                                   struct err *err);
/* The newest first, by their date where it is clear; at most max, and 10,000. */
MUST_USE enum status store_coid_news(struct store *store, size_t max, coid_tell_news *tell,
                                     void *ctx, struct err *err);
/* True for one instance in each period: whoever fetches the news now. The last turn, anybody's, was
 * at least period_ms ago; who failed may ask with a shorter period for another. */
MUST_USE enum status store_coid_news_due(struct store *store, const char *instance,
                                         int64_t period_ms, bool *ret_mine, struct err *err);
