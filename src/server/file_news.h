/* What happened to the watched files between two looks, and how grave that is (req 0.37). */
#pragma once

#include "model/event.h"
#include "server/watched.h"

enum file_event {
    FILE_CREATED,
    FILE_CHANGED, /* content, mode or owner */
    FILE_COPIED,
    FILE_MOVED,
    FILE_REMOVED,
    FILE_UNREADABLE, /* no regular file any more, not to be read, or too large */
    FILE_EVENTS,
};

/* Borrowed for the call; NULL where there is none. */
struct file_note {
    enum file_event event;
    const struct watched *before, *after;
    const struct watched *from; /* what was copied or moved, as it was */
};
/* Another status than ST_OK ends the telling. */
typedef enum status file_tell(void *ctx, const struct file_note *note, struct err *err);

/* Files that a setting names for the first time are no news: the setting is. */
MUST_USE enum status file_news(const struct roll *before, const struct roll *after, file_tell *tell,
                               void *ctx, struct err *err);

const char *file_event_name(enum file_event event); /* file.created … */
enum event_level file_event_level(const struct file_note *note);
