/* The business floor: one typed request in, one typed reply out. */
#pragma once

#include "base/auto.h"
#include "base/clock.h"
#include "base/err.h"
#include "coid/coid.h"
#include "crypto/password.h"
#include "mobile/mobile.h"
#include "model/peer.h"
#include "model/reply.h"
#include "model/request.h"
#include "soap/soap.h"
#include "store/store.h"
#include "wsse/business.h"

#include <stdbool.h>

struct flows;

enum business_answer { BUSINESS_ANSWER_NO, BUSINESS_ANSWER_SAME, BUSINESS_ANSWER_ALWAYS };

/* What a sender's payloads must bear, and ours to it (req 0.29, 0.30); zero is «verified when it is
 * there, and nobody is its author». */
struct business {
    bool ignored;                /* a signature in the payload is left out and not looked at */
    bool demanded;               /* in every service … */
    const char *const *services; /* … or in these; NULL-terminated */
    struct author_rule author;
    enum business_answer answer;
};

/* A configured sender (req 0.16, 0.17, 0.31, 0.32); texts borrowed from the configuration. */
struct flow_sender {
    const char *sender_id;
    const char *password_hash; /* PHC; "" = no password demanded */
    const char *iin;           /* expected in the certificate; "" = not compared */
    const char *bin;
    const char *const *gateways;    /* names of pins that may speak for it; NULL-terminated */
    const char *const *service_ids; /* NULL-terminated */
    struct organisation organisation;
    struct business business;
    int64_t coid_daily_limit; /* comparisons a day; 0: none */
};

struct flow_params {
    const struct flow_sender *senders;
    size_t sender_count;
    const char *signing_service_id; /* EGOVMOBILE_QR_SIGN_SERVICE (req 0.02) */
    const char *coid_service_id;    /* COID_IDENTITY_SERVICE */
    int64_t message_window_ms;      /* messageDate may differ from now by this (24 h) */
    int64_t claim_lease_ms;         /* 35 s */
    int64_t claim_keep_ms;          /* 72 h */
    struct mobile *mobile;          /* borrowed, as all below */
    struct coid *coid;              /* NULL: ЦОИД is not offered */
    struct store *store;
    struct codec *codec;
    const struct wsse *wsse;
    const struct clock *clock;
};
/* Borrows params' texts and rooms: they must outlive the flows. */
MUST_USE enum status flows_new(const struct flow_params *params, struct flows **ret_flows,
                               struct err *err);
/* NULL is fine. */
void flows_free(struct flows *flows);
DEFINE_AUTO(struct flows, flows_free)

/**
 * Who wrote the payload, by the sender's rule: fills req->has_author, author and sign_answer. A
 * sender that may not call is left to flow_run(), which says so; nothing is fetched for it.
 * ST_AUTHOR_STALE, ST_AUTHOR_FORGED, ST_UNAVAILABLE, ST_NOMEM  as wsse_judge_author()
 */
MUST_USE enum status flow_author(struct flows *flows, const struct peer *peer,
                                 const struct verified *env, struct request *req, struct err *err);

/* A request that may wait for news before it runs: getSigningStatus with waitSeconds (flows.md
 * section 1). The server parks it, so that it holds no worker. */
struct flow_wait {
    struct session_watch seen; /* wait until the session is in another state, or one more signed */
    int64_t until_ms;          /* monotonic; well before the exchange's deadline */
};
/* False: run it at once, and so for whoever may not ask; flow_run() says why. */
bool flow_waits(struct flows *flows, const struct peer *peer, const struct request *req,
                struct flow_wait *ret_wait);
/**
 * Sender, service, window, claim, operation, kept answer. Business errors and failures of ours
 * become replies (SCSE002, SCSE003) here; what remains an error is a Fault: ST_SERVICE, ST_FORGED,
 * ST_STALE, ST_FORMAT, ST_AUTHOR_UNSIGNED.
 */
MUST_USE enum status flow_run(struct flows *flows, const struct peer *peer,
                              const struct request *req, struct reply **ret_reply, struct err *err);
/* What err maps to: a Fault, or SCSE003 when the request is known and the failure ours (req may be
 * NULL). now_ms: Unix. */
MUST_USE enum status flow_fault(const struct err *cause, const struct peer *peer,
                                const struct request *req, int64_t now_ms, struct reply **ret_reply,
                                struct err *err);
