/* The cryptographic part without xmlsec1: of content that is not of the document, and to tell which
 * of several certificates is the signer's. */
#include "crypto/bare.h"
#include "crypto/encode.h"
#include "wsse/document.h"
#include "wsse/proof.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

enum { MAX_INFO_BYTES = 1 << 20 };

/* ds:SignedInfo as ds:CanonicalizationMethod says, where it stands. */
static enum status canonical_info(const struct signature *signature, struct bytes **ret,
                                  struct err *err)
{
    const xmlNode *info = dom_first(signature->node);
    struct c14n_job job = { .doc = info->doc,
                            .apex = info,
                            .prefixes = signature->c14n.prefixes,
                            .max_bytes = MAX_INFO_BYTES };

    if (!policy_c14n_mode(signature->c14n.uri, &job.mode))
        return RAISE(err, ST_FORMAT, "ds:CanonicalizationMethod is no C14N");
    return c14n_run(&job, ret, err);
}

bool proof_is_made_by(const struct trial *trial, const struct signature *signature,
                      const struct cert *cert)
{
    const struct signature_method *method = signature_method_find(signature->method_uri);
    AUTO(bytes_free) struct bytes *info = NULL;
    AUTO(bytes_free) struct bytes *value = NULL;
    const struct scheme *scheme = NULL;
    struct judge narrow = *trial->judge;
    struct err err;

    if (!method || !algorithm_fits_key(method->algorithm, cert_algorithm(cert)) ||
        canonical_info(signature, &info, &err) != ST_OK ||
        base64_decode(signature->value, SIGNATURE_MAX_VALUE, &value, &err) != ST_OK)
        return false;
    narrow.algorithms = method->algorithm;
    return bare_verify(&narrow, cert, bytes_slice(info), bytes_slice(value), &scheme);
}

/* What is digested: the bytes, or the canonical form of the XML that they are. */
static bool read_content(struct trial *trial, const struct reference *reference,
                         const struct outside *outside, struct bytes **ret)
{
    AUTO(xmlFreeDoc) xmlDoc *doc = NULL;
    struct c14n_job job = { .max_bytes = document_canonical_max(outside->limits),
                            .prefixes = reference->transforms[0].prefixes };
    struct err err;

    if (!policy_c14n_mode(reference->transforms[0].uri, &job.mode))
        return REFUSE(trial, CHECK_COVERAGE, "the ds:Transform is no C14N");
    if (document_parse(outside->content, outside->limits, DOCUMENT_ALLOWS_PI, &doc, &err) != ST_OK)
        return REFUSE(trial, CHECK_DIGEST, "the content must be XML for its ds:Transform: %s",
                      err.text);
    job.doc = doc;
    if (c14n_run(&job, ret, &err) != ST_OK)
        return err.status == ST_NOMEM ? trial_fail(trial, ST_NOMEM, "out of memory")
                                      : REFUSE(trial, CHECK_DIGEST, "%s", err.text);
    return true;
}

static bool digest_is(const struct reference *reference, struct slice data)
{
    const struct digest_method *method = digest_method_find(reference->digest_uri);
    unsigned char digest[EVP_MAX_MD_SIZE];
    AUTO(bytes_free) struct bytes *value = NULL;
    size_t len = 0;
    struct err err;

    return method && base64_decode(reference->digest, sizeof(digest), &value, &err) == ST_OK &&
           EVP_Q_digest(NULL, method->md, NULL, data.at, data.len, digest, &len) == 1 && len > 0 &&
           value->len == len && CRYPTO_memcmp(value->at, digest, len) == 0;
}

bool proof_verify_outside(struct trial *trial, const struct plan *plan,
                          const struct signature *signature, const struct cert *cert,
                          const struct outside *outside)
{
    const struct reference *reference = &signature->references[0];
    const char *covers = plan->references[0].covers;
    AUTO(bytes_free) struct bytes *canonical = NULL;
    struct slice data = outside->content;

    if (!proof_fits(trial, plan, cert))
        return false;
    if (reference->transform_count > 0) {
        if (!read_content(trial, reference, outside, &canonical))
            return false;
        data = bytes_slice(canonical);
    }
    if (!digest_is(reference, data))
        return REFUSE(trial, CHECK_DIGEST, "%s is not what was signed: its digest is another",
                      covers);
    report_add(trial->report, CHECK_DIGEST, OUTCOME_PASSED, "of %s", covers);
    if (!proof_is_made_by(trial, signature, cert))
        return REFUSE(trial, CHECK_SIGNATURE,
                      "ds:SignatureValue does not belong to ds:SignedInfo and the certificate");
    report_add(trial->report, CHECK_SIGNATURE, OUTCOME_PASSED, "%s",
               algorithm_name(plan->method->algorithm));
    return true;
}
