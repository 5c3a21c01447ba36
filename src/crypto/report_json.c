/* A report as the JSON of architecture.md section 4. */
#include "crypto/report_impl.h"

#include "base/clock.h"
#include "model/session.h"
#include "json/json.h"

enum { JSON_MAX = 1024 * 1024 };

static void set_text(struct json *object, const char *key, const char *text)
{
    json_set_string(object, key, slice_str(text));
}

/* "" for no time at all. */
static void set_time(struct json *object, const char *key, int64_t ms)
{
    char text[TIME_TEXT] = "";

    if (ms)
        time_utc_text(ms, text);
    set_text(object, key, text);
}

static void add_signer(struct json *signers, const struct report *report, size_t i)
{
    const struct signer *signer = report_signer(report, i);
    struct json *object = json_push_object(signers);

    set_text(object, "subject", signer->subject);
    set_text(object, "iin", signer->iin);
    set_text(object, "bin", signer->bin);
    set_text(object, "serial", signer->serial);
    set_time(object, "notBefore", signer->not_before_ms);
    set_time(object, "notAfter", signer->not_after_ms);
    struct json *roles = json_set_array(object, "roles");
    for (unsigned bit = 1; bit && bit <= signer->roles; bit <<= 1)
        if (signer->roles & bit)
            json_push_string(roles, slice_str(session_role_name(bit)));
    struct json *usage = json_set_array(object, "keyUsage");
    for (unsigned bit = 1; bit && bit <= signer->key_usage; bit <<= 1)
        if (signer->key_usage & bit)
            json_push_string(usage, slice_str(key_usage_name(bit)));
    set_text(object, "verdict", verdict_name(report_signer_verdict(report, i)));
    set_text(object, "covers", report_signer_covers(report, i));
    set_time(object, "timestamp", report_signer_timestamp(report, i));
}

static void add_source(struct json *check, const struct report_source *source)
{
    struct json *object = json_set_object(check, "source");

    set_text(object, "kind", source->kind);
    set_text(object, "signedBy", source->signed_by);
    set_text(object, "algorithm", source->algorithm);
    set_time(object, "at", source->at_ms);
    if (source->until_ms)
        set_time(object, "until", source->until_ms);
    if (source->number[0])
        set_text(object, "number", source->number);
    if (source->delta_number[0])
        set_text(object, "deltaNumber", source->delta_number);
}

/* ok is false for what failed or is unknown; outcome tells which, and what was left out. signer
 * counts signers[] from 1, where there are several. */
static void add_check(struct json *checks, struct report_row row)
{
    struct json *object = json_push_object(checks);

    set_text(object, "name", check_name(row.check));
    json_set_bool(object, "ok", row.outcome == OUTCOME_PASSED || row.outcome == OUTCOME_SKIPPED);
    set_text(object, "detail", row.detail);
    set_text(object, "outcome", outcome_name(row.outcome));
    if (row.signature)
        json_set_integer(object, "signer", (int64_t)row.signature);
    if (row.source)
        add_source(object, row.source);
}

enum status report_json(const struct report *report, struct bytes **ret_json, struct err *err)
{
    AUTO(json_free) struct json *root = json_new_object();
    enum verdict verdict = report_verdict(report);

    json_set_bool(root, "valid", verdict == VERDICT_VALID);
    set_text(root, "verdict", verdict_name(verdict));
    set_text(root, "reason", report_reason(report));
    set_text(root, "algorithm", report_algorithm(report));
    struct json *signers = json_set_array(root, "signers");
    for (size_t i = 0; i < report_signer_count(report); i++)
        add_signer(signers, report, i);
    set_text(root, "covers", report_covers(report));
    set_time(root, "timestamp", report_timestamp(report));
    struct json *checks = json_set_array(root, "checks");
    for (size_t i = 0; i < report_row_count(report); i++)
        add_check(checks, report_row(report, i));
    return json_print(root, JSON_MAX, ret_json, err);
}
