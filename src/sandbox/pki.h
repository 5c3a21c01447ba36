/* The sandbox's НУЦ РК in a folder: made once by our own code, kept afterwards.
 *
 * DIR/pass                  the password of every PKCS#12 file, one line, 0600
 * DIR/authority.conf        base_url = http://…: what certificates name for OCSP and CRLs
 * DIR/index                 what was issued, and what is revoked (sandbox/index.h)
 * DIR/trust/FAMILY-root.pem, FAMILY-ca.pem           what a verifier trusts
 * DIR/authority/FAMILY-{root,ca,ocsp,tsa}.p12        the authority's own keys, 0600
 * DIR/FAMILY/NAME.p12, NAME.pem                      holders' keys, 0600, and certificates
 * DIR/tls/ca.pem, server.pem, server.key             TLS for localhost
 * DIR/tls/client-ca.pem, client.p12, client-expired.p12   the participant of ЦОИД in mutual TLS
 * DIR/ldap/coid.ldif        what ЦОИД's directory holds (sandbox/directory.h)
 * DIR/coid/transactions     what ЦОИД has billed (sandbox/centre_bills.h)
 * DIR/crl/FAMILY.crl, FAMILY-delta.crl, FAMILY-root.crl
 * FAMILY: gost2015, gost2004, rsa. NAME: sandbox/family.c. */
#pragma once

#include "base/auto.h"
#include "base/clock.h"
#include "base/err.h"
#include "crypto/key.h"
#include "sandbox/family.h"
#include "sandbox/index.h"

#define PKI_BASE_URL "http://127.0.0.1:8089"

struct pki_params {
    const char *dir;
    const char *base_url; /* http://HOST[:PORT], no slash at the end; NULL: as it is, or
                             PKI_BASE_URL */
    const struct clock *clock;
};

/* What pki_init() did. */
struct pki_made {
    unsigned made; /* key pairs with certificates */
    unsigned kept;
};

/**
 * Makes what is missing and keeps what is there; one process at a time by a lock on the folder.
 * ST_INPUT     a folder or file that cannot be written; base_url is no such URL
 * ST_CONFLICT  base_url differs from the one the certificates name; a certificate that is not
 *              from this sandbox's CA
 */
MUST_USE enum status pki_init(const struct pki_params *params, struct pki_made *ret_made,
                              struct err *err);

struct pki; /* an initialised folder, opened; read-only and thread-safe */

/* ST_NOT_FOUND: not initialised; ST_INPUT, ST_FORGED: a key that does not open. */
MUST_USE enum status pki_open(const char *dir, struct pki **ret_pki, struct err *err);
/* NULL is fine. */
void pki_free(struct pki *pki);
DEFINE_AUTO(struct pki, pki_free)

const char *pki_dir(const struct pki *pki);
const char *pki_base_url(const struct pki *pki);
/* role: KIND_ROOT, KIND_CA, KIND_OCSP or KIND_TSA. Borrowed. */
const struct key *pki_key(const struct pki *pki, const struct family *family, enum kind role);

/**
 * Revokes for key compromise and writes the lists in DIR/crl anew.
 *
 * who        a serial in hex (colons and case do not matter), or a file: a certificate, or a
 *            PKCS#12 of this sandbox
 * ret_entry  what was revoked
 *
 * ST_NOT_FOUND: not issued here; ST_CONFLICT: revoked already; ST_INPUT: neither.
 */
MUST_USE enum status pki_revoke(const struct pki *pki, const char *who, int64_t now_ms,
                                struct index_entry *ret_entry, struct err *err);

/* Writes DIR/crl of every family from the index. */
MUST_USE enum status pki_write_crls(const struct pki *pki, int64_t now_ms, struct err *err);
