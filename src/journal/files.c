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

bool files_named(const char *name, struct journal_file *ret)
{
    static const char prefix[] = "journal-";
    const char *seq = name + sizeof(prefix) - 1 + 9;
    char *end = NULL;

    if (strncmp(name, prefix, sizeof(prefix) - 1) != 0 || strnlen(name, FILE_NAME_BYTES) < 22 ||
        strnlen(name, FILE_NAME_BYTES) >= FILE_NAME_BYTES || seq[-1] != '-' || seq[0] < '0' ||
        seq[0] > '9')
        return false;
    ret->archived = false;
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
        !files_named(stem, &file))
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

int32_t files_month(const struct journal_file *file)
{
    const char *at = file->name + sizeof("journal-") - 1;
    int32_t month = 0;

    for (size_t i = 0; i < 6; i++)
        month = month * 10 + at[i] - '0';
    return month;
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

static void sort(struct journal_files *files)
{
    if (files->count > 0)
        qsort(files->at, files->count, sizeof(*files->at), compare);
}

static enum status add_folder(int dir_fd, const char *path, const char *suffix,
                              struct journal_files *files, struct err *err)
{
    int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    AUTO(closedir_void) DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (!dir) {
        enum status status =
            RAISE(err, ST_UNAVAILABLE, "the journal's folder cannot be read: %s", WHY);
        if (fd >= 0)
            (void)close(fd);
        return status;
    }
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this call's own */
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        TRY(add_file(files, entry->d_name, suffix, err));
    return ST_OK;
}

static enum status list(int dir_fd, const char *suffix, struct journal_files **ret_files,
                        struct err *err)
{
    AUTO(files_free) struct journal_files *files = calloc(1, sizeof(*files));

    if (!files)
        return RAISE(err, ST_NOMEM, "journal: out of memory");
    TRY(add_folder(dir_fd, ".", suffix, files, err));
    sort(files);
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

/* ---- the archive ---- */

static bool is_month_folder(const char *name)
{
    return strlen(name) == 7 && strspn(name, "0123456789-") == 7 && name[4] == '-';
}

static bool is_listed(const struct journal_files *files, size_t count, uint64_t first)
{
    for (size_t i = 0; i < count; i++)
        if (files->at[i].first == first)
            return true;
    return false;
}

/* Marks those from `count` on as archived; what the folder has, too, is taken there. */
static void mark(struct journal_files *files, size_t count)
{
    size_t kept = count;

    for (size_t i = count; i < files->count; i++) {
        if (is_listed(files, count, files->at[i].first))
            continue;
        files->at[kept] = files->at[i];
        files->at[kept++].archived = true;
    }
    files->count = kept;
}

enum status files_add_archived(int instance_fd, bool seals, struct journal_files *files,
                               struct err *err)
{
    const size_t count = files->count;
    int fd = openat(instance_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    AUTO(closedir_void) DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (!dir) {
        enum status status =
            RAISE(err, ST_UNAVAILABLE, "the journal's archive cannot be read: %s", WHY);
        if (fd >= 0)
            (void)close(fd);
        return status;
    }
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this call's own */
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        if (is_month_folder(entry->d_name))
            TRY(add_folder(instance_fd, entry->d_name, seals ? SEAL_SUFFIX : ".gz", files, err));
    mark(files, count);
    sort(files);
    return ST_OK;
}

void files_free(struct journal_files *files)
{
    if (!files)
        return;
    free(files->at);
    free(files);
}

/* ---- a file's chain ---- */

struct scan {
    struct reader *reader;
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
    if (end->lines == 1 || got.row.day < end->first_day)
        end->first_day = got.row.day;
    if (got.row.day > end->last_day)
        end->last_day = got.row.day;
    end->good_bytes = scan->reader->offset;
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

        TRY(reader_next(scan->reader, &what, &line, err));
        if (what == READ_END)
            return ST_OK;
        if (what == READ_TOO_LONG) {
            bad = true;
            reader_seek(scan->reader, scan->reader->offset + LINE_MAX_BYTES);
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
    AUTO(reader_free) struct reader *reader = NULL;
    struct stat stat;

    TRY(reader_open(dir_fd, file, &reader, err));
    struct scan scan = { .reader = reader, .file = file };
    if (fstat(reader->fd, &stat) != 0)
        return RAISE(err, ST_UNAVAILABLE, "journal file %s cannot be read: %s", file->name, WHY);
    TRY(scan_lines(&scan, err));
    scan.end.total_bytes =
        file->archived ? reader->offset + (reader->end - reader->begin) : (uint64_t)stat.st_size;
    *ret_end = scan.end;
    return ST_OK;
}
