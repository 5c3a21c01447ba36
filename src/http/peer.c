#include "http/peer.h"

#include "base/text.h"

#include <arpa/inet.h>

static const uint8_t v4_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static bool is_v4(const struct address *address)
{
    return memcmp(address->ip, v4_prefix, sizeof(v4_prefix)) == 0;
}

struct address address_v4(const uint8_t ip[4])
{
    struct address address;

    memcpy(address.ip, v4_prefix, sizeof(v4_prefix));
    memcpy(address.ip + sizeof(v4_prefix), ip, 4);
    return address;
}

struct address address_of(const struct sockaddr *socket_address)
{
    struct address address = { 0 };

    if (socket_address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, socket_address, sizeof(v4));
        return address_v4((const uint8_t *)&v4.sin_addr);
    }
    if (socket_address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, socket_address, sizeof(v6));
        memcpy(address.ip, &v6.sin6_addr, sizeof(address.ip));
    }
    return address;
}

bool address_parse(struct slice text, struct address *ret)
{
    char copy[ADDRESS_TEXT];
    uint8_t v4[4];

    if (text.len >= sizeof(copy) || memchr(text.at, '\0', text.len))
        return false;
    text_copy_slice(copy, sizeof(copy), text);
    if (inet_pton(AF_INET, copy, v4) == 1) {
        *ret = address_v4(v4);
        return true;
    }
    struct address address;
    if (inet_pton(AF_INET6, copy, address.ip) != 1)
        return false;
    *ret = address;
    return true;
}

static bool parse_number(struct slice text, unsigned max, unsigned *ret)
{
    unsigned number = 0;

    if (text.len < 1 || text.len > 5 || !text_is_digits(text, text.len))
        return false;
    for (size_t i = 0; i < text.len; i++)
        number = number * 10 + (unsigned)(text.at[i] - '0');
    *ret = number;
    return number <= max;
}

bool address_parse_socket(struct slice text, struct sockaddr_storage *ret, socklen_t *ret_len)
{
    const char *colon = memrchr(text.at, ':', text.len);
    struct slice host = { text.at, colon ? (size_t)(colon - text.at) : 0 };
    bool v6 = host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']';
    struct sockaddr_in6 as_v6 = { .sin6_family = AF_INET6 };
    struct sockaddr_in as_v4 = { .sin_family = AF_INET };
    struct address address;
    unsigned port = 0;

    if (v6)
        host = (struct slice){ host.at + 1, host.len - 2 };
    if (!colon || !parse_number(slice_skip(text, (size_t)(colon + 1 - text.at)), 65535, &port) ||
        v6 != (memchr(host.at, ':', host.len) != NULL) || !address_parse(host, &address))
        return false;
    as_v6.sin6_port = as_v4.sin_port = htons((uint16_t)port);
    memcpy(&as_v6.sin6_addr, address.ip, sizeof(address.ip));
    memcpy(&as_v4.sin_addr, address.ip + sizeof(v4_prefix), sizeof(as_v4.sin_addr));
    *ret = (struct sockaddr_storage){ 0 };
    *ret_len = v6 ? sizeof(as_v6) : sizeof(as_v4);
    memcpy(ret, v6 ? (const void *)&as_v6 : (const void *)&as_v4, *ret_len);
    return true;
}

void address_text(const struct address *address, char dst[ADDRESS_TEXT])
{
    bool v4 = is_v4(address);

    if (!inet_ntop(v4 ? AF_INET : AF_INET6, address->ip + (v4 ? sizeof(v4_prefix) : 0), dst,
                   ADDRESS_TEXT))
        dst[0] = '\0';
}

struct address address_caller(const struct address *address)
{
    enum { V6_HOST_BYTES = 8 };
    struct address caller = *address;

    if (!is_v4(address))
        memset(caller.ip + sizeof(caller.ip) - V6_HOST_BYTES, 0, V6_HOST_BYTES);
    return caller;
}

uint32_t address_hash(const struct address *address)
{
    uint32_t hash = 2166136261U; /* FNV-1a */

    for (size_t i = 0; i < sizeof(address->ip); i++)
        hash = (hash ^ address->ip[i]) * 16777619U;
    /* which leaves the low bits of neighbours alike: mixed once more as MurmurHash3 does */
    hash = (hash ^ hash >> 16) * 0x85ebca6bU;
    hash = (hash ^ hash >> 13) * 0xc2b2ae35U;
    return hash ^ hash >> 16;
}

bool network_parse(struct slice text, struct network *ret)
{
    const char *slash = memchr(text.at, '/', text.len);
    struct slice base = { text.at, slash ? (size_t)(slash - text.at) : text.len };
    struct network network = { .bits = 128 };

    if (!address_parse(base, &network.base))
        return false;
    bool v4 = !memchr(base.at, ':', base.len);
    if (slash && !parse_number(slice_skip(text, base.len + 1), v4 ? 32 : 128, &network.bits))
        return false;
    if (slash && v4)
        network.bits += 96;
    *ret = network;
    return true;
}

static bool network_holds(const struct network *network, const struct address *address)
{
    size_t whole = network->bits / 8;
    unsigned rest = network->bits % 8;

    if (memcmp(network->base.ip, address->ip, whole) != 0)
        return false;
    if (rest == 0)
        return true;
    unsigned mask = 0xffU << (8 - rest) & 0xffU;
    return ((network->base.ip[whole] ^ address->ip[whole]) & mask) == 0;
}

bool networks_hold(struct networks networks, const struct address *address)
{
    for (size_t i = 0; i < networks.count; i++)
        if (network_holds(&networks.at[i], address))
            return true;
    return false;
}

/* One hop as proxies write it: an address, v4:port, [v6] or [v6]:port. */
static bool parse_hop(struct slice text, struct address *ret)
{
    const char *end = NULL;

    if (text.len > 0 && text.at[0] == '[') {
        text = slice_skip(text, 1);
        end = memchr(text.at, ']', text.len);
        if (!end)
            return false;
    } else if (memchr(text.at, '.', text.len)) {
        end = memchr(text.at, ':', text.len);
        if (end && memchr(end + 1, ':', text.len - (size_t)(end + 1 - text.at)))
            end = NULL; /* ::ffff:1.2.3.4 */
    }
    if (end)
        text.len = (size_t)(end - text.at);
    return address_parse(text, ret);
}

bool forwarded_walk(struct networks trusted, struct slice value, struct address *hop)
{
    bool more = value.len > 0;

    while (more) {
        const char *comma = memrchr(value.at, ',', value.len);
        struct slice item = comma ? slice_skip(value, (size_t)(comma + 1 - value.at)) : value;
        struct address next;

        if (!networks_hold(trusted, hop) || !parse_hop(slice_trim(item), &next))
            return false;
        *hop = next;
        more = comma != NULL;
        value.len -= more ? item.len + 1 : 0;
    }
    return networks_hold(trusted, hop);
}
