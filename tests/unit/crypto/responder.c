#include "unit/crypto/responder.h"

#include "base/text.h"
#include "crypto/gost/kzgost.h"
#include "crypto/tsp.h"

#include <openssl/x509v3.h>

void responder_clear(struct responder *responder)
{
    bytes_free(responder->kept);
    responder->kept = NULL;
}

static ASN1_TIME *time_of(int64_t ms)
{
    ASN1_TIME *time = ASN1_GENERALIZEDTIME_set(NULL, (time_t)(ms / 1000));

    assert_non_null(time);
    return time;
}

static void add_status(const struct responder *r, OCSP_BASICRESP *basic, OCSP_CERTID *id)
{
    ASN1_TIME *this_update = time_of(r->this_update_ms ? r->this_update_ms : NOW_MS);
    ASN1_TIME *next_update = r->next_update_ms ? time_of(r->next_update_ms) : NULL;
    ASN1_TIME *revoked = time_of(r->revoked_ms ? r->revoked_ms : NOW_MS - DAY_MS);

    if (r->about_another) {
        ASN1_INTEGER *serial = NULL;
        OCSP_id_get0_info(NULL, NULL, NULL, &serial, id);
        ASN1_INTEGER_set(serial, 424242);
    }
    assert_non_null(
        OCSP_basic_add1_status(basic, id, r->status, r->reason, revoked, this_update, next_update));
    ASN1_TIME_free(this_update);
    ASN1_TIME_free(next_update);
    ASN1_TIME_free(revoked);
}

static struct bytes *finish(const struct responder *r, OCSP_BASICRESP *basic)
{
    const struct made *signer = r->signer ? r->signer : &r->pki->ocsp;
    const struct kzgost_algorithm *gost = kzgost_of_key(signer->pkey);
    EVP_MD *md = EVP_MD_fetch(NULL, gost ? gost->digest : "SHA256", NULL);
    unsigned char *der = NULL;

    /* producedAt is the script's, not the machine's: OpenSSL has no setter for it */
    ASN1_GENERALIZEDTIME_set((ASN1_GENERALIZEDTIME *)OCSP_resp_get0_produced_at(basic),
                             (time_t)((r->this_update_ms ? r->this_update_ms : NOW_MS) / 1000));
    assert_int_equal(OCSP_basic_sign(basic, signer->x509, signer->pkey, md, NULL,
                                     OCSP_NOTIME | (r->no_certs ? OCSP_NOCERTS : 0UL)),
                     1);
    EVP_MD_free(md);
    if (r->flip_signature)
        ((unsigned char *)OCSP_resp_get0_signature(basic)->data)[10] ^= 1;
    OCSP_RESPONSE *response = OCSP_response_create(r->try_later ? OCSP_RESPONSE_STATUS_TRYLATER
                                                                : OCSP_RESPONSE_STATUS_SUCCESSFUL,
                                                   r->try_later ? NULL : basic);
    int len = i2d_OCSP_RESPONSE(response, &der);
    struct bytes *answer = bytes_dup(slice_mem(der, (size_t)len));
    OPENSSL_free(der);
    OCSP_RESPONSE_free(response);
    OCSP_BASICRESP_free(basic);
    return answer;
}

struct bytes *responder_answer(struct responder *r, const struct cert *subject,
                               const struct cert *issuer)
{
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), cert_x509(subject), cert_x509(issuer));

    add_status(r, basic, id);
    OCSP_CERTID_free(id);
    return finish(r, basic);
}

static struct bytes *answer_ocsp(struct responder *r, struct slice body)
{
    const unsigned char *at = slice_u8(body);
    OCSP_REQUEST *request = d2i_OCSP_REQUEST(NULL, &at, (long)body.len);
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    unsigned char other[16] = { 7 };

    assert_non_null(request);
    assert_int_equal(OCSP_request_onereq_count(request), 1);
    add_status(r, basic, OCSP_onereq_get0_id(OCSP_request_onereq_get0(request, 0)));
    if (r->wrong_nonce)
        OCSP_basic_add1_nonce(basic, other, sizeof(other));
    else if (!r->no_nonce)
        assert_int_equal(OCSP_copy_nonce(basic, request), 1);
    OCSP_REQUEST_free(request);
    return finish(r, basic);
}

static struct bytes *answer_tsp(struct responder *r, struct slice body)
{
    const struct tsa_params params = { .policy_oid = "1.2.398.3.3.2.6.4",
                                       .now_ms = r->tsa_time_ms ? r->tsa_time_ms : NOW_MS,
                                       .serial = 77 };
    const struct made *tsa = r->tsa ? r->tsa : &r->pki->tsa;
    struct bytes *response = NULL;
    struct err err;

    assert_ok(tsa_answer(tsa->key, body, &params, &response, &err), &err);
    return response;
}

static enum status fetch(void *ctx, const struct fetch *fetch, struct bytes **ret_answer,
                         struct err *err)
{
    struct responder *r = ctx;

    r->asked++;
    text_copy(r->url, sizeof(r->url), fetch->url);
    if (r->unreachable)
        return RAISE(err, ST_UNAVAILABLE, "connection refused");
    assert_true(fetch->max_bytes > 0 && fetch->deadline_ms > 0);
    if (r->garbage)
        *ret_answer = bytes_dup(SLICE("<html>503</html>"));
    else if (strcmp(fetch->content_type, "application/timestamp-query") == 0)
        *ret_answer = answer_tsp(r, fetch->body);
    else
        *ret_answer = answer_ocsp(r, fetch->body);
    return ST_OK;
}

static enum status find_receipt(void *ctx, const uint8_t signature_sha256[32],
                                const uint8_t cert_sha256[32], struct bytes **ret_ocsp,
                                struct err *err)
{
    struct responder *r = ctx;

    if (!r->kept || memcmp(r->kept_signature, signature_sha256, 32) != 0 ||
        memcmp(r->kept_cert, cert_sha256, 32) != 0)
        return RAISE(err, ST_NOT_FOUND, "no receipt");
    *ret_ocsp = bytes_dup(bytes_slice(r->kept));
    return ST_OK;
}

static enum status keep_receipt(void *ctx, const uint8_t signature_sha256[32],
                                const uint8_t cert_sha256[32], struct slice ocsp, struct err *err)
{
    struct responder *r = ctx;

    (void)err;
    bytes_free(r->kept);
    r->kept = bytes_dup(ocsp);
    memcpy(r->kept_signature, signature_sha256, 32);
    memcpy(r->kept_cert, cert_sha256, 32);
    return ST_OK;
}

struct trust_io responder_io(struct responder *responder)
{
    return (struct trust_io){
        .ctx = responder, .fetch = fetch, .find_receipt = find_receipt, .keep_receipt = keep_receipt
    };
}

struct bad_tsas bad_tsas_make(const struct made *ca)
{
    struct made_params params = { .cn = "NOT A TSA", .usage = "digitalSignature" };
    struct bad_tsas bad;

    bad.not_tsa = made_new(&params, ca);
    params.cn = "TSA";
    params.eku = "critical,timeStamping";
    bad.foreign = made_new(&params, NULL);
    params.from_ms = NOW_MS - 9LL * DAY_MS;
    params.to_ms = NOW_MS - DAY_MS;
    bad.old = made_new(&params, ca);
    return bad;
}

void bad_tsas_free(struct bad_tsas *bad)
{
    made_free(&bad->not_tsa);
    made_free(&bad->foreign);
    made_free(&bad->old);
}

void expect_by_revocation(const struct judge *judge, const struct cert *cert, enum verdict want,
                          const char *text)
{
    AUTO(report_free) struct report *report = report_new();
    const enum verdict given = trust_judge(judge, cert, report);

    if (given != want)
        fail_msg("%s instead of %s: %s", verdict_name(given), verdict_name(want),
                 report_reason(report));
    for (size_t i = 0; i < report_row_count(report); i++) {
        struct report_row row = report_row(report, i);
        if (row.check != CHECK_REVOCATION)
            assert_true(row.outcome == OUTCOME_PASSED || row.outcome == OUTCOME_SKIPPED);
        else if (!strstr(row.detail, text))
            fail_msg("«%s» does not say «%s»", row.detail, text);
    }
}
