/* The target of a request line: origin form, absolute form, or the asterisk of OPTIONS. */
#include "base/text.h"
#include "http/head.h"

#include <strings.h>

/* Cuts scheme and authority off an absolute target (RFC 9112 section 3.2.2). */
static enum refusal take_authority(struct slice *raw, struct head *head)
{
    size_t scheme = strncasecmp(raw->at, "http://", raw->len < 7 ? raw->len : 7) == 0 ? 7 : 8;

    if (raw->len < scheme || (scheme == 8 && strncasecmp(raw->at, "https://", 8) != 0))
        return REFUSAL_TARGET;
    struct slice rest = slice_skip(*raw, scheme);
    size_t len = 0;
    while (len < rest.len && rest.at[len] != '/' && rest.at[len] != '?')
        len++;
    head->host = (struct slice){ rest.at, len };
    *raw = slice_skip(rest, len);
    return head_is_host(head->host) ? REFUSAL_NONE : REFUSAL_HOST;
}

/* Decodes in place of a fresh copy; what a later reader could take for structure is refused. */
static enum refusal decode(struct slice raw, char *dst, size_t *ret_len)
{
    size_t n = 0;

    for (size_t i = 0; i < raw.len; i++) {
        int c = (unsigned char)raw.at[i];
        if (c == '%') {
            if (raw.len - i < 3 || text_hex_digit(raw.at[i + 1]) < 0 ||
                text_hex_digit(raw.at[i + 2]) < 0)
                return REFUSAL_ESCAPE;
            c = text_hex_digit(raw.at[i + 1]) * 16 + text_hex_digit(raw.at[i + 2]);
            i += 2;
            if (c == '/')
                return REFUSAL_PATH;
        }
        if (c < 0x20 || c == 0x7f || c == '\\')
            return REFUSAL_PATH;
        dst[n++] = (char)c;
    }
    *ret_len = n;
    return REFUSAL_NONE;
}

static bool has_dot_segment(struct slice path)
{
    while (path.len > 0) { /* stands at a slash */
        path = slice_skip(path, 1);
        const char *end = memchr(path.at, '/', path.len);
        struct slice segment = { path.at, end ? (size_t)(end - path.at) : path.len };
        if (slice_eq_str(segment, ".") || slice_eq_str(segment, ".."))
            return true;
        path = slice_skip(path, segment.len);
    }
    return false;
}

static bool is_visible(struct slice raw)
{
    for (size_t i = 0; i < raw.len; i++) {
        unsigned char c = (unsigned char)raw.at[i];
        if (c <= 0x20 || c >= 0x7f || c == '#')
            return false;
    }
    return raw.len > 0;
}

static enum refusal parse_path(struct slice raw, struct arena *arena, struct head *head)
{
    char *path = arena_alloc(arena, raw.len + 1);
    size_t len = 0;

    if (!path)
        return REFUSAL_MEMORY;
    enum refusal refusal = decode(raw, path, &len);
    if (refusal != REFUSAL_NONE)
        return refusal;
    head->path = (struct slice){ path, len };
    return has_dot_segment(head->path) || !text_is_utf8(head->path) ? REFUSAL_PATH : REFUSAL_NONE;
}

enum refusal target_parse(struct slice raw, struct arena *arena, struct head *head)
{
    if (!is_visible(raw))
        return REFUSAL_TARGET;
    if (slice_eq_str(raw, "*") && strcmp(head->method, "OPTIONS") == 0) {
        head->path = raw;
        return REFUSAL_NONE;
    }
    if (raw.at[0] != '/') {
        enum refusal refusal = take_authority(&raw, head);
        if (refusal != REFUSAL_NONE)
            return refusal;
    }
    const char *mark = memchr(raw.at, '?', raw.len);
    struct slice path = { raw.at, mark ? (size_t)(mark - raw.at) : raw.len };
    if (mark)
        head->query = slice_skip(raw, path.len + 1);
    return parse_path(path.len > 0 ? path : SLICE("/"), arena, head);
}
