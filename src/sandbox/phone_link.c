#include "sandbox/phone_link.h"

#include "base/text.h"

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
    } else if (!text_percent_decode(value, false, url, sizeof(url))) {
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
