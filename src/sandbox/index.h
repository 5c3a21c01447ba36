/* DIR/index: every certificate the sandbox has issued and whether it stands, one line each:
 * FAMILY SERIAL good|revoked TIME|- REASON|- NAME. Written whole; readers see the old or the new.
 */
#pragma once

#include "base/auto.h"
#include "base/err.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INDEX_SERIAL_TEXT = 48, INDEX_NAME_TEXT = 48, INDEX_MAX = 10000 /* certificates */ };

struct index_entry {
    char family[16];
    char serial[INDEX_SERIAL_TEXT]; /* lower-case hex without leading zeros */
    bool revoked;
    int64_t revoked_ms; /* Unix */
    int reason;         /* RFC 5280 section 5.3.1 CRLReason */
    char name[INDEX_NAME_TEXT];
};

struct index; /* not thread-safe: a copy in memory */

/* Reads DIR/index; empty when there is no such file. ST_FORMAT: a line that cannot be read, named.
 * *ret_index is the caller's: index_free(). */
MUST_USE enum status index_load(const char *dir, struct index **ret_index, struct err *err);
MUST_USE enum status index_save(const char *dir, const struct index *index, struct err *err);
/* NULL is fine. */
void index_free(struct index *index);
DEFINE_AUTO(struct index, index_free)

size_t index_count(const struct index *index);
const struct index_entry *index_at(const struct index *index, size_t i);
/* serial in lower-case hex; NULL: not ours. */
const struct index_entry *index_find(const struct index *index, const char *family,
                                     const char *serial);
/* Adds a certificate. ST_CONFLICT: the file is full (INDEX_MAX). */
MUST_USE enum status index_add(struct index *index, const struct index_entry *entry,
                               struct err *err);
/* Revokes by serial in any family. ST_NOT_FOUND; ST_CONFLICT: it is revoked. */
MUST_USE enum status index_revoke(struct index *index, const char *serial, int reason,
                                  int64_t now_ms, struct err *err);
