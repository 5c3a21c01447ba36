/* CMS: made and judged, tampered with in every part, and the vectors' verdicts
 * (req 0.15). */
#include "unit/crypto/responder.h"

#include "base/text.h"
#include "crypto/cms.h"
#include "crypto/encode.h"
#include "crypto/gost/kzgost.h"
#include "crypto/signed_data.h"

#include <stdio.h>
#include <stdlib.h>

static struct pki *gost;
static struct pki *rsa;

static const struct slice text = { "ТЕКСТ ДОКУМЕНТА\r\n\0 до конца", 46 };

static int setup(void **state)
{
    setup_crypto(state);
    gost = pki_new(NULL);
    rsa = pki_new("RSA");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pki_free(gost);
    pki_free(rsa);
    return 0;
}

static struct bytes *sign(const struct made *signer, bool detached, struct responder *tsa)
{
    struct trust_io io = tsa ? responder_io(tsa) : (struct trust_io){ 0 };
    const struct cms_params params = { .detached = detached,
                                       .signing_time_ms = NOW_MS,
                                       .io = tsa ? &io : NULL,
                                       .tsp_url = tsa ? "http://tsp.test/" : NULL,
                                       .deadline_ms = clock_monotonic_ms() + 1000 };
    struct bytes *der = NULL;
    struct err err;

    assert_ok(cms_sign(signer->key, text, &params, &der, &err), &err);
    return der;
}

static void print_rows(const struct report *report)
{
    for (size_t i = 0; i < report_row_count(report); i++)
        print_message("%s: %s: %s\n", check_name(report_row(report, i).check),
                      outcome_name(report_row(report, i).outcome), report_row(report, i).detail);
}

/* The verdict, and no other check than the culprit has failed. */
static void expect(const struct judge *judge, struct slice cms, struct slice detached,
                   enum verdict verdict, enum check culprit)
{
    AUTO(report_free) struct report *report = report_new();
    enum verdict given = cms_judge(judge, cms, detached, report, NULL);
    bool alone = report_culprit(report) == culprit;

    for (size_t i = 0; i < report_row_count(report); i++)
        alone &= report_row(report, i).outcome != OUTCOME_FAILED ||
                 report_row(report, i).check == culprit;
    if (given != verdict || !alone)
        print_rows(report);
    assert_string_equal(verdict_name(given), verdict_name(verdict));
    assert_string_equal(check_name(report_culprit(report)), check_name(culprit));
    assert_true(alone);
}

static const struct slice none = { NULL, 0 };

static void what_is_signed_verifies(void **state)
{
    struct pki *const all[] = { gost, rsa };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct responder tsa = { .pki = all[i] };
        struct judge judge = pki_judge(all[i]);
        AUTO(bytes_free) struct bytes *attached = sign(&all[i]->leaf, false, &tsa);
        AUTO(bytes_free) struct bytes *detached = sign(&all[i]->leaf, true, NULL);
        AUTO(bytes_free) struct bytes *content = NULL;
        AUTO(report_free) struct report *report = report_new();
        judge.timestamp_required = true;
        assert_int_equal(tsa.asked, 1);
        if (cms_judge(&judge, bytes_slice(attached), none, report, &content) != VERDICT_VALID) {
            print_rows(report);
            fail();
        }
        assert_true(slice_eq(bytes_slice(content), text));
        assert_int_equal(report_timestamp(report), NOW_MS);
        assert_int_equal(report_signer_count(report), 1);
        assert_string_equal(report_signer(report, 0)->iin, "123456789011");
        assert_string_equal(report_reason(report), "");
        judge.timestamp_required = false;
        expect(&judge, bytes_slice(detached), text, VERDICT_VALID, CHECK_COUNT_);
        /* the content inside may be given too, when it is the same */
        expect(&judge, bytes_slice(attached), text, VERDICT_VALID, CHECK_COUNT_);
    }
}

static void old_gost_signs_and_verifies(void **state) /* req 0.28 */
{
    struct pki *old = pki_new(KZGOST_KEY_2004);
    struct responder tsa = { .pki = old };
    struct judge judge = pki_judge(old);
    AUTO(bytes_free) struct bytes *cms = sign(&old->leaf, false, &tsa);

    (void)state;
    expect(&judge, bytes_slice(cms), none, VERDICT_VALID, CHECK_COUNT_);
    judge.algorithms = ALG_GOST2015_512;
    expect(&judge, bytes_slice(cms), none, VERDICT_INVALID, CHECK_ALGORITHM);
    pki_free(old);
}

static void other_content_fails_the_digest(void **state)
{
    struct judge judge = pki_judge(gost);
    AUTO(bytes_free) struct bytes *cms = sign(&gost->leaf, true, NULL);
    AUTO(bytes_free) struct bytes *inside = sign(&gost->leaf, false, NULL);

    (void)state;
    expect(&judge, bytes_slice(cms), SLICE("другое"), VERDICT_INVALID, CHECK_DIGEST);
    expect(&judge, bytes_slice(cms), SLICE(""), VERDICT_INVALID, CHECK_DIGEST);
    expect(&judge, bytes_slice(inside), SLICE("другое"), VERDICT_INVALID, CHECK_DIGEST);
    /* content that is nowhere: nothing to judge */
    expect(&judge, bytes_slice(cms), none, VERDICT_INDETERMINATE, CHECK_FORMAT);
}

static void flip(struct bytes *der, struct slice part, size_t i)
{
    char *at = memmem(der->at, der->len, part.at, part.len);

    assert_non_null(at);
    at[i] ^= 1;
}

static void each_part_has_its_check(void **state)
{
    struct judge judge = pki_judge(gost);
    AUTO(bytes_free) struct bytes *good = sign(&gost->leaf, false, NULL);
    struct signed_data data = { 0 };
    struct slice signature;
    struct err err;

    (void)state;
    assert_ok(signed_data_open(bytes_slice(good), &data, &err), &err);
    signature = asn1_slice(CMS_SignerInfo_get0_signature(signed_data_signer(&data, 0)));
    AUTO(bytes_free) struct bytes *content = bytes_dup(bytes_slice(good));
    flip(content, text, 3);
    expect(&judge, bytes_slice(content), none, VERDICT_INVALID, CHECK_DIGEST);
    for (size_t i = 0; i < signature.len; i += 9) {
        AUTO(bytes_free) struct bytes *wrong = bytes_dup(bytes_slice(good));
        flip(wrong, signature, i);
        expect(&judge, bytes_slice(wrong), none, VERDICT_INVALID, CHECK_SIGNATURE);
    }
    signed_data_clear(&data);
}

static void cut_padded_and_foreign_files_are_no_documents(void **state)
{
    struct judge judge = pki_judge(gost);
    AUTO(bytes_free) struct bytes *good = sign(&gost->leaf, false, NULL);
    AUTO(bytes_free) struct bytes *longer = bytes_new(65536);

    (void)state;
    for (size_t len = 0; len < good->len; len += 13)
        expect(&judge, slice_mem(good->at, len), none, VERDICT_INDETERMINATE, CHECK_FORMAT);
    bytes_add(longer, bytes_slice(good));
    bytes_add_str(longer, "x");
    expect(&judge, bytes_slice(longer), none, VERDICT_INDETERMINATE, CHECK_FORMAT);
    expect(&judge, SLICE("<xml/>"), none, VERDICT_INDETERMINATE, CHECK_FORMAT);
    expect(&judge, cert_der(gost->leaf.cert), none, VERDICT_INDETERMINATE, CHECK_FORMAT);
}

static void pem_base64_and_bom_are_taken(void **state)
{
    static const struct {
        const char *before, *after;
    } forms[] = {
        { "", "" },
        { "\xef\xbb\xbf", "" },
        { "\r\n ", "\n" },
        { "-----BEGIN CMS-----\n", "\n-----END CMS-----\n" },
        { "\xef\xbb\xbf-----BEGIN PKCS7-----\r\n", "\r\n-----END PKCS7-----" },
    };
    struct judge judge = pki_judge(gost);
    AUTO(bytes_free) struct bytes *der = sign(&gost->leaf, false, NULL);
    AUTO(bytes_free) struct bytes *base64 = base64_encode(bytes_slice(der));

    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        char *dressed = NULL;
        assert_true(asprintf(&dressed, "%s%s%s", forms[i].before, base64->at, forms[i].after) > 0);
        expect(&judge, slice_str(dressed), none, VERDICT_VALID, CHECK_COUNT_);
        free(dressed);
    }
}

static void signer_is_judged_like_any(void **state) /* req 0.16–0.27 */
{
    struct made auth =
        made_new(&(struct made_params){ .cn = "AUTH", .usage = "digitalSignature,keyEncipherment" },
                 &gost->ca);
    struct made expired =
        made_new(&(struct made_params){ .cn = "OLD",
                                        .usage = "digitalSignature,nonRepudiation",
                                        .from_ms = NOW_MS - 9LL * DAY_MS,
                                        .to_ms = NOW_MS - DAY_MS },
                 &gost->ca);
    struct made stranger = made_new(
        &(struct made_params){ .cn = "SELF", .usage = "digitalSignature,nonRepudiation" }, NULL);
    struct judge judge = pki_judge(gost);
    const struct {
        const struct made *signer;
        enum check culprit;
    } rows[] = { { &auth, CHECK_KEY_USAGE }, { &expired, CHECK_DATES }, { &stranger, CHECK_PATH } };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(bytes_free) struct bytes *cms = sign(rows[i].signer, false, NULL);
        expect(&judge, bytes_slice(cms), none, VERDICT_INVALID, rows[i].culprit);
        judge.signature_only = true;
        expect(&judge, bytes_slice(cms), none, VERDICT_VALID, CHECK_COUNT_);
        judge.signature_only = false;
    }
    AUTO(bytes_free) struct bytes *cms = sign(&gost->leaf, false, NULL);
    judge.expect_iin = "123456789012";
    expect(&judge, bytes_slice(cms), none, VERDICT_INVALID, CHECK_OWNER);
    judge.expect_iin = NULL;
    judge.timestamp_required = true;
    expect(&judge, bytes_slice(cms), none, VERDICT_INVALID, CHECK_TIMESTAMP);
    judge.timestamp_required = false;
    judge.algorithms = ALG_RSA_SHA256;
    expect(&judge, bytes_slice(cms), none, VERDICT_INVALID, CHECK_ALGORITHM);
    made_free(&auth);
    made_free(&expired);
    made_free(&stranger);
}

static void a_valid_timestamp_moves_the_time_of_the_signer(void **state)
{
    struct made short_lived = made_new(
        &(struct made_params){
            .cn = "SHORT", .usage = "digitalSignature,nonRepudiation", .to_ms = NOW_MS + DAY_MS },
        &gost->ca);
    struct responder tsa = { .pki = gost };
    struct judge judge = pki_judge(gost);
    AUTO(bytes_free) struct bytes *stamped = sign(&short_lived, false, &tsa);
    AUTO(bytes_free) struct bytes *bare = sign(&short_lived, false, NULL);

    (void)state;
    judge.now_ms = NOW_MS + 30LL * DAY_MS;
    expect(&judge, bytes_slice(bare), none, VERDICT_INVALID, CHECK_DATES);
    expect(&judge, bytes_slice(stamped), none, VERDICT_VALID, CHECK_COUNT_);
    made_free(&short_lived);
}

static void a_bad_timestamp_is_named(void **state)
{
    struct made not_tsa = made_new(
        &(struct made_params){ .cn = "NOT A TSA", .usage = "digitalSignature" }, &gost->ca);
    struct made foreign = made_new(&(struct made_params){ .cn = "TSA",
                                                          .usage = "digitalSignature",
                                                          .eku = "critical,timeStamping" },
                                   NULL);
    struct made old = made_new(&(struct made_params){ .cn = "TSA",
                                                      .usage = "digitalSignature",
                                                      .eku = "critical,timeStamping",
                                                      .from_ms = NOW_MS - 9LL * DAY_MS,
                                                      .to_ms = NOW_MS - DAY_MS },
                               &gost->ca);
    struct responder rows[] = {
        { .tsa = &not_tsa }, { .tsa = &foreign }, { .tsa = &old }, { .tsa_time_ms = NOW_MS + 60000 }
    };
    static const char *const texts[] = { "keyUsage", "path", "dates", "future" };
    struct judge judge = pki_judge(gost);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        rows[i].pki = gost;
        AUTO(bytes_free) struct bytes *cms = sign(&gost->leaf, false, &rows[i]);
        AUTO(report_free) struct report *report = report_new();
        expect(&judge, bytes_slice(cms), none, VERDICT_INVALID, CHECK_TIMESTAMP);
        (void)!cms_judge(&judge, bytes_slice(cms), none, report, NULL);
        if (!strstr(report_reason(report), texts[i]))
            fail_msg("«%s» does not say «%s»", report_reason(report), texts[i]);
        judge.signature_only = true;
        expect(&judge, bytes_slice(cms), none, VERDICT_VALID, CHECK_COUNT_);
        judge.signature_only = false;
    }
    made_free(&not_tsa);
    made_free(&foreign);
    made_free(&old);
}

/* A token cut out of one signature and put under another. */
static void a_token_of_another_signature_is_refused(void **state)
{
    struct responder tsa = { .pki = gost };
    AUTO(bytes_free) struct bytes *one = sign(&gost->leaf, false, &tsa);
    AUTO(bytes_free) struct bytes *two = sign(&gost->leaf, false, NULL);
    struct judge judge = pki_judge(gost);
    struct signed_data from = { 0 };
    struct signed_data to = { 0 };
    struct slice token;
    struct err err;
    AUTO(bytes_free) struct bytes *grafted = NULL;

    (void)state;
    assert_ok(signed_data_open(bytes_slice(one), &from, &err), &err);
    assert_ok(signed_data_open(bytes_slice(two), &to, &err), &err);
    assert_true(signed_data_token(signed_data_signer(&from, 0), &token));
    CMS_unsigned_add1_attr_by_NID(signed_data_signer(&to, 0), NID_id_smime_aa_timeStampToken,
                                  V_ASN1_SEQUENCE, token.at, (int)token.len);
    assert_ok(signed_data_der(to.cms, &grafted, &err), &err);
    expect(&judge, bytes_slice(grafted), none, VERDICT_INVALID, CHECK_TIMESTAMP);
    signed_data_clear(&from);
    signed_data_clear(&to);
}

/* Everything but the content stays, to the byte. */
static void a_cms_lets_its_content_go(void **state)
{
    struct pki *const all[] = { gost, rsa };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct responder tsa = { .pki = all[i] };
        struct judge judge = pki_judge(all[i]);
        AUTO(bytes_free) struct bytes *attached = sign(&all[i]->leaf, false, &tsa);
        AUTO(bytes_free) struct bytes *detached = NULL;
        AUTO(bytes_free) struct bytes *again = NULL;
        struct err err;

        assert_ok(cms_detach(bytes_slice(attached), &detached, &err), &err);
        assert_null(memmem(detached->at, detached->len, text.at, text.len));
        judge.timestamp_required = true;
        expect(&judge, bytes_slice(detached), text, VERDICT_VALID, CHECK_COUNT_);
        expect(&judge, bytes_slice(detached), SLICE("другое"), VERDICT_INVALID, CHECK_DIGEST);
        expect(&judge, bytes_slice(detached), none, VERDICT_INDETERMINATE, CHECK_FORMAT);
        const char *behind = memmem(attached->at, attached->len, text.at, text.len);
        const size_t rest = (size_t)(attached->at + attached->len - behind) - text.len;
        assert_true(rest > 1000 && rest < detached->len);
        assert_memory_equal(detached->at + detached->len - rest, behind + text.len, rest);
        assert_ok(cms_detach(bytes_slice(detached), &again, &err), &err);
        assert_true(slice_eq(bytes_slice(detached), bytes_slice(again)));
    }
}

static void what_is_no_cms_lets_nothing_go(void **state)
{
    static const char *const inputs[] = { "", "MAA=", "<a/>", "\x30\x03\x02\x01\x01" };

    (void)state;
    for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
        struct bytes *der = NULL;
        struct err err;
        assert_int_equal(cms_detach(slice_str(inputs[i]), &der, &err), ST_FORMAT);
        assert_null(der);
    }
}

/* Two signers over one content; `second` signs too. */
static struct bytes *sign_twice(const struct made *first, const struct made *second)
{
    const struct made *const signers[] = { first, second };
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_BINARY | CMS_PARTIAL);
    BIO *in = BIO_new_mem_buf(text.at, (int)text.len);
    unsigned char *der = NULL;

    for (size_t i = 0; i < 2; i++) {
        EVP_MD *md = EVP_MD_fetch(NULL, KZGOST_DIGEST_2015_512, NULL);
        CMS_SignerInfo *info = CMS_add1_signer(cms, signers[i]->x509, signers[i]->pkey, md,
                                               CMS_BINARY | CMS_PARTIAL | CMS_NOSMIMECAP);
        X509_ALGOR *algorithm = NULL;
        CMS_SignerInfo_get0_algs(info, NULL, NULL, NULL, &algorithm);
        /* the first as old CMS do: the KEY's OID */
        X509_ALGOR_set0(
            algorithm,
            OBJ_nid2obj(OBJ_txt2nid(i ? "1.2.398.3.10.1.1.2.3.2" : "1.2.398.3.10.1.1.2.2")),
            V_ASN1_NULL, NULL);
        EVP_MD_free(md);
    }
    assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY | CMS_PARTIAL), 1);
    int len = i2d_CMS_ContentInfo(cms, &der);
    struct bytes *result = bytes_dup(slice_mem(der, (size_t)len));
    OPENSSL_free(der);
    BIO_free(in);
    CMS_ContentInfo_free(cms);
    return result;
}

static void every_signer_must_pass(void **state)
{
    struct made second = made_new(
        &(struct made_params){ .cn = "ВТОРОЙ", .usage = "digitalSignature,nonRepudiation" },
        &gost->ca);
    struct made auth =
        made_new(&(struct made_params){ .cn = "AUTH", .usage = "digitalSignature,keyEncipherment" },
                 &gost->ca);
    struct judge judge = pki_judge(gost);
    AUTO(bytes_free) struct bytes *both = sign_twice(&gost->leaf, &second);
    AUTO(bytes_free) struct bytes *half = sign_twice(&gost->leaf, &auth);
    AUTO(report_free) struct report *report = report_new();
    AUTO(report_free) struct report *bad = report_new();

    (void)state;
    expect(&judge, bytes_slice(both), none, VERDICT_VALID, CHECK_COUNT_);
    expect(&judge, bytes_slice(half), none, VERDICT_INVALID, CHECK_KEY_USAGE);
    (void)!cms_judge(&judge, bytes_slice(both), none, report, NULL);
    assert_int_equal(report_signer_count(report), 2);
    (void)!cms_judge(&judge, bytes_slice(half), none, bad, NULL);
    assert_non_null(strstr(report_reason(bad), "signer "));
    for (size_t i = 0; i < 2; i++) { /* the SET OF signers is sorted by its bytes */
        const bool is_auth = strstr(report_signer(bad, i)->subject, "AUTH") != NULL;

        assert_int_equal(report_signer_verdict(report, i), VERDICT_VALID);
        assert_int_equal(report_signer_verdict(bad, i), is_auth ? VERDICT_INVALID : VERDICT_VALID);
        assert_string_not_equal(report_signer_covers(report, i), "");
    }
    made_free(&second);
    made_free(&auth);
}

static void signing_certificate_must_be_the_signers(void **state)
{
    struct judge judge = pki_judge(gost);
    AUTO(bytes_free) struct bytes *cms = sign(&gost->leaf, false, NULL);
    /* the same name, number and key in another certificate */
    X509 *twin = X509_dup(gost->leaf.x509);
    struct signed_data data = { 0 };
    struct cert *cert = NULL;
    AUTO(bytes_free) struct bytes *bare = NULL;
    AUTO(bytes_free) struct bytes *params_free = NULL;
    struct err err;

    (void)state;
    (void)params_free;
    X509_gmtime_adj(X509_getm_notAfter(twin), 0);
    ASN1_TIME_set(X509_getm_notAfter(twin), (time_t)(NOW_MS / 1000 + 1000));
    EVP_MD *md = EVP_MD_fetch(NULL, KZGOST_DIGEST_2015_512, NULL);
    assert_true(X509_sign(twin, gost->ca.pkey, md) > 0);
    EVP_MD_free(md);
    assert_ok(cert_wrap(twin, &cert, &err), &err);
    /* the signer's own certificate taken out of the message, the twin handed in */
    const struct signed_data_params make = { .content_nid = NID_pkcs7_data,
                                             .without_cert = true,
                                             .signing_time_ms = NOW_MS };
    CMS_ContentInfo *lone = NULL;
    assert_ok(signed_data_make(gost->leaf.key, text, &make, &lone, &err), &err);
    assert_ok(signed_data_der(lone, &bare, &err), &err);
    CMS_ContentInfo_free(lone);
    expect(&judge, bytes_slice(bare), none, VERDICT_INVALID, CHECK_SIGNATURE);
    const struct cert *extra[] = { cert };
    judge.extra = extra;
    judge.extra_count = 1;
    expect(&judge, bytes_slice(bare), none, VERDICT_INVALID, CHECK_SIGNATURE);
    extra[0] = gost->leaf.cert;
    expect(&judge, bytes_slice(bare), none, VERDICT_VALID, CHECK_COUNT_);
    signed_data_clear(&data);
    cert_free(cert);
    X509_free(twin);
}

/* What is shown must be what is signed: by type, and inside as well as outside. */
static void content_of_another_type_or_place_is_not_covered(void **state)
{
    const struct signed_data_params make = { .content_nid = NID_id_smime_ct_TSTInfo,
                                             .signing_time_ms = NOW_MS };
    struct judge judge = pki_judge(gost);
    CMS_ContentInfo *cms = NULL;
    AUTO(bytes_free) struct bytes *retyped = NULL;
    AUTO(bytes_free) struct bytes *stuffed = NULL;
    AUTO(bytes_free) struct bytes *detached = sign(&gost->leaf, true, NULL);
    struct err err;

    (void)state;
    assert_ok(signed_data_make(gost->leaf.key, text, &make, &cms, &err), &err);
    assert_int_equal(CMS_set1_eContentType(cms, OBJ_nid2obj(NID_pkcs7_data)), 1);
    assert_ok(signed_data_der(cms, &retyped, &err), &err);
    expect(&judge, bytes_slice(retyped), none, VERDICT_INVALID, CHECK_COVERAGE);
    CMS_ContentInfo_free(cms);
    const unsigned char *at = slice_u8(bytes_slice(detached));
    cms = d2i_CMS_ContentInfo(NULL, &at, (long)detached->len);
    assert_int_equal(CMS_set_detached(cms, 0), 1);
    ASN1_OCTET_STRING **inside = CMS_get0_content(cms);
    ASN1_OCTET_STRING_set(*inside, (const unsigned char *)"other", 5);
    assert_ok(signed_data_der(cms, &stuffed, &err), &err);
    expect(&judge, bytes_slice(stuffed), text, VERDICT_INVALID, CHECK_DIGEST);
    CMS_ContentInfo_free(cms);
}

static void the_authority_that_fails_fails_the_signing(void **state)
{
    struct responder scripts[] = { { .unreachable = true }, { .garbage = true } };
    static const enum status wants[] = { ST_UNAVAILABLE, ST_UPSTREAM };
    struct err err;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct trust_io io = responder_io(&scripts[i]);
        const struct cms_params params = {
            .io = &io, .tsp_url = "http://tsp.test/", .signing_time_ms = NOW_MS, .deadline_ms = 1
        };
        struct bytes *der = NULL;
        scripts[i].pki = gost;
        assert_int_equal(cms_sign(gost->leaf.key, text, &params, &der, &err), wants[i]);
        assert_null(der);
    }
}

static void receipts_are_keyed_by_the_signature(void **state) /* req 0.22, 0.23 */
{
    struct responder script = { .pki = gost };
    struct trust_io io = responder_io(&script);
    struct judge judge = pki_judge(gost);
    AUTO(bytes_free) struct bytes *cms = sign(&gost->leaf, false, &script);
    AUTO(bytes_free) struct bytes *next = sign(&gost->leaf, false, NULL);
    AUTO(evidence_free) struct evidence *evidence = evidence_new();
    size_t kinds[EVIDENCE_REPORT + 1] = { 0 };

    (void)state;
    judge.revocation = REVOCATION_OCSP;
    judge.io = &io;
    judge.evidence = evidence;
    expect(&judge, bytes_slice(cms), none, VERDICT_VALID, CHECK_COUNT_);
    assert_int_equal(script.asked, 2); /* TSA, OCSP */
    for (size_t i = 0; i < evidence_count(evidence); i++)
        kinds[evidence_kind(evidence, i)]++;
    assert_int_equal(kinds[EVIDENCE_CERTIFICATE], 4); /* the TSA's own too */
    assert_int_equal(kinds[EVIDENCE_OCSP], 1);
    assert_int_equal(kinds[EVIDENCE_TSP], 1);
    script.unreachable = true;
    expect(&judge, bytes_slice(cms), none, VERDICT_VALID, CHECK_COUNT_);
    expect(&judge, bytes_slice(next), none, VERDICT_INDETERMINATE, CHECK_REVOCATION);
    responder_clear(&script);
}

static void attributes_of_another_signature_are_no_content(void **state)
{
    /* Without signed attributes the signature is over the content; content that is the DER of
     * signed attributes would make a second document of the same signature. */
    struct judge judge = pki_judge(gost);
    const char *set_of = "\x31\x03\x02\x01\x05";
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_BINARY | CMS_PARTIAL);
    EVP_MD *md = EVP_MD_fetch(NULL, KZGOST_DIGEST_2015_512, NULL);

    (void)state;
    CMS_SignerInfo *info = CMS_add1_signer(cms, gost->leaf.x509, gost->leaf.pkey, md,
                                           CMS_BINARY | CMS_PARTIAL | CMS_NOATTR);
    X509_ALGOR *algorithm = NULL;
    CMS_SignerInfo_get0_algs(info, NULL, NULL, NULL, &algorithm);
    X509_ALGOR_set0(algorithm, OBJ_nid2obj(OBJ_txt2nid("1.2.398.3.10.1.1.2.3.2")), V_ASN1_NULL,
                    NULL);
    BIO *in = BIO_new_mem_buf(set_of, 5);
    if (CMS_final(cms, in, NULL, CMS_BINARY | CMS_PARTIAL) == 1) {
        unsigned char *der = NULL;
        int len = i2d_CMS_ContentInfo(cms, &der);
        expect(&judge, slice_mem(der, (size_t)len), none, VERDICT_INVALID, CHECK_SIGNATURE);
        OPENSSL_free(der);
    } else {
        print_message("OpenSSL does not sign so with these keys\n");
    }
    BIO_free(in);
    EVP_MD_free(md);
    CMS_ContentInfo_free(cms);
}

static void vectors_have_their_verdicts(void **state)
{
    AUTO(trust_free) struct trust *trust = NULL;
    struct judge judge = { .purpose = PURPOSE_SIGN, .now_ms = NOW_MS };
    AUTO(report_free) struct report *report = report_new();
    struct err err;
    char path[512];

    (void)state;
    if (!have_vectors())
        skip();
    assert_ok(trust_new(&trust, &err), &err);
    vector_path("ca-production", path, sizeof(path));
    assert_ok(trust_add_dir(trust, path, &err), &err);
    vector_path("ca-test", path, sizeof(path));
    assert_ok(trust_add_dir(trust, path, &err), &err);
    AUTO(bytes_free) struct bytes *attached = vector("cms/gost2015_attached.der");
    AUTO(bytes_free) struct bytes *detached = vector("cms/gost2015_detached.der");
    AUTO(bytes_free) struct bytes *document = vector("cms/gost2015_document.txt");
    judge.trust = trust;
    judge.timestamp_required = true;
    judge.expect_iin = "123456789011";
    expect(&judge, bytes_slice(attached), none, VERDICT_VALID, CHECK_COUNT_);
    expect(&judge, bytes_slice(detached), bytes_slice(document), VERDICT_VALID, CHECK_COUNT_);
    expect(&judge, bytes_slice(detached), SLICE("other"), VERDICT_INVALID, CHECK_DIGEST);
    document->at[5] ^= 1;
    expect(&judge, bytes_slice(detached), bytes_slice(document), VERDICT_INVALID, CHECK_DIGEST);
    (void)!cms_judge(&judge, bytes_slice(attached), none, report, NULL);
    print_rows(report);
    assert_true(report_timestamp(report) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_signed_verifies),
        cmocka_unit_test(old_gost_signs_and_verifies),
        cmocka_unit_test(other_content_fails_the_digest),
        cmocka_unit_test(each_part_has_its_check),
        cmocka_unit_test(cut_padded_and_foreign_files_are_no_documents),
        cmocka_unit_test(pem_base64_and_bom_are_taken),
        cmocka_unit_test(signer_is_judged_like_any),
        cmocka_unit_test(a_valid_timestamp_moves_the_time_of_the_signer),
        cmocka_unit_test(a_bad_timestamp_is_named),
        cmocka_unit_test(a_token_of_another_signature_is_refused),
        cmocka_unit_test(a_cms_lets_its_content_go),
        cmocka_unit_test(what_is_no_cms_lets_nothing_go),
        cmocka_unit_test(every_signer_must_pass),
        cmocka_unit_test(signing_certificate_must_be_the_signers),
        cmocka_unit_test(content_of_another_type_or_place_is_not_covered),
        cmocka_unit_test(the_authority_that_fails_fails_the_signing),
        cmocka_unit_test(receipts_are_keyed_by_the_signature),
        cmocka_unit_test(attributes_of_another_signature_are_no_content),
        cmocka_unit_test(vectors_have_their_verdicts),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
