/* One row per signature algorithm: the names by which OpenSSL, ASN.1 and people know it. */
#pragma once

#include "crypto/algorithm.h"
#include "crypto/ossl.h"

struct scheme {
    enum algorithm algorithm;
    const char *name;       /* for people */
    const char *key_type;   /* EVP_PKEY_is_a() */
    const char *digest;     /* EVP_MD_fetch() */
    const char *digest_oid; /* dotted */
    const char *key_oid;    /* old CMS write it into signatureAlgorithm (kz-crypto.md section 2) */
    const char *signature_oid;
};

/* NULL when unknown. */
const struct scheme *scheme_of_algorithm(enum algorithm algorithm);
/* The first scheme of the key's type: the one that we sign with. NULL when unknown. */
const struct scheme *scheme_of_key(const EVP_PKEY *key);
/* The scheme of this key with this digest. NULL: the two do not belong together. */
const struct scheme *scheme_find(const EVP_PKEY *key, const char *digest_oid);
/* The scheme of a signature OID as X.509 and OCSP write it. NULL when unknown. */
const struct scheme *scheme_of_signature(const ASN1_OBJECT *signature);
/* The digest by its OID among those a timestamp may use; NULL when unknown. Name for EVP_MD_fetch.
 */
const char *digest_name_of_oid(const char *digest_oid);
