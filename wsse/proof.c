/* The cryptographic part: digests and signature value, by xmlsec1. Every default of xmlsec's is
 * narrowed to what the plan says, and its two answers (return value and status) are made one. */
#include "wsse/proof.h"

#include "wsse/transforms.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <xmlsec/buffer.h>
#include <xmlsec/xmldsig.h>

DEFINE_AUTO(xmlSecDSigCtx, xmlSecDSigCtxDestroy)

/* libxml2's own table must lead from the URI to the attribute that the policy found by position. */
static bool means_planned_nodes(const struct plan *plan, xmlDoc *doc)
{
    for (unsigned i = 0; i < plan->reference_count; i++) {
        const xmlAttr *id = plan->references[i].id;

        if (id && xmlGetID(doc, BAD_CAST(plan->references[i].uri + 1)) != id)
            return false;
    }
    return true;
}

static bool register_ids(struct trial *trial, const struct plan *plan, xmlDoc *doc)
{
    for (unsigned i = 0; i < plan->reference_count; i++)
        if (plan->references[i].id)
            (void)xmlAddID(NULL, doc, BAD_CAST(plan->references[i].uri + 1),
                           plan->references[i].id);
    if (!means_planned_nodes(plan, doc))
        return REFUSE(trial, CHECK_COVERAGE, "an id means two places of the document");
    return true;
}

static bool narrow(xmlSecDSigCtx *ctx, const struct plan *plan)
{
    ctx->flags |= XMLSEC_DSIG_FLAGS_IGNORE_MANIFESTS;
    ctx->enabledReferenceUris = xmlSecTransformUriTypeNone;
    for (unsigned i = 0; i < plan->reference_count; i++)
        ctx->enabledReferenceUris |= plan->references[i].id ? xmlSecTransformUriTypeSameDocument
                                                            : xmlSecTransformUriTypeEmpty;
    if (xmlSecDSigCtxEnableSignatureTransform(ctx, plan->c14n) < 0 ||
        xmlSecDSigCtxEnableSignatureTransform(ctx, plan->method->transform()) < 0)
        return false;
    for (unsigned i = 0; i < plan->allowed_count; i++)
        if (xmlSecDSigCtxEnableReferenceTransform(ctx, plan->allowed[i]) < 0)
            return false;
    return true;
}

/* The context of a verification, with the key lent to it; NULL when out of memory. keeps_signed:
 * the digested bytes are kept too. */
static xmlSecDSigCtx *new_context(const struct plan *plan, const struct cert *cert,
                                  bool keeps_signed)
{
    AUTO(xmlSecDSigCtxDestroy) xmlSecDSigCtx *ctx = xmlSecDSigCtxCreate(NULL);
    EVP_PKEY *pkey = X509_get0_pubkey(cert_x509(cert));

    if (!ctx || !pkey || !narrow(ctx, plan))
        return NULL;
    if (keeps_signed)
        ctx->flags |= XMLSEC_DSIG_FLAGS_STORE_SIGNEDINFO_REFERENCES;
    ctx->signKey = transforms_lend_key(pkey, plan->method->transform());
    return ctx->signKey ? TAKE(ctx) : NULL;
}

static xmlSecDSigReferenceCtx *reference_at(xmlSecDSigCtx *ctx, unsigned i)
{
    return xmlSecPtrListGetItem(&ctx->signedInfoReferences, i);
}

/* xmlsec stops at the first digest that differs. */
static bool check_digests(struct trial *trial, const struct plan *plan, xmlSecDSigCtx *ctx)
{
    for (unsigned i = 0; i < plan->reference_count; i++) {
        const xmlSecDSigReferenceCtx *reference = reference_at(ctx, i);
        const char *covers = plan->references[i].covers;

        if (!reference || reference->status == xmlSecDSigStatusUnknown)
            return REFUSE(trial, CHECK_DIGEST, "the digest of %s cannot be computed", covers);
        if (reference->status != xmlSecDSigStatusSucceeded)
            return REFUSE(trial, CHECK_DIGEST,
                          "%s was changed after signing: its digest is another", covers);
        report_add(trial->report, CHECK_DIGEST, OUTCOME_PASSED, "of %s", covers);
    }
    return true;
}

static bool check_result(struct trial *trial, const struct plan *plan, xmlSecDSigCtx *ctx,
                         int result)
{
    if (xmlSecPtrListGetSize(&ctx->signedInfoReferences) > plan->reference_count)
        return REFUSE(trial, CHECK_COVERAGE, "more ds:Reference than planned");
    if (!check_digests(trial, plan, ctx))
        return false;
    if (result < 0)
        return REFUSE(trial, CHECK_SIGNATURE, "ds:SignatureValue cannot be verified");
    if (ctx->status != xmlSecDSigStatusSucceeded)
        return REFUSE(trial, CHECK_SIGNATURE,
                      "ds:SignatureValue does not belong to ds:SignedInfo and the certificate");
    report_add(trial->report, CHECK_SIGNATURE, OUTCOME_PASSED, "%s",
               algorithm_name(plan->method->algorithm));
    return true;
}

static bool check_coverage(struct trial *trial, const struct plan *plan, xmlSecDSigCtx *ctx,
                           xmlDoc *doc)
{
    bool is_as_planned = means_planned_nodes(plan, doc);

    for (unsigned i = 0; i < plan->reference_count && is_as_planned; i++) {
        const char *uri = (const char *)reference_at(ctx, i)->uri;

        is_as_planned = uri && strcmp(uri, plan->references[i].uri) == 0;
    }
    if (!is_as_planned)
        return REFUSE(trial, CHECK_COVERAGE, "another node than the planned one was digested");
    return true;
}

static bool take_signed(struct trial *trial, const struct plan *plan, xmlSecDSigCtx *ctx,
                        struct bytes **ret_signed)
{
    xmlSecBufferPtr buffer =
        xmlSecDSigReferenceCtxGetPreDigestBuffer(reference_at(ctx, plan->body));
    struct bytes *copy = NULL;

    if (!buffer || xmlSecBufferGetSize(buffer) == 0)
        return REFUSE(trial, CHECK_COVERAGE, "nothing was digested");
    copy = bytes_dup(slice_mem(xmlSecBufferGetData(buffer), xmlSecBufferGetSize(buffer)));
    if (!copy)
        return trial_fail(trial, ST_NOMEM, "out of memory");
    *ret_signed = copy;
    return true;
}

bool proof_fits(struct trial *trial, const struct plan *plan, const struct cert *cert)
{
    if (!algorithm_fits_key(plan->method->algorithm, cert_algorithm(cert)))
        return REFUSE(
            trial, CHECK_ALGORITHM, "the signature method is %s, the certificate's key %s",
            algorithm_name(plan->method->algorithm), algorithm_name(cert_algorithm(cert)));
    report_add(trial->report, CHECK_ALGORITHM, OUTCOME_PASSED, "%s",
               algorithm_name(plan->method->algorithm));
    return true;
}

bool proof_verify(struct trial *trial, const struct plan *plan, xmlNode *signature_node,
                  const struct cert *cert, struct bytes **ret_signed)
{
    AUTO(xmlSecDSigCtxDestroy) xmlSecDSigCtx *ctx = NULL;
    int result;

    if (!proof_fits(trial, plan, cert) || !register_ids(trial, plan, signature_node->doc))
        return false;
    ctx = new_context(plan, cert, ret_signed != NULL);
    if (!ctx)
        return trial_fail(trial, ST_NOMEM, "out of memory");
    result = xmlSecDSigCtxVerify(ctx, signature_node);
    ERR_clear_error();
    return check_result(trial, plan, ctx, result) &&
           check_coverage(trial, plan, ctx, signature_node->doc) &&
           (!ret_signed || take_signed(trial, plan, ctx, ret_signed));
}
