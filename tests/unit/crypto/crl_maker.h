/* Revocation lists for tests, written as DER byte by byte, so that each may be wrong in one way. */
#pragma once

#include "unit/crypto/fixture.h"

#include "crypto/crl.h"

enum { NO_REASON = -1 };

/* An entry of revokedCertificates; zero means: a date of 2026 and no extensions. */
struct entry_params {
    struct slice serial; /* content of the INTEGER, as it is written */
    const char *date;    /* UTCTime of 13 characters or GeneralizedTime of 15 */
    int reason;          /* NO_REASON: no extension */
    struct slice more;   /* further extensions, whole */
};
void add_entry(struct bytes *to, const struct entry_params *entry);
/* An Extension, whole: arc below 2.5.29, flag, content of its OCTET STRING. */
void add_extension(struct bytes *to, uint8_t arc, bool critical, struct slice value);

/* A list; zero means: of version 2, from an hour before NOW_MS to a day after, without numbers. */
struct crl_params {
    const struct made *issuer;
    const struct made *signer; /* NULL: the issuer */
    const struct cert *named;  /* whose subject stands as issuer; NULL: the issuer's */
    struct slice entries;      /* content of revokedCertificates; left out when empty */
    struct slice more;         /* further extensions, whole */
    int64_t number, base_number;
    int64_t this_ms, next_ms;  /* next_ms < 0: no nextUpdate */
    const char *version;       /* content of the INTEGER instead of 1; "-": none */
    const char *signature_oid; /* instead of the key's */
    bool no_aki, foreign_aki, no_extensions, inner_differs, empty_entries;
};
struct bytes *make_crl(const struct crl_params *params);

/* count entries of 20-byte serials in no order, of about 40 bytes each; the same for the same
 * count. */
struct bytes *many_entries(size_t count);
/* The i-th serial of many_entries(). */
void many_serial(size_t i, uint8_t dst[20]);

/* The certificate again with distribution points, in the words of OpenSSL's configuration. */
struct cert *with_points(const struct made *made, const struct made *issuer, const char *base,
                         const char *delta);

/* A list that must be accepted. */
struct crl *parsed(const struct bytes *der, const struct made *issuer);
