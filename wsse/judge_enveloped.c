/* The judgement of НУЦ РК's enveloped profile: signatures that are children of the document
 * element. Their transform takes out the Signature that holds it and no other, so a document that
 * is signed again is signed with the signatures it had: one over the other. */
#include "base/text.h"
#include "crypto/encode.h"
#include "wsse/document.h"
#include "wsse/judge.h"
#include "wsse/keyinfo.h"
#include "wsse/names.h"
#include "wsse/proof.h"
#include "wsse/xmlsig.h"

enum {
    MAX_CANONICAL_BYTES = 256 << 20, /* document times canonicalisations */
    MAX_CANONICAL_NODES = 8000000,   /* likewise */
    COVERS_MAX = 64,
};

/* In document order; those that are taken out hang nowhere until they are put back. */
struct siblings {
    xmlNode *root;
    xmlNode *nodes[ENVELOPED_MAX_SIGNATURES];
    xmlNode *next[ENVELOPED_MAX_SIGNATURES];      /* what stood behind each when it was taken out */
    uint8_t values[ENVELOPED_MAX_SIGNATURES][32]; /* SHA-256 of each value that was seen */
    unsigned count;
};

static void take_out(struct siblings *all, unsigned first, unsigned end)
{
    for (unsigned i = end; i > first; i--) {
        all->next[i - 1] = all->nodes[i - 1]->next;
        xmlUnlinkNode(all->nodes[i - 1]);
    }
}

static void put_back(struct siblings *all, unsigned first, unsigned end)
{
    for (unsigned i = first; i < end; i++)
        (void)(all->next[i] ? xmlAddPrevSibling(all->next[i], all->nodes[i])
                            : xmlAddChild(all->root, all->nodes[i]));
}

/* Each signature may be tried twice, but for the first. */
static bool check_work(struct trial *trial, unsigned signatures, size_t document_bytes,
                       const xmlNode *root)
{
    const size_t readings = 2 * (size_t)signatures - 1;
    char text[128];

    if (signatures > ENVELOPED_MAX_SIGNATURES)
        (void)text_format(text, sizeof(text), "%u ds:Signature in the document, the limit is %d",
                          signatures, ENVELOPED_MAX_SIGNATURES);
    else if (signatures > 1 && (readings * document_bytes > MAX_CANONICAL_BYTES ||
                                readings * dom_count_nodes(root) > MAX_CANONICAL_NODES))
        (void)text_format(text, sizeof(text), "%u ds:Signature over %zu bytes are too much work",
                          signatures, document_bytes);
    else
        return true;
    return trial_fail(trial, ST_FORMAT, text);
}

static bool find_signatures(struct trial *trial, const xmlDoc *doc, size_t document_bytes,
                            struct siblings *ret)
{
    unsigned children = 0;
    size_t total;

    ret->root = xmlDocGetRootElement(doc);
    total = dom_count(ret->root, NS_DS, "Signature");
    (void)dom_child(ret->root, NS_DS, "Signature", &children);
    if (dom_is(ret->root, NS_DS, "Signature"))
        return trial_fail(trial, ST_FORMAT,
                          "the document is a ds:Signature itself, not a document with one inside");
    if (total == 0)
        return trial_fail(trial, ST_UNSIGNED, "the document holds no ds:Signature");
    if (children < total)
        return REFUSE(trial, CHECK_COVERAGE,
                      "%zu of %zu ds:Signature are not children of the document element",
                      total - children, total);
    if (!check_work(trial, children, document_bytes, ret->root))
        return false;
    for (xmlNode *at = dom_first(ret->root); at; at = dom_next(at))
        if (dom_is(at, NS_DS, "Signature"))
            ret->nodes[ret->count++] = at;
    return true;
}

/* ---- one of them ---- */

/* A signature pasted in again would count as one more signer. */
static bool check_is_no_copy(struct trial *trial, struct siblings *all, unsigned k,
                             const struct signature *signature)
{
    AUTO(bytes_free) struct bytes *value = NULL;
    struct err err;

    if (base64_decode(signature->value, SIGNATURE_MAX_VALUE, &value, &err) != ST_OK)
        return REFUSE(trial, CHECK_SIGNATURE, "ds:SignatureValue is not base64");
    sha256(bytes_slice(value), all->values[k]);
    for (unsigned i = 0; i < k; i++)
        if (memcmp(all->values[i], all->values[k], sizeof(all->values[i])) == 0)
            return REFUSE(trial, CHECK_COVERAGE, "a copy of signature %u", i + 1);
    return true;
}

/* The document as a signature may have found it when it was made. */
enum reading {
    READING_NESTED,   /* with the signatures that stand in front of it */
    READING_PARALLEL, /* without any signature */
    READING_COUNT,
};

static void say_covers(const struct siblings *all, unsigned k, enum reading reading,
                       char dst[COVERS_MAX])
{
    if (all->count == 1)
        (void)text_copy(dst, COVERS_MAX, "the whole document");
    else if (k == 0 || reading == READING_PARALLEL)
        (void)text_copy(dst, COVERS_MAX, "the whole document without any signature");
    else if (k == 1)
        (void)text_copy(dst, COVERS_MAX, "the whole document with signature 1");
    else
        (void)text_format(dst, COVERS_MAX, "the whole document with signatures 1 to %u", k);
}

/* Those behind the signature are out already. */
static bool prove_as(struct trial *trial, struct siblings *all, unsigned k, enum reading reading,
                     const struct plan *plan, const struct cert *cert)
{
    const unsigned out = reading == READING_PARALLEL ? k : 0;
    bool holds;

    take_out(all, 0, out);
    holds = proof_verify(trial, plan, all->nodes[k], cert, NULL);
    put_back(all, 0, out);
    return holds;
}

static bool refuse_digest(struct trial *trial, unsigned k)
{
    return REFUSE(trial, CHECK_DIGEST,
                  "the document was changed after signing: the digest is neither that with the "
                  "signature%s in front of it nor that without any",
                  k == 1 ? "" : "s");
}

/* Only another digest leads to the next reading; the rows are those of the one that counts. */
static bool prove(struct trial *trial, struct siblings *all, unsigned k, const struct plan *planned,
                  const struct cert *cert)
{
    const enum reading readings = k == 0 ? READING_PARALLEL : READING_COUNT;

    for (enum reading reading = READING_NESTED; reading < readings; reading++) {
        AUTO(report_free) struct report *tried = report_new();
        struct trial attempt = *trial;
        struct plan plan = *planned;
        char covers[COVERS_MAX];
        bool holds;

        if (!tried)
            return trial_fail(trial, ST_NOMEM, "out of memory");
        attempt.report = tried;
        say_covers(all, k, reading, covers);
        plan.references[0].covers = covers;
        holds = prove_as(&attempt, all, k, reading, &plan, cert);
        trial->status = attempt.status;
        if (k > 0 && report_culprit(tried) == CHECK_DIGEST)
            continue;
        report_append(trial->report, tried);
        if (holds) {
            report_set_covers(trial->report, "%s", covers);
            report_add(trial->report, CHECK_COVERAGE, OUTCOME_PASSED, "%s", covers);
        }
        return holds;
    }
    return refuse_digest(trial, k);
}

static bool judge_one(struct trial *trial, struct siblings *all, unsigned k)
{
    AUTO(cert_free) struct cert *cert = NULL;
    struct signature signature;
    struct plan plan;

    return signature_read(trial, all->nodes[k], SIGNATURE_ENVELOPED, &signature) &&
           check_is_no_copy(trial, all, k, &signature) &&
           policy_enveloped(trial, &signature, &plan) &&
           keyinfo_find(trial, &signature, NULL, &cert) && prove(trial, all, k, &plan, cert) &&
           judge_signer(trial, &signature, cert);
}

/* ---- all of them ---- */

static bool each_covers(const struct report *report)
{
    for (size_t i = 0; i < report_signer_count(report); i++)
        if (!report_signer_covers(report, i)[0])
            return false;
    return true;
}

/* Each over the document without those that came after it; all are back at the end. */
static bool judge_several(struct trial *trial, struct siblings *all)
{
    bool is_valid = true;

    report_add(trial->report, CHECK_FORMAT, OUTCOME_PASSED,
               "XML document with %u enveloped signatures", all->count);
    take_out(all, 0, all->count);
    for (unsigned k = 0; k < all->count; k++) {
        char who[32];

        (void)text_format(who, sizeof(who), "signature %u", k + 1);
        put_back(all, k, k + 1);
        report_begin_signature(trial->report, who);
        is_valid = judge_one(trial, all, k) && is_valid;
    }
    report_end_signature(trial->report);
    if (each_covers(trial->report))
        report_set_covers(trial->report, "the whole document, by each of %u signatures",
                          all->count);
    return is_valid;
}

static bool judge_all(struct trial *trial, struct siblings *all)
{
    if (all->count > 1)
        return judge_several(trial, all);
    report_add(trial->report, CHECK_FORMAT, OUTCOME_PASSED,
               "XML document with an enveloped signature");
    return judge_one(trial, all, 0);
}

enum verdict xmlsig_judge_enveloped(const struct judge *judge, struct slice xml,
                                    const struct xml_limits *limits, struct report *report)
{
    struct trial trial = { .judge = judge, .report = report };
    AUTO(xmlFreeDoc) xmlDoc *doc = NULL;
    struct siblings all = { 0 };
    const bool is_whole = judge_parse(&trial, xml, limits, DOCUMENT_ALLOWS_PI, &doc) &&
                          find_signatures(&trial, doc, xml.len, &all) && judge_all(&trial, &all);
    const enum verdict verdict = trial_verdict(&trial, is_whole);

    trial_clear(&trial);
    return verdict;
}
