#include "crypto/report_impl.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS_MAX = 512,
    SIGNERS_MAX = 32,
    DETAIL_MAX = 1024, /* bytes of one row's text */
    SHORT_MAX = 256,
    WHO_MAX = 32,
};

struct row {
    enum check check;
    enum outcome outcome;
    char *detail;                 /* owned */
    struct report_source *source; /* owned; NULL: none */
    size_t signature;             /* 1, 2 …: of which of several; 0: of the document */
};

struct entry {
    struct signer signer;
    bool is_own; /* it has rows of its own: one of several signatures */
    char who[WHO_MAX];
    char covers[SHORT_MAX];
    int64_t timestamp_ms;
};

struct report {
    struct row rows[ROWS_MAX];
    size_t row_count;
    bool lost; /* a row, a signer or a text did not find room */
    char algorithm[SHORT_MAX];
    char covers[SHORT_MAX];
    int64_t timestamp_ms;
    struct entry *signers; /* SIGNERS_MAX at most */
    size_t signer_count;
    struct entry *open; /* whose rows are being added; NULL: the document's */
    char reason[DETAIL_MAX + 32];
};

static const char *const verdicts[] = {
    [VERDICT_INVALID] = "invalid",
    [VERDICT_INDETERMINATE] = "indeterminate",
    [VERDICT_VALID] = "valid",
};

static const char *const checks[] = {
    [CHECK_FORMAT] = "format",
    [CHECK_ALGORITHM] = "algorithm",
    [CHECK_DIGEST] = "digest",
    [CHECK_SIGNATURE] = "signature",
    [CHECK_COVERAGE] = "coverage",
    [CHECK_PATH] = "path",
    [CHECK_DATES] = "dates",
    [CHECK_REVOCATION] = "revocation",
    [CHECK_KEY_USAGE] = "keyUsage",
    [CHECK_ROLE] = "role",
    [CHECK_OWNER] = "owner",
    [CHECK_TIMESTAMP] = "timestamp",
    [CHECK_COUNT_] = "",
};

static const char *const outcomes[] = {
    [OUTCOME_FAILED] = "failed",
    [OUTCOME_UNKNOWN] = "unknown",
    [OUTCOME_PASSED] = "ok",
    [OUTCOME_SKIPPED] = "skipped",
};

/* RFC 5280 section 4.2.1.3 */
static const struct {
    unsigned bit;
    const char *name;
} usages[] = {
    { USAGE_DIGITAL_SIGNATURE, "digitalSignature" },
    { USAGE_NON_REPUDIATION, "nonRepudiation" },
    { USAGE_KEY_ENCIPHERMENT, "keyEncipherment" },
    { USAGE_DATA_ENCIPHERMENT, "dataEncipherment" },
    { USAGE_KEY_AGREEMENT, "keyAgreement" },
    { USAGE_KEY_CERT_SIGN, "keyCertSign" },
    { USAGE_CRL_SIGN, "cRLSign" },
};

const char *key_usage_name(unsigned bit)
{
    for (size_t i = 0; i < sizeof(usages) / sizeof(usages[0]); i++)
        if (usages[i].bit == bit)
            return usages[i].name;
    return "";
}

struct report *report_new(void)
{
    return calloc(1, sizeof(struct report));
}

static void row_free(struct row *row)
{
    free(row->detail);
    free(row->source);
}

void report_free(struct report *report)
{
    if (!report)
        return;
    for (size_t i = 0; i < report->row_count; i++)
        row_free(&report->rows[i]);
    free(report->signers);
    free(report);
}

/* Keeps reason in step with the rows, so that reading a report changes nothing in it. */
static void renew_reason(struct report *report)
{
    report_part_reason(report, 0, report->reason, sizeof(report->reason));
    if (!report->reason[0] && report->lost)
        text_copy(report->reason, sizeof(report->reason), "report: a row was lost");
}

/* Takes row's source; a row that finds no room, or whose texts do not, is lost. */
__attribute__((format(printf, 4, 0))) static void add_row(struct report *report, struct row row,
                                                          bool whole, const char *fmt, va_list args)
{
    char detail[DETAIL_MAX] = "";
    size_t len = 0;

    if (report->open)
        row.signature = (size_t)(report->open - report->signers) + 1;
    if (report->open && report->open->who[0]) {
        (void)text_format(detail, sizeof(detail), "%s: ", report->open->who);
        len = strlen(detail);
    }
    (void)text_vformat(detail + len, sizeof(detail) - len, fmt, args);
    text_make_plain(detail);
    row.detail = whole && report->row_count < ROWS_MAX ? strdup(detail) : NULL;
    if (row.detail) {
        report->rows[report->row_count++] = row;
    } else {
        free(row.source);
        report->lost = true;
    }
    renew_reason(report);
}

static void lose(struct report *report)
{
    report->lost = true;
    renew_reason(report);
}

void report_add(struct report *report, enum check check, enum outcome outcome, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    add_row(report, (struct row){ .check = check, .outcome = outcome }, true, fmt, args);
    va_end(args);
}

void report_add_source(struct report *report, enum outcome outcome,
                       const struct report_source *source, const char *fmt, ...)
{
    struct row row = { .check = CHECK_REVOCATION,
                       .outcome = outcome,
                       .source = malloc(sizeof(*row.source)) };
    va_list args;

    if (row.source)
        *row.source = *source;
    va_start(args, fmt);
    add_row(report, row, row.source != NULL, fmt, args);
    va_end(args);
}

void report_add_row(struct report *report, const char *who, const struct report_row *row)
{
    if (row->source)
        report_add_source(report, row->outcome, row->source, "%s%s", who, row->detail);
    else
        report_add(report, row->check, row->outcome, "%s%s", who, row->detail);
}

void report_append(struct report *report, const struct report *from)
{
    for (size_t i = 0; i < from->row_count; i++) {
        const struct report_row row = report_row(from, i);
        report_add_row(report, "", &row);
    }
    if (from->lost)
        lose(report);
}

/* Of several signatures each may have its own. */
void report_set_algorithm(struct report *report, const char *name)
{
    const size_t len = strlen(report->algorithm);

    if (report->open && strstr(report->algorithm, name))
        return;
    if (report->open && len > 0)
        (void)text_format(report->algorithm + len, sizeof(report->algorithm) - len, ", %s", name);
    else
        text_copy(report->algorithm, sizeof(report->algorithm), name);
}

void report_set_covers(struct report *report, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    char *covers = report->open ? report->open->covers : report->covers;
    (void)text_vformat(covers, SHORT_MAX, fmt, args);
    text_make_plain(covers);
    va_end(args);
}

void report_set_timestamp(struct report *report, int64_t at_ms)
{
    report->timestamp_ms = at_ms;
    if (report->open)
        report->open->timestamp_ms = at_ms;
}

/* NULL: no room, which loses what would have stood there. */
static struct entry *new_entry(struct report *report)
{
    if (!report->signers)
        report->signers = calloc(SIGNERS_MAX, sizeof(*report->signers));
    if (report->signers && report->signer_count < SIGNERS_MAX)
        return &report->signers[report->signer_count++];
    lose(report);
    return NULL;
}

void report_add_signer(struct report *report, const struct signer *signer)
{
    struct entry *entry = report->open ? report->open : new_entry(report);

    if (entry)
        entry->signer = *signer;
}

void report_begin_signature(struct report *report, const char *who)
{
    report->open = new_entry(report);
    if (!report->open)
        return;
    report->open->is_own = true;
    text_copy(report->open->who, sizeof(report->open->who), who);
}

void report_end_signature(struct report *report)
{
    report->open = NULL;
}

static bool has(const struct report *report, size_t first, enum outcome outcome)
{
    for (size_t i = first; i < report->row_count; i++)
        if (report->rows[i].outcome == outcome)
            return true;
    return false;
}

enum verdict report_part_verdict(const struct report *report, size_t first)
{
    if (report->lost || report->row_count <= first || has(report, first, OUTCOME_FAILED))
        return VERDICT_INVALID;
    return has(report, first, OUTCOME_UNKNOWN) ? VERDICT_INDETERMINATE : VERDICT_VALID;
}

/* Passed, or unknown because a key is not here: with that the part's verdict is no yes. */
static bool is_checked(const struct row *row)
{
    return row->check == CHECK_SIGNATURE &&
           (row->outcome == OUTCOME_PASSED || row->outcome == OUTCOME_UNKNOWN);
}

/* signature: 0 for any. */
static bool signature_checked(const struct report *report, size_t signature)
{
    for (size_t i = 0; i < report->row_count; i++)
        if (is_checked(&report->rows[i]) &&
            (signature == 0 || report->rows[i].signature == signature))
            return true;
    return false;
}

/* One at least, and of several each. */
static bool signatures_checked(const struct report *report)
{
    for (size_t i = 0; i < report->signer_count; i++)
        if (report->signers[i].is_own && !signature_checked(report, i + 1))
            return false;
    return signature_checked(report, 0);
}

/* Nothing was found that could be judged: the format alone failed. */
static bool is_no_document(const struct report *report)
{
    bool format_failed = false;

    for (size_t i = 0; i < report->row_count; i++) {
        const struct row *row = &report->rows[i];
        if (row->outcome == OUTCOME_FAILED && row->check != CHECK_FORMAT)
            return false;
        if (row->outcome == OUTCOME_FAILED)
            format_failed = true;
    }
    return format_failed && !report->lost;
}

enum verdict report_verdict(const struct report *report)
{
    if (is_no_document(report))
        return VERDICT_INDETERMINATE;
    if (!signatures_checked(report))
        return VERDICT_INVALID;
    return report_part_verdict(report, 0);
}

/* INDETERMINATE is no yes by itself: a format failure is that too, and so is a missing key. */
static bool lacks_revocation_alone(const struct report *report)
{
    bool lacks = false;

    for (size_t i = 0; i < report->row_count; i++) {
        const struct row *row = &report->rows[i];
        if (row->outcome == OUTCOME_FAILED)
            return false;
        if (row->outcome != OUTCOME_UNKNOWN)
            continue;
        if (row->check != CHECK_REVOCATION)
            return false;
        lacks = true;
    }
    return lacks;
}

bool report_admits(const struct report *report, enum unknown policy)
{
    enum verdict verdict = report_verdict(report);

    if (verdict == VERDICT_VALID)
        return true;
    return policy == UNKNOWN_ACCEPT && verdict == VERDICT_INDETERMINATE &&
           lacks_revocation_alone(report);
}

void report_mark_admitted(struct report *report, const char *setting)
{
    report_add(report, CHECK_REVOCATION, OUTCOME_SKIPPED,
               "let through although it cannot be learnt: %s = accept", setting);
}

const char *verdict_name(enum verdict verdict)
{
    return verdicts[verdict];
}

static const struct row *culprit(const struct report *report, size_t first)
{
    static const enum outcome order[] = { OUTCOME_FAILED, OUTCOME_UNKNOWN };

    for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++)
        for (size_t i = first; i < report->row_count; i++)
            if (report->rows[i].outcome == order[k])
                return &report->rows[i];
    return NULL;
}

enum check report_culprit(const struct report *report)
{
    const struct row *row = culprit(report, 0);

    return row ? row->check : CHECK_COUNT_;
}

const char *check_name(enum check check)
{
    return checks[check];
}

const char *outcome_name(enum outcome outcome)
{
    return outcomes[outcome];
}

void report_part_reason(const struct report *report, size_t first, char *dst, size_t size)
{
    const struct row *row = culprit(report, first);

    dst[0] = '\0';
    if (row)
        text_format(dst, size, "%s: %s", checks[row->check], row->detail);
}

const char *report_reason(const struct report *report)
{
    if (report->reason[0] || report_verdict(report) == VERDICT_VALID)
        return report->reason;
    return "signature: nothing was verified";
}

size_t report_signer_count(const struct report *report)
{
    return report->signer_count;
}

const struct signer *report_signer(const struct report *report, size_t i)
{
    return &report->signers[i].signer;
}

static bool has_own(const struct report *report, size_t signature, enum outcome outcome)
{
    for (size_t i = 0; i < report->row_count; i++)
        if (report->rows[i].signature == signature && report->rows[i].outcome == outcome)
            return true;
    return false;
}

enum verdict report_signer_verdict(const struct report *report, size_t i)
{
    if (!report->signers[i].is_own)
        return report_verdict(report);
    if (report->lost || !signature_checked(report, i + 1) || has_own(report, i + 1, OUTCOME_FAILED))
        return VERDICT_INVALID;
    return has_own(report, i + 1, OUTCOME_UNKNOWN) ? VERDICT_INDETERMINATE : VERDICT_VALID;
}

const char *report_signer_covers(const struct report *report, size_t i)
{
    return report->signers[i].is_own ? report->signers[i].covers : report->covers;
}

int64_t report_signer_timestamp(const struct report *report, size_t i)
{
    return report->signers[i].is_own ? report->signers[i].timestamp_ms : report->timestamp_ms;
}

const char *report_algorithm(const struct report *report)
{
    return report->algorithm;
}

const char *report_covers(const struct report *report)
{
    return report->covers;
}

int64_t report_timestamp(const struct report *report)
{
    return report->timestamp_ms;
}

size_t report_row_count(const struct report *report)
{
    return report->row_count;
}

struct report_row report_row(const struct report *report, size_t i)
{
    const struct row *row = &report->rows[i];

    return (struct report_row){ row->check, row->outcome, row->detail, row->source,
                                row->signature };
}
