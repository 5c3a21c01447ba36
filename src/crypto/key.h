/* A private key with its certificate and chain. Opaque, read-only, thread-safe; cleansed at death.
 */
#pragma once

#include "base/auto.h"
#include "crypto/algorithm.h"
#include "crypto/cert.h"

struct key;
struct evp_pkey_st;

/**
 * Opens a PKCS#12 of НУЦ РК (SHA1-3DES key bag, RC2-40 certificate bag) or any other.
 *
 * ST_INPUT   not a PKCS#12, wrong password, no key or no certificate in it
 * ST_FORGED  the key does not belong to the certificate
 * *ret_key is the caller's: key_free().
 */
MUST_USE enum status key_open_p12(struct slice p12, struct slice password, struct key **ret_key,
                                  struct err *err);
/* The same from files; the password is the first line of pass_path. */
MUST_USE enum status key_load_p12(const char *path, const char *pass_path, struct key **ret_key,
                                  struct err *err);
struct key *key_ref(const struct key *key);
/* NULL is fine. */
void key_free(struct key *key);
DEFINE_AUTO(struct key, key_free)

const struct cert *key_cert(const struct key *key); /* borrowed */
size_t key_chain_count(const struct key *key);      /* further certificates of the PKCS#12 */
const struct cert *key_chain_at(const struct key *key, size_t i);
enum algorithm key_algorithm(const struct key *key);
/* The raw signature of data with the algorithm's own digest. ST_INTERNAL: the library refused. */
MUST_USE enum status key_sign(const struct key *key, struct slice data, struct bytes **ret_sig,
                              struct err *err);
/* For rooms that own OpenSSL: borrowed. */
struct evp_pkey_st *key_pkey(const struct key *key);
