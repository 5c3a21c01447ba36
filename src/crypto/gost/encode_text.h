/* A key in words and hex, for `openssl x509 -text` and `openssl pkey -text`. */
#pragma once

#include <openssl/bio.h>

struct kz_key;

/* selection: OSSL_KEYMGMT_SELECT_*; the private key is printed when it names it. 1 when written. */
int kz_print_key(BIO *out, const struct kz_key *key, int selection);
