/* Scope-bound ownership: an AUTO() local is freed on every way out of its block. */
#pragma once

#include <stddef.h>

/* Lets AUTO() call free_fn: DEFINE_AUTO(BIGNUM, BN_free). */
#define DEFINE_AUTO(type, free_fn)                                                                 \
    static inline void free_fn##_auto_(type **p)                                                   \
    {                                                                                              \
        if (*p)                                                                                    \
            free_fn(*p);                                                                           \
    }

/* AUTO(BN_free) BIGNUM *n = NULL; */
#define AUTO(free_fn) __attribute__((cleanup(free_fn##_auto_)))

/* Hands the object on: yields p and leaves NULL behind, so AUTO() lets go of it. */
#define TAKE(p)                                                                                    \
    __extension__({                                                                                \
        __typeof__(p) taken_ = (p);                                                                \
        (p) = NULL;                                                                                \
        taken_;                                                                                    \
    })
