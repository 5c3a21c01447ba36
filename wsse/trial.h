/* One judgement on its way: rows go into the report, the first refusal ends it. */
#pragma once

#include "crypto/report.h"
#include "crypto/trust.h"
#include "wsse/known.h"

#include <stdbool.h>

enum { TRIAL_MAX_HELPERS = 64 };

/* trial_clear() at its end. */
struct trial {
    const struct judge *judge;
    struct report *report;
    struct known *known; /* NULL: none are kept */
    enum status status;  /* what a refusal means when its row does not tell: ST_UNSIGNED, ST_NOMEM,
                           ST_FORMAT; ST_OK: the culprit's row tells */
    struct cert *helpers[TRIAL_MAX_HELPERS]; /* the document's, beside those of signers: untrusted,
                                                for paths; owned */
    unsigned helper_count;
    struct evidence *aside; /* of timestamps: it goes behind the signer's own; borrowed; NULL: none
                               is kept */
    size_t prefix_lookups;  /* spent on the signatures so far, see policy_prefixes() */
};

/* Records a failed row; always false, so that `return REFUSE(...)` reads in one line. */
#define REFUSE(trial, check, ...)                                                                  \
    (report_add((trial)->report, (check), OUTCOME_FAILED, __VA_ARGS__), false)

/* Nothing there to judge, or no memory to judge it: the row is of the format. */
bool trial_fail(struct trial *trial, enum status status, const char *text);

/* The algorithms allowed, enum algorithm bits. */
unsigned trial_algorithms(const struct trial *trial);

/* Takes cert; one too many is let go of, which no path can hurt. */
void trial_help(struct trial *trial, struct cert *cert);
void trial_clear(struct trial *trial);

/* The report's verdict, at the end. Whoever acts on a document asks the report, and lets some pass
 * that are not VALID: a judgement that ended early (is_whole is false) is marked there as failed,
 * should the step that ended it not have said so itself. */
enum verdict trial_verdict(struct trial *trial, bool is_whole);
