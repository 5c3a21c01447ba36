/* A deadline and a ceiling under everything that libldap reads and writes. For src/rest only.
 *
 * libldap's own time-outs end neither half a message nor a TLS handshake: with GnuTLS a silent
 * server spins it for ever (2.5.13). So a layer between socket and TLS waits for the socket itself,
 * and breaks the connection when the time or the bytes are spent. */
#pragma once

#include <ldap.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ldap_guard {
    int64_t deadline_ms; /* monotonic */
    size_t bytes_left;   /* that may come in, whatever they are */
    size_t message_max;  /* bytes of one message of the server */
    ldap_conncb hook;    /* libldap's */
};

/* Sets the guard under every connection that ld opens from now on. guard is borrowed and must
 * outlive ld. false: libldap lacks the feature. */
bool ldap_guard_set(LDAP *ld, struct ldap_guard *guard);
