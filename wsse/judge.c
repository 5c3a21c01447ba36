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
#include "wsse/xmlsig.h"

void envelope_findings_clear(struct envelope_findings *findings)
{
    cert_free(findings->cert);
    bytes_free(findings->body);
    bytes_free(findings->authored);
    *findings = (struct envelope_findings){ .is_receiver = findings->is_receiver };
}

static bool parse(struct trial *trial, struct slice xml, const struct xml_limits *limits,
                  unsigned flags, xmlDoc **ret_doc)
{
    struct err err;

    if (document_parse(xml, limits, flags, ret_doc, &err) == ST_OK)
        return true;
    return trial_fail(trial, err.status, err.text);
}

/* The signer, once the signature stands. Nothing is fetched for a forged message. */
static bool judge_signer(struct trial *trial, const struct signature *signature,
                         const struct cert *cert)
{
    struct judge judge = *trial->judge;
    AUTO(bytes_free) struct bytes *value = NULL;
    struct err err;

    if (base64_decode(signature->value, SIGNATURE_MAX_VALUE, &value, &err) != ST_OK)
        return REFUSE(trial, CHECK_SIGNATURE, "ds:SignatureValue is not base64");
    sha256(bytes_slice(value), judge.signature_sha256);
    report_add_signer(trial->report, cert_signer(cert));
    return trust_judge(&judge, cert, trial->report) == VERDICT_VALID;
}

static bool verify_envelope(struct trial *trial, const struct envelope *envelope,
                            const struct signature *signature, struct envelope_findings *findings)
{
    struct plan plan;

    if (!policy_envelope(trial, envelope, signature, &plan) ||
        !keyinfo_find(trial, signature->key_info, envelope->security, &findings->cert) ||
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
    bool is_valid = parse(trial, xml, limits, 0, &doc) &&
                    read_envelope(trial, doc, findings->is_receiver, &envelope, &signature) &&
                    verify_envelope(trial, &envelope, &signature, findings) &&
                    judge_signer(trial, &signature, findings->cert) &&
                    find_authored(trial, &envelope, findings);
    const enum verdict verdict = report_verdict(trial->report);

    return is_valid || verdict != VERDICT_VALID ? verdict : VERDICT_INVALID;
}

enum verdict xmlsig_judge_envelope(const struct judge *judge, struct slice xml,
                                   const struct xml_limits *limits, struct report *report)
{
    struct trial trial = { judge, report, NULL, ST_OK };
    struct envelope_findings findings = { 0 };
    const enum verdict verdict = judge_envelope(&trial, xml, limits, &findings);

    envelope_findings_clear(&findings);
    return verdict;
}

/* НУЦ РК's enveloped profile. */

static bool find_enveloped(struct trial *trial, const xmlDoc *doc, xmlNode **ret)
{
    const xmlNode *root = xmlDocGetRootElement(doc);
    unsigned count = 0;
    xmlNode *node = dom_child(root, NS_DS, "Signature", &count);

    if (dom_is(root, NS_DS, "Signature"))
        return trial_fail(trial, ST_FORMAT,
                          "the document is a ds:Signature itself, not a document with one inside");
    if (count == 0 && dom_count(root, NS_DS, "Signature") > 0)
        return REFUSE(trial, CHECK_COVERAGE,
                      "the ds:Signature is not a child of the document element");
    if (count == 0)
        return trial_fail(trial, ST_UNSIGNED, "the document holds no ds:Signature");
    if (count > 1)
        return REFUSE(trial, CHECK_COVERAGE,
                      "%u ds:Signature in the document; several signatures cannot be judged yet",
                      count);
    *ret = node;
    return true;
}

static bool verify_enveloped(struct trial *trial, const struct signature *signature,
                             struct cert **ret_cert)
{
    struct plan plan;

    report_add(trial->report, CHECK_FORMAT, OUTCOME_PASSED,
               "XML document with an enveloped signature");
    if (!policy_enveloped(trial, signature, &plan) ||
        !keyinfo_find(trial, signature->key_info, NULL, ret_cert) ||
        !proof_verify(trial, &plan, signature->node, *ret_cert, NULL))
        return false;
    report_set_covers(trial->report, "%s", plan.references[0].covers);
    report_add(trial->report, CHECK_COVERAGE, OUTCOME_PASSED, "%s", plan.references[0].covers);
    return true;
}

enum verdict xmlsig_judge_enveloped(const struct judge *judge, struct slice xml,
                                    const struct xml_limits *limits, struct report *report)
{
    struct trial trial = { judge, report, NULL, ST_OK };
    AUTO(xmlFreeDoc) xmlDoc *doc = NULL;
    AUTO(cert_free) struct cert *cert = NULL;
    xmlNode *node = NULL;
    struct signature signature;
    bool is_valid = parse(&trial, xml, limits, DOCUMENT_ALLOWS_PI, &doc) &&
                    find_enveloped(&trial, doc, &node) &&
                    signature_read(&trial, node, SIGNATURE_ENVELOPED, &signature) &&
                    verify_enveloped(&trial, &signature, &cert) &&
                    judge_signer(&trial, &signature, cert);
    const enum verdict verdict = report_verdict(report);

    return is_valid || verdict != VERDICT_VALID ? verdict : VERDICT_INVALID;
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
    return dom_count(root, NS_DS, "Signature") > 0 ? DOCUMENT_ENVELOPED : DOCUMENT_OTHER;
}
