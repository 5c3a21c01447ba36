#include "journal/seal.h"

#include "base/file.h"
#include "base/text.h"
#include "journal/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SEAL_PATH_BYTES = FILE_NAME_BYTES + 16 };
_Static_assert((int)SEAL_NAME_BYTES == (int)FILE_NAME_BYTES, "a file's name fits");

#define WHY strerrordesc_np(errno)

/* ---- the statement ---- */

enum status seal_statement(int dir_fd, const struct journal_file *file, char sha256[65],
                           char ret[SEAL_STATEMENT_BYTES], struct err *err)
{
    TRY(files_hash(dir_fd, file, sha256, err));
    return text_format(ret, SEAL_STATEMENT_BYTES, "%s  %s\n", sha256, file->name)
               ? ST_OK
               : RAISE(err, ST_INTERNAL, "journal: the name of %s is too long", file->name);
}

/* ---- sealing ---- */

static enum status write_new(int dir_fd, const char *name, struct slice data, struct err *err)
{
    int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return RAISE(err, ST_UNAVAILABLE, "%s cannot be written: %s", name, WHY);
    if (!file_write_all(fd, data) || fsync(fd) != 0) {
        enum status status = RAISE(err, ST_UNAVAILABLE, "%s cannot be written: %s", name, WHY);
        (void)close(fd);
        (void)unlinkat(dir_fd, name, 0);
        return status;
    }
    (void)close(fd);
    return ST_OK;
}

/* What a crash leaves of it is written over by the next try. */
static enum status keep(int dir_fd, const char *file, struct slice sig, struct err *err)
{
    static const char draft[] = ".seal";
    char name[SEAL_PATH_BYTES];

    (void)text_format(name, sizeof(name), "%s" SEAL_SUFFIX, file);
    TRY(write_new(dir_fd, draft, sig, err));
    if (renameat(dir_fd, draft, dir_fd, name) != 0 || fsync(dir_fd) != 0)
        return RAISE(err, ST_UNAVAILABLE, "%s cannot be kept: %s", name, WHY);
    return ST_OK;
}

static bool has_seal(int dir_fd, const char *file)
{
    char name[SEAL_PATH_BYTES];

    (void)text_format(name, sizeof(name), "%s" SEAL_SUFFIX, file);
    return faccessat(dir_fd, name, F_OK, 0) == 0;
}

/* Nothing is signed that the chain does not vouch for: a line that was changed before the seal is
 * seen here, by the lines after it. */
static enum status check(int dir_fd, const struct journal_file *file, uint64_t *ret_last,
                         struct err *err)
{
    const struct journal_file *after = file + 1;
    struct file_end end, next;

    TRY(files_scan(dir_fd, file, &end, err));
    TRY(files_scan(dir_fd, after, &next, err));
    if (end.lines == 0 || end.good_bytes != end.total_bytes)
        return RAISE(err, ST_CONFLICT, "the journal's chain is broken: %s, after line %llu",
                     file->name, (unsigned long long)end.last);
    if (end.last + 1 != after->first ||
        (next.lines > 0 && strcmp(next.first_prev, end.hash) != 0) ||
        (next.lines == 0 && next.broken))
        return RAISE(err, ST_CONFLICT, "the journal's chain is broken: %s does not lead to %s",
                     file->name, after->name);
    *ret_last = end.last;
    return ST_OK;
}

static enum status seal(int dir_fd, const struct journal_file *file, const struct sealing *how,
                        struct sealed *ret, struct err *err)
{
    AUTO(bytes_free) struct bytes *sig = NULL;
    char statement[SEAL_STATEMENT_BYTES];

    (void)text_copy(ret->file, sizeof(ret->file), file->name);
    ret->first = file->first;
    TRY(check(dir_fd, file, &ret->last, err));
    TRY(seal_statement(dir_fd, file, ret->sha256, statement, err));
    TRY(how->sign(how->ctx, slice_str(statement), &sig, err));
    TRY(how->tell(how->ctx, ret, err));
    return keep(dir_fd, file->name, bytes_slice(sig), err);
}

static enum status seal_in(int dir_fd, uint64_t from, const struct sealing *how, struct sealed *ret,
                           struct err *err)
{
    AUTO(files_free) struct journal_files *files = NULL;

    TRY(files_list(dir_fd, &files, err));
    for (size_t i = 0; i + 1 < files->count; i++)
        if (files->at[i].first >= from && !has_seal(dir_fd, files->at[i].name))
            return seal(dir_fd, &files->at[i], how, ret, err);
    return ST_OK;
}

enum status seal_next(const char *dir, uint64_t from, const struct sealing *how, struct sealed *ret,
                      struct err *err)
{
    int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    *ret = (struct sealed){ .file = "" };
    if (dir_fd < 0 && errno == ENOENT)
        return ST_OK;
    if (dir_fd < 0)
        return RAISE(err, ST_UNAVAILABLE, "the journal's folder %s: %s", dir, WHY);
    enum status status = seal_in(dir_fd, from, how, ret, err);
    (void)close(dir_fd);
    return status;
}
