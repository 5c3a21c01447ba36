/* The schema's files as they are compiled in (embed() of cmake/embed.cmake). For this room only. */
#pragma once

#include "base/embedded.h"

extern const struct embedded schema_files[]; /* etc/schema: a file's place is its version */
size_t schema_file_count(void);

/* Takes the next statement off *sql, without its `;`: it ends at the first line whose last
 * character is `;`; lines that begin with `--` and empty lines before it are skipped.
 * false: nothing but such lines is left. A statement without an end is given as it is. */
bool schema_next(struct slice *sql, struct slice *ret_statement);
