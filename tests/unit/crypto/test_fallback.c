/* OCSP first, lists where it says nothing, and no verdict where neither does (req 0.24). */
#include "unit/crypto/crl_maker.h"
#include "unit/crypto/responder.h"

#include "crypto/crl_index.h"

#define HOUR_MS INT64_C(3600000)

enum { ABSENT = -2 };

static struct pki *pki;
static struct made leaf; /* serial 0x1234 */

static int setup(void **state)
{
    setup_crypto(state);
    pki = pki_new(NULL);
    leaf = made_new(&(struct made_params){ .cn = "LEAF",
                                           .serial = "4660",
                                           .usage = "digitalSignature,nonRepudiation",
                                           .ocsp_url = "http://ocsp.test/" },
                    &pki->ca);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pki_free(pki);
    made_free(&leaf);
    return 0;
}

/* The responder's script and the lists behind one ctx. */
struct source {
    struct responder responder; /* first: its functions are given the source */
    struct crl_index *index;    /* NULL: none are kept */
    size_t looked;
};

static enum status find_crl(void *ctx, const struct cert *subject, const struct cert *issuer,
                            int64_t deadline_ms, struct crl_index **ret_index, struct err *err)
{
    struct source *source = ctx;

    assert_true(deadline_ms > 0);
    assert_memory_equal(cert_signer(subject)->sha256, cert_signer(leaf.cert)->sha256, 32);
    assert_memory_equal(cert_signer(issuer)->sha256, cert_signer(pki->ca.cert)->sha256, 32);
    source->looked++;
    if (!source->index)
        return RAISE(err, ST_NOT_FOUND, "no CRL is kept");
    *ret_index = crl_index_ref(source->index);
    return ST_OK;
}

static struct crl *list_of(struct crl_params p, int reason)
{
    struct bytes *entries = bytes_new(1024);

    p.issuer = &pki->ca;
    if (reason != ABSENT)
        add_entry(entries, &(struct entry_params){ .serial = SLICE("\x12\x34"), .reason = reason });
    p.entries = bytes_slice(entries);
    AUTO(bytes_free) struct bytes *der = make_crl(&p);
    bytes_free(entries);
    return parsed(der, p.issuer);
}

static struct crl_index *index_of(struct crl *base, struct crl *delta)
{
    const struct crl_index_parts parts = { base, delta, NULL };
    struct crl_index *index = NULL;
    struct err err;

    assert_ok(crl_index_new(&parts, &index, &err), &err);
    crl_free(base);
    crl_free(delta);
    return index;
}

static void expect(struct source *source, const struct judge *given, enum verdict verdict,
                   const char *text)
{
    struct trust_io io = responder_io(&source->responder);
    struct judge judge = *given;

    io.ctx = source;
    io.find_crl = find_crl;
    source->responder.pki = pki;
    judge.io = &io;
    expect_by_revocation(&judge, leaf.cert, verdict, text);
    responder_clear(&source->responder);
}

static const struct {
    enum revocation how;
    struct responder script;
    int reason; /* of the base; ABSENT: not in it */
    enum verdict verdict;
    size_t asked, looked;
    const char *text;
} fallbacks[] = {
    { REVOCATION_AUTO, { 0 }, REASON_KEY_COMPROMISE, VERDICT_VALID, 1, 0, "good by OCSP" },
    { REVOCATION_AUTO,
      { .status = V_OCSP_CERTSTATUS_REVOKED, .reason = 6 },
      ABSENT,
      VERDICT_INVALID,
      1,
      0,
      "certificateHold" },
    /* its word stands: it was asked and does not know */
    { REVOCATION_AUTO,
      { .status = V_OCSP_CERTSTATUS_UNKNOWN },
      ABSENT,
      VERDICT_INDETERMINATE,
      1,
      0,
      "does not know" },
    { REVOCATION_AUTO,
      { .unreachable = true },
      ABSENT,
      VERDICT_VALID,
      2,
      1,
      "good by CRL no. 14 as of 2026-11-22T13:00:00+05:00, signed by CA "
      "(ГОСТ 34.10-2015-512) (OCSP: connection refused)" },
    { REVOCATION_AUTO, { .garbage = true }, ABSENT, VERDICT_VALID, 1, 1, "not an OCSP answer" },
    { REVOCATION_AUTO, { .try_later = true }, ABSENT, VERDICT_VALID, 2, 1, "trylater" },
    { REVOCATION_AUTO, { .wrong_nonce = true }, ABSENT, VERDICT_VALID, 1, 1, "nonce" },
    { REVOCATION_AUTO, { .flip_signature = true }, ABSENT, VERDICT_VALID, 1, 1, "by CRL" },
    { REVOCATION_AUTO,
      { .unreachable = true },
      REASON_KEY_COMPROMISE,
      VERDICT_INVALID,
      2,
      1,
      "reason keyCompromise, by CRL no. 14" },
    { REVOCATION_CRL, { 0 }, ABSENT, VERDICT_VALID, 0, 1, "good by CRL no. 14 as of" },
    { REVOCATION_CRL, { 0 }, REASON_UNSPECIFIED, VERDICT_INVALID, 0, 1, "by CRL no. 14" },
    { REVOCATION_OCSP,
      { .unreachable = true },
      ABSENT,
      VERDICT_INDETERMINATE,
      2,
      0,
      "cannot be learnt of the signer's certificate: connection refused" },
};

static void lists_answer_where_ocsp_does_not(void **state) /* req 0.24 */
{
    (void)state;
    for (size_t i = 0; i < sizeof(fallbacks) / sizeof(fallbacks[0]); i++) {
        struct crl *base = list_of((struct crl_params){ .number = 14, .this_ms = NOW_MS - HOUR_MS },
                                   fallbacks[i].reason);
        struct source source = { .responder = fallbacks[i].script, .index = index_of(base, NULL) };
        struct judge judge = pki_judge(pki);

        judge.revocation = fallbacks[i].how;
        expect(&source, &judge, fallbacks[i].verdict, fallbacks[i].text);
        assert_int_equal(source.responder.asked, fallbacks[i].asked);
        assert_int_equal(source.looked, fallbacks[i].looked);
        crl_index_free(source.index);
    }
}

static void neither_source_is_neither_good_nor_revoked(void **state) /* req 0.24 */
{
    static const struct {
        int64_t this_ms, next_ms;
        int reason;
        const char *text;
    } rows[] = {
        { 0, 0, ABSENT, "; no CRL is kept" }, /* no list at all */
        { -48, -24, ABSENT, "CRL no. 14 has been stale since" },
        { -48, -24, REASON_KEY_COMPROMISE, "CRL no. 14 has been stale since" },
        { 24, 48, ABSENT, "is not valid before" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct source source = { .responder = { .unreachable = true } };
        struct judge judge = pki_judge(pki);

        if (rows[i].this_ms)
            source.index = index_of(
                list_of((struct crl_params){ .number = 14,
                                             .this_ms = NOW_MS + rows[i].this_ms * HOUR_MS,
                                             .next_ms = NOW_MS + rows[i].next_ms * HOUR_MS },
                        rows[i].reason),
                NULL);
        judge.revocation = REVOCATION_AUTO;
        expect(&source, &judge, VERDICT_INDETERMINATE, rows[i].text);
        crl_index_free(source.index);
    }
}

static void a_judge_without_lists_says_so(void **state)
{
    struct trust_io none = { 0 };
    struct judge judge = pki_judge(pki);
    AUTO(report_free) struct report *report = report_new();

    (void)state;
    judge.io = &none;
    judge.revocation = REVOCATION_CRL;
    assert_int_equal(trust_judge(&judge, leaf.cert, report), VERDICT_INDETERMINATE);
    assert_string_equal(
        report_reason(report),
        "revocation: cannot be learnt of the signer's certificate: no CRLs are kept "
        "here");
}

static void the_lists_relied_upon_are_evidence(void **state)
{
    struct source source = {
        .index = index_of(
            list_of((struct crl_params){ .number = 14 }, REASON_CERTIFICATE_HOLD),
            list_of((struct crl_params){ .number = 3, .base_number = 14 }, REASON_REMOVE_FROM_CRL)),
    };
    struct judge judge = pki_judge(pki);
    AUTO(evidence_free) struct evidence *evidence = evidence_new();
    size_t found = 0;
    struct err err;

    (void)state;
    judge.revocation = REVOCATION_CRL;
    judge.evidence = evidence;
    expect(&source, &judge, VERDICT_VALID, "good by CRL no. 14 with delta no. 3 as of");
    assert_ok(evidence_check(evidence, &err), &err);
    for (size_t i = 0; i < evidence_count(evidence); i++) {
        if (evidence_kind(evidence, i) != EVIDENCE_CRL)
            continue;
        AUTO_FREE char *text =
            strndup(evidence_data(evidence, i).at, evidence_data(evidence, i).len);
        found++;
        assert_non_null(strstr(text, "issuer: "));
        assert_non_null(strstr(text, "\nCRLNumber: 14\nsha256: "));
        assert_non_null(strstr(text, "\ndelta CRLNumber: 3\ndelta sha256: "));
        assert_non_null(strstr(text, "\nserial: 1234\nentry: none in force\n"));
    }
    assert_int_equal(found, 1);
    crl_index_free(source.index);
}

static void given_answers_are_judged_without_asking(void **state)
{
    struct responder good = { .pki = pki, .this_update_ms = NOW_MS - HOUR_MS / 2 };
    struct responder bad = { .pki = pki,
                             .status = V_OCSP_CERTSTATUS_REVOKED,
                             .reason = 1,
                             .this_update_ms = NOW_MS - HOUR_MS / 4 };
    AUTO(bytes_free) struct bytes *older = responder_answer(&good, leaf.cert, pki->ca.cert);
    AUTO(bytes_free) struct bytes *newer = responder_answer(&bad, leaf.cert, pki->ca.cert);
    AUTO(bytes_free) struct bytes *other = responder_answer(&good, pki->leaf.cert, pki->ca.cert);
    const struct slice answers[] = { bytes_slice(other), bytes_slice(older), bytes_slice(newer),
                                     bytes_slice(other) };
    const struct {
        size_t first, count;
        enum verdict verdict;
        const char *text;
    } rows[] = {
        { 0, 1, VERDICT_INDETERMINATE, "about another certificate" },
        { 0, 2, VERDICT_VALID, "good by OCSP" },
        { 0, 4, VERDICT_INVALID, "keyCompromise" }, /* the newest one counts */
        { 3, 1, VERDICT_INDETERMINATE, "about another certificate" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct source source = { 0 };
        struct judge judge = pki_judge(pki);

        judge.revocation = REVOCATION_AUTO;
        judge.ocsp = answers + rows[i].first;
        judge.ocsp_count = rows[i].count;
        expect(&source, &judge, rows[i].verdict, rows[i].text);
        assert_int_equal(source.responder.asked, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_answer_where_ocsp_does_not),
        cmocka_unit_test(neither_source_is_neither_good_nor_revoked),
        cmocka_unit_test(a_judge_without_lists_says_so),
        cmocka_unit_test(the_lists_relied_upon_are_evidence),
        cmocka_unit_test(given_answers_are_judged_without_asking),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
