/* A certificate from OpenSSL's object: for the files of this room. */
#pragma once

#include "crypto/cert.h"
#include "crypto/ossl.h"

/* Takes a reference to x509. ST_FORMAT: facts of it cannot be read. */
MUST_USE enum status cert_wrap(X509 *x509, struct cert **ret_cert, struct err *err);
/* From DER, nothing may follow it. */
MUST_USE enum status cert_parse_der(struct slice der, struct cert **ret_cert, struct err *err);
/* CN, or the whole subject where there is none: how reports call it. Borrowed. */
const char *cert_label(const struct cert *cert);
/* UTF-8 text of a name in the certificate's order: CN=…,C=KZ; control characters escaped. */
void name_text(const X509_NAME *name, char *dst, size_t size);
/* Compares a name with the text of one, as cert_matches_issuer_serial() says. */
bool name_equals_text(const X509_NAME *name, struct slice text);
