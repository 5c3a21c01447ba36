/*
 * kzgost: Kazakhstan's GOST algorithms as an OpenSSL 3 provider, on nettle.
 *
 * After kzgost_load() OpenSSL's own functions (X509_*, CMS_*, OCSP_*, TS_*, PKCS12_*, EVP_*) work
 * with these keys and digests; nothing else of this library need be called. README.md tells more.
 *
 * Conventions: functions return 1 on success and 0 on failure, as OpenSSL's do, and leave the cause
 * in OpenSSL's error queue. All functions are thread-safe. What they return is static, never freed.
 */
#pragma once

#include <stddef.h>

#include <openssl/types.h>

#define KZGOST_PROVIDER "kzgost"

/* Key types: for EVP_PKEY_CTX_new_from_name() and EVP_PKEY_is_a(). */
#define KZGOST_KEY_2004 "kz-gost2004"         /* ГОСТ 34.310-2004, 256 bits */
#define KZGOST_KEY_2015_256 "kz-gost2015-256" /* ГОСТ 34.10-2015, 256 bits: verifies only */
#define KZGOST_KEY_2015_512 "kz-gost2015-512" /* ГОСТ 34.10-2015, 512 bits */
#define KZGOST_KEY_GAMMA "kz-gamma"           /* ГОСТ 34.310-2004 as TumarCSP writes it */

/* Digests: for EVP_MD_fetch() and EVP_get_digestbyname(). */
#define KZGOST_DIGEST_34311_95 "kz-gost34311-95" /* ГОСТ 34.311-95, 32 bytes */
#define KZGOST_DIGEST_2015_256 "kz-streebog256"  /* ГОСТ 34.11-2015, 32 bytes */
#define KZGOST_DIGEST_2015_512 "kz-streebog512"  /* ГОСТ 34.11-2015, 64 bytes */
#define KZGOST_DIGEST_GAMMA "kz-gamma34311-95"   /* ГОСТ 34.311-95 by TumarCSP's OID */

/*
 * Makes the algorithms known to libctx (NULL: the default context): registers the object
 * identifiers, loads the providers "default" (naming one explicitly would otherwise switch the
 * implicit one off) and "kzgost". Call it before anything is parsed: a certificate decodes its key
 * once, when it is read. Repeating it is cheap and harmless, also when the module kzgost.so is
 * already in. The default context is unloaded at exit; another one is by
 * kzgost_unload(), before it is freed.
 */
int kzgost_load(OSSL_LIB_CTX *libctx);

/* Gives back what kzgost_load(libctx) loaded; nothing when it loaded nothing. */
void kzgost_unload(OSSL_LIB_CTX *libctx);

/* What belongs to one key type. OIDs are dotted. */
struct kzgost_algorithm {
    const char *key;           /* KZGOST_KEY_*: key type, also short and long object name */
    const char *digest;        /* KZGOST_DIGEST_*: the only digest such a key signs with */
    const char *signature;     /* short and long object name of the signature */
    const char *key_oid;       /* algorithm in SubjectPublicKeyInfo and PrivateKeyInfo */
    const char *params_oid;    /* parameter set: the only one the key type has; "": NULL there */
    const char *digest_param;  /* digest as named in the key's parameters; "" likewise */
    const char *digest_oid;    /* digest in CMS, TSP, OCSP, XML */
    const char *signature_oid; /* signature in certificates, CRLs, CMS; its parameters are NULL */
    size_t digest_bytes;
    size_t coordinate_bytes; /* x, y, d, r, s: a signature and a public key are twice this */
    int can_sign;            /* 0: verifies only, private keys are refused */
};

/* By key type, or by any of the OIDs of key or signature; NULL when it is none of ours. */
const struct kzgost_algorithm *kzgost_by_name(const char *name);

/* The algorithm of a key, NULL when it is none of ours (RSA, for one). key is borrowed. */
const struct kzgost_algorithm *kzgost_of_key(const EVP_PKEY *key);

/* All of them, *ret_count in number. */
const struct kzgost_algorithm *const *kzgost_all(size_t *ret_count);

/* NIDs of a loaded algorithm; NID_undef before kzgost_load(). */
int kzgost_key_nid(const struct kzgost_algorithm *algorithm);
int kzgost_digest_nid(const struct kzgost_algorithm *algorithm);
int kzgost_signature_nid(const struct kzgost_algorithm *algorithm);

/*
 * A new key pair of the named type (EVP_PKEY_Q_keygen() of OpenSSL 3.0 knows built-in types only).
 * The caller's, EVP_PKEY_free(); NULL on failure. libctx and propq may be NULL.
 */
EVP_PKEY *kzgost_generate(OSSL_LIB_CTX *libctx, const char *propq, const char *key);
