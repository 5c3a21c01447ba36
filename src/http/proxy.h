/* The PROXY protocol, versions 1 and 2 (HAProxy, doc/proxy-protocol.txt). Knows no socket. */
#pragma once

#include "http/peer.h"

enum { PROXY_MAX_BYTES = 4096 }; /* a version 2 header with all its extras */

/* Zero-initialised at the connection's start. */
struct proxy {
    size_t len;
    uint8_t at[PROXY_MAX_BYTES];
};

enum proxy_result {
    PROXY_MORE,    /* the header goes on */
    PROXY_ADDRESS, /* the caller's address */
    PROXY_LOCAL,   /* the proxy speaks for itself (health check), or does not know */
    PROXY_BAD
};

/* How many of the bytes that follow belong to the header: as many may be taken off the socket.
 * 0 only for an empty slice or a full buffer. */
size_t proxy_share(const struct proxy *proxy, struct slice next);
/* Adds them; at most proxy_share(). */
void proxy_add(struct proxy *proxy, struct slice bytes);
/* ret_address is written on PROXY_ADDRESS only. */
enum proxy_result proxy_read(const struct proxy *proxy, struct address *ret_address);
