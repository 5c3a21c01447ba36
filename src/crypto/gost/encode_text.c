/* Keys for people: numbers as they are written, most significant byte first. */
#include "crypto/gost/encode_text.h"

#include "crypto/gost/alg.h"
#include "crypto/gost/key.h"

#include <openssl/asn1.h>
#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>

enum { INDENT = 4 };

static int print_number(BIO *out, const char *label, const uint8_t *little_endian, size_t size)
{
    uint8_t number[KZ_MAX_COORDINATE];
    int done;

    for (size_t i = 0; i < size; i++)
        number[i] = little_endian[size - 1 - i];
    done = BIO_printf(out, "%s:\n", label) > 0 && ASN1_buf_print(out, number, size, INDENT) > 0;
    OPENSSL_cleanse(number, sizeof(number));
    return done;
}

int kz_print_key(BIO *out, const struct kz_key *key, int selection)
{
    const struct kz_alg *alg = key->alg;
    size_t size = alg->curve->size;
    int with_private = (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0;

    if (BIO_printf(out, "%s: (%s, %zu bit)\n", with_private ? "Private-Key" : "Public-Key",
                   alg->description, 8 * size) <= 0)
        return 0;
    if (with_private && !print_number(out, "d", key->private_key, size))
        return 0;
    return print_number(out, "X", key->public_key, size) &&
           print_number(out, "Y", key->public_key + size, size) &&
           (!alg->names.params_oid[0] ||
            BIO_printf(out, "Parameter set: %s\n", alg->names.params_oid) > 0);
}
