#include "crypto/cms.h"

#include "base/text.h"
#include "crypto/der.h"
#include "crypto/encode.h"
#include "crypto/signed_data.h"
#include "crypto/trust_impl.h"
#include "crypto/tsp.h"

enum { WHO_MAX = 32 };

/* What the judgement of one signer of a document works on. */
struct signer_job {
    const struct judge *judge; /* of the document, with the certificates that came in it */
    struct signed_data *data;
    CMS_SignerInfo *info;
    char who[WHO_MAX];
    struct report *report;
};

static void add_rows(struct report *to, const char *who, const struct report *from)
{
    for (size_t i = 0; i < report_row_count(from); i++) {
        struct report_row row = report_row(from, i);
        report_add_row(to, who, &row);
    }
}

static void tell_no_token(const struct signer_job *job)
{
    enum outcome outcome = job->judge->timestamp_required && !job->judge->signature_only
                               ? OUTCOME_FAILED
                               : OUTCOME_SKIPPED;
    char when[TIME_TEXT] = "";
    int64_t claimed_ms;

    if (signed_data_time(job->info, &claimed_ms))
        detail_time(claimed_ms, when);
    report_add(job->report, CHECK_TIMESTAMP, outcome, "%sno timestamp token%s%s", job->who,
               when[0] ? "; the signer claims " : "", when);
}

static void tell_token(const struct signer_job *job, const struct report *stamp)
{
    if (!job->judge->signature_only) {
        add_rows(job->report, job->who, stamp);
        return;
    }
    /* Left out of the verdict, but told. */
    if (report_row_count(stamp) > 0)
        report_add(job->report, CHECK_TIMESTAMP, OUTCOME_SKIPPED, "%snot asked for: %s", job->who,
                   report_row(stamp, 0).detail);
}

/* Signer's trust at the timestamp's time when there is a valid one, at the judgement's otherwise.
 */
static void judge_time_and_trust(const struct signer_job *job, const struct judge *judge,
                                 const struct cert *cert)
{
    AUTO(report_free) struct report *stamp = report_new();
    AUTO(evidence_free) struct evidence *of_stamp = judge->evidence ? evidence_new() : NULL;
    struct slice token;
    int64_t at_ms = judge->now_ms;
    bool has_token = signed_data_token(job->info, &token);

    if (!stamp || (judge->evidence && !of_stamp)) {
        report_add(job->report, CHECK_TIMESTAMP, OUTCOME_FAILED, "%sout of memory", job->who);
        return;
    }
    if (has_token) {
        struct judge apart = *judge;
        int64_t stamped_ms;
        apart.evidence = of_stamp; /* it goes behind the signer's own */
        struct slice value = asn1_slice(CMS_SignerInfo_get0_signature(job->info));
        if (tsp_judge(&apart, token, value, stamp, &stamped_ms) != VERDICT_INVALID) {
            report_set_timestamp(job->report, stamped_ms);
            at_ms = judge->signature_only ? at_ms : stamped_ms;
        }
    }
    (void)!trust_judge_at(judge, cert, at_ms, job->who, job->report);
    if (!has_token) {
        tell_no_token(job);
        return;
    }
    tell_token(job, stamp);
    evidence_add(judge->evidence, EVIDENCE_TSP, token);
    evidence_append(judge->evidence, of_stamp);
}

static void judge_one(const struct signer_job *job)
{
    const struct signer_rules rules = { .judge = job->judge, .who = job->who };
    const struct scheme *scheme = NULL;
    const struct cert *cert = signed_data_judge(job->data, job->info, &rules, job->report, &scheme);

    if (!cert)
        return;
    report_add_signer(job->report, cert_signer(cert));
    if (scheme) {
        report_set_algorithm(job->report, scheme->name);
        if (job->who[0])
            report_set_covers(job->report, "the content, %zu bytes", job->data->content.len);
    }
    struct judge judge = *job->judge;
    sha256(asn1_slice(CMS_SignerInfo_get0_signature(job->info)), judge.signature_sha256);
    judge_time_and_trust(job, &judge, cert);
}

/* Decides what the signatures are over. false: there is nothing, or two different things. */
static bool settle_content(struct signed_data *data, struct slice detached, struct report *report)
{
    if (!detached.at) {
        if (!data->has_content) {
            report_add(report, CHECK_FORMAT, OUTCOME_FAILED,
                       "a detached signature, and its content is not given");
            return false;
        }
        report_set_covers(report, "the content inside, %zu bytes", data->content.len);
        return true;
    }
    if (data->has_content && !slice_eq(data->content, detached)) {
        report_add(report, CHECK_DIGEST, OUTCOME_FAILED,
                   "the content inside the CMS is not the one that is given");
        return false;
    }
    data->content = detached;
    report_set_covers(report, "the given content, %zu bytes", detached.len);
    return true;
}

static void judge_signers(const struct judge *judge, struct signed_data *data,
                          struct report *report)
{
    size_t signers = signed_data_signer_count(data);

    report_add(report, CHECK_FORMAT, OUTCOME_PASSED,
               "CMS SignedData, %zu signer%s, %zu certificate%s", signers, signers == 1 ? "" : "s",
               data->cert_count, data->cert_count == 1 ? "" : "s");
    for (size_t i = 0; i < signers; i++) {
        struct signer_job job = {
            .judge = judge, .data = data, .info = signed_data_signer(data, i), .report = report
        };
        if (signers > 1) {
            text_format(job.who, sizeof(job.who), "signer %zu: ", i + 1);
            report_begin_signature(report, "");
        }
        judge_one(&job);
    }
    report_end_signature(report);
}

/* The certificates of the message help to build the paths of its signers. */
static void judge_with_certs(const struct judge *judge, struct signed_data *data,
                             struct report *report)
{
    struct judge with_certs = *judge;
    AUTO_FREE const struct cert **certs = signed_data_extra(data, judge, &with_certs.extra_count);

    if (!certs) {
        report_add(report, CHECK_FORMAT, OUTCOME_FAILED, "out of memory");
        return;
    }
    with_certs.extra = certs;
    judge_signers(&with_certs, data, report);
}

static void judge_opened(const struct judge *judge, struct signed_data *data, struct slice detached,
                         struct report *report, struct bytes **ret_content)
{
    if (!settle_content(data, detached, report))
        return;
    if (ret_content && !detached.at) {
        struct bytes *copy = bytes_dup(data->content);
        if (!copy) {
            report_add(report, CHECK_FORMAT, OUTCOME_FAILED, "out of memory");
            return;
        }
        *ret_content = copy;
    }
    judge_with_certs(judge, data, report);
}

enum verdict cms_judge(const struct judge *judge, struct slice data, struct slice detached,
                       struct report *report, struct bytes **ret_content)
{
    AUTO(bytes_free) struct bytes *der = NULL;
    struct signed_data opened = { 0 };
    struct err err;

    if (armour_one(data, "CMS", &der, &err) != ST_OK ||
        signed_data_open(bytes_slice(der), &opened, &err) != ST_OK)
        report_add(report, CHECK_FORMAT, OUTCOME_FAILED, "%s", err.text);
    else
        judge_opened(judge, &opened, detached, report, ret_content);
    signed_data_clear(&opened);
    return report_verdict(report);
}

/* OpenSSL writes DER, with the attributes in the order over which it verified the signature. */
static enum status write_detached(struct signed_data *opened, struct bytes **ret_der,
                                  struct err *err)
{
    if (CMS_set_detached(opened->cms, 1) != 1)
        return ossl_raise(err, ST_FORMAT, "CMS content");
    return signed_data_der(opened->cms, ret_der, err);
}

enum status cms_detach(struct slice data, struct bytes **ret_der, struct err *err)
{
    AUTO(bytes_free) struct bytes *der = NULL;
    struct signed_data opened = { 0 };

    TRY(armour_one(data, "CMS", &der, err));
    enum status status = signed_data_open(bytes_slice(der), &opened, err);
    if (status == ST_OK)
        status = write_detached(&opened, ret_der, err);
    signed_data_clear(&opened);
    return status;
}

enum status cms_signing_time(struct slice data, int64_t *ret_ms, struct err *err)
{
    AUTO(bytes_free) struct bytes *der = NULL;
    struct signed_data opened = { 0 };

    TRY(armour_one(data, "CMS", &der, err));
    enum status status = signed_data_open(bytes_slice(der), &opened, err);
    if (status == ST_OK && !signed_data_time(signed_data_signer(&opened, 0), ret_ms))
        status = RAISE(err, ST_FORMAT, "the CMS does not say when it was signed");
    signed_data_clear(&opened);
    return status;
}
