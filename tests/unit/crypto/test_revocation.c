/* OCSP: what the answer must be to count, receipts, and what is said when nothing can be learnt. */
#include "unit/crypto/responder.h"

#include "base/text.h"
#include "crypto/ocsp.h"

static struct pki *pki;
static struct pki *other;

static int setup(void **state)
{
    setup_crypto(state);
    pki = pki_new(NULL);
    other = pki_new(NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pki_free(pki);
    pki_free(other);
    return 0;
}

static void expect(struct responder *responder, const struct made *leaf, enum verdict verdict,
                   const char *text)
{
    struct trust_io io = responder_io(responder);
    struct judge judge = pki_judge(pki);

    responder->pki = pki;
    judge.revocation = REVOCATION_OCSP;
    judge.io = &io;
    judge.signature_sha256[0] = 9;
    expect_by_revocation(&judge, leaf->cert, verdict, text);
}

static void answers_are_judged_by_every_rule(void **state) /* req 0.22 */
{
    static const struct {
        const char *text;
        struct responder script;
        enum verdict verdict;
    } rows[] = {
        { "good by OCSP as of 2026-11-22T14:00:00+05:00",
          { .status = V_OCSP_CERTSTATUS_GOOD },
          VERDICT_VALID },
        { "revoked on 2026-11-21T14:00:00+05:00, reason certificateHold",
          { .status = V_OCSP_CERTSTATUS_REVOKED, .reason = 6 },
          VERDICT_INVALID },
        { "revoked on 2026-11-21T14:00:00+05:00, reason not given",
          { .status = V_OCSP_CERTSTATUS_REVOKED, .reason = -1 },
          VERDICT_INVALID },
        { "does not know", { .status = V_OCSP_CERTSTATUS_UNKNOWN }, VERDICT_INDETERMINATE },
        { "connection refused", { .unreachable = true }, VERDICT_INDETERMINATE },
        { "not an OCSP answer", { .garbage = true }, VERDICT_INDETERMINATE },
        { "trylater", { .try_later = true }, VERDICT_INDETERMINATE },
        { "nonce", { .wrong_nonce = true }, VERDICT_INDETERMINATE },
        { "good by OCSP", { .no_nonce = true }, VERDICT_VALID },
        { "about another certificate", { .about_another = true }, VERDICT_INDETERMINATE },
        { "signature is wrong", { .flip_signature = true }, VERDICT_INDETERMINATE },
        { "no responder certificate", { .no_certs = true }, VERDICT_INDETERMINATE },
        { "from the future", { .this_update_ms = NOW_MS + 60000 }, VERDICT_INDETERMINATE },
        { "stale", { .this_update_ms = NOW_MS - 3LL * 60 * 60 * 1000 }, VERDICT_INDETERMINATE },
        { "good by OCSP",
          { .this_update_ms = NOW_MS - 3LL * 60 * 60 * 1000, .next_update_ms = NOW_MS + 1000 },
          VERDICT_VALID },
        { "stale: valid until 2026-11-22T13:59:59+05:00",
          { .this_update_ms = NOW_MS - DAY_MS, .next_update_ms = NOW_MS - 1000 },
          VERDICT_INDETERMINATE },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct responder script = rows[i].script;
        expect(&script, &pki->leaf, rows[i].verdict, rows[i].text);
        /* who is away or says so is asked once more */
        assert_int_equal(script.asked, script.unreachable || script.try_later ? 2 : 1);
        assert_string_equal(script.url, "http://ocsp.test/");
        /* only a good answer is kept */
        assert_int_equal(script.kept != NULL, rows[i].verdict == VERDICT_VALID);
        responder_clear(&script);
    }
}

static void only_an_authorised_responder_counts(void **state) /* RFC 6960 section 4.2.2.2 */
{
    struct made plain =
        made_new(&(struct made_params){ .cn = "OCSP?", .usage = "digitalSignature" }, &pki->ca);
    struct made by_root = made_new(&(struct made_params){ .cn = "OCSP of the root",
                                                          .usage = "digitalSignature",
                                                          .eku = "OCSPSigning" },
                                   &pki->root);
    struct made old = made_new(&(struct made_params){ .cn = "OLD OCSP",
                                                      .usage = "digitalSignature",
                                                      .eku = "OCSPSigning",
                                                      .from_ms = NOW_MS - 9LL * DAY_MS,
                                                      .to_ms = NOW_MS - DAY_MS },
                               &pki->ca);
    const struct {
        const struct made *signer;
        enum verdict verdict;
        const char *text;
    } rows[] = {
        { &pki->ca, VERDICT_VALID, "good by OCSP" }, /* the issuer itself */
        { &pki->ocsp, VERDICT_VALID, "good by OCSP" },
        { &pki->leaf, VERDICT_INDETERMINATE, "not for signing OCSP" },
        { &plain, VERDICT_INDETERMINATE, "not for signing OCSP" },
        { &by_root, VERDICT_INDETERMINATE, "not authorised by the certificate's issuer" },
        { &other->ocsp, VERDICT_INDETERMINATE, "not authorised by the certificate's issuer" },
        /* the name of our CA with another key */
        { &other->ca, VERDICT_INDETERMINATE, "signature is wrong" },
        { &old, VERDICT_INDETERMINATE, "not valid when it answered" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct responder script = { .signer = rows[i].signer };
        expect(&script, &pki->leaf, rows[i].verdict, rows[i].text);
        responder_clear(&script);
    }
    /* the issuer's certificate need not be in its own answer */
    struct responder bare = { .signer = &pki->ca, .no_certs = true };
    expect(&bare, &pki->leaf, VERDICT_VALID, "good by OCSP");
    responder_clear(&bare);
    made_free(&plain);
    made_free(&by_root);
    made_free(&old);
}

static void a_kept_receipt_serves_the_same_signature(void **state) /* req 0.23 */
{
    struct responder script = { .pki = pki };
    struct trust_io io = responder_io(&script);
    struct judge judge = pki_judge(pki);
    AUTO(evidence_free) struct evidence *evidence = evidence_new();

    (void)state;
    expect(&script, &pki->leaf, VERDICT_VALID, "good by OCSP");
    assert_int_equal(script.asked, 1);
    /* later, with the responder away: as of the receipt's date */
    script.unreachable = true;
    expect(&script, &pki->leaf, VERDICT_VALID, "kept receipt");
    assert_int_equal(script.asked, 1);
    judge.revocation = REVOCATION_OCSP;
    judge.io = &io;
    judge.now_ms = NOW_MS + 30LL * DAY_MS;
    judge.signature_sha256[0] = 9;
    judge.evidence = evidence;
    AUTO(report_free) struct report *report = report_new();
    assert_int_equal(trust_judge(&judge, pki->leaf.cert, report), VERDICT_VALID);
    assert_int_equal(evidence_kind(evidence, evidence_count(evidence) - 1), EVIDENCE_OCSP);
    /* another signature of the same person asks anew */
    judge.signature_sha256[0] = 10;
    AUTO(report_free) struct report *again = report_new();
    assert_int_equal(trust_judge(&judge, pki->leaf.cert, again), VERDICT_INDETERMINATE);
    assert_int_equal(script.asked, 3);
    /* without a signature there is no receipt */
    judge.signature_sha256[0] = 0;
    AUTO(report_free) struct report *without = report_new();
    assert_int_equal(trust_judge(&judge, pki->leaf.cert, without), VERDICT_INDETERMINATE);
    responder_clear(&script);
}

static void a_forged_receipt_is_not_used(void **state)
{
    struct responder script = { .pki = pki, .status = V_OCSP_CERTSTATUS_REVOKED };

    (void)state;
    script.kept = responder_answer(&(struct responder){ .pki = other, .signer = &other->ca },
                                   pki->leaf.cert, pki->ca.cert);
    script.kept_signature[0] = 9;
    memcpy(script.kept_cert, cert_signer(pki->leaf.cert)->sha256, 32);
    expect(&script, &pki->leaf, VERDICT_INVALID, "revoked");
    assert_int_equal(script.asked, 1);
    responder_clear(&script);
}

static void a_missing_source_is_indeterminate(void **state)
{
    struct made silent = made_new(
        &(struct made_params){ .cn = "X", .usage = "digitalSignature,nonRepudiation" }, &pki->ca);
    struct responder script = { 0 };
    struct trust_io nothing = { 0 };
    struct judge judge = pki_judge(pki);
    AUTO(report_free) struct report *report = report_new();
    AUTO(report_free) struct report *second = report_new();

    (void)state;
    expect(&script, &silent, VERDICT_INDETERMINATE, "names no OCSP responder");
    assert_int_equal(script.asked, 0);
    judge.revocation = REVOCATION_OCSP;
    assert_int_equal(trust_judge(&judge, pki->leaf.cert, report), VERDICT_INDETERMINATE);
    assert_int_equal(report_culprit(report), CHECK_REVOCATION);
    judge.io = &nothing;
    assert_int_equal(trust_judge(&judge, pki->leaf.cert, second), VERDICT_INDETERMINATE);
    made_free(&silent);
}

static void a_setting_overrides_the_certificates_address(void **state)
{
    struct responder script = { .pki = pki };
    struct trust_io io = responder_io(&script);
    struct judge judge = pki_judge(pki);
    AUTO(report_free) struct report *report = report_new();

    (void)state;
    judge.revocation = REVOCATION_OCSP;
    judge.io = &io;
    judge.ocsp_url = "http://proxy.test/ocsp";
    assert_int_equal(trust_judge(&judge, pki->leaf.cert, report), VERDICT_VALID);
    assert_string_equal(script.url, "http://proxy.test/ocsp");
    responder_clear(&script);
}

static void nobody_is_asked_about_an_untrusted_signer(void **state)
{
    struct responder script = { .pki = pki };
    struct trust_io io = responder_io(&script);
    struct judge judge = pki_judge(pki);
    AUTO(report_free) struct report *report = report_new();

    (void)state;
    judge.revocation = REVOCATION_OCSP;
    judge.io = &io;
    assert_int_equal(trust_judge(&judge, other->leaf.cert, report), VERDICT_INVALID);
    assert_int_equal(report_culprit(report), CHECK_PATH);
    assert_int_equal(script.asked, 0);
}

static void skew_is_granted_to_the_responders_clock(void **state)
{
    struct responder script = { .pki = pki, .this_update_ms = NOW_MS + 60000 };
    struct trust_io io = responder_io(&script);
    struct judge judge = pki_judge(pki);
    AUTO(report_free) struct report *report = report_new();

    (void)state;
    judge.revocation = REVOCATION_OCSP;
    judge.io = &io;
    judge.skew_ms = 300000;
    assert_int_equal(trust_judge(&judge, pki->leaf.cert, report), VERDICT_VALID);
    responder_clear(&script);
}

/* The vectors' README: responder's signature valid, status revoked (certificateHold). The
 * certificates themselves are not there, so ones of the same issuer and number stand in. */
static void real_answers_tell_revoked(void **state)
{
    static const struct {
        const char *file;
        const char *serial;
        const char *when;
        const char *at;
    } rows[] = {
        { "ocsp/ceo_2015_revoked.der", "332321413155766205297437853398640951206064973346",
          "revoked on 2022-07-27T16:25:30+06:00, reason certificateHold", "2022-09-02T17:00:00Z" },
        { "ocsp/individual_2015_revoked.der", NULL, "reason certificateHold",
          "2022-09-02T17:00:00Z" },
    };

    (void)state;
    if (!have_vectors())
        skip();
    AUTO(cert_free) struct cert *issuer = vector_cert("ca-test/nca_gost2022_test.cer");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(bytes_free) struct bytes *answer = vector(rows[i].file);
        const unsigned char *at = slice_u8(bytes_slice(answer));
        OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)answer->len);
        OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
        ASN1_INTEGER *serial = NULL;
        OCSP_id_get0_info(NULL, NULL, NULL, &serial,
                          (OCSP_CERTID *)OCSP_SINGLERESP_get0_id(OCSP_resp_get0(basic, 0)));
        BIGNUM *number = ASN1_INTEGER_to_BN(serial, NULL);
        char *decimal = BN_bn2dec(number);
        struct made stand_in = made_new(
            &(struct made_params){
                .cn = "X", .serial = decimal, .issuer_cn = cert_signer(issuer)->common_name },
            NULL);
        struct ocsp_query query = { .subject = stand_in.cert, .issuer = issuer, .kept = true };
        struct time_span span;
        struct ocsp_answer judged;
        assert_true(time_parse(slice_str(rows[i].at), &span));
        query.now_ms = span.from_ms;
        query.skew_ms = 365LL * DAY_MS;
        ocsp_judge_response(&query, bytes_slice(answer), &judged);
        print_message("%s: %s\n", rows[i].file, judged.text);
        assert_int_equal(judged.state, OCSP_REVOKED);
        assert_non_null(strstr(judged.text, rows[i].when));
        /* one bit anywhere in what is signed, and it says nothing */
        answer->at[60] ^= 1;
        ocsp_judge_response(&query, bytes_slice(answer), &judged);
        assert_int_equal(judged.state, OCSP_UNUSABLE);
        made_free(&stand_in);
        OPENSSL_free(decimal);
        BN_free(number);
        OCSP_BASICRESP_free(basic);
        OCSP_RESPONSE_free(response);
    }
}

static void cut_and_padded_answers_are_unusable(void **state)
{
    struct responder script = { .pki = pki };
    struct ocsp_query query = { .subject = pki->leaf.cert,
                                .issuer = pki->ca.cert,
                                .now_ms = NOW_MS };
    struct bytes *answer = responder_answer(&script, pki->leaf.cert, pki->ca.cert);
    struct ocsp_answer judged;

    (void)state;
    ocsp_judge_response(&query, bytes_slice(answer), &judged);
    assert_int_equal(judged.state, OCSP_GOOD);
    for (size_t len = 0; len < answer->len; len += 7) {
        ocsp_judge_response(&query, slice_mem(answer->at, len), &judged);
        assert_int_equal(judged.state, OCSP_UNUSABLE);
    }
    ocsp_judge_response(&query, slice_mem(answer->at, answer->len + 1), &judged);
    assert_int_equal(judged.state, OCSP_UNUSABLE);
    bytes_free(answer);
}

static void the_same_number_of_another_ca_is_another_certificate(void **state)
{
    struct responder script = { .pki = pki };
    struct ocsp_query query = { .subject = pki->leaf.cert,
                                .issuer = pki->ca.cert,
                                .now_ms = NOW_MS };
    /* equal names and numbers, another key: the CertID's issuerKeyHash tells */
    struct bytes *answer = responder_answer(&script, pki->leaf.cert, other->ca.cert);
    struct ocsp_answer judged;

    (void)state;
    ocsp_judge_response(&query, bytes_slice(answer), &judged);
    assert_int_equal(judged.state, OCSP_UNUSABLE);
    assert_non_null(strstr(judged.text, "another certificate"));
    bytes_free(answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_judged_by_every_rule),
        cmocka_unit_test(only_an_authorised_responder_counts),
        cmocka_unit_test(a_kept_receipt_serves_the_same_signature),
        cmocka_unit_test(a_forged_receipt_is_not_used),
        cmocka_unit_test(a_missing_source_is_indeterminate),
        cmocka_unit_test(a_setting_overrides_the_certificates_address),
        cmocka_unit_test(nobody_is_asked_about_an_untrusted_signer),
        cmocka_unit_test(skew_is_granted_to_the_responders_clock),
        cmocka_unit_test(real_answers_tell_revoked),
        cmocka_unit_test(cut_and_padded_answers_are_unusable),
        cmocka_unit_test(the_same_number_of_another_ca_is_another_certificate),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
