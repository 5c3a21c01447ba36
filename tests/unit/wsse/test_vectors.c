/* The shared vectors and their verdicts: real signatures, judged without their dates. */
#include "unit/wsse/fixture.h"

static const struct {
    const char *file;
    enum document_kind kind;
    enum verdict verdict;
    enum check culprit;
    enum algorithm algorithm;
} vectors[] = {
    { "wsse/rsa_request.xml", DOCUMENT_ENVELOPE, VERDICT_VALID, CHECK_COUNT_, ALG_RSA_SHA256 },
    { "wsse/gost2004_request.xml", DOCUMENT_ENVELOPE, VERDICT_VALID, CHECK_COUNT_, ALG_GOST2004 },
    { "wsse/bad_rsa_body_edited.xml", DOCUMENT_ENVELOPE, VERDICT_INVALID, CHECK_DIGEST, 0 },
    { "wsse/bad_rsa_signedinfo_whitespace.xml", DOCUMENT_ENVELOPE, VERDICT_INVALID, CHECK_SIGNATURE,
      0 },
    { "xml/rsa_individual.xml", DOCUMENT_ENVELOPED, VERDICT_VALID, CHECK_COUNT_, ALG_RSA_SHA256 },
    { "xml/gost2004_legal_entity.xml", DOCUMENT_ENVELOPED, VERDICT_VALID, CHECK_COUNT_,
      ALG_GOST2004 },
    { "xml/gost2015_individual.xml", DOCUMENT_ENVELOPED, VERDICT_VALID, CHECK_COUNT_,
      ALG_GOST2015_512 },
};

static enum verdict judge(struct slice xml, enum document_kind kind, const struct judge *how,
                          struct report *report)
{
    return kind == DOCUMENT_ENVELOPE ? xmlsig_judge_envelope(how, xml, &usual_limits, report)
                                     : xmlsig_judge_enveloped(how, xml, &usual_limits, report);
}

static void vectors_have_their_verdicts(void **state) /* req 0.13, 0.29, 0.65, 0.66 */
{
    const struct judge how = { .signature_only = true };

    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        AUTO(bytes_free) struct bytes *xml = vector(vectors[i].file);
        AUTO(report_free) struct report *report = report_new();
        const enum verdict verdict = judge(bytes_slice(xml), vectors[i].kind, &how, report);

        if (verdict != vectors[i].verdict || report_culprit(report) != vectors[i].culprit) {
            print_report(report);
            fail_msg("%s: %s", vectors[i].file, report_reason(report));
        }
        assert_int_equal(xml_document_kind(bytes_slice(xml), &usual_limits), vectors[i].kind);
        if (verdict == VERDICT_VALID) {
            assert_int_equal(report_signer_count(report), 1);
            assert_string_equal(report_signer(report, 0)->iin, "123456789011");
        }
    }
}

static void an_algorithm_off_the_list_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        const struct judge how = { .signature_only = true,
                                   .algorithms =
                                       (unsigned)ALG_DEFAULT & ~(unsigned)vectors[i].algorithm };
        AUTO(bytes_free) struct bytes *xml = vector(vectors[i].file);
        AUTO(report_free) struct report *report = report_new();

        if (vectors[i].verdict != VERDICT_VALID)
            continue;
        assert_int_equal(judge(bytes_slice(xml), vectors[i].kind, &how, report), VERDICT_INVALID);
        assert_int_equal(report_culprit(report), CHECK_ALGORITHM);
    }
}

/* Any byte of the Body, the SignedInfo and the SignatureValue that says something is held. */
static void a_flipped_byte_is_never_valid(void **state)
{
    const struct judge how = { .signature_only = true };

    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        AUTO(bytes_free) struct bytes *xml = vector(vectors[i].file);
        const char *start = NULL;

        if (vectors[i].verdict != VERDICT_VALID)
            continue;
        start = strstr(xml->at, "SignatureValue>");
        for (size_t at = 15; at < 60; at += 3) {
            char *byte = xml->at + (start - xml->at) + at;
            const char was = *byte;
            AUTO(report_free) struct report *report = report_new();

            if (strchr("\r\n &#;", was))
                continue;
            *byte = was == 'A' ? 'B' : 'A';
            assert_int_not_equal(judge(bytes_slice(xml), vectors[i].kind, &how, report),
                                 VERDICT_VALID);
            *byte = was;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_have_their_verdicts),
        cmocka_unit_test(an_algorithm_off_the_list_is_refused),
        cmocka_unit_test(a_flipped_byte_is_never_valid),
    };

    if (!have_vectors())
        return 77;
    return cmocka_run_group_tests(tests, setup_wsse, teardown_wsse);
}
