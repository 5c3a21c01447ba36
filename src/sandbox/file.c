#include "sandbox/file.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_STEP = 65536 };

static void fd_close(int *fd)
{
    if (*fd > STDERR_FILENO)
        (void)close(*fd);
}

#define AUTO_FD __attribute__((cleanup(fd_close)))

/* strerror() without its race. */
static const char *reason(int number)
{
    const char *text = strerrordesc_np(number);

    return text ? text : "unknown error";
}

static enum status fail(struct err *err, const char *what, const char *path)
{
    int number = errno;

    return RAISE_CAUSE(err, number == ENOENT ? ST_NOT_FOUND : ST_INPUT, NULL, path, NULL,
                       "cannot %s %s: %s", what, path, reason(number));
}

/* One byte over the ceiling is asked for, so that a file of exactly max_bytes passes. */
static enum status read_all(int fd, const char *path, size_t max_bytes, struct bytes *data,
                            struct err *err)
{
    char step[READ_STEP];
    ssize_t n;

    while ((n = read(fd, step, sizeof(step))) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(err, "read", path);
        if (data->len + (size_t)n > max_bytes)
            return RAISE(err, ST_INPUT, "%s is longer than %zu bytes", path, max_bytes);
        bytes_add(data, slice_mem(step, (size_t)n));
    }
    return bytes_check(data, path, err);
}

enum status file_read(const char *path, size_t max_bytes, struct bytes **ret_data, struct err *err)
{
    AUTO(bytes_wipe) struct bytes *data = bytes_new(max_bytes);
    AUTO_FD int fd = STDIN_FILENO;

    if (!data)
        return RAISE(err, ST_NOMEM, "out of memory");
    if (strcmp(path, "-") != 0) {
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            return fail(err, "read", path);
    }
    TRY(read_all(fd, path, max_bytes, data, err));
    *ret_data = TAKE(data);
    return ST_OK;
}

enum status file_write(const char *path, struct slice data, unsigned mode, struct err *err)
{
    char beside[FILE_PATH_MAX];
    AUTO_FD int fd = -1;

    if (!text_format(beside, sizeof(beside), "%s.%ld.new", path, (long)getpid()))
        return RAISE(err, ST_INPUT, "path too long: %s", path);
    (void)unlink(beside); /* of a process that died; or somebody's, who waits for what we write */
    fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return fail(err, "write", path);
    if (!file_write_all(fd, data) || fsync(fd) != 0 || fchmod(fd, mode) != 0 ||
        rename(beside, path) != 0) {
        enum status status = fail(err, "write", path);

        (void)unlink(beside);
        return status;
    }
    return ST_OK;
}

enum status file_make_dir(const char *path, unsigned mode, struct err *err)
{
    struct stat st;

    if (mkdir(path, mode) == 0)
        return ST_OK;
    if (errno != EEXIST)
        return fail(err, "make the folder", path);
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return RAISE(err, ST_INPUT, "%s is no folder", path);
    return ST_OK;
}

bool file_exists(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

enum status file_path(char dst[FILE_PATH_MAX], const char *dir, const char *name, struct err *err)
{
    if (!text_format(dst, FILE_PATH_MAX, "%s/%s", dir, name))
        return RAISE(err, ST_INPUT, "path too long: %s/%s", dir, name);
    return ST_OK;
}

enum status file_lock(const char *dir, int *ret_lock, struct err *err)
{
    char path[FILE_PATH_MAX];
    int fd;

    TRY(file_path(path, dir, ".lock", err));
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail(err, "lock", path);
    while (flock(fd, LOCK_EX) != 0) {
        if (errno != EINTR) {
            enum status status = fail(err, "lock", path);

            (void)close(fd);
            return status;
        }
    }
    *ret_lock = fd;
    return ST_OK;
}

void file_unlock(int lock)
{
    if (lock >= 0)
        (void)close(lock);
}
