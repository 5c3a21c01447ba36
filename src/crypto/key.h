/* A private key with its certificate and chain. Opaque, read-only, thread-safe; cleansed at death.
 */
#pragma once

#include "base/auto.h"
#include "crypto/algorithm.h"
#include "crypto/cert.h"

struct key;
struct evp_pkey_st;

/* Where a key is and what opens it: the configuration's words and shepctl's. Borrowed; members but
 * the first may be NULL or "". */
struct key_source {
    const char *place;         /* path of a PKCS#12 or PEM file (told by its content), or a URI
                                  "pkcs11:…" (RFC 7512) */
    const char *secret_file;   /* its password or PIN: the first line of this file */
    const char *cert_file;     /* PEM or DER: the certificate, and its chain, that stand beside a
                                  PEM or PKCS#11 key */
    const char *pkcs11_module; /* path of the token's module; none: pkcs11: is refused */
};

/**
 * Opens a key, wherever it is.
 *
 * ST_INPUT        it cannot be read, or not so: what and why is in the text; code passwordMissing,
 *                 wrongPassword, pkcs11Off …
 * ST_NOT_FOUND    no such file
 * ST_FORGED       the key does not belong to a certificate beside it
 * ST_UNAVAILABLE  the token, its module or the engine is not there, or refuses the PIN
 * *ret_key is the caller's: key_free().
 */
MUST_USE enum status key_open(const struct key_source *source, struct key **ret_key,
                              struct err *err);

/* Opens the bytes of a PKCS#12 of НУЦ РК (SHA1-3DES key bag, RC2-40 certificate bag) or any other;
 * errors as above. */
MUST_USE enum status key_open_p12(struct slice p12, struct slice password, struct key **ret_key,
                                  struct err *err);

struct key *key_ref(const struct key *key);
/* NULL is fine. */
void key_free(struct key *key);
DEFINE_AUTO(struct key, key_free)

const struct cert *key_cert(const struct key *key); /* borrowed */
size_t key_chain_count(const struct key *key);      /* further certificates beside it */
const struct cert *key_chain_at(const struct key *key, size_t i);
enum algorithm key_algorithm(const struct key *key);
bool key_in_token(const struct key *key);
/* The raw signature of data with the algorithm's own digest. ST_INTERNAL: the library refused;
 * ST_UNAVAILABLE: the token did, or went away. */
MUST_USE enum status key_sign(const struct key *key, struct slice data, struct bytes **ret_sig,
                              struct err *err);
/* For rooms that own OpenSSL: borrowed. */
struct evp_pkey_st *key_pkey(const struct key *key);
