/* A revocation list from its bytes: the frame, the issuer and the signature, then the rest. */
#include "crypto/crl.h"

#include "base/text.h"
#include "crypto/crl_impl.h"
#include "crypto/encode.h"
#include "crypto/scheme.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

enum { EXTENSIONS_MAX = 64 * 1024, NAME_DER_MAX = 64 * 1024 };

/* The parts of a CertificateList, borrowed from its bytes. */
struct frame {
    struct slice tbs;       /* whole: what is signed */
    struct slice algorithm; /* whole, equal inside and outside */
    struct slice signature;
    struct slice issuer; /* whole */
    int64_t this_update_s, next_update_s;
    struct slice entries;    /* content of revokedCertificates; may be empty */
    struct slice extensions; /* content of the SEQUENCE; may be empty */
};

static const struct {
    enum crl_reason reason;
    const char *name;
} reasons[] = {
    { REASON_UNSPECIFIED, "unspecified" },
    { REASON_KEY_COMPROMISE, "keyCompromise" },
    { REASON_CA_COMPROMISE, "cACompromise" },
    { REASON_AFFILIATION_CHANGED, "affiliationChanged" },
    { REASON_SUPERSEDED, "superseded" },
    { REASON_CESSATION_OF_OPERATION, "cessationOfOperation" },
    { REASON_CERTIFICATE_HOLD, "certificateHold" },
    { REASON_REMOVE_FROM_CRL, "removeFromCRL" },
    { REASON_PRIVILEGE_WITHDRAWN, "privilegeWithdrawn" },
    { REASON_AA_COMPROMISE, "aACompromise" },
};

const char *crl_reason_name(enum crl_reason reason)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].reason == reason)
            return reasons[i].name;
    return "unknown";
}

int crl_number_compare(const struct crl_number *a, const struct crl_number *b)
{
    int order = memcmp(a->at, b->at, sizeof(a->at));

    return (order > 0) - (order < 0);
}

void crl_number_text(const struct crl_number *number, char dst[CRL_NUMBER_TEXT])
{
    struct crl_number left = *number;
    char digits[CRL_NUMBER_TEXT];
    size_t at = sizeof(digits);
    bool more = true;

    if (!number->present) {
        text_copy(dst, CRL_NUMBER_TEXT, "none");
        return;
    }
    digits[--at] = '\0';
    while (more && at > 0) { /* long division by ten; 160 bits have at most 49 digits */
        unsigned rest = 0;
        more = false;
        for (size_t i = 0; i < sizeof(left.at); i++) {
            unsigned value = rest << 8 | left.at[i];
            left.at[i] = (uint8_t)(value / 10);
            rest = value % 10;
            more = more || left.at[i] != 0;
        }
        digits[--at] = (char)('0' + rest);
    }
    text_copy(dst, CRL_NUMBER_TEXT, digits + at);
}

bool crl_key_sha256(const struct cert *cert, uint8_t ret[32])
{
    AUTO(der_free) unsigned char *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert_x509(cert)), &der);

    if (len <= 0) {
        ERR_clear_error();
        return false;
    }
    sha256(slice_mem(der, (size_t)len), ret);
    return true;
}

struct crl *crl_new(const struct cert *issuer)
{
    AUTO(crl_free) struct crl *crl = calloc(1, sizeof(*crl));

    if (!crl)
        return NULL;
    atomic_init(&crl->refs, 1);
    crl->issuer = cert_ref(issuer);
    if (!crl_key_sha256(issuer, crl->issuer_key))
        return NULL;
    return TAKE(crl);
}

struct crl *crl_ref(const struct crl *crl)
{
    struct crl *shared = (struct crl *)crl; /* read-only to all but the counter */

    atomic_fetch_add_explicit(&shared->refs, 1, memory_order_relaxed);
    return shared;
}

void crl_free(struct crl *crl)
{
    if (!crl || atomic_fetch_sub_explicit(&crl->refs, 1, memory_order_acq_rel) > 1)
        return;
    cert_free(crl->issuer);
    bytes_free(crl->idp);
    bytes_free(crl->freshest);
    free(crl->table.at);
    free(crl);
}

const struct crl_facts *crl_facts(const struct crl *crl)
{
    return &crl->facts;
}

const struct cert *crl_issuer(const struct crl *crl)
{
    return crl->issuer;
}

struct slice crl_freshest(const struct crl *crl)
{
    return bytes_slice(crl->freshest);
}

static enum status refuse(const char *fault, struct err *err)
{
    return RAISE_CAUSE(err, ST_FORMAT, "crlFormat", NULL, NULL, "CRL: %s", fault);
}

/* CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm, signatureValue } */
static const char *open_list(struct slice der, struct frame *ret)
{
    struct slice list;
    struct slice bits;
    struct der_item tbs;
    struct der_item algorithm;

    if (!crl_der_take(&der, DER_SEQUENCE, &list))
        return "it is no revocation list of DER, or it is cut off";
    if (der.len > 0)
        return "something follows its end";
    if (!crl_der_next(&list, &tbs) || tbs.tag != DER_SEQUENCE)
        return "its signed part is not of DER";
    if (!crl_der_next(&list, &algorithm) || algorithm.tag != DER_SEQUENCE)
        return "its signature algorithm is not of DER";
    if (!crl_der_take(&list, DER_BIT_STRING, &bits) || list.len > 0 || bits.len < 2 ||
        bits.at[0] != 0)
        return "its signature is not of DER";
    ret->tbs = tbs.whole;
    ret->algorithm = algorithm.whole;
    ret->signature = slice_skip(bits, 1);
    return NULL;
}

static const char *open_dates(struct slice *tbs, struct frame *ret)
{
    struct der_item from;
    struct der_item to;

    if (!crl_der_next(tbs, &from) || !crl_der_time(&from, &ret->this_update_s))
        return "its thisUpdate is not of DER";
    if (tbs->len == 0 || tbs->at[0] == DER_SEQUENCE || (uint8_t)tbs->at[0] == CRL_TAG_0)
        return "it has no nextUpdate, so nobody can tell when it ends";
    if (!crl_der_next(tbs, &to) || !crl_der_time(&to, &ret->next_update_s))
        return "its nextUpdate is not of DER";
    if (ret->next_update_s < ret->this_update_s)
        return "its nextUpdate lies before its thisUpdate";
    return NULL;
}

static const char *open_tail(struct slice *tbs, struct frame *ret)
{
    struct slice tagged;

    (void)!crl_der_take(tbs, DER_SEQUENCE, &ret->entries); /* optional */
    if (tbs->len == 0)
        return NULL;
    if (!crl_der_take(tbs, CRL_TAG_0, &tagged) || tbs->len > 0)
        return "its entries or its extensions are not of DER";
    if (!crl_der_take(&tagged, DER_SEQUENCE, &ret->extensions) || tagged.len > 0)
        return "its extensions are not of DER";
    if (ret->extensions.len > EXTENSIONS_MAX)
        return "its extensions take over 65536 bytes";
    return NULL;
}

static const char *open_signed(struct frame *ret)
{
    struct slice whole = ret->tbs;
    struct slice tbs;
    struct slice version;
    struct der_item algorithm;
    struct der_item issuer;

    if (!crl_der_take(&whole, DER_SEQUENCE, &tbs))
        return "its signed part is not of DER";
    if (!crl_der_take(&tbs, DER_INTEGER, &version) || !slice_eq(version, SLICE("\x01")))
        return "it is not of version 2";
    if (!crl_der_next(&tbs, &algorithm) || !slice_eq(algorithm.whole, ret->algorithm))
        return "its signature algorithm is not the same inside and outside";
    if (!crl_der_next(&tbs, &issuer) || issuer.tag != DER_SEQUENCE ||
        issuer.whole.len > NAME_DER_MAX)
        return "its issuer's name is not of DER";
    ret->issuer = issuer.whole;
    const char *fault = open_dates(&tbs, ret);
    return fault ? fault : open_tail(&tbs, ret);
}

DEFINE_AUTO(X509_NAME, X509_NAME_free)

static enum status check_issuer(const struct frame *frame, const struct cert *issuer,
                                struct err *err)
{
    X509 *x509 = cert_x509(issuer);
    const unsigned char *at = slice_u8(frame->issuer);
    AUTO(X509_NAME_free) X509_NAME *name = d2i_X509_NAME(NULL, &at, (long)frame->issuer.len);

    if (!name || at != slice_u8(frame->issuer) + frame->issuer.len) {
        ERR_clear_error();
        return refuse("its issuer's name is not of DER", err);
    }
    if (X509_NAME_cmp(name, X509_get_subject_name(x509)) != 0)
        return RAISE_CAUSE(err, ST_FORGED, "crlIssuer", NULL, NULL,
                           "CRL: it is another issuer's, not of %s", cert_signer(issuer)->subject);
    if ((X509_get_extension_flags(x509) & EXFLAG_KUSAGE) &&
        !(X509_get_key_usage(x509) & KU_CRL_SIGN))
        return RAISE_CAUSE(err, ST_FORGED, "crlIssuer", NULL, NULL,
                           "CRL: the certificate of its issuer is not for signing lists");
    return ST_OK;
}

static enum status refuse_algorithm(const char *fault, struct err *err)
{
    return RAISE_CAUSE(err, ST_FORGED, "crlAlgorithm", NULL, NULL,
                       "CRL: its signature algorithm %s", fault);
}

static enum status find_scheme(const struct crl_source *source, const struct frame *frame,
                               const struct scheme **ret, struct err *err)
{
    const unsigned char *at = slice_u8(frame->algorithm);
    const unsigned allowed = source->algorithms ? source->algorithms : ALG_DEFAULT;
    const ASN1_OBJECT *oid = NULL;
    int parameters = V_ASN1_UNDEF;
    AUTO(X509_ALGOR_free) X509_ALGOR *algor = d2i_X509_ALGOR(NULL, &at, (long)frame->algorithm.len);

    if (!algor) {
        ERR_clear_error();
        return refuse("its signature algorithm is not of DER", err);
    }
    X509_ALGOR_get0(&oid, &parameters, NULL, algor);
    const struct scheme *scheme = scheme_of_signature(oid);
    if (!scheme || !(scheme->algorithm & allowed))
        return refuse_algorithm("is not allowed", err);
    if (parameters != V_ASN1_UNDEF && parameters != V_ASN1_NULL)
        return refuse_algorithm("has parameters, which it does not take", err);
    *ret = scheme;
    return ST_OK;
}

static enum status verify(const struct crl_source *source, const struct frame *frame,
                          enum algorithm *ret, struct err *err)
{
    EVP_PKEY *key = X509_get0_pubkey(cert_x509(source->issuer));
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const struct scheme *scheme = NULL;

    TRY(find_scheme(source, frame, &scheme, err));
    if (!ctx)
        return RAISE(err, ST_NOMEM, "CRL: out of memory");
    if (!key || !scheme || !EVP_PKEY_is_a(key, scheme->key_type))
        return refuse_algorithm("is not that of its issuer's key", err);
    if (EVP_DigestVerifyInit_ex(ctx, NULL, scheme->digest, NULL, NULL, key, NULL) != 1)
        return ossl_raise(err, ST_INTERNAL, "CRL: its signature");
    int right = EVP_DigestVerify(ctx, slice_u8(frame->signature), frame->signature.len,
                                 slice_u8(frame->tbs), frame->tbs.len);
    ERR_clear_error();
    if (right != 1)
        return RAISE_CAUSE(err, ST_FORGED, "crlSignature", NULL, NULL,
                           "CRL: its signature does not belong to the key of %s",
                           cert_signer(source->issuer)->subject);
    *ret = scheme->algorithm;
    return ST_OK;
}

static enum status parse_der(const struct crl_source *source, struct slice der,
                             struct crl **ret_crl, struct err *err)
{
    AUTO(crl_free) struct crl *crl = NULL;
    struct frame frame = { 0 };
    enum algorithm algorithm = ALG_UNKNOWN;
    const char *fault = open_list(der, &frame);

    if (!fault)
        fault = open_signed(&frame);
    if (fault)
        return refuse(fault, err);
    TRY(check_issuer(&frame, source->issuer, err));
    TRY(verify(source, &frame, &algorithm, err));
    crl = crl_new(source->issuer);
    if (!crl)
        return RAISE(err, ST_NOMEM, "CRL: out of memory");
    crl->facts.algorithm = algorithm;
    crl->facts.this_update_ms = frame.this_update_s * 1000;
    crl->facts.next_update_ms = frame.next_update_s * 1000;
    sha256(der, crl->facts.sha256);
    TRY(crl_read_extensions(crl, frame.extensions, err));
    TRY(crl_read_entries(crl, frame.entries, err));
    *ret_crl = TAKE(crl);
    return ST_OK;
}

enum status crl_parse(const struct crl_source *source, struct crl **ret_crl, struct err *err)
{
    AUTO(bytes_free) struct bytes *der = NULL;

    if (source->data.len > CRL_BYTES_MAX)
        return RAISE_CAUSE(err, ST_FORMAT, "crlTooLarge", NULL, "134217728 bytes",
                           "CRL: %zu bytes, the limit is %d", source->data.len, CRL_BYTES_MAX);
    if (source->data.len > 0 && source->data.at[0] == DER_SEQUENCE)
        return parse_der(source, source->data, ret_crl, err);
    if (armour_one(source->data, "CRL", &der, err) != ST_OK) {
        if (err->status == ST_FORMAT)
            return refuse("neither DER, PEM nor base64", err);
        return err->status;
    }
    return parse_der(source, bytes_slice(der), ret_crl, err);
}
