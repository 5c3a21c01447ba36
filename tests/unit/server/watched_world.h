/* A folder with a configuration and the files that it names, and a journal that keeps what it is
 * told. One of it at a time. */
#pragma once

#include "server/file_watch.h"
#include "server/watched.h"

#include <stdbool.h>
#include <sys/types.h>

extern char said[4096]; /* «N file.created /x …», the folder's name taken out, a line each */
extern bool journal_refuses;
extern char key;                /* of the journal */
extern unsigned troubles;       /* lines of the log */
extern const struct conf *conf; /* as it was at first: a reload has not come */

/* For cmocka; NULL is fine. */
int world_setup(void **state);
int world_teardown(void **state);

const char *path(const char *name); /* good for seven more of them */
void put(const char *name, const char *content, mode_t mode);
void put_conf(const char *more);            /* the configuration, and more of it at the end */
struct file_watch *watch_new(void);         /* the caller's */
const char *look(struct file_watch *watch); /* what it said: `said` */
/* A * in `want` stands for what comes before the character after it; at the end of a line for all
 * up to its end. */
bool matches(const char *text, const char *want);
