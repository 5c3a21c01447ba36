/* Texts of systems that do not say in which charset they write. For src/coid only. */
#pragma once

#include "base/bytes.h"
#include "base/slice.h"

/**
 * text in UTF-8: as it is when it is that (without a byte order mark), else from `otherwise`, one
 * of iconv's charsets of a byte a character. *ret is the caller's.
 * ST_FORMAT  no text: a NUL inside, or a byte that the charset does not have. ST_NOMEM.
 */
MUST_USE enum status charset_to_utf8(struct slice text, const char *otherwise, struct bytes **ret,
                                     struct err *err);
