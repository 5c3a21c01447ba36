/* Identity checks by ЦОИД (seeds 002 and 003; flows.md sections 2 and 3): rules, calls that cost
 * money, JSON. Thread-safe.
 *
 * One (senderId, messageId) never causes two comparisons: the key is in the store before it is
 * used, and after a doubt ЦОИД is asked what became of it (GET) before it is asked again (C-26).
 * Nothing is read out of an answer before its signature is verified, and nothing is answered before
 * the evidence is stored (req 2.16). */
#pragma once

#include "base/auto.h"
#include "base/clock.h"
#include "base/err.h"
#include "crypto/jws.h"
#include "journal/journal.h"
#include "model/peer.h"
#include "model/reply.h"
#include "model/request.h"
#include "rest/rest.h"
#include "rest/upstream.h"
#include "store/coid.h"

struct coid;

/* Relative to base_url; {from} {to} {year} {month} are put in where they stand. */
struct coid_paths {
    const char *verify;       /* verify */
    const char *data;         /* data, personal_data or personel_data (C-06) */
    const char *vendors;      /* vendors */
    const char *transactions; /* report/transactions/{from}/{to}, yyyymmdd */
    const char *act_detail;   /* report/actdetail/{year}/{month}, no leading zero (C-18) */
    const char *act;          /* report/act/{year}/{month} */
    const char *news;         /* news */
};

/* Where a call's time went; milliseconds, -1 where it never came so far. */
struct coid_times {
    int64_t
        wait_ms; /* for a place in the bulkhead: an operation waits once, before its first call */
    struct rest_times line;
    int64_t judge_ms; /* the signature of the answer, look-ups of its certificate included */
};
/* One outward call, for the numbers of the service. */
struct coid_called {
    enum operation op; /* OP_GET_NEWS, OP_GET_TRANSACTIONS … for our own looks too */
    int http_status;   /* 0: no answer came */
    const char *code;  /* err.code of what became of it: timeout, answerForged …; "": well */
    struct coid_times times;
};
/* Who counts: from any thread, must not wait. Members may be NULL. */
struct coid_observer {
    void *ctx;
    void (*called)(void *ctx, const struct coid_called *called);
    void (*compared)(void *ctx, const char *vendor_name); /* a row became DONE: once for each */
};

struct coid_params {
    const char *base_url; /* https://onlinetest.kisc.kz/identity/1.1.0, no slash at the end */
    struct coid_paths paths;
    const char *participant;      /* who asks, in the consent (req 2.19) */
    const char *consent_template; /* with {participant}, {fullName} and {iin} */
    double threshold;             /* 0.85: from here on personal data may be asked for (C-05) */
    int64_t data_window_ms;       /* 24 h after the verification */
    bool iin_check_digit;         /* refuses an IIN whose last digit is wrong */
    size_t max_photo_bytes;
    size_t max_answer_bytes;
    int64_t budget_ms;          /* of all calls of one operation, the repeat included; below 30 s */
    int64_t call_ms;            /* of one call, so that a repeat has its time */
    int64_t vendors_keep_ms;    /* how long the list of vendors serves */
    bool unsigned_accepted;     /* a 2xx without x-jws-signature passes with a warning (C-17) */
    struct jws_settings jws;    /* how we sign */
    const struct key *sign_key; /* GOST; borrowed, as all below */
    struct judge jws_judge;     /* how answers are judged; deadline and time are set for each */
    struct jws_params jws_params;
    struct rest *rest;         /* with the mTLS key, for ЦОИД alone */
    struct upstream *upstream; /* lives longer than coid: a reload keeps the breaker's state */
    struct store *store;
    struct journal *journal;
    const struct clock *clock;
    struct coid_observer observer;
};
/* Texts are copied. ST_INPUT: a setting that cannot be meant, named. *ret_coid is the caller's. */
MUST_USE enum status coid_new(const struct coid_params *params, struct coid **ret_coid,
                              struct err *err);
/* NULL is fine. */
void coid_free(struct coid *coid);
DEFINE_AUTO(struct coid, coid_free)

struct coid_sender {
    const char *sender_id;
    int64_t daily_limit; /* comparisons a day; 0: none */
};
/**
 * Runs the request's operation and fills reply->coid (op is the caller's).
 * ST_INPUT        what is wrong with the request, or ЦОИД's refusal of it: SCSE002, kept (code,
 * field, limit; upstream status and text) ST_UPSTREAM, ST_TIMEOUT, ST_UNAVAILABLE, ST_INTERNAL
 * SCSE003: the same messageId may be sent again, and costs nothing twice
 */
MUST_USE enum status coid_run(struct coid *coid, const struct coid_sender *sender,
                              const struct peer *peer, const struct request *req,
                              struct reply *reply, struct err *err);

/* Fetches the news and keeps those that are new, each with a line in the journal, when it is this
 * instance's turn. */
MUST_USE enum status coid_fetch_news(struct coid *coid, const char *instance, int64_t period_ms,
                                     struct err *err);

/* ---- reconciliation of our records with ЦОИД's reports (req 3.06) ---- */
enum coid_difference {
    COID_UNKNOWN_HERE,  /* ЦОИД has a transaction that we have not */
    COID_UNKNOWN_THERE, /* we have a comparison that ЦОИД has not */
    COID_TWICE_THERE,   /* ЦОИД lists one key more than once */
    COID_STATE_DIFFERS, /* ЦОИД compared what here is open or refused */
    COID_VENDOR_DIFFERS,
    COID_RESULT_DIFFERS,
    COID_COUNT_DIFFERS, /* actDetail's count of a day (or month) and vendor is not our number */
};
struct coid_finding {
    enum coid_difference difference;
    const char *idempotency_key; /* "": COID_COUNT_DIFFERS */
    int32_t day;
    const char *vendor; /* without its tariff step */
    const char *here, *there;
};
struct coid_reconciled {
    uint64_t here, there; /* comparisons in our records, and in ЦОИД's transactions */
    uint64_t differences;
    uint64_t open;      /* begun here, and neither ended nor listed there: nothing was billed */
    bool acts_compared; /* false: a month has no act yet, or one of the whole month's sums alone */
};
typedef enum status coid_tell_finding(void *ctx, const struct coid_finding *finding,
                                      struct err *err);
/* days: at most 366. Calls ЦОИД for the transactions and for the act of each whole month's days. */
MUST_USE enum status coid_reconcile(struct coid *coid, const struct coid_days *days,
                                    coid_tell_finding *tell, void *ctx, struct coid_reconciled *ret,
                                    struct err *err);
