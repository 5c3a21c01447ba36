/* The timestamp of a CMS, and the receipts of its judgement. */
#include "unit/crypto/cms_kit.h"

#include "crypto/signed_data.h"

static void a_valid_timestamp_moves_the_time_of_the_signer(void **state)
{
    struct made short_lived = made_new(
        &(struct made_params){
            .cn = "SHORT", .usage = "digitalSignature,nonRepudiation", .to_ms = NOW_MS + DAY_MS },
        &pki->ca);
    struct responder tsa = { .pki = pki };
    struct judge judge = pki_judge(pki);
    AUTO(bytes_free) struct bytes *stamped = sign_text(&short_lived, false, &tsa);
    AUTO(bytes_free) struct bytes *bare = sign_text(&short_lived, false, NULL);

    (void)state;
    judge.now_ms = NOW_MS + 30LL * DAY_MS;
    expect_cms(&judge, bytes_slice(bare), no_content, VERDICT_INVALID, CHECK_DATES);
    expect_cms(&judge, bytes_slice(stamped), no_content, VERDICT_VALID, CHECK_COUNT_);
    made_free(&short_lived);
}

static void a_bad_timestamp_is_named(void **state)
{
    struct bad_tsas bad = bad_tsas_make(&pki->ca);
    struct responder rows[] = { { .tsa = &bad.not_tsa },
                                { .tsa = &bad.foreign },
                                { .tsa = &bad.old },
                                { .tsa_time_ms = NOW_MS + 60000 } };
    static const char *const texts[] = { "keyUsage", "path", "dates", "future" };
    struct judge judge = pki_judge(pki);

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        rows[i].pki = pki;
        AUTO(bytes_free) struct bytes *cms = sign_text(&pki->leaf, false, &rows[i]);
        AUTO(report_free) struct report *report = report_new();
        expect_cms(&judge, bytes_slice(cms), no_content, VERDICT_INVALID, CHECK_TIMESTAMP);
        (void)!cms_judge(&judge, bytes_slice(cms), no_content, report, NULL);
        if (!strstr(report_reason(report), texts[i]))
            fail_msg("«%s» does not say «%s»", report_reason(report), texts[i]);
        judge.signature_only = true;
        expect_cms(&judge, bytes_slice(cms), no_content, VERDICT_VALID, CHECK_COUNT_);
        judge.signature_only = false;
    }
    bad_tsas_free(&bad);
}

/* A token cut out of one signature and put under another. */
static void a_token_of_another_signature_is_refused(void **state)
{
    struct responder tsa = { .pki = pki };
    AUTO(bytes_free) struct bytes *one = sign_text(&pki->leaf, false, &tsa);
    AUTO(bytes_free) struct bytes *two = sign_text(&pki->leaf, false, NULL);
    struct judge judge = pki_judge(pki);
    struct signed_data from = { 0 };
    struct signed_data to = { 0 };
    struct slice token;
    struct err err;
    AUTO(bytes_free) struct bytes *grafted = NULL;

    (void)state;
    assert_ok(signed_data_open(bytes_slice(one), &from, &err), &err);
    assert_ok(signed_data_open(bytes_slice(two), &to, &err), &err);
    assert_true(signed_data_token(signed_data_signer(&from, 0), &token));
    CMS_unsigned_add1_attr_by_NID(signed_data_signer(&to, 0), NID_id_smime_aa_timeStampToken,
                                  V_ASN1_SEQUENCE, token.at, (int)token.len);
    assert_ok(signed_data_der(to.cms, &grafted, &err), &err);
    expect_cms(&judge, bytes_slice(grafted), no_content, VERDICT_INVALID, CHECK_TIMESTAMP);
    signed_data_clear(&from);
    signed_data_clear(&to);
}

static void the_authority_that_fails_fails_the_signing(void **state)
{
    struct responder scripts[] = { { .unreachable = true }, { .garbage = true } };
    static const enum status wants[] = { ST_UNAVAILABLE, ST_UPSTREAM };
    struct err err;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct trust_io io = responder_io(&scripts[i]);
        const struct cms_params params = {
            .io = &io, .tsp_url = "http://tsp.test/", .signing_time_ms = NOW_MS, .deadline_ms = 1
        };
        struct bytes *der = NULL;
        scripts[i].pki = pki;
        assert_int_equal(cms_sign(pki->leaf.key, signed_text, &params, &der, &err), wants[i]);
        assert_null(der);
    }
}

static void receipts_are_keyed_by_the_signature(void **state) /* req 0.22, 0.23 */
{
    struct responder script = { .pki = pki };
    struct trust_io io = responder_io(&script);
    struct judge judge = pki_judge(pki);
    AUTO(bytes_free) struct bytes *cms = sign_text(&pki->leaf, false, &script);
    AUTO(bytes_free) struct bytes *next = sign_text(&pki->leaf, false, NULL);
    AUTO(evidence_free) struct evidence *evidence = evidence_new();
    size_t kinds[EVIDENCE_REPORT + 1] = { 0 };

    (void)state;
    judge.revocation = REVOCATION_OCSP;
    judge.io = &io;
    judge.evidence = evidence;
    expect_cms(&judge, bytes_slice(cms), no_content, VERDICT_VALID, CHECK_COUNT_);
    assert_int_equal(script.asked, 2); /* TSA, OCSP */
    for (size_t i = 0; i < evidence_count(evidence); i++)
        kinds[evidence_kind(evidence, i)]++;
    assert_int_equal(kinds[EVIDENCE_CERTIFICATE], 4); /* the TSA's own too */
    assert_int_equal(kinds[EVIDENCE_OCSP], 1);
    assert_int_equal(kinds[EVIDENCE_TSP], 1);
    script.unreachable = true;
    expect_cms(&judge, bytes_slice(cms), no_content, VERDICT_VALID, CHECK_COUNT_);
    expect_cms(&judge, bytes_slice(next), no_content, VERDICT_INDETERMINATE, CHECK_REVOCATION);
    responder_clear(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_valid_timestamp_moves_the_time_of_the_signer),
        cmocka_unit_test(a_bad_timestamp_is_named),
        cmocka_unit_test(a_token_of_another_signature_is_refused),
        cmocka_unit_test(the_authority_that_fails_fails_the_signing),
        cmocka_unit_test(receipts_are_keyed_by_the_signature),
    };

    return cmocka_run_group_tests(tests, setup_pki, teardown_pki);
}
