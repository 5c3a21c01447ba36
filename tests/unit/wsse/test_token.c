/* Answers and documents signed by a key that never leaves its PKCS#11 token. */
#include "support/softhsm.h"
#include "unit/wsse/fixture.h"

static struct softhsm hsm;

static struct key *token_key(void)
{
    const struct key_source source = { .place = "pkcs11:token=" SOFTHSM_TOKEN ";object=sign",
                                       .secret_file = hsm.pin_file,
                                       .pkcs11_module = hsm.module };
    struct key *key = NULL;
    struct err err;

    assert_ok(key_open(&source, &key, &err), &err);
    return key;
}

static int set_up(void **state)
{
    const struct pki *pki;

    if (setup_wsse(state) != 0)
        return -1;
    pki = pki_of(KEYS_RSA);
    softhsm_put(&hsm, pki->leaf.pkey, pki->leaf.x509, "sign", "01");
    return 0;
}

static void an_answer_signed_in_a_token_is_verified(void **state) /* req 0.65 */
{
    struct wsse_params params = wsse_usual(KEYS_RSA);
    AUTO(key_free) struct key *key = token_key();
    AUTO(bytes_free) struct bytes *xml = NULL;
    struct err err = { 0 };

    (void)state;
    params.key = key;
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
    assert_ok(wsse_sign(wsse, SLICE("<a>1</a>"), &xml, &err), &err);
    verified_free(expect_verified(wsse, xml->at));
    softhsm_pull(&hsm);
    struct bytes *none = NULL;
    assert_int_equal(wsse_sign(wsse, SLICE("<a>1</a>"), &none, &err), ST_UNAVAILABLE);
    assert_null(none);
    assert_non_null(strstr(err.text, "pkcs11:token=" SOFTHSM_TOKEN));
    softhsm_push(&hsm);
}

static void a_document_signed_in_a_token_is_valid(void **state)
{
    const struct judge judge = pki_judge(pki_of(KEYS_RSA));
    AUTO(key_free) struct key *key = token_key();
    AUTO(bytes_free) struct bytes *xml = NULL;
    AUTO(report_free) struct report *report = report_new();
    struct err err;

    (void)state;
    assert_ok(xmlsig_sign_enveloped(key, SLICE("<a>1</a>"), &usual_limits, &xml, &err), &err);
    if (xmlsig_judge_enveloped(&judge, bytes_slice(xml), &usual_limits, report) != VERDICT_VALID) {
        print_report(report);
        fail();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_signed_in_a_token_is_verified),
        cmocka_unit_test(a_document_signed_in_a_token_is_valid),
    };

    if (!softhsm_start(&hsm))
        return 77;
    int failed = cmocka_run_group_tests(tests, set_up, teardown_wsse);
    softhsm_remove(&hsm);
    return failed;
}
