/* The journal's archive: ARCHIVE/INSTANCE/YYYY-MM/FILE.gz, and its seal FILE.sig beside it as it
 * was, for it is over the bytes that were written. YYYY-MM is the file's day, the one in its name.
 * Every step bears being cut off and run again: nothing is lost, nothing is there twice. One
 * process at a time moves files of a folder. Source: req 0.51. */
#pragma once

#include "base/err.h"
#include "journal/proof.h"

#include <stdbool.h>
#include <stdint.h>

struct archive_file {
    char file[SEAL_NAME_BYTES]; /* as it was called in the journal's folder */
    char instance[80];
    int32_t month;               /* yyyymm */
    uint64_t first, last;        /* seq of its lines */
    int32_t first_day, last_day; /* yyyymmdd of its lines */
    char sha256[65];
};

struct archiving {
    const char *dir;     /* the journal's folder */
    const char *archive; /* made when absent, mode 0700 */
    int32_t before;      /* files of months before this one, yyyymm */
    bool dry_run;        /* says what it would do; judge() and may() are asked */
    void *ctx;
    /* As in proof_params: a file without a good seal is never moved. */
    enum seal_word (*judge)(void *ctx, struct slice statement, struct slice sig,
                            char why[SEAL_WHY_BYTES]);
    /* Asked before anything is written: whether the file may go; why not, if not. */
    enum status (*may)(void *ctx, const struct archive_file *file, bool *ret_may,
                       char why[SEAL_WHY_BYTES], struct err *err);
    /* It lies in the archive, synced and read back: puts it on record. Only then it leaves the
     * journal's folder. Told again of the same file after a crash. */
    enum status (*keep)(void *ctx, const struct archive_file *file, struct err *err);
    /* A file that stays in the folder though it is old enough, and why. */
    void (*stays)(void *ctx, const char *file, const char *why);
    /* In front of each step that changes anything; for tests. NULL: nobody listens. */
    void (*step)(void *ctx);
};

/**
 * Moves the closed files of old months, the oldest first. A file that must stay does not keep
 * others. ret_moved: files (in a dry run: that would be).
 *
 * ST_UNAVAILABLE  a folder cannot be read or written; what keep() and may() say
 * A journal's folder that is not there is one without files.
 */
MUST_USE enum status archive_move(const struct archiving *how, uint64_t *ret_moved,
                                  struct err *err);

/* One file's lines, its hash compared first, when sha256 (hex) is not NULL. ret_lines may be NULL.
 * ST_NOT_FOUND: it is not there; ST_CONFLICT: it is not what is on record.
 * line() ends the reading by a status of its own, which is returned. */
struct archive_reading {
    const char *archive;
    const char *instance;
    const char *file;
    const char *sha256;
    void *ctx;
    enum status (*line)(void *ctx, struct slice line, struct err *err);
};
MUST_USE enum status archive_read(const struct archive_reading *what, struct err *err);

/* Whether its seal holds; why is filled in unless the word is SEAL_GOOD. ST_NOT_FOUND. */
MUST_USE enum status archive_judge(const struct archive_reading *what, const struct archiving *how,
                                   enum seal_word *ret_word, char why[SEAL_WHY_BYTES],
                                   struct err *err);

/* Takes a file and its seal out of the archive; fine when they are gone. ret_was may be NULL. */
MUST_USE enum status archive_remove(const char *archive, const char *instance, const char *file,
                                    struct err *err);
