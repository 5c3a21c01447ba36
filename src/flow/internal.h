/* What the files of flow share. Only for src/flow and its tests. */
#pragma once

#include "flow/flow.h"

/* What is known of a sender when its request has passed: who, and as what it may act. */
MUST_USE enum status sender_check(struct flows *flows, const struct request *req,
                                  const struct flow_sender **ret_sender, struct err *err);
/* All that is asked of a request before its claim: sender_check(), a business signature where one
 * is demanded, message_date_check(). */
MUST_USE enum status request_check(struct flows *flows, const struct request *req, int64_t now_ms,
                                   const struct flow_sender **ret_sender, struct err *err);
/* ST_AUTHOR_UNSIGNED: the sender owes a business signature here, and flow_author() found none. */
MUST_USE enum status author_check(const struct flow_sender *sender, const struct request *req,
                                  struct err *err);
/* messageDate within the window around now (architecture.md section 5). */
MUST_USE enum status message_date_check(const struct request *req, int64_t now_ms,
                                        int64_t window_ms, struct err *err);

bool in_list(const char *const *list, const char *word); /* NULL-terminated, or NULL */

/* A response without answer yet: SCSS001, ids filled in. NULL when out of memory. */
struct reply *reply_new(const struct peer *peer, const struct request *req, int64_t now_ms);
/* Turns the reply into SCSE002 or SCSE003 with the detail that err carries. */
MUST_USE enum status reply_set_error(struct reply *reply, const struct err *cause, struct err *err);
/* The message that goes with the code of an answer that is given again. */
void reply_set_message(struct reply *reply);
/* True for what leaves as a SOAP Fault (payloads.md section 3). */
bool is_fault(enum status status);

/* Is this the id of that service, and is it offered here? */
bool service_is(const struct flows *flows, const char *service_id, enum service_kind kind);

/* Who asks what, once it may be asked. Borrowed. */
struct asking {
    const struct peer *peer;
    const struct flow_sender *sender;
    const struct request *req;
};
/* Runs the operation, mobile's or coid's, and fills the reply's answer. ST_INPUT, code
 * unknownOperation: it is none, or of another service than serviceId says. */
MUST_USE enum status operation_run(struct flows *flows, const struct asking *asking,
                                   struct reply *reply, struct err *err);

struct flows {
    struct flow_params params;   /* texts and rooms borrowed */
    struct passwords *passwords; /* owned */
};
