/* The signer of a request: pins, dates, path, revocation, timestamps, and the status each means. */
#include "unit/wsse/fixture.h"

#include "unit/crypto/responder.h"
#include "wsse/names.h"

#include <openssl/bn.h>
#include <openssl/ocsp.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>

#define ISSUER_SERIAL(issuer)                                                                      \
    SOAP_KEY_INFO("<ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>" issuer                   \
                  "</ds:X509IssuerName><ds:X509SerialNumber>4660</ds:X509SerialNumber>"            \
                  "</ds:X509IssuerSerial></ds:X509Data>")

/* A gateway's certificate: its issuer is in no trust store. */
static struct made gateway_new(void)
{
    return made_new(&(struct made_params){ .cn = "ШЭП",
                                           .key_type = "RSA",
                                           .serial = "4660",
                                           .issuer_cn = "НУЦ",
                                           .usage = "critical,digitalSignature" },
                    NULL);
}

static void a_pinned_gateway_is_found_by_issuer_and_serial(void **state)
{
    static const char *const issuers[] = { ISSUER_SERIAL("CN=НУЦ,C=KZ"),
                                           ISSUER_SERIAL("C=KZ,CN=НУЦ"),
                                           ISSUER_SERIAL("\n C=KZ, CN=НУЦ ") };
    struct made gateway = gateway_new();
    struct pin pin = { "gateway 2026", gateway.cert };
    struct wsse_params params = wsse_usual(KEYS_RSA);

    (void)state;
    params.pins = &pin;
    params.pin_count = 1;
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
    for (size_t i = 0; i < sizeof(issuers) / sizeof(issuers[0]); i++) {
        AUTO_FREE char *xml =
            soap_make(&(struct soap_params){ .key_info = issuers[i] }, gateway.key);
        AUTO(verified_free) struct verified *env = expect_verified(wsse, xml);

        assert_string_equal(verified_signer(env)->pin, "gateway 2026");
    }
    /* the whole certificate is the same gateway */
    AUTO_FREE char *whole = soap_make(&(struct soap_params){ 0 }, gateway.key);
    AUTO(verified_free) struct verified *env = expect_verified(wsse, whole);
    assert_string_equal(verified_signer(env)->pin, "gateway 2026");
    /* and without the pin, nobody */
    AUTO_FREE char *named = soap_make(&(struct soap_params){ .key_info = issuers[0] }, gateway.key);
    const struct wsse_params unpinned = wsse_usual(KEYS_RSA);
    AUTO(wsse_free) struct wsse *stranger = wsse_make(&unpinned);
    assert_true(is_refused(stranger, "named", named, ST_FORGED, "no pinned certificate"));
    assert_true(is_refused(stranger, "whole", whole, ST_STALE, "path"));
    made_free(&gateway);
}

static void a_signer_out_of_date_is_stale(void **state) /* req 0.32 */
{
    static const int64_t at[] = { NOW_MS - 2 * (int64_t)DAY_MS, NOW_MS + 400 * (int64_t)DAY_MS };
    AUTO_FREE char *xml = soap_make(&(struct soap_params){ 0 }, rsa_key());

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct clock clock = clock_fixed_at(at[i]);
        struct wsse_params params = wsse_usual(KEYS_RSA);

        params.clock = &clock;
        AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
        assert_true(is_refused(wsse, "dates", xml, ST_STALE, NULL));
    }
}

static void an_unknown_issuer_is_stale(void **state)
{
    AUTO_FREE char *xml = soap_make(&(struct soap_params){ 0 }, rsa_key());
    struct wsse_params params = wsse_usual(KEYS_RSA);

    (void)state;
    params.trust = pki_of(KEYS_GOST2015)->trust;
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
    assert_true(is_refused(wsse, "path", xml, ST_STALE, "path"));
}

static void revocation_that_cannot_be_learnt_is_unavailable(void **state)
{
    AUTO_FREE char *xml = soap_make(&(struct soap_params){ 0 }, rsa_key());
    struct wsse_params params = wsse_usual(KEYS_RSA);

    (void)state;
    params.revocation = REVOCATION_OCSP;
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
    assert_true(is_refused(wsse, "ocsp", xml, ST_UNAVAILABLE, "revocation"));
}

static void revocation_that_cannot_be_learnt_is_let_through_where_a_setting_accepts_it(void **state)
{
    AUTO_FREE char *xml = soap_make(&(struct soap_params){ 0 }, rsa_key());
    struct responder responder = { .pki = pki_of(KEYS_RSA), .unreachable = true };
    const struct trust_io io = responder_io(&responder);
    struct wsse_params params = wsse_usual(KEYS_RSA);
    AUTO(verified_free) struct verified *env = NULL;
    AUTO(verified_free) struct verified *known = NULL;
    struct err err;

    (void)state;
    params.revocation = REVOCATION_OCSP;
    params.unknown = UNKNOWN_ACCEPT;
    params.io = &io;
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
    assert_ok(wsse_verify(wsse, slice_str(xml), 0, &env, &err), &err);
    assert_string_equal(verified_signer(env)->unknown,
                        "revocation: cannot be learnt of the signer's certificate: "
                        "connection refused");
    /* what is known to be wrong is refused all the same */
    responder.unreachable = false;
    responder.status = V_OCSP_CERTSTATUS_REVOKED;
    assert_true(is_refused(wsse, "revoked", xml, ST_STALE, "revocation"));
    responder.status = V_OCSP_CERTSTATUS_GOOD;
    assert_ok(wsse_verify(wsse, slice_str(xml), 0, &known, &err), &err);
    assert_string_equal(verified_signer(known)->unknown, "");
    responder_clear(&responder);
    responder.unreachable = true;
    AUTO_FREE char *forged = strdup(xml);
    char *at = strstr(forged, "SignatureValue>");
    at[40] = at[40] == 'A' ? 'B' : 'A';
    assert_true(is_refused(wsse, "forged", forged, ST_FORGED, NULL));
    assert_true(is_refused(wsse, "no XML", "nothing", ST_FORMAT, NULL));
}

static void a_certificate_that_may_not_sign_is_refused(void **state)
{
    struct made other = made_new(&(struct made_params){ .cn = "Шифр",
                                                        .key_type = "RSA",
                                                        .usage = "critical,keyEncipherment" },
                                 &pki_of(KEYS_RSA)->ca);
    AUTO_FREE char *xml = soap_make(&(struct soap_params){ 0 }, other.key);
    const struct wsse_params params = wsse_usual(KEYS_RSA);
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);

    (void)state;
    assert_true(is_refused(wsse, "usage", xml, ST_FORGED, "keyUsage"));
    made_free(&other);
}

static void an_algorithm_off_the_list_is_refused(void **state)
{
    (void)state;
    for (enum keys keys = 0; keys < KEYS_COUNT; keys++) {
        AUTO_FREE char *xml = soap_make(&(struct soap_params){ 0 }, pki_of(keys)->leaf.key);
        struct wsse_params params = wsse_usual(keys);

        params.algorithms &= ~(unsigned)key_algorithm(pki_of(keys)->leaf.key);
        AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
        assert_true(is_refused(wsse, "algorithm", xml, ST_FORGED, "not allowed"));
    }
}

/* Signature and digest by every URI of kz-crypto.md section 3, with the setting and without. */
static void sha1_is_accepted_where_a_setting_names_it(void **state)
{
#define REFERENCE(digest)                                                                          \
    "<ds:Reference URI=\"#" SOAP_BODY_ID                                                           \
    "\"><ds:Transforms><ds:Transform Algorithm=\"" URI_EXC_C14N                                    \
    "\"/></ds:Transforms><ds:DigestMethod Algorithm=\"" digest                                     \
    "\"/><ds:DigestValue>@digest@</ds:DigestValue></ds:Reference>"
    static const struct soap_params documents[] = {
        { .sign_method = URI_SIGN_RSA_SHA1 },
        { .sign_method = URI_SIGN_RSA_SHA1_MORE },
        { .references = REFERENCE(URI_DIGEST_SHA1) },
        { .references = REFERENCE(URI_DIGEST_SHA1_MORE) },
        { .sign_method = URI_SIGN_RSA_SHA1_MORE, .references = REFERENCE(URI_DIGEST_SHA1_MORE) },
    };
#undef REFERENCE
    struct wsse_params params = wsse_usual(KEYS_RSA);
    AUTO(wsse_free) struct wsse *strict = wsse_make(&params);

    (void)state;
    params.algorithms |= ALG_RSA_SHA1;
    AUTO(wsse_free) struct wsse *lenient = wsse_make(&params);
    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
        AUTO_FREE char *xml = soap_make(&documents[i], rsa_key());
        AUTO(verified_free) struct verified *verified = NULL;
        struct err err;

        assert_true(is_refused(strict, "sha1", xml, ST_FORGED, "is not allowed"));
        assert_ok(wsse_verify(lenient, slice_str(xml), 0, &verified, &err), &err);
    }
}

/* The clock of the tests stands at 2026-11-22T09:00:00Z, the skew is five minutes. */
static const struct {
    const char *created;
    const char *expires;
    enum status status;
    const char *words;
} timestamps[] = {
    { "2026-11-22T08:59:00Z", "2026-11-22T09:05:00Z", ST_OK, NULL },
    { "2026-11-22T08:59:00.123Z", "2026-11-22T08:59:30.5Z", ST_OK, NULL },
    { "2026-11-22T09:04:59Z", "2026-11-22T10:00:00Z", ST_OK, NULL },
    { "2026-11-22T13:59:00+05:00", "2026-11-22T14:05:00+05:00", ST_OK, NULL },
    { "2026-11-22T09:05:01Z", "2026-11-22T10:00:00Z", ST_STALE, "is in the future" },
    { "2026-11-22T08:00:00Z", "2026-11-22T08:54:59Z", ST_STALE, "is past" },
    { "yesterday", "2026-11-22T09:05:00Z", ST_STALE, "wsu:Created is not" },
    { "2026-11-22T08:59:00Z", "", ST_STALE, "wsu:Expires is not" },
    { "<x/>", "2026-11-22T09:05:00Z", ST_STALE, "wsu:Created is not" },
    { "2026<!-- -->-11-22T08:59:00Z", "2026-11-22T09:05:00Z", ST_STALE, "wsu:Created is not" },
    { "2026-11-22T08:59:00Z</wsu:Created><wsu:Created>2026-11-22T08:59:00Z", "2026-11-22T09:05:00Z",
      ST_STALE, "wsu:Created is not" },
};

static void a_signed_timestamp_is_held_to_the_clock(void **state)
{
    const struct wsse_params params = wsse_usual(KEYS_RSA);
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
    static const char open[] = "<wsu:Timestamp " SOAP_WSU " wsu:Id=\"ts\"><wsu:Created>";
    unsigned failures = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(timestamps) / sizeof(timestamps[0]); i++) {
        AUTO_FREE char *element = soap_join(
            (const char *const[]){ open, timestamps[i].created, "</wsu:Created><wsu:Expires>",
                                   timestamps[i].expires, "</wsu:Expires></wsu:Timestamp>", NULL });
        AUTO_FREE char *xml =
            soap_make(&(struct soap_params){ .after_signature = element,
                                             .references = SOAP_REFERENCE("#" SOAP_BODY_ID)
                                                 SOAP_REFERENCE("#ts") },
                      rsa_key());

        if (timestamps[i].status == ST_OK)
            verified_free(expect_verified(wsse, xml));
        else
            failures += !is_refused(wsse, timestamps[i].created, xml, timestamps[i].status,
                                    timestamps[i].words);
    }
    assert_int_equal(failures, 0);
}

static void a_report_names_every_check(void **state)
{
    static const enum check wanted[] = { CHECK_FORMAT,    CHECK_ALGORITHM, CHECK_DIGEST,
                                         CHECK_SIGNATURE, CHECK_COVERAGE,  CHECK_PATH,
                                         CHECK_DATES };
    struct judge how = pki_judge(pki_of(KEYS_GOST2015));
    AUTO_FREE char *xml = soap_make(&(struct soap_params){ 0 }, pki_of(KEYS_GOST2015)->leaf.key);
    AUTO(report_free) struct report *report = report_new();

    (void)state;
    assert_int_equal(xmlsig_judge_envelope(&how, slice_str(xml), &usual_limits, report),
                     VERDICT_VALID);
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        assert_int_equal(report_row(report, i < 6                          ? i
                                            : report_row_count(report) > 8 ? 8
                                                                           : i)
                             .check,
                         wanted[i]);
    assert_int_equal(report_signer_count(report), 1);
    assert_string_equal(report_signer(report, 0)->iin, "123456789011");
}

static void what_is_not_signed_cannot_be_judged(void **state)
{
    static const char *const texts[] = { "hello", "<a/>",
                                         "<soap:Envelope xmlns:soap=\"" NS_SOAP
                                         "\"><soap:Body/></soap:Envelope>" };
    const struct judge how = { .signature_only = true };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        AUTO(report_free) struct report *envelope = report_new();
        AUTO(report_free) struct report *document = report_new();

        assert_int_equal(xmlsig_judge_envelope(&how, slice_str(texts[i]), &usual_limits, envelope),
                         VERDICT_INDETERMINATE);
        assert_int_equal(xmlsig_judge_enveloped(&how, slice_str(texts[i]), &usual_limits, document),
                         VERDICT_INDETERMINATE);
    }
}

/* A header that must be understood concerns who acts on the message, not who judges it. */
static void a_judge_does_not_ask_for_headers_it_does_not_know(void **state)
{
    const struct judge how = { .signature_only = true };
    AUTO_FREE char *xml =
        soap_make(&(struct soap_params){ .before_security =
                                             "<x xmlns=\"urn:x\" soap:mustUnderstand=\"1\"/>" },
                  rsa_key());
    AUTO(report_free) struct report *report = report_new();

    (void)state;
    assert_int_equal(xmlsig_judge_envelope(&how, slice_str(xml), &usual_limits, report),
                     VERDICT_VALID);
}

struct work {
    const struct wsse *wsse;
    const char *xml;
    unsigned verified;
};

static void *verify_and_sign(void *ctx)
{
    struct work *work = ctx;

    for (unsigned i = 0; i < 20; i++) {
        AUTO(verified_free) struct verified *env = NULL;
        AUTO(verified_free) struct verified *own = NULL;
        AUTO(bytes_free) struct bytes *out = NULL;
        struct err err;

        if (wsse_verify(work->wsse, slice_str(work->xml), 0, &env, &err) == ST_OK &&
            wsse_sign(work->wsse, SLICE("<a/>"), &out, &err) == ST_OK &&
            wsse_verify(work->wsse, bytes_slice(out), 0, &own, &err) == ST_OK &&
            wsse_verify(work->wsse, SLICE("<!DOCTYPE a><a/>"), 0, &own, &err) == ST_FORMAT)
            work->verified++;
    }
    return NULL;
}

static void many_threads_share_one_wsse(void **state)
{
    const struct wsse_params params = wsse_usual(KEYS_GOST2015);
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
    AUTO_FREE char *xml = soap_make(&(struct soap_params){ 0 }, rsa_key());
    struct work work[4];
    pthread_t threads[4];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        work[i] = (struct work){ wsse, xml, 0 };
        assert_int_equal(pthread_create(&threads[i], NULL, verify_and_sign, &work[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(work[i].verified, 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pinned_gateway_is_found_by_issuer_and_serial),
        cmocka_unit_test(a_signer_out_of_date_is_stale),
        cmocka_unit_test(an_unknown_issuer_is_stale),
        cmocka_unit_test(revocation_that_cannot_be_learnt_is_unavailable),
        cmocka_unit_test(
            revocation_that_cannot_be_learnt_is_let_through_where_a_setting_accepts_it),
        cmocka_unit_test(a_certificate_that_may_not_sign_is_refused),
        cmocka_unit_test(an_algorithm_off_the_list_is_refused),
        cmocka_unit_test(sha1_is_accepted_where_a_setting_names_it),
        cmocka_unit_test(a_signed_timestamp_is_held_to_the_clock),
        cmocka_unit_test(a_report_names_every_check),
        cmocka_unit_test(what_is_not_signed_cannot_be_judged),
        cmocka_unit_test(a_judge_does_not_ask_for_headers_it_does_not_know),
        cmocka_unit_test(many_threads_share_one_wsse),
    };

    return cmocka_run_group_tests(tests, setup_wsse, teardown_wsse);
}
