/* The provider itself: takes the core's functions, answers what it offers. */
#include "crypto/gost/provider.h"

#include "crypto/gost/kzgost.h"
#include "crypto/gost/register.h"

#include <stdarg.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

static const OSSL_ITEM reasons[] = {
    { KZ_R_KEY_LENGTH, (char *)"key has the wrong length" },
    { KZ_R_POINT, (char *)"public key is not a point of the curve's main subgroup" },
    { KZ_R_PRIVATE_RANGE, (char *)"private key is zero or not below the curve's order" },
    { KZ_R_PAIR, (char *)"private and public key do not belong together" },
    { KZ_R_VERIFY_ONLY, (char *)"algorithm only verifies, it has no private keys" },
    { KZ_R_RANDOM, (char *)"the system gave no random bytes" },
    { KZ_R_ENCODING, (char *)"key is not in its exact DER encoding" },
    { KZ_R_PARAMETERS, (char *)"key has unknown parameters" },
    { KZ_R_DIGEST, (char *)"digest does not belong to the key's algorithm" },
    { KZ_R_DIGEST_LENGTH, (char *)"digest has the wrong length" },
    { KZ_R_NO_PRIVATE, (char *)"key has no private part" },
    { KZ_R_NO_PUBLIC, (char *)"key has no public part" },
    { KZ_R_NO_KEY, (char *)"no key set" },
    { KZ_R_BUFFER, (char *)"output buffer is too small" },
    { KZ_R_CIPHER, (char *)"cipher for the private key is not available" },
    { KZ_R_PASSPHRASE, (char *)"no passphrase for the private key" },
    { KZ_R_NOMEM, (char *)"out of memory" },
    { 0, NULL },
};

static void raise_text(const struct kz_provider *prov, enum kz_reason reason, const char *fmt, ...)
{
    va_list none;

    va_start(none, fmt);
    prov->vset_error(prov->handle, (uint32_t)reason, fmt, none);
    va_end(none);
}

int kz_raise(const struct kz_provider *prov, enum kz_reason reason, const char *file, int line,
             const char *function)
{
    if (prov && prov->new_error && prov->set_error_debug && prov->vset_error) {
        prov->new_error(prov->handle);
        prov->set_error_debug(prov->handle, file, line, function);
        raise_text(prov, reason, NULL);
    }
    return 0;
}

static const OSSL_ALGORITHM *query_operation(void *prov, int operation, int *no_cache)
{
    static const struct {
        int operation;
        const OSSL_ALGORITHM *algorithms;
    } rows[] = {
        { OSSL_OP_DIGEST, kz_digest_algorithms },       { OSSL_OP_KEYMGMT, kz_keymgmt_algorithms },
        { OSSL_OP_SIGNATURE, kz_signature_algorithms }, { OSSL_OP_DECODER, kz_decoder_algorithms },
        { OSSL_OP_ENCODER, kz_encoder_algorithms },
    };

    (void)prov;
    *no_cache = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].operation == operation)
            return rows[i].algorithms;
    }
    return NULL;
}

static const OSSL_PARAM *gettable_params(void *prov)
{
    static const OSSL_PARAM params[] = {
        OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_NAME, NULL, 0),
        OSSL_PARAM_int(OSSL_PROV_PARAM_STATUS, NULL),
        OSSL_PARAM_END,
    };

    (void)prov;
    return params;
}

static int get_params(void *prov, OSSL_PARAM params[])
{
    OSSL_PARAM *p = OSSL_PARAM_locate(params, OSSL_PROV_PARAM_NAME);

    (void)prov;
    if (p && !OSSL_PARAM_set_utf8_ptr(p, "Kazakhstan GOST provider (kzgost)"))
        return 0;
    p = OSSL_PARAM_locate(params, OSSL_PROV_PARAM_STATUS);
    return !p || OSSL_PARAM_set_int(p, 1);
}

static const OSSL_ITEM *reason_strings(void *prov)
{
    (void)prov;
    return reasons;
}

static void teardown(void *prov)
{
    OPENSSL_free(prov);
}

static void take_core_functions(struct kz_provider *prov, const OSSL_DISPATCH *in)
{
    for (; in->function_id != 0; in++) {
        switch (in->function_id) {
        case OSSL_FUNC_BIO_READ_EX:
            prov->bio_read = OSSL_FUNC_BIO_read_ex(in);
            break;
        case OSSL_FUNC_BIO_WRITE_EX:
            prov->bio_write = OSSL_FUNC_BIO_write_ex(in);
            break;
        case OSSL_FUNC_CORE_NEW_ERROR:
            prov->new_error = OSSL_FUNC_core_new_error(in);
            break;
        case OSSL_FUNC_CORE_SET_ERROR_DEBUG:
            prov->set_error_debug = OSSL_FUNC_core_set_error_debug(in);
            break;
        case OSSL_FUNC_CORE_VSET_ERROR:
            prov->vset_error = OSSL_FUNC_core_vset_error(in);
            break;
        default:
            break;
        }
    }
}

int kz_provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
                     const OSSL_DISPATCH **out, void **ret_prov)
{
    static const OSSL_DISPATCH functions[] = {
        { OSSL_FUNC_PROVIDER_TEARDOWN, KZ_FN(teardown) },
        { OSSL_FUNC_PROVIDER_GETTABLE_PARAMS, KZ_FN(gettable_params) },
        { OSSL_FUNC_PROVIDER_GET_PARAMS, KZ_FN(get_params) },
        { OSSL_FUNC_PROVIDER_QUERY_OPERATION, KZ_FN(query_operation) },
        { OSSL_FUNC_PROVIDER_GET_REASON_STRINGS, KZ_FN(reason_strings) },
        { 0, NULL },
    };
    struct kz_provider *prov = OPENSSL_zalloc(sizeof(*prov));

    if (!prov)
        return 0;
    prov->handle = handle;
    take_core_functions(prov, in);
    if (!prov->bio_read || !prov->bio_write || !kz_register()) {
        OPENSSL_free(prov);
        return 0;
    }
    *out = functions;
    *ret_prov = prov;
    return 1;
}
