/* The algorithms as one table: names and OIDs for OpenSSL, curve and digest for the maths. */
#pragma once

#include "crypto/gost/curve.h"
#include "crypto/gost/digest.h"
#include "crypto/gost/kzgost.h"

#define KZ_OID_KEY_2004 "1.2.398.3.10.1.1.1.1"
#define KZ_OID_PARAMS_2004 "1.2.398.3.10.1.1.1.1.1"
#define KZ_OID_DIGEST_PARAM_2004 "1.2.398.3.10.1.3.1.1.0"
#define KZ_OID_SIGNATURE_2004 "1.2.398.3.10.1.1.1.2"
#define KZ_OID_KEY_2015_256 "1.2.398.3.10.1.1.2.1"
#define KZ_OID_PARAMS_2015_256 "1.2.398.3.10.1.1.2.1.1"
#define KZ_OID_SIGNATURE_2015_256 "1.2.398.3.10.1.1.2.3.1"
#define KZ_OID_KEY_2015_512 "1.2.398.3.10.1.1.2.2"
#define KZ_OID_PARAMS_2015_512 "1.2.398.3.10.1.1.2.2.1"
#define KZ_OID_SIGNATURE_2015_512 "1.2.398.3.10.1.1.2.3.2"
#define KZ_OID_KEY_GAMMA "1.3.6.1.4.1.6801.1.5.8"
#define KZ_OID_SIGNATURE_GAMMA "1.3.6.1.4.1.6801.1.2.2"
#define KZ_OID_DIGEST_GAMMA "1.3.6.1.4.1.6801.1.2.1"
#define KZ_OID_DIGEST_34311_95 "1.2.398.3.10.1.3.1"
#define KZ_OID_DIGEST_2015_256 "1.2.398.3.10.1.3.2"
#define KZ_OID_DIGEST_2015_512 "1.2.398.3.10.1.3.3"

enum {
    KZ_MAX_POINT = 2 * KZ_MAX_COORDINATE,     /* bytes of LE(x) ‖ LE(y) */
    KZ_MAX_SIGNATURE = 2 * KZ_MAX_COORDINATE, /* bytes of LE(r) ‖ LE(s) */
    KZ_BLOB_HEADER = 16,                      /* bytes */
};

/* How PrivateKeyInfo holds d. */
enum kz_private_form {
    KZ_PRIVATE_NONE,    /* never: verifies only */
    KZ_PRIVATE_INTEGER, /* INTEGER */
    KZ_PRIVATE_OCTETS,  /* OCTET STRING, little-endian */
};

/* What stands around a key and how a signature is written. */
enum kz_family {
    KZ_FAMILY_NCA,   /* parameters { set, digest }, OCTET STRING { point }, LE(r) ‖ LE(s) */
    KZ_FAMILY_TUMAR, /* parameters NULL, key blob header ‖ point, BE(s) ‖ BE(r) */
};

/* The key blob's header: a public key (6), version 2, algorithm 0xAA3A, "EC1", 512 bits. */
extern const uint8_t kz_blob_header[KZ_BLOB_HEADER];

struct kz_alg {
    struct kzgost_algorithm names;
    const struct kz_digest *digest;
    const struct kz_curve *curve;
    enum kz_private_form private_form;
    enum kz_family family;
    const char *description; /* for people */
};

extern const struct kz_alg kz_alg_2004;
extern const struct kz_alg kz_alg_2015_256;
extern const struct kz_alg kz_alg_2015_512;
extern const struct kz_alg kz_alg_gamma;

extern const struct kz_alg *const kz_algs[];
enum { KZ_ALGS = 4 };
