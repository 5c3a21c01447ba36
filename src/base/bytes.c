#include "base/bytes.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_CAP = 256 }; /* bytes; most of our texts fit, and doubling does the rest */

struct bytes *bytes_new(size_t max)
{
    struct bytes *b = calloc(1, sizeof(*b));

    if (!b)
        return NULL;
    b->max = max;
    b->at = calloc(1, 1);
    if (!b->at) {
        free(b);
        return NULL;
    }
    b->cap = 1;
    return b;
}

struct bytes *bytes_dup(struct slice s)
{
    AUTO(bytes_free) struct bytes *b = bytes_new(s.len);

    if (!b)
        return NULL;
    bytes_add(b, s);
    return b->failed ? NULL : TAKE(b);
}

static bool grow(struct bytes *b, size_t need)
{
    size_t cap = b->cap < FIRST_CAP ? FIRST_CAP : b->cap;

    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    if (cap > b->max + 1)
        cap = b->max + 1;
    char *at = realloc(b->at, cap);
    if (!at)
        return false;
    b->at = at;
    b->cap = cap;
    return true;
}

char *bytes_extend(struct bytes *b, size_t n)
{
    if (b->failed)
        return NULL;
    if (n > b->max - b->len || (b->len + n + 1 > b->cap && !grow(b, b->len + n + 1))) {
        b->failed = true;
        return NULL;
    }
    char *place = b->at + b->len;
    b->len += n;
    b->at[b->len] = '\0';
    return place;
}

void bytes_add(struct bytes *b, struct slice s)
{
    char *place = bytes_extend(b, s.len);

    if (place && s.len > 0)
        memcpy(place, s.at, s.len);
}

void bytes_add_str(struct bytes *b, const char *text)
{
    bytes_add(b, slice_str(text));
}

void bytes_addf(struct bytes *b, const char *fmt, ...)
{
    va_list args;
    va_list again;

    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *place = len < 0 ? NULL : bytes_extend(b, (size_t)len);
    if (place)
        (void)vsnprintf(place, (size_t)len + 1, fmt, again);
    else
        b->failed = true;
    va_end(again);
}

static const char *xml_escape(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\r':
        return "&#13;";
    default:
        return NULL;
    }
}

/* The first character's bytes; 0: it is none of XML's. */
static size_t xml_char(struct slice text)
{
    static const char *const not_characters[] = { "\xEF\xBF\xBE", "\xEF\xBF\xBF" };
    const unsigned char first = (unsigned char)text.at[0];
    const size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

    if (len > text.len || !text_is_utf8((struct slice){ text.at, len }))
        return 0;
    if (first < ' ' && first != '\t' && first != '\n' && first != '\r')
        return 0;
    for (size_t i = 0; len == 3 && i < 2; i++)
        if (memcmp(text.at, not_characters[i], 3) == 0)
            return 0;
    return len;
}

void bytes_add_xml(struct bytes *b, struct slice text)
{
    while (text.len > 0) {
        const size_t len = xml_char(text);
        const char *escape = xml_escape(text.at[0]);

        if (len == 0)
            bytes_add_str(b, "\xEF\xBF\xBD");
        else if (escape)
            bytes_add_str(b, escape);
        else
            bytes_add(b, (struct slice){ text.at, len });
        text = slice_skip(text, len ? len : 1);
    }
}

enum status bytes_check(const struct bytes *b, const char *what, struct err *err)
{
    if (!b || b->failed)
        return RAISE(err, ST_NOMEM, "%s: out of memory or over %zu bytes", what, b ? b->max : 0);
    return ST_OK;
}

void bytes_wipe(struct bytes *b)
{
    if (b && b->at)
        explicit_bzero(b->at, b->cap);
    bytes_free(b);
}

void bytes_free(struct bytes *b)
{
    if (!b)
        return;
    free(b->at);
    free(b);
}
