/* One X.509 certificate: parsed once, read-only, shared by reference. Thread-safe. */
#pragma once

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"
#include "model/signer.h"

struct cert;
struct x509_st;

/* DER, PEM or bare base64, a BOM allowed; exactly one certificate.
 * ST_FORMAT: it is none of them. *ret_cert is the caller's: cert_free(). */
MUST_USE enum status cert_parse(struct slice data, struct cert **ret_cert, struct err *err);
/* Each certificate of a file in its order: DER, or any number of PEM objects. Stops at the first
 * that `take` refuses. ST_FORMAT: something else, or nothing, is in it. */
typedef enum status cert_take_fn(void *ctx, const struct cert *cert, struct err *err);
MUST_USE enum status cert_parse_each(struct slice data, cert_take_fn *take, void *ctx,
                                     struct err *err);
struct cert *cert_ref(const struct cert *cert);
/* NULL is fine. */
void cert_free(struct cert *cert);
DEFINE_AUTO(struct cert, cert_free)

/* Facts, borrowed from the certificate. */
const struct signer *cert_signer(const struct cert *cert);
struct slice cert_der(const struct cert *cert);
enum algorithm cert_algorithm(const struct cert *cert); /* of its public key, crypto/algorithm.h */
bool cert_is_self_signed(
    const struct cert *cert); /* issuer equals subject and its own key verifies */

/* Same issuer as a set of RDNs (order ignored) and same serial as a number: gateways reorder their
 * RDNs (shep-contract.md section 4). issuer is an RFC 4514/2253 text, serial decimal digits. */
bool cert_matches_issuer_serial(const struct cert *cert, struct slice issuer, struct slice serial);

/* For rooms that own OpenSSL (wsse, http, rest, sandbox): borrowed. */
struct x509_st *cert_x509(const struct cert *cert);
