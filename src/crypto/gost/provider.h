/* The provider's context: the core's functions, as given to this provider; errors through them. */
#pragma once

#include <openssl/core.h>
#include <openssl/core_dispatch.h>

#define KZ_PROPERTY "provider=kzgost"

/* OpenSSL's dispatch tables hold every function under this one type. */
#define KZ_FN(function) ((void (*)(void))(function))

/* Immutable once made; one per library context, so threads share it freely. */
struct kz_provider {
    const OSSL_CORE_HANDLE *handle;
    OSSL_FUNC_BIO_read_ex_fn *bio_read;
    OSSL_FUNC_BIO_write_ex_fn *bio_write;
    OSSL_FUNC_core_new_error_fn *new_error;
    OSSL_FUNC_core_set_error_debug_fn *set_error_debug;
    OSSL_FUNC_core_vset_error_fn *vset_error;
};

/* The entry point, for OSSL_PROVIDER_add_builtin() and the module alike. */
OSSL_provider_init_fn kz_provider_init;

/* What the provider offers, each list in the file of its noun. */
extern const OSSL_ALGORITHM kz_digest_algorithms[];
extern const OSSL_ALGORITHM kz_keymgmt_algorithms[];
extern const OSSL_ALGORITHM kz_signature_algorithms[];
extern const OSSL_ALGORITHM kz_decoder_algorithms[];
extern const OSSL_ALGORITHM kz_encoder_algorithms[];

/* Names of a key type for these lists: short name and OID, so that OpenSSL finds it by either. */
#define KZ_NAMES_2004 KZGOST_KEY_2004 ":" KZ_OID_KEY_2004
#define KZ_NAMES_2015_256 KZGOST_KEY_2015_256 ":" KZ_OID_KEY_2015_256
#define KZ_NAMES_2015_512 KZGOST_KEY_2015_512 ":" KZ_OID_KEY_2015_512
#define KZ_NAMES_GAMMA KZGOST_KEY_GAMMA ":" KZ_OID_KEY_GAMMA

enum kz_reason {
    KZ_R_KEY_LENGTH = 1,
    KZ_R_POINT,
    KZ_R_PRIVATE_RANGE,
    KZ_R_PAIR,
    KZ_R_VERIFY_ONLY,
    KZ_R_RANDOM,
    KZ_R_ENCODING,
    KZ_R_PARAMETERS,
    KZ_R_DIGEST,
    KZ_R_DIGEST_LENGTH,
    KZ_R_NO_PRIVATE,
    KZ_R_NO_PUBLIC,
    KZ_R_NO_KEY,
    KZ_R_BUFFER,
    KZ_R_CIPHER,
    KZ_R_PASSPHRASE,
    KZ_R_NOMEM,
};

/* Puts the reason into the core's error queue; always 0, so that `return KZ_RAISE(…)` reads well.
 */
#define KZ_RAISE(prov, reason) kz_raise((prov), (reason), __FILE__, __LINE__, __func__)
int kz_raise(const struct kz_provider *prov, enum kz_reason reason, const char *file, int line,
             const char *function);
