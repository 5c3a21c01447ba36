/* The journal's lines as they were written, from its table. Errors as store.h says. Thread-safe. */
#pragma once

#include "store/store.h"

/* The lines of one day (yyyymmdd), by instance and seq; needle: only those that hold it, letter by
 * letter; "" : all. line is good until the call returns; its failure ends the reading and is
 * returned. The database is not waited for while line() works. */
struct lines_wanted {
    int32_t day;
    const char *needle;
    void *ctx;
    enum status (*line)(void *ctx, struct slice line, struct err *err);
};
MUST_USE enum status store_journal_lines(struct store *store, const struct lines_wanted *wanted,
                                         struct err *err);

/* One line; *ret_line "" : it is not in the table. The caller's: bytes_free(). */
MUST_USE enum status store_journal_line(struct store *store, const char *instance, uint64_t seq,
                                        struct bytes **ret_line, struct err *err);
