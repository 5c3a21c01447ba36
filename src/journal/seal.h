/* Seals of closed files: FILE.sig beside FILE is a detached CMS over the line that `sha256sum FILE`
 * prints in the folder, so it holds the file's bytes and its name, and a journal file holds lines
 * and nothing else (req 0.57). Thread-safe; one thread seals a folder at a time. */
#pragma once

#include "base/bytes.h"
#include "base/err.h"

#include <stdint.h>

#define SEAL_SUFFIX ".sig"
enum {
    SEAL_NAME_BYTES = 64,        /* of a file's name, with NUL */
    SEAL_MAX_BYTES = 256 * 1024, /* of a FILE.sig */
};

/* One file that is closed. */
struct sealed {
    char file[SEAL_NAME_BYTES];
    uint64_t first, last; /* seq of its lines */
    char sha256[65];      /* hex */
};

/* How a seal is made. */
struct sealing {
    void *ctx;
    /* DER; *ret_sig is the caller's. */
    enum status (*sign)(void *ctx, struct slice statement, struct bytes **ret_sig, struct err *err);
    /* Told before the seal is kept: without its OK it is not. */
    enum status (*tell)(void *ctx, const struct sealed *what, struct err *err);
};

/**
 * Seals the first closed file with lines from seq on that has no seal: written whole, synced, then
 * renamed, mode 0600. A file is closed when another follows it. ret->file "" : there is none.
 *
 * ST_CONFLICT     ret->file is not what was written: its chain is broken, or does not lead to the
 *                 file after it. It is left without seal
 * ST_UNAVAILABLE  the folder cannot be read or written
 * and what sign() and tell() say.
 */
MUST_USE enum status seal_next(const char *dir, uint64_t from, const struct sealing *how,
                               struct sealed *ret, struct err *err);

/* What a file's seal signs; the file is read through, its hash goes to sha256. ST_UNAVAILABLE. */
enum { SEAL_STATEMENT_BYTES = 64 + 2 + SEAL_NAME_BYTES + 1 };
struct journal_file;
MUST_USE enum status seal_statement(int dir_fd, const struct journal_file *file, char sha256[65],
                                    char ret[SEAL_STATEMENT_BYTES], struct err *err);
