/* The judgement of signed XML: format, algorithm, digest, signature, coverage, timestamp; then the
 * signer, by trust_judge(). */
#include "wsse/judge.h"

#include "crypto/encode.h"
#include "wsse/document.h"
#include "wsse/keyinfo.h"
#include "wsse/names.h"
#include "wsse/proof.h"
#include "wsse/timestamp.h"
#include "wsse/wsse_impl.h"
#include "wsse/xades_properties.h"
#include "wsse/xmlsig.h"

void envelope_findings_clear(struct envelope_findings *findings)
{
    cert_free(findings->cert);
    bytes_free(findings->body);
    bytes_free(findings->authored);
    *findings = (struct envelope_findings){ .is_receiver = findings->is_receiver };
}

bool judge_parse(struct trial *trial, struct slice xml, const struct xml_limits *limits,
                 unsigned flags, xmlDoc **ret_doc)
{
    struct err err;

    if (document_parse(xml, limits, flags, ret_doc, &err) == ST_OK)
        return true;
    return trial_fail(trial, err.status, err.text);
}

const struct cert **judge_helpers(const struct trial *trial, size_t *ret_count)
{
    const struct judge *judge = trial->judge;
    const size_t count = judge->extra_count + trial->helper_count;
    const struct cert **certs = calloc(count + 1, sizeof(const struct cert *));

    if (!certs)
        return NULL;
    for (size_t i = 0; i < judge->extra_count; i++)
        certs[i] = judge->extra[i];
    for (unsigned i = 0; i < trial->helper_count; i++)
        certs[judge->extra_count + i] = trial->helpers[i];
    *ret_count = count;
    return certs;
}

bool judge_signer(struct trial *trial, const struct signature *signature, const struct cert *cert)
{
    struct judge judge = *trial->judge;
    AUTO_FREE const struct cert **extra = judge_helpers(trial, &judge.extra_count);
    AUTO(bytes_free) struct bytes *value = NULL;
    struct err err;

    if (!extra)
        return trial_fail(trial, ST_NOMEM, "out of memory");
    if (base64_decode(signature->value, SIGNATURE_MAX_VALUE, &value, &err) != ST_OK)
        return REFUSE(trial, CHECK_SIGNATURE, "ds:SignatureValue is not base64");
    judge.extra = extra;
    sha256(bytes_slice(value), judge.signature_sha256);
    report_add_signer(trial->report, cert_signer(cert));
    /* INDETERMINATE may be let through by whoever asked, so all else must be judged too */
    return trust_judge(&judge, cert, trial->report) != VERDICT_INVALID;
}

static bool verify_envelope(struct trial *trial, const struct envelope *envelope,
                            const struct signature *signature, struct envelope_findings *findings)
{
    struct plan plan;

    if (!policy_envelope(trial, envelope, signature, &plan) ||
        !keyinfo_find(trial, signature, envelope->security, &findings->cert) ||
        !proof_verify(trial, &plan, signature->node, findings->cert, &findings->body))
        return false;
    report_set_covers(trial->report, plan.is_timestamp ? "soap:Body, wsu:Timestamp" : "soap:Body");
    report_add(trial->report, CHECK_COVERAGE, OUTCOME_PASSED, "the one soap:Body%s is signed",
               plan.is_timestamp ? " and the wsu:Timestamp" : "");
    return timestamp_check(trial, envelope, plan.is_timestamp);
}

static bool read_envelope(struct trial *trial, const xmlDoc *doc, bool understands_headers,
                          struct envelope *envelope, struct signature *signature)
{
    if (!envelope_open(trial, doc, envelope) ||
        (understands_headers && !envelope_understands(trial, envelope)) ||
        !envelope_find_signature(trial, envelope) ||
        !signature_read(trial, envelope->signature, SIGNATURE_WSSE, signature))
        return false;
    report_add(trial->report, CHECK_FORMAT, OUTCOME_PASSED, "SOAP 1.1 envelope with WS-Security");
    return true;
}

static bool find_authored(struct trial *trial, const struct envelope *envelope,
                          struct envelope_findings *findings)
{
    struct err err;

    if (!findings->is_receiver ||
        payload_document(envelope->body, &findings->authored, &err) == ST_OK)
        return true;
    return trial_fail(trial, err.status, err.text);
}

enum verdict judge_envelope(struct trial *trial, struct slice xml, const struct xml_limits *limits,
                            struct envelope_findings *findings)
{
    AUTO(xmlFreeDoc) xmlDoc *doc = NULL;
    struct envelope envelope;
    struct signature signature;
    const bool is_whole = judge_parse(trial, xml, limits, 0, &doc) &&
                          read_envelope(trial, doc, findings->is_receiver, &envelope, &signature) &&
                          verify_envelope(trial, &envelope, &signature, findings) &&
                          judge_signer(trial, &signature, findings->cert) &&
                          find_authored(trial, &envelope, findings);

    return trial_verdict(trial, is_whole);
}

enum verdict xmlsig_judge_envelope(const struct judge *judge, struct slice xml,
                                   const struct xml_limits *limits, struct report *report)
{
    struct trial trial = { .judge = judge, .report = report };
    struct envelope_findings findings = { 0 };
    const enum verdict verdict = judge_envelope(&trial, xml, limits, &findings);

    envelope_findings_clear(&findings);
    trial_clear(&trial);
    return verdict;
}

/* Its References, as far as a look tells: the URI of the only one, else NULL. */
static const char *only_uri(const xmlNode *signature)
{
    const xmlNode *info = dom_child(signature, NS_DS, "SignedInfo", NULL);
    unsigned count = 0;
    const xmlNode *reference = dom_child(info, NS_DS, "Reference", &count);

    return count == 1 ? dom_attr(reference, NULL, "URI") : NULL;
}

static bool names_one_element(const xmlNode *signature)
{
    const char *uri = only_uri(signature);

    return uri && uri[0] == '#';
}

static bool names_what_is_around(const xmlNode *signature)
{
    const char *uri = only_uri(signature);

    return uri && uri[0] == '\0';
}

enum document_kind xml_document_kind(struct slice xml, const struct xml_limits *limits)
{
    AUTO(xmlFreeDoc) xmlDoc *doc = NULL;
    const xmlNode *root = NULL;
    struct err err;

    if (document_parse(xml, limits, DOCUMENT_ALLOWS_PI, &doc, &err) != ST_OK)
        return DOCUMENT_OTHER;
    root = xmlDocGetRootElement(doc);
    if (dom_is(root, NS_SOAP, "Envelope"))
        return DOCUMENT_ENVELOPE;
    if (xades_is_in(doc))
        return DOCUMENT_XADES;
    if (dom_is(root, NS_DS, "Signature"))
        return dom_child(root, NS_DS, "Object", NULL) ? DOCUMENT_OTHER
               : names_what_is_around(root)           ? DOCUMENT_ENVELOPED
                                                      : DOCUMENT_DETACHED;
    if (names_one_element(dom_child(root, NS_DS, "Signature", NULL)))
        return DOCUMENT_DETACHED;
    return dom_count(root, NS_DS, "Signature") > 0 ? DOCUMENT_ENVELOPED : DOCUMENT_OTHER;
}
