/* The signature-wrapping corpus: attacks made from a freshly signed request, each with the refusal
 * it must meet. */
#pragma once

#include "base/err.h"
#include "crypto/key.h"

struct attack {
    const char *name;
    enum status status;
    const char *words; /* in the refusal's text */
    /* The attacking text, the caller's, free(). good: a properly signed request; its signer's key
     */
    char *(*make)(const char *good, const struct key *key);
};

extern const struct attack wrapping_attacks[]; /* corpus_wrapping.c */
extern const size_t wrapping_attack_count;
extern const struct attack shape_attacks[]; /* corpus_shapes.c: a signature of a wrong shape */
extern const size_t shape_attack_count;
