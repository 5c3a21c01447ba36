/* The matrix: every kind of signed document, against every trust store, at every time, in every
 * state of revocation; the verdict, and of each refusal the one check that failed. Order No. 1187
 * (req 0.11, 0.15, 0.17, 0.18, 0.20–0.22, 0.24, 0.26). */
#include "support/cmocka.h"

#include "unit/crypto/crl_maker.h"
#include "unit/crypto/responder.h"
#include "unit/wsse/fixture.h"

#include "crypto/bytes_judge.h"
#include "crypto/cms.h"
#include "crypto/crl_index.h"
#include "crypto/gost/kzgost.h"
#include "crypto/jws.h"
#include "wsse/xades.h"

enum { REFUSALS_SHOWN = 20 };
#define NO_FAULT CHECK_COUNT_ /* an enum check, as the tables want it */

#define TEXT "<order><price>100</price></order>"
#define SPOILT "<order><price>900</price></order>"
#define FROM_MS (NOW_MS - DAY_MS / 2)
#define TO_MS (NOW_MS + 30LL * DAY_MS)

/* One algorithm's PKI: whoever may sign. The signers' dates lie inside those of all others. */
struct country {
    const struct pki *pki;
    struct made signer;
    struct made visitor; /* holds a certificate for authentication */
    struct trust *root_only;
    struct trust *foreign;
    struct trust *empty;
};

/* ---- the kinds of document ---- */

struct artefact {
    struct bytes *bytes;
    struct slice content; /* beside it */
};

struct kind {
    const char *name;
    enum status (*sign)(const struct key *key, struct bytes **ret, struct err *err);
    enum verdict (*judge)(const struct judge *judge, const struct artefact *artefact,
                          struct report *report);
    const char *value_follows; /* in a text: the signature value stands behind it; NULL: it ends the
                                  document */
    bool has_content;          /* beside the document */
    enum check content_fault;  /* what notices another content; NO_FAULT: there is none */
    unsigned algorithms;       /* 0: all */
};

static enum status sign_envelope(const struct key *key, struct bytes **ret, struct err *err)
{
    static const struct slice envelope =
        SLICE("<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\">"
              "<soap:Body>" TEXT "</soap:Body></soap:Envelope>");

    return xmlsig_sign_envelope(key, envelope, &usual_limits, ret, err);
}

static enum verdict judge_envelope(const struct judge *judge, const struct artefact *artefact,
                                   struct report *report)
{
    return xmlsig_judge_envelope(judge, bytes_slice(artefact->bytes), &usual_limits, report);
}

static enum status sign_enveloped(const struct key *key, struct bytes **ret, struct err *err)
{
    return xmlsig_sign_enveloped(key, SLICE(TEXT), &usual_limits, ret, err);
}

static enum verdict judge_enveloped(const struct judge *judge, const struct artefact *artefact,
                                    struct report *report)
{
    return xmlsig_judge_enveloped(judge, bytes_slice(artefact->bytes), &usual_limits, report);
}

static enum status sign_xades(const struct key *key, struct bytes **ret, struct err *err)
{
    const struct xades_params params = { .signing_time_ms = FROM_MS - 2000 };

    return xades_seal(key, SLICE(TEXT), &params, &usual_limits, ret, err);
}

static enum verdict judge_xades(const struct judge *judge, const struct artefact *artefact,
                                struct report *report)
{
    return xades_judge(judge, bytes_slice(artefact->bytes), &usual_limits, report);
}

static enum status sign_attached(const struct key *key, struct bytes **ret, struct err *err)
{
    const struct cms_params params = { .signing_time_ms = NOW_MS };

    return cms_sign(key, SLICE(TEXT), &params, ret, err);
}

static enum status sign_detached(const struct key *key, struct bytes **ret, struct err *err)
{
    const struct cms_params params = { .detached = true, .signing_time_ms = NOW_MS };

    return cms_sign(key, SLICE(TEXT), &params, ret, err);
}

static enum verdict judge_cms(const struct judge *judge, const struct artefact *artefact,
                              struct report *report)
{
    return cms_judge(judge, bytes_slice(artefact->bytes), artefact->content, report, NULL);
}

static enum status sign_bytes(const struct key *key, struct bytes **ret, struct err *err)
{
    return bytes_sign(key, SLICE(TEXT), ret, err);
}

static enum verdict judge_bytes(const struct judge *judge, const struct artefact *artefact,
                                struct report *report)
{
    return bytes_judge(judge, bytes_slice(artefact->bytes), artefact->content, report);
}

static enum status sign_jws(const struct key *key, struct bytes **ret, struct err *err)
{
    const struct jws_settings settings = { 0 };

    return jws_sign(key, SLICE(TEXT), &settings, ret, err);
}

static enum verdict judge_jws(const struct judge *judge, const struct artefact *artefact,
                              struct report *report)
{
    const struct jws_params params = { 0 };

    return jws_judge(judge, bytes_slice(artefact->bytes), artefact->content, &params, report);
}

static const struct kind kinds[] = {
    { "SOAP envelope", sign_envelope, judge_envelope, "<ds:SignatureValue", false, CHECK_DIGEST,
      0 },
    { "enveloped XML", sign_enveloped, judge_enveloped, "<ds:SignatureValue", false, CHECK_DIGEST,
      0 },
    { "XAdES", sign_xades, judge_xades, "<ds:SignatureValue", false, CHECK_DIGEST, 0 },
    { "CMS with data", sign_attached, judge_cms, NULL, false, CHECK_DIGEST, 0 },
    { "CMS without data", sign_detached, judge_cms, NULL, true, CHECK_DIGEST, 0 },
    { "bytes array", sign_bytes, judge_bytes, "\"signature\":\"", true, CHECK_SIGNATURE, 0 },
    { "JWS", sign_jws, judge_jws, "..", true, CHECK_SIGNATURE, ALG_GOST2015_512 | ALG_GOST2004 },
};

/* ---- what may be wrong with a document ---- */

enum flaw { NONE, CONTENT, VALUE, VISITOR, OWNER, ROLE, ALGORITHM, FLAWS };

static const struct {
    const char *name;
    enum check fault;
} flaws[FLAWS] = {
    [NONE] = { "intact", NO_FAULT },
    [CONTENT] = { "content changed", NO_FAULT }, /* the kind tells */
    [VALUE] = { "signature value changed", CHECK_SIGNATURE },
    [VISITOR] = { "signed for authentication", CHECK_KEY_USAGE },
    [OWNER] = { "of another person", CHECK_OWNER },
    [ROLE] = { "of another role", CHECK_ROLE },
    [ALGORITHM] = { "of an algorithm not allowed", CHECK_ALGORITHM },
};

/* ---- the other three dimensions ---- */

static const struct {
    const char *name;
    enum check fault;
} stores[] = {
    { "the right roots", NO_FAULT },
    { "no intermediate", CHECK_PATH },
    { "another authority's roots", CHECK_PATH },
    { "no roots", CHECK_PATH },
};

static const struct {
    const char *name;
    int64_t at_ms;
    enum check fault;
} times[] = {
    { "a second before notBefore", FROM_MS - 1000, CHECK_DATES },
    { "at notBefore", FROM_MS, NO_FAULT },
    { "inside", NOW_MS, NO_FAULT },
    { "at notAfter", TO_MS, NO_FAULT },
    { "a second after notAfter", TO_MS + 1000, CHECK_DATES },
};

enum list { NO_LIST, LIST_GOOD, LIST_REVOKED, LIST_STALE };

static const struct {
    const char *name;
    enum revocation how;
    struct responder script;
    enum list list;
    enum verdict verdict; /* of revocation alone */
} states[] = {
    { "not asked", REVOCATION_OFF, { 0 }, NO_LIST, VERDICT_VALID },
    { "OCSP good", REVOCATION_OCSP, { 0 }, NO_LIST, VERDICT_VALID },
    { "OCSP revoked",
      REVOCATION_OCSP,
      { .status = V_OCSP_CERTSTATUS_REVOKED },
      NO_LIST,
      VERDICT_INVALID },
    { "OCSP unknown",
      REVOCATION_AUTO,
      { .status = V_OCSP_CERTSTATUS_UNKNOWN },
      LIST_GOOD,
      VERDICT_INDETERMINATE },
    { "OCSP away, no list",
      REVOCATION_AUTO,
      { .unreachable = true },
      NO_LIST,
      VERDICT_INDETERMINATE },
    { "OCSP forged, no list",
      REVOCATION_AUTO,
      { .flip_signature = true },
      NO_LIST,
      VERDICT_INDETERMINATE },
    { "OCSP away, list good", REVOCATION_AUTO, { .unreachable = true }, LIST_GOOD, VERDICT_VALID },
    { "OCSP away, list revoked",
      REVOCATION_AUTO,
      { .unreachable = true },
      LIST_REVOKED,
      VERDICT_INVALID },
    { "OCSP away, list stale",
      REVOCATION_AUTO,
      { .unreachable = true },
      LIST_STALE,
      VERDICT_INDETERMINATE },
};

/* ---- one cell ---- */

struct cell {
    const struct country *country;
    const struct kind *kind;
    enum flaw flaw;
    size_t store, time, state;
};

static const struct made *signer_of(const struct cell *cell)
{
    return cell->flaw == VISITOR ? &cell->country->visitor : &cell->country->signer;
}

static struct trust *store_of(const struct cell *cell)
{
    struct trust *const all[COUNT(stores)] = { cell->country->pki->trust, cell->country->root_only,
                                               cell->country->foreign, cell->country->empty };

    return all[cell->store];
}

/* The lists behind the responder: one ctx for both. */
struct source {
    struct responder responder; /* first: its functions are given the source */
    struct crl_index *index;
};

static enum status find_crl(void *ctx, const struct cert *subject, const struct cert *issuer,
                            int64_t deadline_ms, struct crl_index **ret_index, struct err *err)
{
    struct source *source = ctx;

    (void)subject;
    (void)issuer;
    (void)deadline_ms;
    if (!source->index)
        return RAISE(err, ST_NOT_FOUND, "no CRL is kept");
    *ret_index = crl_index_ref(source->index);
    return ST_OK;
}

/* As it is at the time of judgement: a day, or stale since an hour. */
static struct crl_index *list_of(const struct cell *cell)
{
    const enum list list = states[cell->state].list;
    const int64_t at_ms = times[cell->time].at_ms;
    const struct made *issuer = &cell->country->pki->ca;
    const ASN1_INTEGER *serial = X509_get0_serialNumber(signer_of(cell)->x509);
    AUTO(bytes_free) struct bytes *entries = bytes_new(256);
    struct crl_params p = { .issuer = issuer,
                            .number = 1,
                            .this_ms = at_ms - DAY_MS,
                            .next_ms = list == LIST_STALE ? at_ms - DAY_MS / 24 : at_ms + DAY_MS };
    struct crl_index *index = NULL;
    struct err err;

    if (list == NO_LIST)
        return NULL;
    if (list == LIST_REVOKED)
        add_entry(entries,
                  &(struct entry_params){ .serial = slice_mem(serial->data, (size_t)serial->length),
                                          .reason = NO_REASON });
    p.entries = bytes_slice(entries);
    AUTO(bytes_free) struct bytes *der = make_crl(&p);
    struct crl *base = parsed(der, issuer);
    assert_ok(crl_index_new(&(struct crl_index_parts){ .base = base }, &index, &err), &err);
    crl_free(base);
    return index;
}

static void spoil_content(const struct kind *kind, struct artefact *artefact)
{
    if (kind->has_content) {
        artefact->content = SLICE(SPOILT);
        return;
    }
    static const char mark[] = "<price>"; /* what no base64 and no id can hold */
    char *place = memmem(artefact->bytes->at, artefact->bytes->len, mark, sizeof(mark) - 1);

    assert_non_null(place);
    place[sizeof(mark) - 1] = '9';
}

static void spoil_value(const struct kind *kind, struct artefact *artefact)
{
    const char *mark = kind->value_follows;
    char *place = artefact->bytes->at + artefact->bytes->len - 1;

    if (!mark) {
        *place ^= 1;
        return;
    }
    place = memmem(artefact->bytes->at, artefact->bytes->len, mark, strlen(mark));
    assert_non_null(place);
    place += strlen(mark);
    if (mark[0] == '<')
        place = strchr(place, '>');
    place += 8;
    *place = *place == 'A' ? 'B' : 'A';
}

static struct artefact make_artefact(const struct cell *cell)
{
    struct artefact artefact = { .content = cell->kind->has_content ? SLICE(TEXT)
                                                                    : (struct slice){ NULL, 0 } };
    struct err err;

    assert_ok(cell->kind->sign(signer_of(cell)->key, &artefact.bytes, &err), &err);
    if (cell->flaw == CONTENT)
        spoil_content(cell->kind, &artefact);
    if (cell->flaw == VALUE)
        spoil_value(cell->kind, &artefact);
    return artefact;
}

/* ---- what is expected ---- */

struct expectation {
    enum verdict verdict;
    enum check culprit;
    unsigned failed; /* bits of enum check: no other may fail */
};

static void expect_fault(struct expectation *expectation, enum check fault)
{
    if (fault == NO_FAULT)
        return;
    expectation->verdict = VERDICT_INVALID;
    expectation->failed |= 1u << fault;
    if (fault < expectation->culprit)
        expectation->culprit = fault;
}

static struct expectation expectation_of(const struct cell *cell)
{
    struct expectation e = { VERDICT_VALID, NO_FAULT, 0 };
    const enum verdict revocation = states[cell->state].verdict;

    expect_fault(&e, cell->flaw == CONTENT ? cell->kind->content_fault : flaws[cell->flaw].fault);
    expect_fault(&e, stores[cell->store].fault);
    expect_fault(&e, times[cell->time].fault);
    expect_fault(&e, revocation == VERDICT_INVALID ? CHECK_REVOCATION : NO_FAULT);
    if (e.verdict == VERDICT_VALID && revocation == VERDICT_INDETERMINATE)
        e = (struct expectation){ VERDICT_INDETERMINATE, CHECK_REVOCATION, 0 };
    return e;
}

static bool is_as_expected(const struct report *report, enum verdict said,
                           const struct expectation *e)
{
    if (said != e->verdict || report_verdict(report) != said ||
        report_culprit(report) != e->culprit)
        return false;
    for (size_t i = 0; i < report_row_count(report); i++) {
        const struct report_row row = report_row(report, i);
        if (row.outcome == OUTCOME_FAILED && !(e->failed & 1u << row.check))
            return false;
        if (row.outcome == OUTCOME_UNKNOWN && row.check != CHECK_REVOCATION)
            return false;
    }
    return true;
}

static struct judge judge_of(const struct cell *cell, const struct trust_io *io,
                             const struct cert *const *signer)
{
    struct judge judge = pki_judge(cell->country->pki);
    const enum algorithm algorithm = key_algorithm(signer_of(cell)->key);

    judge.trust = store_of(cell);
    judge.now_ms = times[cell->time].at_ms;
    judge.io = io;
    judge.revocation = states[cell->state].how;
    judge.expect_iin = cell->flaw == OWNER ? "987654321098" : "123456789011";
    judge.expect_roles = cell->flaw == ROLE ? ROLE_HR : ROLE_INDIVIDUAL;
    judge.algorithms = cell->flaw == ALGORITHM ? ALG_DEFAULT & ~(unsigned)algorithm : ALG_DEFAULT;
    judge.extra = signer; /* a JWS does not carry its certificate */
    judge.extra_count = 1;
    return judge;
}

/* false: another verdict than expected, and it is said. */
static bool judge_cell(const struct cell *cell, const struct artefact *artefact)
{
    struct source source = { .responder = states[cell->state].script, .index = list_of(cell) };
    struct trust_io io = responder_io(&source.responder);
    const struct cert *signer = signer_of(cell)->cert;
    const struct expectation e = expectation_of(cell);
    AUTO(report_free) struct report *report = report_new();

    source.responder.pki = cell->country->pki;
    source.responder.this_update_ms = times[cell->time].at_ms;
    io.ctx = &source;
    io.find_crl = find_crl;
    const struct judge judge = judge_of(cell, &io, &signer);
    const enum verdict said = cell->kind->judge(&judge, artefact, report);
    const bool right = is_as_expected(report, said, &e);
    if (!right) {
        print_message("%s, %s, %s, %s, %s: wanted %s because of %s, got %s because of %s\n",
                      cell->kind->name, flaws[cell->flaw].name, stores[cell->store].name,
                      times[cell->time].name, states[cell->state].name, verdict_name(e.verdict),
                      e.culprit < NO_FAULT ? check_name(e.culprit) : "nothing", verdict_name(said),
                      report_reason(report));
        print_report(report);
    }
    responder_clear(&source.responder);
    crl_index_free(source.index);
    return right;
}

/* ---- the walk ---- */

/* More than two things wrong at once say nothing that two do not. */
static bool is_worth_it(const struct cell *cell)
{
    return (cell->flaw != NONE) + (stores[cell->store].fault != NO_FAULT) +
               (times[cell->time].fault != NO_FAULT) +
               (states[cell->state].verdict != VERDICT_VALID) <=
           2;
}

/* false: the verdict was wrong; counts what was judged. */
static bool walk_cell(const struct cell *cell, const struct artefact *artefact, size_t *judged)
{
    if (!is_worth_it(cell))
        return true;
    (*judged)++;
    return judge_cell(cell, artefact);
}

/* Every cell of a document: the three other dimensions. Returns how many were wrong. */
static size_t judge_artefact(struct cell *cell, size_t *judged)
{
    struct artefact artefact = make_artefact(cell);
    size_t wrong = 0;

    for (cell->store = 0; cell->store < COUNT(stores); cell->store++)
        for (cell->time = 0; cell->time < COUNT(times); cell->time++)
            for (cell->state = 0; cell->state < COUNT(states) && wrong < REFUSALS_SHOWN;
                 cell->state++)
                wrong += walk_cell(cell, &artefact, judged) ? 0 : 1;
    bytes_free(artefact.bytes);
    return wrong;
}

static struct made new_signer(const struct pki *pki, const char *type, const char *usage)
{
    return made_new(&(struct made_params){ .cn = "ТЕСТОВ ТЕСТ",
                                           .iin = "123456789011",
                                           .key_type = type,
                                           .usage = usage,
                                           .eku = "1.2.398.3.3.4.1.1",
                                           .ocsp_url = "http://ocsp.test/",
                                           .from_ms = FROM_MS,
                                           .to_ms = TO_MS },
                    &pki->ca);
}

static void country_open(enum keys keys, const char *type, struct country *ret)
{
    struct err err;

    ret->pki = pki_of(keys);
    ret->signer = new_signer(ret->pki, type, "critical,digitalSignature,nonRepudiation");
    ret->visitor = new_signer(ret->pki, type, "critical,digitalSignature,keyEncipherment");
    assert_ok(trust_new(&ret->empty, &err), &err);
    assert_ok(trust_new(&ret->root_only, &err), &err);
    assert_ok(trust_add(ret->root_only, ret->pki->root.cert, &err), &err);
    ret->foreign = trust_ref(pki_of((keys + 1) % KEYS_COUNT)->trust);
}

static void country_close(struct country *country)
{
    made_free(&country->signer);
    made_free(&country->visitor);
    trust_free(country->empty);
    trust_free(country->root_only);
    trust_free(country->foreign);
}

static void judge_country(enum keys keys, const char *type)
{
    struct country country;
    struct cell cell = { .country = &country };
    size_t judged = 0;
    size_t wrong = 0;

    country_open(keys, type, &country);
    const unsigned algorithm = key_algorithm(country.signer.key);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        cell.kind = &kinds[i];
        if (cell.kind->algorithms && !(cell.kind->algorithms & algorithm))
            continue;
        for (cell.flaw = NONE; cell.flaw < FLAWS; cell.flaw++)
            wrong += judge_artefact(&cell, &judged);
    }
    print_message("%zu cells of %s\n", judged, algorithm_name(algorithm));
    country_close(&country);
    assert_int_equal(wrong, 0);
    assert_true(judged > 2500);
}

static void every_refusal_names_the_one_check_that_failed_rsa(void **state)
{
    (void)state;
    judge_country(KEYS_RSA, "RSA");
}

static void every_refusal_names_the_one_check_that_failed_gost2015(void **state)
{
    (void)state;
    judge_country(KEYS_GOST2015, KZGOST_KEY_2015_512);
}

static void every_refusal_names_the_one_check_that_failed_gost2004(void **state)
{
    (void)state;
    judge_country(KEYS_GOST2004, KZGOST_KEY_2004);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_refusal_names_the_one_check_that_failed_rsa),
        cmocka_unit_test(every_refusal_names_the_one_check_that_failed_gost2015),
        cmocka_unit_test(every_refusal_names_the_one_check_that_failed_gost2004),
    };
    return cmocka_run_group_tests(tests, setup_wsse, teardown_wsse);
}
