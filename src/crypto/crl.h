/* One certificate revocation list: verified and read once, kept as a sorted table of serials
 * (req 0.24; RFC 5280 section 5). Immutable, shared by reference, thread-safe. */
#pragma once

#include "base/auto.h"
#include "base/err.h"
#include "base/slice.h"
#include "crypto/algorithm.h"
#include "crypto/cert.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crl;

enum {
    CRL_BYTES_MAX = 128 * 1024 * 1024, /* of a list; НУЦ РК's base takes about 20 MiB */
    CRL_SERIAL_MAX = 20,               /* bytes of a serial or CRLNumber, RFC 5280 4.1.2.2, 5.2.3 */
    CRL_NUMBER_TEXT = 52,              /* room for a number in decimal, with NUL */
};

/* RFC 5280 section 5.3.1, the values of ASN.1. */
enum crl_reason {
    REASON_UNSPECIFIED = 0, /* also when the list gives none */
    REASON_KEY_COMPROMISE = 1,
    REASON_CA_COMPROMISE = 2,
    REASON_AFFILIATION_CHANGED = 3,
    REASON_SUPERSEDED = 4,
    REASON_CESSATION_OF_OPERATION = 5,
    REASON_CERTIFICATE_HOLD = 6,
    REASON_REMOVE_FROM_CRL = 8, /* in deltas only */
    REASON_PRIVILEGE_WITHDRAWN = 9,
    REASON_AA_COMPROMISE = 10,
};
/* unspecified, keyCompromise, … */
const char *crl_reason_name(enum crl_reason reason);

/* CRLNumber and BaseCRLNumber: unsigned, big-endian, filled with zeros in front. */
struct crl_number {
    bool present;
    uint8_t at[CRL_SERIAL_MAX];
};
/* -1, 0, 1; both are present. */
int crl_number_compare(const struct crl_number *a, const struct crl_number *b);
/* Decimal; "none" when absent. */
void crl_number_text(const struct crl_number *number, char dst[CRL_NUMBER_TEXT]);

/* Whose certificates the list is about (IssuingDistributionPoint, section 5.2.5). */
enum crl_scope { CRL_SCOPE_ALL, CRL_SCOPE_USERS, CRL_SCOPE_AUTHORITIES };

struct crl_facts {
    int64_t this_update_ms;
    int64_t next_update_ms;
    struct crl_number number;      /* may be absent: then no delta applies to the list */
    struct crl_number base_number; /* present: the list is a delta to this base or later ones */
    enum crl_scope scope;
    enum algorithm algorithm; /* of its signature */
    uint64_t count;           /* of entries */
    uint8_t sha256[32];       /* of the list's DER: names it in the evidence */
};

/* What is judged when a list is read. Borrowed for the call. */
struct crl_source {
    struct slice data;         /* DER, read where it lies; or PEM or base64, decoded into a copy */
    const struct cert *issuer; /* by whose key the list must be signed; its own path is the
                                  caller's affair, and so are the dates of both */
    unsigned algorithms;       /* allowed, enum algorithm bits; 0: ALG_DEFAULT */
};

/**
 * Verifies a list and makes its table. Nothing of it is read before its signature held but the
 * issuer's name, the algorithm and the dates.
 *
 * Memory: of the size of the table (crl_table_bytes()), allocated once, exactly; sorting is done
 * in place. What the allocator then keeps of source->data is the caller's: malloc_trim().
 *
 * ret_crl  the caller's: crl_free()
 * ST_FORMAT  not a list of DER, or one that must not be used; err.code tells which:
 *            crlTooLarge · crlFormat · crlEntry (number and fault of the entry) · crlDuplicate (a
 *            serial stands twice) · crlUnsupported (indirect, partial by reasons, for attribute
 *            certificates, relative distribution point, or an unknown critical extension)
 * ST_FORGED  err.code crlIssuer (another's name or key, or it may not sign lists) ·
 *            crlAlgorithm (not allowed, or not the key's) · crlSignature
 * ST_NOMEM
 */
MUST_USE enum status crl_parse(const struct crl_source *source, struct crl **ret_crl,
                               struct err *err);
struct crl *crl_ref(const struct crl *crl);
/* NULL is fine. */
void crl_free(struct crl *crl);
DEFINE_AUTO(struct crl, crl_free)

/* Borrowed from the list. */
const struct crl_facts *crl_facts(const struct crl *crl);
const struct cert *crl_issuer(const struct crl *crl);
static inline bool crl_is_delta(const struct crl *crl)
{
    return crl_facts(crl)->base_number.present;
}
/* The freshestCRL extension of a base: where its deltas are (DER; empty when there is none). */
struct slice crl_freshest(const struct crl *crl);
/* Memory of the serials with their dates and reasons. */
size_t crl_table_bytes(const struct crl *crl);

struct crl_entry {
    int64_t revoked_ms;
    enum crl_reason reason;
};
/* serial: big-endian, any number of zeros in front. false: not in the list. Microseconds. */
bool crl_find(const struct crl *crl, struct slice serial, struct crl_entry *ret);
