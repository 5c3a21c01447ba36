/* The inside of a revocation list, for the files that read, keep and ask one. */
#pragma once

#include "base/bytes.h"
#include "crypto/crl.h"
#include "crypto/crl_der.h"

#include <stdatomic.h>

/* Records of one width, ascending by serial: serial (filled with zeros in front), seconds of
 * Unix time (4 bytes, big-endian), reason (1 byte). */
enum { CRL_RECORD_TAIL = 5, CRL_RECORD_MAX = CRL_SERIAL_MAX + CRL_RECORD_TAIL };

struct crl_table {
    uint8_t *at;
    size_t count;
    size_t width; /* bytes of the longest serial of the list, 1 to CRL_SERIAL_MAX */
};

struct crl {
    atomic_int refs;
    struct cert *issuer;
    uint8_t issuer_key[32]; /* SHA-256 of its SubjectPublicKeyInfo */
    struct crl_facts facts;
    struct bytes *idp;      /* IssuingDistributionPoint, DER; NULL: none */
    struct bytes *freshest; /* CRLDistributionPoints, DER; NULL: none */
    struct crl_table table;
};

/* An empty list of this issuer, with one reference; NULL when out of memory. */
struct crl *crl_new(const struct cert *issuer);
/* false: the key cannot be written as DER. */
bool crl_key_sha256(const struct cert *cert, uint8_t ret[32]);

/* The extensions of a list (the content of their SEQUENCE) into its facts, idp and freshest. */
MUST_USE enum status crl_read_extensions(struct crl *crl, struct slice extensions, struct err *err);
/* Parses crl->idp, as crl_read_extensions() did, into the scope. */
MUST_USE enum status crl_read_scope(struct crl *crl, struct err *err);

/* The entries (the content of revokedCertificates) into the list's table, sorted. */
MUST_USE enum status crl_read_entries(struct crl *crl, struct slice entries, struct err *err);

static inline size_t crl_stride(const struct crl_table *table)
{
    return table->width + CRL_RECORD_TAIL;
}
/* Memory for count records of this width. */
MUST_USE enum status crl_table_make(struct crl_table *table, size_t count, size_t width,
                                    struct err *err);
void crl_table_sort(struct crl_table *table);
/* The first record that does not stand above the one before it; count when there is none. */
size_t crl_table_disorder(const struct crl_table *table);
