/* The journal's folder: its files in order, and their lines one by one. For this room only. */
#pragma once

#include "base/auto.h"
#include "base/bytes.h"
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
    bool archived; /* it lies in the archive as YYYY-MM/NAME.gz: dir_fd is ARCHIVE/INSTANCE's */
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
/* Adds the files that lie in the archive, or their seals, and sorts anew; one that stands in the
 * folder, too, is left out. */
MUST_USE enum status files_add_archived(int instance_fd, bool seals, struct journal_files *files,
                                        struct err *err);
/* NULL is fine. */
void files_free(struct journal_files *files);
DEFINE_AUTO(struct journal_files, files_free)

/* A file by its name; false: it is none of ours. */
bool files_named(const char *name, struct journal_file *ret);
int32_t files_month(const struct journal_file *file); /* yyyymm, of its name */
bool files_exist(int dir_fd, const struct journal_file *file);
/* Hex SHA-256 of the bytes that were written. */
MUST_USE enum status files_hash(int dir_fd, const struct journal_file *file, char ret[65],
                                struct err *err);
/* Its seal's bytes, the caller's; NULL: there is none. One that is too large has failed. */
MUST_USE enum status files_load_seal(int dir_fd, const struct journal_file *file,
                                     struct bytes **ret_sig, struct err *err);

/* Reads whole lines from an offset on. */
struct reader {
    int fd;              /* borrowed, unless reader_open() made it */
    struct gzFile_s *gz; /* of the archive; NULL: plain */
    uint64_t offset;     /* of the next line */
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

/* A reader of its own, at the beginning. ST_UNAVAILABLE. */
MUST_USE enum status reader_open(int dir_fd, const struct journal_file *file,
                                 struct reader **ret_reader, struct err *err);
/* NULL is fine. */
void reader_free(struct reader *reader);
DEFINE_AUTO(struct reader, reader_free)
/* Bytes from `at` on, past any lines read ahead; *ret_got 0: the end. ST_UNAVAILABLE: they cannot
 * be read, or what was squeezed is damaged. */
MUST_USE enum status reader_block(struct reader *reader, uint64_t at, char *to, size_t max,
                                  size_t *ret_got, struct err *err);

/* What a file holds: the chain within it, up to the first line that does not belong. */
struct file_end {
    uint64_t lines;
    uint64_t last;        /* seq of the last good line */
    uint64_t good_bytes;  /* up to and with its newline */
    uint64_t total_bytes; /* of the file */
    char hash[LINE_HASH]; /* of the last good line */
    char first_prev[LINE_HASH];
    int32_t first_day, last_day; /* yyyymmdd, the least and the largest */
    char instance[80];
    bool broken; /* good lines follow after a bad one: no torn tail, something else */
};
MUST_USE enum status files_scan(int dir_fd, const struct journal_file *file,
                                struct file_end *ret_end, struct err *err);
