/* A roll as it is kept over a restart: a head with a mark of the key, then a line for each file
 * with its path at the end. Its first form had no mark, and the plain hash of secrets too. */
#include "server/watched.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = ROLL_MAX * (2 * WATCHED_PATH + 256), PATH_MAX_BYTES = 1024, MARK = 17 };

#define HEAD "shepd's files 2 "
#define HEAD_FIRST "shepd's files 1\n"

/* A path may hold a newline: whoever puts such a file there must not break the line. */
static void add_path(struct bytes *text, const char *path)
{
    for (const char *at = path; *at; at++)
        if (*at == '\n')
            bytes_add_str(text, "\\n");
        else if (*at == '\\')
            bytes_add_str(text, "\\\\");
        else
            bytes_addf(text, "%c", *at);
}

/* The same under the same key, and nothing that a content could be. */
static void mark_of(const struct journal *journal, char ret[MARK])
{
    journal_pseudonym(journal, "shepd's files", ret);
}

enum status roll_save(const struct roll *roll, const struct journal *journal, const char *path,
                      struct err *err)
{
    AUTO(bytes_free) struct bytes *text = bytes_new(FILE_BYTES_MAX);
    char mark[MARK];

    mark_of(journal, mark);
    if (text)
        bytes_addf(text, HEAD "%s\n", mark);
    for (size_t i = 0; text && i < roll->count; i++) {
        const struct watched *f = &roll->at[i];
        const char *content = f->is_secret ? f->keyed : f->sha256;
        bytes_addf(text, "%d %d %d %s %o %u %u %llu %llu %llu ", (int)f->role, (int)f->state,
                   f->is_secret, content[0] ? content : "-", f->mode, f->uid, f->gid,
                   (unsigned long long)f->dev, (unsigned long long)f->ino,
                   (unsigned long long)f->size);
        add_path(text, f->path);
        bytes_add_str(text, "\n");
    }
    TRY(bytes_check(text, "list of files", err));
    return watched_replace(path, bytes_slice(text), err);
}

/* ---- reading ---- */

static bool take_word(struct slice *line, char *dst, size_t size)
{
    const char *blank = memchr(line->at, ' ', line->len);
    const size_t len = blank ? (size_t)(blank - line->at) : 0;

    if (len == 0 || !text_copy_slice(dst, size, (struct slice){ line->at, len }))
        return false;
    *line = slice_skip(*line, len + 1);
    return true;
}

static bool take_number(struct slice *line, int base, uint64_t *ret)
{
    char word[32];
    char *end;

    if (!take_word(line, word, sizeof(word)))
        return false;
    errno = 0;
    *ret = strtoull(word, &end, base);
    return errno == 0 && *end == '\0';
}

static bool take_path(struct slice line, char dst[WATCHED_PATH])
{
    size_t len = 0;

    for (size_t i = 0; i < line.len; i++) {
        const bool escaped = line.at[i] == '\\' && i + 1 < line.len;
        if (len == WATCHED_PATH - 1)
            return false;
        i += escaped;
        dst[len] = line.at[i];
        if (escaped && line.at[i] == 'n')
            dst[len] = '\n';
        len++;
    }
    dst[len] = '\0';
    return len > 0;
}

static bool take_file(struct slice line, struct watched *ret)
{
    uint64_t role, state, secret, mode, uid, gid;

    if (!take_number(&line, 10, &role) || role >= WATCHED_ROLES ||
        !take_number(&line, 10, &state) || state >= WATCHED_STATES ||
        !take_number(&line, 10, &secret) || !take_word(&line, ret->sha256, sizeof(ret->sha256)) ||
        !take_number(&line, 8, &mode) || !take_number(&line, 10, &uid) ||
        !take_number(&line, 10, &gid) || !take_number(&line, 10, &ret->dev) ||
        !take_number(&line, 10, &ret->ino) || !take_number(&line, 10, &ret->size))
        return false;
    if (strcmp(ret->sha256, "-") == 0)
        ret->sha256[0] = '\0';
    ret->role = (enum watched_role)role;
    ret->state = (enum watched_state)state;
    ret->is_secret = secret != 0;
    ret->mode = (unsigned)mode;
    ret->uid = (unsigned)uid;
    ret->gid = (unsigned)gid;
    return take_path(line, ret->path);
}

static bool take_head(struct slice *text, const struct journal *journal, struct roll *roll)
{
    char mark[MARK], head[sizeof(HEAD) + MARK];
    const size_t len = strlen(HEAD) + MARK - 1;

    roll->is_old = slice_starts(*text, SLICE(HEAD_FIRST));
    if (roll->is_old) {
        *text = slice_skip(*text, strlen(HEAD_FIRST));
        return true;
    }
    if (!slice_starts(*text, SLICE(HEAD)) || text->len <= len || text->at[len] != '\n')
        return false;
    mark_of(journal, mark);
    (void)text_format(head, sizeof(head), HEAD "%s", mark);
    roll->is_rekeyed = !slice_starts(*text, slice_str(head));
    *text = slice_skip(*text, len + 1);
    return true;
}

/* What stands there is a secret's fingerprint, or else the plain hash, of which it is made. */
static bool settle(const struct journal *journal, const struct roll *roll, struct watched *file)
{
    const size_t len = strlen(file->sha256);
    const bool is_keyed = file->is_secret && !roll->is_old;

    if (len == 0)
        return true;
    if (len != (is_keyed ? sizeof(file->keyed) : sizeof(file->sha256)) - 1)
        return false;
    if (is_keyed)
        (void)text_copy(file->keyed, sizeof(file->keyed), file->sha256);
    else
        journal_pseudonym(journal, file->sha256, file->keyed);
    if (file->is_secret)
        explicit_bzero(file->sha256, sizeof(file->sha256));
    return true;
}

static bool take_all(struct slice text, const struct journal *journal, struct roll *roll)
{
    if (!take_head(&text, journal, roll))
        return false;
    while (text.len > 0) {
        const char *end = memchr(text.at, '\n', text.len);
        const size_t len = end ? (size_t)(end - text.at) : 0;
        if (!end || roll->count == ROLL_MAX ||
            !take_file((struct slice){ text.at, len }, &roll->at[roll->count]) ||
            !settle(journal, roll, &roll->at[roll->count]))
            return false;
        roll->count++;
        text = slice_skip(text, len + 1);
    }
    return true;
}

enum status roll_load(const struct journal *journal, const char *path, struct roll **ret_roll,
                      struct err *err)
{
    AUTO(bytes_wipe) struct bytes *text = NULL;
    AUTO(roll_free) struct roll *roll = calloc(1, sizeof(*roll));

    if (!roll)
        return RAISE(err, ST_NOMEM, "files: out of memory");
    TRY(file_load(path, FILE_BYTES_MAX, &text, err));
    if (!take_all(bytes_slice(text), journal, roll))
        return RAISE(err, ST_FORMAT, "%s: is no list of files", path);
    *ret_roll = TAKE(roll);
    return ST_OK;
}

/* ---- writing ---- */

enum status watched_replace(const char *path, struct slice text, struct err *err)
{
    char fresh[PATH_MAX_BYTES];

    if (!text_format(fresh, sizeof(fresh), "%s.new", path))
        return RAISE(err, ST_UNAVAILABLE, "%s: a path too long", path);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool done = fd >= 0 && file_write_all(fd, text) && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0)
        (void)close(fd);
    if (done && rename(fresh, path) == 0)
        return ST_OK;
    return RAISE(err, ST_UNAVAILABLE, "%s: cannot be written: %s", path,
                 strerrordesc_np(done ? errno : why));
}
