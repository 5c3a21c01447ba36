#include "server/admin/cookie.h"

#include "base/text.h"
#include "crypto/encode.h"

#define HOST "__Host-"

static const char *const names[] = {
    [COOKIE_SESSION] = HOST "shepd",
    [COOKIE_DOOR] = HOST "shepd-door",
    [COOKIE_LANGUAGE] = HOST "shepd-lang",
};

static const char *name_of(bool secure, enum cookie_kind kind)
{
    return secure ? names[kind] : names[kind] + strlen(HOST);
}

bool cookie_is_secure(const struct http_request *request)
{
    return http_is_tls(request) ||
           slice_starts(slice_str(http_base_url(request)), SLICE("https://"));
}

/* Takes `name=value` off the front. */
static struct slice take_pair(struct slice *rest)
{
    const char *end = memchr(rest->at, ';', rest->len);
    struct slice pair = { rest->at, end ? (size_t)(end - rest->at) : rest->len };

    *rest = slice_skip(*rest, end ? pair.len + 1 : pair.len);
    return slice_trim(pair);
}

bool cookie_find(struct slice header, bool secure, enum cookie_kind kind, char *ret, size_t size)
{
    const char *name = name_of(secure, kind);
    const size_t len = strlen(name);
    size_t found = 0;

    ret[0] = '\0';
    while (header.len > 0) {
        struct slice pair = take_pair(&header);
        if (pair.len <= len || pair.at[len] != '=' || memcmp(pair.at, name, len) != 0)
            continue;
        if (++found > 1 || !text_copy_slice(ret, size, slice_skip(pair, len + 1))) {
            ret[0] = '\0';
            return false;
        }
    }
    return found == 1;
}

bool cookie_is_whole(const char *value)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    return strlen(value) == COOKIE_TEXT - 1 && strspn(value, alphabet) == COOKIE_TEXT - 1;
}

/* base64url by hand: 32 bytes are always 43 characters, and nothing can fail. */
static void to_text(const uint8_t bytes[COOKIE_BYTES], char ret[COOKIE_TEXT])
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint32_t held = 0;
    unsigned bits = 0;
    size_t at = 0;

    for (size_t i = 0; i < COOKIE_BYTES; i++) {
        held = (held << 8 | bytes[i]) & 0xffff;
        for (bits += 8; bits >= 6; bits -= 6)
            ret[at++] = alphabet[held >> (bits - 6) & 63];
    }
    ret[at++] = alphabet[held << (6 - bits) & 63];
    ret[at] = '\0';
}

void cookie_new(char ret[COOKIE_TEXT])
{
    uint8_t bytes[COOKIE_BYTES];

    random_fill(bytes, sizeof(bytes));
    to_text(bytes, ret);
    explicit_bzero(bytes, sizeof(bytes));
}

void cookie_header(bool secure, enum cookie_kind kind, const char *value, char ret[COOKIE_HEADER])
{
    (void)text_format(
        ret, COOKIE_HEADER, "Set-Cookie: %s=%s; Path=/; HttpOnly; SameSite=Strict%s%s",
        name_of(secure, kind), value, secure ? "; Secure" : "", *value ? "" : "; Max-Age=0");
}

void cookie_sha256(const char *value, uint8_t ret[32])
{
    sha256(slice_str(value), ret);
}

void form_token(const char *cookie, char ret[COOKIE_TEXT])
{
    uint8_t mac[SHA256_BYTES];

    hmac_sha256(slice_str(cookie), SLICE("shepd console form 1"), mac);
    to_text(mac, ret);
}

bool form_token_is_right(const char *cookie, const char *token)
{
    char want[COOKIE_TEXT];

    form_token(cookie, want);
    return equal_constant_time(slice_str(want), slice_str(token));
}

bool origin_is_ours(struct slice origin, struct slice fetch_site, const char *base_url)
{
    if (fetch_site.len > 0 && !slice_eq_str(fetch_site, "same-origin"))
        return false;
    if (origin.len > 0)
        return slice_eq_str(origin, base_url);
    return fetch_site.len > 0;
}
