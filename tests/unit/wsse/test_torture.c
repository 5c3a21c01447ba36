/* Every allocation of ours fails once, in turn: a refusal each time, and never a wrong yes. */
#include "unit/wsse/fixture.h"

#include "wsse/business.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);

static unsigned fail_at; /* 0: none fails */
static unsigned seen;

static bool is_to_fail(void)
{
    return fail_at > 0 && ++seen == fail_at;
}

void *__wrap_malloc(size_t size)
{
    return is_to_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_to_fail() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *at, size_t size)
{
    return is_to_fail() ? NULL : __real_realloc(at, size);
}

/* Runs work with the first allocation failing, then the second …, until none was left to fail. */
static unsigned torture(enum status (*work)(void *ctx, struct err *err), void *ctx)
{
    for (unsigned n = 1;; n++) {
        struct err err = { 0 };
        enum status status;

        seen = 0;
        fail_at = n;
        status = work(ctx, &err);
        fail_at = 0;
        if (seen < n) {
            assert_int_equal(status, ST_OK);
            return n - 1;
        }
        if (status != ST_OK) {
            assert_int_equal(err.status, status);
            assert_true(err.text[0] != '\0');
        }
    }
}

struct work {
    const struct wsse *wsse;
    const char *xml;
};

static enum status verify(void *ctx, struct err *err)
{
    const struct work *work = ctx;
    AUTO(verified_free) struct verified *env = NULL;
    struct payload payload;
    enum status status = wsse_verify(work->wsse, slice_str(work->xml), 0, &env, err);

    assert_true((status == ST_OK) == (env != NULL));
    if (status != ST_OK)
        return status;
    assert_string_equal(verified_signer(env)->bin, "123456789021");
    return verified_payload(env, &payload, err);
}

static enum status verify_forged(void *ctx, struct err *err)
{
    const struct work *work = ctx;
    struct verified *env = NULL;
    const enum status status = wsse_verify(work->wsse, slice_str(work->xml), 0, &env, err);

    assert_null(env);
    return status == ST_FORGED ? ST_OK : status;
}

static enum status judge_author(void *ctx, struct err *err)
{
    static const struct author_rule rule = { .iin = "", .bin = "123456789021" };
    const struct work *work = ctx;
    AUTO(verified_free) struct verified *env = NULL;
    struct signer author;

    TRY(wsse_verify(work->wsse, slice_str(work->xml), 0, &env, err));
    enum status status = wsse_judge_author(work->wsse, env, &rule, 0, &author, err);
    assert_int_not_equal(status, ST_NOT_FOUND); /* it does not become an unsigned one */
    return status;
}

static enum status sign_payload(void *ctx, struct err *err)
{
    const struct work *work = ctx;
    AUTO(bytes_free) struct bytes *out = NULL;

    return wsse_sign_payload(work->wsse, SLICE("<a>1</a>"), &out, err);
}

static enum status sign(void *ctx, struct err *err)
{
    const struct work *work = ctx;
    AUTO(bytes_free) struct bytes *out = NULL;

    return wsse_sign(work->wsse, SLICE("<a>1</a>"), &out, err);
}

static enum status sign_document(void *ctx, struct err *err)
{
    AUTO(bytes_free) struct bytes *out = NULL;

    (void)ctx;
    return xmlsig_sign_enveloped(rsa_key(), SLICE("<a>1</a>"), &usual_limits, &out, err);
}

static enum status make(void *ctx, struct err *err)
{
    AUTO(wsse_free) struct wsse *wsse = NULL;

    return wsse_new(ctx, &wsse, err);
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
    assert_true(torture(make, &params) > 0);
    assert_true(torture(verify, &(struct work){ wsse, good }) > 5);
    assert_true(torture(verify_forged, &(struct work){ wsse, evil }) > 3);
    assert_true(torture(judge_author, &(struct work){ wsse, authored }) > 10);
    assert_true(torture(sign_payload, &(struct work){ wsse, good }) > 5);
    assert_true(torture(sign, &(struct work){ wsse, good }) > 5);
    assert_true(torture(sign_document, NULL) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_failed_allocation_is_a_refusal) };

    return cmocka_run_group_tests(tests, setup_wsse, teardown_wsse);
}
