/* The inside of a trust: paths found in it, for the judging files of this room. */
#pragma once

#include "crypto/ossl.h"
#include "crypto/trust.h"

struct aia;

enum { PATH_CERTS_MAX = 8, WHY_MAX = 400 };

/* A certificate path, signer first, anchor last; holds references. */
struct path {
    struct cert *certs[PATH_CERTS_MAX];
    size_t count;      /* 0: none was found */
    char why[WHY_MAX]; /* the reason when none was found */
};

void path_clear(struct path *path);

/* Every certificate of the trust, anchors first; lent for the call. */
void trust_each(const struct trust *trust, void (*visit)(void *ctx, X509 *cert), void *ctx);

/* Whoever may be an issuer to this judge: pins, extra, trust; lent for the call. */
void judge_each_issuer(const struct judge *judge, void (*visit)(void *ctx, X509 *cert), void *ctx);
/* The path and dates of who signed a list, or authorised a responder. */
void judge_source_issuer(const struct judge *judge, const struct cert *issuer,
                         struct report *report);

/* The certificate is one of judge->pins. */
bool judge_pins(const struct judge *judge, const struct cert *cert);

/* Where an instant lies: -1 before notBefore, 0 inside, 1 after notAfter (both inclusive). */
int dates_compare(const struct signer *facts, int64_t at_ms);

/**
 * Finds a path whose signatures, names and constraints hold (RFC 5280 section 6.1): every candidate
 * issuer is tried, at most 64 signatures in all. Dates do not matter to it, but a path whose
 * certificates are all valid at at_ms goes before another. Remembered by the signer's SHA-256.
 *
 * Names are compared as X.509 does: in their order, letter case and blanks aside. A key identifier
 * only says whom to try first; who signed decides. An anchor comes from the trust, whatever
 * judge->extra holds.
 */
bool trust_find_path(const struct trust *trust, const struct cert *signer,
                     const struct judge *judge, int64_t at_ms, struct path *ret);
/* Every certificate is inside its dates; false for an empty path. */
bool path_is_current(const struct path *path, int64_t at_ms);
void path_copy(struct path *to, const struct path *from);
/* The remembered path of the signer, when it is current; thread-safe, like the next. */
bool trust_recall(const struct trust *trust, const struct cert *signer, int64_t at_ms,
                  struct path *ret);
/* What was fetched of issuers; the trust's own. */
struct aia *trust_aia(const struct trust *trust);
void trust_remember(const struct trust *trust, const struct cert *signer, const struct path *path);
/* Adds the row of judge->purpose: the certificate's KeyUsage or extended key usage. */
void judge_usage(const struct judge *judge, const struct cert *signer, const char *who,
                 struct report *report);
/* Path and dates alone, as a timestamp's certificate needs them. path: the caller's, zeroed. */
void judge_path_and_dates(const struct judge *judge, const struct cert *signer, int64_t at_ms,
                          const char *who, struct path *path, struct report *report);
/* 2026-11-22T14:03:07+05:00: Astana's time for details of rows. */
void detail_time(int64_t ms, char dst[TIME_TEXT]);
