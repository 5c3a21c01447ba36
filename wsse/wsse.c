/* struct wsse, and the verification of requests: a report becomes a status and an envelope. */
#include "wsse/wsse_impl.h"

#include "base/text.h"
#include "wsse/judge.h"

#include <stdlib.h>

/* The message's own limits when the configuration names none (architecture.md section 5). */
static const struct xml_limits default_limits = { 32 << 20, 64 };

static enum status copy_pins(const struct wsse_params *params, struct wsse *wsse, struct err *err)
{
    if (params->pin_count == 0)
        return ST_OK;
    wsse->pins = calloc(params->pin_count, sizeof(*wsse->pins));
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): it is an array of pointers */
    wsse->pin_certs = calloc(params->pin_count, sizeof(*wsse->pin_certs));
    if (!wsse->pins || !wsse->pin_certs)
        return RAISE(err, ST_NOMEM, "pins: out of memory");
    for (size_t i = 0; i < params->pin_count; i++) {
        wsse->pins[i] = params->pins[i];
        wsse->pins[i].cert = cert_ref(params->pins[i].cert);
        wsse->pin_certs[i] = wsse->pins[i].cert;
        wsse->pin_count = i + 1;
    }
    return ST_OK;
}

static enum status copy_settings(const struct wsse_params *params, struct wsse *wsse,
                                 struct err *err)
{
    wsse->limits = params->limits.max_bytes ? params->limits : default_limits;
    wsse->algorithms = params->algorithms;
    wsse->business_algorithms = params->business_algorithms;
    wsse->follow_aia = params->follow_aia;
    wsse->revocation = params->revocation;
    wsse->scope = params->scope;
    wsse->unknown = params->unknown;
    wsse->business_unknown = params->business_unknown;
    wsse->skew_ms = params->skew_ms;
    wsse->clock = params->clock;
    wsse->has_io = params->io != NULL;
    if (params->io)
        wsse->io = *params->io;
    if (!params->ocsp_url)
        return ST_OK;
    wsse->ocsp_url = strdup(params->ocsp_url);
    return wsse->ocsp_url ? ST_OK : RAISE(err, ST_NOMEM, "wsse: out of memory");
}

enum status wsse_new(const struct wsse_params *params, struct wsse **ret_wsse, struct err *err)
{
    AUTO(wsse_free) struct wsse *wsse = calloc(1, sizeof(*wsse));

    if (!wsse)
        return RAISE(err, ST_NOMEM, "wsse: out of memory");
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not know AUTO() */
    TRY(copy_settings(params, wsse, err));
    TRY(copy_pins(params, wsse, err));
    wsse->trust = params->trust ? trust_ref(params->trust) : NULL;
    wsse->key = params->key ? key_ref(params->key) : NULL;
    wsse->known = known_new();
    if (!wsse->known)
        return RAISE(err, ST_NOMEM, "wsse: out of memory");
    *ret_wsse = TAKE(wsse);
    return ST_OK;
}

void wsse_free(struct wsse *wsse)
{
    if (!wsse)
        return;
    for (size_t i = 0; i < wsse->pin_count; i++)
        cert_free(wsse->pins[i].cert);
    free(wsse->pins);
    free(wsse->pin_certs);
    free(wsse->ocsp_url);
    trust_free(wsse->trust);
    key_free(wsse->key);
    known_free(wsse->known);
    free(wsse);
}

struct judge wsse_judge_of(const struct wsse *wsse, int64_t deadline_ms)
{
    return (struct judge){
        .trust = wsse->trust,
        .io = wsse->has_io ? &wsse->io : NULL,
        .now_ms = clock_now(wsse->clock),
        .purpose = PURPOSE_TRANSPORT,
        .revocation = wsse->revocation,
        .scope = wsse->scope,
        .ocsp_url = wsse->ocsp_url,
        .algorithms = wsse->algorithms,
        .follow_aia = wsse->follow_aia,
        .pins = wsse->pin_certs,
        .pin_count = wsse->pin_count,
        .skew_ms = wsse->skew_ms,
        .deadline_ms = deadline_ms,
    };
}

/* What a failed check means to the caller (payloads.md section 3 «Faults»). */
static const enum status status_of_check[CHECK_COUNT_] = {
    [CHECK_FORMAT] = ST_FORMAT,    [CHECK_ALGORITHM] = ST_FORGED, [CHECK_DIGEST] = ST_FORGED,
    [CHECK_SIGNATURE] = ST_FORGED, [CHECK_COVERAGE] = ST_FORGED,  [CHECK_PATH] = ST_STALE,
    [CHECK_DATES] = ST_STALE,      [CHECK_REVOCATION] = ST_STALE, [CHECK_KEY_USAGE] = ST_FORGED,
    [CHECK_ROLE] = ST_FORGED,      [CHECK_OWNER] = ST_FORGED,     [CHECK_TIMESTAMP] = ST_STALE,
};

enum status wsse_status_of(const struct report *report)
{
    const enum check culprit = report_culprit(report);

    if (report_verdict(report) == VERDICT_INDETERMINATE)
        return ST_UNAVAILABLE;
    if (culprit < CHECK_COUNT_ && status_of_check[culprit] != ST_OK)
        return status_of_check[culprit];
    return ST_FORGED;
}

static enum status refuse(const struct trial *trial, struct err *err)
{
    enum status status = trial->status;

    if (status == ST_OK)
        status = wsse_status_of(trial->report);
    return RAISE(err, status, "%s", report_reason(trial->report));
}

static void fill_signer(const struct wsse *wsse, const struct cert *cert, struct signer *ret)
{
    *ret = *cert_signer(cert);
    ret->pin[0] = '\0';
    for (size_t i = 0; i < wsse->pin_count; i++)
        if (memcmp(cert_signer(wsse->pins[i].cert)->sha256, ret->sha256, sizeof(ret->sha256)) == 0)
            (void)text_copy(ret->pin, sizeof(ret->pin), wsse->pins[i].name);
}

void wsse_note_unknown(const struct report *report, struct signer *signer)
{
    signer->unknown[0] = '\0';
    if (report_verdict(report) != VERDICT_VALID)
        text_copy(signer->unknown, sizeof(signer->unknown), report_reason(report));
}

static enum status make_verified(const struct wsse *wsse, struct envelope_findings *findings,
                                 const struct report *report, struct verified **ret_env,
                                 struct err *err)
{
    AUTO(verified_free) struct verified *env = calloc(1, sizeof(*env));

    if (!env)
        return RAISE(err, ST_NOMEM, "verified envelope: out of memory");
    known_keep(wsse->known, findings->cert);
    fill_signer(wsse, findings->cert, &env->signer);
    wsse_note_unknown(report, &env->signer);
    env->authored = TAKE(findings->authored);
    TRY(payload_split(bytes_slice(findings->body), &wsse->limits, env, err));
    *ret_env = TAKE(env);
    return ST_OK;
}

enum status wsse_verify(const struct wsse *wsse, struct slice bytes, int64_t deadline_ms,
                        struct verified **ret_env, struct err *err)
{
    const struct judge judge = wsse_judge_of(wsse, deadline_ms);
    AUTO(report_free) struct report *report = report_new();
    struct trial trial = { .judge = &judge, .report = report, .known = wsse->known };
    struct envelope_findings findings = { .is_receiver = true };
    enum status status;

    if (!report)
        return RAISE(err, ST_NOMEM, "report: out of memory");
    (void)judge_envelope(&trial, bytes, &wsse->limits, &findings);
    if (report_admits(report, wsse->unknown))
        status = make_verified(wsse, &findings, report, ret_env, err);
    else
        status = refuse(&trial, err);
    envelope_findings_clear(&findings);
    trial_clear(&trial);
    return status;
}

void verified_free(struct verified *env)
{
    if (!env)
        return;
    bytes_free(env->body);
    bytes_free(env->payload_c14n);
    bytes_free(env->payload_names);
    bytes_free(env->authored);
    free(env);
}

const struct signer *verified_signer(const struct verified *env)
{
    return &env->signer;
}

struct slice verified_body(const struct verified *env)
{
    return bytes_slice(env->body);
}

enum status verified_payload(const struct verified *env, struct payload *ret, struct err *err)
{
    if (env->payload_err.status != ST_OK) {
        *err = env->payload_err;
        return err->status;
    }
    *ret = env->payload;
    return ST_OK;
}
