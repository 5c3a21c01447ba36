/* The signature of ГОСТ 34.10 on bytes: LE(r) ‖ LE(s), digest and key little-endian too. */
#pragma once

#include <stdint.h>

struct kz_alg;

/*
 * digest: alg->digest->size bytes. private_key: alg->curve->size bytes, in range.
 * ret_signature: twice that. 0 when the algorithm cannot sign or the kernel gave no randomness.
 * The nonce is HMAC-Streebog(private key, digest ‖ 64 fresh random bytes), so that a weak generator
 * alone does not betray the key; it and the scratch memory are wiped.
 */
int kz_gostdsa_sign(const struct kz_alg *alg, const uint8_t *private_key, const uint8_t *digest,
                    uint8_t *ret_signature);

/* 1 valid; 0 not: r or s zero or not below q, point not a key, or simply another signature. */
int kz_gostdsa_verify(const struct kz_alg *alg, const uint8_t *public_key, const uint8_t *digest,
                      const uint8_t *signature);
