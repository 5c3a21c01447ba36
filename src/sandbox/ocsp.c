#include "sandbox/ocsp.h"

#include "base/text.h"
#include "sandbox/openssl.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>

DEFINE_AUTO(OCSP_BASICRESP, OCSP_BASICRESP_free)
DEFINE_AUTO(OCSP_CERTID, OCSP_CERTID_free)
DEFINE_AUTO(OCSP_REQUEST, OCSP_REQUEST_free)
DEFINE_AUTO(OCSP_RESPONSE, OCSP_RESPONSE_free)

enum {
    ANSWER_MAX = 65536,
    ASKED_MAX = 32,          /* certificates in one request */
    FRESH_SECONDS = 10 * 60, /* nextUpdate */
    HOUR_SECONDS = 60 * 60,
    NONCE_BYTES = 16,
};

/* What one answer is made of. */
struct answering {
    const struct ocsp_wish *wish;
    OCSP_BASICRESP *basic;
};

static enum status encode(int response_status, OCSP_BASICRESP *basic, struct bytes **ret_der,
                          struct err *err)
{
    AUTO(OCSP_RESPONSE_free) OCSP_RESPONSE *response = OCSP_response_create(response_status, basic);
    AUTO(bytes_free) struct bytes *der = bytes_new(ANSWER_MAX);
    int len = response ? i2d_OCSP_RESPONSE(response, NULL) : 0;
    uint8_t *at = der && len > 0 ? (uint8_t *)bytes_extend(der, (size_t)len) : NULL;

    if (!at || i2d_OCSP_RESPONSE(response, &at) != len)
        return openssl_fail(err, "OCSP answer");
    *ret_der = TAKE(der);
    return ST_OK;
}

/* The issuer is named by its hashes under a digest of the caller's choice. */
static bool is_from_ca(const struct answering *a, OCSP_CERTID *id)
{
    X509 *ca = cert_x509(key_cert(pki_key(a->wish->pki, a->wish->family, KIND_CA)));
    ASN1_OBJECT *digest_oid = NULL;
    AUTO(OCSP_CERTID_free) OCSP_CERTID *own = NULL;
    const EVP_MD *md;

    if (OCSP_id_get0_info(NULL, &digest_oid, NULL, NULL, id) != 1)
        return false;
    md = EVP_get_digestbyobj(digest_oid);
    own = md ? OCSP_cert_id_new(md, X509_get_subject_name(ca), X509_get0_pubkey_bitstr(ca), NULL)
             : NULL;
    return own && OCSP_id_issuer_cmp(own, id) == 0;
}

static const struct index_entry *entry_of(const struct answering *a, OCSP_CERTID *id)
{
    ASN1_INTEGER *serial = NULL;
    AUTO(BN_free) BIGNUM *bn = NULL;
    uint8_t number[INDEX_SERIAL_TEXT / 2];
    char hex[INDEX_SERIAL_TEXT + 1];
    int len;

    if (!is_from_ca(a, id) || OCSP_id_get0_info(NULL, NULL, NULL, &serial, id) != 1)
        return NULL;
    bn = ASN1_INTEGER_to_BN(serial, NULL);
    len = bn ? BN_num_bytes(bn) : 0;
    if (len <= 0 || len > (int)sizeof(number) || BN_is_negative(bn))
        return NULL;
    (void)BN_bn2bin(bn, number);
    text_hex(slice_mem(number, (size_t)len), hex);
    return index_find(a->wish->index, a->wish->family->name, hex[0] == '0' ? hex + 1 : hex);
}

/* The same number under the root's name and key. */
static OCSP_CERTID *id_of_root(const struct answering *a, OCSP_CERTID *id)
{
    X509 *root = cert_x509(key_cert(pki_key(a->wish->pki, a->wish->family, KIND_ROOT)));
    ASN1_INTEGER *serial = NULL;

    (void)OCSP_id_get0_info(NULL, NULL, NULL, &serial, id);
    return OCSP_cert_id_new(EVP_sha256(), X509_get_subject_name(root),
                            X509_get0_pubkey_bitstr(root), serial);
}

/* thisUpdate and nextUpdate, in seconds from now. */
static void times_of(enum ocsp_mood mood, long *ret_this, long *ret_next)
{
    *ret_this = mood == MOOD_EXPIRED ? -2L * HOUR_SECONDS : mood == MOOD_FUTURE ? HOUR_SECONDS : 0;
    *ret_next = mood == MOOD_EXPIRED ? -HOUR_SECONDS : *ret_this + FRESH_SECONDS;
}

static int status_of(const struct answering *a, const struct index_entry *entry)
{
    if (!entry || a->wish->mood == MOOD_UNKNOWN)
        return V_OCSP_CERTSTATUS_UNKNOWN;
    return entry->revoked ? V_OCSP_CERTSTATUS_REVOKED : V_OCSP_CERTSTATUS_GOOD;
}

static enum status add_one(struct answering *a, OCSP_CERTID *id, struct err *err)
{
    const struct index_entry *entry = entry_of(a, id);
    int status = status_of(a, entry);
    long from;
    long to;

    times_of(a->wish->mood, &from, &to);
    AUTO(ASN1_TIME_free) ASN1_TIME *now = X509_gmtime_adj(NULL, from);
    AUTO(ASN1_TIME_free)
    ASN1_TIME *next = a->wish->mood == MOOD_NO_NEXT_UPDATE ? NULL : X509_gmtime_adj(NULL, to);
    AUTO(ASN1_TIME_free) ASN1_TIME *revoked = NULL;
    AUTO(OCSP_CERTID_free)
    OCSP_CERTID *other = a->wish->mood == MOOD_OTHER_ISSUER ? id_of_root(a, id) : NULL;

    ERR_clear_error();
    if (status == V_OCSP_CERTSTATUS_REVOKED)
        revoked = ASN1_TIME_set(NULL, (time_t)(entry->revoked_ms / 1000));
    if (!OCSP_basic_add1_status(a->basic, other ? other : id, status, entry ? entry->reason : 0,
                                revoked, now, next))
        return openssl_fail(err, "OCSP answer");
    return ST_OK;
}

static const struct key *signer_of(const struct ocsp_wish *wish)
{
    const struct family *other = &families[((size_t)(wish->family - families) + 1) % FAMILY_COUNT];

    if (wish->mood == MOOD_STRANGER)
        return pki_key(wish->pki, other, KIND_OCSP);
    return pki_key(wish->pki, wish->family, wish->mood == MOOD_UNAUTHORISED ? KIND_TSA : KIND_OCSP);
}

static int add_nonce(const struct answering *a, OCSP_REQUEST *request)
{
    if (a->wish->mood == MOOD_NO_NONCE)
        return 1;
    if (a->wish->mood == MOOD_WRONG_NONCE)
        return OCSP_basic_add1_nonce(a->basic, NULL, NONCE_BYTES); /* a random one */
    return OCSP_copy_nonce(a->basic, request);
}

static enum status answer(struct answering *a, OCSP_REQUEST *request, struct bytes **ret_der,
                          struct err *err)
{
    const struct key *responder = signer_of(a->wish);
    AUTO(EVP_MD_free) EVP_MD *md = NULL;

    for (int i = 0; i < OCSP_request_onereq_count(request); i++)
        TRY(add_one(a, OCSP_onereq_get0_id(OCSP_request_onereq_get0(request, i)), err));
    if (add_nonce(a, request) < 1)
        return openssl_fail(err, "OCSP nonce");
    TRY(openssl_digest_of(key_pkey(responder), &md, err));
    if (OCSP_basic_sign(a->basic, cert_x509(key_cert(responder)), key_pkey(responder), md, NULL,
                        0) != 1)
        return openssl_fail(err, "signing an OCSP answer");
    return encode(OCSP_RESPONSE_STATUS_SUCCESSFUL, a->basic, ret_der, err);
}

enum status ocsp_answer(const struct ocsp_wish *wish, struct slice request, struct bytes **ret_der,
                        struct err *err)
{
    const uint8_t *at = slice_u8(request);
    AUTO(OCSP_REQUEST_free)
    OCSP_REQUEST *req =
        request.len > ANSWER_MAX ? NULL : d2i_OCSP_REQUEST(NULL, &at, (long)request.len);
    AUTO(OCSP_BASICRESP_free) OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    struct answering a = { wish, basic };
    int asked = req ? OCSP_request_onereq_count(req) : 0;

    ERR_clear_error();
    if (!basic)
        return RAISE(err, ST_NOMEM, "out of memory");
    if (asked < 1 || asked > ASKED_MAX || at != slice_u8(request) + request.len)
        return encode(OCSP_RESPONSE_STATUS_MALFORMEDREQUEST, NULL, ret_der, err);
    if (wish->mood == MOOD_TRY_LATER)
        return encode(OCSP_RESPONSE_STATUS_TRYLATER, NULL, ret_der, err);
    if (wish->mood == MOOD_INTERNAL_ERROR)
        return encode(OCSP_RESPONSE_STATUS_INTERNALERROR, NULL, ret_der, err);
    return answer(&a, req, ret_der, err);
}
