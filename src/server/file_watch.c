#include "server/file_watch.h"

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "server/config_news.h"
#include "server/diary.h"
#include "server/file_news.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
    LOOK_S = 2,
    AFTER_TROUBLE_S = 30,
    PATH_BYTES = 1024,
    CONF_BYTES_MAX = 1 << 20,
    PRINT_TEXT = 32,
    CHANGES_TEXT = 512,
    LINE_TEXT = CONFIG_NEWS_BYTES + 2 * WATCHED_PATH + CHANGES_TEXT + 64,
};

struct file_watch {
    const char *conf_path;
    char dir[PATH_BYTES]; /* where the last look is kept */
    struct roll *known;   /* NULL: before the first look */
    struct bytes *text;   /* of the configuration file as known; NULL: not at hand */
};

struct file_watch *file_watch_new(const char *conf_path, const char *journal_dir)
{
    struct file_watch *watch = calloc(1, sizeof(*watch));

    if (!watch)
        return NULL;
    watch->conf_path = conf_path;
    (void)text_format(watch->dir, sizeof(watch->dir), "%s/files", journal_dir);
    return watch;
}

void file_watch_free(struct file_watch *watch)
{
    if (!watch)
        return;
    roll_free(watch->known);
    bytes_wipe(watch->text);
    free(watch);
}

/* ---- the words ---- */

/* One look being told. */
struct telling {
    struct file_watch *watch;
    const struct rooms *rooms;
};

static enum status write_line(const struct telling *t, enum event_level level, const char *name,
                              const char *text, struct err *err)
{
    const struct event event = { .level = level, .name = name, .text = text };

    return diary_write(t->rooms->journal, t->rooms->clock, &event, err);
}

/* The beginning of the SHA-256, for who compares it with sha256sum; of a secret the fingerprint. */
static void print_of(const struct watched *file, bool is_secret, char dst[PRINT_TEXT])
{
    (void)text_format(dst, PRINT_TEXT, "%.16s",
                      !file->keyed[0]                 ? "unreadable"
                      : is_secret || !file->sha256[0] ? file->keyed
                                                      : file->sha256);
}

static void add_text(char dst[CHANGES_TEXT], const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static void add_text(char dst[CHANGES_TEXT], const char *fmt, ...)
{
    const size_t len = strlen(dst);
    va_list args;

    va_start(args, fmt);
    (void)text_vformat(dst + len, CHANGES_TEXT - len, fmt, args);
    va_end(args);
}

/* Content, mode and owner: what they are, or what they were and are. */
static void describe(const struct file_note *note, char dst[CHANGES_TEXT])
{
    const struct watched *b = note->before, *a = note->after;
    const struct watched *one = a ? a : b;
    const bool is_secret = one->is_secret || (b && b->is_secret); /* one that was: both alike */
    const char *label = is_secret ? "keyed" : "sha256";
    char old[PRINT_TEXT], new[PRINT_TEXT];

    dst[0] = '\0';
    print_of(b ? b : one, is_secret, old);
    print_of(one, is_secret, new);
    const bool is_folder = one->role == WATCHED_FOLDER;
    if (a && b) {
        if (!is_folder && strcmp(a->keyed, b->keyed) != 0)
            add_text(dst, " %s=%s→%s", label, old, new);
        if (a->mode != b->mode)
            add_text(dst, " mode=%04o→%04o", b->mode, a->mode);
        if (a->uid != b->uid || a->gid != b->gid)
            add_text(dst, " owner=%u:%u→%u:%u", b->uid, b->gid, a->uid, a->gid);
        return;
    }
    if (!is_folder)
        add_text(dst, " %s=%s", label, new);
    add_text(dst, " mode=%04o owner=%u:%u", one->mode, one->uid, one->gid);
}

/* The settings that the configuration file now names otherwise than before: not yet in effect. */
static void describe_settings(const struct file_watch *watch, char dst[CONFIG_NEWS_BYTES])
{
    AUTO(conf_free) const struct conf *before = NULL;
    AUTO(conf_free) const struct conf *after = NULL;
    struct err err = { 0 };

    if (conf_load(watch->conf_path, &after, &err) != ST_OK)
        (void)text_format(dst, CONFIG_NEWS_BYTES, "it would be refused: %s", err.text);
    else if (!watch->text ||
             conf_parse(watch->conf_path, bytes_slice(watch->text), &before, &err) != ST_OK)
        (void)text_copy(dst, CONFIG_NEWS_BYTES, "not to be compared with the ones before");
    else
        config_news(before, after, dst);
}

static enum status tell(void *ctx, const struct file_note *note, struct err *err)
{
    const struct telling *t = ctx;
    const struct watched *file = note->after ? note->after : note->before;
    AUTO_FREE char *text = malloc(LINE_TEXT);
    char changes[CHANGES_TEXT], settings[CONFIG_NEWS_BYTES] = "";

    if (!text)
        return RAISE(err, ST_NOMEM, "files: out of memory");
    describe(note, changes);
    const bool is_conf = file->role == WATCHED_CONF && note->event == FILE_CHANGED;
    if (is_conf)
        describe_settings(t->watch, settings);
    (void)text_format(text, LINE_TEXT, "%s%s%s%s%s%s", file->path, note->from ? " from=" : "",
                      note->from ? note->from->path : "", changes, is_conf ? "; settings: " : "",
                      !is_conf    ? ""
                      : *settings ? settings
                                  : "as they were");
    text_make_plain(text);
    return write_line(t, file_event_level(note), file_event_name(note->event), text, err);
}

/* ---- what is kept ---- */

static bool path_of(const struct file_watch *watch, const char *name, char dst[PATH_BYTES])
{
    return text_format(dst, PATH_BYTES, "%s/%s", watch->dir, name);
}

/* The text first: with an older list the change is told again, and compares to nothing new. */
static enum status keep(const struct telling *t, const struct roll *roll, struct err *err)
{
    const struct file_watch *watch = t->watch;
    char path[PATH_BYTES];

    if (mkdir(watch->dir, 0700) != 0 && errno != EEXIST)
        return RAISE(err, ST_UNAVAILABLE, "%s: cannot be made: %s", watch->dir,
                     strerrordesc_np(errno));
    if (watch->text && path_of(watch, "shepd.conf", path))
        TRY(watched_replace(path, bytes_slice(watch->text), err));
    return path_of(watch, "known", path) ? roll_save(roll, t->rooms->journal, path, err)
                                         : RAISE(err, ST_UNAVAILABLE, "%s: too long", watch->dir);
}

/* The look before this process, where there was one. */
static struct roll *recall(const struct telling *t, struct err *err)
{
    struct file_watch *watch = t->watch;
    char path[PATH_BYTES];
    struct roll *roll = NULL;
    struct err none;

    if (path_of(watch, "shepd.conf", path))
        (void)!file_load(path, CONF_BYTES_MAX, &watch->text, &none);
    if (path_of(watch, "known", path))
        (void)!roll_load(t->rooms->journal, path, &roll, err);
    return roll;
}

static void reread_text(struct file_watch *watch)
{
    struct bytes *text = NULL;
    struct err err;

    if (file_load(watch->conf_path, CONF_BYTES_MAX, &text, &err) != ST_OK)
        return;
    bytes_wipe(watch->text);
    watch->text = text;
}

static enum status say_watched(const struct telling *t, const struct roll *now,
                               const struct err *why, struct err *err)
{
    char text[512];
    const bool lost = why->status == ST_FORMAT;

    (void)text_format(text, sizeof(text), "%zu files and folders from now on%s%s", now->count,
                      lost ? "; what happened before is not known: " : "", lost ? why->text : "");
    return write_line(t, lost ? EVENT_WARNING : EVENT_NOTICE, "files.watched", text, err);
}

/* Once: what is kept from now on is under the new key. */
static enum status settle_key(const struct telling *t, const struct roll *now, struct err *err)
{
    char text[256];

    if (!t->watch->known->is_rekeyed)
        return ST_OK;
    const size_t taken = roll_rekey(t->watch->known, now);
    (void)text_format(
        text, sizeof(text),
        "the key of pseudonyms is another one: %zu secrets in their places and as long"
        " as before are taken for unchanged",
        taken);
    TRY(write_line(t, EVENT_WARNING, "files.watched", text, err));
    t->watch->known->is_rekeyed = false;
    t->watch->known->is_old = true;
    return ST_OK;
}

/* why: there is no look before. */
static enum status compare(const struct telling *t, const struct roll *now, const struct err *why,
                           struct err *err)
{
    struct file_watch *watch = t->watch;

    if (watch->known) {
        TRY(settle_key(t, now, err));
        TRY(file_news(watch->known, now, tell, (void *)t, err));
    } else {
        TRY(say_watched(t, now, why, err));
    }
    if (watch->known && !watch->known->is_old && roll_equal(watch->known, now))
        return ST_OK;
    reread_text(watch);
    if (keep(t, now, err) != ST_OK) /* told all the same, and not twice while we live */
        log_err(LOG_LEVEL_WARNING, "files", err);
    return ST_OK;
}

/* Files are stamped by the host's clock, whichever one tells the journal's time. */
static int64_t file_time_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int file_watch_look(struct file_watch *watch, const struct conf *conf, const struct rooms *rooms)
{
    const struct telling t = { watch, rooms };
    AUTO(roll_free) struct roll *now = NULL;
    struct err err = { 0 }, why = { 0 };

    if (!watch->known)
        watch->known = recall(&t, &why);
    const struct roll_look what = { .conf = conf,
                                    .conf_path = watch->conf_path,
                                    .journal = rooms->journal,
                                    .before = watch->known,
                                    .now_ns = file_time_ns() };
    if (roll_take(&what, &now, &err) != ST_OK || compare(&t, now, &why, &err) != ST_OK) {
        log_err(LOG_LEVEL_WARNING, "files", &err);
        return AFTER_TROUBLE_S;
    }
    roll_free(watch->known);
    watch->known = TAKE(now);
    return LOOK_S;
}
