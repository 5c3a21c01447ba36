/* A document judged again by the sealed evidence of its session: as of its acceptance, without the
 * network (req 0.23). */
#pragma once

#include "base/auto.h"
#include "crypto/trust.h"
#include "wsse/evidence.h"

struct again;

/**
 * Judges the seal of the evidence in the file with judge's trust at judge->now_ms, as a row of the
 * report, and takes out of it what is kept of the document, which is borrowed for the call. A row
 * fails when none of the evidence's documents has these bytes, signed or issued.
 * ST_INPUT, ST_NOT_FOUND: the file; ST_FORMAT: not such evidence. *ret_again is the caller's.
 */
MUST_USE enum status again_open(const char *path, const struct judge *judge,
                                const struct kept_document *document, struct again **ret_again,
                                struct report *report, struct err *err);
/* NULL is fine. */
void again_free(struct again *again);
DEFINE_AUTO(struct again, again_free)
/* The judge as of the acceptance, with certificates and answers of the evidence, borrowed; where it
 * says nothing of revocation, by those answers. */
void again_apply(const struct again *again, struct judge *judge);
/* After the judgement: a document found by its content alone must be signed by a certificate of the
 * evidence; else a row fails. */
void again_check_signer(const struct again *again, struct report *report);
