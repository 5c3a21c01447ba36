/* A parsed CMS SignedData and the judgement of one SignerInfo: what documents and tokens share. */
#pragma once

#include "crypto/cert_impl.h"
#include "crypto/report_impl.h"
#include "crypto/scheme.h"
#include "crypto/trust.h"

enum {
    CMS_SIGNERS_MAX = 16,
    CMS_CERTS_MAX = 64,
    CMS_DIGESTS_MAX = 5, /* one of each scheme */
};

struct content_digest {
    const struct scheme *scheme;
    uint8_t value[EVP_MAX_MD_SIZE];
    unsigned len;
};

struct signed_data {
    CMS_ContentInfo *cms;
    struct cert *certs[CMS_CERTS_MAX];
    size_t cert_count;
    struct slice content; /* what the signatures are over: the one inside, or set by the caller */
    bool has_content;     /* inside */
    struct content_digest digests[CMS_DIGESTS_MAX]; /* of content, made when first asked for */
    size_t digest_count;
};

/* Parses DER. ST_FORMAT: not a SignedData with a signer, or over the limits. Writes into zeroed
 * ret; signed_data_clear() in every case. */
MUST_USE enum status signed_data_open(struct slice der, struct signed_data *ret, struct err *err);
void signed_data_clear(struct signed_data *data);
size_t signed_data_signer_count(const struct signed_data *data);
CMS_SignerInfo *signed_data_signer(const struct signed_data *data, size_t i);

struct signer_rules {
    const struct judge *judge; /* algorithms, extra certificates */
    const char *who;           /* put in front of every row */
    bool ess_required;         /* signingCertificate[V2] must be there (RFC 3161, 5816) */
};

/* Adds the rows algorithm, digest, signature, coverage of one SignerInfo. The signer's certificate,
 * borrowed from data or judge; NULL: none was found, the rows say so. ret_scheme may stay NULL. */
const struct cert *signed_data_judge(struct signed_data *data, CMS_SignerInfo *info,
                                     const struct signer_rules *rules, struct report *report,
                                     const struct scheme **ret_scheme);

/* The certificates of the message, then the judge's: further help for building paths. The caller's,
 * free(); borrowed inside. NULL: out of memory. */
const struct cert **signed_data_extra(const struct signed_data *data, const struct judge *judge,
                                      size_t *ret_count);

/* The signingTime attribute; false: none that can be read. */
bool signed_data_time(CMS_SignerInfo *info, int64_t *ret_ms);
/* The first timestamp token among the unsigned attributes (DER); false: none. Borrowed. */
bool signed_data_token(CMS_SignerInfo *info, struct slice *ret_token);

struct signed_data_params {
    int content_nid; /* NID_pkcs7_data, NID_id_smime_ct_TSTInfo */
    bool detached;
    bool without_cert;
    int64_t signing_time_ms;
};

/* Makes a SignedData with one signer: contentType, signingTime, messageDigest,
 * signingCertificateV2 (SHA-256). *ret_cms is the caller's. */
struct key;
MUST_USE enum status signed_data_make(const struct key *key, struct slice content,
                                      const struct signed_data_params *params,
                                      CMS_ContentInfo **ret_cms, struct err *err);
MUST_USE enum status signed_data_der(CMS_ContentInfo *cms, struct bytes **ret_der, struct err *err);
