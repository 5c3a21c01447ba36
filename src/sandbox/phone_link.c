#include "sandbox/phone_link.h"

#include <string.h>

static const struct slice qr_prefix = { "mobileSign:", 11 }; /* with its case (req 1.01, 1.40) */

bool phone_link_is_http(struct slice url)
{
    size_t skip = slice_starts(url, SLICE("https://")) ? 8 : 7;

    if ((skip == 7 && !slice_starts(url, SLICE("http://"))) || url.len == skip)
        return false;
    for (size_t i = 0; i < url.len; i++)
        if ((unsigned char)url.at[i] <= ' ' || url.at[i] == 0x7f)
            return false;
    return true;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) % 16 : -1;
}

/* The value of parameter `link`, up to the next &; false: none. */
static bool find_link(struct slice url, struct slice *ret)
{
    const char *query = memchr(url.at, '?', url.len);
    struct slice rest;

    if (!query)
        return false;
    rest = slice_skip(url, (size_t)(query - url.at) + 1);
    while (rest.len > 0) {
        const char *end = memchr(rest.at, '&', rest.len);
        size_t len = end ? (size_t)(end - rest.at) : rest.len;

        if (slice_starts(rest, SLICE("link="))) {
            *ret = (struct slice){ rest.at + 5, len - 5 };
            return true;
        }
        rest = slice_skip(rest, end ? len + 1 : len);
    }
    return false;
}

static bool decode(struct slice s, char dst[PHONE_URL_TEXT])
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++) {
        char c = s.at[i];

        if (c == '%') {
            int high = i + 2 < s.len ? hex_digit(s.at[i + 1]) : -1;
            int low = i + 2 < s.len ? hex_digit(s.at[i + 2]) : -1;

            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (n + 1 >= PHONE_URL_TEXT || c == '\0')
            return false;
        dst[n++] = c;
    }
    dst[n] = '\0';
    return true;
}

enum status phone_link_read(struct slice text, char ret_api1[PHONE_URL_TEXT], struct err *err)
{
    char url[PHONE_URL_TEXT] = "";
    struct slice value;

    text = slice_trim(text);
    if (slice_starts(text, qr_prefix)) {
        value = slice_skip(text, qr_prefix.len);
        if (value.len >= PHONE_URL_TEXT)
            return RAISE(err, ST_INPUT, "QR: longer than %d bytes", PHONE_URL_TEXT - 1);
        memcpy(url, value.at, value.len);
        url[value.len] = '\0';
    } else if (!phone_link_is_http(text)) {
        return RAISE(err, ST_INPUT, "neither a QR text (mobileSign:…) nor an https link");
    } else if (!find_link(text, &value)) {
        return RAISE(err, ST_INPUT, "the link has no parameter `link`");
    } else if (!decode(value, url)) {
        return RAISE(err, ST_INPUT,
                     "the link's parameter `link` is not percent-encoded, or longer "
                     "than %d bytes",
                     PHONE_URL_TEXT - 1);
    }
    if (!phone_link_is_http(slice_str(url)))
        return RAISE(err, ST_INPUT, "no http(s) URL of API №1 in it");
    memcpy(ret_api1, url, sizeof(url));
    return ST_OK;
}
