/* The judgement of XAdES: format, algorithm, digest, signature, coverage, timestamp; then the
 * signer, by trust_judge_at(). */
#include "crypto/encode.h"
#include "crypto/ossl.h"
#include "crypto/tsp.h"
#include "wsse/c14n.h"
#include "wsse/document.h"
#include "wsse/judge.h"
#include "wsse/keyinfo.h"
#include "wsse/names.h"
#include "wsse/proof.h"
#include "wsse/xades.h"
#include "wsse/xades_properties.h"

#include <openssl/evp.h>

enum { MAX_STAMPED_BYTES = 64 << 10 /* ds:SignatureValue in canonical form */ };

/* ---- what must stand where ---- */

static bool find_signature(struct trial *trial, const xmlDoc *doc, xmlNode **ret)
{
    xmlNode *root = xmlDocGetRootElement(doc);
    unsigned count = 0;
    xmlNode *child = dom_child(root, NS_DS, "Signature", &count);

    *ret = dom_is(root, NS_DS, "Signature") ? root : child;
    if (*ret == root || count == 1)
        return true;
    if (count > 1)
        return REFUSE(trial, CHECK_COVERAGE, "%u ds:Signature in the document; one is allowed",
                      count);
    if (dom_count(root, NS_DS, "Signature") > 0)
        return REFUSE(trial, CHECK_COVERAGE,
                      "the ds:Signature is not a child of the document element");
    return trial_fail(trial, ST_UNSIGNED, "the document holds no ds:Signature");
}

static bool names(const struct reference *reference, const xmlNode *node)
{
    const char *id = node ? dom_id(node) : NULL;

    return id && reference->uri[0] == '#' && strcmp(reference->uri + 1, id) == 0;
}

/* `first` demands one more transform in front. */
static bool plan_transforms(struct trial *trial, const struct reference *reference,
                            const char *first, struct plan *plan)
{
    const unsigned skipped = first != NULL;
    const struct c14n_step *step = reference->transforms;

    if (first &&
        (reference->transform_count == 0 || strcmp(step->uri, first) != 0 || step->prefixes))
        return REFUSE(trial, CHECK_COVERAGE, "the ds:Transforms do not begin with %s", first);
    if (reference->transform_count == skipped) { /* then XMLDSig section 4.3.3.2 says which C14N */
        policy_allow(plan, xmlSecTransformInclC14NId);
        return true;
    }
    if (reference->transform_count > skipped + 1 || !policy_c14n(step[skipped].uri))
        return REFUSE(trial, CHECK_COVERAGE, "a ds:Reference has ds:Transforms other than C14N%s",
                      first ? " behind enveloped-signature" : "");
    policy_allow(plan, policy_c14n(step[skipped].uri));
    return true;
}

static void add_reference(struct plan *plan, const char *uri, const xmlNode *node,
                          const char *covers)
{
    const unsigned i = plan->reference_count++;

    plan->references[i].uri = uri;
    plan->references[i].id = node ? dom_id_attr(node) : NULL;
    plan->references[i].covers = covers;
}

static bool plan_properties(struct trial *trial, const struct xades *xades,
                            const struct reference *reference, struct plan *plan)
{
    if (!xades_is_type(reference->type))
        return REFUSE(trial, CHECK_COVERAGE,
                      "the ds:Reference to SignedProperties has the Type \"%.100s\"",
                      reference->type ? reference->type : "");
    add_reference(plan, reference->uri, xades->signed_properties, "SignedProperties");
    return policy_is_simple_id(reference->uri + 1) &&
                   policy_id(trial, xades->signed_properties, reference->uri + 1)
               ? plan_transforms(trial, reference, NULL, plan)
               : REFUSE(trial, CHECK_COVERAGE, "SignedProperties has no Id that is its own");
}

/* The ds:Object that holds the content of an enveloping signature. */
static const xmlNode *find_content(const struct signature *signature, const struct xades *xades,
                                   const struct reference *reference)
{
    for (const xmlNode *at = dom_first(signature->node); at; at = dom_next(at))
        if (dom_is(at, NS_DS, "Object") && at != xades->object && names(reference, at))
            return at;
    return NULL;
}

static bool plan_document(struct trial *trial, const struct signature *signature,
                          const struct xades *xades, const struct reference *reference,
                          struct plan *plan)
{
    const bool is_alone = xmlDocGetRootElement(signature->node->doc) == signature->node;
    const xmlNode *content = NULL;
    unsigned objects = 0;

    (void)dom_child(signature->node, NS_DS, "Object", &objects);
    if (objects != 1u + is_alone)
        return REFUSE(trial, CHECK_COVERAGE, "%u ds:Object in the signature; %u allowed", objects,
                      1u + is_alone);
    if (!is_alone) {
        add_reference(plan, "", NULL, "the whole document");
        if (!reference->uri || reference->uri[0])
            return REFUSE(trial, CHECK_COVERAGE,
                          "the ds:Reference URI is \"%.100s\"; \"\", the whole document, is "
                          "demanded",
                          reference->uri ? reference->uri : "");
        policy_allow(plan, xmlSecTransformEnvelopedId);
        return plan_transforms(trial, reference, URI_ENVELOPED, plan);
    }
    content = reference->uri ? find_content(signature, xades, reference) : NULL;
    if (!content || !policy_is_simple_id(reference->uri + 1))
        return REFUSE(trial, CHECK_COVERAGE,
                      "the ds:Reference URI \"%.100s\" is not that of a ds:Object with the content",
                      reference->uri ? reference->uri : "");
    add_reference(plan, reference->uri, content, "the ds:Object in the signature");
    return policy_id(trial, content, reference->uri + 1) &&
           plan_transforms(trial, reference, NULL, plan);
}

/* Architecture.md section 3.2: one Reference to the document, one to its own SignedProperties. */
static bool plan_references(struct trial *trial, const struct signature *signature,
                            const struct xades *xades, struct plan *plan)
{
    unsigned properties = 0;

    if (signature->reference_count != 2)
        return REFUSE(trial, CHECK_COVERAGE,
                      "%u ds:Reference; one to the document and one to SignedProperties are "
                      "demanded",
                      signature->reference_count);
    for (unsigned i = 0; i < 2; i++) {
        const struct reference *reference = &signature->references[i];
        const bool is_properties = reference->uri && names(reference, xades->signed_properties);

        properties += is_properties;
        if (is_properties ? !plan_properties(trial, xades, reference, plan)
                          : !plan_document(trial, signature, xades, reference, plan))
            return false;
    }
    if (properties != 1)
        return REFUSE(trial, CHECK_COVERAGE, "%s",
                      properties ? "both ds:Reference are to SignedProperties"
                                 : "SignedProperties is not signed: no ds:Reference to it");
    return true;
}

static bool make_plan(struct trial *trial, const struct signature *signature,
                      const struct xades *xades, struct plan *ret)
{
    struct plan plan = { .c14n = policy_c14n(signature->c14n.uri) };

    if (!policy_algorithms(trial, signature, &plan))
        return false;
    if (!plan.c14n)
        return REFUSE(trial, CHECK_COVERAGE,
                      "ds:CanonicalizationMethod is %.100s; C14N is demanded", signature->c14n.uri);
    if (!plan_references(trial, signature, xades, &plan) || !policy_prefixes(trial, signature))
        return false;
    *ret = plan;
    return true;
}

/* ---- SigningCertificate ---- */

/* A digest that is no SHA-1 will do, of whatever family; SHA-1 must be allowed. */
static bool digest_is_of(struct trial *trial, const struct xades_cert *named,
                         const struct cert *cert)
{
    const struct digest_method *method = digest_method_find(named->digest_uri);
    AUTO(bytes_free) struct bytes *value = NULL;
    unsigned char digest[EVP_MAX_MD_SIZE];
    size_t len = 0;
    struct err err;

    if (!method || (method->algorithm == ALG_RSA_SHA1 && !(trial_algorithms(trial) & ALG_RSA_SHA1)))
        return false;
    bool same = base64_decode(named->digest, sizeof(digest), &value, &err) == ST_OK &&
                EVP_Q_digest(NULL, method->md, NULL, cert_der(cert).at, cert_der(cert).len, digest,
                             &len) == 1 &&
                slice_eq(bytes_slice(value), slice_mem(digest, len));
    (void)ossl_clear();
    return same;
}

/* One Cert is the signer's; the others, of its path, limit nothing here. */
static bool check_certificate(struct trial *trial, const struct xades *xades,
                              const struct cert *cert)
{
    for (unsigned i = 0; i < xades->cert_count; i++) {
        const struct xades_cert *named = &xades->certs[i];

        if (!digest_is_of(trial, named, cert))
            continue;
        if (!cert_matches_issuer_serial(cert, named->issuer, named->serial))
            return REFUSE(trial, CHECK_SIGNATURE,
                          "SigningCertificate names another issuer or serial number than the "
                          "certificate of ds:KeyInfo has");
        report_add(trial->report, CHECK_SIGNATURE, OUTCOME_PASSED,
                   "SigningCertificate names the certificate of ds:KeyInfo");
        return true;
    }
    return REFUSE(trial, CHECK_SIGNATURE,
                  "SigningCertificate does not name the certificate of ds:KeyInfo");
}

/* ---- timestamps ---- */

static bool is_exclusive(const char *uri)
{
    return strcmp(uri, URI_EXC_C14N) == 0 || strcmp(uri, URI_EXC_C14N_COMMENTS) == 0;
}

/* One way to see the ds:SignatureValue; the verdict of the token over it. */
static enum verdict judge_as(struct trial *trial, const xmlNode *value, enum c14n_mode mode,
                             struct slice token, struct report *report, int64_t *ret_at_ms)
{
    struct judge apart = *trial->judge;
    AUTO(bytes_free) struct bytes *canonical = NULL;
    struct err err;

    apart.evidence = trial->aside;
    if (c14n_subtree(value, mode, MAX_STAMPED_BYTES, &canonical, &err) != ST_OK) {
        report_add(report, CHECK_TIMESTAMP, OUTCOME_FAILED, "%s", err.text);
        return VERDICT_INVALID;
    }
    return tsp_judge(&apart, token, bytes_slice(canonical), report, ret_at_ms);
}

/* A timestamp that names no C14N is over the inclusive one, as XMLDSig's default is; some
 * implementations take that of ds:SignedInfo. Either way it is over the same value. */
static enum verdict judge_token(struct trial *trial, const struct signature *signature,
                                const struct xades_stamp *stamp, struct slice token,
                                struct report **report, int64_t *ret_at_ms)
{
    const xmlNode *value = dom_child(signature->node, NS_DS, "SignatureValue", NULL);
    const bool exclusive = stamp->c14n_uri && is_exclusive(stamp->c14n_uri);
    enum verdict verdict = judge_as(trial, value, exclusive ? C14N_EXCLUSIVE : C14N_INCLUSIVE,
                                    token, *report, ret_at_ms);
    struct report *again = NULL;

    if (verdict != VERDICT_INVALID || stamp->c14n_uri || !is_exclusive(signature->c14n.uri))
        return verdict;
    again = report_new();
    if (!again)
        return VERDICT_INVALID;
    report_free(*report);
    *report = again;
    return judge_as(trial, value, C14N_EXCLUSIVE, token, again, ret_at_ms);
}

/* The token's rows; with signature_only they are told and stay out of the verdict. */
static void tell_token(struct trial *trial, const struct report *inner)
{
    const bool is_told = trial->judge->signature_only;

    if (!is_told) {
        report_append(trial->report, inner);
        return;
    }
    for (size_t i = 0; i < report_row_count(inner); i++) {
        const struct report_row row = report_row(inner, i);

        report_add(trial->report, row.check, OUTCOME_SKIPPED, "not asked for: %s", row.detail);
    }
}

/* *at_ms becomes the token's time when it is the first or an earlier one. */
static bool judge_stamp(struct trial *trial, const struct signature *signature,
                        const struct xades_stamp *stamp, int64_t *at_ms)
{
    AUTO(report_free) struct report *inner = report_new();
    AUTO(bytes_free) struct bytes *token = NULL;
    enum verdict verdict;
    int64_t stamped_ms = 0;
    struct err err;

    if (!inner)
        return trial_fail(trial, ST_NOMEM, "out of memory");
    if (stamp->c14n_uri && !policy_c14n(stamp->c14n_uri))
        return REFUSE(trial, CHECK_TIMESTAMP, "SignatureTimeStamp is by %.100s, which is no C14N",
                      stamp->c14n_uri);
    if (base64_decode(stamp->token, XADES_MAX_TOKEN, &token, &err) != ST_OK)
        return REFUSE(trial, CHECK_TIMESTAMP, "EncapsulatedTimeStamp is not base64");
    verdict = judge_token(trial, signature, stamp, bytes_slice(token), &inner, &stamped_ms);
    tell_token(trial, inner);
    evidence_add(trial->aside, EVIDENCE_TSP, bytes_slice(token));
    /* indeterminate: nothing but the authority's revocation is unknown, and its row says so */
    if (verdict != VERDICT_INVALID && (*at_ms == 0 || stamped_ms < *at_ms))
        *at_ms = stamped_ms;
    if (verdict != VERDICT_INVALID || trial->judge->signature_only)
        return true;
    return report_row_count(inner) > 0 ? false
                                       : REFUSE(trial, CHECK_TIMESTAMP, "the token is refused");
}

static bool tell_no_stamp(struct trial *trial)
{
    if (trial->judge->timestamp_required && !trial->judge->signature_only)
        return REFUSE(trial, CHECK_TIMESTAMP, "no SignatureTimeStamp, and one is demanded");
    report_add(trial->report, CHECK_TIMESTAMP, OUTCOME_SKIPPED, "no SignatureTimeStamp");
    return true;
}

/* What the signer claims must not contradict what is known. at_ms 0: no timestamp. */
static bool check_time(struct trial *trial, const struct xades *xades, int64_t at_ms)
{
    const struct judge *judge = trial->judge;
    const struct slice claimed = xades->signing_time;
    const int len = (int)(claimed.len < 40 ? claimed.len : 40);
    struct time_span span;
    int64_t latest_ms;

    if (!xades->has_time)
        return true;
    if (!time_parse(claimed, &span))
        return REFUSE(trial, CHECK_TIMESTAMP, "SigningTime is no time: %.*s", len, claimed.at);
    /* tokens are read in whole seconds */
    latest_ms = (at_ms ? at_ms + 999 : judge->now_ms) + judge->skew_ms;
    if (!judge->signature_only && span.from_ms > latest_ms)
        return REFUSE(trial, CHECK_TIMESTAMP, "SigningTime %.*s is %s", len, claimed.at,
                      at_ms ? "behind the timestamp's time" : "in the future");
    report_add(trial->report, CHECK_TIMESTAMP, OUTCOME_SKIPPED, "the signer claims %.*s", len,
               claimed.at);
    return true;
}

static bool judge_times(struct trial *trial, const struct signature *signature,
                        const struct xades *xades, int64_t *ret_at_ms)
{
    int64_t at_ms = 0;

    for (unsigned i = 0; i < xades->stamp_count; i++)
        if (!judge_stamp(trial, signature, &xades->stamps[i], &at_ms))
            return false;
    if (xades->stamp_count == 0 && !tell_no_stamp(trial))
        return false;
    if (at_ms)
        report_set_timestamp(trial->report, at_ms);
    *ret_at_ms = at_ms && !trial->judge->signature_only ? at_ms : trial->judge->now_ms;
    return check_time(trial, xades, at_ms);
}

/* ---- the whole ---- */

static bool read(struct trial *trial, const xmlDoc *doc, struct signature *signature,
                 struct xades *xades)
{
    xmlNode *node = NULL;

    if (!find_signature(trial, doc, &node) ||
        !signature_read(trial, node, SIGNATURE_XADES, signature) ||
        !xades_read(trial, signature, xades))
        return false;
    report_add(trial->report, CHECK_FORMAT, OUTCOME_PASSED, "XAdES-%s (ETSI TS 101 903 %s)%s%s",
               xades->stamp_count ? "T" : "BES", xades->version,
               xades->unjudged[0] ? "; not judged: " : "", xades->unjudged);
    return true;
}

static bool verify(struct trial *trial, const struct signature *signature,
                   const struct xades *xades, struct cert **ret_cert)
{
    struct plan plan;
    const char *document = NULL;

    if (!make_plan(trial, signature, xades, &plan) ||
        !keyinfo_find(trial, signature, NULL, ret_cert) ||
        !proof_verify(trial, &plan, signature->node, *ret_cert, NULL) ||
        !check_certificate(trial, xades, *ret_cert))
        return false;
    document = plan.references[names(&signature->references[0], xades->signed_properties)].covers;
    report_set_covers(trial->report, "%s, SignedProperties", document);
    report_add(trial->report, CHECK_COVERAGE, OUTCOME_PASSED, "%s and SignedProperties are signed",
               document);
    return true;
}

static bool judge_times_and_signer(struct trial *trial, const struct signature *signature,
                                   const struct xades *xades, const struct cert *cert)
{
    struct judge judge = *trial->judge;
    AUTO_FREE const struct cert **extra = judge_helpers(trial, &judge.extra_count);
    AUTO(bytes_free) struct bytes *value = NULL;
    AUTO(evidence_free) struct evidence *aside = judge.evidence ? evidence_new() : NULL;
    int64_t at_ms = judge.now_ms;
    struct err err;

    if (!extra || (judge.evidence && !aside))
        return trial_fail(trial, ST_NOMEM, "out of memory");
    judge.extra = extra;
    trial->aside = aside;
    if (base64_decode(signature->value, SIGNATURE_MAX_VALUE, &value, &err) != ST_OK)
        return REFUSE(trial, CHECK_SIGNATURE, "ds:SignatureValue is not base64");
    sha256(bytes_slice(value), judge.signature_sha256);
    report_add_signer(trial->report, cert_signer(cert));
    bool stands = judge_times(trial, signature, xades, &at_ms) &&
                  trust_judge_at(&judge, cert, at_ms, "", trial->report) != VERDICT_INVALID;
    evidence_append(judge.evidence, aside);
    trial->aside = NULL;
    return stands;
}

enum verdict xades_judge(const struct judge *judge, struct slice xml,
                         const struct xml_limits *limits, struct report *report)
{
    struct trial trial = { .judge = judge, .report = report };
    AUTO(xmlFreeDoc) xmlDoc *doc = NULL;
    AUTO(cert_free) struct cert *cert = NULL;
    struct signature signature;
    struct xades xades;
    const bool is_whole = judge_parse(&trial, xml, limits, DOCUMENT_ALLOWS_PI, &doc) &&
                          read(&trial, doc, &signature, &xades) &&
                          verify(&trial, &signature, &xades, &cert) &&
                          judge_times_and_signer(&trial, &signature, &xades, cert);
    const enum verdict verdict = trial_verdict(&trial, is_whole);

    trial_clear(&trial);
    return verdict;
}
