/* The configuration and the files it names, watched for the journal: created, changed, copied,
 * moved, removed (req 0.37). The last look is kept in the journal's folder, so what happens while
 * the service is away is told at its next start. */
#pragma once

#include "base/auto.h"
#include "server/rooms.h"

struct file_watch; /* one thread's */

/* conf_path: borrowed for its life; journal_dir: copied. NULL: out of memory. */
struct file_watch *file_watch_new(const char *conf_path, const char *journal_dir);
/* NULL is fine. */
void file_watch_free(struct file_watch *watch);
DEFINE_AUTO(struct file_watch, file_watch_free)

/* Looks at the files of this configuration and tells what is new since the last look; what the
 * journal refuses is told by the next. The seconds until then. */
int file_watch_look(struct file_watch *watch, const struct conf *conf, const struct rooms *rooms);
