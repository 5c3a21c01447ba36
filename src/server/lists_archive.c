#include "server/lists_archive.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status refuse(const char *path, struct err *err)
{
    return RAISE(err, ST_UNAVAILABLE, "%s: cannot be written: %s", path, strerrordesc_np(errno));
}

enum status archive_list(const char *dir, const struct crl *crl, struct slice data, struct err *err)
{
    char hex[65];
    char path[PATH_MAX];
    char beside[PATH_MAX];

    text_hex(slice_mem(crl_facts(crl)->sha256, 32), hex);
    if (!text_format(path, sizeof(path), "%s/%s.crl", dir, hex) ||
        !text_format(beside, sizeof(beside), "%s.XXXXXX", path))
        return RAISE(err, ST_UNAVAILABLE, "%s: the path is too long", dir);
    if (access(path, F_OK) == 0)
        return ST_OK;
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return refuse(dir, err);
    int fd = mkostemp(beside, O_CLOEXEC); /* mode 0600 */
    if (fd < 0)
        return refuse(beside, err);
    bool kept = file_write_all(fd, data) && fsync(fd) == 0 && rename(beside, path) == 0;
    enum status status = kept ? ST_OK : refuse(path, err);
    (void)close(fd);
    if (!kept)
        (void)unlink(beside);
    return status;
}
