/* What a signature and a verdict cost, beside the bare operation of nettle or OpenSSL on the same
 * machine in the same run: bench_trust. One core. */
#include "bench/bare_operation.h"
#include "bench/bench.h"
#include "unit/crypto/responder.h"
#include "unit/wsse/fixture.h"

#include "crypto/bare.h"
#include "crypto/cms.h"
#include "crypto/gost/kzgost.h"

#include <stdio.h>

enum { PAYLOAD_BYTES = 3 * 1024, SHORT_BYTES = 64 };

/* One algorithm: a PKI, documents signed by its leaf, and what judges them. */
struct bench {
    const struct pki *pki;
    struct responder responder;
    struct trust_io io;
    struct judge judge; /* path and receipt are warm */
    struct wsse *wsse;
    struct slice text; /* what a bare signature value is over */
    struct slice payload;
    struct bytes *value;
    struct bytes *envelope;
    struct bytes *xml;
    struct bytes *cms;
};

/* ---- operations ---- */

static bool sign_value(void *ctx)
{
    struct bench *b = ctx;
    AUTO(bytes_free) struct bytes *out = NULL;
    struct err err;

    return key_sign(b->pki->leaf.key, b->text, &out, &err) == ST_OK;
}

static bool verify_value(void *ctx)
{
    struct bench *b = ctx;
    const struct scheme *scheme;

    return bare_verify(&b->judge, b->pki->leaf.cert, b->text, bytes_slice(b->value), &scheme);
}

static bool sign_envelope(void *ctx)
{
    struct bench *b = ctx;
    AUTO(bytes_free) struct bytes *out = NULL;
    struct err err;

    return wsse_sign(b->wsse, b->payload, &out, &err) == ST_OK;
}

static bool verify_envelope(void *ctx)
{
    struct bench *b = ctx;
    AUTO(verified_free) struct verified *env = NULL;
    struct err err;

    return wsse_verify(b->wsse, bytes_slice(b->envelope), 0, &env, &err) == ST_OK;
}

static bool sign_xml(void *ctx)
{
    struct bench *b = ctx;
    AUTO(bytes_free) struct bytes *out = NULL;
    struct err err;

    return xmlsig_sign_enveloped(b->pki->leaf.key, b->payload, &usual_limits, &out, &err) == ST_OK;
}

static bool judge_xml(void *ctx)
{
    struct bench *b = ctx;
    AUTO(report_free) struct report *report = report_new();

    return report && xmlsig_judge_enveloped(&b->judge, bytes_slice(b->xml), &usual_limits,
                                            report) == VERDICT_VALID;
}

static bool sign_cms(void *ctx)
{
    const struct cms_params params = { .signing_time_ms = NOW_MS };
    struct bench *b = ctx;
    AUTO(bytes_free) struct bytes *out = NULL;
    struct err err;

    return cms_sign(b->pki->leaf.key, b->payload, &params, &out, &err) == ST_OK;
}

static bool judge_cms(void *ctx)
{
    struct bench *b = ctx;
    AUTO(report_free) struct report *report = report_new();

    return report && cms_judge(&b->judge, bytes_slice(b->cms), (struct slice){ 0 }, report, NULL) ==
                         VERDICT_VALID;
}

/* The judgement of the signer alone: path, dates, revocation by its receipt, usage, role, owner. */
static bool judge_signer(void *ctx)
{
    struct bench *b = ctx;
    AUTO(report_free) struct report *report = report_new();

    return report && trust_judge(&b->judge, b->pki->leaf.cert, report) == VERDICT_VALID;
}

/* The same by somebody who sees the signer for the first time; revocation is not asked. */
static bool judge_signer_cold(void *ctx)
{
    struct bench *b = ctx;
    AUTO(trust_free) struct trust *trust = NULL;
    AUTO(report_free) struct report *report = report_new();
    struct judge judge = b->judge;
    struct err err;

    if (!report || trust_new(&trust, &err) != ST_OK ||
        trust_add(trust, b->pki->root.cert, &err) != ST_OK ||
        trust_add(trust, b->pki->ca.cert, &err) != ST_OK)
        return false;
    judge.trust = trust;
    judge.revocation = REVOCATION_OFF;
    return trust_judge(&judge, b->pki->leaf.cert, report) == VERDICT_VALID;
}

/* ---- what they work on ---- */

static struct bytes *make_payload(void)
{
    struct bytes *out = bytes_new((size_t)2 * PAYLOAD_BYTES);

    bytes_addf(out, "<document xmlns=\"urn:bench\">");
    for (int i = 0; out->len < PAYLOAD_BYTES; i++)
        bytes_addf(out, "<row number=\"%d\">значение %d</row>", i, i);
    bytes_addf(out, "</document>");
    return out;
}

static void make_documents(struct bench *b)
{
    const struct cms_params params = { .signing_time_ms = NOW_MS };
    const struct key *key = b->pki->leaf.key;
    struct err err;

    bench_need(key_sign(key, b->text, &b->value, &err) == ST_OK, &err, "key_sign");
    bench_need(wsse_sign(b->wsse, b->payload, &b->envelope, &err) == ST_OK, &err, "wsse_sign");
    bench_need(xmlsig_sign_enveloped(key, b->payload, &usual_limits, &b->xml, &err) == ST_OK, &err,
               "xmlsig_sign_enveloped");
    bench_need(cms_sign(key, b->payload, &params, &b->cms, &err) == ST_OK, &err, "cms_sign");
}

static void clear(struct bench *b)
{
    responder_clear(&b->responder);
    wsse_free(b->wsse);
    bytes_free(b->value);
    bytes_free(b->envelope);
    bytes_free(b->xml);
    bytes_free(b->cms);
}

/* ---- the table ---- */

static const struct {
    const char *name;
    bench_operation *ours;
    bench_operation *bare;
} rows[] = {
    { "sign: the value alone", sign_value, bare_sign },
    { "sign: SOAP envelope, 3 KB (wsse)", sign_envelope, bare_sign },
    { "sign: enveloped XML, 3 KB", sign_xml, bare_sign },
    { "sign: CMS, 3 KB", sign_cms, bare_sign },
    { "verify: the value alone", verify_value, bare_check },
    { "verify: SOAP envelope, 3 KB (wsse)", verify_envelope, bare_check },
    { "verify: enveloped XML, 3 KB, path warm", judge_xml, bare_check },
    { "verify: CMS, 3 KB, path warm", judge_cms, bare_check },
    { "signer: path from nothing, no revocation", judge_signer_cold, bare_check },
};

/* The first judgement asks and keeps the receipt; those measured use it (req 0.23). */
static void bench_receipts(struct bench *b, struct bare *bare)
{
    static const struct {
        const char *name;
        bench_operation *ours;
    } judgements[] = {
        { "signer: warm path, warm receipt", judge_signer },
        { "judge: enveloped XML, warm path and receipt", judge_xml },
        { "judge: CMS, warm path and receipt", judge_cms },
    };

    b->judge.revocation = REVOCATION_OCSP;
    for (size_t i = 0; i < sizeof(judgements) / sizeof(judgements[0]); i++) {
        const struct bench_pair pair = { judgements[i].name, judgements[i].ours, b, bare_check,
                                         bare };
        bench_need(pair.ours(b), NULL, pair.name);
        size_t asked = b->responder.asked;
        bench_duel(&pair);
        bench_need(b->responder.asked == asked, NULL, "the receipt was not used");
    }
}

static void bench_algorithm(enum keys keys, enum algorithm algorithm, struct slice payload)
{
    const struct wsse_params params = wsse_usual(keys);
    struct bench b = { .pki = pki_of(keys),
                       .wsse = wsse_make(&params),
                       .text = slice_mem(payload.at, SHORT_BYTES),
                       .payload = payload };
    struct bare *bare = bare_new(algorithm);

    bench_need(bare != NULL, NULL, "the bare operation");
    b.responder.pki = b.pki;
    b.io = responder_io(&b.responder);
    b.judge = pki_judge(b.pki);
    b.judge.io = &b.io;
    b.judge.signature_sha256[0] = 1;
    make_documents(&b);
    (void)printf("\n%s\n", algorithm_name(algorithm));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct bench_pair pair = { rows[i].name, rows[i].ours, &b, rows[i].bare, bare };
        bench_duel(&pair);
    }
    bench_receipts(&b, bare);
    bare_free(bare);
    clear(&b);
}

int main(void)
{
    static const struct {
        enum keys keys;
        enum algorithm algorithm;
    } algorithms[] = {
        { KEYS_GOST2015, ALG_GOST2015_512 },
        { KEYS_GOST2004, ALG_GOST2004 },
        { KEYS_RSA, ALG_RSA_SHA256 },
    };

    setup_wsse(NULL);
    struct bytes *payload = make_payload();
    (void)printf("Per second on one core, medians of rounds in which ours and the bare operation "
                 "take turns;\nratio: how many bare operations one of ours costs.\n");
    for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
        bench_algorithm(algorithms[i].keys, algorithms[i].algorithm, bytes_slice(payload));
    bytes_free(payload);
    return teardown_wsse(NULL);
}
