#include "crypto/signed_data.h"

#include "crypto/der.h"

#include <limits.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

static enum status take_certs(struct signed_data *data, struct err *err)
{
    AUTO(x509_stack_free) STACK_OF(X509) *certs = CMS_get1_certs(data->cms);
    int count = certs ? sk_X509_num(certs) : 0;

    if (count > CMS_CERTS_MAX)
        return RAISE_CAUSE(err, ST_FORMAT, "tooManyCertificates", NULL, "64 certificates",
                           "CMS: %d certificates, the limit is %d", count, CMS_CERTS_MAX);
    for (int i = 0; i < count; i++) {
        TRY(cert_wrap(sk_X509_value(certs, i), &data->certs[data->cert_count], err));
        data->cert_count++;
    }
    return ST_OK;
}

static enum status take_content(struct signed_data *data, struct err *err)
{
    ASN1_OCTET_STRING **content = CMS_get0_content(data->cms);

    if (!content)
        return ossl_raise(err, ST_FORMAT, "CMS content");
    data->has_content = *content != NULL;
    if (data->has_content)
        data->content = asn1_slice(*content);
    return ST_OK;
}

enum status signed_data_open(struct slice der, struct signed_data *ret, struct err *err)
{
    const unsigned char *at = slice_u8(der);

    if (der.len > INT_MAX)
        return RAISE(err, ST_FORMAT, "CMS: too large");
    ret->cms = d2i_CMS_ContentInfo(NULL, &at, (long)der.len);
    if (!ret->cms)
        return ossl_raise(err, ST_FORMAT, "not a CMS");
    if (at != slice_u8(der) + der.len)
        return RAISE(err, ST_FORMAT, "CMS: %zu bytes follow it",
                     der.len - (size_t)(at - slice_u8(der)));
    if (OBJ_obj2nid(CMS_get0_type(ret->cms)) != NID_pkcs7_signed)
        return RAISE(err, ST_FORMAT, "CMS: not SignedData");
    size_t signers = signed_data_signer_count(ret);
    if (signers == 0)
        return RAISE(err, ST_FORMAT, "CMS: nobody signed it");
    if (signers > CMS_SIGNERS_MAX)
        return RAISE_CAUSE(err, ST_FORMAT, "tooManySigners", NULL, "16 signers",
                           "CMS: %zu signers, the limit is %d", signers, CMS_SIGNERS_MAX);
    TRY(take_certs(ret, err));
    return take_content(ret, err);
}

void signed_data_clear(struct signed_data *data)
{
    for (size_t i = 0; i < data->cert_count; i++)
        cert_free(data->certs[i]);
    data->cert_count = 0;
    CMS_ContentInfo_free(data->cms);
    data->cms = NULL;
    ERR_clear_error();
}

size_t signed_data_signer_count(const struct signed_data *data)
{
    int count = sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(data->cms));

    return count > 0 ? (size_t)count : 0;
}

CMS_SignerInfo *signed_data_signer(const struct signed_data *data, size_t i)
{
    return sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(data->cms), (int)i);
}

static const struct cert *find_in(const struct cert *const *certs, size_t count,
                                  CMS_SignerInfo *info)
{
    for (size_t i = 0; i < count; i++)
        if (CMS_SignerInfo_cert_cmp(info, cert_x509(certs[i])) == 0)
            return certs[i];
    return NULL;
}

static const struct cert *find_cert(const struct signed_data *data, CMS_SignerInfo *info,
                                    const struct judge *judge)
{
    const struct cert *found =
        find_in((const struct cert *const *)data->certs, data->cert_count, info);

    if (!found)
        found = find_in(judge->extra, judge->extra_count, info);
    return found ? found : find_in(judge->pins, judge->pin_count, info);
}

const struct cert **signed_data_extra(const struct signed_data *data, const struct judge *judge,
                                      size_t *ret_count)
{
    size_t count = data->cert_count + judge->extra_count;
    const struct cert **all = calloc(count + 1, sizeof(void *));

    for (size_t i = 0; all && i < count; i++)
        all[i] = i < data->cert_count ? data->certs[i] : judge->extra[i - data->cert_count];
    *ret_count = count;
    return all;
}

static const struct content_digest *digest_of(struct signed_data *data, const struct scheme *scheme)
{
    for (size_t i = 0; i < data->digest_count; i++)
        if (data->digests[i].scheme == scheme)
            return &data->digests[i];
    AUTO(EVP_MD_free) EVP_MD *md = EVP_MD_fetch(NULL, scheme->digest, NULL);
    struct content_digest *digest = &data->digests[data->digest_count];
    if (!md || data->digest_count == CMS_DIGESTS_MAX ||
        EVP_Digest(data->content.at, data->content.len, digest->value, &digest->len, md, NULL) != 1)
        return NULL;
    digest->scheme = scheme;
    data->digest_count++;
    return digest;
}

static bool has_signed_attributes(CMS_SignerInfo *info)
{
    return CMS_signed_get_attr_count(info) > 0;
}

/* The value of a signed attribute that may be there once with one value. */
static void *signed_value(CMS_SignerInfo *info, int nid, int type)
{
    return CMS_signed_get0_data_by_OBJ(info, OBJ_nid2obj(nid), -3, type);
}

static void judge_digest(struct signed_data *data, CMS_SignerInfo *info,
                         const struct signer_rules *rules, const struct scheme *scheme,
                         struct report *report)
{
    const struct content_digest *digest = digest_of(data, scheme);
    const ASN1_OCTET_STRING *claimed =
        signed_value(info, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING);

    if (!has_signed_attributes(info)) {
        report_add(report, CHECK_DIGEST, OUTCOME_SKIPPED,
                   "%sno signed attributes: the signature is over the content itself", rules->who);
        return;
    }
    if (digest && claimed && slice_eq(asn1_slice(claimed), slice_mem(digest->value, digest->len)))
        report_add(report, CHECK_DIGEST, OUTCOME_PASSED, "%smessageDigest is the content's",
                   rules->who);
    else
        report_add(report, CHECK_DIGEST, OUTCOME_FAILED, "%s%s", rules->who,
                   !claimed ? "no messageDigest among the signed attributes"
                            : "messageDigest is not that of the content: it was changed or is "
                              "another");
}

/**
 * Without signed attributes the signature is over the content. Content that could be read as the
 * attributes of another signature is refused: the two cannot be told apart.
 */
static bool verify_plain(const struct signed_data *data, CMS_SignerInfo *info,
                         const struct scheme *scheme, const struct cert *cert)
{
    struct slice signature = asn1_slice(CMS_SignerInfo_get0_signature(info));
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    if (OBJ_obj2nid(CMS_get0_eContentType(data->cms)) != NID_pkcs7_data ||
        (data->content.len > 0 && (uint8_t)data->content.at[0] == (V_ASN1_SET | 0x20)))
        return false;
    return ctx &&
           EVP_DigestVerifyInit_ex(ctx, NULL, scheme->digest, NULL, NULL,
                                   X509_get0_pubkey(cert_x509(cert)), NULL) == 1 &&
           EVP_DigestVerify(ctx, slice_u8(signature), signature.len, slice_u8(data->content),
                            data->content.len) == 1;
}

/* The first ESSCertID[v2] names the signer's certificate (RFC 5035 section 5). */
static bool ess_hash(struct slice attribute, bool v2, const char **ret_digest,
                     struct slice *ret_hash)
{
    struct slice ids;
    struct slice id;
    struct slice algorithm;
    struct slice oid;
    char text[OID_TEXT];

    *ret_digest = v2 ? "SHA256" : "SHA1";
    if (!der_take(&attribute, DER_SEQUENCE, &attribute) ||
        !der_take(&attribute, DER_SEQUENCE, &ids) || !der_take(&ids, DER_SEQUENCE, &id))
        return false;
    if (v2 && der_take(&id, DER_SEQUENCE, &algorithm)) {
        struct der_item item;
        if (!der_next(&algorithm, &item) || item.tag != V_ASN1_OBJECT)
            return false;
        oid = item.whole;
        const unsigned char *at = slice_u8(oid);
        AUTO(ASN1_OBJECT_free) ASN1_OBJECT *object = d2i_ASN1_OBJECT(NULL, &at, (long)oid.len);
        oid_text(object, text);
        *ret_digest = digest_name_of_oid(text);
    }
    return *ret_digest && der_take(&id, DER_OCTET_STRING, ret_hash);
}

static bool ess_matches(struct slice attribute, bool v2, const struct cert *cert)
{
    struct slice der = cert_der(cert);
    uint8_t hash[EVP_MAX_MD_SIZE];
    const char *name;
    struct slice claimed;
    unsigned len = 0;

    if (!ess_hash(attribute, v2, &name, &claimed))
        return false;
    AUTO(EVP_MD_free) EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);
    return md && EVP_Digest(der.at, der.len, hash, &len, md, NULL) == 1 &&
           slice_eq(claimed, slice_mem(hash, len));
}

/* NULL: right or not there at all. */
static const char *refuse_ess(CMS_SignerInfo *info, const struct signer_rules *rules,
                              const struct cert *cert)
{
    static const struct {
        int nid;
        bool v2;
    } kinds[] = { { NID_id_smime_aa_signingCertificateV2, true },
                  { NID_id_smime_aa_signingCertificate, false } };
    bool found = false;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (CMS_signed_get_attr_by_NID(info, kinds[i].nid, -1) < 0)
            continue;
        const ASN1_STRING *value = signed_value(info, kinds[i].nid, V_ASN1_SEQUENCE);
        if (!value || !ess_matches(asn1_slice(value), kinds[i].v2, cert))
            return "signingCertificate names another certificate";
        found = true;
    }
    return found || !rules->ess_required ? NULL : "no signingCertificate attribute";
}

static bool verify_attributes(CMS_SignerInfo *info, const struct cert *cert)
{
    CMS_SignerInfo_set1_signer_cert(info, cert_x509(cert));
    return CMS_SignerInfo_verify(info) == 1;
}

static void judge_signature(const struct signed_data *data, CMS_SignerInfo *info,
                            const struct signer_rules *rules, const struct scheme *scheme,
                            const struct cert *cert, struct report *report)
{
    const char *refusal = NULL;
    bool verified;

    ERR_clear_error();
    if (has_signed_attributes(info)) {
        verified = verify_attributes(info, cert);
        refusal = verified ? refuse_ess(info, rules, cert) : NULL;
    } else {
        verified = verify_plain(data, info, scheme, cert);
        refusal = verified && rules->ess_required ? "no signed attributes" : NULL;
    }
    bool starved = ossl_clear();
    if (starved && (!verified || refusal))
        report_add(report, CHECK_SIGNATURE, OUTCOME_UNKNOWN, "%sout of memory", rules->who);
    else if (verified && !refusal)
        report_add(report, CHECK_SIGNATURE, OUTCOME_PASSED, "%sby %s, serial %s", rules->who,
                   cert_label(cert), cert_signer(cert)->serial);
    else
        report_add(report, CHECK_SIGNATURE, OUTCOME_FAILED, "%s%s", rules->who,
                   refusal ? refusal : "the signature value is not of the certificate's key");
}

/* RFC 5652 section 11.1: the signed contentType is that of the content. */
static void judge_content_type(const struct signed_data *data, CMS_SignerInfo *info,
                               const struct signer_rules *rules, struct report *report)
{
    const ASN1_OBJECT *signed_type = signed_value(info, NID_pkcs9_contentType, V_ASN1_OBJECT);

    if (!has_signed_attributes(info) ||
        (signed_type && OBJ_cmp(signed_type, CMS_get0_eContentType(data->cms)) == 0))
        report_add(report, CHECK_COVERAGE, OUTCOME_PASSED, "%sthe whole content, %zu bytes",
                   rules->who, data->content.len);
    else
        report_add(report, CHECK_COVERAGE, OUTCOME_FAILED, "%s%s", rules->who,
                   signed_type ? "the signed contentType is not that of the content"
                               : "no contentType among the signed attributes");
}

/* The scheme, when the key, the digest and the signature's OID belong together and are allowed. */
static const struct scheme *judge_algorithm(CMS_SignerInfo *info, const struct signer_rules *rules,
                                            const struct cert *cert, struct report *report)
{
    unsigned allowed = rules->judge->algorithms ? rules->judge->algorithms : ALG_DEFAULT;
    X509_ALGOR *digest = NULL;
    X509_ALGOR *signature = NULL;
    char digest_oid[OID_TEXT];
    char signature_oid[OID_TEXT];

    CMS_SignerInfo_get0_algs(info, NULL, NULL, &digest, &signature);
    oid_text(digest->algorithm, digest_oid);
    oid_text(signature->algorithm, signature_oid);
    const struct scheme *scheme = scheme_find(X509_get0_pubkey(cert_x509(cert)), digest_oid);
    ERR_clear_error();
    if (!scheme) {
        report_add(report, CHECK_ALGORITHM, OUTCOME_FAILED,
                   "%sdigest %s does not belong to the certificate's key (%s)", rules->who,
                   digest_oid, algorithm_name(cert_algorithm(cert)));
        return NULL;
    }
    if (strcmp(signature_oid, scheme->signature_oid) != 0 &&
        strcmp(signature_oid, scheme->key_oid) != 0) {
        report_add(report, CHECK_ALGORITHM, OUTCOME_FAILED, "%ssignature algorithm %s is not %s",
                   rules->who, signature_oid, scheme->name);
        return NULL;
    }
    bool good = (scheme->algorithm & allowed) != 0;
    report_add(report, CHECK_ALGORITHM, good ? OUTCOME_PASSED : OUTCOME_FAILED, "%s%s%s",
               rules->who, scheme->name, good ? "" : " is not allowed");
    return good ? scheme : NULL;
}

const struct cert *signed_data_judge(struct signed_data *data, CMS_SignerInfo *info,
                                     const struct signer_rules *rules, struct report *report,
                                     const struct scheme **ret_scheme)
{
    const struct cert *cert = find_cert(data, info, rules->judge);

    if (!cert) {
        report_add(report, CHECK_SIGNATURE, OUTCOME_FAILED,
                   "%sthe signer's certificate is not in the message", rules->who);
        return NULL;
    }
    const struct scheme *scheme = judge_algorithm(info, rules, cert, report);
    if (!scheme)
        return cert;
    *ret_scheme = scheme;
    judge_digest(data, info, rules, scheme, report);
    judge_signature(data, info, rules, scheme, cert, report);
    judge_content_type(data, info, rules, report);
    return cert;
}

bool signed_data_time(CMS_SignerInfo *info, int64_t *ret_ms)
{
    int i = CMS_signed_get_attr_by_NID(info, NID_pkcs9_signingTime, -1);
    const ASN1_TYPE *value =
        i >= 0 ? X509_ATTRIBUTE_get0_type(CMS_signed_get_attr(info, i), 0) : NULL;

    if (!value || (value->type != V_ASN1_UTCTIME && value->type != V_ASN1_GENERALIZEDTIME))
        return false;
    return asn1_time_ms(value->value.asn1_string, ret_ms);
}

bool signed_data_token(CMS_SignerInfo *info, struct slice *ret_token)
{
    int i = CMS_unsigned_get_attr_by_NID(info, NID_id_smime_aa_timeStampToken, -1);
    const ASN1_TYPE *value =
        i >= 0 ? X509_ATTRIBUTE_get0_type(CMS_unsigned_get_attr(info, i), 0) : NULL;

    if (!value || value->type != V_ASN1_SEQUENCE)
        return false;
    *ret_token = asn1_slice(value->value.sequence);
    return true;
}
