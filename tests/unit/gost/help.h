/* What the provider's tests share: bytes from hex and files, keys, signatures. Asserts on failure.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <openssl/evp.h>

struct blob {
    uint8_t *bytes;
    size_t len;
};

/* Group fixture: kzgost_load(). */
int load_kzgost(void **state);

/* Hex without spaces. Free bytes with free(). */
struct blob unhex(const char *hex);
void assert_hex(const uint8_t *bytes, size_t len, const char *hex);
void reverse(uint8_t *bytes, size_t len);

/* A file of ../shared; NULL bytes when it is not there. */
struct blob shared_file(const char *path);

EVP_PKEY *new_key(const char *type);
EVP_PKEY *key_from_bytes(const char *type, const uint8_t *public_key, size_t public_len,
                         const uint8_t *private_key, size_t private_len);

/* 1 valid, 0 not; digest included. */
int verifies(EVP_PKEY *key, struct blob signature, const void *text, size_t len);
struct blob sign_text(EVP_PKEY *key, const void *text, size_t len);

/* The octet string parameter of a key ("pub", "priv"). */
struct blob key_octets(EVP_PKEY *key, const char *name);

/* The bytes of head (hex) and of tail in one; free() them. */
struct blob join(const char *head, const uint8_t *tail, size_t tail_len);

/* DER of SubjectPublicKeyInfo and PrivateKeyInfo; OPENSSL_free() the bytes. */
struct blob public_form(EVP_PKEY *key);
struct blob private_form(EVP_PKEY *key);

/* By the selection's structure; *ret_left is how much was not used. NULL when nobody took it. */
EVP_PKEY *decode_key(const uint8_t *bytes, size_t len, int selection, size_t *ret_left);
