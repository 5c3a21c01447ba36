/* A verdict and the report of every check that led to it (architecture.md section 2 «Verdicts»). */
#pragma once

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "model/signer.h"

#include <stdbool.h>
#include <stddef.h>

/* Zero is the refusal: a forgotten assignment fails closed. Only VERDICT_VALID is a yes. */
enum verdict { VERDICT_INVALID = 0, VERDICT_INDETERMINATE, VERDICT_VALID };

/* In the order in which they are judged and printed. */
enum check {
    CHECK_FORMAT,     /* it is a signed document of the profile */
    CHECK_ALGORITHM,  /* allowed by the profile's list */
    CHECK_DIGEST,     /* the signed digest is that of the content */
    CHECK_SIGNATURE,  /* the signature value belongs to the certificate's key */
    CHECK_COVERAGE,   /* what is signed is what will be used */
    CHECK_PATH,       /* certificate path to a trusted root */
    CHECK_DATES,      /* notBefore, notAfter at the time of judgement, Astana's clock */
    CHECK_REVOCATION, /* not revoked, by whom and when it was said */
    CHECK_KEY_USAGE,  /* by purpose (req 0.26, 0.27) */
    CHECK_ROLE,       /* policy and EKU role */
    CHECK_OWNER,      /* IIN and BIN are those expected */
    CHECK_TIMESTAMP,  /* RFC 3161 token over the signature */
    CHECK_COUNT_,
};

enum outcome { OUTCOME_FAILED = 0, OUTCOME_UNKNOWN, OUTCOME_PASSED, OUTCOME_SKIPPED };

struct report;

/* NULL when out of memory. Caller's: report_free(). */
struct report *report_new(void);
/* NULL is fine. */
void report_free(struct report *report);
DEFINE_AUTO(struct report, report_free)

/* Records one check (many of one kind may be recorded: a row per certificate of the path, per
 * signer). At most 512 rows; a row that is lost makes the report INVALID. */
void report_add(struct report *report, enum check check, enum outcome outcome, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* What a word on revocation rests on: the source, its time, its own signature. */
struct report_source {
    char kind[16];         /* ocsp · receipt: an answer kept for this signature · crl */
    char signed_by[256];   /* common name of the responder or of the list's issuer */
    char algorithm[32];    /* of its signature */
    char number[56];       /* of a list; "" of an answer */
    char delta_number[56]; /* "": none is used */
    int64_t at_ms;         /* thisUpdate */
    int64_t until_ms;      /* nextUpdate; 0: the source names none */
};
/* A row of CHECK_REVOCATION with its source, copied. */
void report_add_source(struct report *report, enum outcome outcome,
                       const struct report_source *source, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void report_set_algorithm(struct report *report, const char *name);
void report_set_covers(struct report *report, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void report_set_timestamp(struct report *report, int64_t at_ms);
/* At most 32. Between report_begin_signature() and report_end_signature(): who made that one;
 * else a signer for whom the verdict, what is covered and the time are the document's. */
void report_add_signer(struct report *report, const struct signer *signer);

/**
 * One of several signatures in the document: until the next one begins, or report_end_signature(),
 * the rows are of it, and so are signer, covers and timestamp; `who` ("signature 2") is put in
 * front of each row, but "" where the rows say it themselves. It counts as a signer from now on,
 * whoever that is: at most 32.
 */
void report_begin_signature(struct report *report, const char *who);
void report_end_signature(struct report *report);
/* The rows of a report of its own, as if they were added here one by one. */
void report_append(struct report *report, const struct report *from);

/* INVALID when any row failed, no signature was checked, or one of several was not; else
 * INDETERMINATE when any row is unknown; else VALID. A format failure alone is INDETERMINATE:
 * nothing there to judge. */
enum verdict report_verdict(const struct report *report);

/* What becomes of a document of which all is in order but revocation that cannot be learnt: a
 * setting for each purpose. Zero refuses. */
enum unknown { UNKNOWN_REFUSE = 0, UNKNOWN_ACCEPT };
/**
 * The one decision whether a document is acted upon: VALID, or INDETERMINATE for want of nothing
 * but revocations where the policy accepts that. The verdict stays what it is; whoever acts on one
 * that is not VALID tells the journal, and marks the report.
 */
bool report_admits(const struct report *report, enum unknown policy);
/* Adds the row that says so: a skipped revocation row that names the setting. */
void report_mark_admitted(struct report *report, const char *setting);
const char *verdict_name(enum verdict verdict); /* valid, invalid, indeterminate */
/* The first failed row, else the first unknown one; CHECK_COUNT_ when there is none. */
enum check report_culprit(const struct report *report);
const char *
check_name(enum check check); /* format, algorithm, … keyUsage, role, owner, timestamp */
/* digitalSignature, nonRepudiation …: of one bit of enum key_usage; "" for none. */
const char *key_usage_name(unsigned bit);
const char *outcome_name(enum outcome outcome); /* failed, unknown, ok, skipped */
/* One line: "signature: …" of the culprit; "" when valid. Borrowed. */
const char *report_reason(const struct report *report);
size_t report_signer_count(const struct report *report);
/* Borrowed; of several signatures one that does not stand may have an empty one. */
const struct signer *report_signer(const struct report *report, size_t i);
/* Of this signature alone; VALID only when all of its own rows are. */
enum verdict report_signer_verdict(const struct report *report, size_t i);
/* What it covers, "" when that was not settled; borrowed. */
const char *report_signer_covers(const struct report *report, size_t i);
int64_t report_signer_timestamp(const struct report *report, size_t i); /* 0: none */
int64_t report_timestamp(const struct report *report);                  /* 0 when there is none */
const char *report_algorithm(const struct report *report);              /* "" when none was set */
const char *report_covers(const struct report *report);                 /* likewise */

struct report_row {
    enum check check;
    enum outcome outcome;
    const char *detail;                 /* borrowed */
    const struct report_source *source; /* borrowed; NULL: none */
    size_t
        signature; /* 1, 2 …: of which of several signatures; 0: of the document, or of its one */
};
size_t report_row_count(const struct report *report);
struct report_row report_row(const struct report *report, size_t i);

/* {"valid":…,"verdict":…,…} of architecture.md section 4. */
MUST_USE enum status report_json(const struct report *report, struct bytes **ret_json,
                                 struct err *err);
