/* Clean-up and errors of OpenSSL's objects, for this room alone. */
#pragma once

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/conf.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

DEFINE_AUTO(ASN1_ENUMERATED, ASN1_ENUMERATED_free)
DEFINE_AUTO(ASN1_INTEGER, ASN1_INTEGER_free)
DEFINE_AUTO(ASN1_TIME, ASN1_TIME_free)
DEFINE_AUTO(BIGNUM, BN_free)
DEFINE_AUTO(BIO, BIO_free)
DEFINE_AUTO(CONF, NCONF_free)
DEFINE_AUTO(EVP_MD, EVP_MD_free)
DEFINE_AUTO(EVP_PKEY, EVP_PKEY_free)
DEFINE_AUTO(PKCS12, PKCS12_free)
DEFINE_AUTO(X509, X509_free)
DEFINE_AUTO(X509_CRL, X509_CRL_free)
DEFINE_AUTO(X509_NAME, X509_NAME_free)
DEFINE_AUTO(X509_REVOKED, X509_REVOKED_free)

/* ST_INTERNAL with OpenSSL's last reason; empties its queue. */
enum status openssl_fail(struct err *err, const char *what);

/* The digest a key signs with: its own for KZ keys, SHA-256 otherwise. The caller's. */
MUST_USE enum status openssl_digest_of(const EVP_PKEY *key, EVP_MD **ret_md, struct err *err);

/* What a memory BIO holds, as bytes; the caller's. */
MUST_USE enum status openssl_bio_bytes(BIO *bio, struct bytes **ret, struct err *err);

/* 159 random bits, positive: as long as НУЦ's own. The caller's. */
MUST_USE enum status openssl_random_serial(ASN1_INTEGER **ret_serial, struct err *err);
