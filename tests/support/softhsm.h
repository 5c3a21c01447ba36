/* A PKCS#11 token of SoftHSM's for one test program, in a folder of its own under /tmp. Not
 * thread-safe: begin before the first thread. Link with the library softhsm. */
#pragma once

#include <openssl/types.h>
#include <stdbool.h>

#define SOFTHSM_TOKEN "shep"
#define SOFTHSM_PIN "48151623"

struct softhsm {
    char dir[32];
    char module[256]; /* the PKCS#11 module: pullable_token.c in front of SoftHSM's */
    char pin_file[64];
    char pulled[64]; /* the file that says so */
};

/* false: softhsm2, opensc or the engine is not installed (skip loudly with 77); any other failure
 * ends the program. Points SOFTHSM2_CONF at the folder. */
bool softhsm_start(struct softhsm *hsm);
/* Puts a key, and a certificate unless NULL, into the token under a label. id: two hex digits. */
void softhsm_put(const struct softhsm *hsm, EVP_PKEY *pkey, X509 *x509, const char *label,
                 const char *id);
/* Takes the device away, or puts it back. */
void softhsm_pull(const struct softhsm *hsm);
void softhsm_push(const struct softhsm *hsm);
/* Removes the folder. */
void softhsm_remove(const struct softhsm *hsm);
