/* The lines of a journal file, plain or squeezed, and its bytes as they were written. */
#include "base/text.h"
#include "journal/files.h"
#include "journal/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum {
    PATH_BYTES = FILE_NAME_BYTES + 32,
    BLOCK_BYTES = 256 * 1024,
    GZ_BUFFER_BYTES = 128 * 1024,
};

#define WHY strerrordesc_np(errno)

DEFINE_AUTO(EVP_MD_CTX, EVP_MD_CTX_free)

/* ---- where it lies ---- */

static void path_of(const struct journal_file *file, const char *suffix, char ret[PATH_BYTES])
{
    const int32_t month = files_month(file);

    if (file->archived)
        (void)text_format(ret, PATH_BYTES, "%04d-%02d/%s%s", month / 100, month % 100, file->name,
                          suffix);
    else
        (void)text_format(ret, PATH_BYTES, "%s%s", file->name, suffix);
}

static void data_path(const struct journal_file *file, char ret[PATH_BYTES])
{
    path_of(file, file->archived ? ".gz" : "", ret);
}

bool files_exist(int dir_fd, const struct journal_file *file)
{
    char path[PATH_BYTES];

    data_path(file, path);
    return faccessat(dir_fd, path, F_OK, 0) == 0;
}

/* ---- a reader ---- */

enum status reader_open(int dir_fd, const struct journal_file *file, struct reader **ret_reader,
                        struct err *err)
{
    AUTO(reader_free) struct reader *reader = calloc(1, sizeof(*reader));
    char path[PATH_BYTES];

    if (!reader)
        return RAISE(err, ST_NOMEM, "journal: out of memory");
    data_path(file, path);
    reader->fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
    if (reader->fd < 0)
        return RAISE(err, ST_UNAVAILABLE, "journal file %s cannot be read: %s", path, WHY);
    if (file->archived) {
        reader->gz = gzdopen(reader->fd, "rb");
        if (!reader->gz)
            return RAISE(err, ST_NOMEM, "journal: out of memory");
        (void)gzbuffer(reader->gz, GZ_BUFFER_BYTES);
    }
    *ret_reader = TAKE(reader);
    return ST_OK;
}

void reader_free(struct reader *reader)
{
    if (!reader)
        return;
    if (reader->gz)
        (void)gzclose(reader->gz); /* and its descriptor */
    else if (reader->fd >= 0)
        (void)close(reader->fd);
    free(reader);
}

static enum status read_squeezed(struct reader *reader, uint64_t at, char *to, size_t max,
                                 size_t *ret_got, struct err *err)
{
    int trouble = Z_OK;

    if ((uint64_t)gztell(reader->gz) != at && gzseek(reader->gz, (z_off_t)at, SEEK_SET) < 0)
        return RAISE(err, ST_UNAVAILABLE, "a file of the archive is damaged");
    const int got = gzread(reader->gz, to, (unsigned)max);
    (void)gzerror(reader->gz, &trouble);
    /* Z_BUF_ERROR: it ends in the middle */
    if (got < 0 || (got == 0 && trouble != Z_OK && trouble != Z_STREAM_END))
        return RAISE(err, ST_UNAVAILABLE, "a file of the archive is damaged");
    *ret_got = (size_t)got;
    return ST_OK;
}

enum status reader_block(struct reader *reader, uint64_t at, char *to, size_t max, size_t *ret_got,
                         struct err *err)
{
    ssize_t got;

    if (reader->gz)
        return read_squeezed(reader, at, to, max, ret_got, err);
    do
        got = pread(reader->fd, to, max, (off_t)at);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return RAISE(err, ST_UNAVAILABLE, "the journal cannot be read: %s", WHY);
    *ret_got = (size_t)got;
    return ST_OK;
}

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
    size_t got = 0;

    memmove(reader->buffer, reader->buffer + reader->begin, left);
    reader->begin = 0;
    reader->end = left;
    TRY(reader_block(reader, reader->offset + left, reader->buffer + left,
                     sizeof(reader->buffer) - left, &got, err));
    reader->end += got;
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

/* ---- the whole of it ---- */

enum status files_hash(int dir_fd, const struct journal_file *file, char ret[65], struct err *err)
{
    AUTO(EVP_MD_CTX_free) EVP_MD_CTX *md = EVP_MD_CTX_new();
    AUTO(reader_free) struct reader *reader = NULL;
    AUTO_FREE char *block = malloc(BLOCK_BYTES);
    uint8_t digest[32];
    size_t got = 1;

    if (!md || !block || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1)
        return RAISE(err, ST_NOMEM, "journal: out of memory");
    if (reader_open(dir_fd, file, &reader, err) != ST_OK || !reader)
        return err->status;
    for (uint64_t at = 0; got > 0; at += got) {
        TRY(reader_block(reader, at, block, BLOCK_BYTES, &got, err));
        if (EVP_DigestUpdate(md, block, got) != 1)
            return RAISE(err, ST_INTERNAL, "journal: SHA-256 failed");
    }
    if (EVP_DigestFinal_ex(md, digest, NULL) != 1)
        return RAISE(err, ST_INTERNAL, "journal: SHA-256 failed");
    text_hex(slice_mem(digest, sizeof(digest)), ret);
    return ST_OK;
}

enum status files_load_seal(int dir_fd, const struct journal_file *file, struct bytes **ret_sig,
                            struct err *err)
{
    AUTO(bytes_free) struct bytes *sig = bytes_new(SEAL_MAX_BYTES);
    char path[PATH_BYTES], block[4096];
    ssize_t got;

    path_of(file, SEAL_SUFFIX, path);
    int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return ST_OK;
    if (fd < 0)
        return RAISE(err, ST_UNAVAILABLE, "%s cannot be read: %s", path, WHY);
    while ((got = read(fd, block, sizeof(block))) > 0 || (got < 0 && errno == EINTR))
        if (got > 0)
            bytes_add(sig, slice_mem(block, (size_t)got));
    enum status status =
        got < 0 ? RAISE(err, ST_UNAVAILABLE, "%s cannot be read: %s", path, WHY) : ST_OK;
    (void)close(fd);
    TRY(status);
    *ret_sig = TAKE(sig);
    return ST_OK;
}
