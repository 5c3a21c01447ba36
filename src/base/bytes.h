/* Owned bytes that grow up to a ceiling set at birth. Write, write, write, check once. */
#pragma once

#include "base/auto.h"
#include "base/err.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

struct bytes {
    char *at; /* NUL-terminated after len, for convenience; may hold NULs before */
    size_t len;
    size_t cap;
    size_t max;  /* ceiling in bytes */
    bool failed; /* sticky: out of memory or over max; every later write is a no-op */
};

/* An empty buffer that may grow to max bytes; NULL when out of memory. Caller's: bytes_free(). */
struct bytes *bytes_new(size_t max);

/* A copy of s; NULL when out of memory. Caller's: bytes_free(). */
struct bytes *bytes_dup(struct slice s);

void bytes_add(struct bytes *b, struct slice s);
void bytes_add_str(struct bytes *b, const char *text);
void bytes_addf(struct bytes *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* text as XML content or attribute value: markup and carriage returns escaped, what is no XML
 * character (or no UTF-8) as U+FFFD. */
void bytes_add_xml(struct bytes *b, struct slice text);

/* Room for n more bytes at the returned place, counted as written; NULL once failed. */
char *bytes_extend(struct bytes *b, size_t n);

/* ST_OK, or ST_NOMEM when a write was lost. `what` names the thing that was being built. */
MUST_USE enum status bytes_check(const struct bytes *b, const char *what, struct err *err);

static inline struct slice bytes_slice(const struct bytes *b)
{
    return b ? (struct slice){ b->at, b->len } : (struct slice){ "", 0 };
}

/* Wipes, then frees: for secrets. NULL is fine. */
void bytes_wipe(struct bytes *b);
/* NULL is fine. */
void bytes_free(struct bytes *b);

DEFINE_AUTO(struct bytes, bytes_free)
DEFINE_AUTO(struct bytes, bytes_wipe)
