/* Borrowed bytes: a pointer and a length, never owned, never NUL-terminated by promise. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const char *at;
    size_t len;
};

/* A string literal as a slice. */
#define SLICE(literal) ((struct slice){ "" literal, sizeof(literal) - 1 })

/* A NUL-terminated string of ours as a slice; NULL gives the empty slice. */
static inline struct slice slice_str(const char *text)
{
    return (struct slice){ text ? text : "", text ? strlen(text) : 0 };
}

static inline struct slice slice_mem(const void *at, size_t len)
{
    return (struct slice){ (const char *)at, len };
}

/* The same bytes as libraries of unsigned char want them. */
static inline const uint8_t *slice_u8(struct slice s)
{
    return (const uint8_t *)s.at;
}

/* Not constant-time: never for secrets (crypto/hash.h has hash_equal()). */
static inline bool slice_eq(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool slice_eq_str(struct slice a, const char *text)
{
    return slice_eq(a, slice_str(text));
}

static inline bool slice_starts(struct slice s, struct slice prefix)
{
    return s.len >= prefix.len && slice_eq((struct slice){ s.at, prefix.len }, prefix);
}

/* s without its first n bytes (n at most s.len). */
static inline struct slice slice_skip(struct slice s, size_t n)
{
    return (struct slice){ s.at + n, s.len - n };
}

/* s without blanks (space, tab, CR, LF) at both ends. */
struct slice slice_trim(struct slice s);
