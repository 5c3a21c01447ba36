/* What is done with a verification's answer, however it was come by. For src/coid only. */
#pragma once

#include "coid/ask.h"

/* The sender's own verification by its key as written; the errand is about it from now on.
 * ST_INPUT: code verificationUnknown. */
MUST_USE enum status verification_find(struct errand *errand, const struct coid_sender *sender,
                                       const char *key, struct coid_call *ret_call,
                                       struct err *err);
/* Reads a verified answer; it must be of the row's key and person. ST_UPSTREAM: answerInvalid. */
MUST_USE enum status verification_read(const struct errand *errand, const struct coid_call *call,
                                       const struct told *told, struct coid_answer *ret,
                                       struct err *err);
/* Ends the row with what was read, unless it is DONE; *call is as it is now. */
MUST_USE enum status verification_done(struct errand *errand, struct coid_call *call,
                                       struct coid_answer *answer, struct err *err);
/* Says the answer again from its evidence. ST_NOT_FOUND: none is kept; ST_UPSTREAM: what is kept
 * says nothing. */
MUST_USE enum status verification_again(struct errand *errand, const struct coid_call *call,
                                        struct coid_answer *ret, struct err *err);
/* The journal's line for a comparison whose answer had been lost. */
MUST_USE enum status verification_recovered(const struct errand *errand, struct err *err);
