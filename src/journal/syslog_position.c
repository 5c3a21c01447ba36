#include "journal/syslog_position.h"

#include "base/auto.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FRESH_FILE POSITION_FILE ".new"
#define WHY strerrordesc_np(errno)

enum { KEEP_MS = 1000, DIGITS = 20 };

struct position {
    int dir_fd;
    uint64_t kept;
    int64_t tried_ms; /* monotonic */
};

DEFINE_AUTO(struct position, position_close)

static enum status read_seq(int fd, uint64_t *ret_seq, struct err *err)
{
    char text[DIGITS + 3];
    char *end = NULL;
    const ssize_t got = read(fd, text, sizeof(text) - 1);

    if (got < 0)
        return RAISE(err, ST_UNAVAILABLE, POSITION_FILE ": %s", WHY);
    text[got] = '\0';
    errno = 0;
    *ret_seq = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || end[0] != '\n' || end[1] != '\0' || errno != 0)
        return RAISE_CAUSE(err, ST_FORMAT, "positionDamaged", NULL, NULL,
                           "the journal's " POSITION_FILE
                           " is damaged: without it all lines are sent to syslog anew");
    return ST_OK;
}

static enum status load(int dir_fd, uint64_t *ret_seq, struct err *err)
{
    const int fd = openat(dir_fd, POSITION_FILE, O_RDONLY | O_CLOEXEC);

    *ret_seq = 0;
    if (fd < 0)
        return errno == ENOENT ? ST_OK : RAISE(err, ST_UNAVAILABLE, POSITION_FILE ": %s", WHY);
    const enum status status = read_seq(fd, ret_seq, err);
    (void)close(fd);
    return status;
}

enum status position_open(const char *dir, struct position **ret_position, uint64_t *ret_seq,
                          struct err *err)
{
    AUTO(position_close) struct position *position = calloc(1, sizeof(*position));

    if (!position)
        return RAISE(err, ST_NOMEM, "syslog: out of memory");
    position->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (position->dir_fd < 0)
        return RAISE(err, ST_UNAVAILABLE, "syslog: %.150s: %s", dir, WHY);
    TRY(load(position->dir_fd, &position->kept, err));
    *ret_seq = position->kept;
    *ret_position = TAKE(position);
    return ST_OK;
}

static bool write_fresh(int dir_fd, uint64_t seq)
{
    char text[DIGITS + 2];
    const int fd =
        openat(dir_fd, FRESH_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);

    if (fd < 0)
        return false;
    (void)text_format(text, sizeof(text), "%llu\n", (unsigned long long)seq);
    const bool written = file_write_all(fd, slice_str(text)) && fsync(fd) == 0;
    return close(fd) == 0 && written;
}

void position_keep(struct position *position, uint64_t seq, bool now)
{
    const int64_t now_ms = clock_monotonic_ms();

    if (seq == position->kept || (!now && now_ms - position->tried_ms < KEEP_MS))
        return;
    position->tried_ms = now_ms;
    if (write_fresh(position->dir_fd, seq) &&
        renameat(position->dir_fd, FRESH_FILE, position->dir_fd, POSITION_FILE) == 0 &&
        fsync(position->dir_fd) == 0)
        position->kept = seq;
}

void position_close(struct position *position)
{
    if (!position)
        return;
    if (position->dir_fd >= 0)
        (void)close(position->dir_fd);
    free(position);
}
