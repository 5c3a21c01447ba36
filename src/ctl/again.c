#include "ctl/again.h"

#include "sandbox/file.h"
#include "wsse/xades.h"

#include <stdlib.h>
#include <string.h>

enum { EVIDENCE_MAX = 64 * 1024 * 1024, DEPTH_MAX = 16, ITEMS_MAX = 64 };

struct again {
    struct kept_evidence kept;
    struct cert *certs[ITEMS_MAX]; /* owned */
    size_t cert_count;
    struct slice ocsp[ITEMS_MAX]; /* borrowed from kept */
    size_t ocsp_count;
};

static const struct xml_limits limits = { EVIDENCE_MAX, DEPTH_MAX };

/* The seal is ours, of a key that signs answers; its own revocation is not asked. */
static void judge_seal(const struct judge *judge, struct slice xml, struct report *report)
{
    static const enum outcome outcomes[] = {
        [VERDICT_INVALID] = OUTCOME_FAILED,
        [VERDICT_INDETERMINATE] = OUTCOME_UNKNOWN,
        [VERDICT_VALID] = OUTCOME_PASSED,
    };
    AUTO(report_free) struct report *seal = report_new();
    const struct judge sealed = { .trust = judge->trust,
                                  .now_ms = judge->now_ms,
                                  .purpose = PURPOSE_TRANSPORT,
                                  .algorithms = judge->algorithms,
                                  .pins = judge->pins,
                                  .pin_count = judge->pin_count,
                                  .skew_ms = judge->skew_ms };
    enum verdict verdict = seal ? xades_judge(&sealed, xml, &limits, seal) : VERDICT_INVALID;

    report_add(report, CHECK_COVERAGE, outcomes[verdict], "the evidence's seal: %s%s%s%s",
               verdict_name(verdict), verdict == VERDICT_VALID ? ", of " : " because of ",
               verdict == VERDICT_VALID ? report_signer(seal, 0)->common_name : "",
               verdict == VERDICT_VALID ? ""
               : seal                   ? report_reason(seal)
                                        : "out of memory");
}

static enum status take_item(struct again *again, enum evidence_kind kind, struct slice data,
                             struct err *err)
{
    if (kind == EVIDENCE_CERTIFICATE && again->cert_count < ITEMS_MAX) {
        TRY(cert_parse(data, &again->certs[again->cert_count], err));
        again->cert_count++;
    }
    if (kind == EVIDENCE_OCSP && again->ocsp_count < ITEMS_MAX)
        again->ocsp[again->ocsp_count++] = data;
    return ST_OK;
}

static enum status read_evidence(struct again *again, struct slice xml,
                                 const struct kept_document *document, struct report *report,
                                 struct err *err)
{
    enum status status = kept_evidence_read(xml, &limits, document, &again->kept, err);

    if (status == ST_NOT_FOUND) {
        report_add(report, CHECK_COVERAGE, OUTCOME_FAILED, "%s", err->text);
        return ST_OK;
    }
    TRY(status);
    const struct evidence *evidence = again->kept.evidence;
    for (size_t i = 0; i < evidence_count(evidence); i++)
        TRY(take_item(again, evidence_kind(evidence, i), evidence_data(evidence, i), err));
    return ST_OK;
}

enum status again_open(const char *path, const struct judge *judge,
                       const struct kept_document *document, struct again **ret_again,
                       struct report *report, struct err *err)
{
    AUTO(again_free) struct again *again = calloc(1, sizeof(*again));
    AUTO(bytes_free) struct bytes *xml = NULL;

    if (!again)
        return RAISE(err, ST_NOMEM, "out of memory");
    TRY(file_read(path, EVIDENCE_MAX, &xml, err));
    judge_seal(judge, bytes_slice(xml), report);
    TRY(read_evidence(again, bytes_slice(xml), document, report, err));
    *ret_again = TAKE(again);
    return ST_OK;
}

void again_free(struct again *again)
{
    if (!again)
        return;
    for (size_t i = 0; i < again->cert_count; i++)
        cert_free(again->certs[i]);
    evidence_free(again->kept.evidence);
    free(again);
}

void again_apply(const struct again *again, struct judge *judge)
{
    if (!again->kept.evidence)
        return;
    judge->now_ms = again->kept.accepted_ms;
    judge->extra = (const struct cert *const *)again->certs;
    judge->extra_count = again->cert_count;
    if (again->ocsp_count == 0)
        return;
    judge->ocsp = again->ocsp;
    judge->ocsp_count = again->ocsp_count;
    judge->ocsp_is_kept = true;
    if (judge->revocation == REVOCATION_OFF)
        judge->revocation = REVOCATION_OCSP;
}

static bool holds(const struct again *again, const struct signer *signer)
{
    for (size_t i = 0; i < again->cert_count; i++)
        if (memcmp(cert_signer(again->certs[i])->sha256, signer->sha256, sizeof(signer->sha256)) ==
            0)
            return true;
    return false;
}

void again_check_signer(const struct again *again, struct report *report)
{
    if (!again->kept.evidence || !again->kept.is_of_issued)
        return;
    for (size_t i = 0; i < report_signer_count(report); i++)
        if (!holds(again, report_signer(report, i)))
            report_add(report, CHECK_COVERAGE, OUTCOME_FAILED,
                       "the evidence is of this document, but not of this signer");
}
