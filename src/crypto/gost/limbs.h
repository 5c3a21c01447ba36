/* Little-endian bytes to nettle's limbs and back, without a heap copy that nobody would wipe. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <gmp.h>

enum { KZ_MAX_LIMBS = 64 / sizeof(mp_limb_t) };

/* size is a multiple of a limb's. */
static inline void kz_limbs_of_bytes(mp_limb_t *ret_limbs, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size / sizeof(mp_limb_t); i++) {
        mp_limb_t limb = 0;

        for (size_t j = sizeof(mp_limb_t); j-- > 0;)
            limb = limb << 8 | bytes[i * sizeof(mp_limb_t) + j];
        ret_limbs[i] = limb;
    }
}

static inline void kz_bytes_of_limbs(uint8_t *ret_bytes, const mp_limb_t *limbs, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ret_bytes[i] = (uint8_t)(limbs[i / sizeof(mp_limb_t)] >> (8 * (i % sizeof(mp_limb_t))));
}
