/* Certificates of issuers from where certificates say they are (RFC 5280 section 4.2.2.1). Whoever
 * writes a certificate names the address, so it is done only where it is asked for, and what comes
 * back is a candidate like any other: never an anchor. */
#pragma once

#include "crypto/trust.h"

enum {
    AIA_CERTS_MAX = 8,   /* of one address */
    AIA_FETCHES_MAX = 3, /* for one path */
    AIA_URL_BYTES = 512,
};

struct aia; /* remembers what 32 addresses gave; thread-safe */

/* NULL when out of memory. Caller's. */
struct aia *aia_new(void);
/* NULL is fine. */
void aia_free(struct aia *aia);
DEFINE_AUTO(struct aia, aia_free)

/* What one call gives; the caller's references. */
struct aia_found {
    struct cert *certs[AIA_CERTS_MAX];
    size_t count;
};

/**
 * The certificates at the first caIssuers address of cert, a DER certificate or a certs-only
 * PKCS#7 of at most 64 KiB, fetched by judge->io over http. An answer is remembered for an hour, a
 * failure for a minute.
 *
 * ret  zeroed; filled on ST_OK
 * ST_NOT_FOUND  the certificate names no http address, or nobody can fetch
 * others        of the fetch, or ST_FORMAT: no certificates
 */
MUST_USE enum status aia_find(struct aia *aia, const struct judge *judge, const struct cert *cert,
                              struct aia_found *ret, struct err *err);
