/* Where a file lies in the archive. For this room only. */
#pragma once

#include "base/err.h"
#include "journal/files.h"

/* Letters, digits, - _ and ., no leading dot: the archive's folder is called by it. */
bool archive_is_instance(const char *instance);
/* The file as it lies in the archive: for the functions of files.h, with ARCHIVE/INSTANCE. */
struct journal_file archive_copy_of(const struct journal_file *file);
/* ARCHIVE/INSTANCE; made with mode 0700 when it is to be. ST_NOT_FOUND, ST_UNAVAILABLE. */
MUST_USE enum status archive_open_instance(const char *archive, const char *instance, bool make,
                                           int *ret_fd, struct err *err);
/* YYYY-MM in it, made when absent. */
MUST_USE enum status archive_open_month(int instance_fd, int32_t month, int *ret_fd,
                                        struct err *err);
