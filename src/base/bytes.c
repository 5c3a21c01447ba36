#include "base/bytes.h"

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
