/* The making of a key from its parts: for the files of this room that open one. */
#pragma once

#include "crypto/key.h"
#include "crypto/key_engine.h"
#include "crypto/ossl.h"

enum {
    KEY_FILE_MAX = 1024 * 1024, /* bytes of a key's or certificate's file */
    SECRET_MAX = 1024,          /* bytes of a password or PIN */
};

/* Around what OpenSSL does with key_pkey() of a key that may stand in a token. Not to be nested. */
void key_enter(const struct key *key);
void key_leave(const struct key *key);

/* OpenSSL 3.0 lets an RSA key sign wrongly when memory ran out in the middle of an earlier
 * signature: its blinding is then out of step with its inverse, until it is made anew after 32
 * uses. So a signature of such a key is verified, and made again when it is wrong. */
enum { KEY_BLINDINGS = 34 };
bool key_needs_proof(const struct key *key);

/* What a source holds; key_parts_clear() frees what key_make() left. */
struct key_parts {
    EVP_PKEY *pkey;
    STACK_OF(X509) * certs; /* the signer's own and its chain, in any order */
    struct token *token;    /* NULL: the key is in our memory */
};
void key_parts_clear(struct key_parts *parts);
/* Adds a certificate, of which it takes a reference. ST_INPUT: more than 17 of them. */
MUST_USE enum status key_parts_add(struct key_parts *parts, X509 *x509, struct err *err);

/* Takes the parts over. `what` begins the error's text ("PKCS#12").
 * ST_INPUT: no key, no certificate, a kind of key that we do not sign with;
 * ST_FORGED: no certificate belongs to the key. */
MUST_USE enum status key_make(struct key_parts *parts, const char *what, struct key **ret_key,
                              struct err *err);

/* Private key and certificates of a PEM text; secret NULL: there is none. No key in it is fine: a
 * file of certificates may stand beside it. ST_INPUT: encrypted and no secret or a wrong one, two
 * keys, not readable. */
MUST_USE enum status key_parts_pem(struct slice pem, const char *secret, struct key_parts *parts,
                                   struct err *err);
/* The same of a PKCS#12. */
MUST_USE enum status key_parts_p12(struct slice p12, const char *password, struct key_parts *parts,
                                   struct err *err);
