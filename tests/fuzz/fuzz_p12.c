/* Fuzzes PKCS#12 files under a known password: a key that opens must sign. */
#include "crypto/key.h"
#include "world.h"

bool fuzz_take(struct slice in)
{
    AUTO(key_free) struct key *key = NULL;
    AUTO(bytes_free) struct bytes *signature = NULL;
    struct err err = { 0 };

    (void)world();
    if (key_open_p12(in, SLICE("fuzz"), &key, &err) != ST_OK) {
        promise(!key && err.text[0] != '\0');
        return false;
    }
    promise(key_cert(key) != NULL && key_algorithm(key) != ALG_UNKNOWN);
    return key_sign(key, SLICE("data"), &signature, &err) == ST_OK;
}
