/* Timestamps: requests, answers of our own authority, tokens and what makes them worthless. */
#include "unit/crypto/responder.h"
#include "unit/crypto/usual_pki.h"

#include "base/text.h"
#include "crypto/der.h"
#include "crypto/encode.h"
#include "crypto/gost/kzgost.h"
#include "crypto/signed_data.h"
#include "crypto/tsp.h"

static const struct tsa_params usual = { .policy_oid = "1.2.398.3.3.2.6.4",
                                         .now_ms = NOW_MS,
                                         .serial = 5 };

static struct bytes *stamp(const struct pki *by, struct slice data, enum algorithm algorithm)
{
    AUTO(bytes_free) struct bytes *request = NULL;
    AUTO(bytes_free) struct bytes *response = NULL;
    struct bytes *token = NULL;
    struct err err;

    assert_ok(tsp_request(data, algorithm, &request, &err), &err);
    assert_ok(tsa_answer(by->tsa.key, bytes_slice(request), &usual, &response, &err), &err);
    assert_ok(tsp_response_token(bytes_slice(response), bytes_slice(request), &token, &err), &err);
    return token;
}

static void expect(const struct judge *judge, struct slice token, struct slice data,
                   enum verdict verdict, const char *text)
{
    AUTO(report_free) struct report *report = report_new();
    int64_t at_ms = -1;
    enum verdict given = tsp_judge(judge, token, data, report, &at_ms);

    for (size_t i = 0; i < report_row_count(report); i++)
        assert_int_equal(report_row(report, i).check, CHECK_TIMESTAMP);
    if (given != verdict || !strstr(report_row(report, 0).detail, text))
        fail_msg("%s: «%s», expected %s: «%s»", verdict_name(given), report_row(report, 0).detail,
                 verdict_name(verdict), text);
    assert_true(verdict == VERDICT_VALID ? at_ms > 0 : at_ms == -1);
}

static void our_authority_stamps_with_every_algorithm(void **state)
{
    static const struct {
        const char *key;
        enum algorithm algorithm;
    } rows[] = { { KZGOST_KEY_2015_512, ALG_GOST2015_512 },
                 { KZGOST_KEY_2004, ALG_GOST2004 },
                 { "RSA", ALG_RSA_SHA256 },
                 { KZGOST_KEY_2015_512, ALG_RSA_SHA256 } };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pki *one = pki_new(rows[i].key);
        struct judge judge = pki_judge(one);
        AUTO(bytes_free) struct bytes *token = stamp(one, SLICE("data"), rows[i].algorithm);
        expect(&judge, bytes_slice(token), SLICE("data"), VERDICT_VALID,
               "2026-11-22T14:00:00+05:00 by TSA, policy 1.2.398.3.3.2.6.4");
        expect(&judge, bytes_slice(token), SLICE("Data"), VERDICT_INVALID, "other data");
        pki_free(one);
    }
}

static void expect_document(const struct judge *judge, struct slice document, struct slice data,
                            enum verdict verdict, const char *words)
{
    AUTO(report_free) struct report *report = report_new();
    enum verdict given = tsp_judge_document(judge, document, data, report);
    const char *said = report_reason(report);

    if (given != verdict || !strstr(said, words))
        fail_msg("%s: «%s», expected %s: «%s»", verdict_name(given), said, verdict_name(verdict),
                 words);
    assert_int_equal(report_timestamp(report) == NOW_MS, verdict == VERDICT_VALID);
}

static void a_token_or_answer_is_judged_as_a_document(void **state)
{
    struct pki *other = pki_new(NULL);
    struct judge judge = pki_judge(pki);
    const struct slice none = { NULL, 0 };
    AUTO(bytes_free) struct bytes *request = NULL;
    AUTO(bytes_free) struct bytes *answer = NULL;
    AUTO(bytes_free) struct bytes *token = stamp(pki, SLICE("data"), ALG_GOST2015_512);
    AUTO(bytes_free) struct bytes *foreign = stamp(other, SLICE("data"), ALG_GOST2015_512);
    AUTO(bytes_free) struct bytes *base64 = base64_encode(bytes_slice(token));
    struct err err;

    (void)state;
    assert_ok(tsp_request(SLICE("data"), ALG_GOST2015_512, &request, &err), &err);
    assert_ok(tsa_answer(pki->tsa.key, bytes_slice(request), &usual, &answer, &err), &err);
    const struct slice forms[] = { bytes_slice(token), bytes_slice(answer), bytes_slice(base64) };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        expect_document(&judge, forms[i], SLICE("data"), VERDICT_VALID, "");
        expect_document(&judge, forms[i], none, VERDICT_VALID, "");
        expect_document(&judge, forms[i], SLICE("Data"), VERDICT_INVALID, "digest: ");
    }
    expect_document(&judge, bytes_slice(foreign), SLICE("data"), VERDICT_INVALID, "path: ");
    expect_document(&judge, SLICE("0"), none, VERDICT_INDETERMINATE, "format: ");
    token->at[token->len - 1] ^= 1;
    expect_document(&judge, bytes_slice(token), SLICE("data"), VERDICT_INVALID, "signature: ");
    judge.now_ms = NOW_MS - DAY_MS / 2;
    expect_document(&judge, bytes_slice(answer), none, VERDICT_INVALID, "future");
    pki_free(other);
}

/* OpenSSL's own verification takes our tokens. */
static void openssl_accepts_our_tokens(void **state)
{
    static const char *const keys[] = { KZGOST_KEY_2015_512, "RSA" };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct pki *one = pki_new(keys[i]);
        AUTO(bytes_free)
        struct bytes *token = stamp(one, SLICE("data"), i ? ALG_RSA_SHA256 : ALG_GOST2015_512);
        const unsigned char *at = slice_u8(bytes_slice(token));
        PKCS7 *parsed = d2i_PKCS7(NULL, &at, (long)token->len);
        TS_VERIFY_CTX *ctx = TS_VERIFY_CTX_new();
        X509_STORE *store = X509_STORE_new();
        X509_STORE_add_cert(store, one->root.x509);
        X509_STORE_add_cert(store, one->ca.x509);
        X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), (time_t)(NOW_MS / 1000));
        TS_VERIFY_CTX_set_flags(ctx, TS_VFY_SIGNATURE | TS_VFY_VERSION | TS_VFY_DATA);
        TS_VERIFY_CTX_set_data(ctx, BIO_new_mem_buf("data", 4));
        TS_VERIFY_CTX_set_store(ctx, store);
        assert_non_null(parsed);
        assert_int_equal(TS_RESP_verify_token(ctx, parsed), 1);
        TS_VERIFY_CTX_free(ctx);
        PKCS7_free(parsed);
        pki_free(one);
    }
}

static void signature_and_authority_of_a_token_are_judged(void **state)
{
    struct pki *other = pki_new(NULL);
    struct judge judge = pki_judge(pki);
    AUTO(bytes_free) struct bytes *good = stamp(pki, SLICE("data"), ALG_GOST2015_512);
    AUTO(bytes_free) struct bytes *foreign = stamp(other, SLICE("data"), ALG_GOST2015_512);
    AUTO(bytes_free) struct bytes *edited = bytes_dup(bytes_slice(good));
    AUTO(bytes_free) struct bytes *forged = bytes_dup(bytes_slice(good));

    (void)state;
    expect(&judge, bytes_slice(foreign), SLICE("data"), VERDICT_INVALID, "path");
    /* the stamped time, edited: 20261122090000Z */
    char *time = memmem(edited->at, edited->len, "20261122090000Z", 15);
    assert_non_null(time);
    time[3] = '5';
    expect(&judge, bytes_slice(edited), SLICE("data"), VERDICT_INVALID, "digest");
    forged->at[forged->len - 5] ^= 1;
    expect(&judge, bytes_slice(forged), SLICE("data"), VERDICT_INVALID, "signature");
    judge.now_ms = NOW_MS - 1000;
    expect(&judge, bytes_slice(good), SLICE("data"), VERDICT_INVALID, "future");
    judge.skew_ms = 1000;
    expect(&judge, bytes_slice(good), SLICE("data"), VERDICT_VALID, "2026");
    /* the authority's certificate may expire later: it is judged at the token's time */
    judge.now_ms = NOW_MS + 3000LL * DAY_MS;
    expect(&judge, bytes_slice(good), SLICE("data"), VERDICT_VALID, "2026");
    for (size_t len = 0; len < good->len; len += 11)
        expect(&judge, slice_mem(good->at, len), SLICE("data"), VERDICT_INVALID,
               "not a timestamp token");
    pki_free(other);
}

static void a_request_that_cannot_be_met_is_rejected(void **state)
{
    AUTO(bytes_free) struct bytes *good = NULL;
    struct bytes *token = NULL;
    struct err err;
    const struct tsa_params other_policy = { .policy_oid = "1.2.3", .now_ms = NOW_MS };

    (void)state;
    assert_ok(tsp_request(SLICE("data"), ALG_GOST2004, &good, &err), &err);
    const unsigned char *at = slice_u8(bytes_slice(good));
    for (int i = 0; i < 4; i++) {
        AUTO(bytes_free) struct bytes *response = NULL;
        TS_REQ *request = d2i_TS_REQ(NULL, &at, (long)good->len);
        TS_MSG_IMPRINT *imprint = TS_REQ_get_msg_imprint(request);
        unsigned char *der = NULL;
        static const char *const texts[] = { "version", "digest", "length", "policy" };
        if (i == 0)
            TS_REQ_set_version(request, 2);
        if (i == 1)
            X509_ALGOR_set0(TS_MSG_IMPRINT_get_algo(imprint), OBJ_nid2obj(NID_md5), V_ASN1_NULL,
                            NULL);
        if (i == 2)
            TS_MSG_IMPRINT_set_msg(imprint, (unsigned char *)"short", 5);
        if (i == 3) {
            ASN1_OBJECT *policy = OBJ_txt2obj("1.2.398.3.3.2.6.1", 1);
            TS_REQ_set_policy_id(request, policy);
            ASN1_OBJECT_free(policy);
        }
        int len = i2d_TS_REQ(request, &der);
        struct slice changed = slice_mem(der, (size_t)len);
        assert_ok(
            tsa_answer(pki->tsa.key, changed, i == 3 ? &other_policy : &usual, &response, &err),
            &err);
        assert_int_equal(tsp_response_token(bytes_slice(response), changed, &token, &err),
                         ST_UPSTREAM);
        if (!strstr(err.text, texts[i]))
            fail_msg("«%s» does not say «%s»", err.text, texts[i]);
        /* OpenSSL reads the rejection too */
        const unsigned char *p = slice_u8(bytes_slice(response));
        TS_RESP *parsed = d2i_TS_RESP(NULL, &p, (long)response->len);
        assert_non_null(parsed);
        assert_int_equal(
            ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(parsed))), 2);
        TS_RESP_free(parsed);
        OPENSSL_free(der);
        TS_REQ_free(request);
        at = slice_u8(bytes_slice(good));
    }
    AUTO(bytes_free) struct bytes *response = NULL;
    assert_ok(tsa_answer(pki->tsa.key, SLICE("garbage"), &usual, &response, &err), &err);
    assert_int_equal(tsp_response_token(bytes_slice(response), bytes_slice(good), &token, &err),
                     ST_UPSTREAM);
}

static void an_answer_to_another_request_is_refused(void **state)
{
    AUTO(bytes_free) struct bytes *one = NULL;
    AUTO(bytes_free) struct bytes *same_data = NULL;
    AUTO(bytes_free) struct bytes *other_data = NULL;
    AUTO(bytes_free) struct bytes *response = NULL;
    struct bytes *token = NULL;
    struct err err;

    (void)state;
    assert_ok(tsp_request(SLICE("data"), ALG_GOST2015_512, &one, &err), &err);
    assert_ok(tsp_request(SLICE("data"), ALG_GOST2015_512, &same_data, &err), &err);
    assert_ok(tsp_request(SLICE("Data"), ALG_GOST2015_512, &other_data, &err), &err);
    assert_ok(tsa_answer(pki->tsa.key, bytes_slice(one), &usual, &response, &err), &err);
    assert_int_equal(
        tsp_response_token(bytes_slice(response), bytes_slice(same_data), &token, &err),
        ST_UPSTREAM);
    assert_non_null(strstr(err.text, "nonce"));
    assert_int_equal(
        tsp_response_token(bytes_slice(response), bytes_slice(other_data), &token, &err),
        ST_UPSTREAM);
    assert_non_null(strstr(err.text, "other data"));
    for (size_t len = 0; len < response->len; len += 9)
        assert_int_equal(
            tsp_response_token(slice_mem(response->at, len), bytes_slice(one), &token, &err),
            ST_UPSTREAM);
    assert_null(token);
}

/* The vectors' README: policy 1.2.398.3.3.2.6.1, imprint by SHA-1. */
static void the_old_token_holds_by_its_signature_alone(void **state)
{
    struct judge judge = { .now_ms = NOW_MS };

    (void)state;
    if (!have_vectors())
        skip();
    AUTO(bytes_free) struct bytes *token = vector("tsp/token.der");
    expect(&judge, bytes_slice(token), (struct slice){ NULL, 0 }, VERDICT_INVALID, "SHA-1");
    judge.signature_only = true;
    expect(&judge, bytes_slice(token), (struct slice){ NULL, 0 }, VERDICT_VALID,
           "2022-09-18T19:20:14+06:00 by СЕРВИС МЕТКИ ВРЕМЕНИ, policy 1.2.398.3.3.2.6.1");
    expect(&judge, bytes_slice(token), SLICE("data"), VERDICT_INVALID, "other data");
    token->at[100] ^= 1;
    expect(&judge, bytes_slice(token), (struct slice){ NULL, 0 }, VERDICT_INVALID, "digest");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_authority_stamps_with_every_algorithm),
        cmocka_unit_test(a_token_or_answer_is_judged_as_a_document),
        cmocka_unit_test(openssl_accepts_our_tokens),
        cmocka_unit_test(signature_and_authority_of_a_token_are_judged),
        cmocka_unit_test(a_request_that_cannot_be_met_is_rejected),
        cmocka_unit_test(an_answer_to_another_request_is_refused),
        cmocka_unit_test(the_old_token_holds_by_its_signature_alone),
    };

    return cmocka_run_group_tests(tests, setup_pki, teardown_pki);
}
