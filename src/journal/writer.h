/* The journal's files as one thread at a time writes them: the chain, rotation by size and by
 * Astana's day, one fsync per batch, nothing half-written left behind. For this room only; not
 * thread-safe. */
#pragma once

#include "base/clock.h"
#include "journal/files.h"
#include "journal/line.h"

enum {
    WRITER_LINES = 256, /* of a batch at most */
    WRITER_FILE_MIN_BYTES = 4 * LINE_MAX_BYTES,
};

/* A line on its way to the disk, a list's link. */
struct pending {
    struct slice body;  /* line_body() */
    int64_t at_ms;      /* the line's date and time */
    enum status status; /* ST_OK: it is on disk */
    struct pending *next;
    /* the journal's */
    bool done;
    struct err *err;
};

/* The end of the chain as it is on disk. */
struct chain {
    uint64_t seq;
    uint64_t file_bytes; /* of the current file */
    char hash[LINE_HASH];
};

struct writer {
    int dir_fd;
    int lock_fd;
    int fd;     /* the current file, -1: none yet */
    bool dirty; /* bytes of a failed write stand behind chain.file_bytes */
    size_t max_file_bytes;
    const struct clock *clock;
    char file[FILE_NAME_BYTES];
    struct chain chain;
    uint64_t lines, syncs; /* since it was opened */
    uint64_t torn_bytes;   /* cut off `file` when it was opened */
};

/* Locks the folder, finds the end of the chain, cuts a torn tail; makes the first file when there
 * is none. Errors as journal_open(). On failure writer_close() is still due. */
MUST_USE enum status writer_open(struct writer *writer, const char *dir, const char *instance,
                                 struct err *err);
void writer_close(struct writer *writer);

/* Writes the batch in order; statuses, which the caller has set to a failure, become ST_OK for the
 * lines that are on disk: always the first ones. */
MUST_USE enum status writer_write(struct writer *writer, struct pending *batch, struct err *err);
