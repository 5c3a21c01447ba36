/* What the administrator's console shows beside the journal: numbers of the journal's table,
 * sessions in a list, what an exchange left behind. Reads only. Errors as store/store.h says.
 * Thread-safe. */
#pragma once

#include "base/arena.h"
#include "store/search.h"

/* ---- numbers of the journal ---- */

/* How far the table was counted; each line once, whatever comes late. */
struct tally_place {
    int32_t day;
    char instance[65];
    uint64_t next; /* seq */
};
/* Events of one kind in an hour. */
struct tally {
    int64_t hour; /* of Unix time */
    char event[65], code[65];
    char account[256]; /* of exchange.answered; "" of others */
    char reason[65];   /* what a signature or login was refused for; ЦОИД's verdict; "" */
    int64_t bucket;    /* of exchange.answered: floor(4 * log2(ms)), from 0 */
    int64_t count, sum_ms, max_ms, last_ms;
};
typedef void tell_tally(void *ctx, const struct tally *tally);
/* The instance's next lines of that day, so many at once; *ret_more: there are more. */
MUST_USE enum status store_tally(struct store *store, struct tally_place *place, tell_tally *tell,
                                 void *ctx, bool *ret_more, struct err *err);
/* The instance after `instance` that wrote on that day; "" there is none. */
MUST_USE enum status store_tally_instance(struct store *store, int32_t day, char instance[65],
                                          struct err *err);

/* ---- sessions ---- */

struct session_search {
    int64_t from_ms, to_ms;    /* created then */
    char sender[SEARCH_VALUE]; /* "" any */
    char state[SEARCH_VALUE];  /* session_state_name(); "" any; overdue ones are expired */
    struct id before;          /* older than this one; "": the newest */
    size_t max;
};
struct session_found {
    struct id id;
    char state[24];
    int64_t created_ms, expires_ms, ended_ms;
    int64_t documents, signers, turns;
    const char *sender, *description, *method; /* the arena's */
};
/* The newest first; at most max. */
MUST_USE enum status store_session_list(struct store *store, const struct session_search *search,
                                        struct arena *arena, struct session_found *ret,
                                        size_t *ret_count, struct err *err);
/* Sizes and digests of a session's documents: issued, and what came back (turn -1: issued). */
struct session_file {
    int64_t document, turn, bytes;
    uint8_t sha256[32];
};
MUST_USE enum status store_session_files(struct store *store, const struct id *session, size_t max,
                                         struct session_file *ret, size_t *ret_count,
                                         struct err *err);

/* ---- of an exchange ---- */

/* The kept answer to a sender's message when this exchange gave it. ST_NOT_FOUND: none, or its time
 * is over. *ret_answer is the caller's. */
MUST_USE enum status store_answer_of(struct store *store, const struct id *exchange,
                                     const char *sender, const char *message,
                                     struct bytes **ret_answer, struct err *err);
/* The verification by ЦОИД that the sender's message asked for; "" none. */
MUST_USE enum status store_coid_key_of(struct store *store, const char *sender, const char *message,
                                       struct id *ret_key, struct err *err);
/* Comparisons of a sender on a day that count against its limit. */
MUST_USE enum status store_coid_counted(struct store *store, const char *sender, int32_t day,
                                        int64_t *ret_count, struct err *err);
