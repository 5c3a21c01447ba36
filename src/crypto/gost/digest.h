/* The three digests as one kind of object: 34.311-95, 34.11-2015-256 and -512. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <nettle/gosthash94.h>
#include <nettle/streebog.h>

enum { KZ_MAX_DIGEST = 64 }; /* bytes */

union kz_digest_state {
    struct gosthash94_ctx gost94;
    struct streebog512_ctx streebog;
};

struct kz_digest {
    const char *name; /* KZGOST_DIGEST_* */
    const char *oid;  /* dotted */
    size_t size;      /* bytes */
    size_t block;     /* bytes */
    void (*init)(union kz_digest_state *state);
    void (*update)(union kz_digest_state *state, size_t len, const uint8_t *bytes);
    void (*finish)(union kz_digest_state *state, size_t len, uint8_t *ret_digest);
};

/* 34.311-95 with the S-box id-GostR3411-94-TestParamSet, which is Kazakhstan's choice. */
extern const struct kz_digest kz_gost34311_95;
/* The same by the name and OID that TumarCSP gives it. */
extern const struct kz_digest kz_gamma34311_95;
extern const struct kz_digest kz_streebog256;
extern const struct kz_digest kz_streebog512;

/* A running digest. Plain memory: copies are independent, it need not be freed. */
struct kz_hash {
    const struct kz_digest *digest;
    union kz_digest_state state;
};

void kz_hash_start(struct kz_hash *hash, const struct kz_digest *digest);
void kz_hash_add(struct kz_hash *hash, const void *bytes, size_t len);
void kz_hash_end(struct kz_hash *hash, uint8_t *ret_digest); /* digest->size bytes; starts afresh */
