/* A timestamp authority's answers: OpenSSL's own cannot sign with keys that only a provider knows.
 */
#include "crypto/tsp.h"

#include "crypto/der.h"
#include "crypto/scheme.h"
#include "crypto/signed_data.h"

#include <openssl/err.h>
#include <string.h>

enum {
    REQUEST_MAX = 64 * 1024,
    STATUS_GRANTED = 0,
    STATUS_REJECTION = 2,
};

/* PKIFailureInfo: bit numbers of RFC 3161 section 2.4.2. */
enum failure {
    FAILURE_BAD_ALG = 0,
    FAILURE_BAD_REQUEST = 2,
    FAILURE_BAD_DATA_FORMAT = 5,
    FAILURE_POLICY = 15,
    FAILURE_EXTENSION = 16,
};

/* SEQUENCE { SEQUENCE { status, [text], [failInfo] }, [token] } */
static enum status respond(struct slice status_info, struct slice token,
                           struct bytes **ret_response, struct err *err)
{
    AUTO(bytes_free) struct bytes *body = bytes_new(status_info.len + token.len + 16);
    AUTO(bytes_free) struct bytes *whole = bytes_new(status_info.len + token.len + 32);

    if (!body || !whole)
        return RAISE(err, ST_NOMEM, "timestamp answer: out of memory");
    der_add(body, DER_SEQUENCE, status_info);
    bytes_add(body, token);
    TRY(bytes_check(body, "timestamp answer", err));
    der_add(whole, DER_SEQUENCE, bytes_slice(body));
    TRY(bytes_check(whole, "timestamp answer", err));
    *ret_response = TAKE(whole);
    return ST_OK;
}

static enum status reject(enum failure failure, const char *why, struct bytes **ret_response,
                          struct err *err)
{
    AUTO(bytes_free) struct bytes *text = bytes_new(256);
    AUTO(bytes_free) struct bytes *info = bytes_new(512);
    /* a named BIT STRING without its trailing zeros: unused bits, then bits from the highest */
    uint8_t bits[4] = { (uint8_t)(7 - failure % 8) };
    size_t octet = 1 + (size_t)failure / 8;

    if (!text || !info)
        return RAISE(err, ST_NOMEM, "timestamp answer: out of memory");
    bits[octet] = (uint8_t)(0x80 >> (failure % 8));
    der_add(text, DER_UTF8_STRING, slice_str(why));
    der_add(info, DER_INTEGER, slice_mem(&(uint8_t){ STATUS_REJECTION }, 1));
    der_add(info, DER_SEQUENCE, bytes_slice(text));
    der_add(info, DER_BIT_STRING, slice_mem(bits, octet + 1));
    TRY(bytes_check(text, "timestamp answer", err));
    TRY(bytes_check(info, "timestamp answer", err));
    return respond(bytes_slice(info), SLICE(""), ret_response, err);
}

/* NULL: acceptable. */
static const char *refuse(TS_REQ *request, const struct tsa_params *params,
                          enum failure *ret_failure)
{
    TS_MSG_IMPRINT *imprint = TS_REQ_get_msg_imprint(request);
    const ASN1_OBJECT *policy = TS_REQ_get_policy_id(request);
    char oid[OID_TEXT];

    *ret_failure = FAILURE_BAD_REQUEST;
    if (TS_REQ_get_version(request) != 1)
        return "only version 1 is known";
    *ret_failure = FAILURE_EXTENSION;
    if (TS_REQ_get_ext_count(request) > 0)
        return "extensions are not supported";
    *ret_failure = FAILURE_POLICY;
    oid_text(policy, oid);
    if (policy && strcmp(oid, params->policy_oid) != 0)
        return "another policy is asked for";
    *ret_failure = FAILURE_BAD_ALG;
    oid_text(TS_MSG_IMPRINT_get_algo(imprint)->algorithm, oid);
    const char *name = digest_name_of_oid(oid);
    AUTO(EVP_MD_free) EVP_MD *md = name ? EVP_MD_fetch(NULL, name, NULL) : NULL;
    if (!md || strcmp(name, "SHA1") == 0)
        return "the imprint's digest is not supported";
    *ret_failure = FAILURE_BAD_DATA_FORMAT;
    if (asn1_slice(TS_MSG_IMPRINT_get_msg(imprint)).len != (size_t)EVP_MD_get_size(md))
        return "the imprint has a wrong length";
    return NULL;
}

static enum status make_info(TS_REQ *request, const struct tsa_params *params,
                             struct bytes **ret_der, struct err *err)
{
    AUTO(TS_TST_INFO_free) TS_TST_INFO *info = TS_TST_INFO_new();
    AUTO(ASN1_OBJECT_free) ASN1_OBJECT *policy = OBJ_txt2obj(params->policy_oid, 1);
    AUTO(ASN1_INTEGER_free) ASN1_INTEGER *serial = ASN1_INTEGER_new();
    AUTO(ASN1_TIME_free)
    ASN1_TIME *at = ASN1_GENERALIZEDTIME_set(NULL, (time_t)(params->now_ms / 1000));
    const ASN1_INTEGER *nonce = TS_REQ_get_nonce(request);
    AUTO(der_free) unsigned char *der = NULL;

    if (!policy)
        return ossl_raise(err, ST_INTERNAL, "the timestamp authority's policy");
    if (!info || !serial || !at || ASN1_INTEGER_set_int64(serial, params->serial) != 1 ||
        TS_TST_INFO_set_version(info, 1) != 1 || TS_TST_INFO_set_policy_id(info, policy) != 1 ||
        TS_TST_INFO_set_msg_imprint(info, TS_REQ_get_msg_imprint(request)) != 1 ||
        TS_TST_INFO_set_serial(info, serial) != 1 || TS_TST_INFO_set_time(info, at) != 1 ||
        (nonce && TS_TST_INFO_set_nonce(info, nonce) != 1))
        return ossl_raise(err, ST_NOMEM, "timestamp");
    int len = i2d_TS_TST_INFO(info, &der);
    if (len <= 0)
        return ossl_raise(err, ST_NOMEM, "timestamp");
    *ret_der = bytes_dup(slice_mem(der, (size_t)len));
    return *ret_der ? ST_OK : RAISE(err, ST_NOMEM, "timestamp: out of memory");
}

static enum status grant(const struct key *key, TS_REQ *request, const struct tsa_params *params,
                         struct bytes **ret_response, struct err *err)
{
    const struct signed_data_params make = { .content_nid = NID_id_smime_ct_TSTInfo,
                                             .without_cert = !TS_REQ_get_cert_req(request),
                                             .signing_time_ms = params->now_ms };
    const uint8_t granted[] = { DER_INTEGER, 1, STATUS_GRANTED };
    AUTO(CMS_ContentInfo_free) CMS_ContentInfo *cms = NULL;
    AUTO(bytes_free) struct bytes *info = NULL;
    AUTO(bytes_free) struct bytes *token = NULL;

    TRY(make_info(request, params, &info, err));
    TRY(signed_data_make(key, bytes_slice(info), &make, &cms, err));
    TRY(signed_data_der(cms, &token, err));
    return respond(slice_mem(granted, sizeof(granted)), bytes_slice(token), ret_response, err);
}

enum status tsa_answer(const struct key *key, struct slice request, const struct tsa_params *params,
                       struct bytes **ret_response, struct err *err)
{
    const unsigned char *at = slice_u8(request);
    enum failure failure;

    AUTO(TS_REQ_free)
    TS_REQ *asked = request.len <= REQUEST_MAX ? d2i_TS_REQ(NULL, &at, (long)request.len) : NULL;
    ERR_clear_error();
    if (!asked || at != slice_u8(request) + request.len)
        return reject(FAILURE_BAD_DATA_FORMAT, "not a TimeStampReq", ret_response, err);
    const char *refusal = refuse(asked, params, &failure);
    if (refusal)
        return reject(failure, refusal, ret_response, err);
    return grant(key, asked, params, ret_response, err);
}
