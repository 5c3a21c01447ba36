/* A scripted server on loopback: it answers each request as its script says, and counts. */
#pragma once

#include "support/cmocka.h"

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdbool.h>

enum { SEEN_BYTES = 1 << 16 };

enum end {
    END_KEEP,
    END_CLOSE,
    END_RESET,
    END_STALL,
    END_TIRED, /* keeps the connection until the next request on it begins, and resets it then */
    END_FIRST, /* answers the first request of all; reads later ones whole and closes */
};

/* What the server does with each request it gets. */
struct script {
    const char *answer; /* sent as it stands; NULL: nothing */
    enum end end;
    bool endless; /* goes on sending letters until the caller has enough */
};

struct peer {
    int fd;
    uint16_t port;
    pthread_t thread;
    struct script script;
    SSL_CTX *tls;
    pthread_mutex_t lock;
    unsigned connections;
    unsigned requests;
    char seen[SEEN_BYTES]; /* the last request */
    char guest[64];        /* CN of the last client's certificate */
};

/* On a free port of 127.0.0.1. cert: the name of its certs.h files; NULL: plain. */
struct peer *peer_start(struct script script, const char *cert);
/* Talks TLS with those only who show a certificate of client_ca, a certs.h file. */
struct peer *peer_start_mutual(struct script script, const char *cert, const char *client_ca);
/* All callers must have closed: free the rest first. */
void peer_stop(struct peer *peer);
/* The last request holds the text, or does not. */
void peer_check_seen(struct peer *peer, const char *text, bool want);
/* A member that its threads write. */
unsigned peer_count(struct peer *peer, const unsigned *member);
const char *peer_url(const struct peer *peer, const char *path, char dst[128]);
/* Bound, but not listening: whoever connects is refused. The socket is the caller's. */
int peer_bind(uint16_t *ret_port);
