#include "http/proxy.h"

#include "base/text.h"

enum {
    V1_MAX = 107, /* the longest line, CR LF included */
    V2_HEAD = 16,
    V2_TCP4 = 12, /* bytes of the addresses */
    V2_TCP6 = 36,
};

static const uint8_t signature[12] = { 0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
                                       0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a };

static bool is_v2(const uint8_t *at, size_t len)
{
    return len > 0 && at[0] == signature[0];
}

/* Bytes of the whole version 2 header, as far as is known. */
static size_t v2_size(const struct proxy *proxy)
{
    if (proxy->len < V2_HEAD)
        return V2_HEAD;
    return V2_HEAD + ((size_t)proxy->at[14] << 8 | proxy->at[15]);
}

size_t proxy_share(const struct proxy *proxy, struct slice next)
{
    bool v2 = proxy->len > 0 ? is_v2(proxy->at, proxy->len) : is_v2(slice_u8(next), next.len);
    size_t wanted = v2 ? v2_size(proxy) : V1_MAX;
    size_t room = wanted > PROXY_MAX_BYTES ? PROXY_MAX_BYTES : wanted;
    size_t share = room > proxy->len ? room - proxy->len : 0;

    if (share > next.len)
        share = next.len;
    const char *end = v2 ? NULL : memchr(next.at, '\n', share);
    return end ? (size_t)(end - next.at) + 1 : share;
}

void proxy_add(struct proxy *proxy, struct slice bytes)
{
    size_t room = sizeof(proxy->at) - proxy->len;
    size_t len = bytes.len < room ? bytes.len : room;

    memcpy(proxy->at + proxy->len, bytes.at, len);
    proxy->len += len;
}

static struct slice take_word(struct slice *rest)
{
    const char *end = memchr(rest->at, ' ', rest->len);
    struct slice word = { rest->at, end ? (size_t)(end - rest->at) : rest->len };

    *rest = slice_skip(*rest, end ? word.len + 1 : word.len);
    return word;
}

static bool is_port(struct slice text)
{
    unsigned port = 0;

    if (text.len < 1 || text.len > 5 || !text_is_digits(text, text.len))
        return false;
    for (size_t i = 0; i < text.len; i++)
        port = port * 10 + (unsigned)(text.at[i] - '0');
    return port <= UINT16_MAX;
}

static enum proxy_result read_v1_line(struct slice line, struct address *ret_address)
{
    struct address source;
    struct address target;

    if (!slice_eq_str(take_word(&line), "PROXY"))
        return PROXY_BAD;
    struct slice family = take_word(&line);
    if (slice_eq_str(family, "UNKNOWN"))
        return PROXY_LOCAL;
    bool v4 = slice_eq_str(family, "TCP4");
    if (!v4 && !slice_eq_str(family, "TCP6"))
        return PROXY_BAD;
    struct slice from = take_word(&line);
    if (v4 != !memchr(from.at, ':', from.len) || !address_parse(from, &source) ||
        !address_parse(take_word(&line), &target) || !is_port(take_word(&line)) || !is_port(line))
        return PROXY_BAD;
    *ret_address = source;
    return PROXY_ADDRESS;
}

static enum proxy_result read_v1(const struct proxy *proxy, struct address *ret_address)
{
    static const char start[] = "PROXY ";
    struct slice line = slice_mem(proxy->at, proxy->len);
    size_t known = line.len < sizeof(start) - 1 ? line.len : sizeof(start) - 1;

    if (memcmp(line.at, start, known) != 0)
        return PROXY_BAD; /* a caller without the header learns it at once */
    if (line.at[line.len - 1] != '\n')
        return line.len < V1_MAX ? PROXY_MORE : PROXY_BAD;
    if (line.len < 2 || line.at[line.len - 2] != '\r')
        return PROXY_BAD;
    line.len -= 2;
    return read_v1_line(line, ret_address);
}

static enum proxy_result read_v2_address(const struct proxy *proxy, struct address *ret_address)
{
    const uint8_t *at = proxy->at + V2_HEAD;
    size_t len = proxy->len - V2_HEAD;

    if (proxy->at[12] == 0x20 || (proxy->at[12] == 0x21 && proxy->at[13] == 0x00))
        return PROXY_LOCAL;
    if (proxy->at[12] != 0x21)
        return PROXY_BAD;
    if (proxy->at[13] == 0x11 && len >= V2_TCP4) {
        *ret_address = address_v4(at);
        return PROXY_ADDRESS;
    }
    if (proxy->at[13] == 0x21 && len >= V2_TCP6) {
        memcpy(ret_address->ip, at, sizeof(ret_address->ip));
        return PROXY_ADDRESS;
    }
    return PROXY_BAD;
}

static enum proxy_result read_v2(const struct proxy *proxy, struct address *ret_address)
{
    size_t known = proxy->len < sizeof(signature) ? proxy->len : sizeof(signature);

    if (memcmp(proxy->at, signature, known) != 0 || v2_size(proxy) > PROXY_MAX_BYTES)
        return PROXY_BAD;
    return proxy->len < v2_size(proxy) ? PROXY_MORE : read_v2_address(proxy, ret_address);
}

enum proxy_result proxy_read(const struct proxy *proxy, struct address *ret_address)
{
    if (proxy->len == 0)
        return PROXY_MORE;
    return is_v2(proxy->at, proxy->len) ? read_v2(proxy, ret_address) : read_v1(proxy, ret_address);
}
