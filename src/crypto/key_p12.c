/* Keys in PKCS#12 (RFC 7292). */
#include "crypto/key_impl.h"

#include <openssl/err.h>

enum { ITERATIONS_MAX = 10 * 1000 * 1000 /* of the MAC: more is an attack on our time */ };

static enum status parse(struct slice p12, PKCS12 **ret_p12, struct err *err)
{
    const ASN1_INTEGER *iterations = NULL;
    const unsigned char *at = slice_u8(p12);

    if (p12.len > KEY_FILE_MAX)
        return RAISE_CAUSE(err, ST_INPUT, "keyTooLarge", NULL, "1048576 bytes",
                           "PKCS#12: %zu bytes, the limit is %d", p12.len, KEY_FILE_MAX);
    AUTO(PKCS12_free) PKCS12 *parsed = d2i_PKCS12(NULL, &at, (long)p12.len);
    if (!parsed)
        return ossl_raise(err, ST_INPUT, "not a PKCS#12");
    PKCS12_get0_mac(NULL, NULL, NULL, &iterations, parsed);
    if (iterations && ASN1_INTEGER_get(iterations) > ITERATIONS_MAX)
        return RAISE_CAUSE(err, ST_INPUT, "keyIterations", NULL, "10000000 iterations",
                           "PKCS#12: more than %d iterations", ITERATIONS_MAX);
    *ret_p12 = TAKE(parsed);
    return ST_OK;
}

static enum status take_parts(PKCS12 *p12, const char *password, struct key_parts *parts,
                              struct err *err)
{
    X509 *parsed = NULL;
    STACK_OF(X509) *parsed_others = NULL;

    if (PKCS12_mac_present(p12) && PKCS12_verify_mac(p12, password, -1) != 1) {
        if (ossl_clear())
            return RAISE(err, ST_NOMEM, "PKCS#12: out of memory");
        return RAISE_CAUSE(err, ST_INPUT, "wrongPassword", NULL, NULL, "PKCS#12: wrong password");
    }
    int done = PKCS12_parse(p12, password, &parts->pkey, &parsed, &parsed_others);
    AUTO(X509_free) X509 *own = parsed;
    AUTO(x509_stack_free) STACK_OF(X509) *others = parsed_others;
    if (done != 1)
        return ossl_raise(err, ST_INPUT, "PKCS#12");
    if (own)
        TRY(key_parts_add(parts, own, err));
    for (int i = 0; i < sk_X509_num(others); i++)
        TRY(key_parts_add(parts, sk_X509_value(others, i), err));
    return ST_OK;
}

enum status key_parts_p12(struct slice p12, const char *password, struct key_parts *parts,
                          struct err *err)
{
    AUTO(PKCS12_free) PKCS12 *parsed = NULL;

    TRY(parse(p12, &parsed, err));
    return take_parts(parsed, password, parts, err);
}
