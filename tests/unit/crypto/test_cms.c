/* CMS: made and judged, in all its forms, tampered with in every part, and the vectors' verdicts
 * (req 0.15). */
#include "unit/crypto/cms_kit.h"

#include "crypto/encode.h"
#include "crypto/gost/kzgost.h"
#include "crypto/signed_data.h"

#include <stdio.h>
#include <stdlib.h>

static struct pki *rsa;

static int setup(void **state)
{
    int failed = setup_pki(state); /* the libraries first */

    rsa = pki_new("RSA");
    return failed;
}

static int teardown(void **state)
{
    pki_free(rsa);
    return teardown_pki(state);
}

static void what_is_signed_verifies(void **state)
{
    struct pki *const all[] = { pki, rsa };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct responder tsa = { .pki = all[i] };
        struct judge judge = pki_judge(all[i]);
        AUTO(bytes_free) struct bytes *attached = sign_text(&all[i]->leaf, false, &tsa);
        AUTO(bytes_free) struct bytes *detached = sign_text(&all[i]->leaf, true, NULL);
        AUTO(bytes_free) struct bytes *content = NULL;
        AUTO(report_free) struct report *report = report_new();
        judge.timestamp_required = true;
        assert_int_equal(tsa.asked, 1);
        if (cms_judge(&judge, bytes_slice(attached), no_content, report, &content) !=
            VERDICT_VALID) {
            print_report(report);
            fail();
        }
        assert_true(slice_eq(bytes_slice(content), signed_text));
        assert_int_equal(report_timestamp(report), NOW_MS);
        assert_int_equal(report_signer_count(report), 1);
        assert_string_equal(report_signer(report, 0)->iin, "123456789011");
        assert_string_equal(report_reason(report), "");
        judge.timestamp_required = false;
        expect_cms(&judge, bytes_slice(detached), signed_text, VERDICT_VALID, CHECK_COUNT_);
        /* the content inside may be given too, when it is the same */
        expect_cms(&judge, bytes_slice(attached), signed_text, VERDICT_VALID, CHECK_COUNT_);
    }
}

static void old_gost_signs_and_verifies(void **state) /* req 0.28 */
{
    struct pki *old = pki_new(KZGOST_KEY_2004);
    struct responder tsa = { .pki = old };
    struct judge judge = pki_judge(old);
    AUTO(bytes_free) struct bytes *cms = sign_text(&old->leaf, false, &tsa);

    (void)state;
    expect_cms(&judge, bytes_slice(cms), no_content, VERDICT_VALID, CHECK_COUNT_);
    judge.algorithms = ALG_GOST2015_512;
    expect_cms(&judge, bytes_slice(cms), no_content, VERDICT_INVALID, CHECK_ALGORITHM);
    pki_free(old);
}

static void other_content_fails_the_digest(void **state)
{
    struct judge judge = pki_judge(pki);
    AUTO(bytes_free) struct bytes *cms = sign_text(&pki->leaf, true, NULL);
    AUTO(bytes_free) struct bytes *inside = sign_text(&pki->leaf, false, NULL);

    (void)state;
    expect_cms(&judge, bytes_slice(cms), SLICE("другое"), VERDICT_INVALID, CHECK_DIGEST);
    expect_cms(&judge, bytes_slice(cms), SLICE(""), VERDICT_INVALID, CHECK_DIGEST);
    expect_cms(&judge, bytes_slice(inside), SLICE("другое"), VERDICT_INVALID, CHECK_DIGEST);
    /* content that is nowhere: nothing to judge */
    expect_cms(&judge, bytes_slice(cms), no_content, VERDICT_INDETERMINATE, CHECK_FORMAT);
}

static void flip(struct bytes *der, struct slice part, size_t i)
{
    char *at = memmem(der->at, der->len, part.at, part.len);

    assert_non_null(at);
    at[i] ^= 1;
}

static void each_part_has_its_check(void **state)
{
    struct judge judge = pki_judge(pki);
    AUTO(bytes_free) struct bytes *good = sign_text(&pki->leaf, false, NULL);
    struct signed_data data = { 0 };
    struct slice signature;
    struct err err;

    (void)state;
    assert_ok(signed_data_open(bytes_slice(good), &data, &err), &err);
    signature = asn1_slice(CMS_SignerInfo_get0_signature(signed_data_signer(&data, 0)));
    AUTO(bytes_free) struct bytes *content = bytes_dup(bytes_slice(good));
    flip(content, signed_text, 3);
    expect_cms(&judge, bytes_slice(content), no_content, VERDICT_INVALID, CHECK_DIGEST);
    for (size_t i = 0; i < signature.len; i += 9) {
        AUTO(bytes_free) struct bytes *wrong = bytes_dup(bytes_slice(good));
        flip(wrong, signature, i);
        expect_cms(&judge, bytes_slice(wrong), no_content, VERDICT_INVALID, CHECK_SIGNATURE);
    }
    signed_data_clear(&data);
}

static void cut_padded_and_foreign_files_are_no_documents(void **state)
{
    struct judge judge = pki_judge(pki);
    AUTO(bytes_free) struct bytes *good = sign_text(&pki->leaf, false, NULL);
    AUTO(bytes_free) struct bytes *longer = bytes_new(65536);

    (void)state;
    for (size_t len = 0; len < good->len; len += 13)
        expect_cms(&judge, slice_mem(good->at, len), no_content, VERDICT_INDETERMINATE,
                   CHECK_FORMAT);
    bytes_add(longer, bytes_slice(good));
    bytes_add_str(longer, "x");
    expect_cms(&judge, bytes_slice(longer), no_content, VERDICT_INDETERMINATE, CHECK_FORMAT);
    expect_cms(&judge, SLICE("<xml/>"), no_content, VERDICT_INDETERMINATE, CHECK_FORMAT);
    expect_cms(&judge, cert_der(pki->leaf.cert), no_content, VERDICT_INDETERMINATE, CHECK_FORMAT);
}

static void pem_base64_and_bom_are_taken(void **state)
{
    static const struct {
        const char *before, *after;
    } forms[] = {
        { "", "" },
        { "\xef\xbb\xbf", "" },
        { "\r\n ", "\n" },
        { "-----BEGIN CMS-----\n", "\n-----END CMS-----\n" },
        { "\xef\xbb\xbf-----BEGIN PKCS7-----\r\n", "\r\n-----END PKCS7-----" },
    };
    struct judge judge = pki_judge(pki);
    AUTO(bytes_free) struct bytes *der = sign_text(&pki->leaf, false, NULL);
    AUTO(bytes_free) struct bytes *base64 = base64_encode(bytes_slice(der));

    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++) {
        char *dressed = NULL;
        assert_true(asprintf(&dressed, "%s%s%s", forms[i].before, base64->at, forms[i].after) > 0);
        expect_cms(&judge, slice_str(dressed), no_content, VERDICT_VALID, CHECK_COUNT_);
        free(dressed);
    }
}

/* Everything but the content stays, to the byte. */
static void a_cms_lets_its_content_go(void **state)
{
    struct pki *const all[] = { pki, rsa };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct responder tsa = { .pki = all[i] };
        struct judge judge = pki_judge(all[i]);
        AUTO(bytes_free) struct bytes *attached = sign_text(&all[i]->leaf, false, &tsa);
        AUTO(bytes_free) struct bytes *detached = NULL;
        AUTO(bytes_free) struct bytes *again = NULL;
        struct err err;

        assert_ok(cms_detach(bytes_slice(attached), &detached, &err), &err);
        assert_null(memmem(detached->at, detached->len, signed_text.at, signed_text.len));
        judge.timestamp_required = true;
        expect_cms(&judge, bytes_slice(detached), signed_text, VERDICT_VALID, CHECK_COUNT_);
        expect_cms(&judge, bytes_slice(detached), SLICE("другое"), VERDICT_INVALID, CHECK_DIGEST);
        expect_cms(&judge, bytes_slice(detached), no_content, VERDICT_INDETERMINATE, CHECK_FORMAT);
        const char *behind = memmem(attached->at, attached->len, signed_text.at, signed_text.len);
        const size_t rest = (size_t)(attached->at + attached->len - behind) - signed_text.len;
        assert_true(rest > 1000 && rest < detached->len);
        assert_memory_equal(detached->at + detached->len - rest, behind + signed_text.len, rest);
        assert_ok(cms_detach(bytes_slice(detached), &again, &err), &err);
        assert_true(slice_eq(bytes_slice(detached), bytes_slice(again)));
    }
}

static void what_is_no_cms_lets_nothing_go(void **state)
{
    static const char *const inputs[] = { "", "MAA=", "<a/>", "\x30\x03\x02\x01\x01" };

    (void)state;
    for (size_t i = 0; i < COUNT(inputs); i++) {
        struct bytes *der = NULL;
        struct err err;
        assert_int_equal(cms_detach(slice_str(inputs[i]), &der, &err), ST_FORMAT);
        assert_null(der);
    }
}

static void vectors_have_their_verdicts(void **state)
{
    struct judge judge = { .purpose = PURPOSE_SIGN, .now_ms = NOW_MS };
    AUTO(report_free) struct report *report = report_new();

    (void)state;
    if (!have_vectors())
        skip();
    AUTO(trust_free) struct trust *trust = vector_trust();
    AUTO(bytes_free) struct bytes *attached = vector("cms/gost2015_attached.der");
    AUTO(bytes_free) struct bytes *detached = vector("cms/gost2015_detached.der");
    AUTO(bytes_free) struct bytes *document = vector("cms/gost2015_document.txt");
    judge.trust = trust;
    judge.timestamp_required = true;
    judge.expect_iin = "123456789011";
    expect_cms(&judge, bytes_slice(attached), no_content, VERDICT_VALID, CHECK_COUNT_);
    expect_cms(&judge, bytes_slice(detached), bytes_slice(document), VERDICT_VALID, CHECK_COUNT_);
    expect_cms(&judge, bytes_slice(detached), SLICE("other"), VERDICT_INVALID, CHECK_DIGEST);
    document->at[5] ^= 1;
    expect_cms(&judge, bytes_slice(detached), bytes_slice(document), VERDICT_INVALID, CHECK_DIGEST);
    (void)!cms_judge(&judge, bytes_slice(attached), no_content, report, NULL);
    print_report(report);
    assert_true(report_timestamp(report) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_signed_verifies),
        cmocka_unit_test(old_gost_signs_and_verifies),
        cmocka_unit_test(other_content_fails_the_digest),
        cmocka_unit_test(each_part_has_its_check),
        cmocka_unit_test(cut_padded_and_foreign_files_are_no_documents),
        cmocka_unit_test(pem_base64_and_bom_are_taken),
        cmocka_unit_test(a_cms_lets_its_content_go),
        cmocka_unit_test(what_is_no_cms_lets_nothing_go),
        cmocka_unit_test(vectors_have_their_verdicts),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
