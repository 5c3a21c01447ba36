/* Requests verified and answers signed: the plain road. */
#include "unit/wsse/fixture.h"

static void a_signed_request_is_verified(void **state) /* req 0.31, 0.32, 0.65 */
{
    (void)state;
    for (enum keys keys = 0; keys < KEYS_COUNT; keys++) {
        const struct wsse_params params = wsse_usual(keys);
        AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
        AUTO_FREE char *xml = soap_make(&(struct soap_params){ 0 }, pki_of(keys)->leaf.key);
        AUTO(verified_free) struct verified *env = expect_verified(wsse, xml);

        assert_string_equal(verified_signer(env)->bin, "123456789021");
        assert_string_equal(verified_signer(env)->pin, "");
    }
}

static void what_is_signed_is_verified(void **state)
{
    (void)state;
    for (enum keys keys = 0; keys < KEYS_COUNT; keys++) {
        const struct wsse_params params = wsse_usual(keys);
        AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
        AUTO(bytes_free) struct bytes *out = NULL;
        AUTO(verified_free) struct verified *env = NULL;
        struct err err;

        assert_ok(wsse_sign(wsse, SLICE("<a xmlns=\"urn:a\" b='c'>т &amp; т&#13;</a>"), &out, &err),
                  &err);
        env = expect_verified(wsse, out->at);
        assert_non_null(
            strstr(verified_body(env).at, "<a xmlns=\"urn:a\" b=\"c\">т &amp; т&#xD;</a>"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signed_request_is_verified),
        cmocka_unit_test(what_is_signed_is_verified),
    };

    return cmocka_run_group_tests(tests, setup_wsse, teardown_wsse);
}
