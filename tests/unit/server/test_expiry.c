/* When certificates end: what is said, when, and how often. */
#include "unit/crypto/fixture.h"

#include "base/text.h"
#include "server/expiry.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <unistd.h>

/* What was said, in order: "W" or "A" and the event's last word. */
static char said[512];
static char last_text[512];

static void say(void *ctx, const struct expiry_notice *notice)
{
    size_t len = strlen(said);

    (void)ctx;
    assert_true(text_format(said + len, sizeof(said) - len, "%s%c:%s", len ? " " : "",
                            notice->level == EVENT_ALERT ? 'A' : 'W',
                            strchr(notice->event, '.') + 1));
    assert_true(text_copy(last_text, sizeof(last_text), notice->text));
}

static struct made made_until(int64_t to_ms)
{
    return made_new(&(struct made_params){ .cn = "ТЕСТОВ ТЕСТ",
                                           .iin = "123456789011",
                                           .from_ms = NOW_MS - 400LL * DAY_MS,
                                           .to_ms = to_ms },
                    NULL);
}

static const char *hear(struct expiry_watch *watch, const struct expiry_list *list, int64_t now_ms)
{
    said[0] = '\0';
    expiry_check(watch, list, now_ms, say, NULL);
    return said;
}

/* Days left, and what is said when the service looks at that moment after all moments before. */
static const struct {
    double days_left;
    const char *ours, *theirs;
} rows[] = {
    { 31, "", "" },
    { 30.01, "", "" },
    { 30, "W:expiring", "W:expiring" },
    { 29, "", "" },
    { 15, "", "" },
    { 14, "W:expiring", "W:expiring" },
    { 13.9, "", "" },
    { 7, "W:expiring", "W:expiring" },
    { 2, "", "" },
    { 1, "A:expiring", "A:expiring" },
    { 0.5, "", "" },
    { 0, "", "" }, /* the last moment is still inside */
    { -0.001, "A:expired", "A:expired" },
    { -0.5, "", "" },
    { -1.5, "A:expired", "" }, /* ours: once a day until somebody renews it */
    { -1.6, "", "" },
    { -2.5, "A:expired", "" },
};

static void each_threshold_is_said_once(void **state) /* req 3.01 */
{
    static const enum expiry_role roles[] = { EXPIRY_SIGN, EXPIRY_ROOT };
    struct made made = made_until(NOW_MS);
    struct err err;

    (void)state;
    for (size_t r = 0; r < 2; r++) {
        AUTO(expiry_list_free) struct expiry_list *list = expiry_list_new();
        AUTO(expiry_watch_free) struct expiry_watch *watch = expiry_watch_new();
        assert_ok(expiry_add(list, roles[r], "", made.cert, &err), &err);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            const char *wanted = r == 0 ? rows[i].ours : rows[i].theirs;
            int64_t now_ms = NOW_MS - (int64_t)(rows[i].days_left * DAY_MS);
            if (strcmp(hear(watch, list, now_ms), wanted) != 0)
                fail_msg("role %zu, %g days left: «%s», wanted «%s»", r, rows[i].days_left, said,
                         wanted);
            assert_string_equal(hear(watch, list, now_ms), "");
        }
    }
    made_free(&made);
}

static void a_start_near_the_end_says_the_nearest_threshold_alone(void **state)
{
    AUTO(expiry_list_free) struct expiry_list *list = expiry_list_new();
    struct made made = made_until(NOW_MS + 5LL * DAY_MS);
    struct err err;

    (void)state;
    assert_ok(expiry_add(list, EXPIRY_GATEWAY, "shep-2026", made.cert, &err), &err);
    for (int start = 0; start < 2; start++) { /* a restart forgets */
        AUTO(expiry_watch_free) struct expiry_watch *watch = expiry_watch_new();
        assert_string_equal(hear(watch, list, NOW_MS), "W:expiring");
        assert_string_equal(hear(watch, list, NOW_MS + DAY_MS), "");
    }
    made_free(&made);
}

/* Astana's clock (req 0.19), and nobody's name: the journal is read by many. */
static void the_text_names_role_and_date_and_nobody(void **state) /* req 0.19 */
{
    AUTO(expiry_list_free) struct expiry_list *list = expiry_list_new();
    AUTO(expiry_watch_free) struct expiry_watch *watch = expiry_watch_new();
    struct made made = made_until(NOW_MS + 5LL * DAY_MS);
    struct err err;

    (void)state;
    assert_ok(expiry_add(list, EXPIRY_GATEWAY, "shep-2026", made.cert, &err), &err);
    (void)hear(watch, list, NOW_MS);
    assert_non_null(strstr(last_text, "certificate of role gateway shep-2026 ends "
                                      "2026-11-27T14:00:00.000+05:00, in 5 days"));
    assert_non_null(strstr(last_text, cert_signer(made.cert)->serial));
    assert_null(strstr(last_text, "ТЕСТОВ"));
    assert_null(strstr(last_text, "123456789011"));
    made_free(&made);
}

static void a_renewed_certificate_is_silent_and_its_successor_begins_anew(void **state)
{
    AUTO(expiry_watch_free) struct expiry_watch *watch = expiry_watch_new();
    AUTO(expiry_list_free) struct expiry_list *old = expiry_list_new();
    AUTO(expiry_list_free) struct expiry_list *fresh = expiry_list_new();
    struct made ending = made_until(NOW_MS + DAY_MS / 2);
    struct made renewed = made_until(NOW_MS + 365LL * DAY_MS);
    struct err err;

    (void)state;
    assert_ok(expiry_add(old, EXPIRY_SIGN, "", ending.cert, &err), &err);
    assert_ok(expiry_add(fresh, EXPIRY_SIGN, "", renewed.cert, &err), &err);
    assert_string_equal(hear(watch, old, NOW_MS), "A:expiring");
    assert_string_equal(hear(watch, fresh, NOW_MS), "");
    assert_string_equal(hear(watch, old, NOW_MS), "A:expiring"); /* put back: said again */
    made_free(&ending);
    made_free(&renewed);
}

static void one_that_has_not_begun_is_said_too(void **state)
{
    AUTO(expiry_list_free) struct expiry_list *list = expiry_list_new();
    AUTO(expiry_watch_free) struct expiry_watch *watch = expiry_watch_new();
    struct made made = made_until(NOW_MS);
    char why[160] = "";
    struct err err;

    (void)state;
    assert_ok(expiry_add(list, EXPIRY_SIGN, "", made.cert, &err), &err);
    int64_t before_ms = cert_signer(made.cert)->not_before_ms - 1;
    assert_string_equal(hear(watch, list, before_ms), "A:early");
    assert_false(expiry_can_sign(list, before_ms, why, sizeof(why)));
    assert_non_null(strstr(why, "is not valid before"));
    made_free(&made);
}

static void an_ended_signing_certificate_cannot_sign_and_others_do_not_matter(void **state)
{
    static const struct {
        enum expiry_role role;
        int64_t after_end_ms;
        bool can_sign;
    } signs[] = {
        { EXPIRY_SIGN, 0, true },
        { EXPIRY_SIGN, 1, false },
        { EXPIRY_ROOT, 1, true },
        { EXPIRY_GATEWAY, 1, true },
    };
    struct made made = made_until(NOW_MS);
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        AUTO(expiry_list_free) struct expiry_list *list = expiry_list_new();
        char why[160] = "";
        assert_ok(expiry_add(list, signs[i].role, "", made.cert, &err), &err);
        assert_int_equal(expiry_can_sign(list, NOW_MS + signs[i].after_end_ms, why, sizeof(why)),
                         signs[i].can_sign);
        assert_int_equal(why[0] == '\0', signs[i].can_sign);
    }
    made_free(&made);
}

static void gauges_hold_every_certificate_without_names(void **state)
{
    static const struct metric_params params[] = {
        { "end_seconds", "E.", METRIC_GAUGE, { "role", "name", "serial", "sha256" }, 8, { 0 } },
        { "days", "D.", METRIC_GAUGE, { "role", "name", "serial", "sha256" }, 8, { 0 } },
    };
    AUTO(expiry_list_free) struct expiry_list *list = expiry_list_new();
    AUTO(metrics_free) struct metrics *metrics = NULL;
    AUTO(bytes_free) struct bytes *text = NULL;
    struct metric *end = NULL, *days = NULL;
    struct made made = made_until(NOW_MS - DAY_MS / 2);
    struct err err;

    (void)state;
    assert_ok(expiry_add(list, EXPIRY_TLS_PUBLIC, "server.pem", made.cert, &err), &err);
    assert_ok(metrics_new(&metrics, &err), &err);
    assert_ok(metrics_add(metrics, &params[0], &end, &err), &err);
    assert_ok(metrics_add(metrics, &params[1], &days, &err), &err);
    expiry_measure(list, NOW_MS, end, days);
    assert_ok(metrics_text(metrics, &text, &err), &err);
    assert_non_null(
        strstr(text->at, "end_seconds{role=\"tls-public\",name=\"server.pem\",serial=\""));
    assert_non_null(strstr(text->at, "\"} 1795294800\n"));
    assert_non_null(strstr(text->at, "\"} -0.5\n"));
    assert_null(strstr(text->at, "123456789011"));
    made_free(&made);
}

static void files_give_their_certificates_and_pass_over_a_key(void **state)
{
    AUTO(expiry_list_free) struct expiry_list *list = expiry_list_new();
    AUTO(expiry_watch_free) struct expiry_watch *watch = expiry_watch_new();
    struct made one = made_new(
        &(struct made_params){ .key_type = "RSA", .cn = "A", .to_ms = NOW_MS + DAY_MS }, NULL);
    struct made two = made_until(NOW_MS + 2LL * DAY_MS);
    char path[] = "/tmp/expiry-XXXXXX";
    struct err err;

    (void)state;
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    assert_int_equal(PEM_write_X509(file, one.x509), 1);
    assert_int_equal(PEM_write_PrivateKey(file, one.pkey, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(PEM_write_X509(file, two.x509), 1);
    assert_int_equal(fclose(file), 0);
    assert_ok(expiry_add_file(list, EXPIRY_CLIENT_CA, path, &err), &err);
    assert_ok(expiry_add_file(list, EXPIRY_CLIENT_CA, "", &err), &err);
    assert_string_equal(hear(watch, list, NOW_MS), "A:expiring W:expiring");
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(expiry_add_file(list, EXPIRY_CLIENT_CA, path, &err), ST_INPUT);
    assert_non_null(strstr(err.text, path));
    (void)unlink(path);
    assert_int_equal(expiry_add_file(list, EXPIRY_CLIENT_CA, path, &err), ST_NOT_FOUND);
    made_free(&one);
    made_free(&two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_threshold_is_said_once),
        cmocka_unit_test(a_start_near_the_end_says_the_nearest_threshold_alone),
        cmocka_unit_test(the_text_names_role_and_date_and_nobody),
        cmocka_unit_test(a_renewed_certificate_is_silent_and_its_successor_begins_anew),
        cmocka_unit_test(one_that_has_not_begun_is_said_too),
        cmocka_unit_test(an_ended_signing_certificate_cannot_sign_and_others_do_not_matter),
        cmocka_unit_test(gauges_hold_every_certificate_without_names),
        cmocka_unit_test(files_give_their_certificates_and_pass_over_a_key),
    };

    return cmocka_run_group_tests(tests, setup_crypto, NULL);
}
