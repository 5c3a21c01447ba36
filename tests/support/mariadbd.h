/* A private MariaDB server for one test program (scripts/private-mariadbd): it dies with the
 * program. Not thread-safe. Link with a room that uses MariaDB (store) and list
 * ${CMAKE_SOURCE_DIR}/tests/support/mariadbd.c among the test's SOURCES. */
#pragma once

#include <stdbool.h>

struct mariadbd {
    char dir[64];    /* a folder of its own under /tmp */
    char socket[80]; /* users shepd and root, both without a password; database shepd */
};

/* false: mariadbd is not installed (skip loudly with 77); any other failure ends the program. */
bool mariadbd_start(struct mariadbd *server);
/* The same folder again after mariadbd_kill() or mariadbd_stop(). */
void mariadbd_restart(const struct mariadbd *server);
void mariadbd_stop(const struct mariadbd *server); /* as an operator would */
void mariadbd_kill(const struct mariadbd *server); /* kill -9 */
/* Stops it and removes the folder. */
void mariadbd_remove(const struct mariadbd *server);

/* Runs one statement as root; ends the program when it fails. database: NULL or a name. */
void mariadbd_sql(const struct mariadbd *server, const char *database, const char *sql);
/* The first column of the first row as a number, -1 when there is none. */
long long mariadbd_number(const struct mariadbd *server, const char *database, const char *sql);
