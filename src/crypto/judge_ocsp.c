/* An OCSP answer judged for its own sake: whoever it is about, and whoever asked. */
#include "crypto/cert_impl.h"
#include "crypto/judge_source.h"
#include "crypto/ocsp_impl.h"
#include "crypto/scheme.h"
#include "crypto/trust_impl.h"

#include <openssl/err.h>

/* The search for the issuer that a CertID names by digests of name and key. */
struct search {
    OCSP_CERTID *id;
    EVP_MD *md;
    X509 *found; /* borrowed */
};

static bool parts_of(OCSP_CERTID *id, ASN1_OCTET_STRING **name, ASN1_OCTET_STRING **key)
{
    return id && OCSP_id_get0_info(name, NULL, key, NULL, id) == 1;
}

static void try_issuer(void *ctx, X509 *x509)
{
    struct search *search = ctx;
    ASN1_OCTET_STRING *name[2] = { 0 };
    ASN1_OCTET_STRING *key[2] = { 0 };

    if (search->found)
        return;
    AUTO(OCSP_CERTID_free) OCSP_CERTID *ours = OCSP_cert_to_id(search->md, NULL, x509);
    ERR_clear_error();
    if (parts_of(ours, &name[0], &key[0]) && parts_of(search->id, &name[1], &key[1]) &&
        ASN1_OCTET_STRING_cmp(name[0], name[1]) == 0 && ASN1_OCTET_STRING_cmp(key[0], key[1]) == 0)
        search->found = x509;
}

static X509 *find_issuer(const struct judge *judge, const OCSP_SINGLERESP *single)
{
    struct search search = { .id = (OCSP_CERTID *)OCSP_SINGLERESP_get0_id(single) };
    ASN1_OBJECT *digest = NULL;
    char oid[OID_TEXT];

    if (OCSP_id_get0_info(NULL, &digest, NULL, NULL, search.id) != 1)
        return NULL;
    oid_text(digest, oid);
    const char *name = digest_name_of_oid(oid);
    AUTO(EVP_MD_free) EVP_MD *md = name ? EVP_MD_fetch(NULL, name, NULL) : NULL;
    search.md = md;
    if (md)
        judge_each_issuer(judge, try_issuer, &search);
    return search.found;
}

static void tell_status(OCSP_SINGLERESP *single, const struct cert *issuer,
                        struct ocsp_answer *answer, struct report *report)
{
    ASN1_INTEGER *serial = NULL;
    char when[TIME_TEXT];
    const char *number = "?";

    (void)OCSP_id_get0_info(NULL, NULL, NULL, &serial,
                            (OCSP_CERTID *)OCSP_SINGLERESP_get0_id(single));
    AUTO(BN_free) BIGNUM *value = serial ? ASN1_INTEGER_to_BN(serial, NULL) : NULL;
    AUTO(ossl_text_free) char *hex = value ? BN_bn2hex(value) : NULL;
    ocsp_tell_state(single, answer);
    detail_time(answer->this_update_ms, when);
    report_set_covers(report, "the answer of %s that certificate %s of %s is %s", when,
                      hex ? hex : number, cert_label(issuer), answer->text);
    report_add(report, CHECK_REVOCATION, OUTCOME_SKIPPED,
               "the verdict is on the answer; it says of the certificate: %s", answer->text);
}

static void judge_single(const struct judge *judge, OCSP_BASICRESP *basic, OCSP_SINGLERESP *single,
                         const struct cert *issuer, struct report *report)
{
    const struct ocsp_query query = { .issuer = issuer,
                                      .now_ms = judge->now_ms,
                                      .skew_ms = judge->skew_ms };
    const struct scheme *scheme = scheme_of_signature(OCSP_resp_get0_tbs_sigalg(basic)->algorithm);
    struct ocsp_answer answer = { .state = OCSP_UNUSABLE };

    report_set_algorithm(report, scheme ? scheme->name : "unknown");
    if (!ocsp_judge_signature(&query, basic, &answer)) {
        report_add(report, CHECK_SIGNATURE, OUTCOME_FAILED, "%s", answer.text);
        return;
    }
    report_add(report, CHECK_SIGNATURE, OUTCOME_PASSED, "of a responder authorised by %s",
               cert_label(issuer));
    judge_source_issuer(judge, issuer, report);
    bool timely = ocsp_judge_single_times(&query, single, &answer);
    if (judge->signature_only)
        report_add(report, CHECK_DATES, OUTCOME_SKIPPED, "not asked for: signature only");
    else
        report_add(report, CHECK_DATES, timely ? OUTCOME_PASSED : OUTCOME_FAILED, "%s",
                   timely ? "the answer may be given at the time of judgement" : answer.text);
    tell_status(single, issuer, &answer, report);
}

enum verdict ocsp_judge(const struct judge *judge, struct slice der, struct report *report)
{
    struct ocsp_answer answer = { .state = OCSP_UNUSABLE };
    AUTO(OCSP_BASICRESP_free) OCSP_BASICRESP *basic = ocsp_open_response(der, &answer);
    AUTO(cert_free) struct cert *issuer = NULL;
    struct err err;

    if (!basic || OCSP_resp_count(basic) != 1) {
        report_add(report, CHECK_FORMAT, OUTCOME_FAILED, "%s",
                   basic ? "the OCSP answer is not about one certificate" : answer.text);
        ERR_clear_error();
        return report_verdict(report);
    }
    report_add(report, CHECK_FORMAT, OUTCOME_PASSED, "an OCSP answer");
    OCSP_SINGLERESP *single = OCSP_resp_get0(basic, 0);
    X509 *found = find_issuer(judge, single);
    if (!found)
        report_add(report, CHECK_SIGNATURE, OUTCOME_UNKNOWN,
                   "the issuer of the certificate it is about is not here");
    else if (cert_wrap(found, &issuer, &err) != ST_OK)
        report_add(report, CHECK_SIGNATURE, OUTCOME_UNKNOWN, "%s", err.text);
    else
        judge_single(judge, basic, single, issuer, report);
    ERR_clear_error();
    return report_verdict(report);
}
