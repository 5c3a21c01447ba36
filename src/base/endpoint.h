/* host, host:port, [IPv6] or [IPv6]:port as a setting names one. */
#pragma once

#include <stdbool.h>

enum { ENDPOINT_HOST = 254, ENDPOINT_PORT = 6 }; /* room, with NUL; a DNS name has 253 bytes */

struct endpoint {
    char host[ENDPOINT_HOST]; /* a name or an address, without brackets */
    char port[ENDPOINT_PORT]; /* 1 to 65535 */
};

/* A bare IPv6 address has no port. default_port stands in for one that is not named. false: no
 * host, one that is too long or holds anything but letters, digits and . - _ : %, or no port. */
bool endpoint_parse(const char *text, const char *default_port, struct endpoint *ret);
