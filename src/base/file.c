#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status read_fd(const char *path, int fd, struct bytes *out, size_t size,
                           struct err *err)
{
    char *place = bytes_extend(out, size);
    size_t done = 0;

    while (place && done < size) {
        ssize_t n = read(fd, place + done, size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return RAISE(err, ST_NOT_FOUND, "%s: cannot be read whole", path);
        done += (size_t)n;
    }
    return bytes_check(out, path, err);
}

static enum status load_fd(const char *path, int fd, size_t max, struct bytes **ret,
                           struct err *err)
{
    AUTO(bytes_wipe) struct bytes *out = NULL;
    struct stat info;

    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        return RAISE(err, ST_NOT_FOUND, "%s: is not a regular file", path);
    if ((uintmax_t)info.st_size > max)
        return RAISE(err, ST_INPUT, "%s: is larger than %zu bytes", path, max);
    out = bytes_new((size_t)info.st_size);
    if (!out)
        return RAISE(err, ST_NOMEM, "%s: out of memory", path);
    TRY(read_fd(path, fd, out, (size_t)info.st_size, err));
    *ret = TAKE(out);
    return ST_OK;
}

enum status file_load(const char *path, size_t max, struct bytes **ret, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return RAISE(err, ST_NOT_FOUND, "%s: cannot be read: %s", path, strerrordesc_np(errno));
    enum status loaded = load_fd(path, fd, max, ret, err);
    (void)close(fd);
    return loaded;
}

bool file_write_all(int fd, struct slice data)
{
    while (data.len > 0) {
        ssize_t n = write(fd, data.at, data.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data = slice_skip(data, (size_t)n);
    }
    return true;
}
