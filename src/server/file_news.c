#include "server/file_news.h"

#include <string.h>

/* What a file is to us, for its level. */
enum weight { OF_CONF, OF_SECRET, OF_NAMED, OF_FOLDER, OF_ENTRY, OF_COPY, WEIGHTS };

#define N EVENT_NOTICE
#define W EVENT_WARNING
#define A EVENT_ALERT

static const struct {
    const char *name;
    enum event_level levels[WEIGHTS]; /* conf secret named folder entry copy */
} events[FILE_EVENTS] = {
    [FILE_CREATED] = { "file.created", { N, N, N, N, N, N } },
    [FILE_CHANGED] = { "file.changed", { N, N, N, N, N, N } },
    [FILE_COPIED] = { "file.copied", { N, W, N, N, N, N } },
    [FILE_MOVED] = { "file.moved", { W, W, W, W, N, N } },
    [FILE_REMOVED] = { "file.removed", { W, A, W, W, N, N } },
    [FILE_UNREADABLE] = { "file.unreadable", { A, A, W, W, W, N } },
};

#undef N
#undef W
#undef A

enum { OTHERS = 007, GROUP_WRITES = 020 };

const char *file_event_name(enum file_event event)
{
    return events[event].name;
}

static enum weight weight_of(const struct watched *file)
{
    static const enum weight weights[WATCHED_ROLES] = {
        [WATCHED_CONF] = OF_CONF,   [WATCHED_NAMED] = OF_NAMED, [WATCHED_FOLDER] = OF_FOLDER,
        [WATCHED_ENTRY] = OF_ENTRY, [WATCHED_COPY] = OF_COPY,
    };

    return file->is_secret && file->role != WATCHED_COPY ? OF_SECRET : weights[file->role];
}

/* More people may read a secret, or write what we go by, than before. */
static bool is_laid_open(const struct watched *before, const struct watched *after)
{
    const unsigned more = after->mode & ~before->mode;

    return (after->is_secret && (more & OTHERS)) || (more & (GROUP_WRITES | 002));
}

enum event_level file_event_level(const struct file_note *note)
{
    const struct watched *file = note->from     ? note->from
                                 : note->before ? note->before
                                                : note->after;

    if (note->before && note->after && note->event == FILE_CHANGED &&
        is_laid_open(note->before, note->after))
        return EVENT_WARNING;
    return events[note->event].levels[weight_of(file)];
}

/* ---- comparing ---- */

struct compare {
    const struct roll *before, *after;
    file_tell *tell;
    void *ctx;
};

static bool is_there(const struct watched *file)
{
    return file && file->state != WATCHED_GONE;
}

static bool is_same_inode(const struct watched *a, const struct watched *b)
{
    return a->dev == b->dev && a->ino == b->ino && a->ino != 0;
}

/* The file now under another name that this one was: its old name stands for something else now. */
static const struct watched *moved_from(const struct compare *c, const struct watched *file)
{
    for (size_t i = 0; i < c->before->count; i++) {
        const struct watched *was = &c->before->at[i];
        const struct watched *now = roll_find(c->after, was->path);
        if (is_there(was) && is_same_inode(was, file) && strcmp(was->path, file->path) != 0 &&
            !(is_there(now) && is_same_inode(now, file)))
            return was;
    }
    return NULL;
}

static const struct watched *copied_from(const struct roll *roll, const struct watched *file)
{
    for (size_t i = 0; i < roll->count; i++) {
        const struct watched *other = &roll->at[i];
        if (other->state == WATCHED_THERE && file->keyed[0] && file->size > 0 &&
            strcmp(other->keyed, file->keyed) == 0 && strcmp(other->path, file->path) != 0)
            return other;
    }
    return NULL;
}

static enum status tell(const struct compare *c, const struct file_note *note, struct err *err)
{
    return c->tell(c->ctx, note, err);
}

static enum status appeared(const struct compare *c, const struct watched *file, struct err *err)
{
    struct file_note note = { .event = FILE_CREATED, .after = file };

    if (file->role == WATCHED_FOLDER)
        return tell(c, &note, err);
    if ((note.from = moved_from(c, file)))
        note.event = FILE_MOVED;
    else if ((note.from = copied_from(c->before, file)) ||
             (note.from = copied_from(c->after, file)))
        note.event = FILE_COPIED;
    TRY(tell(c, &note, err));
    return file->state == WATCHED_UNREADABLE
               ? tell(c, &(const struct file_note){ FILE_UNREADABLE, NULL, file, NULL }, err)
               : ST_OK;
}

static bool has_moved(const struct compare *c, const struct watched *was)
{
    for (size_t i = 0; i < c->after->count; i++) {
        const struct watched *now = &c->after->at[i];
        const struct watched *before = roll_find(c->before, now->path);
        if (is_there(now) && is_same_inode(was, now) && strcmp(was->path, now->path) != 0 &&
            !is_there(before))
            return true;
    }
    return false;
}

static enum status vanished(const struct compare *c, const struct watched *was, struct err *err)
{
    if (has_moved(c, was))
        return ST_OK; /* told where it is now */
    return tell(c, &(const struct file_note){ FILE_REMOVED, was, NULL, NULL }, err);
}

static bool differs(const struct watched *was, const struct watched *now)
{
    return was->state != now->state || strcmp(was->keyed, now->keyed) != 0 ||
           was->mode != now->mode || was->uid != now->uid || was->gid != now->gid;
}

static enum status compare_one(const struct compare *c, const struct watched *was,
                               const struct watched *now, struct err *err)
{
    if (!is_there(was) && !is_there(now))
        return ST_OK;
    if (!is_there(was))
        return appeared(c, now, err);
    if (!is_there(now))
        return vanished(c, was, err);
    if (!differs(was, now))
        return ST_OK;
    const bool lost = now->state == WATCHED_UNREADABLE && was->state != WATCHED_UNREADABLE;
    return tell(
        c, &(const struct file_note){ lost ? FILE_UNREADABLE : FILE_CHANGED, was, now, NULL }, err);
}

static const char *last_slash(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash : path;
}

/* The folder in which an entry or a copy stands was looked at before, too. */
static bool was_looked_at(const struct compare *c, const struct watched *file)
{
    const size_t len = (size_t)(last_slash(file->path) - file->path);

    if (file->role == WATCHED_COPY)
        return true;
    for (size_t i = 0; file->role == WATCHED_ENTRY && i < c->before->count; i++) {
        const struct watched *other = &c->before->at[i];
        if (other->role == WATCHED_FOLDER && strlen(other->path) == len &&
            strncmp(other->path, file->path, len) == 0)
            return true;
    }
    return false;
}

/* The folder of an entry is still looked at; others are gone because no setting names them. */
static bool is_looked_at(const struct compare *c, const struct watched *was)
{
    return was_looked_at(&(const struct compare){ .before = c->after }, was);
}

enum status file_news(const struct roll *before, const struct roll *after, file_tell *tell_fn,
                      void *ctx, struct err *err)
{
    const struct compare c = { before, after, tell_fn, ctx };

    for (size_t i = 0; i < after->count; i++) {
        const struct watched *now = &after->at[i];
        const struct watched *was = roll_find(before, now->path);
        if (was)
            TRY(compare_one(&c, was, now, err));
        else if (is_there(now) && was_looked_at(&c, now))
            TRY(appeared(&c, now, err));
    }
    for (size_t i = 0; i < before->count; i++) {
        const struct watched *was = &before->at[i];
        if (is_there(was) && !roll_find(after, was->path) && is_looked_at(&c, was))
            TRY(vanished(&c, was, err));
    }
    return ST_OK;
}
