#include "server/watched.h"

#include "base/file.h"
#include "base/text.h"
#include "conf/diff.h"
#include "crypto/encode.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
    ENTRIES_MAX = 512,        /* of one folder */
    PARENTS_MAX = 16,         /* folders in which copies are looked for */
    COPY_BYTES_MAX = 1 << 20, /* larger files are not compared */
};

#define SETTLE_NS INT64_C(2000000000) /* younger times may hide a second change */

/* One look under way. */
struct look {
    struct roll *roll;
    const struct roll *before; /* NULL: none */
    const struct journal *journal;
    int64_t now_ns;
};

void roll_free(struct roll *roll)
{
    free(roll);
}

const struct watched *roll_find(const struct roll *roll, const char *path)
{
    for (size_t i = 0; roll && i < roll->count; i++)
        if (strcmp(roll->at[i].path, path) == 0)
            return &roll->at[i];
    return NULL;
}

/* ---- one file ---- */

static int64_t ns_of(const struct timespec *time)
{
    return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

static bool is_untouched(const struct watched *was, const struct watched *is)
{
    return was && was->state == WATCHED_THERE && was->is_settled && was->dev == is->dev &&
           was->ino == is->ino && was->size == is->size && was->mtime_ns == is->mtime_ns &&
           was->ctime_ns == is->ctime_ns;
}

static void read_content(const struct look *look, struct watched *file)
{
    AUTO(bytes_wipe) struct bytes *content = NULL;
    uint8_t digest[SHA256_BYTES];
    struct err err;

    if (file_load(file->path, WATCHED_BYTES_MAX, &content, &err) != ST_OK) {
        file->state = WATCHED_UNREADABLE;
        return;
    }
    sha256(bytes_slice(content), digest);
    text_hex(slice_mem(digest, sizeof(digest)), file->sha256);
    journal_pseudonym(look->journal, file->sha256, file->keyed);
}

/* Path, role and secrecy are set; the rest is looked up. */
static void look_at(const struct look *look, struct watched *file)
{
    const struct watched *was = roll_find(look->before, file->path);
    struct stat st;

    file->state = WATCHED_GONE;
    if (stat(file->path, &st) != 0)
        return;
    file->state = WATCHED_THERE;
    file->mode = (unsigned)st.st_mode & 07777;
    file->uid = st.st_uid;
    file->gid = st.st_gid;
    if (file->role == WATCHED_FOLDER) { /* its size and number of links say nothing */
        if (!S_ISDIR(st.st_mode))
            file->state = WATCHED_UNREADABLE;
        return;
    }
    file->dev = st.st_dev;
    file->ino = st.st_ino;
    file->size = (uint64_t)st.st_size;
    file->mtime_ns = ns_of(&st.st_mtim);
    file->ctime_ns = ns_of(&st.st_ctim);
    file->is_settled = look->now_ns - file->ctime_ns > SETTLE_NS;
    if (!S_ISREG(st.st_mode))
        file->state = WATCHED_UNREADABLE;
    else if (!is_untouched(was, file))
        read_content(look, file);
    else {
        memcpy(file->keyed, was->keyed, sizeof(file->keyed));
        memcpy(file->sha256, was->sha256, sizeof(file->sha256));
    }
}

/* NULL: it is there already, or there is no room. */
static struct watched *add(const struct look *look, const char *path, enum watched_role role,
                           bool is_secret)
{
    struct roll *roll = look->roll;

    for (size_t i = 0; i < roll->count; i++)
        if (strcmp(roll->at[i].path, path) == 0) {
            roll->at[i].is_secret |= is_secret;
            return NULL;
        }
    if (roll->count == ROLL_MAX || strlen(path) >= WATCHED_PATH) {
        roll->left_out++;
        return NULL;
    }
    struct watched *file = &roll->at[roll->count++];
    *file = (struct watched){ .role = role, .is_secret = is_secret };
    (void)text_copy(file->path, sizeof(file->path), path);
    look_at(look, file);
    return file;
}

static void add_named(void *ctx, const struct conf_file *file)
{
    (void)add(ctx, file->path, file->is_folder ? WATCHED_FOLDER : WATCHED_NAMED, file->is_secret);
}

/* ---- folders ---- */

typedef void entry_fn(const struct look *look, const char *path);

static void each_entry(const struct look *look, const char *folder, entry_fn *tell)
{
    DIR *dir = opendir(folder);
    size_t count = 0;

    if (!dir)
        return;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this call's own */
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        char path[WATCHED_PATH];
        struct stat st;
        if (!text_format(path, sizeof(path), "%s/%s", folder, entry->d_name) ||
            count == ENTRIES_MAX) {
            look->roll->left_out++;
            continue;
        }
        if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
            continue;
        count++;
        tell(look, path);
    }
    (void)closedir(dir);
}

static void add_entry(const struct look *look, const char *path)
{
    (void)add(look, path, WATCHED_ENTRY, false);
}

/* ---- copies ---- */

/* What has been, and what is, under a name that counts. */
static const struct watched *find_like(const struct roll *roll, uint64_t size, const char *keyed)
{
    for (size_t i = 0; roll && i < roll->count; i++) {
        const struct watched *file = &roll->at[i];
        if (file->state == WATCHED_THERE && file->role != WATCHED_FOLDER && file->size == size &&
            (!keyed || strcmp(file->keyed, keyed) == 0))
            return file;
    }
    return NULL;
}

static void add_copy(const struct look *look, const char *path)
{
    const struct watched *was = roll_find(look->before, path);
    struct watched file = { .role = WATCHED_COPY };
    struct stat st;

    if (was && was->role == WATCHED_COPY) {
        (void)add(look, path, WATCHED_COPY, was->is_secret);
        return;
    }
    if (roll_find(look->roll, path) || stat(path, &st) != 0 || st.st_size == 0 ||
        st.st_size > COPY_BYTES_MAX)
        return;
    const uint64_t size = (uint64_t)st.st_size;
    if (!find_like(look->roll, size, NULL) && !find_like(look->before, size, NULL))
        return;
    (void)text_copy(file.path, sizeof(file.path), path);
    read_content(look, &file);
    const struct watched *now = find_like(look->roll, size, file.keyed);
    const struct watched *then = find_like(look->before, size, file.keyed);
    if (now || then)
        (void)add(look, path, WATCHED_COPY, (now && now->is_secret) || (then && then->is_secret));
}

/* The folder of a path; false: that of the process, or too long. */
static bool parent_of(const char *path, char dst[WATCHED_PATH])
{
    const char *slash = strrchr(path, '/');

    return slash && slash > path &&
           text_copy_slice(dst, WATCHED_PATH, (struct slice){ path, (size_t)(slash - path) });
}

static void look_for_copies(const struct look *look)
{
    char parents[PARENTS_MAX][WATCHED_PATH];
    size_t count = 0;

    for (size_t i = 0; i < look->roll->count && count < PARENTS_MAX; i++) {
        const struct watched *file = &look->roll->at[i];
        size_t k = 0;
        if ((file->role != WATCHED_CONF && !file->is_secret) ||
            !parent_of(file->path, parents[count]))
            continue;
        while (strcmp(parents[k], parents[count]) != 0)
            k++;
        count += k == count;
    }
    for (size_t i = 0; i < count; i++)
        each_entry(look, parents[i], add_copy);
}

/* ---- the whole ---- */

enum status roll_take(const struct roll_look *what, struct roll **ret_roll, struct err *err)
{
    AUTO(roll_free) struct roll *roll = calloc(1, sizeof(*roll));
    struct look look = { roll, what->before, what->journal, what->now_ns };

    if (!roll)
        return RAISE(err, ST_NOMEM, "files: out of memory");
    (void)add(&look, what->conf_path, WATCHED_CONF, false);
    conf_files(what->conf, add_named, &look);
    for (size_t i = 0, named = roll->count; i < named; i++)
        if (roll->at[i].role == WATCHED_FOLDER && roll->at[i].state == WATCHED_THERE)
            each_entry(&look, roll->at[i].path, add_entry);
    look_for_copies(&look);
    *ret_roll = TAKE(roll);
    return ST_OK;
}

static bool watched_equal(const struct watched *a, const struct watched *b)
{
    return strcmp(a->path, b->path) == 0 && a->role == b->role && a->state == b->state &&
           a->is_secret == b->is_secret && strcmp(a->keyed, b->keyed) == 0 && a->mode == b->mode &&
           a->uid == b->uid && a->gid == b->gid && a->dev == b->dev && a->ino == b->ino &&
           a->size == b->size;
}

size_t roll_rekey(struct roll *roll, const struct roll *now)
{
    size_t taken = 0;

    for (size_t i = 0; i < roll->count; i++) {
        struct watched *was = &roll->at[i];
        const struct watched *is = roll_find(now, was->path);
        if (!was->is_secret || !was->keyed[0])
            continue;
        const bool stayed = is && is->keyed[0] && is->dev == was->dev && is->ino == was->ino &&
                            is->size == was->size;
        (void)text_copy(was->keyed, sizeof(was->keyed), stayed ? is->keyed : "unknown");
        taken += stayed;
    }
    return taken;
}

bool roll_equal(const struct roll *a, const struct roll *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct watched *other = roll_find(b, a->at[i].path); /* folders keep no order */
        if (!other || !watched_equal(&a->at[i], other))
            return false;
    }
    return true;
}
