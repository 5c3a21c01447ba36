/* Memory that runs out while documents are judged and made: a refusal each time that says so, never
 * a wrong yes, never «revoked» from nothing, nothing leaked, nothing left behind. */
#include "support/torture.h"
#include "unit/crypto/responder.h"

#include "crypto/bytes_judge.h"
#include "crypto/cms.h"
#include "crypto/gost/kzgost.h"
#include "crypto/jws.h"
#include "crypto/ocsp.h"
#include "crypto/ossl.h"
#include "crypto/tsp.h"

#define DATA "the content"

static struct pki *pki;    /* RSA: the fastest */
static struct pki *gost;   /* for JWS and the provider's own memory */
static struct bytes *good; /* OCSP answers about pki's leaf */
static struct bytes *revoked;

/* ---- judgements ---- */

enum format { CMS, TSP, JWS, BARE, CERT, CERT_IN_NEW_TRUST };

struct judged {
    enum format format;
    const struct judge *how;
    struct slice document;
    enum verdict want;
    /* what came out */
    struct report *report;
    enum verdict verdict;
};

/* Nothing is remembered of its paths. false: out of memory. */
static bool judge_in_new_trust(struct judged *it)
{
    AUTO(trust_free) struct trust *trust = NULL;
    struct judge how = *it->how;
    struct err err;

    if (trust_new(&trust, &err) != ST_OK || trust_add(trust, pki->root.cert, &err) != ST_OK ||
        trust_add(trust, pki->ca.cert, &err) != ST_OK)
        return false;
    how.trust = trust;
    it->verdict = trust_judge(&how, pki->leaf.cert, it->report);
    return true;
}

static void judge(void *ctx)
{
    struct judged *it = ctx;
    const struct slice none = { NULL, 0 };
    const struct slice data = SLICE(DATA);
    const struct jws_params detached = { .input = JWS_INPUT_BODY };

    it->report = report_new();
    it->verdict = VERDICT_INDETERMINATE;
    if (!it->report)
        return;
    switch (it->format) {
    case CMS:
        it->verdict = cms_judge(it->how, it->document, none, it->report, NULL);
        break;
    case TSP:
        it->verdict = tsp_judge_document(it->how, it->document, data, it->report);
        break;
    case JWS:
        it->verdict = jws_judge(it->how, it->document, data, &detached, it->report);
        break;
    case BARE:
        it->verdict = bytes_judge(it->how, it->document, data, it->report);
        break;
    case CERT:
        it->verdict = trust_judge(it->how, pki->leaf.cert, it->report);
        break;
    case CERT_IN_NEW_TRUST:
        (void)judge_in_new_trust(it);
        break;
    }
}

static void check_judged(void *ctx, bool starved)
{
    struct judged *it = ctx;
    const char *reason = it->report ? report_reason(it->report) : "";

    if (!starved && it->verdict != it->want)
        fail_msg("%s: %s", verdict_name(it->verdict), reason);
    if (starved && it->verdict == VERDICT_VALID)
        assert_int_equal(it->want, VERDICT_VALID);
    for (size_t i = 0; it->report && i < report_row_count(it->report); i++) {
        struct report_row row = report_row(it->report, i);
        if (it->want == VERDICT_VALID && row.check == CHECK_REVOCATION)
            assert_null(strstr(row.detail, "revoked"));
    }
    report_free(it->report);
}

static void torture_each(const char *const *names, const struct judged *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct judged judged = rows[i];
        assert_true(torture(&(struct torture){ names[i], judge, check_judged, &judged, false }) >
                    5);
    }
}

/* Good ones, over DATA. */
struct documents {
    struct bytes *cms, *forged, *token, *jws, *bare;
};

static struct documents documents_make(void)
{
    struct documents made = { 0 };
    struct responder script = { .pki = pki };
    const struct trust_io io = responder_io(&script);
    const struct cms_params params = { .signing_time_ms = NOW_MS,
                                       .io = &io,
                                       .tsp_url = "http://tsp.test/",
                                       .deadline_ms = clock_monotonic_ms() + DAY_MS };
    const struct tsp_source source = { &io, "http://tsp.test/", params.deadline_ms };
    const struct jws_settings settings = { .input = JWS_INPUT_BODY };
    struct err err;

    assert_ok(cms_sign(pki->leaf.key, SLICE(DATA), &params, &made.cms, &err), &err);
    made.forged = bytes_dup(bytes_slice(made.cms));
    ((char *)memmem(made.forged->at, made.forged->len, DATA, strlen(DATA)))[0] = 'T';
    assert_ok(tsp_fetch(&source, SLICE(DATA), ALG_RSA_SHA256, &made.token, &err), &err);
    assert_ok(jws_sign(gost->leaf.key, SLICE(DATA), &settings, &made.jws, &err), &err);
    assert_ok(bytes_sign(gost->leaf.key, SLICE(DATA), &made.bare, &err), &err);
    return made;
}

static void documents_free(struct documents *made)
{
    bytes_free(made->cms);
    bytes_free(made->forged);
    bytes_free(made->token);
    bytes_free(made->jws);
    bytes_free(made->bare);
}

/* With the answer of a responder beside the document. */
static struct judge judge_with(const struct slice *answer)
{
    struct judge how = pki_judge(pki);

    how.revocation = REVOCATION_OCSP;
    how.ocsp = answer;
    how.ocsp_count = 1;
    return how;
}

static void a_judged_document_may_run_out_of_memory_anywhere(void **state)
{
    static const char *const names[] = { "CMS",         "CMS of a revoked signer",
                                         "CMS changed", "timestamp",
                                         "JWS",         "bytes" };
    const struct slice answers[] = { bytes_slice(good), bytes_slice(revoked) };
    const struct cert *const known[] = { gost->leaf.cert };
    const struct judge asking = judge_with(&answers[0]);
    const struct judge denied = judge_with(&answers[1]);
    const struct judge plain = pki_judge(pki);
    struct judge stamp = plain;
    struct judge by_gost = pki_judge(gost);
    struct documents made = documents_make();

    (void)state;
    stamp.purpose = PURPOSE_ANY;
    by_gost.extra = known;
    by_gost.extra_count = 1;
    const struct judged rows[] = {
        { CMS, &asking, bytes_slice(made.cms), VERDICT_VALID, NULL, 0 },
        { CMS, &denied, bytes_slice(made.cms), VERDICT_INVALID, NULL, 0 },
        { CMS, &plain, bytes_slice(made.forged), VERDICT_INVALID, NULL, 0 },
        { TSP, &stamp, bytes_slice(made.token), VERDICT_VALID, NULL, 0 },
        { JWS, &by_gost, bytes_slice(made.jws), VERDICT_VALID, NULL, 0 },
        { BARE, &by_gost, bytes_slice(made.bare), VERDICT_VALID, NULL, 0 },
    };
    torture_each(names, rows, sizeof(rows) / sizeof(rows[0]));
    documents_free(&made);
}

static void a_judged_signer_may_run_out_of_memory_anywhere(void **state)
{
    static const char *const names[] = { "signer",        "signer in a new trust", "stranger",
                                         "somebody else", "of another role",       "of another use",
                                         "revoked signer" };
    const struct slice none = SLICE("");
    const struct slice answers[] = { bytes_slice(good), bytes_slice(revoked) };
    const struct judge asking = judge_with(&answers[0]);
    const struct judge denied = judge_with(&answers[1]);
    const struct judge plain = pki_judge(pki);
    struct judge other_iin = plain;
    struct judge other_role = plain;
    struct judge transport = plain;

    (void)state;
    other_iin.expect_iin = "000000000000";
    other_role.expect_roles = ROLE_HR;
    transport.purpose = PURPOSE_AUTH; /* whose KeyUsage the signer has not */
    const struct judged rows[] = {
        { CERT, &asking, none, VERDICT_VALID, NULL, 0 },
        { CERT_IN_NEW_TRUST, &plain, none, VERDICT_VALID, NULL, 0 },
        { CERT_IN_NEW_TRUST, &other_iin, none, VERDICT_INVALID, NULL, 0 },
        { CERT, &other_iin, none, VERDICT_INVALID, NULL, 0 },
        { CERT, &other_role, none, VERDICT_INVALID, NULL, 0 },
        { CERT, &transport, none, VERDICT_INVALID, NULL, 0 },
        { CERT, &denied, none, VERDICT_INVALID, NULL, 0 },
    };
    torture_each(names, rows, sizeof(rows) / sizeof(rows[0]));
}

/* ---- OCSP answers ---- */

struct asked {
    struct slice answer;
    enum ocsp_state want;
    struct ocsp_answer got;
};

static void ask(void *ctx)
{
    struct asked *it = ctx;
    const struct ocsp_query query = { .subject = pki->leaf.cert,
                                      .issuer = pki->ca.cert,
                                      .now_ms = NOW_MS };

    it->got = (struct ocsp_answer){ .state = OCSP_UNUSABLE };
    ocsp_judge_response(&query, it->answer, &it->got);
}

static void check_asked(void *ctx, bool starved)
{
    const struct asked *it = ctx;

    assert_true(it->got.state == it->want || (starved && it->got.state == OCSP_UNUSABLE));
    assert_true(it->got.text[0] != '\0');
}

static void an_answer_is_never_guessed(void **state)
{
    struct asked rows[] = { { bytes_slice(good), OCSP_GOOD, { 0 } },
                            { bytes_slice(revoked), OCSP_REVOKED, { 0 } } };

    (void)state;
    for (size_t i = 0; i < 2; i++)
        assert_true(torture(&(struct torture){ "OCSP answer", ask, check_asked, &rows[i], false }) >
                    20);
}

/* ---- what gives a status ---- */

struct made_thing {
    enum status (*make)(struct made_thing *it, struct err *err);
    void *at; /* what was made: there with ST_OK, and only then */
    void (*free)(void *at);
    void (*prove)(struct slice made); /* NULL: nothing to prove */
    unsigned also; /* statuses beside ST_NOMEM: where OpenSSL takes its own error off its queue */
    struct slice in;
    enum status status;
    struct err err;
};

static void make(void *ctx)
{
    struct made_thing *it = ctx;

    it->at = NULL;
    it->err = (struct err){ 0 };
    it->status = it->make(it, &it->err);
}

static void check_made(void *ctx, bool starved)
{
    struct made_thing *it = ctx;

    if (!starved && it->status != ST_OK)
        fail_msg("%s: %s", status_name(it->status), it->err.text);
    assert_true((it->status == ST_OK) == (it->at != NULL));
    if (it->status != ST_OK) {
        assert_int_equal(it->err.status, it->status);
        if (it->status != ST_NOMEM && !(it->also & 1U << it->status))
            fail_msg("%s: %s", status_name(it->status), it->err.text);
    }
    if (it->at && it->prove)
        it->prove(bytes_slice(it->at));
    if (it->at)
        it->free(it->at);
}

/* What is handed out is signed rightly, whatever failed before. */
static void prove_cms(struct slice made)
{
    const struct judge how = pki_judge(pki);
    AUTO(report_free) struct report *report = report_new();

    if (cms_judge(&how, made, (struct slice){ NULL, 0 }, report, NULL) != VERDICT_VALID)
        fail_msg("%s", report_reason(report));
}

static void prove_bytes(struct slice made)
{
    const struct judge how = pki_judge(pki);
    AUTO(report_free) struct report *report = report_new();

    if (bytes_judge(&how, made, SLICE(DATA), report) != VERDICT_VALID)
        fail_msg("%s", report_reason(report));
}

#define FREE(type, fn)                                                                             \
    static void fn##_any(void *at)                                                                 \
    {                                                                                              \
        fn((type *)at);                                                                            \
    }
FREE(struct bytes, bytes_free)
FREE(struct key, key_free)
FREE(struct trust, trust_free)
FREE(struct cert, cert_free)

static enum status played_fetch(void *ctx, const struct fetch *fetch, struct bytes **ret,
                                struct err *err)
{
    struct responder *script = ctx;
    const struct trust_io io = responder_io(script);

    torture_pause(); /* the other side has memory */
    enum status status = io.fetch(io.ctx, fetch, ret, err);
    torture_resume();
    return status;
}

static enum status sign_cms(struct made_thing *it, struct err *err)
{
    struct responder script = { .pki = pki };
    const struct trust_io io = { .ctx = &script, .fetch = played_fetch };
    const struct cms_params params = { .signing_time_ms = NOW_MS,
                                       .io = &io,
                                       .tsp_url = "http://tsp.test/",
                                       .deadline_ms = clock_monotonic_ms() + DAY_MS };

    return cms_sign(pki->leaf.key, SLICE(DATA), &params, (struct bytes **)&it->at, err);
}

static enum status sign_jws(struct made_thing *it, struct err *err)
{
    const struct jws_settings settings = {
        .input = JWS_INPUT_RFC7515, .order = JWS_ORDER_BE_SR, .attached = true, .iss = "CN=a"
    };

    return jws_sign(gost->leaf.key, SLICE(DATA), &settings, (struct bytes **)&it->at, err);
}

static enum status sign_bytes(struct made_thing *it, struct err *err)
{
    return bytes_sign(pki->leaf.key, SLICE(DATA), (struct bytes **)&it->at, err);
}

static enum status open_key(struct made_thing *it, struct err *err)
{
    return key_open_p12(it->in, SLICE("pass"), (struct key **)&it->at, err);
}

static enum status parse_cert(struct made_thing *it, struct err *err)
{
    return cert_parse(it->in, (struct cert **)&it->at, err);
}

static enum status build_trust(struct made_thing *it, struct err *err)
{
    AUTO(trust_free) struct trust *trust = NULL;
    AUTO(cert_free) struct cert *root = NULL;

    TRY(trust_new(&trust, err));
    TRY(cert_parse(cert_der(pki->root.cert), &root, err));
    TRY(trust_add(trust, root, err));
    TRY(trust_add(trust, pki->ca.cert, err));
    it->at = TAKE(trust);
    return ST_OK;
}

static enum status ask_responder(struct made_thing *it, struct err *err)
{
    const struct ocsp_query query = { .subject = pki->leaf.cert,
                                      .issuer = pki->ca.cert,
                                      .nonce = SLICE("0123456789abcdef"),
                                      .now_ms = NOW_MS };

    return ocsp_request(&query, (struct bytes **)&it->at, err);
}

static enum status stamp(struct made_thing *it, struct err *err)
{
    const struct tsa_params usual = { "1.2.398.3.3.2.6.4", NOW_MS, 77 };
    AUTO(bytes_free) struct bytes *request = NULL;
    AUTO(bytes_free) struct bytes *response = NULL;

    TRY(tsp_request(SLICE(DATA), ALG_RSA_SHA256, &request, err));
    torture_pause();
    enum status status = tsa_answer(pki->tsa.key, bytes_slice(request), &usual, &response, err);
    torture_resume();
    TRY(status);
    return tsp_response_token(bytes_slice(response), bytes_slice(request), (struct bytes **)&it->at,
                              err);
}

/* In НУЦ РК's form of old. The caller's. */
static struct bytes *p12_of(const struct made *made)
{
    PKCS12 *p12 = PKCS12_create("pass", "key", made->pkey, made->x509, NULL,
                                NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
                                NID_pbe_WithSHA1And40BitRC2_CBC, 2, 2, 0);
    unsigned char *der = NULL;
    int len = i2d_PKCS12(p12, &der);

    assert_true(len > 0);
    struct bytes *bytes = bytes_dup(slice_mem(der, (size_t)len));
    OPENSSL_free(der);
    PKCS12_free(p12);
    return bytes;
}

static void making_may_run_out_of_memory_anywhere(void **state)
{
    AUTO(bytes_free) struct bytes *rsa_p12 = p12_of(&pki->leaf);
    AUTO(bytes_free) struct bytes *gost_p12 = p12_of(&gost->leaf);
    enum {
        REFUSED = 1U << ST_INTERNAL,
        UNREAD = 1U << ST_FORMAT,
        UNOPENED = 1U << ST_INPUT | 1U << ST_FORGED | UNREAD,
        UNANSWERED = 1U << ST_UPSTREAM
    };
    const struct slice rsa_file = bytes_slice(rsa_p12);
    const struct slice gost_file = bytes_slice(gost_p12);
    const struct slice cert = cert_der(gost->leaf.cert);
    const struct {
        const char *name;
        struct made_thing thing;
    } rows[] = {
        { "CMS with timestamp",
          { .make = sign_cms,
            .free = bytes_free_any,
            .prove = prove_cms,
            .also = REFUSED | UNANSWERED } },
        { "JWS to be", { .make = sign_jws, .free = bytes_free_any, .also = REFUSED } },
        { "bytes to be",
          { .make = sign_bytes, .free = bytes_free_any, .prove = prove_bytes, .also = REFUSED } },
        { "RSA PKCS#12",
          { .make = open_key, .free = key_free_any, .also = UNOPENED, .in = rsa_file } },
        { "GOST PKCS#12",
          { .make = open_key, .free = key_free_any, .also = UNOPENED, .in = gost_file } },
        { "certificate",
          { .make = parse_cert, .free = cert_free_any, .also = UNREAD, .in = cert } },
        { "trust", { .make = build_trust, .free = trust_free_any, .also = UNREAD } },
        { "OCSP request", { .make = ask_responder, .free = bytes_free_any } },
        { "timestamp to be", { .make = stamp, .free = bytes_free_any, .also = UNANSWERED } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct made_thing thing = rows[i].thing;
        assert_true(torture(&(struct torture){ rows[i].name, make, check_made, &thing, false }) >
                    10);
    }
}

static int setup(void **state)
{
    setup_crypto(state);
    pki = pki_new("RSA");
    gost = pki_new(KZGOST_KEY_2015_512);
    struct responder script = { .pki = pki, .status = V_OCSP_CERTSTATUS_GOOD };
    good = responder_answer(&script, pki->leaf.cert, pki->ca.cert);
    script.status = V_OCSP_CERTSTATUS_REVOKED;
    revoked = responder_answer(&script, pki->leaf.cert, pki->ca.cert);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bytes_free(good);
    bytes_free(revoked);
    pki_free(pki);
    pki_free(gost);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_never_guessed),
        cmocka_unit_test(making_may_run_out_of_memory_anywhere),
        cmocka_unit_test(a_judged_document_may_run_out_of_memory_anywhere),
        cmocka_unit_test(a_judged_signer_may_run_out_of_memory_anywhere),
    };

    torture_begin();
    return cmocka_run_group_tests(tests, setup, teardown);
}
