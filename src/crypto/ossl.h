/* What this room's files share about OpenSSL: clean-up of its types and small conversions. */
#pragma once

#include "base/auto.h"
#include "base/err.h"
#include "base/slice.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pkcs12.h>
#include <openssl/ts.h>
#include <openssl/x509.h>

DEFINE_AUTO(ASN1_INTEGER, ASN1_INTEGER_free)
DEFINE_AUTO(ASN1_OBJECT, ASN1_OBJECT_free)
DEFINE_AUTO(ASN1_TIME, ASN1_TIME_free)
DEFINE_AUTO(BIGNUM, BN_free)
DEFINE_AUTO(BIO, BIO_free_all)
DEFINE_AUTO(CMS_ContentInfo, CMS_ContentInfo_free)
DEFINE_AUTO(EVP_MD, EVP_MD_free)
DEFINE_AUTO(EVP_MD_CTX, EVP_MD_CTX_free)
DEFINE_AUTO(EVP_PKEY, EVP_PKEY_free)
DEFINE_AUTO(OCSP_BASICRESP, OCSP_BASICRESP_free)
DEFINE_AUTO(OCSP_CERTID, OCSP_CERTID_free)
DEFINE_AUTO(OCSP_REQUEST, OCSP_REQUEST_free)
DEFINE_AUTO(OCSP_RESPONSE, OCSP_RESPONSE_free)
DEFINE_AUTO(PKCS12, PKCS12_free)
DEFINE_AUTO(TS_MSG_IMPRINT, TS_MSG_IMPRINT_free)
DEFINE_AUTO(TS_REQ, TS_REQ_free)
DEFINE_AUTO(TS_RESP, TS_RESP_free)
DEFINE_AUTO(TS_TST_INFO, TS_TST_INFO_free)
DEFINE_AUTO(X509, X509_free)
DEFINE_AUTO(X509_ALGOR, X509_ALGOR_free)
DEFINE_AUTO(X509_STORE_CTX, X509_STORE_CTX_free)

static inline void x509_stack_free(STACK_OF(X509) * stack)
{
    sk_X509_pop_free(stack, X509_free);
}
DEFINE_AUTO(STACK_OF(X509), x509_stack_free)

/* A stack that lends: its certificates belong to others. */
static inline void x509_stack_drop(STACK_OF(X509) * stack)
{
    sk_X509_free(stack);
}
DEFINE_AUTO(STACK_OF(X509), x509_stack_drop)

/* DER that an i2d_… function allocated. */
static inline void der_free(unsigned char *der)
{
    OPENSSL_free(der);
}
DEFINE_AUTO(unsigned char, der_free)

static inline void ossl_text_free(char *text)
{
    OPENSSL_free(text);
}
DEFINE_AUTO(char, ossl_text_free)

enum { OID_TEXT = 80 };

/* Dotted form; "" when it does not fit or is absent. */
void oid_text(const ASN1_OBJECT *object, char dst[OID_TEXT]);
/* Milliseconds of Unix time; false: not a time. Fractions of a second are dropped. */
bool asn1_time_ms(const ASN1_TIME *time, int64_t *ret_ms);
/* The contents of an OCTET STRING, INTEGER, UTF8String …; empty for NULL. Borrowed. */
struct slice asn1_slice(const ASN1_STRING *string);
/* Empties OpenSSL's queue of errors, which belongs to the thread. true: memory ran out, so what
 * failed says nothing about its input. */
bool ossl_clear(void);
/* Raises with the text of OpenSSL's latest error, as ST_NOMEM when memory ran out, and empties its
 * queue. */
enum status ossl_raise(struct err *err, enum status status, const char *what);
