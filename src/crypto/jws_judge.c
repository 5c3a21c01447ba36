/* The judgement of a JWS: its body, the certificate of its kid, the signature, the signer. */
#include "crypto/bare.h"
#include "crypto/encode.h"
#include "crypto/jws_impl.h"
#include "crypto/ossl.h"

#include <openssl/err.h>

struct job {
    const struct judge *judge;
    const struct jws_params *params;
    const struct jws *jws;
    const struct jws_alg *alg;
    struct slice body;
    struct bytes *input;    /* what is signed; NULL: the body itself */
    struct bytes *reversed; /* the signature */
    struct jws_found found; /* by look-up */
    struct report *report;
};

static void job_clear(struct job *job)
{
    bytes_free(job->input);
    bytes_free(job->reversed);
    jws_found_clear(&job->found);
}

/* A body inside and one beside it must be the same. */
static bool settle_body(struct job *job)
{
    struct slice inside;

    if (!jws_payload(job->jws, &inside)) {
        if (job->body.at)
            return true;
        report_add(job->report, CHECK_FORMAT, OUTCOME_FAILED,
                   "a detached JWS, and its body is not given");
        return false;
    }
    if (job->body.at && !slice_eq(job->body, inside)) {
        report_add(job->report, CHECK_DIGEST, OUTCOME_FAILED,
                   "the payload inside the JWS is not the body that is given");
        return false;
    }
    job->body = inside;
    return true;
}

static bool prepare(struct job *job)
{
    struct err err;

    job->reversed = jws_reversed(jws_signature(job->jws));
    if (job->reversed && (job->params->input == JWS_INPUT_BODY ||
                          jws_input_of(job->jws, job->body, &job->input, &err) == ST_OK))
        return true;
    report_add(job->report, CHECK_FORMAT, OUTCOME_FAILED, "out of memory");
    return false;
}

/* The order that verifies; NULL: neither. */
static const char *verifies(const struct job *job, const struct cert *cert)
{
    struct slice data = job->input ? bytes_slice(job->input) : job->body;
    struct judge judge = *job->judge;
    const struct scheme *scheme = NULL;

    judge.algorithms = job->alg->algorithms;
    if (bare_verify(&judge, cert, data, jws_signature(job->jws), &scheme))
        return "the algorithm's own order";
    if (bare_verify(&judge, cert, data, bytes_slice(job->reversed), &scheme))
        return "reversed order";
    return NULL;
}

/* Of the certificates with the kid: one that verifies, else the last one. */
static const struct cert *choose(const struct job *job, const struct cert *const *certs,
                                 size_t count, const struct cert *best)
{
    for (size_t i = 0; i < count; i++) {
        if (!jws_kid_is(jws_kid(job->jws), certs[i]))
            continue;
        best = certs[i];
        if (verifies(job, best))
            break;
    }
    return best;
}

/* Asks the look-up; NULL: it has none of the kid, or it is away. */
static const struct cert *look_up(struct job *job, struct err *err)
{
    enum { PATIENCE_MS = 25 * 1000 };
    const struct jws_lookup *lookup = job->params->lookup;
    int64_t deadline_ms = job->judge->deadline_ms;
    const struct jws_want want = {
        .kid = jws_kid(job->jws),
        .iss = jws_iss(job->jws),
        .deadline_ms = deadline_ms ? deadline_ms : clock_monotonic_ms() + PATIENCE_MS,
    };
    enum status status = ST_NOT_FOUND;

    if (lookup && lookup->find)
        status = lookup->find(lookup->ctx, &want, &job->found, err);
    if (status == ST_NOT_FOUND)
        err->text[0] = '\0'; /* «not known» says it all */
    return choose(job, (const struct cert *const *)job->found.certs, job->found.count, NULL);
}

/* NULL: there is none; the row says why. */
static const struct cert *find_cert(struct job *job)
{
    const struct judge *judge = job->judge;
    const struct cert *cert = choose(job, judge->pins, judge->pin_count, NULL);
    struct slice kid = jws_kid(job->jws);
    struct err err = { 0 };

    if (!cert || !verifies(job, cert))
        cert = choose(job, judge->extra, judge->extra_count, cert);
    if (!cert)
        cert = look_up(job, &err);
    if (!cert)
        report_add(job->report, CHECK_SIGNATURE, OUTCOME_UNKNOWN,
                   "the certificate of kid %.*s is not known%s%s", (int)kid.len, kid.at,
                   *err.text ? ": " : "", err.text);
    return cert;
}

static bool judge_algorithm(const struct job *job, const struct cert *cert)
{
    struct judge judge = *job->judge;
    unsigned allowed = judge.algorithms ? judge.algorithms : (unsigned)ALG_DEFAULT;

    if (!(cert_algorithm(cert) & job->alg->algorithms)) {
        report_add(job->report, CHECK_ALGORITHM, OUTCOME_FAILED,
                   "alg %s, but the certificate's key is %s", job->alg->name,
                   algorithm_name(cert_algorithm(cert)));
        return false;
    }
    judge.algorithms = allowed;
    return bare_judge_algorithm(&judge, cert, job->report) != NULL;
}

static void judge_signature(const struct job *job, const struct cert *cert)
{
    ERR_clear_error();
    const char *order = verifies(job, cert);
    bool starved = ossl_clear();
    const char *over = job->input ? "header and body (RFC 7515)" : "the body";

    if (!order && starved) {
        report_add(job->report, CHECK_SIGNATURE, OUTCOME_UNKNOWN, "out of memory");
        return;
    }
    if (!order) {
        report_add(job->report, CHECK_SIGNATURE, OUTCOME_FAILED,
                   "the signature value is not of the certificate's key over %s", over);
        return;
    }
    report_set_covers(job->report, "%s, %zu bytes", over, job->body.len);
    report_add(job->report, CHECK_SIGNATURE, OUTCOME_PASSED, "%s, by %s, serial %s", order,
               cert_label(cert), cert_signer(cert)->serial);
    report_add(job->report, CHECK_COVERAGE, OUTCOME_PASSED, "the whole body, %zu bytes%s",
               job->body.len, job->input ? ", and the header" : "; the header is not signed");
}

static void judge_signer(const struct job *job, const struct cert *cert)
{
    struct judge judge = *job->judge;

    report_add_signer(job->report, cert_signer(cert));
    report_set_algorithm(job->report, algorithm_name(cert_algorithm(cert)));
    if (!judge_algorithm(job, cert))
        return;
    report_add(job->report, CHECK_DIGEST, OUTCOME_SKIPPED,
               "none beside it: the signature is over the bytes themselves");
    judge_signature(job, cert);
    sha256(jws_signature(job->jws), judge.signature_sha256);
    (void)!trust_judge(&judge, cert, job->report);
}

static void judge_jws(struct job *job)
{
    struct slice name = jws_alg(job->jws);
    struct slice iss = jws_iss(job->jws);

    report_add(job->report, CHECK_FORMAT, OUTCOME_PASSED, "JWS, kid %.*s%s%.*s",
               (int)jws_kid(job->jws).len, jws_kid(job->jws).at, iss.len ? ", iss " : "",
               (int)iss.len, iss.at);
    job->alg = jws_alg_named(name);
    if (!job->alg) {
        report_add(job->report, CHECK_ALGORITHM, OUTCOME_FAILED,
                   "alg «%.*s» is neither ECGOST34310 nor GOST3410-2015-512", (int)name.len,
                   name.at);
        return;
    }
    if (!settle_body(job) || !prepare(job))
        return;
    const struct cert *cert = find_cert(job);
    if (cert)
        judge_signer(job, cert);
}

enum verdict jws_judge(const struct judge *judge, struct slice text, struct slice body,
                       const struct jws_params *params, struct report *report)
{
    AUTO(jws_free) struct jws *jws = NULL;
    struct err err;

    if (jws_parse(text, &jws, &err) != ST_OK) {
        report_add(report, CHECK_FORMAT, OUTCOME_FAILED, "%s", err.text);
        return report_verdict(report);
    }
    struct job job = {
        .judge = judge, .params = params, .jws = jws, .body = body, .report = report
    };
    judge_jws(&job);
    job_clear(&job);
    return report_verdict(report);
}
