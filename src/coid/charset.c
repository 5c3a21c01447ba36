#include "coid/charset.h"

#include "base/text.h"

#include <iconv.h>
#include <string.h>

enum { WIDEST = 3 }; /* bytes in UTF-8 of a character of one byte */

static enum status convert(iconv_t converter, struct slice text, struct bytes *to, struct err *err)
{
    const size_t room = text.len * WIDEST;
    char *in = (char *)text.at, *out = bytes_extend(to, room); /* iconv only reads from in */
    size_t in_left = text.len, out_left = room;

    TRY(bytes_check(to, "text", err));
    if (iconv(converter, &in, &in_left, &out, &out_left) == (size_t)-1)
        return RAISE(err, ST_FORMAT, "no text");
    to->len = room - out_left;
    to->at[to->len] = '\0';
    return ST_OK;
}

enum status charset_to_utf8(struct slice text, const char *otherwise, struct bytes **ret,
                            struct err *err)
{
    const struct slice mark = SLICE("\xef\xbb\xbf");
    const bool is_utf8 = text_is_utf8(text);
    AUTO(bytes_free)
    struct bytes *to = is_utf8
                           ? bytes_dup(slice_skip(text, slice_starts(text, mark) ? mark.len : 0))
                           : bytes_new(text.len * WIDEST);
    enum status status = ST_OK;

    if (!to)
        return RAISE(err, ST_NOMEM, "text: out of memory");
    if (text.len > 0 && memchr(text.at, '\0', text.len))
        return RAISE(err, ST_FORMAT, "no text: a NUL inside");
    if (!is_utf8) {
        iconv_t converter = iconv_open("UTF-8", otherwise);
        if (converter == (iconv_t)-1)
            return RAISE(err, ST_FORMAT, "charset %s is not known here", otherwise);
        status = convert(converter, text, to, err);
        (void)iconv_close(converter);
    }
    TRY(status);
    *ret = TAKE(to);
    return ST_OK;
}
