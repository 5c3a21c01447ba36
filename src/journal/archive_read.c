/* Places in the archive, and what is read from them. */
#include "base/text.h"
#include "journal/archive.h"
#include "journal/archive_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 1024 };

#define WHY strerrordesc_np(errno)

bool archive_is_instance(const char *instance)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

    return instance[0] && instance[0] != '.' && instance[strspn(instance, allowed)] == '\0';
}

struct journal_file archive_copy_of(const struct journal_file *file)
{
    struct journal_file copy = *file;

    copy.archived = true;
    return copy;
}

/* A folder is on the disk when the one it stands in is; what is moved into it leaves another. */
static enum status sync_parent(int at_fd, const char *name, struct err *err)
{
    const char *slash = strrchr(name, '/');
    char parent[PATH_BYTES] = ".";

    if (slash &&
        !text_copy_slice(parent, sizeof(parent),
                         (struct slice){ name, slash == name ? 1 : (size_t)(slash - name) }))
        return RAISE(err, ST_INPUT, "the journal's archive: %.64s… is too long", name);
    const int fd = openat(at_fd, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool done = fd >= 0 && fsync(fd) == 0;
    const enum status status =
        done ? ST_OK : RAISE(err, ST_UNAVAILABLE, "the journal's archive: %s: %s", parent, WHY);
    if (fd >= 0)
        (void)close(fd);
    return status;
}

static enum status make_dir(int at_fd, const char *name, struct err *err)
{
    if (mkdirat(at_fd, name, 0700) == 0)
        return sync_parent(at_fd, name, err);
    if (errno == EEXIST)
        return ST_OK;
    return RAISE(err, ST_UNAVAILABLE, "the journal's archive: %s cannot be made: %s", name, WHY);
}

static enum status open_dir(int at_fd, const char *name, int *ret_fd, struct err *err)
{
    *ret_fd = openat(at_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*ret_fd >= 0)
        return ST_OK;
    return RAISE(err, errno == ENOENT ? ST_NOT_FOUND : ST_UNAVAILABLE,
                 "the journal's archive: %s: %s", name, WHY);
}

static enum status open_made(int at_fd, const char *name, bool make, int *ret_fd, struct err *err)
{
    if (make)
        TRY(make_dir(at_fd, name, err));
    return open_dir(at_fd, name, ret_fd, err);
}

enum status archive_open_instance(const char *archive, const char *instance, bool make, int *ret_fd,
                                  struct err *err)
{
    int archive_fd = -1;

    if (!archive_is_instance(instance))
        return RAISE(err, ST_INPUT, "%.64s is no instance's name", instance);
    TRY(open_made(AT_FDCWD, archive, make, &archive_fd, err));
    enum status status = open_made(archive_fd, instance, make, ret_fd, err);
    (void)close(archive_fd);
    return status;
}

enum status archive_open_month(int instance_fd, int32_t month, int *ret_fd, struct err *err)
{
    char name[16];

    (void)text_format(name, sizeof(name), "%04d-%02d", month / 100, month % 100);
    return open_made(instance_fd, name, true, ret_fd, err);
}

/* ---- reading ---- */

static enum status find(const struct archive_reading *what, struct journal_file *ret, int *ret_fd,
                        struct err *err)
{
    if (!files_named(what->file, ret))
        return RAISE(err, ST_INPUT, "%.64s is no journal file's name", what->file);
    ret->archived = true;
    TRY(archive_open_instance(what->archive, what->instance, false, ret_fd, err));
    if (files_exist(*ret_fd, ret))
        return ST_OK;
    (void)close(*ret_fd);
    return RAISE(err, ST_NOT_FOUND, "%s of %s is not in the archive", what->file, what->instance);
}

static enum status check_hash(const struct archive_reading *what, int fd,
                              const struct journal_file *file, struct err *err)
{
    char sha256[65];

    if (!what->sha256)
        return ST_OK;
    TRY(files_hash(fd, file, sha256, err));
    if (strcmp(sha256, what->sha256) != 0)
        return RAISE(err, ST_CONFLICT, "%s of %s in the archive is not what was put there",
                     what->file, what->instance);
    return ST_OK;
}

static enum status read_lines(const struct archive_reading *what, struct reader *reader,
                              struct err *err)
{
    for (;;) {
        enum reading got = READ_END;
        struct slice line;

        TRY(reader_next(reader, &got, &line, err));
        if (got == READ_END)
            return ST_OK;
        if (got == READ_TOO_LONG)
            return RAISE(err, ST_CONFLICT, "%s of %s: no line of ours is so long", what->file,
                         what->instance);
        TRY(what->line(what->ctx, line, err));
    }
}

static enum status read_in(const struct archive_reading *what, int fd,
                           const struct journal_file *file, struct err *err)
{
    AUTO(reader_free) struct reader *reader = NULL;

    TRY(check_hash(what, fd, file, err));
    TRY(reader_open(fd, file, &reader, err));
    return read_lines(what, reader, err);
}

enum status archive_read(const struct archive_reading *what, struct err *err)
{
    struct journal_file file;
    int fd = -1;

    TRY(find(what, &file, &fd, err));
    enum status status = read_in(what, fd, &file, err);
    (void)close(fd);
    return status;
}

static enum status judge_in(int fd, const struct journal_file *file, const struct archiving *how,
                            enum seal_word *ret_word, char why[SEAL_WHY_BYTES], struct err *err)
{
    AUTO(bytes_free) struct bytes *sig = NULL;
    char statement[SEAL_STATEMENT_BYTES], sha256[65];

    TRY(files_load_seal(fd, file, &sig, err));
    (void)text_copy(why, SEAL_WHY_BYTES, "it has none");
    *ret_word = SEAL_WRONG;
    if (!sig)
        return ST_OK;
    TRY(seal_statement(fd, file, sha256, statement, err));
    *ret_word = how->judge(how->ctx, slice_str(statement), bytes_slice(sig), why);
    return ST_OK;
}

enum status archive_judge(const struct archive_reading *what, const struct archiving *how,
                          enum seal_word *ret_word, char why[SEAL_WHY_BYTES], struct err *err)
{
    struct journal_file file;
    int fd = -1;

    TRY(find(what, &file, &fd, err));
    enum status status = judge_in(fd, &file, how, ret_word, why, err);
    (void)close(fd);
    return status;
}

/* ---- removing ---- */

static enum status remove_in(int fd, const struct journal_file *file, struct err *err)
{
    static const char *const suffixes[] = { ".gz", SEAL_SUFFIX };
    char path[PATH_BYTES];

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        (void)text_format(path, sizeof(path), "%04d-%02d/%s%s", files_month(file) / 100,
                          files_month(file) % 100, file->name, suffixes[i]);
        if (unlinkat(fd, path, 0) != 0 && errno != ENOENT)
            return RAISE(err, ST_UNAVAILABLE, "the journal's archive: %s: %s", path, WHY);
    }
    return fsync(fd) == 0 ? ST_OK : RAISE(err, ST_UNAVAILABLE, "the journal's archive: %s", WHY);
}

enum status archive_remove(const char *archive, const char *instance, const char *file,
                           struct err *err)
{
    struct journal_file it;
    int fd = -1;

    if (!files_named(file, &it))
        return RAISE(err, ST_INPUT, "%.64s is no journal file's name", file);
    TRY(archive_open_instance(archive, instance, false, &fd, err));
    enum status status = remove_in(fd, &it, err);
    (void)close(fd);
    return status;
}
