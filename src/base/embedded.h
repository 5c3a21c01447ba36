/* Files compiled into the program by embed() of cmake/embed.cmake. */
#pragma once

#include "base/slice.h"

struct embedded {
    const char *name; /* of the file, without its folder; NULL ends the table */
    struct slice bytes;
};

/* The file of that name in table; NULL when there is none. */
static inline const struct embedded *embedded_find(const struct embedded *table, struct slice name)
{
    for (; table->name; table++)
        if (slice_eq_str(name, table->name))
            return table;
    return NULL;
}
