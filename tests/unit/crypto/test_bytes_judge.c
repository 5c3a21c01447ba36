/* SIGN_BYTES_ARRAY: both readings of the data, forms of the certificate, and each way to be wrong.
 */
#include "unit/crypto/usual_pki.h"

#include "crypto/bytes_judge.h"
#include "crypto/encode.h"
#include "crypto/gost/kzgost.h"
#include "json/json.h"

static struct bytes *signed_by(const struct key *key, struct slice data)
{
    struct bytes *json = NULL;
    struct err err;

    assert_ok(bytes_sign(key, data, &json, &err), &err);
    return json;
}

static void expect(const struct judge *judge, struct slice result, struct slice data,
                   enum verdict verdict, const char *words)
{
    AUTO(report_free) struct report *report = report_new();
    enum verdict given = bytes_judge(judge, result, data, report);
    const char *said = given == VERDICT_VALID ? report_covers(report) : report_reason(report);

    if (given != verdict || !strstr(said, words))
        fail_msg("%s: «%s», expected %s: «%s»", verdict_name(given), said, verdict_name(verdict),
                 words);
}

/* req 1.33, C-08 */
static void either_reading_of_the_data_is_found_and_told(void **state)
{
    static const char *const keys[] = { KZGOST_KEY_2015_512, KZGOST_KEY_2004, KZGOST_KEY_GAMMA,
                                        "RSA" };

    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct pki *one = pki_new(keys[i]);
        struct judge judge = pki_judge(one);
        AUTO(bytes_free) struct bytes *text = signed_by(one->leaf.key, SLICE("AQID"));
        AUTO(bytes_free) struct bytes *binary = signed_by(one->leaf.key, SLICE("\1\2\3"));

        expect(&judge, bytes_slice(text), SLICE("AQID"), VERDICT_VALID, "as they stand, 4 bytes");
        expect(&judge, bytes_slice(binary), SLICE("AQID"), VERDICT_VALID, "stands for, 3 bytes");
        expect(&judge, bytes_slice(binary), SLICE("\1\2\3"), VERDICT_VALID, "as they stand, 3");
        expect(&judge, bytes_slice(text), SLICE("\1\2\3"), VERDICT_INVALID, "signature: ");
        expect(&judge, bytes_slice(text), SLICE("AQIE"), VERDICT_INVALID, "neither as it stands");
        pki_free(one);
    }
}

/* req 1.34: text and XML are signed as they are, whatever their letters */
static void text_and_xml_are_judged_as_utf8(void **state)
{
    static const char *const texts[] = { "123", "<a>ё</a>", "қазақ мәтіні", "{\"a\": 1}\r\n" };
    struct judge judge = pki_judge(pki);

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        AUTO(bytes_free) struct bytes *json = signed_by(pki->leaf.key, slice_str(texts[i]));
        expect(&judge, bytes_slice(json), slice_str(texts[i]), VERDICT_VALID, "as they stand");
        expect(&judge, bytes_slice(json), SLICE("124"), VERDICT_INVALID, "signature: ");
    }
}

static struct bytes *result_of(struct slice signature, struct slice cert)
{
    AUTO(json_free) struct json *json = json_new_object();
    struct bytes *text = NULL;
    struct err err;

    json_set_string(json, "signature", signature);
    json_set_string(json, "certificate", cert);
    assert_ok(json_print(json, 65536, &text, &err), &err);
    return text;
}

static void the_certificate_may_be_pem_or_base64_of_either(void **state)
{
    struct judge judge = pki_judge(pki);
    AUTO(bytes_free) struct bytes *usual = signed_by(pki->leaf.key, SLICE("data"));
    static const struct json_limits limits = { 65536, 4, 64 };
    AUTO(json_free) struct json *json = NULL;
    struct slice signature;
    struct slice pem;
    struct err err;

    (void)state;
    assert_ok(json_parse(bytes_slice(usual), &limits, &json, &err), &err);
    assert_true(json_string(json_member(json, "signature"), &signature));
    assert_true(json_string(json_member(json, "certificate"), &pem));
    assert_true(slice_starts(pem, SLICE("-----BEGIN CERTIFICATE-----\n")));
    AUTO(bytes_free) struct bytes *of_der = base64_encode(cert_der(pki->leaf.cert));
    AUTO(bytes_free) struct bytes *of_pem = base64_encode(pem);
    const struct slice forms[] = { pem, bytes_slice(of_der), bytes_slice(of_pem) };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        AUTO(bytes_free) struct bytes *result = result_of(signature, forms[i]);
        expect(&judge, bytes_slice(result), SLICE("data"), VERDICT_VALID, "as they stand");
    }
}

static void what_is_no_result_is_not_judged(void **state)
{
    static const struct {
        const char *result;
        const char *words;
    } rows[] = {
        { "", "format: " },
        { "[]", "no string «signature»" },
        { "{\"signature\":\"AA==\"}", "no string «certificate»" },
        { "{\"signature\":1,\"certificate\":\"AA==\"}", "no string «signature»" },
        { "{\"signature\":\"A\",\"certificate\":\"AA==\"}", "signature: base64 ends" },
        { "{\"signature\":\"AA==\",\"certificate\":\"AA==\"}", "certificate: " },
        { "{\"signature\":\"AA==\",\"signature\":\"AA==\"}", "format: " },
    };
    struct judge judge = pki_judge(pki);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        expect(&judge, slice_str(rows[i].result), SLICE("data"), VERDICT_INDETERMINATE,
               rows[i].words);
}

static void the_signer_is_judged_as_everywhere(void **state)
{
    struct pki *other = pki_new(NULL);
    struct judge judge = pki_judge(pki);
    AUTO(bytes_free) struct bytes *good = signed_by(pki->leaf.key, SLICE("data"));
    AUTO(bytes_free) struct bytes *foreign = signed_by(other->leaf.key, SLICE("data"));

    (void)state;
    expect(&judge, bytes_slice(foreign), SLICE("data"), VERDICT_INVALID, "path: ");
    judge.algorithms = ALG_RSA_SHA256;
    expect(&judge, bytes_slice(good), SLICE("data"), VERDICT_INVALID, "algorithm: ");
    judge = pki_judge(pki);
    judge.now_ms += (int64_t)3 * 366 * DAY_MS;
    expect(&judge, bytes_slice(good), SLICE("data"), VERDICT_INVALID, "dates: ");
    pki_free(other);
}

static void every_changed_byte_of_the_signature_is_seen(void **state)
{
    struct judge judge = pki_judge(pki);
    AUTO(bytes_free) struct bytes *raw = NULL;
    AUTO(bytes_free) struct bytes *cert = base64_encode(cert_der(pki->leaf.cert));
    struct err err;

    (void)state;
    judge.signature_only = true;
    assert_ok(key_sign(pki->leaf.key, SLICE("data"), &raw, &err), &err);
    for (size_t i = 0; i < raw->len; i++) {
        raw->at[i] ^= 1;
        AUTO(bytes_free) struct bytes *text = base64_encode(bytes_slice(raw));
        AUTO(bytes_free) struct bytes *result = result_of(bytes_slice(text), bytes_slice(cert));
        expect(&judge, bytes_slice(result), SLICE("data"), VERDICT_INVALID, "signature: ");
        raw->at[i] ^= 1;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(either_reading_of_the_data_is_found_and_told),
        cmocka_unit_test(text_and_xml_are_judged_as_utf8),
        cmocka_unit_test(the_certificate_may_be_pem_or_base64_of_either),
        cmocka_unit_test(what_is_no_result_is_not_judged),
        cmocka_unit_test(the_signer_is_judged_as_everywhere),
        cmocka_unit_test(every_changed_byte_of_the_signature_is_seen),
    };

    return cmocka_run_group_tests(tests, setup_pki, teardown_pki);
}
