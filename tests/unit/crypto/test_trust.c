/* Path, dates, key usage, role, owner: each negative names the one check that failed. */
#include "unit/crypto/usual_pki.h"

#include "base/text.h"
#include "crypto/gost/kzgost.h"

#include <pthread.h>
#include <stdio.h>

static void expect(const struct judge *judge, const struct cert *cert, enum verdict verdict,
                   enum check culprit)
{
    AUTO(report_free) struct report *report = report_new();

    expect_report(report, trust_judge(judge, cert, report), verdict, culprit);
}

static void good_signer_passes(void **state) /* req 0.16, 0.20, 0.21 */
{
    struct judge judge = pki_judge(pki);
    AUTO(report_free) struct report *report = report_new();

    (void)state;
    expect(&judge, pki->leaf.cert, VERDICT_VALID, CHECK_COUNT_);
    assert_int_equal(trust_judge(&judge, pki->leaf.cert, report), VERDICT_VALID);
    /* a row per certificate of the path, each named */
    assert_int_equal(report_row(report, 0).check, CHECK_PATH);
    assert_non_null(strstr(report_row(report, 0).detail, "ТЕСТОВ"));
    assert_non_null(strstr(report_row(report, 1).detail, "intermediate: CA"));
    assert_non_null(strstr(report_row(report, 2).detail, "anchor: ROOT"));
    assert_int_equal(report_row(report, 3).check, CHECK_DATES);
}

static void no_trust_means_no(void **state)
{
    struct judge judge = pki_judge(pki);

    (void)state;
    judge.trust = NULL;
    expect(&judge, pki->leaf.cert, VERDICT_INVALID, CHECK_PATH);
}

static void foreign_root_fails_the_path(void **state) /* req 0.21 */
{
    struct pki *other = pki_new(NULL);
    struct judge judge = pki_judge(pki);

    (void)state;
    expect(&judge, other->leaf.cert, VERDICT_INVALID, CHECK_PATH);
    /* a chain brought by the message itself is not trusted by it */
    const struct cert *extra[] = { other->ca.cert, other->root.cert };
    judge.extra = extra;
    judge.extra_count = 2;
    expect(&judge, other->leaf.cert, VERDICT_INVALID, CHECK_PATH);
    pki_free(other);
}

static void same_names_with_another_key_fail_the_path(void **state)
{
    struct made fake_ca =
        made_new(&(struct made_params){ .cn = "CA", .ca = true, .usage = "keyCertSign" }, NULL);
    struct made leaf = made_new(
        &(struct made_params){ .cn = "X", .usage = "digitalSignature,nonRepudiation" }, &fake_ca);
    struct judge judge = pki_judge(pki);

    (void)state;
    expect(&judge, leaf.cert, VERDICT_INVALID, CHECK_PATH);
    made_free(&leaf);
    made_free(&fake_ca);
}

static void a_leaf_cannot_issue(void **state)
{
    struct made below = made_new(
        &(struct made_params){ .cn = "X", .usage = "digitalSignature,nonRepudiation" }, &pki->leaf);
    const struct cert *extra[] = { pki->leaf.cert };
    struct judge judge = pki_judge(pki);

    (void)state;
    judge.extra = extra;
    judge.extra_count = 1;
    expect(&judge, below.cert, VERDICT_INVALID, CHECK_PATH);
    made_free(&below);
}

static void intermediate_may_come_with_the_message(void **state)
{
    AUTO(trust_free) struct trust *roots = NULL;
    struct judge judge = pki_judge(pki);
    const struct cert *extra[] = { pki->ca.cert };
    struct err err;

    (void)state;
    assert_ok(trust_new(&roots, &err), &err);
    assert_ok(trust_add(roots, pki->root.cert, &err), &err);
    assert_int_equal(trust_anchor_count(roots), 1);
    judge.trust = roots;
    expect(&judge, pki->leaf.cert, VERDICT_INVALID, CHECK_PATH);
    judge.extra = extra;
    judge.extra_count = 1;
    expect(&judge, pki->leaf.cert, VERDICT_VALID, CHECK_COUNT_);
}

static void dates_are_judged_apart_from_the_path(void **state) /* req 0.18, 0.19 */
{
    static const struct {
        int64_t from_days, to_days;
        bool good;
        const char *text;
    } rows[] = {
        { -10, 10, true, "" },
        { -10, -1, false, "expired on 2026-11-21T14:00:00+05:00" },
        { 1, 10, false, "not valid before 2026-11-23T14:00:00+05:00" },
        { -10, 0, true, "" }, /* notAfter is inclusive */
        { 0, 10, true, "" },  /* and so is notBefore */
    };
    struct judge judge = pki_judge(pki);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct made leaf =
            made_new(&(struct made_params){ .cn = "ДАТА",
                                            .usage = "digitalSignature,nonRepudiation",
                                            .from_ms = NOW_MS + rows[i].from_days * DAY_MS,
                                            .to_ms = NOW_MS + rows[i].to_days * DAY_MS },
                     &pki->ca);
        AUTO(report_free) struct report *report = report_new();
        expect(&judge, leaf.cert, rows[i].good ? VERDICT_VALID : VERDICT_INVALID,
               rows[i].good ? CHECK_COUNT_ : CHECK_DATES);
        (void)!trust_judge(&judge, leaf.cert, report);
        if (!rows[i].good && !strstr(report_reason(report), rows[i].text))
            fail_msg("%s does not say %s", report_reason(report), rows[i].text);
        /* the cache of paths does not hide a date that has passed since */
        judge.now_ms = NOW_MS + 20LL * DAY_MS;
        expect(&judge, leaf.cert, VERDICT_INVALID, CHECK_DATES);
        judge.now_ms = NOW_MS;
        made_free(&leaf);
    }
}

static void expired_issuer_fails_the_dates_and_is_named(void **state)
{
    struct made ca = made_new(
        &(struct made_params){
            .cn = "OLD CA", .ca = true, .usage = "keyCertSign", .to_ms = NOW_MS - 1000 },
        &pki->root);
    struct made leaf = made_new(
        &(struct made_params){ .cn = "X", .usage = "digitalSignature,nonRepudiation" }, &ca);
    const struct cert *extra[] = { ca.cert };
    struct judge judge = pki_judge(pki);
    AUTO(report_free) struct report *report = report_new();

    (void)state;
    judge.extra = extra;
    judge.extra_count = 1;
    expect(&judge, leaf.cert, VERDICT_INVALID, CHECK_DATES);
    (void)!trust_judge(&judge, leaf.cert, report);
    assert_non_null(strstr(report_reason(report), "OLD CA"));
    made_free(&leaf);
    made_free(&ca);
}

static void key_usage_follows_the_purpose(void **state) /* req 0.26, 0.27 */
{
    static const struct {
        const char *usage;
        const char *eku;
        enum purpose purpose;
        bool good;
    } rows[] = {
        { "digitalSignature,nonRepudiation", NULL, PURPOSE_SIGN, true },
        { "digitalSignature,nonRepudiation,keyAgreement", NULL, PURPOSE_SIGN, true },
        { "digitalSignature,keyEncipherment", NULL, PURPOSE_SIGN, false },
        { "nonRepudiation", NULL, PURPOSE_SIGN, false },
        { NULL, NULL, PURPOSE_SIGN, false },
        { "digitalSignature,keyEncipherment", NULL, PURPOSE_AUTH, true },
        { "digitalSignature,nonRepudiation", NULL, PURPOSE_AUTH, false },
        { "digitalSignature,keyEncipherment", NULL, PURPOSE_TRANSPORT, true },
        { "digitalSignature,nonRepudiation", NULL, PURPOSE_TRANSPORT, true },
        { "keyEncipherment", NULL, PURPOSE_TRANSPORT, false },
        { NULL, NULL, PURPOSE_TRANSPORT, false },
        { NULL, NULL, PURPOSE_ANY, true },
        { "digitalSignature", "critical,timeStamping", PURPOSE_TSA, true },
        { "digitalSignature", "timeStamping", PURPOSE_TSA, false },
        { "digitalSignature", "critical,timeStamping,emailProtection", PURPOSE_TSA, false },
        { "digitalSignature", NULL, PURPOSE_TSA, false },
        { "digitalSignature", "OCSPSigning", PURPOSE_OCSP, true },
        { "digitalSignature", "emailProtection", PURPOSE_OCSP, false },
    };
    struct judge judge = pki_judge(pki);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct made leaf =
            made_new(&(struct made_params){ .cn = "X", .usage = rows[i].usage, .eku = rows[i].eku },
                     &pki->ca);
        judge.purpose = rows[i].purpose;
        expect(&judge, leaf.cert, rows[i].good ? VERDICT_VALID : VERDICT_INVALID,
               rows[i].good ? CHECK_COUNT_ : CHECK_KEY_USAGE);
        made_free(&leaf);
    }
}

static void owner_and_role_are_those_expected(void **state) /* req 0.17 */
{
    static const struct {
        const char *iin, *bin;
        unsigned roles;
        enum check culprit;
    } rows[] = {
        { "123456789011", NULL, 0, CHECK_COUNT_ },
        { NULL, "123456789021", 0, CHECK_COUNT_ },
        { "123456789011", "123456789021", ROLE_CEO, CHECK_COUNT_ },
        { "", "", 0, CHECK_COUNT_ },
        { "123456789012", NULL, 0, CHECK_OWNER },
        { NULL, "123456789022", 0, CHECK_OWNER },
        { "123456789011", "1234", 0, CHECK_OWNER },
        { NULL, NULL, ROLE_CEO | ROLE_HR, CHECK_COUNT_ },
        { NULL, NULL, ROLE_HR, CHECK_ROLE },
        { NULL, NULL, ROLE_INDIVIDUAL, CHECK_ROLE },
    };
    struct judge judge = pki_judge(pki);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        judge.expect_iin = rows[i].iin;
        judge.expect_bin = rows[i].bin;
        judge.expect_roles = rows[i].roles;
        expect(&judge, pki->leaf.cert,
               rows[i].culprit == CHECK_COUNT_ ? VERDICT_VALID : VERDICT_INVALID, rows[i].culprit);
    }
}

/* Who is asked for the expectation, and what he answers. */
struct asked {
    const struct expected_signer *answer;
    unsigned times;
    char iin[13];
};

static const struct expected_signer *answer(void *ctx, const struct signer *signer)
{
    struct asked *asked = ctx;

    asked->times++;
    text_copy(asked->iin, sizeof(asked->iin), signer->iin);
    return asked->answer;
}

static void whom_the_signer_must_be_may_be_asked_once_he_is_known(void **state)
{
    static const struct expected_signer him = { "123456789011", "123456789021", ROLE_CEO, 0 },
                                        other = { "123456789012", "", 0, 0 },
                                        hr = { "", "", ROLE_HR, 0 }, anybody = { "", "", 0, 0 };
    static const struct {
        const struct expected_signer *answer; /* NULL: nobody is expected */
        enum check culprit;
    } rows[] = {
        { &him, CHECK_COUNT_ }, { &anybody, CHECK_COUNT_ }, { &other, CHECK_OWNER },
        { &hr, CHECK_ROLE },    { NULL, CHECK_OWNER },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (int stands_there = 0; stands_there < 2; stands_there++) { /* that does not count */
            struct asked asked = { .answer = rows[i].answer };
            struct judge judge = pki_judge(pki);
            judge.expect = answer;
            judge.expect_ctx = &asked;
            judge.expect_iin = stands_there ? him.iin : other.iin;
            expect(&judge, pki->leaf.cert,
                   rows[i].culprit == CHECK_COUNT_ ? VERDICT_VALID : VERDICT_INVALID,
                   rows[i].culprit);
            assert_int_equal(asked.times, 1);
            assert_string_equal(asked.iin, him.iin);
        }
}

static void a_pin_satisfies_the_path_but_not_the_dates(void **state)
{
    struct pki *other = pki_new(NULL);
    const struct cert *pins[] = { other->leaf.cert };
    struct judge judge = pki_judge(pki);

    (void)state;
    judge.revocation = REVOCATION_OCSP; /* its issuer is not known: the row is skipped */
    judge.pins = pins;
    judge.pin_count = 1;
    expect(&judge, other->leaf.cert, VERDICT_VALID, CHECK_COUNT_);
    judge.now_ms = NOW_MS + 400LL * DAY_MS;
    expect(&judge, other->leaf.cert, VERDICT_INVALID, CHECK_DATES);
    judge.now_ms = NOW_MS;
    /* a pin lends its trust to itself only */
    judge.purpose = PURPOSE_ANY;
    expect(&judge, other->tsa.cert, VERDICT_INVALID, CHECK_PATH);
    pki_free(other);
}

static void signature_only_judges_nothing_of_the_signer(void **state)
{
    struct judge judge = { .signature_only = true,
                           .purpose = PURPOSE_AUTH,
                           .expect_iin = "000000000000" };
    AUTO(report_free) struct report *report = report_new();

    (void)state;
    assert_int_equal(trust_judge(&judge, pki->leaf.cert, report), VERDICT_VALID);
    for (size_t i = 0; i < report_row_count(report); i++)
        assert_int_equal(report_row(report, i).outcome, OUTCOME_SKIPPED);
    /* and alone it is no verdict: nothing was verified */
    assert_int_equal(report_verdict(report), VERDICT_INVALID);
}

static void evidence_holds_the_path_signer_first(void **state)
{
    AUTO(evidence_free) struct evidence *evidence = evidence_new();
    AUTO(report_free) struct report *report = report_new();
    struct judge judge = pki_judge(pki);
    struct err err;

    (void)state;
    judge.evidence = evidence;
    (void)!trust_judge(&judge, pki->leaf.cert, report);
    assert_int_equal(evidence_count(evidence), 3);
    assert_true(slice_eq(evidence_data(evidence, 0), cert_der(pki->leaf.cert)));
    assert_true(slice_eq(evidence_data(evidence, 2), cert_der(pki->root.cert)));
    assert_int_equal(evidence_kind(evidence, 1), EVIDENCE_CERTIFICATE);
    assert_ok(evidence_check(evidence, &err), &err);
}

static void weak_keys_fail_the_path(void **state)
{
    struct made weak = made_new(
        &(struct made_params){ .cn = "WEAK", .key_type = "RSA1024", .usage = "digitalSignature" },
        &pki->ca);
    struct judge judge = pki_judge(pki);

    (void)state;
    judge.purpose = PURPOSE_ANY;
    expect(&judge, weak.cert, VERDICT_INVALID, CHECK_PATH);
    judge.algorithms = ALG_DEFAULT | ALG_RSA_SHA1; /* the legacy setting is of SHA-1 alone */
    expect(&judge, weak.cert, VERDICT_INVALID, CHECK_PATH);
    made_free(&weak);
}

/* The memory of paths has 1,024 places: with so many signers some share one. */
static void a_remembered_path_is_only_for_its_own_signer(void **state)
{
    enum { GOOD = 64, BAD = 128 };
    struct pki *other = pki_new(NULL);
    struct judge judge = pki_judge(pki);

    (void)state;
    judge.purpose = PURPOSE_ANY;
    for (int i = 0; i < GOOD + BAD; i++) {
        struct made leaf =
            made_new(&(struct made_params){ .cn = "X" }, i < GOOD ? &pki->ca : &other->ca);
        expect(&judge, leaf.cert, i < GOOD ? VERDICT_VALID : VERDICT_INVALID,
               i < GOOD ? CHECK_COUNT_ : CHECK_PATH);
        made_free(&leaf);
    }
    pki_free(other);
}

static void *judge_many(void *arg)
{
    struct judge judge = pki_judge(arg);

    for (int i = 0; i < 50; i++) {
        AUTO(report_free) struct report *report = report_new();
        const struct made *made = i % 2 ? &pki->leaf : &pki->tsa;
        judge.purpose = i % 2 ? PURPOSE_SIGN : PURPOSE_TSA;
        if (trust_judge(&judge, made->cert, report) != VERDICT_VALID)
            return arg;
    }
    return NULL;
}

static void one_trust_serves_many_threads(void **state)
{
    pthread_t threads[8];
    void *failed = NULL;

    (void)state;
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, judge_many, pki), 0);
    for (size_t i = 0; i < 8; i++) {
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
}

static void an_rsa_chain_is_judged_alike(void **state)
{
    struct pki *rsa = pki_new("RSA");
    struct judge judge = pki_judge(rsa);

    (void)state;
    expect(&judge, rsa->leaf.cert, VERDICT_VALID, CHECK_COUNT_);
    assert_int_equal(cert_algorithm(rsa->leaf.cert), ALG_RSA_SHA256);
    pki_free(rsa);
}

static void a_folder_with_a_stray_file_is_refused_by_its_name(void **state)
{
    AUTO(trust_free) struct trust *trust = NULL;
    struct err err;
    char dir[] = "/tmp/trust-XXXXXX";
    char path[64];

    (void)state;
    assert_ok(trust_new(&trust, &err), &err);
    assert_int_equal(trust_add_dir(trust, "/nonexistent", &err), ST_NOT_FOUND);
    assert_non_null(mkdtemp(dir));
    assert_ok(trust_add_dir(trust, dir, &err), &err);
    assert_int_equal(trust_anchor_count(trust), 0);
    text_format(path, sizeof(path), "%s/notes.txt", dir);
    FILE *file = fopen(path, "w");
    (void)fputs("hello!", file);
    (void)fclose(file);
    assert_int_equal(trust_add_dir(trust, dir, &err), ST_INPUT);
    assert_non_null(strstr(err.text, "notes.txt"));
    (void)remove(path);
    (void)remove(dir);
}

/* The vectors' README: who stands under whom. */
static void real_chains_have_their_verdicts(void **state)
{
    static const struct {
        const char *cert;
        const char *time; /* inside the validity */
        enum verdict verdict;
        enum check culprit;
    } rows[] = {
        { "ca-production/nca_gost_2022.pem", "2026-11-22", VERDICT_VALID, CHECK_COUNT_ },
        { "ca-production/nca_rsa_2022.cer", "2026-11-22", VERDICT_VALID, CHECK_COUNT_ },
        { "ca-production/root_gost_2020.cer", "2026-11-22", VERDICT_VALID, CHECK_COUNT_ },
        { "ca-production/root_rsa_2020.cer", "2026-11-22", VERDICT_VALID, CHECK_COUNT_ },
        { "ca-production/nca_gost.pem", "2020-01-01", VERDICT_INVALID, CHECK_PATH },
        { "ca-test/nca_gost2022_test.cer", "2026-11-22", VERDICT_VALID, CHECK_COUNT_ },
        { "ca-test/nca_gost2022_test.cer", "2033-11-22", VERDICT_INVALID, CHECK_DATES },
    };
    struct time_span span;

    (void)state;
    if (!have_vectors())
        skip();
    AUTO(trust_free) struct trust *trust = vector_trust();
    assert_int_equal(trust_anchor_count(trust), 4);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(cert_free) struct cert *cert = vector_cert(rows[i].cert);
        assert_true(time_parse(slice_str(rows[i].time), &span));
        struct judge judge = { .trust = trust, .now_ms = span.from_ms };
        expect(&judge, cert, rows[i].verdict, rows[i].culprit);
    }
    AUTO(key_free) struct key *person = vector_key("p12/gost2015_individual_1.p12");
    assert_true(time_parse(SLICE("2025-01-01"), &span));
    struct judge judge = { .trust = trust,
                           .now_ms = span.from_ms,
                           .purpose = PURPOSE_SIGN,
                           .expect_iin = "123456789011",
                           .expect_roles = ROLE_INDIVIDUAL };
    expect(&judge, key_cert(person), VERDICT_VALID, CHECK_COUNT_);
    judge.now_ms = NOW_MS;
    expect(&judge, key_cert(person), VERDICT_INVALID, CHECK_DATES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_signer_passes),
        cmocka_unit_test(no_trust_means_no),
        cmocka_unit_test(foreign_root_fails_the_path),
        cmocka_unit_test(same_names_with_another_key_fail_the_path),
        cmocka_unit_test(a_leaf_cannot_issue),
        cmocka_unit_test(intermediate_may_come_with_the_message),
        cmocka_unit_test(dates_are_judged_apart_from_the_path),
        cmocka_unit_test(expired_issuer_fails_the_dates_and_is_named),
        cmocka_unit_test(key_usage_follows_the_purpose),
        cmocka_unit_test(owner_and_role_are_those_expected),
        cmocka_unit_test(whom_the_signer_must_be_may_be_asked_once_he_is_known),
        cmocka_unit_test(a_pin_satisfies_the_path_but_not_the_dates),
        cmocka_unit_test(signature_only_judges_nothing_of_the_signer),
        cmocka_unit_test(evidence_holds_the_path_signer_first),
        cmocka_unit_test(weak_keys_fail_the_path),
        cmocka_unit_test(a_remembered_path_is_only_for_its_own_signer),
        cmocka_unit_test(one_trust_serves_many_threads),
        cmocka_unit_test(an_rsa_chain_is_judged_alike),
        cmocka_unit_test(a_folder_with_a_stray_file_is_refused_by_its_name),
        cmocka_unit_test(real_chains_have_their_verdicts),
    };

    return cmocka_run_group_tests(tests, setup_pki, teardown_pki);
}
