/* Files of the sandbox and of the command line: read with a ceiling, written whole or not at all.
 */
#pragma once

#include "base/bytes.h"
#include "base/err.h"
#include "base/slice.h"

#include <stdbool.h>

enum { FILE_PATH_MAX = 1024 }; /* bytes of a path, with NUL */

/**
 * The whole file; "-" is standard input.
 * ST_NOT_FOUND  no such file
 * ST_INPUT      a folder, unreadable, or longer than max_bytes
 * *ret_data is the caller's: bytes_free(), or bytes_wipe() for secrets.
 */
MUST_USE enum status file_read(const char *path, size_t max_bytes, struct bytes **ret_data,
                               struct err *err);

/* Writes beside the file and renames: readers see the old or the new one, never a part. mode: of
 * the new file (0600 for keys). ST_INPUT: the place cannot be written. */
MUST_USE enum status file_write(const char *path, struct slice data, unsigned mode,
                                struct err *err);

/* A folder with the mode; fine when it is there. ST_INPUT. */
MUST_USE enum status file_make_dir(const char *path, unsigned mode, struct err *err);

bool file_exists(const char *path);

/* dir/name into dst. ST_INPUT: longer than FILE_PATH_MAX. */
MUST_USE enum status file_path(char dst[FILE_PATH_MAX], const char *dir, const char *name,
                               struct err *err);

/* An exclusive lock on DIR/.lock among processes, until file_unlock(). ST_INPUT. */
MUST_USE enum status file_lock(const char *dir, int *ret_lock, struct err *err);
void file_unlock(int lock);
