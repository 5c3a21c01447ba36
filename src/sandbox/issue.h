/* Makes keys, certificates and PKCS#12 files in НУЦ РК's forms (kz-crypto.md section 1). */
#pragma once

#include "base/bytes.h"
#include "base/err.h"
#include "sandbox/family.h"

#include <stdint.h>

struct evp_pkey_st;
struct x509_st;

struct issue_params {
    const struct family *family;
    const struct entity *entity;
    const char *base_url;           /* of OCSP, CRLs and certificates; only URL characters */
    struct x509_st *issuer;         /* NULL: self-signed */
    struct evp_pkey_st *issuer_key; /* NULL with issuer */
    int64_t now_ms;                 /* Unix; the template's days count from here */
};

/* A key pair of the family. The caller's: EVP_PKEY_free(). ST_INTERNAL. */
MUST_USE enum status issue_key(const struct family *family, struct evp_pkey_st **ret_key,
                               struct err *err);

/* A certificate for key with a random serial number. The caller's: X509_free(). ST_INTERNAL. */
MUST_USE enum status issue_certificate(const struct issue_params *params, struct evp_pkey_st *key,
                                       struct x509_st **ret_cert, struct err *err);

/* PKCS#12 as НУЦ РК writes it: 3DES key bag, RC2-40 certificate bag, HMAC-SHA1, 1024 iterations,
 * nothing in it but key and certificate. The caller's: bytes_wipe(). */
MUST_USE enum status issue_p12(struct evp_pkey_st *key, struct x509_st *cert, const char *password,
                               struct bytes **ret_p12, struct err *err);

/* The certificate as PEM; the caller's. */
MUST_USE enum status issue_pem(struct x509_st *cert, struct bytes **ret_pem, struct err *err);
