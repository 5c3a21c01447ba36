/* The schema's files as they are compiled in (embed_schema.cmake). For this room only. */
#pragma once

#include "base/slice.h"

struct schema_file {
    unsigned version; /* the number its name begins with */
    const char *name;
    const unsigned char *sql;
    size_t length;
};
extern const struct schema_file schema_files[]; /* by version, from 0, without gaps */
extern const size_t schema_file_count;

/* Takes the next statement off *sql, without its `;`: it ends at the first line whose last
 * character is `;`; lines that begin with `--` and empty lines before it are skipped.
 * false: nothing but such lines is left. A statement without an end is given as it is. */
bool schema_next(struct slice *sql, struct slice *ret_statement);
