/* Keys that stay in a PKCS#11 token: OpenSSL's engine "pkcs11" (Debian's libengine-pkcs11-openssl)
 * with the token's own module. Nothing of it is loaded before token_open(). Thread-safe. */
#pragma once

#include "base/err.h"
#include "crypto/ossl.h"

/* A key's hold on the module, which all keys share; it is finalised with the last of them. */
struct token;

struct token_params {
    const char *module; /* path of the PKCS#11 module, absolute */
    const char *uri;    /* "pkcs11:" of RFC 7512, without a PIN in it */
    const char *pin;    /* used for the call and kept by the engine until the token is closed */
};

/**
 * Logs in and finds the private key. The engine's own complaints go to nobody.
 *
 * ret_token, ret_pkey  the caller's, both for token_close()
 * ST_INPUT        the URI is not one, or carries a PIN
 * ST_CONFLICT     keys of another module are open
 * ST_UNAVAILABLE  no engine, no module, no such token or key, a wrong PIN: the text tells which
 */
MUST_USE enum status token_open(const struct token_params *params, struct token **ret_token,
                                EVP_PKEY **ret_pkey, struct err *err);
/* The certificate beside the key of that URI, while its token is open; NULL: there is none. The
 * caller's: X509_free(). */
X509 *token_certificate(const char *uri);
/* Frees the key, which may be NULL, and lets go of the module. */
void token_close(struct token *token, EVP_PKEY *pkey);
/* Around every use of such a key. Not to be nested. */
void token_enter(void);
void token_leave(void);
/* After a signature failed: ST_UNAVAILABLE with the token's URI and the library's reason. */
enum status token_raise_unsigned(const struct token *token, struct err *err);
