#include "journal/files.h"

#include "base/clock.h"
#include "base/text.h"
#include "journal/seal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* clang-tidy: strerror() is not thread-safe, this one is */
#define WHY strerrordesc_np(errno)

void files_name(uint64_t first, int64_t at_ms, char ret[FILE_NAME_BYTES])
{
    char date[TIME_TEXT];

    time_astana_date(at_ms, date); /* dd:mm:yyyy */
    (void)text_format(ret, FILE_NAME_BYTES, "journal-%s%.2s%.2s-%012llu.log", date + 6, date + 3,
                      date, (unsigned long long)first);
}

static bool parse_name(const char *name, struct journal_file *ret)
{
    static const char prefix[] = "journal-";
    const char *seq = name + sizeof(prefix) - 1 + 9;
    char *end = NULL;

    if (strncmp(name, prefix, sizeof(prefix) - 1) != 0 || strnlen(name, FILE_NAME_BYTES) < 22 ||
        strnlen(name, FILE_NAME_BYTES) >= FILE_NAME_BYTES || seq[-1] != '-' || seq[0] < '0' ||
        seq[0] > '9')
        return false;
    ret->first = strtoull(seq, &end, 10);
    return strcmp(end, ".log") == 0 && ret->first > 0 &&
           text_copy(ret->name, sizeof(ret->name), name);
}

/* suffix: of the names that count; it is left out of the file's. */
static enum status add_file(struct journal_files *files, const char *name, const char *suffix,
                            struct err *err)
{
    struct journal_file file;
    char stem[FILE_NAME_BYTES];
    size_t length = strnlen(name, sizeof(stem) * 2);
    size_t tail = strlen(suffix);

    if (length < tail || strcmp(name + length - tail, suffix) != 0 ||
        !text_copy_slice(stem, sizeof(stem), slice_mem(name, length - tail)) ||
        !parse_name(stem, &file))
        return ST_OK;
    if (files->count == FILES_MAX)
        return RAISE(err, ST_UNAVAILABLE, "the journal's folder has over %d files", FILES_MAX);
    if (files->count == files->room) {
        size_t room = files->room ? files->room * 2 : 64;
        struct journal_file *at = realloc(files->at, room * sizeof(*at));
        if (!at)
            return RAISE(err, ST_NOMEM, "journal: out of memory");
        files->at = at;
        files->room = room;
    }
    files->at[files->count++] = file;
    return ST_OK;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = ((const struct journal_file *)a)->first;
    uint64_t y = ((const struct journal_file *)b)->first;

    return x < y ? -1 : x > y;
}

static void closedir_void(DIR *dir)
{
    (void)closedir(dir);
}
DEFINE_AUTO(DIR, closedir_void)

static enum status list(int dir_fd, const char *suffix, struct journal_files **ret_files,
                        struct err *err)
{
    AUTO(files_free) struct journal_files *files = calloc(1, sizeof(*files));
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    AUTO(closedir_void) DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (!files || !dir) {
        if (fd >= 0 && !dir)
            (void)close(fd);
        return RAISE(err, ST_UNAVAILABLE, "the journal's folder cannot be read: %s", WHY);
    }
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this call's own */
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        TRY(add_file(files, entry->d_name, suffix, err));
    if (files->count > 0)
        qsort(files->at, files->count, sizeof(*files->at), compare);
    *ret_files = TAKE(files);
    return ST_OK;
}

enum status files_list(int dir_fd, struct journal_files **ret_files, struct err *err)
{
    return list(dir_fd, "", ret_files, err);
}

enum status files_list_sealed(int dir_fd, struct journal_files **ret_files, struct err *err)
{
    return list(dir_fd, SEAL_SUFFIX, ret_files, err);
}

void files_free(struct journal_files *files)
{
    if (!files)
        return;
    free(files->at);
    free(files);
}

/* ---- lines ---- */

void reader_seek(struct reader *reader, uint64_t offset)
{
    reader->offset = offset;
    reader->begin = 0;
    reader->end = 0;
}

/* Moves what is left to the front and reads on; *ret_more false at the end of the file. */
static enum status fill(struct reader *reader, bool *ret_more, struct err *err)
{
    size_t left = reader->end - reader->begin;
    ssize_t got;

    memmove(reader->buffer, reader->buffer + reader->begin, left);
    reader->begin = 0;
    reader->end = left;
    do
        got = pread(reader->fd, reader->buffer + left, sizeof(reader->buffer) - left,
                    (off_t)(reader->offset + left));
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return RAISE(err, ST_UNAVAILABLE, "the journal cannot be read: %s", WHY);
    reader->end += (size_t)got;
    *ret_more = got > 0;
    return ST_OK;
}

enum status reader_next(struct reader *reader, enum reading *ret_what, struct slice *ret_line,
                        struct err *err)
{
    for (bool more = true;;) {
        const char *at = reader->buffer + reader->begin;
        size_t left = reader->end - reader->begin;
        const char *newline = memchr(at, '\n', left);

        if (newline && newline - at <= LINE_MAX_BYTES) {
            *ret_line = slice_mem(at, (size_t)(newline - at));
            reader->begin += ret_line->len + 1;
            reader->offset += ret_line->len + 1;
            *ret_what = READ_LINE;
            return ST_OK;
        }
        if (left > LINE_MAX_BYTES || !more) {
            *ret_what = left > LINE_MAX_BYTES ? READ_TOO_LONG : READ_END;
            return ST_OK;
        }
        TRY(fill(reader, &more, err));
    }
}

/* ---- a file's chain ---- */

struct scan {
    struct reader reader;
    struct file_end end;
    const struct journal_file *file;
};

/* Whether the line is the next of the chain; the end moves on when it is. */
static enum status check_line(struct scan *scan, struct slice line, bool *ret_good,
                              bool *ret_is_line, struct err *err)
{
    AUTO(arena_free) struct arena *arena = arena_new((size_t)4 * LINE_MAX_BYTES);
    struct file_end *end = &scan->end;
    uint64_t want = end->lines == 0 ? scan->file->first : end->last + 1;
    struct line got;

    if (!arena)
        return RAISE(err, ST_NOMEM, "journal: out of memory");
    *ret_is_line = line_parse(line, arena, &got, err) == ST_OK;
    *ret_good = *ret_is_line && got.row.seq == want &&
                (end->lines == 0 || strcmp(got.prev, end->hash) == 0);
    if (!*ret_good)
        return ST_OK;
    if (end->lines++ == 0)
        memcpy(end->first_prev, got.prev, sizeof(got.prev));
    end->last = got.row.seq;
    end->good_bytes = scan->reader.offset;
    (void)text_copy_slice(end->instance, sizeof(end->instance), got.row.instance);
    return line_hash(line, end->hash, err);
}

/* A whole line that is none of ours but begins like one: a write that was torn ends without a
 * newline, or holds the zeros of blocks that never reached the disk. */
static bool is_damaged(struct slice line)
{
    return line_seq(line) > 0 && !memchr(line.at, '\0', line.len);
}

/* After the first bad line: is anything that follows a line? Then it is no torn tail. */
static enum status scan_lines(struct scan *scan, struct err *err)
{
    bool bad = false;
    bool good = false;
    bool is_line = false;

    for (;;) {
        enum reading what;
        struct slice line;

        TRY(reader_next(&scan->reader, &what, &line, err));
        if (what == READ_END)
            return ST_OK;
        if (what == READ_TOO_LONG) {
            bad = true;
            reader_seek(&scan->reader, scan->reader.offset + LINE_MAX_BYTES);
            continue;
        }
        if (!bad) {
            TRY(check_line(scan, line, &good, &is_line, err));
            bad = !good;
            scan->end.broken = !good && (is_line || is_damaged(line));
        } else if (line_seq(line) > 0) {
            scan->end.broken = true;
        }
    }
}

enum status files_scan(int dir_fd, const struct journal_file *file, struct file_end *ret_end,
                       struct err *err)
{
    AUTO_FREE struct scan *scan = calloc(1, sizeof(*scan)); /* its buffer is large for a stack */
    struct stat stat;

    if (!scan)
        return RAISE(err, ST_NOMEM, "journal: out of memory");
    int fd = openat(dir_fd, file->name, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &stat) != 0) {
        enum status status =
            RAISE(err, ST_UNAVAILABLE, "journal file %s cannot be read: %s", file->name, WHY);
        if (fd >= 0)
            (void)close(fd);
        return status;
    }
    scan->file = file;
    scan->reader.fd = fd;
    scan->end.total_bytes = (uint64_t)stat.st_size;
    enum status status = scan_lines(scan, err);
    (void)close(fd);
    TRY(status);
    *ret_end = scan->end;
    return ST_OK;
}
