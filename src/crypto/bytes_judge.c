#include "crypto/bytes_judge.h"

#include "crypto/bare.h"
#include "crypto/encode.h"
#include "json/json.h"

enum {
    RESULT_MAX = 64 * 1024, /* bytes of the JSON */
    RESULT_DEPTH_MAX = 4,
    RESULT_VALUES_MAX = 64,
    SIGNATURE_MAX = 1024, /* bytes: RSA of 8192 bits */
    PEM_LINE = 64,        /* characters, RFC 7468 section 2 */
};

struct parts {
    struct bytes *signature;
    struct cert *cert;
};

static void parts_clear(struct parts *parts)
{
    bytes_free(parts->signature);
    cert_free(parts->cert);
}

/* PEM or base64 of DER as they stand; else base64 of one of them. */
static enum status read_cert(struct slice text, struct cert **ret, struct err *err)
{
    AUTO(bytes_free) struct bytes *inner = NULL;
    struct err ignored;

    if (cert_parse(text, ret, err) == ST_OK)
        return ST_OK;
    if (base64_decode(text, RESULT_MAX, &inner, &ignored) == ST_OK &&
        cert_parse(bytes_slice(inner), ret, &ignored) == ST_OK)
        return ST_OK;
    return ST_FORMAT; /* the first reason is the better one */
}

static enum status member(const struct json *object, const char *key, struct slice *ret,
                          struct err *err)
{
    if (!json_string(json_member(object, key), ret) || ret->len == 0)
        return RAISE_CAUSE(err, ST_FORMAT, NULL, key, NULL, "no string «%s»", key);
    return ST_OK;
}

static enum status open_result(struct slice result, struct parts *ret, struct err *err)
{
    static const struct json_limits limits = { RESULT_MAX, RESULT_DEPTH_MAX, RESULT_VALUES_MAX };
    AUTO(json_free) struct json *json = NULL;
    struct slice signature;
    struct slice cert;
    struct err cause;

    TRY(json_parse(result, &limits, &json, err));
    TRY(member(json, "signature", &signature, err));
    TRY(member(json, "certificate", &cert, err));
    if (base64_decode(signature, SIGNATURE_MAX, &ret->signature, &cause) != ST_OK)
        return RAISE_CAUSE(err, ST_FORMAT, NULL, "signature", NULL, "signature: %s", cause.text);
    if (read_cert(cert, &ret->cert, &cause) != ST_OK)
        return RAISE_CAUSE(err, ST_FORMAT, NULL, "certificate", NULL, "certificate: %s",
                           cause.text);
    return ST_OK;
}

/* The bytes that data stands for; NULL: it is not base64. The caller's. */
static struct bytes *decoded(struct slice data)
{
    struct bytes *bytes = NULL;
    struct err ignored;

    if (data.len == 0 || base64_decode(data, data.len, &bytes, &ignored) != ST_OK)
        return NULL;
    return bytes;
}

static void tell_match(const struct cert *cert, struct slice data, const char *reading,
                       const struct scheme *scheme, struct report *report)
{
    report_set_algorithm(report, scheme->name);
    report_set_covers(report, "%s, %zu bytes", reading, data.len);
    report_add(report, CHECK_SIGNATURE, OUTCOME_PASSED, "over %s, by %s, serial %s", reading,
               cert_label(cert), cert_signer(cert)->serial);
    report_add(report, CHECK_COVERAGE, OUTCOME_PASSED, "the whole of the data, %zu bytes",
               data.len);
}

/* Both readings of C-08. */
static void judge_signature(const struct judge *judge, const struct parts *parts, struct slice data,
                            struct report *report)
{
    AUTO(bytes_free) struct bytes *inner = decoded(data);
    struct slice signature = bytes_slice(parts->signature);
    const struct scheme *scheme = NULL;

    if (bare_verify(judge, parts->cert, data, signature, &scheme))
        tell_match(parts->cert, data, "the data's bytes as they stand", scheme, report);
    else if (inner && bare_verify(judge, parts->cert, bytes_slice(inner), signature, &scheme))
        tell_match(parts->cert, bytes_slice(inner), "the bytes that the data's base64 stands for",
                   scheme, report);
    else if (ossl_clear())
        report_add(report, CHECK_SIGNATURE, OUTCOME_UNKNOWN, "out of memory");
    else
        report_add(report, CHECK_SIGNATURE, OUTCOME_FAILED,
                   "the signature value is not of the certificate's key over the data%s",
                   inner ? ", neither as it stands nor decoded from base64" : "");
}

static void judge_parts(const struct judge *judge, const struct parts *parts, struct slice data,
                        struct report *report)
{
    struct judge signers = *judge;

    report_add(report, CHECK_FORMAT, OUTCOME_PASSED,
               "SIGN_BYTES_ARRAY: a signature of %zu bytes and its certificate",
               parts->signature->len);
    report_add_signer(report, cert_signer(parts->cert));
    if (!bare_judge_algorithm(judge, parts->cert, report))
        return;
    report_add(report, CHECK_DIGEST, OUTCOME_SKIPPED,
               "none beside it: the signature is over the data itself");
    judge_signature(judge, parts, data, report);
    sha256(bytes_slice(parts->signature), signers.signature_sha256);
    (void)!trust_judge(&signers, parts->cert, report);
}

enum verdict bytes_judge(const struct judge *judge, struct slice result, struct slice data,
                         struct report *report)
{
    struct parts parts = { 0 };
    struct err err;

    if (open_result(result, &parts, &err) != ST_OK)
        report_add(report, CHECK_FORMAT, OUTCOME_FAILED, "SIGN_BYTES_ARRAY: %s", err.text);
    else
        judge_parts(judge, &parts, data, report);
    parts_clear(&parts);
    return report_verdict(report);
}

static struct bytes *pem_of(const struct cert *cert)
{
    AUTO(bytes_free) struct bytes *body = base64_encode(cert_der(cert));
    AUTO(bytes_free) struct bytes *pem = bytes_new(RESULT_MAX);

    if (!body || !pem)
        return NULL;
    bytes_add_str(pem, "-----BEGIN CERTIFICATE-----\n");
    for (struct slice rest = bytes_slice(body); rest.len > 0;) {
        size_t len = rest.len < PEM_LINE ? rest.len : PEM_LINE;
        bytes_add(pem, slice_mem(rest.at, len));
        bytes_add_str(pem, "\n");
        rest = slice_skip(rest, len);
    }
    bytes_add_str(pem, "-----END CERTIFICATE-----\n");
    return pem->failed ? NULL : TAKE(pem);
}

enum status bytes_sign(const struct key *key, struct slice data, struct bytes **ret_json,
                       struct err *err)
{
    AUTO(bytes_free) struct bytes *raw = NULL;
    AUTO(json_free) struct json *json = json_new_object();

    TRY(key_sign(key, data, &raw, err));
    AUTO(bytes_free) struct bytes *signature = base64_encode(bytes_slice(raw));
    AUTO(bytes_free) struct bytes *pem = pem_of(key_cert(key));
    if (!json || !signature || !pem)
        return RAISE(err, ST_NOMEM, "SIGN_BYTES_ARRAY: out of memory");
    json_set_string(json, "signature", bytes_slice(signature));
    json_set_string(json, "certificate", bytes_slice(pem));
    return json_print(json, RESULT_MAX, ret_json, err);
}
