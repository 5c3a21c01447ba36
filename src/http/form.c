#include "http/form.h"

#include "base/text.h"

#include <string.h>

/* Cuts the part before `mark` off the front of *s, and mark itself. */
static struct slice take_until(struct slice *s, char mark)
{
    const char *end = memchr(s->at, mark, s->len);
    struct slice part = { s->at, end ? (size_t)(end - s->at) : s->len };

    *s = slice_skip(*s, end ? part.len + 1 : part.len);
    return part;
}

/* Names are ours, and nobody has a reason to encode them. */
bool form_value(struct slice form, const char *name, char *dst, size_t size)
{
    dst[0] = '\0';
    while (form.len > 0) {
        struct slice value = take_until(&form, '&');

        if (!slice_eq_str(take_until(&value, '='), name))
            continue;
        if (text_percent_decode(value, true, dst, size) && text_is_utf8(slice_str(dst)))
            return true;
        dst[0] = '\0';
        return false;
    }
    return false;
}
