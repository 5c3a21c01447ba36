/* What is kept of citizens, sealed: AES-256-GCM (NIST SP 800-38D) under keys of one file, by name.
 * A sealed value says under which key it lies and cannot be moved: what it belongs to is bound into
 * it. It is
 *
 *     1 version (0x01) | 1 length of the key's name | the name | 12 nonce | ciphertext | 16 tag
 *
 * the tag also over all that stands before the nonce and over the place. Nonces are random: under
 * one key at most 2^32 values (section 8.3), a year of 130 a second; rotate once a year. */
#pragma once

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"

enum {
    VAULT_VERSION = 1, /* the first byte of a sealed value; text never begins with it */
    VAULT_KEY_ID_MAX = 16,
    VAULT_OVERHEAD_MAX = 2 + VAULT_KEY_ID_MAX + 12 + 16, /* bytes, beside the content */
    VAULT_KEYS_MAX = 64,
};

/* Thread-safe. */
struct vault;

/**
 * Reads the file of keys, at most 16 KiB. A line is KEYID and 32 bytes in base64 with a blank
 * between; empty lines and those that begin with # count for nothing. The first key seals, all
 * open. KEYID: 1 to 16 of A–Z a–z 0–9 . _ -
 *
 * *ret_vault    the caller's: vault_close()
 * ST_NOT_FOUND  the file cannot be read
 * ST_INPUT      others than its owner and group may read or change it, a line is wrong (its number
 *               is told, nothing of it), one name stands twice, or it holds no key
 */
MUST_USE enum status vault_open(const char *path, struct vault **ret_vault, struct err *err);
/* Wipes the keys. NULL is fine. */
void vault_close(struct vault *vault);
DEFINE_AUTO(struct vault, vault_close)
/* From now on vault has the keys of fresh, which is taken. */
void vault_replace(struct vault *vault, struct vault *fresh);

/**
 * place  what the value belongs to, the same for sealing and unsealing: table and key of its row.
 *        Errors name it
 *
 * ST_INTERNAL  OpenSSL fails, or the content is over 1 GiB; ST_NOMEM
 * *ret_sealed is the caller's.
 */
MUST_USE enum status vault_seal(struct vault *vault, const char *place, struct slice content,
                                struct bytes **ret_sealed, struct err *err);
/**
 * Unseals where it lies: *ret_content is a part of sealed. On failure sealed is wiped as far as it
 * was unsealed: a touched value yields nothing.
 *
 * ST_INTERNAL  code vaultKey: no key of that name is in the file; vaultSeal: it is no sealed value,
 *              torn, changed, or another row's. The text names the place, and nothing of the
 *              content
 */
MUST_USE enum status vault_unseal(struct vault *vault, const char *place, char *sealed, size_t len,
                                  struct slice *ret_content, struct err *err);
