/* Fuzzes keys in PEM under a known password: a key that opens must sign. */
#include "crypto/key_impl.h"
#include "world.h"

bool fuzz_take(struct slice in)
{
    struct key_parts parts = { 0 };
    AUTO(key_free) struct key *key = NULL;
    AUTO(bytes_free) struct bytes *signature = NULL;
    struct err err = { 0 };

    (void)world();
    enum status status = key_parts_pem(in, "fuzz", &parts, &err);
    if (status == ST_OK)
        status = key_make(&parts, "PEM", &key, &err);
    key_parts_clear(&parts);
    promise((status == ST_OK) == (key != NULL) && (status == ST_OK || err.text[0] != '\0'));
    return key && key_sign(key, SLICE("data"), &signature, &err) == ST_OK;
}
