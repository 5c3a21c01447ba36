/* Small whole files: keys, certificates, configuration. */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

#include <stdbool.h>

/* Reads a regular file of at most max bytes. The buffer is exactly this call's: wipe it when
 * secret. ST_NOT_FOUND: cannot be read; ST_INPUT: larger than max. The text names the path. */
MUST_USE enum status file_load(const char *path, size_t max, struct bytes **ret, struct err *err);

/* Writes all of data, interrupted or not; false: errno tells why. The caller syncs. */
bool file_write_all(int fd, struct slice data);
