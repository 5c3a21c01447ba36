#include "support/mariadbd.h"

#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char script[] = "scripts/private-mariadbd"; /* tests run in the project's root */

static void die(const char *what, const char *detail)
{
    (void)fprintf(stderr, "tests/support/mariadbd: %s: %s\n", what, detail);
    exit(1); /* NOLINT(concurrency-mt-unsafe): the test is over */
}

static void run(const char *const *argv)
{
    int status;
    pid_t pid = fork();

    if (pid < 0)
        die("fork", argv[0]);
    if (pid == 0) {
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        die("failed", argv[0]);
}

static void launch(const struct mariadbd *server)
{
    char owner[24];

    (void)snprintf(owner, sizeof(owner), "%ld", (long)getpid());
    /* a test's data may be lost with the machine but not by kill -9: no fsync per commit */
    run((const char *const[]){ script, "start", server->dir, "--owner", owner,
                               "--innodb-flush-log-at-trx-commit=2", NULL });
}

bool mariadbd_start(struct mariadbd *server)
{
    if (access("/usr/sbin/mariadbd", X_OK) != 0) {
        (void)printf("SKIP: mariadbd is not installed (package mariadb-server-core)\n");
        return false;
    }
    (void)snprintf(server->dir, sizeof(server->dir), "/tmp/shep-mariadbd.XXXXXX");
    if (!mkdtemp(server->dir))
        die("mkdtemp", server->dir);
    (void)snprintf(server->socket, sizeof(server->socket), "%s/sock", server->dir);
    launch(server);
    return true;
}

void mariadbd_restart(const struct mariadbd *server)
{
    launch(server);
}

void mariadbd_stop(const struct mariadbd *server)
{
    run((const char *const[]){ script, "stop", server->dir, NULL });
}

void mariadbd_kill(const struct mariadbd *server)
{
    run((const char *const[]){ script, "kill", server->dir, NULL });
}

void mariadbd_remove(const struct mariadbd *server)
{
    mariadbd_stop(server);
    run((const char *const[]){ "rm", "-rf", server->dir, NULL });
}

long long mariadbd_number(const struct mariadbd *server, const char *database, const char *sql)
{
    MYSQL *db = mysql_init(NULL);
    long long number = -1;

    if (!db || !mysql_real_connect(db, NULL, "root", "", database, 0, server->socket, 0))
        die("connect", db ? mysql_error(db) : "out of memory");
    if (mysql_real_query(db, sql, (unsigned long)strlen(sql)) != 0)
        die(sql, mysql_error(db));
    MYSQL_RES *rows = mysql_store_result(db);
    MYSQL_ROW row = rows ? mysql_fetch_row(rows) : NULL;
    if (row && row[0])
        number = strtoll(row[0], NULL, 10);
    mysql_free_result(rows);
    mysql_close(db);
    return number;
}

void mariadbd_sql(const struct mariadbd *server, const char *database, const char *sql)
{
    (void)mariadbd_number(server, database, sql);
}
