/* A private LDAP server (Debian's slapd) for one test program: it dies with the program. Not
 * thread-safe. List ${CMAKE_SOURCE_DIR}/tests/support/slapd.c among the test's SOURCES. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* suffix c=KZ, which anybody may read; root is SLAPD_ROOT with the password SLAPD_PASSWORD. */
#define SLAPD_ROOT "cn=root,c=KZ"
#define SLAPD_PASSWORD "secret-of-root"

struct slapd {
    char dir[64]; /* a folder of its own under /tmp */
    char url[64]; /* ldap://127.0.0.1:port */
    char tls_url[64];
    uint16_t port, tls_port;
    bool tls;
    pid_t pid; /* 0: it is stopped */
};

struct slapd_params {
    const char *ldif;      /* its content, c=KZ included */
    const char *cert_file; /* PEM; NULL: it has no TLS */
    const char *key_file;
    const char *more; /* further lines of slapd.conf, of the database; may be NULL */
};

/* false: slapd is not installed (skip loudly with 77); any other failure ends the program. */
bool slapd_start(struct slapd *server, const struct slapd_params *params);
void slapd_stop(struct slapd *server);
/* Stops answering, keeps its connections and goes on listening. */
void slapd_freeze(const struct slapd *server);
void slapd_thaw(const struct slapd *server);
/* The same content at the same port, after slapd_stop(). */
void slapd_restart(struct slapd *server);
/* Stops it and removes the folder. */
void slapd_remove(struct slapd *server);
/* How often its log has said the text: "SRCH base=" for searches, "ACCEPT" for connections. */
unsigned slapd_count(const struct slapd *server, const char *text);
