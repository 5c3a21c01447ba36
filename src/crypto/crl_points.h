/* Where a certificate says its revocation lists are (req 0.25; RFC 5280 4.2.1.13, 4.2.1.15). */
#pragma once

#include "base/err.h"
#include "base/slice.h"
#include "crypto/cert.h"
#include "crypto/crl.h"

enum { CRL_URLS_MAX = 8, CRL_URL_BYTES = 1024 };

struct crl_urls {
    size_t count;
    char at[CRL_URLS_MAX][CRL_URL_BYTES]; /* http://…, visible ASCII, in the order written */
};

enum crl_kind {
    CRL_KIND_BASE,  /* cRLDistributionPoints */
    CRL_KIND_DELTA, /* freshestCRL */
};

/**
 * The addresses of the extension; none (count 0) when it is absent. What is not http, is of another
 * issuer or for some reasons only, too long or beyond the first CRL_URLS_MAX is left out.
 * ST_FORMAT  the extension cannot be read. Thread-safe.
 */
MUST_USE enum status cert_crl_urls(const struct cert *cert, enum crl_kind kind,
                                   struct crl_urls *ret, struct err *err);
/* The same of the freshestCRL extension that a base list itself may have. */
MUST_USE enum status crl_freshest_urls(const struct crl *crl, struct crl_urls *ret,
                                       struct err *err);

/* Whether the list's distribution point is one of the certificate's (RFC 5280 6.3.3 (b)(2)(i)):
 * true when the list names none. */
bool crl_is_for_point_of(const struct crl *crl, const struct cert *cert);
