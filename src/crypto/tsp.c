#include "crypto/tsp.h"

#include "base/clock.h"
#include "base/text.h"
#include "crypto/der.h"
#include "crypto/encode.h"
#include "crypto/policy.h"
#include "crypto/revocation.h"
#include "crypto/scheme.h"
#include "crypto/signed_data.h"

#include <limits.h>
#include <openssl/err.h>

enum {
    NONCE_BYTES = 8,
    TOKEN_MAX = 256 * 1024,
    ANSWER_MAX = 64 * 1024,
    GRANTED = 0,
    GRANTED_WITH_MODS = 1, /* PKIStatus, RFC 3161 section 2.4.2 */
};

static TS_MSG_IMPRINT *new_imprint(struct slice data, const struct scheme *scheme)
{
    AUTO(TS_MSG_IMPRINT_free) TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
    AUTO(X509_ALGOR_free) X509_ALGOR *algorithm = X509_ALGOR_new();
    AUTO(EVP_MD_free) EVP_MD *md = EVP_MD_fetch(NULL, scheme->digest, NULL);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (!imprint || !algorithm || !md ||
        EVP_Digest(data.at, data.len, digest, &len, md, NULL) != 1 ||
        X509_ALGOR_set0(algorithm, OBJ_nid2obj(OBJ_txt2nid(scheme->digest_oid)), V_ASN1_NULL,
                        NULL) != 1 ||
        TS_MSG_IMPRINT_set_algo(imprint, algorithm) != 1 ||
        TS_MSG_IMPRINT_set_msg(imprint, digest, (int)len) != 1)
        return NULL;
    return TAKE(imprint);
}

static ASN1_INTEGER *new_nonce(void)
{
    uint8_t random[NONCE_BYTES];
    BIGNUM *number;

    random_fill(random, sizeof(random));
    number = BN_bin2bn(random, sizeof(random), NULL);
    ASN1_INTEGER *nonce = number ? BN_to_ASN1_INTEGER(number, NULL) : NULL;
    BN_free(number);
    return nonce;
}

enum status tsp_request(struct slice data, enum algorithm algorithm, struct bytes **ret_der,
                        struct err *err)
{
    const struct scheme *scheme = scheme_of_algorithm(algorithm);

    if (!scheme)
        return RAISE(err, ST_INTERNAL, "timestamp request: unknown algorithm");
    AUTO(TS_REQ_free) TS_REQ *request = TS_REQ_new();
    AUTO(TS_MSG_IMPRINT_free) TS_MSG_IMPRINT *imprint = new_imprint(data, scheme);
    AUTO(ASN1_INTEGER_free) ASN1_INTEGER *nonce = new_nonce();
    AUTO(der_free) unsigned char *der = NULL;
    if (!request || !imprint || !nonce || TS_REQ_set_version(request, 1) != 1 ||
        TS_REQ_set_msg_imprint(request, imprint) != 1 || TS_REQ_set_nonce(request, nonce) != 1 ||
        TS_REQ_set_cert_req(request, 1) != 1)
        return ossl_raise(err, ST_NOMEM, "timestamp request");
    int len = i2d_TS_REQ(request, &der);
    if (len <= 0)
        return ossl_raise(err, ST_NOMEM, "timestamp request");
    *ret_der = bytes_dup(slice_mem(der, (size_t)len));
    return *ret_der ? ST_OK : RAISE(err, ST_NOMEM, "timestamp request: out of memory");
}

static bool same_imprint(TS_MSG_IMPRINT *a, TS_MSG_IMPRINT *b)
{
    return OBJ_cmp(TS_MSG_IMPRINT_get_algo(a)->algorithm, TS_MSG_IMPRINT_get_algo(b)->algorithm) ==
               0 &&
           ASN1_OCTET_STRING_cmp(TS_MSG_IMPRINT_get_msg(a), TS_MSG_IMPRINT_get_msg(b)) == 0;
}

/* PKIStatusInfo: the status, and what the authority says to a person. */
static enum status check_status(struct slice info, struct err *err)
{
    struct slice number;
    struct slice texts = SLICE("");
    struct slice text = SLICE("");

    if (!der_take(&info, DER_INTEGER, &number) || number.len != 1)
        return RAISE(err, ST_UPSTREAM, "the timestamp answer has no status");
    if (number.at[0] == GRANTED || number.at[0] == GRANTED_WITH_MODS)
        return ST_OK;
    if (der_take(&info, DER_SEQUENCE, &texts))
        (void)der_take(&texts, DER_UTF8_STRING, &text);
    if (!text_is_utf8(text) || text.len > 120)
        text = SLICE("");
    return RAISE(err, ST_UPSTREAM, "the timestamp authority refused: status %d %.*s", number.at[0],
                 (int)text.len, text.at);
}

/* The content of a token and nothing about its truth. NULL: not a timestamp token. */
static TS_TST_INFO *open_info(const struct signed_data *data)
{
    const unsigned char *at = slice_u8(data->content);

    if (OBJ_obj2nid(CMS_get0_eContentType(data->cms)) != NID_id_smime_ct_TSTInfo ||
        !data->has_content || signed_data_signer_count(data) != 1)
        return NULL;
    TS_TST_INFO *info = d2i_TS_TST_INFO(NULL, &at, (long)data->content.len);
    if (info && at == slice_u8(data->content) + data->content.len &&
        TS_TST_INFO_get_version(info) == 1)
        return info;
    TS_TST_INFO_free(info);
    return NULL;
}

static enum status answers(struct slice token, struct slice request, struct err *err)
{
    const unsigned char *at = slice_u8(request);
    AUTO(TS_REQ_free) TS_REQ *asked = d2i_TS_REQ(NULL, &at, (long)request.len);
    struct signed_data data = { 0 };

    if (!asked)
        return ossl_raise(err, ST_INTERNAL, "our timestamp request");
    enum status status = signed_data_open(token, &data, err);
    AUTO(TS_TST_INFO_free) TS_TST_INFO *info = status == ST_OK ? open_info(&data) : NULL;
    bool starved = status == ST_NOMEM || ossl_clear();
    signed_data_clear(&data);
    if (starved)
        return RAISE(err, ST_NOMEM, "timestamp: out of memory");
    if (!info)
        return RAISE(err, ST_UPSTREAM, "the timestamp answer holds no timestamp token");
    if (!same_imprint(TS_TST_INFO_get_msg_imprint(info), TS_REQ_get_msg_imprint(asked)))
        return RAISE(err, ST_UPSTREAM, "the timestamp token is over other data");
    const ASN1_INTEGER *nonce = TS_TST_INFO_get_nonce(info);
    if (!nonce || ASN1_INTEGER_cmp(nonce, TS_REQ_get_nonce(asked)) != 0)
        return RAISE(err, ST_UPSTREAM, "the timestamp token's nonce is not the one that we sent");
    return ST_OK;
}

enum status tsp_response_token(struct slice response, struct slice request,
                               struct bytes **ret_token, struct err *err)
{
    struct slice rest = response;
    struct slice body;
    struct slice status;
    struct der_item token;

    if (response.len > TOKEN_MAX)
        return RAISE(err, ST_UPSTREAM, "the timestamp answer is over %d bytes", TOKEN_MAX);
    if (!der_take(&rest, DER_SEQUENCE, &body) || rest.len > 0 ||
        !der_take(&body, DER_SEQUENCE, &status))
        return RAISE(err, ST_UPSTREAM, "the timestamp answer is not a TimeStampResp");
    TRY(check_status(status, err));
    if (!der_next(&body, &token) || token.tag != DER_SEQUENCE || body.len > 0)
        return RAISE(err, ST_UPSTREAM, "the timestamp answer holds no timestamp token");
    TRY(answers(token.whole, request, err));
    *ret_token = bytes_dup(token.whole);
    return *ret_token ? ST_OK : RAISE(err, ST_NOMEM, "timestamp token: out of memory");
}

enum status tsp_fetch(const struct tsp_source *source, struct slice data, enum algorithm algorithm,
                      struct bytes **ret_token, struct err *err)
{
    AUTO(bytes_free) struct bytes *request = NULL;
    AUTO(bytes_free) struct bytes *response = NULL;

    if (!source->io->fetch)
        return RAISE(err, ST_UPSTREAM, "the timestamp authority is out of reach");
    TRY(tsp_request(data, algorithm, &request, err));
    const struct fetch fetch = {
        .url = source->url,
        .content_type = "application/timestamp-query",
        .accept = "application/timestamp-reply",
        .body = bytes_slice(request),
        .max_bytes = ANSWER_MAX,
        .deadline_ms = source->deadline_ms,
    };
    TRY(source->io->fetch(source->io->ctx, &fetch, &response, err));
    return tsp_response_token(bytes_slice(response), bytes_slice(request), ret_token, err);
}

/* Old tokens are of SHA-1: looked at without a verdict, or where a setting names timestamps. */
static unsigned algorithms_of(const struct judge *judge)
{
    unsigned allowed =
        judge->timestamp_algorithms ? judge->timestamp_algorithms : (unsigned)ALG_DEFAULT;

    return judge->signature_only ? allowed | ALG_RSA_SHA1 : allowed;
}

/* NULL: it is that of the data. */
static const char *refuse_imprint(const struct judge *judge, TS_TST_INFO *info,
                                  struct slice imprinted)
{
    TS_MSG_IMPRINT *imprint = TS_TST_INFO_get_msg_imprint(info);
    uint8_t digest[EVP_MAX_MD_SIZE];
    char oid[OID_TEXT];
    unsigned len = 0;

    oid_text(TS_MSG_IMPRINT_get_algo(imprint)->algorithm, oid);
    const char *name = digest_name_of_oid(oid);
    if (!name)
        return "its imprint is by an unknown digest";
    if (strcmp(name, "SHA1") == 0 && !(algorithms_of(judge) & ALG_RSA_SHA1))
        return "its imprint is by SHA-1, which no longer proves anything";
    if (!imprinted.at)
        return NULL;
    AUTO(EVP_MD_free) EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);
    if (!md || EVP_Digest(imprinted.at, imprinted.len, digest, &len, md, NULL) != 1)
        return "its imprint cannot be computed";
    return slice_eq(asn1_slice(TS_MSG_IMPRINT_get_msg(imprint)), slice_mem(digest, len))
               ? NULL
               : "its imprint is of other data";
}

/* Signature and, unless left out, the authority's certificate at genTime; rows of their own. */
static const struct cert *judge_authority(const struct judge *judge, struct signed_data *data,
                                          int64_t at_ms, bool with_revocation, struct report *inner)
{
    struct judge tsa = *judge;
    const struct signer_rules rules = { .judge = &tsa, .who = "", .ess_required = true };
    AUTO_FREE const struct cert **certs = signed_data_extra(data, judge, &tsa.extra_count);
    const struct scheme *scheme = NULL;
    struct path path = { 0 };

    if (!certs)
        return NULL;
    tsa.extra = certs;
    tsa.purpose = PURPOSE_TSA;
    tsa.algorithms = algorithms_of(judge);
    tsa.pin_count = 0;
    const struct cert *cert =
        signed_data_judge(data, signed_data_signer(data, 0), &rules, inner, &scheme);
    if (!cert || judge->signature_only)
        return cert;
    judge_path_and_dates(&tsa, cert, at_ms, "", &path, inner);
    if (with_revocation)
        judge_revocation(&tsa, &path, at_ms, "", inner);
    judge_usage(&tsa, cert, "", inner);
    path_clear(&path);
    return cert;
}

static void tell_good(TS_TST_INFO *info, const struct cert *cert, int64_t at_ms,
                      bool with_revocation, struct report *report)
{
    char when[TIME_TEXT];
    char policy[OID_TEXT];

    detail_time(at_ms, when);
    oid_text(TS_TST_INFO_get_policy_id(info), policy);
    const char *name = policy_name(policy);
    report_add(report, CHECK_TIMESTAMP, OUTCOME_PASSED, "%s by %s, policy %s%s%s%s%s", when,
               cert_label(cert), policy, name ? " (" : "", name ? name : "", name ? ")" : "",
               with_revocation ? "" : " (the authority's revocation is not judged)");
}

/* What was learnt of the authority's revocation, or could not be: it is the document's affair. */
static void add_revocation(const struct report *inner, struct report *report)
{
    for (size_t i = 0; i < report_row_count(inner); i++) {
        struct report_row row = report_row(inner, i);
        if (row.check == CHECK_REVOCATION)
            report_add_row(report, "timestamp: ", &row);
    }
}

/* NULL: the token holds. The text is kept in why. */
static const char *refuse_token(const struct judge *judge, struct signed_data *data,
                                TS_TST_INFO *info, struct slice imprinted, struct report *report)
{
    AUTO(report_free) struct report *inner = report_new();
    int64_t at_ms;

    if (!inner)
        return "out of memory";
    if (!asn1_time_ms(TS_TST_INFO_get_time(info), &at_ms))
        return "its time cannot be read";
    const char *refusal = refuse_imprint(judge, info, imprinted);
    if (refusal)
        return refusal;
    bool with_revocation = judge->scope == REVOCATION_PATH;
    const struct cert *cert = judge_authority(judge, data, at_ms, with_revocation, inner);
    if (!cert || !report_admits(inner, UNKNOWN_ACCEPT)) {
        report_add(report, CHECK_TIMESTAMP, OUTCOME_FAILED, "the token's %s", report_reason(inner));
        return NULL;
    }
    if (!judge->signature_only && at_ms > judge->now_ms + judge->skew_ms)
        return "its time is in the future";
    tell_good(info, cert, at_ms, with_revocation, report);
    add_revocation(inner, report);
    return NULL;
}

enum verdict tsp_judge(const struct judge *judge, struct slice token, struct slice imprinted,
                       struct report *report, int64_t *ret_at_ms)
{
    size_t first = report_row_count(report);
    struct signed_data data = { 0 };
    struct err err;

    enum status status = token.len > TOKEN_MAX ? RAISE(&err, ST_FORMAT, "over %d bytes", TOKEN_MAX)
                                               : signed_data_open(token, &data, &err);
    AUTO(TS_TST_INFO_free) TS_TST_INFO *info = status == ST_OK ? open_info(&data) : NULL;
    if (!info) {
        report_add(report, CHECK_TIMESTAMP, OUTCOME_FAILED, "not a timestamp token%s%s",
                   status == ST_OK ? "" : ": ", status == ST_OK ? "" : err.text);
    } else {
        const char *refusal = refuse_token(judge, &data, info, imprinted, report);
        if (refusal)
            report_add(report, CHECK_TIMESTAMP, OUTCOME_FAILED, "the token is refused: %s",
                       refusal);
    }
    signed_data_clear(&data);
    enum verdict verdict = report_part_verdict(report, first);
    if (verdict != VERDICT_INVALID && !asn1_time_ms(TS_TST_INFO_get_time(info), ret_at_ms))
        return VERDICT_INVALID;
    return verdict;
}

/* ---- a token as a document ---- */

/* The whole, or the token in a TimeStampResp. */
static enum status find_token(struct slice der, struct slice *ret_token, struct err *err)
{
    struct slice rest = der;
    struct slice body;
    struct slice status;
    struct der_item token;

    *ret_token = der;
    if (der.len > TOKEN_MAX)
        return RAISE(err, ST_FORMAT, "a timestamp token of over %d bytes", TOKEN_MAX);
    if (!der_take(&rest, DER_SEQUENCE, &body) || !der_take(&body, DER_SEQUENCE, &status))
        return ST_OK;
    TRY(check_status(status, err));
    if (rest.len > 0 || !der_next(&body, &token) || token.tag != DER_SEQUENCE || body.len > 0)
        return RAISE(err, ST_FORMAT, "the timestamp answer holds no timestamp token");
    *ret_token = token.whole;
    return ST_OK;
}

static void tell_imprint(const struct judge *judge, TS_TST_INFO *info, struct slice imprinted,
                         struct report *report)
{
    const char *refusal = refuse_imprint(judge, info, imprinted);

    if (imprinted.at)
        report_set_covers(report, "the given content, %zu bytes", imprinted.len);
    if (refusal)
        report_add(report, CHECK_DIGEST, OUTCOME_FAILED, "%s", refusal);
    else if (imprinted.at)
        report_add(report, CHECK_DIGEST, OUTCOME_PASSED, "its imprint is of the given content");
    else
        report_add(report, CHECK_DIGEST, OUTCOME_SKIPPED,
                   "its imprint is not compared: no content is given");
}

static void tell_time(const struct judge *judge, TS_TST_INFO *info, const struct cert *cert,
                      int64_t at_ms, struct report *report)
{
    char when[TIME_TEXT];

    detail_time(at_ms, when);
    if (!judge->signature_only && at_ms > judge->now_ms + judge->skew_ms) {
        report_add(report, CHECK_TIMESTAMP, OUTCOME_FAILED, "%s is in the future", when);
    } else if (cert && report_verdict(report) == VERDICT_VALID) {
        report_set_timestamp(report, at_ms);
        tell_good(info, cert, at_ms, true, report);
    } else {
        report_add(report, CHECK_TIMESTAMP, OUTCOME_SKIPPED, "it claims %s", when);
    }
}

static void judge_document(const struct judge *judge, struct signed_data *data,
                           struct slice imprinted, struct report *report)
{
    AUTO(TS_TST_INFO_free) TS_TST_INFO *info = open_info(data);
    int64_t at_ms;

    if (!info || !asn1_time_ms(TS_TST_INFO_get_time(info), &at_ms)) {
        report_add(report, CHECK_FORMAT, OUTCOME_FAILED, "a CMS, but not a timestamp token");
        return;
    }
    report_add(report, CHECK_FORMAT, OUTCOME_PASSED, "RFC 3161 timestamp token");
    tell_imprint(judge, info, imprinted, report);
    const struct cert *cert = judge_authority(judge, data, at_ms, true, report);
    if (cert) {
        report_add_signer(report, cert_signer(cert));
        report_set_algorithm(report, algorithm_name(cert_algorithm(cert)));
    }
    tell_time(judge, info, cert, at_ms, report);
}

enum verdict tsp_judge_document(const struct judge *judge, struct slice data,
                                struct slice imprinted, struct report *report)
{
    AUTO(bytes_free) struct bytes *der = NULL;
    struct signed_data opened = { 0 };
    struct slice token;
    struct err err;

    if (armour_one(data, "timestamp token", &der, &err) != ST_OK ||
        find_token(bytes_slice(der), &token, &err) != ST_OK ||
        signed_data_open(token, &opened, &err) != ST_OK)
        report_add(report, CHECK_FORMAT, OUTCOME_FAILED, "%s", err.text);
    else
        judge_document(judge, &opened, imprinted, report);
    signed_data_clear(&opened);
    return report_verdict(report);
}
