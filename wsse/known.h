/* Certificates of verified messages, kept parsed: OpenSSL takes ten times longer to read a
 * certificate than to verify a signature with it. Thread-safe. */
#pragma once

#include "base/auto.h"
#include "crypto/cert.h"

struct known; /* at most 256 certificates, by SHA-256; a newcomer takes its neighbour's place */

/* NULL when out of memory. Caller's: known_free(). */
struct known *known_new(void);
/* NULL is fine. */
void known_free(struct known *known);
DEFINE_AUTO(struct known, known_free)

/* The certificate with exactly these bytes, a reference of the caller's: cert_free(). NULL: not
 * kept, or known is NULL. */
struct cert *known_find(struct known *known, struct slice der);
/* Only for certificates whose message was found valid, so that strangers cannot crowd out others.
 */
void known_keep(struct known *known, const struct cert *cert);
