/* A verified revocation list kept on disk, so that a restart reads it in milliseconds.
 *
 * What a stored list is worth: its signature by the authority is NOT checked again, so the file
 * must not be a way around it. It is therefore closed by HMAC-SHA-256 under a key of its owner
 * (format and all content), made 0600 and refused when another user could write it, and bound to
 * the key of the issuer it is loaded for. Who can write files but does not know the key can only
 * destroy a list (its owner fetches it again) or put an older one of ours in its place; the latter
 * is judged by its own nextUpdate like any other and ends with it. Who knows the key is the service
 * itself. Keep the key away from the lists: a credential, or a file of the configuration. */
#pragma once

#include "crypto/crl.h"

enum { CRL_FILE_KEY_MIN = 16 }; /* bytes */

/**
 * Writes beside path and renames, synced: afterwards there is the old file or the new one, whole.
 *
 * key  random, CRL_FILE_KEY_MIN bytes or more; shorter is ST_INPUT
 * ST_UNAVAILABLE  the disk does not take it (text names path and reason)
 */
MUST_USE enum status crl_save(const struct crl *crl, const char *path, struct slice key,
                              struct err *err);

/**
 * Reads a file of crl_save(). Whatever fails, the owner does the same: fetch the list again.
 *
 * ret_crl  the caller's
 * ST_NOT_FOUND  no such file, or not to be read
 * ST_FORMAT     err.code crlFileVersion (of another version) · crlFileDamaged (cut, padded)
 * ST_FORGED     err.code crlFileMode (not a regular file of ours alone) · crlFileIssuer (of another
 *               issuer's key) · crlFileMac (changed, or written under another key)
 * ST_INPUT      the key is too short         ST_NOMEM
 */
MUST_USE enum status crl_load(const char *path, struct slice key, const struct cert *issuer,
                              struct crl **ret_crl, struct err *err);
