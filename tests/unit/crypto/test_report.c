/* Reports: the verdict of their rows, the culprit, and the JSON of shepctl verify. */
#include "unit/crypto/fixture.h"

#include "base/text.h"
#include "crypto/report.h"
#include "json/json.h"

struct rows {
    struct {
        enum check check;
        enum outcome outcome;
    } rows[6];
    size_t count;
};

static void verdicts_follow_the_rows(void **state)
{
    static const struct {
        struct rows given;
        enum verdict verdict;
        enum check culprit;
    } table[] = {
        { { { { 0, 0 } }, 0 }, VERDICT_INVALID, CHECK_COUNT_ },
        { { { { CHECK_SIGNATURE, OUTCOME_PASSED } }, 1 }, VERDICT_VALID, CHECK_COUNT_ },
        { { { { CHECK_SIGNATURE, OUTCOME_SKIPPED } }, 1 }, VERDICT_INVALID, CHECK_COUNT_ },
        { { { { CHECK_PATH, OUTCOME_PASSED }, { CHECK_TIMESTAMP, OUTCOME_PASSED } }, 2 },
          VERDICT_INVALID,
          CHECK_COUNT_ },
        { { { { CHECK_SIGNATURE, OUTCOME_PASSED }, { CHECK_DATES, OUTCOME_FAILED } }, 2 },
          VERDICT_INVALID,
          CHECK_DATES },
        { { { { CHECK_SIGNATURE, OUTCOME_PASSED }, { CHECK_REVOCATION, OUTCOME_UNKNOWN } }, 2 },
          VERDICT_INDETERMINATE,
          CHECK_REVOCATION },
        { { { { CHECK_SIGNATURE, OUTCOME_PASSED },
              { CHECK_REVOCATION, OUTCOME_UNKNOWN },
              { CHECK_OWNER, OUTCOME_FAILED } },
            3 },
          VERDICT_INVALID,
          CHECK_OWNER },
        { { { { CHECK_FORMAT, OUTCOME_FAILED } }, 1 }, VERDICT_INDETERMINATE, CHECK_FORMAT },
        { { { { CHECK_FORMAT, OUTCOME_FAILED }, { CHECK_SIGNATURE, OUTCOME_FAILED } }, 2 },
          VERDICT_INVALID,
          CHECK_FORMAT },
        { { { { CHECK_SIGNATURE, OUTCOME_PASSED }, { CHECK_SIGNATURE, OUTCOME_FAILED } }, 2 },
          VERDICT_INVALID,
          CHECK_SIGNATURE },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        AUTO(report_free) struct report *report = report_new();
        for (size_t k = 0; k < table[i].given.count; k++)
            report_add(report, table[i].given.rows[k].check, table[i].given.rows[k].outcome, "x");
        if (report_verdict(report) != table[i].verdict ||
            report_culprit(report) != table[i].culprit)
            fail_msg("row %zu: %s, %s", i, verdict_name(report_verdict(report)),
                     check_name(report_culprit(report)));
        assert_int_equal(report_reason(report)[0] == '\0', table[i].verdict == VERDICT_VALID);
    }
}

static void a_lost_row_is_no_yes(void **state)
{
    AUTO(report_free) struct report *report = report_new();

    (void)state;
    for (int i = 0; i < 512; i++)
        report_add(report, CHECK_SIGNATURE, OUTCOME_PASSED, "row %d", i);
    assert_int_equal(report_verdict(report), VERDICT_VALID);
    report_add(report, CHECK_OWNER, OUTCOME_FAILED, "one too many");
    assert_int_equal(report_row_count(report), 512);
    assert_int_equal(report_verdict(report), VERDICT_INVALID);
    assert_string_not_equal(report_reason(report), "");
    AUTO(report_free) struct report *crowd = report_new();
    report_add(crowd, CHECK_SIGNATURE, OUTCOME_PASSED, "x");
    for (int i = 0; i < 33; i++)
        report_add_signer(crowd, &(struct signer){ .iin = "123456789011" });
    assert_int_equal(report_signer_count(crowd), 32);
    assert_int_equal(report_verdict(crowd), VERDICT_INVALID);
}

static void only_missing_revocation_is_let_through_and_only_where_it_is_accepted(void **state)
{
    static const struct {
        struct rows given;
        bool accepted;
    } table[] = {
        { { { { CHECK_SIGNATURE, OUTCOME_PASSED }, { CHECK_REVOCATION, OUTCOME_UNKNOWN } }, 2 },
          true },
        { { { { CHECK_SIGNATURE, OUTCOME_PASSED },
              { CHECK_REVOCATION, OUTCOME_UNKNOWN },
              { CHECK_REVOCATION, OUTCOME_UNKNOWN } },
            3 },
          true },
        { { { { CHECK_SIGNATURE, OUTCOME_PASSED },
              { CHECK_REVOCATION, OUTCOME_UNKNOWN },
              { CHECK_REVOCATION, OUTCOME_FAILED } },
            3 },
          false },
        { { { { CHECK_SIGNATURE, OUTCOME_UNKNOWN }, { CHECK_REVOCATION, OUTCOME_UNKNOWN } }, 2 },
          false },
        { { { { CHECK_SIGNATURE, OUTCOME_PASSED },
              { CHECK_REVOCATION, OUTCOME_UNKNOWN },
              { CHECK_PATH, OUTCOME_UNKNOWN } },
            3 },
          false },
        { { { { CHECK_SIGNATURE, OUTCOME_PASSED },
              { CHECK_REVOCATION, OUTCOME_UNKNOWN },
              { CHECK_DATES, OUTCOME_FAILED } },
            3 },
          false },
        /* nothing to judge is indeterminate too */
        { { { { CHECK_FORMAT, OUTCOME_FAILED } }, 1 }, false },
        { { { { CHECK_FORMAT, OUTCOME_FAILED }, { CHECK_REVOCATION, OUTCOME_UNKNOWN } }, 2 },
          false },
        { { { { CHECK_REVOCATION, OUTCOME_UNKNOWN } }, 1 }, false }, /* no signature at all */
        { { { { 0, 0 } }, 0 }, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        AUTO(report_free) struct report *report = report_new();
        for (size_t k = 0; k < table[i].given.count; k++)
            report_add(report, table[i].given.rows[k].check, table[i].given.rows[k].outcome, "x");
        assert_false(report_admits(report, UNKNOWN_REFUSE));
        if (report_admits(report, UNKNOWN_ACCEPT) != table[i].accepted)
            fail_msg("row %zu: %s", i, verdict_name(report_verdict(report)));
    }
    AUTO(report_free) struct report *valid = report_new();
    report_add(valid, CHECK_SIGNATURE, OUTCOME_PASSED, "x");
    assert_true(report_admits(valid, UNKNOWN_REFUSE));
    /* the mark changes no verdict */
    AUTO(report_free) struct report *marked = report_new();
    report_add(marked, CHECK_SIGNATURE, OUTCOME_PASSED, "x");
    report_add(marked, CHECK_REVOCATION, OUTCOME_UNKNOWN, "away");
    report_mark_admitted(marked, "[trust] user_unknown");
    assert_int_equal(report_verdict(marked), VERDICT_INDETERMINATE);
    assert_string_equal(report_reason(marked), "revocation: away");
    assert_non_null(strstr(report_row(marked, 2).detail, "[trust] user_unknown = accept"));
}

static void json_is_that_of_the_interface(void **state) /* architecture.md section 4 */
{
    static const char want[] =
        "{\"valid\":false,\"verdict\":\"invalid\",\"reason\":\"dates: \\\"X\\\" expired\","
        "\"algorithm\":\"ГОСТ 34.10-2015-512\",\"signers\":[{\"subject\":\"CN=Ә,C=KZ\","
        "\"iin\":\"123456789011\",\"bin\":\"\",\"serial\":\"1f\","
        "\"notBefore\":\"2026-11-22T09:00:00.000Z\",\"notAfter\":\"2026-11-22T09:00:01.000Z\","
        "\"roles\":[\"legalEntity\",\"ceo\"],\"keyUsage\":[\"digitalSignature\","
        "\"nonRepudiation\"],\"verdict\":\"invalid\",\"covers\":\"5 bytes\","
        "\"timestamp\":\"2026-11-22T09:00:00.000Z\"}],\"covers\":\"5 bytes\","
        "\"timestamp\":\"2026-11-22T09:00:00.000Z\","
        "\"checks\":[{\"name\":\"signature\",\"ok\":true,\"detail\":\"fine\",\"outcome\":\"ok\"},"
        "{\"name\":\"revocation\",\"ok\":true,\"detail\":\"good\",\"outcome\":\"ok\",\"source\":"
        "{\"kind\":\"crl\",\"signedBy\":\"CA\",\"algorithm\":\"RSA\",\"at\":"
        "\"2026-11-22T09:00:00.000Z\",\"until\":\"2026-11-22T09:00:01.000Z\",\"number\":\"14\","
        "\"deltaNumber\":\"3\"}},"
        "{\"name\":\"dates\",\"ok\":false,\"detail\":\"\\\"X\\\" expired\",\"outcome\":"
        "\"failed\"},{\"name\":\"revocation\",\"ok\":false,\"detail\":\"away\",\"outcome\":"
        "\"unknown\"},{\"name\":\"owner\",\"ok\":true,\"detail\":\"anybody\",\"outcome\":"
        "\"skipped\"}]}";
    AUTO(report_free) struct report *report = report_new();
    AUTO(bytes_free) struct bytes *json = NULL;
    struct err err;

    (void)state;
    report_set_algorithm(report, "ГОСТ 34.10-2015-512");
    report_set_covers(report, "%d bytes", 5);
    report_set_timestamp(report, NOW_MS);
    report_add_signer(
        report, &(struct signer){ .subject = "CN=Ә,C=KZ",
                                  .iin = "123456789011",
                                  .serial = "1f",
                                  .not_before_ms = NOW_MS,
                                  .not_after_ms = NOW_MS + 1000,
                                  .roles = ROLE_LEGAL_ENTITY | ROLE_CEO,
                                  .key_usage = USAGE_DIGITAL_SIGNATURE | USAGE_NON_REPUDIATION });
    report_add(report, CHECK_SIGNATURE, OUTCOME_PASSED, "fine");
    report_add_source(report, OUTCOME_PASSED,
                      &(const struct report_source){ .kind = "crl",
                                                     .signed_by = "CA",
                                                     .algorithm = "RSA",
                                                     .number = "14",
                                                     .delta_number = "3",
                                                     .at_ms = NOW_MS,
                                                     .until_ms = NOW_MS + 1000 },
                      "%s", "good");
    report_add(report, CHECK_DATES, OUTCOME_FAILED, "\"%s\" expired", "X");
    report_add(report, CHECK_REVOCATION, OUTCOME_UNKNOWN, "away");
    report_add(report, CHECK_OWNER, OUTCOME_SKIPPED, "anybody");
    assert_ok(report_json(report, &json, &err), &err);
    const struct json_limits limits = { 65536, 8, 1000 };
    AUTO(json_free) struct json *given = NULL;
    AUTO(json_free) struct json *wanted = NULL;
    assert_ok(json_parse(bytes_slice(json), &limits, &given, &err), &err);
    assert_ok(json_parse(slice_str(want), &limits, &wanted, &err), &err);
    if (!json_equal(given, wanted))
        fail_msg("%s", json->at);
}

/* Three signatures: one that holds, one whose revocation is not known, and the third as told. */
static struct report *three_signatures(enum outcome third)
{
    struct report *report = report_new();

    report_add(report, CHECK_FORMAT, OUTCOME_PASSED, "three");
    report_begin_signature(report, "signature 1");
    report_add_signer(report, &(struct signer){ .subject = "CN=A" });
    report_set_covers(report, "all");
    report_set_timestamp(report, NOW_MS);
    report_set_algorithm(report, "RSA-SHA256");
    report_add(report, CHECK_SIGNATURE, OUTCOME_PASSED, "fine");
    report_begin_signature(report, "signature 2");
    report_add_signer(report, &(struct signer){ .subject = "CN=B" });
    report_set_algorithm(report, "RSA-SHA256");
    report_add(report, CHECK_SIGNATURE, OUTCOME_PASSED, "fine");
    report_add(report, CHECK_REVOCATION, OUTCOME_UNKNOWN, "away");
    report_begin_signature(report, "signature 3");
    report_set_algorithm(report, "ГОСТ 34.310-2004");
    report_add(report, CHECK_SIGNATURE, third, "of the third");
    report_end_signature(report);
    report_set_covers(report, "the document");
    return report;
}

static void each_of_several_signatures_has_its_own_verdict(void **state)
{
    AUTO(report_free) struct report *bad = three_signatures(OUTCOME_FAILED);
    AUTO(report_free) struct report *good = three_signatures(OUTCOME_PASSED);
    AUTO(bytes_free) struct bytes *json = NULL;
    struct err err;

    (void)state;
    assert_int_equal(report_verdict(bad), VERDICT_INVALID);
    assert_int_equal(report_verdict(good), VERDICT_INDETERMINATE);
    assert_int_equal(report_signer_count(bad), 3);
    assert_int_equal(report_signer_verdict(bad, 0), VERDICT_VALID);
    assert_int_equal(report_signer_verdict(bad, 1), VERDICT_INDETERMINATE);
    assert_int_equal(report_signer_verdict(bad, 2), VERDICT_INVALID);
    assert_string_equal(report_signer(bad, 2)->subject, "");
    assert_string_equal(report_reason(bad), "signature: signature 3: of the third");
    assert_string_equal(report_algorithm(bad), "RSA-SHA256, ГОСТ 34.310-2004");
    assert_string_equal(report_covers(bad), "the document");
    assert_string_equal(report_signer_covers(bad, 0), "all");
    assert_string_equal(report_signer_covers(bad, 1), "");
    assert_int_equal(report_signer_timestamp(bad, 0), NOW_MS);
    assert_int_equal(report_signer_timestamp(bad, 1), 0);
    assert_int_equal(report_row(bad, 0).signature, 0);
    assert_int_equal(report_row(bad, 1).signature, 1);
    assert_ok(report_json(bad, &json, &err), &err);
    assert_non_null(strstr(json->at, "\"detail\":\"signature 3: of the third\""));
    assert_non_null(strstr(json->at, "\"signer\":3"));
}

static void a_signature_that_nobody_checked_is_no_yes(void **state)
{
    AUTO(report_free) struct report *report = report_new();

    (void)state;
    report_begin_signature(report, "signature 1");
    report_add(report, CHECK_SIGNATURE, OUTCOME_PASSED, "fine");
    assert_int_equal(report_verdict(report), VERDICT_VALID);
    report_begin_signature(report, "signature 2");
    report_add(report, CHECK_DIGEST, OUTCOME_PASSED, "fine");
    report_end_signature(report);
    report_add(report, CHECK_SIGNATURE, OUTCOME_PASSED, "of nobody");
    assert_int_equal(report_verdict(report), VERDICT_INVALID);
    assert_int_equal(report_signer_verdict(report, 0), VERDICT_VALID);
    assert_int_equal(report_signer_verdict(report, 1), VERDICT_INVALID);
    assert_string_not_equal(report_reason(report), "");
}

static void appended_rows_keep_what_they_say(void **state)
{
    const struct report_source source = { .kind = "crl", .number = "14" };
    AUTO(report_free) struct report *part = report_new();
    AUTO(report_free) struct report *whole = report_new();

    (void)state;
    report_add(part, CHECK_SIGNATURE, OUTCOME_PASSED, "100%% fine");
    report_add_source(part, OUTCOME_UNKNOWN, &source, "old");
    report_begin_signature(whole, "signature 1");
    report_append(whole, part);
    assert_int_equal(report_row_count(whole), 2);
    assert_string_equal(report_row(whole, 0).detail, "signature 1: 100% fine");
    assert_string_equal(report_row(whole, 1).source->number, "14");
    assert_int_equal(report_verdict(whole), VERDICT_INDETERMINATE);
    for (int i = 0; i < 600; i++)
        report_add(part, CHECK_PATH, OUTCOME_PASSED, "x");
    AUTO(report_free) struct report *other = report_new();
    report_append(other, part);
    assert_int_equal(report_verdict(other), VERDICT_INVALID);
}

static void names_cover_every_value(void **state)
{
    (void)state;
    for (int i = 0; i < CHECK_COUNT_; i++)
        assert_true(check_name((enum check)i)[0] != '\0');
    assert_string_equal(check_name(CHECK_KEY_USAGE), "keyUsage");
    assert_string_equal(outcome_name(OUTCOME_PASSED), "ok");
    assert_string_equal(algorithm_name(ALG_GOST2004), "ГОСТ 34.310-2004");
    assert_string_equal(algorithm_name(ALG_UNKNOWN), "unknown");
    assert_int_equal(algorithm_parse(SLICE("gost2015")), ALG_GOST2015_512);
    assert_int_equal(algorithm_parse(SLICE("GOST2015")), ALG_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts_follow_the_rows),
        cmocka_unit_test(a_lost_row_is_no_yes),
        cmocka_unit_test(only_missing_revocation_is_let_through_and_only_where_it_is_accepted),
        cmocka_unit_test(json_is_that_of_the_interface),
        cmocka_unit_test(each_of_several_signatures_has_its_own_verdict),
        cmocka_unit_test(a_signature_that_nobody_checked_is_no_yes),
        cmocka_unit_test(appended_rows_keep_what_they_say),
        cmocka_unit_test(names_cover_every_value),
    };

    return cmocka_run_group_tests(tests, setup_crypto, NULL);
}
