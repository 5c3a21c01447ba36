/* The making of CMS SignedData: for documents and for timestamp tokens. */
#include "crypto/cms.h"
#include "crypto/key_impl.h"
#include "crypto/scheme.h"
#include "crypto/signed_data.h"
#include "crypto/tsp.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/ess.h>

DEFINE_AUTO(ESS_SIGNING_CERT_V2, ESS_SIGNING_CERT_V2_free)

static enum status add_signing_cert(CMS_SignerInfo *info, X509 *x509, struct err *err)
{
    AUTO(ESS_SIGNING_CERT_V2_free)
    ESS_SIGNING_CERT_V2 *ess = OSSL_ESS_signing_cert_v2_new_init(EVP_sha256(), x509, NULL, 0);
    AUTO(der_free) unsigned char *der = NULL;
    int len = ess ? i2d_ESS_SIGNING_CERT_V2(ess, &der) : -1;

    if (len <= 0 || CMS_signed_add1_attr_by_NID(info, NID_id_smime_aa_signingCertificateV2,
                                                V_ASN1_SEQUENCE, der, len) != 1)
        return ossl_raise(err, ST_INTERNAL, "signingCertificateV2");
    return ST_OK;
}

static enum status add_signing_time(CMS_SignerInfo *info, int64_t at_ms, struct err *err)
{
    AUTO(ASN1_TIME_free) ASN1_TIME *at = ASN1_TIME_set(NULL, (time_t)(at_ms / 1000));

    if (!at ||
        CMS_signed_add1_attr_by_NID(info, NID_pkcs9_signingTime, ASN1_STRING_type(at), at, -1) != 1)
        return ossl_raise(err, ST_INTERNAL, "signingTime");
    return ST_OK;
}

/* CMS_add1_signer() leaves the algorithm empty for keys that only a provider knows. */
static enum status set_algorithm(CMS_SignerInfo *info, const struct scheme *scheme, struct err *err)
{
    X509_ALGOR *signature = NULL;

    if (!(scheme->algorithm & ALG_GOST))
        return ST_OK;
    CMS_SignerInfo_get0_algs(info, NULL, NULL, NULL, &signature);
    if (X509_ALGOR_set0(signature, OBJ_nid2obj(OBJ_txt2nid(scheme->signature_oid)), V_ASN1_NULL,
                        NULL) != 1)
        return ossl_raise(err, ST_INTERNAL, "signatureAlgorithm");
    return ST_OK;
}

static enum status add_signer(CMS_ContentInfo *cms, const struct key *key,
                              const struct signed_data_params *params, unsigned flags,
                              struct err *err)
{
    const struct scheme *scheme = scheme_of_algorithm(key_algorithm(key));
    AUTO(EVP_MD_free) EVP_MD *md = EVP_MD_fetch(NULL, scheme->digest, NULL);
    X509 *x509 = cert_x509(key_cert(key));
    CMS_SignerInfo *info =
        md ? CMS_add1_signer(cms, x509, key_pkey(key), md, flags | CMS_NOSMIMECAP) : NULL;

    if (!info)
        return ossl_raise(err, ST_INTERNAL, "CMS signer");
    TRY(set_algorithm(info, scheme, err));
    TRY(add_signing_time(info, params->signing_time_ms, err));
    return add_signing_cert(info, x509, err);
}

/* key_impl.h tells why. */
static bool is_right(const struct key *key, CMS_ContentInfo *cms)
{
    CMS_SignerInfo *info = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);

    return !key_needs_proof(key) || CMS_SignerInfo_verify(info) == 1;
}

static enum status make(const struct key *key, struct slice content,
                        const struct signed_data_params *params, CMS_ContentInfo **ret_cms,
                        struct err *err)
{
    const unsigned flags = CMS_BINARY | CMS_PARTIAL | (params->detached ? CMS_DETACHED : 0U) |
                           (params->without_cert ? CMS_NOCERTS : 0U);

    if (content.len > INT_MAX)
        return RAISE(err, ST_INPUT, "CMS: content of %zu bytes is too large", content.len);
    ERR_clear_error();
    AUTO(CMS_ContentInfo_free)
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags);
    AUTO(BIO_free_all) BIO *in = BIO_new_mem_buf(content.at, (int)content.len);
    if (!cms || !in)
        return ossl_raise(err, ST_NOMEM, "CMS");
    if (CMS_set1_eContentType(cms, OBJ_nid2obj(params->content_nid)) != 1)
        return ossl_raise(err, ST_INTERNAL, "CMS content type");
    TRY(add_signer(cms, key, params, flags, err));
    key_enter(key);
    bool done = CMS_final(cms, in, NULL, flags) == 1;
    key_leave(key);
    if (!done)
        return ossl_raise(err, key_in_token(key) ? ST_UNAVAILABLE : ST_INTERNAL, "CMS signature");
    bool right = is_right(key, cms);
    if (ossl_clear()) /* OpenSSL leaves out a SET, or the content, and goes on */
        return RAISE(err, ST_NOMEM, "CMS signature: out of memory");
    *ret_cms = right ? TAKE(cms) : NULL;
    return ST_OK;
}

enum status signed_data_make(const struct key *key, struct slice content,
                             const struct signed_data_params *params, CMS_ContentInfo **ret_cms,
                             struct err *err)
{
    CMS_ContentInfo *cms = NULL;

    for (unsigned i = 0; !cms && i < KEY_BLINDINGS; i++)
        TRY(make(key, content, params, &cms, err));
    if (!cms)
        return RAISE(err, ST_INTERNAL, "CMS signature: it is not of the certificate's key");
    *ret_cms = cms;
    return ST_OK;
}

enum status signed_data_der(CMS_ContentInfo *cms, struct bytes **ret_der, struct err *err)
{
    AUTO(der_free) unsigned char *der = NULL;

    ERR_clear_error();
    int len = i2d_CMS_ContentInfo(cms, &der);

    if (len <= 0)
        return ossl_raise(err, ST_NOMEM, "CMS");
    if (ossl_clear())
        return RAISE(err, ST_NOMEM, "CMS: out of memory");
    *ret_der = bytes_dup(slice_mem(der, (size_t)len));
    return *ret_der ? ST_OK : RAISE(err, ST_NOMEM, "CMS: out of memory");
}

static enum status add_timestamp(CMS_ContentInfo *cms, const struct key *key,
                                 const struct cms_params *params, struct err *err)
{
    CMS_SignerInfo *info = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
    const struct tsp_source source = { params->io, params->tsp_url, params->deadline_ms };
    AUTO(bytes_free) struct bytes *token = NULL;

    TRY(tsp_fetch(&source, asn1_slice(CMS_SignerInfo_get0_signature(info)), key_algorithm(key),
                  &token, err));
    struct slice der = bytes_slice(token);
    if (CMS_unsigned_add1_attr_by_NID(info, NID_id_smime_aa_timeStampToken, V_ASN1_SEQUENCE, der.at,
                                      (int)der.len) != 1)
        return ossl_raise(err, ST_INTERNAL, "timestamp token");
    return ST_OK;
}

enum status cms_sign(const struct key *key, struct slice content, const struct cms_params *params,
                     struct bytes **ret_der, struct err *err)
{
    const struct signed_data_params make = { .content_nid = NID_pkcs7_data,
                                             .detached = params->detached,
                                             .signing_time_ms = params->signing_time_ms };
    AUTO(CMS_ContentInfo_free) CMS_ContentInfo *cms = NULL;

    TRY(signed_data_make(key, content, &make, &cms, err));
    if (params->io && params->tsp_url)
        TRY(add_timestamp(cms, key, params, err));
    return signed_data_der(cms, ret_der, err);
}
