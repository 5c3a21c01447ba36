/* Whether a journal's folder holds what was written: nothing changed, removed or inserted. Reads
 * only, beside a journal that is at work too. Thread-safe. */
#pragma once

#include "base/err.h"
#include "base/slice.h"
#include "journal/seal.h"

#include <stdbool.h>
#include <stdint.h>

/* Something that is not as it was written, and where. */
struct flaw {
    const char *kind; /* linesMissing, lineChanged, lineMisplaced, lineMalformed, fileMisplaced,
                         fileMissing, fileDamaged, otherInstance, sealMissing, sealWrong, sealStray,
                         sealReplaced, tableDiffers */
    const char *file;
    uint64_t line; /* within the file, from 1; 0: the file as a whole */
    uint64_t seq;  /* of the line, 0: none */
    const char *text;
};

enum seal_word {
    SEAL_WRONG, /* it is no signature of this file, or not of whom it should be */
    SEAL_UNKNOWN,
    SEAL_GOOD,
};
enum { SEAL_WHY_BYTES = 256 };

struct proof_params {
    const char *dir;
    const char *archive; /* the chain begins in ARCHIVE/INSTANCE; NULL: in dir */
    uint64_t begins;     /* seq of the first line that must be there; 0: 1. For archives that are
                            kept for so many months only */
    void *ctx;
    void (*flaw)(void *ctx, const struct flaw *flaw);
    /* Judges FILE.sig over the statement; why is filled in unless the word is SEAL_GOOD. */
    enum seal_word (*judge)(void *ctx, struct slice statement, struct slice sig,
                            char why[SEAL_WHY_BYTES]);
    /* What the table of events has of the instance: its last seq; and the line of seq (the
     * caller's; empty: it is not there), 0: none is wanted. Asked before the files are read, and
     * once more in the end. NULL: nobody is asked. */
    enum status (*table)(void *ctx, const char *instance, uint64_t seq, uint64_t *ret_last,
                         struct bytes **ret_line, struct err *err);
    /* Asked before each line, and the place for a pause: false ends it. NULL: nobody is asked. */
    bool (*go_on)(void *ctx);
};

struct proof {
    uint64_t files, lines, flaws;
    uint64_t archived;                 /* of the files: in the archive */
    uint64_t first, last;              /* seq */
    uint64_t sealed;                   /* files whose seal is good */
    uint64_t unjudged;                 /* whose seal could not be judged */
    char unjudged_why[SEAL_WHY_BYTES]; /* of the first of them */
    uint64_t torn_bytes;             /* of a last line that is not whole: a crash, or a write now */
    char open_file[SEAL_NAME_BYTES]; /* the last one: it is not sealed yet */
    uint64_t open_lines;
    char instance[80];
};

/**
 * Reads all lines and seals. What is found is told by flaw(), in the order of files; nobody but
 * who has the table of events can tell that the last lines of the open file are gone, or that its
 * very last one was changed. A file is what the journal said of it when it was sealed (event
 * journal.sealed), whatever seal stands beside it now.
 *
 * ST_NOT_FOUND    no such folder, or no journal in it
 * ST_UNAVAILABLE  something there cannot be read
 * ST_TIMEOUT      go_on() ended it
 */
MUST_USE enum status proof_make(const struct proof_params *params, struct proof *ret,
                                struct err *err);
