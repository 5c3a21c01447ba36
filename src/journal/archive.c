#include "journal/archive.h"

#include "base/file.h"
#include "base/text.h"
#include "journal/archive_place.h"
#include "journal/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { COPY_BYTES = 64 * 1024, PATH_BYTES = 2 * FILE_NAME_BYTES };

#define WHY strerrordesc_np(errno)

/* One file on its way. */
struct move {
    const struct archiving *how;
    int dir_fd;      /* the journal's folder */
    int place_fd;    /* ARCHIVE/INSTANCE/YYYY-MM; -1: not yet */
    int instance_fd; /* ARCHIVE/INSTANCE, likewise */
    const struct journal_file *file;
    struct bytes *sig;
    struct archive_file it;
};

static void step(const struct move *move)
{
    if (move->how->step)
        move->how->step(move->how->ctx);
}

static enum status trouble(const char *what, struct err *err)
{
    return RAISE(err, ST_UNAVAILABLE, "the journal's archive: %s: %s", what, WHY);
}

/* ---- may it go? ---- */

static bool stay(const struct move *move, const char *why)
{
    move->how->stays(move->how->ctx, move->file->name, why);
    return false;
}

/* The chain within it; that it leads to the file after it was seen when it was sealed, and that one
 * may be in the archive already. */
static enum status look(struct move *move, bool *ret_whole, struct err *err)
{
    struct file_end end;

    *ret_whole = false;
    TRY(files_scan(move->dir_fd, move->file, &end, err));
    if (end.lines == 0 || end.good_bytes != end.total_bytes)
        return (void)stay(move, "its chain is broken: shepctl journal verify tells where"), ST_OK;
    move->it.first = move->file->first;
    move->it.last = end.last;
    move->it.first_day = end.first_day;
    move->it.last_day = end.last_day;
    (void)text_copy(move->it.instance, sizeof(move->it.instance), end.instance);
    *ret_whole =
        archive_is_instance(end.instance) || stay(move, "its instance is no folder's name");
    return ST_OK;
}

static enum status check_seal(struct move *move, bool *ret_good, struct err *err)
{
    char statement[SEAL_STATEMENT_BYTES], why[SEAL_WHY_BYTES] = "", text[SEAL_WHY_BYTES + 32];

    *ret_good = false;
    bytes_free(move->sig);
    move->sig = NULL;
    TRY(files_load_seal(move->dir_fd, move->file, &move->sig, err));
    if (!move->sig)
        return (void)stay(move, "it has no seal"), ST_OK;
    TRY(seal_statement(move->dir_fd, move->file, move->it.sha256, statement, err));
    if (move->how->judge(move->how->ctx, slice_str(statement), bytes_slice(move->sig), why) !=
        SEAL_GOOD) {
        (void)text_format(text, sizeof(text), "its seal: %s", why);
        return (void)stay(move, text), ST_OK;
    }
    *ret_good = true;
    return ST_OK;
}

static enum status may_go(struct move *move, bool *ret_may, struct err *err)
{
    char why[SEAL_WHY_BYTES] = "";

    move->it = (struct archive_file){ .month = files_month(move->file) };
    (void)text_copy(move->it.file, sizeof(move->it.file), move->file->name);
    TRY(look(move, ret_may, err));
    if (!*ret_may)
        return ST_OK;
    TRY(check_seal(move, ret_may, err));
    if (!*ret_may)
        return ST_OK;
    TRY(move->how->may(move->how->ctx, &move->it, ret_may, why, err));
    if (!*ret_may)
        (void)stay(move, why);
    return ST_OK;
}

/* ---- into the archive ---- */

static enum status sync_new(int fd, int dir_fd, const char *draft, const char *name,
                            struct err *err)
{
    if (fsync(fd) != 0 || renameat(dir_fd, draft, dir_fd, name) != 0 || fsync(dir_fd) != 0)
        return trouble(name, err);
    return ST_OK;
}

static enum status squeeze(struct reader *from, gzFile to, const char *name, struct err *err)
{
    AUTO_FREE char *block = malloc(COPY_BYTES);
    size_t got = 0;

    if (!block)
        return RAISE(err, ST_NOMEM, "journal's archive: out of memory");
    for (uint64_t at = 0;; at += got) {
        TRY(reader_block(from, at, block, COPY_BYTES, &got, err));
        if (got == 0)
            return ST_OK;
        if (gzwrite(to, block, (unsigned)got) != (int)got)
            return trouble(name, err);
    }
}

/* gzclose() closes the descriptor, so the draft is synced by another one. */
static enum status write_gz(struct move *move, const char *name, struct err *err)
{
    static const char draft[] = ".draft.gz";
    AUTO(reader_free) struct reader *from = NULL;

    TRY(reader_open(move->dir_fd, move->file, &from, err));
    int fd =
        openat(move->place_fd, draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    int again = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
    gzFile to = again < 0 ? NULL : gzdopen(again, "wb6");
    if (!to) {
        enum status status = trouble(draft, err);
        if (again >= 0)
            (void)close(again);
        if (fd >= 0)
            (void)close(fd);
        return status;
    }
    enum status status = squeeze(from, to, name, err);
    if (gzclose(to) != Z_OK && status == ST_OK)
        status = trouble(name, err);
    step(move);
    if (status == ST_OK)
        status = sync_new(fd, move->place_fd, draft, name, err);
    (void)close(fd);
    return status;
}

static enum status write_sig(struct move *move, const char *name, struct err *err)
{
    static const char draft[] = ".draft.sig";
    int fd =
        openat(move->place_fd, draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return trouble(draft, err);
    enum status status = file_write_all(fd, bytes_slice(move->sig))
                             ? sync_new(fd, move->place_fd, draft, name, err)
                             : trouble(draft, err);
    (void)close(fd);
    return status;
}

/* Whether what lies there is, byte for byte, what was sealed: read back from the disk. */
static enum status is_there(struct move *move, bool *ret_is, struct err *err)
{
    const struct journal_file copy = archive_copy_of(move->file);
    AUTO(bytes_free) struct bytes *sig = NULL;
    char sha256[65];
    struct err why;

    *ret_is = false;
    if (!files_exist(move->instance_fd, &copy))
        return ST_OK;
    if (files_hash(move->instance_fd, &copy, sha256, &why) != ST_OK)
        return ST_OK; /* torn: it is written again */
    TRY(files_load_seal(move->instance_fd, &copy, &sig, err));
    *ret_is = sig && strcmp(sha256, move->it.sha256) == 0 &&
              slice_eq(bytes_slice(sig), bytes_slice(move->sig));
    return ST_OK;
}

static enum status copy(struct move *move, struct err *err)
{
    char name[PATH_BYTES];
    bool there = false;

    TRY(is_there(move, &there, err));
    if (there)
        return ST_OK;
    (void)text_format(name, sizeof(name), "%s.gz", move->file->name);
    step(move);
    TRY(write_gz(move, name, err));
    (void)text_format(name, sizeof(name), "%s" SEAL_SUFFIX, move->file->name);
    step(move);
    TRY(write_sig(move, name, err));
    step(move);
    TRY(is_there(move, &there, err));
    if (!there)
        return RAISE(err, ST_UNAVAILABLE, "the journal's archive: %s cannot be read back as it is",
                     move->file->name);
    return ST_OK;
}

static enum status open_place(struct move *move, struct err *err)
{
    TRY(archive_open_instance(move->how->archive, move->it.instance, true, &move->instance_fd,
                              err));
    return archive_open_month(move->instance_fd, move->it.month, &move->place_fd, err);
}

static void close_place(struct move *move)
{
    if (move->place_fd >= 0)
        (void)close(move->place_fd);
    if (move->instance_fd >= 0)
        (void)close(move->instance_fd);
    move->place_fd = move->instance_fd = -1;
}

/* ---- out of the folder ---- */

static enum status unlink_synced(int dir_fd, const char *name, struct err *err)
{
    if ((unlinkat(dir_fd, name, 0) != 0 && errno != ENOENT) || fsync(dir_fd) != 0)
        return trouble(name, err);
    return ST_OK;
}

/* The file first: one without seal would be sealed anew. */
static enum status leave(struct move *move, struct err *err)
{
    char name[PATH_BYTES];

    step(move);
    TRY(unlink_synced(move->dir_fd, move->file->name, err));
    (void)text_format(name, sizeof(name), "%s" SEAL_SUFFIX, move->file->name);
    step(move);
    return unlink_synced(move->dir_fd, name, err);
}

static enum status put_away(struct move *move, struct err *err)
{
    TRY(open_place(move, err));
    TRY(copy(move, err));
    step(move);
    TRY(move->how->keep(move->how->ctx, &move->it, err));
    return leave(move, err);
}

static enum status go(struct move *move, uint64_t *moved, struct err *err)
{
    bool may = false;

    TRY(may_go(move, &may, err));
    if (!may)
        return ST_OK;
    (*moved)++;
    if (move->how->dry_run)
        return ST_OK;
    enum status status = put_away(move, err);
    close_place(move);
    return status;
}

/* A seal that a crash left when its file had gone; which is in the archive, then. */
static enum status drop_stray(struct move *move, const struct journal_file *seal,
                              const char *instance, struct err *err)
{
    const struct journal_file copy = archive_copy_of(seal);
    char name[PATH_BYTES];
    bool there = false;

    if (files_exist(move->dir_fd, seal))
        return ST_OK;
    (void)text_copy(move->it.instance, sizeof(move->it.instance), instance);
    if (archive_open_instance(move->how->archive, instance, false, &move->instance_fd, err) ==
        ST_OK)
        there = files_exist(move->instance_fd, &copy);
    close_place(move);
    if (!there || move->how->dry_run)
        return ST_OK;
    (void)text_format(name, sizeof(name), "%s" SEAL_SUFFIX, seal->name);
    return unlink_synced(move->dir_fd, name, err);
}

static enum status drop_strays(struct move *move, const struct journal_files *files,
                               struct err *err)
{
    AUTO(files_free) struct journal_files *seals = NULL;
    struct file_end end;

    if (files->count == 0)
        return ST_OK;
    TRY(files_list_sealed(move->dir_fd, &seals, err));
    TRY(files_scan(move->dir_fd, &files->at[files->count - 1], &end, err));
    if (end.lines == 0)
        return ST_OK; /* whose they are shows when it has lines */
    for (size_t i = 0; i < seals->count; i++)
        TRY(drop_stray(move, &seals->at[i], end.instance, err));
    return ST_OK;
}

static enum status move_all(struct move *move, uint64_t *ret_moved, struct err *err)
{
    AUTO(files_free) struct journal_files *files = NULL;

    TRY(files_list(move->dir_fd, &files, err));
    TRY(drop_strays(move, files, err));
    for (size_t i = 0; i + 1 < files->count; i++) {
        move->file = &files->at[i];
        if (files_month(move->file) < move->how->before)
            TRY(go(move, ret_moved, err));
    }
    return ST_OK;
}

enum status archive_move(const struct archiving *how, uint64_t *ret_moved, struct err *err)
{
    struct move move = { .how = how, .place_fd = -1, .instance_fd = -1 };

    *ret_moved = 0;
    move.dir_fd = open(how->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (move.dir_fd < 0 && errno == ENOENT)
        return ST_OK;
    if (move.dir_fd < 0)
        return trouble(how->dir, err);
    enum status status = move_all(&move, ret_moved, err);
    (void)close(move.dir_fd);
    bytes_free(move.sig);
    return status;
}
