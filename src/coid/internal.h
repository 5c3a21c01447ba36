/* What the files of src/coid share; no other folder includes it, but its tests. */
#pragma once

#include "base/arena.h"
#include "coid/coid.h"

/* Immutable after coid_new() but for the vendors, so shared by all threads. */
struct coid {
    struct arena *arena;     /* owned; the struct itself and all texts of params are in it */
    struct coid_params p;    /* texts are the arena's copies */
    struct vendors *vendors; /* owned */
};

/* ---- errand.c: one operation on its way: whose it is, how long it may take ---- */
struct errand {
    struct coid *coid;
    const struct peer *peer;
    const char *sender_id; /* "-": our own housekeeping */
    const char *message_id;
    const char *session_id; /* ШЭП's */
    const char *iin;        /* whom it is about; "": nobody */
    struct id key;          /* of the verification; "": none */
    struct arena *arena;    /* holds what is told */
    int64_t start_ms;       /* Unix */
    int64_t until_ms;       /* monotonic: calls end before it, what is left is for the answer */
    bool has_passed;        /* the bulkhead and the breaker */
    struct upstream_pass pass;
    enum upstream_outcome outcome; /* of all its calls: one that failed counts */
    unsigned calls;                /* so far */
};
/* Of a request; req->arena lives as long. */
void errand_begin(struct errand *errand, struct coid *coid, const struct coid_sender *sender,
                  const struct peer *peer, const struct request *req, struct arena *arena);
/* Of our own, under an exchange id of its own. ret_peer: memory for it. */
void errand_begin_own(struct errand *errand, struct coid *coid, struct arena *arena,
                      struct peer *ret_peer);
/* Gives the pass back, whatever became of it. */
void errand_end(struct errand *errand);
/* Leave to call, once for all calls of the errand. Errors as upstream_enter(). */
MUST_USE enum status errand_enter(struct errand *errand, struct err *err);
/* One more call has time enough to be worth it. */
bool errand_has_time(const struct errand *errand);
void errand_outcome(struct errand *errand, enum upstream_outcome outcome);

/* A line of the journal under the errand's ids. Borrowed texts; the key goes after the text. */
struct note {
    enum event_level level;
    const char *event, *code, *text;
};
MUST_USE enum status errand_journal(const struct errand *errand, const struct note *note,
                                    struct err *err);
/* What the operator must learn of an error at once: answers that cannot be believed, a certificate
 * of ours that is refused. A journal that fails says so by itself when the exchange is answered. */
void errand_alert(const struct errand *errand, const struct err *cause);
/* A key or an evidence's id: one whose end the journal does not take for an IIN. */
struct id errand_id(const struct coid *coid);

/* ---- rules.c: what is refused before anybody is asked ---- */
MUST_USE enum status rule_iin(const struct coid *coid, const char *iin, const char *field,
                              struct err *err);
MUST_USE enum status rule_period(const struct coid *coid, int32_t from, int32_t to,
                                 struct err *err);
MUST_USE enum status rule_month(const struct coid *coid, int64_t year, int64_t month,
                                struct err *err);

/* ---- vendors.c: the list of vendors as last told (C-24) ---- */
struct vendors *vendors_new(void);
void vendors_free(struct vendors *vendors);
/* ST_INPUT: code vendorUnknown. A list that is not to be had leaves it to ЦОИД. */
MUST_USE enum status vendors_check(struct errand *errand, int64_t vendor, struct err *err);

/* ---- one function per operation ---- */
MUST_USE enum status run_verify_photo(struct errand *errand, const struct coid_sender *sender,
                                      const struct request *req, struct coid_answer *ret,
                                      struct err *err);
MUST_USE enum status run_get_verification(struct errand *errand, const struct coid_sender *sender,
                                          const struct request *req, struct coid_answer *ret,
                                          struct err *err);
MUST_USE enum status run_get_person_data(struct errand *errand, const struct coid_sender *sender,
                                         const struct request *req, struct coid_answer *ret,
                                         struct err *err);
MUST_USE enum status run_get_vendors(struct errand *errand, const struct coid_sender *sender,
                                     const struct request *req, struct coid_answer *ret,
                                     struct err *err);
MUST_USE enum status run_get_transactions(struct errand *errand, const struct coid_sender *sender,
                                          const struct request *req, struct coid_answer *ret,
                                          struct err *err);
MUST_USE enum status run_get_act_detail(struct errand *errand, const struct coid_sender *sender,
                                        const struct request *req, struct coid_answer *ret,
                                        struct err *err);
MUST_USE enum status run_get_act(struct errand *errand, const struct coid_sender *sender,
                                 const struct request *req, struct coid_answer *ret,
                                 struct err *err);
MUST_USE enum status run_get_news(struct errand *errand, const struct coid_sender *sender,
                                  const struct request *req, struct coid_answer *ret,
                                  struct err *err);
