/* What the tests of flow share: fakes of store, mobile, coid, soap, wsse and passwords, senders of
 * every kind, and one request at a time. */
#pragma once

#include "support/cmocka.h"

#include "flow/internal.h"

#define DAY_MS INT64_C(86400000)
#define NOW_MS INT64_C(1795338187000) /* 2026-11-22T09:03:07Z */

/* What the fakes say, and what was asked of them. */
struct fake {
    enum claim_state claims[4]; /* what store_claim() says, call by call */
    int claim_calls;
    enum status claim_fails, keep_fails, operation_fails;
    const char *operation_code;
    char kept[256];
    int kept_times, released, ran, asked; /* ran: mobile's; asked: coid's */
    bool coid_is_away;
    enum status author_fails; /* what wsse_judge_author() says */
    struct author_rule rule;  /* it was asked by */
    int judged;
};
extern struct fake fake;

#define MAKER "0193a000-0000-7000-8000-00000000000f" /* whose kept answer it is */

/* "ekzamen" may call both services, password "secret"; "person" by its IIN, "gated" by its gateway
 * alone; the others differ in what becomes of business signatures. */
enum { SENDERS = 7 };
extern const struct flow_sender senders[SENDERS];

/* getSigningStatus, message m1, from an information system. */
struct request request_of(const char *sender, const char *password);
/* flow_author() and flow_run() of a room of its own, at NOW_MS. */
enum status run(struct request *req, struct reply **ret_reply, struct err *err);
