/* Whether an answer is ЦОИД's (req 2.16, 2.46–2.51), and the evidence of it. For src/coid only. */
#pragma once

#include "coid/ask.h"
#include "crypto/report.h"

/* An answer as it came, and what became of its judgement. */
struct finding {
    int http;                   /* status; filled by whoever asked */
    int64_t received_ms;        /* Unix */
    const char *jws;            /* x-jws-signature; "": none */
    const char *word;           /* valid, invalid, indeterminate, unsigned: for the journal */
    bool is_believed;           /* it may be read */
    const char *code;           /* answerUnsigned … when it is not */
    struct report *report;      /* owned; NULL: not signed */
    struct evidence *collected; /* owned: the certificate is in it */
};
void finding_free(struct finding *finding); /* frees what it holds */
/* jws NULL: the answer has none. The errand's reserve is for look-ups too. http is the caller's.
 * finding_free() in any case. */
MUST_USE enum status finding_make(const struct errand *errand, struct slice body, const char *jws,
                                  bool must_be_signed, struct finding *ret, struct err *err);
/* ST_UPSTREAM: why the answer is not believed. */
enum status finding_refuse(const struct finding *finding, struct err *err);

/* Keeps the answer with what is known of it; fills the proof. */
MUST_USE enum status proof_keep(const struct errand *errand, const struct question *question,
                                struct slice body, const struct finding *finding,
                                struct coid_proof *ret, struct err *err);
/* What kept evidence proves; texts are the arena's. */
MUST_USE enum status proof_read(const struct coid_evidence *evidence, struct arena *arena,
                                struct coid_proof *ret, struct err *err);
