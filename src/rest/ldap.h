/* Certificates from an authority's LDAP by their serial number: the kid of ЦОИД's JWS (req 2.49,
 * 2.50). Implements crypto's jws_lookup.
 *
 * Where: a JWS' iss is a name, and the entry of that name is searched first, read both ways round
 * («путь каталога аналогичен DN серверного сертификата»); then everything at and below the
 * configured base, which is that DN where a JWS names no iss. Of all userCertificate and
 * cACertificate values those whose serial number equals the kid as a number are the answer.
 *
 * Servers are tried in order: the next one when the one before is away or has none of the kid (the
 * authority's two servers hold different certificates, req 2.49). One that fails is put aside, a
 * second the first time, twice as long each further time, a minute at most.
 *
 * What a directory says is no more than bytes: whoever speaks for it can hide a certificate, not
 * make one trusted. Hence a certificate once found serves until its notAfter, also while LDAP is
 * away: revocation is judged apart (rest/kid_cache.h). */
#pragma once

#include "base/auto.h"
#include "base/clock.h"
#include "crypto/jws.h"

struct ldap_directory; /* thread-safe */

enum { LDAP_SERVERS_MAX = 8 };

/* Borrowed for the call, but for clock and tell_ctx. NULL is "" and "" is none. */
struct ldap_params {
    const char *const *urls; /* ldap://host[:port] or ldaps://host[:port]; ends with NULL */
    bool starttls;           /* demanded of every ldap:// server */
    const char *ca_file;     /* PEM: chain and name of a TLS server are verified against it */
    const char *base;
    const char *filter;  /* RFC 4515, {kid} and {iss} are put in; none: what has certificates */
    const char *bind_dn; /* none: anonymous */
    struct slice bind_password;
    int64_t timeout_ms; /* for each server, connecting and TLS included */
    int64_t keep_ms;    /* after which a found certificate is asked for again, at the side */
    const struct clock *clock;
    /* A server went away (why is its error), or answers again (NULL). From a thread of the
     * directory's, one call at a time, none after ldap_directory_free(). May be NULL. */
    void (*tell)(void *ctx, const char *url, const struct err *why);
    /* Before each question to a server and after it (why NULL: it was answered), from the same
     * threads and no later either. What asking() refuses is not asked; that says nothing of the
     * server. Both may be NULL. */
    enum status (*asking)(void *ctx, const char *url, struct slice kid, struct err *err);
    void (*asked)(void *ctx, const char *url, struct slice kid, int64_t began_ms,
                  const struct err *why);
    void *tell_ctx;
};

/* ST_INPUT: no server, more than eight, a URL with anything but scheme, host and port, a base or
 * filter that is none, TLS without a CA file, a password that would travel
 * without TLS. Asks nobody. *ret_directory is the caller's: ldap_directory_free(). */
MUST_USE enum status ldap_directory_new(const struct ldap_params *params,
                                        struct ldap_directory **ret_directory, struct err *err);
/* Waits two seconds at most for questions under way. Nobody may be looking up. NULL is fine. */
void ldap_directory_free(struct ldap_directory *directory);
DEFINE_AUTO(struct ldap_directory, ldap_directory_free)

/**
 * For struct jws_params; the directory must live as long. Its find() keeps want's deadline,
 * whatever servers and the resolver do:
 *
 * ST_NOT_FOUND    every server was asked and has none of the kid
 * ST_UPSTREAM     some server is away, speaks no LDAP, cannot prove its name, or gave too much
 * ST_TIMEOUT      the deadline, the caller's or the servers'
 * ST_UNAVAILABLE  every server is put aside, or eight questions are under way
 */
struct jws_lookup ldap_directory_lookup(struct ldap_directory *directory);

/* Takes over what another directory has found: for a reload. It is used and asked for again. */
void ldap_directory_adopt(struct ldap_directory *directory, struct ldap_directory *from);
