#include "journal/writer.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BATCH_BYTES = WRITER_LINES * (LINE_MAX_BYTES + 1) };

/* strerror() is not thread-safe, strerrordesc_np() is */
static const char *why(int number)
{
    const char *text = strerrordesc_np(number);

    return text ? text : "unknown error";
}

static enum status sync_dir(const struct writer *writer, struct err *err)
{
    return fsync(writer->dir_fd) == 0
               ? ST_OK
               : RAISE(err, ST_UNAVAILABLE, "the journal's folder: %s", why(errno));
}

/* Takes back what a failed write left behind. */
static enum status undo(struct writer *writer, struct err *err)
{
    if (!writer->dirty)
        return ST_OK;
    if (ftruncate(writer->fd, (off_t)writer->chain.file_bytes) != 0)
        return RAISE(err, ST_UNAVAILABLE, "the journal cannot be cut: %s", why(errno));
    writer->dirty = false;
    return ST_OK;
}

/* Begins a new file whose first line will be seq. */
static enum status next_file(struct writer *writer, uint64_t seq, struct err *err)
{
    char name[FILE_NAME_BYTES];

    TRY(undo(writer, err)); /* nothing torn is left behind in a closed file */
    files_name(seq, clock_now(writer->clock), name);
    int fd = openat(writer->dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return RAISE(err, ST_UNAVAILABLE, "the journal cannot begin file %s: %s", name, why(errno));
    if (sync_dir(writer, err) != ST_OK) {
        (void)close(fd);
        (void)unlinkat(writer->dir_fd, name, 0);
        return err->status;
    }
    if (writer->fd >= 0)
        (void)close(writer->fd);
    writer->fd = fd;
    writer->chain.file_bytes = 0;
    (void)text_copy(writer->file, sizeof(writer->file), name);
    return ST_OK;
}

static enum status write_all(int fd, struct slice bytes, struct err *err)
{
    while (bytes.len > 0) {
        ssize_t wrote = write(fd, bytes.at, bytes.len);

        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return RAISE(err, ST_UNAVAILABLE, "the journal cannot be written: %s", why(errno));
        bytes = slice_skip(bytes, (size_t)wrote);
    }
    return ST_OK;
}

/* Lines made ready for one write and one fsync. */
struct run {
    struct bytes *bytes;
    struct chain chain;        /* as it will be */
    struct pending *from, *to; /* its lines, up to but without `to` */
    uint64_t lines;
};

/* All or nothing. */
static enum status flush(struct writer *writer, struct run *run, struct err *err)
{
    struct err ignored;

    if (run->lines == 0)
        return ST_OK;
    TRY(bytes_check(run->bytes, "journal", err));
    TRY(undo(writer, err));
    writer->dirty = true;
    enum status status = write_all(writer->fd, bytes_slice(run->bytes), err);
    if (status == ST_OK && fdatasync(writer->fd) != 0)
        status = RAISE(err, ST_UNAVAILABLE, "the journal cannot be synced: %s", why(errno));
    if (status != ST_OK) {
        (void)!undo(writer, &ignored); /* else the next write does it first */
        return status;
    }
    writer->dirty = false;
    writer->chain = run->chain;
    return ST_OK;
}

static void mark_written(struct run *run)
{
    for (struct pending *w = run->from; w != run->to; w = w->next)
        w->status = ST_OK;
}

/* Ends a run: on disk, counted, its pendings told. */
static enum status finish_run(struct writer *writer, struct run *run, struct pending *next,
                              struct err *err)
{
    run->to = next;
    TRY(flush(writer, run, err));
    mark_written(run);
    writer->syncs += run->lines > 0;
    writer->lines += run->lines;
    run->from = next;
    run->lines = 0;
    run->bytes->len = 0;
    return ST_OK;
}

/* Of a later day than the day its file was begun, in Astana: the names say so, also after a
 * restart. A line whose thread was slow at midnight stays where it comes; a clock set back begins
 * nothing. */
static bool is_of_a_later_day(const struct writer *writer, const struct pending *pending)
{
    char name[FILE_NAME_BYTES];

    files_name(1, pending->at_ms, name);
    return strncmp(name, writer->file, FILE_DATE_END) > 0;
}

/* Whether a line of so many bytes goes into the file that is open. */
static bool belongs(const struct writer *writer, const struct pending *pending, uint64_t filled,
                    size_t length)
{
    if (writer->fd < 0)
        return false;
    return filled == 0 ||
           (filled + length + 1 <= writer->max_file_bytes && !is_of_a_later_day(writer, pending));
}

/* Adds a line; when the file is full, or its day is over, the run so far is finished first and a
 * file begun. */
static enum status add_line(struct writer *writer, struct run *run, struct pending *pending,
                            struct err *err)
{
    size_t before = run->bytes->len;
    struct chain was = run->chain;

    for (;;) {
        line_add(run->bytes, run->chain.seq + 1, pending->body, run->chain.hash);
        TRY(bytes_check(run->bytes, "journal", err));
        size_t length = run->bytes->len - before;
        if (belongs(writer, pending, was.file_bytes, length)) {
            TRY(line_hash(slice_skip(bytes_slice(run->bytes), before), run->chain.hash, err));
            bytes_add_str(run->bytes, "\n");
            run->chain.seq++;
            run->chain.file_bytes += length + 1;
            run->lines++;
            return ST_OK;
        }
        run->bytes->len = before;
        TRY(finish_run(writer, run, pending, err));
        TRY(next_file(writer, run->chain.seq + 1, err));
        run->chain.file_bytes = was.file_bytes = 0;
        before = 0;
    }
}

enum status writer_write(struct writer *writer, struct pending *batch, struct err *err)
{
    AUTO(bytes_free) struct bytes *bytes = bytes_new(BATCH_BYTES);
    struct run run = { .bytes = bytes, .chain = writer->chain, .from = batch };

    if (!bytes)
        return RAISE(err, ST_NOMEM, "journal: out of memory");
    for (struct pending *w = batch; w; w = w->next)
        TRY(add_line(writer, &run, w, err));
    return finish_run(writer, &run, NULL, err);
}

/* ---- opening ---- */

static enum status open_dir(struct writer *writer, const char *dir, struct err *err)
{
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return RAISE(err, ST_UNAVAILABLE, "the journal's folder %s: %s", dir, why(errno));
    writer->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (writer->dir_fd < 0 || fchmod(writer->dir_fd, 0700) != 0) /* req 0.53 */
        return RAISE(err, ST_UNAVAILABLE, "the journal's folder %s: %s", dir, why(errno));
    writer->lock_fd = openat(writer->dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (writer->lock_fd < 0)
        return RAISE(err, ST_UNAVAILABLE, "the journal's folder %s: %s", dir, why(errno));
    if (flock(writer->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return RAISE_CAUSE(err, ST_CONFLICT, "journalLocked", NULL, NULL,
                           "the journal's folder %s is another process's", dir);
    return ST_OK;
}

static enum status check_end(const struct file_end *end, const struct journal_file *file,
                             const char *instance, struct err *err)
{
    if (end->broken)
        return RAISE(err, ST_CONFLICT,
                     "the journal's chain is broken: %s, after line %llu at byte %llu", file->name,
                     (unsigned long long)end->last, (unsigned long long)end->good_bytes);
    if (end->lines > 0 && strcmp(end->instance, instance) != 0)
        return RAISE(err, ST_CONFLICT, "the folder holds the journal of instance %s, not of %s",
                     end->instance, instance);
    return ST_OK;
}

/* The last file has no whole line: the chain goes on from the file before it. */
static enum status end_before(struct writer *writer, const struct journal_file *file,
                              const struct journal_file *last, const char *instance,
                              struct err *err)
{
    struct file_end end;

    TRY(files_scan(writer->dir_fd, file, &end, err));
    TRY(check_end(&end, file, instance, err));
    if (end.lines == 0 || end.good_bytes != end.total_bytes || end.last + 1 != last->first)
        return RAISE(err, ST_CONFLICT, "the journal's chain is broken: %s does not lead to %s",
                     file->name, last->name);
    writer->chain.seq = end.last;
    memcpy(writer->chain.hash, end.hash, sizeof(end.hash));
    return ST_OK;
}

static enum status open_last(struct writer *writer, const struct journal_file *file,
                             const struct file_end *end, struct err *err)
{
    writer->fd = openat(writer->dir_fd, file->name, O_RDWR | O_APPEND | O_CLOEXEC);
    if (writer->fd < 0)
        return RAISE(err, ST_UNAVAILABLE, "journal file %s: %s", file->name, why(errno));
    (void)text_copy(writer->file, sizeof(writer->file), file->name);
    writer->chain.file_bytes = end->good_bytes;
    writer->torn_bytes = end->total_bytes - end->good_bytes;
    if (writer->torn_bytes == 0)
        return ST_OK;
    if (ftruncate(writer->fd, (off_t)end->good_bytes) != 0 || fsync(writer->fd) != 0)
        return RAISE(err, ST_UNAVAILABLE, "journal file %s cannot be cut: %s", file->name,
                     why(errno));
    return ST_OK;
}

static enum status find_end(struct writer *writer, const struct journal_files *files,
                            const char *instance, struct err *err)
{
    const struct journal_file *last = &files->at[files->count - 1];
    struct file_end end;

    TRY(files_scan(writer->dir_fd, last, &end, err));
    TRY(check_end(&end, last, instance, err));
    if (end.lines > 0) {
        writer->chain.seq = end.last;
        memcpy(writer->chain.hash, end.hash, sizeof(end.hash));
    } else if (files->count > 1) {
        TRY(end_before(writer, last - 1, last, instance, err));
    } else if (last->first != 1) {
        return RAISE(err, ST_CONFLICT, "the journal's chain is broken: nothing leads to %s",
                     last->name);
    }
    return open_last(writer, last, &end, err);
}

enum status writer_open(struct writer *writer, const char *dir, const char *instance,
                        struct err *err)
{
    AUTO(files_free) struct journal_files *files = NULL;

    writer->dir_fd = writer->lock_fd = writer->fd = -1;
    writer->chain = (struct chain){ .hash = LINE_FIRST_PREV };
    TRY(open_dir(writer, dir, err));
    TRY(files_list(writer->dir_fd, &files, err));
    if (files->count == 0)
        return next_file(writer, 1, err);
    return find_end(writer, files, instance, err);
}

void writer_close(struct writer *writer)
{
    int fds[] = { writer->fd, writer->lock_fd, writer->dir_fd };

    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
        if (fds[i] >= 0)
            (void)close(fds[i]);
}
