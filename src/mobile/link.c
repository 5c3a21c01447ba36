/* The links that start a signing; API №1 is encoded as seed 001 section 2 shows it. */
#include "mobile/link.h"

enum { LINK_MAX = 2048 };

static const struct slice place = { "{API1}", sizeof("{API1}") - 1 };

/* Visible ASCII only: a space would end the QR's text for the app, anything else is no URL. */
static enum status check_url(const char *what, struct slice url, struct err *err)
{
    if (url.len == 0 || url.len > LINK_MAX)
        return RAISE_CAUSE(err, ST_INPUT, "urlInvalid", what, "1..2048 characters",
                           "%s has %zu characters, 1 to %d are possible", what, url.len, LINK_MAX);
    for (size_t i = 0; i < url.len; i++)
        if (url.at[i] <= ' ' || url.at[i] >= 0x7f)
            return RAISE_CAUSE(err, ST_INPUT, "urlInvalid", what, NULL,
                               "%s has a blank or a character outside ASCII at place %zu", what,
                               i + 1);
    return ST_OK;
}

enum status link_qr_text(const char *api1, struct bytes **ret, struct err *err)
{
    AUTO(bytes_free) struct bytes *text = NULL;

    TRY(check_url("API №1", slice_str(api1), err));
    text = bytes_new(LINK_MAX + 16);
    if (!text)
        return RAISE(err, ST_NOMEM, "QR text");
    bytes_add_str(text, "mobileSign:");
    bytes_add_str(text, api1);
    TRY(bytes_check(text, "QR text", err));
    *ret = TAKE(text);
    return ST_OK;
}

/* & = ? as the seed shows; % # + too, which whoever reads the query would otherwise change. */
static void add_encoded(struct bytes *b, struct slice url)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < url.len; i++) {
        unsigned char c = (unsigned char)url.at[i];
        if (strchr("&=?%#+", c)) { /* check_url() has refused NUL */
            char escaped[3] = { '%', digits[c >> 4], digits[c & 15] };
            bytes_add(b, (struct slice){ escaped, sizeof(escaped) });
        } else {
            bytes_add(b, (struct slice){ url.at + i, 1 });
        }
    }
}

enum status link_render(const char *template_url, const char *api1, struct bytes **ret,
                        struct err *err)
{
    AUTO(bytes_free) struct bytes *link = NULL;
    struct slice url = slice_str(api1), rest = slice_str(template_url);
    const char *at;

    TRY(check_url("API №1", url, err));
    TRY(check_url("link template", rest, err));
    at = memmem(rest.at, rest.len, place.at, place.len);
    if (!at)
        return RAISE_CAUSE(err, ST_INPUT, "linkTemplateInvalid", "link template", NULL,
                           "the link template has no {API1} in it");
    link = bytes_new((size_t)4 * LINK_MAX);
    if (!link)
        return RAISE(err, ST_NOMEM, "link");
    bytes_add(link, (struct slice){ rest.at, (size_t)(at - rest.at) });
    add_encoded(link, url);
    bytes_add(link, slice_skip(rest, (size_t)(at - rest.at) + place.len));
    TRY(bytes_check(link, "link", err));
    *ret = TAKE(link);
    return ST_OK;
}
