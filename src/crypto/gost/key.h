/*
 * A key: public point, and the private scalar when there is one.
 *
 * Built by one thread, then immutable, so it may be shared. Reference-counted; wiped at its death.
 */
#pragma once

#include "crypto/gost/alg.h"

#include <stdatomic.h>
#include <stdbool.h>

struct kz_provider;

struct kz_key {
    const struct kz_provider *prov; /* borrowed: OpenSSL keeps it as long as its keys */
    const struct kz_alg *alg;
    atomic_uint references;
    bool has_public;
    bool has_private;                       /* implies has_public */
    uint8_t public_key[KZ_MAX_POINT];       /* LE(x) ‖ LE(y) */
    uint8_t private_key[KZ_MAX_COORDINATE]; /* d, little-endian */
};

/* A decoder hands a key to keymgmt's load() by its address: so many bytes of reference. */
enum { KZ_KEY_REFERENCE = sizeof(void *) };

/* NULL when out of memory; the caller's, kz_key_free(). */
struct kz_key *kz_key_new(const struct kz_provider *prov, const struct kz_alg *alg);
struct kz_key *kz_key_take(struct kz_key *key); /* one more owner; NULL gives NULL */
void kz_key_free(struct kz_key *key);           /* one owner less; NULL is allowed */

/* Fill an empty key; 0 with an error raised when the value is not a key (range, curve, order). */
int kz_key_set_public(struct kz_key *key, const uint8_t *point, size_t len);
int kz_key_set_private(struct kz_key *key, const uint8_t *scalar, size_t len); /* and public */
int kz_key_generate(struct kz_key *key);

/* Every byte of d·G against the public point, and both against their ranges. */
int kz_key_pair_matches(const struct kz_key *key);
