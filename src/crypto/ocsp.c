#include "crypto/ocsp_impl.h"

#include "base/clock.h"
#include "base/text.h"
#include "crypto/cert_impl.h"
#include "crypto/scheme.h"
#include "crypto/trust_impl.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

enum {
    ANSWERS_MAX = 16,            /* SingleResponses looked at */
    MAX_AGE_MS = 60 * 60 * 1000, /* of an answer without nextUpdate */
};

const char *ocsp_state_name(enum ocsp_state state)
{
    static const char *const names[OCSP_STATES] = {
        [OCSP_UNUSABLE] = "unusable",
        [OCSP_UNKNOWN] = "unknown",
        [OCSP_REVOKED] = "revoked",
        [OCSP_GOOD] = "good",
    };

    return names[state];
}

static OCSP_CERTID *cert_id(const struct ocsp_query *query, const EVP_MD *md)
{
    return OCSP_cert_to_id(md, cert_x509(query->subject), cert_x509(query->issuer));
}

enum status ocsp_request(const struct ocsp_query *query, struct bytes **ret_der, struct err *err)
{
    AUTO(OCSP_REQUEST_free) OCSP_REQUEST *request = OCSP_REQUEST_new();
    AUTO(OCSP_CERTID_free) OCSP_CERTID *id = cert_id(query, EVP_sha256());
    AUTO(der_free) unsigned char *der = NULL;

    if (!request || !id)
        return ossl_raise(err, ST_NOMEM, "OCSP request");
    if (!OCSP_request_add0_id(request, id))
        return ossl_raise(err, ST_NOMEM, "OCSP request");
    id = NULL; /* the request's */
    if (OCSP_request_add1_nonce(request, (unsigned char *)query->nonce.at, (int)query->nonce.len) !=
        1)
        return ossl_raise(err, ST_NOMEM, "OCSP request");
    int len = i2d_OCSP_REQUEST(request, &der);
    if (len <= 0)
        return ossl_raise(err, ST_NOMEM, "OCSP request");
    *ret_der = bytes_dup(slice_mem(der, (size_t)len));
    return *ret_der ? ST_OK : RAISE(err, ST_NOMEM, "OCSP request: out of memory");
}

static void add_url(struct ocsp_urls *urls, struct slice url)
{
    if (urls->count < OCSP_URLS_MAX && url.len < OCSP_URL_BYTES &&
        (slice_starts(url, SLICE("http://")) || slice_starts(url, SLICE("https://"))))
        text_copy_slice(urls->at[urls->count++], OCSP_URL_BYTES, url);
}

void ocsp_urls_of(const struct cert *cert, struct ocsp_urls *ret)
{
    STACK_OF(OPENSSL_STRING) *urls = X509_get1_ocsp(cert_x509(cert));

    ret->count = 0;
    for (int i = 0; urls && i < sk_OPENSSL_STRING_num(urls); i++)
        add_url(ret, slice_str(sk_OPENSSL_STRING_value(urls, i)));
    X509_email_free(urls);
    ERR_clear_error();
}

void ocsp_urls_read(const char *text, struct ocsp_urls *ret)
{
    ret->count = 0;
    for (const char *at = text ? text : ""; *at;) {
        size_t len = strcspn(at, " \t");
        add_url(ret, slice_mem(at, len));
        at += len + strspn(at + len, " \t");
    }
}

OCSP_BASICRESP *ocsp_open_response(struct slice der, struct ocsp_answer *ret)
{
    const unsigned char *at = slice_u8(der);

    if (der.len > OCSP_ANSWER_MAX) {
        text_format(ret->text, sizeof(ret->text), "OCSP answer over %d bytes", OCSP_ANSWER_MAX);
        return NULL;
    }
    AUTO(OCSP_RESPONSE_free) OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)der.len);
    if (!response || at != slice_u8(der) + der.len) {
        text_copy(ret->text, sizeof(ret->text), "not an OCSP answer");
        return NULL;
    }
    int status = OCSP_response_status(response);
    if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
        ret->again =
            status == OCSP_RESPONSE_STATUS_TRYLATER || status == OCSP_RESPONSE_STATUS_INTERNALERROR;
        text_format(ret->text, sizeof(ret->text), "the responder answered %s",
                    OCSP_response_status_str(status));
        return NULL;
    }
    OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
    if (!basic)
        text_copy(ret->text, sizeof(ret->text), "the OCSP answer is of an unknown type");
    return basic;
}

/* RFC 6960 section 4.2.2.2: the issuer itself, or whom the issuer certified for OCSP signing. */
static const char *refuse_responder(const struct ocsp_query *query, X509 *responder,
                                    int64_t produced_ms)
{
    X509 *issuer = cert_x509(query->issuer);
    int64_t from;
    int64_t to;

    if (X509_cmp(responder, issuer) == 0)
        return NULL;
    if (!(X509_get_extension_flags(responder) & EXFLAG_XKUSAGE) ||
        !(X509_get_extended_key_usage(responder) & XKU_OCSP_SIGN))
        return "its certificate is not for signing OCSP answers";
    if (X509_NAME_cmp(X509_get_issuer_name(responder), X509_get_subject_name(issuer)) != 0 ||
        X509_verify(responder, X509_get0_pubkey(issuer)) != 1)
        return "it was not authorised by the certificate's issuer";
    if (!(X509_get_key_usage(responder) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)))
        return "its key is not for signatures";
    if (!asn1_time_ms(X509_get0_notBefore(responder), &from) ||
        !asn1_time_ms(X509_get0_notAfter(responder), &to) || produced_ms < from || produced_ms > to)
        return "its certificate was not valid when it answered";
    return NULL;
}

static void tell_responder(const struct ocsp_query *query, X509 *responder,
                           const struct scheme *scheme, struct ocsp_answer *ret)
{
    AUTO(cert_free) struct cert *cert = NULL;
    struct err err;

    ret->algorithm = scheme->name;
    ret->responder_revocable = X509_cmp(responder, cert_x509(query->issuer)) != 0 &&
                               X509_get_ext_by_NID(responder, NID_id_pkix_OCSP_noCheck, -1) < 0;
    if (cert_wrap(responder, &cert, &err) == ST_OK)
        text_copy(ret->responder, sizeof(ret->responder), cert_label(cert));
}

bool ocsp_judge_signature(const struct ocsp_query *query, OCSP_BASICRESP *basic,
                          struct ocsp_answer *ret)
{
    AUTO(x509_stack_drop) STACK_OF(X509) *issuers = sk_X509_new_null();
    const struct scheme *scheme = scheme_of_signature(OCSP_resp_get0_tbs_sigalg(basic)->algorithm);
    X509 *responder = NULL;
    int64_t produced_ms = 0;

    if (!scheme || !(scheme->algorithm & ALG_DEFAULT)) {
        text_copy(ret->text, sizeof(ret->text),
                  "the OCSP answer is signed by an algorithm that is not allowed");
        return false;
    }
    if (!issuers || sk_X509_push(issuers, cert_x509(query->issuer)) <= 0 ||
        OCSP_resp_get0_signer(basic, &responder, issuers) != 1) {
        text_copy(ret->text, sizeof(ret->text), "the OCSP answer has no responder certificate");
        return false;
    }
    if (OCSP_basic_verify(basic, issuers, NULL, OCSP_NOVERIFY) != 1) {
        text_copy(ret->text, sizeof(ret->text), "the OCSP answer's signature is wrong");
        return false;
    }
    if (!asn1_time_ms(OCSP_resp_get0_produced_at(basic), &produced_ms)) {
        text_copy(ret->text, sizeof(ret->text), "the OCSP answer has no producedAt");
        return false;
    }
    const char *refusal = refuse_responder(query, responder, produced_ms);
    if (refusal)
        text_format(ret->text, sizeof(ret->text), "OCSP responder not accepted: %s", refusal);
    else
        tell_responder(query, responder, scheme, ret);
    return refusal == NULL;
}

struct cert *ocsp_responder(const struct ocsp_query *query, struct slice der)
{
    struct ocsp_answer unused = { .state = OCSP_UNUSABLE };
    AUTO(OCSP_BASICRESP_free) OCSP_BASICRESP *basic = ocsp_open_response(der, &unused);
    AUTO(x509_stack_drop) STACK_OF(X509) *issuers = sk_X509_new_null();
    X509 *responder = NULL;
    struct cert *cert = NULL;
    struct err err;

    if (!basic || !issuers || sk_X509_push(issuers, cert_x509(query->issuer)) <= 0 ||
        OCSP_resp_get0_signer(basic, &responder, issuers) != 1 ||
        cert_wrap(responder, &cert, &err) != ST_OK)
        cert = NULL;
    ERR_clear_error();
    return cert;
}

/* The answer's nonce must be ours; responders that leave it out are accepted (RFC 8954). */
static bool judge_nonce(const struct ocsp_query *query, OCSP_BASICRESP *basic,
                        struct ocsp_answer *ret)
{
    int i = OCSP_BASICRESP_get_ext_by_NID(basic, NID_id_pkix_OCSP_Nonce, -1);

    if (i < 0 || query->nonce.len == 0)
        return true;
    struct slice value = asn1_slice(X509_EXTENSION_get_data(OCSP_BASICRESP_get_ext(basic, i)));
    /* OCTET STRING in the extension's OCTET STRING */
    if (value.len == query->nonce.len + 2 && value.at[0] == V_ASN1_OCTET_STRING &&
        (uint8_t)value.at[1] == query->nonce.len && slice_eq(slice_skip(value, 2), query->nonce))
        return true;
    text_copy(ret->text, sizeof(ret->text), "the OCSP answer's nonce is not the one that we sent");
    return false;
}

/* The same certificate, by whichever digest the responder names it. */
static bool is_about(const struct ocsp_query *query, const OCSP_CERTID *id)
{
    ASN1_OBJECT *digest = NULL;
    char oid[OID_TEXT];

    if (OCSP_id_get0_info(NULL, &digest, NULL, NULL, (OCSP_CERTID *)id) != 1)
        return false;
    oid_text(digest, oid);
    const char *name = digest_name_of_oid(oid);
    if (!name)
        return false;
    AUTO(EVP_MD_free) EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);
    AUTO(OCSP_CERTID_free) OCSP_CERTID *ours = md ? cert_id(query, md) : NULL;
    /* OCSP_id_cmp() would also compare the algorithm's parameters: NULL or absent, as they like. */
    ASN1_OCTET_STRING *name_hash[2] = { 0 };
    ASN1_OCTET_STRING *key_hash[2] = { 0 };
    ASN1_INTEGER *serial[2] = { 0 };
    return ours && OCSP_id_get0_info(&name_hash[0], NULL, &key_hash[0], &serial[0], ours) == 1 &&
           OCSP_id_get0_info(&name_hash[1], NULL, &key_hash[1], &serial[1], (OCSP_CERTID *)id) ==
               1 &&
           ASN1_OCTET_STRING_cmp(name_hash[0], name_hash[1]) == 0 &&
           ASN1_OCTET_STRING_cmp(key_hash[0], key_hash[1]) == 0 &&
           ASN1_INTEGER_cmp(serial[0], serial[1]) == 0;
}

static OCSP_SINGLERESP *find_single(const struct ocsp_query *query, OCSP_BASICRESP *basic,
                                    struct ocsp_answer *ret)
{
    int count = OCSP_resp_count(basic);

    for (int i = 0; i < count && i < ANSWERS_MAX; i++) {
        OCSP_SINGLERESP *single = OCSP_resp_get0(basic, i);
        if (is_about(query, OCSP_SINGLERESP_get0_id(single)))
            return single;
    }
    text_copy(ret->text, sizeof(ret->text), "the OCSP answer is about another certificate");
    return NULL;
}

static bool judge_times(const struct ocsp_query *query, const ASN1_TIME *this_update,
                        const ASN1_TIME *next_update, struct ocsp_answer *ret)
{
    char when[TIME_TEXT];

    if (!asn1_time_ms(this_update, &ret->this_update_ms) ||
        (next_update && !asn1_time_ms(next_update, &ret->next_update_ms))) {
        text_copy(ret->text, sizeof(ret->text), "the OCSP answer's times cannot be read");
        return false;
    }
    int64_t until_ms = next_update ? ret->next_update_ms : ret->this_update_ms + MAX_AGE_MS;
    if (ret->this_update_ms > query->now_ms + query->skew_ms) {
        detail_time(ret->this_update_ms, when);
        text_format(ret->text, sizeof(ret->text), "the OCSP answer is from the future: of %s",
                    when);
        return false;
    }
    if (!query->kept && until_ms < query->now_ms - query->skew_ms) {
        detail_time(until_ms, when);
        text_format(ret->text, sizeof(ret->text), "the OCSP answer is stale: valid until %s", when);
        return false;
    }
    return true;
}

bool ocsp_judge_single_times(const struct ocsp_query *query, OCSP_SINGLERESP *single,
                             struct ocsp_answer *ret)
{
    ASN1_GENERALIZEDTIME *this_update = NULL;
    ASN1_GENERALIZEDTIME *next_update = NULL;

    (void)OCSP_single_get0_status(single, NULL, NULL, &this_update, &next_update);
    return judge_times(query, this_update, next_update, ret);
}

void ocsp_tell_state(OCSP_SINGLERESP *single, struct ocsp_answer *ret)
{
    int reason = -1;
    ASN1_GENERALIZEDTIME *revoked = NULL;
    char when[TIME_TEXT];

    switch (OCSP_single_get0_status(single, &reason, &revoked, NULL, NULL)) {
    case V_OCSP_CERTSTATUS_GOOD:
        ret->state = OCSP_GOOD;
        detail_time(ret->this_update_ms, when);
        text_format(ret->text, sizeof(ret->text), "good by OCSP as of %s", when);
        return;
    case V_OCSP_CERTSTATUS_REVOKED:
        ret->state = OCSP_REVOKED;
        if (!asn1_time_ms(revoked, &ret->revoked_ms))
            ret->revoked_ms = 0;
        ret->reason = reason;
        detail_time(ret->revoked_ms, when);
        text_format(ret->text, sizeof(ret->text), "revoked on %s, reason %s", when,
                    reason < 0 ? "not given" : OCSP_crl_reason_str(reason));
        return;
    default:
        ret->state = OCSP_UNKNOWN;
        text_copy(ret->text, sizeof(ret->text), "the responder does not know the certificate");
    }
}

void ocsp_judge_response(const struct ocsp_query *query, struct slice der, struct ocsp_answer *ret)
{
    *ret = (struct ocsp_answer){ .state = OCSP_UNUSABLE };
    AUTO(OCSP_BASICRESP_free) OCSP_BASICRESP *basic = ocsp_open_response(der, ret);
    if (basic && ocsp_judge_signature(query, basic, ret) && judge_nonce(query, basic, ret)) {
        OCSP_SINGLERESP *single = find_single(query, basic, ret);
        if (single) {
            if (ocsp_judge_single_times(query, single, ret))
                ocsp_tell_state(single, ret);
        }
    }
    ERR_clear_error();
}
