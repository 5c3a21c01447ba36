/* Who calls: addresses, trusted networks, the hops of X-Forwarded-For. Pure, thread-safe. */
#pragma once

#include "base/slice.h"

#include <netinet/in.h>
#include <sys/socket.h>

enum { ADDRESS_TEXT = INET6_ADDRSTRLEN };

struct address {
    uint8_t ip[16]; /* IPv4 as ::ffff:a.b.c.d */
};

struct network {
    struct address base;
    unsigned bits; /* of the 128 */
};

struct networks {
    const struct network *at;
    size_t count;
};

struct address address_of(const struct sockaddr *socket_address);
/* false: not a numeric address. */
bool address_parse(struct slice text, struct address *ret);
/* IP:PORT or [IPv6]:PORT, port 0 included; false: anything else. */
bool address_parse_socket(struct slice text, struct sockaddr_storage *ret, socklen_t *ret_len);
struct address address_v4(const uint8_t ip[4]);
void address_text(const struct address *address, char dst[ADDRESS_TEXT]);
/* What limits count by: an IPv6 caller is its /64, for whoever has one address of it has them all.
 */
struct address address_caller(const struct address *address);
/* For tables; spreads well, but keeps nobody from choosing collisions. */
uint32_t address_hash(const struct address *address);

/* "10.0.0.0/8", "2001:db8::/32", or an address alone; false: malformed. */
bool network_parse(struct slice text, struct network *ret);
bool networks_hold(struct networks networks, const struct address *address);

/**
 * Follows one X-Forwarded-For from the right, as long as the hop that vouches is trusted.
 * *hop is the address that sent the header, and becomes the first one nobody trusted vouches for,
 * or the leftmost. false: stop here, whatever other headers of that name stand further left.
 */
bool forwarded_walk(struct networks trusted, struct slice value, struct address *hop);
