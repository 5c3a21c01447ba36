/* One question to one LDAP server: connect, TLS, bind, search. For src/rest only. */
#pragma once

#include "base/err.h"
#include "crypto/jws.h"

/* What an answer may hold; more is cut, and a cut answer never says that there is none. */
enum {
    LDAP_ENTRIES_MAX = 64,     /* of one search */
    LDAP_VALUES_MAX = 64,      /* of one attribute */
    LDAP_CERT_BYTES = 65536,   /* of one value */
    LDAP_PDU_BYTES = 8 << 20,  /* of one message of the server */
    LDAP_BYTES_MAX = 16 << 20, /* of all that a server sends */
};

/* How a server is reached. Borrowed. */
struct ldap_server {
    const char *url; /* ldap://host[:port] or ldaps://host[:port] */
    bool starttls;
    const char *ca_file;   /* PEM; for TLS, and nothing else is trusted */
    const char *bind_dn;   /* NULL: anonymous */
    struct slice password; /* of bind_dn */
};

struct ldap_search {
    const char *base;
    bool subtree; /* else the entry alone */
    const char *filter;
};

struct ldap_question {
    const struct ldap_server *server;
    const struct ldap_search *searches; /* one after the other, until one of them has the kid */
    size_t search_count;
    struct slice kid;
    int64_t deadline_ms; /* monotonic; name lookup may be longer */
};

struct ldap_reply {
    struct jws_found found; /* certificates whose serial number is the kid; may be none */
    const char *cut;        /* the limit that was passed on the way; NULL: none */
};

/**
 * Asks. The server was reached and has searched on ST_OK, whatever it found; then
 * *ret_reply's certificates are the caller's.
 *
 * ST_UPSTREAM  no such host, refused, TLS that cannot be verified or is not offered, bind refused,
 *              an answer that is not LDAP, a search refused
 * ST_TIMEOUT   the deadline
 *
 * Referrals are not followed. Nothing of the environment, ldap.conf or ldaprc counts. Errors name
 * the server and none of its words.
 */
MUST_USE enum status ldap_ask(const struct ldap_question *question, struct ldap_reply *ret_reply,
                              struct err *err);
