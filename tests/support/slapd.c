#include "support/slapd.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_TRIES = 3000 /* of ten milliseconds: noisy machines are slow */ };

static const char program[] = "/usr/sbin/slapd";

static void die(const char *what, const char *detail)
{
    (void)fprintf(stderr, "tests/support/slapd: %s: %s\n", what, detail);
    exit(1); /* NOLINT(concurrency-mt-unsafe): the test is over */
}

static const char *path_of(const struct slapd *server, const char *name, char dst[128])
{
    (void)snprintf(dst, 128, "%s/%s", server->dir, name);
    return dst;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    if (!file || fputs(text, file) < 0 || fclose(file) != 0)
        die("cannot write", path);
}

/* Output goes to the log file. */
static pid_t launch(const struct slapd *server, const char *const *argv)
{
    char log[128];
    pid_t pid = fork();

    if (pid < 0)
        die("fork", argv[0]);
    if (pid > 0)
        return pid;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    int fd = open(path_of(server, "log", log), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
        _exit(126);
    execv(program, (char *const *)argv);
    _exit(127);
}

static void print_log(const struct slapd *server)
{
    char path[128];
    char line[512];
    FILE *file = fopen(path_of(server, "log", path), "re");

    while (file && fgets(line, sizeof(line), file))
        (void)fputs(line, stderr);
    if (file)
        (void)fclose(file);
}

static uint16_t free_port(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        die("no free port", "127.0.0.1");
    (void)close(fd);
    return ntohs(address.sin_port);
}

static bool listens(uint16_t port)
{
    const struct sockaddr_in address = { .sin_family = AF_INET,
                                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                         .sin_port = htons(port) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;

    (void)close(fd);
    return ok;
}

static void write_config(const struct slapd *server, const struct slapd_params *params)
{
    char path[128];
    char text[4096];
    char tls[512] = "";

    if (params->cert_file)
        (void)snprintf(tls, sizeof(tls), "TLSCertificateFile %s\nTLSCertificateKeyFile %s\n",
                       params->cert_file, params->key_file);
    (void)snprintf(text, sizeof(text),
                   "include /etc/ldap/schema/core.schema\n"
                   "include /etc/ldap/schema/cosine.schema\n"
                   "include /etc/ldap/schema/inetorgperson.schema\n"
                   "modulepath /usr/lib/ldap\nmoduleload back_mdb\npidfile %s/pid\n%s"
                   "database mdb\nsuffix \"c=KZ\"\nrootdn \"%s\"\nrootpw %s\n"
                   "directory %s/db\nmaxsize 33554432\n%s\n",
                   server->dir, tls, SLAPD_ROOT, SLAPD_PASSWORD, server->dir,
                   params->more ? params->more : "");
    write_file(path_of(server, "slapd.conf", path), text);
    write_file(path_of(server, "content.ldif", path), params->ldif);
    (void)mkdir(path_of(server, "db", path), 0700);
}

static void load(const struct slapd *server)
{
    char config[128];
    char content[128];
    int status = 0;
    /* -q: values are taken as they are, also those that are no certificates */
    const char *const argv[] = { "slapadd", "-q",
                                 "-f",      path_of(server, "slapd.conf", config),
                                 "-l",      path_of(server, "content.ldif", content),
                                 NULL };
    pid_t pid = launch(server, argv);

    if (waitpid(pid, &status, 0) != pid || status != 0) {
        print_log(server);
        die("slapadd", server->dir);
    }
}

void slapd_restart(struct slapd *server)
{
    char config[128];
    char urls[160];
    const char *const argv[] = {
        "slapd", "-d", "256", "-h", urls, "-f", path_of(server, "slapd.conf", config), NULL
    };

    (void)snprintf(urls, sizeof(urls), "%s%s%s", server->url, server->tls ? " " : "",
                   server->tls ? server->tls_url : "");
    server->pid = launch(server, argv);
    for (int i = 0; !listens(server->port); i++) {
        if (i == START_TRIES || waitpid(server->pid, NULL, WNOHANG) != 0) {
            print_log(server);
            die("does not start", server->dir);
        }
        (void)poll(NULL, 0, 10);
    }
}

bool slapd_start(struct slapd *server, const struct slapd_params *params)
{
    *server = (struct slapd){ .tls = params->cert_file != NULL };
    if (access(program, X_OK) != 0) {
        (void)printf("SKIP: slapd is not installed\n");
        return false;
    }
    (void)snprintf(server->dir, sizeof(server->dir), "/tmp/shep-slapd.XXXXXX");
    if (!mkdtemp(server->dir))
        die("mkdtemp", server->dir);
    server->port = free_port();
    server->tls_port = free_port();
    (void)snprintf(server->url, sizeof(server->url), "ldap://127.0.0.1:%u", server->port);
    (void)snprintf(server->tls_url, sizeof(server->tls_url), "ldaps://127.0.0.1:%u",
                   server->tls_port);
    write_config(server, params);
    load(server);
    slapd_restart(server);
    return true;
}

void slapd_freeze(const struct slapd *server)
{
    int status = 0;

    if (kill(server->pid, SIGSTOP) != 0 ||
        waitpid(server->pid, &status, WUNTRACED) != server->pid || !WIFSTOPPED(status))
        die("does not freeze", server->dir);
}

void slapd_thaw(const struct slapd *server)
{
    (void)kill(server->pid, SIGCONT);
}

void slapd_stop(struct slapd *server)
{
    if (server->pid == 0)
        return;
    (void)kill(server->pid, SIGCONT);
    (void)kill(server->pid, SIGTERM);
    if (waitpid(server->pid, NULL, 0) != server->pid)
        die("does not stop", server->dir);
    server->pid = 0;
}

void slapd_remove(struct slapd *server)
{
    static const char *const names[] = { "db/data.mdb",  "db/lock.mdb", "db", "slapd.conf",
                                         "content.ldif", "log",         "pid" };
    char path[128];

    slapd_stop(server);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        (void)remove(path_of(server, names[i], path));
    (void)rmdir(server->dir);
}

unsigned slapd_count(const struct slapd *server, const char *text)
{
    char path[128];
    char line[1024];
    unsigned count = 0;
    FILE *file = fopen(path_of(server, "log", path), "re");

    if (!file)
        die("no log", server->dir);
    while (fgets(line, sizeof(line), file))
        count += strstr(line, text) != NULL;
    (void)fclose(file);
    return count;
}
