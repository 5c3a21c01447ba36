/* The steps of an OCSP answer's judgement, for the files of this room. */
#pragma once

#include "crypto/ocsp.h"
#include "crypto/ossl.h"

#include <openssl/ocsp.h>

/* NULL: not an answer that holds anything; ret->text tells why. The caller's. */
OCSP_BASICRESP *ocsp_open_response(struct slice der, struct ocsp_answer *ret);
/* The signature and the responder's authority from query->issuer; false: ret->text. */
bool ocsp_judge_signature(const struct ocsp_query *query, OCSP_BASICRESP *basic,
                          struct ocsp_answer *ret);
/* thisUpdate and nextUpdate at query->now_ms; false: ret->text. Fills ret->this_update_ms. */
bool ocsp_judge_single_times(const struct ocsp_query *query, OCSP_SINGLERESP *single,
                             struct ocsp_answer *ret);
/* Fills state, revoked_ms and text by what the responder says. */
void ocsp_tell_state(OCSP_SINGLERESP *single, struct ocsp_answer *ret);
