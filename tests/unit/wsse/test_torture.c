/* Memory that runs out while signed XML is judged and made, ours and the libraries': a refusal each
 * time, never a wrong yes, nothing leaked, nothing left behind. */
#include "support/torture.h"
#include "unit/wsse/fixture.h"
#include "wsse/business.h"
#include "wsse/xades.h"

/* libxml2 2.9.14 lets go of the half of a copy, of a set of nodes and of a namespace. */
enum { LEAKS = true };

/* ---- what gives a status ---- */

struct thing {
    enum status (*make)(const struct thing *it, void **ret, struct err *err);
    void (*free)(void *at);
    void (*proof)(void *at); /* NULL: nothing to prove */
    enum status want;        /* when nothing fails */
    const struct wsse *wsse;
    struct wsse_params *params;
    const char *xml;
    /* what came out */
    void *at;
    enum status status;
    struct err err;
};

static void make(void *ctx)
{
    struct thing *it = ctx;

    it->at = NULL;
    it->err = (struct err){ 0 };
    it->status = it->make(it, &it->at, &it->err);
}

static void check(void *ctx, bool starved)
{
    struct thing *it = ctx;

    if (!starved && it->status != it->want)
        fail_msg("%s: %s", status_name(it->status), it->err.text);
    assert_true((it->status == ST_OK) == (it->at != NULL));
    assert_true(it->want == ST_OK || it->status != ST_OK);
    assert_true(it->status == ST_OK || (it->err.status == it->status && it->err.text[0] != '\0'));
    if (it->at && it->proof)
        it->proof(it->at);
    if (it->at)
        it->free(it->at);
}

static enum status new_gate(const struct thing *it, void **ret, struct err *err)
{
    struct wsse *wsse = NULL;

    TRY(wsse_new(it->params, &wsse, err));
    *ret = wsse;
    return ST_OK;
}

static enum status verify(const struct thing *it, void **ret, struct err *err)
{
    AUTO(verified_free) struct verified *env = NULL;
    struct payload payload;

    TRY(wsse_verify(it->wsse, slice_str(it->xml), 0, &env, err));
    TRY(verified_payload(env, &payload, err));
    if (strcmp(verified_signer(env)->bin, "123456789021") != 0)
        return RAISE(err, ST_INTERNAL, "another signer");
    *ret = TAKE(env);
    return ST_OK;
}

static enum status sign(const struct thing *it, void **ret, struct err *err)
{
    struct bytes *out = NULL;

    TRY(wsse_sign(it->wsse, SLICE("<a>1</a>"), &out, err));
    *ret = out;
    return ST_OK;
}

/* A payload that bears a signature does not become one without. */
static enum status judge_author(const struct thing *it, void **ret, struct err *err)
{
    static const struct author_rule rule = { .iin = "", .bin = "123456789021" };
    AUTO(verified_free) struct verified *env = NULL;
    struct signer author;

    TRY(wsse_verify(it->wsse, slice_str(it->xml), 0, &env, err));
    enum status status = wsse_judge_author(it->wsse, env, &rule, 0, &author, err);
    assert_int_not_equal(status, ST_NOT_FOUND);
    TRY(status);
    *ret = TAKE(env);
    return ST_OK;
}

static enum status sign_payload(const struct thing *it, void **ret, struct err *err)
{
    struct bytes *out = NULL;

    TRY(wsse_sign_payload(it->wsse, SLICE("<a>1</a>"), &out, err));
    *ret = out;
    return ST_OK;
}

static enum status seal(const struct thing *it, void **ret, struct err *err)
{
    const struct xades_params params = { .signing_time_ms = NOW_MS };
    struct bytes *out = NULL;

    (void)it;
    TRY(xades_seal(rsa_key(), SLICE("<a>1</a>"), &params, &usual_limits, &out, err));
    *ret = out;
    return ST_OK;
}

static enum status sign_document(const struct thing *it, void **ret, struct err *err)
{
    struct bytes *out = NULL;

    (void)it;
    TRY(xmlsig_sign_enveloped(rsa_key(), SLICE("<a>1</a>"), &usual_limits, &out, err));
    *ret = out;
    return ST_OK;
}

/* What is handed out is signed rightly, whatever failed before. */
static void prove_document(void *at)
{
    const struct judge how = pki_judge(pki_of(KEYS_RSA));
    AUTO(report_free) struct report *report = report_new();

    if (xmlsig_judge_enveloped(&how, bytes_slice(at), &usual_limits, report) != VERDICT_VALID)
        fail_msg("%s", report_reason(report));
}

static void prove_seal(void *at)
{
    const struct judge how = pki_judge(pki_of(KEYS_RSA));
    AUTO(report_free) struct report *report = report_new();

    if (xades_judge(&how, bytes_slice(at), &usual_limits, report) != VERDICT_VALID)
        fail_msg("%s", report_reason(report));
}

static void free_gate(void *at)
{
    wsse_free(at);
}
static void free_verified(void *at)
{
    verified_free(at);
}
static void free_bytes(void *at)
{
    bytes_free(at);
}

static void a_failed_allocation_is_a_refusal(void **state)
{
    const struct pin pin = { "gateway", pki_of(KEYS_RSA)->leaf.cert };
    struct wsse_params params = wsse_usual(KEYS_RSA);
    AUTO_FREE char *good = soap_make(&(struct soap_params){ 0 }, rsa_key());
    AUTO_FREE char *evil = soap_replace(good, "m-1", "m-2");
    AUTO(bytes_free) struct bytes *payload = NULL;
    struct err err;

    (void)state;
    assert_ok(xmlsig_sign_enveloped(rsa_key(), SLICE("<a>1</a>"), &usual_limits, &payload, &err),
              &err);
    AUTO_FREE char *data =
        soap_join((const char *const[]){ "<data>", payload->at, "</data>", NULL });
    AUTO_FREE char *body = soap_message(data);
    AUTO_FREE char *authored = soap_make(&(struct soap_params){ .body = body }, rsa_key());
    params.pins = &pin;
    params.pin_count = 1;
    params.ocsp_url = "http://ocsp.test/";
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
    const struct {
        const char *name;
        struct thing thing;
    } rows[] = {
        { "gate", { .make = new_gate, .free = free_gate, .params = &params } },
        { "envelope", { .make = verify, .free = free_verified, .wsse = wsse, .xml = good } },
        { "forged envelope",
          { .make = verify, .free = free_verified, .wsse = wsse, .xml = evil, .want = ST_FORGED } },
        { "envelope to be", { .make = sign, .free = free_bytes, .wsse = wsse } },
        { "author",
          { .make = judge_author, .free = free_verified, .wsse = wsse, .xml = authored } },
        { "payload to be",
          { .make = sign_payload, .free = free_bytes, .proof = prove_document, .wsse = wsse } },
        { "XAdES to be", { .make = seal, .free = free_bytes, .proof = prove_seal } },
        { "document to be",
          { .make = sign_document, .free = free_bytes, .proof = prove_document } },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct thing thing = rows[i].thing;
        assert_true(torture(&(struct torture){ rows[i].name, make, check, &thing, LEAKS }) > 3);
    }
}

/* ---- what gives a verdict ---- */

struct judged {
    enum verdict (*by)(const struct judge *how, struct slice xml, const struct xml_limits *limits,
                       struct report *report);
    const struct judge *how;
    struct slice xml;
    enum verdict want;
    struct report *report;
    enum verdict verdict;
};

static void judge(void *ctx)
{
    struct judged *it = ctx;

    it->report = report_new();
    it->verdict = VERDICT_INDETERMINATE;
    if (it->report)
        it->verdict = it->by(it->how, it->xml, &usual_limits, it->report);
}

static void check_judged(void *ctx, bool starved)
{
    struct judged *it = ctx;

    if (!starved && it->verdict != it->want)
        fail_msg("%s: %s", verdict_name(it->verdict), report_reason(it->report));
    assert_true(it->verdict != VERDICT_VALID || it->want == VERDICT_VALID);
    report_free(it->report);
}

static void a_judgement_is_never_guessed(void **state)
{
    const struct judge how = pki_judge(pki_of(KEYS_RSA));
    AUTO(bytes_free) struct bytes *good = NULL;
    struct err err;

    (void)state;
    assert_ok(xmlsig_sign_enveloped(rsa_key(), SLICE("<a>1</a>"), &usual_limits, &good, &err),
              &err);
    AUTO_FREE char *text = strndup(good->at, good->len);
    AUTO_FREE char *evil = soap_replace(text, "<a>1", "<a>2");
    AUTO(bytes_free) struct bytes *twice = NULL;
    assert_ok(xmlsig_sign_enveloped(rsa_key(), bytes_slice(good), &usual_limits, &twice, &err),
              &err);
    AUTO(bytes_free) struct bytes *sealed = NULL;
    const struct xades_params params = { .signing_time_ms = NOW_MS };
    assert_ok(xades_seal(rsa_key(), SLICE("<a>1</a>"), &params, &usual_limits, &sealed, &err),
              &err);
    AUTO_FREE char *seal_text = strndup(sealed->at, sealed->len);
    AUTO_FREE char *evil_seal = soap_replace(seal_text, "<a>1", "<a>2");
    struct judged rows[] = {
        { xmlsig_judge_enveloped, &how, slice_str(text), VERDICT_VALID, NULL, 0 },
        { xmlsig_judge_enveloped, &how, slice_str(evil), VERDICT_INVALID, NULL, 0 },
        { xmlsig_judge_enveloped, &how, bytes_slice(twice), VERDICT_VALID, NULL, 0 },
        { xades_judge, &how, slice_str(seal_text), VERDICT_VALID, NULL, 0 },
        { xades_judge, &how, slice_str(evil_seal), VERDICT_INVALID, NULL, 0 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_true(torture(&(struct torture){ "document", judge, check_judged, &rows[i], LEAKS }) >
                    20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_allocation_is_a_refusal),
        cmocka_unit_test(a_judgement_is_never_guessed),
    };

    torture_begin();
    return cmocka_run_group_tests(tests, setup_wsse, teardown_wsse);
}
