/* The corpus of attacks: each refused with its status and a text that names the reason
 * (req 0.13, 0.66). */
#include "unit/wsse/corpus.h"
#include "unit/wsse/fixture.h"

static void refuse_all(const struct attack *attacks, size_t count)
{
    const struct wsse_params params = wsse_usual(KEYS_RSA);
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
    AUTO_FREE char *good = soap_make(&(struct soap_params){ 0 }, rsa_key());
    unsigned failures = 0;

    verified_free(expect_verified(wsse, good));
    for (size_t i = 0; i < count; i++) {
        AUTO_FREE char *evil = attacks[i].make(good, rsa_key());

        failures += !is_refused(wsse, attacks[i].name, evil, attacks[i].status, attacks[i].words);
    }
    assert_int_equal(failures, 0);
}

static void a_moved_body_is_refused(void **state)
{
    (void)state;
    refuse_all(wrapping_attacks, wrapping_attack_count);
}

static void a_signature_of_another_shape_is_refused(void **state)
{
    (void)state;
    refuse_all(shape_attacks, shape_attack_count);
}

/* No attack may turn into anything but a refusal when any piece of it is cut off. */
static void a_cut_request_is_refused(void **state)
{
    const struct wsse_params params = wsse_usual(KEYS_RSA);
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
    AUTO_FREE char *good = soap_make(&(struct soap_params){ 0 }, rsa_key());
    const size_t len = strlen(good);

    (void)state;
    for (size_t cut = 0; cut < len; cut += 1 + cut / 50) {
        struct verified *env = NULL;
        struct err err;

        assert_int_equal(wsse_verify(wsse, slice_mem(good, cut), 0, &env, &err), ST_FORMAT);
        assert_null(env);
    }
}

/* A byte of a signed part that changes never passes; of the rest, nothing crashes. */
static void a_flipped_byte_changes_no_verified_value(void **state)
{
    const struct wsse_params params = wsse_usual(KEYS_RSA);
    AUTO(wsse_free) struct wsse *wsse = wsse_make(&params);
    AUTO_FREE char *good = soap_make(&(struct soap_params){ 0 }, rsa_key());
    AUTO(verified_free) struct verified *original = expect_verified(wsse, good);
    const size_t len = strlen(good);

    (void)state;
    for (size_t at = 0; at < len; at += 3) {
        AUTO(verified_free) struct verified *env = NULL;
        const char was = good[at];
        struct err err;

        good[at] = was == 'z' ? 'y' : 'z';
        if (wsse_verify(wsse, slice_mem(good, len), 0, &env, &err) == ST_OK)
            assert_true(slice_eq(verified_body(env), verified_body(original)));
        good[at] = was;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_moved_body_is_refused),
        cmocka_unit_test(a_signature_of_another_shape_is_refused),
        cmocka_unit_test(a_cut_request_is_refused),
        cmocka_unit_test(a_flipped_byte_changes_no_verified_value),
    };

    return cmocka_run_group_tests(tests, setup_wsse, teardown_wsse);
}
