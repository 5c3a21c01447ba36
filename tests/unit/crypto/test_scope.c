/* Whose revocation is judged: intermediates, the timestamp authority, the responder itself; and
 * several responders of one certificate. */
#include "unit/crypto/crl_maker.h"
#include "unit/crypto/responder.h"

#include "base/text.h"
#include "crypto/cms.h"
#include "crypto/crl_index.h"
#include "crypto/ocsp_cache.h"

#define HOUR_MS INT64_C(3600000)

enum { LISTS_MAX = 2, NOBODY = -2 };

static struct pki *pki;
static struct made leaf;  /* names two responders */
static struct made clean; /* a responder with id-pkix-ocsp-nocheck */

static int setup(void **state)
{
    setup_crypto(state);
    pki = pki_new(NULL);
    leaf =
        made_new(&(struct made_params){ .cn = "LEAF",
                                        .usage = "digitalSignature,nonRepudiation",
                                        .ocsp_url = "http://one.test/,OCSP;URI:http://two.test/" },
                 &pki->ca);
    clean = made_new(&(struct made_params){ .cn = "CLEAN OCSP",
                                            .usage = "digitalSignature",
                                            .eku = "OCSPSigning",
                                            .no_check = true },
                     &pki->ca);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    made_free(&leaf);
    made_free(&clean);
    pki_free(pki);
    return 0;
}

/* The responder's script and the lists of root and CA behind one ctx. */
struct source {
    struct responder responder; /* first: its functions are given the source */
    struct crl_index *of_root, *of_ca;
    const char *dead; /* the responder whose address this is does not answer */
    enum status (*fetch)(void *ctx, const struct fetch *fetch, struct bytes **ret_answer,
                         struct err *err);
};

static bool is_same(const struct cert *a, const struct cert *b)
{
    return memcmp(cert_signer(a)->sha256, cert_signer(b)->sha256, 32) == 0;
}

static enum status find_crl(void *ctx, const struct cert *subject, const struct cert *issuer,
                            int64_t deadline_ms, struct crl_index **ret_index, struct err *err)
{
    const struct source *source = ctx;
    const struct crl_index *index =
        is_same(issuer, pki->root.cert) ? source->of_root : source->of_ca;

    (void)subject;
    assert_true(deadline_ms > 0);
    if (!index)
        return RAISE(err, ST_NOT_FOUND, "no CRL of %s is kept", cert_signer(issuer)->common_name);
    *ret_index = crl_index_ref(index);
    return ST_OK;
}

static enum status fetch(void *ctx, const struct fetch *fetch, struct bytes **ret_answer,
                         struct err *err)
{
    struct source *source = ctx;

    if (source->dead && strcmp(source->dead, fetch->url) == 0) {
        source->responder.asked++;
        return RAISE(err, ST_UPSTREAM, "connection refused");
    }
    return source->fetch(&source->responder, fetch, ret_answer, err);
}

static struct trust_io io_of(struct source *source)
{
    struct trust_io io = responder_io(&source->responder);

    source->responder.pki = pki;
    source->fetch = io.fetch;
    io.ctx = source;
    io.fetch = fetch;
    io.find_crl = find_crl;
    return io;
}

/* A list of the issuer; revoked: who stands in it, with the reason; NULL: nobody. */
static struct crl_index *list_of(const struct made *issuer, const struct made *revoked, int reason,
                                 const char *date)
{
    AUTO(bytes_free) struct bytes *entries = bytes_new(1024);
    struct crl_params params = { .issuer = issuer, .number = 14 };

    if (revoked) {
        const ASN1_INTEGER *serial = X509_get0_serialNumber(revoked->x509);
        add_entry(entries,
                  &(struct entry_params){ .serial = slice_mem(serial->data, (size_t)serial->length),
                                          .reason = reason,
                                          .date = date });
    }
    params.entries = bytes_slice(entries);
    AUTO(bytes_free) struct bytes *der = make_crl(&params);
    AUTO(crl_free) struct crl *base = parsed(der, issuer);
    const struct crl_index_parts parts = { base, NULL, NULL };
    struct crl_index *index = NULL;
    struct err err;
    assert_ok(crl_index_new(&parts, &index, &err), &err);
    return index;
}

static void clear(struct source *source)
{
    crl_index_free(source->of_root);
    crl_index_free(source->of_ca);
    responder_clear(&source->responder);
}

/* How many revocation rows have this outcome and hold this text. */
static size_t count_rows(const struct report *report, enum outcome outcome, const char *text)
{
    size_t count = 0;

    for (size_t i = 0; i < report_row_count(report); i++) {
        struct report_row row = report_row(report, i);
        if (row.check == CHECK_REVOCATION && row.outcome == outcome && strstr(row.detail, text))
            count++;
    }
    return count;
}

static void expect_row(const struct report *report, enum outcome outcome, const char *text)
{
    if (count_rows(report, outcome, text) == 1)
        return;
    for (size_t i = 0; i < report_row_count(report); i++)
        print_message("%s %s: %s\n", outcome_name(report_row(report, i).outcome),
                      check_name(report_row(report, i).check), report_row(report, i).detail);
    fail_msg("no one row «%s» that is %s", text, outcome_name(outcome));
}

static void intermediates_are_judged_where_the_whole_path_is_wanted(void **state)
{
    static const struct {
        enum revocation how;
        enum revocation_scope scope;
        bool lists, revoked;
        enum verdict verdict;
        enum outcome outcome;
        const char *text; /* of the CA's row; NULL: there is none */
    } rows[] = {
        { REVOCATION_AUTO, REVOCATION_SIGNER, false, false, VERDICT_VALID, 0, NULL },
        { REVOCATION_AUTO, REVOCATION_PATH, true, false, VERDICT_VALID, OUTCOME_PASSED,
          "the certificate of CA is good by CRL no. 14" },
        { REVOCATION_AUTO, REVOCATION_PATH, true, true, VERDICT_INVALID, OUTCOME_FAILED,
          "the certificate of CA is revoked on" },
        { REVOCATION_AUTO, REVOCATION_PATH, false, false, VERDICT_INDETERMINATE, OUTCOME_UNKNOWN,
          "cannot be learnt of the certificate of CA: no CRL of ROOT is kept" },
        /* it names no responder, so its lists are asked whatever is asked of signers */
        { REVOCATION_OCSP, REVOCATION_PATH, true, false, VERDICT_VALID, OUTCOME_PASSED,
          "the certificate of CA is good by CRL no. 14" },
        { REVOCATION_OCSP, REVOCATION_PATH, true, true, VERDICT_INVALID, OUTCOME_FAILED,
          "the certificate of CA is revoked on" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct source source = { .responder = { .signer = &clean } };
        struct trust_io io = io_of(&source);
        struct judge judge = pki_judge(pki);
        AUTO(report_free) struct report *report = report_new();

        if (rows[i].lists)
            source.of_root =
                list_of(&pki->root, rows[i].revoked ? &pki->ca : NULL, REASON_CA_COMPROMISE, NULL);
        judge.io = &io;
        judge.revocation = rows[i].how;
        judge.scope = rows[i].scope;
        assert_int_equal(trust_judge(&judge, leaf.cert, report), rows[i].verdict);
        expect_row(report, OUTCOME_PASSED, "the signer's certificate is good by OCSP");
        if (rows[i].text)
            expect_row(report, rows[i].outcome, rows[i].text);
        else
            assert_int_equal(count_rows(report, OUTCOME_PASSED, ""), 1);
        clear(&source);
    }
}

static void a_pinned_certificate_is_judged_alone(void **state)
{
    struct source source = { .responder = { .signer = &clean } };
    struct trust_io io = io_of(&source);
    struct judge judge = pki_judge(pki);
    const struct cert *pins[] = { leaf.cert };
    AUTO(report_free) struct report *report = report_new();

    (void)state;
    judge.io = &io;
    judge.revocation = REVOCATION_AUTO;
    judge.scope = REVOCATION_PATH;
    judge.pins = pins;
    judge.pin_count = 1;
    assert_int_equal(trust_judge(&judge, leaf.cert, report), VERDICT_VALID);
    assert_int_equal(count_rows(report, OUTCOME_PASSED, ""), 1);
    clear(&source);
}

/* RFC 6960 section 4.2.2.2.1 */
static void a_responder_that_may_be_revoked_is_asked_about(void **state)
{
    static const struct {
        bool no_check, list, revoked;
        enum verdict verdict;
        const char *text;
    } rows[] = {
        { true, false, false, VERDICT_VALID, "good by OCSP" },
        { false, true, false, VERDICT_VALID,
          "(the OCSP responder's certificate is good by CRL no. 14" },
        { false, true, true, VERDICT_VALID,
          "by CRL no. 14 as of 2026-11-22T13:00:00+05:00, signed "
          "by CA (ГОСТ 34.10-2015-512) (OCSP: the OCSP "
          "responder's certificate is revoked" },
        { false, false, false, VERDICT_INDETERMINATE,
          "cannot be learnt of the OCSP responder's certificate: no CRL of CA is kept" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct source source = { .of_root = list_of(&pki->root, NULL, 0, NULL) };
        struct trust_io io = io_of(&source);
        struct judge judge = pki_judge(pki);
        AUTO(report_free) struct report *report = report_new();

        source.responder.signer = rows[i].no_check ? &clean : &pki->ocsp;
        if (rows[i].list)
            source.of_ca =
                list_of(&pki->ca, rows[i].revoked ? &pki->ocsp : NULL, REASON_KEY_COMPROMISE, NULL);
        judge.io = &io;
        judge.revocation = REVOCATION_AUTO;
        judge.scope = REVOCATION_PATH;
        assert_int_equal(trust_judge(&judge, leaf.cert, report), rows[i].verdict);
        expect_row(report, rows[i].verdict == VERDICT_VALID ? OUTCOME_PASSED : OUTCOME_UNKNOWN,
                   rows[i].text);
        clear(&source);
    }
}

/* ---- the timestamp authority ---- */

static struct bytes *stamped(struct source *source)
{
    struct trust_io io = io_of(source);
    const struct cms_params params = { .signing_time_ms = NOW_MS,
                                       .io = &io,
                                       .tsp_url = "http://tsp.test/",
                                       .deadline_ms = clock_monotonic_ms() + 10000 };
    struct bytes *der = NULL;
    struct err err;

    assert_ok(cms_sign(leaf.key, SLICE("text"), &params, &der, &err), &err);
    return der;
}

static void a_timestamp_authority_is_judged_with_the_path(void **state) /* RFC 3161 section 4 (1) */
{
    static const struct {
        enum revocation_scope scope;
        int reason;       /* NOBODY: it is not in the list */
        const char *date; /* of the revocation; the token is of 2026-11-22T09:00:00Z */
        enum verdict verdict;
        enum outcome outcome;
        const char *text; /* of its revocation row; NULL: there is none */
    } rows[] = {
        { REVOCATION_SIGNER, REASON_KEY_COMPROMISE, "261122070000Z", VERDICT_VALID, 0, NULL },
        { REVOCATION_PATH, NOBODY, NULL, VERDICT_VALID, OUTCOME_PASSED,
          "timestamp: the timestamp authority's certificate is good by CRL no. 14" },
        { REVOCATION_PATH, REASON_KEY_COMPROMISE, "261122093000Z", VERDICT_INVALID, 0, NULL },
        { REVOCATION_PATH, NO_REASON, "261122093000Z", VERDICT_INVALID, 0, NULL },
        { REVOCATION_PATH, REASON_SUPERSEDED, "261122083000Z", VERDICT_INVALID, 0, NULL },
        { REVOCATION_PATH, REASON_SUPERSEDED, "261122093000Z", VERDICT_VALID, OUTCOME_PASSED,
          "signed by CA (ГОСТ 34.10-2015-512): after its key was used" },
        { REVOCATION_PATH, REASON_CESSATION_OF_OPERATION, "261122093000Z", VERDICT_VALID,
          OUTCOME_PASSED, "after its key was used" },
    };
    struct source maker = { 0 };
    AUTO(bytes_free) struct bytes *cms = NULL;

    (void)state;
    cms = stamped(&maker);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct source source = { .of_root = list_of(&pki->root, NULL, 0, NULL),
                                 .responder = { .signer = &clean } };
        struct trust_io io = io_of(&source);
        struct judge judge = pki_judge(pki);
        AUTO(report_free) struct report *report = report_new();

        source.of_ca = list_of(&pki->ca, rows[i].reason == NOBODY ? NULL : &pki->tsa,
                               rows[i].reason, rows[i].date);
        judge.io = &io;
        judge.revocation = REVOCATION_AUTO;
        judge.scope = rows[i].scope;
        enum verdict given =
            cms_judge(&judge, bytes_slice(cms), (struct slice){ NULL, 0 }, report, NULL);
        if (given != rows[i].verdict)
            fail_msg("row %zu: %s: %s", i, verdict_name(given), report_reason(report));
        if (rows[i].text)
            expect_row(report, rows[i].outcome, rows[i].text);
        else if (given == VERDICT_INVALID)
            assert_int_equal(report_culprit(report), CHECK_TIMESTAMP);
        clear(&source);
    }
}

static void an_authority_that_cannot_be_learnt_of_leaves_the_verdict_open(void **state)
{
    struct source source = { .of_root = list_of(&pki->root, NULL, 0, NULL),
                             .responder = { .signer = &clean } };
    struct trust_io io = io_of(&source);
    struct judge judge = pki_judge(pki);
    AUTO(report_free) struct report *report = report_new();
    AUTO(evidence_free) struct evidence *evidence = evidence_new();
    AUTO(bytes_free) struct bytes *cms = stamped(&source);
    size_t kinds[EVIDENCE_REPORT + 1] = { 0 };

    (void)state;
    judge.io = &io;
    judge.revocation = REVOCATION_AUTO;
    judge.scope = REVOCATION_PATH;
    judge.evidence = evidence;
    assert_int_equal(cms_judge(&judge, bytes_slice(cms), (struct slice){ NULL, 0 }, report, NULL),
                     VERDICT_INDETERMINATE);
    expect_row(report, OUTCOME_UNKNOWN, "of the timestamp authority's certificate");
    assert_true(report_timestamp(report) == NOW_MS); /* the token's time is told all the same */
    assert_true(report_admits(report, UNKNOWN_ACCEPT));
    assert_false(report_admits(report, UNKNOWN_REFUSE));
    /* signer, CA, root, and the authority behind them; the root's list of both paths once */
    for (size_t i = 0; i < evidence_count(evidence); i++)
        kinds[evidence_kind(evidence, i)]++;
    assert_int_equal(kinds[EVIDENCE_CERTIFICATE], 4);
    assert_true(slice_eq(evidence_data(evidence, 0), cert_der(leaf.cert)));
    assert_int_equal(kinds[EVIDENCE_OCSP], 1);
    assert_int_equal(kinds[EVIDENCE_CRL], 1);
    assert_int_equal(kinds[EVIDENCE_TSP], 1);
    clear(&source);
}

/* ---- several responders ---- */

static void responders_are_tried_in_order(void **state)
{
    static const struct {
        const char *setting, *dead;
        enum verdict verdict;
        size_t asked;
        const char *last; /* asked */
    } rows[] = {
        { NULL, NULL, VERDICT_VALID, 1, "http://one.test/" },
        { NULL, "http://one.test/", VERDICT_VALID, 2, "http://two.test/" },
        { "http://a.test/ http://b.test/", NULL, VERDICT_VALID, 1, "http://a.test/" },
        { " http://a.test/   http://b.test/ ", "http://a.test/", VERDICT_VALID, 2,
          "http://b.test/" },
        { "http://a.test/", "http://a.test/", VERDICT_INDETERMINATE, 2, "" },
        { "ldap://a.test/", NULL, VERDICT_INDETERMINATE, 0, "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct source source = { .dead = rows[i].dead };
        struct trust_io io = io_of(&source);
        struct judge judge = pki_judge(pki);
        AUTO(report_free) struct report *report = report_new();

        judge.io = &io;
        judge.revocation = REVOCATION_OCSP;
        judge.ocsp_url = rows[i].setting;
        if (trust_judge(&judge, leaf.cert, report) != rows[i].verdict ||
            source.responder.asked != rows[i].asked ||
            strcmp(source.responder.url, rows[i].last) != 0)
            fail_msg("row %zu: %zu asked, the last %s; %s", i, source.responder.asked,
                     source.responder.url, report_reason(report));
        clear(&source);
    }
}

static void a_responder_that_failed_is_left_alone_while_lists_answer(void **state)
{
    struct source source = { .dead = "http://one.test/" };
    struct trust_io io = io_of(&source);
    struct judge judge = pki_judge(pki);
    AUTO(ocsp_cache_free) struct ocsp_cache *cache = NULL;
    struct err err;

    (void)state;
    assert_ok(ocsp_cache_new(&cache, &err), &err);
    io.answers = cache;
    judge.io = &io;
    judge.revocation = REVOCATION_AUTO;
    judge.ocsp_url = "http://one.test/";
    source.of_ca = list_of(&pki->ca, NULL, 0, NULL);
    static const struct {
        bool list;
        enum verdict verdict;
        size_t asked; /* in all */
        const char *text;
    } steps[] = {
        { true, VERDICT_VALID, 2, "(OCSP: connection refused)" },
        { true, VERDICT_VALID, 2, "(OCSP: the responder failed a moment ago and is left alone" },
        /* where the lists say nothing it is asked all the same */
        { false, VERDICT_INDETERMINATE, 4, "connection refused; no CRL of CA is kept" },
    };
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        AUTO(report_free) struct report *report = report_new();
        struct crl_index *of_ca = source.of_ca;
        source.of_ca = steps[i].list ? of_ca : NULL;
        assert_int_equal(trust_judge(&judge, leaf.cert, report), steps[i].verdict);
        expect_row(report, steps[i].list ? OUTCOME_PASSED : OUTCOME_UNKNOWN, steps[i].text);
        assert_int_equal(source.responder.asked, steps[i].asked);
        source.of_ca = of_ca;
    }
    clear(&source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intermediates_are_judged_where_the_whole_path_is_wanted),
        cmocka_unit_test(a_pinned_certificate_is_judged_alone),
        cmocka_unit_test(a_responder_that_may_be_revoked_is_asked_about),
        cmocka_unit_test(a_timestamp_authority_is_judged_with_the_path),
        cmocka_unit_test(an_authority_that_cannot_be_learnt_of_leaves_the_verdict_open),
        cmocka_unit_test(responders_are_tried_in_order),
        cmocka_unit_test(a_responder_that_failed_is_left_alone_while_lists_answer),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
