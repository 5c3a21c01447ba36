/* The journal's folder: its files in order, and their lines one by one. For this room only. */
#pragma once

#include "base/auto.h"
#include "base/err.h"
#include "base/slice.h"
#include "journal/line.h"

#include <stdint.h>

enum {
    FILE_NAME_BYTES = 64,
    FILE_DATE_END = sizeof("journal-YYYYMMDD") - 1, /* of a name: dates compare as texts */
    FILES_MAX = 100000,
};

/* journal-YYYYMMDD-SEQ.log: the day it was begun and its first line's seq. */
struct journal_file {
    uint64_t first;
    char name[FILE_NAME_BYTES];
};
void files_name(uint64_t first, int64_t at_ms, char ret[FILE_NAME_BYTES]);

struct journal_files {
    struct journal_file *at; /* by seq */
    size_t count;
    size_t room;
};
/* Other names in the folder are passed over. */
MUST_USE enum status files_list(int dir_fd, struct journal_files **ret_files, struct err *err);
/* The files that have a seal, by their own names: some may be gone. */
MUST_USE enum status files_list_sealed(int dir_fd, struct journal_files **ret_files,
                                       struct err *err);
/* NULL is fine. */
void files_free(struct journal_files *files);
DEFINE_AUTO(struct journal_files, files_free)

/* Reads whole lines from an offset on. */
struct reader {
    int fd;          /* borrowed */
    uint64_t offset; /* of the next line */
    size_t begin, end;
    char buffer[4 * LINE_MAX_BYTES];
};
enum reading {
    READ_LINE,     /* *ret_line is it, without its newline, until the next call */
    READ_END,      /* no whole line is left */
    READ_TOO_LONG, /* no newline within LINE_MAX_BYTES */
};
MUST_USE enum status reader_next(struct reader *reader, enum reading *ret_what,
                                 struct slice *ret_line, struct err *err);
/* Moves to an offset; what was read ahead is forgotten. */
void reader_seek(struct reader *reader, uint64_t offset);

/* What a file holds: the chain within it, up to the first line that does not belong. */
struct file_end {
    uint64_t lines;
    uint64_t last;        /* seq of the last good line */
    uint64_t good_bytes;  /* up to and with its newline */
    uint64_t total_bytes; /* of the file */
    char hash[LINE_HASH]; /* of the last good line */
    char first_prev[LINE_HASH];
    char instance[80];
    bool broken; /* good lines follow after a bad one: no torn tail, something else */
};
MUST_USE enum status files_scan(int dir_fd, const struct journal_file *file,
                                struct file_end *ret_end, struct err *err);
